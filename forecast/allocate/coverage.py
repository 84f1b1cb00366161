"""The coverage of zones: of what people need there and goods sent could serve, the share they have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.allocate import simulate
from forecast.allocate.arrays import Flags
from forecast.allocate.cells import first_arrival
from forecast.allocate.problem import Allocation
from forecast.allocate.simulate import Outcome
from forecast.schema import Floats


@dataclass(frozen=True)
class WithinReach:
    """What something sent can serve. (z, g, t) `cells`; (z), weighted person-periods: `need`, expected there if nothing came at
    all, 0 in a zone out of reach; `lost`, what goes unmet in all other cells of series within reach, whatever is sent.
    """

    cells: Flags
    need: Floats
    lost: Floats

    def coverage(self, problem: Allocation, outcome: Outcome) -> Floats:
        """(z) 1 - unmet / need within reach, on all samples; NaN for a zone out of reach."""
        unmet = (np.where(self.cells, outcome.unmet, 0.0).sum(axis=2) * problem.weight).sum(axis=1)
        return np.where(self.need > 0, 1 - unmet / np.where(self.need > 0, self.need, 1.0), np.nan)


def within_reach(problem: Allocation) -> WithinReach:
    """A cell is within reach from the first period that something can arrive in.

    Where the need accumulates, the need of a period is all that there has been, as its shortage is the backlog.
    """
    first = first_arrival(problem)
    count = problem.calendar.count
    reached = (first < count) & problem.series
    cells = reached[:, :, None] & (np.arange(count) >= first[:, :, None])
    accumulates = problem.groups.accumulates[None, :, None]
    need = np.where(accumulates, np.cumsum(problem.mean, axis=2), problem.mean)
    before = reached[:, :, None] & ~cells
    nothing = simulate.outcome(problem, np.zeros_like(problem.in_transit)).unmet

    def total(quantity: Floats) -> Floats:
        return np.asarray((quantity.sum(axis=2) * problem.weight).sum(axis=1))

    return WithinReach(cells, total(np.where(cells, need, 0.0)), total(np.where(before, nothing, 0.0)))


def gini(coverage: Floats, need: Floats) -> float:
    """(z) coverage and need -> Gini coefficient of coverage over people: 0 all have the same share, 1 one has all.

    Mean difference of two people drawn at random, over twice the mean; zones without a coverage are left out.
    """
    known = ~np.isnan(coverage) & (need > 0)
    order = np.argsort(coverage[known], kind="stable")
    values, weights = np.maximum(coverage[known][order], 0.0), need[known][order]
    total = float(weights @ values)
    if total <= 0:
        return 0.0
    weights = weights / weights.sum()
    below = np.cumsum(weights) - weights / 2
    mean = float(weights @ values)
    return float(2 * (weights * values) @ below / mean - 1)
