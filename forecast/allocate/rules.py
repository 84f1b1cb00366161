"""The rules of the plan, one function each: columns and rows of the linear program.

Every name says what it is about: `send(D1,Z1,kit,truck,20260105)` is what D1 loads for Z1 on that day. What a lane, a vehicle
or a date forbids is no column at all (ways.py).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from forecast.allocate import batches, names, ways
from forecast.allocate.arrays import Ints
from forecast.allocate.cells import Zones
from forecast.allocate.lp import INF, Layer, Model
from forecast.allocate.problem import Allocation

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
class Parts:
    """The linear program of a problem, and where its columns are; `send` (load) in item units."""

    problem: Allocation
    model: Model
    send: Ints
    trips: Trips
    waste: Waste
    zones: Zones


def build(problem: Allocation, most_pieces: int) -> Parts:
    """The linear program with all rules and no objective; `most_pieces` of a shortage curve."""
    model = Model()
    send = model.add_columns("send", len(problem.loads), names.of_loads(problem))
    waste = depot_stock(problem, model, send)
    trips = payload(problem, model, send)
    vehicle_hours(problem, model, trips)
    return Parts(problem, model, send, trips, waste, Zones(problem, model, send, most_pieces))


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
    hours = problem.vehicle_hours[vehicle, period]
    rows = model.add_rows("hours", len(used), names.of_fleet(problem, vehicle, period), -INF, hours)
    model.put(rows[position], trips.columns, ways.hours_per_trip(problem.ways)[trips.way])


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
