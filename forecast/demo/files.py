"""The files of the demo country: tables, districts, rasters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from forecast.demo import geography
from forecast.demo.geography import COARSE, FINE, NORTH, WEST, Country
from forecast.demo.timeline import Timeline
from forecast.demo.truth import AS_OF
from forecast.demo.weather import Weather
from forecast.geo import write_geotiff
from forecast.schema import Floats

NODATA = -99999.0


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each table under its name: CSV, or a workbook with one sheet of the same name."""
    for name, table in tables.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".xlsx":
            table.to_excel(path, sheet_name=path.stem, index=False)
        else:
            table.to_csv(path, index=False, date_format="%Y-%m-%d", lineterminator="\n")


def write_map(folder: Path, country: Country, timeline: Timeline, sky: Weather, people: Floats) -> None:
    """Write the districts as boundary files name them, the people per cell, and a file a week of rain and of flood."""
    folder.mkdir(parents=True, exist_ok=True)
    zones = country.zones.reset_index().rename(columns={"zone": "adm2_pcode", "zone_name": "adm2_name", "province": "adm1_name"})
    zones["adm1_pcode"] = zones["adm2_pcode"].str[:4]
    published = zones[["adm2_pcode", "adm2_name", "adm1_pcode", "adm1_name", "geometry"]]
    published.to_file(folder / "zones.gpkg", layer="adm2", driver="GPKG")
    surface = geography.people_grid(country, people[:, timeline.index_of(AS_OF)])
    corner = {"west": WEST, "north": NORTH, "nodata": NODATA}
    write_geotiff(folder / "population.tif", surface, cell_degrees=FINE, description="people per cell, 2026", **corner)
    for name, field, unit in (("rainfall", sky.rain, "mm per week"), ("flood", sky.flood, "share under water")):
        for week, values in zip(timeline.weeks[timeline.past], field[timeline.past], strict=True):
            date = week.strftime("%Y-%m-%d")
            path = folder / name / f"{name}_{date}.tif"
            write_geotiff(path, values, cell_degrees=COARSE, description=f"{name} {date}, {unit}", **corner)
