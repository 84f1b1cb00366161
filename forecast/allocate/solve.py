"""The layers, one after another on one kept model: each is held, within a tolerance, before the next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import ValidationError

from forecast import plugins
from forecast.allocate import clash, rules
from forecast.allocate.lp import Kept, Layer, Solution
from forecast.allocate.problem import Allocation
from forecast.allocate.rules import Parts
from forecast.config import Config, Plugin, Section, settings_problems
from forecast.errors import InputError, NoPlanError
from forecast.schema import Floats

LEAST = 1e-6  # absolute slack of a held layer, in its own unit: a relative one is nothing where the value is 0


@dataclass(frozen=True)
class Reached:
    """What a layer reached, as people read it; `bound`: no plan can be better, NaN where it is not known; `seconds` it took."""

    layer: Layer
    value: float
    bound: float
    seconds: float


@dataclass(frozen=True)
class Solved:
    """`quantity` (load) in item units; the layers in order; `stopped`: the layer that ran out of time; size of the model."""

    quantity: Floats
    reached: tuple[Reached, ...]
    stopped: str | None
    rows: int
    columns: int


def solve(problem: Allocation, config: Config) -> Solved:
    """Allocation -> Solved. Raises NoPlanError when commitments clash, or when time runs out before an essential layer is
    done.
    """
    parts = rules.build(problem, config.plan.segments)
    layers = list(objectives(parts, config))
    kept = Kept(parts.model, config.plan.time_limit_seconds)
    reached: list[Reached] = []
    last: Solution | None = None
    stopped = None
    for layer in layers:
        began = time.perf_counter()
        bound = _bound(parts, kept, layer)
        solution = kept.minimise(layer)
        if solution is None:
            stopped = layer.name
            break
        if layer.name == rules.COMMITMENTS:
            clash.refuse(parts, layer, solution)
        value = solution.cost + layer.constant
        if layer.is_curved:
            bound = float(np.fmax(bound, lower_bound(parts, solution, value)))
        kept.hold(layer, solution.cost + config.plan.layer_tolerance * abs(value) + LEAST)
        reached.append(Reached(layer, layer.sign * value, layer.sign * bound, time.perf_counter() - began))
        last = solution
    unsolved = layers[len(reached) :]
    if last is None or any(layer.essential for layer in unsolved):
        raise NoPlanError(_no_plan(unsolved, config))
    quantity = np.maximum(last.values[parts.send], 0.0)
    return Solved(quantity, tuple(reached), stopped, parts.model.rows.size, parts.model.columns.size)


def objectives(parts: Parts, config: Config) -> Iterator[Layer]:
    """The layers in order, commitments first; making them may add columns and rows to the model.

    Raises InputError for an unknown objective or a wrong setting of one.
    """
    promised = rules.commitments(parts.problem, parts.model, parts.send)
    if promised:
        yield promised
    for number, plugin in enumerate(config.plan.objectives):
        setting = f"plan.objectives[{number}]"
        module = plugins.load("allocate.objectives", plugin.use, setting)
        layer = module.layer(parts, _settings(module.Settings, plugin, setting))
        if layer is not None:
            yield layer


def _bound(parts: Parts, kept: Kept, layer: Layer) -> float:
    """The bound of a layer that has a sum of its own for it, given the layers held before; NaN for others, or out of time."""
    solution = kept.minimise(layer.bound) if layer.bound else None
    return lower_bound(parts, solution, solution.cost + layer.bound.constant) if layer.bound and solution else float("nan")


def lower_bound(parts: Parts, solution: Solution, value: float) -> float:
    """What no plan can go below, whatever the chords of the curves leave out: the exact curves at the prices of the solution.

    Weak duality: the reduced costs of all other columns stay as they are; those of the pieces follow from the prices of
    their cell. Where goods last while the need lapses, it bounds the model with the expected leftover, itself a lower
    bound where demand does not fall after a high period.
    """
    bound = value
    for rows in parts.zones.curves:
        curves, fill, least = rows.curves, solution.duals[rows.fill], solution.duals[rows.least]
        chords = np.minimum(-fill[curves.cell] - curves.tail * least[curves.cell], 0.0) @ curves.width
        width, tail = curves.exact()
        bound += (np.minimum(-fill[:, None] - tail * least[:, None], 0.0) * width).sum() - chords
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
