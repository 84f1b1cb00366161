"""The rules of the zones: what arrives, what it meets, what is left, by the three kinds of carry-over.

The shortage of a cell is a column, `unmet`. Rows say that it is no less than its convex curves allow:

- the goods perish within the period: the curve of the period's demand, against what arrives in it;
- the need accumulates: the curve of the demand so far, against what has arrived so far;
- the need lapses and the goods last: the shortage up to a period is no less than the curve of the demand so far leaves; and, with
  what is left over carried as its mean, each period's no less than its own curve. In a single future the largest gap so far
  between demand and arrivals is the shortage so far; both rows are means of it from below. The plan is simulated afterwards.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from forecast.allocate import names
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.curves import Curves, shortage_curves
from forecast.allocate.lp import INF, Model
from forecast.allocate.problem import Allocation
from forecast.schema import Floats

MODE = os.environ.get("MODE", "C")


@dataclass(frozen=True)
class CurveRows:
    """Curves of cells in a row, and the row of each that fills its pieces, and the row of what they leave unmet."""

    curves: Curves
    fill: Ints
    least: Ints


@dataclass(frozen=True)
class Cells:
    """The series something can be sent to: (n) `zone`, `group`; (n, t) `unmet`, columns in need units; the `curves` of all."""

    zone: Ints
    group: Ints
    unmet: Ints
    curves: list[CurveRows]


def zone_supply(problem: Allocation, model: Model, send: Ints, most_pieces: int) -> Cells:
    """What is sent, what it leaves unmet, and what is left over, for every series that something can be sent to."""
    zone, group = _reached(problem)
    lasts, mixed = some_last(problem)[group], (some_last(problem) & some_perish(problem))[group]
    accumulates = problem.groups.accumulates[group]
    shape = (len(zone), problem.calendar.count)
    unmet = model.add_columns("unmet", shape[0] * shape[1], names.of_cells(problem, zone, group)).reshape(shape)
    cells = Cells(zone, group, unmet, [])
    by_period(problem, model, send, cells, ~lasts, most_pieces)
    if MODE != "A":
        to_date(problem, model, send, cells, lasts, most_pieces)
    else:
        to_date(problem, model, send, cells, accumulates, most_pieces)
    left_over(problem, model, send, cells, mixed if MODE == "D" else lasts & ~accumulates, most_pieces)
    return cells


def by_period(problem: Allocation, model: Model, send: Ints, cells: Cells, chosen: Flags, most_pieces: int) -> None:
    """Goods that perish within the period: what arrives in it, against its own demand less what comes anyway."""
    zone, group = cells.zone[chosen], cells.group[chosen]
    fill = arrival_rows(problem, model, send, "fill", zone, group, -INF, 0.0)
    given = np.add(*problem.given)[zone, group]
    net = np.maximum(problem.demand[zone, group] - given[:, :, None], 0.0)
    least = _curve(problem, model, zone, group, net, fill, most_pieces, cells)
    model.put(least, cells.unmet[chosen].ravel(), 1.0)


def to_date(problem: Allocation, model: Model, send: Ints, cells: Cells, chosen: Flags, most_pieces: int) -> None:
    """Goods that last: what has arrived so far, against the demand so far less what has come anyway.

    Where the need accumulates, the shortage is what is unmet of it; where it lapses, what went unmet in all periods so far.
    """
    zone, group, unmet = cells.zone[chosen], cells.group[chosen], cells.unmet[chosen]
    labels = names.of_cells(problem, zone, group)
    so_far = model.add_columns("so_far", unmet.size, labels).reshape(unmet.shape)
    arrived = arrival_rows(problem, model, send, "so_far", zone, group, 0.0, 0.0)
    model.put(arrived, so_far, 1.0)
    model.put(arrived[:, 1:], so_far[:, :-1], -1.0)
    fill = model.add_rows("fill", unmet.size, labels, -INF, 0.0).reshape(unmet.shape)
    model.put(fill, so_far, -1.0)
    given = np.cumsum(np.add(*problem.given)[zone, group], axis=1)
    net = np.maximum(np.cumsum(problem.demand[zone, group], axis=1) - given[:, :, None], 0.0)
    least = _curve(problem, model, zone, group, net, fill, most_pieces, cells).reshape(unmet.shape)
    accumulates = problem.groups.accumulates[group]
    model.put(least[accumulates], unmet[accumulates], 1.0)
    if not accumulates.all():
        model.put(least[~accumulates], _summed(problem, model, zone[~accumulates], group[~accumulates], unmet[~accumulates]), 1.0)


def _summed(problem: Allocation, model: Model, zone: Ints, group: Ints, unmet: Ints) -> Ints:
    """(n, t) columns: what went unmet in all periods so far."""
    labels = names.of_cells(problem, zone, group)
    total = model.add_columns("unmet_so_far", unmet.size, labels).reshape(unmet.shape)
    rows = model.add_rows("unmet_so_far", unmet.size, labels, 0.0, 0.0).reshape(unmet.shape)
    model.put(rows, total, 1.0)
    model.put(rows[:, 1:], total[:, :-1], -1.0)
    model.put(rows, unmet, -1.0)
    return total


def left_over(problem: Allocation, model: Model, send: Ints, cells: Cells, chosen: Flags, most_pieces: int) -> None:
    """Goods that last while the need lapses: what is there in a period, and the mean of what it leaves for the next.

    No more than what is there less the demand met; and, where other goods of the group perish within the period, no more
    than those that last.
    """
    zone, group, unmet = cells.zone[chosen], cells.group[chosen], cells.unmet[chosen]
    labels, given = names.of_cells(problem, zone, group), np.add(*problem.given)[zone, group]
    have = model.add_columns("have", unmet.size, labels).reshape(unmet.shape)
    left = model.add_columns("left", unmet.size, labels).reshape(unmet.shape)
    balance = arrival_rows(problem, model, send, "have", zone, group, given, given)
    model.put(balance, have, 1.0)
    model.put(balance[:, 1:], left[:, :-1], -1.0)
    fill = model.add_rows("fill", unmet.size, labels, -INF, 0.0).reshape(unmet.shape)
    model.put(fill, have, -1.0)
    least = _curve(problem, model, zone, group, problem.demand[zone, group], fill, most_pieces, cells)
    model.put(least, unmet.ravel(), 1.0)
    rows = model.add_rows("left", unmet.size, labels, -INF, -problem.mean[zone, group].ravel()).reshape(unmet.shape)
    model.put(rows, left, 1.0)
    model.put(rows, have, -1.0)
    model.put(rows, unmet, -1.0)
    mixed = some_perish(problem)[group]
    lasting_rows(problem, model, send, "lasting", zone[mixed], group[mixed], problem.given[0][zone, group][mixed], left[mixed])


def lasting_rows(
    problem: Allocation, model: Model, send: Ints, name: str, zone: Ints, group: Ints, given: Floats, left: Ints
) -> None:
    """What is left (n, t) of a series is no more than what was left before and the lasting goods that come."""
    rows = arrival_rows(problem, model, send, name, zone, group, -INF, given, problem.groups.lasts)
    model.put(rows, left, 1.0)
    model.put(rows[:, 1:], left[:, :-1], -1.0)


def arrival_rows(
    problem: Allocation,
    model: Model,
    send: Ints,
    name: str,
    zone: Ints,
    group: Ints,
    lower: Floats | float,
    upper: Floats | float,
    counts: Flags | None = None,
) -> Ints:
    """(n) zone and group -> (n, t) rows with what arrives, in need units, with a minus; of the items that count (k), or all."""
    shape = (len(zone), problem.calendar.count)
    lower, upper = np.broadcast_to(lower, shape).ravel(), np.broadcast_to(upper, shape).ravel()
    rows = model.add_rows(name, shape[0] * shape[1], names.of_cells(problem, zone, group), lower, upper).reshape(shape)
    number = np.full(problem.series.shape, -1)
    number[zone, group] = np.arange(len(zone))
    loads = problem.loads
    item = loads["item"].to_numpy()
    n = number[loads["zone"].to_numpy(), problem.groups.of_item[item]]
    used = n >= 0 if counts is None else (n >= 0) & counts[item]
    model.put(rows[n[used], loads["arrives"].to_numpy()[used]], send[used], -problem.groups.covers[item[used]])
    return rows


def _curve(
    problem: Allocation, model: Model, zone: Ints, group: Ints, net: Floats, fill: Ints, most_pieces: int, cells: Cells
) -> Ints:
    """(n, t, s) net demand -> the rows, by n and t, that what is unmet and what the pieces meet make up its mean.

    Pieces fill up from what the rows `fill` allow; each meets demand in the share of futures that reach it.
    """
    labels = names.of_cells(problem, zone, group)
    curves = shortage_curves(net.reshape(-1, net.shape[2]), most_pieces)
    piece = model.add_columns("piece", len(curves.cell), names.of_pieces(labels, curves.cell), 0.0, curves.width)
    model.put(fill.ravel()[curves.cell], piece, 1.0)
    least = model.add_rows("least", len(curves.mean), labels, curves.mean, INF)
    model.put(least[curves.cell], piece, curves.tail)
    cells.curves.append(CurveRows(curves, fill.ravel(), least))
    return least


def _reached(problem: Allocation) -> tuple[Ints, Ints]:
    """Zone and group of each planned series that some load can reach."""
    reached = np.zeros(problem.series.shape, dtype=bool)
    reached[problem.loads["zone"], problem.groups.of_item[problem.loads["item"]]] = True
    zone, group = np.nonzero(reached & problem.series)
    return zone.astype(np.int64), group.astype(np.int64)


def some_last(problem: Allocation) -> Flags:
    """(g) some goods of the group last."""
    return np.isin(np.arange(len(problem.groups.codes)), problem.groups.of_item[problem.groups.lasts])


def some_perish(problem: Allocation) -> Flags:
    """(g) some goods of the group perish within the period."""
    return np.isin(np.arange(len(problem.groups.codes)), problem.groups.of_item[~problem.groups.lasts])
