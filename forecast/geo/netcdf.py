"""NetCDF with CF time: one variable of (time, latitude, longitude) or (time, y, x), opened through xarray, read by windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pyproj import CRS as Reference
from pyproj.exceptions import CRSError

from forecast.errors import Problem, Problems
from forecast.geo.files import plain_file
from forecast.geo.hdf5 import refuse_unsafe
from forecast.geo.raster import AGAIN, Grid, Stack, declared_crs, misplaced, refused, too_large
from forecast.schema import Floats

ENGINES = {b"\x89HDF": "h5netcdf", b"CDF\x01": "scipy", b"CDF\x02": "scipy"}  # how a file begins -> what reads it
UNREADABLE = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, IndexError, OverflowError, MemoryError)
PLACES = {"x": ("longitude", "projection_x_coordinate"), "y": ("latitude", "projection_y_coordinate")}
NAMES = {"x": ("longitude", "lon", "x"), "y": ("latitude", "lat", "y")}
EVEN = 0.01  # of a cell: how far the centres of cells may lie from an even grid
MAX_LAYERS = 200_000
MAX_BYTES_3 = 300_000_000  # of a file of version 3
SLAB_CELLS = 8_000_000  # read at once: as many dates as fit
STATE_CRS = "Name it with `crs:`, such as EPSG:4326"


@contextmanager
def open_netcdf(path: Path, variable: str, *, root: Path, nodata: float | None = None, crs: str | None = None) -> Iterator[Stack]:
    """Open a NetCDF: a layer per time of `variable`; `nodata` (a cell as stored), `crs`: of files that state none.

    Raises InputError with what is wrong with the file: not plain, not NetCDF, no such variable, no CF time, no CRS, no fill
    value, an uneven grid, other dimensions, too large, values kept in other files, parts never written.
    """
    real = plain_file(path, root)
    engine = _engine(real)
    try:
        if engine == "h5netcdf":
            refuse_unsafe(real, variable)
        # A file of version 3 mapped into memory would end the process if it were cut off meanwhile.
        options = {"mmap": False} if engine == "scipy" else {}
        opened = xr.open_dataset(real, engine=engine, decode_timedelta=False, cache=False, backend_kwargs=options)
    except UNREADABLE as error:
        raise refused(real.name, _why_unreadable(error), AGAIN) from error
    with opened as ds:
        try:
            stack = _stack(real.name, ds, variable, nodata, crs)
        except UNREADABLE as error:
            raise refused(real.name, "cannot be read as NetCDF: cut off or corrupt", AGAIN) from error
        yield stack


def _engine(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise refused(path.name, "is empty (0 bytes)", AGAIN)
    if head[:4] not in ENGINES:
        raise refused(path.name, "is no NetCDF (version 3 or 4): cut off, corrupt, or another kind of file", AGAIN)
    if ENGINES[head[:4]] == "scipy" and path.stat().st_size > MAX_BYTES_3:
        what = f"is a NetCDF of version 3 larger than {MAX_BYTES_3 // 1_000_000} MB, which is read whole"
        raise refused(path.name, what, "Write it as version 4 (nccopy -4)")
    return ENGINES[head[:4]]


def _why_unreadable(error: Exception) -> str:
    """xarray's own words are long and name packages; what a reader can mend is the calendar."""
    if "calendar" in str(error) or ("decode" in str(error) and "time" in str(error)):
        return "has times that cannot be read: a calendar other than the common one, or no CF units (`days since ...`)"
    return "cannot be read as NetCDF: cut off or corrupt"


# ------------------------------------------------------------------ what a file declares


def _stack(name: str, ds: xr.Dataset, variable: str, nodata: float | None, crs: str | None) -> Stack:
    if variable not in ds.data_vars:
        known = ", ".join(str(one) for one in ds.data_vars if ds[one].ndim >= 2)
        raise refused(name, f"has no variable '{variable}'", f"The file has: {known or 'none'}")
    values = ds[variable]
    if values.dtype.kind not in "iuf":
        raise refused(name, f"holds {values.dtype} values", "Give real numbers")
    x, y, time = _axis(name, values, "x"), _axis(name, values, "y"), _time(name, values)
    values = _squeezed(name, values, {x, y, time})
    rows, columns, layers = values.sizes[y], values.sizes[x], values.sizes[time]
    found = Problems(refused=list(too_large(name, rows, columns)))
    if not {"_FillValue", "missing_value"} & set(values.encoding) and nodata is None:
        found.refuse(Problem(name, "names no nodata value", "Give `nodata:` in the settings of this source"))
    if layers > MAX_LAYERS:
        found.refuse(Problem(name, f"declares {layers:,} dates, more than {MAX_LAYERS:,}", "Cut it to the dates needed"))
    found.raise_if_refused()
    reference = declared_crs(name, _own_crs(name, ds, values), crs, STATE_CRS)
    east, turn = _within_180(values[x].to_numpy().astype(float), reference)
    grid, flipped = _grid(name, east, values[y].to_numpy().astype(float), reference)
    times = pd.DatetimeIndex(values[time].to_numpy())
    units, remarks = str(values.attrs.get("units", "")).strip(), list(_preliminary(name, values, time))
    if east[0] != values[x].to_numpy()[0]:
        remarks.append(f"{name}: its longitudes run from 0 to 360; they were read as -180 to 180.")
    labels = tuple(times.strftime("%Y-%m-%d %H:%M"))
    return Stack(name, grid, labels, _Cells(name, values, (time, y, x), flipped, turn, nodata), times, units, tuple(remarks))


