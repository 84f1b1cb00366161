"""Deliveries in a rhythm, in whole packs: lasting goods come visit by visit, not in driblets, nor all on the first day.

The need layer sends whatever some future may want, as early as it can, since a unit in the zone is never worse for it than one in
the depot. But what has left cannot be sent elsewhere tomorrow, when more is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.allocate import simulate
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.problem import Allocation
from forecast.allocate.room import Room
from forecast.config import Planning
from forecast.schema import Floats

UNFELT = 0.002  # of a zone's need of a demand group over the plan: a change that leaves no more of it short is made
SAFETIES = (1, 2, 4)  # times `safety_days`: what a zone gets at a time, until the change is not felt
NONE, AFTER = -1, -2  # no such load can be made; it would be after the plan
LEAST = 1e-6


@dataclass(frozen=True)
class Move:
    """So many packs of a load leave with another, or not within the plan."""

    load: int
    to: int
    packs: int


def keep(problem: Allocation, packs: Ints, room: Room, plan: Planning, since: int) -> Ints:
    """(load) packs, changed in place with the room they leave -> (load) packs that leave on another day, or stay in the depot;
    loads before the period `since` stay.

    A zone is visited every `visit_days` from its first load on. What it has beyond the mean need until the next visit and the
    safety leaves with that visit; what comes between visits leaves with the last one, where stock and vehicles allow. Only goods
    that last are moved, none that are promised, and to later none of an item that expires at the depot within the plan. A series
    that would feel it gets more safety, or is left as it was.
    """
    loads = problem.loads
    group = problem.groups.of_item[loads["item"].to_numpy()]
    zone, lasts = loads["zone"].to_numpy(), problem.groups.lasts[loads["item"].to_numpy()] & ~promised(problem)
    before = _unmet(problem, packs)
    allowed = before + UNFELT * problem.mean.sum(axis=2) + LEAST
    open_series, planned = problem.series.copy(), packs.copy()
    for times in SAFETIES:
        chosen = lasts & open_series[zone, group]
        if not (chosen & (packs > 0)).any():
            break
        moves = _Sweep(problem, packs, room, plan, times, chosen).run(since)
        open_series = _unmet(problem, packs) > allowed
        for move in reversed(moves):
            if open_series[zone[move.load], group[move.load]]:
                _carry_out(Move(move.to, move.load, move.packs), packs, room)
    return np.asarray(np.maximum(planned - packs, 0))


def promised(problem: Allocation) -> Flags:
    """(load) whether it serves a promised minimum."""
    table = problem.commitments
    cells = np.zeros(problem.in_transit.shape, dtype=bool)
    cells[tuple(table[name].to_numpy() for name in ("zone", "item", "period"))] = table["minimum"].to_numpy(float) > 0
    zone, item, arrives = (problem.loads[name].to_numpy() for name in ("zone", "item", "arrives"))
    return np.asarray(cells[zone, item, arrives])


def _unmet(problem: Allocation, packs: Ints) -> Floats:
    return np.asarray(simulate.outcome(problem, problem.brought(packs)).unmet.sum(axis=2))


def _carry_out(move: Move, packs: Ints, room: Room) -> None:
    """Take packs off one load, and onto another; either may be none."""
    for load, number in ((move.load, -move.packs), (move.to, move.packs)):
        if load >= 0:
            room.take(np.array([load]), np.array([number]))
            packs[load] += number


class _Sweep:
    """One pass through the periods, over the loads chosen."""

    def __init__(self, problem: Allocation, packs: Ints, room: Room, plan: Planning, times: int, chosen: Flags) -> None:
        self._problem, self._packs, self._room, self._chosen = problem, packs, room, chosen
        loads = problem.loads
        self._zone, self._item, self._period, self._arrives = (
            loads[name].to_numpy() for name in ("zone", "item", "period", "arrives")
        )
        self._group = problem.groups.of_item[self._item]
        self._units = (problem.groups.pack * problem.groups.covers)[self._item]
        days, step = problem.calendar.days, max(1, plan.visit_days // problem.calendar.days)
        self._enough = _enough(problem, step + -(-times * plan.safety_days // days))
        first = np.full(len(problem.zones), problem.calendar.count)
        np.minimum.at(first, self._zone[chosen & (packs > 0)], self._period[chosen & (packs > 0)])
        since = self._period - first[self._zone]
        self._last, self._next = (_at(problem, first[self._zone] + step * visit) for visit in (since // step, since // step + 1))
        self._is_visit = since % step == 0
        self._may_wait = ~_expires_soon(problem)
        lasting = problem.given[0] + problem.in_groups(problem.brought(packs))[0]
        self._there = np.cumsum(lasting, axis=2)

    def run(self, since: int) -> list[Move]:
        """The moves, carried out."""
        moves: list[Move] = []
        for period in range(since, self._problem.calendar.count):
            for load in reversed(np.flatnonzero(self._chosen & (self._packs > 0) & (self._period == period))):
                moves += self._of(int(load))
        return moves

    def _of(self, load: int) -> list[Move]:
        """What is too early leaves with the next visit; of the rest, what is between visits leaves with the last."""
        zone, group, arrives = self._zone[load], self._group[load], self._arrives[load]
        over = self._there[zone, group, arrives] - self._enough[zone, group, arrives]
        spare = min(int(self._packs[load]), int(max(over / self._units[load] + LEAST, 0)))
        made = [self._make(load, int(self._next[load]), spare)] if spare and self._may_wait[load] else []
        left = int(self._packs[load])
        if left and not self._is_visit[load]:
            made.append(self._make(load, int(self._last[load]), left))
        return [move for move in made if move.packs]

    def _make(self, load: int, to: int, number: int) -> Move:
        if to == NONE:
            return Move(load, to, 0)
        _carry_out(Move(load, AFTER, number), self._packs, self._room)
        fits = number if to == AFTER else min(number, int(self._room.fits(np.array([to]))[0]))
        _carry_out(Move(AFTER, to, fits), self._packs, self._room)
        _carry_out(Move(AFTER, load, number - fits), self._packs, self._room)
        there, units = self._there[self._zone[load], self._group[load]], fits * self._units[load]
        there[self._arrives[load] :] -= units
        if to >= 0:
            there[self._arrives[to] :] += units
        return Move(load, to, fits)


def _enough(problem: Allocation, ahead: int) -> Floats:
    """(z, g, t) need units: mean need through the period and so many after it, less what perishes and comes without this plan.

    After the plan the need goes on at its mean.
    """
    net = np.maximum(problem.mean - problem.given[1], 0.0)
    after = np.repeat(problem.mean.mean(axis=2, keepdims=True), ahead, axis=2)
    return np.asarray(np.cumsum(np.concatenate([net, after], axis=2), axis=2)[:, :, ahead:])


def _at(problem: Allocation, period: Ints) -> Ints:
    """(load) the load of the same way and item in a period; NONE where it cannot be made, AFTER where that is after the plan."""
    loads, count = problem.loads, problem.calendar.count
    pair = loads["way"].to_numpy() * len(problem.items) + loads["item"].to_numpy()
    key = pair * (2 * count) + loads["period"].to_numpy()
    order = np.argsort(key)
    wanted = pair * (2 * count) + np.clip(period, 0, 2 * count - 1)
    at = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    lag = loads["arrives"].to_numpy() - loads["period"].to_numpy()
    return np.where(key[order][at] == wanted, order[at], np.where(period + lag >= count, AFTER, NONE))


def _expires_soon(problem: Allocation) -> Flags:
    """(load) whether its depot has some of the item that expires within the plan."""
    soon = np.zeros((len(problem.depots), len(problem.items)), dtype=bool)
    stock = problem.batches[problem.batches["expires"] < problem.calendar.days * problem.calendar.count]
    soon[stock["depot"], stock["item"]] = True
    return np.asarray(soon[problem.loads["depot"], problem.loads["item"]])
