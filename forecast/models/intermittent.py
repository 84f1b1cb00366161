"""Intermittent: for needs that come in lumps, how likely a period is to see one, and how large it is.

    p[t] = p[t-1] + b (x[t] - p[t-1]),   x = 1 where something was needed, else 0

The chance p is smoothed over all periods, so that it falls while nothing is needed (the method of Teunter, Syntetos and Babai,
European Journal of Operational Research 214, 2011). Quiet and busy stretches last: from one period to the next the chance is
p + r (x - p), and r is measured over all series of the item. Sizes are the series' own, newer ones more likely, mixed with the
item's sizes relative to what was usual before them; sizes within one future resemble one another as they did in the past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field
from scipy.special import ndtr, ndtri

from forecast.config import Section
from forecast.models import _paths, _streams, smoothing
from forecast.models._weighted import weighted_quantiles
from forecast.schema import Floats, History

BETAS = (SLOWEST := 0.05, 0.1, 0.2, 0.4)
SIZE_ALPHA = 0.2  # smoothing of the usual size
HALF_LIFE = 8  # newer sizes; an older one counts half
BORROWED = 6.0  # the item's sizes weigh as much as so many of one's own
DOUBT = 1.0  # the item's mean chance weighs as much as so many periods
MOST = 0.95
FEWEST_SIZES = 10  # to know how they vary
LEVELS = (np.arange(100) + 0.5) / 100


class Settings(Section):
    """Settings of the model for intermittent needs."""

    beta: float | None = Field(default=None, gt=0, le=1)
    """How fast the chance follows; absent: what missed least in the past."""


@dataclass(frozen=True)
class _Item:
    """What all series of an item share: smoothing of the chance, its mean and memory; sizes over what was usual (level), how
    far sizes of one series stay alike, and a usual size where a series has none.
    """

    beta: float
    chance: float
    memory: float
    ratios: Floats
    likeness: float
    usual: float


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series without any known period."""
    pool = _paths.lenders(history.pool)
    paths = np.full((len(history.zones), len(history.ahead), samples), np.nan)
    if not np.isfinite(pool).any():
        return paths
    item, names = _learnt(pool, settings.beta), _streams.keys(history, "intermittent")
    for part in _paths.chunks(len(paths)):
        paths[part] = _simulated(history.values[part], item, names[part], len(history.ahead), samples)
    return paths


def _learnt(pool: Floats, beta: float | None) -> _Item:
    busy, sizes = _busy(pool), np.where(pool > 0, pool, np.nan)
    beta = beta or _best_beta(busy)
    chance, usual = smoothing.levels(busy, beta), smoothing.levels(sizes, SIZE_ALPHA)
    ratio = sizes[:, 1:] / usual[:, :-1]
    logs = np.log(np.where(ratio > 0, ratio, np.nan))
    now, known = usual[:, -1], ratio[np.isfinite(ratio)]
    return _Item(
        beta=beta,
        chance=float(np.nanmean(busy)),
        memory=_slope(busy[:, :-1] - chance[:, :-1], busy[:, 1:] - chance[:, :-1]),
        ratios=np.quantile(known, LEVELS) if len(known) >= FEWEST_SIZES else _unknown_ratios(),
        likeness=_slope(logs[:, :-1], logs[:, 1:]),
        usual=float(np.nanmedian(now)) if np.isfinite(now).any() else 0.0,
    )


def _unknown_ratios() -> Floats:
    """(level) lognormal ratios as wide as `_paths` takes what it knows nothing of."""
    return np.asarray(np.exp(np.sqrt(np.log1p(_paths.UNKNOWN_CV**2)) * ndtri(LEVELS)))


def _best_beta(busy: Floats) -> float:
    """The smoothing of the chance with the least squared error (Brier, 1950) in the period after."""
    if not np.isfinite(busy[:, 1:]).any():
        return SLOWEST
    return min(BETAS, key=lambda beta: float(np.nansum(np.square(busy[:, 1:] - smoothing.levels(busy, beta)[:, :-1]))))


def _busy(values: Floats) -> Floats:
    """1 where something was needed, 0 where nothing was, empty where unknown."""
    return np.where(np.isfinite(values), (values > 0).astype(float), np.nan)


def _slope(before: Floats, after: Floats) -> float:
    """How far what follows is like what was before, from 0 to MOST."""
    both = np.isfinite(before) & np.isfinite(after)
    squares = float(np.square(before[both]).sum())
    return min(max(float((before[both] * after[both]).sum()) / squares, 0.0), MOST) if squares > 0 else 0.0


def _simulated(values: Floats, item: _Item, names: _streams.Keys, horizon: int, samples: int) -> Floats:
    """(series, past) -> (series, horizon, sample)."""
    busy, count = _busy(values), np.isfinite(values).sum(axis=1)
    smoothed = smoothing.levels(busy, item.beta)[:, -1]
    worth = np.minimum(count, 2 / item.beta - 1)  # as many periods as make a mean as sure as the smoothing
    chance = ((worth * smoothed + DOUBT * item.chance) / (worth + DOUBT))[:, None]
    unsure = np.sqrt(chance * (1 - chance) / (worth + DOUBT)[:, None])
    chance = np.clip(chance + unsure * _streams.normals(_streams.mixed(names ^ np.uint64(3)), samples), 0, 1)
    age = np.argmax(np.isfinite(values)[:, ::-1], axis=1)
    last = np.take_along_axis(busy, (values.shape[1] - 1 - age)[:, None], axis=1)
    state = chance + item.memory ** age[:, None] * (last - chance)
    quantiles = _sizes(values, item)
    lasting = _streams.normals(_streams.mixed(names ^ np.uint64(1)), samples) * np.sqrt(item.likeness)
    paths = np.empty((len(values), horizon, samples))
    for ahead in range(horizon):
        key = _streams.mixed(names + np.uint64(2 * ahead + 2))
        comes = _streams.even(key, samples) < chance + item.memory * (state - chance)
        own = _streams.normals(_streams.mixed(key + np.uint64(1)), samples) * np.sqrt(1 - item.likeness)
        place = ndtr(lasting + own) * len(LEVELS) - 0.5
        paths[:, ahead] = np.where(comes, _between(quantiles, place), 0.0)
        state = comes.astype(float)
    return np.where(np.isfinite(smoothed)[:, None, None], paths, np.nan)


def _sizes(values: Floats, item: _Item) -> Floats:
    """(series, past) -> (series, level) quantiles of a need that comes."""
    sizes = np.where(values > 0, values, np.nan)
    usual = smoothing.levels(sizes, SIZE_ALPHA)[:, -1]
    lent = np.where(np.isfinite(usual), usual, item.usual)[:, None] * item.ratios
    since = np.cumsum((values > 0)[:, ::-1], axis=1)[:, ::-1] - 1
    weight = np.where(values > 0, 0.5 ** (since / HALF_LIFE), 0.0)
    both = np.concatenate([sizes, lent], axis=1)[:, None]
    weights = np.concatenate([weight, np.full(lent.shape, BORROWED / lent.shape[1])], axis=1)[:, None]
    return weighted_quantiles(both, weights, LEVELS)[:, 0]


def _between(quantiles: Floats, place: Floats) -> Floats:
    """(series, level) and (series, sample) places among the levels -> (series, sample), on straight lines between them."""
    place = np.clip(place, 0, quantiles.shape[1] - 1)
    low = np.minimum(place.astype(np.intp), quantiles.shape[1] - 2)
    below, above = np.take_along_axis(quantiles, low, axis=1), np.take_along_axis(quantiles, low + 1, axis=1)
    return np.asarray(below + (above - below) * (place - low))
