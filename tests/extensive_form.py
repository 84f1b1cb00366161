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


def need(problem: Allocation, *, survival: bool = False) -> tuple[float, float | None]:
    """The least weighted expected shortage; and the share of the survival floor that is held first, where it is asked for.

    Shortage of a period: of its demand, or where the need accumulates the backlog at its end. Goods that last serve later
    periods, in each future as it comes.
    """
    rows = Rows()
    send = [rows.column(0.0 if barred else np.inf) for barred in problem.loads["barred"]]
    _batches(problem, rows, send)
    _vehicles(problem, rows, send)
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


def _batches(problem: Allocation, rows: Rows, send: list[int]) -> None:
    """Each load is taken from batches that are there when it leaves and do not expire before it arrives."""
    taken: dict[int, list[int]] = {row: [] for row in range(len(problem.batches))}
    for n, load in enumerate(problem.loads.itertuples()):
        parts = []
        for row, batch in enumerate(problem.batches.itertuples()):
            same = (batch.depot, batch.item) == (load.depot, load.item)
            if same and batch.period <= load.period and batch.expires > load.arrive_day:
                taken[row].append(rows.column())
                parts.append(taken[row][-1])
        rows.at_most([(send[n], 1.0), *((part, -1.0) for part in parts)], 0.0)
    for row, quantity in enumerate(problem.batches["quantity"]):
        rows.at_most([(column, 1.0) for column in taken[row]], quantity)


def _vehicles(problem: Allocation, rows: Rows, send: list[int]) -> None:
    """Trips of a class carry the weight and the volume that is loaded, and take the hours there and back."""
    if not len(problem.fleet):
        return
    driving: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for (way, period), loads in problem.loads.groupby(["way", "period"]):
        trips = rows.column()
        at = problem.ways.iloc[way]
        driving.setdefault((int(at["fleet"]), int(period)), []).append((trips, 2 * at["hours"]))
        for capacity, size in ((at["kg"], "kg_per_unit"), (at["m3"], "m3_per_unit")):
            if np.isfinite(capacity):
                sizes = np.nan_to_num(problem.items[size].to_numpy(float))[loads["item"]]
                terms = [(send[n], value) for n, value in zip(loads.index, sizes, strict=True)]
                rows.at_most([*terms, (trips, -capacity)], 0.0)
    for (fleet, period), terms in driving.items():
        rows.at_most(terms, problem.vehicle_hours[fleet, period])


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


def _futures(problem: Allocation, rows: Rows, send: list[int], zone: int, group: int, costs: dict[int, float]) -> None:
    """The shortage of a series in every future."""
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
