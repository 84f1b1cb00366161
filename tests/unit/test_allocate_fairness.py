"""Fairness between zones as a dial, and what it costs. Answers by arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecast.allocate.coverage import gini
from tests.plan_world import World, cells, sent

MEALS = {"item": "kit", "need_lapses": True, "keeps_days": 1.0}
TWO = {("Z1", "kit"): [100], ("Z2", "kit"): [100]}
LANES = ({"to": "Z1"}, {"to": "Z2", "hours_one_way": 5.0})


def objectives(**fairness: Any) -> dict[str, Any]:
    return {"objectives": [{"use": "need"}, {"use": "fairness", **fairness}, {"use": "cost"}]}


def near_and_far(**fairness: Any) -> World:
    """20 truck-hours: a near zone takes 2 h a kit there and back, a far one 10 h; 10 and 10 are wanted."""
    return World(
        {("Near", "kit"): [10], ("Far", "kit"): [10]},
        [{**MEALS, "kg_per_unit": 1000.0}],
        stock=[{"quantity": 100}],
        routes=[{"to": "Near", "hours_one_way": 1.0}, {"to": "Far", "hours_one_way": 5.0}],
        fleet=[{"hours_per_day": 20.0, "working_days": 1.0}],
        people={"Near": 10, "Far": 10},
        plan=objectives(**fairness),
    )


def shares(world: World) -> list[float]:
    return [round(float(quantity), 6) for quantity in world.solved().quantity]


@pytest.mark.parametrize("rule", ["alpha", "leximin"])
def test_among_plans_that_meet_the_need_alike_the_fair_one_is_taken(rule: str) -> None:
    world = World(TWO, [MEALS], stock=[{"quantity": 80}], routes=LANES, plan=objectives(rule=rule))
    plan = world.planned()
    assert [sent(plan, zone=zone) for zone in ("Z1", "Z2")] == [40, 40]
    assert float(str(plan.figures["fairness_price"])) == pytest.approx(0, abs=0.02)


def test_without_fairness_the_nearer_zone_gets_all_of_what_could_go_to_either() -> None:
    plan = World(TWO, [MEALS], stock=[{"quantity": 80}], routes=LANES, plan=objectives(rule="none")).planned()
    assert [sent(plan, zone=zone) for zone in ("Z1", "Z2")] == [80, 0]
    assert plan.figures["worst_zone_coverage"] == 0


def test_worst_coverage_first_shares_vehicles_at_a_price_that_is_told() -> None:
    # By need: 10 near for 20 h. Worst first: x near and x far take 12 x = 20 h, so 5/3 each, and 16.7 go short instead of 10.
    world = near_and_far(rule="leximin", give_up=None)
    assert shares(world) == pytest.approx([5 / 3, 5 / 3], abs=0.01)
    assert world.solved().reached[1].price == pytest.approx(20 - 10 / 3 - 10, abs=0.01)


@pytest.mark.parametrize("rule", ["alpha", "leximin"])
def test_fairness_gives_up_no_more_than_it_may(rule: str) -> None:
    # 10 % of a shortage of 10 is 1: the far zone gets x for 5 x near ones, so 4 x = 1.
    world = near_and_far(rule=rule, give_up=0.1, alpha=10.0)
    assert shares(world) == pytest.approx([0.25, 8.75], abs=0.01)
    assert world.solved().reached[1].price == pytest.approx(1, abs=0.002)


def test_a_larger_alpha_gives_the_far_zone_more_and_costs_more() -> None:
    solved = [near_and_far(rule="alpha", alpha=alpha, give_up=None).solved() for alpha in (0.5, 1.0, 2.0, 10.0)]
    far = [float(found.quantity[0]) for found in solved]
    price = [found.reached[1].price for found in solved]
    assert far == sorted(far)
    assert price == sorted(price)
    assert far[0] < 0.01 < far[-1] < 5 / 3 + 0.01


def test_after_the_worst_zone_comes_the_next() -> None:
    # Z1 hangs on D1, which has 10; the 90 of D2 can serve Z2 and Z3 alike, and are not left to chance when Z1 can have no more.
    world = World(
        {("Z1", "kit"): [100], ("Z2", "kit"): [100], ("Z3", "kit"): [100]},
        [MEALS],
        stock=[{"quantity": 10}, {"depot": "D2", "quantity": 90}],
        routes=[{"to": "Z1"}, {"from": "D2", "to": "Z2"}, {"from": "D2", "to": "Z3", "hours_one_way": 9.0}],
        plan=objectives(rule="leximin", give_up=None),
    )
    plan = world.planned()
    assert [sent(plan, zone=zone) for zone in ("Z1", "Z2", "Z3")] == [10, 45, 45]
    assert (plan.figures["worst_zone"], plan.figures["worst_zone_coverage"]) == ("Z1", pytest.approx(0.1))


def test_a_zone_out_of_reach_pins_nothing_and_is_not_the_worst() -> None:
    demand = {**TWO, ("Z3", "kit"): [100]}
    world = World(demand, [MEALS], stock=[{"quantity": 80}], routes=LANES, plan=objectives(rule="leximin", give_up=None))
    plan = world.planned()
    assert [sent(plan, zone=zone) for zone in ("Z1", "Z2")] == [40, 40]
    assert plan.figures["worst_zone_coverage"] == pytest.approx(0.4)


def test_weeks_before_anything_can_arrive_count_for_no_zone() -> None:
    world = World(
        {("Z1", "kit"): [100, 100], ("Z2", "kit"): [100, 100]},
        [MEALS],
        stock=[{"quantity": 150}],
        routes=[{"to": "Z1"}, {"to": "Z2", "lead_days": 7.0}],
        plan=objectives(rule="leximin", give_up=None),
    )
    plan = world.planned()
    assert [sent(plan, zone=zone) for zone in ("Z1", "Z2")] == [100, 50]


def test_the_need_of_zones_that_accumulate_is_all_there_has_been() -> None:
    kits = {"item": "kit", "need_lapses": False}
    world = World({("Z1", "kit"): [10, 10]}, [kits], arrivals=[{"quantity": 20, "eta": "2026-01-12"}])
    plan = world.planned()
    assert cells(plan, "expected_unmet") == [10, 0]
    assert plan.figures["worst_zone_coverage"] == 1  # in its first week nothing can arrive: that is no matter of sharing


def test_gini_is_the_mean_difference_over_twice_the_mean() -> None:
    coverage, need = np.array([0.0, 1.0, np.nan]), np.array([1.0, 1.0, 5.0])
    assert gini(coverage, need) == pytest.approx(0.5)
    assert gini(np.array([0.4, 0.4]), np.array([1.0, 9.0])) == pytest.approx(0)
    assert gini(np.array([1.0, 0.0]), np.array([1.0, 3.0])) == pytest.approx(0.75)
    assert gini(np.array([0.0]), np.array([1.0])) == 0
