"""The plan as tables: allocation lines by batch, coverage of every cell, depot stock. All from the packs that are sent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast import meaning
from forecast.allocate import ways
from forecast.allocate.arrays import Ints
from forecast.allocate.explain import Reasons
from forecast.allocate.packs import Sent
from forecast.allocate.problem import Allocation
from forecast.allocate.simulate import Outcome
from forecast.schema import ALLOCATION, COVERAGE, DEPOT_STOCK, Floats

SMALL = "; a small load: no other visit has room for it in time"
SMALL_ON_ROUND = "; a small load, on a round with others"
SMALLEST_TRIP = 0.001  # of a vehicle load: shown for anything that rides
ORDER = ["load_on", "depot", "zone", "item", "vehicle", "expiry", "batch"]


def lines(problem: Allocation, sent: Sent, reasons: Reasons) -> pd.DataFrame:
    """What is sent -> ALLOCATION without `run` and `status`, in order of loading.

    One line per batch; then, with quantity 0, one for each planned zone and item that gets nothing.
    """
    df = pd.concat([_sent(problem, sent, reasons), _not_sent(problem, sent.taken, reasons)], ignore_index=True)
    df = df.sort_values(ORDER, na_position="last", ignore_index=True, kind="stable")
    width = max(4, len(str(len(df))))
    df["line_id"] = [f"L{number:0{width}d}" for number in range(1, len(df) + 1)]
    return df[[name for name in ALLOCATION.names if name not in ("run", "status")]]


def _sent(problem: Allocation, sent: Sent, reasons: Reasons) -> pd.DataFrame:
    taken = sent.taken
    load = problem.loads.iloc[taken["load"]].reset_index(drop=True)
    batch = problem.batches.iloc[taken["batch"]].reset_index(drop=True)
    df = _described(problem, load["zone"].to_numpy(), load["item"].to_numpy())
    item, way = load["item"].to_numpy(), load["way"].to_numpy()
    df["packs"] = taken["packs"].to_numpy(float)
    df["quantity"] = df["packs"] * problem.groups.pack[item]
    df["kg"] = df["quantity"] * problem.items["kg_per_unit"].to_numpy(float)[item]
    df["m3"] = df["quantity"] * problem.items["m3_per_unit"].to_numpy(float)[item]
    start = problem.calendar.issue_date
    df["load_on"] = start + pd.to_timedelta(load["load_day"], unit="D")
    df["arrive_by"] = start + pd.to_timedelta(load["arrive_day"], unit="D")
    df["depot"] = np.array(problem.depots, dtype=object)[load["depot"]]
    df["vehicle"] = problem.ways["vehicle"].to_numpy()[way]
    df["trips"] = _share_of_trips(problem, df, way, load["period"].to_numpy(), sent.driven.trips(sent.room))
    df["batch"], df["expiry"] = batch["batch"], batch["expiry"]
    df["round"] = _rounds(problem, sent, load)
    small = {number: SMALL_ON_ROUND if of_round else SMALL for number, of_round in zip(taken["load"], df["round"], strict=True)}
    of_load = {number: reasons.of_line(number) + small[number] * (number in sent.changes.small) for number in small}
    df["reason"] = taken["load"].map(of_load).to_numpy()
    return df


def _rounds(problem: Allocation, sent: Sent, load: pd.DataFrame) -> list[str]:
    """(line) the zones that its vehicle calls at, in order, where it calls at several."""
    zones, at = problem.zones, problem.ways["zone"].to_numpy()
    stops = [sent.driven.companions(way, period) for way, period in zip(load["way"], load["period"], strict=True)]
    return [" > ".join(zones[at[way]] for way in ways_of_round) for ways_of_round in stops]


def _share_of_trips(problem: Allocation, df: pd.DataFrame, way: Ints, period: Ints, trips: Floats) -> Floats:
    """(line) its share of the (way, t) vehicle loads on its way that day, by weight or volume, whichever fills them; NaN where
    there is no fleet.
    """
    shares = []
    for name in ("kg", "m3"):
        size = df[name].fillna(0).to_numpy()
        total = np.zeros(trips.shape)
        np.add.at(total, (way, period), size)
        capacity = problem.ways[name].to_numpy(float)
        shares.append((size / capacity[way], (total / capacity[:, None])[way, period]))
    (by_kg, all_kg), (by_m3, all_m3) = shares
    by, whole = np.where(all_kg >= all_m3, (by_kg, all_kg), (by_m3, all_m3))
    share = np.round(trips[way, period] * by / np.where(whole > 0, whole, 1.0), 3)
    has_fleet = problem.ways["fleet"].to_numpy()[way] != ways.NO_VEHICLE
    return np.where(has_fleet, np.maximum(share, SMALLEST_TRIP), np.nan)


def _not_sent(problem: Allocation, taken: pd.DataFrame, reasons: Reasons) -> pd.DataFrame:
    sent = np.zeros_like(problem.pairs)
    load = problem.loads.iloc[taken["load"]]
    sent[load["zone"], load["item"]] = True
    zone, item = np.nonzero(problem.pairs & ~sent)
    df = _described(problem, zone, item)
    df[["packs", "quantity", "kg", "m3", "trips"]] = 0.0
    df[["depot", "vehicle", "batch", "round"]] = ""
    for name in ("load_on", "arrive_by", "expiry"):
        df[name] = pd.Series(pd.NaT, index=df.index, dtype="datetime64[s]")
    df["reason"] = [reasons.of_nothing(int(z), int(k)) for z, k in zip(zone, item, strict=True)]
    return df


def _described(problem: Allocation, zone: Ints, item: Ints) -> pd.DataFrame:
    """(line) zone and item -> what they are called."""
    zones, names = np.array(problem.zones, dtype=object), np.array(problem.zone_names, dtype=object)
    items = problem.items
    return pd.DataFrame(
        {
            "zone": zones[zone],
            "zone_name": names[zone],
            "need": items["need"].to_numpy()[item],
            "item": items.index.to_numpy()[item],
            "unit": items["unit"].to_numpy()[item],
        }
    )


def cells(problem: Allocation, planned: Floats, outcome: Outcome, reasons: Reasons) -> pd.DataFrame:
    """(z, k, t) item units sent -> COVERAGE: all planned cells, simulated on all samples, in need units.

    zone_stock + in_transit + planned + by_others + expected_unmet - expected_surplus = demand_mean + carried_need, with
    an unknown zone_stock as 0.
    """
    zone, group, period = (index.ravel() for index in np.indices(problem.mean.shape))
    keep = problem.series[zone, group]
    zone, group, period = zone[keep], group[keep], period[keep]
    at = (zone, group, period)

    def of_group(units: Floats) -> Floats:
        return np.asarray(np.add(*problem.in_groups(units))[at])

    needed = problem.mean[at] + outcome.backlog[at]
    median, high = np.quantile(problem.demand[zone, group, period], [0.5, 0.9], axis=1)
    covered = 1 - outcome.unmet[at] / np.where(needed > 0, needed, 1.0)
    df = pd.DataFrame(
        {
            "period": problem.calendar.starts[period],
            "zone": np.array(problem.zones, dtype=object)[zone],
            "zone_name": np.array(problem.zone_names, dtype=object)[zone],
            "need": np.array(problem.groups.needs, dtype=object)[group],
            "item": np.array(problem.groups.codes, dtype=object)[group],
            "unit": np.array(problem.groups.units, dtype=object)[group],
            "people": problem.people[at],
            "demand_mean": problem.mean[at],
            "demand_q50": median,
            "demand_q90": high,
            "zone_stock": np.where(period == 0, _counted(problem)[zone, group], outcome.carried[at]),
            "in_transit": of_group(problem.in_transit),
            "planned": of_group(planned),
            "by_others": of_group(problem.by_others),
            "carried_need": outcome.backlog[at],
            "expected_unmet": outcome.unmet[at],
            "expected_surplus": outcome.surplus[at],
            "coverage": np.where(needed > 0, np.clip(covered, 0, 1), 1.0),
            "shortage_risk": outcome.risk[at],
            "reason": [reasons.of_cell(z, g, t) for z, g, t in zip(*(index.tolist() for index in at), strict=True)],
            "basis": np.array([_basis(problem, code) for code in problem.groups.codes], dtype=object)[group],
        }
    )
    return COVERAGE.check(df.sort_values(["period", "zone", "item"], ignore_index=True))


def _basis(problem: Allocation, group: str) -> str:
    """What the demand of a group rests on, where that is not records of goods; such a group is one item."""
    return meaning.basis(problem.items, group) if group in problem.items.index else ""


def _counted(problem: Allocation) -> Floats:
    """(z, g) counted stock in need units; NaN where no item of the group has a count."""
    counted = np.full(problem.series.shape, np.nan)
    for item, group in enumerate(problem.groups.of_item):
        units = problem.on_hand[:, item] * problem.groups.covers[item]
        counted[:, group] = np.where(np.isnan(units), counted[:, group], np.nan_to_num(counted[:, group]) + units)
    return counted


def depot_stock(problem: Allocation, taken: pd.DataFrame) -> pd.DataFrame:
    """Packs `load, batch, packs` -> DEPOT_STOCK: what came, left, expired in each period, and what is there at its end.

    What lies there on the issue date is no arrival: closing + shipped + expired - arrivals of the first period. What is moved to
    another depot left the one, and arrived in the other.
    """
    count, stock, moved = problem.calendar.count, problem.batches, problem.transfers.moved
    shipped = np.zeros((len(stock), count))
    period = problem.loads["period"].to_numpy()[taken["load"]]
    quantity = taken["packs"].to_numpy() * problem.groups.pack[problem.loads["item"].to_numpy()[taken["load"]]]
    np.add.at(shipped, (taken["batch"].to_numpy(), period), quantity)
    if len(moved):
        went = moved["quantity"].to_numpy(float)[:, None] * (moved["period"].to_numpy()[:, None] == np.arange(count))
        shipped = np.concatenate([shipped, went])
        stock = pd.concat([stock, moved.assign(period=moved["since"])[stock.columns]], ignore_index=True)
    came = stock["quantity"].to_numpy(float)[:, None] * (stock["period"].to_numpy()[:, None] == np.arange(count))
    held = np.cumsum(came - shipped, axis=1)
    expires_in = stock["expires"].to_numpy()[:, None] // problem.calendar.days
    expired = np.where(expires_in == np.arange(count), held, 0.0)
    closing = np.where(expires_in <= np.arange(count), 0.0, held)
    arrivals = came.copy()
    arrivals[stock["lies_there"].to_numpy(bool)] = 0.0
    tables = {"arrivals": arrivals, "shipped": shipped, "expired": expired, "closing": closing}
    batch, at = (index.ravel() for index in np.indices(shipped.shape))
    df = pd.DataFrame(
        {
            "depot": np.array(problem.depots, dtype=object)[stock["depot"].to_numpy()[batch]],
            "item": problem.items.index.to_numpy()[stock["item"].to_numpy()[batch]],
            "period": problem.calendar.starts[at],
            **{name: np.maximum(values.ravel(), 0.0) for name, values in tables.items()},
        }
    )
    df = df.groupby(["depot", "item", "period"], as_index=False).sum()
    return DEPOT_STOCK.check(df)
