"""Places: latitudes and longitudes of a table checked against each other, and the zones that have a place at all."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from forecast import geo
from forecast.convert import problem_at
from forecast.errors import InputError, Problem, Problems, counted, few
from forecast.schema import Reading


def check_places(df: pd.DataFrame, problems: Problems, code: str) -> None:
    """Refuse places (`lat`, `lon` in degrees) that are swapped, off the globe or at 0,0; note those far from the rest.

    `df`: a typed table with `record`; `code`: the column that names a row.
    """
    known: Any = df[df["lat"].notna() & df["lon"].notna()]
    lat, lon = known["lat"].to_numpy(float), known["lon"].to_numpy(float)
    swapped = geo.swapped(lat, lon)
    off = ~swapped & ((np.abs(lat) > 90) | (np.abs(lon) > 180))
    nowhere = (lat == 0) & (lon == 0)
    for row in known.index[swapped]:
        other = f"seems swapped with the lon of {known.at[row, code]} ({known.at[row, 'lon']:g})"
        problems.refuse(problem_at(df, row, "lat", other, "Swap the two"))
    for row in known.index[off]:
        column = "lat" if abs(known.at[row, "lat"]) > 90 else "lon"
        problems.refuse(problem_at(df, row, column, "is off the globe", "Write degrees"))
    for row in known.index[nowhere]:
        problems.refuse(problem_at(df, row, "lat", "lies at 0,0, where empty cells end up", "Give its place, or leave it out"))
    stray = geo.far_from_the_rest(lat, lon)
    for row, km in zip(known.index, stray, strict=True):
        if np.isfinite(km) and not problems.refused:
            what = f"puts {known.at[row, code]} {km:,.0f} km from the middle of all places"
            problems.note(problem_at(df, row, "lat", what, "Used as it is; check its place"))


def zones_with_a_place(reading: Reading, name: str) -> gpd.GeoDataFrame:
    """The zones that a raster or a tower can be laid over; the others stay without a value, and that is said.

    Raises InputError, naming the source, where zones are not given or none of them has a place.
    """
    if reading.zones is None:
        raise InputError([Problem(f"signals.{name}", "needs zones", "Give inputs.zones")])
    has_place = reading.zones.geometry.notna()
    if not has_place.any():
        action = "Give the zones' shapes or points (inputs.zones), or leave it out"
        raise InputError([Problem(name, "needs to know where the zones are, and no zone has a place", action)])
    nowhere = geo.by_zone(reading.zones[~has_place]).index
    if len(nowhere):
        reading.ledger.remarks.append(f"{name} stays empty for {counted(len(nowhere), 'zone')} without a place: {few(nowhere)}.")
    return reading.zones[has_place]


def holders_of(zones: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """Code of each zone that lies in another -> codes of all that hold it: its parents that are zones, the polygon of a point."""
    inside, parents = geo.points_inside(zones), dict(zip(zones.index, zones["parent"], strict=True))
    found: dict[str, list[str]] = {}
    for code in map(str, zones.index):
        holders, above = [], [parents.get(code, ""), inside.get(code, "")]
        while above:
            outer = str(above.pop())
            if outer in parents and outer != code and outer not in holders:
                holders.append(outer)
                above += [parents.get(outer, ""), inside.get(outer, "")]
        if holders:
            found[code] = sorted(holders)
    return found
