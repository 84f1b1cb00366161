"""Stores of depots: a transfer waits until it fits, an arrival comes and is told; answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.plan_world import World, day, week
from tests.unit.test_transfers import KIT, served_from_afar

BULKY = {**KIT, "m3_per_unit": 0.5}


def small_store(**changes: Any) -> World:
    """As served_from_afar: Z1 wants 30 a week by way of D1, which has none and room for 20 kits; D2 has 100."""
    world = served_from_afar(items=[BULKY], depots=[{"depot": "D1", "dry_m3": 10.0}])
    return replace(world, **changes)


def test_no_more_is_moved_to_a_depot_than_fits_beside_what_lies_there() -> None:
    """What came in the first week leaves in the second, and makes room for as much in the third."""
    plan = small_store().planned()
    assert plan.transfers.groupby("load_on")["quantity"].sum().to_dict() == {week(0): 20, week(1): 20}
    assert plan.lines.groupby("load_on")["quantity"].sum().to_dict() == {week(1): 20, week(2): 20}


def test_what_lies_there_for_others_takes_room() -> None:
    other = {**BULKY, "item": "mat"}
    stock = [{"depot": "D2", "quantity": 100}, {"depot": "D1", "item": "mat", "quantity": 12}]
    assert small_store(items=[BULKY, other], stock=stock).planned().transfers["quantity"].max() == 8


def test_cold_goods_have_a_store_of_their_own() -> None:
    dose = {**BULKY, "carriage": "cold"}
    depots = [{"depot": "D1", "dry_m3": 0.0, "cold_m3": 5.0}]
    assert small_store(items=[dose], depots=depots).planned().transfers["quantity"].max() == 10


def test_an_arrival_that_does_not_fit_comes_and_is_told() -> None:
    world = small_store(between=[], stock=[], arrivals=[{"quantity": 50, "eta": day(7)}])
    assert world.planned().lines["quantity"].sum() == 50
    told = "More comes to a depot than its store holds (depots: dry_m3): D1 25.0 of 10.0 m3, from 2026-01-12."
    assert any(remark.startswith(told) for remark in world.ledger.remarks)


def test_a_depot_that_arrivals_over_fill_gets_no_transfers() -> None:
    world = small_store(arrivals=[{"quantity": 50, "eta": day(7)}])
    assert world.planned().transfers.empty


def test_without_a_limit_all_is_moved_at_once() -> None:
    assert served_from_afar(items=[BULKY]).planned().transfers["quantity"].tolist() == [90]


def test_a_depot_with_a_store_full_of_others_gets_no_transfers() -> None:
    stock = [{"depot": "D2", "quantity": 100}, {"depot": "D1", "item": "mat", "quantity": 30}]
    plan = small_store(items=[BULKY, {**BULKY, "item": "mat"}], stock=stock).planned()
    assert plan.transfers.empty
    assert plan.lines["quantity"].sum() == 0
