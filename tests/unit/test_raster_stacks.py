"""Signals from files of many rasters: dates in bands and times, units, rates and amounts, what a zone is told: by arithmetic."""

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import ValidationError
from pyproj import CRS
from shapely import box

from forecast import geo
from forecast.errors import InputError, Problems
from forecast.ingest import _scenes, raster
from forecast.schema import Reading
from tests import small_places as small
from tests.small_stacks import nine_by_time, write_bands, write_netcdf

PLACES = small.zones({"B": box(1, 2, 2, 3), "A": box(0, 2, 1, 3)})  # A: the cell of 1; B: that of 2
DAYS = ["2026-02-23", "2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01"]  # a week
BANDS = {"path": "rain*.tif", "band_date": "Y(?P<year>..)(?P<doy>...)", "step": "D", "unit": "mm", "valid": [0, 500]}
TIMES = {"path": "rain*.nc", "variable": "rain", "crs": "EPSG:4326", "step": "D", "unit": "mm", "valid": [-500, 500]}
NAN = np.nan


def read(folder: Path, base: dict[str, Any], asked: Reading | None = None, **changes: Any) -> xr.Dataset:
    settings = raster.Settings.model_validate({"over_time": "sum"} | base | changes)
    ds = raster.read(settings, asked or small.reading(folder, PLACES), "rain")
    assert isinstance(ds, xr.Dataset)
    return ds


def of_a(ds: xr.Dataset) -> list[float]:
    return [float(value) for value in ds["rain"].sel(zone="A")]


# ------------------------------------------------------------------ bands


def test_bands_are_dated_by_their_names(tmp_path: Path) -> None:
    write_bands(tmp_path / "rain.tif", [f"Y26{day:03}" for day in range(54, 61)])  # 23 February to 1 March
    ds = read(tmp_path, BANDS)
    np.testing.assert_allclose(ds["rain"], [[28], [56]])  # 1 + 2 + ... + 7, twice as much in B
    assert str(ds.indexes["period"][0].date()) == "2026-02-23"


def test_bands_are_dated_by_a_tag(tmp_path: Path) -> None:
    write_bands(tmp_path / "rain.tif", DAYS, tag="DAY")
    assert of_a(read(tmp_path, BANDS, band_date="(?P<date>.*)", band_tag="DAY")) == [28]


def test_bands_of_days_that_are_not_over_are_not_read(tmp_path: Path) -> None:
    write_bands(tmp_path / "rain.tif", [f"Y26{day:03}" for day in range(54, 63)])
    asked = small.reading(tmp_path, PLACES, period="D")
    assert of_a(read(tmp_path, BANDS, asked)) == [1, 2, 3, 4, 5, 6, 7]
    assert asked.ledger.remarks[0] == "rain: 2 rasters of dates not over by the issue date were left out."


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Y26054", "total"], r"rain\.tif: 1 problem\n  'total' has no date in the name of band 2\. Mend `band_date` of rain"),
        (["Y26054", "Y26400"], r"'26400' is no day of the calendar, in the name of band 2\. Mend `band_date`"),
        (["Y26054", "Y26054"], r"'Y26054' has the date of rain\.tif Y26054\. See whether `step: D` is right"),
        (["", ""], r"has no date in the name of band 1"),
    ],
)
def test_bands_without_a_date_of_their_own_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    write_bands(tmp_path / "rain.tif", names)
    with pytest.raises(InputError, match=message):
        read(tmp_path, BANDS)


