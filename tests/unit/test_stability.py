"""A plan that holds on to the last one, where that is as good. Answers by arithmetic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import config, pipeline
from forecast.errors import InputError
from forecast.explain_plan.again import plan_again
from forecast.last_plan import still_ahead
from forecast.published import Published, open_run
from forecast.schema import Plan
from tests.operation import Operation, tiny_operation
from tests.plan_world import World, day, sent, week

RATIONS = {"item": "kit", "need_lapses": True, "keeps_days": 90.0, "kg_per_unit": 10.0}
LAYERS = ("survival", "need", "fairness", "cost")
HELD = {"objectives": [{"use": name} for name in (*LAYERS, "stability")]}
TWO_DEPOTS = [
    {"from": depot, "to": zone, "hours_one_way": 3.0} for depot in ("D1", "D2") for zone in ("Z1", "Z2")
]  # as far from either


def of_two_depots(in_d1: float) -> World:
    demand = {("Z1", "kit"): [100], ("Z2", "kit"): [100]}
    stock = [{"quantity": in_d1}, {"depot": "D2", "quantity": 500}]
    return World(demand, [RATIONS], stock=stock, routes=TWO_DEPOTS, plan=HELD)


def planned_after(world: World, last: Plan | None) -> Plan:
    inputs = world.inputs()
    if last is not None:
        nothing_left = inputs.stock.dispatches
        inputs = replace(inputs, last_plan=still_ahead(last.lines, nothing_left, day(-1), day(0), 7))
    return world.planned(inputs=inputs)


def by_depot(plan: Plan) -> list[tuple[float, float]]:
    return [(sent(plan, depot=depot, zone="Z1"), sent(plan, depot=depot, zone="Z2")) for depot in ("D1", "D2")]


def test_a_little_more_stock_elsewhere_leaves_the_lines_of_yesterday_as_they_were() -> None:
    # D1 has nothing: D2 serves both zones. Then 100 come to D1, whose lanes stand first: by cost alone a zone changes its depot.
    yesterday = planned_after(of_two_depots(0), None)
    assert by_depot(yesterday) == [(0, 0), (100, 100)]
    world = of_two_depots(100)
    assert by_depot(planned_after(world, None)) != by_depot(yesterday)
    today = planned_after(world, yesterday)
    assert by_depot(today) == by_depot(yesterday)
    assert (today.figures["packs_planned_before"], today.figures["packs_as_before"]) == (200, 200)
    assert today.figures["stability"] == pytest.approx(0, abs=0.1)
    assert 0 <= float(str(today.figures["stability_price"])) < 1
    assert any("Of 200 packs that the last plan has ahead, 200 are sent as it says" in text for text in world.ledger.remarks)


def test_people_do_not_go_short_for_the_sake_of_yesterdays_plan() -> None:
    # Yesterday all was for Z1. Today Z2 is in need of it too: what is asked first is met first.
    yesterday = planned_after(World({("Z1", "kit"): [100], ("Z2", "kit"): [0]}, [RATIONS], stock=[{"quantity": 100}],
                                    routes=[{"to": "Z1"}, {"to": "Z2"}], plan=HELD), None)  # fmt: skip
    assert sent(yesterday, zone="Z1") == 100
    people = {"Z1": 100.0, "Z2": 100.0}
    world = World({("Z1", "kit"): [40], ("Z2", "kit"): [60]}, [RATIONS], stock=[{"quantity": 100}],
                  routes=[{"to": "Z1"}, {"to": "Z2"}], people=people, plan=HELD)  # fmt: skip
    today = planned_after(world, yesterday)
    assert (sent(today, zone="Z1"), sent(today, zone="Z2")) == (40, 60)


def test_without_an_earlier_plan_there_is_no_such_layer() -> None:
    plan = planned_after(of_two_depots(100), None)
    assert "stability" not in plan.figures
    assert "stability_price" not in plan.figures


def lines(**quantity: float) -> pd.DataFrame:
    rows = [
        {"depot": "D1", "zone": "Z1", "item": "kit", "vehicle": "truck", "load_on": week(int(name[1:])), "quantity": value}
        for name, value in quantity.items()
    ]
    return pd.DataFrame(rows)


def ahead(planned: pd.DataFrame, left: float, since: int) -> list[float]:
    row = {"depot": "D1", "zone": "Z1", "item": "kit", "quantity": left, "left": day(0)}
    dispatches = pd.DataFrame([row] if left else [], columns=list(row))
    return list(still_ahead(planned, dispatches, day(0), day(since), 7)["quantity"])


def test_what_was_planned_for_a_week_that_has_passed_or_has_left_does_not_count() -> None:
    planned = lines(w0=100, w1=50, w2=30)
    assert ahead(planned, 0, 0) == [100, 50, 30]
    assert ahead(planned, 0, 6) == [100, 50, 30]
    assert ahead(planned, 0, 7) == [50, 30]
    assert ahead(planned, 60, 1) == [40, 50, 30]
    assert ahead(planned, 120, 1) == [30, 30]
    assert ahead(planned, 120, 7) == [30, 30]
    assert ahead(planned, 500, 1) == []


def test_what_is_due_in_a_week_that_runs_already_is_due_today() -> None:
    none = pd.DataFrame(columns=["depot", "zone", "item", "quantity", "left"])
    rows = still_ahead(lines(w0=100, w1=50), none, day(0), day(2), 7)
    assert list(rows["load_on"]) == [day(2), week(1)]
    by_day = still_ahead(lines(w0=100, w1=50), none, day(0), day(2), 1)
    assert list(by_day["load_on"]) == [week(1)]


def test_lines_on_lanes_or_of_vehicles_that_are_no_more_are_left_out() -> None:
    world = of_two_depots(100)
    last = lines(w0=10, w9=10).assign(vehicle="boat")
    last = pd.concat([last, last.assign(vehicle="", depot="D9"), last.assign(vehicle="", item="soap")])
    plan = world.planned(inputs=replace(world.inputs(), last_plan=last))
    assert np.isclose(sent(plan), 200)
    assert "stability" not in plan.figures


def run_of(operation: Operation, date: str, **arguments: object) -> Published:
    path, now = operation.folder / "config.yaml", pd.Timestamp("2026-03-09 05:00", tz="UTC").to_pydatetime()
    job = config.job(config.load(path), path, scenario=None, issue_date=pd.Timestamp(date).date(), now_utc=now)
    return open_run(pipeline.run(replace(job, **arguments)).folder)  # type: ignore[arg-type]


def test_a_run_is_held_to_the_plan_of_an_earlier_day_which_its_manifest_names(tmp_path: Path) -> None:
    operation = tiny_operation(tmp_path)
    operation.settings["forecast"] = {"default": {"use": "moving_average"}, "horizon": 6}
    operation.settings["plan"] = {"period": "W", "horizon": 3, **HELD}
    operation.settings["publish"] = {"outputs": ["tables", "pipeline", "summary"]}
    operation.write("stock.csv", "depot,item,quantity", "D1,kit,5000", "D2,kit,5000")
    operation.job()
    yesterday = run_of(operation, "2026-03-01")
    assert "stability" not in yesterday.manifest["figures"]
    assert "this one is held to none" in (yesterday.folder / "summary.md").read_text(encoding="utf-8")
    today = run_of(operation, "2026-03-02")
    file = "seams/6-lines.parquet"
    assert today.manifest["inputs"][f"{yesterday.folder.name}/{file}"] == yesterday.manifest["outputs"][file]
    assert float(today.manifest["figures"]["packs_planned_before"]) > 0
    assert len(plan_again(today).plan.lines) == len(today.seam("6-lines"))
    assert run_of(operation, "2026-03-02").folder == today.folder  # nothing new: its own plan is not the last one
    again = run_of(operation, "2026-03-02", force=True)
    same = ("allocation.csv", "coverage.csv", "pipeline.csv")
    own = {name: (again.folder / name).read_text().replace(again.run, today.run) for name in same}
    assert own == {name: (today.folder / name).read_text() for name in same}
    (yesterday.folder / file).write_bytes(b"changed")
    with pytest.raises(InputError, match="was changed after the run was published"):
        run_of(operation, "2026-03-02", force=True)
