"""Faulty files that no text can hold; each writer is named by a case of the manual."""

from __future__ import annotations

import gzip
import os
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import h5py
import numpy as np
import openpyxl
import pandas as pd
import rasterio
import shapely
import xarray as xr
from rasterio.control import GroundControlPoint
from rasterio.transform import Affine

from tests.faults import bombs


def nothing(path: Path) -> None:
    """No file at all."""
    path.unlink(missing_ok=True)


def text_file(path: Path) -> None:
    """A text under the ending of something else."""
    path.write_text("zone,lat,lon\nZ-01,5.1,30.2\n", encoding="utf-8")


# ------------------------------------------------------------------ samples


def samples_below_zero(path: Path) -> None:
    _samples().assign(demand=[-1.0, *[5.0] * 5]).to_parquet(path)


def samples_missing(path: Path) -> None:
    _samples()[:-1].to_parquet(path)


def samples_infinite(path: Path) -> None:
    _samples().assign(demand=[np.inf, *[5.0] * 5]).to_parquet(path)


def samples_as_text(path: Path) -> None:
    _samples().astype({"demand": "str"}).to_parquet(path)


def samples_with_codes_as_numbers(path: Path) -> None:
    _samples().assign(zone=[1, 1, 2, 2, 3, 3]).to_parquet(path)


def another_table(path: Path) -> None:
    _samples().rename(columns={"demand": "quantity"}).to_parquet(path)


def _samples() -> pd.DataFrame:
    """Two futures of each of the three zones."""
    zones = [zone for zone in ("Z-01", "Z-02", "Z-03") for _ in range(2)]
    day = pd.Timestamp("2026-03-02")
    return pd.DataFrame({"zone": zones, "item": "kit", "period": day, "sample": [0, 1] * 3, "demand": 5.0})


# ------------------------------------------------------------------ rasters


def raster_sound(path: Path, **changes: Any) -> None:
    """Rain over the three zones: 40 x 8 cells, 5 mm in each; `changes`: of what rasterio writes."""
    figures = {
        "driver": "GTiff", "width": 40, "height": 8, "count": 1, "dtype": "float32", "crs": "EPSG:4326", "nodata": -9999.0,
        "transform": Affine(0.05, 0, 29.8, 0, -0.1, 5.7),
    } | {key: value for key, value in changes.items() if key != "value"}  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path, "w", **figures) as raster:
            for band in range(1, figures["count"] + 1):
                raster.write(np.full((figures["height"], figures["width"]), changes.get("value", 5.0), figures["dtype"]), band)


def raster_no_crs(path: Path) -> None:
    raster_sound(path, crs=None)


def raster_no_nodata(path: Path) -> None:
    raster_sound(path, nodata=None)


def raster_two_bands(path: Path) -> None:
    raster_sound(path, count=2)


def raster_south_up(path: Path) -> None:
    raster_sound(path, transform=Affine(0.05, 0, 29.8, 0, 0.1, 4.9))


def raster_rotated(path: Path) -> None:
    raster_sound(path, transform=Affine(0.05, 0.01, 29.8, 0.01, -0.1, 5.7))


