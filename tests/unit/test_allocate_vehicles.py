"""Vehicles: hours, payload in kg and m3, carriage, limits of lanes, cost. Answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.plan_world import World, cells, reasons, sent, week

KIT = {"item": "kit", "kg_per_unit": 1.0, "m3_per_unit": 0.01}
TRUCK = {"count": 1, "payload_kg": 10.0, "hours_per_day": 1.0, "working_days": 7.0}  # 7 hours a week
HUNDREDS = {("Z1", "kit"): [100, 100]}


def test_a_truck_carries_its_payload_as_often_as_its_hours_allow() -> None:
    world = World(HUNDREDS, [KIT], stock=[{"quantity": 1000}], fleet=[TRUCK], routes=[{"to": "Z1", "hours_one_way": 0.5}])
    plan = world.planned()
    assert cells(plan, "planned") == [70, 70]  # 7 round trips of an hour, 10 kg each
    assert list(plan.lines["trips"]) == [7, 7]
    assert reasons(plan) == ["as much as can be: trucks of D1 full"] * 2


def test_volume_fills_a_truck_before_weight_does() -> None:
    truck = {**TRUCK, "payload_m3": 0.05}
    world = World(HUNDREDS, [KIT], stock=[{"quantity": 1000}], fleet=[truck], routes=[{"to": "Z1", "hours_one_way": 0.5}])
    plan = world.planned()
    assert cells(plan, "planned") == [35, 35]
    assert list(plan.lines["trips"]) == [7, 7]


def test_working_days_and_hours_of_the_config_stand_in_for_those_not_given() -> None:
    truck = {**TRUCK, "hours_per_day": np.nan, "working_days": np.nan}
    world = World(HUNDREDS, [KIT], stock=[{"quantity": 1000}], fleet=[truck], routes=[{"to": "Z1", "hours_one_way": 0.5}])
    assert cells(replace(world, plan={"hours_per_day": 2, "working_days": 3}).planned(), "planned") == [60, 60]


def test_a_far_zone_does_not_drag_the_fleet_from_a_near_one() -> None:
    # 10 truck-hours: ten units to the near zone, or one to the far zone.
    truck = {"count": 1, "payload_kg": 1.0, "hours_per_day": 10.0, "working_days": 1.0}
    routes = [{"to": "Z1", "hours_one_way": 0.5}, {"to": "Z2", "hours_one_way": 5.0}]
    demand = {("Z1", "kit"): [10], ("Z2", "kit"): [10]}
    plan = World(demand, [KIT], stock=[{"quantity": 100}], fleet=[truck], routes=routes).planned()
    assert cells(plan, "expected_unmet") == [0, 10]
    assert reasons(plan, zone="Z2") == ["trucks of D1 full"]


def test_a_lane_for_light_vehicles_takes_lighter_loads() -> None:
    world = World(HUNDREDS, [KIT], stock=[{"quantity": 1000}], fleet=[TRUCK])
    routes = [{"to": "Z1", "hours_one_way": 0.5, "max_vehicle_kg": 4.0}]
    assert cells(replace(world, routes=routes).planned(), "planned") == [28, 28]


def test_a_lane_names_the_vehicles_that_may_use_it() -> None:
    fleet = [TRUCK, {**TRUCK, "vehicle": "boat", "payload_kg": 2.0}]
    routes = [{"to": "Z1", "hours_one_way": 0.5, "vehicles": "boat, canoe"}]
    plan = World(HUNDREDS, [KIT], stock=[{"quantity": 1000}], fleet=fleet, routes=routes).planned()
    assert set(plan.lines["vehicle"]) == {"boat"}
    assert cells(plan, "planned") == [14, 14]


def test_cold_vaccine_does_not_ride_in_a_dry_truck() -> None:
    vaccine = {**KIT, "carriage": "cold"}
    world = World(HUNDREDS, [vaccine], stock=[{"quantity": 1000}], fleet=[TRUCK])
    plan = world.planned()
    assert sent(plan) == 0
    assert reasons(plan) == ["no vehicle of D1 on this lane carries cold goods (kit)"]
    reefer = {**TRUCK, "vehicle": "reefer", "carries": "dry cold"}
    assert set(replace(world, fleet=[TRUCK, reefer]).planned().lines["vehicle"]) == {"reefer"}


def test_a_depot_without_vehicles_sends_nothing_and_it_is_said() -> None:
    routes = [{"to": "Z1"}, {"from": "D2", "to": "Z1"}]
    stock = [{"depot": "D2", "quantity": 500}]
    world = World(HUNDREDS, [KIT], stock=stock, fleet=[TRUCK], routes=routes)
    plan = world.planned()
    assert sent(plan) == 0
    assert "No vehicle in the fleet of D2: nothing leaves there." in world.ledger.remarks
    assert reasons(plan) == ["no kit at D1; D2 has no vehicle for the lane to Z1"]


def test_without_a_fleet_there_is_no_limit_and_no_trips_are_shown() -> None:
    world = World(HUNDREDS, [KIT], stock=[{"quantity": 1000}])
    plan = world.planned()
    assert sent(plan) == 200
    assert plan.lines["trips"].isna().all()
    assert "haulage" not in plan.figures
    assert "No fleet is given: vehicles are no limit to this plan, and it shows no trips." in world.ledger.remarks


def test_the_cheaper_lane_is_used_when_both_meet_the_need() -> None:
    routes = [{"to": "Z1", "hours_one_way": 5.0}, {"from": "D2", "to": "Z1", "hours_one_way": 2.0}]
    stock = [{"quantity": 150}, {"depot": "D2", "quantity": 150}]
    plan = World(HUNDREDS, [KIT], stock=stock, routes=routes).planned()
    assert (sent(plan, depot="D1"), sent(plan, depot="D2")) == (50, 150)


def test_the_cost_of_a_trip_is_the_lanes_then_the_vehicles_then_an_hours() -> None:
    routes = [{"to": "Z1", "hours_one_way": 0.5, "cost_per_trip": 80.0, "cost_per_kg": 1.0}]
    fleet = [{**TRUCK, "cost_per_trip": 30.0, "payload_kg": 100.0}]
    world = World(HUNDREDS, [KIT], stock=[{"quantity": 1000}], fleet=fleet, routes=routes)
    assert world.planned().figures["haulage"] == pytest.approx(2 * 80 + 200)
    without = replace(world, routes=[{"to": "Z1", "hours_one_way": 0.5}])
    assert without.planned().figures["haulage"] == pytest.approx(2 * 30)
    neither = replace(without, fleet=[{**TRUCK, "payload_kg": 100.0}])
    assert neither.planned().figures["haulage"] == pytest.approx(2 * 0.5)
    assert [assumed.figure for assumed in neither.ledger.assumptions].count("cost_per_trip") == 1


def test_trips_of_the_lines_of_one_truck_add_up_to_its_loads() -> None:
    items = [{"item": "kit", "kg_per_unit": 1.0}, {"item": "tent", "kg_per_unit": 5.0}]
    demand = {("Z1", "kit"): [30], ("Z1", "tent"): [4]}
    stock = [{"quantity": 30}, {"item": "tent", "quantity": 4}]
    world = World(demand, items, stock=stock, fleet=[{**TRUCK, "payload_kg": 100.0}])
    plan = replace(world, plan={"firm_periods": 0}).planned()
    assert plan.lines.set_index("item")["trips"].to_dict() == {"kit": 0.3, "tent": 0.2}
    assert plan.figures["trips"] == pytest.approx(0.5)
    plan = world.planned()  # half a truck of goods: one truck leaves
    assert plan.lines.set_index("item")["trips"].to_dict() == {"kit": 0.6, "tent": 0.4}
    assert plan.figures["trips"] == pytest.approx(1.0)


def test_a_truck_is_used_again_each_period() -> None:
    world = World({("Z1", "kit"): [0, 0, 210]}, [KIT], stock=[{"quantity": 1000}], fleet=[TRUCK])
    plan = replace(world, routes=[{"to": "Z1", "hours_one_way": 0.5}]).planned()
    assert [sent(plan, load_on=week(number)) for number in range(3)] == [70, 70, 70]
