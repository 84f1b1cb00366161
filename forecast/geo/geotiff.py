"""GeoTIFF: written plainly, and read without trusting it.

A file is opened by the GeoTIFF driver only, without any file beside it; what it declares is checked before a cell is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import Interleaving
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import Affine
from rasterio.windows import Window

from forecast.errors import Problem, Problems
from forecast.geo import raster as limits
from forecast.geo.files import plain_file
from forecast.geo.raster import AGAIN, Grid, Meaning, Raster, Stack, declared_crs, misplaced, reference, refused, too_large
from forecast.schema import Floats

SAFE: dict[str, Any] = {
    "GDAL_PAM_ENABLED": "NO", "GDAL_GEOREF_SOURCES": "INTERNAL", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_CACHEMAX": 256_000_000,  # bytes of blocks kept for the next window
}  # fmt: skip
ONE_EACH = "Say which date each has (`band_date`), or give one file of one band per date"
NO_GEOTIFF = "cannot be opened as a GeoTIFF: cut off, corrupt, or another kind of file"
UNREADABLE = (RasterioError, ValueError, TypeError, KeyError, IndexError, OverflowError, RuntimeError, MemoryError)
NORTH_UP = "Warp it to a north-up grid (gdalwarp)"


@contextmanager
def open_geotiff(
    path: Path, *, root: Path, nodata: float | None = None, crs: str | None = None, tag: str | None = None
) -> Iterator[Stack]:
    """Open a GeoTIFF: a layer per band, labelled by the band's description, or by one of its tags.

    `nodata` (a cell as stored), `crs`: of files that state none.

    Raises InputError with all that is wrong with the file: not plain, not a GeoTIFF, no CRS, no nodata value, rotated, south-up,
    too large.
    """
    real = plain_file(path, root)
    with rasterio.Env(**SAFE), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused below, by name
        try:
            dataset = rasterio.open(real, driver="GTiff")
        except UNREADABLE as error:
            problem, action = _not_opened(real)
            raise refused(real.name, problem, action) from error
        with dataset:
            try:
                stack = _stack(real.name, dataset, nodata, crs, tag)
            except UNREADABLE as error:
                raise refused(real.name, NO_GEOTIFF, AGAIN) from error
            yield stack


def _stack(name: str, dataset: Any, nodata: float | None, crs: str | None, tag: str | None) -> Stack:
    Problems(refused=list(_objections(name, dataset, nodata, crs))).raise_if_refused()
    grid = _grid(name, dataset, crs)
    Problems(refused=list(misplaced(name, grid))).raise_if_refused()
    labels = tuple(_label(dataset, band, tag) for band in range(1, dataset.count + 1))
    return Stack(name, grid, labels, _Cells(name, dataset, nodata))


@contextmanager
def open_raster(
    path: Path, *, root: Path, valid: tuple[float, float], nodata: float | None = None, no_value: float = np.nan
) -> Iterator[Raster]:
    """Open a GeoTIFF of one band for reading; `nodata` (a cell as stored) and `valid` (in the unit) come from settings.

    `no_value`: what a cell of nodata holds; 0 where such cells are known to be empty, not unknown.

    Raises InputError as `open_geotiff` does, and for more than one band.
    """
    with open_geotiff(path, root=root, nodata=nodata) as stack:
        refuse_several(stack)
        yield Raster(stack, Meaning(valid, nodata, no_value))


def refuse_several(stack: Stack) -> None:
    """Refuse a file of several layers where one was expected."""
    if len(stack.labels) != 1:
        raise refused(stack.name, f"has {len(stack.labels)} bands", ONE_EACH)


def read_raster(path: Path, *, root: Path, valid: tuple[float, float], nodata: float | None = None) -> tuple[Grid, Floats]:
    """Read a whole small raster: its grid and (row, column) values, NaN where nothing is known.

    Raises InputError as `open_raster` does, and for more cells than can be held.
    """
    with open_raster(path, root=root, valid=valid, nodata=nodata) as raster:
        return raster.grid, raster.whole()


# ------------------------------------------------------------------ what a file declares


def _not_opened(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        return "is empty (0 bytes)", AGAIN
    if not head.strip(b"\0"):
        return "is a file of zeros: its writer was stopped", AGAIN
    if head.lstrip()[:4] in (b"<VRT", b"<?xm"):
        return "is a virtual raster (VRT): it names other files, and would read whatever it names", "Write it as a GeoTIFF"
    if head[:4] in (b"\x89HDF", b"CDF\x01", b"CDF\x02", b"CDF\x05"):
        return "is a NetCDF, not a GeoTIFF", "Name the `variable` to read from it"
    return NO_GEOTIFF, AGAIN


def _objections(name: str, dataset: Any, nodata: float | None, crs: str | None) -> Iterator[Problem]:
    step = dataset.transform
    if dataset.crs is None and (crs is None or step == Affine.identity()):
        only = "only control points, " if dataset.gcps[0] else ""
        yield Problem(name, f"has {only}no coordinate reference system", "Warp or tag the file with one, such as EPSG:4326")
    elif step.b or step.d:
        yield Problem(name, "is rotated", NORTH_UP)
    elif step.e >= 0:
        yield Problem(name, "runs from south to north", NORTH_UP)
    elif step.a <= 0:
        yield Problem(name, "runs from east to west", NORTH_UP)
    if dataset.nodata is None and nodata is None:
        yield Problem(name, "names no nodata value", "Give `nodata:` in the settings of this source")
    kinds = {str(kind) for kind in dataset.dtypes}
    if odd := sorted(kind for kind in kinds if _kind(kind) not in "iuf"):
        yield Problem(name, f"holds {odd[0]} values", "Give real numbers")
        return
    yield from too_large(name, dataset.height, dataset.width)
    height, width = dataset.block_shapes[0]
    together = dataset.count if dataset.interleaving == Interleaving.pixel else 1
    if height * width * together * max(np.dtype(kind).itemsize for kind in kinds) > limits.MAX_BLOCK_BYTES:
        what = f"is stored in blocks of {width:,} x {height:,} cells"
        yield Problem(name, what, "Write it in tiles (gdal_translate -co TILED=YES)")


def _kind(dtype: str) -> str:
    try:
        return np.dtype(dtype).kind
    except TypeError:  # complex_int16, which numpy does not have
        return "c"


def _grid(name: str, dataset: Any, crs: str | None) -> Grid:
    step, own = dataset.transform, dataset.crs.to_wkt() if dataset.crs is not None else ""
    declared = declared_crs(name, reference(own) if own else None, crs, "")
    return Grid(own or declared.to_wkt(), step.c, step.f, step.a, -step.e, dataset.height, dataset.width)


def _label(dataset: Any, band: int, tag: str | None) -> str:
    if tag is not None:
        return str(dataset.tags(band).get(tag, dataset.tags().get(tag, "") if dataset.count == 1 else ""))
    return dataset.descriptions[band - 1] or ""


# ------------------------------------------------------------------ what a file holds


class _Cells:
    """(band, rows, columns) -> values as the file means them, NaN where it holds nothing."""

    def __init__(self, name: str, dataset: Any, nodata: float | None) -> None:
        self.name, self.dataset = name, dataset
        tags = {tag for tag in dataset.nodatavals if tag is not None}
        self.nodata = sorted({value for value in (*tags, nodata) if value is not None and not np.isnan(value)})

    def __call__(self, layer: int, rows: slice, columns: slice) -> Floats:
        self._refuse_unwritten(layer, rows, columns)
        try:
            values = self.dataset.read(layer + 1, window=Window.from_slices(rows, columns), out_dtype="float64")
        except UNREADABLE as error:
            raise refused(self.name, "is cut off or corrupt: its values cannot be read", AGAIN) from error
        for nodata in self.nodata:
            if (stored := _as_stored(nodata, np.dtype(self.dataset.dtypes[layer]))) is not None:
                values[values == stored] = np.nan
        scale, offset = self.dataset.scales[layer], self.dataset.offsets[layer]
        return np.asarray(values if (scale, offset) == (1, 0) else values * scale + offset)

    def _refuse_unwritten(self, layer: int, rows: slice, columns: slice) -> None:
        """Blocks never written read as the nodata tag, which is right, but as zeros where there is no tag."""
        if self.dataset.nodata is not None:
            return
        height, width = self.dataset.block_shapes[layer]
        for y in range(rows.start // height, -(-rows.stop // height)):
            for x in range(columns.start // width, -(-columns.stop // width)):
                if not self.dataset.get_tag_item(f"BLOCK_OFFSET_{x}_{y}", "TIFF", bidx=layer + 1):
                    raise refused(self.name, "is cut off: parts of it were never written", AGAIN)


def _as_stored(nodata: float, dtype: np.dtype[Any]) -> float | None:
    """A nodata value as the file stores it: -3.4e38 as float32 is not the float64 of the setting; -9999 fits no byte."""
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return float(np.array(nodata).astype(dtype))
    whole = np.iinfo(dtype)
    return nodata if nodata == np.floor(nodata) and whole.min <= nodata <= whole.max else None


# ------------------------------------------------------------------ writing


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
