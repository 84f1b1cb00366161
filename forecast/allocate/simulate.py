"""What a plan comes to, on every sample: shortage, surplus, what is left over, the risk. The published figures come from
here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.problem import Allocation
from forecast.schema import Floats

NOTHING = 1e-9  # of the need: a smaller shortage is none
FLOOR = 100.0  # times as dear as any other is a shortage below the survival floor, where single packs and loads are weighed


@dataclass(frozen=True)
class Outcome:
    """(..., t) means over samples, need units: `carried` goods and `backlog` of need brought into the period, `unmet` and
    `surplus` at its end; `risk`: share of samples with a shortage.

    carried + what comes + unmet - surplus = mean demand + backlog.
    """

    carried: Floats
    backlog: Floats
    unmet: Floats
    surplus: Floats
    risk: Floats

    def reshape(self, *shape: int) -> Outcome:
        return Outcome(*(np.asarray(getattr(self, name)).reshape(shape) for name in self.__dataclass_fields__))


def outcome(problem: Allocation, planned: Floats) -> Outcome:
    """(z, k, t) item units sent, by arrival -> Outcome (z, g, t)."""
    shape = problem.mean.shape
    comes = [(a + b).reshape(-1, shape[2]) for a, b in zip(problem.given, problem.in_groups(planned), strict=True)]
    accumulates = np.tile(problem.groups.accumulates, shape[0])
    return run(problem.demand.reshape(-1, *problem.demand.shape[2:]), comes[0], comes[1], accumulates).reshape(*shape)


def felt(problem: Allocation, at: tuple[Ints, int], lasting: Floats, perishing: Floats) -> Floats:
    """(n) zones and a group, (n, t) goods that come -> (n) what is missed over the plan, need units: the expected shortage, and
    that below the survival floor once more, `FLOOR` times.
    """
    accumulates = np.full(len(lasting), problem.groups.accumulates[at[1]])
    missed = run(problem.demand[at], lasting, perishing, accumulates).unmet.sum(axis=1)
    floor = np.nan_to_num(problem.floor[at])
    if floor.any():
        missed = missed + FLOOR * run(floor[:, :, None], lasting, perishing, np.zeros(len(lasting), dtype=bool)).unmet.sum(axis=1)
    return np.asarray(missed)


def run(demand: Floats, lasting: Floats, perishing: Floats, accumulates: Flags) -> Outcome:
    """(n, t, s) demand, (n, t) goods that come and last or perish within the period, (n) whether the need accumulates ->
    Outcome (n, t).

    In each sample the demand of the period, and the backlog where the need accumulates, is met as far as goods reach;
    those that perish go first.
    """
    periods = demand.shape[1]
    found: list[tuple[Floats, ...]] = []
    left = np.zeros((demand.shape[0], demand.shape[2]))
    backlog = np.zeros_like(left)
    for t in range(periods):
        before = (left.mean(axis=1), backlog.mean(axis=1))
        needed = demand[:, t] + backlog
        durable = left + lasting[:, t, None]
        balance = durable + perishing[:, t, None] - needed
        unmet, surplus = np.maximum(-balance, 0), np.maximum(balance, 0)
        risk = (unmet > NOTHING * np.maximum(needed, 1)).mean(axis=1)
        found.append((*before, unmet.mean(axis=1), surplus.mean(axis=1), risk))
        left = np.where(accumulates[:, None], surplus, np.minimum(surplus, durable))
        backlog = np.where(accumulates[:, None], unmet, 0.0)
    return Outcome(*(np.stack(series, axis=1) for series in zip(*found, strict=True)))


def worst_futures(problem: Allocation, planned: Floats, level: float) -> float:
    """(z, k, t) item units sent -> mean weighted person-periods short in the worst futures, those beyond the level, of all."""
    zone, group = np.nonzero(problem.series)
    lasting, perishing = ((a + b)[zone, group] for a, b in zip(problem.given, problem.in_groups(planned), strict=True))
    demand, accumulates, weight = problem.demand[zone, group], problem.groups.accumulates[group], problem.weight[zone, group]
    samples = demand.shape[2]
    unmet = (run(demand[:, :, s, None], lasting, perishing, accumulates).unmet.sum(axis=1) for s in range(samples))
    short = np.sort([float((each * weight).sum()) for each in unmet])[::-1]
    tail = (1 - level) * samples
    return float((short * np.clip(tail - np.arange(samples), 0, 1)).sum() / tail)
