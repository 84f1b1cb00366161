"""Rasters and zones, on nine cells: every answer is arithmetic."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.shutil
import shapely
from exactextract import exact_extract
from pyproj import CRS
from rasterio.control import GroundControlPoint
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from shapely import Point, box

from forecast import geo
from forecast.errors import InputError, Problems
from forecast.geo import raster as raster_module
from forecast.geo.zones import in_crs
from tests import small_places as small

VALID = (0.0, 100.0)


def origin(west: float, north: float, width: float, height: float) -> Affine:
    """Cells of a size, from the north-west corner on."""
    return Affine(width, 0, west, 0, -height, north)


def read(path: Path, places: dict[str, Any], over_zone: Any, nodata: float | None = None) -> tuple[list[float], list[float]]:
    """Values and coverage of the zones."""
    with geo.open_raster(path, root=path.parent, valid=VALID, nodata=nodata) as raster:
        values, coverage = geo.Zonal(geo.areas(small.zones(places), 5)).read(raster, over_zone)
    return values.tolist(), coverage.tolist()


# ------------------------------------------------------------------ distance


def test_a_degree_of_longitude_at_the_equator_is_111_km() -> None:
    assert geo.great_circle_km(0, 0, 0, 1) == pytest.approx(6371.0088 * np.pi / 180)
    assert geo.great_circle_km(60, 0, 60, 1) == pytest.approx(111.195 / 2, rel=1e-3)


def test_distances_of_all_pairs_come_as_a_matrix() -> None:
    lat, lon = np.array([0.0, 90.0]), np.array([0.0, 0.0])
    matrix = geo.great_circle_km(lat[:, None], lon[:, None], lat, lon)
    np.testing.assert_allclose(matrix, [[0, 10007.557], [10007.557, 0]], rtol=1e-6)


def test_a_circle_has_the_area_of_a_circle_on_the_ground() -> None:
    (circle,) = geo.circles([10.0], [20.0], 5.0)
    square_km = circle.area * geo.great_circle_km(0, 0, 1, 0) ** 2 * np.cos(np.radians(10))
    assert square_km == pytest.approx(np.pi * 25, rel=1e-4)


def test_a_latitude_beyond_90_is_a_swapped_pair() -> None:
    assert geo.swapped([5.0, 104.9], [100.0, 11.5]).tolist() == [False, True]


def test_a_pair_that_falls_among_the_others_only_when_swapped_is_swapped() -> None:
    lat, lon = np.array([5.0, 6.0, 7.0, 6.5, -4.0]), np.array([-4.0, -5.0, -4.5, -4.2, 5.5])
    assert geo.swapped(lat, lon).tolist() == [False, False, False, False, True]


def test_a_remote_site_is_far_but_not_swapped() -> None:
    lat, lon = np.array([5.0, 5.1, 5.2, 5.1, 14.0]), np.array([-4.0, -4.1, -4.0, -4.2, -12.0])
    assert not geo.swapped(lat, lon).any()
    assert np.isfinite(geo.far_from_the_rest(lat, lon)).tolist() == [False, False, False, False, True]


# ------------------------------------------------------------------ zones over nine cells


def test_a_mean_weighs_cells_by_the_share_covered(tmp_path: Path) -> None:
    path = small.write_nine(tmp_path / "a.tif")
    values, coverage = read(path, {"A": box(0, 2, 2, 3), "B": box(0.5, 1.5, 1.5, 2.5), "C": box(0, 2, 1.5, 3)}, "mean")
    # A: cells 1 and 2. B: a quarter each of 1, 2, 4, 5. C: all of 1 and half of 2.
    assert values == pytest.approx([1.5, 3.0, (1 + 0.5 * 2) / 1.5])
    assert coverage == pytest.approx([1, 1, 1])


def test_a_sum_adds_the_share_of_each_cell(tmp_path: Path) -> None:
    path = small.write_nine(tmp_path / "a.tif")
    values, _ = read(path, {"A": box(0, 2, 2, 3), "B": box(0.5, 1.5, 1.5, 2.5), "ALL": box(0, 0, 3, 3)}, "sum")
    assert values == pytest.approx([3.0, 45.0, 3.0])  # by code: A, ALL, B


def test_a_zone_outside_the_raster_is_unknown_not_zero(tmp_path: Path) -> None:
    values, coverage = read(small.write_nine(tmp_path / "a.tif"), {"A": box(0, 0, 1, 1), "FAR": box(10, 10, 11, 11)}, "sum")
    assert values == pytest.approx([7.0, np.nan], nan_ok=True)
    assert coverage == [1.0, 0.0]


def test_zones_that_are_all_outside_the_raster_are_unknown(tmp_path: Path) -> None:
    values, coverage = read(small.write_nine(tmp_path / "a.tif"), {"FAR": box(10, 10, 11, 11)}, "mean")
    assert np.isnan(values).all()
    assert coverage == [0.0]


def test_a_zone_half_outside_is_half_seen_and_more_outside_is_empty(tmp_path: Path) -> None:
    path = small.write_nine(tmp_path / "a.tif")
    values, coverage = read(path, {"HALF": box(2, 2, 4, 3), "MORE": box(2, 1, 4.5, 2)}, "mean")
    assert values == pytest.approx([3.0, np.nan], nan_ok=True)
    assert coverage == pytest.approx([0.5, 0.4])


def test_cells_without_value_are_not_zero(tmp_path: Path) -> None:
    holed = small.NINE.copy()
    holed[0, 0] = np.nan
    path = small.write_nine(tmp_path / "a.tif", holed)
    places = {"A": box(0, 2, 2, 3), "B": box(0, 1.5, 1, 3)}
    assert read(path, places, "mean") == (pytest.approx([2.0, np.nan], nan_ok=True), pytest.approx([0.5, 1 / 3]))
    assert read(path, places, "sum")[0] == pytest.approx([2.0, np.nan], nan_ok=True)


def test_cells_without_value_are_zero_where_that_is_what_they_mean(tmp_path: Path) -> None:
    holed = small.NINE.copy()
    holed[0, 0] = np.nan
    path = small.write_nine(tmp_path / "a.tif", holed)
    with geo.open_raster(path, root=tmp_path, valid=(1, 100), no_value=0) as raster:
        values, coverage = geo.Zonal(geo.areas(small.zones({"A": box(0, 1, 1, 3)}), 5)).read(raster, "sum")
    assert (values.tolist(), coverage.tolist()) == (pytest.approx([4.0]), pytest.approx([1.0]))


def test_cells_outside_the_valid_range_are_not_seen_and_are_counted(tmp_path: Path) -> None:
    wild = small.NINE.copy()
    wild[2] = [-5, 8, 101]
    path = small.write_nine(tmp_path / "a.tif", wild)
    with geo.open_raster(path, root=tmp_path, valid=VALID) as raster:
        values = raster.read(slice(0, 3), slice(0, 3))
    assert np.isnan(values[2]).tolist() == [True, False, True]
    assert (raster.outside, raster.outside_example) == (2, -5.0)


def test_nodata_of_the_settings_holds_where_the_file_names_none(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    plain_tiff(path, nodata=None, values=np.where(small.NINE == 5, 99, small.NINE))
    assert read(path, {"A": box(0, 1, 2, 2)}, "mean", nodata=99)[0] == pytest.approx([4.0])


def test_a_nodata_value_is_compared_as_the_file_stores_it(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    plain_tiff(path, nodata=None, values=np.where(small.NINE == 5, 0.1, small.NINE))  # 0.1 as float32 is not 0.1
    assert read(path, {"A": box(0, 1, 2, 2)}, "mean", nodata=0.1)[0] == pytest.approx([4.0])


def test_scale_and_offset_of_the_file_are_applied(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    plain_tiff(path)
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (10.0,), (1.0,)
    assert read(path, {"A": box(0, 2, 1, 3)}, "mean")[0] == pytest.approx([11.0])


def test_points_have_a_catchment() -> None:
    places = geo.areas(small.zones({"P": Point(1, 1), "Q": box(0, 0, 1, 1)}), catchment_km=111.195)
    assert places["P"].bounds == pytest.approx((0, 0, 2, 2), abs=0.002)
    assert places["Q"].equals(box(0, 0, 1, 1))


def test_a_raster_in_metres_gives_the_same_as_in_degrees(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(1, 50, (40, 40))
    path = tmp_path / "metres.tif"
    plain_tiff(path, values=values, crs="EPSG:32636", transform=origin(500_000, 40_000, 1000, 1000))
    square = gpd.GeoSeries([box(510_000, 10_000, 530_000, 30_000)], crs="EPSG:32636")
    places = {"A": gpd.GeoSeries(shapely.segmentize(square.to_numpy(), 500), crs=square.crs).to_crs("EPSG:4326").iloc[0]}
    # Rows 10 .. 30 from the north, columns 10 .. 30 from the west.
    assert read(path, places, "mean")[0] == pytest.approx([values[10:30, 10:30].mean()], rel=1e-4)


@pytest.mark.parametrize("strip", [1, 7, 10_000])
def test_means_and_sums_equal_those_of_exactextract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strip: int) -> None:
    rng = np.random.default_rng(7)
    values = rng.uniform(0, 90, (30, 40))
    values[rng.uniform(size=values.shape) < 0.1] = np.nan
    path = tmp_path / "a.tif"
    geo.write_geotiff(path, values, west=-1, north=2, cell_degrees=0.1, nodata=-1)
    circles = geo.circles(rng.uniform(-0.5, 1.5, 12), rng.uniform(-0.5, 2.5, 12), 35)
    places = {f"Z{n:02d}": circle for n, circle in enumerate(circles)}
    monkeypatch.setattr("forecast.geo.raster.STRIP_CELLS", strip)
    for how in ("mean", "sum"):
        theirs = exact_extract(str(path), small.zones(places), [how], output="pandas")[how]
        ours, coverage = read(path, places, how)
        assert min(coverage) > 0.5
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("strip", [300, 10_000])
def test_largest_and_mean_by_people_equal_those_of_exactextract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strip: int
) -> None:
    monkeypatch.setattr("forecast.geo.raster.STRIP_CELLS", strip)
    rng = np.random.default_rng(6)
    rain, people = rng.uniform(0, 99, (40, 50)), rng.gamma(0.3, 100, (40, 50))
    path, living = tmp_path / "rain.tif", tmp_path / "people.tif"
    for file, values in ((path, rain), (living, people)):
        geo.write_geotiff(file, values, west=-1, north=2, cell_degrees=0.1, nodata=-1)
    circles = geo.circles(rng.uniform(-1.5, 1.5, 12), rng.uniform(-0.5, 3.5, 12), 30)
    places = small.zones({f"{n:02}": shape for n, shape in enumerate(circles)})
    theirs = exact_extract(str(path), places, ["max", "weighted_mean"], weights=str(living), output="pandas")
    grid, counts = geo.read_raster(living, root=tmp_path, valid=(0, 1e9))
    areas = geo.areas(places, 5)
    with geo.open_raster(path, root=tmp_path, valid=VALID) as raster:
        largest, _ = geo.Zonal(areas).read(raster, "max")
        means, _ = geo.Zonal(areas, people=geo.People("people.tif", grid, counts, "key")).read(raster, "people_mean")
    np.testing.assert_allclose(largest, theirs["max"], rtol=1e-9)
    np.testing.assert_allclose(means, theirs["weighted_mean"], rtol=1e-6)


def test_weights_are_computed_once_per_grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = geo.zonal_weights
    monkeypatch.setattr("forecast.geo.zonal.zonal_weights", lambda *args: calls.append(1) or real(*args))
    zonal = geo.Zonal(geo.areas(small.zones({"A": box(0, 0, 2, 2)}), 5))
    for name in ("a.tif", "b.tif", "c.tif"):
        with geo.open_raster(small.write_nine(tmp_path / name), root=tmp_path, valid=VALID) as raster:
            zonal.read(raster, "mean")
    assert len(calls) == 1


def test_a_written_raster_reads_back_with_its_place(tmp_path: Path) -> None:
    values = np.array([[1.0, np.nan], [3.0, 4.5]])
    geo.write_geotiff(tmp_path / "a.tif", values, west=-8, north=10, cell_degrees=0.25, nodata=-9999, description="rain")
    grid, read_back = geo.read_raster(tmp_path / "a.tif", root=tmp_path, valid=VALID)
    np.testing.assert_array_equal(read_back, values)
    assert grid.bounds == (-8, 9.5, -7.5, 10)
    assert (grid.rows, grid.columns) == (2, 2)


# ------------------------------------------------------------------ files that must not be read


def plain_tiff(
    path: Path, *, values: np.ndarray = small.NINE, transform: Affine | None = None, bands: int = 1, **changes: Any
) -> None:
    """A raster with one thing changed."""
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": bands, "dtype": "float32"}
    profile |= {"crs": "EPSG:4326", "nodata": -9999.0, "transform": transform or origin(0, 3, 1, 1)} | changes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rasterio warns of what is made here on purpose
        with rasterio.open(path, "w", **profile) as raster:
            for band in range(bands):
                raster.write(values.astype(profile["dtype"]), band + 1)


def control_points_only(path: Path) -> None:
    plain_tiff(path, crs=None, transform=Affine.identity())
    with rasterio.open(path, "r+") as raster:
        corners = [GroundControlPoint(row, col, float(col), -float(row)) for row, col in ((0, 0), (0, 3), (3, 0))]
        raster.gcps = (corners, rasterio.crs.CRS.from_epsg(4326))


def cut_off(path: Path) -> None:
    plain_tiff(path, values=np.random.default_rng(0).uniform(0, 9, (300, 300)), transform=origin(0, 3, 0.01, 0.01))
    path.write_bytes(path.read_bytes()[:200_000])


def vrt_in_disguise(path: Path) -> None:
    small.write_nine(path.with_name("real.tif"))
    with rasterio.open(path.with_name("real.tif")) as source, WarpedVRT(source) as vrt:
        rasterio.shutil.copy(vrt, path, driver="VRT")


REFUSALS: dict[str, tuple[Callable[[Path], None], str]] = {
    "text": (lambda p: p.write_text("not a raster") and None, "cannot be opened as a GeoTIFF: cut off, corrupt, or another kind"),
    "empty": (lambda p: p.write_bytes(b"") and None, "is empty (0 bytes). Get the file again"),
    "zeros": (lambda p: p.write_bytes(bytes(5000)) and None, "is a file of zeros: its writer was stopped"),
    "netcdf": (lambda p: p.write_bytes(b"\x89HDF\r\n\x1a\n") and None, "is a NetCDF, not a GeoTIFF. Name the `variable`"),
    "vrt": (vrt_in_disguise, "is a virtual raster (VRT): it names other files"),
    "cut off": (cut_off, "is cut off or corrupt: its values cannot be read"),
    "no crs": (lambda p: plain_tiff(p, crs=None), "has no coordinate reference system. Warp or tag the file with one"),
    "control points": (control_points_only, "has only control points, no coordinate reference system"),
    "rotated": (lambda p: plain_tiff(p, transform=Affine(1, 0.5, 0, 0.5, -1, 3)), "is rotated. Warp it to a north-up grid"),
    "south up": (lambda p: plain_tiff(p, transform=Affine(1, 0, 0, 0, 1, 0)), "runs from south to north"),
    "east west": (lambda p: plain_tiff(p, transform=Affine(-1, 0, 3, 0, -1, 3)), "runs from east to west"),
    "0..360": (lambda p: plain_tiff(p, transform=origin(0, 90, 120, 60)), "has longitudes beyond 180"),
    "bands": (lambda p: plain_tiff(p, bands=2), "has 2 bands. Say which date each has (`band_date`), or give one file"),
    "metres": (lambda p: plain_tiff(p, transform=origin(7e5, 9e5, 1e3, 1e3)), "which are no degrees, as its CRS (WGS 84) says"),
    "degrees": (
        lambda p: plain_tiff(p, crs="EPSG:32629", transform=origin(-13, 9, 0.1, 0.1)),
        "degrees, though its CRS (WGS 84 / UTM",
    ),
    "no nodata": (lambda p: plain_tiff(p, nodata=None), "names no nodata value. Give `nodata:` in the settings"),
    "complex": (lambda p: plain_tiff(p, dtype="complex64"), "holds complex64 values"),
}


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_raster_that_cannot_be_trusted_is_refused_by_name(tmp_path: Path, fault: str) -> None:
    make, message = REFUSALS[fault]
    make(tmp_path / "rain.tif")
    with pytest.raises(InputError, match=r"^rain\.tif: 1 problem\n") as caught:
        geo.read_raster(tmp_path / "rain.tif", root=tmp_path, valid=VALID)
    assert message in str(caught.value)


def test_all_that_is_wrong_with_a_raster_is_told_at_once(tmp_path: Path) -> None:
    plain_tiff(tmp_path / "rain.tif", crs=None, nodata=None)
    with pytest.raises(InputError, match="2 problems"):
        geo.read_raster(tmp_path / "rain.tif", root=tmp_path, valid=VALID)


def test_a_declared_size_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tif"
    shape = {"height": 60_000, "width": 60_000, "tiled": True, "compress": "deflate", "SPARSE_OK": True}
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype="float32", crs="EPSG:4326", nodata=0,
                       transform=origin(0, 1, 1e-5, 1e-5), **shape):  # fmt: skip
        pass
    assert path.stat().st_size < 2_000_000
    with pytest.raises(InputError, match=r"declares 60,000 x 60,000 cells, more than 2,000,000,000"):
        geo.read_raster(path, root=tmp_path, valid=VALID)


def test_a_block_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster_module, "MAX_BLOCK_BYTES", 30)
    plain_tiff(tmp_path / "a.tif")
    with pytest.raises(InputError, match=r"is stored in blocks of 3 x 3 cells\. Write it in tiles"):
        geo.read_raster(tmp_path / "a.tif", root=tmp_path, valid=VALID)


KILLED_WRITER = """
import os, sys, numpy, rasterio
from rasterio.transform import Affine
raster = rasterio.open(sys.argv[1], "w", driver="GTiff", height=600, width=600, count=1, dtype="float32", crs="EPSG:4326",
                       transform=Affine(0.005, 0, 0, 0, -0.005, 3), nodata=eval(sys.argv[2]))
