"""What must hold of every plan, on small random worlds; checked against the rows that went in, not against the model."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.schema import Plan
from forecast.wordlists import weekdays
from tests.plan_world import World, day, week

AMOUNT = st.integers(0, 120)
SAMPLES = st.lists(AMOUNT, min_size=3, max_size=3)
DAYS = st.sampled_from(["Mon Tue Wed Thu Fri", "Tuesday sat"])
DEPOTS, ZONES = ("D1", "D2"), ("Z1", "Z2")
CLOSE = 1e-6


def examples(count: int) -> settings:
    """A plan takes a third of a second, so each test has few; the same ones every time."""
    return settings(max_examples=count, deadline=None, derandomize=True)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Two zones, two depots, three weeks, kits of any kind of carry-over and doses kept cold; batches, arrivals, lead times, and
    sometimes vehicles, a shut lane, a survival floor.
    """
    codes = ("kit", "dose") if draw(st.booleans()) else ("kit",)
    demand = {(zone, code): [draw(SAMPLES) for _ in range(3)] for zone in ZONES for code in codes}
    pack = draw(st.sampled_from([1.0, 10.0]))
    kit: dict[str, Any] = {"item": "kit", "pack": pack, "kg_per_unit": 10.0, "m3_per_unit": draw(st.sampled_from([None, 0.1]))}
    kit |= {"need_lapses": draw(st.booleans()), "keeps_days": draw(st.sampled_from([None, 2.0]))}
    dose = {"item": "dose", "carriage": "cold", "kg_per_unit": 1.0, "m3_per_unit": 0.01, "need_lapses": draw(st.booleans())}
    fleet = list(draw(_fleet())) if draw(st.booleans()) else []
    shut = [{"from": "D1", "to": "Z1", "start": week(1), "until": draw(st.sampled_from([week(2), pd.NaT])), "why": "flood"}]
    return World(
        demand,
        items=[kit, dose][: len(codes)],
        stock=[row for depot in DEPOTS for code in codes for row in draw(_batches(depot, code))],
        arrivals=[
            {
                "depot": "D1",
                "item": code,
                "quantity": float(draw(AMOUNT)),
                "eta": day(3),
                "eta_high": day(draw(st.integers(3, 12))),
            }
            for code in codes
        ],
        routes=[
            {"from": depot, "to": zone, "hours_one_way": float(draw(st.integers(1, 6))), "lead_days": draw(st.integers(0, 9))}
            | ({"convoy_days": draw(DAYS)} if zone == "Z2" and draw(st.booleans()) else {})
            for depot in DEPOTS
            for zone in ZONES
        ],
        zones=[{"zone": "Z1", **draw(_ends())}],
        between=list(draw(_between())),
        depots=[{"depot": "D1", "loads_kg_per_day": float(draw(st.integers(1, 400))), "calendar": draw(DAYS)}]
        if draw(st.booleans())
        else [],
        fleet=fleet,
        closures=shut if draw(st.booleans()) else [],
        people={"Z1": 20.0, "Z2": 30.0},
        needs={"food": {"per_person_per_day": 0.2, "survival_per_person_per_day": 0.1, "unit": "kit", "source": "Sphere"}}
        if draw(st.booleans())
        else {},
    )


@st.composite
def _ends(draw: st.DrawFn) -> dict[str, Any]:
    """Sometimes a zone receives on some days only, sometimes its store and fridge are small."""
    days = {"receives_on": draw(DAYS)} if draw(st.booleans()) else {}
    return days | ({"store_m3": draw(st.sampled_from([0.0, 3.0])), "cold_m3": 0.1} if draw(st.booleans()) else {})


@st.composite
def _batches(draw: st.DrawFn, depot: str, code: str) -> list[dict[str, Any]]:
    """Up to three batches of an item in a depot: one for good, one that expires, one that is cleared late and expires."""
    kinds = [
        {"batch": f"{depot}-good", "expiry": pd.NaT},
        {"batch": f"{depot}-old", "expiry": day(draw(st.integers(1, 20)))},
        {"batch": f"{depot}-late", "expiry": day(draw(st.integers(8, 20))), "available_from": week(1)},
    ]
    return [
        {"depot": depot, "item": code, "quantity": float(draw(AMOUNT)), **kind} for kind in kinds[: draw(st.integers(1, 3))]
    ]  # fmt: skip


