"""Weights for the average of several forecasts' quantiles, and how wide it should be: learnt from how they did, with restraint.

What befell all series after one origin makes one piece of evidence, not thousands: after a flood or a ceasefire every model looks
bad or lucky at once. So each origin counts alike (its losses relative to what is usual there), large series less than by their
size, and the weights are pulled towards those that one would take without any evidence, the more the fewer origins there are:

    minimise  mean over origins of relative CRPS (averaged quantiles)  +  pull x KL(weights, prior)

by exponentiated gradient (Kivinen and Warmuth, 1997), which keeps the weights positive and their sum 1. Weights learnt without
restraint often lose to plain averages: the puzzle of forecast combination, Claeskens et al., International Journal of Forecasting
32 (2016).

Averaged are the square roots of the quantiles, and the average is squared: as errors of counts hardly depend on the level on that
scale, a member whose forecast explodes (it learnt from one wave of displacement that waves go on) carries the others less away.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast import scores
from forecast.schema import Floats

PULL = 0.5  # towards the prior, with one origin; with several so many times less
STEPS, RATE = 60, 2.0
PARTS, LEAST = 20, 0.075  # weights are multiples of 1 / PARTS; smaller ones than LEAST are not worth another model every night
WIDTHS = (1.0, 0.9, 1.1, 0.8, 1.2, 0.7, 1.35, 1.5, 1.75, 2.0)  # of several that are as good the first
WIDTH_DOUBT = 4  # origins: with as many, half of the widening that would have been best is taken
SIZE_POWER, LEAST_SIZE = 0.5, 0.05  # of a series' level, relative to the mean of the item


def importance(loss: Floats, level: Floats, origin: npt.NDArray[np.intp]) -> Floats:
    """(cell) usual loss, (cell) level of the series, (cell) origin -> (cell) how much one unit of loss counts.

    All of one item. Each origin counts alike, and loss x importance adds up to 1; 0 where nothing was lost at an origin.
    """
    usual = level.mean() if len(level) else 0.0
    size = (level + LEAST_SIZE * usual) / usual if usual > 0 else np.ones(len(level))
    weight = np.where(size > 0, size, 1.0) ** -SIZE_POWER
    lost = np.bincount(origin, loss * weight)
    count = max(int((lost > 0).sum()), 1)
    return np.asarray(weight * np.where(lost > 0, 1 / np.where(lost > 0, lost, 1) / count, 0.0)[origin])


def roots(quantiles: npt.NDArray[np.floating]) -> Floats:
    """Quantiles on the scale on which they are averaged."""
    return np.asarray(np.sqrt(np.maximum(quantiles, 0), dtype=float))


def weights(quantiles: Floats, seen: Floats, counts: Floats, prior: Floats, origins: int) -> Floats:
    """(member, cell, level) quantiles, (cell) seen, (cell) importance and (member) prior weights -> (member) weights, sum 1."""
    levels = (np.arange(quantiles.shape[2]) + 0.5) / quantiles.shape[2]
    scale = 2 / len(levels) * counts[:, None]
    prior = prior / prior.sum()
    found, kept, pull = prior.copy(), np.zeros_like(prior), PULL / max(origins, 1)
    each = roots(quantiles)
    for step in range(STEPS):
        root = np.einsum("m,mcl->cl", found, each)
        slope = ((seen[:, None] < np.square(root)) - levels) * scale * 2 * root
        gradient = np.einsum("mcl,cl->m", each, slope) + pull * np.log(np.maximum(found, 1e-12) / prior)
        found = found * np.exp(-RATE * (gradient - gradient.min()))
        found /= found.sum()
        kept += found * (step >= STEPS // 2)
    return np.asarray(kept / kept.sum())


def in_parts(found: Floats) -> Floats:
    """(member) weights -> the same in whole PARTS, by largest remainder, without small ones."""
    found = np.where(found >= min(LEAST, found.max()), found, 0)
    found = found / found.sum()
    parts = np.floor(found * PARTS)
    order = np.argsort(-(found * PARTS - parts), kind="stable")
    parts[order[: round(PARTS - parts.sum())]] += 1
    return np.asarray(parts / PARTS)


def width(quantiles: Floats, seen: Floats, counts: Floats, origins: int, *, in_whole: bool) -> float:
    """(cell, level) quantiles, (cell) seen and importance -> by how much to stretch them around the median.

    What would have scored best, taken the more seriously the more origins there were. `in_whole`: whole numbers are forecast.
    """
    losses = []
    for factor in WIDTHS:
        wider = stretched(quantiles, factor)
        losses.append(float((scores.crps(whole(wider) if in_whole else wider, seen) * counts).sum()))
    best = WIDTHS[int(np.argmin(np.round(losses, 6)))]
    return round(float(best ** (origins / (origins + WIDTH_DOUBT))), 3)


def whole(quantiles: Floats) -> Floats:
    """(..., level) quantiles in ascending order -> whole numbers of the same mean, as near as can be."""
    levels = quantiles.shape[-1]
    return np.asarray(np.floor(quantiles + (np.arange(levels) + 0.5) / levels))


def stretched(values: Floats, factor: float) -> Floats:
    """(..., sample) -> the same, so many times as far from their median, never below zero; the order stays."""
    if factor == 1:
        return values
    middle = np.median(values, axis=-1, keepdims=True)
    return np.asarray(np.maximum(middle + factor * (values - middle), 0))
