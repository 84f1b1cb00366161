"""Week numbers that begin anew with each year: ISO weeks, the one round the New Year cut in two.

`201652` is Monday 26 to Saturday 31 December 2016, `201700` Sunday 1 January 2017: two parts of the ISO week of 26 December. Days
of January before the first ISO week of their year are week 0; days of December in the first week of the next year are week 53
(SQL calls it WEEK(date, 1)). Both parts get the Monday of their week; `panel.repeated_rows: add` adds them up.
"""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd

from forecast.errors import InputError, Problem
from forecast.schema import Reading

CUT = "iso_cut_at_new_year"
NUMBERED = re.compile(r"([0-9]{4})[-/ ]?W?([0-9]{1,2})")


def mondays(cells: pd.Series, reading: Reading, label: str) -> pd.Series:
    """Week numbers as text -> the Monday of each, as ISO text; what is no such week stays as it is, to be refused later.

    Raises InputError when the periods of the forecast are not weeks from Monday on.
    """
    if reading.period != "W" or reading.week_starts != "MON":
        problem = f"needs weeks that start on Monday; here periods are {reading.period}, weeks start on {reading.week_starts}"
        raise InputError([Problem(label, problem, "Set forecast.period: W and forecast.week_starts: MON", value=f"weeks: {CUT}")])
    codes, texts = pd.factorize(cells)
    return pd.Series(pd.array([_monday(str(text)) for text in texts], dtype="str").take(codes), index=cells.index)


def _monday(cell: str) -> str:
    found = NUMBERED.fullmatch(cell)
    if not found or not 1 <= int(found[1]) < dt.MAXYEAR:
        return cell
    year, week = int(found[1]), int(found[2])
    monday = dt.date.fromisocalendar(year, 1, 1) + dt.timedelta(weeks=week - 1)
    is_of_year = monday <= dt.date(year, 12, 31) and monday + dt.timedelta(days=6) >= dt.date(year, 1, 1)
    return monday.isoformat() if is_of_year else cell
