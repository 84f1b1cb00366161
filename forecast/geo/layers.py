"""The layers of a vector file and what stands in their tables, before anybody says which column is what."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pyogrio

from forecast.errors import InputError, Problem
from forecast.geo.files import plain_file
from forecast.geo.vector_file import FORMATS, UNREADABLE


def read_layers(path: Path, root: Path) -> dict[str, pd.DataFrame]:
    """Name of each layer of shapes -> its table as text, without the shapes. Raises InputError where the file cannot be read."""
    real = plain_file(path, root)
    begins, _ = FORMATS[real.suffix.lower()]
    with real.open("rb") as file:
        head = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip() if begins == b"{" else file.read(64)
    if not head.startswith(begins):
        raise _refused(real.name, f"is not what its ending says ({real.suffix})")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd rings and encodings; they are told of when the zones are read
            names = [str(name) for name, kind in pyogrio.list_layers(real) if kind is not None]
            return {name: _as_text(pyogrio.read_dataframe(real, layer=name, read_geometry=False)) for name in names}
    except UNREADABLE as error:
        raise _refused(real.name, "cannot be read: cut off, corrupt, or without the files that belong to it") from error


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({str(name): values.astype("str").where(values.notna(), "") for name, values in table.items()})


def _refused(file: str, problem: str) -> InputError:
    return InputError([Problem(file, problem, "Export it again")])
