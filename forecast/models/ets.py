"""ETS: exponential smoothing with additive errors, in state space form, fitted per series by maximum likelihood.

    y[t] = l[t-1] + phi b[t-1] + e[t],   l[t] = l[t-1] + phi b[t-1] + alpha e[t],   b[t] = phi b[t-1] + beta e[t]

Level only, or with a damped trend where the corrected Akaike criterion (AICc) clearly prefers it. With two full years known, a
smooth yearly season (two waves, least squares) is taken out before and put back after, if AICc clearly prefers it; so are the
effects of `regressors`. The spread is made of the fit's own error paths: what its states at past origins got wrong over a whole
horizon. (Futures simulated from one-step residuals were too narrow: 80 % intervals of three-month totals of 727 real series
held 67 %.)

Gaps are interpolated for the fit; after a gap at the end the last state stands, with a wider spread.
Source: Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008); statsmodels' ETSModel.
"""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
from pydantic import Field

from forecast.config import Section
from forecast.models import _fitted, _paths
from forecast.models._fitted import Candidate
from forecast.models._regression import Regressor, columns, effect, yearly_waves
from forecast.schema import Floats, History

SLOW, SECONDS, YEARS = True, 0.01, 0  # fits series by series; usual seconds of one; years that make it worth trying
WAVES = 2
FEWEST = 3  # known periods
HEURISTIC_FROM = 10  # shorter series cannot use statsmodels' quick starting values


class Settings(Section):
    """Settings of exponential smoothing."""

    trend: Literal["auto", "none", "damped"] = "auto"
    """A damped trend never, always, or where it fits better."""
    seasonal: Literal["auto", "none"] = "auto"
    """A smooth yearly season where two years are known and it fits better, or never."""
    regressors: dict[str, Regressor] = Field(default={})
    """Signals whose effect is taken into account, with lag and window in periods."""


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series that cannot be fitted.

    Periods for which a regressor is not known are as unsure as in a forecast without regressors.
    """
    return _fitted.paths(history, samples, "ets", lambda past, series, origins: _points(past, series, origins, settings))


def _points(history: History, series: int, origins: _paths.Ints, settings: Settings) -> Floats:
    """(origin, horizon) what the fitted states at each origin say of the periods after it."""
    values, horizon = history.values[series], len(history.ahead)
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < FEWEST:
        raise ValueError("too few known periods")
    size = np.abs(values[known]).mean()
    if size == 0:
        return np.zeros((len(origins), horizon))
    best = _best(history, series, values / size, slice(known[0], known[-1] + 1), settings)
    state = np.clip(origins - known[0], 0, known[-1] - known[0])
    ahead = np.asarray(best.fit.level)[state][:, None] + np.zeros(horizon)
    if best.fit.model.has_trend:
        ahead += np.asarray(best.fit.slope)[state][:, None] * np.cumsum(best.fit.damping_trend ** np.arange(1, horizon + 1))
    ahead += best.effect[origins[:, None] + np.arange(1, horizon + 1)]
    ahead[origins < known[0]] = np.nan
    return np.asarray(size * np.maximum(ahead, 0))


def _best(history: History, series: int, values: Floats, seen: slice, settings: Settings) -> Candidate:
    """The plainest fit of the series, with and without a season and a trend."""
    is_long = seen.stop - seen.start >= 2 * history.season
    season = yearly_waves(history, WAVES) if settings.seasonal == "auto" and is_long else None
    return _fitted.plainest(
        lambda design, damped: _candidate(values, seen, design, damped), columns(history, series), season, settings.trend
    )


def _candidate(values: Floats, seen: slice, design: Floats, damped: bool) -> Candidate:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    taken_out = effect(values, design)
    rest = _interpolated(values - taken_out[: len(values)])[seen]
    start = "heuristic" if len(rest) >= HEURISTIC_FROM else "estimated"
    trend = {"trend": "add", "damped_trend": True} if damped else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an optimiser that stops early still leaves a usable fit
        fit = ETSModel(rest, error="add", initialization_method=start, **trend).fit(disp=False)
    return Candidate(fit, design, taken_out, _aicc(np.asarray(fit.resid), 3 + 3 * damped + design.shape[1]))


def _aicc(residuals: Floats, fitted: int) -> float:
    """Corrected Akaike criterion of so many fitted numbers: smoothing, starting states, spread, weights of columns."""
    count = len(residuals)
    if count - fitted - 1 <= 0:
        return np.inf
    error = max(float(np.mean(np.square(residuals))), 1e-12)
    return float(count * np.log(error) + 2 * fitted + 2 * fitted * (fitted + 1) / (count - fitted - 1))


def _interpolated(values: Floats) -> Floats:
    known = np.isfinite(values)
    return np.interp(np.arange(len(values)), np.flatnonzero(known), values[known])
