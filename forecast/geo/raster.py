"""Rasters: where their cells lie, and what a cell holds once conversion, valid range and nodata are applied.

A file of rasters, GeoTIFF or NetCDF, is a stack of layers on one grid; each layer is read by rows and columns.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from pyproj import CRS as Reference
from pyproj.exceptions import CRSError

from forecast.errors import InputError, Problem
from forecast.schema import Floats

MAX_CELLS = 2_000_000_000  # a file may declare this many: twice a map of the world at 1 km
MAX_BLOCK_BYTES = 256_000_000  # to read one cell its whole block is unpacked
MAX_READ_CELLS = 50_000_000  # `Raster.whole` holds all its cells at once
STRIP_CELLS = 4_000_000  # read at once
AGAIN = "Get the file again"
RIGHT_CRS = "Give it the CRS it was made in (gdal_edit.py -a_srs)"


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells of a raster lie: rows run south from `north`, columns east from `west`, in the units of `crs` (WKT)."""

    crs: str
    west: float
    north: float
    cell_width: float
    cell_height: float
    rows: int
    columns: int

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        east, south = self.west + self.columns * self.cell_width, self.north - self.rows * self.cell_height
        return self.west, south, east, self.north

    def over(self, west: float, south: float, east: float, north: float) -> tuple[slice, slice]:
        """The rows and columns that touch a rectangle; empty slices where the grid lies elsewhere."""
        top, bottom = (self.north - north) / self.cell_height, (self.north - south) / self.cell_height
        left, right = (west - self.west) / self.cell_width, (east - self.west) / self.cell_width
        return _cut(top, bottom, self.rows), _cut(left, right, self.columns)

    def part(self, rows: slice, columns: slice) -> Grid:
        """The grid of some of the rows and columns."""
        return Grid(
            self.crs,
            self.west + columns.start * self.cell_width,
            self.north - rows.start * self.cell_height,
            self.cell_width,
            self.cell_height,
            rows.stop - rows.start,
            columns.stop - columns.start,
        )


def _cut(first: float, last: float, count: int) -> slice:
    start = int(np.clip(np.floor(first), 0, count))
    return slice(start, int(np.clip(np.ceil(last), start, count)))


def strips(rows: slice, columns: slice) -> Iterator[slice]:
    """Rows in turn, as many as fit in what is read at once."""
    width = columns.stop - columns.start
    if width:
        high = max(STRIP_CELLS // width, 1)
        for start in range(rows.start, rows.stop, high):
            yield slice(start, min(start + high, rows.stop))


@dataclass(frozen=True)
class Stack:
    """An opened file of layers on one grid: `cells(layer, rows, columns)` gives (row, column) values, NaN for nodata.

    `labels`: what each layer is called; `times`: when each layer is of, where the file says so; `units`: as the file says, or "".
    `remarks`: what must be told of the file.
    """

    name: str
    grid: Grid
    labels: tuple[str, ...]
    cells: Callable[[int, slice, slice], Floats]
    times: pd.DatetimeIndex | None = None
    units: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Meaning:
    """What the cells of a raster mean: value = cell x `times` + `plus`, which must lie in `valid`.

    `nodata`: a cell as stored that holds nothing; `no_value`: what such a cell counts as, 0 where nothing there means none.
    """

    valid: tuple[float, float]
    nodata: float | None = None
    no_value: float = np.nan
    times: float = 1.0
    plus: float = 0.0


@dataclass
class Raster:
    """One layer of a stack; `read` gives its values, and counts cells outside the valid range."""

    stack: Stack
    meaning: Meaning
    layer: int = 0
    outside: int = 0
    outside_example: float = field(default=np.nan)

    @property
    def name(self) -> str:
        return self.stack.name

    @property
    def grid(self) -> Grid:
        return self.stack.grid

    def read(self, rows: slice, columns: slice) -> Floats:
        """(row, column) values in the raster's unit; NaN outside the valid range, `no_value` for nodata.

        Raises InputError when the cells cannot be read, or were never written.
        """
        meaning, is_known = self.meaning, not np.isnan(self.meaning.no_value)
        values = self.stack.cells(self.layer, rows, columns)
        empty = np.isnan(values) if is_known else None
        if (meaning.times, meaning.plus) != (1, 0):
            values = values * meaning.times + meaning.plus
        outside = (values < meaning.valid[0]) | (values > meaning.valid[1])
        if outside.any():
            self.outside += int(outside.sum())
            self.outside_example = float(values[outside][0])
            values[outside] = np.nan
        if empty is not None:
            values[empty] = meaning.no_value
        return values

    def whole(self) -> Floats:
        """All values of a small raster. Raises InputError as `read` does, and for more cells than can be held."""
        if self.grid.cells > MAX_READ_CELLS:
            raise refused(self.name, f"has {self.grid.cells:,} cells", "Cut it to the zones first")
        return self.read(slice(0, self.grid.rows), slice(0, self.grid.columns))


# ------------------------------------------------------------------ what every kind of file is checked for


def refused(name: str, problem: str, action: str) -> InputError:
    return InputError([Problem(name, problem, action)])


@functools.lru_cache(maxsize=64)
def reference(text: str) -> Reference:
    """The CRS of a text, WKT or `EPSG:4326`; files that state the same share it. Raises CRSError for what is none."""
    return Reference.from_user_input(text)


def declared_crs(name: str, own: Reference | None, declared: str | None, action: str) -> Reference:
    """The CRS a file states, else the one the settings declare. Raises InputError for none, or for two that differ."""
    try:
        given = reference(declared) if declared else None
    except CRSError as error:
        raise InputError([Problem("crs", "is no coordinate reference system", "Write EPSG:4326", value=str(declared))]) from error
    if own is not None and given is not None and own != given:
        problem = f"states the CRS {own.name}, and the config says {given.name}"
        raise refused(name, problem, "Leave out `crs:`, which is for files that state none, or mend the file")
    if (found := own or given) is None:
        raise refused(name, "has no coordinate reference system", action)
    return found


def misplaced(name: str, grid: Grid) -> Iterator[Problem]:
    """What cannot be of a grid in its CRS: longitudes beyond 180, degrees that are metres, metres that are degrees."""
    crs = reference(grid.crs)
    west, south, east, north = grid.bounds
    place = f"{west:,.6g}, {south:,.6g} .. {east:,.6g}, {north:,.6g}"
    if not np.isfinite([west, south, east, north]).all() or not (grid.cell_width > 0 and grid.cell_height > 0):
        yield Problem(name, "has no place: its corner or its cells are no numbers", AGAIN)
    elif crs.is_geographic:
        if max(-west, east) > 360 + grid.cell_width or max(-south, north) > 90 + grid.cell_height:
            yield Problem(name, f"lies at {place}, which are no degrees, as its CRS ({crs.name}) says", RIGHT_CRS)
        elif east > 180 + grid.cell_width:
            yield Problem(name, "has longitudes beyond 180", "Shift it to -180 .. 180 (gdalwarp)")
    elif crs.is_projected and max(map(abs, grid.bounds)) <= 360:
        yield Problem(name, f"lies at {place}: degrees, though its CRS ({crs.name}) counts in metres", RIGHT_CRS)


def too_large(name: str, rows: int, columns: int) -> Iterator[Problem]:
    if rows * columns > MAX_CELLS:
        size = f"{columns:,} x {rows:,} cells"
        yield Problem(name, f"declares {size}, more than {MAX_CELLS:,}", "Cut it to the zones first")
