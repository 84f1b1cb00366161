"""Prophet: a piecewise linear trend, a smooth yearly season and regressors, fitted per series.

The trend of each future is sampled by Prophet itself (its changes go on as often and as strongly as in the past); around it lie
stretches of the fit's own residuals, kept in order. The season needs two years. Gaps need no mending: unknown periods are left out.
Suited to long daily or weekly series with a strong season; on short, intermittent ones it is worse than a moving average.
Source: Taylor and Letham, Forecasting at Scale, The American Statistician 72 (2018).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from forecast.config import Section
from forecast.models import _paths
from forecast.models._regression import Regressor, columns
from forecast.schema import Floats, History

FEWEST = 6  # known periods
DAYS_FOR_SEASON = 2 * 365


class Settings(Section):
    """Settings of Prophet."""

    growth: Literal["linear", "flat"] = "linear"
    """A trend that may change, or none."""
    changepoint_prior_scale: float = Field(default=0.05, gt=0)
    """How readily the trend changes."""
    season: Literal["additive", "multiplicative", "none"] = "additive"
    """How the yearly season enters, once two years are known."""
    waves: int = Field(default=4, ge=1, le=10)
    """How finely the season is drawn."""
    regressors: dict[str, Regressor] = Field(default={})
    """Signals whose effect is taken into account, with lag and window in periods."""


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series that cannot be fitted."""
    with _quiet():
        return _paths.each_series(history, samples, "prophet", lambda series: _one(history, series, samples, settings))


def _one(history: History, series: int, samples: int, settings: Settings) -> Floats:
    frame = _frame(history, series)
    known = np.flatnonzero(np.isfinite(frame["y"].to_numpy()))
    if len(known) < FEWEST:
        raise ValueError("too few known periods")
    values = frame["y"].to_numpy()[known]
    if np.ptp(values) == 0:
        return np.full((len(history.ahead), samples), values[0])
    rng = history.rng(series)
    model = _fitted(frame.iloc[known], settings, samples, int(rng.integers(2**31)))
    model.params["sigma_obs"] = np.zeros_like(model.params["sigma_obs"])  # its own noise has no memory; ours follows below
    with _seeded(int(rng.integers(2**31))):
        paths = model.predictive_samples(frame.drop(columns="y"))["yhat"]
    residuals = values - paths[known].mean(axis=1)
    parameters = sum(np.size(model.params[name]) for name in ("k", "m", "beta"))
    residuals = residuals * np.sqrt((len(known) + 1) / max(len(known) - parameters, len(known) / 4))
    return _paths.at_least_zero(paths[-len(history.ahead) :] + _paths.blocks(residuals, len(history.ahead), samples, rng))


def _frame(history: History, series: int) -> pd.DataFrame:
    """Past and future as Prophet wants them: `ds`, `y` (empty where unknown or ahead) and a column per regressor."""
    ahead = np.full(len(history.ahead), np.nan)
    frame = pd.DataFrame({"ds": history.periods.append(history.ahead), "y": np.concatenate([history.values[series], ahead])})
    for place, column in enumerate(columns(history, series).T):
        frame[f"regressor_{place}"] = column
    return frame


def _fitted(frame: pd.DataFrame, settings: Settings, samples: int, seed: int) -> Any:
    from prophet import Prophet

    seasonal = settings.season != "none" and (frame["ds"].iloc[-1] - frame["ds"].iloc[0]).days >= DAYS_FOR_SEASON
    model = Prophet(
        growth=settings.growth,
        changepoint_prior_scale=settings.changepoint_prior_scale,
        n_changepoints=min(25, len(frame) // 3),
        yearly_seasonality=settings.waves if seasonal else False,
        weekly_seasonality=False,
        daily_seasonality=False,
        seasonality_mode="additive" if settings.season == "none" else settings.season,
        uncertainty_samples=samples,
    )
    for name in frame.columns[2:]:
        model.add_regressor(name, standardize=False)
    return model.fit(frame, seed=seed)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Prophet draws from numpy's global stream: seed it for this draw, then put it back as it was."""
    before = np.random.get_state()
    np.random.seed(seed)  # noqa: NPY002 (the only stream Prophet knows)
    try:
        yield
    finally:
        np.random.set_state(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Prophet and its optimiser report every fit, and that a plotting library is missing; nobody asked."""
    loggers = [logging.getLogger(name) for name in ("cmdstanpy", "prophet", "prophet.plot")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
