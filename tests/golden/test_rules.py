"""Each rule of the plan as LP text, on a world small enough to check by eye: tests/golden/<rule>.lp.

After a change of the model that is meant, write the texts anew and read what changed before committing it:

    RENEW_GOLDEN=1 python -m pytest tests/golden && git diff tests/golden
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import highspy
import pytest

from forecast.allocate import lp_text, rules, solve
from forecast.allocate.lp import Layer
from forecast.allocate.rules import Parts
from forecast.allocate.solver import Kept
from tests.plan_world import World, day, week

HERE = Path(__file__).parent
MEALS = {"item": "meal", "need_lapses": True, "keeps_days": 1.0, "kg_per_unit": 0.5}
RATIONS = {"item": "ration", "need_lapses": True, "keeps_days": 90.0}
KITS = {"item": "kit", "need_lapses": False}
FOOD = {"food": {"per_person_per_day": 0.5, "survival_per_person_per_day": 0.25, "unit": "kg", "source": "Sphere"}}
NEED = {"objectives": [{"use": "need"}]}
DRAWN = [[0, 4, 8], [2, 4, 9]]  # by week, the samples


def one(item: dict[str, object], **rows: object) -> World:
    """One zone, two weeks, three futures, 10 in the depot."""
    code = str(item["item"])
    given = {"stock": [{"item": code, "quantity": 10}], "plan": NEED, **rows}
    return World({("Z1", code): DRAWN}, [item], **given)  # type: ignore[arg-type]


WORLDS: dict[str, Callable[[], World]] = {
    "goods_that_perish": lambda: one(MEALS),
    "a_need_that_accumulates": lambda: one(KITS),
    "a_need_that_lapses_with_goods_that_last": lambda: one(RATIONS),
    "chords_where_there_are_many_samples": lambda: one(MEALS, plan={**NEED, "segments": 2}),
    "substitutes": lambda: World(
        {("Z1", "tank"): [40, 60]},
        [{"item": "tabs", "covers": 20.0, "substitutes": "water", "keeps_days": 700.0},
         {"item": "tank", "substitutes": "water", "keeps_days": 1.0}],
        stock=[{"item": "tank", "quantity": 50}, {"item": "tabs", "quantity": 3}],
        plan=NEED,
    ),
    "supply_that_comes_anyway": lambda: one(
        KITS,
        zone_stock=[{"zone": "Z1", "quantity": 1}],
        dispatches=[{"waybill": "W1", "zone": "Z1", "quantity": 2, "left": day(-1)}],
        by_others=[{"zone": "Z1", "quantity": 3, "period": week(1), "need": ""}],
    ),
    "batches_that_expire": lambda: one(
        KITS,
        stock=[{"item": "kit", "quantity": 6, "batch": "a", "expiry": day(9)}, {"item": "kit", "quantity": 4, "batch": "b"}],
        arrivals=[{"item": "kit", "quantity": 5, "eta": day(7)}],
        routes=[{"to": "Z1", "lead_days": 3.0}],
        plan={"objectives": [{"use": "cost"}]},
    ),
    "payload_and_hours": lambda: World(
        {("Z1", "kit"): [8], ("Z1", "mat"): [9]},
        [{**KITS, "kg_per_unit": 100.0, "m3_per_unit": 0.1}, {**KITS, "item": "mat", "kg_per_unit": 2.0, "m3_per_unit": 0.5}],
        stock=[{"quantity": 10}, {"item": "mat", "quantity": 10}],
        routes=[{"to": "Z1", "hours_one_way": 2.0}],
        fleet=[{"payload_m3": 2.0}, {"vehicle": "van", "payload_kg": 400.0}],
        plan={"objectives": [{"use": "cost"}]},
    ),
    "carriage": lambda: World(
        {("Z1", "dose"): [5], ("Z1", "soap"): [5]},
        [{"item": "dose", "carriage": "cold", "kg_per_unit": 1.0}, {"item": "soap", "carriage": "dry", "kg_per_unit": 1.0}],
        stock=[{"item": "dose", "quantity": 9}, {"item": "soap", "quantity": 9}],
        fleet=[{"carries": "dry"}, {"vehicle": "van", "carries": "cold"}],
        plan={"objectives": [{"use": "cost"}]},
    ),
    "lead_time_and_shut_lane": lambda: World(
        {("Z1", "kit"): [5, 5, 5], ("Z2", "kit"): [5, 5, 5]},
        [KITS],
        stock=[{"quantity": 10}],
        routes=[{"to": "Z1", "lead_days": 8.0}, {"to": "Z2"}],
        closures=[{"from": "D1", "to": "Z2", "start": week(1), "until": week(2), "why": "flood"}],
        plan=NEED,
    ),
    "transfers_between_depots": lambda: one(
        {**KITS, "kg_per_unit": 10.0},
        stock=[{"depot": "D2", "quantity": 6, "batch": "a", "expiry": day(13)}, {"depot": "D2", "quantity": 4, "batch": "b"}],
        between=[{"from": "D2", "to": "D1", "hours_one_way": 2.0}],
        fleet=[{}, {"depot": "D2"}],
        plan={"objectives": [{"use": "cost"}]},
    ),
    "loading_on_working_days": lambda: one(
        {**KITS, "kg_per_unit": 10.0}, depots=[{"depot": "D1", "calendar": "Mon Tue", "loads_kg_per_day": 30.0}]
    ),
    "days_of_convoy_and_zone": lambda: World(
        {("Z1", "kit"): [5]},
        [KITS],
        stock=[{"quantity": 10}],
        routes=[{"to": "Z1", "lead_days": 1.0, "convoy_days": "Mon Wed"}],
        zones=[{"zone": "Z1", "receives_on": "Thu Fri"}],
        plan={**NEED, "period": "D", "horizon": 4},
    ),
    "stores_of_zones": lambda: World(
        {("Z1", "kit"): [4, 6], ("Z1", "ration"): [8, 3], ("Z1", "dose"): [5, 5]},
        [{**KITS, "m3_per_unit": 0.5}, {**RATIONS, "m3_per_unit": 0.2}, {**RATIONS, "item": "dose", "carriage": "cold"}],
        stock=[{"quantity": 20}, {"item": "ration", "quantity": 20}, {"item": "dose", "quantity": 20}],
        zone_stock=[{"zone": "Z1", "quantity": 6}],
        zones=[{"zone": "Z1", "store_m3": 2.0}],
        plan={"objectives": [{"use": "cost"}]},
    ),
    "stores_of_depots": lambda: one(
        {**KITS, "m3_per_unit": 0.5},
        stock=[{"depot": "D1", "quantity": 2}, {"depot": "D2", "quantity": 10}],
        depots=[{"depot": "D1", "dry_m3": 3.0}],
        between=[{"from": "D2", "to": "D1"}],
        plan={"objectives": [{"use": "cost"}]},
    ),
    "commitments": lambda: one(
        KITS, commitments=[{"zone": "Z1", "period": week(0), "minimum": 2}, {"zone": "Z1", "period": week(1), "maximum": 3}]
    ),
    "alpha_fairness": lambda: one(MEALS, plan={"objectives": [{"use": "fairness", "alpha": 2.0}]}),
    "worst_futures": lambda: one(MEALS, plan={"objectives": [{"use": "cvar", "level": 0.5}]}),
    "stability": lambda: one(
        KITS,
        last_plan=[{"depot": "D1", "zone": "Z1", "item": "kit", "vehicle": "", "load_on": week(1), "quantity": 4}],
        plan={"objectives": [{"use": "stability"}]},
    ),
    "leximin": lambda: World(
        {("Z1", "meal"): [4], ("Z2", "meal"): [9]},
        [MEALS],
        stock=[{"item": "meal", "quantity": 6}],
        routes=[{"to": "Z1"}, {"to": "Z2"}],
        plan={"objectives": [{"use": "fairness", "rule": "leximin"}]},
    ),
    "survival_floor": lambda: one(RATIONS, needs=FOOD, people={"Z1": 2.0}, plan={"objectives": [{"use": "survival"}]}),
}  # fmt: skip


def built(world: World) -> tuple[Parts, Layer]:
    """The model, with the first layer that the world asks for after its commitments."""
    config = world.config()
    parts = rules.build(world.problem(), config.plan.segments)
    layers = list(solve.objectives(parts, config))
    return parts, layers[-1] if len(config.plan.objectives) == 1 else layers[0]


@pytest.mark.parametrize("rule", WORLDS)
def test_a_rule_reads_as_it_did(rule: str) -> None:
    parts, layer = built(WORLDS[rule]())
    path, text = HERE / f"{rule}.lp", lp_text.text(parts.model, layer)
    if os.environ.get("RENEW_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", WORLDS)
def test_names_are_unique_and_the_text_is_the_model_that_is_solved(rule: str) -> None:
    parts, layer = built(WORLDS[rule]())
    for names in (parts.model.columns.names(), parts.model.rows.names()):
        assert len(set(names)) == len(names)
    reader = highspy.Highs()
    reader.setOptionValue("output_flag", False)
    assert reader.readModel(str(HERE / f"{rule}.lp")) == highspy.HighsStatus.kOk
    reader.run()
    solved = Kept(parts.model, 60).minimise(layer)
    assert solved is not None
    assert reader.getObjectiveValue() == pytest.approx(solved.cost, rel=1e-6, abs=1e-6)


def test_every_golden_text_has_its_rule() -> None:
    assert {path.stem for path in HERE.glob("*.lp")} == set(WORLDS)
