"""What a layer leaves aside at first: columns far from the last plan, such as most pieces of the shortage curves.

The prices of a layer that hangs on the curves tell what it would lose by moving a column off its bound, and it may lose little.
So a later layer is solved with the dear ones fixed, and then, from there on, with those freed that its own prices ask for, until
they ask for none: what it reaches is the optimum of the whole model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from forecast.allocate.arrays import Flags, Ints
from forecast.schema import Floats

FAR = 1e-6  # of what a layer reached: a column is far that costs it more on the way from bound to bound
MANY = 1000  # columns: to leave fewer aside is not worth it
STEPS = 1500  # of the simplex from a plan on; where they do not end, it is solved from scratch
ROWS_A_STEP = 12  # a layer that may end soon from the last plan on is tried for so few steps: from scratch it takes a step a row
PRICED = 1e-7  # the dual feasibility tolerance of the solver


@dataclass(frozen=True)
class Aside:
    """(n) `columns` left aside, their bounds, and whether they stay at the upper one."""

    columns: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    lower: Floats = field(default_factory=lambda: np.zeros(0))
    upper: Floats = field(default_factory=lambda: np.zeros(0))
    at_upper: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __getitem__(self, chosen: Flags) -> Aside:
        return Aside(self.columns[chosen], self.lower[chosen], self.upper[chosen], self.at_upper[chosen])

    @property
    def at(self) -> Floats:
        """(n) the bound they stay at."""
        return np.where(self.at_upper, self.upper, self.lower)

    def still(self, values: Floats) -> Aside:
        """Those that are at their bound in a plan, given the values of all columns."""
        return self[values[self.columns] == self.at]

    def called(self, reduced: Floats) -> Flags:
        """(n) those that the reduced costs of all columns ask to leave their bound."""
        price = reduced[self.columns]
        return np.where(self.at_upper, price > PRICED, price < -PRICED)


def far(reduced: Floats, lower: Floats, upper: Floats, reached: float) -> Aside:
    """(column) reduced costs and bounds, and what the layer reached -> the columns far from its plan."""
    span = np.where(np.isfinite(upper - lower), upper - lower, 0.0)
    price = np.abs(reduced)
    columns = np.flatnonzero((price > PRICED) & (price * span > FAR * reached))
    return Aside(columns, lower[columns], upper[columns], reduced[columns] < 0)
