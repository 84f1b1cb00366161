"""A linear program as blocks of columns and rows, and the solver that keeps it: HiGHS, one thread, one seed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from forecast.allocate.arrays import Ints
from forecast.errors import NoPlanError
from forecast.schema import Floats

INF = highspy.kHighsInf
DUAL, PRIMAL = 1, 4  # simplex strategies of HiGHS
STATUS = highspy.HighsModelStatus
ENDS = (STATUS.kOptimal, STATUS.kModelEmpty, STATUS.kTimeLimit)  # that are no failure
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
        row, column, value = (np.concatenate(parts) for parts in zip(*self._entries, strict=True))
        matrix = sp.csc_matrix((value, (row, column)), shape=(self.rows.size, self.columns.size))
        matrix.sum_duplicates()
        return matrix

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
    `from_last` is solved from the last plan on, which is feasible and mostly stays; the others from scratch. The cost of
    an `is_curved` layer hangs on the shortage curves.
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
    bound: Layer | None = None

    def dense(self, size: int) -> Floats:
        """(column) cost of each."""
        costs = np.zeros(size)
        np.add.at(costs, self.columns, self.costs)
        return costs


@dataclass(frozen=True)
class Solution:
    """`values` (column), `duals` (row), and `cost`, that of the layer without its constant."""

    values: Floats
    duals: Floats
    cost: float


class Kept:
    """A model kept in the solver: one objective after another, each held before the next."""

    def __init__(self, model: Model, seconds: float) -> None:
        self.model, self._until = model, time.monotonic() + seconds
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("random_seed", 1)):
            self._ok(self._highs.setOptionValue(option, value))
        self._ok(self._highs.passModel(model.highs()))

    def minimise(self, layer: Layer) -> Solution | None:
        """Solve for one objective; None when time ran out. Raises NoPlanError for any other end but an optimum."""
        costs = layer.dense(self.model.columns.size)
        self._ok(self._highs.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs))
        status = self._ended(from_last=layer.from_last)
        if layer.from_last and status not in ENDS:  # the last plan may lie a rounding outside what holds it
            status = self._ended(from_last=False)
        if status == STATUS.kTimeLimit:
            return None
        if status not in ENDS:
            words = self._highs.modelStatusToString(status)
            raise NoPlanError(f"The solver ended with '{words}' in the layer '{layer.name}': no plan is made.")
        solution = self._highs.getSolution()
        values = np.array(solution.col_value)
        return Solution(values, np.array(solution.row_dual), float(costs @ values))

    def _ended(self, *, from_last: bool) -> highspy.HighsModelStatus:
        """How the solver ends within the time that is left, from the last plan on or from scratch."""
        left = self._until - time.monotonic()
        if left <= 0:
            return STATUS.kTimeLimit
        if not from_last:
            self._ok(self._highs.clearSolver())
        self._ok(self._highs.setOptionValue("simplex_strategy", PRIMAL if from_last else DUAL))
        self._ok(self._highs.setOptionValue("time_limit", self._highs.getRunTime() + left))
        self._highs.run()
        return self._highs.getModelStatus()

    def hold(self, layer: Layer, at_most: float) -> None:
        """From now on the costs of the layer may not exceed `at_most`."""
        costs = layer.dense(self.model.columns.size)
        columns = np.flatnonzero(costs).astype(np.int32)
        self._ok(self._highs.addRow(-INF, at_most, len(columns), columns, costs[columns]))

    @staticmethod
    def _ok(status: highspy.HighsStatus) -> None:
        if status == highspy.HighsStatus.kError:
            raise NoPlanError("The solver refused the model or an option: no plan is made.")


def write(model: Model, layer: Layer, path: Path) -> None:
    """Write the model with one objective as LP text; names carry zone, item and period."""
    lp = model.highs()
    lp.col_cost_ = layer.dense(model.columns.size)
    lp.col_names_, lp.row_names_ = model.columns.names(), model.rows.names()
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.passModel(lp)
    highs.writeModel(str(path))


def _plain(name: str) -> str:
    """A name as LP text allows it."""
    return re.sub(r"[^A-Za-z0-9_(),.]", "_", name)
