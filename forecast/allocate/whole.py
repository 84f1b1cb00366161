"""Programs with whole numbers, small ones: HiGHS, one thread, one seed, and an end after so many nodes, not seconds."""

from __future__ import annotations

from typing import NamedTuple

import highspy
import numpy as np

from forecast.allocate.arrays import Ints
from forecast.allocate.lp import Model
from forecast.allocate.solver import accepted, solver_of
from forecast.schema import Floats

NODES = 100  # of the search; seconds would make another plan on another machine
STEADY = {"mip_max_nodes": NODES, "mip_allow_restart": False}  # HiGHS 1.15.1 was seen to crash in the presolve of a restart
WHOLE = highspy.HighsVarType.kInteger


class Found(NamedTuple):
    """(column) values, and how far from the least their cost may be (relative)."""

    values: Floats
    gap: float


class Whole:
    """A model of which some columns are whole numbers, kept in the solver for one objective after another."""

    def __init__(self, model: Model, whole: Ints) -> None:
        self._highs = solver_of(model.highs(), STEADY)
        self._whole, self._columns = whole, np.arange(model.columns.size, dtype=np.int32)
        for column in whole.tolist():
            accepted(self._highs.changeColIntegrality(column, WHOLE))

    def least(self, costs: Floats, gap: float, start: Floats | None = None) -> Found | None:
        """The values of least cost, within a gap (relative, or absolute), looked for from a `start`; None where there are none,
        or the search ended with none.
        """
        for option in ("mip_rel_gap", "mip_abs_gap"):
            accepted(self._highs.setOptionValue(option, gap))
        accepted(self._highs.changeColsCost(len(costs), self._columns, costs))
        if start is not None:
            known = highspy.HighsSolution()
            known.col_value = start.tolist()
            accepted(self._highs.setSolution(known))
        accepted(self._highs.run())
        info = self._highs.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        values = np.array(self._highs.getSolution().col_value)
        values[self._whole] = np.round(values[self._whole])
        return Found(values, float(info.mip_gap))

    def bound(self, row: int, lower: float, upper: float) -> None:
        """Other bounds for a row."""
        accepted(self._highs.changeRowBounds(row, lower, upper))

    def at_least(self, column: int, lower: float) -> None:
        """Another lower bound for a column."""
        accepted(self._highs.changeColBounds(column, lower, self._highs.getLp().col_upper_[column]))
