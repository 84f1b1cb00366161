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
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.lacking import Lacking
from forecast.allocate.lp import INF
from forecast.allocate.problem import Allocation
from forecast.allocate.room import OPEN, Room
from forecast.allocate.yes_or_no import least
from forecast.config import Planning
from forecast.schema import Floats

NONE = 0  # the team of a way that no vehicle serves
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
    """What a way has beyond full vehicles: the `share` of one, its `loads`, the packs of each, what their lack is worth, and
    whether some of them are promised.
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
    """
    firm = min(plan.firm_periods, problem.calendar.count)
    rounds = Rounds(np.full((len(problem.ways), problem.calendar.count), OPEN))
    rounds.team[problem.ways["fleet"].to_numpy() != ways.NO_VEHICLE, :firm] = NONE
    if not (rounds.team == NONE).any():
        return rounds
    lacking, promised, before = Lacking(problem), rhythm.promised(problem), packs.copy()
    for period in range(firm):
        trips = room.trips()[:, period]
        for vehicle in range(len(problem.fleet)):
            used = np.flatnonzero((problem.ways["fleet"].to_numpy() == vehicle) & (trips > LEAST))
            full = np.floor(trips[used] + LEAST).astype(np.int64)
            parts = [
                _part(problem, packs, room, lacking, promised, (int(way), period, int(number)), float(share))
                for way, number, share in zip(used, full, trips[used] - full, strict=True)
                if share > LEAST
            ]
            free = problem.vehicle_hours[vehicle, period] - ways.hours_per_trip(problem.ways)[used] @ full
            chosen, gap = choose(petals(problem, parts), parts, float(free) * (1 + LEAST) + LEAST, plan.whole_gap)
            _team_up(rounds, dict(zip(used.tolist(), full.tolist(), strict=True)), parts, chosen, period)
            _leave(rounds, parts, chosen, packs, room)
            rounds.gap = max(rounds.gap, gap)
    room.fix(rounds.team, np.array(rounds.vehicles, dtype=float))
    changed = np.flatnonzero(before != packs)
    rounds.price = lacking.weighted(changed, packs) - lacking.weighted(changed, before)
    return rounds


def _part(
    problem: Allocation, packs: Ints, room: Room, lacking: Lacking, promised: Flags, visit: tuple[int, int, int], share: float
) -> Part:
    """The packs that go so that only full vehicles are left: those first that are worth least for their size."""
    loads, (way, period, full) = problem.loads, visit
    here = np.flatnonzero((loads["way"].to_numpy() == way) & (loads["period"].to_numpy() == period) & (packs > 0))
    item, zone = loads["item"].to_numpy()[here], loads["zone"].to_numpy()[here]
    size = np.maximum(room.share(here), LEAST**2)
    served = problem.groups.covers[item] * problem.groups.pack[item] * problem.weight[zone, problem.groups.of_item[item]]
    order = np.lexsort((here, served / size, promised[here]))
    here, size = here[order], size[order]
    over = np.maximum(share - (np.cumsum(packs[here] * size) - packs[here] * size), 0.0)
    off = np.minimum(packs[here], np.ceil(over / size - LEAST).astype(np.int64)) if full else packs[here]
    taken, number = here[off > 0], off[off > 0]
    without = packs.copy()
    without[taken] -= number
    worth = lacking.felt(taken, without) - lacking.felt(taken, packs)
    return Part(way, share, taken, number, max(worth, 0.0) + UNFELT, bool(promised[taken].any()))


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
    found: dict[frozenset[int], Round] = {}
    for first in range(len(parts)):
        run: list[int] = []
        for step in range(min(STOPS, len(parts))):
            run.append(int(order[(first + step) % len(parts)]))
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
        stops = tuple(parts[n].way for n in one.parts)
        _add_team(rounds, stops, 1 + sum(full.pop(way) for way in stops), period)
    for way, number in full.items():
        if number:
            _add_team(rounds, (way,), number, period)


def _add_team(rounds: Rounds, stops: tuple[int, ...], vehicles: int, period: int) -> None:
    rounds.team[list(stops), period] = len(rounds.vehicles)
    rounds.vehicles.append(vehicles)
    rounds.stops.append(stops)


def _leave(rounds: Rounds, parts: list[Part], chosen: list[Round], packs: Ints, room: Room) -> None:
    """Take off the part loads that are on no round."""
    carried = {n for one in chosen for n in one.parts}
    for n, part in enumerate(parts):
        if n not in carried:
            room.take(part.loads, -part.packs)
            packs[part.loads] -= part.packs
            rounds.left += 1
            rounds.broken += part.is_promised
