"""State space: a level that wanders, with a trend, a smooth yearly season and regressors where they help, fitted per series.

    y[t] = level[t] + season[t] + effects[t] + noise,   level[t] = level[t-1] (+ slope[t-1]) + shock

on the scale of square roots, on which the errors of counts hardly depend on the level. Fitted by maximum likelihood with the
Kalman filter, which steps over gaps. A trend, damped in the future, and with two full years known a season of two waves are taken
where AICc clearly prefers them. The spread is made of what the filtered states at past origins got wrong over a whole horizon
(`_paths`): futures simulated from the fitted variances were too narrow, since these are taken as known (80 % intervals of
three-month totals of 708 real series held 75 %). Suited to long series; short ones are left to others.
Source: Harvey, Forecasting, structural time series models and the Kalman filter (1989); Durbin and Koopman (2012).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from pydantic import Field

from forecast.config import Section
from forecast.models import _paths
from forecast.models._regression import Regressor, columns, yearly_waves
from forecast.schema import Floats, History

SLOW, SECONDS, YEARS = True, 0.08, 2  # fits series by series; usual seconds of one; years that make it worth trying
FEWEST = 8  # known periods
LEARNING = 3  # periods before the filter's states are judged
WAVES = 2
YEARS_FOR_SEASON = 2
CLEARLY = 2  # a smaller difference of AICc is no evidence (Burnham and Anderson, 2002)
STEPS = 30  # of the optimiser
LONGEST = 400  # periods: of longer series the newest
DAMPING = 0.9  # of the slope, with every period ahead


class Settings(Section):
    """Settings of the state space model."""

    trend: Literal["auto", "none", "damped"] = "auto"
    """A damped trend never, always, or where it fits better."""
    season: Literal["auto", "none"] = "auto"
    """A smooth yearly season where two years are known and it fits better, or never."""
    regressors: dict[str, Regressor] = Field(default={})
    """Signals whose effect is taken into account, with lag and window in periods."""


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series that cannot be fitted.

    Periods for which a regressor is not known are as unsure as in a forecast without regressors.
    """
    paths = _forecast(history, samples, settings)
    if history.is_blind is None or not history.is_blind.any():
        return paths
    without = _forecast(replace(history, regressors={}, is_blind=None), samples, settings)
    return _paths.as_wide_as(paths, without, history.is_blind)


def _forecast(history: History, samples: int, settings: Settings) -> Floats:
    """(series, horizon, sample) as if all regressors were known."""
    past, horizon = history.values.shape[1], len(history.ahead)
    origins = np.append(_paths.origins(past, horizon), past - 1)
    points = _paths.each_series(
        history, (len(origins), horizon), "state_space", lambda series: _points(history, series, origins, settings)
    )
    own = _paths.errors(history.values, points[:, :-1], origins[:-1])
    return _paths.spread(history, points[:, -1], own, own, samples)


def _points(history: History, series: int, origins: _paths.Ints, settings: Settings) -> Floats:
    """(origin, horizon) what the filtered states at each origin say of the periods after it."""
    known, horizon = np.flatnonzero(np.isfinite(history.values[series])), len(history.ahead)
    if len(known) < FEWEST:
        raise ValueError("too few known periods")
    first = max(int(known[0]), len(history.periods) - LONGEST)
    roots = np.sqrt(np.maximum(history.values[series, first:], 0))
    middle, spread = float(np.nanmean(roots)), float(np.nanstd(roots))
    if not spread > 1e-9 * middle:
        return np.where(origins[:, None] >= first, middle**2, np.nan).repeat(horizon, axis=1)
    best = _best(history, series, (roots - middle) / spread, first, settings)
    after = np.maximum(origins - first + 1, 0)
    ahead = np.asarray(best.fit.predicted_state)[:, after]
    found = ahead[0][:, None] + np.zeros(horizon)
    if len(ahead) > 1:
        found += ahead[1][:, None] * np.cumsum(DAMPING ** np.arange(horizon)) - ahead[1][:, None]
    found += best.effects[after[:, None] + np.arange(horizon)]
    found[origins < first + LEARNING] = np.nan  # the filter has not seen enough
    return np.asarray(np.square(np.maximum(middle + spread * found, 0)))


@dataclass(frozen=True)
class _Candidate:
    """A fit, its columns (past + horizon, column), their effect (past + horizon) and its AICc."""

    fit: Any
    design: Floats
    effects: Floats
    aicc: float


def _best(history: History, series: int, scaled: Floats, first: int, settings: Settings) -> _Candidate:
    """The plainest candidate that no other clearly beats: first with and without a season, then with a damped trend."""
    plain, damped = columns(history, series)[first:], settings.trend == "damped"
    best = _candidate(scaled, plain, damped)
    if settings.season == "auto" and len(scaled) >= YEARS_FOR_SEASON * history.season:
        seasonal = np.hstack([plain, yearly_waves(history, WAVES)[first:]])
        best = _plainer(best, _candidate(scaled, seasonal, damped))
    if settings.trend == "auto":
        best = _plainer(best, _candidate(scaled, best.design, True))
    return best


def _plainer(plain: _Candidate, other: _Candidate) -> _Candidate:
    return other if other.aicc < plain.aicc - CLEARLY else plain


def _candidate(scaled: Floats, design: Floats, damped: bool) -> _Candidate:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    used = design[:, np.ptp(design[: len(scaled)], axis=0) > 0]
    level = "local linear trend" if damped else "local level"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an optimiser that stops early still leaves a usable fit
        model = UnobservedComponents(scaled, level=level, exog=used[: len(scaled)] if used.shape[1] else None)
        fit = model.fit(disp=False, maxiter=STEPS, cov_type="none")
    effects = np.array([value for name, value in zip(fit.param_names, fit.params, strict=True) if name.startswith("beta.")])
    return _Candidate(fit, design, used @ effects if len(effects) else np.zeros(len(design)), float(fit.aicc))
