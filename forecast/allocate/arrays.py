"""Kinds of arrays, beside `schema.Floats`, and tables as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.schema import Floats

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def positions(index: pd.Index, codes: pd.Series) -> Ints:
    """(row) where each code stands in the index, -1 where it does not."""
    return np.asarray(index.get_indexer(pd.Index(codes)), dtype=np.int64)


def rows(table: pd.DataFrame) -> Iterator[Any]:
    """Each row, its columns as attributes; what a column holds is known to its table alone, so nothing is typed here."""
    yield from table.itertuples()


def placed(df: pd.DataFrame, zones: pd.Index, items: pd.Index, shape: tuple[int, int, int]) -> Floats:
    """Rows with `zone, item, at, quantity` -> (z, k, t); rows outside the plan are left out."""
    cube = np.zeros(shape)
    z, k = positions(zones, df["zone"]), positions(items, df["item"])
    table = pd.DataFrame({"z": z, "k": k, "at": df["at"].to_numpy(), "quantity": df["quantity"].to_numpy(float)})
    inside = (table["z"] >= 0) & (table["k"] >= 0) & (table["at"] >= 0) & (table["at"] < shape[2])
    table = table[inside].sort_values(["z", "k", "at", "quantity"])  # sums do not depend on the order of rows
    np.add.at(cube, (table["z"].to_numpy(), table["k"].to_numpy(), table["at"].to_numpy()), table["quantity"].to_numpy())
    return cube
