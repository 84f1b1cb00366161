"""The layers, one after another on one kept model: each is held, within a tolerance, before the next."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from pydantic import ValidationError

from forecast import plugins
from forecast.allocate import clash, level, rules
from forecast.allocate.lp import INF, Held, Layer, Solution, total
from forecast.allocate.problem import Allocation
from forecast.allocate.rules import Parts
from forecast.allocate.solver import Kept
from forecast.config import Config, Plugin, Section, settings_problems
from forecast.errors import InputError, NoPlanError
from forecast.schema import Floats

LEAST = 1e-6  # absolute slack of a held layer, in its own unit: a relative one is nothing where the value is 0


@dataclass(frozen=True)
class Reached:
    """What a layer reached, as people read it; `bound`: no plan can be better, NaN where it is not known; `seconds` it took;
    `price`: what the layer before gave up for it, in that one's unit, NaN where it opens none.
    """

    layer: Layer
    value: float
    bound: float
    seconds: float
    price: float


@dataclass(frozen=True)
class Solved:
    """`quantity` (load) and `moved` (move between depots) in item units; the layers in order; `stopped`: the layer that ran
    out of time; size of the model.
    """

    quantity: Floats
    moved: Floats
    reached: tuple[Reached, ...]
    stopped: str | None
    rows: int
    columns: int


def solve(problem: Allocation, config: Config) -> Solved:
    """Allocation -> Solved. Raises NoPlanError when commitments clash, or when time runs out before an essential layer is
    done.
    """
    parts = rules.build(problem, config.plan.segments)
    layers = objectives(parts, config)
    walk = Walk(parts, Kept(parts.model, config.plan.time_limit_seconds), config)
    failed = next((layer for layer in layers if not walk.reach(layer)), None)
    unsolved = [failed, *layers] if failed else []
    if walk.last is None or any(layer.essential for layer in unsolved):
        raise NoPlanError(_no_plan(unsolved, config))
    quantity, moved = (np.maximum(walk.last.values[columns], 0.0) for columns in (parts.send, parts.move))
    stopped, model = ", ".join([*walk.cut_short, *([failed.name] if failed else [])]) or None, parts.model
    return Solved(quantity, moved, tuple(walk.reached), stopped, model.rows.size, model.columns.size)


class Walk:
    """The layers `reached` so far, and the `last` solution, which holds them all."""

    def __init__(self, parts: Parts, kept: Kept, config: Config) -> None:
        self.parts, self.kept, self._tolerance = parts, kept, config.plan.layer_tolerance
        self.reached: list[Reached] = []
        self.last: Solution | None = None
        self.cut_short: list[str] = []  # what of these layers time ran out in
        self._held: Held | None = None  # the last layer

    def reach(self, layer: Layer) -> bool:
        """Minimise one layer more, and hold it; False when time ran out in it."""
        began = time.perf_counter()
        bound = _bound(self.parts, self.kept, layer)
        before = self._held if layer.opens is not None else None
        at_most = limit(before.layer, before.solution, max(layer.opens or 0.0, self._tolerance)) if before else INF
        if before:
            self.kept.set_bounds(before.at(at_most))
        if layer.is_level:
            level.approach(self.kept, int(layer.columns[0]), before, at_most)
        solution = self.kept.minimise(layer)
        if solution is None:
            return False
        if layer.name == rules.COMMITMENTS:
            clash.refuse(self.parts, self.kept, layer, solution)
        value = solution.cost + layer.constant
        if layer.is_curved:
            bound = float(np.fmax(bound, lower_bound(self.parts, solution, value)))
        self._hold(layer, solution)
        self._rounds(layer)
        if before and layer.opens:
            self._close(before)
        price = self._price(before) if before else float("nan")
        seconds = time.perf_counter() - began
        self.reached.append(Reached(layer, layer.sign * value, layer.sign * bound, seconds, price))
        return True

    def _hold(self, layer: Layer, solution: Solution) -> None:
        self._held = self.kept.hold(layer, solution, limit(layer, solution, self._tolerance))
        self.last = solution

    def _rounds(self, layer: Layer) -> None:
        """The further rounds of a layer; when time runs out in one, those before it stand."""
        after, rounds = layer.after, 1
        while after and self.last and self._held and (made := after(self.last)):
            (change, further), rounds = made, rounds + 1
            self.kept.set_bounds(change)
            solution = self.kept.minimise(further)
            if solution is None:
                self.cut_short.append(f"{layer.name} (round {rounds})")
                return
            at_most = limit(further, solution, self._tolerance)
            self._held = replace(self._held, at_most=at_most, solution=solution)
            self.kept.set_bounds(self._held.at(at_most))
            self.last, after = solution, further.after

    def _close(self, before: Held) -> None:
        """Minimise the opened layer again, and hold it where it is now."""
        again = self.kept.minimise(replace(before.layer, from_last=True))
        if again is None:
            self.cut_short.append(f"{before.layer.name} (again)")
            return
        at_most = limit(before.layer, again, self._tolerance)
        self.kept.set_bounds(replace(before, at_most=at_most, solution=again).at(at_most))
        self.last = again

    def _price(self, before: Held) -> float:
        """What the last plan gives up of what the layer before had reached, in that one's unit."""
        if self.last is None:
            return float("nan")
        return total(before.layer.dense(len(self.last.values)), self.last.values) - before.solution.cost