@pytest.mark.parametrize(
    ("pattern", "text", "day"),
    [
        ("(?P<year>....)(?P<month>..)(?P<day>..)", "20260203", "2026-02-03"),
        ("Y(?P<year>..)(?P<doy>...)", "Y16299", "2016-10-25"),
        ("(?P<year>....)_(?P<month>..)", "2026_02", "2026-02-01"),
        ("(?P<day>..).(?P<month>..).(?P<year>....)", "03.02.2026", "2026-02-03"),
        ("(?P<year>....)(?P<month>..)(?P<day>..)(?P<hour>..)", "2026020306", "2026-02-03 06:00"),
        ("Y(?P<year>..)(?P<doy>...)", "Y26366", None),
        ("Y(?P<year>..)(?P<doy>...)", "Y26000", None),
        ("(?P<year>....)(?P<month>..)", "202613", None),
    ],
)
def test_dates_are_put_together_from_parts(pattern: str, text: str, day: str | None) -> None:
    found, _ = _scenes.read_date(re.search(pattern, text))
    assert found == (pd.Timestamp(day) if day else None)


# ------------------------------------------------------------------ NetCDF


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
def test_times_of_a_netcdf_are_days(tmp_path: Path, engine: str) -> None:
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS), engine)
    ds = read(tmp_path, TIMES)
    np.testing.assert_allclose(ds["rain"], [[28], [56]])
    assert (ds["rain_coverage"] == 1).all()


def test_a_file_from_south_to_north_and_in_another_order_is_the_same(tmp_path: Path) -> None:
    ds = nine_by_time(DAYS)
    write_netcdf(tmp_path / "rain.nc", ds)
    same = read(tmp_path, TIMES)
    write_netcdf(tmp_path / "rain.nc", ds.isel(latitude=slice(None, None, -1)).transpose("longitude", "time", "latitude"))
    xr.testing.assert_identical(read(tmp_path, TIMES), same)


def test_cells_without_value_are_missing_as_over_the_sea(tmp_path: Path) -> None:
    sea = small.NINE.copy()
    sea[0, 0] = NAN
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS, [sea] * 7))
    ds = read(tmp_path, TIMES)
    assert np.isnan(of_a(ds)).all()
    np.testing.assert_allclose(ds["rain"].sel(zone="B"), [14])


def test_packed_integers_and_an_infinite_fill_value_are_read_as_meant(tmp_path: Path) -> None:
    sea = small.NINE.copy()
    sea[0, 0] = NAN
    ds = nine_by_time(DAYS, [sea] * 7)
    for encoding in (
        {"dtype": "int16", "scale_factor": 0.5, "add_offset": 3.0, "_FillValue": -32768},
        {"_FillValue": np.float32(np.inf)},
    ):
        ds["rain"].encoding = encoding
        write_netcdf(tmp_path / "rain.nc", ds)
        np.testing.assert_allclose(read(tmp_path, TIMES)["rain"], [[NAN], [14]])


def test_kelvin_become_degrees_and_the_file_must_say_kelvin(tmp_path: Path) -> None:
    ds = nine_by_time(DAYS, [small.NINE + 273.15] * 7, units="K")
    write_netcdf(tmp_path / "rain.nc", ds)
    assert of_a(read(tmp_path, TIMES, unit="C", convert="K to C", over_time="mean")) == pytest.approx([1], abs=1e-4)
    assert of_a(read(tmp_path, TIMES, unit="C", convert={"plus": -273.15}, over_time="max")) == pytest.approx([1], abs=1e-4)
    with pytest.raises(InputError, match=r"holds rain in K, and the config reads it as mm\. Mend `unit` and `convert`"):
        read(tmp_path, TIMES)
    with pytest.raises(InputError, match=r"holds rain in K, and the config reads it as m\. Mend"):
        read(tmp_path, TIMES, convert="m to mm")


def test_metres_a_day_of_a_month_become_millimetres_of_the_month(tmp_path: Path) -> None:
    months = ["2025-12-01", "2026-01-01", "2026-02-01"]
    write_netcdf(tmp_path / "rain.nc", nine_by_time(months, [small.NINE / 1000] * 3, units="m"))
    asked = small.reading(tmp_path, PLACES, period="M")
    ds = read(tmp_path, TIMES, asked, step="M", convert="m to mm", per="day")
    assert of_a(ds) == pytest.approx([31, 31, 28])


