"""What only shows when the tables lie side by side: depots without stock, goods without weight, places that cannot be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd

from forecast.convert import problem_at
from forecast.errors import Problem, few
from forecast.geo import great_circle_km
from forecast.inputs import checks
from forecast.inputs.contradictions import refuse_contradictions
from forecast.inputs.sources import Sources
from forecast.schema import Routes, Stock

TONNES = re.compile(r"(?i)(?<![a-z])(t|tons?|tonnes?|toneladas?)(?![a-z])(?!.* x )")  # in the name of a column, not scaled
FAR_KM = 1000.0  # of a depot from the nearest zone


def check_together(sources: Sources, zones: gpd.GeoDataFrame, items: pd.DataFrame, stock: Stock, routes: Routes) -> None:
    """Refuse what does not fit together; a check is left out where one of its tables could not be read."""
    problems, failed = sources.problems, sources.failed
    refuse_contradictions(stock, routes, problems)
    for what, codes in (("zone", zones.index), ("item", items.index), ("depot", routes.depots["depot"])):
        _say_alike(what, codes.astype("str"), sources)
    if not failed & {"zones", "depots"}:
        checks.refuse_swapped(routes.depots, zones, problems)
        _doubt_places(routes.depots, zones, sources)
        _refuse_without_way(zones, routes, sources)
    if not failed & {"depots", "stock"}:
        action = "Write quantity 0 if it is empty"
        checks.refuse_without_row(routes.depots, "depot", stock.depot_stock["depot"], "stock", action, problems)
    if sources.is_given("fleet") and not failed & {"depots", "fleet"}:
        action = "Write count 0 if it has no vehicles"
        checks.refuse_without_row(routes.depots, "depot", routes.fleet["depot"], "fleet", action, problems)
    if sources.is_given("fleet") and not failed & {"items", "stock", "arrivals", "fleet"}:
        _refuse_weightless(items, stock, "rides in vehicles of limited payload", sources)
        _refuse_too_small(routes.fleet, items, sources)
        _say_no_volume(items, routes, sources)
    elif routes.depots["loads_kg_per_day"].notna().any() and not failed & {"items", "stock", "arrivals"}:
        _refuse_weightless(items, stock, "is loaded where the weight is limited (depots: loads_kg_per_day)", sources)
    if not failed & {"items", "stock", "arrivals", "zones"}:
        _refuse_bulkless(items, stock, zones, routes.depots, sources)


def _say_alike(what: str, codes: Iterable[str], sources: Sources) -> None:
    """Codes of one kind that differ only in what nobody sees, or in leading zeros, may be one that was written in two ways."""
    shapes: dict[str, set[str]] = {}
    for code in codes:
        shapes.setdefault("".join(re.sub(r"(?<![0-9])0+(?=[0-9])", "", code).split()).casefold(), set()).add(code)
    for alike in sorted(ascii(sorted(codes))[1:-1] for codes in shapes.values() if len(codes) > 1):
        sources.ledger.remarks.append(f"Two {what}s, or one written in two ways? {alike}. Each is taken as its own.")


def _doubt_places(depots: pd.DataFrame, zones: gpd.GeoDataFrame, sources: Sources) -> None:
    """Refuse depots at 0,0; note those far from every zone."""
    places = zones.geometry.representative_point()
    lat, lon = depots["lat"].to_numpy(float), depots["lon"].to_numpy(float)
    for row in depots.index[(lat == 0) & (lon == 0)]:
        problem = "lies at 0,0, where empty cells end up"
        sources.problems.refuse(problem_at(depots, row, "depot", problem, "Give its place"))
    km = great_circle_km(lat[:, None], lon[:, None], places.y.to_numpy(), places.x.to_numpy())
    nearest = np.fmin.reduce(km, axis=1, initial=np.inf)
    for row, away in zip(depots.index, nearest, strict=True):
        if FAR_KM < away < np.inf and not sources.problems.refused:
            problem = f"lies {away:,.0f} km from the nearest zone"
            sources.problems.note(problem_at(depots, row, "depot", problem, "Used as it is; check its place"))


def _refuse_without_way(zones: gpd.GeoDataFrame, routes: Routes, sources: Sources) -> None:
    """Where no routes are given, lanes are derived from distance: then every zone must have a place."""
    nowhere = zones.index[zones.geometry.isna()]
    if len(nowhere) and len(routes.depots) and not sources.is_given("routes"):
        which = "no zone has a place" if len(nowhere) == len(zones) else f"{len(nowhere)} of {len(zones)} zones have no place"
        problem = f"{which} ({few(nowhere)}), so no lanes can be derived from distance"
        action = "Give inputs.routes with a lane to each, or their places (lat and lon: use: points)"
        sources.refuse("zones", "inputs.zones", "", problem, action)


def _refuse_weightless(items: pd.DataFrame, stock: Stock, why: str, sources: Sources) -> None:
    """Vehicles carry kilograms, depots load kilograms: what is in stock or coming must have a weight."""
    to_send = pd.concat([frame.loc[frame["quantity"] > 0, "item"] for frame in (stock.depot_stock, stock.arrivals)])
    for code in items.index[items.index.isin(to_send) & items["kg_per_unit"].isna()]:
        problem = f"has stock and {why}, but no kg_per_unit"
        action = "Give its weight (inputs.items, or the block under items)"
        sources.problems.refuse(Problem("items", problem, action, column="kg_per_unit", value=str(code)))


def _refuse_bulkless(items: pd.DataFrame, stock: Stock, zones: pd.DataFrame, depots: pd.DataFrame, sources: Sources) -> None:
    """Stores hold cubic metres: what is in stock or coming and put in a store that has a limit must have a volume."""
    to_store = pd.concat([frame.loc[frame["quantity"] > 0, "item"] for frame in (stock.depot_stock, stock.arrivals)])
    for carriage, of_zones, of_depots in (("dry", "store_m3", "dry_m3"), ("cold", "cold_m3", "cold_m3")):
        limited = [
            f"{name}: {column}"
            for name, table, column in (("zones", zones, of_zones), ("depots", depots, of_depots))
            if table[column].notna().any()
        ]
        without = items.index.isin(to_store) & items["m3_per_unit"].isna() & (items["carriage"] == carriage)
        for code in items.index[without] if limited else ():
            problem = f"has stock and is put in a store of limited room ({' and '.join(limited)}), but no m3_per_unit"
            action = "Give its volume (inputs.items, or the block under items)"
            sources.problems.refuse(Problem("items", problem, action, column="m3_per_unit", value=str(code)))


def _refuse_too_small(fleet: pd.DataFrame, items: pd.DataFrame, sources: Sources) -> None:
    """A vehicle that cannot carry a single pack of anything is a payload in tonnes, or a weight in grams: refused; one that
    cannot carry a pack of some items is noted.
    """
    packs = (items["pack"] * items["kg_per_unit"]).dropna().sort_index()
    if packs.empty or _refuse_tonnes(fleet, sources):
        return
    lightest = f"{packs.idxmin()} weighs {packs.min():,g} kg a pack"
    for row in fleet.index[fleet["payload_kg"] < packs.max()]:
        payload = fleet["payload_kg"][row]
        if payload < packs.min():
            problem = f"is too little for a single pack of any item: {lightest}"
            action = "Write payload_kg and kg_per_unit in kilograms"
            sources.problems.refuse(problem_at(fleet, row, "payload_kg", problem, action))
            continue
        if fleet["carries"][row]:  # it may be meant for others
            continue
        heavy = [f"{item} ({kg:,g} kg)" for item, kg in packs[packs > payload].items()]
        problem, action = f"is less than one pack of {few(heavy)}", "Used as it is; are payload_kg and kg_per_unit in kilograms?"
        sources.problems.note(problem_at(fleet, row, "payload_kg", problem, action))


def _refuse_tonnes(fleet: pd.DataFrame, sources: Sources) -> bool:
    """Refuse payloads whose column in the file is called tonnes, and is not multiplied."""
    header = str(sources.texts["fleet"].attrs.get("origins", {}).get("payload_kg", "")) if "fleet" in sources.texts else ""
    if not TONNES.search(header):
        return False
    action = f"Write payload_kg: {{column: {json.dumps(header, ensure_ascii=False)}, times: 1000}} under its columns"
    for row in fleet.index:
        sources.problems.refuse(problem_at(fleet, row, "payload_kg", "is in tonnes, as its column is called", action))
    return True


def _say_no_volume(items: pd.DataFrame, routes: Routes, sources: Sources) -> None:
    without = items.index[items["m3_per_unit"].isna()]
    if routes.fleet["payload_m3"].notna().any() and len(without):
        sources.ledger.remarks.append(f"No m3_per_unit of {few(without)}: their volume does not fill a vehicle.")
