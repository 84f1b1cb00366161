"""Error paths: what a method got wrong from past origins, kept whole over the horizon, is the spread of its future.

All errors of one origin stay together, so that a future that starts too low stays too low as long as it did in the past: totals
over the horizon are then as uncertain as they should be. Errors are relative to the root of the level at their origin. A series
with few origins of its own borrows from the item's other series, at the origins nearest in level.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from tqdm import tqdm

from forecast.schema import Floats, History

Ints = npt.NDArray[np.intp]
Points = Callable[[Floats, Ints], Floats]
"""(series, past) values, (origin) last known positions -> (series, origin, horizon) point forecasts, knowing nothing later."""

FAILURES = (ArithmeticError, ValueError, RuntimeError, np.linalg.LinAlgError)  # of a fit
MOST_ORIGINS = 60  # evenly spread over the past: neighbouring origins share most of their errors
BORROWED = 24  # borrowed errors weigh as much as this many origins of one's own
NEAREST = 100  # origins borrowed from: those nearest in level
UNKNOWN_CV = 0.5  # relative error where there is nothing to learn it from, shared over the horizon
LEAST_MEAN = 0.5  # clipping at zero lifts the mean; it is scaled back down to no less than this share


@dataclass(frozen=True)
class Errors:
    """Relative error paths (series, origin, horizon), empty rows where unknown, and the level (series, origin) they refer to."""

    paths: Floats
    level: Floats


def around(history: History, points: Points, samples: int) -> Floats:
    """History -> (series, horizon, sample): a method's points for the future, with its own past error paths around them."""
    past, horizon = history.values.shape[1], len(history.ahead)
    known_until, now = origins(past, horizon), np.array([past - 1])
    own = errors(history.values, points(history.values, known_until), known_until)
    lent = errors(history.pool, points(history.pool, known_until), known_until)
    return spread(history, points(history.values, now)[:, 0], own, lent, samples)


def spread(history: History, point: Floats, own: Errors, lent: Errors, samples: int) -> Floats:
    """(series, horizon) points, own error paths and those to borrow from -> (series, horizon, sample) of the points' mean.

    Wider where few periods are known or the newest are old; never narrower with the horizon.
    """
    known = np.isfinite(history.values)
    age = np.argmax(known[:, ::-1], axis=1)
    level = _level(history.values, np.array([known.shape[1] - 1]), point[:, None])
    drawn = _draw(history, level[:, 0], own, lent, samples)
    drawn -= drawn.mean(axis=2, keepdims=True)
    ignorance = np.sqrt(1 + 1 / np.maximum(known.sum(axis=1), 1) + age / history.season)
    return at_least_zero(point[:, :, None] + drawn * (_widening(drawn) * level * ignorance[:, None])[:, :, None])


def at_least_zero(paths: Floats) -> Floats:
    """(..., sample) -> the same, cut at zero and scaled back to the mean it had (to half of the cut mean at most)."""
    mean = paths.mean(axis=-1, keepdims=True)
    cut = np.maximum(paths, 0)
    cut_mean = cut.mean(axis=-1, keepdims=True)
    return np.asarray(cut * np.clip(mean / np.where(cut_mean > 0, cut_mean, 1), LEAST_MEAN, 1))


def as_wide_as(paths: Floats, others: Floats, where: npt.NDArray[np.bool_]) -> Floats:
    """(series, horizon, sample) paths, spread around their mean to the width of `others`; `where`: (series, horizon)."""
    mean, width, asked = paths.mean(axis=2, keepdims=True), paths.std(axis=2), others.std(axis=2)
    factor = np.where(where & (asked > width), asked / np.where(width > 0, width, 1), 1.0)
    return np.where((factor > 1)[:, :, None], at_least_zero(mean + (paths - mean) * factor[:, :, None]), paths)


def known_mean(values: Floats, known_until: Ints, count: int) -> Floats:
    """(series, past) -> (series, origin): mean of the last `count` known values up to each origin; empty before the first."""
    known = np.isfinite(values)
    in_order = np.take_along_axis(np.where(known, values, 0), np.argsort(~known, axis=1, kind="stable"), axis=1)
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(in_order, axis=1)], axis=1)
    so_far = np.cumsum(known, axis=1)[:, known_until]
    before = np.maximum(so_far - count, 0)
    total = np.take_along_axis(sums, so_far, axis=1) - np.take_along_axis(sums, before, axis=1)
    return np.where(so_far > 0, total / np.maximum(so_far - before, 1), np.nan)


