"""A signal from dated rasters: nine cells a week, sums and means by hand, nothing from after the issue date."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import ValidationError
from shapely import Point, box

from forecast.errors import InputError
from forecast.ingest import _scenes, raster
from forecast.ingest._steps import Steps, over_time
from forecast.schema import Reading
from tests import small_places as small

PLACES = small.zones({"B": box(1, 2, 2, 3), "A": box(0, 2, 1, 3)})  # A: the cell of 1; B: that of 2
WEEKS = ["2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"]  # the issue date is 2026-03-02
RAIN = {"path": "rain_*.tif", "date": "rain_(?P<date>[0-9-]+)", "step": "W", "unit": "mm", "valid": [0, 500], "over_time": "sum"}
NAN = np.nan


def weekly(folder: Path, weeks: list[str] = WEEKS) -> None:
    """One file a week: the nine cells, times 1, 2, 3, ..."""
    for n, week in enumerate(weeks, start=1):
        small.write_nine(folder / f"rain_{week}.tif", small.NINE * n)


def read(folder: Path, asked: Reading | None = None, **changes: Any) -> xr.Dataset:
    ds = raster.read(raster.Settings.model_validate(RAIN | changes), asked or small.reading(folder, PLACES), "rainfall_mm")
    assert isinstance(ds, xr.Dataset)
    return ds


def test_weekly_files_become_weekly_values_by_zone(tmp_path: Path) -> None:
    weekly(tmp_path)
    ds = read(tmp_path)
    assert ds["zone"].values.tolist() == ["A", "B"]
    assert [str(day.date()) for day in ds.indexes["period"]] == WEEKS
    np.testing.assert_allclose(ds["rainfall_mm"], [[1, 2, 3, 4], [2, 4, 6, 8]])
    assert (ds["rainfall_mm_coverage"] == 1).all()
    assert ds["rainfall_mm"].attrs == {"units": "mm", "source": "rain_*.tif", "over_time": "sum", "age_days": 0}


def test_the_files_read_are_hashed(tmp_path: Path) -> None:
    weekly(tmp_path)
    asked = small.reading(tmp_path, PLACES)
    read(tmp_path, asked)
    assert list(asked.files) == [f"rain_{week}.tif" for week in WEEKS]


def test_a_later_file_changes_nothing_and_is_not_opened(tmp_path: Path) -> None:
    weekly(tmp_path)
    before, asked = read(tmp_path), small.reading(tmp_path, PLACES)
    (tmp_path / "rain_2026-03-02.tif").write_text("the future is not even a raster")
    (tmp_path / "rain_2026-03-03.tif").write_text("nor in step")
    xr.testing.assert_identical(read(tmp_path, asked), before)
    assert asked.ledger.remarks == [
        "rainfall_mm: 2 rasters of dates not over by the issue date were left out.",
        "rainfall_mm: integrity unverified: no checksum stands beside 4 files of rasters "
        "(<file>.sha256, or SHA256SUMS in the folder).",
    ]
    assert not asked.ledger.problems.noted
    assert len(asked.files) == 4


def test_a_week_that_ends_on_the_issue_date_is_not_over(tmp_path: Path) -> None:
    weekly(tmp_path)
    ds = read(tmp_path, small.reading(tmp_path, PLACES, issue_date="2026-03-01"))
    assert str(ds.indexes["period"][-1].date()) == "2026-02-16"


def test_files_that_come_late_are_not_known_before_their_delay(tmp_path: Path) -> None:
    weekly(tmp_path)
    ds = read(tmp_path, delay_days=3)
    np.testing.assert_allclose(ds["rainfall_mm"].sel(zone="A"), [1, 2, 3, NAN])
    assert ds["rainfall_mm"].attrs["age_days"] == 7


def test_a_missing_week_is_missing_not_zero(tmp_path: Path) -> None:
    weekly(tmp_path)
    (tmp_path / f"rain_{WEEKS[1]}.tif").unlink()
    ds = read(tmp_path)
    np.testing.assert_allclose(ds["rainfall_mm"].sel(zone="A"), [1, NAN, 3, 4])
    np.testing.assert_allclose(ds["rainfall_mm_coverage"].sel(zone="A"), [1, 0, 1, 1])


def test_a_signal_older_than_a_week_says_so(tmp_path: Path) -> None:
    weekly(tmp_path, WEEKS[:2])
    ds = read(tmp_path)
    np.testing.assert_allclose(ds["rainfall_mm"].sel(zone="A"), [1, 2, NAN, NAN])
    assert ds["rainfall_mm"].attrs["age_days"] == 14


def test_no_file_old_enough_gives_an_empty_signal_and_a_note(tmp_path: Path) -> None:
    weekly(tmp_path)
    asked = small.reading(tmp_path, PLACES, issue_date="2026-01-05")
    assert read(tmp_path, asked).sizes == {"zone": 2, "period": 0}
    assert "signals.rainfall_mm: no raster is old enough" in small.noted(asked)


def test_a_broken_file_is_a_missing_week_and_noted(tmp_path: Path) -> None:
    weekly(tmp_path)
    (tmp_path / f"rain_{WEEKS[1]}.tif").write_text("cut off in the night")
    asked = small.reading(tmp_path, PLACES)
    np.testing.assert_allclose(read(tmp_path, asked)["rainfall_mm"].sel(zone="A"), [1, NAN, 3, 4])
    assert "rain_2026-02-09.tif: cannot be opened as a GeoTIFF" in small.noted(asked)
    assert "Counts as missing. Get the file again" in small.noted(asked)


def test_when_no_file_can_be_read_all_are_refused(tmp_path: Path) -> None:
    for week in WEEKS:
        (tmp_path / f"rain_{week}.tif").write_text("not a raster")
    with pytest.raises(InputError, match="cannot be opened as a GeoTIFF") as caught:
        read(tmp_path)
    assert len(caught.value.problems) == 4


def test_notes_are_one_line_per_signal_not_one_per_file(tmp_path: Path) -> None:
    wild = small.NINE.copy()
    wild[0, 0] = 900  # all that zone A has
    for week in WEEKS[:3]:
        small.write_nine(tmp_path / f"rain_{week}.tif", wild)
    small.write_nine(tmp_path / f"rain_{WEEKS[3]}.tif", np.full((3, 3), NAN))
    asked = small.reading(tmp_path, PLACES)
    np.testing.assert_allclose(read(tmp_path, asked)["rainfall_mm"], [[NAN] * 4, [2, 2, 2, NAN]])
    lines = small.noted(asked).split("\n")
    assert lines[0].startswith("signals.rainfall_mm: 1 rasters hold no value over the zones, such as rain_2026-02-23.tif")
    assert lines[1].startswith(
        "signals.rainfall_mm: column valid: 3 cells of 3 rasters lie outside 0 .. 500 mm, such as 900 in rain_2026"
    )
    assert lines[2].startswith("signals.rainfall_mm: of 8 zone-periods, 5 are seen by less than half, 0 by less than 95 % (A, B)")
    assert len(lines) == 3


def test_what_is_told_of_coverage_is_of_the_periods_that_the_run_uses(tmp_path: Path) -> None:
    for week in WEEKS:
        small.write_nine(tmp_path / f"rain_{week}.tif", np.full((3, 3), NAN) if week == WEEKS[0] else small.NINE)
    asked = small.reading(tmp_path, PLACES)
    assert "of 8 zone-periods, 2 are seen by less than half" in (read(tmp_path, asked), small.noted(asked))[1]
    later = replace(small.reading(tmp_path, PLACES), since=pd.Timestamp(WEEKS[1]))
    assert np.isnan(read(tmp_path, later)["rainfall_mm"].sel(period=WEEKS[0])).all()
    assert "zone-periods" not in small.noted(later)
    never = replace(small.reading(tmp_path, PLACES), since=pd.Timestamp("2026-03-09"))
    assert "zone-periods" not in (read(tmp_path, never), small.noted(never))[1]


def test_order_and_form_of_zones_do_not_matter(tmp_path: Path) -> None:
    weekly(tmp_path)
    xr.testing.assert_identical(read(tmp_path, small.reading(tmp_path, PLACES.set_index("zone").sort_index())), read(tmp_path))


def test_a_catchment_of_points_is_an_assumption(tmp_path: Path) -> None:
    weekly(tmp_path)
    asked = small.reading(tmp_path, small.zones({"P": Point(0.5, 2.5)}))
    np.testing.assert_allclose(read(tmp_path, asked, catchment_km=20)["rainfall_mm"], [[1, 2, 3, 4]])
    (assumption,) = asked.ledger.assumptions
    assert (assumption.figure, assumption.applies_to, assumption.value, assumption.unit) == (
        "catchment radius",
        "rainfall_mm",
        "20",
        "km",
    )


# ------------------------------------------------------------------ names and settings


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-03", "2026-02-03"),
        ("20260203", "2026-02-03"),
        ("2026-02", "2026-02-01"),
        ("202602", "2026-02-01"),
        ("2026034", "2026-02-03"),
        ("2024366", "2024-12-31"),
    ],
)
def test_dates_in_names_are_read_in_several_forms(text: str, day: str) -> None:
    assert _scenes.day_of(text) == pd.Timestamp(day)


@pytest.mark.parametrize("text", ["", "2026-13-01", "26-02-03", "2026", "2025366", "2026000"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert _scenes.day_of(text) is None


def test_a_name_without_date_is_refused(tmp_path: Path) -> None:
    weekly(tmp_path)
    small.write_nine(tmp_path / "rain_latest.tif")
    with pytest.raises(InputError, match=r"rain_latest\.tif: 1 problem\n  has no date in its name\. Mend `date` of rainfall_mm"):
        read(tmp_path)


def test_two_files_of_one_date_are_refused(tmp_path: Path) -> None:
    weekly(tmp_path)
    small.write_nine(tmp_path / "rain_20260209.tif")
    with pytest.raises(InputError, match=r"has the date of rain_2026-?02-?09\.tif\. Keep one file per date"):
        read(tmp_path)


def test_a_step_longer_than_the_files_are_apart_is_refused(tmp_path: Path) -> None:
    weekly(tmp_path)
    with pytest.raises(
        InputError, match=r"starts before the end of the step of rain_2026-02-02\.tif\. See whether `step: M` is right"
    ):
        read(tmp_path, step="M")


def test_a_path_that_fits_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape("rain_*.tif")):
        read(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"valid": None}, "give `valid: .lowest, highest.`"),
        ({"valid": [5, 5]}, "give `valid: .lowest, highest.`"),
        ({"step": None}, "with `date` go `step`"),
        ({"over_time": None}, "with `date` go `step` .* and `over_time`"),
        ({"date": "rain_([0-9]+)"}, "has no group named date"),
        ({"date": "rain_("}, "is no regular expression"),
        ({"date": None}, "a raster without `date` gives people per zone"),
        ({"bands": 3}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        raster.Settings.model_validate(RAIN | changes)


# ------------------------------------------------------------------ over time


def steps(starts: list[str], days: int, values: list[float]) -> Steps:
    """The steps of one zone, seen whole wherever there is a value."""
    start = pd.DatetimeIndex(starts)
    column = np.array(values)[:, None]
    return Steps(start, start + pd.Timedelta(days=days), column, (~np.isnan(column)).astype(float))


def in_periods(asked: Steps, targets: list[str], period: str, how: Any) -> tuple[list[float], list[float]]:
    values, coverage = over_time(asked, pd.DatetimeIndex(targets), period, how)
    assert values.shape == coverage.shape == (1, len(targets))
    return values[0].tolist(), coverage[0].tolist()


@pytest.mark.parametrize(("how", "answer"), [("sum", 1 + 2 + 3 + 4 + 5 + 6 + 7), ("mean", 4), ("max", 7)])
def test_days_are_added_averaged_or_the_largest_taken(how: str, answer: float) -> None:
    days = [f"2026-02-0{n}" for n in range(2, 9)]
    assert in_periods(steps(days, 1, [1, 2, 3, 4, 5, 6, 7]), ["2026-02-02"], "W", how) == ([answer], [1])


@pytest.mark.parametrize(("how", "answer"), [("sum", 7 * (1 + 2 + 3 + 5) / 4), ("mean", 11 / 4), ("max", 5)])
def test_days_that_are_seen_stand_for_those_that_are_not(how: str, answer: float) -> None:
    days = [f"2026-02-0{n}" for n in range(2, 9)]
    values, coverage = in_periods(steps(days, 1, [1, 2, 3, NAN, 5, NAN, NAN]), ["2026-02-02"], "W", how)
    assert values == pytest.approx([answer])
    assert coverage == pytest.approx([4 / 7])


@pytest.mark.parametrize("how", ["sum", "mean", "max"])
def test_less_than_half_of_the_days_is_not_enough(how: str) -> None:
    days = [f"2026-02-0{n}" for n in range(2, 9)]
    values, coverage = in_periods(steps(days, 1, [1, 2, 3, NAN, NAN, NAN, NAN]), ["2026-02-02"], "W", how)
    assert np.isnan(values).all()
    assert coverage == pytest.approx([3 / 7])


def test_a_step_over_two_periods_is_split_by_days() -> None:
    # Week of 26 January: 6 days in January, 1 in February; then 4 whole weeks but the last day of the 4th is 1 March.
    weeks = ["2026-01-26", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"]
    values, coverage = in_periods(steps(weeks, 7, [70, 7, 7, 7, 7]), ["2026-01-01", "2026-02-01"], "M", "sum")
    assert values == pytest.approx([NAN, 10 + 27], nan_ok=True)
    assert coverage == pytest.approx([6 / 31, 1])


def test_the_largest_of_a_week_is_not_that_of_the_week_before() -> None:
    weeks = ["2026-02-02", "2026-02-09"]
    assert in_periods(steps(weeks, 7, [5, 1]), weeks, "W", "max")[0] == [5, 1]


def test_a_month_gives_each_of_its_days_the_same() -> None:
    january = Steps(pd.DatetimeIndex(["2026-01-01"]), pd.DatetimeIndex(["2026-02-01"]), np.array([[62.0]]), np.array([[1.0]]))
    assert in_periods(january, ["2026-01-05", "2026-01-26"], "W", "sum")[0] == pytest.approx([14, 14])
    assert in_periods(january, ["2026-01-05", "2026-01-26"], "W", "max")[0] == [62, 62]


# ------------------------------------------------------------------ people


def people(folder: Path, asked: Reading, **changes: Any) -> pd.Series:
    settings = raster.Settings.model_validate(
        {"path": "people.tif", "unit": "people", "over_zone": "sum", "as_of": "2026"} | changes
    )
    series = raster.read(settings, asked, "population")
    assert isinstance(series, pd.Series)
    return series


def test_people_are_added_up_by_zone(tmp_path: Path) -> None:
    small.write_nine(tmp_path / "people.tif")
    asked = small.reading(tmp_path, small.zones({"B": box(0, 0, 3, 1), "A": box(0, 1, 3, 3), "FAR": box(8, 8, 9, 9)}))
    found = people(tmp_path, asked)
    assert found.to_dict() == pytest.approx({"A": 21, "B": 24, "FAR": NAN}, nan_ok=True)
    assert found.attrs == {"units": "people", "source": "people.tif", "as_of": "2026"}
    assert "of 3 zones, 1 are seen by less than half, 0 by less than 95 % (FAR)" in small.noted(asked)


def test_cells_where_nobody_is_mapped_are_unknown_unless_said_to_be_empty(tmp_path: Path) -> None:
    holed = small.NINE.copy()
    holed[1:] = NAN
    small.write_nine(tmp_path / "people.tif", holed)
    asked = small.reading(tmp_path, small.zones({"A": box(0, 0, 3, 3), "TOP": box(0, 2, 3, 3)}))
    assert people(tmp_path, asked).to_dict() == pytest.approx({"A": NAN, "TOP": 6}, nan_ok=True)
    assert people(tmp_path, asked, no_value="zero").to_dict() == pytest.approx({"A": 6, "TOP": 6})


@pytest.mark.parametrize("values", [np.zeros((3, 3)), np.full((3, 3), NAN), np.full((3, 3), 1e9)])
def test_an_implausible_number_of_people_is_refused(tmp_path: Path, values: np.ndarray) -> None:
    small.write_nine(tmp_path / "people.tif", values)
    with pytest.raises(InputError, match=r"people in all zones\. See whether it holds people per cell"):
        people(tmp_path, small.reading(tmp_path, small.zones({"A": box(0, 0, 3, 3)})))


def test_more_than_one_population_file_is_refused(tmp_path: Path) -> None:
    weekly(tmp_path)
    with pytest.raises(InputError, match=r"inputs\.population: 1 problem\n  'rain_\*\.tif' 4 files fit\. Name one"):
        people(tmp_path, small.reading(tmp_path, PLACES), path="rain_*.tif")


# ------------------------------------------------------------------ real rasters


def test_real_daily_rain_becomes_weeks(real_data: Path) -> None:
    places = small.zones({"W": box(34.0, -1, 34.6, 1), "E": box(34.7, -1, 35.3, 1)})
    asked = small.reading(real_data, places, issue_date="2019-04-01")
    ds = read(real_data, asked, path="ken/daily/2019*.tif", date="(?P<date>[0-9]{8})", step="D")
    rain = ds["rainfall_mm"]
    assert rain.sizes == {"zone": 2, "period": 13}  # from the week of 31 December, of which 6 days are there
    assert not rain.isnull().any()
    assert 0 < float(rain.mean()) < 100
    assert len(asked.files) == 90
    assert "of 26 zone-periods, 0 are seen by less than half, 2 by less than 95 % (E, W)" in small.noted(asked)
