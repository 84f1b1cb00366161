"""Demand groups: which items serve one demand together, and how need and goods carry over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast import meaning
from forecast.allocate.arrays import Flags, Ints
from forecast.config import Config
from forecast.schema import Floats, Ledger


@dataclass(frozen=True)
class Groups:
    """The demand groups, and what each item is in its group.

    (g): `codes`, `needs`, `units`; `accumulates`: the need carries over; `priority`; `per_person`: planning figure in
    need units per person and day, NaN where there is none; `of_caseload`: the demand is that of a caseload. (k): `of_item`: its
    group; `covers`: need units per item unit; `pack`: item units per pack; `lasts`: goods left over serve the next period.

    The three kinds of carry-over: the need accumulates (kits, arrears); the need lapses and the goods last (rations); the
    need lapses and the goods perish within the period (hot meals). A group may hold goods of the last two kinds: tablets
    and trucked water.
    """

    codes: tuple[str, ...]
    needs: tuple[str, ...]
    units: tuple[str, ...]
    accumulates: Flags
    priority: Floats
    per_person: Floats
    of_caseload: Flags
    of_item: Ints
    covers: Floats
    pack: Floats
    lasts: Flags

    def members(self, group: int) -> Ints:
        """Positions of the items of a group."""
        return np.flatnonzero(self.of_item == group)


def group_items(items: pd.DataFrame, config: Config, days: int, ledger: Ledger) -> Groups:
    """ITEMS by code -> Groups; `days` of a plan period decide whether goods last."""
    code = items["substitutes"].where(items["substitutes"] != "", items.index.to_series())
    members = {str(name): items[code == name] for name in sorted(code.unique())}
    accumulates = np.array([not group["need_lapses"].any() for group in members.values()], dtype=bool)
    of_item = pd.Index(list(members)).get_indexer(pd.Index(code)).astype(np.int64)
    keeps = items["keeps_days"].isna() | (items["keeps_days"] >= days)
    for name, group in members.items():
        if group["need_lapses"].nunique() > 1:
            ledger.remarks.append(f"The items of {name} differ in need_lapses: its need is taken to lapse.")
    return Groups(
        codes=tuple(members),
        needs=tuple(str(group["need"].iloc[0]) for group in members.values()),
        units=tuple(_unit(group, config) for group in members.values()),
        accumulates=accumulates,
        priority=np.array([group["priority"].max() for group in members.values()], dtype=float),
        per_person=np.array([_per_person(group, config) for group in members.values()], dtype=float),
        of_caseload=np.array([meaning.counts(group, meaning.ARRIVING).any() for group in members.values()], dtype=bool),
        of_item=of_item,
        covers=items["covers"].to_numpy(float),
        pack=items["pack"].to_numpy(float),
        lasts=keeps.to_numpy(bool) | accumulates[of_item],
    )


def _unit(group: pd.DataFrame, config: Config) -> str:
    """The need unit: the item's own where one unit is one, else the one of the need."""
    plain = group.loc[group["covers"] == 1, "unit"]
    if len(group) == 1 and len(plain) == 1:
        return str(plain.iloc[0])
    need = config.needs.get(group["need"].iloc[0])
    return need.unit if need else str(plain.iloc[0]) if len(plain) else "need unit"


def _per_person(group: pd.DataFrame, config: Config) -> float:
    """Need units per person and day. Items that share one need add up, but to no more than the planning figure of the need."""
    figures = (group["per_person_per_day"] * group["covers"]).dropna()
    figures = figures[figures > 0]
    need = config.needs.get(group["need"].iloc[0])
    if figures.empty:
        return need.per_person_per_day if need else float("nan")
    if len(figures) == 1:
        return float(figures.iloc[0])
    return float(max(figures.max(), min(figures.sum(), need.per_person_per_day)) if need else figures.max())
