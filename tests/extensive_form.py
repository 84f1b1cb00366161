"""The plan written out plainly, as its rival: every future has rows and columns of its own, every load names its batch.

Slow and large, and easy to check against the rules in words. Solved by another door to the solver (scipy).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from forecast.allocate.floors import floors
from forecast.allocate.problem import Allocation

LEAST = 1e-6  # slack of a layer that is held: as in forecast.allocate.solve


class Rows:
    """Columns, all 0 or more, and rows `sum >= bound`, collected one by one."""

    def __init__(self) -> None:
        self.columns, self.entries, self.bounds = 0, [], []  # type: ignore[var-annotated]
        self.most: dict[int, float] = {}

    def column(self, most: float = np.inf) -> int:
        self.most[self.columns] = most
        self.columns += 1
        return self.columns - 1

    def at_least(self, terms: Iterable[tuple[int, float]], bound: float) -> None:
        self.entries.extend((len(self.bounds), column, value) for column, value in terms)
        self.bounds.append(bound)

    def at_most(self, terms: Iterable[tuple[int, float]], bound: float) -> None:
        self.at_least([(column, -value) for column, value in terms], -bound)

    def least(self, costs: dict[int, float]) -> tuple[float, np.ndarray]:
        """The least sum of costs there can be, and where."""
        row, column, value = zip(*self.entries, strict=True)
        matrix = sp.csr_matrix((value, (row, column)), shape=(len(self.bounds), self.columns))
        dense = np.zeros(self.columns)
        for place, cost in costs.items():
            dense[place] += cost
        most = [(0, self.most[place]) for place in range(self.columns)]
        found = linprog(dense, A_ub=-matrix, b_ub=-np.array(self.bounds), bounds=most, method="highs")
        assert found.status == 0, found.message
        return float(found.fun), found.x


def worst_futures(problem: Allocation, level: float, give_up: float) -> float:
    """The least mean shortage in the futures beyond the level, where the expected one is at most dearer by a share."""
    rows = Rows()
    send = [rows.column(0.0 if barred else np.inf) for barred in problem.loads["barred"]]
    moved = _batches(problem, rows, send)
    _vehicles(problem, rows, send, moved)
    _loading(problem, rows, send, moved)
    _promises(problem, rows, send)
    costs: dict[int, float] = {}
    future: dict[int, int] = {}
    for zone, group in zip(*np.nonzero(problem.series), strict=True):
        _futures(problem, rows, send, int(zone), int(group), costs, future)
    least, _ = rows.least(costs)
    rows.at_most(costs.items(), least * (1 + give_up) + LEAST)
    samples = problem.demand.shape[3]
    threshold = rows.column()
    tail = {threshold: 1.0}
    for s in range(samples):
        excess = rows.column()
        tail[excess] = 1 / ((1 - level) * samples)
        short = [(column, -samples * cost) for column, cost in costs.items() if future[column] == s]
        rows.at_least([(excess, 1.0), (threshold, 1.0), *short], 0.0)
    return rows.least(tail)[0]


def need(problem: Allocation, *, survival: bool = False) -> tuple[float, float | None]:
    """The least weighted expected shortage; and the share of the survival floor that is held first, where it is asked for.

    Shortage of a period: of its demand, or where the need accumulates the backlog at its end. Goods that last serve later
    periods, in each future as it comes.
    """
    rows = Rows()
    send = [rows.column(0.0 if barred else np.inf) for barred in problem.loads["barred"]]
    moved = _batches(problem, rows, send)
    _vehicles(problem, rows, send, moved)
    _loading(problem, rows, send, moved)
    _promises(problem, rows, send)
    share = _floors(problem, rows, send) if survival else {}
    held = None
    if share:
        held, _ = rows.least(dict.fromkeys(share, -1.0))
        rows.at_least([(column, 1.0) for column in share], -held - LEAST)
        held = -held
    costs: dict[int, float] = {}
    for zone, group in zip(*np.nonzero(problem.series), strict=True):
        _futures(problem, rows, send, int(zone), int(group), costs)
    return rows.least(costs)[0], held


Moved = list[tuple[int, int, int]]  # move, item, column


def _batches(problem: Allocation, rows: Rows, send: list[int]) -> Moved:
    """Each load, and each transfer, is taken from a batch that is there when it leaves and does not expire before it arrives. A
    transfer is a batch of its own where it comes to, with the expiry of the one it was taken from.
    """
    held = [(batch, float(batch.quantity), None) for batch in problem.batches.itertuples(index=False)]
    arcs = problem.transfers.moves.drop_duplicates(["way", "item", "period"])
    moved: Moved = []
    taken: list[list[int]] = []
    for batch, _, _ in held:  # it grows as it is gone through
        taken.append([])
        for move in arcs.itertuples():
            same = (batch.depot, batch.item) == (move.depot, move.item)
            if same and batch.period <= move.period and batch.expires > move.arrives * problem.calendar.days:
                column = rows.column()
                taken[-1].append(column)
                moved.append((move.Index, move.item, column))
                held.append((batch._replace(depot=move.into, period=move.arrives), np.inf, column))
    for n, load in enumerate(problem.loads.itertuples()):
        parts = []
        for row, (batch, _, _) in enumerate(held):
            same = (batch.depot, batch.item) == (load.depot, load.item)
            if same and batch.period <= load.period and batch.expires > load.arrive_day:
                taken[row].append(rows.column())
                parts.append(taken[row][-1])
        rows.at_most([(send[n], 1.0), *((part, -1.0) for part in parts)], 0.0)
    for columns, (_, quantity, came) in zip(taken, held, strict=True):
        terms = [(column, 1.0) for column in columns]
        rows.at_most(terms if came is None else [*terms, (came, -1.0)], quantity if came is None else 0.0)
    return moved


def _vehicles(problem: Allocation, rows: Rows, send: list[int], moved: Moved) -> None:
    """Trips of a class carry the weight and the volume that is loaded, and take the hours there and back."""
    if not len(problem.fleet):
        return
    driving: dict[tuple[int, int], list[tuple[int, float]]] = {}
    moves = problem.transfers.moves
    rides: dict[tuple[bool, int, int], list[tuple[int, int]]] = {}
    for n, load in enumerate(problem.loads.itertuples()):
        rides.setdefault((False, load.way, load.period), []).append((load.item, send[n]))
    for move, item, column in moved:
        rides.setdefault((True, moves.at[move, "way"], moves.at[move, "period"]), []).append((item, column))
    for (between, way, period), parts in rides.items():
        trips = rows.column()
        at = (problem.transfers.links if between else problem.ways).iloc[way]
        driving.setdefault((int(at["fleet"]), int(period)), []).append((trips, 2 * at["hours"]))
        for capacity, size in ((at["kg"], "kg_per_unit"), (at["m3"], "m3_per_unit")):
            if np.isfinite(capacity):
                sizes = np.nan_to_num(problem.items[size].to_numpy(float))
                rows.at_most([*((column, sizes[item]) for item, column in parts), (trips, -capacity)], 0.0)
    for (fleet, period), terms in driving.items():
        rows.at_most(terms, problem.vehicle_hours[fleet, period])


def _loading(problem: Allocation, rows: Rows, send: list[int], moved: Moved) -> None:
    """What a depot loads in a period, for zones and for other depots, weighs no more than it can load."""
    kg, moves = np.nan_to_num(problem.items["kg_per_unit"].to_numpy(float)), problem.transfers.moves
    for depot, period in np.argwhere(np.isfinite(problem.loading)):
        here = [
            (send[n], kg[load.item])
            for n, load in enumerate(problem.loads.itertuples())
            if (load.depot, load.period) == (depot, period)
        ]
        away = [(c, kg[item]) for m, item, c in moved if tuple(moves.loc[m, ["depot", "period"]]) == (depot, period)]
        rows.at_most([*here, *away], problem.loading[depot, period])


def _promises(problem: Allocation, rows: Rows, send: list[int]) -> None:
    for promise in problem.commitments.itertuples():
        arriving = [
            (send[n], 1.0)
            for n, load in enumerate(problem.loads.itertuples())
            if (load.zone, load.item, load.arrives) == (promise.zone, promise.item, promise.period)
        ]
        coming = problem.in_transit[promise.zone, promise.item, promise.period]
        rows.at_least(arriving, max(promise.minimum - coming, 0.0))
        if np.isfinite(promise.maximum):
            rows.at_most(arriving, max(promise.maximum - coming, 0.0))


def _floors(problem: Allocation, rows: Rows, send: list[int]) -> dict[int, int]:
    """Columns of the share of each group; every zone within reach has that share of its floor in every period."""
    kept = floors(problem)
    share = {int(group): rows.column(1.0) for group in np.unique(kept.group)}
    for n, (zone, group) in enumerate(zip(kept.zone, kept.group, strict=True)):
        before = None
        for t in range(problem.calendar.count):
            spare = rows.column()
            lasting, perishing = _arriving(problem, send, int(zone), int(group), t)
            carried = [(before, 1.0)] if before is not None else []
            comes = kept.lasting[n, t] + kept.perishing[n, t]
            rows.at_least([*lasting, *perishing, *carried, (share[int(group)], -kept.need[n, t]), (spare, -1.0)], -comes)
            rows.at_most([(spare, 1.0), *((c, -v) for c, v in [*lasting, *carried])], kept.lasting[n, t])
            before = spare
    return {column: group for group, column in share.items()}


def _futures(
    problem: Allocation,
    rows: Rows,
    send: list[int],
    zone: int,
    group: int,
    costs: dict[int, float],
    future: dict[int, int] | None = None,
) -> None:
    """The shortage of a series in every future; `future`: which one each column is of."""
    samples = problem.demand.shape[3]
    lasting_given, perishing_given = (given[zone, group] for given in problem.given)
    cost = problem.weight[zone, group] / samples
    arriving = [_arriving(problem, send, zone, group, t) for t in range(problem.calendar.count)]
    for s in range(samples):
        demand, left = problem.demand[zone, group, :, s], None
        so_far: list[tuple[int, float]] = []
        for t, (lasting, perishing) in enumerate(arriving):
            unmet = rows.column()
            costs[unmet] = cost
            if future is not None:
                future[unmet] = s
            if problem.groups.accumulates[group]:
                so_far += [*lasting, *perishing]
                balance = (demand - lasting_given - perishing_given)[: t + 1].sum()
                rows.at_least([(unmet, 1.0), *so_far], balance)
                continue
            carried = [(left, 1.0)] if left is not None else []
            short = demand[t] - lasting_given[t] - perishing_given[t]
            left = rows.column()
            rows.at_least([(unmet, 1.0), *lasting, *perishing, *carried, (left, -1.0)], short)
            rows.at_most([(left, 1.0), *((c, -v) for c, v in [*lasting, *carried])], lasting_given[t])


def _arriving(problem: Allocation, send: list[int], zone: int, group: int, t: int) -> tuple[list, list]:  # type: ignore[type-arg]
    """Terms of what arrives in a cell, in need units: goods that last, and goods that perish."""
    parts: tuple[list[tuple[int, float]], list[tuple[int, float]]] = ([], [])
    for n, load in enumerate(problem.loads.itertuples()):
        if (load.zone, load.arrives) == (zone, t) and problem.groups.of_item[load.item] == group:
            parts[0 if problem.groups.lasts[load.item] else 1].append((send[n], problem.groups.covers[load.item]))
    return parts
