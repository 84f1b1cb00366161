"""Days between visits: fewer, fuller deliveries, whatever it costs; the price is told. Answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.plan_world import World, cells, day, sent, week

RATIONS = {"item": "kit", "need_lapses": True, "keeps_days": 90.0}
LATE = {"objectives": [{"use": "need"}, {"use": "cost", "loading": "late"}], "visit_days": 7, "safety_days": 0}
STOCK = [{"quantity": 500}]


def test_a_zone_is_visited_every_third_week_and_gets_enough_for_three() -> None:
    world = World({("Z1", "kit"): [10] * 6}, [RATIONS], stock=STOCK, plan=LATE)
    assert [sent(world.planned(), load_on=week(n)) for n in range(6)] == [10] * 6
    plan = replace(world, plan={**LATE, "min_days_between_visits": 21}).planned()
    assert [sent(plan, load_on=week(n)) for n in range(6)] == [30, 0, 0, 30, 0, 0]
    assert cells(plan, "expected_unmet") == [0] * 6
    assert plan.figures["days_between_visits_price"] == pytest.approx(0)


def test_what_fewer_visits_cost_is_told() -> None:
    # Ten kits come to the depot each week: with a visit every other week, those of the second week cannot come in time.
    arrivals = [{"quantity": 10, "eta": week(n)} for n in range(4)]
    world = World({("Z1", "kit"): [10] * 4}, [RATIONS], arrivals=arrivals, plan={**LATE, "min_days_between_visits": 14})
    plan = world.planned()
    assert [sent(plan, load_on=week(n)) for n in range(4)] == [10, 0, 20, 0]
    assert cells(plan, "expected_unmet") == [0, 10, 0, 0]
    assert plan.figures["days_between_visits_price"] == pytest.approx(1)  # the people of a zone count as one here
    assert any("1 zone would be visited more often" in remark for remark in world.ledger.remarks)


def test_the_days_count_from_the_last_visit_that_left() -> None:
    waybill = {"waybill": "W1", "zone": "Z1", "quantity": 5, "left": day(-4), "received": day(-4), "received_quantity": 5}
    late = {**LATE, "min_days_between_visits": 14}
    world = World({("Z1", "kit"): [10] * 4}, [RATIONS], stock=STOCK, dispatches=[waybill], plan=late)
    plan = world.planned()  # ten more days: the third week is the first
    assert [sent(plan, load_on=week(n)) for n in range(4)] == [0, 0, 20, 0]
    called_off = replace(world, dispatches=[{**waybill, "status": "cancelled"}]).planned()
    assert [sent(called_off, load_on=week(n)) for n in range(4)] == [20, 0, 20, 0]


def test_goods_that_perish_and_promises_come_as_before() -> None:
    world = World({("Z1", "kit"): [10] * 4}, [{**RATIONS, "keeps_days": 1.0}], stock=STOCK, plan=LATE)
    spaced = replace(world, plan={**LATE, "min_days_between_visits": 28})
    assert [sent(spaced.planned(), load_on=week(n)) for n in range(4)] == [10] * 4
    promise = [{"zone": "Z1", "period": week(2), "minimum": 10}]
    kept = replace(spaced, items=[RATIONS], commitments=promise).planned()
    assert [sent(kept, load_on=week(n)) for n in range(4)] == [
        20,
        0,
        20,
        0,
    ]  # the visit that is promised brings the next week too