def test_amounts_since_midnight_are_days_and_a_day_without_its_end_is_missing(tmp_path: Path) -> None:
    hours = [str(time) for time in pd.date_range("2026-02-26 01:00", "2026-02-28 23:00", freq="h")]
    # One mm an hour in the cell of A: 1, 2, ..., 24 at midnight, and from 1 again.
    values = [small.NINE * (pd.Timestamp(hour).hour or 24) for hour in hours]
    write_netcdf(tmp_path / "rain.nc", nine_by_time(hours, values))
    asked = small.reading(tmp_path, PLACES, period="D", issue_date="2026-03-01")
    assert of_a(read(tmp_path, TIMES, asked, accumulated="from_midnight")) == pytest.approx([24, 24, NAN], nan_ok=True)


def test_hours_are_parts_of_a_day(tmp_path: Path) -> None:
    hours = [str(time) for time in pd.date_range("2026-02-28", "2026-03-01 23:00", freq="h")]
    values = [small.NINE * pd.Timestamp(hour).hour for hour in hours]
    write_netcdf(tmp_path / "rain.nc", nine_by_time(hours, values))
    for how, answer in (("sum", 276), ("mean", 11.5), ("max", 23)):
        asked = small.reading(tmp_path, PLACES, period="D")
        assert of_a(read(tmp_path, TIMES, asked, step="h", over_time=how)) == pytest.approx([answer, answer])


def test_preliminary_dates_are_told_and_final_ones_go_before_them(tmp_path: Path) -> None:
    ds = nine_by_time(DAYS)
    write_netcdf(tmp_path / "rain.nc", ds.assign_coords(expver=("time", ["0001"] * 5 + ["0005"] * 2)))
    asked = small.reading(tmp_path, PLACES)
    assert of_a(read(tmp_path, TIMES, asked)) == [28]
    assert "rain.nc: 2 of its 7 dates are preliminary (expver 5), and may still change." in asked.ledger.remarks
    final = ds.where(ds["time"] < pd.Timestamp("2026-02-28"))
    both = xr.concat([ds * 10, final], pd.Index([5, 1], name="expver")).transpose("time", "expver", ...)
    write_netcdf(tmp_path / "rain.nc", both)
    assert of_a(read(tmp_path, TIMES)) == [1 + 2 + 3 + 4 + 5 + 60 + 70]


def test_of_several_paths_the_first_that_has_a_date_counts_whatever_the_grid(tmp_path: Path) -> None:
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS[:5]))
    # The same place in cells of half a degree, ten times as much.
    fine = nine_by_time(DAYS) * 10
    lat, lon = np.arange(2.75, 0, -0.5), np.arange(0.25, 3, 0.5)
    fine = fine.sel(latitude=lat, longitude=lon, method="nearest").assign_coords(latitude=lat, longitude=lon)
    fine["rain"].attrs, fine["rain"].encoding = {"units": "mm"}, {"_FillValue": np.float32(-9999)}
    write_netcdf(tmp_path / "early.nc", fine)
    asked = small.reading(tmp_path, PLACES)
    ds = read(tmp_path, TIMES, asked, path=["rain.nc", "early.nc"])
    assert of_a(ds) == pytest.approx([1 + 2 + 3 + 4 + 5 + 60 + 70])
    assert asked.ledger.remarks[0] == "rain: of 5 dates there are several rasters; those of the path named first count."


def other(**changes: Any) -> xr.Dataset:
    """A file with one thing changed: coordinates, or the variable's dimensions."""
    return nine_by_time(DAYS).assign_coords(changes)


def on_levels() -> xr.Dataset:
    return xr.concat([nine_by_time(DAYS)] * 2, pd.Index([500, 850], name="level")).transpose("time", "level", ...)


def without_fill() -> xr.Dataset:
    ds = nine_by_time(DAYS)
    ds["rain"].encoding = {"_FillValue": None}
    return ds


