"""Transfers between depots, and what depots can load: answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from forecast.errors import NoPlanError
from tests.plan_world import ISSUE, World, cells, day, reasons, sent, week

KIT: dict[str, Any] = {"item": "kit", "need_lapses": False, "kg_per_unit": 10.0}
TO_D1 = {"from": "D2", "to": "D1", "lead_days": 2.0}


def served_from_afar(**changes: Any) -> World:
    """Z1 wants 30 a week, its depot D1 has none, D2 has 100, two days away from D1."""
    world = World(
        {("Z1", "kit"): [30, 30, 30]},
        [KIT],
        stock=[{"depot": "D2", "quantity": 100, "batch": "a"}],
        routes=[{"to": "Z1", "lead_days": 1}],
        between=[TO_D1],
    )
    return replace(world, **changes)


def test_goods_go_by_the_depot_of_the_zone_and_arrive_once_they_can() -> None:
    plan = served_from_afar().planned()
    moved, line = plan.transfers.iloc[0], plan.lines[plan.lines["quantity"] > 0].iloc[0]
    assert (moved["depot"], moved["to_depot"], moved["quantity"], moved["reason"]) == ("D2", "D1", 90, "for Z1")
    assert (moved["load_on"], moved["arrive_by"]) == (ISSUE, day(2))
    assert (line["depot"], line["load_on"], line["arrive_by"], line["quantity"]) == ("D1", week(1), day(8), 90)
    assert cells(plan, "expected_unmet") == [30, 0, 0]


def test_pipeline_and_stock_know_what_was_moved() -> None:
    plan = served_from_afar().planned()
    first = plan.pipeline.groupby("depot").head(2).set_index(["depot", "period"])
    assert first["planned_out"].tolist() == [0, 90, 90, 0]
    assert first["arrivals"].tolist() == [0, 90, 0, 0]
    assert first["stock"].tolist() == [0, 0, 10, 10]


def test_nothing_is_moved_where_it_helps_nobody() -> None:
    own = [{"depot": "D1", "quantity": 90}, {"depot": "D2", "quantity": 100}]
    assert served_from_afar(stock=own).planned().transfers.empty


def test_a_world_without_lanes_between_depots_has_no_columns_for_them() -> None:
    world = served_from_afar(between=[])
    assert world.problem().transfers.moves.empty
    assert reasons(world.planned()) == ["no kit at D1"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"closures": [{"from": "D2", "to": "D1", "start": week(0), "until": pd.NaT, "why": "flood"}]}, "no kit at D1"),
        ({"stock": [{"depot": "D2", "quantity": 100, "expiry": day(7)}]}, "no kit at D1"),
        ({"items": [{**KIT, "carriage": "cold"}], "fleet": [{"carries": "cold"}, {"depot": "D2"}]}, "no kit at D1"),
        ({"between": [{**TO_D1, "lead_days": 15.0}]}, "no kit at D1"),
    ],
    ids=["shut", "expired before", "not carried", "too far"],
)
def test_what_cannot_be_moved_is_not(changes: dict[str, Any], reason: str) -> None:
    plan = served_from_afar(**changes).planned()
    assert plan.transfers.empty
    assert reasons(plan) == [reason]


def test_trucks_that_move_stock_are_not_there_for_zones() -> None:
    """40 hours: 4 trips to Z2, or 2 to D1 and 3 of them for Z1; what is loaded for D1 leaves less for Z2."""
    truck = {"hours_per_day": 8.0, "working_days": 5.0, "payload_kg": 300.0}
    world = served_from_afar(
        demand={("Z1", "kit"): [0, 30, 0], ("Z2", "kit"): [120, 0, 0]},
        stock=[{"depot": "D2", "quantity": 500}],
        routes=[{"to": "Z1"}, {"from": "D2", "to": "Z2", "hours_one_way": 5.0}],
        between=[{**TO_D1, "hours_one_way": 5.0}],
        fleet=[{**truck}, {**truck, "depot": "D2"}],
    )
    plan = world.planned()
    first = plan.lines[(plan.lines["zone"] == "Z2") & (plan.lines["load_on"] == week(0))]["quantity"].sum()
    moved = plan.transfers.loc[plan.transfers["load_on"] == week(0), "quantity"].sum()
    assert (first, moved) == (90, 30)
    assert plan.transfers["trips"].tolist() == [1.0]


def test_a_depot_loads_no_more_than_it_can_on_the_days_it_works() -> None:
    """Two working days of 100 kg: 20 kits a week."""
    world = World({("Z1", "kit"): [30, 30]}, [KIT], stock=[{"quantity": 100}])
    days = [{"depot": "D1", "calendar": "Tue, thursday", "loads_kg_per_day": 100.0}]
    plan = replace(world, depots=days).planned()
    assert sent(plan, load_on=day(1)) == sent(plan, load_on=day(8)) == 20
    assert reasons(plan)[0] == "as much as can be: loading capacity of D1 full"
    assert sent(world.planned()) == 60


def test_on_days_off_nothing_is_loaded() -> None:
    """A plan by day, from a Monday on: this depot works on Wednesdays."""
    world = World(
        {("Z1", "kit"): [70]}, [KIT], stock=[{"quantity": 100}], depots=[{"depot": "D1", "calendar": "Wed"}],
        plan={"period": "D", "horizon": 7, "objectives": [{"use": "need"}, {"use": "cost"}]},
    )  # fmt: skip
    plan = world.planned()
    assert set(plan.lines.loc[plan.lines["quantity"] > 0, "load_on"]) == {day(2)}
    assert list(plan.cells["reason"])[:2] == ["D1 does not load on those days"] * 2


def test_a_promise_beyond_what_the_depot_can_load_names_the_loading() -> None:
    world = World(
        {("Z1", "kit"): [30]}, [KIT], stock=[{"quantity": 100}], depots=[{"depot": "D1", "loads_kg_per_day": 10.0}],
        commitments=[{"zone": "Z1", "period": week(0), "minimum": 20}],
    )  # fmt: skip
    with pytest.raises(NoPlanError, match="What binds: loading capacity of D1"):
        world.planned()
    assert ("working_days", "loading at D1, without a calendar") in [
        (assumed.figure, assumed.applies_to) for assumed in world.ledger.assumptions
    ]
