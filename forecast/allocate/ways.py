"""Ways and loads: which vehicle class can carry what, on which lane, in which period, and why not where it cannot."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Flags, Ints, positions, rows
from forecast.allocate.days import Days
from forecast.allocate.timeline import Calendar, days_between
from forecast.config import Config
from forecast.schema import CARRIAGES, Floats, Ledger, Routes
from forecast.wordlists import listed

# Why nothing can be loaded on a way, of an item, in a period: bits, so that several can be told of one zone.
FITS, STOCK_GONE, TRUCKS_FULL, CEILING = 1, 2, 4, 8  # what a made plan leaves room for (room.py)
SHUT, NOT_CARRIED, EXPIRES, NOT_YET, NO_STOCK, TOO_LATE = 16, 32, 64, 128, 256, 512
LOADING_FULL, DAY_OFF = 1024, 2048  # of the depot: a made plan fills its loading, and it does not work
NO_DAY, STORE_FULL = 4096, 8192  # no day suits depot, convoy and zone; the store of the zone is full
NO_VEHICLE = -1
COLUMNS = [
    "lane",
    "depot",
    "zone",
    "fleet",
    "vehicle",
    "hours",
    "lead_days",
    "kg",
    "m3",
    "trip_cost",
    "kg_cost",
    "carries",
    "convoy_days",
    "least_kg",
    "from",
    "to",
]
OPEN_END = 10**6  # days: beyond any horizon


def ways(routes: Routes, depots: pd.Index, zones: pd.Index, config: Config, ledger: Ledger) -> pd.DataFrame:
    """Lanes by vehicle class: `lane, depot, zone, fleet` positions, `vehicle`, `hours` one way, `lead_days`, `kg` and `m3` of
    a load, `trip_cost`, `kg_cost`, what it `carries`, the lane's `convoy_days`, the smallest load it is to take (`least_kg`, NaN:
    none of its own), and the codes `from` and `to`.

    `fleet` is -1, and capacities are infinite, where no fleet is given at all: then vehicles are no limit.
    """
    lanes = routes.lanes.sort_values(["from", "to"], ignore_index=True)
    lanes = lanes.assign(lane=lanes.index, depot=positions(depots, lanes["from"]), zone=positions(zones, lanes["to"]))
    lanes = lanes[(lanes["zone"] >= 0) & (lanes["depot"] >= 0)]
    if routes.fleet.empty:
        ledger.remarks.append("No fleet is given: vehicles are no limit to this plan, and it shows no trips.")
        return _without_fleet(lanes)
    classes = routes.fleet.sort_values(["depot", "vehicle"], ignore_index=True)
    _say_depots_without_vehicles(lanes, classes, ledger)
    classes = classes.assign(fleet=classes.index).rename(columns={"cost_per_trip": "vehicle_cost"})
    df = lanes.merge(classes, left_on="from", right_on="depot", suffixes=("", "_of_fleet"))
    allowed = df["vehicles"].map(lambda cell: listed(cell, set(classes["vehicle"])))
    may_use = [not names or vehicle in names for vehicle, names in zip(df["vehicle"], allowed, strict=True)]
    df = df.assign(kg=df[["payload_kg", "max_vehicle_kg"]].min(axis=1), m3=df["payload_m3"].fillna(np.inf))
    df = df[np.array(may_use, dtype=bool) & (df["kg"] > 0) & (df["count"] > 0)]
    if (df["cost_per_trip"].isna() & df["vehicle_cost"].isna()).any():
        ledger.assume("cost_per_trip", "lanes and vehicles without one", "1 per hour one way", "money", "default of this program")
    cost = df["cost_per_trip"].fillna(df["vehicle_cost"]).fillna(df["hours_one_way"])
    carries = df["carries"].map(lambda cell: listed(cell, CARRIAGES) or ("dry",))
    return _columns(df.assign(trip_cost=cost, carries=carries))


def lanes(table: pd.DataFrame, depots: pd.Index, zones: pd.Index) -> Flags:
    """(d, z) whether a lane leads there, open or not."""
    leads = np.zeros((len(depots), len(zones)), dtype=bool)
    zone = positions(zones, table["to"])
    leads[positions(depots, table["from"])[zone >= 0], zone[zone >= 0]] = True
    return leads


def _without_fleet(lanes: pd.DataFrame) -> pd.DataFrame:
    return _columns(lanes.assign(fleet=NO_VEHICLE, vehicle="", kg=np.inf, m3=np.inf, trip_cost=np.nan, carries=None))


def _columns(df: pd.DataFrame) -> pd.DataFrame:
    lead_days = np.ceil(df["lead_days"]).astype("int64")
    df = df.assign(hours=df["hours_one_way"], lead_days=lead_days, kg_cost=df["cost_per_kg"].fillna(0.0))
    df = df.assign(least_kg=df["min_shipment_kg"])
    return df.sort_values(["lane", "vehicle"])[COLUMNS].reset_index(drop=True)


def _say_depots_without_vehicles(lanes: pd.DataFrame, classes: pd.DataFrame, ledger: Ledger) -> None:
    working = classes.loc[classes["count"] > 0, "depot"]
    without = sorted(set(lanes["from"]) - set(working))
    if without:
        ledger.remarks.append(f"No vehicle in the fleet of {', '.join(without)}: nothing leaves there.")


def shut(closures: pd.DataFrame, table: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Closures -> `way, start, until` (days after the issue date, until exclusive), `why`: one row per way and stretch."""
    df = table[["from", "to"]].assign(way=table.index).merge(closures, on=["from", "to"])
    today = calendar.issue_date
    start = np.where(df["start"].isna(), -OPEN_END, days_between(today, df["start"].fillna(today)))
    until = np.where(df["until"].isna(), OPEN_END, days_between(today, df["until"].fillna(today)))
    stretches = pd.DataFrame({"way": df["way"], "start": start, "until": until, "why": df["why"].fillna("")})
    return stretches.sort_values(["way", "start", "until", "why"], ignore_index=True)


