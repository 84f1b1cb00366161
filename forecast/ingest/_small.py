"""Counts so small that somebody could be singled out: emptied as they are read, before anything is computed from them.

What is published is a function of what is left, so it is the same whatever a small count was. Where a whole and its parts are
both counted, a part that is hidden could be had by subtraction: the whole is then hidden too. Nor is the hash of a file of counts
published: who knows all of it but one small count could try each of the few it can be.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.errors import Problem
from forecast.ingest import table
from forecast.schema import Floats, Reading

SMALLEST_COUNT = 16  # 15 people or fewer can be singled out (RELIABILITY: Flowminder keeps values > 15)
EXAMPLES = re.compile(r"numbers read: ('[^']*' as [^,;]*(, )?)+( and [0-9,]+ more)?")
FIGURE = re.compile(r"\d+(?:[.,]\d+)?")  # in any script
Flags = npt.NDArray[np.bool_]


def suppressed(counts: Floats, smallest: int) -> tuple[Floats, Flags]:
    """Counts with those below `smallest` empty, and which they were; NaN stays NaN and is none of them."""
    small = counts < smallest
    return np.where(small, np.nan, counts), small


def hide_wholes(counts: Floats, small: Flags, wholes_of: Mapping[int, Sequence[int]]) -> tuple[Floats, int]:
    """(source, step) counts without those of a whole of which a part is suppressed in that step, and how many these are.

    `wholes_of`: row of a part -> rows of all that hold it. Hiding a second part would not do: another run may show that one.
    """
    hide = np.zeros(counts.shape, dtype=bool)
    for part, wholes in wholes_of.items():
        hide[list(wholes)] |= small[part]
    hide &= ~np.isnan(counts)
    return np.where(hide, np.nan, counts), int(hide.sum())


def read_unseen(settings: table.Settings, reading: Reading, name: str) -> pd.DataFrame:
    """The rows of `use: table`; neither remarks nor problems show a figure of theirs: it may be a small count, or a total.

    The hashes of the files are not to be published; `veil` says what takes their place.
    """
    remarks, noted = reading.ledger.remarks, reading.ledger.problems.noted
    before, noted_before = len(remarks), len(noted)
    own = replace(reading, files={})
    text = table.read(settings, own, name)
    reading.files.update(own.files)
    reading.veiled.update(dict.fromkeys(own.files, ""))
    remarks[before:] = [EXAMPLES.sub("numbers read as they are written there", remark) for remark in remarks[before:]]
    noted[noted_before:] = [replace(one, value="") if FIGURE.search(one.value) else one for one in noted[noted_before:]]
    return text


def veil(rows: pd.DataFrame, reading: Reading) -> None:
    """Hash what is left of each file just read unseen, in the place of the file: its rows with `record`, hidden counts empty."""
    for file in [file for file, digest in reading.veiled.items() if not digest]:
        name = PurePosixPath(file).name
        own = rows[rows["record"].str.startswith((f"{name}:", f"{name}["))]
        each = pd.util.hash_pandas_object(own.drop(columns="record"), index=False).to_numpy()
        reading.veiled[file] = hashlib.sha256(np.sort(each).tobytes()).hexdigest()


def without_small_figures(problems: Sequence[Problem], text: pd.DataFrame, keys: Sequence[str], smallest: int) -> list[Problem]:
    """The same problems of a table as it was read; a cell that holds a figure below `smallest` is shown in `keys` only."""
    origins = text.attrs.get("origins", {})
    shown = {str(origins.get(key, key)) for key in keys}
    return [
        replace(problem, value="") if problem.column not in shown and _holds_small(problem.value, smallest) else problem
        for problem in problems
    ]


def _holds_small(value: str, smallest: int) -> bool:
    return any(float(figure.replace(",", ".")) < smallest for figure in FIGURE.findall(value))
