"""A linear program as blocks of columns and rows, and its objectives, layer by layer (solver.py solves them)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from forecast.allocate.arrays import Ints
from forecast.schema import Floats

INF = highspy.kHighsInf
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
    of several rounds makes the next `after` each, with bounds that change before it, from the solution, until there is none.
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
    after: Callable[[Solution], tuple[Change, Layer] | None] | None = None

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
        by_row = Change(rows=np.array([self.row]), row_bounds=(np.array([-INF]), np.array([at_most])))
        if not self.layer.is_apart:
            return by_row
        reached = self.solution.values[self.layer.columns]
        fixed = reached - (self.at_most - self.solution.cost) / (len(reached) * -self.layer.costs)
        lowest = np.maximum(fixed - (at_most - self.at_most), 0.0)
        return replace(by_row, columns=self.layer.columns, column_bounds=(lowest, fixed))


def total(costs: Floats, values: Floats) -> float:
    """Sum of costs times values in an order of its own: that of BLAS depends on its threads, and the last digit of what a
    layer reached decides between plans that are equally good."""
    return float((costs * values).sum())


def _plain(name: str) -> str:
    """A name as LP text allows it."""
    return re.sub(r"[^A-Za-z0-9_(),.]", "_", name)
