"""Stores and fridges of zones: what does not fit stays in the depot; answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from forecast.errors import NoPlanError
from tests.plan_world import World, cells, day, reasons, sent, week

RATION = {"item": "kit", "need_lapses": True, "keeps_days": 90.0, "m3_per_unit": 0.5}
FLOOD = {"from": "D1", "to": "Z1", "start": week(1), "until": pd.NaT, "why": "flood"}


def cut_off(**changes: Any) -> World:
    """Z1 wants 100 a week, its road is open in the first week only; its store holds 50 m3, a hundred rations."""
    world = World(
        {("Z1", "kit"): [100, 100, 100]}, [RATION], stock=[{"quantity": 900}], closures=[FLOOD],
        zones=[{"zone": "Z1", "store_m3": 50.0}],
    )  # fmt: skip
    return replace(world, **changes)


def test_what_is_placed_ahead_of_the_flood_is_what_is_used_and_what_the_store_holds() -> None:
    plan = cut_off().planned()
    assert sent(plan) == 200
    assert cells(plan, "expected_unmet") == [0, 0, 100]
    assert sent(cut_off(zones=[]).planned()) == 300


def test_where_the_need_accumulates_all_that_was_missed_is_used_first() -> None:
    """Nothing comes in the first week; in the second 200 are wanted, so 200 are used and 100 fit in."""
    kit = {**RATION, "need_lapses": False, "keeps_days": float("nan")}
    shut = [{**FLOOD, "start": week(0), "until": week(1)}, {**FLOOD, "start": week(2)}]
    assert sent(cut_off(items=[kit], closures=shut, demand={("Z1", "kit"): [100, 100, 100, 100]}).planned()) == 300


def test_whole_packs_keep_to_the_store() -> None:
    plan = cut_off(items=[{**RATION, "pack": 30.0}]).planned()
    assert sent(plan) == 180


def test_what_lies_there_takes_room() -> None:
    plan = cut_off(zone_stock=[{"zone": "Z1", "quantity": 150}]).planned()
    assert sent(plan) == 50


def test_a_store_that_is_over_full_gets_nothing_and_is_told() -> None:
    world = cut_off(zone_stock=[{"zone": "Z1", "quantity": 250}], demand={("Z1", "kit"): [100, 100, 150]})
    assert sent(world.planned()) == 0
    told = "More lies in the store, or comes without this plan, than fits: Z1 (store). Nothing is added."
    assert told in world.ledger.remarks


def test_cold_goods_fill_the_fridge_and_not_the_store() -> None:
    dose = {"item": "dose", "carriage": "cold", "need_lapses": True, "keeps_days": 90.0, "m3_per_unit": 0.01}
    world = World(
        {("Z1", "kit"): [100, 100], ("Z1", "dose"): [100, 100]}, [RATION, dose], closures=[FLOOD],
        stock=[{"quantity": 900}, {"item": "dose", "quantity": 900}],
        zones=[{"zone": "Z1", "store_m3": 1000.0, "cold_m3": 0.2}],
    )  # fmt: skip
    plan = world.planned()
    assert (sent(plan, item="kit"), sent(plan, item="dose")) == (200, 120)
    assert list(plan.cells.loc[plan.cells["expected_unmet"] > 0, "reason"]) == ["fridge of Z1 full"]
    assert reasons(plan, item="dose") == ["demand met, and stocked ahead: lane shut from 2026-01-12"]


def test_goods_that_perish_are_handed_out_not_stored() -> None:
    meals = cut_off(items=[{**RATION, "keeps_days": 1.0}], closures=[], zones=[{"zone": "Z1", "store_m3": 0.0}])
    assert sent(meals.planned()) == 300


def test_goods_that_stand_in_for_each_other_share_the_demand() -> None:
    """100 L a week; tanks of 1 m3 serve 10 L, boxes of 0.1 m3 serve 10 L: use is counted at a box, so a tank stays longer."""
    box = {"item": "box", "covers": 10.0, "substitutes": "water", "keeps_days": 90.0, "m3_per_unit": 0.1}
    tank = {**box, "item": "tank", "m3_per_unit": 1.0}
    world = World(
        {("Z1", "box"): [10, 10], ("Z1", "tank"): [0, 0]}, [box, tank], stock=[{"item": "tank", "quantity": 50}],
        zones=[{"zone": "Z1", "store_m3": 4.5}],
    )  # fmt: skip
    plan = world.planned()
    assert sent(plan, load_on=week(0)) == 5
    assert sent(plan) == 6


def test_a_promise_beyond_the_store_names_it() -> None:
    world = cut_off(commitments=[{"zone": "Z1", "period": week(0), "minimum": 300}])
    with pytest.raises(NoPlanError, match="What binds: room in the store of Z1, dry"):
        world.planned()


def test_a_daily_plan_brings_what_was_used_the_day_before() -> None:
    world = cut_off(closures=[], plan={"period": "D", "horizon": 7}, zones=[{"zone": "Z1", "store_m3": 0.0}])
    plan = world.planned()
    assert plan.lines["load_on"].tolist() == [day(n) for n in range(7)]
    assert (plan.lines["quantity"] <= 15).all()