def status(table: pd.DataFrame, days: Days, items: pd.DataFrame, stock: pd.DataFrame, calendar: Calendar, day_off: Flags) -> Ints:
    """(way, k, t) 0 where something can be loaded in the period; else the bits of what forbids it. `day_off` (d, t): the depot
    does not work.
    """
    bits = np.zeros((len(table), len(items), calendar.count), dtype=np.int64)
    is_late = days.arrive >= calendar.days * calendar.count
    bits |= np.where(is_late, TOO_LATE, 0)[:, None, :]
    bits |= np.where(days.is_shut, SHUT, 0)[:, None, :]
    rests = day_off[table["depot"].to_numpy()]
    bits |= np.where(rests, DAY_OFF, np.where(days.is_none, NO_DAY, 0))[:, None, :]
    bits |= np.where(carried(table, items), 0, NOT_CARRIED)[:, :, None]
    return bits | _stock_bits(table, len(items), stock, days.arrive, calendar.count)


def carried(table: pd.DataFrame, items: pd.DataFrame) -> Flags:
    """(way, k) whether its vehicles carry such goods."""
    found = [[carries is None or kind in carries for kind in items["carriage"]] for carries in table["carries"]]
    return np.array(found, dtype=bool).reshape(len(table), len(items))


def _stock_bits(table: pd.DataFrame, items: int, stock: pd.DataFrame, arrive_day: Ints, count: int) -> Ints:
    """(way, k, t) the depot never has the item; not by then; or all it has by then expires before it could arrive."""
    ever, here, good = (np.zeros((len(table), items, count), dtype=bool) for _ in range(3))
    depot = table["depot"].to_numpy()
    for batch in rows(stock):
        served = np.flatnonzero(depot == batch.depot)
        is_here = np.broadcast_to(np.arange(count) >= batch.period, (len(served), count))
        ever[served, batch.item] = True
        here[served, batch.item] |= is_here
        good[served, batch.item] |= is_here & (arrive_day[served] < batch.expires)
    return np.where(good, 0, np.where(here, EXPIRES, np.where(ever, NOT_YET, NO_STOCK)))


def loads(
    table: pd.DataFrame, days: Days, bits: Ints, sendable: np.ndarray, calendar: Calendar, in_thought: int = 0
) -> pd.DataFrame:
    """What can be loaded: `way, depot, zone, item, fleet, period` (loaded), `arrives` (period), `load_day` and `arrive_day`
    (after the issue date), `barred`: 0.

    `sendable` (z, k): pairs that are planned or committed. What only the bits `in_thought` forbid is there too, with those bits
    as `barred`: for a what-if; nothing is sent so. Sorted by way, item, period.
    """
    allowed = ((bits & ~in_thought) == 0) & sendable[table["zone"].to_numpy()][:, :, None]
    way, item, period = np.nonzero(allowed)
    of_way = {name: table[name].to_numpy()[way] for name in ("depot", "zone", "fleet")}
    arrive_day = days.arrive[way, period]
    arrives = {"arrives": arrive_day // calendar.days, "load_day": days.load[way, period], "arrive_day": arrive_day}
    barred = {"barred": bits[way, item, period]}
    return pd.DataFrame({"way": way, **of_way, "item": item, "period": period, **arrives, **barred}).astype("int64")


def haulage(table: pd.DataFrame, loaded: pd.DataFrame, items: pd.DataFrame, pack: Floats) -> Floats:
    """(load) money for carrying one item unit, besides the trips.

    Without a fleet there are no trips: an hour of road then costs 1 per tonne (per pack, where the weight is not known).
    """
    item, way = loaded["item"].to_numpy(), loaded["way"].to_numpy()
    kg = items["kg_per_unit"].to_numpy(float)[item]
    by_weight = np.nan_to_num(kg) * table["kg_cost"].to_numpy(float)[way]
    by_road = table["hours"].to_numpy(float)[way] * np.where(np.isnan(kg), 1 / pack[item], kg / 1000)
    return np.asarray(np.where(loaded["fleet"].to_numpy() == NO_VEHICLE, by_weight + by_road, by_weight))


def hours_per_trip(table: pd.DataFrame) -> Floats:
    """(way) hours a vehicle is away: there and back."""
    return 2 * table["hours"].to_numpy(float)
