"""Whole packs: the quantities of the plan rounded down, and what that frees handed out again, pack by pack."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.allocate import batches, beyond, rounds, simulate, solve, visits
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.lacking import Lacking
from forecast.allocate.problem import Allocation
from forecast.allocate.room import Room
from forecast.allocate.rounds import Rounds
from forecast.allocate.visits import Changes
from forecast.config import Config
from forecast.errors import NoPlanError, counted
from forecast.schema import Floats, Ledger

ROUND = 1e-6  # of a pack: what the solver leaves of a whole one
COVERED = 0.995  # of the need of a cell: a cell above is not short
FELT = 0.98  # the same, where what was left behind is handed out again
NEARLY = 0.95  # of a pack: lost only because a layer took its tolerance from another
LEAST_GAIN = 1e-9  # weighted person-periods


@dataclass(frozen=True)
class Sent:
    """What is sent: `taken`, packs by `load, batch, packs`; `quantity` (load) and `planned` (z, k, t) by arrival, item units;
    `room` left; `changes` for the sake of sensible loads; the vehicles that are `driven`.
    """

    taken: pd.DataFrame
    quantity: Floats
    planned: Floats
    room: Room
    changes: Changes
    driven: Rounds


def send(problem: Allocation, quantity: Floats, config: Config, ledger: Ledger) -> Sent:
    """(load) item units of the linear program -> Sent: whole packs, in sensible loads, each from a batch."""
    packs, room = whole_packs(problem, quantity)
    changes = visits.tidy(problem, packs, room, config.plan)
    planned = packs.copy()
    driven = rounds.drive(problem, packs, room, config.plan)
    if driven.left:
        packs, room = _with_what_stays(problem, packs, driven, config, changes, ledger)
    driven.price = _price(problem, planned, packs)
    taken = batches.assign(problem.batches, problem.loads, packs, problem.groups.pack)
    missing = int(packs.sum() - taken["packs"].sum())
    if missing:
        taken, room = _with_what_is_left(problem, taken, packs, driven)
        ledger.remarks.append(
            f"{missing} packs are not sent as planned: their batch comes later and expires earlier than another. "
            f"{counted(int(taken['packs'].sum()) - int(packs.sum()) + missing, 'pack')} of what is left went elsewhere."
        )
    units = _sent(taken, len(packs)) * problem.groups.pack[problem.loads["item"].to_numpy()]
    return Sent(taken, units, problem.arriving(units), room, changes, driven)


def _with_what_stays(
    problem: Allocation, packs: Ints, driven: Rounds, config: Config, changes: Changes, ledger: Ledger
) -> tuple[Ints, Room]:
    """(load) packs of which some stay behind in the firm periods -> packs and room: the later periods planned again, knowing it;
    then, where a vehicle that leaves has room, more to zones that are short.
    """
    firm, packs = config.plan.firm_periods, packs.copy()
    free, left = beyond.later(problem, firm), beyond.rest(problem, packs, firm)
    if free.any() and not driven.broken:  # a promise that is broken would be refused as a clash
        try:
            packs[free], _ = whole_packs(left, solve.solve(left, config).quantity)
            changes.forget(free)
            room = _room(problem, packs, driven)
            changes.add(visits.tidy(problem, packs, room, config.plan, firm))
        except NoPlanError as error:
            ledger.remarks.append(f"The periods after the firm ones are not planned again for what stays behind: {error}")
    room = _room(problem, packs, driven)
    _HandOut(problem, room, packs.astype(float), packs, _is_made(problem, packs), FELT).run()
    return packs, room


def _price(problem: Allocation, before: Ints, after: Ints) -> float:
    """What more goes short, weighted person-periods."""
    changed, lacking = np.flatnonzero(before != after), Lacking(problem)
    return lacking.weighted(changed, after) - lacking.weighted(changed, before)


def _sent(taken: pd.DataFrame, loads: int) -> Ints:
    return np.bincount(taken["load"], taken["packs"], loads).astype(np.int64)


def _with_what_is_left(problem: Allocation, taken: pd.DataFrame, wanted: Ints, driven: Rounds) -> tuple[pd.DataFrame, Room]:
    """Packs `load, batch, packs`, and more from what the batches have left, for zones that lack packs or are short."""
    pack, sent = problem.groups.pack, _sent(taken, len(wanted))
    used = np.bincount(taken["batch"], taken["packs"], len(problem.batches)) * pack[problem.batches["item"].to_numpy()]
    rest = replace(problem, batches=problem.batches.assign(quantity=problem.batches["quantity"] - used))
    packs = sent.copy()
    _HandOut(rest, _room(rest, sent, driven, of_stock=False), wanted.astype(float), packs, _is_made(problem, wanted), FELT).run()
    more = batches.assign(rest.batches, problem.loads, packs - sent, pack)
    taken = pd.concat([taken, more]).groupby(["load", "batch"], as_index=False).agg({"packs": "sum"})
    return taken, _room(problem, _sent(taken, len(wanted)), driven)


def _room(problem: Allocation, packs: Ints, driven: Rounds, *, of_stock: bool = True) -> Room:
    """What is left beside so many packs (load)."""
    room = Room(problem)
    room.take(np.arange(len(packs)), packs, of_stock=of_stock)
    room.fix(driven.team, np.array(driven.vehicles, dtype=float))
    return room


def _is_made(problem: Allocation, packs: Ints) -> Flags:
    """(load) whether its visit brings anything."""
    visit = problem.loads["way"].to_numpy() * problem.calendar.count + problem.loads["period"].to_numpy()
    return np.asarray(np.bincount(visit, packs)[visit] > 0) if len(packs) else np.zeros(0, dtype=bool)


def whole_packs(problem: Allocation, quantity: Floats) -> tuple[Ints, Room]:
    """(load) item units -> (load) whole packs, and the room they leave.

    First each load is rounded down. Then single packs are handed out, where they lower the weighted expected shortage
    most and stock, vehicles and commitments leave room: on loads that lost by rounding, and for cells that are short.
    Promised minima, and
    loads that lost nearly a whole pack, come first.
    """
    room = Room(problem)
    wanted = quantity / problem.groups.pack[problem.loads["item"].to_numpy()]
    packs = np.floor(wanted + ROUND).astype(np.int64)
    scarce = np.flatnonzero(~room.is_in_stock(packs) & (packs > 0))  # batches are not whole numbers of packs
    cut = packs.copy()
    cut[scarce] = 0
    room.take(np.arange(len(packs)), cut)
    for load in scarce[np.lexsort((scarce, problem.loads["period"].to_numpy()[scarce]))]:
        at = np.array([load])
        cut[at] = np.minimum(packs[at], room.fits(at))
        room.take(at, cut[at])
    _HandOut(problem, room, wanted, cut).run()
    return cut, room


class _HandOut:
    """Rounds of handing out single packs: in each, no series gets more than one, and none that gains under half of the item's
    best.
    """

    def __init__(
        self, problem: Allocation, room: Room, wanted: Floats, packs: Ints, is_open: Flags | None = None, covered: float = COVERED
    ) -> None:
        self._problem, self._room, self._wanted, self._packs = problem, room, wanted, packs
        self._is_open, self._covered = np.ones(len(packs), dtype=bool) if is_open is None else is_open, covered
        self._zone, self._item, self._arrives, self._period = (
            problem.loads[name].to_numpy() for name in ("zone", "item", "arrives", "period")
        )
        self._group = problem.groups.of_item[self._item]
        self._gain, self._missed = np.zeros(problem.in_transit.shape), np.zeros(problem.series.shape)

    def run(self) -> None:
        stale = np.ones(self._problem.series.shape, dtype=bool)
        while stale.any():
            outcome = simulate.outcome(self._problem, self._problem.brought(self._packs))
            chosen = self._candidates(outcome)
            self._refresh_gains(chosen, stale)
            stale = self._round(chosen)

    def _candidates(self, outcome: simulate.Outcome) -> Ints:
        """Loads that have room for a pack, and lost one by rounding, or serve a cell that is short or a minimum that is not
        kept.
        """
        short = outcome.unmet > (1 - self._covered) * np.maximum(self._problem.mean + outcome.backlog, simulate.NOTHING)
        later = np.maximum.accumulate(short[:, :, ::-1], axis=2)[:, :, ::-1]
        serves_short = np.where(
            self._problem.groups.lasts[self._item],
            later[self._zone, self._group, self._arrives],
            short[self._zone, self._group, self._arrives],
        )
        eligible = np.flatnonzero((self._lost() | serves_short | self._is_promised()) & self._is_open)
        return np.asarray(eligible[self._room.fits(eligible) >= 1])

    def _lost(self) -> Flags:
        """(load) the plan wanted some of it, and its zone and item (and period, where goods perish) still lack a pack of the
        sum.
        """
        periods = self._problem.calendar.count
        period = np.where(self._problem.groups.lasts[self._item], 0, self._arrives)
        key = (self._zone * len(self._problem.items) + self._item) * periods + period
        _, chain = np.unique(key, return_inverse=True)
        lacking = np.ceil(np.bincount(chain, self._wanted) - ROUND) > np.bincount(chain, self._packs)
        return np.asarray(lacking[chain] & (self._wanted > ROUND)) if len(chain) else np.zeros(0, dtype=bool)

    def _is_promised(self) -> Flags:
        """(load) it serves a promised minimum that is not kept yet."""
        table, planned = self._problem.commitments, self._problem.brought(self._packs) + self._problem.in_transit
        at = tuple(table[name].to_numpy() for name in ("zone", "item", "period"))
        lacking = np.zeros(planned.shape, dtype=bool)
        lacking[at] = planned[at] < table["minimum"].to_numpy(float) * (1 - ROUND)
        return np.asarray(lacking[self._zone, self._item, self._arrives])

    def _refresh_gains(self, chosen: Ints, stale: Flags) -> None:
        """What one more pack, arriving in a period, takes off what is missed; for the series that changed."""
        problem = self._problem
        is_drop = np.zeros(problem.in_transit.shape, dtype=bool)
        is_drop[self._zone[chosen], self._item[chosen], self._arrives[chosen]] = True
        comes = [a + b for a, b in zip(problem.given, problem.in_groups(self._problem.brought(self._packs)), strict=True)]
        for group in range(len(problem.groups.codes)):
            zones = np.flatnonzero(stale[:, group])
            self._missed[zones, group] = simulate.felt(problem, (zones, group), *(units[zones, group] for units in comes))
        for item, group in enumerate(problem.groups.of_item):
            for period in range(problem.calendar.count):
                zones = np.flatnonzero(is_drop[:, item, period] & stale[:, group])
                if len(zones):
                    lasting, perishing = (units[zones, group].copy() for units in comes)
                    more = lasting if problem.groups.lasts[item] else perishing
                    more[:, period] += problem.groups.pack[item] * problem.groups.covers[item]
                    missed = simulate.felt(problem, (zones, int(group)), lasting, perishing)
                    fall = self._missed[zones, group] - missed
                    self._gain[zones, item, period] = fall * problem.weight[zones, group]

    def _round(self, chosen: Ints) -> Flags:
        """Hand out packs, best first; ties to what lost most by rounding, then the earlier; (z, g) the series that got one."""
        gain = self._gain[self._zone[chosen], self._item[chosen], self._arrives[chosen]]
        lost = self._wanted[chosen] - self._packs[chosen]
        gain = np.where(self._is_promised()[chosen] | (lost >= NEARLY), np.inf, gain)
        best = np.zeros(len(self._problem.items))
        np.maximum.at(best, self._item[chosen], gain)
        served = np.zeros(self._problem.series.shape, dtype=bool)
        worth = (gain > LEAST_GAIN) & (gain >= best[self._item[chosen]] / 2)
        for at in np.lexsort((chosen, self._period[chosen], -np.round(lost, 6), -np.round(gain, 9))):
            load = chosen[at]
            series = (self._zone[load], self._group[load])
            if worth[at] and not served[series] and self._room.fits(chosen[at : at + 1])[0] >= 1:
                self._room.take(chosen[at : at + 1], np.ones(1, dtype=np.int64))
                self._packs[load] += 1
                served[series] = True
        return served
