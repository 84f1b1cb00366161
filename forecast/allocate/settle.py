"""Transfers settled: what the linear program moves between depots, in whole packs, becomes batches where it comes to.

All that follows (rounding, visits, rounds, reasons, orders) sees depots with other batches, and less of vehicles and loading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from forecast.allocate import transfers, ways
from forecast.allocate.arrays import rows
from forecast.allocate.problem import Allocation
from forecast.allocate.solve import Solved
from forecast.errors import counted, few
from forecast.schema import TRANSFERS, Floats, Ledger

ROUND = 1e-6  # of a pack: what the solver leaves of a whole one
NEARLY = 0.95  # of a pack: what is lacking is a layer's tolerance
LEAVING = ["number", "is_move", "depot", "item", "period", "expires", "packs"]


def settle(problem: Allocation, solved: Solved, ledger: Ledger) -> tuple[Allocation, Floats]:
    """The problem after its transfers, and (load) item units that are loaded for zones; as it is where nothing could be moved."""
    if problem.transfers.moves.empty and problem.transfers.reach.empty:
        return problem, solved.quantity
    moved = _moved(problem, solved)
    stock = transfers.carried_out(problem.batches, moved, np.arange(len(problem.batches)))
    status = ways.status(problem.ways, problem.days, problem.items, stock, problem.calendar, problem.day_off)
    loads = problem.loads
    stays = status[loads["way"].to_numpy(), loads["item"].to_numpy(), loads["period"].to_numpy()] == 0
    settled = replace(problem.transfers, moved=moved, hours=_hours(problem, moved), kg=_kg(problem, moved))
    if len(moved):
        packs, tonnes = int(moved["packs"].sum()), moved["kg"].sum() / 1000
        ledger.remarks.append(
            f"Transfers between depots: {counted(len(moved), 'line')}, {packs:,} packs, {tonnes:,.1f} t (transfers.csv)."
        )
    after = replace(problem, batches=stock, status=status, loads=loads[stays].reset_index(drop=True), transfers=settled)
    return after, solved.quantity[stays]


def _moved(problem: Allocation, solved: Solved) -> pd.DataFrame:
    """What is moved, part by part: the move, `source` it is taken from (batch, or part before it), `packs`, and of what batch."""
    moves = problem.transfers.moves
    parts = pd.DataFrame(list(_Depots(problem).parts(_leaving(problem, solved))), columns=list(Part.__dataclass_fields__))
    kinds = dict.fromkeys(("move", "source", "packs", "expires", "since"), "int64")
    parts = parts.astype({**kinds, "lies_there": bool, "batch": object, "expiry": problem.batches["expiry"].dtype})
    moved = pd.concat([moves.drop(columns="expires").iloc[parts["move"]].reset_index(drop=True), parts], axis=1)
    return _sized(problem, moved)


def _leaving(problem: Allocation, solved: Solved) -> pd.DataFrame:
    """All that leaves depots, in whole packs, day by day, loads for zones first; the goods of each last until it `expires` there.

    Rounded down; but a transfer that lacks nearly nothing of a pack, because a layer took its tolerance from another, is
    rounded up where its vehicles have the hours.
    """
    tables = (problem.loads.assign(expires=problem.loads["arrive_day"] + 1), problem.transfers.moves)
    leaving = []
    for is_move, table, units in zip((False, True), tables, (solved.quantity, solved.moved), strict=True):
        wanted = units / problem.groups.pack[table["item"].to_numpy()]
        packs = np.floor(wanted + (1 - NEARLY if is_move else ROUND)).astype(np.int64)
        is_up = packs > wanted + ROUND
        leaving.append(table.assign(packs=packs, is_up=is_up, is_move=is_move, number=np.arange(len(table)))[packs > 0])
    for name, limit, used in (("fleet", problem.vehicle_hours, _hours), ("depot", problem.loading, _kg)):
        over = sum(used(problem, _sized(problem, table), table["is_move"].any()) for table in leaving) > limit * (1 + ROUND)
        at = (leaving[1][name].to_numpy(), leaving[1]["period"].to_numpy())
        if over.size:
            leaving[1] = leaving[1].assign(packs=leaving[1]["packs"] - (leaving[1]["is_up"] & over[at] & (at[0] >= 0)))
            leaving[1] = leaving[1].assign(is_up=leaving[1]["is_up"] & ~over[at])
    order: pd.DataFrame = pd.concat([table[LEAVING] for table in leaving])
    return order.sort_values(["period", "is_move", "number"])


def _sized(problem: Allocation, table: pd.DataFrame) -> pd.DataFrame:
    """Packs of items -> with `quantity`, `kg` and `m3`, NaN where that is not known."""
    item = table["item"].to_numpy()
    quantity = table["packs"] * problem.groups.pack[item]
    sizes = {name: quantity * problem.items[f"{name}_per_unit"].to_numpy(float)[item] for name in ("kg", "m3")}
    return table.assign(quantity=quantity, **sizes)


@dataclass(frozen=True)
class Part:
    """Whole packs of one move, taken from one batch; `since` and `lies_there`: when that came to the depot they leave."""

    move: int
    source: int
    packs: int
    expires: int
    batch: str
    expiry: pd.Timestamp
    since: int
    lies_there: bool


@dataclass
class _Held:
    expires: int
    since: int
    packs: int
    batch: str
    expiry: pd.Timestamp
    lies_there: bool


class _Depots:
    """The batches of all depots, as they are taken."""

    def __init__(self, problem: Allocation) -> None:
        self._moves = problem.transfers.moves
        self._held: list[_Held] = []
        self._of_pair: dict[tuple[int, int], list[int]] = {}
        whole = np.floor(problem.batches["quantity"] / problem.groups.pack[problem.batches["item"]] + ROUND).astype(np.int64)
        for row, packs in zip(rows(problem.batches), whole, strict=True):
            held = _Held(row.expires, row.period, int(packs), row.batch, row.expiry, row.lies_there)
            self._add(int(row.depot), int(row.item), held)

    def _add(self, depot: int, item: int, held: _Held) -> None:
        self._of_pair.setdefault((depot, item), []).append(len(self._held))
        self._held.append(held)

    def parts(self, leaving: pd.DataFrame) -> Iterator[Part]:
        """Take all that leaves, first expired first; the parts of what is moved, which are there to be taken once they arrive."""
        for load in rows(leaving):
            wanted, pair = int(load.packs), (int(load.depot), int(load.item))
            for source in sorted(self._of_pair.get(pair, ()), key=lambda n: self._held[n].expires):
                held = self._held[source]
                given = min(wanted, held.packs) if held.since <= load.period and held.expires >= load.expires else 0
                if not given:
                    continue
                held.packs, wanted = held.packs - given, wanted - given
                if load.is_move:
                    move = self._moves.iloc[load.number]
                    there = _Held(held.expires, int(move["arrives"]), given, held.batch, held.expiry, False)
                    self._add(int(move["into"]), pair[1], there)
                    yield Part(
                        load.number, source, given, held.expires, held.batch, held.expiry, held.since, held.lies_there
                    )  # fmt: skip


def haulage(problem: Allocation) -> tuple[float, float]:
    """Vehicle loads between depots, and the money they and what they carry cost, as the cost layer counts it."""
    links, moved = problem.transfers.links, problem.transfers.moved
    if moved.empty:
        return 0.0, 0.0
    trips = _trips(links, moved, problem.calendar.count) * (links["fleet"].to_numpy() != ways.NO_VEHICLE)[:, None]
    per_unit = ways.haulage(links, moved, problem.items, problem.groups.pack)
    of_trips = np.nan_to_num(links["trip_cost"].to_numpy(float)) @ trips.sum(axis=1)
    return float(trips.sum()), float(of_trips + per_unit @ moved["quantity"].to_numpy(float))


def lines(problem: Allocation, sent: Floats) -> pd.DataFrame:
    """(load) item units sent to zones -> TRANSFERS without `run` and `status`, in order of loading: one line per batch."""
    moved = problem.transfers.moved
    if moved.empty:
        return TRANSFERS.empty()[[name for name in TRANSFERS.names if name not in ("run", "status")]]
    start, links, way = problem.calendar.issue_date, problem.transfers.links, moved["way"].to_numpy()
    codes, items, item = np.array(problem.depots, dtype=object), problem.items, moved["item"].to_numpy()
    df = moved[["packs", "quantity", "kg", "m3", "batch", "expiry"]].assign(
        load_on=start + pd.to_timedelta(moved["load_day"], unit="D"),
        arrive_by=start + pd.to_timedelta(moved["arrive_day"], unit="D"),
        depot=codes[moved["depot"]],
        to_depot=codes[moved["into"]],
        item=items.index.to_numpy()[item],
        unit=items["unit"].to_numpy()[item],
        vehicle=links["vehicle"].to_numpy()[way],
        trips=_share_of_trips(problem, moved),
        reason=[_reason(problem, move, sent) for move in rows(moved)],
    )
    df = df.sort_values(["load_on", "depot", "to_depot", "item", "vehicle", "expiry", "batch"], ignore_index=True)
    df["line_id"] = [f"T{number:04d}" for number in range(1, len(df) + 1)]
    return df[[name for name in TRANSFERS.names if name not in ("run", "status")]]


def _reason(problem: Allocation, move: Any, sent: Floats) -> str:
    """The zones that the depot sends the item to once it is there, or the depots it goes on to."""
    loads, moved = problem.loads, problem.transfers.moved
    then = (loads["depot"] == move.into) & (loads["item"] == move.item) & (loads["period"] >= move.arrives)
    zones = [problem.zones[z] for z in np.unique(loads["zone"][then & (sent > 0)])]
    on = (moved["depot"] == move.into) & (moved["item"] == move.item) & (moved["period"] >= move.arrives)
    depots = [problem.depots[d] for d in np.unique(moved["into"][on])]
    return f"for {few([*zones, *depots], 8)}" if zones or depots else "for later: whole packs and visits leave it there for now"


def _share_of_trips(problem: Allocation, moved: pd.DataFrame) -> Floats:
    """(part) its share of the vehicle loads of its link and day, by weight, or packs where that is not known; NaN: no fleet."""
    way, period = moved["way"].to_numpy(), moved["period"].to_numpy()
    size = np.where(moved["kg"] > 0, moved["kg"], moved["packs"])
    whole = np.zeros((len(problem.transfers.links), problem.calendar.count))
    np.add.at(whole, (way, period), size)
    share = np.round(_trips(problem.transfers.links, moved, whole.shape[1])[way, period] * size / whole[way, period], 3)
    return np.where(problem.transfers.links["fleet"].to_numpy()[way] != ways.NO_VEHICLE, share, np.nan)


def _trips(table: pd.DataFrame, loaded: pd.DataFrame, count: int) -> Floats:
    """(way or link, t) vehicle loads, by weight or by volume, whichever is more."""
    found = np.zeros((len(table), count))
    for name in ("kg", "m3"):
        size = np.zeros_like(found)
        np.add.at(size, (loaded["way"], loaded["period"]), np.nan_to_num(loaded[name].to_numpy(float)))
        found = np.maximum(found, size / table[name].to_numpy(float)[:, None])
    return found


def _hours(problem: Allocation, loaded: pd.DataFrame, between: bool = True) -> Floats:
    """(class, t) hours there and back of what is loaded for other depots, or for zones."""
    table = problem.transfers.links if between else problem.ways
    hours = np.zeros((len(problem.fleet), problem.calendar.count))
    driven = table["fleet"].to_numpy() != ways.NO_VEHICLE
    driving = _trips(table, loaded, problem.calendar.count) * ways.hours_per_trip(table)[:, None]
    np.add.at(hours, table["fleet"].to_numpy()[driven], driving[driven])
    return hours


def _kg(problem: Allocation, loaded: pd.DataFrame, between: bool = True) -> Floats:
    """(d, t) weight of what is loaded."""
    kg = np.zeros((len(problem.depots), problem.calendar.count))
    np.add.at(kg, (loaded["depot"], loaded["period"]), np.nan_to_num(loaded["kg"].to_numpy(float)))
    return kg