@st.composite
def _between(draw: st.DrawFn) -> Iterator[dict[str, Any]]:
    """Lanes from one depot to the other, both ways, one way or none."""
    for one, other in [("D1", "D2"), ("D2", "D1")][: draw(st.integers(0, 2))]:
        hours, lead = float(draw(st.integers(1, 6))), draw(st.integers(0, 9))
        yield {"from": one, "to": other, "hours_one_way": hours, "lead_days": lead}


@st.composite
def _fleet(draw: st.DrawFn) -> Iterator[dict[str, Any]]:
    """A dry truck in each depot, sometimes limited by volume; in the first a cold van too."""
    for depot in DEPOTS:
        volume = draw(st.sampled_from([None, 5.0]))
        yield {"depot": depot, "payload_m3": volume, "working_days": float(draw(st.integers(1, 7)))}
    yield {"depot": "D1", "vehicle": "van", "payload_kg": 100.0, "carries": "cold, dry", "count": float(draw(st.integers(0, 2)))}


@dataclass(frozen=True)
class Made:
    """A world, its plan, the lines on which something is sent, and those on which it is moved between depots."""

    world: World
    plan: Plan
    sent: pd.DataFrame
    moved: pd.DataFrame

    def item(self, code: str) -> dict[str, Any]:
        return dict(next(row for row in self.world.items if row["item"] == code))

    @cached_property
    def codes(self) -> dict[str, dict[str, Any]]:
        return {row["item"]: dict(row) for row in self.world.items}

    def lane(self, depot: str, zone: str) -> dict[str, Any]:
        return dict(next(row for row in self.world.routes if (row["from"], row["to"]) == (depot, zone)))

    def link(self, depot: str, into: str) -> dict[str, Any]:
        return dict(next(row for row in self.world.between if (row["from"], row["to"]) == (depot, into)))

    @cached_property
    def batches(self) -> list[dict[str, Any]]:
        """What depots have and get: of which batch, the week from which it can be loaded, the day it expires; transfers too."""
        found = [{"from": week(0), **row, "until": row["expiry"], "lies": True} for row in self.world.stock]
        found = [row | ({"from": row["available_from"], "lies": False} if "available_from" in row else {}) for row in found]
        for row in self.world.arrivals:
            found.append({**row, "batch": "", "from": first_week(row["eta_high"]), "until": pd.NaT, "lies": False})
        until = {(row["item"], row["batch"]): row["until"] for row in found}
        for row in self.moved.itertuples():
            there = max(first_week(row.arrive_by), last_week(row.load_on) + pd.Timedelta(days=7))
            come = {"depot": row.to_depot, "item": row.item, "batch": row.batch, "quantity": row.quantity, "from": there}
            found.append({**come, "until": until[row.item, row.batch], "lies": False})
        return found

    @cached_property
    def out(self) -> pd.DataFrame:
        """All that leaves depots: for zones, and for other depots."""
        out = pd.concat([self.sent, self.moved], ignore_index=True)
        return out.assign(week=[last_week(load_on) for load_on in out["load_on"]])


def last_week(date: pd.Timestamp) -> pd.Timestamp:
    """The start of the week of the plan that a day is in."""
    return max(week(n) for n in range(9) if week(n) <= date)


def first_week(date: pd.Timestamp) -> pd.Timestamp:
    """The start of the first week of the plan on or after a day."""
    return next(week(n) for n in range(9) if week(n) >= date)


def packs_are_whole(made: Made) -> None:
    assert (made.plan.lines["quantity"] >= 0).all()
    for line in made.out.itertuples():
        assert line.packs == round(line.packs)
        assert line.quantity == line.packs * (made.item(line.item).get("pack") or 1.0)