raster.write(numpy.full((200, 600), 5, "float32"), 1, window=rasterio.windows.Window(0, 0, 600, 200))
os._exit(0)
"""


def test_a_raster_whose_writer_was_killed_is_not_read_as_zeros(tmp_path: Path) -> None:
    for name, nodata in (("untagged.tif", "None"), ("tagged.tif", "-9999.0")):
        subprocess.run([sys.executable, "-c", KILLED_WRITER, str(tmp_path / name), nodata], check=True)
    with pytest.raises(InputError, match="is cut off: parts of it were never written"):
        geo.read_raster(tmp_path / "untagged.tif", root=tmp_path, valid=VALID, nodata=-9999)
    _, values = geo.read_raster(tmp_path / "tagged.tif", root=tmp_path, valid=VALID)
    assert np.isnan(values).all()


def test_a_file_beside_the_raster_changes_nothing(tmp_path: Path) -> None:
    path = small.write_nine(tmp_path / "a.tif")
    Path(f"{path}.aux.xml").write_text(
        "<PAMDataset><PAMRasterBand band='1'><NoDataValue>5</NoDataValue><Scale>100</Scale></PAMRasterBand></PAMDataset>"
    )
    _, values = geo.read_raster(path, root=tmp_path, valid=VALID)
    np.testing.assert_array_equal(values, small.NINE)


@pytest.mark.parametrize("path", ["http://host/a.tif", "/vsicurl/http:/host/a.tif", "/vsizip/a.zip/a.tif", "<VRTDataset/>"])
def test_addresses_and_virtual_paths_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="is an address or a virtual path, not a file"):
        geo.plain_file(path, tmp_path)


def test_a_path_or_link_out_of_the_data_folder_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.mkdir()
    small.write_nine(tmp_path / "secret.tif")
    (root / "link.tif").symlink_to(tmp_path / "secret.tif")
    for path in (root / "link.tif", root / ".." / "secret.tif", tmp_path / "secret.tif"):
        with pytest.raises(InputError, match=r"^secret\.tif: 1 problem\n  leads out of the data folder"):
            geo.read_raster(path, root=root, valid=VALID)
    with pytest.raises(InputError, match="there is no such file"):
        geo.read_raster(root / "none.tif", root=root, valid=VALID)


def test_an_infinite_nodata_value_is_nothing_and_one_that_does_not_fit_is_no_cell(tmp_path: Path) -> None:
    holed = np.where(small.NINE == 5, np.inf, small.NINE)
    plain_tiff(tmp_path / "inf.tif", values=holed, nodata=np.inf)
    _, values = geo.read_raster(tmp_path / "inf.tif", root=tmp_path, valid=VALID)
    assert np.isnan(values).sum() == 1
    bytes_ = np.where(small.NINE == 5, 241, small.NINE)  # -9999 as a byte would be 241
    plain_tiff(tmp_path / "byte.tif", values=bytes_, nodata=None, dtype="uint8")
    _, values = geo.read_raster(tmp_path / "byte.tif", root=tmp_path, valid=(0, 255), nodata=-9999)
    np.testing.assert_array_equal(values, bytes_)


def test_a_zone_much_smaller_than_a_cell_has_the_value_of_its_cell(tmp_path: Path) -> None:
    small.write_nine(tmp_path / "a.tif")
    for how in ("mean", "max"):
        values, coverage = read(tmp_path / "a.tif", {"DOT": box(1.5, 1.5, 1.50001, 1.50001)}, how)
        assert values == [5]
        assert coverage == pytest.approx([1], rel=1e-3)


def test_overlapping_zones_each_have_the_whole_of_what_they_cover(tmp_path: Path) -> None:
    small.write_nine(tmp_path / "a.tif")
    values, _ = read(tmp_path / "a.tif", {"A": box(0, 0, 3, 3), "B": box(0, 2, 1, 3)}, "sum")
    assert values == pytest.approx([45, 1])


def test_blocks_of_many_bands_together_are_one_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster_module, "MAX_BLOCK_BYTES", 40)
    plain_tiff(tmp_path / "apart.tif", bands=4, interleave="band")
    plain_tiff(tmp_path / "together.tif", bands=4, interleave="pixel")
    with geo.open_geotiff(tmp_path / "apart.tif", root=tmp_path) as stack:
        assert len(stack.labels) == 4
    with (
        pytest.raises(InputError, match="is stored in blocks of 3 x 3 cells"),
        geo.open_geotiff(tmp_path / "together.tif", root=tmp_path),
    ):
        pass


def test_a_map_of_people_in_another_crs_is_refused(tmp_path: Path) -> None:
    plain_tiff(tmp_path / "utm.tif", crs="EPSG:32631", transform=origin(300_000, 400_000, 100_000, 100_000))
    with geo.open_geotiff(tmp_path / "utm.tif", root=tmp_path) as stack:
        people = geo.People("utm.tif", stack.grid, small.NINE, "key")
    zonal = geo.Zonal(geo.areas(small.zones({"A": box(0, 0, 3, 3)}), 5), people=people)
    with (
        geo.open_raster(small.write_nine(tmp_path / "a.tif"), root=tmp_path, valid=VALID) as raster,
        pytest.raises(InputError, match=r"utm\.tif: 1 problem\n  has another CRS than the rasters it is to weigh"),
    ):
        zonal.read(raster, "people_mean")


# ------------------------------------------------------------------ points in zones


def test_a_point_belongs_to_the_zone_it_lies_in_else_to_the_nearest_within_reach() -> None:
    places = small.zones({"B": box(1, 0, 2, 1), "A": box(0, 0, 1, 1)})
    lat, lon = [0.5, 0.5, 1.03, 1.06, 0.5], [0.5, 1.5, 1.6, 1.6, -0.03]  # 0.03 degrees: 3.3 km
    assert geo.zone_at(lat, lon, places, within_km=5).tolist() == ["A", "B", "B", "", "A"]


def test_on_a_shared_border_the_first_code_has_the_point_whatever_the_order() -> None:
    places = {"B": box(1, 0, 2, 1), "A": box(0, 0, 1, 1)}
    for order in (["A", "B"], ["B", "A"]):
        assert geo.zone_at([0.5], [1.0], small.zones({code: places[code] for code in order}), 5).tolist() == ["A"]


def test_points_belong_to_the_nearest_site_when_zones_are_points() -> None:
    places = small.zones({"P": Point(0, 0), "Q": Point(0.05, 0)})
    assert geo.zone_at([0.0, 0.0, 0.0], [0.01, 0.04, 0.2], places, within_km=5).tolist() == ["P", "Q", ""]


def test_distance_to_a_zone_is_over_the_ground_not_in_degrees() -> None:
    # At 60 degrees north a degree of longitude is half a degree of latitude: the slope is 1 / sqrt(5) degrees away, 49.7 km.
    places = {"SLOPE": shapely.Polygon([(1, 60), (0, 61), (1, 61)])}
    assert geo.zone_at([60.0], [0.0], small.zones(places), within_km=51).tolist() == ["SLOPE"]
    assert geo.zone_at([60.0], [0.0], small.zones(places), within_km=48).tolist() == [""]
    places["FLAT"] = box(-1, 59, 1, 59.545)  # 50.6 km
    assert geo.zone_at([60.0], [0.0], small.zones(places), within_km=55).tolist() == ["SLOPE"]


def test_a_long_straight_border_follows_its_parallel_in_another_crs() -> None:
    strip = geo.areas(small.zones({"A": box(0, 50, 20, 51)}), 5)
    moved = in_crs(strip, CRS.from_epsg(3035).to_wkt())
    middle = gpd.GeoSeries([Point(10, 50.02), Point(10, 51.02)], crs="EPSG:4326").to_crs(3035)
    assert shapely.contains(moved.iloc[0], middle.to_numpy()).tolist() == [True, False]


def test_zones_by_code_are_sorted_whether_code_is_column_or_index() -> None:
    places = small.zones({"B": box(1, 0, 2, 1), "A": box(0, 0, 1, 1)})
    for given in (places, places.set_index("zone")):
        assert geo.by_zone(given).index.tolist() == ["A", "B"]


# ------------------------------------------------------------------ real rasters


def test_real_broken_rasters_are_refused_or_empty(real_data: Path) -> None:
    broken = real_data / "broken"
    for name, message in (("corrupt.tif", "has 3 bands"), ("au-gcp.tif", "has only control points")):
        with pytest.raises(InputError, match=message):
            geo.read_raster(broken / name, root=real_data, valid=(0, 255), nodata=0)
    _, values = geo.read_raster(broken / "all_nodata.tif", root=real_data, valid=VALID)
    assert np.isnan(values).all()


def test_a_real_population_is_what_exactextract_adds_up(real_data: Path) -> None:
    path = real_data / "sle/population/sle_pop_2025_CN_1km_R2025A_UA_v1.tif"
    places = geo.read_zones(
        real_data / "sle/boundaries/SLE_adm2.retyped.geojson", root=real_data, problems=Problems(), columns={"zone": "ADM2_PCODE"}
    )
    with geo.open_raster(path, root=real_data, valid=(0, 1e6), no_value=0) as raster:
        people, coverage = geo.Zonal(geo.areas(places, 5)).read(raster, "sum")
    theirs = exact_extract(str(path), places, ["sum"], output="pandas")["sum"]
    pd.testing.assert_series_equal(pd.Series(people), theirs, rtol=1e-9, check_names=False)
    assert coverage.min() > 0.9
    assert 7e6 < people.sum() < 1e7
