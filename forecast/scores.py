"""How good a forecast was, in numbers: pure functions of arrays, nothing read, nothing chosen.

`paths` (..., sample): equally likely futures in any order; `seen` (...): what was recorded, NaN where nothing was. A cell that
was not seen, or not forecast, has no score: NaN, and the means step over it. The samples of a cell are taken as its quantiles at
the midpoints (k + 1/2) / S, k = 0 .. S - 1.

Sources: Gneiting, Raftery, Strictly proper scoring rules (2007): CRPS, pinball; Hyndman, Koehler, Another look at measures of
forecast accuracy (2006): MASE, RMSSE; Czado, Gneiting, Held, Predictive model assessment for count data (2009): PIT of counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecast.schema import Floats

INTERVALS = (0.5, 0.8, 0.9, 0.95)  # the central intervals whose coverage is told


def mean(values: Floats) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def ratio(part: float, whole: float) -> float:
    """part / whole; NaN where the whole is not above zero."""
    return part / whole if whole > 0 else float("nan")


# ------------------------------------------------------------------ the whole distribution


def quantiles(paths: Floats, levels: Sequence[float]) -> Floats:
    """(..., sample) -> (level, ...): straight between the midpoints, flat beyond the outermost samples."""
    found: Floats = np.quantile(paths, np.asarray(levels, dtype=float), axis=-1, method="hazen")
    return found


def pinball(quantile: Floats, seen: Floats, level: float | Floats) -> Floats:
    """(level - 1[seen < quantile]) x (seen - quantile): the loss whose least expected value is at the quantile of that level."""
    error = seen - quantile
    return np.maximum(level * error, (level - 1) * error)


def crps(paths: Floats, seen: Floats) -> Floats:
    """(..., sample), (...) -> (...): 2 x mean over k of pinball((k + 1/2) / S) of the k-th smallest sample.

    This is exact for the ensemble, not an approximation: it equals mean |x - seen| - 1/2 mean |x - x'| over all pairs of samples,
    because the pinball loss is linear in the level between two steps of the ensemble's quantile function. In units of `seen`.
    """
    samples = paths.shape[-1]
    levels = (np.arange(samples) + 0.5) / samples
    loss: Floats = pinball(np.sort(paths, axis=-1), seen[..., None], levels)
    score: Floats = 2 * loss.mean(axis=-1)
    return score


def inside(paths: Floats, seen: Floats, share: float) -> Floats:
    """(...): 1 where the central interval that should hold this share holds what was seen, edges included; else 0."""
    low, high = quantiles(paths, ((1 - share) / 2, (1 + share) / 2))
    return _where_known((low <= seen) & (seen <= high), seen, low)


def coverage(paths: Floats, seen: Floats, share: float) -> float:
    """Share of the cells inside their central interval of `share`; for counts, with many ties at zero, it may well be more."""
    return mean(inside(paths, seen, share))


def pit(paths: Floats, seen: Floats, levels: Sequence[float]) -> Floats:
    """(level): share of cells whose probability integral transform is at most the level; a calibrated forecast has the level.

    With ties the transform of a cell is spread evenly from P(x < seen) to P(x <= seen), as for counts, so zeros that were
    foreseen do not look like luck; nothing is drawn at random.
    """
    known = np.isfinite(seen) & np.isfinite(paths).all(axis=-1)
    cells, values = paths[known], seen[known][:, None]
    below, upto = (cells < values).mean(axis=1), (cells <= values).mean(axis=1)
    half = 0.5 / paths.shape[-1]  # a value between two samples lies between their midpoints
    low = np.where(below == upto, np.maximum(below - half, 0), below)
    high = np.where(below == upto, np.minimum(upto + half, 1), upto)
    return np.array([mean(np.clip((level - low) / (high - low), 0, 1)) for level in levels])


def accumulated(paths: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Totals from the first period on: (series, horizon, sample), (series, horizon) -> the same shapes, summed along the horizon.

    Both sum the periods that were seen; NaN until the first of them.
    """
    is_seen = np.isfinite(seen)
    any_yet = np.logical_or.accumulate(is_seen, axis=1)
    path_sums = np.cumsum(np.where(is_seen[:, :, None], paths, 0.0), axis=1, dtype=float)
    seen_sums = np.cumsum(np.where(is_seen, seen, 0.0), axis=1)
    return np.where(any_yet[:, :, None], path_sums, np.nan), np.where(any_yet, seen_sums, np.nan)


# ------------------------------------------------------------------ a point


