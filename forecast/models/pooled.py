"""Pooled quantiles: one small network learns from all series of all items together, and gives each its quantiles.

Every series is measured by its own level (`_features`), so that small and large ones, and items of different units, teach one
another: what a stock that lasts for ten days means, what follows a month without a report, how far a series falls back after a
peak. Several networks of different random starts (`_network`) are averaged. Its paths take their order over the horizon from
simple exponential smoothing, whose errors last as long as they did in the past (`_marginals`).

Origins spread over the whole past are learnt from, each knowing nothing later. Where stock ran out the record is a floor, and is
learnt from as such. With too few examples to learn from, all series are left empty, as is a series of which nothing is known.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from forecast.config import Section
from forecast.models import _marginals, smoothing
from forecast.models._features import Past, features, past_of
from forecast.models._network import LEVELS, Examples, Network, Training, learn
from forecast.schema import Floats, History

POOLED = True
LEAST_EXAMPLES, LEAST_PERIODS = 100, 6
AHEAD_AT_ONCE = 3  # periods ahead learnt from at one origin
AT_ONCE = 20_000  # rows forecast at once
Ints = npt.NDArray[np.intp]
Paths = npt.NDArray[np.float32]  # single precision, to bound memory


class Settings(Section):
    """Settings of the pooled quantile model."""

    networks: int = Field(default=8, ge=1, le=50)
    """How many networks are averaged: more are a little better and take longer."""
    examples: int = Field(default=90_000, ge=1000)
    """At most so many examples are learnt from; of more, so many are drawn."""
    gaps: Literal["unknown", "zero"] = "unknown"
    """What a missing report means: unknown, or that nothing was handed out (then so are those to come forecast)."""


def predict(history: History, samples: int, settings: Settings) -> Paths:
    """History -> (series, horizon, sample) in item units per period; empty where there is nothing to learn from."""
    order = sorted(range(len(history.zones)), key=lambda series: (history.items[series], history.zones[series]))
    ordered = history.only(np.asarray(order, dtype=np.intp))
    if np.isfinite(history.values).any(axis=0).sum() < LEAST_PERIODS:
        return np.full((len(order), len(history.ahead), samples), np.nan, dtype=np.float32)
    found = _predict(ordered, samples, settings)
    return found if ordered is history else found[np.argsort(order)]


def _predict(history: History, samples: int, settings: Settings) -> Paths:
    """The same, of series in an order that is always the same."""
    horizon = len(history.ahead)
    shape = (len(history.zones), horizon, samples)
    values = _filled(history, settings)
    past = past_of(history, values)
    examples = _examples(history, values, past, settings.examples, np.random.default_rng([history.seed, 0]))
    if len(examples.values) < LEAST_EXAMPLES:
        return np.full(shape, np.nan, dtype=np.float32)
    networks = [
        learn(examples, Training(), np.random.default_rng([history.seed, number])) for number in range(1, settings.networks + 1)
    ]
    del values, examples  # of many series a large part of the memory
    found = np.empty(shape, dtype=np.float32)
    for everyone in history.by_item().values():
        template = smoothing.predict(history.only(everyone), samples, smoothing.Settings())
        for first in range(0, len(everyone), max(AT_ONCE // horizon, 1)):
            some = slice(first, first + max(AT_ONCE // horizon, 1))
            quantiles = _quantiles(past, everyone[some], horizon, networks)
            found[everyone[some]] = _marginals.quantiles_to_paths(LEVELS, quantiles, template[some])
    found[~np.isfinite(history.values).any(axis=1)] = np.nan
    return found


def _filled(history: History, settings: Settings) -> Floats:
    """(series, past) values but floors; where a missing report means nothing handed out: zero, from the first report on."""
    values = np.where(history.values <= history.floors, np.nan, history.values)
    if settings.gaps == "unknown":
        return values
    has_begun = np.cumsum(history.is_reported, axis=1) > 0
    return np.where(np.isnan(history.values) & ~history.is_reported & has_begun, 0.0, values)


def _quantiles(past: Past, series: Ints, horizon: int, networks: list[Network]) -> Floats:
    """(series) -> (series, horizon, level): the mean of the networks' quantiles, in item units."""
    ahead = np.tile(np.arange(1, horizon + 1), (len(series), 1))
    seen, level = features(past, series, np.full(len(series), past.length - 1), ahead)
    rows = seen.reshape(-1, seen.shape[2])
    mean = np.mean([network.quantiles(rows) for network in networks], axis=0, dtype=float)
    return np.asarray(mean.reshape(*ahead.shape, -1) * level[:, None, None])


# ------------------------------------------------------------------ what is learnt from


def _examples(history: History, known: Floats, past: Past, most: int, rng: np.random.Generator) -> Examples:
    """Series seen from origins of the past, and what came of them; each weighs as the root of its level."""
    horizon, length = min(len(history.ahead), past.furthest), past.length
    is_floor = np.isnan(known) & np.isfinite(history.floors)
    series, origin, ahead = _drawn(past, np.isfinite(known) | is_floor, horizon, most, rng)
    seen, level = features(past, series, origin, ahead)
    target = origin[:, None] + ahead
    where = series[:, None], np.minimum(target, length - 1)
    limit = np.where(is_floor[where], history.floors[where], np.inf)  # the most that could have been seen
    came = np.where(target < length, np.where(is_floor[where], limit, known[where]), np.nan)
    usable = np.isfinite(came) & (level > 0)[:, None]
    unit = np.where(level > 0, level, 1)[:, None]
    usual = past.usual[past.item[series], origin] * past.unit[series]
    size = np.sqrt(level / np.where(usual > 0, usual, 1.0))[:, None] + 0 * came
    weight = size[usable] / max(size[usable].mean() if usable.any() else 1.0, 1e-30)
    return Examples(seen[usable], *(part.astype(np.float32) for part in ((came / unit)[usable], (limit / unit)[usable], weight)))


def _drawn(
    past: Past, known: npt.NDArray[np.bool_], horizon: int, most: int, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """(pair) series, (pair) origins and (pair, horizon) periods ahead to learn from: all, or some at random."""
    first, origins, each = past.first_origin, past.furthest, min(horizon, AHEAD_AT_ONCE)
    pairs = len(known) * origins
    place = np.arange(pairs) if pairs <= 4 * most else np.unique(rng.integers(pairs, size=4 * most))
    series, origin = place // origins, first + place % origins
    later = np.zeros((len(known), past.length + 1), dtype=np.int32)
    np.cumsum(known[:, ::-1], axis=1, out=later[:, -2::-1])
    until = np.minimum(origin + horizon, past.length - 1)
    has_target = later[series, origin + 1] > later[series, until + 1]
    usable = np.flatnonzero(has_target & (origin >= past.started[series]))
    if len(usable) * each > most:
        usable = np.sort(rng.choice(usable, most // each, replace=False))
    series, origin = series[usable], origin[usable]
    if horizon <= each:
        return series, origin, np.tile(np.arange(1, each + 1), (len(usable), 1))
    reach = np.minimum(horizon, past.length - 1 - origin)[:, None]
    return series, origin, 1 + (rng.random((len(usable), each)) * reach).astype(np.intp)
