"""GeoTIFF rasters: written plainly, and read without trusting them.

A file is opened by the GeoTIFF driver only, without any file beside it; what it declares is checked before a cell is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import Affine
from rasterio.windows import Window

from forecast.errors import InputError, Problem, Problems
from forecast.geo.files import plain_file
from forecast.schema import Floats

MAX_CELLS = 2_000_000_000  # a file may declare this many: twice a map of the world at 1 km
MAX_BLOCK_BYTES = 256_000_000  # to read one cell its whole block is unpacked
MAX_READ_CELLS = 50_000_000  # `read_raster` holds all its cells at once
SAFE = {"GDAL_PAM_ENABLED": "NO", "GDAL_GEOREF_SOURCES": "INTERNAL", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}


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


@dataclass
class Raster:
    """An opened raster that passed all checks; `read` gives its values, and counts cells outside the valid range."""

    name: str
    grid: Grid
    dataset: Any
    nodata: float | None
    valid: tuple[float, float]
    no_value: float
    outside: int = 0
    outside_example: float = field(default=np.nan)

    def read(self, rows: slice, columns: slice) -> Floats:
        """(row, column) values in the raster's unit; NaN outside the valid range, `no_value` for nodata.

        Raises InputError when the cells cannot be read, or were never written.
        """
        window = Window.from_slices(rows, columns)
        self._refuse_unwritten(rows, columns)
        try:
            raw = self.dataset.read(1, window=window)
        except RasterioError as error:
            raise _refused(self.name, "is cut off or corrupt: its values cannot be read", "Get the file again") from error
        empty = np.isnan(raw)
        for nodata in (self.dataset.nodata, self.nodata):
            if nodata is not None and not np.isnan(nodata):
                # Compared as the file stores it: -3.4e38 as float32 is not the float64 of the setting.
                empty |= raw == np.array(nodata).astype(raw.dtype)
        values = raw.astype(float) * self.dataset.scales[0] + self.dataset.offsets[0]
        values[empty] = np.nan
        outside = (values < self.valid[0]) | (values > self.valid[1])
        if outside.any():
            self.outside += int(outside.sum())
            self.outside_example = float(values[outside][0])
            values[outside] = np.nan
        values[empty] = self.no_value
        return np.asarray(values)

    def _refuse_unwritten(self, rows: slice, columns: slice) -> None:
        """Blocks never written read as the nodata tag, which is right, but as zeros where there is no tag."""
        if self.dataset.nodata is not None:
            return
        height, width = self.dataset.block_shapes[0]
        for y in range(rows.start // height, -(-rows.stop // height)):
            for x in range(columns.start // width, -(-columns.stop // width)):
                if not self.dataset.get_tag_item(f"BLOCK_OFFSET_{x}_{y}", "TIFF", bidx=1):
                    raise _refused(self.name, "is cut off: parts of it were never written", "Get the file again")


@contextmanager
def open_raster(
    path: Path, *, root: Path, valid: tuple[float, float], nodata: float | None = None, no_value: float = np.nan
) -> Iterator[Raster]:
    """Open a GeoTIFF of one band for reading; `nodata` (a cell as stored) and `valid` (in the unit) come from settings.

    `no_value`: what a cell of nodata holds; 0 where such cells are known to be empty, not unknown.

    Raises InputError with all that is wrong with the file: not plain, not a GeoTIFF, no CRS, no nodata value, rotated, south-up,
    too large, more than one band.
    """
    real = plain_file(path, root)
    with rasterio.Env(**SAFE), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused below, by name
        try:
            dataset = rasterio.open(real, driver="GTiff")
        except RasterioError as error:
            what = "cannot be opened as a GeoTIFF: cut off, corrupt, or another kind of file"
            raise _refused(real.name, what, "Get the file again") from error
        with dataset:
            problems = Problems(refused=list(_objections(real.name, dataset, nodata)))
            problems.raise_if_refused()
            step = dataset.transform
            grid = Grid(dataset.crs.to_wkt(), step.c, step.f, step.a, -step.e, dataset.height, dataset.width)
            yield Raster(real.name, grid, dataset, nodata, valid, no_value)


def read_raster(path: Path, *, root: Path, valid: tuple[float, float], nodata: float | None = None) -> tuple[Grid, Floats]:
    """Read a whole small raster: its grid and (row, column) values, NaN where nothing is known.

    Raises InputError as `open_raster` does, and for more cells than can be held.
    """
    with open_raster(path, root=root, valid=valid, nodata=nodata) as raster:
        if raster.grid.cells > MAX_READ_CELLS:
            raise _refused(raster.name, f"has {raster.grid.cells:,} cells", "Cut it to the zones first")
        return raster.grid, raster.read(slice(0, raster.grid.rows), slice(0, raster.grid.columns))


def _objections(name: str, dataset: Any, nodata: float | None) -> Iterator[Problem]:
    step = dataset.transform
    if dataset.crs is None:
        only = "only control points, " if dataset.gcps[0] else ""
        yield Problem(name, f"has {only}no coordinate reference system", "Warp or tag the file with one, such as EPSG:4326")
    elif step.b or step.d:
        yield Problem(name, "is rotated", "Warp it to a north-up grid (gdalwarp)")
    elif step.e >= 0:
        yield Problem(name, "runs from south to north", "Warp it to a north-up grid (gdalwarp)")
    elif step.a <= 0:
        yield Problem(name, "runs from east to west", "Warp it to a north-up grid (gdalwarp)")
    elif dataset.crs.is_geographic and step.c + step.a * dataset.width > 180 + step.a:
        yield Problem(name, "has longitudes beyond 180", "Shift it to -180 .. 180 (gdalwarp)")
    if dataset.count != 1:
        yield Problem(name, f"has {dataset.count} bands", "Give one file of one band per date")
        return
    if dataset.nodata is None and nodata is None:
        yield Problem(name, "names no nodata value", "Give `nodata:` in the settings of this source")
    if np.dtype(dataset.dtypes[0]).kind not in "iuf":
        yield Problem(name, f"holds {dataset.dtypes[0]} values", "Give real numbers")
        return
    if dataset.width * dataset.height > MAX_CELLS:
        size = f"{dataset.width:,} x {dataset.height:,} cells"
        yield Problem(name, f"declares {size}, more than {MAX_CELLS:,}", "Cut it to the zones first")
    height, width = dataset.block_shapes[0]
    if height * width * np.dtype(dataset.dtypes[0]).itemsize > MAX_BLOCK_BYTES:
        what = f"is stored in blocks of {width:,} x {height:,} cells"
        yield Problem(name, what, "Write it in tiles (gdal_translate -co TILED=YES)")


def _refused(name: str, problem: str, action: str) -> InputError:
    return InputError([Problem(name, problem, action)])


def write_geotiff(
    path: Path,
    values: np.ndarray,
    *,
    west: float,
    north: float,
    cell_degrees: float,
    nodata: float,
    description: str = "",
) -> None:
    """Write one band (row from the north, column from the west) as float32 GeoTIFF in EPSG:4326; NaN becomes `nodata`."""
    rows, columns = values.shape
    band = np.where(np.isnan(values), nodata, values).astype("float32")
    tiles = {"tiled": True, "blockxsize": 256, "blockysize": 256} if min(rows, columns) >= 256 else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=columns, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(cell_degrees, 0, west, 0, -cell_degrees, north), nodata=nodata, compress="deflate", predictor=3, **tiles,
    ) as raster:  # fmt: skip
        raster.write(band, 1)
        if description:
            raster.set_band_description(1, description)
