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
from typing import Literal

import numpy as np
from pydantic import Field

from forecast.config import Section
from forecast.models import _fitted, _paths
from forecast.models._fitted import Candidate
from forecast.models._regression import Regressor, columns, yearly_waves
from forecast.schema import Floats, History

SLOW, SECONDS, YEARS = True, 0.08, 2  # fits series by series; usual seconds of one; years that make it worth trying
FEWEST = 8  # known periods
LEARNING = 3  # periods before the filter's states are judged
WAVES = 2
YEARS_FOR_SEASON = 2
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
    return _fitted.paths(history, samples, "state_space", lambda past, series, origins: _points(past, series, origins, settings))


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
    found += best.effect[after[:, None] + np.arange(horizon)]
    found[origins < first + LEARNING] = np.nan  # the filter has not seen enough
    return np.asarray(np.square(np.maximum(middle + spread * found, 0)))


def _best(history: History, series: int, scaled: Floats, first: int, settings: Settings) -> Candidate:
    """The plainest fit of the series, with and without a season and a trend."""
    is_long = len(scaled) >= YEARS_FOR_SEASON * history.season
    season = yearly_waves(history, WAVES)[first:] if settings.season == "auto" and is_long else None
    return _fitted.plainest(
        lambda design, damped: _candidate(scaled, design, damped), columns(history, series)[first:], season, settings.trend
    )


def _candidate(scaled: Floats, design: Floats, damped: bool) -> Candidate:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    used = design[:, np.ptp(design[: len(scaled)], axis=0) > 0]
    level = "local linear trend" if damped else "local level"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an optimiser that stops early still leaves a usable fit
        model = UnobservedComponents(scaled, level=level, exog=used[: len(scaled)] if used.shape[1] else None)
        fit = model.fit(disp=False, maxiter=STEPS, cov_type="none")
    effects = np.array([value for name, value in zip(fit.param_names, fit.params, strict=True) if name.startswith("beta.")])
    return Candidate(fit, design, used @ effects if len(effects) else np.zeros(len(design)), float(fit.aicc))