def each_batch_leaves_once_while_it_is_there_and_good(made: Made) -> None:
    """Of each batch, in each depot and week, no more has left than was there or had come."""
    key = ["depot", "item", "batch"]
    there = pd.DataFrame(made.batches).groupby(key)
    for (depot, item, batch), lines in made.out.groupby(key):
        came = there.get_group((depot, item, batch))
        until = came["until"].iloc[0]
        assert pd.isna(until) or (lines["arrive_by"] < until).all()
        for n in range(3):
            left = lines.loc[lines["week"] <= week(n), "quantity"].sum()
            assert left <= came.loc[came["from"] <= week(n), "quantity"].sum() + CLOSE


def each_depot_and_item_balances_week_by_week(made: Made) -> None:
    """Opening + arrivals - left - expired = closing, with what expires followed batch by batch."""
    table, came = made.plan.depot_stock, pd.DataFrame(made.batches)
    assert (table[["arrivals", "shipped", "expired", "closing"]] >= 0).all().all()
    for (depot, item), rows in table.groupby(["depot", "item"]):
        here = came[(came["depot"] == depot) & (came["item"] == item)]
        shipped, expired, closing, arrivals = (
            rows.sort_values("period")[name].to_numpy() for name in ("shipped", "expired", "closing", "arrivals")
        )
        opening = here.loc[here["lies"], "quantity"].sum()
        np.testing.assert_allclose(np.diff(closing, prepend=opening), arrivals - shipped - expired, atol=CLOSE)
        lines = made.out[(made.out["depot"] == depot) & (made.out["item"] == item)]
        for n in range(len(rows)):
            assert abs(shipped[n] - lines.loc[lines["week"] == week(n), "quantity"].sum()) <= CLOSE
            assert abs(arrivals[n] - here.loc[(here["from"] == week(n)) & ~here["lies"], "quantity"].sum()) <= CLOSE
            over = here[(here["until"] >= week(n)) & (here["until"] < week(n + 1)) & (here["from"] <= week(n))]
            used = lines.loc[lines["batch"].isin(over["batch"]), "quantity"].sum()
            assert abs(expired[n] - (over["quantity"].sum() - used)) <= CLOSE


def nothing_counts_before_it_can_be_there(made: Made) -> None:
    """A line arrives after the lead time of its lane; what zones are told to get in a week is what arrives in it."""
    lead = [made.lane(line.depot, line.zone)["lead_days"] for line in made.sent.itertuples()]
    assert (made.sent["arrive_by"] == made.sent["load_on"] + pd.to_timedelta(lead, unit="D")).all()
    lead = [made.link(line.depot, line.to_depot)["lead_days"] for line in made.moved.itertuples()]
    assert (made.moved["arrive_by"] == made.moved["load_on"] + pd.to_timedelta(lead, unit="D")).all()
    for cell in made.plan.cells.itertuples():
        lines = made.sent[(made.sent["zone"] == cell.zone) & (made.sent["item"] == cell.item)]
        within = (lines["arrive_by"] >= cell.period) & (lines["arrive_by"] < cell.period + pd.Timedelta(days=7))
        assert abs(cell.planned - lines.loc[within, "quantity"].sum()) <= CLOSE


def nothing_is_on_a_lane_that_is_shut(made: Made) -> None:
    ends = made.out["to_depot"].fillna(made.out["zone"])
    for shut in made.world.closures:
        lines = made.out[(made.out["depot"] == shut["from"]) & (ends == shut["to"])]
        until = pd.Timestamp.max if pd.isna(shut["until"]) else shut["until"]
        assert not ((lines["arrive_by"] >= shut["start"]) & (lines["load_on"] < until)).any()


