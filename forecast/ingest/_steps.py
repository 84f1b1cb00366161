"""From the steps of a series of files (days, weeks, months) to forecast periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from forecast import periods
from forecast.schema import Floats

LEAST_DAYS = 0.5  # of a period that must be seen


@dataclass(frozen=True)
class Steps:
    """What files say: `values` and `coverage` (step, zone), from `start` to before `end` (step)."""

    start: pd.DatetimeIndex
    end: pd.DatetimeIndex
    values: Floats
    coverage: Floats


def over_time(steps: Steps, targets: pd.DatetimeIndex, period: str, how: Literal["sum", "mean", "max"]) -> tuple[Floats, Floats]:
    """Steps -> (zone, period) values and coverage: the days of each period that are seen stand for all of its days.

    NaN where less than half of the days are seen; `max` is over the days seen.
    """
    zones = steps.values.shape[1]
    days_in = periods.days_in(targets, period)
    overlap = _overlap(steps, targets, days_in)
    known = ~np.isnan(steps.values)
    values = np.where(known, steps.values, 0.0)
    days_seen = overlap @ known.astype(float)
    if how == "max":
        result = np.full((len(targets), zones), np.nan)
        for n in range(len(targets)):
            touching = overlap.indices[overlap.indptr[n] : overlap.indptr[n + 1]]
            if len(touching):
                result[n] = np.fmax.reduce(steps.values[touching], axis=0)
    else:
        per_day = values / _days(steps.end - steps.start)[:, None] if how == "sum" else values
        with np.errstate(invalid="ignore", divide="ignore"):
            result = (overlap @ per_day) / days_seen * (days_in[:, None] if how == "sum" else 1.0)
    result = np.where(days_seen < LEAST_DAYS * days_in[:, None], np.nan, result)
    return result.T, np.clip((overlap @ steps.coverage) / days_in[:, None], 0, 1).T


def _overlap(steps: Steps, targets: pd.DatetimeIndex, days_in: Floats) -> sparse.csr_array:
    """(period, step) days that they share."""
    starts, ends = _day_numbers(targets), _day_numbers(targets) + days_in
    begin, end = _day_numbers(steps.start), _day_numbers(steps.end)
    first = np.searchsorted(end, starts, side="right")
    last = np.searchsorted(begin, ends, side="left")
    counts = np.maximum(last - first, 0)
    period = np.repeat(np.arange(len(targets)), counts)
    step = np.repeat(first, counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    days = np.minimum(end[step], ends[period]) - np.maximum(begin[step], starts[period])
    return sparse.csr_array((days, (period, step)), shape=(len(targets), len(steps.start)))


def _day_numbers(days: pd.DatetimeIndex) -> Floats:
    return days.to_numpy().astype("datetime64[s]").astype(float) / 86_400


def _days(length: pd.TimedeltaIndex) -> Floats:
    return np.asarray(length / pd.Timedelta(days=1), dtype=float)
