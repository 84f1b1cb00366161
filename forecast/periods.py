"""The calendar: days, weeks and months as periods named by the date they start on."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from forecast.schema import Floats

Period = Literal["D", "W", "M"]
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
PER_YEAR: dict[str, int] = {"D": 365, "W": 52, "M": 12}
DAYS: dict[str, int] = {"D": 1, "W": 7}  # of periods that are all as long


def start_of(day: pd.Timestamp, period: str, week_starts: str = "MON") -> pd.Timestamp:
    """Start of the period that holds `day`."""
    day = pd.Timestamp(day).normalize()
    if period == "M":
        return day.replace(day=1)
    if period == "W":
        return day - pd.Timedelta(days=(day.weekday() - WEEKDAYS.index(week_starts)) % 7)
    return day


def step(start: pd.Timestamp, periods: int, period: str) -> pd.Timestamp:
    """The start `periods` later (or earlier, when negative)."""
    if period == "M":
        return start + pd.DateOffset(months=periods)
    return start + pd.Timedelta(days=periods * (7 if period == "W" else 1))


def run(start: pd.Timestamp, count: int, period: str) -> pd.DatetimeIndex:
    """`count` period starts from `start` on."""
    return pd.DatetimeIndex([step(start, n, period) for n in range(count)], dtype="datetime64[s]", name="period")


def between(first: pd.Timestamp, last: pd.Timestamp, period: str) -> pd.DatetimeIndex:
    """All period starts from `first` to `last`, both included."""
    frequency = {"D": "D", "W": "7D", "M": "MS"}[period]
    return pd.DatetimeIndex(pd.date_range(first, last, freq=frequency), dtype="datetime64[s]", name="period")


def days_in(starts: pd.DatetimeIndex, period: str) -> Floats:
    """(period) -> (period) length in days."""
    ends = [step(start, 1, period) for start in starts]
    return np.array([(end - start).days for start, end in zip(starts, ends, strict=True)], dtype=float)


def last_complete(issue_date: pd.Timestamp, period: str, week_starts: str = "MON") -> pd.Timestamp:
    """Start of the last period that ended before the issue date began: the newest a forecast may know."""
    return step(start_of(issue_date, period, week_starts), -1, period)


def day_shares(sources: pd.DatetimeIndex, source_period: str, targets: pd.DatetimeIndex, target_period: str) -> Floats:
    """(source, target) share of each source period's days that fall into each target period.

    Multiplying quantities by it splits them evenly over days; rows sum to 1 where the targets cover the source, so totals re-sum.
    """
    source_days = days_in(sources, source_period)
    shares = np.zeros((len(sources), len(targets)))
    for row, (start, days) in enumerate(zip(sources, source_days, strict=True)):
        end = start + pd.Timedelta(days=days)
        for column, target in enumerate(targets):
            overlap = (min(end, step(target, 1, target_period)) - max(start, target)).days
            shares[row, column] = max(overlap, 0) / days
    return shares
