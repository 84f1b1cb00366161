"""The solver that keeps a linear program: HiGHS, one thread, one seed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

import highspy
import numpy as np
import scipy.sparse as sp

from forecast.allocate import sift
from forecast.allocate.arrays import Ints
from forecast.allocate.lp import INF, Change, Held, Layer, Model, Solution, total
from forecast.errors import NoPlanError
from forecast.schema import Floats

DUAL, PRIMAL = 1, 4  # simplex strategies of HiGHS
STATUS = highspy.HighsModelStatus
NO_LIMIT = 2**31 - 1
STEADY = {"primal_simplex_bound_perturbation_multiplier": 0.0}  # to mend afterwards what it did takes longer than it saves
REPEATABLE: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 1}
ENDS = (STATUS.kOptimal, STATUS.kModelEmpty, STATUS.kTimeLimit)  # that are no failure
End = tuple[STATUS, Solution | None]


class AtLevel(NamedTuple):
    """Whether a level can be paid for; the level; what it costs, or costs at least; how much less for one more of it."""

    is_paid: bool
    level: float
    cost: float
    slope: float


class Kept:
    """A model kept in the solver: one objective after another, each held before the next."""

    def __init__(self, model: Model, seconds: float) -> None:
        self.model, self._until = model, time.monotonic() + seconds
        self._highs = solver_of(model.highs(), STEADY)
        self._passed = (model.columns.size, model.rows.size, model.puts)
        self._costs = np.zeros(model.columns.size)  # that the solver has
        self._last = np.zeros(0)  # (column) values of the last plan
        self._far = sift.Aside()  # as the prices of the last layer say that hangs on the curves

    def minimise(self, layer: Layer) -> Solution | None:
        """Solve for one objective; None when time ran out. Raises NoPlanError for any other end but an optimum."""
        costs = self._price(layer)
        status, solution = self._first(costs, layer)
        if status not in ENDS:  # the last plan may lie a rounding outside what holds it
            status, solution = self._solved(costs, from_last=False)
        solution = None if solution is None else solution.per(layer.scale)
        if status not in ENDS:
            words = self._highs.modelStatusToString(status)
            raise NoPlanError(f"The solver ended with '{words}' in the layer '{layer.name}': no plan is made.")
        if solution is not None:
            self._last = solution.values
            self._far = self._far_from(solution, layer) if layer.is_curved else self._far
        return solution

    def _price(self, layer: Layer | None) -> Floats:
        """Give the solver the costs of a layer, nothing for none."""
        self._grow()
        size = self.model.columns.size
        costs = np.zeros(size) if layer is None else layer.scale * layer.dense(size)
        if not np.array_equal(costs, self._costs):
            accepted(self._highs.changeColsCost(size, np.arange(size, dtype=np.int32), costs))
            self._costs = costs
        return costs

    def _first(self, costs: Floats, layer: Layer) -> End:
        if layer.is_level:  # a few steps from where it was approached
            status = self._ended(from_last=True, steps=sift.STEPS)
            return (status, self._found(costs, status)) if status in ENDS else self._solved(costs, from_last=True)
        if layer.from_last and len(self._last):
            status, solution = self._sifted(costs, from_last=True, steps=int(self.model.rows.size * sift.STEPS_A_ROW))
            if status in ENDS:
                return status, solution
        return self._sifted(costs)

    def _far_from(self, solution: Solution, layer: Layer) -> sift.Aside:
        lp = self._highs.getLp()
        lower, upper = np.array(lp.col_lower_), np.array(lp.col_upper_)
        return sift.far(solution.reduced, lower, upper, abs(solution.cost + layer.constant))

    def _solved(self, costs: Floats, *, from_last: bool, steps: int = NO_LIMIT) -> End:
        if from_last:
            self._renew()
        status = self._ended(from_last=from_last, steps=steps)
        return status, self._found(costs, status)

    def _renew(self) -> None:
        """Go on from the last plan in a new solver. With what it keeps of earlier runs, which clearing does not take from it, it
        was seen to stall for more than 1,000 steps where a new one takes 93.
        """
        self._highs = _going_on(self._highs.getLp(), self._highs.getBasis())

    def _sifted(self, costs: Floats, *, from_last: bool = False, steps: int = NO_LIMIT) -> End:
        """Solve without what is far, then from there on with what is called for, until nothing is."""
        aside = self._far.still(self._last)
        if from_last:
            held = self._highs.getBasis().col_status
            aside = aside[np.array([held[column] != sift.BASIC for column in aside.columns.tolist()], dtype=bool)]
        if len(aside.columns) < sift.MANY:
            return self._solved(costs, from_last=from_last, steps=steps)
        status, solution = self._without(aside, costs, from_last=from_last, steps=steps)
        while solution is not None and (called := aside.called(solution.reduced)).any():
            aside = aside[~called]
            status, solution = self._without(aside, costs, from_last=True, steps=sift.STEPS)
            if status not in ENDS:
                status, solution = self._without(aside, costs, from_last=False)
        return status, solution

    def _without(self, aside: sift.Aside, costs: Floats, *, from_last: bool, steps: int = NO_LIMIT) -> End:
        """Solve a program without some columns, which stay where they are."""
        part, whole = sift.without(self._highs.getLp(), aside), self._highs
        basis = whole.getBasis()
        goes_on = from_last and basis.valid
        self._highs = _going_on(part.lp, part.of_basis(basis)) if goes_on else solver_of(part.lp, STEADY)
        status = self._ended(from_last=from_last, steps=steps)
        found, basis, self._highs = self._highs.getSolution(), self._highs.getBasis(), whole
        if status not in ENDS or status == STATUS.kTimeLimit:
            return status, None
        accepted(whole.setBasis(part.to_basis(basis)))
        values, duals = part.values(found), np.array(found.row_dual)
        return status, Solution(values, part.reduced(costs, duals), duals, total(costs, values))

    def price_of(self, layer: Layer | None) -> None:
        """From now on, ask what a layer costs at a level (`at_level`); it may be none, and cost nothing."""
        self._price(layer)
        self._renew()

    def at_level(self, column: int, lower: float, upper: float, at_most: float) -> AtLevel | None:
        """Minimise what is asked for with other bounds of a column, by the dual simplex from the last plan on, until it is clear
        that it costs more than `at_most`; None when time ran out.
        """
        self._set_columns(np.array([column]), np.array([lower]), np.array([upper]))
        accepted(self._highs.setOptionValue("objective_bound", at_most))
        status = self._ended(from_last=True, strategy=DUAL)
        accepted(self._highs.setOptionValue("objective_bound", INF))
        if status == STATUS.kTimeLimit:
            return None
        found, info = self._highs.getSolution(), self._highs.getInfo()
        cost, slope = info.objective_function_value, found.col_dual[column]
        return AtLevel(status == STATUS.kOptimal and cost <= at_most, found.col_value[column], cost, slope)

    def what_if(self, layer: Layer, change: Change) -> Solution | None:
        """Solve the objective solved last with other bounds, from its plan on; then all is as before. None when time ran out.

        Raises NoPlanError where no plan keeps the other bounds.
        """
        costs = layer.dense(self.model.columns.size)
        basis, lp = self._highs.getBasis(), self._highs.getLp()
        before = Change(
            change.columns,
            (np.array(lp.col_lower_)[change.columns], np.array(lp.col_upper_)[change.columns]),
            change.rows,
            (np.array(lp.row_lower_)[change.rows], np.array(lp.row_upper_)[change.rows]),
        )
        self.set_bounds(change)
        opens = len(change.columns) and (change.column_bounds[0] == before.column_bounds[0]).all()
        status = self._ended(from_last=True, strategy=PRIMAL if opens else DUAL)
        solution = self._found(costs, status)
        self.set_bounds(before)
        accepted(self._highs.setBasis(basis))
        if status not in ENDS:
            raise NoPlanError(f"The solver ended with '{self._highs.modelStatusToString(status)}' in a what-if.")
        return solution

    def set_bounds(self, change: Change) -> None:
        """Set bounds of columns and rows."""
        self._set_columns(change.columns, *change.column_bounds)
        for row, lower, upper in zip(change.rows.tolist(), *change.row_bounds, strict=True):
            accepted(self._highs.changeRowBounds(row, lower, upper))

    def _set_columns(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        accepted(self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper))

    def _found(self, costs: Floats, status: STATUS) -> Solution | None:
        """The solution of a run that ended so; None where there is none."""
        if status not in ENDS or status == STATUS.kTimeLimit:
            return None
        found = self._highs.getSolution()
        values = np.array(found.col_value)
        return Solution(values, np.array(found.col_dual), np.array(found.row_dual), total(costs, values))

    def _ended(self, *, from_last: bool, strategy: int | None = None, steps: int = NO_LIMIT) -> highspy.HighsModelStatus:
        """How the solver ends within the time that is left, from the last plan on or from scratch."""
        left = self._until - time.monotonic()
        if left <= 0:
            return STATUS.kTimeLimit
        if not from_last:
            accepted(self._highs.clearSolver())
        strategy = strategy or (PRIMAL if from_last else DUAL)
        for option, value in (("simplex_strategy", strategy), ("simplex_iteration_limit", steps)):
            accepted(self._highs.setOptionValue(option, value))
        accepted(self._highs.setOptionValue("time_limit", self._highs.getRunTime() + left))
        self._highs.run()
        return self._highs.getModelStatus()

    def hold(self, layer: Layer, solution: Solution, at_most: float) -> Held:
        """From now on the costs of the layer, in its solution, may not exceed `at_most`."""
        costs = layer.dense(self.model.columns.size)
        columns = np.flatnonzero(costs)
        row = self.model.add_rows("held", 1, [f"{layer.name},{self.model.rows.size}"], -INF, at_most)
        self.model.put(row, columns, costs[columns])
        self._grow()
        held = Held(layer, int(row[0]), at_most, solution)
        self.set_bounds(held.at(at_most))
        return held

    def _grow(self) -> None:
        """Give the solver what the model has more by now: columns, then rows. What was there before stays as it is."""
        columns, rows, puts = self._passed
        model = self.model
        if (columns, rows, puts) == (model.columns.size, model.rows.size, model.puts):
            return
        row, column, value = model.entries(puts)
        shape = (model.rows.size, model.columns.size)
        more = sp.csr_matrix((value, (row, column)), shape=shape)
        if more[:rows, :].nnz:
            raise ValueError("entries were put in rows that are with the solver already")
        low, high = (np.concatenate(bounds)[columns:] for bounds in (model.columns.lower, model.columns.upper))
        none = np.zeros(0, dtype=np.int32)
        accepted(self._highs.addCols(len(low), np.zeros(len(low)), low, high, 0, none, none, np.zeros(0)))
        below = more[rows:, :]
        low, high = (np.concatenate(bounds)[rows:] for bounds in (model.rows.lower, model.rows.upper))
        accepted(self._highs.addRows(len(low), low, high, below.nnz, below.indptr[:-1], below.indices, below.data))
        self._passed = (model.columns.size, model.rows.size, model.puts)


def _going_on(lp: highspy.HighsLp, basis: highspy.HighsBasis) -> highspy.Highs:
    """A new solver with a program in it, and a basis to go on from."""
    solver = solver_of(lp, STEADY)
    if basis.valid:
        accepted(solver.setBasis(basis))
    return solver


def solver_of(lp: highspy.HighsLp, options: Mapping[str, float]) -> highspy.Highs:
    """A solver with a program in it, of which each run is the same on every machine."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (REPEATABLE | dict(options)).items():
        accepted(solver.setOptionValue(option, value))
    accepted(solver.passModel(lp))
    return solver


def accepted(status: highspy.HighsStatus) -> None:
    """Raises NoPlanError where the solver says that it did not do what it was asked to."""
    if status == highspy.HighsStatus.kError:
        raise NoPlanError("The solver refused the model or an option: no plan is made.")
