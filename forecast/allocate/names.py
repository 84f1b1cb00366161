"""The names of columns and rows, for people who read the model as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Ints, rows
from forecast.allocate.problem import Allocation

Names = Callable[[], Iterable[str]]


def days(problem: Allocation) -> list[str]:
    """(t) the first day of each period."""
    return [start.strftime("%Y%m%d") for start in problem.calendar.starts]


def day(problem: Allocation, after: int) -> str:
    """The day so many days after the issue date."""
    return str(np.datetime64(problem.calendar.issue_date, "D") + after).replace("-", "")


def of_loads(problem: Allocation) -> Names:
    """(load) depot, zone, item, vehicle, day of loading."""

    def names() -> Iterable[str]:
        on, vehicles = days(problem), problem.ways["vehicle"].to_numpy()
        for load in rows(problem.loads):
            stretch = f"{problem.depots[load.depot]},{problem.zones[load.zone]},{problem.items.index[load.item]}"
            yield f"{stretch},{vehicles[load.way]},{on[load.period]}"

    return names


def of_moves(problem: Allocation) -> Names:
    """(move) the two depots, item, vehicle, day of loading, and until when it is good, where that is within the plan."""

    def names() -> Iterable[str]:
        on, table, last = days(problem), problem.transfers.links, problem.calendar.days * problem.calendar.count
        for move in rows(problem.transfers.moves):
            stretch = f"{problem.depots[move.depot]},{problem.depots[move.into]},{problem.items.index[move.item]}"
            until = f",until_{day(problem, move.expires)}" if move.expires < last else ""
            yield f"{stretch},{table['vehicle'].iloc[move.way]},{on[move.period]}{until}"

    return names


def of_trips(problem: Allocation, table: pd.DataFrame, way: Ints, period: Ints) -> Names:
    """(trip) where from and to, vehicle, day; `table`: ways, or links between depots."""

    def names() -> Iterable[str]:
        on = days(problem)
        for w, t in zip(way, period, strict=True):
            yield f"{table['from'].iloc[w]},{table['to'].iloc[w]},{table['vehicle'].iloc[w]},{on[t]}"

    return names


def of_fleet(problem: Allocation, vehicle: Ints, period: Ints) -> Names:
    """(row) depot, vehicle, day."""

    def names() -> Iterable[str]:
        on, table = days(problem), problem.fleet
        for v, t in zip(vehicle, period, strict=True):
            yield f"{problem.depots[table['depot'].iloc[v]]},{table['vehicle'].iloc[v]},{on[t]}"

    return names


def of_cells(problem: Allocation, zone: Ints, group: Ints) -> Names:
    """(n, t) zone, demand group, day."""

    def names() -> Iterable[str]:
        for z, g in zip(zone, group, strict=True):
            for on in days(problem):
                yield f"{problem.zones[z]},{problem.groups.codes[g]},{on}"

    return names


def of_pieces(cells: Names, cell: Ints) -> Names:
    """(piece) its cell, and its place in the curve, from 1."""

    def names() -> Iterable[str]:
        of_cell = list(cells())
        first = np.searchsorted(cell, cell)
        for place, c in enumerate(cell):
            yield f"{of_cell[c]},{place - first[place] + 1}"

    return names
