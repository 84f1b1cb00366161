"""Plain text that people read: exact numbers, signs, aligned columns, text that stays text on a screen and in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd

UNKNOWN = "unknown"
# A terminal or spreadsheet obeys these instead of showing them, or cannot hold them:
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet takes a cell that starts so for a formula


def cell(text: object) -> str:
    """Make text safe for a spreadsheet cell: a leading apostrophe where it would come alive, no control characters."""
    if not isinstance(text, str):
        return ""  # an empty cell of a text column
    quoted = f"'{text}" if text.startswith(_LIVE) else text
    return CONTROL.sub(" ", quoted)


def page(parts: Iterable[Sequence[str]]) -> str:
    """Parts, each line by line, with an empty line between two; control characters of the data become blanks."""
    return "\n\n".join("\n".join(CONTROL.sub(" ", line) for line in part) for part in parts if part) + "\n"


def exact(value: float, decimals: int = 3) -> str:
    """8200.5 -> '8,200.5': every published digit, no trailing zeros; an unknown is 'unknown', never 0."""
    if pd.isna(value):
        return UNKNOWN
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def signed(value: float, decimals: int = 3) -> str:
    """+120, -3.5, 0: a change with its sign."""
    text = exact(value, decimals)
    return f"+{text}" if value > 0 and text != "0" else text


def percent(share: float) -> str:
    """0.8734 -> '87.3 %'."""
    return UNKNOWN if pd.isna(share) else f"{100 * share:.1f} %"


def points(change: float) -> str:
    """0.05 -> '+5 points': a change between two percentages."""
    return UNKNOWN if pd.isna(change) else f"{signed(100 * change, 1)} points"


def day(date: object) -> str:
    """The ISO date; nothing where there is none."""
    stamp = pd.Timestamp(str(date)) if not pd.isna(date) else pd.NaT  # type: ignore[call-overload]
    return "" if pd.isna(stamp) else str(stamp.date())


def few_days(dates: Sequence[object]) -> str:
    """'2026-11-02 to 2026-12-07', or the one date."""
    days = sorted({day(date) for date in dates})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else ""


def table(head: Sequence[str], rows: Sequence[Sequence[object]], indent: str = "  ") -> list[str]:
    """Aligned columns, line by line; a column whose title ends in `>` is set to the right; nothing where there are no rows."""
    if not rows:
        return []
    titles = [title.rstrip(">") for title in head]
    body = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in (titles, *body)) for column in range(len(titles))]

    def aligned(line: Sequence[str]) -> str:
        cells = [
            text.rjust(width) if title.endswith(">") else text.ljust(width)
            for text, width, title in zip(line, widths, head, strict=True)
        ]
        return (indent + "  ".join(cells)).rstrip()

    return [aligned(titles), *(aligned(line) for line in body)]
