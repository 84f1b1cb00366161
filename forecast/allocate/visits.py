"""Sensible loads, in whole packs: in a rhythm (rhythm.py), and no vehicle for one box.

A visit is what one vehicle class brings from one depot to one zone on one day of loading. The linear program does not know that a
visit costs anything by itself: what little a visit carries goes along with another one to the same zone, earlier if it can,
and else stays in the depot, unless the zone would feel it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from forecast.allocate import rhythm, shipments, simulate
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.lacking import Lacking
from forecast.allocate.problem import Allocation
from forecast.allocate.room import Room
from forecast.allocate.shipments import FELT
from forecast.config import Planning

LEAST = 1e-6


@dataclass
class Changes:
    """What was made of the linear program's loads: (load) packs `moved`, that leave on another day or stay in the depot; of each
    small visit that `joined` others, or was `left_out`, a load; the loads of visits that stay `small`; `price`: weighted
    person-periods that all this leaves short.
    """

    moved: Ints
    joined: list[int] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    small: set[int] = field(default_factory=set)
    price: float = 0.0

    def forget(self, loads: Flags) -> None:
        """(load) those that are planned anew."""
        self.moved[loads] = 0
        self.joined, self.left_out = ([load for load in kept if not loads[load]] for kept in (self.joined, self.left_out))
        self.small = {load for load in self.small if not loads[load]}

    def add(self, more: Changes) -> None:
        """What was changed in another pass."""
        self.moved += more.moved
        self.joined += more.joined
        self.left_out += more.left_out
        self.small |= more.small
        self.price += more.price


def tidy(problem: Allocation, packs: Ints, room: Room, plan: Planning, since: int = 0) -> Changes:
    """(load) packs, changed in place with the room they leave -> what was changed; loads before the period `since` stay."""
    changes = Changes(np.zeros(len(packs), dtype=np.int64))
    if len(packs):
        before = _short(problem, packs)
        changes.moved = rhythm.keep(problem, packs, room, plan, since)
        _Visits(problem, packs, room, plan, changes, since).join()
        changes.price = _short(problem, packs) - before
    return changes


def _short(problem: Allocation, packs: Ints) -> float:
    unmet = simulate.outcome(problem, problem.brought(packs)).unmet.sum(axis=2)
    return float((unmet * problem.weight)[problem.series].sum())


class _Visits:
    """The visits of a plan, and their parcels moved from small ones to others."""

    def __init__(self, problem: Allocation, packs: Ints, room: Room, plan: Planning, changes: Changes, since: int) -> None:
        self._problem, self._packs, self._room, self._changes = problem, packs, room, changes
        self._may_go = problem.loads["period"].to_numpy() >= since
        loads = problem.loads
        self._zone, self._item, self._arrives = (loads[name].to_numpy() for name in ("zone", "item", "arrives"))
        _, self._visit = np.unique(
            loads["way"].to_numpy() * problem.calendar.count + loads["period"].to_numpy(), return_inverse=True
        )  # fmt: skip
        self._size = shipments.sizes(problem, problem.ways, problem.loads, plan)
        self._full = np.bincount(self._visit, packs * self._size)
        self._lacking = Lacking(problem)
        self._promised = rhythm.promised(problem)
        self._need = problem.mean.sum(axis=2)

    def join(self) -> None:
        """Small visits, smallest first: join others, or are left out, or are kept."""
        members = [np.flatnonzero(self._visit == visit) for visit in self._small()]
        for loads in members:
            visit = self._visit[loads[0]]
            loads = loads[(self._packs[loads] > 0) & self._may_go[loads]]
            if len(loads) and self._full[visit] < 1 - LEAST:
                self._settle(loads)

    def _small(self) -> Ints:
        small = np.flatnonzero((self._full > 0) & (self._full < 1 - LEAST))
        return np.asarray(small[np.argsort(self._full[small], kind="stable")])

    def _settle(self, loads: Ints) -> None:
        """One small visit: all of it goes, or none."""
        done: list[tuple[int, int]] = []
        before = {pair: self._lacking.unmet(*pair, self._packs) for pair in self._lacking.series(loads)}
        left = 0
        for load in loads:
            left += self._move_on(int(load), done)
        felt = any(
            self._lacking.unmet(*pair, self._packs) > unmet + FELT * self._need[pair] + LEAST for pair, unmet in before.items()
        )  # fmt: skip
        if felt or self._promised[loads].any():
            for load, number in reversed(done):
                self._take(load, -number)
            self._changes.small.update(int(load) for load in loads)
        elif left:
            self._changes.left_out.append(int(loads[0]))
        else:
            self._changes.joined.append(int(loads[0]))

    def _move_on(self, load: int, done: list[tuple[int, int]]) -> int:
        """Take a load off, give its packs to other visits as far as they fit; packs left over."""
        number = int(self._packs[load])
        self._do(load, -number, done)
        for target in self._targets(load):
            fits = min(number, int(self._room.fits(np.array([target]))[0]))
            if fits > 0:
                self._do(target, fits, done)
                number -= fits
            if number == 0:
                break
        return number

    def _targets(self, load: int) -> list[int]:
        """Loads of the item to the zone on other visits that are made: full ones first, then the last that comes as early, then
        the first that comes later; of goods that perish only those of the same period.
        """
        others = self._lacking.loads_of(int(self._zone[load]), int(self._item[load]))
        others = others[(self._visit[others] != self._visit[load]) & (self._full[self._visit[others]] > 0)]
        lag = self._arrives[others] - self._arrives[load]
        if not self._problem.groups.lasts[self._item[load]]:
            others, lag = others[lag == 0], lag[lag == 0]
        is_small = self._full[self._visit[others]] < 1 - LEAST
        return [int(other) for other in others[np.lexsort((others, np.abs(lag), lag > 0, is_small))]]

    def _do(self, load: int, number: int, done: list[tuple[int, int]]) -> None:
        self._take(load, number)
        done.append((load, number))

    def _take(self, load: int, number: int) -> None:
        self._room.take(np.array([load]), np.array([number]))
        self._packs[load] += number
        self._full[self._visit[load]] = max(self._full[self._visit[load]] + number * self._size[load], 0.0)
