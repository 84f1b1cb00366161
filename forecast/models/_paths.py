"""Error paths: what a method got wrong from past origins, kept whole over the horizon, is the spread of its future.

All errors of one origin stay together, so that a future that starts too low stays too low as long as it did in the past: totals
over the horizon are then as uncertain as they should be. Errors are differences of square roots: those of counts then hardly
depend on the level, and no future falls below zero. They are not centred: a method that was too low in the past is put right.
A series with few origins of its own borrows from the item's other series, at the origins nearest in level, and never from
those of quite another size: beside a town of 20,000 a month, the camp of 20 is no less certain than it was by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from tqdm import tqdm

from forecast.models import _streams
from forecast.schema import Floats, History

Ints = npt.NDArray[np.intp]
Points = Callable[[Floats, Ints], Floats]
"""(series, past) values, (origin) last known positions -> (series, origin, horizon) point forecasts, knowing nothing later."""

FAILURES = (ArithmeticError, ValueError, RuntimeError, np.linalg.LinAlgError)  # of a fit
MOST_ORIGINS = 60  # evenly spread over the past: neighbouring origins share most of their errors
WEEK, FEWEST_WEEKS = 7, 4  # days; weeks of a past of days from which on only origins of the same weekday are looked at
MOST_LENDERS = 2000  # series of the pool, evenly spread over its levels
BORROWED = 24  # borrowed errors weigh as much as this many origins of one's own
NEAREST = 100  # origins borrowed from: those nearest in level, and all of the same level
ALIKE = 4.0  # times the square root of the level, and no further: 16 times the quantity
FEWEST_ERRORS = 8  # origins that tell how far a method misses
UNKNOWN_CV = 0.5  # relative error where there is nothing to learn it from, shared over the horizon
LEAST_MEAN = 0.5  # clipping at zero lifts the mean; it is scaled back down to no less than this share
AT_ONCE = 500  # series worked on together, to bound memory


@dataclass(frozen=True)
class Errors:
    """Error paths (series, origin, horizon) of square roots, empty rows where unknown, and their level (series, origin)."""

    paths: Floats
    level: Floats


def around(history: History, points: Points, samples: int) -> Floats:
    """History -> (series, horizon, sample): a method's points for the future, with its own past error paths around them."""
    known_until, now = origins(history), np.array([history.values.shape[1] - 1])

    def past_errors(values: Floats) -> Errors:
        parts = [errors(values[part], points(values[part], known_until), known_until) for part in chunks(len(values))]
        return Errors(np.concatenate([part.paths for part in parts]), np.concatenate([part.level for part in parts]))

    own = past_errors(history.values)
    lent = past_errors(lenders(history.pool))
    return spread(history, points(history.values, now)[:, 0], own, lent, samples)


def spread(history: History, point: Floats, own: Errors, lent: Errors, samples: int) -> Floats:
    """(series, horizon) points, own error paths and those to borrow from -> (series, horizon, sample).

    Wider where few periods are known or the newest are old; never narrower with the horizon. The mean of the paths is that of the
    points where there are hardly any errors to learn from.
    """
    known = np.isfinite(history.values)
    age = np.argmax(known[:, ::-1], axis=1)
    ignorance = np.sqrt(1 + 1 / np.maximum(known.sum(axis=1), 1) + age / history.season)
    root, pool, names = np.sqrt(np.maximum(point, 0)), _by_level(lent), _streams.keys(history)
    unsure, counted = standard_error(np.sqrt(np.maximum(history.values, 0))), np.sqrt(np.maximum(known.sum(axis=1), 1))
    paths, doubt = np.empty((*point.shape, samples)), np.empty((len(point), 1, 1))
    for part in chunks(len(paths)):
        mine = Errors(own.paths[part], own.level[part])
        level = root[part].mean(axis=1)
        at_most = np.fmin(unsure[part], _missed(mine) / counted[part])
        paths[part], doubt[part] = _draw(history, mine, pool, level, at_most, names[part], samples)
    wider = _widening(paths) * ignorance[:, None]
    for part in chunks(len(paths)):
        mean = paths[part].mean(axis=2, keepdims=True)
        roots = (paths[part] - mean) * wider[part, :, None] + mean + root[part, :, None]
        paths[part] = np.square(np.maximum(roots, 0))
        mean = paths[part].mean(axis=2, keepdims=True)
        paths[part] *= (np.maximum(point[part, :, None], 0) / np.where(mean > 0, mean, 1)) ** doubt[part]
    return paths


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


