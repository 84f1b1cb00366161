"""Places small enough to work out by hand: square zones, rasters of nine cells, and what a source is given to read them."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from forecast import geo
from forecast.schema import Ledger, Reading

NINE = np.arange(1.0, 10.0).reshape(3, 3)  # 1 2 3 / 4 5 6 / 7 8 9 over longitudes and latitudes 0 .. 3


def zones(shapes: Mapping[str, shapely.Geometry], people: float = 100.0) -> gpd.GeoDataFrame:
    """Zones by code, each with as many people."""
    columns = {"zone": list(shapes), "zone_name": "", "parent": "", "population_people": people}
    return gpd.GeoDataFrame(columns, geometry=list(shapes.values()), crs="EPSG:4326")


def reading(root: Path, places: gpd.GeoDataFrame | None, issue_date: str = "2026-03-02", period: str = "W") -> Reading:
    """What a source is given; 2026-03-02 is a Monday."""
    day = pd.Timestamp(issue_date)
    return Reading(root=root, issue_date=day, today=day, period=period, zones=places, ledger=Ledger(), files={})


def write_nine(path: Path, values: np.ndarray = NINE, nodata: float = -9999.0) -> Path:
    """A raster of three by three cells of one degree, south-west corner at 0, 0."""
    geo.write_geotiff(path, np.asarray(values, float), west=0, north=3, cell_degrees=1, nodata=nodata)
    return path


def noted(asked: Reading) -> str:
    """All that was noted, a line each."""
    return "\n".join(f"{problem.file}: {problem}" for problem in asked.ledger.problems.noted)
