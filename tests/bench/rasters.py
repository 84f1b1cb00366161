"""Zones over rasters: ours beside exactextract per raster, rasterstats, and merely reading the files, in one run.

    python -m tests.bench.rasters [ZONES] [RASTERS]

1,000 zones, 1,000 rasters of 400 x 400 cells, dry in six of ten, a corner of every fourth without value. Merely reading and ours
take turns, and the median of each counts. exactextract and rasterstats are timed on fewer rasters, since each takes as long as
the one before: seconds are of all of them.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from exactextract import exact_extract

from forecast import geo
from forecast.ingest import raster
from forecast.kept import Kept
from forecast.schema import Ledger, Reading

SIDE = 400
FEW = 10  # rasters that the rivals are timed on
TURNS = 5
STATISTICS: tuple[geo.OverZone, ...] = ("mean", "sum", "max")


def places(count: int) -> gpd.GeoDataFrame:
    """Zones side by side without gaps: the cells of a Voronoi diagram over ten by ten degrees."""
    rng = np.random.default_rng(0)
    whole = shapely.box(0, 0, 10, 10)
    points = shapely.multipoints(rng.uniform(0, 10, (count, 2)))
    shapes = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=whole)), whole)
    codes = [f"Z{n:05}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"zone": codes, "zone_name": "", "parent": "", "population_people": 1.0}, geometry=shapes, crs=4326)


def write_days(folder: Path, count: int) -> list[Path]:
    """As many days of rain."""
    rng = np.random.default_rng(1)
    days = pd.date_range("2020-01-01", periods=count).strftime("%Y-%m-%d")
    for n, day in enumerate(days):
        rain = np.where(rng.random((SIDE, SIDE)) < 0.6, 0.0, rng.gamma(1, 5, (SIDE, SIDE)).round(1))
        if n % 4 == 3:
            rain[: SIDE // 4, : SIDE // 4] = np.nan
        geo.write_geotiff(folder / f"rain_{day}.tif", rain, west=0, north=10, cell_degrees=10 / SIDE, nodata=-9999)
    return sorted(folder.glob("rain_*.tif"))


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def merely_read(files: list[Path]) -> None:
    for path in files:
        with rasterio.open(path) as file:
            file.read(1)


def apart(found: pd.DataFrame, shapes: gpd.GeoDataFrame, files: list[Path]) -> float:
    """The largest relative difference from exactextract: (zone, file) means found, and each statistic, of some of the files."""
    zonal, meaning, differences = geo.Zonal(shapes.set_index("zone").geometry), geo.Meaning((0, 500)), []
    for n in np.linspace(0, len(files) - 1, FEW).astype(int):
        theirs = exact_extract(str(files[n]), shapes, list(STATISTICS), output="pandas").set_index(shapes["zone"])
        with geo.open_geotiff(files[n], root=files[n].parent) as stack:
            ours = {name: zonal.read(geo.Raster(stack, meaning), name)[0] for name in STATISTICS}
        pairs = [(found.iloc[:, n], theirs["mean"]), *((ours[name], theirs[name]) for name in STATISTICS)]
        for one, other in pairs:
            one, other = np.asarray(one), np.asarray(other)
            seen = ~np.isnan(one)  # the others are seen by less than half
            assert seen.mean() > 0.9
            differences.append((np.abs(one - other)[seen] / np.maximum(np.abs(other[seen]), 1e-12)).max())
    return float(max(differences))


def main(zones: int = 1000, rasters: int = 1000) -> None:
    """Print seconds and ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shapes, files = places(zones), write_days(folder, rasters)
        settings = raster.Settings(
            path="rain_*.tif", date="rain_(?P<date>.+).tif", step="D", unit="mm", valid=(0, 500), over_time="sum", nodata=-9999
        )
        issue = pd.Timestamp("2020-01-01") + pd.Timedelta(days=rasters)
        fresh = Reading(folder, issue, issue, "D", shapes, Ledger(), {})
        merely_read(files)  # so that all find the files in memory
        nights = [replace(fresh, kept=Kept(folder / f"kept-{turn}")) for turn in range(TURNS)]
        turns = [
            (timed(lambda: merely_read(files)), timed(lambda night=night: raster.read(settings, night, "rain")))
            for night in nights
        ]
        reads, ours = (statistics.median(seconds) for seconds in zip(*turns, strict=True))
        reading = nights[-1]
        again = timed(lambda: raster.read(settings, reading, "rain"))
        found = raster.read(settings, reading, "rain")["rain"].to_pandas()
        one = timed(lambda: [exact_extract(str(path), shapes, ["mean"], output="pandas") for path in files[:FEW]]) / FEW
        with geo.open_geotiff(files[0], root=folder) as stack:
            weights = timed(lambda: geo.zonal_weights(stack.grid, shapes.geometry))
        print(f"{zones:,} zones, {rasters:,} rasters of {SIDE} x {SIDE} cells")
        rows = [("merely reading the files", reads), ("ours, first night", ours), ("ours, next night, nothing new", again)]
        rows += [("exactextract, each raster", one * rasters)]
        try:
            from rasterstats import zonal_stats

            rows.append(("rasterstats, each raster", timed(lambda: zonal_stats(shapes, str(files[0]), stats=["mean"])) * rasters))
        except ImportError:
            print("skipped: rasterstats is not installed (the extra bench)")
        for what, seconds in rows:
            print(f"{what:<32}{seconds:>10.2f} s{seconds / ours:>9.2f} x ours{seconds / reads:>9.2f} x reading")
        print(f"weights once: {weights:.3f} s, {weights / one:.2f} exactextract calls")
        print(f"largest difference from exactextract, {FEW} rasters, {', '.join(STATISTICS)}: {apart(found, shapes, files):.1e}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