def limit(layer: Layer, solution: Solution, share: float) -> float:
    """What the layer may cost from now on: what it reached, and such a share of it."""
    return INF if share == INF else solution.cost + share * abs(solution.cost + layer.constant) + LEAST


def objectives(parts: Parts, config: Config) -> Iterator[Layer]:
    """The layers in order, commitments first; each is made when it is asked for, and may add columns and rows to the model.

    Raises InputError for an unknown objective or a wrong setting of one, before the first.
    """
    asked = []
    for number, plugin in enumerate(config.plan.objectives):
        setting = f"plan.objectives[{number}]"
        module = plugins.load("allocate.objectives", plugin.use, setting)
        asked.append((module, _settings(module.Settings, plugin, setting)))
    promised = rules.commitments(parts.problem, parts.model, parts.send)
    made = (module.layer(parts, settings) for module, settings in asked)
    yield from (layer for layer in itertools.chain([promised], made) if layer is not None)


def _bound(parts: Parts, kept: Kept, layer: Layer) -> float:
    """The bound of a layer that has a sum of its own for it, given the layers held before; NaN for others, or out of time."""
    solution = kept.minimise(layer.bound) if layer.bound else None
    return lower_bound(parts, solution, solution.cost + layer.bound.constant) if layer.bound and solution else float("nan")


def lower_bound(parts: Parts, solution: Solution, value: float) -> float:
    """What no plan can go below, whatever the chords of the curves leave out: the exact curves at the prices of the solution.

    Weak duality: the reduced costs of all other columns stay as they are; those of the pieces follow from two prices of their
    cell: that of what fills it, and that of a unit unmet, which the reduced cost of its first piece tells. Where goods last
    while the need lapses, it bounds the model with the expected leftover, itself a lower bound where demand does not fall
    after a high period.
    """
    bound = value
    for rows in parts.zones.curves:
        curves, fill, reduced = rows.curves, solution.duals[rows.fill], solution.reduced[rows.pieces]
        cells, first = np.unique(curves.cell, return_index=True)
        worth = np.zeros(len(fill))
        worth[cells] = -(reduced[first] + fill[cells]) / curves.tail[first]
        width, tail = curves.exact()
        bound += (np.minimum(-fill[:, None] - tail * worth[:, None], 0.0) * width).sum()
        bound -= total(np.minimum(reduced, 0.0), curves.width)
    return float(min(bound, value))


def _settings(model: type[Section], plugin: Plugin, setting: str) -> Section:
    try:
        return model.model_validate(plugin.settings)
    except ValidationError as error:
        raise InputError(settings_problems(error, setting, model)) from error


def _no_plan(unsolved: list[Layer], config: Config) -> str:
    if not unsolved:
        return "The config names no objective to plan for (plan.objectives): no plan is made."
    seconds = f"{config.plan.time_limit_seconds:g} seconds (plan.time_limit_seconds)"
    return f"Time ran out in the layer '{unsolved[0].name}' after {seconds}: no plan is made. Give it more time."
