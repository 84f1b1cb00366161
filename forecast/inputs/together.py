"""What only shows when the tables lie side by side: depots without stock, goods without weight, places that are swapped."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from forecast.errors import Problem, few
from forecast.inputs import checks
from forecast.inputs.sources import Sources
from forecast.schema import Routes, Stock


def check_together(sources: Sources, zones: gpd.GeoDataFrame, items: pd.DataFrame, stock: Stock, routes: Routes) -> None:
    """Refuse what does not fit together; a check is left out where one of its tables could not be read."""
    problems, failed = sources.problems, sources.failed
    if not failed & {"zones", "depots"}:
        checks.refuse_swapped(routes.depots, zones, problems)
    if not failed & {"depots", "stock"}:
        action = "Write quantity 0 if it is empty"
        checks.refuse_without_row(routes.depots, "depot", stock.depot_stock["depot"], "stock", action, problems)
    if sources.is_given("fleet") and not failed & {"depots", "fleet"}:
        action = "Write count 0 if it has no vehicles"
        checks.refuse_without_row(routes.depots, "depot", routes.fleet["depot"], "fleet", action, problems)
    if sources.is_given("fleet") and not failed & {"items", "stock", "arrivals", "fleet"}:
        _refuse_weightless(items, stock, sources)
        _say_no_volume(items, routes, sources)


def _refuse_weightless(items: pd.DataFrame, stock: Stock, sources: Sources) -> None:
    """Vehicles carry kilograms: what is in stock or coming must have a weight."""
    to_send = pd.concat([frame.loc[frame["quantity"] > 0, "item"] for frame in (stock.depot_stock, stock.arrivals)])
    for code in items.index[items.index.isin(to_send) & items["kg_per_unit"].isna()]:
        problem = "has stock and rides in vehicles of limited payload, but no kg_per_unit"
        action = "Give its weight (inputs.items, or the block under items)"
        sources.problems.refuse(Problem("items", problem, action, column="kg_per_unit", value=str(code)))


def _say_no_volume(items: pd.DataFrame, routes: Routes, sources: Sources) -> None:
    without = items.index[items["m3_per_unit"].isna()]
    if routes.fleet["payload_m3"].notna().any() and len(without):
        sources.ledger.remarks.append(f"No m3_per_unit of {few(without)}: their volume does not fill a vehicle.")
