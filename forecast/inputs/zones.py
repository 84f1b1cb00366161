"""ZONES: where the zones are and how many people live there."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from forecast import convert
from forecast.errors import few
from forecast.inputs import checks
from forecast.inputs.sources import Sources
from forecast.schema import POPULATION, ZONES

CRS = "EPSG:4326"


def read_zones(sources: Sources) -> gpd.GeoDataFrame:
    """Zones by code, sorted: `zone_name, parent, population_people` and geometry (EPSG:4326); an unknown population is empty."""
    found = sources.read("inputs", "zones") if sources.is_given("zones") else None
    if not isinstance(found, gpd.GeoDataFrame):
        if found is not None:
            use = sources.job.config.inputs["zones"].use
            action = "Write use: vector (shapes) or use: points (lat, lon)"
            sources.refuse("zones", "inputs.zones.use", use, "gives no places", action)
        return gpd.GeoDataFrame(ZONES.empty().set_index("zone"), geometry=[], crs=CRS)
    zones = found.reset_index() if found.index.name == "zone" else found
    zones = zones.assign(zone_name=zones["zone_name"].where(zones["zone_name"] != "", zones["zone"]))
    zones = ZONES.check(zones)[[*ZONES.names, "geometry"]].sort_values("zone").set_index("zone")
    if why := sources.job.config.inputs["zones"].settings.get("assumed"):
        sources.ledger.assume("zones", checks.counted(len(zones), "zone"), "codes and places", "", str(why))
    if sources.is_given("population"):
        zones = _with_population(zones, sources)
    unknown = zones.index[zones["population_people"].isna()]
    if len(unknown) and "population" not in sources.failed:
        which = "any zone" if len(unknown) == len(zones) else f"{len(unknown)} of {len(zones)} zones: {few(unknown)}"
        sources.ledger.remarks.append(f"No population is known for {which}.")
    return zones


def _with_population(zones: gpd.GeoDataFrame, sources: Sources) -> gpd.GeoDataFrame:
    """The population input takes the place of what the zones file says."""
    people = _people(sources.at(zones), zones.index)
    if people is None:
        return zones
    if zones["population_people"].notna().any():
        sources.ledger.remarks.append("Population is from inputs.population; the column of the zones file is not used.")
    return zones.assign(population_people=people.reindex(zones.index).astype(float))


def _people(sources: Sources, codes: pd.Index) -> pd.Series | None:
    """People by zone, from a table (groups added up) or from a raster."""
    found = sources.read("inputs", "population")
    if isinstance(found, pd.DataFrame) and "record" in found.columns:
        return _from_table(found, sources, codes)
    if isinstance(found, pd.DataFrame | pd.Series):
        return _from_raster(found)
    if found is not None:
        use = sources.job.config.inputs["population"].use
        sources.refuse("population", "inputs.population.use", use, "gives no people by zone", "Write use: table or use: raster")
    return None


def _from_raster(found: Any) -> pd.Series:
    return found if isinstance(found, pd.Series) else found.iloc[:, 0]


def _from_table(text: pd.DataFrame, sources: Sources, codes: pd.Index) -> pd.Series:
    sources.list_assumed(text, POPULATION)
    table = sources.typed(text, POPULATION)
    checks.refuse_unknown(table, checks.Known(zone=codes), sources.problems)
    for column, other in (("low", "people"), ("people", "high")):
        for row in table.index[table[column] > table[other]]:
            problem = f"is more than {other} ({float(table[other][row]):g})"
            sources.problems.refuse(convert.problem_at(table, row, column, problem, "Mend the row"))
    return table.groupby("zone")["people"].sum()
