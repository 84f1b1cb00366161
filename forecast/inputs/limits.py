"""Limits that tables may give and need not: said where none does; and days of the week that never agree."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from forecast import convert
from forecast.schema import Ledger, Routes
from forecast.wordlists import WEEK, weekdays_or_all

OF_ZONES = {
    "receives_on": "days on which a zone receives",
    "store_m3": "room in the stores of zones",
    "cold_m3": "room in their fridges",
}
OF_DEPOTS = {
    "calendar": "days on which a depot works",
    "loads_kg_per_day": "what a depot loads in a day",
    "dry_m3": "room in depots",
    "cold_m3": "cold room in depots",
}
OF_LANES = {"convoy_days": "days of convoys", "max_vehicle_kg": "the largest vehicle on a road"}


def say_none(zones: gpd.GeoDataFrame, routes: Routes, ledger: Ledger) -> None:
    """One remark on all limits that no row gives."""
    lanes = pd.concat([routes.lanes, routes.between])
    given = (("zones", zones, OF_ZONES), ("depots", routes.depots, OF_DEPOTS), ("routes", lanes, OF_LANES))
    none = [
        f"{words} ({name}: {column})"
        for name, table, columns in given
        for column, words in columns.items()
        if not ((table[column] != "") & table[column].notna()).any()
    ]
    if none:
        ledger.remarks.append(f"No such limit, since no row gives one: {', '.join(none)}.")


def doubt_days(zones: gpd.GeoDataFrame, routes: Routes, ledger: Ledger) -> None:
    """Note lanes, complete with lead days, that are never used: no day of the week suits depot, convoy and zone."""
    works = routes.depots.set_index("depot")["calendar"]
    for lanes, receives in ((routes.lanes, zones["receives_on"]), (routes.between, works)):
        for row in lanes.index[~_agree(lanes, works, receives)]:
            ends = f"{lanes['from'][row]} to load and {lanes['to'][row]} to receive {lanes['lead_days'][row]:g} days later"
            problem = f"leaves no day of the week for {ends}"
            action = "The lane is shut always; change the days (calendar, convoy_days, receives_on) or lead_days"
            ledger.problems.note(convert.problem_at(lanes, row, "convoy_days", problem, action))


def _agree(lanes: pd.DataFrame, works: pd.Series, receives: pd.Series) -> np.ndarray:
    """(lane) whether it has any such day."""
    on = [
        any(day in leaves and day in goes and (day + int(lead)) % len(WEEK) in there for day in range(len(WEEK)))
        for leaves, goes, there, lead in zip(
            _days(works.reindex(lanes["from"])),
            _days(lanes["convoy_days"]),
            _days(receives.reindex(lanes["to"])),
            np.ceil(lanes["lead_days"]),
            strict=True,
        )
    ]
    return np.array(on, dtype=bool)


def _days(cells: pd.Series) -> list[tuple[int, ...]]:
    return [weekdays_or_all(cell) for cell in cells.fillna("")]
