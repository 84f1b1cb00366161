"""Numbers as the field writes them -> digits with a decimal point; what may be read in two ways is refused, never guessed.

Certain by themselves: `8 200`, `8'200`, `1 234,5` (blanks, no-break and thin blanks, apostrophes between thousands), `0,5`,
`12,25` (a comma not before three digits, or after a leading zero), `1.234,5`, `1,234.5`, `1.234.567`, `1,234,567`.
`1,234` and `1.234` are thousands or decimals: the setting `decimal:` tells, or the range of the column (degrees), or the certain
numbers of the same column, or else of the same file, when all of them use one decimal mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from forecast.convert import DOUBTFUL, place
from forecast.errors import Problem
from forecast.ingest._cells import NUMERIC
from forecast.schema import Column

BLANKS = " \u00a0\u202f\u2009\u2007'’"
PLAIN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
DOUBLE = r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}"  # plain, but may be thousands
# Plain, with a decimal point for certain:
TELLING = r"[+-]?(?:0?\.[0-9]+|0\.[0-9]*|[0-9]+\.[0-9]{1,2}|[0-9]+\.[0-9]{4,}|[0-9]{4,}\.[0-9]{3})"
GROUPED = re.compile(rf"([+-]?)([0-9]{{1,3}}(?:[{BLANKS}][0-9]{{3}})+)(?:[.,]([0-9]+))?")
MARKED = re.compile(r"([+-]?)([0-9]*(?:[.,][0-9]+)+)")
MINUS = {ord("−"): "-", ord("–"): "-"}


@dataclass
class Style:
    """How the numbers of a file are written: the settings, and what was recognised (text -> read as)."""

    decimal: str | None = None
    shown: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Cell:
    """A cell that is a number: its plain digits with a decimal point, or with a comma, whichever may be meant."""

    point: str | None
    comma: str | None

    @property
    def certain(self) -> str | None:
        return self.point if self.comma is None else self.comma if self.point is None else None


def numbers(frame: pd.DataFrame, columns: Sequence[Column], style: Style, label: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Number columns with plain digits; problems: one for each column in which a number may be read in two ways.

    Cells that are no number stay as they are; those that contradict `style.decimal` are marked as doubtful: convert refuses them.
    """
    there = [column for column in columns if column.name in frame.columns]
    found = {column.name: _Values(frame[column.name], column) for column in there}
    marks = {name: values.marks() for name, values in found.items()}
    of_file = set().union(*marks.values()) if marks else set()
    problems: list[Problem] = []
    changed = {}
    for name, values in found.items():
        if not values.is_plain or (style.decimal == "," and values.telling):
            evidence = marks[name] or of_file
            decimal = style.decimal or (next(iter(evidence)) if len(evidence) == 1 else None)
            read = values.read(decimal, style)
            if values.doubtful:
                problems.append(_two_readings(frame, name, values.doubtful, label))
            changed[name] = read
    return (frame.assign(**changed) if changed else frame), problems