REFUSED: dict[str, tuple[xr.Dataset, dict[str, Any], str]] = {
    "crs": (nine_by_time(DAYS), {"crs": None}, r"has no coordinate reference system\. Name it with `crs:`, such as EPSG:4326"),
    "no crs": (nine_by_time(DAYS), {"crs": "EPSG:nine"}, r"'EPSG:nine' is no coordinate reference system"),
    "metres": (nine_by_time(DAYS), {"crs": "EPSG:32629"}, r"degrees, though its CRS \(WGS 84 / UTM zone 29N\) counts in metres") ,
    "variable": (nine_by_time(DAYS), {"variable": "tp"}, r"has no variable 'tp'\. The file has: rain"),
    "both sides of 180": (other(longitude=[179.5, 180.5, 181.5]), {}, r"has longitudes beyond 180"),
    "0..540": (other(longitude=[538.5, 539.5, 540.5]), {}, r"which are no degrees"),
    "uneven": (other(latitude=[2.5, 1.5, 0.9]), {}, r"has rows or columns that are not evenly spaced"),
    "west": (other(longitude=[2.5, 1.5, 0.5]), {}, r"has coordinates that do not run from west to east"),
    "one row": (nine_by_time(DAYS).isel(latitude=[0]), {}, r"has a single row or column"),
    "levels": (on_levels(), {}, r"has a dimension 'level' of 2 besides time and place"),
    "no time": (nine_by_time(DAYS).assign_coords(time=np.arange(7)), {}, r"has no CF time along its dimensions"),
    "twice": (other(time=pd.DatetimeIndex([*DAYS[:6], DAYS[0]])), {}, r"has times that are missing or stand twice"),
    "no fill": (without_fill(), {}, r"names no nodata value\. Give `nodata:`"),
    "no places": (nine_by_time(DAYS).drop_vars("longitude"), {}, r"has no coordinates of latitude and longitude"),
    "text": (nine_by_time(DAYS).astype(str), {}, r"holds .* values\. Give real numbers"),
}  # fmt: skip


@pytest.mark.parametrize("first", [0.5, -19.5, -179.5])
def test_longitudes_of_0_to_360_are_read_as_the_same_places(tmp_path: Path, first: float) -> None:
    """A globe of whole degrees whose cells hold their longitude, whatever meridian the file begins at."""
    east = first + np.arange(360.0)
    ds = xr.Dataset(
        {"rain": (("time", "latitude", "longitude"), np.broadcast_to((east + 180) % 360 - 180, (7, 2, 360)).copy())},
        coords={"time": pd.DatetimeIndex(DAYS), "latitude": [0.5, 1.5], "longitude": east},
    )
    ds["rain"].encoding = {"_FillValue": -9999.0}
    write_netcdf(tmp_path / "rain.nc", ds)
    zones = small.zones({"west": box(-2, 0, -1, 2), "east": box(1, 0, 2, 2), "both": box(-3, 0, 1, 2)})
    asked = small.reading(tmp_path, zones)
    means = read(tmp_path, TIMES, asked, over_time="mean")["rain"].isel(period=0)
    assert means.to_series().to_dict() == {"both": -1.0, "east": 1.5, "west": -1.5}
    told = "rain.nc: its longitudes run from 0 to 360; they were read as -180 to 180."
    assert asked.ledger.remarks.count(told) == (first != -179.5)


@pytest.mark.parametrize("fault", REFUSED)
def test_a_netcdf_that_cannot_be_trusted_is_refused_by_name(tmp_path: Path, fault: str) -> None:
    ds, changes, message = REFUSED[fault]
    if fault == "text":
        ds["rain"].encoding = {}
    write_netcdf(tmp_path / "rain.nc", ds)
    with pytest.raises(InputError, match=message):
        read(tmp_path, TIMES, **changes)


