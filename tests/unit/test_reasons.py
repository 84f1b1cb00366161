"""Reasons: each is true in a world made for it, and one that is not true is not given."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan_world import World, day, reasons, sent, week

KIT = {"item": "kit", "kg_per_unit": 10.0}
FAR = [{"to": "Z1", "hours_one_way": 3.5}]
ONE_TRIP = {"hours_per_day": 7.0, "working_days": 1.0}  # a week: 100 kits
TWO_DEPOTS = [{"from": depot, "to": "Z1", "hours_one_way": 3.5} for depot in ("D1", "D2")]
SHORT = {("Z1", "kit"): [300]}
SAMPLES = st.lists(st.integers(0, 120), min_size=3, max_size=3)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"stock": [{"quantity": 40}]}, "stock of kit gone at D1"),
        ({"stock": [{"quantity": 900}]}, "trucks of D1 full"),
        ({"stock": [{"quantity": 100}]}, "stock of kit gone at D1"),  # the truck is full too: another would stay empty
        (
            {"stock": [{"quantity": 40}, {"depot": "D2", "quantity": 900}], "routes": TWO_DEPOTS},
            "stock of kit gone at D1; trucks of D2 full",
        ),
        ({"stock": [{"quantity": 40}, {"depot": "D2", "quantity": 60}], "routes": TWO_DEPOTS}, "stock of kit gone at D1 and D2"),
        (
            {"stock": [{"quantity": 900}, {"depot": "D2", "quantity": 0}], "routes": TWO_DEPOTS},
            "trucks of D1 full",
        ),  # D2 never has it
        (
            {"stock": [{"quantity": 900}], "commitments": [{"zone": "Z1", "period": week(0), "maximum": 30.0}]},
            "a commitment allows no more kit",
        ),
    ],
    ids=["stock", "trucks", "both", "each its own", "the same", "a depot without it", "a ceiling"],
)
def test_what_keeps_more_from_coming(changed: dict[str, Any], reason: str) -> None:
    fleet = [{"depot": depot, **ONE_TRIP} for depot in ("D1", "D2")]
    plan = World(SHORT, **{"items": [KIT], "routes": FAR, "fleet": fleet, **changed}).planned()
    assert list(plan.cells["reason"]) == [reason]
    assert set(reasons(plan)) == {f"as much as can be: {reason}"}


def test_a_lane_that_is_shut_says_until_when_and_why() -> None:
    shut = [{"from": "D1", "to": "Z1", "start": day(-9), "until": week(1), "why": "flood"}]
    plan = World({("Z1", "kit"): [50, 50]}, [KIT], [{"quantity": 900}], routes=FAR, closures=shut).planned()
    assert list(plan.cells["reason"]) == ["lane D1-Z1 shut until 2026-01-11 (flood)", "demand met"]


def test_two_lanes_that_are_shut_alike_stand_together() -> None:
    shut = [{"from": depot, "to": "Z1", "start": day(-9), "until": pd.NaT, "why": "flood"} for depot in ("D1", "D2")]
    stock = [{"depot": depot, "quantity": 900} for depot in ("D1", "D2")]
    plan = World(SHORT, [KIT], stock, routes=TWO_DEPOTS, closures=shut).planned()
    assert reasons(plan) == ["lane D1-Z1 and D2-Z1 shut (flood)"]


def test_what_others_bring_covers_it() -> None:
    brought = [{"zone": "Z1", "period": week(0), "quantity": 400.0}]
    plan = World(SHORT, [KIT], [{"quantity": 900}], by_others=brought).planned()
    assert (sent(plan), reasons(plan), list(plan.cells["reason"])) == (0, ["demand met by others"], ["demand met by others"])


def test_the_vehicles_of_goods_that_few_carry_are_named() -> None:
    fleet = [{**ONE_TRIP}, {**ONE_TRIP, "vehicle": "tanker", "carries": "bulk_water"}]
    plan = World(SHORT, [{**KIT, "carriage": "bulk_water"}], [{"quantity": 900}], routes=FAR, fleet=fleet).planned()
    assert reasons(plan) == ["as much as can be: tanker of D1 full"]


def test_priority_0_is_named_only_where_it_is_0() -> None:
    world = World({("Z1", "kit"): [50]}, [{**KIT, "priority": 0.0}], [{"quantity": 900}], routes=FAR)
    assert reasons(world.planned()) == ["kit of D1 has no weight in this plan (priority 0)"]
    assert reasons(replace(world, items=[KIT]).planned()) == ["demand met"]


def test_a_commitment_is_the_reason_of_what_is_sent_for_it() -> None:
    promised = [{"zone": "Z1", "period": week(0), "fixed": 60.0, "who": "Ministry"}]
    plan = World({("Z1", "kit"): [10]}, [KIT], [{"quantity": 500}], commitments=promised).planned()
    assert reasons(plan) == ["commitment: fixed 60 of kit for Z1 in the period of 2026-01-05 (Ministry)"]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Two zones, two depots, two weeks, one item of any kind of carry-over, sometimes a truck and a shut lane."""
    demand = {(zone, "kit"): [draw(SAMPLES), draw(SAMPLES)] for zone in ("Z1", "Z2")}
    item = {"item": "kit", "need_lapses": draw(st.booleans()), "pack": draw(st.sampled_from([1.0, 10.0])), "kg_per_unit": 10.0}
    if draw(st.booleans()):
        item["keeps_days"] = 2.0
    stock = [{"depot": depot, "quantity": float(draw(st.integers(0, 250)))} for depot in ("D1", "D2")]
    routes = [
        {"from": depot, "to": zone, "hours_one_way": float(draw(st.integers(1, 6)))}
        for depot in ("D1", "D2")
        for zone in ("Z1", "Z2")
    ]
    fleet = [{"depot": depot} for depot in ("D1", "D2")] if draw(st.booleans()) else []
    shut = [{"from": "D1", "to": "Z1", "start": week(1), "until": pd.NaT, "why": "flood"}] if draw(st.booleans()) else []
    return World(demand, items=[item], stock=stock, routes=routes, fleet=fleet, closures=shut)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(worlds())
def test_no_reason_says_what_is_not_so(world: World) -> None:
    plan = world.planned()
    lines = plan.lines[plan.lines["quantity"] > 0]
    pack = float(world.items[0]["pack"])
    hours = {(row["from"], row["to"]): 2 * row["hours_one_way"] for row in world.routes}
    driven = lines.assign(hours=[row.trips * hours[row.depot, row.zone] for row in lines.itertuples()])
    told = " ".join(plan.cells["reason"])
    for depot in re.findall(r"stock of kit gone at ([D12 and]+\b)", told):
        for name in depot.split(" and "):
            has = sum(row["quantity"] for row in world.stock if row["depot"] == name)
            assert has - lines.loc[lines["depot"] == name, "quantity"].sum() < pack
    for name in re.findall(r"trucks of (D\d)", told):
        used = driven[driven["depot"] == name].groupby("load_on")["hours"].sum().reindex([week(0), week(1)], fill_value=0.0)
        longest = max(time for (depot, _), time in hours.items() if depot == name)
        assert used.max() > 7 * 7 - longest - 1e-6  # no other whole round has the hours
    assert "priority 0" not in told
    if not world.closures:
        assert "shut" not in told
    short = plan.cells["coverage"] < 0.995
    assert not plan.cells.loc[short, "reason"].str.startswith("demand met").any()
    assert plan.cells.loc[~short, "reason"].str.match("demand met|no demand expected").all()
