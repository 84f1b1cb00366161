"""Reasons, in words: why a zone gets what it gets. Each is read off the plan itself: what one more pack would run into."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from forecast.allocate import ways
from forecast.allocate.arrays import Flags, Ints, rows
from forecast.allocate.packs import COVERED
from forecast.allocate.problem import Allocation
from forecast.allocate.room import Room
from forecast.allocate.simulate import NOTHING, Outcome
from forecast.allocate.stores import CALLED
from forecast.schema import Floats

MOST = 2  # causes named in one reason
RESTS = 0.05  # of what a depot ever has of an item: what is left of it is no stock
GONE, NEARLY = "stock of {k} gone at {d}", "stock of {k} gone or nearly gone at {d}"
TAKEN = ways.STOCK_GONE | ways.TRUCKS_FULL | ways.CEILING | ways.LOADING_FULL | ways.STORE_FULL
OPEN = TAKEN | ways.FITS  # something can be loaded, or could be if nothing else were
LASTING_CAUSES = ("gone", "full", "lane", "commitment", "store")  # beside these, what a depot never has or carries is no cause


@dataclass(frozen=True)
class Cause:
    """What keeps an item from coming on a lane: `words` around the names of items `{k}` and of depots or lanes `{d}`."""

    kind: str
    words: str
    item: str = ""
    depot: str = ""


class Reasons:
    """The words for each cell and line of one plan in whole packs; `planned` (z, k, t) item units."""

    def __init__(self, problem: Allocation, room: Room, outcome: Outcome, planned: Floats) -> None:
        self._problem, self._outcome, self._planned = problem, outcome, planned
        self._any, self._all = self._by_arrival(room)
        self._rests = self._small_rests(room)
        self._ways = {lane: rows.to_numpy() for lane, rows in problem.ways.groupby(["depot", "zone"]).groups.items()}
        self._shut_text = lru_cache(maxsize=None)(self._shut)
        self._cause = lru_cache(maxsize=None)(self._of_lane)
        self._arrivals = [problem.loads[name].to_numpy() for name in ("zone", "item", "arrives")]
        promised = problem.commitments[problem.commitments["minimum"] > 0]
        self._promised = {(row.zone, row.item, row.period): (row.minimum, row.name) for row in rows(promised)}

    def _by_arrival(self, room: Room) -> tuple[Ints, Ints]:
        """(way, k, t) twice what stands in the way of one more pack that arrives in the period, or earlier and lasts: of any such
        load, and of all that could be made. 0 of any: nothing can in time.
        """
        problem = self._problem
        bits = problem.status.copy()
        loads = problem.loads
        at = (loads["way"].to_numpy(), loads["item"].to_numpy(), loads["period"].to_numpy())
        bits[at] = room.bits(np.arange(len(loads)))
        some, every = np.zeros_like(bits), np.full_like(bits, OPEN)
        arrives = problem.days.arrive // problem.calendar.days
        for period in range(bits.shape[2]):
            way = np.flatnonzero(arrives[:, period] < bits.shape[2])
            then, taken = bits[way, :, period], bits[way, :, period] & OPEN
            some[way, :, arrives[way, period]] |= then
            every[way, :, arrives[way, period]] &= np.where(taken, taken, OPEN)
        lasting = problem.groups.lasts
        some[:, lasting] = np.bitwise_or.accumulate(some[:, lasting], axis=2)
        every[:, lasting] = np.bitwise_and.accumulate(every[:, lasting], axis=2)
        return some, every

    def _small_rests(self, room: Room) -> Flags:
        """(d, k) what the loads that fit could still take is little of what the depot has."""
        problem, loads = self._problem, self._problem.loads
        at = (loads["depot"].to_numpy(), loads["item"].to_numpy())
        free, has = np.zeros((2, len(problem.depots), len(problem.items)))
        np.maximum.at(free, at, room.fits(np.arange(len(loads))) * problem.groups.pack[at[1]])
        np.add.at(has, (problem.batches["depot"].to_numpy(), problem.batches["item"].to_numpy()), problem.batches["quantity"])
        return np.asarray(free <= RESTS * has)

    @cached_property
    def covered(self) -> Flags:
        """(z, g, t) as good as all of the need is met."""
        return np.asarray(self._outcome.unmet <= (1 - COVERED) * self._needed + NOTHING)

    @cached_property
    def _needed(self) -> Floats:
        return self._problem.mean + self._outcome.backlog

    def of_cell(self, zone: int, group: int, period: int) -> str:
        """Why a cell is met, or what keeps it short."""
        members = self._problem.groups.members(group)
        if not self.covered[zone, group, period]:
            return self.causes(zone, members, period)
        if self._needed[zone, group, period] <= NOTHING:
            return "no demand expected"
        if self._planned[zone, members, period].any():
            return "demand met"
        return f"demand met by {self._source(zone, group, period)}"

    def of_line(self, load: int) -> str:
        """Why this much is sent."""
        zone, item, period = (int(column[load]) for column in self._arrivals)
        promise = self._promise(zone, item, period)
        if promise:
            return promise
        group = int(self._problem.groups.of_item[item])
        if not self.covered[zone, group, period]:
            return f"as much as can be: {self.causes(zone, self._problem.groups.members(group), period)}"
        return f"demand met{self._ahead(zone, group, period)}"

    def of_nothing(self, zone: int, item: int) -> str:
        """Why none of an item is sent to a zone."""
        groups = self._problem.groups
        group = int(groups.of_item[item])
        short = np.flatnonzero(~self.covered[zone, group])
        if len(short):
            return self.causes(zone, np.array([item]), int(short[0]))
        if self._needed[zone, group].max() <= NOTHING:
            return "no demand expected"
        others = [other for other in groups.members(group) if other != item and self._planned[zone, other].any()]
        if others:
            return f"demand met by {_joined(str(self._problem.items.index[other]) for other in others)}"
        return f"demand met by {self._source(zone, group, int(np.argmax(self._needed[zone, group])))}"

    def causes(self, zone: int, items: Ints, period: int) -> str:
        """What keeps more of the items from arriving in the zone by the period."""
        problem = self._problem
        depots = np.flatnonzero(problem.lanes[:, zone])
        if not len(depots):
            return f"no lane leads to {problem.zones[zone]}"
        found = [cause for item in items for depot in depots for cause in self._cause(int(depot), zone, int(item), period)]
        strong = [cause for cause in found if cause.kind in LASTING_CAUSES]
        texts = _worded(strong or found)
        return "; ".join(texts[:MOST]) + ("; and other causes" if len(texts) > MOST else "")

    def _of_lane(self, depot: int, zone: int, item: int, period: int) -> tuple[Cause, ...]:
        """The causes on the lane of a depot, of one item: one, or two that take turns."""
        problem = self._problem
        code, name = str(problem.items.index[item]), problem.depots[depot]
        rows = self._ways.get((depot, zone))
        if rows is None:
            return (Cause("vehicle", f"{{d}} has no vehicle for the lane to {problem.zones[zone]}", depot=name),)
        some = int(np.bitwise_or.reduce(self._any[rows, item, period]))
        if some & OPEN:
            return self._of_open_lane(rows, depot, zone, item, period)
        if some == 0:
            days = int(problem.ways["lead_days"].to_numpy()[rows].min())
            return (Cause("lead", f"{{k}} from {{d}} takes {days} days and arrives later", code, name),)
        if some & ways.DAY_OFF and not some & ways.NO_STOCK:
            return (Cause("day off", "{d} does not load on those days", depot=name),)
        if some & ways.NO_DAY and not some & ways.NO_STOCK:
            return (Cause("day off", self._no_day(int(rows[0]), zone), depot=name),)
        if some & ways.NO_STOCK:
            return (Cause("none", "no {k} at {d}", code, name),)
        if some & ways.SHUT:
            return (Cause("lane", f"lane {{d}} {self._shut_text(int(rows[0]))}", depot=f"{name}-{problem.zones[zone]}"),)
        if some & ways.NOT_CARRIED and not (self._any[rows, item, period] & ~ways.NOT_CARRIED).any():
            kind = problem.items["carriage"].iloc[item]
            return (Cause("carriage", f"no vehicle of {{d}} on this lane carries {kind} goods ({{k}})", code, name),)
        if some & ways.EXPIRES:
            return (Cause("expiry", "the {k} at {d} expires before it can arrive", code, name),)
        return (Cause("late", "{k} comes to {d} too late", code, name),)

    def _no_day(self, way: int, zone: int) -> str:
        """Who does not agree on a day of loading and, the lead time later, of arrival."""
        problem = self._problem
        convoy = str(problem.ways["convoy_days"].iloc[way])
        suits = f", the convoy ({convoy})" if convoy else ""
        return f"lane shut: no day suits {{d}}{suits} and {problem.zones[zone]}"

    def _of_open_lane(self, ways_of_lane: Ints, depot: int, zone: int, item: int, period: int) -> tuple[Cause, ...]:
        """What has been taken, where loads can be made: what is taken of all of them is the cause."""
        problem = self._problem
        code, name, group = str(problem.items.index[item]), problem.depots[depot], int(problem.groups.of_item[item])
        some, every = self._any[ways_of_lane, item, period], int(np.bitwise_and.reduce(self._all[ways_of_lane, item, period]))
        union = int(np.bitwise_or.reduce(some))
        gone = Cause("gone", GONE, code, name)
        if every & ways.STOCK_GONE:
            return (gone,)
        if union & ways.FITS and problem.weight[zone, group] == 0:
            return (Cause("weight", "{k} of {d} has no weight in this plan (priority 0)", code, name),)
        if union & ways.FITS and self._rests[depot, item]:
            return (Cause("gone", NEARLY, code, name),)
        if union & ways.FITS:
            return (Cause("small", "more {k} from {d} would be too small a load", code, name),)
        if every & ways.STORE_FULL:
            called = CALLED[str(problem.items["carriage"].iloc[item])]
            return (Cause("store", f"{called} of {problem.zones[zone]} full"),)
        full = Cause(
            "full", f"{self._vehicles(ways_of_lane[(some & ways.TRUCKS_FULL) > 0], depot, item)} of {{d}} full", depot=name
        )
        found = [full] if union & ways.TRUCKS_FULL else []
        if union & ways.LOADING_FULL:
            found.append(Cause("full", "loading capacity of {d} full", depot=name))
        if union & ways.CEILING:
            found = [Cause("commitment", "a commitment allows no more {k}", code)]
        elif not every & ways.TRUCKS_FULL and union & ways.STOCK_GONE:
            found.insert(0, gone)
        if union & ways.SHUT:
            found.append(
                Cause("lane", f"lane {{d}} {self._shut_text(int(ways_of_lane[0]))}", depot=f"{name}-{problem.zones[zone]}")
            )
        return tuple(found)

    def _vehicles(self, ways_full: Ints, depot: int, item: int) -> str:
        """Trucks; of goods that not all of a depot's vehicles carry, their classes."""
        problem = self._problem
        if problem.items["carriage"].iloc[item] == "dry":
            return "trucks"
        return _joined(problem.ways["vehicle"].to_numpy()[ways_full])

    def _shut(self, way: int) -> str:
        """The stretches of days on which the lane of a way is shut within the plan."""
        problem = self._problem
        closed = problem.shut[problem.shut["way"] == way]
        stretches = (self._stretch(row.start, row.until, row.why) for row in rows(closed))
        return f"shut {_joined(stretches)}"

    def _stretch(self, start: int, until: int, why: str) -> str:
        today, last = self._problem.calendar.issue_date, self._problem.calendar.days * self._problem.calendar.count
        begins = f"from {(today + pd.Timedelta(days=start)).date()}" if start > 0 else ""
        ends = f"until {(today + pd.Timedelta(days=until - 1)).date()}" if until <= last else ""
        return " ".join(word for word in (begins, ends, f"({why})" if why else "") if word) or "throughout"

    def _source(self, zone: int, group: int, period: int) -> str:
        """The largest source of supply other than this period's loads."""
        problem = self._problem
        members = problem.groups.members(group)
        covers = problem.groups.covers[members]
        stock = self._outcome.carried[zone, group, period]
        if period == 0:
            stock = np.nan_to_num(problem.on_hand[zone, members]) @ covers
        amounts = {
            "stock in the zone": float(stock),
            "consignments on the road": float(problem.in_transit[zone, members, period] @ covers),
            "others": float(problem.by_others[zone, members, period] @ covers),
        }
        return max(amounts, key=lambda name: amounts[name])

    def _promise(self, zone: int, item: int, period: int) -> str:
        """The commitment that this much is sent for: the plan sends no pack more than its minimum."""
        minimum, name = self._promised.get((zone, item, period), (0.0, ""))
        sent = self._planned[zone, item, period] + self._problem.in_transit[zone, item, period]
        return f"commitment: {name}" if name and sent < minimum + self._problem.groups.pack[item] else ""

    def _ahead(self, zone: int, group: int, period: int) -> str:
        """Words for stock placed before a lane shuts."""
        problem = self._problem
        day = self._shuts.get(zone)
        if day is None or day <= period * problem.calendar.days:
            return ""
        sent = problem.in_groups(self._planned)[0][zone, group, period]
        if sent <= problem.mean[zone, group, period]:
            return ""
        shut = problem.calendar.issue_date + pd.Timedelta(days=int(day))
        return f", and stocked ahead: lane shut from {shut.date()}"

    @cached_property
    def _shuts(self) -> dict[int, int]:
        """Zone -> the first day within the plan on which a lane there, open until then, is shut."""
        problem = self._problem
        shut = problem.shut[
            (problem.shut["start"] > 0) & (problem.shut["start"] < problem.calendar.days * problem.calendar.count)
        ]
        zone = problem.ways["zone"].to_numpy()[shut["way"].to_numpy()]
        first = shut["start"].groupby(zone).min()
        return dict(zip(map(int, first.index), map(int, first), strict=True))


def _worded(causes: list[Cause]) -> list[str]:
    """The causes in words: depots of the same item together, then items of the same depots."""
    nearly = {cause.item for cause in causes if cause.words == NEARLY}
    depots: dict[tuple[str, str], list[str]] = {}
    for cause in causes:
        words = NEARLY if cause.words == GONE and cause.item in nearly else cause.words
        depots.setdefault((words, cause.item), []).append(cause.depot)
    items: dict[tuple[str, str], list[str]] = {}
    for (words, item), names in depots.items():
        items.setdefault((words, _joined(names)), []).append(item)
    return [words.replace("{k}", _joined(codes)).replace("{d}", names) for (words, names), codes in items.items()]


def _joined(names: object) -> str:
    return " and ".join(dict.fromkeys(str(name) for name in names))  # type: ignore[attr-defined]
