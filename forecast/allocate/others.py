"""What others bring to the zones: by item, or for a need, in its need unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Ints, placed, positions
from forecast.allocate.groups import Groups
from forecast.errors import counted, few
from forecast.schema import Floats, Ledger


def brought(others: pd.DataFrame, zones: pd.Index, items: pd.Index, mean: Floats, groups: Groups, ledger: Ledger) -> Floats:
    """BY_OTHERS with `at` (plan period) and (z, g, t) mean demand in need units -> (z, k, t) item units.

    What is for a need is shared over the zone's demand groups of that need by their mean demand in the period. It is counted as
    the item of each group that keeps shortest, since nobody says how long it lasts.
    """
    shape = (len(zones), len(items), mean.shape[2])
    for_need = others["need"] != ""
    units = placed(others[~for_need], zones, items, shape)
    asked = others[for_need].assign(z=positions(zones, others.loc[for_need, "zone"]))
    asked = asked[(asked["z"] >= 0) & (asked["at"] >= 0) & (asked["at"] < shape[2])]
    stands_for, nowhere = _shortest(groups), []
    totals = asked.sort_values(["z", "need", "at", "quantity"]).groupby(["z", "need", "at"])["quantity"].sum()
    for (zone, need, at), quantity in totals.items():
        of_need = np.array([g for g, name in enumerate(groups.needs) if name == need and mean[zone, g].sum() > 0], dtype=int)
        if len(of_need):
            item = stands_for[of_need]
            units[zone, item, at] += quantity * _shares(mean[zone, of_need, at]) / groups.covers[item]
        else:
            nowhere.append(f"{zones[zone]} {need}")
    _say(len(asked), sorted(set(nowhere)), ledger)
    return units


def _shares(level: Floats) -> Floats:
    """(group) mean demand -> (group) shares; equal where there is none in the period."""
    return level / level.sum() if level.sum() > 0 else np.full(len(level), 1 / len(level))


def _shortest(groups: Groups) -> Ints:
    """(g) the item that stands for what others bring: one that perishes within a period where there is one, else the first."""
    return np.array([min(groups.members(g), key=lambda k: bool(groups.lasts[k])) for g in range(len(groups.codes))], dtype=int)


def _say(rows: int, nowhere: list[str], ledger: Ledger) -> None:
    if rows:
        source = "shared over the zone's items of the need by expected demand, as the item of each that keeps shortest"
        ledger.assume("planned_by_others", f"{counted(rows, 'row')} for a need, not an item", "need units", "", source)
    if nowhere:
        ledger.remarks.append(f"Planned by others for a need without any planned demand there, not used: {few(nowhere)}.")
