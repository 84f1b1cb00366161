"""What models fitted series by series share: the plainest fit that none clearly beats, and paths from its states in the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from forecast.models import _paths
from forecast.schema import Floats, History

CLEARLY = 2  # a smaller difference of AICc is no evidence (Burnham and Anderson, 2002)
Points = Callable[[History, int, _paths.Ints], Floats]
"""History, series, (origin) last known positions -> (origin, horizon) what the states at each origin say of what comes after."""


@dataclass(frozen=True)
class Candidate:
    """A fit, its columns (past + horizon, column), their effect (past + horizon) and its AICc."""

    fit: Any
    design: Floats
    effect: Floats
    aicc: float


def plainest(
    candidate: Callable[[Floats, bool], Candidate], plain: Floats, season: Floats | None, trend: Literal["auto", "none", "damped"]
) -> Candidate:
    """The plainest candidate that no other clearly beats: first without and with the columns of a season, then a damped trend.

    `candidate`: columns, and whether the trend is damped -> the fit.
    """
    best = candidate(plain, trend == "damped")
    if season is not None:
        best = _plainer(best, candidate(np.hstack([plain, season]), trend == "damped"))
    if trend == "auto":
        best = _plainer(best, candidate(best.design, True))
    return best


def _plainer(plain: Candidate, other: Candidate) -> Candidate:
    return other if other.aicc < plain.aicc - CLEARLY else plain


def paths(history: History, samples: int, label: str, points: Points) -> Floats:
    """History -> (series, horizon, sample); empty for a series whose fit fails.

    Periods for which a regressor is not known are as unsure as in a forecast without regressors.
    """
    found = _paths_of(history, samples, label, points)
    if history.is_blind is None or not history.is_blind.any():
        return found
    without = _paths_of(replace(history, regressors={}, is_blind=None), samples, label, points)
    return _paths.as_wide_as(found, without, history.is_blind)


def _paths_of(history: History, samples: int, label: str, points: Points) -> Floats:
    """(series, horizon, sample) as if all regressors were known."""
    horizon = len(history.ahead)
    origins = np.append(_paths.origins(history), history.values.shape[1] - 1)
    found = _paths.each_series(history, (len(origins), horizon), label, lambda series: points(history, series, origins))
    own = _paths.errors(history.values, found[:, :-1], origins[:-1])
    return _paths.spread(history, found[:, -1], own, own, samples)
