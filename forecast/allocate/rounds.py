"""Whole vehicles: part loads that leave a depot together share one, on a round; what no round has the hours for stays behind.

The linear program counts vehicles in fractions: a tenth of a truck to each of ten zones. In the firm periods vehicles are whole.
What fills a vehicle goes there and back by itself. The part loads are carried on rounds: a vehicle calls at several zones one
after another. The rounds to choose from are runs of zones in the order of their bearing from the depot (the petals of Ryan,
Hjorring and Glover 1993, J. Opl Res. Soc. 44(3)), with a load that one vehicle carries. Which are driven is a mixed-integer
program for each class of vehicles and period: first, that what stays behind is felt least; then, the fewest hours.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from forecast.allocate import rhythm, ways
from forecast.allocate.arrays import Ints
from forecast.allocate.lacking import Lacking
from forecast.allocate.lp import INF
from forecast.allocate.problem import Allocation
from forecast.allocate.room import OPEN, Room
from forecast.allocate.yes_or_no import least
from forecast.config import Planning
from forecast.schema import Floats

NONE = 0  # the team of a way that no vehicle serves
SPARE = 2  # full vehicles of a way that may stay for the sake of others
STOPS = 8  # of a round, at most
LEAST = 1e-6  # of a vehicle load
UNFELT = 1e-6  # weighted person-periods: a part load that nobody would miss is still worth its ride


@dataclass
class Rounds:
    """(way, t) `team`: the vehicles that serve a way in a firm period, NONE where none do, beyond the firm periods OPEN; (team)
    `vehicles`, a whole number, and `stops`: its ways, in the order of the round.

    Part loads `left` behind, those of them that were promised (`broken`), and the `price`, in weighted person-periods. `gap`: no
    choice of rounds carries more by a larger share of what that is worth.
    """

    team: Ints
    vehicles: list[int] = field(default_factory=lambda: [0])
    stops: list[tuple[int, ...]] = field(default_factory=lambda: [()])
    left: int = 0
    broken: int = 0
    price: float = 0.0
    gap: float = 0.0

    def trips(self, room: Room) -> Floats:
        """(way, t) vehicle loads; in the firm periods whole vehicles, where each way has its share of those of its team."""
        loaded = room.trips()
        firm = self.team > NONE
        team = self.team[firm]
        together = np.bincount(team, loaded[firm], len(self.vehicles))
        loaded[firm] *= (np.array(self.vehicles) / np.where(together > 0, together, 1.0))[team]
        return loaded

    def companions(self, way: int, period: int) -> tuple[int, ...]:
        """The ways that share a vehicle with one, itself among them, in the order of the stops; none where it has its own."""
        team = self.team[way, period]
        stops = self.stops[team] if team > NONE else ()
        return stops if len(stops) > 1 else ()


class Round(NamedTuple):
    """Part loads, in the order of the stops, and the hours from the depot and back to it."""

    parts: tuple[int, ...]
    hours: float


class Part(NamedTuple):
    """A part load of a way, or a full one that may stay behind: the `share` of a vehicle, its `loads`, the packs of each, what
    their lack is worth, and whether some are promised.
    """

    way: int
    share: float
    loads: Ints
    packs: Ints
    worth: float
    is_promised: bool


def drive(problem: Allocation, packs: Ints, room: Room, plan: Planning) -> Rounds:
    """(load) packs, changed in place with the room they leave -> the vehicles: in the firm periods, all whole, and from now on
    there are no more of them.

    Class by class; part loads of a later class go along with vehicles that are settled, where these have room.
    """
    rounds = Rounds(np.full((len(problem.ways), problem.calendar.count), OPEN))
    day = _Day(problem, packs, room, plan, rounds)
    before = packs.copy()
    for period in range(min(plan.firm_periods, problem.calendar.count)):
        for vehicle in _in_order(problem, packs, period):
            day.settle(int(vehicle), period)
    changed = np.flatnonzero(before != packs)
    rounds.price = day.lacking.weighted(changed, packs) - day.lacking.weighted(changed, before)
    return rounds


def _in_order(problem: Allocation, packs: Ints, period: int) -> Ints:
    """Classes in the order they are settled: first those that carry what no other does, the cold and the water."""
    loads = problem.loads
    dry = problem.items["carriage"].to_numpy()[loads["item"].to_numpy()] == "dry"
    special = (packs > 0) & (loads["period"].to_numpy() == period) & ~dry & (loads["fleet"].to_numpy() != ways.NO_VEHICLE)
    first = np.unique(loads["fleet"].to_numpy()[special])
    return np.concatenate([first, np.setdiff1d(np.arange(len(problem.fleet)), first)])


class _Day:
    """The classes of a period, settled one after another."""

    def __init__(self, problem: Allocation, packs: Ints, room: Room, plan: Planning, rounds: Rounds) -> None:
        self._problem, self._packs, self._room, self._plan, self._rounds = problem, packs, room, plan, rounds
        self.lacking, self._promised = Lacking(problem), rhythm.promised(problem)
        self._fleet, self._trip_hours = problem.ways["fleet"].to_numpy(), ways.hours_per_trip(problem.ways)
        self._zone, self._item, self._way, self._period, self._arrives = (
            problem.loads[name].to_numpy() for name in ("zone", "item", "way", "period", "arrives")
        )

    def settle(self, vehicle: int, period: int) -> None:
        """Choose the rounds of a class, and take off what has none."""
        rounds, room, mine = self._rounds, self._room, np.flatnonzero(self._fleet == vehicle)
        for way in mine:
            self._send_along(int(way), period)
        trips = room.trips()[mine, period]
        used, trips = mine[trips > LEAST], trips[trips > LEAST]
        kept = np.maximum(np.floor(trips + LEAST) - SPARE, 0)
        parts = [part for way, number in zip(used, trips, strict=True) for part in self._parts(int(way), period, float(number))]
        free = room.hours_free(vehicle, period) + float((self._trip_hours[used] * (trips - kept)).sum())
        chosen, gap = choose(petals(self._problem, parts), parts, free + LEAST, self._plan.whole_gap)
        self._leave(parts, chosen)
        rounds.team[mine, period] = NONE
        _team_up(rounds, dict(zip(used.tolist(), kept.astype(int).tolist(), strict=True)), parts, chosen, period)
        rounds.gap = max(rounds.gap, gap)
        room.fix(rounds.team, np.array(rounds.vehicles, dtype=float))

    def _leave(self, parts: list[Part], chosen: list[Round]) -> None:
        """Take off the part loads that are on no round."""
        carried = {n for one in chosen for n in one.parts}
        for part in (part for n, part in enumerate(parts) if n not in carried):
            self._take(part.loads, -part.packs)
            self._rounds.left += 1
            self._rounds.broken += part.is_promised

    def _take(self, loads: Ints, packs: Ints) -> None:
        self._room.take(loads, packs)
        self._packs[loads] += packs

    def _send_along(self, way: int, period: int) -> None:
        """All that a way has of less than a vehicle goes with vehicles that are settled, where they have room for all of it."""
        here = np.flatnonzero((self._way == way) & (self._period == period) & (self._packs > 0))
        if not len(here) or (self._packs[here] * self._room.share(here)).sum() > 1 - LEAST:
            return
        done: list[tuple[int, int]] = []
        for load in here.tolist():
            left = int(self._packs[load])
            self._move(load, -left, done)
            for other in self._settled(load):
                number = min(left, int(self._room.fits(np.array([other]))[0]))
                if number > 0:
                    self._move(other, number, done)
                    left -= number
            if left:
                for moved, number in reversed(done):
                    self._take(np.array([moved]), np.array([-number]))
                return

    def _move(self, load: int, number: int, done: list[tuple[int, int]]) -> None:
        self._take(np.array([load]), np.array([number]))
        done.append((load, number))

    def _settled(self, load: int) -> list[int]:
        """Loads of the item to the zone, as early, on ways whose vehicles are settled and come."""
        others = self.lacking.loads_of(int(self._zone[load]), int(self._item[load]))
        as_early = (self._period[others] == self._period[load]) & (self._arrives[others] <= self._arrives[load])
        return [int(other) for other in others[as_early & (self._rounds.team[self._way[others], self._period[load]] > NONE)]]

    def _parts(self, way: int, period: int, trips: float) -> list[Part]:
        """What a way may lose: its part load, then full vehicles, `SPARE` at most; of each, the packs that are worth least for
        their size.
        """
        problem, packs, full = self._problem, self._packs, int(trips + LEAST)
        here = np.flatnonzero((self._way == way) & (self._period == period) & (packs > 0))
        item, group = self._item[here], problem.groups.of_item[self._item[here]]
        size = np.maximum(self._room.share(here), LEAST**2)
        served = problem.groups.covers[item] * problem.groups.pack[item] * problem.weight[self._zone[here], group]
        order = np.lexsort((here, served / size, self._promised[here]))
        here, size = here[order], size[order]
        before = np.cumsum(packs[here] * size) - packs[here] * size
        parts, rest, cut = [], packs.copy(), 0.0
        for more in [trips - full, *np.ones(min(full, SPARE))]:
            cut += more
            if more > LEAST:
                less = rest.copy()
                fewer = packs[here] - np.ceil(np.maximum(cut - before, 0.0) / size - LEAST).astype(np.int64)
                less[here] = np.maximum(fewer, 0) if cut < trips - LEAST else 0
                taken = here[less[here] < rest[here]]
                worth = max(self.lacking.felt(taken, less) - self.lacking.felt(taken, rest), 0.0) + UNFELT
                parts.append(Part(way, float(more), taken, (rest - less)[taken], worth, bool(self._promised[taken].any())))
                rest = less
        return parts


def petals(problem: Allocation, parts: list[Part]) -> list[Round]:
    """The rounds to choose from: each part load by itself, and runs of zones by bearing that fit in a vehicle and its hours."""
    if not parts:
        return []
    way, share = np.array([part.way for part in parts]), np.array([part.share for part in parts])
    depot, zone, vehicle = (problem.ways[name].to_numpy()[way] for name in ("depot", "zone", "fleet"))
    hours = problem.ways["hours"].to_numpy(float)[way]
    between = problem.places.hours_between(zone, hours)
    order = np.lexsort((way, np.nan_to_num(problem.places.bearing(int(depot[0]), zone), nan=4.0)))
    longest = float(problem.fleet["per_day"].iloc[vehicle[0]]) * problem.calendar.days
    found = {frozenset([n]): Round((n,), 2 * float(hours[n])) for n in range(len(parts))}
    order = order[share[order] < 1 - LEAST]
    for first in range(len(order)):
        run: list[int] = []
        for step in range(min(STOPS, len(order))):
            run.append(int(order[(first + step) % len(order)]))
            taken = float(hours[run[0]] + sum(between[a, b] for a, b in itertools.pairwise(run)) + hours[run[-1]])
            if share[run].sum() > 1 + LEAST or (step and taken > longest):
                break
            known = found.setdefault(frozenset(run), Round(tuple(run), taken))
            if taken < known.hours - LEAST:
                found[frozenset(run)] = Round(tuple(run), taken)
    return list(found.values())


def choose(rounds: list[Round], parts: list[Part], free: float, gap: float) -> tuple[list[Round], float]:
    """The rounds that are driven, each part load in one at most, within the hours that are free; and the gap that is left.

    What is carried is worth as much as can be, within `gap`; of such choices, the one of fewest hours.
    """
    if not rounds:
        return [], 0.0
    hours = np.array([one.hours for one in rounds])
    alone = sum(part.worth for part in parts)
    value = np.array([part.worth + 2 * alone * part.is_promised for part in parts])  # what is promised goes before all else
    worth = np.array([value[list(one.parts)].sum() for one in rounds])
    part = np.concatenate([one.parts for one in rounds])
    of_round = np.repeat(np.arange(len(rounds)), [len(one.parts) for one in rounds])
    once = sp.csr_matrix((np.ones(len(part)), (part, of_round)), shape=(len(parts), len(rounds)))
    most, total = float(value.sum()), float(hours.sum())
    rows = sp.vstack([once, hours / total, worth / most], format="csr")
    upper = np.concatenate([np.ones(len(parts)), [free / total, 1.0]])
    lower = np.full(len(upper), -INF)
    driven, missed = least(-worth / most, rows, lower, upper, gap * alone / most)
    lower[-1] = float(worth[driven].sum()) / most - LEAST**2
    fewest, _ = least(hours / total, rows, lower, upper, gap)
    return [one for one, is_driven in zip(rounds, fewest if fewest.any() else driven, strict=True) if is_driven], missed


def _team_up(rounds: Rounds, full: dict[int, int], parts: list[Part], chosen: list[Round], period: int) -> None:
    """The ways of a round share its vehicle, beside the full ones of their own."""
    for one in chosen:
        if len(one.parts) == 1:
            full[parts[one.parts[0]].way] += 1
    for one in chosen:
        if len(one.parts) > 1:
            stops = tuple(parts[n].way for n in one.parts)
            _add_team(rounds, stops, 1 + sum(full.pop(way) for way in stops), period)
    for way, number in full.items():
        if number:
            _add_team(rounds, (way,), number, period)


def _add_team(rounds: Rounds, stops: tuple[int, ...], vehicles: int, period: int) -> None:
    rounds.team[list(stops), period] = len(rounds.vehicles)
    rounds.vehicles.append(vehicles)
    rounds.stops.append(stops)
