"""What binds, and what a step more brings: by hand, against a plan made anew, and never where something is left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from forecast.allocate import binding
from tests.plan_world import World, day, week

HEAVY = {"item": "kit", "kg_per_unit": 10.0}
ONE_TRIP = [{"hours_per_day": 7.0, "working_days": 1.0}]  # a week, over 3.5 hours one way: 100 kits
FAR = [{"to": "Z1", "hours_one_way": 3.5}]
SHUT = [{"from": "D1", "to": "Z1", "start": day(-9), "until": pd.NaT, "why": "flood"}]


def found(world: World) -> list[binding.Confirmed]:
    model = binding.need_model(world.problem(in_thought=True), world.config())
    assert model is not None
    return list(model.confirm(model.limits()))


def brought(world: World) -> dict[str, float]:
    """Kind -> what its dearest step brings."""
    return {one.limit.kind: one.brings for one in reversed(found(world))}


def test_one_pack_more_brings_the_people_it_serves() -> None:
    world = World({("Z1", "kit"): [100]}, [{"item": "kit", "pack": 5.0}], stock=[{"quantity": 60}], people={"Z1": 200.0})
    (one,) = found(world)
    assert (one.limit.kind, one.limit.where, one.limit.step) == ("stock", "kit at D1", "1 pack more (5 kit)")
    assert one.brings == pytest.approx(5 * 200 / 100)
    assert one.by_zone == pytest.approx([10.0])


def test_a_step_of_a_depot_with_much_is_a_hundred_packs() -> None:
    (one,) = found(World({("Z1", "kit"): [5000]}, stock=[{"quantity": 2000}], people={"Z1": 5000.0}))
    assert (one.limit.step, one.brings) == ("100 packs more (100 kit)", pytest.approx(100))


@pytest.mark.parametrize(("needed", "brings"), [(300, 100), (150, 50)], ids=["all of a trip", "less than its price says"])
def test_one_truck_day_more_brings_what_it_can_carry_and_is_wanted(needed: float, brings: float) -> None:
    world = World({("Z1", "kit"): [needed]}, [HEAVY], [{"quantity": 900}], routes=FAR, fleet=ONE_TRIP, people={"Z1": needed})
    (one,) = found(world)
    assert (one.limit.kind, one.limit.where) == ("trucks", "truck of D1, week of 2026-01-05")
    assert (one.limit.priced, one.brings) == (pytest.approx(100), pytest.approx(brings))


def test_an_open_lane_brings_what_it_lets_through() -> None:
    world = World({("Z1", "kit"): [100, 100]}, stock=[{"quantity": 150}], closures=SHUT, people={"Z1": 100.0})
    (one,) = found(world)
    assert (one.limit.kind, one.limit.where) == ("shut lanes", "D1-Z1")
    assert one.limit.step == "open from the week of 2026-01-05 to the week of 2026-01-12"
    assert one.brings == pytest.approx(150)


def test_a_vehicle_that_carries_cold_goods_brings_what_waits_in_the_cold_store() -> None:
    item = {**HEAVY, "carriage": "cold"}
    world = World({("Z1", "kit"): [80]}, [item], [{"quantity": 50}], routes=FAR, fleet=ONE_TRIP, people={"Z1": 80.0})
    (one,) = found(world)
    assert (one.limit.kind, one.limit.step, one.brings) == ("carriage", "its vehicles carry cold goods", pytest.approx(50))


def test_goods_that_another_vehicle_of_the_lane_carries_are_no_matter_of_carriage() -> None:
    fleet = [*ONE_TRIP, {**ONE_TRIP[0], "vehicle": "reefer", "carries": "cold"}]
    world = World({("Z1", "kit"): [300]}, [{**HEAVY, "carriage": "cold"}], [{"quantity": 900}], routes=FAR, fleet=fleet)
    assert set(brought(world)) == {"trucks"}


def test_a_tonne_more_loaded_is_a_step() -> None:
    world = World(
        {("Z1", "kit"): [80]}, [HEAVY], [{"quantity": 50}], people={"Z1": 80.0},
        depots=[{"depot": "D1", "loads_kg_per_day": 300.0, "calendar": "Mon"}],
    )  # fmt: skip
    assert brought(world)["loading"] == pytest.approx(20)


def test_a_cubic_metre_more_in_a_store_is_a_step() -> None:
    shut = {"from": "D1", "to": "Z1", "start": week(1), "until": pd.NaT, "why": "flood"}
    ration = {"item": "kit", "need_lapses": True, "keeps_days": 90.0, "m3_per_unit": 0.1}
    world = World(
        {("Z1", "kit"): [10, 10, 10]}, [ration], [{"quantity": 50}], zones=[{"zone": "Z1", "store_m3": 0.5}], closures=[shut],
        people={"Z1": 10.0},
    )  # fmt: skip
    assert brought(world)["stores"] == pytest.approx(10)


def test_a_shut_lane_between_depots_is_a_step() -> None:
    world = World(
        {("Z1", "kit"): [10, 10]}, [HEAVY], [{"depot": "D2", "quantity": 50}], between=[{"from": "D2", "to": "D1"}],
        closures=[{"from": "D2", "to": "D1", "start": week(0), "until": pd.NaT, "why": "flood"}], people={"Z1": 10.0},
    )  # fmt: skip
    assert brought(world)["lanes between depots"] == pytest.approx(10)


def test_a_lane_without_a_day_that_suits_is_a_step() -> None:
    never = [{"to": "Z1", "convoy_days": "Mon", "lead_days": 1.0}]
    world = World(
        {("Z1", "kit"): [10]}, [HEAVY], [{"quantity": 50}], routes=never, zones=[{"zone": "Z1", "receives_on": "Mon"}],
        people={"Z1": 10.0},
    )  # fmt: skip
    assert brought(world)["days of the week"] == pytest.approx(10)


def test_a_commitment_costs_what_others_lack_for_it() -> None:
    world = World(
        {("Z1", "kit"): [100], ("Z2", "kit"): [1]}, stock=[{"quantity": 100}], routes=[{"to": "Z1"}, {"to": "Z2"}],
        commitments=[{"zone": "Z2", "period": week(0), "fixed": 80.0}], people={"Z1": 100.0, "Z2": 1.0},
    )  # fmt: skip
    assert brought(world)["commitments"] == pytest.approx(79)


def test_the_survival_floor_costs_what_a_far_zone_takes_from_near_ones() -> None:
    # A trip to Z2 takes as long as five to Z1; each carries 10 kits. The floor takes all 10 hours.
    heavy = {"item": "kit", "kg_per_unit": 100.0, "need": "food", "per_person_per_day": 1 / 7}
    world = World(
        {("Z1", "kit"): [100], ("Z2", "kit"): [10]}, [heavy], [{"quantity": 900}], people={"Z1": 100.0, "Z2": 10.0},
        routes=[{"to": "Z1", "hours_one_way": 1.0}, {"to": "Z2", "hours_one_way": 5.0}],
        fleet=[{"hours_per_day": 10.0, "working_days": 1.0}],
        needs={"food": {"unit": "kit", "per_person_per_day": 1 / 7, "survival_per_person_per_day": 0.5 / 7, "source": "hand"}},
    )  # fmt: skip
    shares = [one for one in found(world) if one.limit.kind == "rules of sharing"]
    assert [one.limit.where for one in shares] == ["layer 'survival'"]
    # A point of the floor of Z2 is 0.05 kits and 0.05 hours; in that time Z1 gets 0.25 kits.
    assert shares[0].brings == pytest.approx(0.25 - 0.05, rel=1e-3)


def test_nothing_binds_where_there_is_plenty() -> None:
    world = World({("Z1", "kit"): [50]}, [HEAVY], [{"quantity": 900}], routes=FAR, fleet=ONE_TRIP)
    assert found(world) == []


def test_trucks_are_not_named_where_stock_is_gone_and_trucks_are_left() -> None:
    world = World({("Z1", "kit"): [300]}, [HEAVY], [{"quantity": 40}], routes=FAR, fleet=ONE_TRIP)
    assert set(brought(world)) == {"stock"}


def test_what_a_step_brings_is_what_a_plan_made_anew_comes_to() -> None:
    world = World(
        {("Z1", "kit"): [[50, 90, 120], [60, 80, 200]], ("Z2", "kit"): [[30, 70, 90], [10, 40, 160]]}, [HEAVY],
        stock=[{"quantity": 180}, {"depot": "D2", "quantity": 60}],
        routes=[{"from": depot, "to": zone, "hours_one_way": 3.0} for depot in ("D1", "D2") for zone in ("Z1", "Z2")],
        fleet=[{"depot": depot, "hours_per_day": 4.0, "working_days": 2.0} for depot in ("D1", "D2")],
    )  # fmt: skip
    for one in (confirmed for confirmed in found(world) if confirmed.limit.kind == "stock"):
        depot = one.limit.where.removeprefix("kit at ")
        more = [{**row, "quantity": row["quantity"] + (row.get("depot", "D1") == depot)} for row in world.stock]
        before, after = (some.solved().reached[0].value for some in (world, replace(world, stock=more)))
        assert one.brings == pytest.approx(before - after, abs=1e-6)
        assert one.brings > 0


def test_a_what_if_leaves_the_model_as_it_was() -> None:
    world = World({("Z1", "kit"): [300, 250]}, [HEAVY], [{"quantity": 900}], routes=FAR, fleet=ONE_TRIP)
    model = binding.need_model(world.problem(in_thought=True), world.config())
    assert model is not None
    limits = model.limits()
    first = [one.brings for one in model.confirm(limits)]
    again = [one.brings for one in model.confirm(reversed(limits))]
    assert len(first) > 1
    assert first == pytest.approx(again[::-1])


def test_without_the_need_among_its_layers_a_plan_has_no_prices() -> None:
    plan: dict[str, Any] = {"objectives": [{"use": "cost"}]}
    world = World({("Z1", "kit"): [100]}, stock=[{"quantity": 60}], plan=plan)
    assert binding.need_model(world.problem(in_thought=True), world.config()) is None
