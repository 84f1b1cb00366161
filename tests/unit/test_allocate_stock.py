"""Depot stock: balance, expiry and FEFO, substitutes, whole packs, commitments, survival. Answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast.allocate.solver import STATUS, Kept
from forecast.errors import InputError, NoPlanError
from tests.plan_world import World, cells, day, reasons, sent, week

HUNDREDS = {("Z1", "kit"): [100, 100, 100]}
MEALS = {"item": "kit", "keeps_days": 1.0}
TWO_ZONES = [{"to": "Z1"}, {"to": "Z2"}]


def test_a_batch_that_expires_before_it_could_arrive_is_never_sent() -> None:
    stock = [{"quantity": 300, "batch": "old", "expiry": day(3)}]
    plan = World(HUNDREDS, stock=stock, routes=[{"to": "Z1", "lead_days": 3.0}]).planned()
    assert sent(plan) == 0
    assert reasons(plan) == ["the kit at D1 expires before it can arrive"]
    assert list(plan.depot_stock["expired"]) == [300, 0, 0]


def test_the_batch_that_expires_first_leaves_first_and_a_line_is_split_over_batches() -> None:
    stock = [
        {"quantity": 80, "batch": "fresh"},
        {"quantity": 50, "batch": "old", "expiry": day(10)},
        {"quantity": 50, "batch": "older", "expiry": day(4)},
    ]
    plan = World({("Z1", "kit"): [120]}, stock=stock).planned()
    assert list(plan.lines["batch"]) == ["older", "old", "fresh"]
    assert list(plan.lines["quantity"]) == [50, 50, 20]
    assert list(plan.lines["expiry"]) == [day(4), day(10), pd.NaT]


def test_goods_that_outlive_a_far_arrival_are_kept_for_it() -> None:
    # 100 that expire in 5 days, 100 that last. Z2 is 6 days away: it can only have the second hundred.
    stock = [{"quantity": 100, "batch": "old", "expiry": day(5)}, {"quantity": 100, "batch": "fresh"}]
    routes = [{"to": "Z1", "hours_one_way": 1.0}, {"to": "Z2", "hours_one_way": 40.0, "lead_days": 6.0}]
    plan = World({("Z1", "kit"): [100], ("Z2", "kit"): [100]}, stock=stock, routes=routes).planned()
    assert plan.lines.set_index("zone")["batch"].to_dict() == {"Z1": "old", "Z2": "fresh"}
    assert cells(plan, "expected_unmet") == [0, 0]


def test_stock_that_expires_is_used_before_the_stock_that_lasts() -> None:
    stock = [{"quantity": 100, "batch": "lasts"}, {"quantity": 100, "batch": "expires", "expiry": day(9)}]
    plan = World(HUNDREDS, [MEALS], stock=stock).planned()
    assert cells(plan, "planned") == [100, 100, 0]
    assert plan.lines.set_index("load_on")["batch"].to_dict() == {week(0): "expires", week(1): "lasts"}


def test_of_two_depots_the_one_whose_stock_expires_sends_first() -> None:
    routes = [{"to": "Z1"}, {"from": "D2", "to": "Z1"}]
    stock = [{"quantity": 100}, {"depot": "D2", "quantity": 100, "expiry": day(20)}]
    plan = World({("Z1", "kit"): [100, 0, 0]}, stock=stock, routes=routes).planned()
    assert (sent(plan, depot="D1"), sent(plan, depot="D2")) == (0, 100)


def test_depot_stock_closes_with_what_came_less_what_left_and_expired() -> None:
    stock = [{"quantity": 130, "batch": "a"}, {"quantity": 40, "batch": "b", "expiry": day(1)}]
    plan = World(HUNDREDS, [MEALS], stock=stock, arrivals=[{"quantity": 50, "eta": week(1)}]).planned()
    assert list(plan.depot_stock["arrivals"]) == [0, 50, 0]
    assert list(plan.depot_stock["shipped"]) == [100, 100, 20]
    assert list(plan.depot_stock["expired"]) == [0, 0, 0]
    assert list(plan.depot_stock["closing"]) == [70, 20, 0]


def test_tablets_and_trucked_water_are_not_both_sent_for_the_same_thirst() -> None:
    items = [
        {"item": "tablet", "need": "water", "covers": 20.0, "substitutes": "drink", "unit": "tablet"},
        {"item": "tanker", "need": "water", "covers": 1.0, "substitutes": "drink", "unit": "L", "keeps_days": 1.0},
    ]
    demand = {("Z1", "tablet"): [20], ("Z1", "tanker"): [600]}  # 400 L + 600 L
    stock = [{"item": "tablet", "quantity": 1000}, {"item": "tanker", "quantity": 5000}]
    plan = World(demand, items, stock=stock).planned()
    assert cells(plan, "demand_mean") == [1000]
    assert cells(plan, "planned") == [1000]
    assert plan.lines.set_index("item")["quantity"].to_dict() == {"tablet": 50, "tanker": 0}
    assert reasons(plan, item="tanker") == ["demand met by tablet"]


def test_of_a_group_only_the_goods_that_last_are_left_over() -> None:
    items = [
        {"item": "tablet", "need": "water", "covers": 20.0, "substitutes": "drink", "unit": "tablet"},
        {"item": "tanker", "need": "water", "covers": 1.0, "substitutes": "drink", "unit": "L", "keeps_days": 1.0},
    ]
    demand = {("Z1", "tablet"): [0, 0], ("Z1", "tanker"): [100, 1000]}
    shut = {"from": "D1", "to": "Z1", "start": week(1), "until": pd.NaT, "why": ""}
    zone_stock = [{"zone": "Z1", "item": "tanker", "quantity": 500}, {"zone": "Z1", "item": "tablet", "quantity": 10}]
    world = World(demand, items, stock=[{"item": "tablet", "quantity": 25}, {"item": "tanker", "quantity": 5000}])
    plan = replace(world, zone_stock=zone_stock, closures=[shut]).planned()
    # Week 1 drinks 100 of the 500 L that perish; 10 + 25 tablets, 700 L, wait for week 2.
    assert cells(plan, "zone_stock") == [700, 700]
    assert cells(plan, "expected_unmet") == [0, 300]
    assert sent(plan, item="tablet") == 25


@pytest.mark.parametrize("pack", [1.0, 30.0, 100.0])
def test_whole_packs_never_exceed_the_stock(pack: float) -> None:
    plan = World(HUNDREDS, [{"item": "kit", "pack": pack}], stock=[{"quantity": 170}]).planned()
    assert sent(plan) == 170 // pack * pack
    assert (plan.lines["packs"] * pack == plan.lines["quantity"]).all()


def test_packs_are_whole_in_each_batch() -> None:
    stock = [{"quantity": 130, "batch": "a"}, {"quantity": 70, "batch": "b"}]  # 2 packs and 1, not 4
    plan = World(HUNDREDS, [{"item": "kit", "pack": 50.0}], stock=stock).planned()
    assert plan.lines.set_index("batch")["packs"].to_dict() == {"a": 2, "b": 1}


def test_a_pack_freed_by_rounding_goes_where_it_lowers_the_shortage_most() -> None:
    # The plan splits 100 into 60 and 40; only one pack of 100 is there, and Z2 would miss more of it.
    demand = {("Z1", "kit"): [40], ("Z2", "kit"): [90]}
    plan = World(demand, [{"item": "kit", "pack": 100.0}], stock=[{"quantity": 100}], routes=TWO_ZONES).planned()
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (0, 100)
    assert reasons(plan, zone="Z1") == ["stock of kit gone at D1"]


def test_no_line_is_below_one_pack_and_every_planned_pair_has_a_line() -> None:
    demand = {("Z1", "kit"): [3], ("Z2", "kit"): [0], ("Z3", "kit"): [3]}
    routes = [*TWO_ZONES, {"from": "D2", "to": "Z3"}]
    plan = World(demand, [{"item": "kit", "pack": 10.0}], stock=[{"quantity": 10}], routes=routes).planned()
    assert plan.lines.set_index("zone")["quantity"].to_dict() == {"Z1": 10, "Z2": 0, "Z3": 0}
    assert reasons(plan, zone="Z2") == ["no demand expected"]
    assert reasons(plan, zone="Z3") == ["no kit at D2"]


def test_pairs_without_a_demand_model_are_not_planned() -> None:
    items = [{"item": "kit"}, {"item": "tent"}]
    demand = {("Z1", "kit"): [10], ("Z2", "tent"): [10]}
    plan = World(demand, items, stock=[{"quantity": 100}, {"item": "tent", "quantity": 100}], routes=TWO_ZONES).planned()
    assert list(plan.lines[["zone", "item"]].itertuples(index=False, name=None)) == [("Z1", "kit"), ("Z2", "tent")]
    assert len(plan.cells) == 2


def test_a_promised_minimum_is_kept_even_where_another_zone_misses_more() -> None:
    demand = {("Z1", "kit"): [0], ("Z2", "kit"): [100]}
    promised = [{"zone": "Z1", "period": week(0), "minimum": 30.0, "who": "UNICEF", "reason": "agreed"}]
    plan = World(demand, stock=[{"quantity": 100}], routes=TWO_ZONES, commitments=promised).planned()
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (30, 70)
    assert reasons(plan, zone="Z1") == ["commitment: minimum 30 of kit for Z1 in the period of 2026-01-05 (UNICEF, agreed)"]


def test_a_maximum_holds_back_and_is_named_as_the_cause() -> None:
    world = World({("Z1", "kit"): [100]}, stock=[{"quantity": 500}])
    plan = replace(world, commitments=[{"zone": "Z1", "period": week(0), "maximum": 40.0}]).planned()
    assert sent(plan) == 40
    assert list(plan.cells["reason"]) == ["a commitment allows no more kit"]


def test_a_fixed_quantity_counts_what_is_already_on_the_road() -> None:
    truck = {"waybill": "W1", "zone": "Z1", "quantity": 25, "left": day(0)}
    world = World({("Z1", "kit"): [10]}, stock=[{"quantity": 500}], dispatches=[truck])
    assert sent(replace(world, commitments=[{"zone": "Z1", "period": week(0), "fixed": 60.0}]).planned()) == 35


def test_a_minimum_is_rounded_up_to_whole_packs() -> None:
    world = World({("Z1", "kit"): [0]}, [{"item": "kit", "pack": 20.0}], stock=[{"quantity": 500}])
    assert sent(replace(world, commitments=[{"zone": "Z1", "period": week(0), "minimum": 50.0}]).planned()) == 60


def test_commitments_that_clash_are_named_with_what_binds() -> None:
    promised = [{"zone": zone, "period": week(0), "minimum": 60.0} for zone in ("Z1", "Z2")]
    world = World({("Z1", "kit"): [10], ("Z2", "kit"): [10]}, stock=[{"quantity": 100}], routes=TWO_ZONES, commitments=promised)
    with pytest.raises(NoPlanError, match=r"minimum 60 of kit for Z\d.*: 20 short") as caught:
        world.planned()
    assert "What binds: stock of D1, kit." in str(caught.value)
    assert "Z1" in str(caught.value)
    assert "Z2" in str(caught.value)


def test_a_commitment_behind_a_shut_lane_says_so() -> None:
    shut = {"from": "D1", "to": "Z1", "start": day(0), "until": pd.NaT, "why": "flood"}
    promised = [{"zone": "Z1", "period": week(0), "fixed": 60.0}]
    world = World({("Z1", "kit"): [10]}, stock=[{"quantity": 100}], closures=[shut], commitments=promised)
    with pytest.raises(NoPlanError, match=r"60 short\. Nothing can be sent: the lane is shut"):
        world.planned()


def test_commitments_that_lie_outside_the_plan_are_said_not_dropped() -> None:
    promised = [{"zone": "Z1", "period": week(9), "minimum": 60.0}]
    world = World({("Z1", "kit"): [10]}, stock=[{"quantity": 100}], commitments=promised)
    assert sent(world.planned()) == 10
    assert "Commitments outside the plan's periods, zones or items, not used: Z1 kit 2026-03-09." in world.ledger.remarks


WATER = {"item": "water", "need": "water", "unit": "L", "keeps_days": 1.0}
FLOOR = {"water": {"unit": "L", "per_person_per_day": 10, "survival_per_person_per_day": 5, "source": "test"}}
THIRST = {("Z1", "water"): [700], ("Z2", "water"): [700]}  # 10 people each, 10 L a day


def test_the_survival_floor_is_shared_out_before_priorities_speak() -> None:
    priorities = [{"zone": "Z1", "need": "water", "weight": 5.0}]
    stock = [{"item": "water", "quantity": 800}]
    world = World(THIRST, [WATER], stock=stock, routes=TWO_ZONES, priorities=priorities, people={"Z1": 10, "Z2": 10})
    assert (sent(world.planned(), zone="Z1"), sent(world.planned(), zone="Z2")) == (700, 100)
    floored = replace(world, needs=FLOOR).planned()
    assert (sent(floored, zone="Z1"), sent(floored, zone="Z2")) == (450, 350)
    assert floored.figures["survival"] == pytest.approx(1)
    assert floored.figures["survival_published_water"] == pytest.approx(1)
    assert "Survival floors, of zones within reach, in whole packs: water held in 2 of 2 zones." in world.ledger.remarks


def test_zones_that_have_less_than_their_survival_floor_are_named() -> None:
    stock = [{"item": "water", "quantity": 399}]  # the floors: 350 each; of 57 packs of 7, one zone gets 29, the other 28
    items = [{**WATER, "pack": 7.0}]
    world = World(THIRST, items, stock=stock, routes=TWO_ZONES, needs=FLOOR)
    assert world.planned().figures["survival_published_water"] == pytest.approx(28 / 50)
    told = "Survival floors, of zones within reach, in whole packs: water held in 0 of 2 zones, not in Z2 56%, Z1 58%."
    assert told in world.ledger.remarks


def test_a_zone_out_of_reach_pins_no_floor_and_is_listed() -> None:
    stock = [{"item": "water", "quantity": 800}]
    world = World({**THIRST, ("Z3", "water"): [700]}, [WATER], stock=stock, routes=TWO_ZONES, needs=FLOOR)
    plan = world.planned()
    assert plan.figures["survival"] == pytest.approx(1)
    assert reasons(plan, zone="Z3") == ["no lane leads to Z3"]
    assert "No water can be sent to 1 zones; they do not hold down the survival floor of the others: Z3." in world.ledger.remarks


def test_stock_that_lies_in_a_zone_holds_the_floor_of_one_week_not_of_each_it_lies_through() -> None:
    lasting = {**WATER, "keeps_days": np.nan}
    demand = {("Z1", "water"): [700, 700], ("Z2", "water"): [700, 700]}
    stock = [{"item": "water", "quantity": 1000}]
    zone_stock = [{"zone": "Z1", "item": "water", "quantity": 350}]
    world = World(demand, [lasting], stock=stock, zone_stock=zone_stock, routes=TWO_ZONES, needs=FLOOR)
    # Floors: 350 a week in each of two zones and two weeks, 1400 in all; 1350 are there.
    assert world.planned().figures["survival"] == pytest.approx(1350 / 1400)


def test_priority_decides_who_gets_scarce_stock() -> None:
    demand = {("Z1", "kit"): [100], ("Z2", "kit"): [100]}
    world = World(demand, stock=[{"quantity": 100}], routes=TWO_ZONES)
    first = replace(world, priorities=[{"zone": "Z2", "need": "food", "weight": 2.0}]).planned()
    assert (sent(first, zone="Z1"), sent(first, zone="Z2")) == (0, 100)


def test_litres_and_rations_are_weighed_by_the_people_they_serve() -> None:
    # One truck-load of 70 kg: 70 L serve one person for a week, 70 rations of 1 kg serve ten.
    items = [
        {"item": "ration", "need": "food", "kg_per_unit": 1.0, "per_person_per_day": 1.0, "keeps_days": 1.0},
        {"item": "water", "need": "water", "kg_per_unit": 1.0, "per_person_per_day": 10.0, "keeps_days": 1.0},
    ]
    demand = {("Z1", "ration"): [70], ("Z1", "water"): [700]}
    stock = [{"item": "ration", "quantity": 1000}, {"item": "water", "quantity": 1000}]
    fleet = [{"payload_kg": 70.0, "count": 1, "hours_per_day": 2.0, "working_days": 1.0}]
    plan = World(demand, items, stock=stock, fleet=fleet).planned()
    assert (sent(plan, item="ration"), sent(plan, item="water")) == (70, 0)


def test_an_unknown_objective_and_a_wrong_setting_are_named() -> None:
    world = World(HUNDREDS, stock=[{"quantity": 300}])
    with pytest.raises(InputError, match=r"'cots' is not one of forecast/allocate/objectives\. Did you mean 'cost'"):
        replace(world, plan={"objectives": [{"use": "cots"}]}).planned()
    with pytest.raises(InputError, match=r"(?s)plan.objectives\[1\].*'handling' is not a setting"):
        replace(world, plan={"objectives": [{"use": "need"}, {"use": "cost", "handling": 1}]}).planned()


def test_out_of_time_is_no_plan_never_the_do_nothing_plan() -> None:
    world = World(HUNDREDS, stock=[{"quantity": 300}])
    with pytest.raises(NoPlanError, match="Time ran out in the layer 'need'"):
        replace(world, plan={"time_limit_seconds": 1e-9}).planned()


def test_a_layer_that_fails_from_the_last_plan_on_is_solved_from_scratch(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(HUNDREDS, stock=[{"quantity": 300}])
    whole, ended = world.planned(), Kept._ended
    tried: list[bool] = []

    def unknown_from_last(kept: Kept, *, from_last: bool, **how: Any) -> object:
        tried.append(from_last)
        status = ended(kept, from_last=from_last, **how)
        return STATUS.kUnknown if from_last else status

    monkeypatch.setattr(Kept, "_ended", unknown_from_last)
    assert world.planned().lines.equals(whole.lines)
    assert tried[-4:] == [True, False, True, False]  # fairness, then cost, each from the last plan first


def test_a_demand_that_ends_before_the_first_period_does_is_refused() -> None:
    world = World({("Z1", "kit"): [100]}, stock=[{"quantity": 300}], forecast={"period": "D"}, horizon=1)
    with pytest.raises(InputError, match="does not reach over the first plan period"):
        world.planned()
