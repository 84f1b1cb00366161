"""Whole packs against the best there can be: every future written out, every load a whole number, solved by another door."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from tests import extensive_form
from tests.plan_world import World
from tests.property.test_plan_against_extensive_form import random_world

ROUGHLY = 0.05  # of the shortage: what handing out pack by pack loses at most here against the best choice


def in_whole_numbers(problem: Any, monkeypatch: pytest.MonkeyPatch) -> float:
    """The least weighted expected shortage that whole packs allow; all loads are the first columns of the program."""

    def whole(costs: np.ndarray, **rest: Any) -> Any:
        integrality = (np.arange(len(costs)) < len(problem.loads)).astype(int)
        return linprog(costs, integrality=integrality, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(extensive_form, "linprog", whole)
        return extensive_form.need(problem)[0]


def only_rounded(world: World) -> World:
    """No visits joined, nothing put off, no whole vehicles: whole packs alone."""
    apart = {"min_shipment": {"vehicle_share": 0}, "visit_days": 366, "safety_days": 366, "firm_periods": 0}
    return replace(world, plan={**world.plan, **apart})


@pytest.mark.parametrize("fleet", ["none", "weight"])
@pytest.mark.parametrize("kinds", [("perishes",), ("accumulates",), ("perishes", "accumulates")])
def test_the_stated_gap_holds_against_the_best_choice_of_whole_packs(
    kinds: tuple[str, ...], fleet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(3):
        world = only_rounded(random_world(seed, kinds, fleet, survival=False))
        best = in_whole_numbers(world.problem(), monkeypatch)
        figures = world.planned().figures
        published, bound, gap = (float(str(figures[name])) for name in ("need_published", "need_bound", "need_gap"))
        assert bound <= best * (1 + 1e-6) + 1e-6
        assert best <= published * (1 + 1e-6) + 1e-6
        assert published - best <= gap * published + 1e-6
        assert published <= best * (1 + ROUGHLY) + 1e-6
