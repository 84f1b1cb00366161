"""What a layer leaves aside at first: columns far from the last plan, such as most pieces of the shortage curves.

The prices of a layer that hangs on the curves tell what it would lose by moving a column off its bound, and it may lose little.
So a later layer is solved with the dear ones fixed, and then, from there on, with those freed that its own prices ask for, until
they ask for none: what it reaches is the optimum of the whole model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import highspy
import numpy as np
import scipy.sparse as sp

from forecast.allocate.arrays import Flags, Ints
from forecast.schema import Floats

FAR = 1e-6  # of what a layer reached: a column is far that costs it more on the way from bound to bound
MANY = 1000  # columns: to leave fewer aside is not worth it
STEPS = 1500  # of the simplex from a plan on; where they do not end, it is solved from scratch
STEPS_A_ROW = 2 / 3  # how far a layer goes on from the last plan: from scratch it takes two, of a third of the time each
PRICED = 1e-7  # the dual feasibility tolerance of the solver
BASIC, LOWER, UPPER = (getattr(highspy.HighsBasisStatus, name) for name in ("kBasic", "kLower", "kUpper"))


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


@dataclass(frozen=True)
class Part:
    """A program `lp` without the columns left `aside`: of the whole (column) `is_in`, and the `matrix`."""

    lp: highspy.HighsLp
    aside: Aside
    is_in: Flags
    matrix: sp.csc_matrix

    def of_basis(self, whole: highspy.HighsBasis) -> highspy.HighsBasis:
        """Of a basis of the whole, in which no column left aside is basic."""
        part = highspy.HighsBasis()
        part.col_status = [status for status, is_in in zip(whole.col_status, self.is_in.tolist(), strict=True) if is_in]
        part.row_status, part.valid, part.alien = whole.row_status, True, False
        return part

    def to_basis(self, part: highspy.HighsBasis) -> highspy.HighsBasis:
        """Of the whole, with what is left aside at its bound."""
        whole, inside = highspy.HighsBasis(), iter(part.col_status)
        at_upper = np.zeros(len(self.is_in), dtype=bool)
        at_upper[self.aside.columns] = self.aside.at_upper
        out = (UPPER if upper else LOWER for upper in at_upper.tolist())
        whole.col_status = [next(inside) if is_in else bound for is_in, bound in zip(self.is_in.tolist(), out, strict=True)]
        whole.row_status, whole.valid, whole.alien = part.row_status, True, False
        return whole

    def values(self, found: highspy.HighsSolution) -> Floats:
        """(column) of the whole."""
        values = np.zeros(len(self.is_in))
        values[self.is_in], values[self.aside.columns] = found.col_value, self.aside.at
        return values

    def reduced(self, costs: Floats, duals: Floats) -> Floats:
        """(column) reduced costs of the whole, from costs and the duals of the rows."""
        return np.asarray(costs - self.matrix.T @ duals)


def without(lp: highspy.HighsLp, aside: Aside) -> Part:
    """The program with some columns left where they are: no more in it, their share of the rows counted."""
    matrix = _matrix(lp)
    is_in = np.ones(lp.num_col_, dtype=bool)
    is_in[aside.columns] = False
    inner, given = matrix[:, is_in], matrix[:, aside.columns] @ aside.at
    part = highspy.HighsLp()
    part.num_row_, part.num_col_ = inner.shape
    part.col_cost_, part.col_lower_, part.col_upper_ = (
        np.array(of)[is_in] for of in (lp.col_cost_, lp.col_lower_, lp.col_upper_)
    )
    part.row_lower_, part.row_upper_ = (np.array(of) - given for of in (lp.row_lower_, lp.row_upper_))
    part.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    part.a_matrix_.start_, part.a_matrix_.index_, part.a_matrix_.value_ = inner.indptr, inner.indices, inner.data
    return Part(part, aside, is_in, matrix)


def _matrix(lp: highspy.HighsLp) -> sp.csc_matrix:
    held, shape = lp.a_matrix_, (lp.num_row_, lp.num_col_)
    form = sp.csc_matrix if held.format_ == highspy.MatrixFormat.kColwise else sp.csr_matrix
    return sp.csc_matrix(form((np.array(held.value_), np.array(held.index_), np.array(held.start_)), shape=shape))
