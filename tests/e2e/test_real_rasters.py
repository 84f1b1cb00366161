"""Real daily rain: each value lands on its day and is what the cells say, read by hand; skipped aloud without the data."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import xarray as xr

from forecast.ingest import raster
from tests import small_places as small

DAILY_RAIN = {"unit": "mm", "valid": (0, 500), "step": "D", "over_time": "sum"}
ROWS, COLUMNS = slice(10, 22), slice(4, 20)  # of the grid: a zone that cuts no cell


def zone_on_cells(path: Path) -> shapely.Geometry:
    with rasterio.open(path) as opened:
        step = opened.transform
    west, east = (step.c + step.a * column for column in (COLUMNS.start, COLUMNS.stop))
    north, south = (step.f + step.e * row for row in (ROWS.start, ROWS.stop))
    return shapely.box(west, south, east, north)


def by_hand(path: Path, band: int = 1) -> float:
    with rasterio.open(path) as opened:
        return float(np.mean(opened.read(band)[ROWS, COLUMNS].astype(float)))


def read(root: Path, zone: shapely.Geometry, issue_date: str, period: str, **settings: Any) -> xr.DataArray:
    asked = small.reading(root, small.zones({"Z": zone}), issue_date=issue_date, period=period)
    given = raster.Settings.model_validate(DAILY_RAIN | settings)
    return raster.read(given, asked, "rain")["rain"].sel(zone="Z")


# ------------------------------------------------------------------ Kenya: a file a day, the date in its name


def test_daily_files_of_kenya_lie_on_the_days_of_their_names(real_data: Path) -> None:
    daily = real_data / "ken" / "daily"
    rain = read(
        real_data,
        zone_on_cells(daily / "20190413.tif"),
        "2019-05-01",
        "D",
        path="ken/daily/201904*.tif",
        date="(?P<date>[0-9]{8})",
    )
    assert (str(rain.period.values[0])[:10], str(rain.period.values[-1])[:10], rain.sizes["period"]) == (
        "2019-04-01", "2019-04-30", 30,
    )  # fmt: skip
    for day in ("2019-04-13", "2019-04-27"):
        value = float(rain.sel(period=day))
        assert value == pytest.approx(by_hand(daily / f"{day.replace('-', '')}.tif"), rel=1e-6)
        assert value > 0


def test_weeks_of_kenya_are_the_sums_of_their_seven_files(real_data: Path) -> None:
    daily = real_data / "ken" / "daily"
    rain = read(
        real_data,
        zone_on_cells(daily / "20190413.tif"),
        "2019-05-06",
        "W",
        path="ken/daily/201904*.tif",
        date="(?P<date>[0-9]{8})",
    )
    for monday in ("2019-04-08", "2019-04-22"):
        seven = [daily / f"{day:%Y%m%d}.tif" for day in pd.date_range(monday, periods=7)]
        assert float(rain.sel(period=monday)) == pytest.approx(sum(by_hand(path) for path in seven), rel=1e-6)


# ------------------------------------------------------------------ Zambia: all days in one file, dates in the names of its bands


def test_bands_of_zambia_lie_on_the_days_of_their_names(real_data: Path) -> None:
    """Y16299 is day 299 of 2016: 25 October."""
    path = real_data / "zmb" / "chirps.tif"
    with rasterio.open(path) as opened:
        names = list(opened.descriptions)
    assert (names[0], names[-1], len(names)) == ("Y16299", "Y16326", 28)
    how = {"path": "zmb/chirps.tif", "band_date": "Y(?P<year>..)(?P<doy>...)"}
    rain = read(real_data, zone_on_cells(path), "2016-12-01", "D", **how)
    known = rain.dropna("period")
    assert (str(known.period.values[0])[:10], str(known.period.values[-1])[:10]) == ("2016-10-25", "2016-11-21")
    for day, name in (("2016-10-30", "Y16304"), ("2016-11-15", "Y16320")):
        assert pd.Timestamp(day) == pd.Timestamp("2016-01-01") + pd.Timedelta(days=int(name[3:]) - 1)
        assert float(rain.sel(period=day)) == pytest.approx(by_hand(path, names.index(name) + 1), rel=1e-6)
    assert float(rain.sel(period="2016-11-15")) > 0


def test_the_districts_of_zambia_have_the_rain_of_their_cells(real_data: Path) -> None:
    """By hand: cells by the part of each that lies in the district."""
    districts = gpd.read_file(real_data / "zmb" / "districts.geojson").set_index("distName").geometry
    path, shapes = real_data / "zmb" / "chirps.tif", districts[["Chadiza", "Kasama", "Mongu"]].to_dict()
    asked = small.reading(real_data, small.zones(shapes), issue_date="2016-12-01", period="D")
    how = {"path": "zmb/chirps.tif", "band_date": "Y(?P<year>..)(?P<doy>...)"}
    rain = raster.read(raster.Settings.model_validate(DAILY_RAIN | how), asked, "rain")["rain"]
    with rasterio.open(path) as opened:
        step, cells = opened.transform, {day: opened.read(band) for day, band in (("2016-11-04", 11), ("2016-11-20", 27))}
    west, north = step.c + step.a * np.arange(234), step.f + step.e * np.arange(197)
    x, y = np.meshgrid(west, north)
    grid = shapely.box(x, y + step.e, x + step.a, y)
    for name, shape in shapes.items():
        part = shapely.area(shapely.intersection(grid, shape))
        for day, values in cells.items():
            inside = np.where(np.isnan(values), 0, part)
            expected = float((np.nan_to_num(values) * inside).sum() / inside.sum())
            assert float(rain.sel(zone=name, period=day)) == pytest.approx(expected, rel=1e-5, abs=1e-6)


# ------------------------------------------------------------------ Sierra Leone: ERA5-Land by hours and by days, two grids

SPOT = shapely.box(-11.02, 8.40, -10.99, 8.43)  # in one cell of either grid


def era5(root: Path, name: str, variable: str) -> tuple[str, pd.Series]:
    """The path of a file, and the values of the cell that holds the spot."""
    path = f"sle/era5/era5-land-{name}-sierra-leone.nc"
    with xr.open_dataset(root / path, engine="h5netcdf") as ds:
        cell = ds[variable].sel(latitude=SPOT.centroid.y, longitude=SPOT.centroid.x, method="nearest")
        return path, cell.to_series()


def test_hours_of_rain_that_add_up_from_midnight_become_days(real_data: Path) -> None:
    """The amount at 00:00 is the whole of the day before; the last day of the file has no such hour."""
    path, by_hand = era5(real_data, "hourly-temp-precip-feb-2025", "tp")
    how = {"variable": "tp", "crs": "EPSG:4326", "convert": "m to mm", "accumulated": "from_midnight"}
    rain = read(real_data, SPOT, "2025-03-03", "D", path=path, **how).to_series()
    whole = by_hand[by_hand.index.hour == 0].iloc[1:] * 1000
    whole.index = whole.index - pd.Timedelta(days=1)
    assert rain["2025-02-01":"2025-02-27"].to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-5, abs=1e-6)
    assert (whole.max() > 0.1, len(whole)) == (True, 27)
    assert rain["2025-02-28":].isna().all()


def test_daily_temperatures_become_weeks_in_degrees(real_data: Path) -> None:
    path, by_hand = era5(real_data, "daily-mean-temperature-2m-july-2025", "t2m")
    how = {"variable": "t2m", "crs": "EPSG:4326", "unit": "C", "convert": "K to C", "valid": (5, 45), "over_time": "mean"}
    warmth = read(real_data, SPOT, "2025-08-04", "W", path=path, **how)
    for monday in ("2025-07-07", "2025-07-21"):
        week = by_hand[monday : str(pd.Timestamp(monday) + pd.Timedelta(days=6))]
        assert len(week) == 7
        assert float(warmth.sel(period=monday)) == pytest.approx(float(week.mean()) - 273.15, abs=1e-3)
