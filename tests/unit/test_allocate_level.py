"""The level of leximin is approached by what the need costs at one level and another; shares of the floor are held one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecast.allocate import level, rules, solve
from forecast.allocate.solve import Walk
from forecast.allocate.solver import AtLevel, Kept
from tests.bench.plan import problem_of
from tests.bench.plan_instances import Size, world

LEXIMIN = {"use": "fairness", "rule": "leximin", "rounds": 3}


def walked(*layers: dict[str, Any], seconds: float = 60) -> Walk:
    """All layers solved of a small drawn instance with every rule."""
    drawn = world(Size(3, 20, 3, 6, 30))
    drawn.plan = {**drawn.plan, "objectives": list(layers)}
    parts, config = rules.build(problem_of(drawn), 20), drawn.config()
    walk = Walk(parts, Kept(parts.model, seconds), config)
    for layer in solve.objectives(parts, config):
        if not walk.reach(layer):
            break
    return walk


def values(walk: Walk) -> list[float]:
    return [found.value for found in walk.reached]


@pytest.mark.parametrize("give_up", [0.0, 0.02, 10.0, None])
@pytest.mark.parametrize("before", [[{"use": "survival"}, {"use": "need"}], [{"use": "survival"}]])
def test_leximin_reaches_what_it_reaches_with_the_level_alone_minimised(
    before: list[dict[str, Any]], give_up: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[AtLevel] = []
    at_level = Kept.at_level

    def trying(kept: Kept, *arguments: Any) -> AtLevel | None:
        found = at_level(kept, *arguments)
        tried.append(found) if found else None
        return found

    monkeypatch.setattr(Kept, "at_level", trying)
    layers = [*before, {**LEXIMIN, "give_up": give_up}]
    found = values(walked(*layers))
    assert len(tried) > 2
    monkeypatch.setattr(level, "approach", lambda *arguments: None)
    assert values(walked(*layers)) == pytest.approx(found, rel=1e-6)


def test_leximin_alone_has_nothing_to_pay_and_stops_where_no_plan_is() -> None:
    alone = values(walked({**LEXIMIN, "give_up": None}))
    after_need = values(walked({"use": "need"}, {**LEXIMIN, "give_up": None}))
    assert alone[-1] == pytest.approx(after_need[-1], rel=1e-6)
    assert 0 < alone[-1] < 1


def test_time_that_runs_out_while_the_level_is_approached_leaves_the_plan_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kept, "at_level", lambda kept, *arguments: setattr(kept, "_until", 0.0))
    walk = walked({"use": "need"}, {**LEXIMIN, "give_up": 0.01})
    assert [found.layer.name for found in walk.reached] == ["commitment", "need"]
    assert walk.last is not None


def test_each_share_of_the_floor_is_held_on_its_own_until_a_later_layer_may_pay_with_it() -> None:
    survival, need = {"use": "survival"}, {"use": "need"}
    walk = walked(survival, need)
    floor = walk.reached[1]
    held = walk.last.values[floor.layer.columns] if walk.last else np.zeros(0)
    assert len(held) > 1
    assert held.sum() == pytest.approx(floor.value, rel=2e-4)
    alone = walked(survival).last
    assert held == pytest.approx(alone.values[floor.layer.columns] if alone else None, rel=2e-4)

    paid = walked(survival, {"use": "fairness", "alpha": 1.0, "give_up": 0.1})
    assert paid.reached[-1].price > 0.001
    assert paid.reached[-1].price < 0.1 * floor.value + 1e-3
    kept_from = walked(survival, {"use": "fairness", "alpha": 1.0, "give_up": 0.0})
    assert paid.reached[-1].value < kept_from.reached[-1].value
    assert kept_from.reached[-1].price == pytest.approx(0, abs=1e-3)
