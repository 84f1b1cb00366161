"""Counts so small that somebody could be singled out: emptied as they are read, before anything is computed from them.

What is published is a function of what is left, so it is the same whatever a small count was. Where a whole and its parts are
both counted, the only part that is hidden could be had by subtraction: then another is hidden too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecast.errors import Problem
from forecast.schema import Floats

SMALLEST_COUNT = 16  # 15 people or fewer can be singled out (RELIABILITY: Flowminder keeps values > 15)
FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
Flags = npt.NDArray[np.bool_]


def suppressed(counts: Floats, smallest: int) -> tuple[Floats, Flags]:
    """Counts with those below `smallest` empty, and which they were; NaN stays NaN and is none of them."""
    small = counts < smallest
    return np.where(small, np.nan, counts), small


def hide_a_second(counts: Floats, small: Flags, parts_of: Mapping[int, Sequence[int]]) -> tuple[Floats, int]:
    """(source, step) counts in which no hidden one is a whole less its other parts, and how many more were hidden for that.

    `parts_of`: row of a whole -> rows of its parts. Where one of them alone is hidden and all others are known, the smallest
    other part is hidden too; the whole, where there is no other part.
    """
    counts, hidden, before = counts.copy(), small.copy(), -1
    while hidden.sum() != before:
        before = int(hidden.sum())
        for whole, parts in sorted(parts_of.items()):
            _hide_in(counts, hidden, whole, np.array(sorted(parts), dtype=int))
    return counts, int(hidden.sum() - small.sum())


def _hide_in(counts: Floats, hidden: Flags, whole: int, parts: npt.NDArray[np.intp]) -> None:
    family = np.array([whole, *parts])
    # One unknown among a whole and its parts, and it is one that must stay so: the others give it away.
    given_away = (np.isnan(counts[family]).sum(axis=0) == 1) & hidden[family].any(axis=0)
    for step in np.flatnonzero(given_away).tolist():
        others = parts[~np.isnan(counts[parts, step])]
        second = others[np.argmin(counts[others, step])] if len(others) else whole
        counts[second, step], hidden[second, step] = np.nan, True


def without_small_figures(problems: Sequence[Problem], column: str, smallest: int) -> list[Problem]:
    """The same problems; a cell of `column` that holds a figure below `smallest` is not shown."""
    return [
        replace(problem, value="") if problem.column == column and _holds_small(problem.value, smallest) else problem
        for problem in problems
    ]


def _holds_small(value: str, smallest: int) -> bool:
    return any(float(figure.replace(",", ".")) < smallest for figure in FIGURE.findall(value))
