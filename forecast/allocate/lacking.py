"""What a zone goes short of with so many packs: asked again and again while loads are moved about."""

from __future__ import annotations

import itertools

import numpy as np

from forecast.allocate import simulate
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

    def _comes(self, zone: int, group: int, packs: Ints) -> tuple[Floats, Floats]:
        """(1, t) twice: what comes, in need units: goods that last, and goods that perish."""
        problem = self._problem
        lasting, perishing = (given[zone, group].copy() for given in problem.given)
        for item in problem.groups.members(group):
            loads = self.loads_of(zone, item)
            units = packs[loads] * problem.groups.pack[item] * problem.groups.covers[item]
            np.add.at(lasting if problem.groups.lasts[item] else perishing, self._arrives[loads], units)
        return lasting[None], perishing[None]
