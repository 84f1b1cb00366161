"""The rules of the plan, one function each: columns and rows of the linear program.

Every name says what it is about: `send(D1,Z1,kit,truck,20260105)` is what D1 loads for Z1 on that day. What a lane, a vehicle
or a date forbids is no column at all (ways.py).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from forecast.allocate import batches, names, ways
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.curves import Curves, shortage_curves
from forecast.allocate.lp import INF, Layer, Model
from forecast.allocate.problem import Allocation
from forecast.schema import Floats

COMMITMENTS = "commitment"


@dataclass(frozen=True)
class Trips:
    """(trip) `columns`, and the way and period each is of; empty where there is no fleet."""

    columns: Ints
    way: Ints
    period: Ints


@dataclass(frozen=True)
class Waste:
    """(w) `columns`: goods that expire unsent at the end of the plan, and the depot and item of each."""

    columns: Ints
    depot: Ints
    item: Ints


@dataclass(frozen=True)
class Cells:
    """The series something can be sent to, and their cells.

    (n): `zone`, `group`. (n, t): `supply`, what the zone has, and `met`, the expected demand that it meets: columns, need
    units; `fill_rows`, `met_rows`: the rows of the curve; `curves`: by n and t in a row.
    """

    zone: Ints
    group: Ints
    supply: Ints
    met: Ints
    fill_rows: Ints
    met_rows: Ints
    curves: Curves


@dataclass(frozen=True)
class Parts:
    """The linear program of a problem, and where its columns are; `send` (load) in item units."""

    problem: Allocation
    model: Model
    send: Ints
    trips: Trips
    waste: Waste
    cells: Cells


def build(problem: Allocation, most_pieces: int) -> Parts:
    """The linear program with all rules and no objective; `most_pieces` of a shortage curve."""
    model = Model()
    send = model.add_columns("send", len(problem.loads), names.of_loads(problem))
    waste = depot_stock(problem, model, send)
    trips = payload(problem, model, send)
    vehicle_hours(problem, model, trips)
    cells = zone_supply(problem, model, send, most_pieces)
    return Parts(problem, model, send, trips, waste, cells)


def depot_stock(problem: Allocation, model: Model, send: Ints) -> Waste:
    """Stock of each depot and item: what lies there and arrives, less what is loaded; never below 0.

    Once more for the goods that outlive each expiry day: what arrives on or after that day is taken from them alone
    (FEFO). Waste is what is left at the end of the goods that do not outlive it.
    """
    rows_of = {key: rows.to_numpy() for key, rows in problem.loads.groupby(["depot", "item"]).groups.items()}
    grades = batches.grades(problem.batches, problem.calendar)
    wasted = []
    for key, chain in itertools.groupby(grades, lambda grade: (grade.depot, grade.item)):
        if key in rows_of:
            code = f"{problem.depots[key[0]]},{problem.items.index[key[1]]}"
            at_end = [_stock_of_grade(problem, model, send, grade, rows_of[key], code) for grade in chain]
            if len(at_end) > 1:
                column = model.add_columns("waste", 1, [code])
                rows = model.add_rows("waste", len(at_end) - 1, [f"{code},{n}" for n in range(1, len(at_end))], 0.0, INF)
                model.put(rows, column, 1.0)
                model.put(rows, at_end[0], -1.0)
                model.put(rows, at_end[1:], 1.0)
                wasted.append((column[0], *key))
    column, depot, item = np.array(wasted, dtype=np.int64).reshape(-1, 3).T
    return Waste(column, depot, item)


def _stock_of_grade(problem: Allocation, model: Model, send: Ints, grade: batches.Grade, loads: Ints, code: str) -> int:
    """The stock rows of the goods that outlive a day; the column of what is left of them at the end."""
    after = f",outlives_{names.day(problem, grade.outlives)}" if grade.rank else ""
    labels = [f"{code}{after},{day}" for day in names.days(problem)]
    left = model.add_columns("stock", len(labels), labels)
    rows = model.add_rows("stock", len(labels), labels, grade.comes, grade.comes)
    model.put(rows, left, 1.0)
    model.put(rows[1:], left[:-1], -1.0)
    taken = loads[problem.loads["arrive_day"].to_numpy()[loads] >= grade.outlives]
    model.put(rows[problem.loads["period"].to_numpy()[taken]], send[taken], 1.0)
    return int(left[-1])


def payload(problem: Allocation, model: Model, send: Ints) -> Trips:
    """Trips carry what is loaded, by weight and by volume: per lane, vehicle class and period, where there is a fleet."""
    loads, periods = problem.loads, problem.calendar.count
    driven = loads["fleet"].to_numpy() != ways.NO_VEHICLE
    key = loads["way"].to_numpy() * periods + loads["period"].to_numpy()
    used, position = np.unique(key[driven], return_inverse=True)
    way, period = used // periods, used % periods
    columns = model.add_columns("trips", len(used), names.of_trips(problem, way, period))
    for name, per_unit in (("kg", "kg_per_unit"), ("m3", "m3_per_unit")):
        capacity = problem.ways[name].to_numpy(float)[way]
        is_limit = np.flatnonzero(np.isfinite(capacity))
        rows = np.full(len(used), -1)
        labels = names.of_trips(problem, way[is_limit], period[is_limit])
        rows[is_limit] = model.add_rows(name, len(is_limit), labels, -INF, 0.0)
        size = np.nan_to_num(problem.items[per_unit].to_numpy(float))[loads["item"].to_numpy()[driven]]
        rides = (rows[position] >= 0) & (size > 0)
        model.put(rows[position][rides], send[driven][rides], size[rides])
        model.put(rows[is_limit], columns[is_limit], -capacity[is_limit])
    return Trips(columns, way, period)


def vehicle_hours(problem: Allocation, model: Model, trips: Trips) -> None:
    """Trips there and back take no more than the hours of the vehicles of their class at their depot."""
    periods = problem.calendar.count
    fleet = problem.ways["fleet"].to_numpy()[trips.way]
    used, position = np.unique(fleet * periods + trips.period, return_inverse=True)
    vehicle, period = used // periods, used % periods
    hours = problem.fleet["hours"].to_numpy(float)[vehicle]
    rows = model.add_rows("hours", len(used), names.of_fleet(problem, vehicle, period), -INF, hours)
    model.put(rows[position], trips.columns, ways.hours_per_trip(problem.ways)[trips.way])


def zone_supply(problem: Allocation, model: Model, send: Ints, most_pieces: int) -> Cells:
    """What a zone has in a period, and the expected demand it meets: one balance row and one convex curve per cell.

    The need accumulates: supply so far, against demand so far. The need lapses and the goods last: what is left, supply
    less demand met, is supply of the next period; as an expectation, so that the shortage is a lower bound (the plan is
    simulated afterwards). The need lapses and the goods perish: each period by itself. What comes without this plan is
    taken off the demand beforehand, except where it may be left over.
    """
    zone, group = _reached(problem)
    periods = problem.calendar.count
    labels = names.of_cells(problem, zone, group)
    shape, size = (len(zone), periods), len(zone) * periods
    supply = model.add_columns("supply", size, labels).reshape(shape)
    met = model.add_columns("met", size, labels).reshape(shape)
    accumulates, lasts = problem.groups.accumulates[group], some_last(problem)[group]
    carried = np.flatnonzero(lasts & ~accumulates)

    given = np.add(*problem.given)[zone, group]
    rhs = np.where((lasts & ~accumulates)[:, None], given, 0.0)
    balance = arrival_rows(problem, model, send, "supply", zone, group, rhs, rhs)
    model.put(balance, supply, 1.0)
    model.put(balance[accumulates, 1:], supply[accumulates, :-1], -1.0)
    if len(carried):
        left = left_over(problem, model, send, zone[carried], group[carried], supply[carried], met[carried])
        model.put(balance[carried, 1:], left[:, :-1], -1.0)

    net = _net_demand(problem, zone, group, given, accumulates, lasts)
    curves = shortage_curves(net.reshape(size, problem.demand.shape[3]), most_pieces)
    fill_rows, met_rows = _curve_rows(model, curves, supply.ravel(), met.ravel(), labels)
    return Cells(zone, group, supply, met, fill_rows, met_rows, curves)


def left_over(problem: Allocation, model: Model, send: Ints, zone: Ints, group: Ints, supply: Ints, met: Ints) -> Ints:
    """(n) zone and group of series whose goods last -> (n, t) columns of what is left for the next period, need units.

    No more than supply less demand met; and, where other goods of the group perish within the period, no more than those
    that last.
    """
    labels = names.of_cells(problem, zone, group)
    left = model.add_columns("left", supply.size, labels).reshape(supply.shape)
    rows = model.add_rows("left", supply.size, labels, -INF, 0.0).reshape(supply.shape)
    model.put(rows, left, 1.0)
    model.put(rows, supply, -1.0)
    model.put(rows, met, 1.0)
    mixed = some_perish(problem)[group]
    lasting_rows(problem, model, send, "lasting", zone[mixed], group[mixed], problem.given[0][zone, group][mixed], left[mixed])
    return left


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
    upper: Floats,
    counts: Flags | None = None,
) -> Ints:
    """(n) zone and group -> (n, t) rows with what arrives in them, in need units, with a minus; of the items that count (k),
    or all.
    """
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


def commitments(problem: Allocation, model: Model, send: Ints) -> Layer | None:
    """What is promised arrives, between its bounds; the slack of each, minimised first, names the promises that cannot be
    kept.
    """
    table = problem.commitments
    if table.empty:
        return None
    z, k, t = (table[name].to_numpy() for name in ("zone", "item", "period"))
    coming = problem.in_transit[z, k, t]
    lower, upper = (np.maximum(table[name].to_numpy(float) - coming, 0.0) for name in ("minimum", "maximum"))
    on = names.days(problem)
    labels = [f"{problem.zones[a]},{problem.items.index[b]},{on[c]}" for a, b, c in zip(z, k, t, strict=True)]
    short = model.add_columns("short", len(table), labels)
    rows = model.add_rows(COMMITMENTS, len(table), labels, lower, np.where(np.isinf(upper), INF, upper))
    model.put(rows, short, 1.0)
    number = np.full(problem.in_transit.shape, -1)
    number[z, k, t] = np.arange(len(table))
    loads = problem.loads
    at = number[loads["zone"], loads["item"], loads["arrives"]]
    model.put(rows[at[at >= 0]], send[at >= 0], 1.0)
    return Layer(COMMITMENTS, "item units short", short, np.ones(len(short)))


def _curve_rows(model: Model, curves: Curves, supply: Ints, met: Ints, labels: names.Names) -> tuple[Ints, Ints]:
    """Pieces fill up from what is supplied; each meets demand in the share of futures that reach it."""
    cells = len(curves.mean)
    piece = model.add_columns("piece", len(curves.cell), names.of_pieces(labels, curves.cell), 0.0, curves.width)
    fill = model.add_rows("fill", cells, labels, -INF, 0.0)
    model.put(fill[curves.cell], piece, 1.0)
    model.put(fill, supply, -1.0)
    rows = model.add_rows("met", cells, labels, 0.0, 0.0)
    model.put(rows, met, 1.0)
    model.put(rows[curves.cell], piece, -curves.tail)
    return fill, rows


def _net_demand(problem: Allocation, zone: Ints, group: Ints, given: Floats, accumulates: Flags, lasts: Flags) -> Floats:
    """(n, t, s) the demand that supply is held against: summed up where the need accumulates, less what comes anyway."""
    demand = problem.demand[zone, group]
    demand[accumulates] = np.cumsum(demand[accumulates], axis=1)
    comes = np.where(accumulates[:, None], np.cumsum(given, axis=1), np.where(lasts[:, None], 0.0, given))
    return np.maximum(demand - comes[:, :, None], 0.0)


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