def test_a_calendar_of_models_is_refused(tmp_path: Path) -> None:
    ds = nine_by_time(DAYS).assign_coords(time=("time", np.arange(7), {"units": "days since 2026-02-23", "calendar": "360_day"}))
    write_netcdf(tmp_path / "rain.nc", ds)
    with pytest.raises(InputError, match="has times that cannot be read: a calendar other than the common one"):
        read(tmp_path, TIMES)


def test_a_grid_mapping_states_the_crs_and_must_agree_with_the_settings(tmp_path: Path) -> None:
    ds = nine_by_time(DAYS).assign(
        crs=((), 0, {"grid_mapping_name": "latitude_longitude", "crs_wkt": CRS.from_epsg(4326).to_wkt()})
    )
    ds["rain"].attrs["grid_mapping"] = "crs"
    write_netcdf(tmp_path / "rain.nc", ds)
    assert of_a(read(tmp_path, TIMES, crs=None)) == [28]
    with pytest.raises(InputError, match=r"states the CRS WGS 84, and the config says WGS 84 / UTM zone 29N\. Leave out `crs:`"):
        read(tmp_path, TIMES, crs="EPSG:32629")


def test_values_kept_in_another_file_are_refused(tmp_path: Path) -> None:
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS))
    secret = tmp_path / "secret.bin"
    secret.write_bytes(small.NINE.astype("float32").tobytes() * 7)
    with h5py.File(tmp_path / "rain.nc", "r+") as file:
        del file["rain"]
        file.create_dataset("rain", (7, 3, 3), "float32", external=[(str(secret), 0, h5py.h5f.UNLIMITED)])
    with pytest.raises(InputError, match=r"keeps the values of rain in another file\. Write its values into the file itself"):
        read(tmp_path, TIMES)
    with h5py.File(tmp_path / "rain.nc", "r+") as file:
        del file["rain"]
        file["rain"] = h5py.ExternalLink(str(tmp_path / "other.nc"), "/rain")
    with pytest.raises(InputError, match=r"has a link into another file \(rain\)"):
        read(tmp_path, TIMES)


def test_parts_never_written_and_blocks_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS))
    with h5py.File(path, "r+") as file:
        scales = [file["rain"].dims[n][0] for n in range(3)]
        del file["rain"]
        values = file.create_dataset("rain", (7, 3, 3), "float32", chunks=(1, 3, 3))
        values.attrs["_FillValue"] = np.float32(-9999)
        for n, scale in enumerate(scales):
            values.dims[n].attach_scale(scale)
        values[:4] = 5
    with pytest.raises(InputError, match="is cut off: parts of it were never written"):
        read(tmp_path, TIMES)
    monkeypatch.setattr("forecast.geo.raster.MAX_BLOCK_BYTES", 30)
    with pytest.raises(InputError, match=r"is stored in blocks of 1 x 3 x 3 cells\. Write it in smaller blocks"):
        read(tmp_path, TIMES)


def test_a_heap_without_end_is_refused_before_the_library_looks_for_it(tmp_path: Path) -> None:
    data = bytearray(write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS)).read_bytes())
    heap = data.index(b"GCOL")
    data[heap + 16 : heap + 32] = bytes(16)  # its first object: free space of no size
    (tmp_path / "rain.nc").write_bytes(data)
    with pytest.raises(InputError, match="cannot be read as NetCDF: cut off or corrupt"):
        read(tmp_path, TIMES)


