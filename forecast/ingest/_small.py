"""Counts so small that somebody could be singled out: emptied as they are read, before anything is computed from them.

What is published is a function of what is left, so it is the same whatever a small count was. Where a whole and its parts are
both counted, a part that is hidden could be had by subtraction: the whole is then hidden too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.errors import Problem
from forecast.ingest import table
from forecast.schema import Floats, Reading

SMALLEST_COUNT = 16  # 15 people or fewer can be singled out (RELIABILITY: Flowminder keeps values > 15)
EXAMPLES = re.compile(r"numbers read: ('[^']*' as [^,;]*(, )?)+( and [0-9,]+ more)?")
FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
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
    """The rows of `use: table`, without examples of how the file writes figures among the remarks: one may be a small count."""
    remarks = reading.ledger.remarks
    before = len(remarks)
    text = table.read(settings, reading, name)
    remarks[before:] = [EXAMPLES.sub("numbers read as they are written there", remark) for remark in remarks[before:]]
    return text


def without_small_figures(problems: Sequence[Problem], column: str, smallest: int) -> list[Problem]:
    """The same problems; a cell of `column` that holds a figure below `smallest` is not shown."""
    return [
        replace(problem, value="") if problem.column == column and _holds_small(problem.value, smallest) else problem
        for problem in problems
    ]


def _holds_small(value: str, smallest: int) -> bool:
    return any(float(figure.replace(",", ".")) < smallest for figure in FIGURE.findall(value))
