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


def need(world: World) -> float:
    """What the need layer reaches, before whole packs."""
    return next(found.value for found in world.solved().reached if found.layer.name == "need")


@SETTINGS
@given(worlds())
def test_more_vehicles_or_another_lane_never_leave_more_need(world: World) -> None:
    before = need(world)
    if world.fleet:
        assert need(replace(world, fleet=[{**row, "count": 2.0} for row in world.fleet])) <= before * (1 + 1e-6) + 1e-6
    fewer = replace(world, routes=world.routes[1:])
    assert before <= need(fewer) * (1 + 1e-6) + 1e-6


@SETTINGS
@given(worlds(), st.sampled_from([0.5, 4.0]))
def test_ten_kits_or_five_pairs_the_plan_is_the_same(world: World, times: float) -> None:
    """Demand and stock in other units, each weighing as much as before: the linear plan scales, its shares of need do not."""
    scaled = replace(
        world,
        demand={pair: [[times * value for value in week] for week in weeks] for pair, weeks in world.demand.items()},
        stock=[{**row, "quantity": times * row["quantity"]} for row in world.stock],
        items=[{**row, "kg_per_unit": row["kg_per_unit"] / times, "pack": row["pack"] * times} for row in world.items],
    )
    assert abs(need(scaled) - need(world)) <= 1e-5 * max(need(world), 1.0)


@SETTINGS
@given(worlds())
def test_no_vehicle_carries_more_or_drives_longer_than_it_can(world: World) -> None:
    problem = world.problem()
    lines = world.planned().lines
    lines = lines[lines["quantity"] > 0]
    if not world.fleet:
        return
    hours = {(row["from"], row["to"]): row["hours_one_way"] for row in world.routes}
    driven = lines.assign(
        hours=[
            2 * hours[lane] * kg / 1000
            for lane, kg in zip(zip(lines["depot"], lines["zone"], strict=True), lines["kg"], strict=True)
        ]
    )
    for _, taken in driven.groupby(["depot", "vehicle", "load_on"])["hours"].sum().items():
        assert taken <= problem.vehicle_hours.max() * (1 + 1e-5) + 1e-6


@SETTINGS
@given(worlds())
def test_each_depot_closes_with_what_it_had_less_what_left(world: World) -> None:
    plan = world.planned()
    stock = plan.depot_stock.groupby("depot")
    has = {row["depot"]: row["quantity"] for row in world.stock}
    for depot, table in stock:
        left = table.sort_values("period")["closing"].to_numpy()[-1]
        assert abs(has[depot] - table["shipped"].sum() - left) <= 1e-6
