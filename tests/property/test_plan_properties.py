"""What must hold of every plan, on small random worlds."""

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan_world import World, week

AMOUNT = st.integers(0, 120)
SAMPLES = st.lists(AMOUNT, min_size=3, max_size=3)
SETTINGS = settings(max_examples=25, deadline=None, derandomize=True)


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


@SETTINGS
@given(worlds())
def test_no_depot_sends_more_than_it_has(world: World) -> None:
    lines = world.planned().lines
    has = {row["depot"]: row["quantity"] for row in world.stock}
    for depot, quantity in lines[lines["quantity"] > 0].groupby("depot")["quantity"].sum().items():
        assert quantity <= has[depot] + 1e-6


@SETTINGS
@given(worlds())
def test_available_plus_unmet_less_surplus_is_the_demand(world: World) -> None:
    table = world.planned().cells
    available = table[["zone_stock", "in_transit", "planned", "by_others"]].fillna(0).sum(axis=1)
    left = available + table["expected_unmet"] - table["expected_surplus"]
    np.testing.assert_allclose(left, table["demand_mean"] + table["carried_need"], rtol=1e-6, atol=1e-6)


@SETTINGS
@given(worlds(), st.integers(1, 200))
def test_more_stock_never_leaves_more_need(world: World, more: int) -> None:
    richer = replace(world, stock=[{**row, "quantity": row["quantity"] + more} for row in world.stock])
    before, after = (float(str(some.planned().figures["need"])) for some in (world, richer))
    assert after <= before * (1 + 1e-6) + 1e-6


@SETTINGS
@given(worlds())
def test_the_order_of_rows_and_zones_does_not_matter(world: World) -> None:
    turned = replace(
        world,
        demand=dict(reversed(world.demand.items())),
        stock=list(reversed(world.stock)),
        routes=list(reversed(world.routes)),
        fleet=list(reversed(world.fleet)),
    )
    pd.testing.assert_frame_equal(world.planned().lines, turned.planned().lines)


@SETTINGS
@given(worlds())
def test_nothing_is_loaded_for_a_lane_that_is_shut(world: World) -> None:
    lines = world.planned().lines
    late = lines[(lines["depot"] == "D1") & (lines["zone"] == "Z1") & (lines["load_on"] >= week(1))]
    if world.closures:
        assert late["quantity"].sum() == 0
    assert (lines["quantity"] >= 0).all()
