"""GeoTIFF rasters: written plainly, and read without trusting them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin


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
        transform=from_origin(west, north, cell_degrees, cell_degrees), nodata=nodata, compress="deflate", predictor=3, **tiles,
    ) as raster:  # fmt: skip
        raster.write(band, 1)
        if description:
            raster.set_band_description(1, description)
