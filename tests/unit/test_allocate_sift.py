"""Layers solved with what is far left aside at first reach what the whole model reaches (sift.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from forecast.allocate import rules, sift, solve
from forecast.allocate.lp import INF, Change, Layer, Solution
from forecast.allocate.solver import STATUS, End, Kept
from tests.bench.plan import problem_of
from tests.bench.plan_instances import Size, world
from tests.plan_world import World

FAIR = {"use": "fairness", "rule": "leximin", "give_up": 0.05}


def reached(*fairness: Mapping[str, Any]) -> list[float]:
    """What each layer reaches, on a small drawn instance with every rule."""
    drawn = world(Size(2, 6, 2, 4, 20))
    objectives = [{"use": "survival"}, {"use": "need"}, *fairness, {"use": "cost"}]
    drawn = replace(drawn, plan={**drawn.plan, "objectives": objectives})
    return [found.value for found in solve.solve(problem_of(drawn), drawn.config()).reached]


@pytest.fixture
def left_aside(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Everything that has a price is left aside; how many columns, each time."""
    counts: list[int] = []
    without = Kept._without

    def counting(kept: Kept, aside: sift.Aside, costs: Any, **how: Any) -> End:
        counts.append(len(aside.columns))
        return without(kept, aside, costs, **how)

    monkeypatch.setattr(Kept, "_without", counting)
    monkeypatch.setattr(sift, "MANY", 1)
    monkeypatch.setattr(sift, "FAR", 0.0)
    return counts


@pytest.mark.parametrize("fairness", [(), (FAIR,)])
def test_layers_reach_the_same_with_all_that_is_priced_left_aside_at_first(
    fairness: tuple[Mapping[str, Any], ...], left_aside: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = reached(*fairness)
    assert any(after < before for before, after in pairwise(left_aside))  # some were called for, others were not
    assert min(left_aside) > 0
    monkeypatch.setattr(sift, "MANY", 10**9)
    left_aside.clear()
    assert reached(*fairness) == pytest.approx(found, rel=1e-7)
    assert not left_aside


def test_what_is_called_for_is_solved_from_scratch_where_the_last_plan_leads_nowhere(
    left_aside: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, without = reached(), Kept._without

    def stuck_from_last(kept: Kept, aside: sift.Aside, costs: Any, *, from_last: bool, **how: Any) -> End:
        return (STATUS.kIterationLimit, None) if from_last else without(kept, aside, costs, from_last=False, **how)

    monkeypatch.setattr(Kept, "_without", stuck_from_last)
    assert reached() == pytest.approx(found, rel=1e-7)


def test_a_what_if_takes_the_steps_it_needs_however_few_the_layer_before_it_was_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = world(Size(2, 6, 2, 4, 20))
    parts = rules.build(problem_of(drawn), 20)
    kept, need = Kept(parts.model, 60), next(made for made in solve.objectives(parts, drawn.config()) if made.name == "need")
    found = kept.minimise(need)
    monkeypatch.setattr(sift, "STEPS_A_ROW", 0.0)  # no step at all: the plan is the best already
    assert found is not None
    assert kept.minimise(replace(need, is_curved=False, from_last=True)) is not None
    none = np.zeros(len(parts.hours.rows))
    stays = kept.what_if(need, Change(rows=parts.hours.rows, row_bounds=(none - INF, none)))  # without any vehicle
    assert stays is not None
    assert stays.cost > found.cost


def test_far_is_what_costs_the_layer_more_than_its_share_on_the_way_from_bound_to_bound() -> None:
    lower, upper = np.zeros(4), np.array([10.0, 10.0, np.inf, 10.0])
    found = sift.far(np.array([0.5, -2e-6, 3.0, 0.0]), lower, upper, reached=10.0)
    assert found.columns.tolist() == [0, 1]
    assert found.at.tolist() == [0.0, 10.0]
    assert found.still(np.array([0.0, 9.0, 0.0, 0.0])).columns.tolist() == [0]
    assert found.called(np.array([-1.0, 1.0, 0.0, 0.0])).tolist() == [True, True]
    assert found.called(np.array([1.0, -1.0, 0.0, 0.0])).tolist() == [False, False]


def test_rounds_that_time_runs_out_in_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    solved, asked = Kept.minimise, list[str]()

    def out_of_time_when_asked_again(kept: Kept, layer: Layer) -> Solution | None:
        asked.append(layer.name)
        return None if layer.name in asked[:-1] else solved(kept, layer)

    monkeypatch.setattr(Kept, "minimise", out_of_time_when_asked_again)
    plan = World(  # Z1 can have no more than 10: a second round looks to the others
        {("Z1", "kit"): [100], ("Z2", "kit"): [100], ("Z3", "kit"): [100]},
        [{"item": "kit", "need_lapses": True, "keeps_days": 1.0}],
        stock=[{"quantity": 10}, {"depot": "D2", "quantity": 90}],
        routes=[{"to": "Z1"}, {"from": "D2", "to": "Z2"}, {"from": "D2", "to": "Z3", "hours_one_way": 9.0}],
        plan={"objectives": [{"use": "need"}, {**FAIR, "give_up": None}, {"use": "cost"}]},
    ).planned()
    assert plan.figures["stopped"] == "fairness (round 2), need (again)"
