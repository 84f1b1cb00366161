"""Rows that add up other rows (`Total`, `Sous-total`, `Gesamt`), and headers repeated between rows: left out, and listed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.convert import NUMBER, place
from forecast.errors import Problem
from forecast.schema import Column

TOTAL = (
    r"\W*((grand|sub|sous|overall|general|national|gran|suma|zwischen)[\s\-]*)?"
    r"(totals?|totaux|totales?|insgesamt|gesamt|gesamtsumme|summe|ensemble|somme|sum)"
)
WHOLE = re.compile(TOTAL + r"([\s\-]+(g[ée]n[ée]ral|general|national|pays|country|all|overall))?\W*", re.IGNORECASE)
BEGINS = re.compile(TOTAL + r"\b.*", re.IGNORECASE)  # Sous-total Nord, Total: Borama
Flags = npt.NDArray[np.bool_]
LEFT_OUT = "Left out: it adds up other rows"
MOST_AT_END = 3  # rows at the end that may be totals without a word for it
CLOSE = 1e-6  # of a sum, relative


def without_totals(frame: pd.DataFrame, columns: Sequence[Column], label: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Rows without totals, and a problem for each line left out; `columns`: those of the input, named as ours.

    A row is a total when one of its codes is a word for it; when a code is empty and another cell begins with such a word; or, at
    the end, when all codes are empty and every figure is the sum of its column. What is not certain stays.
    """
    codes = [column.name for column in columns if column.kind == "text" and column.required and column.name in frame.columns]
    if not codes or frame.empty:
        return frame, []
    cells = {name: frame[name] for name in frame.columns if name != "record"}
    whole = {name: _matching(cells[name], WHOLE) for name in codes}
    begun = {name: _matching(column, BEGINS) for name, column in cells.items()}
    no_code = np.logical_or.reduce([(frame[code] == "").to_numpy() for code in codes])
    total = np.logical_or.reduce(list(whole.values())) | (no_code & np.logical_or.reduce(list(begun.values())))
    _add_unnamed(total, frame, codes, [column.name for column in columns if column.kind in ("number", "integer")])
    if not total.any():
        return frame, []
    left_out = {problem.line: problem for row in np.flatnonzero(total) if (problem := _problem(frame, int(row), label, begun))}
    return frame[~total].reset_index(drop=True), list(left_out.values())


def is_total(word: str) -> bool:
    """Whether a name is a word for a total."""
    return WHOLE.fullmatch(word) is not None


def without_repeated_header(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[int]]:
    """Rows that are not the header once more, and the lines of those that are (files put together, pages)."""
    names = [name for name in frame.columns if name != "record"]
    again = np.ones(len(frame), dtype=bool)
    for name in names:
        again &= (frame[name] == name).to_numpy()
        if not again.any():
            return frame, []
    lines = [place(str(record))[1] or 0 for record in frame.loc[again, "record"]]
    return frame[~again].reset_index(drop=True), lines


def _matching(cells: pd.Series, words: re.Pattern[str]) -> Flags:
    """(row) whether a cell is such a word; each different text is looked at once."""
    codes, texts = pd.factorize(cells)
    matches = np.fromiter((words.fullmatch(str(text)) is not None for text in texts), dtype=bool, count=len(texts))
    return matches[codes] if matches.any() else np.zeros(len(cells), dtype=bool)


def _add_unnamed(total: Flags, frame: pd.DataFrame, codes: list[str], numbers: list[str]) -> None:
    """Mark the last row when it has no code and each of its figures is the sum of the rows above."""
    candidates = [row for row in range(len(frame) - 1, max(-1, len(frame) - 1 - MOST_AT_END), -1) if not total[row]]
    row = candidates[0] if candidates else 0
    if row < 2 or any(frame[code].iloc[row] for code in codes):
        return
    figures = [name for name in numbers if name in frame.columns and NUMBER.fullmatch(str(frame[name].iloc[row]))]
    above = ~total & (np.arange(len(frame)) < row)
    if figures and all(_is_sum(float(frame[name].iloc[row]), frame.loc[above, name]) for name in figures):
        total[row] = True


def _is_sum(figure: float, cells: pd.Series) -> bool:
    values = pd.to_numeric(cells, errors="coerce")
    return figure != 0 and abs(float(values.sum()) - figure) <= CLOSE * abs(figure)


def _problem(frame: pd.DataFrame, row: int, label: str, words: dict[str, Flags]) -> Problem:
    line = place(str(frame["record"].iloc[row]))[1]
    name = next((name for name, is_word in words.items() if is_word[row]), None)
    if name is None:
        return Problem(label, "has no code, and its figures are the sums of the rows above", LEFT_OUT, line=line)
    return Problem(label, "is a word for a total", LEFT_OUT, line=line, column=name, value=str(frame[name].iloc[row]))
