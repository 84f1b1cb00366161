"""Plans that a logistician would laugh at, each kept out by a test. Answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from forecast.errors import InputError
from tests.plan_world import World, cells, day, reasons, sent, week

RATIONS = {"item": "kit", "need_lapses": True, "keeps_days": 90.0, "kg_per_unit": 10.0}
TRUCK = {"payload_kg": 1000.0}
TWO = {("Z1", "kit"): [100], ("Z2", "kit"): [100]}
BOTH = [{"to": "Z1"}, {"to": "Z2"}]
FLOOD = {"from": "D1", "to": "Z1", "start": week(1), "until": pd.NaT, "why": "flood"}
LITRES = {"need": "water", "unit": "L", "covers": 1.0, "substitutes": "water", "keeps_days": 3.0, "item": "tanker"}
TABLETS = {"need": "water", "unit": "tablet", "covers": 20.0, "substitutes": "water", "keeps_days": 700.0, "item": "tablet"}


def test_stock_is_not_sent_where_it_already_is() -> None:
    world = World(TWO, [RATIONS], stock=[{"quantity": 100}], zone_stock=[{"zone": "Z1", "quantity": 100}], routes=BOTH)
    plan = world.planned()
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (0, 100)


def test_no_second_truck_leaves_for_one_box() -> None:
    # One box of 101 does not fit on the truck of D1; D2 has a truck, 3 hours away, that would carry nothing else.
    fleet = [{**TRUCK, "hours_per_day": 2 / 7}, {**TRUCK, "depot": "D2"}]
    routes = [{"to": "Z1"}, {"from": "D2", "to": "Z1", "hours_one_way": 3.0}]
    stock = [{"quantity": 500}, {"depot": "D2", "quantity": 500}]
    world = World({("Z1", "kit"): [101]}, [RATIONS], stock=stock, routes=routes, fleet=fleet)
    plan = world.planned()
    assert (sent(plan, depot="D1"), sent(plan, depot="D2")) == (100, 0)
    assert plan.figures["small_visits_left_out"] == 1
    assert plan.figures["sensible_loads_price"] == pytest.approx(1 / 101)  # the people of a zone count as one here
    assert any("1 left out" in remark for remark in world.ledger.remarks)
    anyway = replace(world, plan={"min_shipment": {"vehicle_share": 0}}).planned()
    assert sent(anyway, depot="D2") == 1


def test_one_box_that_is_all_a_zone_gets_is_sent_and_the_line_says_so() -> None:
    world = World({("Z1", "kit"): [1]}, [RATIONS], stock=[{"quantity": 500}], fleet=[TRUCK])
    plan = world.planned()
    assert sent(plan) == 1
    assert reasons(plan) == ["demand met; a small load: no other visit has room for it in time"]


def test_a_few_boxes_go_along_with_the_truck_of_another_day() -> None:
    # The zone eats 3 boxes a week: one truck brings them all at once.
    world = World({("Z1", "kit"): [60, 3, 3, 3]}, [RATIONS], stock=[{"quantity": 500}], fleet=[TRUCK])
    late = replace(world, plan={"objectives": [{"use": "need"}, {"use": "cost", "loading": "late"}], "visit_days": 7})
    apart = replace(late, plan={**late.plan, "min_shipment": {"vehicle_share": 0}}).planned()
    assert sorted(apart.lines["load_on"]) == [week(0), week(1), week(2), week(3)]
    plan = late.planned()
    assert (sent(plan, load_on=week(0)), sent(plan)) == (69, 69)
    assert cells(plan, "expected_unmet") == [0, 0, 0, 0]


@pytest.mark.parametrize(("smallest", "packs"), [({"kg": 50}, 20), ({"packs": 4}, 20), ({"kg": 300}, 0), ({"packs": 21}, 0)])
def test_how_small_is_too_small_is_a_setting(smallest: dict[str, float], packs: int) -> None:
    # 20 boxes of 10 kg come from the depot further off; without them the zone lacks 20 of 2,500, which it hardly feels.
    routes = [{"to": "Z1"}, {"from": "D2", "to": "Z1", "hours_one_way": 3.0}]
    stock = [{"quantity": 2480}, {"depot": "D2", "quantity": 20}]
    world = World({("Z1", "kit"): [2500]}, [RATIONS], stock=stock, routes=routes, plan={"min_shipment": smallest})
    assert sent(world.planned(), depot="D2") == packs


def test_an_item_can_have_a_smallest_load_of_its_own() -> None:
    # As above, 20 of 2,500 boxes are left out below 300 kg; but not where any load of boxes is worth the way.
    routes = [{"to": "Z1"}, {"from": "D2", "to": "Z1", "hours_one_way": 3.0}]
    stock = [{"quantity": 2480}, {"depot": "D2", "quantity": 20}]
    world = World({("Z1", "kit"): [2500]}, [RATIONS], stock=stock, routes=routes, plan={"min_shipment": {"kg": 300}})
    assert sent(world.planned(), depot="D2") == 0
    own = replace(world, plan={"min_shipment": {"kg": 300}, "min_shipment_of": {"kit": {"packs": 1}}})
    assert sent(own.planned(), depot="D2") == 20
    wrong = replace(world, plan={"min_shipment_of": {"kits": {"packs": 1}}})
    with pytest.raises(InputError, match=r"kits.*is no item of this plan"):
        wrong.planned()


def test_a_far_zone_does_not_drag_the_fleet() -> None:
    # 20 truck-hours: the near zone takes 2 a trip, the far one 20. One trip there feeds 100, ten trips near feed 1,000.
    demand = {("Z1", "kit"): [1000], ("Z2", "kit"): [100]}
    routes = [{"to": "Z1", "hours_one_way": 1.0}, {"to": "Z2", "hours_one_way": 10.0}]
    fleet = [{**TRUCK, "hours_per_day": 20 / 7}]
    world = World(demand, [RATIONS], stock=[{"quantity": 2000}], routes=routes, fleet=fleet)
    plan = replace(world, plan={"objectives": [{"use": "need"}, {"use": "cost"}]}).planned()
    assert (sent(plan, zone="Z1"), sent(plan, zone="Z2")) == (1000, 0)


def test_the_second_night_does_not_send_again_what_left_this_morning() -> None:
    world = World(TWO, [RATIONS], stock=[{"quantity": 500}], routes=BOTH)
    first = world.planned()
    waybills = [
        {"waybill": f"W{n}", "depot": line["depot"], "zone": line["zone"], "quantity": line["quantity"], "left": day(0)}
        for n, line in enumerate(first.lines.to_dict("records"))
    ]
    assert sent(first) == 200
    assert sent(replace(world, dispatches=waybills).planned()) == 0


def test_food_is_placed_before_the_road_floods_and_not_held_back() -> None:
    demand = {("Z1", "kit"): [100] * 8}
    world = World(demand, [RATIONS], stock=[{"quantity": 800}], closures=[FLOOD], plan={"visit_days": 7, "safety_days": 7})
    plan = world.planned()
    assert sent(plan, load_on=week(0)) == 800
    assert cells(plan, "expected_unmet") == [0] * 8


def test_water_by_tanker_and_tablets_are_not_sent_both_for_the_same_thirst() -> None:
    demand = {("Z1", "tanker"): [1500], ("Z1", "tablet"): [25]}  # 2,000 L in all
    stock = [{"item": "tanker", "quantity": 2000}, {"item": "tablet", "quantity": 1000}]
    plan = World(demand, [LITRES, TABLETS], stock=stock).planned()
    assert sent(plan, item="tanker") + 20 * sent(plan, item="tablet") == pytest.approx(2000, abs=20)


def test_a_cold_vaccine_does_not_ride_in_a_dry_truck() -> None:
    vaccine = {"item": "kit", "carriage": "cold", "kg_per_unit": 1.0}
    world = World({("Z1", "kit"): [100]}, [vaccine], stock=[{"quantity": 100}], fleet=[{**TRUCK, "carries": "dry"}])
    plan = world.planned()
    assert sent(plan) == 0
    assert reasons(plan) == ["no vehicle of D1 on this lane carries cold goods (kit)"]
    van = {**TRUCK, "vehicle": "van", "carries": "dry, cold", "payload_kg": 200.0}
    cold = replace(world, fleet=[{**TRUCK, "carries": "dry"}, van]).planned()
    assert sent(cold, vehicle="van") == sent(cold) == 100


def test_goods_that_expire_before_they_arrive_are_not_loaded() -> None:
    stock = [{"quantity": 100, "batch": "old", "expiry": day(8)}, {"quantity": 40, "batch": "new", "expiry": day(30)}]
    world = World({("Z1", "kit"): [0, 100]}, [RATIONS], stock=stock, routes=[{"to": "Z1", "lead_days": 8.0}])
    plan = world.planned()
    assert set(plan.lines.loc[plan.lines["quantity"] > 0, "batch"]) == {"new"}
    assert sent(plan) == 40


def test_three_months_of_rations_are_not_pushed_out_on_the_first_day() -> None:
    # A delivery every four weeks and two weeks of safety: this week and six more now, the rest when it is due.
    world = World({("Z1", "kit"): [100] * 12}, [RATIONS], stock=[{"quantity": 5000}])
    plan = world.planned()
    assert [sent(plan, load_on=week(n)) for n in (0, 4, 8)] == [700, 400, 100]
    assert cells(plan, "expected_unmet") == [0] * 12
    assert plan.figures["packs_moved"] == 500
    at_once = replace(world, plan={"visit_days": 84}).planned()
    assert sent(at_once, load_on=week(0)) == 1200


def test_what_is_scarce_in_vehicles_later_is_not_held_back() -> None:
    # The truck can bring 600 in any week; from the fifth week on the lane is twice as needed by the other zone.
    demand = {("Z1", "kit"): [50] * 8, ("Z2", "kit"): [0, 0, 0, 0, 600, 600, 600, 600]}
    fleet = [{**TRUCK, "payload_kg": 6000.0, "hours_per_day": 2 / 7}]
    world = World(demand, [{**RATIONS, "keeps_days": 7.0}], stock=[{"quantity": 5000}], routes=BOTH, fleet=fleet)
    held = replace(world, plan={"visit_days": 7, "safety_days": 0}).planned()
    pushed = replace(world, plan={"visit_days": 56}).planned()
    assert sum(cells(held, "expected_unmet")) <= sum(cells(pushed, "expected_unmet")) + 1e-6


def test_goods_about_to_expire_at_the_depot_leave_early() -> None:
    stock = [{"quantity": 1200, "batch": "short", "expiry": day(60)}]
    plan = World({("Z1", "kit"): [100] * 12}, [RATIONS], stock=stock).planned()
    assert sent(plan, load_on=week(0)) == 1200


def test_a_zone_is_not_sent_driblets_week_by_week() -> None:
    # The plan that only counts need and money loads late: a week of rations each week. In a rhythm of four weeks they come twice.
    late = {"objectives": [{"use": "need"}, {"use": "cost", "loading": "late"}]}
    world = World({("Z1", "kit"): [10] * 8}, [RATIONS], stock=[{"quantity": 500}])
    weekly = replace(world, plan={**late, "visit_days": 7, "safety_days": 0}).planned()
    assert len(weekly.lines) == 8
    plan = replace(world, plan=late).planned()
    assert [sent(plan, load_on=week(n)) for n in (0, 4)] == [40, 40]
    assert cells(plan, "expected_unmet") == [0] * 8


def test_what_one_future_of_two_hundred_may_want_stays_in_the_depot() -> None:
    # 10 a week, in one future 60 in the last week. The second visit brings enough for its week, four more and two of safety.
    spike = [[10] * 200] * 7 + [[10] * 199 + [60]]
    world = World({("Z1", "kit"): spike}, [RATIONS], stock=[{"quantity": 500}])
    assert sent(replace(world, plan={"visit_days": 366}).planned()) == 130
    plan = world.planned()
    assert (sent(plan), plan.figures["packs_moved"]) == (111, 60)  # 41 of them leave with the second visit
    assert sum(cells(plan, "expected_unmet")) == pytest.approx(19 / 200)


def test_what_is_promised_is_not_moved_to_another_day() -> None:
    late = {"objectives": [{"use": "need"}, {"use": "cost", "loading": "late"}]}
    promise = [{"zone": "Z1", "period": week(2), "minimum": 10}]
    world = World({("Z1", "kit"): [10] * 4}, [RATIONS], stock=[{"quantity": 500}], commitments=promise, plan=late)
    plan = world.planned()
    assert (sent(plan, load_on=week(0)), sent(plan, load_on=week(2))) == (30, 10)
