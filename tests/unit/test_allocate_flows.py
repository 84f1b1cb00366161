"""What moved since the last count, what is on its way, what others bring: each counted once. Answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.plan_world import World, cells, day, sent, week

RATIONS = {"item": "kit", "need_lapses": True, "keeps_days": 90.0}
MEALS = {"item": "kit", "need_lapses": True, "keeps_days": 1.0}
HUNDREDS = {("Z1", "kit"): [100, 100, 100]}
SEVEN_A_DAY = {("Z1", "kit"): [49, 49, 49]}


def truck(**cells: Any) -> dict[str, Any]:
    return {"waybill": "W1", "zone": "Z1", "quantity": 60.0, "left": day(0), **cells}


def in_depot(world: World) -> float:
    """What the depot has to send: demand is far larger."""
    return sent(replace(world, demand={("Z1", "kit"): [10_000]}).planned())


# ------------------------------------------------------------------ what left a depot


@pytest.mark.parametrize(
    ("counted", "left", "there"),
    [
        ({"counted_on": day(-2)}, -1, 40),
        ({"counted_on": day(-2)}, -3, 100),
        ({"counted_on": day(-2)}, -2, 40),
        ({"counted_on": day(-2), "counted_at": "end_of_day"}, -2, 100),
        ({"counted_on": day(-2), "counted_at": "end_of_day"}, -1, 40),
    ],
    ids=["counted before it left", "counted after", "the morning of that day", "the evening of that day", "the evening before"],
)
def test_what_left_after_the_count_is_no_longer_in_the_depot(counted: dict[str, Any], left: int, there: float) -> None:
    world = World(HUNDREDS, stock=[{"quantity": 100, **counted}], dispatches=[truck(left=day(left), zone="elsewhere")])
    assert in_depot(world) == there


@pytest.mark.parametrize(("status", "there"), [("cancelled", 100), ("returned", 100), ("lost", 40), ("received", 40)])
def test_what_was_cancelled_or_came_back_is_in_the_depot(status: str, there: float) -> None:
    world = World(HUNDREDS, stock=[{"quantity": 100}], dispatches=[truck(zone="elsewhere", status=status)])
    assert in_depot(world) == there


def test_what_left_was_of_the_batch_that_expires_first_and_never_of_reserved_stock() -> None:
    stock = [
        {"quantity": 50, "batch": "late", "expiry": day(300)},
        {"quantity": 50, "batch": "soon", "expiry": day(100)},
        {"quantity": 50, "batch": "kept", "expiry": day(90), "status": "reserved"},
    ]
    world = World({("Z1", "kit"): [10_000]}, stock=stock, dispatches=[truck(zone="elsewhere")])
    lines = world.planned().lines
    assert dict(zip(lines["batch"], lines["quantity"], strict=True)) == {"late": 40}
    assert "1 load left depots since their stock was counted: taken off the count, first expired first." in world.ledger.remarks


def test_more_that_left_than_was_counted_is_noted_and_leaves_nothing() -> None:
    world = World(HUNDREDS, stock=[{"quantity": 100}], dispatches=[truck(quantity=130.0, zone="elsewhere")])
    assert in_depot(world) == 0
    assert [problem.problem for problem in world.ledger.problems.noted] == [
        "30 more of kit left D1 than its stock held when it was counted"
    ]


# ------------------------------------------------------------------ what is on the road to a zone


def test_half_a_load_received_leaves_the_other_half_on_the_road() -> None:
    dispatched = truck(left=day(-3), received=day(-1), received_quantity=25.0)
    plan = World(HUNDREDS, stock=[{"quantity": 1000}], dispatches=[dispatched]).planned()
    assert cells(plan, "in_transit") == [35, 0, 0]


@pytest.mark.parametrize(
    "closed",
    [{"received_quantity": 25.0, "lost": 35.0}, {"received_quantity": 25.0, "status": "received"}],
    ids=["lost", "closed"],
)
def test_what_was_lost_is_not_on_the_road(closed: dict[str, Any]) -> None:
    dispatched = truck(left=day(-3), received=day(-1), **closed)
    plan = World(HUNDREDS, stock=[{"quantity": 1000}], dispatches=[dispatched]).planned()
    assert cells(plan, "in_transit") == [0, 0, 0]


@pytest.mark.parametrize(("left", "comes"), [(-17, 60), (-18, 0)], ids=["14 days late", "15 days late"])
def test_what_is_long_overdue_is_no_longer_counted_on_and_named(left: int, comes: float) -> None:
    world = World(
        HUNDREDS, stock=[{"quantity": 1000}], dispatches=[truck(left=day(left))], routes=[{"to": "Z1", "lead_days": 3.0}]
    )
    assert cells(world.planned(), "in_transit") == [comes, 0, 0]
    named = [(problem.value, "no longer counted on" in problem.action) for problem in world.ledger.problems.noted]
    assert named == ([] if comes else [("W1", True)])


def test_a_waybill_marked_received_without_a_day_is_in_the_zone_since_it_was_due() -> None:
    counted = {"zone": "Z1", "quantity": 70, "counted_on": day(-2)}
    arrived = truck(left=day(-5), status="Received")
    world = World(SEVEN_A_DAY, [RATIONS], zone_stock=[counted], dispatches=[arrived], routes=[{"to": "Z1", "lead_days": 2.0}])
    assert cells(world.planned(), "zone_stock")[0] == pytest.approx(70 - 2 * 7)  # due on day -3, so the count holds it
    later = replace(world, dispatches=[{**arrived, "left": day(-4)}])  # due on day -2, the morning of the count
    assert cells(later.planned(), "zone_stock")[0] == pytest.approx(70 + 60 - 2 * 7)


# ------------------------------------------------------------------ what a zone has


def test_expected_demand_since_the_count_is_taken_off_and_said() -> None:
    world = World(SEVEN_A_DAY, [RATIONS], zone_stock=[{"zone": "Z1", "quantity": 200, "counted_on": day(-20)}])
    assert cells(world.planned(), "zone_stock")[0] == pytest.approx(200 - 20 * 7)
    said = [(line.applies_to, line.value) for line in world.ledger.assumptions if line.figure == "zone stock"]
    assert said == [("1 count made up to 20 days before the issue date", "count + receipts since - expected demand since")]


def test_a_stock_used_up_since_the_count_is_zero_not_negative() -> None:
    world = World(SEVEN_A_DAY, [RATIONS], zone_stock=[{"zone": "Z1", "quantity": 50, "counted_on": day(-20)}])
    assert cells(world.planned(), "zone_stock")[0] == 0


@pytest.mark.parametrize(
    ("received", "at", "there"),
    [(-3, "", 100 - 14), (-2, "", 100 + 60 - 14), (-2, "end_of_day", 100 - 7), (-1, "end_of_day", 100 + 60 - 7)],
    ids=["before the count", "that day, counted in the morning", "that day, counted in the evening", "after it"],
)
def test_a_receipt_after_the_count_is_added_and_one_before_is_in_it(received: int, at: str, there: float) -> None:
    counted = {"zone": "Z1", "quantity": 100, "counted_on": day(-2), "counted_at": at}
    arrived = truck(left=day(-6), received=day(received))
    plan = World(SEVEN_A_DAY, [RATIONS], zone_stock=[counted], dispatches=[arrived]).planned()
    assert cells(plan, "zone_stock")[0] == pytest.approx(there)
    assert cells(plan, "in_transit") == [0, 0, 0]


def test_a_receipt_after_a_stock_out_is_not_eaten_by_the_days_before_it() -> None:
    counted = {"zone": "Z1", "quantity": 14, "counted_on": day(-10)}  # gone after two days
    plan = World(SEVEN_A_DAY, [RATIONS], zone_stock=[counted], dispatches=[truck(left=day(-6), received=day(-3))]).planned()
    assert cells(plan, "zone_stock")[0] == pytest.approx(60 - 3 * 7)


def test_what_reached_a_zone_without_a_count_is_not_sent_again() -> None:
    world = World(SEVEN_A_DAY, [RATIONS], stock=[{"quantity": 1000}], dispatches=[truck(left=day(-2), received=day(-1))])
    plan = world.planned()
    assert cells(plan, "zone_stock")[0] == pytest.approx(60 - 7)
    assert sent(plan) == 3 * 49 - 53
    assert any(line.value == "what was received" for line in world.ledger.assumptions)


def test_goods_that_do_not_keep_are_not_counted_on_after_their_days() -> None:
    counted = {"zone": "Z1", "quantity": 500, "counted_on": day(-3)}
    plan = World(SEVEN_A_DAY, [MEALS], zone_stock=[counted], dispatches=[truck(left=day(-3), received=day(-2))]).planned()
    assert cells(plan, "zone_stock")[0] == 0


def test_the_count_of_an_item_without_demand_stays_as_it_was() -> None:
    items = [
        {"item": "tabs", "substitutes": "water", "keeps_days": 700.0},
        {"item": "water", "substitutes": "water", "keeps_days": 1.0},
    ]
    counted = {"zone": "Z1", "item": "tabs", "quantity": 30, "counted_on": day(-10)}
    plan = World({("Z1", "water"): [49]}, items, zone_stock=[counted]).planned()
    assert cells(plan, "zone_stock") == [30]


# ------------------------------------------------------------------ what comes to a depot


@pytest.mark.parametrize(
    ("arrival", "periods"),
    [
        ({"eta": day(2), "eta_high": day(8)}, (0, 0, 10)),
        ({"eta": day(0), "eta_low": day(-2)}, (10, 0, 0)),
        ({"eta": day(-3), "eta_high": day(5)}, (0, 10, 0)),
        ({"eta": day(-14)}, (0, 10, 0)),
        ({"eta": day(-15)}, (0, 0, 0)),
        ({"eta": day(0), "status": "planned"}, (10, 0, 0)),
        ({"eta": day(0), "status": "Cancelled"}, (0, 0, 0)),
        ({"eta": day(0), "status": "received"}, (0, 0, 0)),
    ],
    ids=[
        "from the latest date",
        "not before eta",
        "late but within its dates",
        "late",
        "too late",
        "planned",
        "cancelled",
        "received",
    ],
)
def test_when_an_arrival_is_counted_on(arrival: dict[str, Any], periods: tuple[float, ...]) -> None:
    world = World({("Z1", "kit"): [100, 100, 100]}, arrivals=[{"quantity": 10, **arrival}])
    plan = world.planned()
    assert tuple(sent(plan, load_on=week(number)) for number in range(3)) == periods


def test_uncertain_planned_and_forgotten_arrivals_are_said() -> None:
    arrivals = [
        {"quantity": 10, "eta": day(2), "eta_high": day(8)},
        {"quantity": 10, "eta": day(2), "status": "planned"},
        {"quantity": 10, "eta": day(-20)},
    ]
    world = World(HUNDREDS, arrivals=arrivals)
    world.planned()
    assert ("arrival date", "1 arrival with an uncertain date", "eta_high") in {
        (line.figure, line.applies_to, line.value) for line in world.ledger.assumptions
    }
    assert "Arrivals at depots that are planned, not confirmed: 1; counted on." in world.ledger.remarks
    assert "Arrivals at depots more than 14 days overdue (plan.overdue_days): 1; not counted on." in world.ledger.remarks


# ------------------------------------------------------------------ what others bring


def test_what_others_bring_for_a_need_is_shared_over_its_items_by_demand() -> None:
    items = [
        {"item": "kit", "need": "care", "need_lapses": False},
        {"item": "box", "need": "care", "need_lapses": False, "covers": 10.0},
        {"item": "rice", "need": "food", "need_lapses": False},
    ]
    demand = {("Z1", "kit"): [300], ("Z1", "box"): [10], ("Z1", "rice"): [50]}  # care: 300 and 100 need units
    brought = [{"zone": "Z1", "item": "", "need": "care", "period": week(0), "quantity": 80.0, "organisation": "Hands"}]
    stock = [{"item": item, "quantity": 1000} for item in ("kit", "box", "rice")]
    world = World(demand, items, stock=stock, by_others=brought)
    plan = world.planned()
    assert [cells(plan, "by_others", item=item) for item in ("kit", "box", "rice")] == [[60], [20], [0]]
    assert [sent(plan, item=item) for item in ("kit", "box", "rice")] == [240, 8, 50]
    assert "1 row for a need, not an item" in [line.applies_to for line in world.ledger.assumptions]


def test_water_of_others_is_gone_by_the_next_period_where_a_member_of_its_group_perishes() -> None:
    items = [
        {"item": "tabs", "need": "water", "substitutes": "drink", "covers": 20.0, "keeps_days": 700.0},
        {"item": "trucked", "need": "water", "substitutes": "drink", "keeps_days": 1.0},
    ]
    brought = [{"zone": "Z1", "item": "", "need": "water", "period": week(0), "quantity": 500.0}]
    plan = World({("Z1", "trucked"): [100, 100]}, items, by_others=brought).planned()
    assert cells(plan, "expected_unmet") == [0, 100]


def test_what_others_bring_for_a_need_nobody_has_there_is_said() -> None:
    brought = [{"zone": "Z1", "item": "", "need": "water", "period": week(0), "quantity": 500.0}]
    world = World(HUNDREDS, by_others=brought)
    world.planned()
    assert "Planned by others for a need without any planned demand there, not used: Z1 water." in world.ledger.remarks


def test_what_others_bring_after_the_plan_is_counted_not_used() -> None:
    world = World(HUNDREDS, by_others=[{"zone": "Z1", "period": week(3), "quantity": 10.0}])
    assert cells(world.planned(), "by_others") == [0, 0, 0]
    assert "1 row of planned_by_others for days after the plan: not used." in world.ledger.remarks


# ------------------------------------------------------------------ nothing is sent twice


@pytest.mark.parametrize("counted", [{}, {"quantity": 54.0, "counted_at": "end_of_day"}], ids=["stock file unchanged", "reduced"])
def test_half_of_a_line_dispatched_leaves_the_other_half_to_send(counted: dict[str, Any]) -> None:
    world = World(
        {("Z1", "kit"): [80], ("Z2", "kit"): [20]}, [RATIONS], stock=[{"quantity": 90.0}], routes=[{"to": "Z1"}, {"to": "Z2"}]
    )
    first = world.planned()
    line = first.lines[first.lines["quantity"] > 0].iloc[0]
    half = float(line["quantity"]) / 2
    assert (line["zone"], half) == ("Z1", 36)  # nine tenths of what each zone needs
    gone = {"waybill": "W1", "depot": "D1", "zone": "Z1", "quantity": half, "left": day(0)}
    again = replace(world, stock=[{"quantity": 90.0, **counted}], dispatches=[gone]).planned()
    assert sent(again, zone="Z1") == sent(first, zone="Z1") - half
    assert sent(again, zone="Z2") == sent(first, zone="Z2")
    assert cells(again, "in_transit") == [half, 0]
    assert np.array(cells(again, "expected_unmet")) == pytest.approx(cells(first, "expected_unmet"))


@pytest.mark.parametrize(
    ("named", "carried"),
    [({"vehicle": "truck", "trips": 2.0}, 2), ({"vehicle": "truck"}, 3), ({}, 4), ({"vehicle": "KBT 123"}, 4)],
    ids=["its trips", "its weight", "no vehicle", "a number plate"],
)
def test_trucks_that_left_today_do_not_carry_again(named: dict[str, Any], carried: int) -> None:
    # One truck of 1,000 kg, eight hours a week, two hours there and back: four loads of 100 kits.
    world = World(
        {("Z1", "kit"): [10_000]}, [{"item": "kit", "kg_per_unit": 10.0}], stock=[{"quantity": 10_000}],
        fleet=[{"hours_per_day": 8.0, "working_days": 1.0}],
        dispatches=[truck(quantity=100.0, **named)],
    )  # fmt: skip
    assert sent(world.planned()) == 100 * carried
    told = any("left today without a vehicle of the fleet" in remark for remark in world.ledger.remarks)
    assert told == (carried == 4)
    assert sent(replace(world, dispatches=[truck(quantity=100.0, left=day(-1), **named)]).planned()) == 400


def test_what_was_received_in_the_week_of_a_promise_is_kept_of_it_and_not_sent_again() -> None:
    promised = [{"zone": "Z1", "period": week(0), "fixed": 60.0}]
    world = World({("Z1", "kit"): [10]}, stock=[{"quantity": 500}], commitments=promised)
    assert sent(world.planned()) == 60
    here = truck(quantity=25.0, left=day(-2), received=day(0))
    assert sent(replace(world, dispatches=[here]).planned()) == 35
    assert sent(replace(world, dispatches=[{**here, "received": day(-1)}]).planned()) == 60  # the week before
    assert sent(replace(world, dispatches=[{**here, "quantity": 100.0}]).planned()) == 0
