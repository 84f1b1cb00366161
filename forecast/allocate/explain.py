"""Reasons, in words: why a zone gets what it gets. Each is read off the plan itself: what one more pack would run into."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from forecast.allocate import ways
from forecast.allocate.arrays import Flags, Ints, rows
from forecast.allocate.packs import COVERED
from forecast.allocate.problem import Allocation
from forecast.allocate.room import Room
from forecast.allocate.simulate import NOTHING, Outcome
from forecast.schema import Floats

MOST = 3  # causes named in one reason
BLOCKED = ways.STOCK_GONE | ways.TRUCKS_FULL | ways.CEILING


class Reasons:
    """The words for each cell and line of one plan in whole packs; `planned` (z, k, t) item units."""

    def __init__(self, problem: Allocation, room: Room, outcome: Outcome, planned: Floats) -> None:
        self._problem, self._outcome, self._planned = problem, outcome, planned
        self._bits = self._by_arrival(room)
        self._ways = {lane: rows.to_numpy() for lane, rows in problem.ways.groupby(["depot", "zone"]).groups.items()}
        self._shut_text = lru_cache(maxsize=None)(self._shut)
        self._arrivals = [problem.loads[name].to_numpy() for name in ("zone", "item", "arrives")]
        promised = problem.commitments[problem.commitments["minimum"] > 0]
        self._promised = {(row.zone, row.item, row.period): (row.minimum, row.name) for row in rows(promised)}

    def _by_arrival(self, room: Room) -> Ints:
        """(way, k, t) what stands in the way of one more pack that arrives in the period, or earlier and lasts; 0: nothing
        can in time.
        """
        problem = self._problem
        bits = problem.status.copy()
        loads = problem.loads
        at = (loads["way"].to_numpy(), loads["item"].to_numpy(), loads["period"].to_numpy())
        bits[at] = room.bits(np.arange(len(loads)))
        arriving = np.zeros_like(bits)
        late = problem.ways["lead_days"].to_numpy() // problem.calendar.days
        for shift in np.unique(late):
            rows = late == shift
            arriving[rows, :, shift:] = bits[rows, :, : bits.shape[2] - shift]
        lasting = problem.groups.lasts
        arriving[:, lasting] = np.bitwise_or.accumulate(arriving[:, lasting], axis=2)
        return arriving

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
        """What keeps more of the items from arriving in the zone by the period; up to three causes."""
        problem = self._problem
        depots = np.flatnonzero(problem.lanes[:, zone])
        if not len(depots):
            return f"no lane leads to {problem.zones[zone]}"
        found: dict[str, list[str]] = {}
        for item in items:
            for depot in depots.tolist():
                for words, name in self._of_lane(depot, zone, int(item), period):
                    found.setdefault(words, []).append(name)
        texts = [words.replace("{}", _joined(dict.fromkeys(names))) for words, names in found.items()]
        return "; ".join(texts[:MOST]) + ("; and other causes" if len(texts) > MOST else "")

    def _of_lane(self, depot: int, zone: int, item: int, period: int) -> list[tuple[str, str]]:
        """(words with {} for the name, name) of each cause on the lane, for one item; the strongest kind only."""
        problem = self._problem
        code, name = str(problem.items.index[item]), problem.depots[depot]
        rows = self._ways.get((depot, zone))
        if rows is None:
            return [(f"{{}} has no vehicle for the lane to {problem.zones[zone]}", name)]
        bits = self._bits[rows, item, period]
        union = int(np.bitwise_or.reduce(bits))
        if union == 0:
            days = int(problem.ways["lead_days"].to_numpy()[rows].min())
            return [(f"{code} from {{}} takes {days} days and arrives later", name)]
        if union & ways.NO_STOCK:
            return [(f"no {code} at {{}}", name)]
        if union & ways.FITS:
            return [(f"{code} of {{}} has no weight in this plan (priority 0)", name)]
        causes = []
        if union & ways.STOCK_GONE:
            causes.append((f"all {code} at {{}} is allotted", name))
        if union & ways.TRUCKS_FULL:
            full = problem.ways["vehicle"].to_numpy()[rows][(bits & ways.TRUCKS_FULL) > 0]
            causes.append(("vehicles of {} are full", f"{name} ({_joined(full)})"))
        if union & ways.CEILING:
            causes.append((f"a commitment allows no more {code}", name))
        if union & ways.SHUT:
            causes.append(("lane {}", f"{name}-{self._shut_text(int(rows[0]))}"))
        if causes:
            return causes
        if union & ways.NOT_CARRIED and not (bits & ~ways.NOT_CARRIED).any():
            return [(f"no vehicle of {{}} on this lane carries {problem.items['carriage'].iloc[item]} goods ({code})", name)]
        if union & ways.EXPIRES:
            return [(f"the {code} at {{}} expires before it can arrive", name)]
        return [(f"{code} comes to {{}} too late", name)]

    def _shut(self, way: int) -> str:
        """Zone, and the stretches of days on which its lane is shut within the plan."""
        problem = self._problem
        closed = problem.shut[problem.shut["way"] == way]
        stretches = (self._stretch(row.start, row.until, row.why) for row in rows(closed))
        return f"{problem.ways['to'].iloc[way]} shut {_joined(stretches)}"

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


def _joined(names: object) -> str:
    return " and ".join(dict.fromkeys(str(name) for name in names))  # type: ignore[attr-defined]
