"""Movements between places: net arrivals, people present and the index worked out by hand, days of zeros missing."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import ValidationError
from shapely import box

from forecast.errors import InputError
from forecast.ingest import flows
from forecast.schema import Reading
from tests import small_places as small

ZONES = small.zones({"A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1), "C": box(2, 0, 3, 1)}, people=1000.0)
DAYS = [str(day.date()) for day in pd.date_range("2026-02-23", "2026-03-01")]  # the week before the issue date
NAN = np.nan


def write(folder: Path, flow: dict[str, list[Any]], days: list[str] = DAYS) -> None:
    """Flows such as `A>B`, a figure a day."""
    rows = [
        f"{pair.replace('>', ',')},{day},{count}"
        for pair, counts in flow.items()
        for day, count in zip(days[-len(counts) :], counts, strict=True)
    ]
    (folder / "flows.csv").write_text("\n".join(["origin,destination,period,subscribers", *rows]))


def read(folder: Path, asked: Reading | None = None, period: str = "D", zones: Any = ZONES, **changes: Any) -> xr.Dataset:
    settings = flows.Settings.model_validate({"path": "flows.csv", "subscribers": 300} | changes)
    return flows.read(settings, asked or small.reading(folder, zones, period=period), "moves")


# ------------------------------------------------------------------ the measures; each subscriber stands for ten people


def test_net_arrivals_are_those_who_come_less_those_who_go(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [30, 50], "B>A": [20, 20], "B>C": [40, 40], "C>B": [40, 60]})
    np.testing.assert_allclose(read(tmp_path, measure="net")["moves"], [[-100, -300], [100, 500], [0, -200]])


def test_people_present_are_the_population_and_all_net_arrivals(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [30, 50, 40], "B>A": [20, 20, 60]})
    ds = read(tmp_path)
    np.testing.assert_allclose(ds["moves"][:2], [[900, 600, 800], [1100, 1400, 1200]])
    assert ds["moves"].attrs["units"] == "people"
    # Net of A: -100, -300, +200: usual size sqrt(140000 / 3), and the error grows with the root of the days.
    usual = np.sqrt(140_000 / 3)
    np.testing.assert_allclose(ds["moves_cv"][0] * ds["moves"][0], usual * np.sqrt([1, 2, 3]))


def test_people_present_neither_vanish_nor_pile_up_without_bound(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [150, 150, 20], "B>A": [20, 20, 30]})
    asked = small.reading(tmp_path, ZONES, period="D")
    # 130 x 10 leave A each day, who are not there: 5 % stay; on the third day 100 come back. B holds three times its people.
    np.testing.assert_allclose(read(tmp_path, asked)["moves"][:2], [[50, 50, 150], [2300, 3000, 2900]])
    assert "adds up to fewer than 0.05 or more than 3 times the population of A, B" in small.noted(asked)


def test_a_hidden_way_back_is_no_one_way_traffic(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [17], "B>A": [14], "A>C": [50], "C>A": [30]})
    np.testing.assert_allclose(read(tmp_path, measure="net")["moves"][:, 0], [-200, NAN, 200])
    np.testing.assert_allclose(read(tmp_path, measure="moved")["moves"][:, 0], [97, 17, 80])


def test_movements_in_and_out_are_counted_once_each(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [30], "B>A": [20], "B>C": [40], "A>A": [999]})
    np.testing.assert_allclose(read(tmp_path, measure="moved")["moves"][:, 0], [50, 90, 40])


def test_the_index_is_movements_over_the_usual_ones(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [100, 100, 100, 40], "B>C": [200, 200, 200, 120]})
    ds = read(tmp_path, measure="index")
    np.testing.assert_allclose(ds["moves"], [[1, 1, 1, 0.4], [1, 1, 1, 160 / 300], [1, 1, 1, 0.6]])


def test_an_index_without_usual_days_is_empty_and_says_why(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [50, 50], "B>A": [50, 50]})
    asked = small.reading(tmp_path, ZONES, period="D")
    ds = read(tmp_path, asked, measure="index", reference={"from": "2026-03-10", "until": "2026-03-12"})
    assert bool(ds["moves"].isnull().all())
    assert "signals.moves.reference: no flow is known of the days that say what is usual" in small.noted(asked)


def test_a_flow_that_became_small_counts_as_half_of_the_smallest_in_the_index_not_as_unmoved(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [100, 100, 100, 9], "B>C": [200, 200, 200, 200]})
    np.testing.assert_allclose(read(tmp_path, measure="index")["moves"][1, 3], (7.5 + 200) / 300)
    other = tmp_path / "other"
    other.mkdir()
    write(other, {"A>B": [100, 100, 100, 0], "B>C": [200, 200, 200, 200]})
    xr.testing.assert_identical(read(other, measure="index"), read(tmp_path, measure="index"))


# ------------------------------------------------------------------ what is missing


@pytest.mark.parametrize("nothing", [0, "", 3])
def test_a_day_without_flows_is_missing(tmp_path: Path, nothing: Any) -> None:
    write(tmp_path, {"A>B": [30, nothing, 50], "B>A": [20, nothing, 20]})
    asked = small.reading(tmp_path, ZONES, period="D")
    ds = read(tmp_path, asked)
    np.testing.assert_allclose(ds["moves"][0], [900, NAN, 600])
    assert "1 of 3 periods have no flow, or next to none (2026-02-28). Missing, not 0" in small.noted(asked)
    # Usual size of two known days, and the day nobody saw counts twice.
    np.testing.assert_allclose(ds["moves_cv"][0, 2] * 600, np.sqrt((100**2 + 300**2) / 2) * np.sqrt(1 + 2 + 1))


def test_a_sudden_fall_of_all_flows_is_an_outage_and_half_of_them_is_not(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [300, 300, 150, 40, 300], "B>A": [300, 300, 150, 40, 300]})
    ds = read(tmp_path, measure="index")
    np.testing.assert_allclose(ds["moves"][0], [1, 1, 0.5, NAN, 1])
    np.testing.assert_allclose(read(tmp_path, measure="index", outage_below=0)["moves"][0, 3], 40 / 300)


def test_days_make_a_week_and_the_days_known_stand_for_it(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [100, 100, 0, 100, 100, 100, 100], "B>A": [50, 50, 0, 50, 50, 50, 50]})
    ds = read(tmp_path, period="W", step="day", measure="moved")
    np.testing.assert_allclose(ds["moves"][0], [150 * 7])
    np.testing.assert_allclose(ds["moves_coverage"][0], [6 / 7])
    net = read(tmp_path, period="W", step="day", measure="net")
    np.testing.assert_allclose(net["moves"][:2, 0], [-3500, 3500])
    few = {"A>B": [100, 0, 0, 0, 0, 100, 100], "B>A": [50, 0, 0, 0, 0, 50, 50]}
    write(tmp_path, few)
    assert read(tmp_path, period="W", step="day", measure="moved")["moves"].isnull().all()


def test_flows_of_days_to_come_change_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [30, 50], "B>A": [20, 20]})
    before = read(tmp_path)
    with (tmp_path / "flows.csv").open("a") as file:
        file.write("\nA,B,2026-03-02,900\nB,A,2026-03-02,20\n")
    xr.testing.assert_identical(read(tmp_path), before)


# ------------------------------------------------------------------ layouts and codes


def test_a_column_per_day_without_header_reads_as_rows_do(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [30, 50], "B>A": [20, 20]})
    long = read(tmp_path)
    (tmp_path / "flows.csv").write_bytes(b"A,B,30,50\rB,A,20,20\r")  # old line ends
    wide = {"header": 0, "columns": {"origin": "1", "destination": "2"}, "layout": "dates", "first": "2026-02-28"}
    xr.testing.assert_identical(read(tmp_path, **wide), long)
    (tmp_path / "flows.csv").write_text("origin,destination,2026-02-28,2026-03-01\nA,B,30,50\nB,A,20,20\n")
    xr.testing.assert_identical(read(tmp_path, layout="dates"), long)


def test_a_matrix_a_day_reads_as_rows_do(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [30, 50], "B>A": [20, 20]})
    long = read(tmp_path)
    text = "period,origin,A,B\n2026-02-28,A,,30\n2026-02-28,B,20,\n2026-03-01,A,,50\n2026-03-01,B,20,\n"
    (tmp_path / "flows.csv").write_text(text)
    xr.testing.assert_identical(read(tmp_path, layout="matrix"), long)


def test_codes_of_the_operator_become_zones_by_the_crosswalk(tmp_path: Path) -> None:
    write(tmp_path, {"11>12": [40, 40], "12>11": [20, 20], "12>99": [300, 300], "99>12": [200, 200]})
    (tmp_path / "codes.csv").write_text("old,new,part\n11,A,1\n12,B,0.25\n12,C,0.75\n")
    crosswalk = {"path": "codes.csv", "columns": {"from_code": "old", "to_code": "new", "share": "part"}}
    asked = small.reading(tmp_path, ZONES, period="D")
    ds = read(tmp_path, asked, measure="net", crosswalk=crosswalk)
    np.testing.assert_allclose(ds["moves"][:, 0], [-200, 50, 150])
    assert "1 code of places with flows is no zone and not in a crosswalk: 99" in small.noted(asked)


def test_people_cannot_be_counted_without_the_size_of_the_panel(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="measure present counts people: write subscribers"):
        flows.Settings(path="flows.csv")
    with pytest.raises(ValidationError, match="first is for layout: dates"):
        read(tmp_path, first="2026-01-01")
    with pytest.raises(ValidationError, match="greater than or equal to 16"):
        read(tmp_path, minimum_count=5)


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "flows.csv").write_text("from,to,period,people\nA,B,2026-03-01,50\n")
    with pytest.raises(InputError, match="has no column origin"):
        read(tmp_path)
    with pytest.raises(InputError, match="has no column origin and no column destination"):
        read(tmp_path, layout="dates")


# ------------------------------------------------------------------ Sierra Leone, March 2015


def test_the_stay_at_home_order_halves_the_real_flows_and_days_of_zeros_are_missing(real_data: Path) -> None:
    codes = ["11", "12", "13", "21", "22", "23", "24", "25", "31", "32", "33", "34", "41", "42"]
    zones = gpd.GeoDataFrame(
        {"zone": codes, "zone_name": "", "parent": "", "population_people": 500_000.0}, geometry=[None] * 14, crs="EPSG:4326"
    )
    asked = small.reading(real_data, zones, issue_date="2015-07-06", period="D")
    settings: dict[str, Any] = {
        "header": 0, "columns": {"origin": "1", "destination": "2"}, "layout": "dates", "first": "2015-03-20", "measure": "index",
    }  # fmt: skip
    ds = flows.read(flows.Settings(path="sle/cdr/IndivMvtBtwnAdmin2DaySep1Agg.csv", **settings), asked, "moves")
    by_day = ds["moves"].mean("zone")
    usual = by_day.sel(period=slice("2015-03-20", "2015-03-26")).mean()
    assert 0.4 < float(by_day.sel(period=slice("2015-03-27", "2015-03-28")).mean() / usual) < 0.6
    assert 0.65 < float(by_day.sel(period="2015-03-29") / usual) < 0.85
    assert by_day.sel(period=slice("2015-06-30", "2015-07-01")).isnull().all()
    assert "2 of 104 periods have no flow, or next to none (2015-06-30, 2015-07-01)" in small.noted(asked)


def test_no_flow_known_yet_gives_an_empty_signal(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [30, 50], "B>A": [20, 20]})
    for measure in ("present", "net", "moved", "index"):
        asked = small.reading(tmp_path, ZONES, issue_date="2025-01-06", period="D")
        assert read(tmp_path, asked, measure=measure).sizes == {"zone": 3, "period": 0}


def test_flows_of_no_zone_leave_all_zones_empty(tmp_path: Path) -> None:
    write(tmp_path, {"X>Y": [30, 50], "Y>X": [20, 20]})
    asked = small.reading(tmp_path, ZONES, period="D")
    assert read(tmp_path, asked)["moves"].isnull().all()
    assert "2 codes of places with flows are no zones and not in a crosswalk: X, Y" in small.noted(asked)


def test_flows_that_are_usually_nearly_small_are_not_in_the_index(tmp_path: Path) -> None:
    write(tmp_path, {"A>B": [20, 20, 20, 40], "B>C": [200, 200, 200, 100]})
    np.testing.assert_allclose(read(tmp_path, measure="index")["moves"][:, 3], [NAN, 0.5, 0.5])
