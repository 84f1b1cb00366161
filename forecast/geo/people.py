"""A map of people per cell as weights: rain where people live counts, rain over an empty desert does not."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS as Reference
from scipy import sparse

from forecast.geo.raster import Grid, refused, strips
from forecast.geo.weights import zonal_weights, zone_sums
from forecast.geo.zones import in_crs
from forecast.schema import Floats


@dataclass(frozen=True)
class People:
    """People per cell, (row, column), NaN where unknown; `key`: the sha256 of the file and of what was made of it."""

    name: str
    grid: Grid
    values: Floats
    key: str


def people_in(zones: gpd.GeoSeries, people: People) -> tuple[Floats, Floats]:
    """(zone) people, and (zone) share of the zone's area that the map knows of."""
    placed = in_crs(zones, people.grid.crs)
    rows, columns = people.grid.over(*placed.total_bounds)
    living, seen = np.zeros(len(zones)), np.zeros(len(zones))
    for strip in strips(rows, columns):
        weights = zonal_weights(people.grid.part(strip, columns), placed)
        more, known = zone_sums(weights, people.values[strip, columns])
        living, seen = living + more, seen + known
    return living, seen * people.grid.cell_width * people.grid.cell_height / shapely.area(placed.to_numpy())


def people_weights(grid: Grid, zones: gpd.GeoSeries, people: People) -> sparse.csr_array:
    """(zone, cell) people who live where a zone and a cell of the grid overlap; `zones` are in the CRS of the grid.

    People are taken as evenly spread over a cell of their map. Raises InputError where the two have different CRSs.
    """
    if Reference.from_wkt(grid.crs) != Reference.from_wkt(people.grid.crs):
        raise refused(people.name, "has another CRS than the rasters it is to weigh", "Warp it to that of the rasters (gdalwarp)")
    rows, columns = people.grid.over(*grid.bounds)
    found = sparse.csr_array((len(zones), grid.cells))
    for strip in strips(rows, columns):
        part = people.grid.part(strip, columns)
        living = np.nan_to_num(people.values[strip, columns].ravel())
        share = zonal_weights(part, zones)
        inside = sparse.csr_array((share.data * living[share.indices], share.indices, share.indptr), shape=share.shape)
        found = found + inside @ _shares(part, grid)
    found.eliminate_zeros()
    found.sort_indices()
    return found


def _shares(fine: Grid, coarse: Grid) -> sparse.csr_array:
    """(cell of `fine`, cell of `coarse`) share of the area of the former that lies in the latter."""
    down = _along(coarse.north - fine.north, fine.cell_height, fine.rows, coarse.cell_height, coarse.rows)
    across = _along(fine.west - coarse.west, fine.cell_width, fine.columns, coarse.cell_width, coarse.columns)
    return sparse.csr_array(sparse.kron(down, across, format="csr"))


def _along(start: float, size: float, count: int, wide: float, columns: int) -> sparse.csr_array:
    """(interval, interval) share of the former, `size` long from `start` on, that lies in the latter, `wide` long from 0 on."""
    edges = (start + size * np.arange(count + 1)) / wide
    first, last = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int)
    many = last - first
    of = np.repeat(np.arange(count), many)
    to = np.repeat(first, many) + np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    share = (np.minimum(edges[of + 1], to + 1) - np.maximum(edges[of], to)) * wide / size
    inside = (to >= 0) & (to < columns) & (share > 0)
    return sparse.csr_array((share[inside], (of[inside], to[inside])), shape=(count, columns))
