"""The rounds to choose from: one zone there and back, or a run of zones in the order of their bearing from the depot.

The petals of Ryan, Hjorring and Glover 1993, J. Opl Res. Soc. 44(3): of a good set of rounds, few cross each other.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from forecast.allocate.arrays import Ints
from forecast.allocate.problem import Allocation
from forecast.schema import Floats

STOPS = 8  # of a round, at most
LEAST = 1e-6  # of a vehicle load, hours


class Round(NamedTuple):
    """Ways, in the order of the stops, and the hours from the depot and back to it."""

    ways: tuple[int, ...]
    hours: float


def petals(problem: Allocation, ways: Ints, part: Floats) -> list[Round]:
    """(n) ways of one class of vehicles, (n) what goes there beside full vehicles, as a share of one -> each by itself, and runs
    of part loads that one vehicle can drive within its hours of a period, the last of them perhaps in part.
    """
    if not len(ways):
        return []
    depot, zone, vehicle = (problem.ways[name].to_numpy()[ways] for name in ("depot", "zone", "fleet"))
    hours = problem.ways["hours"].to_numpy(float)[ways]
    between = problem.places.hours_between(zone, hours)
    order = np.lexsort((ways, np.nan_to_num(problem.places.bearing(int(depot[0]), zone), nan=4.0)))
    longest = float(problem.fleet["per_day"].iloc[vehicle[0]]) * problem.calendar.days
    found = {frozenset([n]): Round((int(ways[n]),), 2 * float(hours[n])) for n in range(len(ways))}
    order = order[(part[order] > LEAST) & (part[order] < 1 - LEAST)]
    for first in range(len(order)):
        run: list[int] = []
        for step in range(min(STOPS, len(order))):
            if part[run].sum() > 1 - LEAST:
                break
            run.append(int(order[(first + step) % len(order)]))
            taken = float(hours[run[0]] + sum(between[a, b] for a, b in itertools.pairwise(run)) + hours[run[-1]])
            if step and taken > longest:
                break
            known = found.get(frozenset(run))
            if known is None or taken < known.hours - LEAST:
                found[frozenset(run)] = Round(tuple(int(n) for n in ways[run]), taken)
    return list(found.values())
