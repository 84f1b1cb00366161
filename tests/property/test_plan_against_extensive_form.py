"""The curves of the plan say exactly what a row per future says, on random small worlds with every rule on."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from forecast.allocate import simulate
from tests import extensive_form
from tests.plan_world import World, day, week

KINDS: dict[str, dict[str, Any]] = {
    "perishes": {"need_lapses": True, "keeps_days": 1.0},
    "accumulates": {"need_lapses": False},
    "lasts": {"need_lapses": True, "keeps_days": 90.0},
}
FOOD = {"food": {"per_person_per_day": 2.0, "survival_per_person_per_day": 1.0, "unit": "kg", "source": "Sphere"}}
FLEETS = ["none", "weight", "weight and volume"]


def random_world(seed: int, kinds: tuple[str, ...], fleet: str, *, survival: bool) -> World:
    """Three zones, two depots, three weeks, five futures, an item of each kind; batches, closures, promises, goods on the way."""
    rng = np.random.default_rng(seed)
    zones, codes = ("Z1", "Z2", "Z3"), [f"item{n}" for n in range(len(kinds))]
    items = [
        {"item": code, "kg_per_unit": float(rng.integers(1, 20)), "m3_per_unit": float(rng.uniform(0.01, 0.1)), **KINDS[kind]}
        for code, kind in zip(codes, kinds, strict=True)
    ]
    demand = {(zone, code): rng.integers(0, 100, (3, 5)).tolist() for zone in zones for code in codes if rng.random() < 0.9}
    demand[("Z1", "item0")] = rng.integers(1, 100, (3, 5)).tolist()
    pairs = list(product(("D1", "D2"), codes))
    vehicles = [] if fleet == "none" else [{"depot": "D1"}, {"depot": "D2", "vehicle": "van", "payload_kg": 500.0}]
    if fleet == "weight and volume":
        vehicles = [{**row, "payload_m3": 4.0} for row in vehicles]
    layers = [{"use": "survival"}] if survival else []
    cleared = {"available_from": week(1), "expiry": day(12)}
    late = [{"depot": "D1", "item": code, "quantity": 60.0, "batch": "c", **cleared} for code in codes]
    return World(
        demand,
        items,
        stock=[
            {"depot": depot, "item": code, "quantity": float(rng.integers(1, 120)), "batch": batch, "expiry": expiry}
            for depot, code in pairs
            for batch, expiry in (("a", day(int(rng.integers(2, 20)))), ("b", day(300)))
        ]
        + late,
        arrivals=[
            {"depot": depot, "item": code, "quantity": float(rng.integers(1, 80)), "eta": week(1)} for depot, code in pairs
        ],
        zone_stock=[{"zone": "Z1", "item": "item0", "quantity": float(rng.integers(0, 60))}],
        dispatches=[{"waybill": "W1", "zone": "Z2", "item": "item0", "quantity": float(rng.integers(1, 50)), "left": day(-1)}],
        by_others=[{"zone": "Z3", "item": codes[-1], "need": "", "period": week(1), "quantity": float(rng.integers(0, 50))}],
        commitments=[{"zone": "Z1", "item": "item0", "period": week(1), "maximum": float(rng.integers(20, 90))}],
        priorities=[{"zone": "Z2", "need": "food", "weight": 3.0}],
        routes=[
            {"from": depot, "to": zone, "hours_one_way": float(rng.integers(1, 9)), "lead_days": float(rng.integers(0, 9))}
            for depot in ("D1", "D2")
            for zone in zones
            if (depot, zone) != ("D2", "Z1")
        ],
        fleet=vehicles,
        closures=[{"from": "D1", "to": "Z3", "start": week(1), "until": week(2), "why": "flood"}],
        people={"Z1": 10.0, "Z2": 5.0},
        needs=FOOD if survival else {},
        plan={"objectives": [*layers, {"use": "need"}], "layer_tolerance": 0.0, "segments": 16},
    )


def joined_world(seed: int, kinds: tuple[str, ...], fleet: str) -> World:
    """The same, with a store that serves no zone, lanes between all depots, and days and weights of loading."""
    world, rng = random_world(seed, kinds, fleet, survival=False), np.random.default_rng(1000 + seed)
    lanes = [("D0", "D1"), ("D0", "D2"), ("D1", "D2"), ("D2", "D1")]
    between = [
        {"from": one, "to": other, "hours_one_way": float(rng.integers(1, 9)), "lead_days": float(rng.integers(0, 9))}
        for one, other in lanes
    ]
    far = [{**row, "depot": "D0", "quantity": 2 * row["quantity"]} for row in world.stock if row["depot"] == "D1"]
    vehicles = [*world.fleet, {"depot": "D0", "payload_kg": 700.0}] if world.fleet else []
    days = [{"depot": "D0", "calendar": "Mon Tue"}, {"depot": "D1", "loads_kg_per_day": 150.0, "calendar": "MON, thursday"}]
    shut = {"from": "D0", "to": "D2", "start": week(0), "until": week(1), "why": "flood"}
    return replace(
        world, stock=[*world.stock, *far], fleet=vehicles, between=between, depots=days, closures=[*world.closures, shut]
    )


EXACT = [("perishes",), ("accumulates",), ("perishes", "accumulates")]


@pytest.mark.parametrize(("kinds", "fleet"), list(product(EXACT, FLEETS)))
@pytest.mark.parametrize("survival", [False, True], ids=["need", "floor first"])
def test_the_objective_is_that_of_a_row_per_future(kinds: tuple[str, ...], fleet: str, survival: bool) -> None:
    for seed in range(4):
        world = random_world(seed, kinds, fleet, survival=survival)
        problem, reached = world.problem(), {found.layer.name: found for found in world.solved().reached}
        need, floor = extensive_form.need(problem, survival=survival)
        if floor is not None:
            assert reached["survival"].value == pytest.approx(floor, rel=1e-6, abs=1e-6)
        assert reached["need"].value == pytest.approx(need, rel=1e-6, abs=1e-6)
        assert reached["need"].bound == pytest.approx(need, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("kinds", "fleet"), [(EXACT[0], "none"), (EXACT[1], "weight"), (EXACT[2], "weight and volume")])
def test_so_it_is_with_transfers_between_depots_and_days_of_loading(kinds: tuple[str, ...], fleet: str) -> None:
    moved = 0.0
    for seed in range(3):
        world = joined_world(seed, kinds, fleet)
        need, _ = extensive_form.need(world.problem())
        solved = world.solved()
        assert solved.reached[-1].value == pytest.approx(need, rel=1e-6, abs=1e-6)
        moved += solved.moved.sum()
    assert moved > 1


@pytest.mark.parametrize("fleet", FLEETS)
@pytest.mark.parametrize("kinds", [("lasts",), ("lasts", "accumulates"), ("lasts", "perishes")])
def test_where_goods_outlast_a_need_that_lapses_bound_and_simulation_hold_the_optimum_between_them(
    kinds: tuple[str, ...], fleet: str
) -> None:
    for seed in range(4):
        world = random_world(seed, kinds, fleet, survival=False)
        problem, solved = world.problem(), world.solved()
        need, _ = extensive_form.need(problem)
        bound = {found.layer.name: found for found in solved.reached}["need"].bound
        outcome = simulate.outcome(problem, problem.arriving(solved.quantity))
        simulated = float((outcome.unmet.sum(axis=2) * problem.weight)[problem.series].sum())
        assert bound <= need * (1 + 1e-6) + 1e-6
        assert simulated >= need * (1 - 1e-6) - 1e-6


@pytest.mark.parametrize("kinds", EXACT)
def test_chords_hold_the_optimum_between_their_bound_and_their_value(kinds: tuple[str, ...]) -> None:
    for seed in range(4):
        world = random_world(seed, kinds, "weight", survival=False)
        world.plan = {**world.plan, "segments": 2}
        need, _ = extensive_form.need(world.problem())
        reached = world.solved().reached[-1]
        assert reached.bound <= need * (1 + 1e-6) + 1e-6
        assert reached.value >= need * (1 - 1e-6) - 1e-6


@pytest.mark.parametrize("kinds", EXACT)
@pytest.mark.parametrize("give_up", [0.0, 0.1])
def test_the_worst_futures_are_those_of_a_row_per_future(kinds: tuple[str, ...], give_up: float) -> None:
    for seed in range(2):
        world = random_world(seed, kinds, "weight", survival=False)
        cvar = {"use": "cvar", "level": 0.7, "give_up": give_up}
        world.plan = {**world.plan, "objectives": [{"use": "need"}, cvar]}
        worst = extensive_form.worst_futures(world.problem(), 0.7, give_up)
        assert world.solved().reached[-1].value == pytest.approx(worst, rel=1e-6, abs=1e-5)


def test_what_lasts_in_the_worst_futures_is_what_is_simulated() -> None:
    """Of goods that outlast their need each future has its own rest: the layer's value is that of the plan, simulated."""
    for seed in range(3):
        world = random_world(seed, ("lasts", "perishes"), "weight", survival=False)
        world.plan = {**world.plan, "objectives": [{"use": "need"}, {"use": "cvar", "level": 0.7, "give_up": 0.5}]}
        problem, solved = world.problem(), world.solved()
        worst = simulate.worst_futures(problem, problem.arriving(solved.quantity), 0.7)
        assert solved.reached[-1].value == pytest.approx(worst, rel=1e-5, abs=1e-5)
