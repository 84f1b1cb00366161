"""Faulty files that no text can hold; each writer is named by a case of the manual."""

from __future__ import annotations

import gzip
import os
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import rasterio
import shapely
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
