"""What rasters say about zones: coverage fractions once per grid, then one sparse product per raster.

mean = sum(fraction x value) / sum(fraction)    over the cells of the zone that hold a value
sum  = sum(fraction x value)
max  = the largest value of a cell that the zone touches
share_above = sum(fraction where value > threshold) / sum(fraction)
people_mean = sum(people x value) / sum(people)    people: of each cell within the zone, from a map of people
coverage = sum(fraction) / area of the zone in cells, so a zone half outside the raster is half seen;
           of people_mean the share of the people of the zone
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import exactextract
import geopandas as gpd
import numpy as np
import shapely
from scipy import sparse

from forecast.errors import InputError, Problem
from forecast.geo.people import People, people_in, people_weights
from forecast.geo.raster import Grid, Raster, strips
from forecast.geo.weights import zonal_weights, zone_largest, zone_sums
from forecast.geo.zones import in_crs
from forecast.kept import Arrays, Kept, key_of
from forecast.schema import Floats

EMPTY_BELOW = 0.50  # of a zone seen: no value
FLAG_BELOW = 0.95  # of a zone seen: a value, and a remark
KEPT_CELLS = 20_000_000  # of a grid whose weights are kept for the next raster
MAX_OVER_ZONES = 1_000_000_000  # cells over the zones
OverZone = Literal["mean", "sum", "max", "share_above", "people_mean"]


@dataclass(frozen=True)
class _Placed:
    """The zones in one CRS: their outlines, the bounds of all together, the area of each, in the unit of that CRS squared."""

    zones: gpd.GeoSeries
    bounds: tuple[float, float, float, float]
    areas: Floats


@dataclass
class Zonal:
    """Reads rasters for the same zones again and again; `zones`: polygons in EPSG:4326; `kept`: where weights are kept.

    `people`: the map that people_mean weighs cells by.
    """

    zones: gpd.GeoSeries
    kept: Kept = field(default_factory=Kept)
    people: People | None = None
    _placed: dict[str, _Placed] = field(default_factory=dict)
    _kept: dict[Grid, sparse.csr_array] = field(default_factory=dict)
    _living: tuple[Floats, Floats] | None = None

    @property
    def key(self) -> str:
        """What the weights are made from, besides the grid: outlines, people, and the library."""
        outlines = shapely.to_wkb(self.zones.to_numpy(), byte_order=1)
        people = self.people.key if self.people else ""
        return key_of("weights 1", exactextract.__version__, people, *self.zones.index, *outlines)

    def read(self, raster: Raster, over_zone: OverZone, above: float = np.nan) -> tuple[Floats, Floats]:
        """A raster -> (zone) values and (zone) coverage 0..1; NaN where less than half of the zone is seen.

        Cells are read in strips, so that memory does not grow with the raster. Raises InputError as `Raster.read` does, and for
        more cells over the zones than can be read in reasonable time.
        """
        grid = raster.grid
        placed = self._in_crs_of(grid)
        zones = placed.zones
        rows, columns = grid.over(*placed.bounds)
        cells = (rows.stop - rows.start) * (columns.stop - columns.start)
        if cells > MAX_OVER_ZONES:
            what = f"has {cells:,} cells over the zones, more than {MAX_OVER_ZONES:,}"
            raise InputError([Problem(raster.name, what, "Make its cells larger (gdalwarp)")])
        keep = cells <= KEPT_CELLS
        total, seen, largest = np.zeros(len(zones)), np.zeros(len(zones)), np.full(len(zones), np.nan)
        for strip in strips(rows, columns):
            weights, values = self._weights(grid.part(strip, columns), zones, keep), raster.read(strip, columns)
            if over_zone == "max":
                largest = np.fmax(largest, zone_largest(weights, values))
            elif over_zone == "share_above":
                values = np.where(np.isnan(values), np.nan, values > above)
            strip_total, strip_seen = zone_sums(weights, values)
            total, seen = total + strip_total, seen + strip_seen
        coverage = self._coverage(seen, grid, placed.areas)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = total / seen
        result = total if over_zone == "sum" else largest if over_zone == "max" else means
        return np.where(coverage < EMPTY_BELOW, np.nan, result), coverage

    def _coverage(self, seen: Floats, grid: Grid, areas: Floats) -> Floats:
        if self.people is None:
            return np.asarray(np.clip(seen * grid.cell_width * grid.cell_height / areas, 0, 1))
        if self._living is None:
            self._living = people_in(self.zones, self.people)
        living, mapped = self._living
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where((living > 0) & (mapped >= EMPTY_BELOW), np.clip(seen / living, 0, 1), 0.0)

    def _in_crs_of(self, grid: Grid) -> _Placed:
        if grid.crs not in self._placed:
            zones = in_crs(self.zones, grid.crs)
            self._placed[grid.crs] = _Placed(zones, tuple(zones.total_bounds), shapely.area(zones.to_numpy()))
        return self._placed[grid.crs]

    def _weights(self, grid: Grid, zones: gpd.GeoSeries, keep: bool) -> sparse.csr_array:
        if grid in self._kept:
            return self._kept[grid]
        key = key_of(self.key, grid)
        name = f"weights-{key[:16]}.npz"
        weights = _whole(self.kept.get(name, key), (len(zones), grid.cells)) if keep else None
        if weights is None:
            weights = zonal_weights(grid, zones) if self.people is None else people_weights(grid, zones, self.people)
            if keep:
                arrays = {"shares": weights.data, "cells": weights.indices, "ends": weights.indptr}
                self.kept.put(name, key, arrays)
        if keep:
            self._kept[grid] = weights
        return weights


def _whole(arrays: Arrays | None, shape: tuple[int, int]) -> sparse.csr_array | None:
    """Kept weights, if they are of this many zones and cells."""
    if arrays is None or set(arrays) != {"shares", "cells", "ends"}:
        return None
    shares, cells, ends = arrays["shares"], arrays["cells"], arrays["ends"]
    if len(ends) != shape[0] + 1 or len(shares) != len(cells) or (len(cells) and not 0 <= cells.min() <= cells.max() < shape[1]):
        return None
    return sparse.csr_array((shares, cells, ends), shape=shape)