def _missed(own: Errors) -> Floats:
    """(series) root mean square of its own errors; NaN with fewer than FEWEST_ERRORS.

    What a season or a regressor explains is not doubt about the level: an error of the mean can hardly be more than this, over
    the root of how many values are known.
    """
    known = np.isfinite(own.paths)
    count = known.any(axis=2).sum(axis=1)
    squares = np.where(known, np.square(own.paths), 0).sum(axis=(1, 2)) / np.maximum(known.sum(axis=(1, 2)), 1)
    return np.where(count >= FEWEST_ERRORS, np.sqrt(squares), np.nan)


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


def chunks(count: int) -> Iterator[slice]:
    """Slices of so many series as are worked on together; one empty slice for none."""
    return (slice(start, start + AT_ONCE) for start in range(0, max(count, 1), AT_ONCE))


# ------------------------------------------------------------------ past errors


def origins(history: History) -> Ints:
    """Positions of past origins whose errors can be seen for at least half of the horizon.

    Of days, once there are FEWEST_WEEKS, those a whole number of weeks ago, and all of the horizon is seen: what a method misses
    on Fridays is then put right on Fridays, instead of passing for noise on all days.
    """
    past, horizon = history.values.shape[1], len(history.ahead)
    if _is_daily(history) and past - 1 - horizon >= FEWEST_WEEKS * WEEK:
        weeks = np.arange((past - 1) % WEEK, past - horizon, WEEK)
        return np.asarray(weeks[_evenly(len(weeks))], dtype=np.intp)
    return _evenly(past - max(1, horizon // 2))


def _evenly(count: int) -> Ints:
    """Of so many in a row, MOST_ORIGINS; none of none."""
    if count <= 0:
        return np.empty(0, dtype=np.intp)
    return np.unique(np.linspace(0, count - 1, min(MOST_ORIGINS, count)).round().astype(np.intp))


def _is_daily(history: History) -> bool:
    return len(history.periods) > 1 and bool(history.periods[-1] - history.periods[-2] == np.timedelta64(1, "D"))


def errors(values: Floats, points: Floats, known_until: Ints) -> Errors:
    """(series, past), (series, origin, horizon) -> error paths; a gap within a path repeats the error before it."""
    past, horizon = values.shape[1], points.shape[2]
    target = known_until[:, None] + 1 + np.arange(horizon)
    seen = np.where(target < past, values[:, np.minimum(target, past - 1)], np.nan)
    roots = np.sqrt(np.maximum(points, 0))
    error = np.sqrt(np.maximum(seen, 0)) - roots
    enough = np.isfinite(error).sum(axis=2) >= max(1, horizon / 2)
    return Errors(np.where(enough[:, :, None], _filled(error), np.nan), roots.mean(axis=2))


def lenders(pool: Floats, most: int = MOST_LENDERS) -> Floats:
    """(any, past) -> the same, or in ascending order of their sums so many that are evenly spread over them."""
    if len(pool) <= most:
        return pool
    order = _in_order(np.nan_to_num(pool) @ np.cos(np.arange(pool.shape[1])), np.nansum(pool, axis=1))
    return np.asarray(pool[order[np.linspace(0, len(pool) - 1, most).round().astype(np.intp)]])


def _filled(paths: Floats) -> Floats:
    """Fill gaps along the last axis with the value before, and at the start with the value after."""
    for forward in (True, False):
        ordered = paths if forward else paths[..., ::-1]
        place = np.maximum.accumulate(np.where(np.isfinite(ordered), np.arange(ordered.shape[-1]), 0), axis=-1)
        ordered = np.take_along_axis(ordered, place, axis=-1)
        paths = ordered if forward else ordered[..., ::-1]
    return paths


def _by_level(errors: Errors) -> Errors:
    """All usable error paths (any, horizon) and their levels (any), in ascending order of level, then of error."""
    usable = np.isfinite(errors.paths).all(axis=2) & np.isfinite(errors.level)
    paths, level = errors.paths[usable], errors.level[usable]
    order = _in_order(*paths.T[::-1], paths.sum(axis=1), level)
    return Errors(paths[order], _rounded(level[order]))


def _in_order(*by: Floats) -> Ints:
    """Order by the last, ties by the one before and so on. What differs by rounding only is a tie: units do not matter."""
    return np.lexsort([_rounded(values) for values in by])


def _rounded(values: Floats) -> Floats:
    """Nine digits of the largest."""
    digit = np.abs(values).max(initial=0.0) * 1e-9
    return np.asarray(np.round(values / digit) * digit if digit > 0 else values)


# ------------------------------------------------------------------ draws


def _draw(
    history: History, own: Errors, pool: Errors, level: Floats, unsure: Floats, names: _streams.Keys, samples: int
) -> tuple[Floats, Floats]:
    """(series, horizon, sample) error paths: own ones, newer ones more often, and in part borrowed ones, each equally often.

    Two errors that last come on top: that of the mean of what is known, and where there are fewer than BORROWED error paths, a
    relative one in the measure of that doubt (series).
    """
    past = history.values.shape[1]
    usable = np.isfinite(own.paths).all(axis=2)
    weight = usable * 0.5 ** ((past - 1 - origins(history)) / history.season)
    count = _effective(weight)
    first, last = _nearest(pool.level, level)
    share = np.where(last > first, count / (count + BORROWED), 1.0)[:, None]
    even = _streams.even(names, samples)
    drawn = np.zeros((*even.shape, len(history.ahead)))
    if len(pool.level):
        place = first[:, None] + (last - first)[:, None] * (even - share) / np.where(share < 1, 1 - share, 1)
        drawn += pool.paths[place.astype(np.intp).clip(0, len(pool.level) - 1)]
    is_own = (even < share) & (count > 0)[:, None]
    if is_own.any():
        mine = _weighted(weight, even / np.where(share > 0, share, 1))
        np.copyto(drawn, np.take_along_axis(own.paths, mine[:, :, None], axis=1), where=is_own[:, :, None])
    evidence = (count + last - first)[:, None, None]
    doubt = np.maximum(1 - evidence / BORROWED, 0)
    unsure = unsure[:, None, None] + UNKNOWN_CV / 2 * level[:, None, None] * doubt
    drawn += unsure * _streams.normals(_streams.mixed(names), samples)[:, :, None]
    return drawn.transpose(0, 2, 1), doubt


def _effective(weight: Floats) -> Floats:
    """(series, origin) weights -> (series) how many equal ones are worth as much (Kish, 1965)."""
    squares = np.square(weight).sum(axis=1)
    return np.where(squares > 0, np.square(weight.sum(axis=1)) / np.where(squares > 0, squares, 1), 0.0)


def _nearest(ordered: Floats, level: Floats) -> tuple[Ints, Ints]:
    """(any) levels in ascending order, (series) a level -> (series) first and end of those nearest, with all their ties.

    Those of quite another size are left out; there may be none at all.
    """
    if not len(ordered):
        return np.zeros(len(level), dtype=np.intp), np.zeros(len(level), dtype=np.intp)
    middle = (np.searchsorted(ordered, level, side="left") + np.searchsorted(ordered, level, side="right")) // 2
    first = np.clip(middle - NEAREST // 2, 0, max(len(ordered) - NEAREST, 0))
    end = np.minimum(first + NEAREST, len(ordered))
    lowest, highest = ordered[np.minimum(first, len(ordered) - 1)], ordered[end - 1]
    lowest, highest = np.maximum(lowest, level / ALIKE), np.minimum(highest, level * ALIKE)
    first = np.searchsorted(ordered, lowest, side="left")
    return first, np.maximum(np.searchsorted(ordered, highest, side="right"), first)


def _weighted(weight: Floats, even: Floats) -> Ints:
    """(series, origin) weights, (series, sample) in 0..1 -> (series, sample) origins as often as their weight says."""
    until = np.cumsum(weight, axis=1)
    until /= np.where(until[:, -1:] > 0, until[:, -1:], 1)
    row = np.arange(len(weight))[:, None]
    place = np.searchsorted((until + row).ravel(), (np.minimum(even, 1 - 1e-9) + row).ravel(), side="right")
    return np.asarray((place.reshape(even.shape) - row * weight.shape[1]).clip(0, weight.shape[1] - 1), dtype=np.intp)


def _widening(paths: Floats) -> Floats:
    """(horizon) factors that keep the spread over all series from shrinking with the horizon."""
    squares = np.concatenate([paths[part].var(axis=2) for part in chunks(len(paths))])
    spread = np.sqrt(squares[np.isfinite(squares).all(axis=1)].sum(axis=0))
    return np.asarray(np.maximum.accumulate(spread) / np.where(spread > 0, spread, 1))[None, :].clip(min=1)
