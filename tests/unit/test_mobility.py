"""Percent changes from a baseline: one above or below 1, blank is unknown, an area's value in all its zones."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely import box

from forecast.errors import InputError
from forecast.ingest import mobility
from forecast.schema import Reading
from tests import small_places as small

ZONES = small.zones({"A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1), "C": box(2, 0, 3, 1)}).assign(parent=["N", "N", "S"])
NAN = np.nan


def read(folder: Path, rows: list[str], asked: Reading | None = None, period: str = "D", **changes: Any) -> xr.Dataset:
    (folder / "mobility.csv").write_text("\n".join(["area,period,percent", *rows]))
    settings = mobility.Settings.model_validate({"path": "mobility.csv"} | changes)
    return mobility.read(settings, asked or small.reading(folder, ZONES, period=period), "mobility")


def test_a_fall_of_a_quarter_is_three_quarters_in_all_zones_of_the_area(tmp_path: Path) -> None:
    asked = small.reading(tmp_path, ZONES, period="D")
    ds = read(tmp_path, ["N,2026-02-28,-25", "N,2026-03-01,10", "S,2026-02-28,", "S,2026-03-01,0"], asked)
    np.testing.assert_allclose(ds["mobility"], [[0.75, 1.1], [0.75, 1.1], [NAN, 1.0]])
    assert asked.ledger.remarks == [
        "mobility: 2 areas spread over 3 zones: all zones of an area have its value; how they differ is not known."
    ]
    assert (ds["mobility"].attrs["units"], ds["mobility"].attrs["age_days"]) == ("times the baseline", 0)


def test_a_zone_with_a_value_of_its_own_keeps_it(tmp_path: Path) -> None:
    ds = read(tmp_path, ["N,2026-03-01,10", "B,2026-03-01,-50"])
    np.testing.assert_allclose(ds["mobility"][:, 0], [1.1, 0.5, NAN])


def test_a_week_is_the_mean_of_its_known_days_at_least_half(tmp_path: Path) -> None:
    days = [str(day.date()) for day in pd.date_range("2026-02-23", "2026-03-01")]
    rows = [f"N,{day},{value}" for day, value in zip(days, [10, 20, 30, 40, "", "", ""], strict=True)]
    rows += [f"S,{day},{value}" for day, value in zip(days, [10, 20, 30, "", "", "", ""], strict=True)]
    ds = read(tmp_path, rows, period="W", step="day")
    np.testing.assert_allclose(ds["mobility"][:, 0], [1.25, 1.25, NAN])
    np.testing.assert_allclose(ds["mobility_coverage"][:, 0], [4 / 7, 4 / 7, 3 / 7])


def test_areas_go_by_codes_of_their_own_and_the_country_as_a_whole_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text("from_code,to_code\nX-1,N\nX-1,S\n")
    asked = small.reading(tmp_path, ZONES, period="D")
    ds = read(tmp_path, [",2026-03-01,99", "X-1,2026-03-01,10", "X-2,2026-03-01,20"], asked, crosswalk={"path": "areas.csv"})
    np.testing.assert_allclose(ds["mobility"][:, 0], 1.1)
    assert "mobility: 1 row without an area (a country as a whole): counted, not used." in asked.ledger.remarks
    assert "1 area without a zone here: X-2. Left out" in small.noted(asked)


def test_less_than_nothing_is_set_aside(tmp_path: Path) -> None:
    asked = small.reading(tmp_path, ZONES, period="D")
    ds = read(tmp_path, ["N,2026-02-28,-120", "N,2026-03-01,10"], asked)
    assert ds["mobility"].sizes["period"] == 1
    assert "line 2, column percent: '-120' is less than -100" in small.noted(asked)


def test_areas_that_are_nowhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no area that is a zone or the parent of zones: X-1"):
        read(tmp_path, ["X-1,2026-03-01,10"])


def test_a_zone_in_two_areas_is_refused(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text("from_code,to_code\nX-1,N\nX-2,N\n")
    with pytest.raises(InputError, match="gives N to more than one area"):
        read(tmp_path, ["X-1,2026-03-01,10", "X-2,2026-03-01,20"], crosswalk={"path": "areas.csv"})


def test_the_real_reports_show_abidjan_staying_at_home_in_april_2020(real_data: Path) -> None:
    zones = small.zones({"CI0101": box(0, 0, 1, 1), "CI0701": box(1, 0, 2, 1)}).assign(parent=["CI01", "CI07"])
    asked = small.reading(real_data, zones, issue_date="2021-06-14")
    settings = mobility.Settings.model_validate({
        "path": "civ/mobility/*_CI_Region_Mobility_Report.csv",
        "columns": {
            "area": "iso_3166_2_code", "period": "date", "percent": "retail_and_recreation_percent_change_from_baseline",
        },
        "step": "day",
        "crosswalk": {
            "path": "civ/mobility/DERIVED_district_to_region.csv",
            "columns": {"from_code": "google_iso", "to_code": "adm1_pcode"},
        },
    })  # fmt: skip
    ds = mobility.read(settings, asked, "mobility")
    abidjan = ds["mobility"].sel(zone="CI0101")
    assert 0.4 < float(abidjan.sel(period="2020-04-13")) < 0.7
    assert 0.9 < float(abidjan.sel(period="2020-02-17")) < 1.15
