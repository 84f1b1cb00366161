"""Words and numbers as people read them, and text that stays text wherever it lands."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pandas as pd

from forecast.text_page import CONTROL

UNKNOWN = "unknown"
_MARKDOWN = re.compile(r"([\\`*\[\]<>|#]|(?<!\w)_|_(?!\w))")  # an underscore inside a word is just that
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def markdown(text: object) -> str:
    """Make text safe inside a Markdown table or line."""
    return _MARKDOWN.sub(r"\\\1", CONTROL.sub(" ", str(text)))


def number(value: float) -> str:
    """8200.0 -> '8,200'; 0.46 -> '0.46'; an unknown -> 'unknown', never 0."""
    if math.isnan(value):
        return UNKNOWN
    if abs(value) >= 10 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"


def quantity(value: float, unit: str) -> str:
    """8200.0, 'L' -> '8,200 L'."""
    return number(value) if math.isnan(value) else f"{number(value)} {unit}".strip()


def tonnes(kg: float) -> str:
    """33400 -> '33 t'; 420 -> '420 kg'; unknown stays unknown."""
    if math.isnan(kg):
        return UNKNOWN
    return quantity(kg / 1000, "t") if kg >= 1000 else quantity(kg, "kg")


def trips(count: float) -> str:
    """3.0 -> '3'; a small part of a vehicle's load is not told as none."""
    return "<0.1" if 0 < count < 0.1 else number(round(count, 1))


def named(code: str, name: object) -> str:
    """'Kori (DM01003)', or the code alone where there is no other name."""
    return f"{name} ({code})" if isinstance(name, str) and name not in ("", code) else code


def percent(share: float) -> str:
    """0.734 -> '73 %'; nearly all or nearly nothing is not rounded to all or nothing."""
    if math.isnan(share):
        return UNKNOWN
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 0.9995:
        return "99 %"
    return f"{100 * share:.0f} %"


def day(date: pd.Timestamp, *, year: bool = True) -> str:
    """2026-11-23 -> 'Mon 23 Nov 2026', in English on every machine."""
    if pd.isna(date):
        return ""
    short = f"{_DAYS[date.weekday()]} {date.day} {_MONTHS[date.month - 1]}"
    return f"{short} {date.year}" if year else short


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table, line by line; a column whose title ends in `>` is set to the right."""
    titles = [title.rstrip(">") for title in head]
    rule = ["---:" if title.endswith(">") else "---" for title in head]
    body = [f"| {' | '.join(markdown(value) for value in row)} |" for row in rows]
    return [f"| {' | '.join(titles)} |", f"| {' | '.join(rule)} |", *body]


def listed(names: Sequence[str], most: int = 5) -> str:
    """'A, B, C and 12 more'."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def counted(count: int, one: str, many: str = "") -> str:
    """1, 'line' -> '1 line'; 2, 'line' -> '2 lines'."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
