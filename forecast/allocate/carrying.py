"""Which rounds the vehicles of a class drive in a period, and what they carry: a program with whole numbers, in the plan's order.

First the survival floors, shared max-min as in the plan; then what is felt most; then the fewest hours. Loads are cut where that
serves: of two part loads that do not fit in the hours, one vehicle may take some of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.lp import INF, Model, total
from forecast.allocate.petals import Round
from forecast.allocate.whole import Found, Whole
from forecast.schema import Floats

POOR = 0.2  # gap of a search that ended too early: what is felt decides alone, in which survival counts much more
HELD = 1e-5  # of a share of the floor
LEAST = 1e-6  # of a vehicle load
ALONE = 5  # vehicles that go to one zone only, besides those it has for sure


@dataclass(frozen=True)
class Cargo:
    """What the vehicles of a class are to take in a period, and what of it may stay behind, step by step.

    (w) `ways`; `own`: full vehicles that each has for sure; `fixed` (w, 2): vehicle loads of what goes for sure, by weight and by
    volume. (n) steps: the place of their `way`, `size` (n, 2) in vehicle loads, what their lack is `worth`, whether they are
    `promised`. Of each, `gain`: the share of a survival floor that it gives its series, (f) of a demand `group`, which holds the
    share `held` without; `series` is -1 where there is none.
    """

    ways: Ints
    own: Ints
    fixed: Floats
    way: Ints
    size: Floats
    worth: Floats
    promised: Flags
    series: Ints
    gain: Floats
    group: Ints
    held: Floats


class Choice(NamedTuple):
    """(round) `vehicles`, (n) the part of each step that is `carried`; no choice is worth more by a larger share than `gap`."""

    vehicles: Ints
    carried: Floats
    gap: float


def choose(rounds: list[Round], cargo: Cargo, free: float, gap: float) -> Choice:
    """The best choice within the hours that are `free`.

    Where all can be carried, the fewest hours alone decide. A way is on one round to several zones at most.
    """
    program = _Program(rounds, cargo, free)
    return program.all_of_it(gap) or program.in_order(gap)


class _Program:
    def __init__(self, rounds: list[Round], cargo: Cargo, free: float) -> None:
        self._cargo, self._model = cargo, Model()
        self._hours = np.array([one.hours for one in rounds])
        self._unit = max(float(self._hours.sum()), LEAST)
        model, count = self._model, len(rounds)
        alone = np.array([len(one.ways) == 1 for one in rounds])
        self._driven = model.add_columns("driven", count, list(map(str, range(count))), 0.0, np.where(alone, ALONE, 1.0))
        self._steps = model.add_columns("carried", len(cargo.way), list(map(str, range(len(cargo.way)))), 0.0, 1.0)
        self._space(rounds, alone)
        hours = model.add_rows("hours", 1, ["all"], -INF, free / self._unit)
        model.put(hours, self._driven, self._hours / self._unit)
        self._level = self._floors(free)
        self._worth = cargo.worth + 2 * cargo.worth.sum() * cargo.promised  # what is promised goes before all else
        self._scale = max(float(self._worth.sum()), LEAST)
        self._held = int(model.add_rows("held", 1, ["worth"], -INF, INF)[0])
        model.put(self._held, self._steps, self._worth / self._scale)
        self._all = int(model.add_rows("all", 1, ["steps"], -INF, INF)[0])
        model.put(self._all, self._steps, 1.0)
        self._solver = Whole(model, self._driven)

    def _space(self, rounds: list[Round], alone: Flags) -> None:
        """Each vehicle has its room, shared by its stops; no stop takes more of it than its steps need."""
        cargo, model = self._cargo, self._model
        place = {int(way): n for n, way in enumerate(cargo.ways)}
        stop = np.array([place[way] for one in rounds for way in one.ways], dtype=np.int64)
        of_round = np.repeat(np.arange(len(rounds)), [len(one.ways) for one in rounds])
        labels = [f"{a},{b}" for a, b in zip(of_round, stop, strict=True)]
        space = model.add_columns("space", len(stop), labels)
        need = np.stack([np.bincount(cargo.way, size, len(cargo.ways)) for size in cargo.size.T]).max(axis=0)
        most = np.minimum(need, 1.0) + LEAST
        rows = model.add_rows("space", len(stop), labels, -INF, 0.0)
        model.put(rows, space, 1.0)
        model.put(rows, self._driven[of_round], -np.where(alone[of_round], 1.0, most[stop]))
        rows = model.add_rows("full", len(rounds), list(map(str, range(len(rounds)))), -INF, 0.0)
        model.put(rows[of_round], space, 1.0)
        model.put(rows, self._driven, -1.0)
        rows = model.add_rows("once", len(cargo.ways), list(map(str, cargo.ways)), -INF, 1.0)
        several = ~alone[of_round]
        model.put(rows[stop[several]], self._driven[of_round[several]], 1.0)
        for name, size, fixed in zip(("kg", "m3"), cargo.size.T, cargo.fixed.T, strict=True):
            rows = model.add_rows(name, len(cargo.ways), list(map(str, cargo.ways)), -INF, cargo.own - fixed + LEAST)
            model.put(rows[cargo.way], self._steps, size)
            model.put(rows[stop], space, -1.0)

    def _floors(self, free: float) -> Ints:
        """A level for each demand group, which all its series hold that a vehicle can reach."""
        cargo, model = self._cargo, self._model
        groups = np.unique(cargo.group)
        level = model.add_columns("level", len(groups), list(map(str, groups)), 0.0, 1.0)
        rows = model.add_rows("floor", len(cargo.group), list(map(str, range(len(cargo.group)))), -INF, cargo.held)
        model.put(rows, level[np.searchsorted(groups, cargo.group)], 1.0)
        used = np.flatnonzero(cargo.series >= 0)
        model.put(rows[cargo.series[used]], self._steps[used], -cargo.gain[used])
        return level

    def all_of_it(self, gap: float) -> Choice | None:
        """All steps in the fewest hours, None where the hours are not enough."""
        self._solver.bound(self._all, len(self._steps) - LEAST, INF)
        found = self._solver.least(self._fewest(), gap)
        self._solver.bound(self._all, -INF, INF)
        return None if found is None else Choice(self._vehicles(found.values), np.ones(len(self._steps)), 0.0)

    def in_order(self, gap: float) -> Choice:
        """The floors, then what is felt; of choices that are as good for both, one of few hours.

        What is felt is looked at first: mostly the floors cannot be held any better than by that.
        """
        felt = self._fewest() * gap / 10
        felt[self._steps] -= self._worth / self._scale
        found = self._solver.least(felt, gap)
        if found is None:
            return Choice(np.zeros(len(self._driven), dtype=np.int64), np.zeros(len(self._steps)), 1.0)
        if len(self._level):
            found = self._with_floors(found, felt, gap)
        return Choice(self._vehicles(found.values), np.clip(found.values[self._steps], 0, 1), found.gap)

    def _with_floors(self, found: Found, felt: Floats, gap: float) -> Found:
        """The same, where the floors are held as well as can be."""
        costs = np.zeros(self._model.columns.size)
        costs[self._level] = -1.0
        start = found.values.copy()
        start[self._level] = self._levels(start)
        best = self._solver.least(costs, gap, start)
        if best is None or total(costs, best.values) > total(costs, start) - gap:
            return found
        for column in self._level.tolist():
            self._solver.at_least(column, best.values[column] - HELD)
        choice = self._solver.least(felt, gap, best.values)
        if choice is None:
            return best
        return found if choice.gap > POOR else choice

    def _levels(self, values: Floats) -> Floats:
        """The level of each demand group that the steps carried would hold."""
        cargo = self._cargo
        of = np.flatnonzero(cargo.series >= 0)
        held = cargo.held + np.bincount(cargo.series[of], cargo.gain[of] * values[self._steps][of], len(cargo.held))
        return np.array([min(held[cargo.group == group].min(), 1.0) for group in np.unique(cargo.group)])

    def _fewest(self) -> Floats:
        costs = np.zeros(self._model.columns.size)
        costs[self._driven] = self._hours / self._unit
        return costs

    def _vehicles(self, values: Floats) -> Ints:
        return np.asarray(values[self._driven].round().astype(np.int64))