def season_scale(past: Floats, season: int, power: int = 1) -> Floats:
    """(series, past) -> (series): (mean |y[t] - y[t - season]| ^ power) ^ (1 / power) over the known pairs.

    Where a series has no pair a season apart, pairs of neighbouring periods take their place. NaN where there are none of these
    either, or all differences are zero: such a series has no scale and is left out of the score.
    """
    a_season, neighbours = _mean_difference(past, season, power), _mean_difference(past, 1, power)
    scale = np.where(np.isfinite(a_season), a_season, neighbours) ** (1 / power)
    return np.where(scale > 0, scale, np.nan)


def mase(point: Floats, seen: Floats, scale: Floats) -> Floats:
    """(series, horizon) -> (series): mean |seen - point| / scale, the scale from `season_scale` of the past up to the origin."""
    return _row_means(np.abs(seen - point)) / scale


def rmsse(point: Floats, seen: Floats, scale: Floats) -> Floats:
    """(series, horizon) -> (series): root of mean (seen - point)^2, over the scale with power 2."""
    return np.sqrt(_row_means((seen - point) ** 2)) / scale


def wmape(point: Floats, seen: Floats) -> float:
    """Sum |seen - point| / sum |seen| over the cells that were seen."""
    known = np.isfinite(seen - point)
    return ratio(float(np.abs(seen - point)[known].sum()), float(np.abs(seen[known]).sum()))


def bias(point: Floats, seen: Floats) -> float:
    """Sum (point - seen) / sum seen over the cells that were seen: above zero, too much was forecast."""
    known = np.isfinite(seen - point)
    return ratio(float((point - seen)[known].sum()), float(seen[known].sum()))


# ------------------------------------------------------------------ a stock


def covered(stock: Floats, seen: Floats) -> Floats:
    """(...): 1 where this stock covers all that was seen, else 0; its mean is the service level (of the cycle)."""
    return _where_known(seen <= stock, seen, stock)


def fill_rate(stock: Floats, seen: Floats) -> float:
    """Sum min(seen, stock) / sum seen: the share of what was wanted that this stock would have met."""
    known = np.isfinite(seen - stock)
    return ratio(float(np.minimum(seen, stock)[known].sum()), float(seen[known].sum()))


def fill_curve(paths: Floats, seen: Floats) -> Floats:
    """(..., sample) -> (2, sample): sums over cells of what is met and what is stocked, when every cell holds its k-th sample.

    Sums of several sets of cells add up, so a curve can be gathered origin by origin.
    """
    known = np.isfinite(seen) & np.isfinite(paths).all(axis=-1)
    stock = np.sort(paths[known], axis=-1).astype(float)
    return np.stack([np.minimum(seen[known][:, None], stock).sum(axis=0), stock.sum(axis=0)])


def stock_at_fill(curve: Floats, wanted: float, fill: float) -> float:
    """The least stock, all cells at the same quantile, with which the share `fill` of `wanted` is met; NaN where none does.

    `curve`: as from `fill_curve`; `wanted`: the sum of what was seen in its cells. Straight between samples, and from nothing to
    the lowest.
    """
    met, stock = (np.concatenate([[0.0], sums]) for sums in curve)
    enough = int(np.searchsorted(met, fill * wanted))
    if not wanted > 0 or enough == len(met):
        return float("nan")
    above = (fill * wanted - met[enough - 1]) / (met[enough] - met[enough - 1])
    return float(stock[enough - 1] + above * (stock[enough] - stock[enough - 1]))


def overstock_at_fill(curve: Floats, wanted: float, fill: float) -> float:
    """What is left over when the share `fill` is met, per unit wanted: (stock - met) / wanted; for rivals at an equal fill."""
    return ratio(stock_at_fill(curve, wanted, fill) - fill * wanted, wanted)


# ------------------------------------------------------------------ steps


def _where_known(holds: np.ndarray, seen: Floats, forecast: Floats) -> Floats:
    return np.where(np.isfinite(seen) & np.isfinite(forecast), holds.astype(float), np.nan)


def _row_means(values: Floats) -> Floats:
    known = np.isfinite(values)
    counts: Floats = np.where(known.any(axis=1), known.sum(axis=1), np.nan)
    means: Floats = np.where(known, values, 0.0).sum(axis=1) / counts
    return means


def _mean_difference(past: Floats, lag: int, power: int) -> Floats:
    if past.shape[1] <= lag:
        return np.full(len(past), np.nan)
    return _row_means(np.abs(past[:, lag:] - past[:, :-lag]) ** power)
