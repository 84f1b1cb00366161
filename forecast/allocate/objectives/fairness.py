"""Fairness between zones above the survival floor: a dial, from none over alpha-fair to leximin, with its price.

It stands after the need layer, looks at the coverage of each zone (coverage.py), and may give up a share of what
that layer reached.
Zones and cells out of reach are not in it, so that they pin nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.coverage import within_reach
from forecast.allocate.lp import INF, Change, Layer, Solution
from forecast.allocate.rules import Parts
from forecast.config import Section
from forecast.schema import Floats

NAME = "fairness"
STEPS = 10  # of coverage, in each of which the alpha-fair value of more of it is taken as constant
PRICED = 1e-7  # dual of a zone that holds the level down
LEAST = 1e-6  # of coverage: smaller differences are none


class Settings(Section):
    """The dial. `rule: none`, or no such layer at all, shares out by need alone."""

    rule: Literal["none", "alpha", "leximin"] = "alpha"
    """`alpha`: more coverage is worth coverage^-alpha to each person. `leximin`: the zone with the least coverage first, then
    the next."""
    alpha: float = Field(default=1.0, gt=0, le=10)
    """0 is need alone, 1 proportional fairness, the larger the nearer to leximin."""
    give_up: float | None = Field(default=0.0, ge=0)
    """Share of the expected shortage by which it may grow for fairness; null: without limit. At 0 fairness only chooses among
    plans that meet the need equally well, within plan.layer_tolerance."""
    rounds: int = Field(default=20, ge=1)
    """Most rounds of leximin: in each, all zones that cannot have more are fixed."""


@dataclass(frozen=True)
class Shares:
    """(n) `short`: columns, the share of its need that a zone goes short of; `need`, weighted person-periods; its `labels`."""

    short: Ints
    need: Floats
    labels: list[str]

    @property
    def scale(self) -> float:
        """Prices of coverage times this are prices in person-periods."""
        return max(1.0, float(self.need.sum()))


def layer(parts: Parts, settings: Settings) -> Layer | None:
    """The layer of the rule; None where there is none, or no zone within reach."""
    if settings.rule == "none":
        return None
    shares = _shares(parts)
    if not len(shares.short):
        return None
    made = _leximin(parts, shares, settings.rounds) if settings.rule == "leximin" else _alpha_fair(parts, shares, settings.alpha)
    opens = np.inf if settings.give_up is None else settings.give_up
    return replace(made, opens=opens)


def _shares(parts: Parts) -> Shares:
    """Columns of the share short of each zone, and the rows that hold them up."""
    problem, model = parts.problem, parts.model
    reach = within_reach(problem)
    zones = np.flatnonzero(reach.need > 0)
    labels = [problem.zones[z] for z in zones]
    need = reach.need[zones]
    short = model.add_columns("share_short", len(zones), labels)
    unit = np.ones(len(problem.zones))  # rows in quantities, not in shares: coefficients near 1 are kinder to the solver
    unit[zones] = problem.weight[zones].max(axis=1)
    place = np.full(len(problem.zones), -1)
    place[zones] = np.arange(len(zones))
    most, entries = reach.lost.copy(), list[tuple[Ints, Ints, Floats]]()
    for part in parts.zones.shortages:
        zone = part.series.zone
        weight = part.share * problem.weight[zone, part.series.group]
        np.subtract.at(most, zone, weight * part.unmet.nothing_sent.sum(axis=1))
        used = place[zone][part.of] >= 0
        zone, values = zone[part.of][used], (weight[part.of] * part.unmet.values)[used]
        entries.append((place[zone], part.unmet.columns[used], values / unit[zone]))
    rows = model.add_rows("share_short", len(zones), labels, -INF, (most / unit)[zones])
    model.put(rows, short, -need / unit[zones])
    for at, columns, values in entries:
        model.put(rows[at], columns, values)
    return Shares(short, need, labels)


def _alpha_fair(parts: Parts, shares: Shares, alpha: float) -> Layer:
    """Sum over people of the loss of what they go short of: each step of coverage is worth coverage^-alpha at its middle."""
    model, count = parts.model, len(shares.short)
    labels = [f"{zone},{step + 1}" for zone in shares.labels for step in range(STEPS)]
    steps = model.add_columns("step_short", count * STEPS, labels, 0.0, 1 / STEPS).reshape(count, STEPS)
    rows = model.add_rows("step_short", count, shares.labels, 0.0, 0.0)
    model.put(rows, shares.short, -1.0)
    model.put(rows[:, None], steps, 1.0)
    middle = 1 - (np.arange(STEPS) + 0.5) / STEPS
    costs = (shares.need / shares.need.sum())[:, None] * middle**-alpha
    unit = f"loss a person by what their zone goes short of, alpha {alpha:g}"
    return Layer(NAME, unit, steps.ravel(), costs.ravel(), essential=False, from_last=True, scale=shares.scale)


def _leximin(parts: Parts, shares: Shares, rounds: int) -> Layer:
    """The largest share short, minimised; then, round by round, that of the zones that could have less."""
    level = parts.model.add_columns("level", 1, ["zones"])
    rows = parts.model.add_rows("level", len(shares.short), shares.labels, -INF, 0.0)
    parts.model.put(rows, shares.short, 1.0)
    parts.model.put(rows, level, -1.0)
    unit = "coverage of the zone that has least"
    first = Layer(NAME, unit, level, np.ones(1), constant=-1.0, sign=-1.0, essential=False, is_level=True, scale=shares.scale)
    free = np.ones(len(rows), dtype=bool)
    return replace(first, after=_next_round(first, shares.short, rows, free, rounds))


def _next_round(
    made: Layer, short: Ints, rows: Ints, free: Flags, rounds: int
) -> Callable[[Solution], tuple[Change, Layer] | None]:
    """Fix the zones that hold the level down, as the prices of their rows tell, and minimise the level of the others."""

    def after(solution: Solution) -> tuple[Change, Layer] | None:
        pinned = free & (np.abs(solution.duals[rows]) > PRICED)
        left = free & ~pinned
        if rounds <= 1 or solution.cost <= LEAST or not pinned.any() or not left.any():
            return None
        none = np.zeros(pinned.sum())
        fixed = Change(short[pinned], (none, none + solution.cost + LEAST), rows[pinned], (none - INF, none + INF))
        return fixed, replace(made, after=_next_round(made, short, rows, left, rounds - 1))

    return after
