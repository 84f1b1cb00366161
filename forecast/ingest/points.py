"""Zones that are points, from a table with latitude and longitude: health posts, water points, schools.

Contract. A table as in forecast/ingest/table.py, with all its settings; columns `zone, lat, lon` (degrees, EPSG:4326), each zone
once; optional `zone_name, parent, population, receives_on, store_m3, cold_m3`. Swapped latitudes and longitudes, places off the
globe or at 0,0 are refused.
"""

from __future__ import annotations

import geopandas as gpd

from forecast import as_of, geo
from forecast.convert import called_ours, typed_cells, without_repeats
from forecast.errors import Problems
from forecast.ingest import table
from forecast.ingest._places import check_places
from forecast.schema import RECORD, ZONES, Column, Reading, Table

POINTS = Table(
    "points",
    (
        RECORD,
        *ZONES.columns,
        Column("lat", "number", required=True, unit="degrees"),
        Column("lon", "number", required=True, unit="degrees"),
    ),
    key=("zone",),
)


class Settings(table.Settings):
    """The settings of `use: points`: those of `use: table`."""


def read(settings: Settings, reading: Reading, name: str) -> gpd.GeoDataFrame:
    """Zones by code: ZONES and `geometry` (points, EPSG:4326).

    Raises InputError with all that is wrong with the table.
    """
    text = table.read(settings, reading, name)
    text = called_ours(text, "population_people", "population")
    problems = Problems()
    text = as_of.known_rows(text, POINTS, reading)
    period, week_starts = reading.period, reading.week_starts
    sites = typed_cells(text, POINTS, problems, name=name, set_aside=False, period=period, week_starts=week_starts)
    sites = without_repeats(as_of.latest_versions(sites, POINTS, reading), POINTS, problems, set_aside=False)
    check_places(sites, problems, "zone")
    problems.raise_if_refused()
    places = gpd.points_from_xy(sites["lon"], sites["lat"], crs="EPSG:4326")
    zones = geo.check_zones(gpd.GeoDataFrame(sites[ZONES.names], geometry=places), settings.path or name, problems)
    reading.ledger.problems.noted.extend(problems.noted)
    ZONES.check(zones)
    return zones
