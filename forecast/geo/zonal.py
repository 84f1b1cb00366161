"""What rasters say about zones: coverage fractions once per grid, then one sparse product per raster.

mean = sum(fraction x value) / sum(fraction)    over the cells of the zone that hold a value
sum  = sum(fraction x value)
coverage = sum(fraction) / area of the zone in cells, so a zone half outside the raster is half seen
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from scipy import sparse

from forecast.errors import InputError, Problem
from forecast.geo.raster import Grid, Raster
from forecast.geo.zones import in_crs
from forecast.schema import Floats

EMPTY_BELOW = 0.50  # of a zone seen: no value
FLAG_BELOW = 0.95  # of a zone seen: a value, and a remark
STRIP_CELLS = 4_000_000  # read at once
KEPT_CELLS = 20_000_000  # of a grid whose weights are kept for the next raster
MAX_OVER_ZONES = 1_000_000_000  # cells over the zones


def zonal_weights(grid: Grid, zones: gpd.GeoSeries) -> sparse.csr_array:
    """(zone, cell) share of each cell, counted row by row from the north-west, that a zone's polygon covers.

    `zones` are polygons in the CRS of the grid.
    """
    west, south, east, north = grid.bounds
    crs = zones.crs.to_wkt()
    # exactextract wants values where only the places of cells matter: one zero, repeated without taking memory.
    cells = np.broadcast_to(np.uint8(0), (grid.rows, grid.columns))
    source = NumPyRasterSource(cells, xmin=west, ymin=south, xmax=east, ymax=north, srs_wkt=crs)
    frame = gpd.GeoDataFrame(geometry=zones.to_numpy(), crs=zones.crs)
    found = exact_extract(source, frame, ["cell_id", "coverage"], output="pandas")
    ends = np.cumsum([0, *(len(ids) for ids in found["cell_id"])])
    columns = np.concatenate([np.empty(0, int), *found["cell_id"]]).astype(np.int32)
    fractions = np.concatenate([np.empty(0), *found["coverage"]])
    return sparse.csr_array((fractions, columns, ends), shape=(len(zones), grid.cells))


def zone_sums(weights: sparse.csr_array, values: Floats) -> tuple[Floats, Floats]:
    """(zone, cell), (row, column) -> (zone) sum of fraction x value and sum of fractions, over cells with a value."""
    flat = values.ravel()
    known = ~np.isnan(flat)
    return weights @ np.where(known, flat, 0.0), weights @ known.astype(float)


@dataclass
class Zonal:
    """Reads rasters for the same zones again and again; `zones`: polygons in EPSG:4326."""

    zones: gpd.GeoSeries
    _placed: dict[str, gpd.GeoSeries] = field(default_factory=dict)
    _kept: dict[Grid, sparse.csr_array] = field(default_factory=dict)

    def read(self, raster: Raster, over_zone: Literal["mean", "sum"]) -> tuple[Floats, Floats]:
        """A raster -> (zone) values and (zone) coverage 0..1; NaN where less than half of the zone is seen.

        Cells are read in strips, so that memory does not grow with the raster. Raises InputError as `Raster.read` does, and for
        more cells over the zones than can be read in reasonable time.
        """
        grid = raster.grid
        zones = self._in_crs_of(grid)
        rows, columns = grid.over(*zones.total_bounds)
        cells = (rows.stop - rows.start) * (columns.stop - columns.start)
        if cells > MAX_OVER_ZONES:
            what = f"has {cells:,} cells over the zones, more than {MAX_OVER_ZONES:,}"
            raise InputError([Problem(raster.name, what, "Make its cells larger (gdalwarp)")])
        total, seen = np.zeros(len(zones)), np.zeros(len(zones))
        for strip in _strips(rows, columns):
            weights = self._weights(grid.part(strip, columns), zones, keep=cells <= KEPT_CELLS)
            strip_total, strip_seen = zone_sums(weights, raster.read(strip, columns))
            total, seen = total + strip_total, seen + strip_seen
        coverage = np.clip(seen * grid.cell_width * grid.cell_height / shapely.area(zones.to_numpy()), 0, 1)
        with np.errstate(invalid="ignore"):
            values = total / seen if over_zone == "mean" else total
        return np.where(coverage < EMPTY_BELOW, np.nan, values), coverage

    def _in_crs_of(self, grid: Grid) -> gpd.GeoSeries:
        if grid.crs not in self._placed:
            self._placed[grid.crs] = in_crs(self.zones, grid.crs)
        return self._placed[grid.crs]

    def _weights(self, grid: Grid, zones: gpd.GeoSeries, keep: bool) -> sparse.csr_array:
        if grid in self._kept:
            return self._kept[grid]
        weights = zonal_weights(grid, zones)
        if keep:
            self._kept[grid] = weights
        return weights


def _strips(rows: slice, columns: slice) -> Iterator[slice]:
    width = columns.stop - columns.start
    if width:
        high = max(STRIP_CELLS // width, 1)
        for start in range(rows.start, rows.stop, high):
            yield slice(start, min(start + high, rows.stop))
