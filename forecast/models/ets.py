"""ETS: exponential smoothing with additive errors, in state space form, fitted per series by maximum likelihood.

    y[t] = l[t-1] + phi b[t-1] + e[t],   l[t] = l[t-1] + phi b[t-1] + alpha e[t],   b[t] = phi b[t-1] + beta e[t]

Level only, or with a damped trend where the corrected Akaike criterion (AICc) prefers it. With two full years known, a smooth yearly
season (two waves, least squares) is taken out before and put back after, if AICc prefers it; so are the effects of `regressors`.
Futures are simulated through the recursion, with stretches of the fit's own residuals: an error moves the level and stays in the path.

Gaps are interpolated for the fit; gaps at the end are simulated through, so that old news is less certain news.
Source: Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008); statsmodels' ETSModel.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from pydantic import Field

from forecast.config import Section
from forecast.models import _paths
from forecast.models._regression import Regressor, columns, effect, yearly_waves
from forecast.schema import Floats, History

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
    """History -> (series, horizon, sample) in item units per period; empty for a series that cannot be fitted."""
    return _paths.each_series(history, samples, "ets", lambda series: _one(history, series, samples, settings))


def _one(history: History, series: int, samples: int, settings: Settings) -> Floats:
    values = history.values[series]
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < FEWEST:
        raise ValueError("too few known periods")
    size = np.abs(values[known]).mean()
    if size == 0:
        return np.zeros((len(history.ahead), samples))
    scaled = values / size
    seen, steps = slice(known[0], known[-1] + 1), len(values) - 1 - known[-1] + len(history.ahead)
    fit, taken_out = _best(history, series, scaled, seen, settings)
    residuals = np.asarray(fit.resid) * np.sqrt((len(known) + 1) / max(len(known) - fit.df_model, len(known) / 4))
    errors = _paths.blocks(residuals, steps, samples, history.rng(series))
    ahead = np.asarray(fit.simulate(steps, anchor="end", repetitions=samples, random_errors=errors))[-len(history.ahead) :]
    return _paths.at_least_zero(size * (ahead + taken_out[len(values) :, None]))


def _best(history: History, series: int, values: Floats, seen: slice, settings: Settings) -> tuple[Any, Floats]:
    """The fit with the lowest AICc and the effect (past + horizon) taken out before it."""
    plain = columns(history, series)
    designs = [plain]
    if settings.seasonal == "auto" and seen.stop - seen.start >= 2 * history.season:
        designs.append(np.concatenate([plain, yearly_waves(history, WAVES)], axis=1))
    effects = [effect(values, design) for design in designs]
    trends = {"auto": (False, True), "none": (False,), "damped": (True,)}[settings.trend]
    fits = [_fit(_interpolated(values - taken[: len(values)])[seen], trends[0]) for taken in effects]
    scores = [_aicc(fit, design.shape[1]) for fit, design in zip(fits, designs, strict=True)]
    chosen = int(np.argmin(scores))
    if len(trends) > 1:
        damped = _fit(_interpolated(values - effects[chosen][: len(values)])[seen], True)
        if _aicc(damped, designs[chosen].shape[1]) < scores[chosen]:
            return damped, effects[chosen]
    return fits[chosen], effects[chosen]


def _fit(values: Floats, damped: bool) -> Any:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    start = "heuristic" if len(values) >= HEURISTIC_FROM else "estimated"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an optimiser that stops early still leaves a usable fit
        return ETSModel(
            values, error="add", trend="add" if damped else None, damped_trend=damped, initialization_method=start
        ).fit(disp=False)  # fmt: skip


def _aicc(fit: Any, columns_fitted: int) -> float:
    """Corrected Akaike criterion with the season's and regressors' weights and the starting states counted."""
    count = len(fit.resid)
    fitted = 2 + columns_fitted + (3 if fit.model.has_trend else 0) + 1
    if count - fitted - 1 <= 0:
        return np.inf
    error = max(float(np.mean(np.square(fit.resid))), 1e-12)
    return float(count * np.log(error) + 2 * fitted + 2 * fitted * (fitted + 1) / (count - fitted - 1))


def _interpolated(values: Floats) -> Floats:
    known = np.isfinite(values)
    return np.interp(np.arange(len(values)), np.flatnonzero(known), values[known])
