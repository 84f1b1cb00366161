"""Whole vehicles: part loads that leave a depot together share one, on a round; what no round has the hours for stays behind.

The linear program counts vehicles in fractions: a tenth of a truck to each of ten zones. In the firm periods vehicles are whole.
Most of what fills a vehicle goes there and back by itself. The rest is carried on rounds: a vehicle calls at several zones one
after another (petals.py). Which are driven, and how much of each load they take, is a program with whole numbers for each class
of vehicles and period, in the order of the plan's layers (carrying.py). The periods after are then planned again (beyond.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from forecast.allocate import rhythm, ways
from forecast.allocate.arrays import Ints
from forecast.allocate.carrying import Cargo, choose
from forecast.allocate.lacking import Lacking
from forecast.allocate.petals import Round, petals
from forecast.allocate.problem import Allocation
from forecast.allocate.room import OPEN, Room
from forecast.config import Planning
from forecast.schema import Floats

NONE = 0  # the team of a way that no vehicle serves
SPARE = 3  # full vehicles of a way that may stay for the sake of others
STEPS = 8  # in which what a load may lose is looked at
LEAST = 1e-6  # of a vehicle load
ROUND = 2e-3  # of a pack: what the solver leaves of a whole one
NEVER = 0.1  # weight of what is missed if a load that stays behind never comes, beside that if it comes a period later
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
    left: float = 0.0
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


def drive(problem: Allocation, packs: Ints, room: Room, plan: Planning) -> Rounds:
    """(load) packs, changed in place with the room they leave -> the vehicles: in the firm periods, all whole, and from now on
    there are no more of them.

    Class by class; part loads of a later class go along with vehicles that are settled, where these have room.
    """
    rounds = Rounds(np.full((len(problem.ways), problem.calendar.count), OPEN))
    day = _Day(problem, packs, room, plan, rounds)
    for period in range(min(plan.firm_periods, problem.calendar.count)):
        for vehicle in _in_order(problem, packs, period):
            day.settle(int(vehicle), period)
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
        """Choose the rounds of a class, and take off what they do not carry."""
        rounds, room, mine = self._rounds, self._room, np.flatnonzero(self._fleet == vehicle)
        for way in mine:
            self._send_along(int(way), period)
        trips = room.trips()[mine, period]
        used, trips = mine[trips > LEAST], trips[trips > LEAST]
        own = np.maximum(np.floor(trips + LEAST) - SPARE, 0).astype(np.int64)
        free = room.hours_free(vehicle, period) + float((self._trip_hours[used] * (trips - own)).sum()) + LEAST
        rounds.team[mine, period] = NONE
        if len(used):
            self._choose(used, own, trips, free, period)
        room.fix(rounds.team, np.array(rounds.vehicles, dtype=float))

    def _choose(self, used: Ints, own: Ints, trips: Floats, free: float, period: int) -> None:
        offered = petals(self._problem, used, trips - np.floor(trips + LEAST))
        cargo, loads, packs = self._cargo(used, own, trips, free, period)
        choice = choose(offered, cargo, free, self._plan.whole_gap)
        each, of_load = np.unique(loads, return_inverse=True)
        left = np.ceil(np.bincount(of_load, packs * (1 - choice.carried)) - ROUND).astype(np.int64)
        self._rounds.left += float((left * self._room.share(each)).sum())
        self._rounds.broken += int((self._promised[each] & (left > 0)).sum())
        self._take(each, -left)
        self._rounds.gap = max(self._rounds.gap, choice.gap)
        _team_up(self._rounds, dict(zip(used.tolist(), own.tolist(), strict=True)), offered, choice.vehicles, period)

    def _cargo(self, used: Ints, own: Ints, trips: Floats, free: float, period: int) -> tuple[Cargo, Ints, Ints]:
        """What the ways carry and may lose; (step) the load it is of, and its packs."""
        place = np.full(len(self._problem.ways), -1)
        place[used] = np.arange(len(used))
        here = np.flatnonzero((self._period == period) & (place[self._way] >= 0) & (self._packs > 0))
        way, packs, share = place[self._way[here]], self._packs[here], np.maximum(self._room.share(here), LEAST**2)
        most = np.minimum(packs, np.ceil((trips - own)[way] / share - LEAST)).astype(np.int64)
        cuts = [np.unique(np.linspace(0, number, STEPS + 1).round().astype(np.int64)) for number in most]
        steps = np.array([len(cut) - 1 for cut in cuts])
        of_cut, of_step = np.repeat(np.arange(len(here)), steps + 1), np.repeat(np.arange(len(here)), steps)
        where, fewer = here[of_cut], np.concatenate(cuts)
        (never, _), (late, held) = (self.lacking.without(self._packs, where, fewer, comes_later=late) for late in (False, True))
        felt = late + NEVER * never
        inside = np.flatnonzero(np.diff(of_cut) == 0)
        number = np.concatenate([np.diff(cut) for cut in cuts])
        size = self._room.sizes(here)
        fixed = np.stack([np.bincount(way, (packs - most) * each, len(used)).astype(float) for each in size.T], axis=1)
        last = np.cumsum(steps + 1) - 1
        reached = ~np.isnan(held[last]) & (self._trip_hours[used][way] <= free)
        series = np.where(reached, np.cumsum(reached) - 1, -1)
        cargo = Cargo(
            ways=used, own=own, fixed=fixed, way=way[of_step], size=number[:, None] * size[of_step],
            worth=np.maximum(felt[inside + 1] - felt[inside], 0.0) + UNFELT,
            promised=self._promised[here][of_step], series=series[of_step],
            gain=np.nan_to_num(held[inside] - held[inside + 1]),
            group=self._problem.groups.of_item[self._item[here]][reached], held=held[last][reached],
        )  # fmt: skip
        return cargo, here[of_step], number

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


def _team_up(rounds: Rounds, full: dict[int, int], offered: list[Round], vehicles: Ints, period: int) -> None:
    """The ways of a round share its vehicle, beside the full ones of their own."""
    driven = [(one, int(number)) for one, number in zip(offered, vehicles, strict=True) if number]
    for one, number in driven:
        if len(one.ways) == 1:
            full[one.ways[0]] += number
    for one, _ in driven:
        if len(one.ways) > 1:
            _add_team(rounds, one.ways, 1 + sum(full.pop(way) for way in one.ways), period)
    for way, number in full.items():
        if number:
            _add_team(rounds, (way,), number, period)


def _add_team(rounds: Rounds, stops: tuple[int, ...], vehicles: int, period: int) -> None:
    rounds.team[list(stops), period] = len(rounds.vehicles)
    rounds.vehicles.append(vehicles)
    rounds.stops.append(stops)
