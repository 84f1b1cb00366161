"""Empirical: what was needed before, newer periods more likely than older ones, is what may be needed next.

Each period ahead has the distribution of the series' own known values, mixed with that of `smoothing`, which borrows from the
item's other series and grows wider with the horizon; the shorter the history, the more of the latter. A value's weight halves
with every `half_life` periods of age, and once two years are known it is `season` times higher again in the same part of the
year. Both are those of a small grid that gave the best quantiles (least pinball loss) at past origins, over all series of the
item. Paths keep the order of those of `smoothing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from pydantic import Field

from forecast.config import Section
from forecast.models import _marginals, _paths, smoothing
from forecast.models._weighted import Order, weighted_quantiles
from forecast.schema import Floats, History

HALF_LIVES = (1.5, 3.0, 6.0, 12.0, 24.0, 48.0)
USUAL = 6.0  # where the past is too short to judge
SEASONS = (0.0, 3.0)
PART_OF_YEAR = 1 / 12  # within which the season is the same
YEARS_FOR_SEASON = 2
ORIGINS = 8  # past ones the weights are judged by
MOST_JUDGED = 400  # series the weights are judged by, evenly spread over the levels of all
LEVELS = (np.arange(20) + 0.5) / 20  # at which they are judged
BORROWED = 12.0  # the paths of `smoothing` weigh as much as so many values of one's own


class Settings(Section):
    """Settings of the empirical distribution."""

    half_life: float | None = Field(default=None, gt=0)
    """Periods after which a value counts half; absent: what gave the best quantiles in the past."""
    season: float | None = Field(default=None, ge=0)
    """How much more values of the same season count; absent: what gave the best quantiles in the past."""


@dataclass(frozen=True)
class _Weighing:
    half_life: float
    season: float


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series without any known period."""
    paths = smoothing.predict(history, samples, smoothing.Settings())
    weighing = _best(_paths.lenders(history.pool, MOST_JUDGED), len(history.ahead), history.season, settings)
    levels = (np.arange(samples) + 0.5) / samples
    for part in _paths.chunks(len(paths)):
        quantiles = _mixed(history.values[part], paths[part], history.season, weighing, levels)
        paths[part] = _marginals.quantiles_to_paths(levels, quantiles, paths[part])
    return paths


def _mixed(values: Floats, paths: Floats, season: int, weighing: _Weighing, levels: Floats) -> Floats:
    """(series, past) own values and (series, horizon, sample) paths -> (series, horizon, level) quantiles of both together."""
    own = _weights(values, paths.shape[1], season, weighing)
    worth = np.square(own.sum(axis=2)) / np.maximum(np.square(own).sum(axis=2), 1e-300)
    own *= (worth / np.maximum(own.sum(axis=2), 1e-300))[:, :, None]
    lent = np.full(paths.shape, BORROWED / paths.shape[2])
    both = np.concatenate([np.broadcast_to(values[:, None], own.shape), paths], axis=2)
    return weighted_quantiles(both, np.concatenate([own, lent], axis=2), levels)


def _best(pool: Floats, horizon: int, season: int, settings: Settings) -> _Weighing:
    """The weighing with the least pinball loss over past origins and horizons, each series relative to its mean."""
    past = pool.shape[1]
    half_lives = HALF_LIVES if settings.half_life is None else (settings.half_life,)
    seasons = SEASONS if settings.season is None else (settings.season,)
    seasons = seasons if past > (YEARS_FOR_SEASON + 0.5) * season else (0.0,)
    tried = [_Weighing(*each) for each in product(half_lives, seasons)]
    if len(tried) == 1:
        return tried[0]
    if past < 4:
        return _Weighing(USUAL, 0.0)
    origins = np.unique(np.linspace(past - 1 - past // 3, past - 2, ORIGINS).round().astype(int))
    with np.errstate(invalid="ignore"):
        mean = np.nansum(pool, axis=1) / np.isfinite(pool).sum(axis=1)
    some = pool[mean > 0] / mean[mean > 0, None]
    orders = {origin: np.argsort(some[:, : origin + 1], axis=1) for origin in origins.tolist()}
    return min(tried, key=lambda each: sum(_lost(some, origin, horizon, season, each, orders[origin]) for origin in orders))


def _lost(values: Floats, origin: int, horizon: int, season: int, weighing: _Weighing, order: Order) -> float:
    """Pinball loss of the forecast from one origin; `order`: that of the values known by then, sorted once for all weighings."""
    seen, before = values[:, origin + 1 : origin + 1 + horizon], values[:, : origin + 1]
    apart = seen.shape[1] if weighing.season else 1
    repeated, weight = before[:, None].repeat(apart, axis=1), _weights(before, apart, season, weighing)
    quantiles = weighted_quantiles(repeated, weight, LEVELS, order.repeat(apart, axis=0))
    off = seen[:, :, None] - quantiles
    return float(np.nansum(np.maximum(LEVELS * off, (LEVELS - 1) * off)))


def _weights(values: Floats, horizon: int, season: int, weighing: _Weighing) -> Floats:
    """(series, past) -> (series, horizon, past) how likely each value is to come again; 0 where it is unknown."""
    past = values.shape[1]
    weight = 0.5 ** (np.arange(past)[::-1] / weighing.half_life)[None, :].repeat(horizon, axis=0)
    if weighing.season:
        apart = (past + np.arange(horizon)[:, None] - np.arange(past)) % season
        weight *= 1 + weighing.season * (np.minimum(apart, season - apart) <= PART_OF_YEAR * season / 2)
    return np.asarray(weight * np.isfinite(values)[:, None, :])
