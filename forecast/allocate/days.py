"""On which day of a plan period a lane is loaded, and when that arrives.

The depot works on the day of loading, the convoy goes on it, and the zone receives on the day of arrival, which is the lead time
later. Where none of them says which days those are, any day will do, and the first of the period is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.timeline import Calendar
from forecast.wordlists import WEEK, weekdays_or_all


@dataclass(frozen=True)
class Days:
    """(way, t) `load` and `arrive`, days after the issue date; `is_shut`: the lane is, on some day between the two; `is_none`: no
    day of the period fits depot, convoy and zone.
    """

    load: Ints
    arrive: Ints
    is_shut: Flags
    is_none: Flags


def of_week(cells: pd.Series) -> Flags:
    """(row) cells such as `Mon, Thu` -> (row, 7) the days they name, from Monday on; all, where a cell is empty."""
    named = [weekdays_or_all(cell) for cell in cells.fillna("")]
    return np.array([np.isin(np.arange(len(WEEK)), days) for days in named], dtype=bool).reshape(-1, len(WEEK))


def choose(table: pd.DataFrame, shut: pd.DataFrame, works: Flags, receives: Flags, calendar: Calendar) -> Days:
    """Ways (or links between depots, whose `zone` is a depot), their closures, (d, 7) when depots work and (z, 7) when zones
    receive -> Days.

    The first day of each period that fits and on which the lane is not shut until arrival; else the first that fits.
    """
    lead = table["lead_days"].to_numpy()[:, None]
    depot, zone = table["depot"].to_numpy()[:, None], table["zone"].to_numpy()[:, None]
    goes, starts = of_week(table["convoy_days"]), calendar.days * np.arange(calendar.count)
    shape = (len(table), calendar.count)
    chosen, is_shut, fits_any = np.zeros(shape, dtype=np.int64), np.ones(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for day in range(calendar.days):
        on = np.broadcast_to((calendar.issue_date.day_of_week + starts + day) % len(WEEK), shape)
        fits = works[depot, on] & goes[np.arange(len(table))[:, None], on] & receives[zone, (on + lead) % len(WEEK)]
        shut_then = shut_between(shut, starts + day, starts + day + lead)
        better = fits & (~fits_any | (is_shut & ~shut_then))
        chosen, is_shut = np.where(better, day, chosen), np.where(better, shut_then, is_shut)
        fits_any |= fits
        if (fits_any & ~is_shut).all():
            break
    load = starts + chosen
    return Days(load, load + lead, is_shut & fits_any, ~fits_any)


def shut_between(shut: pd.DataFrame, load_day: Ints, arrive_day: Ints) -> Flags:
    """(way, t) whether the lane is shut on any day from loading to arrival."""
    found = np.zeros(arrive_day.shape, dtype=bool)
    way, start, until = (shut[name].to_numpy() for name in ("way", "start", "until"))
    np.logical_or.at(found, way, (start[:, None] <= arrive_day[way]) & (until[:, None] > load_day))
    return found