class _Values:
    """The different texts of one column, each looked at once."""

    def __init__(self, cells: pd.Series, column: Column) -> None:
        self.column, self.index = column, cells.index
        self.codes, texts = pd.factorize(cells)
        self.texts = pd.Series(texts, dtype="str")
        plain = self.texts.str.fullmatch(PLAIN)
        self.telling = bool(self.texts[plain].str.fullmatch(TELLING).any())
        odd = self.texts[~plain & (self.texts != "") | plain & self.texts.str.fullmatch(DOUBLE)]
        self.cells = {str(text): _possible(str(text), column) for text in odd}
        self.doubtful: list[str] = []
        self.is_plain = odd.empty

    def marks(self) -> set[str]:
        """Decimal marks that are certain in this column."""
        found = {"."} if self.telling else set()
        for text, cell in self.cells.items():
            if cell and cell.certain is not None and not text.endswith(NUMERIC) and set(text) & {".", ","}:
                found.add("." if cell.comma is None else ",")
        return found

    def read(self, decimal: str | None, style: Style) -> pd.Series:
        """The column, its odd cells read; a cell with two readings and no decimal mark to tell is kept in `doubtful`."""
        read = {text: self._read(text, cell, decimal, style) for text, cell in self.cells.items() if cell}
        if style.decimal == ",":  # a decimal point where the config says comma
            read |= {text: text + DOUBTFUL for text in self.texts[self.texts.str.fullmatch(TELLING)]}
        values = [read.get(str(text), str(text)) for text in self.texts]
        return pd.Series(pd.array(values, dtype="str").take(self.codes), index=self.index)

    def _read(self, text: str, cell: _Cell, decimal: str | None, style: Style) -> str:
        if text.endswith(NUMERIC):
            return cell.point or text
        chosen = cell.certain or (cell.comma if decimal == "," else cell.point if decimal == "." else None)
        if chosen is None:
            self.doubtful.append(text)
            return text
        mark = "," if cell.point is None else "." if cell.comma is None else None
        if style.decimal and mark and mark != style.decimal and set(text) & {".", ","}:
            return text + DOUBTFUL
        if chosen != text:
            style.shown.setdefault(text, chosen)
        return chosen


def _possible(text: str, column: Column) -> _Cell | None:
    """What a text may mean as a number; None: it is none."""
    if text.endswith(NUMERIC):
        return _Cell(text.removesuffix(NUMERIC), None)
    text = text.translate(MINUS)
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return _Cell(text, None)
    if found := GROUPED.fullmatch(text):
        sign, whole, rest = found.groups()
        plain = sign + re.sub(f"[{BLANKS}]", "", whole) + (f".{rest}" if rest else "")
        return _Cell(plain, None) if not rest or "," not in text else _Cell(None, plain)
    found = MARKED.fullmatch(text)
    if not found:
        return None
    sign, digits = found.groups()
    cell = _Cell(_with_mark(sign, digits, ".", ","), _with_mark(sign, digits, ",", "."))
    if cell.point is not None and cell.comma is not None:
        cell = _Cell(_within(cell.point, column), _within(cell.comma, column))
    return cell if cell.point is not None or cell.comma is not None else None


def _with_mark(sign: str, digits: str, decimal: str, thousands: str) -> str | None:
    """The plain digits when `decimal` is the decimal mark; None when they cannot be written so."""
    whole, *rest = digits.split(decimal)
    if len(rest) > 1 or (rest and thousands in rest[0]):
        return None
    groups = whole.split(thousands)
    if len(groups) > 1 and not _is_grouped(groups):
        return None
    return sign + ("".join(groups) or "0") + (f".{rest[0]}" if rest else "")


def _is_grouped(groups: list[str]) -> bool:
    """Thousands, or lakhs and crores: three digits last, two or three between, no leading zero."""
    first, *middle, last = groups
    return 1 <= len(first) <= 3 and first[0] != "0" and all(len(m) in (2, 3) for m in middle) and len(last) == 3


def _within(number: str, column: Column) -> str | None:
    """The number, when it lies in the range of a column that has one on both sides (degrees)."""
    if column.minimum is None or column.maximum is None:
        return number
    return number if column.minimum <= float(number) <= column.maximum else None


def _two_readings(frame: pd.DataFrame, name: str, doubtful: list[str], label: str) -> Problem:
    row = int(np.flatnonzero(frame[name].isin(doubtful))[0])
    text = str(frame[name].iloc[row])
    digits = re.sub("[.,]", "", text)
    other = "." if "," in text else ","
    problem = f"is {text.replace(',', '.')} or {digits}, and the other numbers of this file do not tell which"
    action = f"Set decimal: '{other}' if it is {digits}, or decimal: '{text[-4]}' if it is {text.replace(',', '.')}"
    return Problem(label, problem, action, line=place(str(frame["record"].iloc[row]))[1], column=name, value=text)