def standard_error(values: Floats) -> Floats:
    """(series, past) -> (series) standard error of the mean of the known values; 0 where fewer than two are known."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, values, 0).sum(axis=1) / count
    variance = np.where(known, np.square(values - mean[:, None]), 0).sum(axis=1) / count
    return np.asarray(np.sqrt(variance / count))


def shared_normals(rng: np.random.Generator, samples: int) -> Floats:
    """(sample) standard normal values at quantile midpoints, in random order: exact quantiles however few the samples."""
    return np.asarray(ndtri((rng.permutation(samples) + 0.5) / samples), dtype=float)


def each_series(history: History, shape: tuple[int, int], label: str, one: Callable[[int], Floats]) -> Floats:
    """(series, *shape): `one(series)` for each; a fit that fails leaves its series empty, and the caller falls back."""
    found = np.full((len(history.zones), *shape), np.nan)
    for series in tqdm(range(len(found)), desc=f"{history.item}: {label}", unit="series", disable=None, delay=2, leave=False):
        with suppress(*FAILURES):
            found[series] = one(series)
    return found


def origins(past: int, horizon: int) -> Ints:
    """Positions of past origins whose errors can be seen for at least half of the horizon."""
    last = past - 1 - max(1, horizon // 2)
    if last < 0:
        return np.empty(0, dtype=np.intp)
    return np.unique(np.linspace(0, last, min(MOST_ORIGINS, last + 1)).round().astype(np.intp))


def errors(values: Floats, points: Floats, known_until: Ints) -> Errors:
    """(series, past), (series, origin, horizon) -> relative error paths; a gap within a path repeats the error before it."""
    past, horizon = values.shape[1], points.shape[2]
    target = known_until[:, None] + 1 + np.arange(horizon)
    seen = np.where(target < past, values[:, np.minimum(target, past - 1)], np.nan)
    level = _level(values, known_until, points)
    error = seen - points
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = error / level[:, :, None]
    relative[~np.isfinite(relative)] = np.nan  # an origin that knew only zeros says nothing of errors at a level
    enough = np.isfinite(relative).sum(axis=2) >= max(1, horizon / 2)
    return Errors(np.where(enough[:, :, None], _filled(relative), np.nan), level)


def _level(values: Floats, known_until: Ints, points: Floats) -> Floats:
    """(series, origin) what errors are measured by: the root of the forecast, or of the mean of all known if that is higher.

    The root, since errors of counts grow with it: measured by the level itself, origins of low level gave absurdly long tails.
    Zero where nothing but zeros was known.
    """
    mean = known_mean(values, known_until, values.shape[1])
    return np.where(mean == 0, 0.0, np.sqrt(np.maximum(points.mean(axis=2), mean)))


def _filled(paths: Floats) -> Floats:
    """Fill gaps along the last axis with the value before, and at the start with the value after."""
    for forward in (True, False):
        ordered = paths if forward else paths[..., ::-1]
        place = np.maximum.accumulate(np.where(np.isfinite(ordered), np.arange(ordered.shape[-1]), 0), axis=-1)
        ordered = np.take_along_axis(ordered, place, axis=-1)
        paths = ordered if forward else ordered[..., ::-1]
    return paths


def _draw(history: History, level: Floats, own: Errors, lent: Errors, samples: int) -> Floats:
    """(series, horizon, sample) relative error paths: own ones, and in part borrowed ones, each origin equally often.

    On top comes an error of the level that lasts, since even a series that hardly ever missed is known only so well.
    """
    usable = np.isfinite(own.paths).all(axis=2)
    count = usable.sum(axis=1)
    in_order = np.argsort(~usable, axis=1, kind="stable")
    pool, pool_level = _by_level(lent)
    width = min(NEAREST, len(pool))
    start = np.clip(np.searchsorted(pool_level, level) - width // 2, 0, len(pool) - width)

    unsure = standard_error(history.values) / np.where(level > 0, level, 1)
    drawn = np.empty((len(level), len(history.ahead), samples))
    for series in range(len(level)):
        rng = history.rng(series)
        even = (rng.permutation(samples) + rng.random()) / samples  # one value in each of `samples` equal parts of 0..1
        if not count[series] and not width:
            drawn[series] = UNKNOWN_CV * level[series] * shared_normals(rng, samples)
            continue
        weight = count[series] / (count[series] + BORROWED) if width else 1.0
        is_own = even < weight
        mine = (even[is_own] / weight * count[series]).astype(np.intp)
        theirs = ((even[~is_own] - weight) / (1 - weight) * width).astype(np.intp)
        drawn[series][:, is_own] = own.paths[series, in_order[series, mine]].T
        drawn[series][:, ~is_own] = pool[start[series] + theirs].T
        drawn[series] += unsure[series] * shared_normals(rng, samples)
    return drawn


def _by_level(errors: Errors) -> tuple[Floats, Floats]:
    """All usable error paths (any, horizon) and their levels, in ascending order of level."""
    usable = np.isfinite(errors.paths).all(axis=2) & np.isfinite(errors.level)
    order = np.argsort(errors.level[usable], kind="stable")
    return errors.paths[usable][order], errors.level[usable][order]


def _widening(drawn: Floats) -> Floats:
    """(horizon) factors that keep the spread over all series from shrinking with the horizon."""
    spread = np.sqrt(np.square(drawn).mean(axis=(0, 2)))
    return np.asarray(np.maximum.accumulate(spread) / np.where(spread > 0, spread, 1))[None, :].clip(min=1)
