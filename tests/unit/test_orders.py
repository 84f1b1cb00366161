"""The depots' pipeline: what runs out when, how likely, what to order and by when. Answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.config import Config
from forecast.publish import _orders, write_all
from tests.plan_world import World, day, week
from tests.results import plan_of, tiny_result, with_plan

KITS = {"item": "kit", "need_lapses": False, "pack": 10.0}
ORDER = {"lead_days": 10, "min_months": 0.5, "max_months": 2}
MONTH = 365.25 / 12
STEADY = World({("Z1", "kit"): [70, 70]}, [KITS], stock=[{"quantity": 500}], plan={"review_days": 70, "order": ORDER})


def rows(world: World, depot: str = "D1", item: str = "kit") -> pd.DataFrame:
    table = world.planned().pipeline
    return table[(table["depot"] == depot) & (table["item"] == item)].reset_index(drop=True)


def test_a_depot_runs_out_when_the_demand_of_its_zones_has_used_its_stock() -> None:
    table = rows(STEADY)
    assert len(table) == 10
    assert list(table["break_on"].unique()) == [day(50)]  # 500 at 10 a day
    assert list(table["break_risk"]) == [0] * 7 + [1] * 3
    assert list(table["stock"]) == [360, 360, 290, 220, 150, 80, 10, 0, 0, 0]  # 140 leave at once, for both weeks of the plan
    assert list(table["planned_out"]) == [140, 0, 70, 70, 70, 70, 70, 10, 0, 0]


def test_months_of_stock_are_stock_over_the_demand_of_a_month() -> None:
    table = rows(STEADY)
    assert table["demand_month"][0] == pytest.approx(10 * MONTH)
    assert table["mos"][0] == pytest.approx(360 / (10 * MONTH))


def test_an_order_is_placed_so_that_it_comes_when_the_least_stock_is_left_and_fills_up_to_the_most() -> None:
    # Out on day 50, half a month (15.2 days) earlier it must be there, 10 days earlier ordered: day 24. It comes on day 34, in
    # the fifth week; when that begins 220 are left of the 608.75 that two months ask for: 388.75 in packs of 10.
    table = rows(STEADY)
    assert list(table["order_by"].unique()) == [day(24)]
    assert list(table["order_quantity"]) == [0, 0, 0, 390, 0, 0, 0, 0, 0, 0]


def test_an_order_that_is_late_says_so_and_is_placed_at_once() -> None:
    table = rows(replace(STEADY, plan={**STEADY.plan, "order": {**ORDER, "lead_days": 60}}))
    assert table["order_by"][0] == day(-26)
    assert table["order_quantity"][0] > 0
    assert table["order_quantity"][1:].sum() == 0


def test_without_a_lead_time_there_is_no_day_to_order_by_and_it_is_said() -> None:
    world = replace(STEADY, plan={"review_days": 70, "order": {"max_months": 2}})
    table = rows(world)
    assert table["order_by"].isna().all()
    assert table["order_quantity"][0] == 110  # 608.75 less the 500 that are there
    said = "How long suppliers take is not known for kit (order: lead_days): pipeline.csv gives no day to order by."
    assert said in world.ledger.remarks
    assumed = {assumption.figure: assumption.value for assumption in world.ledger.assumptions}
    assert assumed["min_months"] == "1"
    assert "max_months" not in assumed


def test_the_chance_to_run_out_is_the_share_of_futures_that_ask_for_more() -> None:
    # By the end of week 2: 100 + 100 or 20 + 20, one future each of four has more than the 150 there are.
    world = World({("Z1", "kit"): [[100, 20, 20, 20], [100, 20, 20, 20]]}, [KITS], stock=[{"quantity": 150}])
    table = rows(replace(world, plan={"review_days": 14}))
    assert list(table["break_risk"]) == [0, 0.25]
    assert table["break_on"].isna().all()
    assert table["order_quantity"].sum() == 0


def test_arrivals_count_from_their_latest_date_and_what_comes_after_the_plan_counts_too() -> None:
    arrivals = [{"quantity": 140, "eta": day(20), "eta_low": day(18), "eta_high": day(26)}]
    table = rows(replace(STEADY, stock=[{"quantity": 280}], arrivals=arrivals))
    assert list(table["arrivals"]) == [0, 0, 0, 0, 140, 0, 0, 0, 0, 0]
    assert table["break_on"][0] == day(42)
    late = replace(STEADY, stock=[{"quantity": 280}], arrivals=[{**arrivals[0], "eta_high": day(29)}])
    assert rows(late)["break_on"][0] == day(28)


def test_what_expires_is_counted_out_and_the_first_to_expire_is_used_first() -> None:
    stock = [{"quantity": 200, "batch": "new"}, {"quantity": 500, "batch": "old", "expiry": day(28)}]
    table = rows(replace(STEADY, stock=stock))
    assert table["expired"][4] == 220  # of the old 500 140 leave with the plan, then 70 a week
    assert table["break_on"][0] == day(48)  # 28 days from the old batch, 20 from the new


def test_stock_in_quarantine_and_what_the_zone_has_are_counted_as_they_are() -> None:
    stock = [{"quantity": 140}, {"quantity": 900, "status": "quarantine"}]
    table = rows(replace(STEADY, stock=stock, zone_stock=[{"zone": "Z1", "quantity": 70}]))
    assert table["break_on"][0] == day(21)


def test_stock_of_a_period_is_that_before_plus_arrivals_less_what_left_and_expired() -> None:
    stock = [{"quantity": 200, "batch": "new"}, {"quantity": 500, "batch": "old", "expiry": day(24)}]
    arrivals = [{"quantity": 140, "eta": day(6)}, {"quantity": 70, "eta": day(30)}]
    table = rows(replace(STEADY, stock=stock, arrivals=arrivals))
    moved = (table["arrivals"] - table["planned_out"] - table["expired"]).cumsum()
    np.testing.assert_allclose(table["stock"], 700 + moved)


def test_a_zone_counts_at_the_nearest_depot_that_keeps_the_item() -> None:
    world = replace(
        STEADY,
        routes=[{"to": "Z1"}, {"from": "D2", "to": "Z1", "hours_one_way": 5.0}, {"from": "D3", "to": "Z1", "hours_one_way": 0.5}],
        stock=[{"quantity": 500}, {"depot": "D2", "quantity": 500}],
    )
    near, far = rows(world), rows(world, "D2")
    assert near["demand_month"][0] == pytest.approx(10 * MONTH)
    assert far["mos"].isna().all()
    assert far["break_on"].isna().all()
    assert rows(world, "D3").empty  # it never had any


def test_an_item_that_no_depot_keeps_is_ordered_at_the_nearest() -> None:
    table = rows(replace(STEADY, stock=[]))
    assert table["break_on"][0] == day(0)
    assert table["order_quantity"][0] == 610


def test_what_goes_to_zones_of_other_depots_is_gone() -> None:
    # D2 has nothing: its zone is served from D1 for the two weeks of the plan.
    world = replace(
        STEADY,
        demand={("Z1", "kit"): [70, 70], ("Z2", "kit"): [70, 70]},
        routes=[{"to": "Z1"}, {"to": "Z2", "hours_one_way": 5.0}, {"from": "D2", "to": "Z2"}],
        stock=[{"quantity": 500}, {"depot": "D2", "quantity": 0}],
    )
    assert rows(world)["break_on"][0] == day(36)  # (500 - 140) at 10 a day
    assert rows(world, "D2")["break_on"][0] == day(14)


def test_goods_that_perish_cannot_be_asked_for_ahead() -> None:
    meals = {"item": "kit", "need_lapses": True, "keeps_days": 1.0}
    world = World({("Z1", "kit"): [[0, 70], [70, 0]]}, [meals], stock=[{"quantity": 70}], plan={"review_days": 14})
    others = [{"zone": "Z1", "quantity": 70, "period": week(0)}]
    assert list(rows(replace(world, by_others=others))["break_risk"]) == [0, 0]


@pytest.mark.parametrize("order", [{"min_months": 3, "max_months": 2}, {"min_months": 2, "max_months": 2}])
def test_the_least_stock_is_below_the_most(order: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="min_months must be less than max_months"):
        Config.model_validate({"items": {"kit": {"order": order}}})


def test_an_item_that_contradicts_what_all_order_is_named() -> None:
    with pytest.raises(ValueError, match=r"items\.kit\.order: with plan\.order, min_months is not less than max_months"):
        Config.model_validate({"items": {"kit": {"order": {"min_months": 3}}}, "plan": {"order": {"max_months": 2}}})


def test_the_summary_names_what_to_order_first_first() -> None:
    late = replace(STEADY, plan={**STEADY.plan, "order": {**ORDER, "lead_days": 60}}).planned()
    plan = replace(plan_of(tiny_result()), pipeline=late.pipeline)
    page = "\n".join(_orders.section(tiny_result(), plan))
    assert "| Port (D1) | Kit |" in page
    assert "late, at once" in page


def test_pipeline_csv_is_written_with_the_promised_columns(tmp_path: Path) -> None:
    result = with_plan(tiny_result(), pipeline=STEADY.planned().pipeline)
    write_all(tmp_path, result, ("pipeline",))
    table = pd.read_csv(tmp_path / "pipeline.csv", parse_dates=["break_on", "order_by"])
    promised = ["depot", "item", "period", "stock", "arrivals", "planned_out", "mos", "break_risk", "break_on"]
    promised += ["order_quantity", "order_by"]
    assert [name for name in table.columns if name in promised] == promised
    assert table["break_on"][0] == day(50)
    assert {"run", "status", "issue_date", "data_until"} <= set(table.columns)
