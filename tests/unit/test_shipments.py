"""The smallest load: of a lane, and between depots."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.plan_world import World, day, sent
from tests.unit.test_transfers import KIT, TO_D1, served_from_afar

TRUCK = {"payload_kg": 10000.0}


def small_need(**changes: Any) -> World:
    """Z1 wants a thousand kits and has all but eight; eight kits, 80 kg, wait in D2."""
    world = served_from_afar(
        demand={("Z1", "kit"): [300, 300, 400]},
        stock=[{"depot": "D1", "quantity": 992}, {"depot": "D2", "quantity": 8}],
        fleet=[TRUCK, {**TRUCK, "depot": "D2"}],
    )
    return replace(world, **changes)


def test_no_vehicle_moves_one_box_between_depots() -> None:
    world = small_need()
    assert world.planned().transfers.empty
    assert any(
        remark.startswith("Small transfers (plan.min_shipment, routes: min_shipment_kg): 1 load")
        for remark in world.ledger.remarks
    )


def test_unless_a_zone_would_feel_it() -> None:
    felt = small_need(demand={("Z1", "kit"): [3, 3, 3]}, stock=[{"depot": "D2", "quantity": 9}])
    assert felt.planned().transfers["quantity"].sum() == 9


def test_a_lane_between_depots_has_a_smallest_load_of_its_own() -> None:
    enough = small_need(between=[{**TO_D1, "min_shipment_kg": 50.0}])
    assert enough.planned().transfers["quantity"].sum() == 8
    assert small_need(between=[{**TO_D1, "min_shipment_kg": 90.0}]).planned().transfers.empty


def test_a_lane_to_a_zone_has_a_smallest_load_of_its_own() -> None:
    """Two hundred kits are there now, one more comes in the second week: it is no load for a lane of 20 kg and more."""
    plan = {"visit_days": 7, "safety_days": 0, "min_shipment": {"vehicle_share": 0.0}}
    world = World(
        {("Z1", "kit"): [200, 1]}, [KIT], stock=[{"quantity": 200}], arrivals=[{"quantity": 1, "eta": day(7)}], fleet=[TRUCK],
        plan=plan,
    )  # fmt: skip
    assert sent(world.planned()) == 201
    assert sent(replace(world, routes=[{"to": "Z1", "min_shipment_kg": 20.0}]).planned()) == 200
