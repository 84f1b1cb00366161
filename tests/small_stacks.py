"""Files of several rasters, small enough to work out by hand: bands with dates in their names, NetCDF with times."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from rasterio.transform import Affine

from tests import small_places as small


def write_bands(path: Path, names: list[str], tag: str = "", nodata: float | None = -9999.0) -> Path:
    """A band per name, the nine cells times 1, 2, 3, ...; with `tag` the names stand in that tag of the bands."""
    profile = {"driver": "GTiff", "height": 3, "width": 3, "count": len(names), "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **profile, nodata=nodata, transform=Affine(1, 0, 0, 0, -1, 3)) as raster:
        for band, name in enumerate(names, start=1):
            raster.write((small.NINE * band).astype("float32"), band)
            if tag:
                raster.update_tags(band, **{tag: name})
            else:
                raster.set_band_description(band, name)
    return path


def nine_by_time(times: list[str], values: list[np.ndarray] | None = None, **attrs: Any) -> xr.Dataset:
    """`rain` (time, latitude, longitude): the nine cells times 1, 2, 3, ... in mm."""
    layers = values if values is not None else [small.NINE * n for n in range(1, len(times) + 1)]
    rain = (("time", "latitude", "longitude"), np.array(layers, "float32"), {"units": "mm"} | attrs)
    coords = {"time": pd.DatetimeIndex(times), "latitude": [2.5, 1.5, 0.5], "longitude": [0.5, 1.5, 2.5]}
    ds = xr.Dataset({"rain": rain}, coords)
    ds["rain"].encoding = {"_FillValue": np.float32(-9999)}
    return ds


def write_netcdf(path: Path, ds: xr.Dataset, engine: Any = "h5netcdf") -> Path:
    ds.to_netcdf(path, engine=engine)
    return path
