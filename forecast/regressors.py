"""Signals as regressors: complete over past and future, knowing nothing that lies ahead."""

from __future__ import annotations

import warnings
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast import periods
from forecast.schema import Floats

DAYS_EITHER_SIDE = 14  # of the same season, for days and weeks


class Lagged(Protocol):
    """How a model asks for a signal: the mean over `window` periods that end `lag` periods before."""

    @property
    def lag(self) -> int: ...
    @property
    def window(self) -> int: ...


def lagged(signal: Floats, past: pd.DatetimeIndex, horizon: int, period: str, asked: Lagged) -> Floats:
    """(zone, past) as known on the issue date -> (zone, past + horizon), complete.

    Values not known, ahead or missing, are the mean of the same season in the years known by the issue date.
    """
    before = asked.lag + asked.window - 1
    whole = periods.run(periods.step(past[0], -before, period), before + len(past) + horizon, period)
    values = np.full((len(signal), len(whole)), np.nan)
    values[:, before : before + len(past)] = signal
    seasons, count = _season(whole, period)
    complete = np.where(np.isfinite(values), values, _seasonal_mean(values, seasons, count, period)[:, seasons])
    windows = np.lib.stride_tricks.sliding_window_view(complete, asked.window, axis=1).mean(axis=2)
    return np.asarray(windows[:, : len(past) + horizon], dtype=float)


def blind(signal: Floats, horizon: int, asked: Lagged) -> npt.NDArray[np.bool_]:
    """(zone, past) as known on the issue date -> (zone, horizon) whether something of what is asked for then is not known.

    What lies before the signal's first period is left to the mean of the season for good, and counts as known.
    """
    before = asked.lag + asked.window - 1
    known = np.hstack([np.ones((len(signal), before)), np.isfinite(signal), np.zeros((len(signal), horizon))])
    windows = np.lib.stride_tricks.sliding_window_view(known, asked.window, axis=1).min(axis=2)
    return np.asarray(windows[:, signal.shape[1] : signal.shape[1] + horizon] == 0)


def _season(starts: pd.DatetimeIndex, period: str) -> tuple[npt.NDArray[np.intp], int]:
    """(period) -> its month, week or day of the year, counted from 0, and how many there are."""
    if period == "M":
        return np.asarray(starts.month - 1, dtype=np.intp), 12
    length = 7 if period == "W" else 1
    return np.asarray((starts.day_of_year - 1) // length, dtype=np.intp), 365 // length + 1


def _seasonal_mean(values: Floats, seasons: npt.NDArray[np.intp], count: int, period: str) -> Floats:
    """(zone, season) mean of what is known, over two weeks either side; else the zone's mean, else that of all zones, else 0."""
    known = np.isfinite(values)
    member = (seasons[:, None] == np.arange(count)).astype(float)
    reach = {"M": 0, "W": DAYS_EITHER_SIDE // 7, "D": DAYS_EITHER_SIDE}[period]
    around = sum(np.roll(np.eye(count), shift, axis=1) for shift in range(-reach, reach + 1))
    totals, counts = np.where(known, values, 0) @ member @ around, known.astype(float) @ member @ around
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # zones never observed
        means = totals / counts
        for fallback in (np.nanmean(values, axis=1, keepdims=True), np.nanmean(values)):
            means = np.where(np.isfinite(means), means, fallback)
    return np.asarray(np.nan_to_num(means), dtype=float)
