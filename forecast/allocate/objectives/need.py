"""Expected shortage in person-periods, weighted by priority: the layer that shares out what there is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecast.allocate import simulate
from forecast.allocate.cells import Shortage
from forecast.allocate.lp import Layer, total
from forecast.allocate.problem import Allocation
from forecast.allocate.rules import Parts
from forecast.config import Section

UNIT = "person-periods short, expected, weighted by priority"


class Settings(Section):
    """None: the weights are those of items, zones and planning figures (weights.py)."""


def layer(parts: Parts, settings: Settings) -> Layer:
    """Sum over zones, demand groups and periods of weight x expected shortage, as the model sees it (cells.py).

    Where the need accumulates, the shortage of a period is the backlog at its end. Series that nothing can be sent to add a
    constant.
    """
    problem, zones = parts.problem, parts.zones
    nothing = simulate.outcome(problem, np.zeros_like(problem.in_transit)).unmet.sum(axis=2) * problem.weight
    nothing[zones.series.zone, zones.series.group] = 0.0
    constant = float(nothing[problem.series].sum())
    bound = _sum("bound", problem, [(short, 1.0) for short in zones.shortages if short.is_bound], constant)
    need = _sum("need", problem, [(short, short.share) for short in zones.shortages], constant)
    has_own_bound = all(short.is_bound for short in zones.shortages if short.unmet.columns.size)
    return need if has_own_bound else replace(need, bound=bound)


def _sum(name: str, problem: Allocation, parts: list[tuple[Shortage, float]], constant: float) -> Layer:
    costs = [np.zeros(0)]
    for short, share in parts:
        weight = problem.weight[short.series.zone, short.series.group] * share
        costs.append(weight[short.of] * short.unmet.values)
        constant += total(weight, short.unmet.nothing_sent.sum(axis=1))
    columns = np.concatenate([np.zeros(0, dtype=np.int64), *(short.unmet.columns for short, _ in parts)])
    return Layer(name, UNIT, columns, np.concatenate(costs), constant, is_curved=True)
