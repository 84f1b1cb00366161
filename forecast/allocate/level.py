"""The smallest level that the layer before can pay for, such as the largest share that any zone goes short of.

What the layer before costs is convex in the level. From its own plan on, the level is lowered step by step, and the dual simplex
takes few steps each time; to minimise the level itself takes tens of thousands, because so many plans are equally good. The slope
of the cost tells below which level it cannot be paid for.
"""

from __future__ import annotations

import numpy as np

from forecast.allocate.lp import INF, Change, Held
from forecast.allocate.solver import Kept

STEP = 0.93  # of the level, at a time, while no bound from below is near
NEAR = 0.1  # of what lies between the bound from below and the last level that could be paid for
CLOSE = 1e-4  # they are then: the simplex on the level itself does the rest
MOST = 40  # levels tried


def approach(kept: Kept, column: int, held: Held | None, at_most: float) -> None:
    """Leave the solver in a plan near the smallest level at which the layer that is `held` costs no more than `at_most`."""
    most = at_most * held.layer.scale if held else INF
    if held:
        kept.set_bounds(held.at(INF))
    kept.price_of(held.layer if held else None)
    tried, paid, low = kept.at_level(column, 0.0, INF, INF), INF, 0.0
    for _ in range(MOST):
        if tried is None:
            break
        paid = tried.level if tried.is_paid else paid
        low = low if tried.is_paid else max(low, tried.level)
        if tried.slope < 0:
            low = max(low, tried.level - (tried.cost - most) / tried.slope)
        if paid == INF or paid - low < CLOSE:
            break
        level = max(STEP * paid, low + NEAR * (paid - low))
        tried = kept.at_level(column, level, level, most)
    if tried is not None and not tried.is_paid and paid < INF:
        kept.at_level(column, paid, paid, INF)
    kept.set_bounds(Change(np.array([column]), (np.zeros(1), np.full(1, INF))))
    if held:
        kept.set_bounds(held.at(at_most))