def raster_text_renamed(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    text_file(path)


def raster_cut_off(path: Path) -> None:
    raster_sound(path)
    path.write_bytes(path.read_bytes()[:200])


def raster_one_of_two_cut_off(path: Path) -> None:
    raster_sound(path)
    raster_cut_off(path.with_name("rain_2026-02-09.tif"))


def raster_out_of_range(path: Path) -> None:
    raster_sound(path, value=5000.0)


def raster_over_the_sea(path: Path) -> None:
    raster_sound(path, transform=Affine(0.05, 0, -29.8, 0, -0.1, 5.7))


def raster_all_nodata(path: Path) -> None:
    raster_sound(path, value=-9999.0)


def raster_a_vrt_renamed(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text('<VRTDataset rasterXSize="40" rasterYSize="8"><VRTRasterBand dataType="Byte" band="1"/></VRTDataset>')


def raster_a_million_cells_a_side(path: Path) -> None:
    """A small file that declares a terabyte: nothing in it is written."""
    figures = {"driver": "GTiff", "width": 10**6, "height": 10**6, "count": 1, "dtype": "uint8", "crs": "EPSG:4326", "nodata": 0}
    path.parent.mkdir(exist_ok=True)
    place = Affine(1e-5, 0, 30, 0, -1e-5, 6)
    with rasterio.open(path, "w", **figures, transform=place, sparse_ok=True, tiled=True, blockxsize=4096, blockysize=4096):
        pass


def raster_two_of_one_week(path: Path) -> None:
    raster_sound(path)
    raster_sound(path.with_name("rain_2026-02-18.tif"))


def raster_zero_bytes(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")


def raster_of_zeros(path: Path) -> None:
    """What a disk that was cut off leaves: the length of a file, and nothing in it."""
    raster_sound(path)
    path.write_bytes(bytes(path.stat().st_size))


def raster_half_written(path: Path) -> None:
    """A writer killed after the head: the cells were never written, and no nodata value says so."""
    path.parent.mkdir(exist_ok=True)
    profile = {"driver": "GTiff", "width": 512, "height": 512, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    place = Affine(0.005, 0, 29.8, 0, -0.005, 5.7)
    with rasterio.open(path, "w", **profile, transform=place, tiled=True, blockxsize=256, blockysize=256, sparse_ok=True):
        pass


def raster_control_points_only(path: Path) -> None:
    raster_sound(path, crs=None, transform=Affine.identity())
    with rasterio.open(path, "r+") as raster:
        corners = [GroundControlPoint(row, column, 30 + column / 20, 5.7 - row / 10) for row, column in ((0, 0), (0, 40), (8, 0))]
        raster.gcps = (corners, rasterio.crs.CRS.from_epsg(4326))


def raster_metres_as_degrees(path: Path) -> None:
    raster_sound(path, transform=Affine(5000, 0, 166_000, 0, -5000, 630_000))


def raster_degrees_as_metres(path: Path) -> None:
    raster_sound(path, crs="EPSG:32636")


def raster_east_of_180(path: Path) -> None:
    raster_sound(path, transform=Affine(9, 0, 0, 0, -9, 36))


def raster_netcdf_renamed(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500))


def raster_a_link_out(path: Path) -> None:
    outside = path.parent.parent.with_name("outside.tif")
    raster_sound(outside)
    path.parent.mkdir(exist_ok=True)
    _link(path, outside)


def raster_complex(path: Path) -> None:
    raster_sound(path, dtype="complex64", nodata=-9999.0)


def raster_not_its_checksum(path: Path) -> None:
    raster_sound(path)
    path.with_name(f"{path.name}.sha256").write_text(f"{'0' * 64}  {path.name}\n")


def raster_hostile_aux(path: Path) -> None:
    """A file beside the raster that says its nodata value is 5, which is what all its cells hold."""
    raster_sound(path)
    aux = "<PAMDataset><PAMRasterBand band='1'><NoDataValue>5</NoDataValue></PAMRasterBand></PAMDataset>"
    path.with_name(f"{path.name}.aux.xml").write_text(aux)


def netcdf_sound(path: Path, **changes: Any) -> None:
    """Rain over the three zones in one week, 5 mm in each cell."""
    path.parent.mkdir(exist_ok=True)
    places = {"latitude": 5.65 - 0.1 * np.arange(8), "longitude": 29.825 + 0.05 * np.arange(40)} | changes
    rain = (("time", "latitude", "longitude"), np.full((1, 8, 40), 5, "float32"), {"units": "mm"})
    ds = xr.Dataset({"rain": rain}, {"time": pd.DatetimeIndex(["2026-02-16"]), **places})
    ds["rain"].encoding = {"_FillValue": np.float32(-9999)}
    ds.to_netcdf(path, engine="h5netcdf")


def netcdf_across_180(path: Path) -> None:
    netcdf_sound(path, longitude=160.5 + np.arange(40.0))


def netcdf_uneven(path: Path) -> None:
    netcdf_sound(path, latitude=5.65 - 0.1 * np.arange(8) ** 1.5)


def netcdf_elsewhere(path: Path) -> None:
    """Values that are the bytes of another file of the machine."""
    netcdf_sound(path)
    secret = path.with_name("secret.bin")
    secret.write_bytes(bytes(8 * 40 * 4))
    with h5py.File(path, "r+") as file:
        del file["rain"]
        file.create_dataset("rain", (1, 8, 40), "float32", external=[(str(secret), 0, h5py.h5f.UNLIMITED)])


def netcdf_cut_off(path: Path) -> None:
    netcdf_sound(path)
    path.write_bytes(path.read_bytes()[:3000])


# ------------------------------------------------------------------ zones


def zones_sound(path: Path, **changes: Any) -> None:
    """Three squares from west to east, as in the tiny operation; `changes`: columns, and `crs`."""
    squares = [shapely.box(30 + 0.5 * n, 5, 30.5 + 0.5 * n, 5.5) for n in range(3)]
    columns = {"zone": ["Z-01", "Z-02", "Z-03"], "population": [1000, 2000, 3000]}
    columns |= {name: values for name, values in changes.items() if name != "crs"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.GeoDataFrame(columns, geometry=squares, crs=changes.get("crs", "EPSG:4326")).to_file(path)


def zones_without_crs(path: Path) -> None:
    zones_sound(path, crs=None)


def zones_two_layers(path: Path) -> None:
    squares = gpd.GeoDataFrame({"zone": ["Z-01"]}, geometry=[shapely.box(30, 5, 30.5, 5.5)], crs=4326)
    for layer in ("adm1", "adm2"):
        squares.to_file(path, layer=layer)


def zones_cut_off(path: Path) -> None:
    zones_sound(path)
    path.write_bytes(path.read_bytes()[:30_000])


def zones_shp_without_prj(path: Path) -> None:
    zones_sound(path)
    path.with_suffix(".prj").unlink()


def zones_shp_without_dbf(path: Path) -> None:
    zones_sound(path)
    path.with_suffix(".dbf").unlink()


def zones_in_metres(path: Path) -> None:
    """UTM coordinates in a GeoJSON, which means degrees."""
    squares = [shapely.box(166_000 + 55_000 * n, 553_000, 221_000 + 55_000 * n, 608_000) for n in range(3)]
    gpd.GeoDataFrame({"zone": ["Z-01", "Z-02", "Z-03"]}, geometry=squares, crs=4326).to_file(path)


def zones_with_number_codes(path: Path) -> None:
    """Codes that a program turned into numbers: 00101 became 101."""
    zones_sound(path, zone=[101, 102, 103])


# ------------------------------------------------------------------ tables


def records_with_a_long_cell(path: Path) -> None:
    """A record whose zone is a megabyte long, among 24 sound ones."""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{'Z' * 1_000_000},kit,2026-01-05,10,5\n")


def old_workbook(path: Path) -> None:
    """How every .xls begins, and every .xlsx that is protected by a password."""
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))


def workbook_renamed(path: Path) -> None:
    openpyxl.Workbook().save(path)


def gzip_renamed(path: Path) -> None:
    path.write_bytes(gzip.compress(b"depot,item,quantity\nD1,kit,100\nD2,kit,0\n", mtime=0))


def workbook_cut_off(path: Path) -> None:
    openpyxl.Workbook().save(path)
    path.write_bytes(path.read_bytes()[:2000])


def workbook_without_sheet(path: Path) -> None:
    """A workbook that names a sheet its archive does not have."""
    bombs.archive(path, {name: text for name, text in bombs.PARTS.items() if name != bombs.SHEET})


def workbook_of_entities(path: Path) -> None:
    """A billion laughs in the XML of a sheet."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    sheet = f'<!DOCTYPE w [<!ENTITY l0 "ha">{laughs}]>' + bombs.PARTS[bombs.SHEET].replace("<v>1</v>", "<v>&l9;</v>")
    bombs.archive(path, bombs.PARTS | {bombs.SHEET: sheet})


def another_zip(path: Path) -> None:
    bombs.archive(path, {"readme.txt": "not a workbook"})


def text_document(path: Path) -> None:
    bombs.archive(path, {"[Content_Types].xml": bombs.PARTS["[Content_Types].xml"], "word/document.xml": "<document/>"})


# ------------------------------------------------------------------ what is no file


def a_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def a_link_out(path: Path) -> None:
    outside = path.parent.with_name(f"{path.parent.name}-outside.csv")
    outside.write_text("depot,item,quantity\nD1,kit,1\n", encoding="utf-8")
    _link(path, outside)


def a_broken_link(path: Path) -> None:
    _link(path, path.with_name("gone.csv"))


def a_link_to_itself(path: Path) -> None:
    _link(path, path)


def a_pipe(path: Path) -> None:
    """A named pipe: reading it would wait for ever."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)
