"""What depots move to each other, on the map, in the page, the workbook, the GIS file, and between two runs."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from forecast.compare import compare
from forecast.compare.page import page
from forecast.publish import geopackage, map, summary, workbook
from forecast.published import open_run
from forecast.schema import TRANSFERS, Result
from tests.results import ISSUE, country_result, plan_of, with_plan
from tests.what_ifs import operation_with_what_ifs, run_of


@pytest.fixture(scope="module")
def moved() -> Result:
    """A country in which one depot moves 2 t of the first item to another, in the first week and in the third."""
    result = country_result()
    (one, other), item = sorted(result.inputs.routes.depots["depot"])[:2], str(result.inputs.items.index[0])
    days = pd.Series([ISSUE, ISSUE + pd.Timedelta(days=14)]).astype("datetime64[s]")
    rows = {
        "line_id": ["T0001", "T0002"], "load_on": days, "arrive_by": days + pd.Timedelta(days=1), "depot": one, "to_depot": other,
        "item": item, "unit": "kit", "packs": 200.0, "quantity": 200.0, "kg": 2000.0, "m3": float("nan"), "vehicle": "truck",
        "trips": 0.4, "batch": "", "expiry": pd.Series([pd.NaT] * 2).astype("datetime64[s]"), "reason": "for Z1",
    }  # fmt: skip
    table = pd.DataFrame(rows)[[name for name in TRANSFERS.names if name not in ("run", "status")]]
    return with_plan(result, transfers=table)


def test_the_map_has_an_arrow_and_a_table_of_what_is_moved(moved: Result) -> None:
    html = map.page(moved, plan_of(moved))
    assert html.count('class="arrow"') == 2, "one on the map of its need, one in the legend"
    assert "moved between depots" in html
    assert "To move between depots this week" in html
    assert "2 t" in html[html.index("To move between depots") :]


def test_a_plan_without_transfers_says_nothing_of_them() -> None:
    result = country_result()
    html = map.page(result, plan_of(result))
    assert 'class="arrow"' not in html
    assert "between depots" not in html
    assert "Move between depots" not in summary.text(result)


def test_the_summary_tells_what_is_moved_this_week(moved: Result) -> None:
    text = summary.text(moved)
    assert "## Move between depots this week" in text
    assert text.count("| 2 t |") >= 1


def test_workbook_and_gis_file_have_all_transfers(moved: Result, tmp_path: Path) -> None:
    workbook.write(tmp_path, moved)
    sheet = openpyxl.load_workbook(tmp_path / "allocation.xlsx")["Transfers"]
    assert sheet.max_row == 3
    geopackage.write(tmp_path, moved)
    (line,) = gpd.read_file(tmp_path / "allocation.gpkg", layer="transfers").to_dict("records")
    assert (line["kg_first"], line["kg_all"], line["trips_all"], line["reason"]) == (2000, 4000, pytest.approx(0.8), "for Z1")
    assert line["geometry"].geom_type == "LineString"


def test_two_runs_differ_by_what_is_moved(tmp_path: Path) -> None:
    """D2 serves Z-03 and has nothing; with a lane from D1 it is given some."""
    operation = operation_with_what_ifs(tmp_path)
    operation.write("stock.csv", "depot,item,quantity", "D1,kit,900", "D2,kit,0")
    lanes = ("D1,Z-01,1,0", "D1,Z-02,1,0", "D2,Z-03,1,0")
    operation.write("routes.csv", "from,to,hours_one_way,lead_days", *lanes)
    operation.input("routes", path="routes.csv")
    alone = run_of(operation)
    operation.write("routes.csv", "from,to,hours_one_way,lead_days", *lanes, "D1,D2,2,1")
    joined = run_of(operation)
    found = compare(open_run(alone.folder), joined)
    assert not found.same_plan
    assert found.moved[["depot", "to_depot", "item"]].to_numpy().tolist() == [["D1", "D2", "kit"]]
    assert found.moved["quantity_change"].iloc[0] > 0
    assert "Moved between depots, by item" in page(found)
