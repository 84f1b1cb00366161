"""The rules of the plan, one function each: columns and rows of the linear program.

Every name says what it is about: `send(D1,Z1,kit,truck,20260105)` is what D1 loads for Z1 on that day. What a lane, a vehicle
or a date forbids is no column at all (ways.py).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from forecast.allocate import batches, names, warehouses, ways
from forecast.allocate.arrays import Ints
from forecast.allocate.cells import Zones
from forecast.allocate.lp import INF, Layer, Model
from forecast.allocate.problem import Allocation
from forecast.allocate.stores import NO_SHELF
from forecast.schema import Floats

COMMITMENTS = "commitment"


@dataclass(frozen=True)
class Trips:
    """Vehicle loads of what is sent on `table`, ways or links. (load) `per_unit`: those that an item unit fills, where weight
    alone, or volume alone, fills all vehicles of that way and period. Where either may, trips are (trip) `columns`, with the
    way and period of each.
    """

    table: pd.DataFrame
    loads: pd.DataFrame
    send: Ints
    per_unit: Floats
    columns: Ints
    way: Ints
    period: Ints


@dataclass(frozen=True)
class Waste:
    """(w) `columns`: goods left at the end of the plan that do not outlive it, and the depot and item of each."""

    columns: Ints
    depot: Ints
    item: Ints


@dataclass(frozen=True)
class Stocked:
    """(n, t) `rows` of the goods of a depot that last longest, and (n) the depot and item of each."""

    rows: Ints
    depot: Ints
    item: Ints


@dataclass(frozen=True)
class Hours:
    """(n) `rows` of the hours of vehicles, and the class and period of each."""

    rows: Ints
    fleet: Ints
    period: Ints


@dataclass(frozen=True)
class Loading:
    """(n) `rows` of what depots load, and the depot and period of each."""

    rows: Ints
    depot: Ints
    period: Ints


@dataclass(frozen=True)
class Room:
    """(n, t) rows of the stores of `zones`; (m) rows of the warehouses of `depots`, and the depot, kind and period of each."""

    zones: Ints
    depots: Ints
    depot: Ints
    kind: Ints
    period: Ints


@dataclass(frozen=True)
class Parts:
    """The linear program of a problem, and where its columns and rows are; `send` (load) and `move` in item units, and the
    `trips` and `move_trips` that they take; the `room` for goods, and the `loading` of depots.
    """

    problem: Allocation
    model: Model
    send: Ints
    trips: Trips
    waste: Waste
    zones: Zones
    stocked: Stocked
    hours: Hours
    move: Ints
    move_trips: Trips
    room: Room
    loading: Loading


def build(problem: Allocation, pieces: int) -> Parts:
    """The linear program with all rules and no objective; so many `pieces` of a shortage curve, on average."""
    model = Model()
    most = np.where(problem.loads["barred"] == 0, INF, 0.0)
    send = model.add_columns("send", len(problem.loads), names.of_loads(problem), 0.0, most)
    moves = problem.transfers.moves
    move = model.add_columns("move", len(moves), names.of_moves(problem), 0.0, np.where(moves["barred"] == 0, INF, 0.0))
    stocked, waste = depot_stock(problem, model, send, move)
    trips = payload(problem, model, problem.ways, problem.loads, send)
    move_trips = payload(problem, model, problem.transfers.links, moves, move)
    hours = vehicle_hours(problem, model, (trips, move_trips))
    loading = depot_loading(problem, model, (trips, move_trips))
    room = Room(zone_stores(problem, model, send), *depot_stores(problem, model, send, move))
    zones = Zones(problem, model, send, pieces)
    return Parts(problem, model, send, trips, waste, zones, stocked, hours, move, move_trips, room, loading)


def depot_stock(problem: Allocation, model: Model, send: Ints, move: Ints) -> tuple[Stocked, Waste]:
    """Stock of each depot and item: what lies there and arrives, less what is loaded; never below 0.

    What is moved to another depot is there from the period it arrives in.

    Where goods expire within the plan, by the day they do: a load is taken from those that outlive its arrival, and
    good for longer may leave as good for less. So no load counts on goods that come after it, or expire before it arrives.
    Waste is what is left at the end of the goods that do not outlive it.
    """
    loads, moves = problem.loads, problem.transfers.moves
    sent, going, coming = (_by_pair(table, end) for table, end in ((loads, "depot"), (moves, "depot"), (moves, "into")))
    reach = problem.transfers.reach
    stock = pd.concat([problem.batches, reach]) if len(reach) else problem.batches
    grades = batches.grades(stock, problem.calendar)
    flows = (
        (sent, send, loads["period"].to_numpy(), loads["arrive_day"].to_numpy() + 1, 1.0),
        (going, move, moves["period"].to_numpy(), moves["expires"].to_numpy(), 1.0),
        (coming, move, moves["arrives"].to_numpy(), moves["expires"].to_numpy(), -1.0),
    )
    longest, wasted = [], []
    for key, chain in itertools.groupby(grades, lambda grade: (grade.depot, grade.item)):
        if key in sent or key in going:
            outlives, rows, left = _stock_by_grade(problem, model, list(chain))
            for of, columns, when, until, sign in flows:
                at = of.get(key, np.zeros(0, dtype=np.int64))
                grade = np.searchsorted(outlives, until[at]) - 1
                model.put(rows[grade, when[at]], columns[at], sign)
            longest.append((rows[-1], *key))
            wasted += [(column, *key) for column in left[:-1, -1]]
    column, depot, item = np.array(wasted, dtype=np.int64).reshape(-1, 3).T
    kept = np.array([rows for rows, _, _ in longest], dtype=np.int64).reshape(-1, problem.calendar.count)
    of_row = np.array([key for _, *key in longest], dtype=np.int64).reshape(-1, 2).T
    return Stocked(kept, *of_row), Waste(column, depot, item)


def _by_pair(table: pd.DataFrame, end: str) -> dict[tuple[int, int], Ints]:
    """Depot, at that end, and item -> positions in the table."""
    groups = cast("dict[tuple[int, int], pd.Index]", table.groupby([end, "item"]).groups)
    return {key: rows.to_numpy() for key, rows in groups.items()}


def _stock_by_grade(problem: Allocation, model: Model, chain: list[batches.Grade]) -> tuple[Ints, Ints, Ints]:
    """(grade) the day they outlive, (grade, t) the rows of the stock of an item at a depot, and the columns of what is left."""
    code = f"{problem.depots[chain[0].depot]},{problem.items.index[chain[0].item]}"
    after = [code if grade.rank == 0 else f"{code},outlives_{names.day(problem, grade.outlives)}" for grade in chain]
    labels = [f"{grade},{day}" for grade in after for day in names.days(problem)]
    shape = (len(chain), problem.calendar.count)
    so_far = np.stack([grade.comes for grade in chain])
    comes = so_far - np.pad(so_far[1:], ((0, 1), (0, 0)))
    left = model.add_columns("stock", len(labels), labels).reshape(shape)
    rows = model.add_rows("stock", len(labels), labels, comes.ravel(), comes.ravel()).reshape(shape)
    model.put(rows, left, 1.0)
    model.put(rows[:, 1:], left[:, :-1], -1.0)
    if len(chain) > 1:
        as_less = model.add_columns("as_less", len(labels) - shape[1], labels[shape[1] :]).reshape(len(chain) - 1, shape[1])
        model.put(rows[1:], as_less, 1.0)
        model.put(rows[:-1], as_less, -1.0)
    return np.array([grade.outlives for grade in chain]), rows, left


def payload(problem: Allocation, model: Model, table: pd.DataFrame, loads: pd.DataFrame, send: Ints) -> Trips:
    """Trips carry what is loaded, by weight and by volume: per lane, vehicle class and period, where there is a fleet.

    Where one of the two fills a vehicle first, whatever of the items that ride there is loaded, trips need no columns and rows.
    """
    periods = problem.calendar.count
    driven = np.flatnonzero(loads["fleet"].to_numpy() != ways.NO_VEHICLE)
    key = (loads["way"].to_numpy() * periods + loads["period"].to_numpy())[driven]
    used, position = np.unique(key, return_inverse=True)
    shares = [_share_of_vehicle(problem, table, loads, name)[driven] for name in ("kg", "m3")]
    more = [np.bincount(position, one > other, len(used)) > 0 for one, other in (shares, shares[::-1])]
    either = more[0] & more[1]
    per_unit = np.zeros(len(loads))
    per_unit[driven] = np.where(either[position], 0.0, np.maximum(*shares))
    way, period = used[either] // periods, used[either] % periods
    labels = names.of_trips(problem, table, way, period)
    columns = model.add_columns("trips", len(way), labels)
    rides = either[position]
    trip = (np.cumsum(either) - 1)[position[rides]]
    for name, share in zip(("kg", "m3"), shares, strict=True):
        rows = model.add_rows(name, len(way), labels, -INF, 0.0)
        model.put(rows[trip], send[driven[rides]], share[rides])
        model.put(rows, columns, -1.0)
    return Trips(table, loads, send, per_unit, columns, way, period)


def _share_of_vehicle(problem: Allocation, table: pd.DataFrame, loads: pd.DataFrame, name: str) -> Floats:
    """(load) vehicles that an item unit fills by weight (`kg`) or by volume (`m3`); 0 where that is no limit."""
    size = np.nan_to_num(problem.items[f"{name}_per_unit"].to_numpy(float))[loads["item"].to_numpy()]
    return np.asarray(size / table[name].to_numpy(float)[loads["way"].to_numpy()])


def vehicle_hours(problem: Allocation, model: Model, driving: tuple[Trips, ...]) -> Hours:
    """Trips there and back, to zones and to other depots, take no more than the hours of the vehicles of their class."""
    periods = problem.calendar.count
    keys, columns, values = list[Ints](), list[Ints](), list[Floats]()
    for trips in driving:
        loads, driven = trips.loads, np.flatnonzero(trips.per_unit > 0)
        way = np.concatenate([loads["way"].to_numpy()[driven], trips.way])
        when = np.concatenate([loads["period"].to_numpy()[driven], trips.period])
        keys.append(trips.table["fleet"].to_numpy()[way] * periods + when)
        columns.append(np.concatenate([trips.send[driven], trips.columns]))
        loaded = np.concatenate([trips.per_unit[driven], np.ones(len(trips.columns))])
        values.append(loaded * ways.hours_per_trip(trips.table)[way])
    used, position = np.unique(np.concatenate(keys), return_inverse=True)
    vehicle, period = used // periods, used % periods
    hours = problem.vehicle_hours[vehicle, period]
    rows = model.add_rows("hours", len(used), names.of_fleet(problem, vehicle, period), -INF, hours)
    model.put(rows[position], np.concatenate(columns), np.concatenate(values))
    return Hours(rows, vehicle, period)


def depot_loading(problem: Allocation, model: Model, driving: tuple[Trips, ...]) -> Loading:
    """All that a depot loads in a period, by weight, is no more than it can on its working days."""
    depot, period = np.nonzero(np.isfinite(problem.loading))
    if not len(depot):
        return Loading(depot, depot, period)
    number = np.full(problem.loading.shape, -1)
    number[depot, period] = np.arange(len(depot))
    on = names.days(problem)
    labels = [f"{problem.depots[d]},{on[t]}" for d, t in zip(depot, period, strict=True)]
    rows = model.add_rows("loading", len(depot), labels, -INF, problem.loading[depot, period])
    for trips in driving:
        at = number[trips.loads["depot"], trips.loads["period"]]
        kg = np.nan_to_num(problem.items["kg_per_unit"].to_numpy(float))[trips.loads["item"].to_numpy()]
        used = (at >= 0) & (kg > 0)
        model.put(rows[at[used]], trips.send[used], kg[used])
    return Loading(rows, depot, period)


def zone_stores(problem: Allocation, model: Model, send: Ints) -> Ints:
    """What lies in the store of a zone at the end of each period, by volume, is no more than it holds; (n, t) the rows.

    On a shelf lies at least what lay there and what comes, less the demand (stores.py).
    """
    stores, count = problem.stores, problem.calendar.count
    if not len(stores.store):
        return np.zeros((0, count), dtype=np.int64)
    labels, on = [f"{problem.zones[z]},{kind}" for z, kind in zip(stores.zone, stores.kind, strict=True)], names.days(problem)
    of_shelf = [f"{labels[n]},{problem.groups.codes[g]}" for n, g in zip(stores.store, stores.group, strict=True)]
    shelves = [f"{label},{day}" for label in of_shelf for day in on]
    lies = model.add_columns("lies", len(shelves), shelves).reshape(-1, count)
    net, accumulates = stores.given - stores.shelves.use, stores.shelves.accumulates
    least = np.where(accumulates[:, None], np.cumsum(net, axis=1), net)
    rows = model.add_rows("lies", len(shelves), shelves, least.ravel(), INF).reshape(-1, count)
    model.put(rows, lies, 1.0)
    model.put(rows[~accumulates, 1:], lies[~accumulates, :-1], -1.0)
    zone, item, arrives = (problem.loads[name].to_numpy() for name in ("zone", "item", "arrives"))
    shelf = stores.shelf[zone, item]
    for later in range(count):
        here = (shelf != NO_SHELF) & (arrives + later < count) & ((later == 0) | accumulates[shelf])
        model.put(rows[shelf[here], arrives[here] + later], send[here], -stores.m3[item[here]])
    of_store = [f"{label},{day}" for label in labels for day in on]
    room = model.add_rows("store", len(of_store), of_store, -INF, stores.most.ravel()).reshape(-1, count)
    model.put(room[stores.store], lies, 1.0)
    return room


def depot_stores(problem: Allocation, model: Model, send: Ints, move: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """What comes from other depots fits in beside what lies there and arrives, less what has left before, by volume; the rows.

    There is none where nothing can come by transfer: arrivals come, fit or not (warehouses.py).
    """
    loads, moves, free = problem.loads, problem.transfers.moves, problem.transfers.free
    depot, kind, period = warehouses.rows_of(free, moves, problem.items)
    on, kinds = names.days(problem), list(warehouses.COLUMNS)
    labels = [f"{problem.depots[d]},{kinds[c]},{on[t]}" for d, c, t in zip(depot, kind, period, strict=True)]
    rows = model.add_rows("warehouse", len(labels), labels, -INF, free[depot, kind, period])
    m3 = warehouses.volumes(problem.items)
    flows = (
        (moves, move, "into", "arrives", 0, 1.0),
        (moves, move, "depot", "period", 1, -1.0),
        (loads, send, "depot", "period", 1, -1.0),
    )
    for row, d, c, t in zip(rows, depot, kind, period, strict=True):
        for table, columns, end, when, later, sign in flows:
            size = m3[c][table["item"].to_numpy()]
            at = np.flatnonzero((table[end].to_numpy() == d) & (table[when].to_numpy() <= t - later) & (size > 0))
            model.put(row, columns[at], sign * size[at])
    return rows, depot, kind, period


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
    short = model.add_columns("promise_short", len(table), labels)
    rows = model.add_rows(COMMITMENTS, len(table), labels, lower, np.where(np.isinf(upper), INF, upper))
    model.put(rows, short, 1.0)
    number = np.full(problem.in_transit.shape, -1)
    number[z, k, t] = np.arange(len(table))
    loads = problem.loads
    at = number[loads["zone"], loads["item"], loads["arrives"]]
    model.put(rows[at[at >= 0]], send[at >= 0], 1.0)
    return Layer(COMMITMENTS, "item units short", short, np.ones(len(short)))