@pytest.mark.parametrize(
    ("limit", "engine", "message"),
    [
        ("hdf5.MAX_AXIS", "h5netcdf", r"declares [37] places along (latitude|longitude|time), more than 2\. Cut it first"),
        (
            "netcdf.MAX_BYTES_3",
            "scipy",
            r"is a NetCDF of version 3 larger than 0 MB, which is read whole\. Write it as",
        ),
        ("netcdf.MAX_LAYERS", "scipy", r"declares 7 dates, more than 2\. Cut it to the dates needed"),
    ],
)
def test_what_a_netcdf_declares_has_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, engine: str, message: str
) -> None:
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS), engine)
    monkeypatch.setattr(f"forecast.geo.{limit}", 2)
    with pytest.raises(InputError, match=message):
        read(tmp_path, TIMES)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"text", "is no NetCDF"),
        (b"\x89HDF\r\n\x1a\n" + bytes(50), "cannot be read as NetCDF"),
        (b"CDF\x01" + bytes(50), "has no variable 'rain'|cannot be read as NetCDF"),
    ],
)
def test_what_is_no_netcdf_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "rain.nc").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read(tmp_path, TIMES)


# ------------------------------------------------------------------ what a zone is told


def over_zone(folder: Path, shape: Any, how: str, **changes: Any) -> list[float]:
    asked = small.reading(folder, small.zones({"A": shape}))
    return of_a(read(folder, TIMES, asked, over_time="max", over_zone=how, **changes))


def test_largest_and_share_above_by_hand(tmp_path: Path) -> None:
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS, [small.NINE] * 7))
    square = box(0.5, 1.5, 2, 3)  # 1: half, 2: whole, 4: a quarter, 5: half
    assert over_zone(tmp_path, square, "max") == [5]
    assert over_zone(tmp_path, square, "share_above", above=2) == pytest.approx([0.75 / 2.25])
    assert over_zone(tmp_path, square, "share_above", above=5) == [0]
    assert over_zone(tmp_path, square, "mean") == pytest.approx([(0.5 + 2 + 1 + 2.5) / 2.25])


def people_map(folder: Path, values: np.ndarray, cell: float = 1.0) -> dict[str, str]:
    geo.write_geotiff(folder / "people.tif", values, west=0, north=3, cell_degrees=cell, nodata=-1)
    return {"path": "people.tif", "as_of": "2025"}


def test_a_mean_by_people_is_of_where_they_live(tmp_path: Path) -> None:
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS, [small.NINE] * 7))
    living = np.zeros((3, 3))
    living[0] = [10, 30, 0]
    strip = box(0.5, 2, 3, 3)  # 5 people at 1 mm, 30 at 2 mm, nobody at 3 mm
    assert over_zone(tmp_path, strip, "people_mean", people=people_map(tmp_path, living)) == pytest.approx([(5 + 60) / 35])


def test_a_finer_map_of_people_weighs_coarser_cells(tmp_path: Path) -> None:
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS, [small.NINE] * 7))
    rng = np.random.default_rng(1)
    fine = rng.uniform(0, 100, (12, 12))
    fine[rng.uniform(size=(12, 12)) < 0.3] = NAN  # nobody there
    blocks = np.nan_to_num(fine).reshape(3, 4, 3, 4).sum(axis=(1, 3))
    found = over_zone(tmp_path, box(0, 0, 3, 3), "people_mean", people=people_map(tmp_path, fine, 0.25))
    assert found == pytest.approx([(blocks * small.NINE).sum() / blocks.sum()])


def test_people_whose_rain_is_not_seen_make_the_mean_unknown(tmp_path: Path) -> None:
    holed = small.NINE.copy()
    holed[0, 0] = NAN
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS, [holed] * 7))
    living = np.zeros((3, 3))
    living[0] = [60, 40, 0]
    assert np.isnan(over_zone(tmp_path, box(0, 2, 3, 3), "people_mean", people=people_map(tmp_path, living))).all()
    living[0] = [40, 60, 0]
    assert over_zone(tmp_path, box(0, 2, 3, 3), "people_mean", people=people_map(tmp_path, living)) == [2]


