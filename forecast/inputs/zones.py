"""ZONES: the zones of all blocks as one set, where they are and how many people live there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from forecast import as_of, convert, geo
from forecast.config import Plugin
from forecast.errors import Problems, counted, few
from forecast.inputs import checks
from forecast.inputs.sources import Sources
from forecast.schema import POPULATION, RECORD, ZONES

CRS = "EPSG:4326"
ZONE_ROWS = replace(ZONES, columns=(RECORD, *ZONES.columns))  # of a table: from a line, and known from some day on
MOST_SHARED = 0.1  # of the smaller of two areas
PCODE = re.compile(r"[A-Z]{2,3}[0-9]+")


def read_zones(sources: Sources) -> gpd.GeoDataFrame:
    """Zones by code, sorted: ZONES and geometry (EPSG:4326), empty where no place is known.

    The zones of all blocks are one set; `population_people` as they say, empty where they do not.
    """
    blocks = sources.read_blocks("zones") if sources.is_given("zones") else []
    read = [(block, zones) for block, found in blocks if (zones := _zones_of(block, found, sources)) is not None]
    _refuse_repeats(read, sources)
    if not read or "zones" in sources.failed:
        return gpd.GeoDataFrame(ZONES.empty().set_index("zone"), geometry=[], crs=CRS)
    together = pd.concat([zones for _, zones in read], ignore_index=True)
    zones = gpd.GeoDataFrame(together, geometry="geometry", crs=CRS)
    zones = zones.assign(zone_name=zones["zone_name"].where(zones["zone_name"] != "", zones["zone"]))
    zones = ZONES.check(zones).sort_values("zone").set_index("zone")
    _remark_on_places(zones, sources)
    _remark_on_parents(zones, sources)
    return zones


# ------------------------------------------------------------------ one set out of several blocks


def _zones_of(block: Plugin, found: Any, sources: Sources) -> gpd.GeoDataFrame | None:
    """The zones of one block: shapes, points, or a table of zones without a place."""
    if isinstance(found, pd.DataFrame) and "record" in found.columns:
        found = _without_place(found, sources)
    if not isinstance(found, gpd.GeoDataFrame):
        action = "Write use: vector (shapes), use: points (lat, lon) or use: table (no places)"
        sources.refuse("zones", "inputs.zones.use", block.use, "gives no zones", action)
        return None
    zones = found.reset_index() if found.index.name == "zone" else found
    if why := block.settings.get("assumed"):
        sources.ledger.assume("zones", counted(len(zones), "zone"), "codes and places", "", str(why))
    return zones[[*ZONES.names, "geometry"]]


def _without_place(text: pd.DataFrame, sources: Sources) -> gpd.GeoDataFrame:
    """Zones from a table that says no places; that it could is said."""
    if text.empty:
        sources.refuse("zones", "inputs.zones", "", "has no rows", "Give a table with one row per zone")
    if {"lat", "lon"} <= set(text.columns):
        sources.ledger.remarks.append("The table of zones has lat and lon, which use: table does not look at; use: points does.")
    text = convert.called_ours(text, "population_people", "population")
    refused = len(sources.problems.refused)
    known = as_of.known_rows(text, ZONE_ROWS, sources.reading)
    if "zones" in sources.texts:  # not one block of several
        sources.known["zones"] = known
    df = sources.typed(known, ZONE_ROWS)
    if len(sources.problems.refused) > refused:
        sources.failed.add("zones")
    return gpd.GeoDataFrame(df[ZONES.names], geometry=[None] * len(df), crs=CRS)


def _refuse_repeats(blocks: list[tuple[Plugin, gpd.GeoDataFrame]], sources: Sources) -> None:
    """Refuse a code that stands in two blocks, and codes that differ by upper and lower case only."""
    where: dict[str, list[str]] = {}
    for n, (block, zones) in enumerate(blocks, start=1):
        for code in zones["zone"].unique():
            where.setdefault(str(code), []).append(f"block {n} ({block.settings.get('path') or block.use})")
    for code, places in sorted(where.items()):
        if len(places) > 1:
            sources.refuse("zones", "inputs.zones", code, f"stands in {' and '.join(places)}", "Leave it out of one of them")
    alike: dict[str, list[str]] = {}
    for code in sorted(where):
        alike.setdefault(code.casefold(), []).append(code)
    for codes in alike.values():
        if len(codes) > 1:
            problem = f"and {few(codes[1:])} differ by upper and lower case only"
            sources.refuse("zones", "inputs.zones", codes[0], problem, "Give each zone one code, written the same everywhere")


def _remark_on_places(zones: gpd.GeoDataFrame, sources: Sources) -> None:
    nowhere = zones.index[zones.geometry.isna()]
    if len(nowhere):
        which = "any zone" if len(nowhere) == len(zones) else f"{len(nowhere)} of {len(zones)} zones: {few(nowhere)}"
        sources.ledger.remarks.append(f"No place is known of {which}.")
    inside = geo.points_inside(zones)
    if inside:
        pairs = few(f"{point} in {polygon}" for point, polygon in inside.items())
        remark = f"{counted(len(inside), 'point zone')} inside the area of another zone ({pairs}): its people may include theirs."
        sources.ledger.remarks.append(remark)
    shared = geo.areas_shared(zones, MOST_SHARED)
    if shared:
        pairs = few(f"{share:.0%} of {smaller} in {other}" for (smaller, other), share in shared.items())
        what = f"{counted(len(shared), 'pair')} of zones lie over each other by more than a tenth of the smaller ({pairs})"
        why = "people there count twice. Give one level of areas, say adm1 or adm2, not both"
        sources.ledger.remarks.append(f"{what}: {why}.")


def _remark_on_parents(zones: gpd.GeoDataFrame, sources: Sources) -> None:
    """The P-code of a zone starts with that of its parent; where it does not, one of the two may be wrong."""
    odd = [
        f"{code} of {parent}"
        for code, parent in zones["parent"].items()
        if PCODE.fullmatch(str(code)) and PCODE.fullmatch(parent) and not str(code).startswith(parent)
    ]
    if odd:
        which = f"{counted(len(odd), 'zone')} whose P-code does not start with that of its parent"
        sources.ledger.remarks.append(f"{which}: {few(odd)}. One of the two may be wrong.")


# ------------------------------------------------------------------ people


def with_population(zones: gpd.GeoDataFrame, sources: Sources) -> gpd.GeoDataFrame:
    """The zones with the population input, where it is given, in the place of what their files say; says who has none."""
    if sources.is_given("population") and len(zones):
        zones = _with_population(zones, sources)
    unknown = zones.index[zones["population_people"].isna()]
    if len(unknown) and "population" not in sources.failed:
        which = "any zone" if len(unknown) == len(zones) else f"{len(unknown)} of {len(zones)} zones: {few(unknown)}"
        sources.ledger.remarks.append(f"No population is known for {which}.")
    return zones


def _with_population(zones: gpd.GeoDataFrame, sources: Sources) -> gpd.GeoDataFrame:
    people = _people(sources.at(zones), zones.index, zones["zone_name"])
    if people is None:
        return zones
    if zones["population_people"].notna().any():
        sources.ledger.remarks.append("Population is from inputs.population; the column of the zones file is not used.")
    return zones.assign(population_people=people.reindex(zones.index).astype(float))


def _people(sources: Sources, codes: pd.Index, names: pd.Series) -> pd.Series | None:
    """People by zone, from a table (groups added up) or from a raster."""
    found = sources.read("inputs", "population")
    if isinstance(found, pd.DataFrame) and "record" in found.columns:
        return _from_table(found, sources, codes, names)
    if isinstance(found, pd.DataFrame | pd.Series):
        return _from_raster(found)
    if found is not None:
        use = sources.job.config.inputs["population"].use
        sources.refuse("population", "inputs.population.use", use, "gives no people by zone", "Write use: table or use: raster")
    return None


def _from_raster(found: Any) -> pd.Series:
    return found if isinstance(found, pd.Series) else found.iloc[:, 0]


def _from_table(text: pd.DataFrame, sources: Sources, codes: pd.Index, names: pd.Series) -> pd.Series:
    text = sources.as_known(text, POPULATION)
    sources.list_assumed(text, POPULATION)
    table = sources.typed(text, POPULATION, settled=lambda rows: _counted_once(rows, sources.problems))
    checks.refuse_unknown(table, checks.Known(zone=codes, names={"zone": names}), sources.problems)
    for column, other in (("low", "people"), ("people", "high")):
        for row in table.index[table[column] > table[other]]:
            problem = f"is more than {other} ({float(table[other][row]):g})"
            sources.problems.refuse(convert.problem_at(table, row, column, problem, "Mend the row"))
    _say_groups(table, sources)
    return table.groupby("zone")["people"].sum()


def _counted_once(rows: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """Typed rows -> each zone's newest count of all its people, or its groups, however old each: nobody is counted twice.

    A row without a group counts all people of its zone: what was counted before it is left out, and it is itself where newer
    groups with the hosts among them stand beside it. Beside other groups it must be their sum, or it is refused, unless the zone
    has a cell that was. A row without a day is never older.
    """
    told = {(problem.file, problem.line) for problem in problems.refused}  # a group that cannot be read is empty here
    unread = set(rows["zone"][[convert.place(str(record)) in told for record in rows["record"]]])
    rows = _without_older(rows, rows["group"] == "", pd.Series(True, index=rows.index), problems)
    rows = _without_older(rows, rows["group"] == "host", rows["group"] == "", problems)
    is_total = rows["group"] == ""
    groups = dict(list(rows[~is_total & (rows["zone"] != "")].groupby("zone")))
    beside = rows.index[is_total & rows["zone"].isin(groups.keys() - unread)]
    left_out = [row for row in beside if _is_sum(rows, row, groups[rows["zone"][row]], problems)]
    return rows.drop(index=left_out).reset_index(drop=True)


def _without_older(rows: pd.DataFrame, newer: pd.Series, older: pd.Series, problems: Problems) -> pd.DataFrame:
    """Rows without those of `older` that are dated before the newest of `newer` in their zone; each is noted."""
    newest = rows["as_of"].where(newer).groupby(rows["zone"]).transform("max")
    superseded = older & (rows["as_of"] < newest)
    for row in rows.index[superseded]:
        problem = f"is before the newest count of {rows['zone'][row]} ({newest[row].date()}), which may hold the same people"
        problems.note(convert.problem_at(rows, row, "as_of", problem, "Not used; if it still holds, give it the newer day"))
    return rows[~superseded]


def _is_sum(rows: pd.DataFrame, row: int, groups: pd.DataFrame, problems: Problems) -> bool:
    """Whether a row without a group is the sum of the groups of its zone, which is noted; refused where it is not."""
    lines = few(f"{name} in {record}" for name, record in zip(groups["group"], groups["record"], strict=True))
    people = groups["people"].sum()
    if np.isclose(rows["people"][row], people):
        problem = f"names no group and is the sum of its groups ({lines})"
        problems.note(convert.problem_at(rows, row, "people", problem, "Left out, or people would count twice"))
        return True
    problem = f"names no group and stands beside {lines}, which are {people:,.10g} together: people would count twice"
    problems.refuse(convert.problem_at(rows, row, "people", problem, "Delete the total or the groups, or name its group"))
    return False


def _say_groups(table: pd.DataFrame, sources: Sources) -> None:
    """The sum over all zones, of whom it is made up, and how uncertain it is said to be."""
    groups = table["group"].mask(table["group"] == "", "no group named").astype(str)
    each = [f"{name} {people:,.0f}" for name, people in table["people"].groupby(groups).sum().items()]
    low, high = (table[bound].fillna(table["people"]).sum() for bound in ("low", "high"))
    between = f" Said to be between {low:,.0f} and {high:,.0f}; the forecast uses the middle figure." if low < high else ""
    made_up = f": {', '.join(each)}" if len(each) > 1 else ""
    sources.ledger.remarks.append(f"Population: {table['people'].sum():,.0f} people{made_up}.{between}")
