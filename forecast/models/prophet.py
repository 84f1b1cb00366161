"""Prophet: a piecewise linear trend, a smooth yearly season and regressors, fitted per series.

The trend of each future is sampled by Prophet itself (its changes go on as often and as strongly as in the past); around it lie
stretches of the fit's own residuals, kept in order. The season needs two years. Gaps need no mending: unknown periods are left
out. Suited to long daily or weekly series with a strong season; on short, intermittent ones it is worse than a moving average.
Source: Taylor and Letham, Forecasting at Scale, The American Statistician 72 (2018).
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from forecast.config import Section
from forecast.models import _paths
from forecast.models._regression import Regressor, columns
from forecast.schema import Floats, History

SLOW, SECONDS, YEARS = True, 0.15, 2  # fits series by series; usual seconds of one; years that make it worth trying
FEWEST = 6  # known periods
MOST_REFITS, FEWEST_REFITS = 12, 5  # series refitted with the last periods held back
MOST_TOO_NARROW = 5.0
NORMAL_80 = 1.2816  # 80 % of a normal distribution's deviations are smaller, in standard deviations
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
    shape = (len(history.ahead), samples)
    with _quiet():
        paths = _paths.each_series(history, shape, "prophet", lambda series: _one(history, series, samples, settings))
        mean = paths.mean(axis=2, keepdims=True)
        wider = (paths - mean) * _too_narrow_by(history, samples, settings)[:, None]
        return _paths.at_least_zero(np.maximum(mean, 0) + wider)


def _too_narrow_by(history: History, samples: int, settings: Settings) -> Floats:
    """(horizon) how many times further off than it claims Prophet was when the last periods were held back from some series.

    First for each period ahead, not falling with the horizon, then for the total over all of them; never below 1.
    """
    horizon = len(history.ahead)
    held_back = _held_back(history, horizon)
    if held_back is None:
        return np.ones(horizon)
    misses, claims = [], []
    some = np.linspace(0, len(history.zones) - 1, min(MOST_REFITS, len(history.zones))).round().astype(int)
    for series in some.tolist():
        with suppress(*_paths.FAILURES):
            paths = _one(held_back, series, samples, settings)
            mean = paths.mean(axis=1)
            misses.append(history.values[series, -horizon:] - mean)
            claims.append(paths - mean[:, None])
    if len(misses) < FEWEST_REFITS:
        return np.ones(horizon)
    missed, claimed = np.array(misses), np.array(claims)
    by_period = _ratio(missed, claimed.std(axis=2))
    growing = (np.maximum.accumulate(by_period) + np.minimum.accumulate(by_period[::-1])[::-1]) / 2
    seen = np.isfinite(missed)
    totals = (claimed * (growing[:, None] * seen[:, :, None])).sum(axis=1)
    in_total = _ratio(np.nansum(missed, axis=1)[:, None], totals.std(axis=1)[:, None])
    return np.clip(growing * in_total, 1, MOST_TOO_NARROW)


def _ratio(missed: Floats, claimed: Floats) -> Floats:
    """(series, any) errors and claimed standard deviations -> (any) 80th percentile of their ratio, over a normal one's."""
    usable = np.isfinite(missed) & (claimed > 0)
    off = np.where(usable, np.abs(missed) / np.where(claimed > 0, claimed, 1), np.nan)
    enough = usable.sum(axis=0) >= FEWEST_REFITS
    return np.where(enough, np.nanquantile(np.where(enough, off, 0.0), 0.8, axis=0) / NORMAL_80, 1.0)


def _held_back(history: History, horizon: int) -> History | None:
    """The history as it was a horizon ago, or nothing when too little would be left. Regressors are those of a year before then,
    since theirs were not known either."""
    past = len(history.periods) - horizon
    if past < max(2 * FEWEST, 2 * horizon):
        return None
    earlier = history.season if past >= history.season else 0
    regressors = {
        name: np.hstack([values[:, :past], values[:, past - earlier : past - earlier + horizon]])
        for name, values in history.regressors.items()
    }
    return replace(
        history,
        periods=history.periods[:past],
        ahead=history.periods[past:],
        values=history.values[:, :past],
        regressors=regressors,
    )


def _one(history: History, series: int, samples: int, settings: Settings) -> Floats:
    """(horizon, sample) paths, not yet cut at zero."""
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
    unsure = _paths.standard_error(values[None]) * _paths.shared_normals(rng, samples)
    return np.asarray(paths[-len(history.ahead) :] + _blocks(residuals, len(history.ahead), samples, rng) + unsure)


def _blocks(residuals: Floats, horizon: int, samples: int, rng: np.random.Generator) -> Floats:
    """(any) residuals in time order -> (horizon, sample): stretches of them, kept in order and wrapped around the end.

    The circular block bootstrap of Politis and Romano (1992); centred.
    """
    start = rng.integers(len(residuals), size=samples)
    return np.asarray((residuals - residuals.mean())[(start + np.arange(horizon)[:, None]) % len(residuals)])


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
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Prophet and its optimiser report every fit, a missing plotting library and what its own code does; nobody asked."""
    loggers = [logging.getLogger(name) for name in ("cmdstanpy", "prophet", "prophet.plot")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, was_disabled in zip(loggers, before, strict=True):
            logger.disabled = was_disabled
