"""From counts of subscribers to the change of the people in a zone: the panel's drift divided out, outages taken as missing.

A source is a tower, or a zone that is counted as a whole; c(i,t) its subscribers in a step t (a period, or a day of it), of one
operator. W(z,i): the part of source i that stands for zone z. Counts that are too small are empty before anything here.

    usual of a source       r(i)   = median of c(i,t) / n(t) over the reference steps, in subscribers
    size of the operator    n(t)   = sum of c(i,t) / sum of r(i), over its sources that count in t and are in no other that does;
                                     in turn until settled; 1 in the middle of the reference
    observed                S(z)   = sum over i and the steps of the period of W(z,i) x c(i,t) / n(t)
    expected                Q(z)   = the same of W(z,i) x r(i), over the same sources and steps
    change                  S(z) / Q(z)
    its coefficient of variation, squared:
        s2 / m + 1 / subscribers,   m = (sum of W r)^2 / sum of (W r)^2: towers that count, were they alike
        s2: variance among the zone's sources of their own change over the zone's, as good as 4 sources of the usual spread

So neither the growth of an operator nor a source that is silent for a while looks like people moving.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from forecast.schema import Floats

Flags = npt.NDArray[np.bool_]
SEEN_OFTEN = 0.25  # of the reference steps: below, a source has no reference
ROUNDS = 20  # far more than it takes to settle
OTHERS_KEEP = 0.5  # of their usual: while its neighbours have this, a source that has next to nothing is out of order
OPERATOR_KEEPS = 0.5  # of its size in the steps before: less in one step, and the operator counted in part
BEFORE = 8  # steps that say what the size of an operator was
PRIOR = 4.0  # sources of the usual spread that the spread among the sources of a zone is mixed with
LEAST_SPREAD = 0.02  # relative; no count of phones is better than this


@dataclass(frozen=True)
class Counts:
    """Subscribers (source, step), small ones NaN; `shares` (zone, source); `operators` (source).

    `near`: (source, k) sources near each, -1 for none; `holders` (source, source): 1 where the second holds the first;
    `reference` (step): the steps that say what is usual; `periods_of` (step, period): which step lies in which period.
    """

    subscribers: Floats
    shares: sparse.csr_array
    operators: npt.NDArray[np.object_]
    near: npt.NDArray[np.intp]
    holders: sparse.csr_array
    reference: Flags
    periods_of: sparse.csr_array


@dataclass(frozen=True)
class Usual:
    """`subscribers` (source): r(i), NaN for a source seen too rarely; `size` (source, step): n(t) of its operator."""

    subscribers: Floats
    size: Floats


@dataclass(frozen=True)
class Change:
    """(zone, period): `ratio` observed over expected, its `cv`, the `coverage` of what is expected, subscribers `seen` a step;
    (zone): `usual` subscribers.
    """

    ratio: Floats
    cv: Floats
    coverage: Floats
    seen: Floats
    usual: Floats


def change(counts: Counts, usual: Usual) -> Change:
    """The change of the people of each zone and period, NaN where nothing is counted; the formula stands above."""
    placed = ~np.isnan(usual.subscribers)
    counted = ~np.isnan(counts.subscribers) & placed[:, None]
    steady = np.where(placed, usual.subscribers, 0.0)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.where(counted, counts.subscribers / usual.size, 0.0) @ counts.periods_of
        expected = np.where(counted, steady, 0.0) @ counts.periods_of
        now, before = counts.shares @ observed, counts.shares @ expected
        ratio = np.where(before > 0, now / before, np.nan)
        steps = np.asarray(counts.periods_of.sum(axis=0)).ravel()
        whole = counts.shares @ (steady * steps)
        coverage = np.where(whole > 0, before / whole, 0.0)
        seen = counts.shares @ (np.where(counted, counts.subscribers, 0.0) @ counts.periods_of)
        seen = seen / np.maximum(coverage * steps, 1e-9)
        spread = _spread(counts.shares, observed, expected, ratio, before, _noise(counts, usual))
        cv = np.sqrt(spread + 1 / np.maximum(seen, 1.0))
    return Change(ratio, np.where(np.isfinite(ratio), cv, np.nan), coverage, seen, np.asarray(counts.shares @ steady).ravel())


def _spread(shares: sparse.csr_array, observed: Floats, expected: Floats, ratio: Floats, before: Floats, noise: float) -> Floats:
    """(zone, period) squared relative error of the ratio, from how unlike the sources of a zone are."""
    own = np.where(expected > 0, observed / expected, 0.0)  # (source, period) the change of each source
    squares = shares.multiply(shares).tocsr() @ expected**2
    alike = before**2 / squares
    unlike = (shares @ (expected * own**2)) / before - ratio**2
    variance = np.where(ratio > 0, alike * np.maximum(unlike, 0) / ratio**2, 0.0)
    return np.asarray((variance + PRIOR * noise**2) / (alike + PRIOR) / alike)


def _noise(counts: Counts, usual: Usual) -> float:
    """How far the counts of one source ordinarily lie from its usual, relative: 1.48 x MAD of the logarithm in the reference."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(counts.subscribers / usual.size / usual.subscribers[:, None])[:, counts.reference]
    logs = logs[np.isfinite(logs)]
    return max(1.4826 * float(np.median(np.abs(logs - np.median(logs)))) if len(logs) else 0.0, LEAST_SPREAD)


