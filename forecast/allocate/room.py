"""Room: what a plan in whole packs still leaves free, of stock, of vehicles and loading, and below commitments."""

from __future__ import annotations

import numpy as np

from forecast.allocate import batches, ways
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.problem import Allocation
from forecast.allocate.stores import NO_SHELF, added
from forecast.schema import Floats

SLACK = 1e-6  # relative: the solver meets its rows to about this
PLENTY = 1e12  # packs
OPEN = -1  # no vehicles are fixed yet
FEW = 16  # loads: one by one is faster than all of the stock at once


class Room:
    """What is free as packs are taken, load by load; in whole packs of each batch."""

    def __init__(self, problem: Allocation) -> None:
        self._problem = problem
        self._loads = {name: column.to_numpy() for name, column in problem.loads.items()}
        item = self._loads["item"]
        self._pack = problem.groups.pack[item]
        self._size = [
            np.nan_to_num(problem.items[name].to_numpy(float))[item] * self._pack for name in ("kg_per_unit", "m3_per_unit")
        ]
        self._capacity = [problem.ways[name].to_numpy(float) for name in ("kg", "m3")]
        shape = (len(problem.ways), problem.calendar.count)
        self._loaded = [np.zeros(shape), np.zeros(shape)]
        self._hours = problem.vehicle_hours * (1 + SLACK)
        self._round_trip = ways.hours_per_trip(problem.ways)
        self._share = _share(problem, self._size)
        self._team, self._space = np.full(shape, OPEN), np.zeros(1)
        self._stock, self._grades = _stock(problem)
        self._loading = problem.loading * (1 + SLACK) - problem.transfers.kg
        self._comes = problem.stores.given.copy()
        self._spare, self._idle = np.zeros((2, *self._comes.shape))
        self._refill(np.arange(len(problem.stores.zone)))
        self._ceiling = np.full(problem.in_transit.shape, np.inf)
        table = problem.commitments
        at = tuple(table[name].to_numpy() for name in ("zone", "item", "period"))
        self._ceiling[at] = np.maximum(table["maximum"].to_numpy(float) - problem.in_transit[at], 0)

    def fits(self, loads: Ints) -> Ints:
        """(load) -> (load) packs that still fit."""
        limits = (self._by_stock, self._by_vehicles, self._by_ceiling, self._by_loading, self._by_store)
        return np.asarray(np.min([by(loads) for by in limits], axis=0))

    def bits(self, loads: Ints) -> Ints:
        """(load) -> (load) what leaves no room for one more pack, or FITS (ways.py)."""
        limits = (
            (ways.STOCK_GONE, self._by_stock), (ways.TRUCKS_FULL, self._by_vehicles), (ways.CEILING, self._by_ceiling),
            (ways.LOADING_FULL, self._by_loading), (ways.STORE_FULL, self._by_store),
        )  # fmt: skip
        bits = sum(np.where(by(loads) < 1, bit, 0) for bit, by in limits)
        return np.where(bits == 0, ways.FITS, bits)

    def is_in_stock(self, packs: Ints) -> Flags:
        """(load) packs -> (load) whether the depot has enough of the item for all of them together."""
        left = (self._stock - self._taken(np.arange(len(packs)), packs)).min(axis=(2, 3)) >= 0
        return np.asarray(left[self._loads["depot"], self._loads["item"]])

    def share(self, loads: Ints) -> Floats:
        """(load) -> (load) what a pack is of a vehicle, by weight or by volume, whichever is more."""
        return np.asarray(self._share[loads])

    def sizes(self, loads: Ints) -> Floats:
        """(load) -> (load, 2) what a pack is of a vehicle, by weight and by volume."""
        way = self._loads["way"][loads]
        return np.stack([size[loads] / most[way] for size, most in zip(self._size, self._capacity, strict=True)], axis=1)

    def hours_free(self, vehicle: int, period: int) -> float:
        """Hours that the vehicles of a class have left in a period."""
        return float(self._hours[vehicle, period])

    def fix(self, team: Ints, vehicles: Floats) -> None:
        """From now on no more vehicles than these: (way, t) which of them serve it, OPEN where hours alone are the limit."""
        self._team = team
        fixed = team > OPEN
        self._space = vehicles - np.bincount(team[fixed], self.trips()[fixed], len(vehicles))

    def take(self, loads: Ints, packs: Ints, *, of_stock: bool = True) -> None:
        """Load so many packs of each, which must fit; take so many off again where negative. The stock may be less by now."""
        way, period = self._loads["way"][loads], self._loads["period"][loads]
        ways_used, when = np.divmod(np.unique(way * self._problem.calendar.count + period), self._problem.calendar.count)
        team = self._team[way, period]
        np.subtract.at(self._space, team[team > OPEN], (packs * self._share[loads])[team > OPEN])
        before = self._trips_at(ways_used, when)
        for loaded, size in zip(self._loaded, self._size, strict=True):
            np.add.at(loaded, (way, period), packs * size[loads])
        if len(self._hours):
            more = (self._trips_at(ways_used, when) - before) * self._round_trip[ways_used]
            np.subtract.at(self._hours, (self._problem.ways["fleet"].to_numpy()[ways_used], when), more)
        if of_stock:
            self._take_stock(loads, packs)
        zone, item, arrives = (self._loads[name][loads] for name in ("zone", "item", "arrives"))
        np.subtract.at(self._ceiling, (zone, item, arrives), packs * self._pack[loads])
        np.subtract.at(self._loading, (self._loads["depot"][loads], period), packs * self._size[0][loads])
        self._store(zone, item, arrives, packs * self._size[1][loads])

    def _store(self, zone: Ints, item: Ints, arrives: Ints, m3: Floats) -> None:
        """Put goods on their shelves."""
        stores = self._problem.stores
        shelf = stores.shelf[zone, item]
        if (shelf != NO_SHELF).any():
            np.add.at(self._comes, (shelf[shelf != NO_SHELF], arrives[shelf != NO_SHELF]), m3[shelf != NO_SHELF])
            self._refill(np.unique(stores.store[shelf[shelf != NO_SHELF]]))

    def _refill(self, changed: Ints) -> None:
        """(m, t) `spare`: what may come until the end of a period, since it is used up or fits in; less, where the need lapses,
        the demand that is `idle` before it comes.
        """
        stores = self._problem.stores
        shelf = np.flatnonzero(np.isin(stores.store, changed))
        lies, idle = stores.shelves[shelf].filled(self._comes[shelf])
        free = stores.most * (1 + SLACK) - added(stores.store[shelf], lies, len(stores.zone))
        accumulates = stores.shelves.accumulates[shelf, None]
        used = np.where(accumulates, idle, np.cumsum(idle, axis=1))
        self._idle[shelf], self._spare[shelf] = np.where(accumulates, 0.0, used), free[stores.store[shelf]] + used

    def _take_stock(self, loads: Ints, packs: Ints) -> None:
        if len(loads) <= FEW:
            for load, count in zip(loads, packs, strict=True):
                self._stock[self._of_grades(load)] -= count
        else:
            self._stock -= self._taken(loads, packs)

    def _of_grades(self, load: int) -> tuple[int, int, slice, slice]:
        """Where a load stands in the stock: the grades it is taken from, from its period on."""
        depot, item, period = (int(self._loads[name][load]) for name in ("depot", "item", "period"))
        return depot, item, slice(int(self._grades[load])), slice(period, None)

    def _taken(self, loads: Ints, packs: Ints) -> Ints:
        """(d, k, rank, t) packs taken from each grade, summed up to t."""
        taken = np.zeros_like(self._stock)
        depot, item, period = (self._loads[name][loads] for name in ("depot", "item", "period"))
        for rank in range(taken.shape[2]):
            np.add.at(taken[:, :, rank], (depot, item, period), packs * (self._grades[loads] > rank))
        return np.asarray(np.cumsum(taken, axis=3))

    def trips(self) -> Floats:
        """(way, t) vehicle loads, by weight or by volume, whichever is more."""
        way, period = np.indices(self._loaded[0].shape)
        return self._trips_at(way, period)

    def _trips_at(self, way: Ints, period: Ints) -> Floats:
        return np.asarray(
            np.maximum(*(kept[way, period] / most[way] for kept, most in zip(self._loaded, self._capacity, strict=True)))
        )

    def _by_stock(self, loads: Ints) -> Ints:
        """Packs left of the goods that outlive the arrival, from the day of loading to the end."""
        if len(loads) <= FEW:
            return np.array([self._stock[self._of_grades(load)].min() for load in loads], dtype=np.int64)
        depot, item, period = (self._loads[name][loads] for name in ("depot", "item", "period"))
        ahead = np.minimum.accumulate(self._stock[:, :, :, ::-1], axis=3)[:, :, :, ::-1]
        worst = np.minimum.accumulate(ahead, axis=2)
        return np.asarray(worst[depot, item, self._grades[loads] - 1, period])

    def _by_vehicles(self, loads: Ints) -> Ints:
        way, fleet, period = (self._loads[name][loads] for name in ("way", "fleet", "period"))
        if not len(self._hours):
            return np.full(len(loads), int(PLENTY))
        with np.errstate(divide="ignore"):
            more = self._hours[fleet, period] / self._round_trip[way]
        trips = self._trips_at(way, period) + np.maximum(more, 0)
        packs = np.full(len(loads), PLENTY)
        for capacity, loaded, size in zip(self._capacity, self._loaded, self._size, strict=True):
            free, needed = np.minimum(trips * capacity[way], 1e15) - loaded[way, period], size[loads]
            packs = np.minimum(packs, np.where(needed > 0, free / np.where(needed > 0, needed, 1), PLENTY))
        team, share = self._team[way, period], self._share[loads]
        in_team = np.where(share > 0, np.maximum(self._space[team], 0) / np.where(share > 0, share, 1), PLENTY)
        return np.floor(np.where(team > OPEN, np.minimum(in_team, PLENTY), packs) + SLACK).astype(np.int64)

    def _by_loading(self, loads: Ints) -> Ints:
        kg, free = self._size[0][loads], self._loading[self._loads["depot"][loads], self._loads["period"][loads]]
        packs = np.where(kg > 0, np.minimum(free, 1e15) / np.where(kg > 0, kg, 1.0), PLENTY)
        return np.floor(np.clip(packs, 0, PLENTY) + SLACK).astype(np.int64)

    def _by_store(self, loads: Ints) -> Ints:
        """Packs that find room in the store of the zone from arrival to the end, or are used up before."""
        zone, item, arrives = (self._loads[name][loads] for name in ("zone", "item", "arrives"))
        packs, shelf, m3 = np.full(len(loads), PLENTY), self._problem.stores.shelf[zone, item], self._size[1][loads]
        limited = np.flatnonzero(shelf != NO_SHELF)
        if len(limited):
            least = np.minimum.accumulate(self._spare[:, ::-1], axis=1)[:, ::-1][shelf[limited], arrives[limited]]
            found = np.where(arrives[limited] > 0, self._idle[shelf[limited], arrives[limited] - 1], 0.0)
            packs[limited] = np.clip((least - found) / m3[limited], 0, PLENTY)
        return np.floor(packs + SLACK).astype(np.int64)

    def _by_ceiling(self, loads: Ints) -> Ints:
        zone, item, arrives = (self._loads[name][loads] for name in ("zone", "item", "arrives"))
        free = np.minimum(self._ceiling[zone, item, arrives] / self._pack[loads], PLENTY)
        return np.asarray(np.floor(free + SLACK).astype(np.int64))


