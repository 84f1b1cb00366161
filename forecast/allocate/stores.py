"""Stores of zones: what fits into a zone's store and its fridge, and what is taken to lie there.

At the end of a period there lies what lay there before and what comes, less the mean demand. Goods of one demand group lie on one
shelf, in m3; where they stand in for each other, use is counted at the smallest of their volumes, which takes the store to be
fuller rather than emptier. Goods that perish within the period are handed out, not stored; bulk water is in nobody's store.

Where the need lapses, a shelf empties by the demand of each period (the recursion of Lindley 1952, Proc. Camb. Phil. Soc. 48(2));
where it accumulates, by all demand so far. In both, what lies there is convex in what comes: a linear program holds it exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.groups import Groups
from forecast.errors import few
from forecast.schema import Floats, Ledger

COLUMNS = {"dry": "store_m3", "cold": "cold_m3"}  # carriage of goods -> the column of zones
CALLED = {"dry": "store", "cold": "fridge"}
NO_SHELF = -1


@dataclass(frozen=True)
class Shelves:
    """What empties (m) shelves: (m, t) `use`, m3 of mean demand; (m) whether their need `accumulates`."""

    use: Floats
    accumulates: Flags

    def __getitem__(self, chosen: Ints) -> Shelves:
        return Shelves(self.use[chosen], self.accumulates[chosen])

    def filled(self, comes: Floats) -> tuple[Floats, Floats]:
        """(m, t) m3 that come -> (m, t) twice: what lies there at the end of each period, and the demand that found nothing: of
        the period, or so far where the need accumulates.
        """
        lies, idle = np.zeros_like(comes), np.zeros_like(comes)
        balance = np.zeros(len(comes))
        for t in range(comes.shape[1]):
            before = np.where(self.accumulates, balance, np.maximum(balance, 0.0))
            balance = before + comes[:, t] - self.use[:, t]
            lies[:, t], idle[:, t] = np.maximum(balance, 0.0), np.maximum(-balance, 0.0)
        return lies, idle


@dataclass(frozen=True)
class Stores:
    """(n) stores that have a limit: `zone` and `kind` of goods; (n, t) `most` m3 that may lie there: what it holds, or what lies
    there without this plan where that is more. (m) `shelves`, the `store` and demand `group` of each, and (m, t) the m3 `given`
    to them without this plan. (z, k) the `shelf` of an item in a zone, NO_SHELF where there is no limit; (k) `m3` of a unit.
    """

    zone: Ints
    kind: tuple[str, ...]
    most: Floats
    shelves: Shelves
    store: Ints
    group: Ints
    given: Floats
    shelf: Ints
    m3: Floats

    def name(self, store: int, zones: tuple[str, ...]) -> str:
        return f"{CALLED[self.kind[store]]} of {zones[self.zone[store]]}"


def stores(zones: pd.DataFrame, items: pd.DataFrame, groups: Groups, mean: Floats, comes: Floats, ledger: Ledger) -> Stores:
    """ZONES (`store_m3`, `cold_m3`), in the order of the plan, (z, g, t) mean demand in need units and (z, k, t) item units that
    come without this plan -> Stores. What does not fit even so is in `ledger`.
    """
    m3 = np.nan_to_num(items["m3_per_unit"].to_numpy(float))
    per_need = np.where(m3 > 0, m3 / groups.covers, np.inf)
    limits = [zones[column].to_numpy(float) for column in COLUMNS.values()]
    found, of_shelf, use = list[tuple[int, str, float]](), list[tuple[int, int]](), list[Floats]()
    shelf = np.full((len(zones), len(items)), NO_SHELF)
    for kind, limit in zip(COLUMNS, limits, strict=True):
        stored = (items["carriage"] == kind).to_numpy() & groups.lasts & (m3 > 0)
        for zone in np.flatnonzero(~np.isnan(limit)):
            found.append((int(zone), kind, float(limit[zone])))
            for group in np.unique(groups.of_item[stored]):
                members = np.flatnonzero(stored & (groups.of_item == group))
                shelf[int(zone), members] = len(of_shelf)
                of_shelf.append((len(found) - 1, int(group)))
                use.append(mean[zone, group] * per_need[members].min())
    store, group = np.array(of_shelf, dtype=np.int64).reshape(-1, 2).T
    shelves = Shelves(np.array(use).reshape(-1, mean.shape[2]), groups.accumulates[group])
    given = on_shelves(shelf, comes, m3, len(store))
    holds = np.array([most for *_, most in found])[:, None]
    anyway = added(store, shelves.filled(given)[0], len(found))
    over = [f"{zones.index[zone]} ({CALLED[kind]})" for n, (zone, kind, _) in enumerate(found) if (anyway[n] > holds[n]).any()]
    if over:
        ledger.remarks.append(f"More lies in the store, or comes without this plan, than fits: {few(over, 8)}. Nothing is added.")
    of_zone, kinds = np.array([zone for zone, *_ in found], dtype=np.int64), tuple(kind for _, kind, _ in found)
    return Stores(of_zone, kinds, np.maximum(holds, anyway), shelves, store, group, given, shelf, m3)


def on_shelves(shelf: Ints, units: Floats, m3: Floats, count: int) -> Floats:
    """(z, k, t) item units -> (m, t) m3."""
    there = np.zeros((count, units.shape[2]))
    zone, item = np.nonzero(shelf != NO_SHELF)
    np.add.at(there, shelf[zone, item], units[zone, item] * m3[item][:, None])
    return there


def added(store: Ints, lies: Floats, count: int) -> Floats:
    """(m, t) what lies on shelves -> (n, t) what lies in stores."""
    total = np.zeros((count, lies.shape[1]))
    np.add.at(total, store, lies)
    return total
