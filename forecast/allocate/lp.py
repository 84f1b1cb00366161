"""A linear program as blocks of columns and rows, and the solver that keeps it: HiGHS, one thread, one seed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from forecast.allocate import sift
from forecast.allocate.arrays import Ints
from forecast.errors import NoPlanError
from forecast.schema import Floats

INF = highspy.kHighsInf
DUAL, PRIMAL = 1, 4  # simplex strategies of HiGHS
STATUS = highspy.HighsModelStatus
NO_LIMIT = 2**31 - 1
PERTURB = "primal_simplex_bound_perturbation_multiplier"  # off: to mend afterwards what it did takes longer than it saves
REPEATABLE: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 1}
ENDS = (STATUS.kOptimal, STATUS.kModelEmpty, STATUS.kTimeLimit)  # that are no failure
End = tuple[STATUS, "Solution | None"]
Labels = Sequence[str] | Callable[[], Iterable[str]]  # made only when the model is written: 400,000 names take seconds
Values = float | npt.ArrayLike


@dataclass(frozen=True)
class Block:
    """Columns or rows of one kind, in a row: where they start, and what each is about."""

    name: str
    first: int
    size: int
    labels: Labels

    def said(self) -> list[str]:
        return list(self.labels() if callable(self.labels) else self.labels)


@dataclass
class Side:
    """All columns, or all rows: their blocks and bounds."""

    blocks: list[Block] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    size: int = 0

    def add(self, name: str, size: int, labels: Labels, lower: Values, upper: Values) -> Ints:
        """Append a block; its positions."""
        self.blocks.append(Block(name, self.size, size, labels))
        self.lower.append(np.array(np.broadcast_to(lower, size), dtype=float))
        self.upper.append(np.array(np.broadcast_to(upper, size), dtype=float))
        self.size += size
        return np.arange(self.size - size, self.size)

    def names(self) -> list[str]:
        return [_plain(f"{block.name}({label})") for block in self.blocks for label in block.said()]


class Model:
    """What a linear program is built of: `columns` (0 or more by default), `rows`, and their entries as triplets."""

    def __init__(self) -> None:
        self.columns, self.rows = Side(), Side()
        self._entries: list[tuple[Ints, Ints, Floats]] = []

    def add_columns(self, name: str, size: int, labels: Labels, lower: Values = 0.0, upper: Values = INF) -> Ints:
        return self.columns.add(name, size, labels, lower, upper)

    def add_rows(self, name: str, size: int, labels: Labels, lower: Values, upper: Values) -> Ints:
        return self.rows.add(name, size, labels, lower, upper)

    def put(self, rows: npt.ArrayLike, columns: npt.ArrayLike, values: Values) -> None:
        """Add `values` where `rows` and `columns` meet; the three are broadcast; what meets twice adds up."""
        row, column, value = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=float))
        self._entries.append((row.ravel().astype(np.int64), column.ravel().astype(np.int64), value.ravel()))

    def matrix(self) -> sp.csc_matrix:
        row, column, value = self.entries(0)
        matrix = sp.csc_matrix((value, (row, column)), shape=(self.rows.size, self.columns.size))
        matrix.sum_duplicates()
        return matrix

    def entries(self, first: int) -> tuple[Ints, Ints, Floats]:
        """Rows, columns and values that were put from the `first` time on; `puts` is how often that was."""
        none = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
        row, column, value = (np.concatenate(parts) for parts in zip(none, *self._entries[first:], strict=True))
        return row, column, value

    @property
    def puts(self) -> int:
        return len(self._entries)

    def highs(self) -> highspy.HighsLp:
        lp, matrix = highspy.HighsLp(), self.matrix()
        lp.num_col_, lp.num_row_ = self.columns.size, self.rows.size
        lp.col_cost_ = np.zeros(self.columns.size)
        lp.col_lower_, lp.col_upper_ = np.concatenate(self.columns.lower), np.concatenate(self.columns.upper)
        lp.row_lower_, lp.row_upper_ = np.concatenate(self.rows.lower), np.concatenate(self.rows.upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        return lp


@dataclass(frozen=True)
class Layer:
    """One objective, minimised: the `costs` of `columns`, plus a `constant`; what people read is `sign` times that, in `unit`.

    Without an `essential` layer there is no plan; time may run out in the others, and the plan so far stands. A layer
    `from_last` goes on from the last plan, if not too many steps do; the others are solved from scratch. The cost of an
    `is_curved` layer hangs on the shortage curves.

    The solver sees the costs times `scale`: its tolerance is an absolute price of a unit of goods, beside which a share is small.
    An `is_level` layer has one column, a level that rows keep others below: it is approached by what the layer before it costs at
    one level and another (level.py). Each column of an `is_apart` layer is held where it got to, one by one: a row over them all
    would tie all zones together, which takes the solver many times the steps.

    A layer that `opens` the one before it may make that dearer by such a share; afterwards that one is minimised again. A layer
    of several rounds makes the next `after` each, from the solution, until there is none.
    """

    name: str
    unit: str
    columns: Ints
    costs: Floats
    constant: float = 0.0
    sign: float = 1.0
    essential: bool = True
    from_last: bool = False
    is_curved: bool = False
    is_level: bool = False
    is_apart: bool = False
    scale: float = 1.0
    bound: Layer | None = None
    opens: float | None = None
    after: Callable[[Kept, Solution], Layer | None] | None = None

    def dense(self, size: int) -> Floats:
        """(column) cost of each."""
        costs = np.zeros(size)
        np.add.at(costs, self.columns, self.costs)
        return costs


@dataclass(frozen=True)
class Solution:
    """`values` and `reduced` costs (column), `duals` (row), and `cost`, that of the layer without its constant."""

    values: Floats
    reduced: Floats
    duals: Floats
    cost: float

    def per(self, scale: float) -> Solution:
        """The same, of costs without a scale."""
        return Solution(self.values, self.reduced / scale, self.duals / scale, self.cost / scale)


@dataclass(frozen=True)
class Change:
    """Other bounds: of some `columns`, of some `rows`; (n) lower and upper of each."""

    columns: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    column_bounds: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))
    rows: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    row_bounds: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class Held:
    """A layer that may not cost more than `at_most`: the `row` that says so, and the `solution` it got to."""

    layer: Layer
    row: int
    at_most: float
    solution: Solution

    def at(self, at_most: float) -> Change:
        """The bounds that hold it at another limit. The columns of one that is held apart share out what it may lose."""
        row = (np.array([self.row]), (np.array([-INF]), np.array([at_most])))
        if not self.layer.is_apart:
            return Change(rows=row[0], row_bounds=row[1])
        reached = self.solution.values[self.layer.columns]
        fixed = reached - (self.at_most - self.solution.cost) / (len(reached) * -self.layer.costs)
        return Change(self.layer.columns, (np.maximum(fixed - (at_most - self.at_most), 0.0), fixed), *row)


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
        self._highs = solver_of(model.highs(), {PERTURB: 0.0})
        self._passed = (model.columns.size, model.rows.size, model.puts)
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
        accepted(self._highs.changeColsCost(size, np.arange(size, dtype=np.int32), costs))
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
        basis = self._highs.getBasis()
        self._highs = solver_of(self._highs.getLp(), {PERTURB: 0.0})
        if basis.valid:
            accepted(self._highs.setBasis(basis))

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
        self._highs = solver_of(part.lp, {PERTURB: 0.0})
        if from_last and basis.valid:
            accepted(self._highs.setBasis(part.of_basis(basis)))
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


def total(costs: Floats, values: Floats) -> float:
    """Sum of costs times values in an order of its own: that of BLAS depends on its threads, and the last digit of what a
    layer reached decides between plans that are equally good."""
    return float((costs * values).sum())


def _plain(name: str) -> str:
    """A name as LP text allows it."""
    return re.sub(r"[^A-Za-z0-9_(),.]", "_", name)