# ------------------------------------------------------------------ what is usual


def usual_of(counts: Counts) -> Usual:
    """(source) usual subscribers and (source, step) the size of their operator, 1 in the middle of its reference."""
    usual = np.full(len(counts.subscribers), np.nan)
    size = np.full(counts.subscribers.shape, np.nan)
    leads = _leading(counts)
    for operator in sorted(set(counts.operators)):
        own = counts.operators == operator
        usual[own], size[own] = _of_operator(counts.subscribers[own], leads[own], counts.reference)
    return Usual(usual, size)


def _leading(counts: Counts) -> Flags:
    """(source, step) the sources that measure the size of the network: they count, have a place, lie in no other that does."""
    placed = np.asarray(counts.shares.sum(axis=0)).ravel() > 0
    counted = ~np.isnan(counts.subscribers) & placed[:, None]
    return np.asarray(counted & ~(counts.holders @ counted.astype(float) > 0))


def _of_operator(counts: Floats, leads: Flags, reference: Flags) -> tuple[Floats, Floats]:
    observed = reference & leads.any(axis=0)
    first = counts[:, observed]
    often = (~np.isnan(first)).sum(axis=1) >= max(1.0, SEEN_OFTEN * first.shape[1])
    usual, size = np.full(len(counts), np.nan), np.full(counts.shape[1], np.nan)
    if not (leads[often][:, observed]).any():
        return usual, np.broadcast_to(size, counts.shape)
    usual[often] = _settled(first[often], leads[often][:, observed])
    size = _size(counts[often], leads[often], usual[often])
    middle = np.nanmedian(size[observed])
    return usual * middle, np.broadcast_to(size / middle, counts.shape)


def _settled(counts: Floats, leads: Flags) -> Floats:
    """(source, step) -> (source) medians of counts over the size of the network, which is measured by the sources that lead."""
    usual = np.ones(len(counts))
    for _ in range(ROUNDS):
        usual = _median(counts / _size(counts, leads, usual))
        usual /= np.nansum(usual)
    return usual


def _size(counts: Floats, leads: Flags, usual: Floats) -> Floats:
    """(step) counts over usual ones, of the sources that lead; NaN in a step without any."""
    known = leads & ~np.isnan(usual)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, counts, 0.0).sum(axis=0) / (np.nan_to_num(usual) @ known))


def _median(values: Floats) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all empty: empty
        return np.asarray(np.nanmedian(values, axis=1))


# ------------------------------------------------------------------ outages


def without_outages(counts: Counts, silent_below: float) -> tuple[Counts, Flags, Flags]:
    """The counts with outages emptied; (source, step) which sources were silent alone, and which had an operator out of order.

    A source is silent alone when it has less than `silent_below` of its usual while the middle one of its neighbours keeps at
    least `OTHERS_KEEP`. An operator is out of order when it has less than `OPERATOR_KEEPS` of the middle of its last sizes.
    """
    usual = usual_of(counts)
    broken = _out_of_order(usual.size) & ~np.isnan(counts.subscribers)
    subscribers = np.where(broken, np.nan, counts.subscribers)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = subscribers / usual.size / usual.subscribers[:, None]
    silent = np.zeros(own.shape, dtype=bool)
    low = np.flatnonzero((own < silent_below).any(axis=1))
    for row in low.tolist():
        near = counts.near[row][counts.near[row] >= 0]
        if len(near):
            silent[row] = (own[row] < silent_below) & (_median(own[near].T) >= OTHERS_KEEP)
    return replace(counts, subscribers=np.where(silent, np.nan, subscribers)), silent, broken


def _out_of_order(size: Floats) -> Flags:
    """(source, step) the size of its operator has fallen to less than half, for as long as that is news."""
    sizes, row_of = np.unique(np.nan_to_num(size, nan=-1.0), axis=0, return_inverse=True)
    found = np.zeros(sizes.shape, dtype=bool)
    for row, series in enumerate(sizes):
        steps = np.flatnonzero(series >= 0)
        known = pd.Series(series[steps])
        found[row, steps] = (known < OPERATOR_KEEPS * known.shift().rolling(BEFORE, min_periods=1).median()).to_numpy()
    return np.asarray(found[row_of.ravel()])