def _axis(name: str, values: xr.DataArray, axis: str) -> str:
    """The dimension that runs east (x) or north (y)."""
    for dim in map(str, values.dims):
        told = values[dim].attrs if dim in values.coords else {}
        if told.get("standard_name") in PLACES[axis] or str(told.get("axis", "")).lower() == axis or dim.lower() in NAMES[axis]:
            if dim not in values.coords:
                break
            return dim
    problem = "has no coordinates of latitude and longitude (or x and y) along its dimensions"
    raise refused(name, f"{problem} ({', '.join(map(str, values.dims))})", "Regrid it to a plain grid (cdo remapbil)")


def _time(name: str, values: xr.DataArray) -> str:
    for dim in map(str, values.dims):
        if dim in values.coords and np.issubdtype(values[dim].dtype, np.datetime64):
            times = pd.DatetimeIndex(values[dim].to_numpy())
            if times.hasnans or not times.is_unique:
                raise refused(name, "has times that are missing or stand twice", AGAIN)
            return dim
    raise refused(name, "has no CF time along its dimensions", "Give the times as `days since ...` in the common calendar")


def _squeezed(name: str, values: xr.DataArray, wanted: set[str]) -> xr.DataArray:
    """Without the dimensions that have one place only; of `expver`, the final values where there are any."""
    for dim in [str(dim) for dim in values.dims if dim not in wanted]:
        if values.sizes[dim] == 1:
            values = values.isel({dim: 0})
        elif dim != "expver":
            what = f"has a dimension '{dim}' of {values.sizes[dim]} besides time and place"
            raise refused(name, what, "Write a file of the one that is wanted (cdo sellevel, ncks -d)")
    return values


def _preliminary(name: str, values: xr.DataArray, time: str) -> Iterator[str]:
    """ERA5 marks by `expver` what is preliminary (5) and may still change."""
    if "expver" in values.coords and values["expver"].dims == (time,):
        marks = [str(mark).strip().lstrip("0") for mark in values["expver"].to_numpy()]
        if count := sum(mark == "5" for mark in marks):
            yield f"{name}: {count} of its {len(marks)} dates are preliminary (expver 5), and may still change."


def _own_crs(name: str, ds: xr.Dataset, values: xr.DataArray) -> Reference | None:
    """The CRS of the variable's grid mapping, where it states one."""
    mapping = values.encoding.get("grid_mapping", values.attrs.get("grid_mapping"))
    if mapping is None or mapping not in ds.variables:
        return None
    told = ds[mapping].attrs
    try:
        return Reference.from_wkt(told["crs_wkt"]) if "crs_wkt" in told else Reference.from_cf(told)
    except (CRSError, KeyError, ValueError, TypeError) as error:
        raise refused(name, f"states a CRS that cannot be read ({mapping})", AGAIN) from error


def _within_180(east: Floats, crs: Reference) -> tuple[Floats, int]:
    """Longitudes as -180 .. 180 from west to east, and which column of the file is the first of them.

    As they are, and 0, where they are so already, or would leave a gap (a part on both sides of 180) or stand twice.
    """
    if not crs.is_geographic or not (180 < east.max(initial=0) <= 360):
        return east, 0
    turned = (east + 180) % 360 - 180
    turn = int(np.argmin(turned))
    turned = np.roll(turned, -turn)
    cell = (turned[-1] - turned[0]) / max(len(turned) - 1, 1)
    is_even = cell > 0 and bool((np.abs(np.diff(turned) - cell) <= EVEN * cell).all())
    return (turned, turn) if is_even else (east, 0)


