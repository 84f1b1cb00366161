"""Expected shortage in person-periods, weighted by priority: the layer that shares out what there is."""

from __future__ import annotations

import numpy as np

from forecast.allocate import simulate
from forecast.allocate.lp import Layer
from forecast.allocate.rules import Parts
from forecast.config import Section


class Settings(Section):
    """None: the weights are those of items, zones and planning figures (weights.py)."""


def layer(parts: Parts, settings: Settings) -> Layer:
    """Sum over zones, demand groups and periods of weight x expected shortage.

    Where the need accumulates, the shortage of a period is the backlog at its end. Series that nothing can be sent to add
    a constant.
    """
    problem, cells = parts.problem, parts.cells
    weight = np.repeat(problem.weight[cells.zone, cells.group], problem.calendar.count)
    nothing = simulate.outcome(problem, np.zeros_like(problem.in_transit)).unmet.sum(axis=2) * problem.weight
    nothing[cells.zone, cells.group] = 0.0
    unit = "person-periods short, expected, weighted by priority"
    return Layer("need", unit, cells.unmet.ravel(), weight, float(nothing[problem.series].sum()), is_curved=True)