def days_suit_depot_convoy_and_zone(made: Made) -> None:
    """Loaded on a day on which the depot works and the convoy goes; there on one on which the zone, or other depot, receives."""
    works = {row["depot"]: row["calendar"] for row in made.world.depots}
    receives = {row["zone"]: row.get("receives_on", "") for row in made.world.zones}
    for line in made.sent.itertuples():
        assert line.load_on.day_of_week in on(works.get(line.depot, ""))
        assert line.load_on.day_of_week in on(made.lane(line.depot, line.zone).get("convoy_days", ""))
        assert line.arrive_by.day_of_week in on(receives.get(line.zone, ""))
    for line in made.moved.itertuples():
        assert line.load_on.day_of_week in on(works.get(line.depot, ""))
        assert line.arrive_by.day_of_week in on(works.get(line.to_depot, ""))


def on(cell: str) -> tuple[int, ...]:
    return weekdays(cell) or tuple(range(7))


def vehicles_carry_what_they_may_and_drive_no_longer_than_they_can(made: Made) -> None:
    """By weight and by volume, whichever fills more of them on a lane; there and back within the hours of their working days."""
    if not made.world.fleet:
        assert made.out["trips"].isna().all()
        return
    classes = {(row["depot"], row.get("vehicle", "truck")): row for row in made.world.fleet}
    driven: dict[Any, float] = {}
    ends = made.out["to_depot"].fillna(made.out["zone"]).rename("end")
    for (depot, end, vehicle, on), lines in made.out.groupby(["depot", ends, "vehicle", "week"]):
        row = classes[depot, vehicle]
        kinds = {made.item(code).get("carriage", "dry") for code in lines["item"]}
        assert kinds <= set(row.get("carries", "dry").split(", "))
        volume = [(made.item(line.item).get("m3_per_unit") or 0.0) * line.quantity for line in lines.itertuples()]
        most = row["payload_m3"] if row.get("payload_m3") else np.inf
        loads = max(lines["kg"].sum() / row.get("payload_kg", 1000.0), sum(volume) / most)
        assert lines["trips"].sum() >= loads - 0.001 * len(lines)
        lane = made.lane(depot, end) if end in ZONES else made.link(depot, end)
        key = (depot, vehicle, on)
        driven[key] = driven.get(key, 0.0) + 2 * lane["hours_one_way"] * loads
    for (depot, vehicle, _), hours in driven.items():
        row = classes[depot, vehicle]
        assert hours <= row.get("count", 1.0) * 7.0 * row.get("working_days", 7.0) * (1 + 1e-5)


def stores_hold_what_lies_there(made: Made) -> None:
    """What comes by the end of a week, less the mean demand since it could be met, by volume."""
    for row in made.world.zones:
        for column, carriage in (("store_m3", "dry"), ("cold_m3", "cold")):
            lies = [sum(lying(made, row["zone"], code, n) for code in ("kit", "dose")
                        if made.codes.get(code, {}).get("carriage", "dry") == carriage) for n in range(3)]  # fmt: skip
            assert max(lies) <= row.get(column, np.inf) * (1 + 1e-5) + CLOSE


def lying(made: Made, zone: str, code: str, until: int) -> float:
    """m3 of an item that are left in a zone at the end of a week, at the mean of its demand."""
    item = made.codes.get(code)
    if item is None or item.get("keeps_days") == 2.0:
        return 0.0
    left = 0.0
    cells = made.plan.cells[(made.plan.cells["zone"] == zone) & (made.plan.cells["item"] == code)]
    for cell in list(cells.sort_values("period").itertuples())[: until + 1]:
        left += cell.planned - cell.demand_mean
        left = max(left, 0.0) if item["need_lapses"] else left
    return max(left, 0.0) * (item["m3_per_unit"] or 0.0)


def depots_load_no_more_than_they_can_on_their_working_days(made: Made) -> None:
    for row in made.world.depots:
        lines = made.out[made.out["depot"] == row["depot"]]
        for kg in lines.groupby("week")["kg"].sum():
            assert kg <= row["loads_kg_per_day"] * len(row["calendar"].split()) * (1 + 1e-5)


def available_plus_unmet_less_surplus_is_the_demand(made: Made) -> None:
    table = made.plan.cells
    available = table[["zone_stock", "in_transit", "planned", "by_others"]].fillna(0).sum(axis=1)
    left = available + table["expected_unmet"] - table["expected_surplus"]
    np.testing.assert_allclose(left, table["demand_mean"] + table["carried_need"], rtol=1e-6, atol=1e-6)