def _grid(name: str, east: Floats, north: Floats, crs: Reference) -> tuple[Grid, bool]:
    """The grid whose cells have the coordinates as centres, and whether the file runs from south to north."""
    if min(len(east), len(north)) < 2:
        raise refused(name, "has a single row or column, so the size of its cells is unknown", "Give a larger part of it")
    width, height = (east[-1] - east[0]) / (len(east) - 1), (north[-1] - north[0]) / (len(north) - 1)
    flipped = height > 0
    top, height = max(north[0], north[-1]), abs(height)
    if not (np.isfinite(east).all() and np.isfinite(north).all()) or width <= 0 or height == 0:
        raise refused(name, "has coordinates that do not run from west to east and along a meridian", "Regrid it (cdo remapbil)")
    uneven = max(
        np.abs(east - (east[0] + width * np.arange(len(east)))).max() / width,
        np.abs((north[::-1] if flipped else north) - (top - height * np.arange(len(north)))).max() / height,
    )
    if uneven > EVEN:
        raise refused(name, "has rows or columns that are not evenly spaced", "Regrid it to an even grid (cdo remapbil)")
    corner = float(east[0] - width / 2), float(top + height / 2)
    grid = Grid(crs.to_wkt(), *corner, float(width), float(height), len(north), len(east))
    Problems(refused=list(misplaced(name, grid))).raise_if_refused()
    return grid, bool(flipped)


# ------------------------------------------------------------------ what a file holds


class _Cells:
    """(time, rows, columns) -> values, NaN where it holds nothing; dates that follow each other are unpacked together.

    `order`: names of the dimensions of time, y and x; `flipped`: rows run from south to north; `turn`: the column of the file
    that is the most western.
    """

    def __init__(
        self, name: str, values: xr.DataArray, order: tuple[str, str, str], flipped: bool, turn: int, nodata: float | None
    ) -> None:
        self.name, self.values, self.order, self.flipped, self.turn, self.nodata = name, values, order, flipped, turn, nodata
        self.window: tuple[slice, slice] | None = None
        self.first, self.slab = 0, np.empty((0, 0, 0))

    def __call__(self, layer: int, rows: slice, columns: slice) -> Floats:
        if self.window != (rows, columns) or not self.first <= layer < self.first + len(self.slab):
            self._unpack(layer, rows, columns)
        return np.asarray(self.slab[layer - self.first].astype(float))

    def _unpack(self, layer: int, rows: slice, columns: slice) -> None:
        height = self.values.sizes[self.order[1]]
        along = slice(height - rows.stop, height - rows.start) if self.flipped else rows
        cells = max((rows.stop - rows.start) * (columns.stop - columns.start), 1)
        many = slice(layer, layer + max(SLAB_CELLS // cells, 1))
        parts = [self._part((many, along, part)) for part in self._as_in_file(columns)]
        slab = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)
        if self.nodata is not None:
            slab = np.where(slab == self._decoded(self.nodata, slab.dtype), np.nan, slab)
        self.slab, self.first, self.window = (slab[:, ::-1] if self.flipped else slab), layer, (rows, columns)

    def _as_in_file(self, columns: slice) -> list[slice]:
        """Columns from west to east -> the one or two stretches of the file that hold them."""
        width = self.values.sizes[self.order[2]]
        first = (columns.start + self.turn) % width
        last = first + columns.stop - columns.start
        return [slice(first, last)] if last <= width else [slice(first, width), slice(0, last - width)]

    def _part(self, window: tuple[slice, slice, slice]) -> np.ndarray[Any, Any]:
        try:
            found = self.values.isel(dict(zip(self.order, window, strict=True))).load()
        except UNREADABLE as error:
            raise refused(self.name, "is cut off or corrupt: its values cannot be read", AGAIN) from error
        if "expver" in found.dims:  # final and preliminary values beside each other: the final one where there is one
            found = _final(found.sortby("expver"))
        return np.asarray(found.transpose(*self.order).to_numpy())

    def _decoded(self, nodata: float, dtype: np.dtype[Any]) -> Any:
        """A nodata value as it comes out of the file: scaled, and no finer than the file stores it."""
        told = self.values.encoding
        value = nodata * float(told.get("scale_factor", 1)) + float(told.get("add_offset", 0))
        return dtype.type(value) if dtype.kind == "f" else value


def _final(values: xr.DataArray) -> xr.DataArray:
    """Of values by `expver` (1 final, 5 preliminary) the first in that order that is there."""
    found = values.isel(expver=0, drop=True)
    for version in range(1, values.sizes["expver"]):
        found = found.fillna(values.isel(expver=version, drop=True))
    return found
