"""Whole vehicles in the firm periods: part loads share one on a round, or stay behind. Answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from forecast.allocate.carrying import Cargo, choose
from forecast.allocate.petals import Round
from tests.plan_world import World, cells, reasons, sent, week

RATIONS = {"item": "kit", "need_lapses": True, "keeps_days": 90.0, "kg_per_unit": 10.0}
BOTH = [{"to": "Z1", "hours_one_way": 3.0}, {"to": "Z2", "hours_one_way": 3.0}]
FIRM = {"min_shipment": {"vehicle_share": 0}, "firm_periods": 1}


def two_part_loads(hours: float, **changes: object) -> World:
    """Z1 wants 30 % of a truck, Z2 20 %, three hours off; a degree of longitude between them: 111.2 km / 25 km/h = 4.45 h."""
    fleet = [{"payload_kg": 1000.0, "hours_per_day": hours / 7}]
    demand = {("Z1", "kit"): [30], ("Z2", "kit"): [20]}
    world = World(demand, [RATIONS], stock=[{"quantity": 500}], routes=BOTH, fleet=fleet, plan=FIRM)
    return replace(world, **changes)


def test_two_part_loads_share_a_truck_on_a_round() -> None:
    plan = two_part_loads(11.0).planned()  # 3 + 4.45 + 3 hours
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (30, 20)
    assert list(plan.lines["trips"]) == [0.6, 0.4]
    assert set(plan.lines["round"]) == {"Z1 > Z2"}
    assert {plan.figures[name] for name in ("whole_vehicles", "rounds_shared")} == {1}
    assert (plan.figures["vehicle_loads_left"], plan.figures["whole_vehicles_price"]) == (0, 0)


def test_without_the_hours_for_a_round_the_load_that_is_missed_most_goes_alone() -> None:
    world = two_part_loads(10.0)
    plan = world.planned()
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (30, 0)
    assert list(plan.lines.loc[plan.lines["quantity"] > 0, "trips"]) == [1.0]
    assert reasons(plan, zone="Z2") == ["trucks of D1 full"]
    assert plan.figures["vehicle_loads_left"] == pytest.approx(0.2)
    assert plan.figures["whole_vehicles_price"] == pytest.approx(20 / 25)  # an average zone, which wants 25, counts as one
    assert any("0.2 vehicle loads stay behind" in remark for remark in world.ledger.remarks)
    in_parts = two_part_loads(10.0, plan={**FIRM, "firm_periods": 0}).planned()
    assert (sent(in_parts, zone="Z1"), sent(in_parts, zone="Z2")) == (30, 20)


def test_what_is_promised_is_carried_first() -> None:
    plan = two_part_loads(10.0, commitments=[{"zone": "Z2", "period": week(0), "minimum": 20}]).planned()
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (0, 20)


def test_a_promise_that_no_whole_vehicle_keeps_marks_the_plan() -> None:
    world = two_part_loads(5.0, commitments=[{"zone": "Z2", "period": week(0), "minimum": 20}])
    world.planned()
    assert any("the promise is not kept" in mark for mark in world.ledger.marks)


def test_beyond_the_firm_periods_vehicles_are_counted_in_parts() -> None:
    week_by_week = {"visit_days": 7, "safety_days": 0, **FIRM}
    perishing = {**RATIONS, "keeps_days": 1.0}
    demand = {("Z1", "kit"): [30, 30], ("Z2", "kit"): [20, 20]}
    plan = two_part_loads(10.0, demand=demand, items=[perishing], plan=week_by_week).planned()
    assert [sent(plan, zone="Z2", load_on=week(n)) for n in (0, 1)] == [0, 20]
    assert cells(plan, "planned", zone="Z1") == [30, 30]


def test_what_stays_behind_goes_where_a_vehicle_that_leaves_has_room_for_it() -> None:
    # The depot has 40: 24 for Z1 and 16 for Z2 share the lack. Z2 has no truck, so Z1, which was short, gets its whole 30.
    plan = two_part_loads(10.0, stock=[{"quantity": 40}]).planned()
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (30, 0)


def test_where_no_place_is_known_a_round_goes_by_way_of_the_depot() -> None:
    world = two_part_loads(11.0)
    inputs = world.inputs()
    inputs.zones.geometry = [None, None]
    plan = world.planned(inputs=inputs)  # 12 hours for both
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (30, 0)


def test_a_part_load_goes_along_with_a_vehicle_that_leaves_for_the_zone_anyway() -> None:
    # The van takes the vaccine to Z1 and has room for the boxes; no truck has the three hours for them.
    items = [{**RATIONS, "kg_per_unit": 1.0}, {"item": "dose", "carriage": "cold", "kg_per_unit": 0.1, "need_lapses": True}]
    demand = {("Z1", "kit"): [30], ("Z1", "dose"): [100]}
    fleet = [{"vehicle": "truck", "hours_per_day": 3 / 7}, {"vehicle": "van", "payload_kg": 100.0, "carries": "dry, cold"}]
    stock = [{"quantity": 500}, {"item": "dose", "quantity": 500}]
    routes = [{"to": "Z1", "hours_one_way": 3.0, "cost_per_trip": 1.0}]
    plan = World(demand, items, stock=stock, routes=routes, fleet=fleet, plan=FIRM).planned()
    assert (sent(plan, vehicle="van", item="dose"), sent(plan, vehicle="van", item="kit")) == (100, 30)
    assert plan.figures["whole_vehicles"] == 1


def test_a_far_zone_keeps_its_share_of_the_floor_where_vehicles_are_whole() -> None:
    # 12 hours. In parts of vehicles both get their floor: 3.5 trucks to Z1, at 2 hours, and .35 of one to Z2, at 10. A whole
    # truck to Z2 leaves Z1 one truck, 100 of its 350. By what is felt in all, six trucks to Z1 would be better, none to Z2.
    needs = {"food": {"unit": "kit", "per_person_per_day": 1 / 7, "survival_per_person_per_day": 0.1, "source": "test"}}
    routes = [{"to": "Z1", "hours_one_way": 1.0}, {"to": "Z2", "hours_one_way": 5.0}]
    world = World(
        {("Z1", "kit"): [500], ("Z2", "kit"): [50]}, [{**RATIONS, "per_person_per_day": 1 / 7}], stock=[{"quantity": 1000}],
        routes=routes, fleet=[{"hours_per_day": 12 / 7}], people={"Z1": 500, "Z2": 50}, needs=needs, plan=FIRM,
    )  # fmt: skip
    plan = world.planned()
    assert sent(plan, zone="Z1") == 100
    assert sent(plan, zone="Z2") >= 35  # its floor
    assert plan.figures["survival_published_kit"] == pytest.approx(100 / 350, abs=1e-3)


def test_what_stays_behind_is_made_up_for_in_the_periods_after() -> None:
    # Six hours a week, one truck a week. In parts it would carry something to both each week; whole, Z1's goes alone. The second
    # week is planned again: of the truck's 100, Z2, which wants 80 by now, gets more than Z1, which wants 37.
    kits = [{**RATIONS, "need_lapses": False}]
    demand = {("Z1", "kit"): [60, 60], ("Z2", "kit"): [40, 40]}
    world = two_part_loads(6.0, demand=demand, items=kits, plan={**FIRM, "visit_days": 7, "safety_days": 0})
    plan = world.planned()
    assert (sent(plan, zone="Z1", load_on=week(0)), sent(plan, zone="Z2", load_on=week(0))) == (83, 0)
    assert [sent(plan, zone=zone, load_on=week(1)) for zone in ("Z1", "Z2")] == [36, 64]
    in_parts = replace(world, plan={**world.plan, "firm_periods": 0}).planned()
    assert sent(in_parts, zone="Z2", load_on=week(1)) < 64


@pytest.mark.parametrize("seed", range(8))
def test_no_choice_of_rounds_carries_more_than_the_stated_gap_allows(seed: int) -> None:
    rng, ways, gap = np.random.default_rng(seed), np.arange(5), 1e-3
    worth, promised = rng.integers(1, 50, 5).astype(float), rng.random(5) < 0.2
    none = np.zeros(0)
    cargo = Cargo(
        ways, np.zeros(5, dtype=np.int64), np.zeros((5, 2)), ways, np.full((5, 2), 0.2), worth, promised,
        np.full(5, -1), np.zeros(5), none.astype(np.int64), none,
    )  # fmt: skip
    rounds = [
        Round(stops, float(rng.integers(2, 6) + 2 * len(stops))) for size in (1, 2, 3) for stops in combinations(range(5), size)
    ]
    free, value = float(rng.integers(5, 25)), worth + 2 * worth.sum() * promised

    def carried(chosen: tuple[Round, ...]) -> float:
        return float(sum(value[n] for one in chosen for n in one.ways))

    possible = [
        chosen
        for size in range(6)
        for chosen in combinations(rounds, size)
        if sum(one.hours for one in chosen) <= free
        and len({n for one in chosen for n in one.ways}) == sum(len(one.ways) for one in chosen)
    ]
    best = max(map(carried, possible))
    made = choose(rounds, cargo, free, gap)
    driven = tuple(one for one, number in zip(rounds, made.vehicles, strict=True) if number)
    assert sum(one.hours * number for one, number in zip(rounds, made.vehicles, strict=True)) <= free + 1e-6
    assert set(np.flatnonzero(made.carried > 1e-4)) <= {n for one in driven for n in one.ways}
    assert float(value @ made.carried) >= best - gap * value.sum() - 1e-6
    assert made.gap <= gap
    if best == pytest.approx(value.sum()):
        fewest = min(sum(one.hours for one in chosen) for chosen in possible if carried(chosen) == pytest.approx(best))
        assert sum(one.hours for one in driven) <= fewest * (1 + gap) + 1e-6
