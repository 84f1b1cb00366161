"""What a zone goes short of with so many packs: asked again and again while loads are moved about."""

from __future__ import annotations

import itertools
from functools import cached_property

import numpy as np

from forecast.allocate import floors, simulate
from forecast.allocate.arrays import Ints
from forecast.allocate.problem import Allocation
from forecast.schema import Floats


class Lacking:
    """The shortage of single series of a problem, and the loads that serve each zone and item."""

    def __init__(self, problem: Allocation) -> None:
        self._problem = problem
        self._zone, self._item, self._arrives = (problem.loads[name].to_numpy() for name in ("zone", "item", "arrives"))
        pair = self._zone * len(problem.items) + self._item
        order = np.argsort(pair, kind="stable")
        starts = np.searchsorted(pair[order], np.arange(problem.pairs.size + 1))
        self._of_pair = [order[a:b] for a, b in itertools.pairwise(starts)]

    @cached_property
    def _floors(self) -> tuple[floors.Floors, Ints]:
        """The survival floors, and (z, g) which of them is that of a series, -1 where it has none."""
        found, of_series = floors.floors(self._problem), np.full(self._problem.series.shape, -1)
        of_series[found.zone, found.group] = np.arange(len(found.zone))
        return found, of_series

    def loads_of(self, zone: int, item: int) -> Ints:
        """All loads of an item to a zone."""
        return np.asarray(self._of_pair[zone * len(self._problem.items) + item])

    def series(self, loads: Ints) -> list[tuple[int, int]]:
        """(n) loads -> zone and demand group of what they serve, each once, in order."""
        group = self._problem.groups.of_item[self._item[loads]]
        return sorted(set(zip(self._zone[loads].tolist(), group.tolist(), strict=True)))

    def unmet(self, zone: int, group: int, packs: Ints) -> float:
        """What the zone's demand group is expected to lack over the plan, need units."""
        lasting, perishing = self._comes(zone, group, packs)
        accumulates = self._problem.groups.accumulates[group : group + 1]
        return float(simulate.run(self._problem.demand[zone, group][None], lasting, perishing, accumulates).unmet.sum())

    def weighted(self, loads: Ints, packs: Ints) -> float:
        """What all series that the loads serve lack, weighted person-periods."""
        return sum(self.unmet(*pair, packs) * float(self._problem.weight[pair]) for pair in self.series(loads))

    def felt(self, loads: Ints, packs: Ints) -> float:
        """The same, and what they lack below the survival floor counts much more."""
        missed = 0.0
        for zone, group in self.series(loads):
            comes = self._comes(zone, group, packs)
            missed += float(
                simulate.felt(self._problem, (np.array([zone]), group), *comes)[0] * self._problem.weight[zone, group]
            )
        return missed

    def without(self, packs: Ints, loads: Ints, fewer: Ints, *, comes_later: bool) -> tuple[Floats, Floats]:
        """(load) packs, and (n) loads with so many fewer packs, one at a time -> (n) what is felt by the series of each, and the
        share that it has of its survival floor, NaN where it has none. What lasts may come a period later (`comes_later`).
        """
        problem = self._problem
        zone, item, arrives = (of[loads] for of in (self._zone, self._item, self._arrives))
        group, lasts = problem.groups.of_item[item], problem.groups.lasts[item]
        units = fewer * (problem.groups.pack * problem.groups.covers)[item]
        sent = [brought[zone, group] for brought in problem.in_groups(problem.brought(packs))]
        for goods, is_such in zip(sent, (lasts, ~lasts), strict=True):
            goods[np.arange(len(loads)), arrives] -= np.where(is_such, units, 0.0)
        if comes_later:
            late = np.flatnonzero(lasts & (arrives + 1 < sent[0].shape[1]))
            sent[0][late, arrives[late] + 1] += units[late]
        missed, held = np.zeros(len(loads)), np.full(len(loads), np.nan)
        for each in np.unique(group):
            of = group == each
            comes = [given[zone[of], each] + goods[of] for given, goods in zip(problem.given, sent, strict=True)]
            missed[of] = simulate.felt(problem, (zone[of], int(each)), *comes) * problem.weight[zone[of], each]
        kept, of_series = self._floors
        row = of_series[zone, group]
        at = np.flatnonzero(row >= 0)
        row = row[at]
        held[at] = floors.shares(kept.need[row], kept.lasting[row] + sent[0][at], kept.perishing[row] + sent[1][at])
        return missed, held

    def _comes(self, zone: int, group: int, packs: Ints) -> tuple[Floats, Floats]:
        """(1, t) twice: what comes, in need units: goods that last, and goods that perish."""
        problem = self._problem
        lasting, perishing = (given[zone, group].copy() for given in problem.given)
        for item in problem.groups.members(group):
            loads = self.loads_of(zone, item)
            units = packs[loads] * problem.groups.pack[item] * problem.groups.covers[item]
            np.add.at(lasting if problem.groups.lasts[item] else perishing, self._arrives[loads], units)
        return lasting[None], perishing[None]
