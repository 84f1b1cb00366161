"""The part of a series that follows the calendar or a signal: columns over past and future, fitted by least squares."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from forecast.config import Section
from forecast.schema import Floats, History

DAYS_PER_YEAR = 365.25


class Regressor(Section):
    """How a signal enters: averaged over `window` periods that end `lag` periods before."""

    lag: int = Field(default=1, ge=0)
    """Periods between the signal and its effect."""
    window: int = Field(default=4, ge=1)
    """Periods averaged."""


def columns(history: History, series: int) -> Floats:
    """(past + horizon, regressor) the series' regressors, each centred and scaled over the past; constant ones become 0."""
    past = len(history.periods)
    named = [history.regressors[name][series] for name in sorted(history.regressors)]
    if not named:
        return np.zeros((past + len(history.ahead), 0))
    raw = np.stack(named, axis=1)
    centred = raw - raw[:past].mean(axis=0)
    spread = centred[:past].std(axis=0)
    return np.asarray(np.where(spread > 1e-9 * np.abs(raw).max(axis=0), centred / np.where(spread > 0, spread, 1), 0.0))


def yearly_waves(history: History, waves: int) -> Floats:
    """(past + horizon, 2 x waves) sines and cosines of the day of the year: a smooth season for any length of period."""
    starts = history.periods.append(history.ahead)
    days = (starts.to_numpy() - np.datetime64("2000-01-01")) / np.timedelta64(1, "D")
    angles = 2 * np.pi * days[:, None] / DAYS_PER_YEAR * np.arange(1, waves + 1)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def effect(values: Floats, design: Floats) -> Floats:
    """(past) values with gaps, (past + horizon, column) -> (past + horizon) fitted effect of the columns, no constant."""
    if not design.shape[1]:
        return np.zeros(len(design))
    known = np.flatnonzero(np.isfinite(values))
    with_constant = np.concatenate([np.ones((len(known), 1)), design[known]], axis=1)
    weights = np.linalg.lstsq(with_constant, values[known], rcond=None)[0]
    return np.asarray(design @ weights[1:])