RULES = (
    packs_are_whole,
    each_batch_leaves_once_while_it_is_there_and_good,
    each_depot_and_item_balances_week_by_week,
    nothing_counts_before_it_can_be_there,
    nothing_is_on_a_lane_that_is_shut,
    days_suit_depot_convoy_and_zone,
    vehicles_carry_what_they_may_and_drive_no_longer_than_they_can,
    depots_load_no_more_than_they_can_on_their_working_days,
    stores_hold_what_lies_there,
    available_plus_unmet_less_surplus_is_the_demand,
)


@examples(40)
@given(worlds())
def test_every_plan_keeps_to_stock_lanes_vehicles_and_days(world: World) -> None:
    plan = world.planned()
    made = Made(world, plan, plan.lines[plan.lines["quantity"] > 0], plan.transfers)
    for holds in RULES:
        holds(made)


@examples(12)
@given(worlds())
def test_the_order_of_rows_and_zones_does_not_matter(world: World) -> None:
    names = ("items", "stock", "arrivals", "routes", "between", "fleet", "closures")
    turned = replace(
        world,
        demand=dict(reversed(world.demand.items())),
        **{name: list(reversed(getattr(world, name))) for name in names},
    )
    pd.testing.assert_frame_equal(world.planned().lines, turned.planned().lines)


def reached(world: World) -> list[float]:
    """What each layer reaches before whole packs, as costs: less is better."""
    exact = replace(world, plan={"objectives": [{"use": "survival"}, {"use": "need"}], "layer_tolerance": 0.0})
    return [found.layer.sign * found.value for found in exact.solved().reached]


@examples(25)
@given(worlds(), st.sampled_from(["stock", "vehicles", "lane", "loading", "transfers"]), st.integers(1, 200))
def test_more_of_anything_never_makes_the_layers_worse(world: World, kind: str, more: int) -> None:
    """Layer by layer: the first that differs is the better one."""
    if kind == "stock":
        richer = replace(world, stock=[{**row, "quantity": row["quantity"] + more} for row in world.stock])
    elif kind == "vehicles":
        richer = replace(world, fleet=[{**row, "count": row.get("count", 1.0) + 1.0} for row in world.fleet])
    elif kind == "loading":
        richer = replace(world, depots=[{**row, "loads_kg_per_day": row["loads_kg_per_day"] + more} for row in world.depots])
    elif kind == "transfers":
        richer, world = world, replace(world, between=world.between[1:])
    else:
        richer, world = world, replace(world, routes=world.routes[1:])
    before, after = reached(world), reached(richer)
    if len(before) < len(after):
        return  # a floor is within reach that was not: that layer is the first that differs
    for one, other in zip(before, after, strict=True):
        assert other <= one + 1e-4 * max(abs(one), 1.0)
        if other < one - 1e-4 * max(abs(one), 1.0):
            break


@examples(12)
@given(worlds(), st.sampled_from([0.5, 4.0]))
def test_ten_kits_or_five_pairs_the_plan_is_the_same(world: World, times: float) -> None:
    """Demand and stock in other units, each weighing as much as before: the linear plan scales, its shares of need do not."""
    world = replace(world, needs={})
    scaled = replace(
        world,
        demand={pair: [[times * value for value in week] for week in weeks] for pair, weeks in world.demand.items()},
        **{
            name: [{**row, "quantity": times * row["quantity"]} for row in getattr(world, name)] for name in ("stock", "arrivals")
        },
        items=[
            {**row, "pack": row.get("pack", 1.0) * times, "kg_per_unit": row["kg_per_unit"] / times}
            | ({"m3_per_unit": row["m3_per_unit"] / times} if row.get("m3_per_unit") else {})
            for row in world.items
        ],
    )
    one, other = world.solved(), scaled.solved()
    for before, after in zip(one.reached, other.reached, strict=True):
        if before.layer.name == "need":
            assert abs(after.value - before.value) <= 1e-5 * max(before.value, 1.0)
