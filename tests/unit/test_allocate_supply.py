"""What counts as supply: carry-over, lead times, shut lanes, stock and goods on the road. Answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.plan_world import World, cells, day, reasons, sent, week

FLOOD = {"from": "D1", "to": "Z1", "start": week(1), "until": pd.NaT, "why": "flood"}
MEALS = {"item": "kit", "need_lapses": True, "keeps_days": 1.0}
RATIONS = {"item": "kit", "need_lapses": True, "keeps_days": 90.0}
KITS = {"item": "kit", "need_lapses": False}
HUNDREDS = {("Z1", "kit"): [100, 100, 100]}


def test_food_is_placed_before_the_road_floods() -> None:
    plan = World(HUNDREDS, [RATIONS], stock=[{"quantity": 300}], closures=[FLOOD]).planned()
    assert cells(plan, "expected_unmet") == [0, 0, 0]
    assert sent(plan, load_on=week(0)) == 300
    assert reasons(plan) == ["demand met, and stocked ahead: lane shut from 2026-01-12"]


def test_meals_do_not_keep_so_a_flooded_zone_goes_without() -> None:
    plan = World(HUNDREDS, [MEALS], stock=[{"quantity": 300}], closures=[FLOOD]).planned()
    assert sent(plan) == 100
    assert cells(plan, "expected_unmet") == [0, 100, 100]
    assert cells(plan, "zone_stock")[1:] == [0, 0]
    assert list(plan.cells["reason"])[1:] == ["lane D1-Z1 shut from 2026-01-12 (flood)"] * 2


def test_rations_left_over_serve_the_next_week() -> None:
    world = World(HUNDREDS, [RATIONS], stock=[{"quantity": 1000}], zone_stock=[{"zone": "Z1", "quantity": 250}])
    late = {"objectives": [{"use": "need"}, {"use": "cost", "loading": "late"}]}
    plan = replace(world, plan=late).planned()
    assert cells(plan, "zone_stock") == pytest.approx([250, 150, 50])
    assert (sent(plan), sent(plan, load_on=week(2))) == (50, 50)


def test_loads_leave_early_unless_told_otherwise() -> None:
    plan = World(HUNDREDS, [RATIONS], stock=[{"quantity": 1000}]).planned()
    assert sent(plan, load_on=week(0)) == sent(plan) == 300


def test_leftover_is_simulated_on_the_samples_not_taken_as_its_mean() -> None:
    # 100 in the zone, demand 0 or 100 in week 1, then 100: the mean leftover is 50, but half of the futures have none.
    world = World({("Z1", "kit"): [[0, 100], [100, 100]]}, [RATIONS], zone_stock=[{"zone": "Z1", "quantity": 100}])
    plan = world.planned()
    assert cells(plan, "zone_stock") == [100, 50]
    assert cells(plan, "expected_unmet") == [0, 50]
    assert cells(plan, "shortage_risk") == [0, 0.5]


def test_arrears_accumulate_until_kits_come() -> None:
    world = World(HUNDREDS, [KITS], arrivals=[{"quantity": 300, "eta": week(2)}])
    plan = world.planned()
    assert cells(plan, "expected_unmet") == [100, 200, 0]
    assert cells(plan, "carried_need") == [0, 100, 200]
    assert cells(plan, "coverage") == pytest.approx([0, 0, 1])
    assert sent(plan, load_on=week(2)) == 300
    assert list(plan.cells["reason"])[:2] == ["kit comes to D1 too late"] * 2


def test_a_surplus_of_kits_is_zone_stock_of_the_next_week() -> None:
    plan = World(HUNDREDS, [KITS], zone_stock=[{"zone": "Z1", "quantity": 150}]).planned()
    assert cells(plan, "zone_stock") == [150, 50, 0]
    assert cells(plan, "expected_unmet") == [0, 50, 150]
    assert cells(plan, "expected_surplus") == [50, 0, 0]


def test_kits_under_uncertainty_are_weighed_on_whole_paths() -> None:
    # Two futures: 100 now and none later, or none now and 100 later. In both, 100 is enough; week by week it would take 200.
    world = World({("Z1", "kit"): [[0, 100], [100, 0]]}, [KITS], stock=[{"quantity": 500}])
    assert sent(world.planned()) == 100


def test_goods_arrive_after_the_lead_time_and_not_before() -> None:
    world = World(HUNDREDS, [RATIONS], stock=[{"quantity": 300}], routes=[{"to": "Z1", "lead_days": 8.0}])
    plan = world.planned()
    assert list(plan.lines["arrive_by"]) == [day(8)]
    assert cells(plan, "planned") == [0, 200, 0]
    assert cells(plan, "expected_unmet") == [100, 0, 0]
    assert plan.cells["reason"].iloc[0] == "kit from D1 takes 8 days and arrives later"


def test_what_would_arrive_after_the_horizon_is_not_sent() -> None:
    plan = World(HUNDREDS, stock=[{"quantity": 300}], routes=[{"to": "Z1", "lead_days": 21.0}]).planned()
    assert sent(plan) == 0
    assert reasons(plan) == ["kit from D1 takes 21 days and arrives later"]


@pytest.mark.parametrize("shut_from", [0, 3, 8], ids=["on loading", "under way", "on arrival"])
def test_nothing_is_loaded_that_would_meet_a_shut_lane(shut_from: int) -> None:
    shut = {**FLOOD, "start": day(shut_from), "until": day(shut_from + 7)}
    world = World({("Z1", "kit"): [0, 100]}, stock=[{"quantity": 300}], routes=[{"to": "Z1", "lead_days": 8.0}], closures=[shut])
    assert sent(world.planned()) == 0


def test_what_is_shut_on_monday_is_loaded_on_tuesday() -> None:
    shut = {**FLOOD, "start": day(0), "until": day(1)}
    plan = World(
        {("Z1", "kit"): [100]}, stock=[{"quantity": 300}], routes=[{"to": "Z1", "lead_days": 2}], closures=[shut]
    ).planned()
    assert plan.lines[["load_on", "arrive_by", "quantity"]].iloc[0].tolist() == [day(1), day(3), 100]


def test_a_lane_that_opens_again_is_used_from_that_day() -> None:
    shut = {**FLOOD, "start": pd.NaT, "until": week(1)}
    plan = World(HUNDREDS, [RATIONS], stock=[{"quantity": 300}], closures=[shut]).planned()
    assert cells(plan, "expected_unmet") == [100, 0, 0]
    assert sent(plan, load_on=week(1)) == 200


def test_an_old_count_of_zone_stock_is_unknown_not_zero_and_not_the_old_figure() -> None:
    count = {"zone": "Z1", "quantity": 250, "counted_on": day(-36)}
    world = World(HUNDREDS, stock=[{"quantity": 1000}], zone_stock=[count])
    plan = world.planned()
    assert np.isnan(cells(plan, "zone_stock")[0])
    assert sent(plan) == 300
    assert world.ledger.remarks[0].startswith("Stock in the zones is unknown for 1 of 1 zones and items")


def test_a_count_of_exactly_the_oldest_age_still_counts() -> None:
    count = {"zone": "Z1", "quantity": 550, "counted_on": day(-35)}  # 100 a week since: 50 are left
    assert cells(World(HUNDREDS, stock=[{"quantity": 1000}], zone_stock=[count]).planned(), "zone_stock")[0] == pytest.approx(50)


def test_what_left_this_morning_is_not_sent_again() -> None:
    truck = {"waybill": "W1", "zone": "Z1", "quantity": 110, "lost": 10, "left": day(0)}
    world = World({("Z1", "kit"): [0, 100]}, stock=[{"quantity": 500}], dispatches=[truck], routes=[{"to": "Z1", "lead_days": 8}])
    plan = world.planned()
    assert cells(plan, "in_transit") == [0, 100]
    assert sent(plan) == 0
    assert reasons(plan) == ["demand met by consignments on the road"]


def test_a_received_dispatch_is_no_longer_on_the_road_and_an_overdue_one_comes_now() -> None:
    dispatches = [
        {"waybill": "W1", "zone": "Z1", "quantity": 100, "left": day(-9), "received": day(-2)},
        {"waybill": "W2", "zone": "Z1", "quantity": 40, "left": day(-9)},
        {"waybill": "W3", "depot": "elsewhere", "zone": "Z1", "quantity": 5, "left": day(-1)},
        {"waybill": "W4", "zone": "Z1", "quantity": 7, "left": day(-1), "status": "cancelled"},
    ]
    world = World(HUNDREDS, stock=[{"quantity": 1000}], dispatches=dispatches)
    assert cells(world.planned(), "in_transit") == [45, 0, 0]
    assert "Consignments on the road that are overdue: 2; expected in the first period." in world.ledger.remarks


def test_what_others_bring_is_not_sent() -> None:
    others = [{"zone": "Z1", "quantity": 60, "period": week(1)}]
    plan = World(HUNDREDS, [MEALS], stock=[{"quantity": 1000}], by_others=others).planned()
    assert cells(plan, "by_others") == [0, 60, 0]
    assert cells(plan, "planned") == [100, 40, 100]


def test_only_usable_stock_is_loaded_and_only_once_it_is_available() -> None:
    stock = [
        {"quantity": 10, "batch": "a"},
        {"quantity": 1000, "status": "reserved"},
        {"quantity": 1000, "status": "quarantine"},
        {"quantity": 20, "batch": "b", "available_from": day(6)},
    ]
    plan = World(HUNDREDS, stock=stock).planned()
    assert (sent(plan, load_on=week(0)), sent(plan, load_on=week(1))) == (10, 20)


def test_an_arrival_is_loaded_from_the_first_period_after_it_and_an_overdue_one_from_the_second() -> None:
    arrivals = [{"quantity": 10, "eta": day(3)}, {"quantity": 5, "eta": day(-3)}, {"quantity": 1, "eta": day(0)}]
    world = World(HUNDREDS, arrivals=arrivals)
    plan = world.planned()
    assert (sent(plan, load_on=week(0)), sent(plan, load_on=week(1))) == (1, 15)
    said = "Overdue arrivals at depots: 1; expected within the first period, loaded from the second."
    assert world.ledger.remarks[0].startswith(said)


def test_goods_are_not_sent_where_they_already_are() -> None:
    demand = {("Z1", "kit"): [100], ("Z2", "kit"): [100]}
    world = World(
        demand, stock=[{"quantity": 100}], zone_stock=[{"zone": "Z1", "quantity": 100}], routes=[{"to": "Z1"}, {"to": "Z2"}]
    )
    plan = world.planned()
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (0, 100)
    assert reasons(plan, zone="Z1") == ["demand met by stock in the zone"]


def test_a_month_of_demand_is_split_over_weeks_by_days_and_sums_up_again() -> None:
    # January has 31 days; the four weeks from 5 January hold 27 of them and one of February's 28.
    world = World({("Z1", "kit"): [310, 280]}, [KITS], forecast={"period": "M"}, horizon=4, stock=[{"quantity": 1000}])
    plan = world.planned()
    assert cells(plan, "demand_mean") == pytest.approx([70, 70, 70, 70])
    assert sent(plan) == 280


def test_a_forecast_that_ends_early_shortens_the_plan_and_says_so() -> None:
    world = World({("Z1", "kit"): [310]}, forecast={"period": "M"}, horizon=6, stock=[{"quantity": 1000}])
    assert len(world.planned().cells) == 3
    assert world.ledger.remarks[0].startswith("Planned 3 of 6 periods: the forecast ends")
