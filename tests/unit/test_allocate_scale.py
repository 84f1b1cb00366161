"""Layers of shares are solved to the end: a unit of goods is a tiny part of a share, and no less worth for it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from forecast.allocate import solve
from forecast.allocate.lp import Layer
from forecast.allocate.objectives import fairness, survival
from tests.bench.plan import problem_of
from tests.bench.plan_instances import Size, world

LEXIMIN = {"use": "fairness", "rule": "leximin", "give_up": 0.01}


def reached(layers: list[dict[str, Any]], size: Size) -> float:
    """What the last of the layers reaches."""
    drawn = world(size)
    drawn.plan = {**drawn.plan, "objectives": layers}
    return solve.solve(problem_of(drawn), drawn.config()).reached[-1].value


def other(made: Any, times: float | None, *arguments: Any) -> Layer:
    """A layer with another scale: so many times its own, or none."""
    found: Layer = made(*arguments)
    return replace(found, scale=1.0 if times is None else times * found.scale)


@pytest.mark.parametrize(
    ("objective", "layers", "size"),
    [
        (survival, [{"use": "survival"}], Size(5, 50, 3, 14, 20)),
        (fairness, [{"use": "survival"}, {"use": "need"}, LEXIMIN], Size(3, 20, 3, 6, 10)),
    ],
    ids=["survival", "leximin"],
)
def test_a_layer_of_shares_reaches_its_optimum(
    objective: ModuleType, layers: list[dict[str, Any]], size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, made = reached(layers, size), objective.layer
    monkeypatch.setattr(objective, "layer", partial(other, made, 1000.0))
    assert reached(layers, size) == pytest.approx(found, rel=1e-6)
    monkeypatch.setattr(objective, "layer", partial(other, made, None))
    assert reached(layers, size) < found * (1 - 2e-6)  # in shares, the solver stops before
