"""Dates and periods as the field writes them -> ISO text; what may be read in two ways is left for convert to refuse.

Certain by themselves: `2026/03/02`, `20260302`, month names in English, French and Spanish (`5 mars 2026`, `March 5, 2026`,
`05-Mar-2026`, `janv. 2026`, `Enero de 2026`, `Mar-26` as Excel writes a month), `03/2026` and `202603` for months. `02/03/2026`
is read when another cell of the same column has a day above 12, or as `dates:` says; two-digit years and Excel's day numbers only
as `dates:` says. Weeks (`2026-W07`, `202607`, `Week 7 2026`, `S7 2026`, `Semana 7 2026`) are epidemiological weeks when the
setting `epi_weeks:` names the day they start on: week 1 is the one with at least four days in the year (CDC/MMWR for SUN, ISO
8601 for MON).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from forecast.convert import DOUBTFUL
from forecast.ingest._cells import NUMERIC
from forecast.periods import WEEKDAYS
from forecast.schema import Column

Order = Literal["day_first", "month_first", "excel"]
MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "january jan janvier janv enero ene", "february feb fevrier fevr fev febrero", "march mar mars marzo",
            "april apr avril avr abril abr", "may mai mayo", "june jun juin junio", "july jul juillet juil julio",
            "august aug aout agosto ago", "september sept sep septembre septiembre setiembre set",
            "october oct octobre octubre", "november nov novembre noviembre", "december dec decembre diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
TIME = r"(?:[ t][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[ap]m)?)?"
NUMERIC_DAY = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4}|[0-9]{2})" + TIME)
YEAR_FIRST = re.compile(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})" + TIME)
EIGHT = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
SIX = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})")
MONTH_YEAR = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{4})|([0-9]{4})[/.]([0-9]{1,2})")
JOIN = r"(?:[\s\-/.,]+(?:de[l]? )?|[\s.]*')"
NAMED_DAY = re.compile(rf"([0-9]{{1,2}})(?:er|st|nd|rd|th|o)?{JOIN}([a-z]+){JOIN}([0-9]{{4}}|[0-9]{{2}})" + TIME)
NAMED_MONTH_FIRST = re.compile(r"([a-z]+)[\s.]+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})")
NAMED_MONTH = re.compile(rf"([a-z]+){JOIN}([0-9]{{4}})|([a-z]+)\.?[\-/']([0-9]{{2}})|([0-9]{{4}}){JOIN}([a-z]+)\.?")
WORD = r"(?:epi(?:demiological|demiologique)?[ -]?)?(?:week|wk|w|semaine|sem|semana|se|s)(?: ?epi\w*)?\.?(?: ?n[o°]?\.?)?"
WEEK = re.compile(rf"([0-9]{{4}})[ \-/]*{WORD} ?([0-9]{{1,2}})|{WORD} ?([0-9]{{1,2}})(?:[ \-/,]+|, ?| of | de )([0-9]{{4}})")
SERIAL = re.compile(r"([2-7][0-9]{4})(?:\.[0-9]+)?")  # 1954 to 2119
ISO = r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?)?"

ISO_PERIOD = rf"{ISO}|[0-9]{{4}}-W[0-9]{{2}}"


@dataclass
class Calendar:
    """How the dates of a file are written: the settings, the periods they are read for, and what was recognised."""

    order: Order | None
    epi_weeks: str | None
    period: str
    week_starts: str
    from_1904: bool = False
    shown: dict[str, str] = field(default_factory=dict)


def dates(frame: pd.DataFrame, columns: Sequence[Column], how: Calendar) -> pd.DataFrame:
    """Columns of days and periods in ISO text (`2026-03-02`, `2026-03`); cells that are not certain stay as they are."""
    changed = {}
    for column in columns:
        if column.name in frame.columns:
            codes, different = pd.factorize(frame[column.name])
            texts = pd.Series(different, dtype="str")
            odd = texts[~texts.str.fullmatch(ISO) & (texts != "") | texts.str.contains(NUMERIC, regex=False)]
            if how.epi_weeks is None and odd.empty:
                continue
            order = how.order or _certain_order([str(text) for text in odd])
            read = {str(text): _read(str(text), column.kind == "period", order, how) for text in odd}
            for text, iso in read.items():
                if iso != text and iso != text.removesuffix(NUMERIC) and not iso.endswith(DOUBTFUL):
                    how.shown.setdefault(text.removesuffix(NUMERIC), iso)
            values = [read.get(str(text), str(text)) for text in texts]
            changed[column.name] = pd.Series(pd.array(values, dtype="str").take(codes), index=frame.index)
    return frame.assign(**changed) if changed else frame


def is_period(text: str, how: Calendar) -> bool:
    """Whether a text, such as the header of a column, is certainly a day, a week or a month."""
    return re.fullmatch(ISO_PERIOD, _read(text, True, how.order, how)) is not None


def epi_week(year: int, week: int, starts: str) -> dt.date | None:
    """The day an epidemiological week starts on; None when the year has no such week."""
    first, following = _first_week(year, starts), _first_week(year + 1, starts)
    day = first + dt.timedelta(weeks=week - 1)
    return day if week >= 1 and day < following else None


def _first_week(year: int, starts: str) -> dt.date:
    """The start of the week that holds 4 January: the first with at least four days in the year."""
    fourth = dt.date(year, 1, 4)
    return fourth - dt.timedelta(days=(fourth.weekday() - WEEKDAYS.index(starts)) % 7)


def _certain_order(texts: Sequence[str]) -> Order | None:
    """Day or month first, when all dates of a column allow the one and some do not allow the other."""
    found = [match for text in texts if (match := NUMERIC_DAY.fullmatch(text.lower())) and len(match[3]) == 4]
    pairs = [(int(match[1]), int(match[2])) for match in found]
    day_first = all(second <= 12 for _, second in pairs)
    month_first = all(first <= 12 for first, _ in pairs)
    return None if day_first == month_first else "day_first" if day_first else "month_first"


def _read(text: str, is_period: bool, order: Order | None, how: Calendar) -> str:
    """A cell as ISO text, or as it is."""
    is_number = text.endswith(NUMERIC)
    cell = _plain(text.removesuffix(NUMERIC))
    read = _serial(cell, how.from_1904) if order == "excel" else None
    read = read or _day(cell, order)
    if is_period:
        read = read or _month(cell, how) or _week(cell, how)
    return read or (text.removesuffix(NUMERIC) if is_number else text)


def _plain(text: str) -> str:
    """Lower case without accents."""
    spread = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in spread if not unicodedata.combining(letter)).strip()


def _serial(cell: str, from_1904: bool) -> str | None:
    found, first = SERIAL.fullmatch(cell), dt.date(1904, 1, 1) if from_1904 else dt.date(1899, 12, 30)
    return (first + dt.timedelta(days=int(found[1]))).isoformat() if found else None


def _day(cell: str, order: Order | None) -> str | None:
    if found := NUMERIC_DAY.fullmatch(cell):
        first, second, year = found.groups()
        if order not in ("day_first", "month_first"):
            return _iso(year, first, second) if first == second and len(year) == 4 else None
        day, month = (first, second) if order == "day_first" else (second, first)
        return _iso(year, month, day)
    if found := YEAR_FIRST.fullmatch(cell) or EIGHT.fullmatch(cell):
        return _iso(found[1], found[2], found[3])
    if (found := NAMED_DAY.fullmatch(cell)) and (len(found[3]) == 4 or order == "day_first"):
        return _iso(found[3], MONTHS.get(found[2]), found[1])
    if found := NAMED_MONTH_FIRST.fullmatch(cell):
        return _iso(found[3], MONTHS.get(found[1]), found[2])
    return None


def _iso(year: str, month: str | int | None, day: str) -> str | None:
    whole = int(year) + (2000 if len(year) == 2 else 0)
    try:
        return dt.date(whole, int(month or 0), int(day)).isoformat()
    except ValueError:
        return None


def _month(cell: str, how: Calendar) -> str | None:
    if found := NAMED_MONTH.fullmatch(cell):
        name, year = (found[1], found[2]) if found[1] else (found[3], found[4]) if found[3] else (found[6], found[5])
        return _year_month(year, MONTHS.get(name))
    if found := MONTH_YEAR.fullmatch(cell):
        return _year_month(found[2] or found[3], int(found[1] or found[4]))
    if (found := SIX.fullmatch(cell)) and how.epi_weeks is None and how.period == "M":
        return _year_month(found[1], int(found[2]))
    return None


def _year_month(year: str, month: int | None) -> str | None:
    whole = int(year) + (2000 if len(year) == 2 else 0)
    return f"{whole}-{month:02d}" if month and 1 <= month <= 12 else None


def _week(cell: str, how: Calendar) -> str | None:
    """A week that starts on the day the settings name; it stays as it is where periods are no such weeks: convert says why."""
    if how.epi_weeks is None or how.period != "W" or how.epi_weeks != how.week_starts:
        return None
    found = WEEK.fullmatch(cell)
    year, week = ((found[1], found[2]) if found[1] else (found[4], found[3])) if found else (None, None)
    if not found and (six := SIX.fullmatch(cell)):
        year, week = six.groups()
    start = epi_week(int(year), int(week), how.epi_weeks) if year and week else None
    return start.isoformat() if start else None
