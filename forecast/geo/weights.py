"""What share of each cell of a grid every zone covers, and what that makes of the values of the cells."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from scipy import sparse

from forecast.geo.raster import Grid
from forecast.schema import Floats


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
    if known.all():
        return weights @ flat, np.asarray(weights.sum(axis=1))
    return weights @ np.where(known, flat, 0.0), weights @ known.astype(float)


def zone_largest(weights: sparse.csr_array, values: Floats) -> Floats:
    """(zone, cell), (row, column) -> (zone) the largest value of the cells a zone touches, NaN where it touches none with one."""
    largest = np.full(weights.shape[0], np.nan)
    filled = np.flatnonzero(np.diff(weights.indptr))
    if len(filled):
        largest[filled] = np.fmax.reduceat(values.ravel()[weights.indices], weights.indptr[filled])
    return largest
