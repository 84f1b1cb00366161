"""Smoothing: simple exponential smoothing of all series at once.

    level[t] = level[t-1] + a (y[t] - level[t-1])

`a` is the same for all series of an item: the one of a small grid that missed least in the past, over all horizons and relative
to each series' mean. A series starts with the plain mean of what is known (a = 1/1, 1/2, 1/3 ... until that is below `a`); gaps
are stepped over. The level is the same for all periods ahead; around it lie the method's own past error paths (`_paths`), which
put right what it usually misses.
Source: Brown (1959); Gardner, Exponential smoothing: the state of the art (1985).
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from forecast.config import Section
from forecast.models import _paths
from forecast.schema import Floats, History

GRID = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)


class Settings(Section):
    """Settings of simple exponential smoothing."""

    alpha: float | None = Field(default=None, gt=0, le=1)
    """How much of each miss is taken into the level; absent: what missed least in the past."""


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series without any known period."""
    horizon = len(history.ahead)
    alpha = settings.alpha or best_alpha(_paths.lenders(history.pool), horizon)

    def points(values: Floats, origins: _paths.Ints) -> Floats:
        return levels(values, alpha)[:, origins, None].repeat(horizon, axis=2)

    return _paths.around(history, points, samples)


def levels(values: Floats, alpha: float) -> Floats:
    """(series, past) with gaps -> (series, past) the level after each period; empty before the first known one."""
    known = np.isfinite(values).T
    count = np.cumsum(known, axis=0)
    share = known * np.maximum(alpha, 1 / np.maximum(count, 1))
    seen = np.where(known, values.T, 0.0)
    level, found = np.zeros(len(values)), np.empty(seen.shape)
    for period in range(len(seen)):
        level = level + share[period] * (seen[period] - level)
        found[period] = level
    return np.where(count > 0, found, np.nan).T


def best_alpha(pool: Floats, horizon: int) -> float:
    """(any, past) all series of an item -> the smoothing that missed least, over all past origins and horizons."""
    with np.errstate(invalid="ignore"):
        mean = np.nansum(pool, axis=1) / np.isfinite(pool).sum(axis=1)
    some = pool[mean > 0] / mean[mean > 0, None]
    return min(GRID, key=lambda alpha: _missed(some, alpha, horizon))


def _missed(values: Floats, alpha: float, horizon: int) -> float:
    """Mean absolute error over all origins and horizons."""
    level = levels(values, alpha)
    misses = [np.abs(values[:, ahead:] - level[:, :-ahead]) for ahead in range(1, min(horizon, values.shape[1] - 1) + 1)]
    known = sum(int(np.isfinite(miss).sum()) for miss in misses)
    return float(sum(np.nansum(miss) for miss in misses)) / max(known, 1)