def _share(problem: Allocation, sizes: list[Floats]) -> Floats:
    """(load) what a pack is of a vehicle, by weight or by volume, whichever is more."""
    way = problem.loads["way"].to_numpy()
    by_each = [size / problem.ways[name].to_numpy(float)[way] for size, name in zip(sizes, ("kg", "m3"), strict=True)]
    return np.asarray(np.maximum(*by_each))


def _stock(problem: Allocation) -> tuple[Ints, Ints]:
    """(d, k, rank, t) whole packs of each grade, summed up to t; (load) how many of the grades it is taken from."""
    grades = list(batches.grades(problem.batches, problem.calendar, problem.groups.pack))
    ranks = max((grade.rank for grade in grades), default=0) + 1
    shape = (len(problem.depots), len(problem.items), ranks)
    free = np.zeros((*shape, problem.calendar.count), dtype=np.int64)
    outlives = np.full(shape, batches.NEVER)
    for grade in grades:
        at = (grade.depot, grade.item, grade.rank)
        free[at], outlives[at] = np.cumsum(grade.comes), grade.outlives
    loads = problem.loads
    reached = outlives[loads["depot"].to_numpy(), loads["item"].to_numpy()] <= loads["arrive_day"].to_numpy()[:, None]
    return free, reached.sum(axis=1)
