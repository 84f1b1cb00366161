"""The rules of the zones: what arrives, what it leaves unmet, what is left over, by the three kinds of carry-over.

Goods fill the pieces of a cell's convex curve; what is expected to go unmet is a sum: the mean demand, less what each piece
meets. It needs no column and no row of its own, but where two bounds meet.

- The goods perish within the period: the curve of the period's demand, against what arrives in it.
- The need accumulates: the curve of the demand so far, against what has arrived so far.
- The need lapses and the goods last. In one future, the shortage so far is the largest gap there was between demand and
  arrivals so far. Its expectation has no curve per cell, but two bounds from below have: the shortage to date, against the
  curve of the demand so far; and period by period, with what is left over carried as its mean. The first knows that a bad
  future is bad all along, the second that goods must be there in time. The need layer counts the mean of the two, and the
  plan is simulated afterwards. Where some goods of a group perish, the first says too little, and the second counts alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.allocate import names
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.curves import Curves, shortage_curves
from forecast.allocate.lp import INF, Model
from forecast.allocate.problem import Allocation
from forecast.schema import Floats


@dataclass(frozen=True)
class Series:
    """(n) zone and demand group of some series."""

    zone: Ints
    group: Ints

    def __getitem__(self, chosen: Flags) -> Series:
        return Series(self.zone[chosen], self.group[chosen])


@dataclass(frozen=True)
class Unmet:
    """What is expected to go unmet in each period, need units: (n, t) `nothing_sent`, plus `values` times `columns` (m), each in
    the cell at that position of them all.
    """

    nothing_sent: Floats
    cell: Ints
    columns: Ints
    values: Floats

    def of(self, values: Floats) -> Floats:
        """(n, t) with these values of all columns."""
        summed = np.bincount(self.cell, self.values * values[self.columns], self.nothing_sent.size)
        return np.asarray(self.nothing_sent + summed.reshape(self.nothing_sent.shape))


@dataclass(frozen=True)
class Shortage:
    """What some series (n) are expected to go short of; `share`: how much of it the need layer counts.

    What `is_bound` adds up to a bound from below on the shortage of all series.
    """

    series: Series
    unmet: Unmet
    share: float = 1.0
    is_bound: bool = True

    @property
    def of(self) -> Ints:
        """(m) the series of each column."""
        return np.asarray(self.unmet.cell // self.unmet.nothing_sent.shape[1])


@dataclass(frozen=True)
class CurveRows:
    """Curves of cells, of each the row that fills its pieces, and the columns of the pieces."""

    curves: Curves
    fill: Ints
    pieces: Ints


class Zones:
    """The columns and rows of the zones: `series` that something can be sent to, their `shortages`, the `curves` so far."""

    def __init__(self, problem: Allocation, model: Model, send: Ints, pieces: int) -> None:
        self._problem, self._model, self._send, self._pieces = problem, model, send, pieces
        self.curves: list[CurveRows] = []
        self.series = _reached(problem)

    @cached_property
    def shortages(self) -> list[Shortage]:
        """What is expected to go unmet; with it, and not before, come the curves: layers that need none are solved without."""
        problem = self._problem
        some_last, some_perish = has_lasting(problem)[self.series.group], has_perishing(problem)[self.series.group]
        accumulates = problem.groups.accumulates[self.series.group]
        perishing, backlog = self.series[~some_last], self.series[accumulates]
        pure, mixed = (self.series[some_last & ~accumulates & flags] for flags in (~some_perish, some_perish))
        (owed, never), (lapsed, lost) = (_net_to_date(problem, series) for series in (backlog, pure))
        kinds = [
            (perishing, _net(problem, perishing), 1.0),
            (backlog, owed, 1.0),
            (pure, lapsed, 0.5),
            (pure, problem.demand[pure.zone, pure.group], 0.5),
            (mixed, problem.demand[mixed.zone, mixed.group], 1.0),
        ]
        nets = [net.reshape(-1, net.shape[2]) for _, net, _ in kinds]
        weights = [np.repeat(share * problem.weight[of.zone, of.group], problem.calendar.count) for of, _, share in kinds]
        curves = iter(shortage_curves(nets, weights, self._pieces))
        return [
            Shortage(perishing, self.by_period(perishing, next(curves))),
            Shortage(backlog, self.to_date(backlog, next(curves), never)),
            Shortage(pure, self.lost_to_date(pure, next(curves), lost), share=0.5),
            Shortage(pure, self.left_over(pure, next(curves)), share=0.5, is_bound=False),
            Shortage(mixed, self.left_over(mixed, next(curves))),
        ]

    def by_period(self, series: Series, curves: Curves) -> Unmet:
        """Goods that perish within the period: what arrives in it, against its own demand less what comes anyway."""
        return self._unmet(series, curves, self.arriving("fill", series, -INF, 0.0))

    def to_date(self, series: Series, curves: Curves, lost: Floats) -> Unmet:
        """Goods that last: what has arrived so far, against the demand so far less what has come anyway.

        Where the need accumulates, the shortage is what is unmet of it; where it lapses, what went unmet in all periods so far,
        (n, t) `lost` before anything sent can arrive.
        """
        sent = self._columns("sent", series)
        arrived = self.arriving("sent", series, 0.0, 0.0)
        self._put(arrived, sent)
        self._put(arrived[:, 1:], sent[:, :-1], -1.0)
        fill = self._rows("fill", series, -INF, 0.0)
        self._put(fill, sent, -1.0)
        return self._unmet(series, curves, fill, lost)

    def lost_to_date(self, series: Series, curves: Curves, lost: Floats) -> Unmet:
        """Where the need lapses: columns of what goes unmet in each period, in all so far no less than the curve to date."""
        so_far = self.to_date(series, curves, lost)
        unmet, total = self._columns("unmet", series), self._columns("unmet_to_date", series)
        rows = self._rows("unmet_to_date", series, 0.0, 0.0)
        self._put(rows, total)
        self._put(rows[:, 1:], total[:, :-1], -1.0)
        self._put(rows, unmet, -1.0)
        least = self._rows("least", series, so_far.nothing_sent, INF)
        self._put(least, total)
        self._put(least.ravel()[so_far.cell], so_far.columns, -so_far.values)
        return Unmet(np.zeros(unmet.shape), np.arange(unmet.size), unmet.ravel(), np.ones(unmet.size))

    def left_over(self, series: Series, curves: Curves) -> Unmet:
        """Goods that last while the need lapses: what is there in a period, and the mean of what it leaves for the next.

        That is no more than what is there less the demand met; and, where other goods of the group perish within the period,
        no more than those that last.
        """
        problem = self._problem
        have, left = (self._columns(name, series) for name in ("have", "left"))
        given = np.add(*problem.given)[series.zone, series.group]
        balance = self.arriving("have", series, given, given)
        self._put(balance, have)
        self._put(balance[:, 1:], left[:, :-1], -1.0)
        fill = self._rows("fill_have", series, -INF, 0.0)
        self._put(fill, have, -1.0)
        unmet = self._unmet(series, curves, fill, of="_have")
        rows = self._rows("left", series, -INF, 0.0)
        self._put(rows, left)
        self._put(rows, have, -1.0)
        self._put(rows.ravel()[unmet.cell], unmet.columns, -unmet.values)
        mixed = has_perishing(problem)[series.group]
        self.lasting("lasting", series[mixed], problem.given[0][series.zone, series.group][mixed], left[mixed])
        return unmet

    def lasting(self, name: str, series: Series, given: Floats, left: Ints) -> None:
        """What is left (n, t) is no more than what was left before, and the lasting goods that come."""
        rows = self.arriving(name, series, -INF, given, self._problem.groups.lasts)
        self._put(rows, left)
        self._put(rows[:, 1:], left[:, :-1], -1.0)

    def arriving(
        self, name: str, series: Series, lower: Floats | float, upper: Floats | float, counts: Flags | None = None
    ) -> Ints:
        """(n, t) rows with what arrives, in need units, with a minus; of the items that count (k), or all."""
        problem, loads = self._problem, self._problem.loads
        rows = self._rows(name, series, lower, upper)
        number = np.full(problem.series.shape, -1)
        number[series.zone, series.group] = np.arange(len(series.zone))
        item = loads["item"].to_numpy()
        n = number[loads["zone"].to_numpy(), problem.groups.of_item[item]]
        used = n >= 0 if counts is None else (n >= 0) & counts[item]
        arrives = loads["arrives"].to_numpy()[used]
        self._put(rows[n[used], arrives], self._send[used], -problem.groups.covers[item[used]])
        return rows

    def _unmet(self, series: Series, curves: Curves, fill: Ints, lost: Floats | float = 0.0, of: str = "") -> Unmet:
        """What goes unmet: the mean of the curves, less what their pieces meet, and what is lost.

        Pieces fill up from what the rows `fill` (n, t) allow; each meets demand in the share of futures that reach it.
        """
        problem, model = self._problem, self._model
        labels = names.of_cells(problem, series.zone, series.group)
        piece = model.add_columns(f"piece{of}", len(curves.cell), names.of_pieces(labels, curves.cell), 0.0, curves.width)
        model.put(fill.ravel()[curves.cell], piece, 1.0)
        self.curves.append(CurveRows(curves, fill.ravel(), piece))
        return Unmet(curves.mean.reshape(fill.shape) + lost, curves.cell, piece, -curves.tail)

    def _columns(self, name: str, series: Series) -> Ints:
        shape = (len(series.zone), self._problem.calendar.count)
        labels = names.of_cells(self._problem, series.zone, series.group)
        return self._model.add_columns(name, shape[0] * shape[1], labels).reshape(shape)

    def _rows(self, name: str, series: Series, lower: Floats | float, upper: Floats | float) -> Ints:
        shape = (len(series.zone), self._problem.calendar.count)
        labels = names.of_cells(self._problem, series.zone, series.group)
        bounds = (np.broadcast_to(bound, shape).ravel() for bound in (lower, upper))
        return self._model.add_rows(name, shape[0] * shape[1], labels, *bounds).reshape(shape)

    def _put(self, rows: Ints, columns: Ints, values: Floats | float = 1.0) -> None:
        self._model.put(rows, columns, values)


def _net(problem: Allocation, series: Series) -> Floats:
    """(n, t, s) demand of each period, less what comes anyway."""
    given = np.add(*problem.given)[series.zone, series.group]
    return np.maximum(problem.demand[series.zone, series.group] - given[:, :, None], 0.0)


def _net_to_date(problem: Allocation, series: Series) -> tuple[Floats, Floats]:
    """(n, t, s) demand so far, less what has come anyway; and (n, t) the mean shortage so far that nothing sent can help.

    Where the need lapses, demand and what comes anyway count from the first period that something sent can arrive in; before it,
    each future goes its own way.
    """
    given = np.add(*problem.given)[series.zone, series.group]
    demand = problem.demand[series.zone, series.group]
    lapses = ~problem.groups.accumulates[series.group]
    first = first_arrival(problem)[series.zone, series.group]
    left, lost = np.zeros((2, demand.shape[0], demand.shape[2]))
    so_far, net, unmet = np.zeros_like(left), np.empty_like(demand), np.zeros(demand.shape[:2])
    for t in range(demand.shape[1]):
        before = (lapses & (t < first))[:, None]
        balance = left + given[:, t, None] - demand[:, t]
        lost += np.where(before, np.maximum(-balance, 0.0), 0.0)
        left = np.where(before, np.maximum(balance, 0.0), left)
        so_far += np.where(before, 0.0, demand[:, t] - given[:, t, None])
        net[:, t] = np.where(before, 0.0, np.maximum(so_far - left, 0.0))
        unmet[:, t] = lost.mean(axis=1)
    return net, unmet


def first_arrival(problem: Allocation) -> Ints:
    """(z, g) the first period that something sent can arrive in; the number of periods where nothing can."""
    first = np.full(problem.series.shape, problem.calendar.count)
    loads = problem.loads
    np.minimum.at(
        first, (loads["zone"].to_numpy(), problem.groups.of_item[loads["item"].to_numpy()]), loads["arrives"].to_numpy()
    )
    return first


def _reached(problem: Allocation) -> Series:
    """The planned series that some load can reach."""
    zone, group = np.nonzero((first_arrival(problem) < problem.calendar.count) & problem.series)
    return Series(zone.astype(np.int64), group.astype(np.int64))


def has_lasting(problem: Allocation) -> Flags:
    """(g) some goods of the group last."""
    return np.isin(np.arange(len(problem.groups.codes)), problem.groups.of_item[problem.groups.lasts])


def has_perishing(problem: Allocation) -> Flags:
    """(g) some goods of the group perish within the period."""
    return np.isin(np.arange(len(problem.groups.codes)), problem.groups.of_item[~problem.groups.lasts])
