"""Kinds of arrays, beside `schema.Floats`, and tables as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def positions(index: pd.Index, codes: pd.Series) -> Ints:
    """(row) where each code stands in the index, -1 where it does not."""
    return np.asarray(index.get_indexer(pd.Index(codes)), dtype=np.int64)


def rows(table: pd.DataFrame) -> Iterator[Any]:
    """Each row, its columns as attributes; what a column holds is known to its table alone, so nothing is typed here."""
    yield from table.itertuples()
