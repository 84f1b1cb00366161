"""What stands in a column: numbers, dates, codes; in which order dates are written, and how far apart they lie."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from forecast.draft.names import plain
from forecast.schema import Column

NUMBER = re.compile(r"[+-]?[0-9][0-9 '\u00a0\u202f.,]*")
SLASHED = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
DATED = re.compile(r"([0-9]{4}-[0-9]{1,2}(-[0-9]{1,2})?.*|[0-9]{4}-?W[0-9]{1,2}|[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4})")
WEEK_NUMBERS = re.compile(r"[a-z]{1,8}_?[0-9]{1,2}_(de_)?[0-9]{4}|[0-9]{4}_?[a-z]{1,8}_?[0-9]{1,2}|20[0-9]{2}[0-5][0-9]")  # plain
MONTHS = re.compile(r"[a-z]{3,10}_?[0-9]{2,4}|[0-9]{4}_[a-z]{3,10}")  # plain
MONTH_YEAR = re.compile(r"[0-9]{1,2}/[0-9]{4}")
MONTH_NAMES = re.compile(
    r".*(jan|feb|fev|mar|apr|avr|abr|may|mai|jun|juin|jul|juil|aug|aout|ago|sep|oct|nov|dec|dic|ene).*[0-9]{2,4}.*"
)
TELLING = re.compile(  # 0,5 12.25 1.2345 1.234.567 1.234,5
    r"[0-9 ]*[.,]([0-9]{1,2}|[0-9]{4,})|0[.,][0-9]+|[0-9]{1,3}([.,][0-9]{3}){2,}|[0-9]{1,3}([.,][0-9]{3})+[.,][0-9]+"
)
MOSTLY = 0.8  # share of the filled cells that must be of the kind
ENOUGH = 2_000  # cells looked at


def suits(cells: pd.Series, column: Column) -> bool:
    """Whether the filled cells can be of the column's kind; an empty column suits all but what is required."""
    filled = cells[cells != ""].head(ENOUGH)
    if filled.empty:
        return not column.required
    if column.kind in ("number", "integer"):
        return _share(filled, NUMBER) >= MOSTLY
    if column.kind in ("date", "period"):
        names = filled.map(plain)
        return max(_share(filled, DATED), _share(names, MONTH_NAMES), _share(names, WEEK_NUMBERS)) >= MOSTLY
    if column.name in ("item", "vehicle", "zone_name"):
        return _share(filled, NUMBER) < MOSTLY or column.name == "item"
    return True


def _share(cells: pd.Series, pattern: re.Pattern[str]) -> float:
    return float(cells.str.fullmatch(pattern).mean())


def are_week_numbers(cells: pd.Series) -> bool:
    """Whether periods are numbered weeks, such as `S7 2026`, that are not ISO weeks as `2026-W07`."""
    return bool(_share(cells.head(ENOUGH), DATED) < MOSTLY <= _share(cells.head(ENOUGH).map(plain), WEEK_NUMBERS))


def is_period(header: str) -> bool:
    """Whether a header is a month, a week or a day: `sept-25`, `Janvier 2026`, `2026-01`, `01/2026`, `2026-W07`, `S7 2026`."""
    name = plain(header)
    month = bool(MONTHS.fullmatch(name) and MONTH_NAMES.fullmatch(name))
    return month or bool(DATED.fullmatch(header) or WEEK_NUMBERS.fullmatch(name) or MONTH_YEAR.fullmatch(header))


def are_months(cells: pd.Series) -> bool:
    """Whether periods are months by name, such as `janvier 2026`."""
    names = cells.head(ENOUGH).map(plain)
    return bool(_share(names, MONTHS) >= MOSTLY and _share(names, MONTH_NAMES) >= MOSTLY)


def order_of_dates(cells: pd.Series) -> tuple[str | None, str]:
    """`day_first`, `month_first`, `unsure` or None (written so that nothing has to be said), and why."""
    found = cells.str.extract(SLASHED).dropna().astype(int)
    if found.empty:
        return None, ""
    first, second = found[0].max(), found[1].max()
    if first > 12 and second <= 12:
        return "day_first", f"{_example(cells, 0)} can only be read so"
    if second > 12 and first <= 12:
        return "month_first", f"{_example(cells, 1)} can only be read so"
    return "unsure", "every date can be read both ways"


def _example(cells: pd.Series, place: int) -> str:
    found = cells.str.extract(SLASHED)
    return str(cells[found[place].astype(float) > 12].iloc[0])


def days(cells: pd.Series, order: str | None) -> pd.DatetimeIndex:
    """The different dates in order; what cannot be read is left out."""
    slashed = cells.str.extract(SLASHED)
    day, month = (0, 1) if order != "month_first" else (1, 0)
    iso = (slashed[2] + "-" + slashed[month].str.zfill(2) + "-" + slashed[day].str.zfill(2)).where(slashed[2].notna(), cells)
    iso = iso.where(~iso.str.fullmatch(r"[0-9]{4}-[0-9]{1,2}"), iso + "-01")
    weeks = iso.str.extract(r"([0-9]{4})-?W([0-9]{1,2})").dropna()
    if len(weeks):
        mondays = pd.to_datetime(weeks[0] + "-" + weeks[1].str.zfill(2) + "-1", format="%G-%V-%u", errors="coerce").dropna()
        return pd.DatetimeIndex(mondays.sort_values().unique())
    read = pd.to_datetime(iso.str.slice(0, 10), format="%Y-%m-%d", errors="coerce").dropna()
    return pd.DatetimeIndex(read.sort_values().unique())


def spacing(dates: pd.DatetimeIndex) -> tuple[str, str]:
    """Two dates or more -> D, W or M, and why: from how far apart they lie."""
    gap = float(np.median(np.diff(dates.to_numpy()) / np.timedelta64(1, "D")))
    if gap >= 26:
        return "M", f"the dates lie {gap:g} days apart"
    weekdays = pd.Series(dates.day_of_week).value_counts(normalize=True)
    if gap >= 5 or weekdays.iloc[0] > 0.95:
        return "W", f"the dates lie {gap:g} days apart"
    return "D", f"the dates lie {gap:g} day{'s' if gap != 1 else ''} apart"


def doubtful(cells: pd.Series) -> str:
    """A number such as 1,234 or 1.234 that can be read both ways; empty where there is none."""
    both = cells[cells.str.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}")]
    return str(both.iloc[0]) if len(both) else ""


def tells_decimals(cells: pd.Series) -> bool:
    """Whether some number can be read in one way only, so that it tells how the others are written."""
    return bool(cells.str.fullmatch(TELLING).any())
