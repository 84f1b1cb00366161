"""What limits a plan, and what a little more of it would bring: ranked by the prices of the need layer, confirmed by re-solving.

A price (dual) is a rate: it holds for a little more only. So nothing is promised from a price: each limit is moved by a stated
step on the kept model, with the layers before the need held as they are, and the need is solved again from the last plan on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from forecast.allocate import rules, solve, warehouses, ways
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.lp import INF, Change, Held, Layer, Solution
from forecast.allocate.problem import Allocation
from forecast.allocate.rules import Parts
from forecast.allocate.solver import Kept
from forecast.config import Config
from forecast.schema import Floats

NEED = "need"
STOCK, TRUCKS, LANE, CARRIAGE, PROMISE, SHARES = (
    "stock", "trucks", "shut lanes", "carriage", "commitments", "rules of sharing"
)  # fmt: skip
LOADING, TRANSFERS, STORES, DAYS = "loading", "lanes between depots", "stores", "days of the week"
PACKS, MANY = 100, 1000  # more of an item at a depot; one pack where it has fewer than MANY
TONNE = 1000.0  # kg
POINT = 0.01  # of a layer held before
NOTHING = 1e-6  # relative to the need: less is no price


@dataclass(frozen=True)
class Limit:
    """Something that binds: its `kind`, `where`, and the `step` that is tried, in words; the `change` of bounds it is, and the
    weighted person-periods it would bring if its price held that far. What is `alike` is much the same limit, elsewhere or later.
    """

    kind: str
    alike: str
    where: str
    step: str
    change: Change
    priced: float


@dataclass(frozen=True)
class Confirmed:
    """A limit, and what its step brings, solved again: weighted person-periods less short, in all and by (z) zone."""

    limit: Limit
    brings: float
    by_zone: Floats


class NeedModel:
    """The need layer of a problem, solved and kept, with what is shut or not carried as columns that are held at 0.

    `held`: the layers before it.
    """

    def __init__(self, parts: Parts, kept: Kept, held: list[Held], layer: Layer, solution: Solution) -> None:
        self.problem, self._parts, self._kept = parts.problem, parts, kept
        self._held, self._layer, self._solution = held, layer, solution

    @property
    def short(self) -> float:
        """Weighted person-periods short, as the model sees it."""
        return self._solution.cost + self._layer.constant

    def limits(self) -> list[Limit]:
        """All that binds, by what its step would bring at its price, most first."""
        found = [
            *self._stock(), *self._trucks(), *self._loading(), *self._stores(), *self._barred(), *self._between(),
            *self._promised(), *self._shares(),
        ]  # fmt: skip
        worth = [limit for limit in found if limit.priced > NOTHING * max(self.short, 1.0)]
        return sorted(worth, key=lambda limit: (-limit.priced, limit.kind, limit.where))

    def confirm(self, limits: Iterable[Limit]) -> Iterator[Confirmed]:
        """Solve again with each step, one at a time; it ends early when time runs out."""
        before = self._by_zone(self._solution)
        for limit in limits:
            solution = self._kept.what_if(self._layer, limit.change)
            if solution is None:
                return
            yield Confirmed(limit, self._solution.cost - solution.cost, before - self._by_zone(solution))

    def _by_zone(self, solution: Solution) -> Floats:
        """(z) weighted person-periods short."""
        short = np.zeros(len(self.problem.zones))
        for part in self._parts.zones.shortages:
            weight = self.problem.weight[part.series.zone, part.series.group] * part.share
            np.add.at(short, part.series.zone, weight * part.unmet.of(solution.values).sum(axis=1))
        return short

    def _stock(self) -> Iterator[Limit]:
        """More packs of what a depot has, from the first period on; they outlive the plan."""
        problem, stocked = self.problem, self._parts.stocked
        has = problem.batches.groupby(["depot", "item"])["quantity"].sum()
        lower = np.concatenate(self._parts.model.rows.lower)
        for first, depot, item in zip(stocked.rows[:, 0], stocked.depot, stocked.item, strict=True):
            pack = problem.groups.pack[item]
            packs = PACKS if has.get((depot, item), 0.0) >= MANY * pack else 1  # what only transfers bring: none
            more = lower[[first]] + packs * pack
            change = Change(rows=np.array([first]), row_bounds=(more, more))
            priced = -float(self._solution.duals[first]) * packs * pack
            unit = f"{packs * pack:g} {problem.items['unit'].iloc[item]}"
            step = f"{packs} packs more ({unit})" if packs > 1 else f"1 pack more ({unit})"
            where = f"{problem.items.index[item]} at {problem.depots[depot]}"
            yield Limit(STOCK, str(problem.items.index[item]), where, step, change, priced)

    def _trucks(self) -> Iterator[Limit]:
        """One vehicle for a day more, in each period in which the hours of its class are short."""
        problem, hours = self.problem, self._parts.hours
        per_day = problem.fleet["per_day"].to_numpy(float)
        price = -self._solution.duals[hours.rows] * per_day[hours.fleet]
        available = problem.vehicle_hours[hours.fleet, hours.period] + per_day[hours.fleet]
        for n in np.flatnonzero(price > 0):
            vehicle = problem.fleet.iloc[hours.fleet[n]]
            vehicles = f"{vehicle['vehicle']} of {problem.depots[vehicle['depot']]}"
            where = f"{vehicles}, {self._when(hours.period[n])}"
            change = Change(rows=hours.rows[n : n + 1], row_bounds=(np.array([-INF]), available[n : n + 1]))
            yield Limit(TRUCKS, vehicles, where, "1 vehicle for 1 day more", change, float(price[n]))

    def _loading(self) -> Iterator[Limit]:
        """A tonne more that a depot loads, in each period in which its loading is short."""
        problem, loading = self.problem, self._parts.loading
        price = -self._solution.duals[loading.rows] * TONNE
        for n in np.flatnonzero(price > 0):
            depot = problem.depots[loading.depot[n]]
            more = problem.loading[loading.depot[n], loading.period[n]][None] + TONNE
            change = Change(rows=loading.rows[n : n + 1], row_bounds=(np.array([-INF]), more))
            where = f"{depot}, {self._when(loading.period[n])}"
            yield Limit(LOADING, depot, where, "1 t more loaded", change, float(price[n]))

    def _stores(self) -> Iterator[Limit]:
        """A cubic metre more in the store of a zone, or of a depot, throughout the plan."""
        problem, room, stores = self.problem, self._parts.room, self.problem.stores
        upper = np.concatenate(self._parts.model.rows.upper)
        rows_of = {stores.name(n, problem.zones): rows for n, rows in enumerate(room.zones)}
        for depot, kind in sorted(set(zip(room.depot.tolist(), room.kind.tolist(), strict=True))):
            name = f"{list(warehouses.COLUMNS)[kind]} store of depot {problem.depots[depot]}"
            rows_of[name] = room.depots[(room.depot == depot) & (room.kind == kind)]
        for name, rows in rows_of.items():
            change = Change(rows=rows, row_bounds=(np.full(len(rows), -INF), upper[rows] + 1.0))
            yield Limit(STORES, name, name, "1 m3 more", change, -float(self._solution.duals[rows].sum()))

    def _between(self) -> Iterator[Limit]:
        """Lanes between depots that are shut, opened."""
        problem, moves = self.problem, self.problem.transfers.moves
        worth = np.maximum(-self._solution.reduced[self._parts.move], 0.0)
        is_shut = moves["barred"].to_numpy() > 0
        for key, found in moves[is_shut].groupby(["depot", "into"]):
            (depot, into), at = cast("tuple[int, int]", key), found.index.to_numpy()
            has = problem.batches[problem.batches["depot"] == depot].groupby("item")["quantity"].sum()
            most = found["item"].map(has).fillna(0.0).to_numpy(float)
            priced = float(found.assign(worth=worth[at] * most).groupby("item")["worth"].max().sum())
            change = Change(self._parts.move[at], (np.zeros(len(at)), np.full(len(at), INF)))
            where = f"{problem.depots[depot]}-{problem.depots[into]}"
            yield Limit(TRANSFERS, where, where, f"open {self._days(found['period'].to_numpy())}", change, priced)

    def _barred(self) -> Iterator[Limit]:
        """Lanes that are shut, opened, or used on any day; goods that no vehicle of a lane carries, carried."""
        problem, loads = self.problem, self.problem.loads
        worth = np.maximum(-self._solution.reduced[self._parts.send], 0.0) * self._wanted()
        for bit, kind in ((ways.SHUT, LANE), (ways.NOT_CARRIED, CARRIAGE), (ways.NO_DAY, DAYS)):
            barred = loads[loads["barred"] == bit]
            for key, found in barred.groupby(["depot", "zone"]):
                (depot, zone), at = cast("tuple[int, int]", key), found.index.to_numpy()
                priced = float(found.assign(worth=worth[at]).groupby("item")["worth"].max().sum())
                send = self._parts.send[at]
                change = Change(send, (np.zeros(len(at)), np.full(len(at), INF)))
                step = f"open {self._days(found['period'].to_numpy())}"
                if kind == CARRIAGE:
                    goods = ", ".join(problem.items["carriage"].iloc[np.unique(found["item"])].unique())
                    step = f"its vehicles carry {goods} goods"
                if kind == DAYS:
                    step = "any day of the week"
                where = f"{problem.depots[depot]}-{problem.zones[zone]}"
                yield Limit(kind, problem.zones[zone], where, step, change, priced)

    def _promised(self) -> Iterator[Limit]:
        """Commitments that cost others something, each without its bounds."""
        table, block = self.problem.commitments, rules.COMMITMENTS
        first = next((some.first for some in self._parts.model.rows.blocks if some.name == block), 0)
        for n, name in enumerate(table["name"]):
            bounds = table[["minimum", "maximum"]].iloc[n].to_numpy(float)
            priced = abs(float(self._solution.duals[first + n])) * float(bounds[np.isfinite(bounds)].max())
            change = Change(rows=np.array([first + n]), row_bounds=(np.array([-INF]), np.array([INF])))
            yield Limit(PROMISE, str(name), str(name), "without it", change, priced)

    def _shares(self) -> Iterator[Limit]:
        """Layers that come before the need, each given up a little."""
        for held in self._held:
            layer = held.layer
            if layer.name != rules.COMMITMENTS:
                step = POINT if layer.sign < 0 else POINT * max(abs(held.at_most), 1.0)
                price = -float(self._solution.duals[held.row])
                if layer.is_apart:  # then its columns have the price
                    price += float(np.abs(self._solution.reduced[layer.columns]).max())
                change = held.at(held.at_most + step)
                yield Limit(SHARES, layer.name, f"layer '{layer.name}'", "1 point less of it", change, price * step)

    def _wanted(self) -> Floats:
        """(load) item units that are short in the zone of the load, over the plan."""
        problem = self.problem
        short = np.zeros(problem.series.shape)
        for part in self._parts.zones.shortages:
            unmet = part.unmet.of(self._solution.values).sum(axis=1)
            np.add.at(short, (part.series.zone, part.series.group), part.share * unmet)
        item = problem.loads["item"].to_numpy()
        units = short[problem.loads["zone"].to_numpy(), problem.groups.of_item[item]] / problem.groups.covers[item]
        return np.asarray(units)

    def _when(self, period: int) -> str:
        start = self.problem.calendar.starts[period].date()
        return f"week of {start}" if self.problem.calendar.days > 1 else str(start)

    def _days(self, periods: Ints) -> str:
        """The periods of loading, in words."""
        first, last = self._when(int(periods.min())), self._when(int(periods.max()))
        return f"in the {first}" if first == last else f"from the {first} to the {last}"


def need_model(problem: Allocation, config: Config) -> NeedModel | None:
    """Solve the layers up to the need, each held; None when the config has no such layer, or time runs out."""
    parts = rules.build(in_thought(problem), config.plan.segments)
    layers = list(solve.objectives(parts, config))
    kept, held = Kept(parts.model, config.plan.time_limit_seconds), list[Held]()
    for layer in layers:
        solution = kept.minimise(layer)
        if solution is None:
            return None
        if layer.name == NEED:
            return NeedModel(parts, kept, held, layer, solution)
        held.append(kept.hold(layer, solution, solve.limit(layer, solution, config.plan.layer_tolerance)))
    return None


def in_thought(problem: Allocation) -> Allocation:
    """The problem with the loads that only a shut lane or the days of the week forbid, and those that no vehicle of their lane
    carries; all barred.
    """
    sendable = problem.pairs.copy()
    sendable[problem.commitments["zone"].to_numpy(), problem.commitments["item"].to_numpy()] = True
    bits = ways.SHUT | ways.NOT_CARRIED | ways.NO_DAY
    loads = ways.loads(problem.ways, problem.days, problem.status, sendable, problem.calendar, bits)
    barred = loads["barred"].to_numpy()
    none_carries = _none_carries(problem)[loads["way"].to_numpy(), loads["item"].to_numpy()]
    thought_of = np.isin(barred, (0, ways.SHUT, ways.NO_DAY)) | ((barred == ways.NOT_CARRIED) & none_carries)
    return replace(problem, loads=loads[thought_of].reset_index(drop=True))


def _none_carries(problem: Allocation) -> Flags:
    """(way, k) no vehicle of the lane of the way carries the item."""
    carried = (problem.status & ways.NOT_CARRIED).max(axis=2) == 0
    lane = problem.ways["lane"].to_numpy()
    any_carries = np.zeros((lane.max(initial=-1) + 1, carried.shape[1]), dtype=bool)
    np.logical_or.at(any_carries, lane, carried)
    return np.asarray(~any_carries[lane])