def test_a_map_of_people_later_than_the_issue_date_needs_a_reason(tmp_path: Path) -> None:
    write_netcdf(tmp_path / "rain.nc", nine_by_time(DAYS))
    people = people_map(tmp_path, small.NINE) | {"as_of": "2027"}
    with pytest.raises(InputError, match=r"people\.as_of: '2027' is later than the issue date \(2026-03-02\)"):
        read(tmp_path, TIMES, over_zone="people_mean", people=people)
    asked = small.reading(tmp_path, PLACES)
    read(tmp_path, TIMES, asked, over_zone="people_mean", people=people | {"allow_later": "the only map"})
    assert asked.ledger.marks == ["the map of people of rain is of 2027, later than the issue date (2026-03-02): the only map"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"date": "(?P<date>.*)"}, "give one of the three"),
        ({"convert": "K to F"}, "`convert` is none of: K to C"),
        ({"convert": "K to C"}, "`convert: K to C` does not give mm, which `unit` says"),
        ({"convert": {"times": 0}}, "leaves nothing"),
        ({"over_zone": "share_above"}, "`above`, the value it is above, go together"),
        ({"above": 3}, "`above`, the value it is above, go together"),
        ({"over_zone": "share_above", "above": 3}, "a share of a zone is no rate and is not added up"),
        ({"over_zone": "people_mean"}, "`people`, the map of people that weighs, go together"),
        ({"accumulated": "from_midnight", "step": "h"}, "gives days: write `step: D`"),
        ({"step": "Y"}, "should match pattern"),
        ({"people": {"path": "p.tif"}, "over_zone": "people_mean"}, "as_of"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        raster.Settings.model_validate({"over_time": "sum"} | TIMES | changes)


# ------------------------------------------------------------------ real files


MONTHLY = {"path": "sle/era5/*monthly*.nc", "variable": "tp", "convert": "m to mm", "per": "day", "step": "M", "valid": [0, 200]}


def real_zones(data: Path) -> Any:
    path = data / "sle/boundaries/SLE_adm2.retyped.geojson"
    return geo.read_zones(path, root=data, problems=Problems(), columns={"zone": "ADM2_PCODE"})


def test_real_monthly_rain_rises_from_march_to_july(real_data: Path) -> None:
    asked = small.reading(real_data, real_zones(real_data), issue_date="2015-08-01", period="M")
    settings = {
        "path": "sle/era5/*monthly*.nc",
        "convert": "m to mm",
        "per": "day",
        "step": "M",
        "variable": "tp",
        "valid": [0, 200],
    }
    ds = read(real_data, TIMES, asked, **settings)
    rain = ds["rain"].sel(period=slice("2015-03-01", "2015-07-01")).mean("zone")
    assert (np.diff(rain) > 0).sum() >= 3
    assert float(rain[0]) < 60 < 200 < float(rain[-1]) < 400
    assert str(ds.indexes["period"][-1].date()) == "2015-07-01"


def test_real_bands_have_the_dates_of_their_names(real_data: Path) -> None:
    places = small.zones({"A": box(28, -15, 29, -14)})
    asked = small.reading(real_data, places, issue_date="2016-12-01", period="D")
    ds = read(real_data, BANDS, asked, path="zmb/chirps.tif")
    assert str(ds.indexes["period"][0].date()) == "2016-10-25"
    assert int(ds["rain"].notnull().sum()) == 28


def test_real_amounts_since_midnight_are_the_days_of_the_month(real_data: Path) -> None:
    hours = {"path": "sle/era5/*hourly*.nc", "accumulated": "from_midnight", "convert": "m to mm", "variable": "tp"}
    daily = read(real_data, TIMES, small.reading(real_data, real_zones(real_data), "2025-03-01", "D"), **hours)["rain"]
    monthly = read(real_data, TIMES, small.reading(real_data, real_zones(real_data), "2025-03-01", "M"), **MONTHLY)["rain"]
    days = daily.sel(period=slice("2025-02-01", "2025-02-27")).sum("period").mean()
    assert float(days) == pytest.approx(float(monthly.sel(period="2025-02-01").mean()), rel=0.15)
