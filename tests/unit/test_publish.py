"""The tables, the workbook and the layers of a run, on a result small enough to add up by eye (tests/results.py)."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import text_page
from forecast.errors import InputError
from forecast.publish import _frames, write_all
from forecast.schema import COVERAGE, Result, SeamError
from tests.results import ISSUE, country_result, plan_of, tiny_result, with_plan

ALL = ("geopackage", "map", "pipeline", "summary", "tables", "workbook")


@pytest.fixture(scope="module")
def country() -> Result:
    return country_result()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    write_all(folder, tiny_result(), ALL)
    return folder


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


# ------------------------------------------------------------------ tables


def test_an_unknown_output_is_refused_with_the_near_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'maps' is not one of forecast/publish\. Did you mean 'map'\?"):
        write_all(tmp_path, tiny_result(), ("maps",))


def test_the_files_of_a_run_have_the_promised_names(tiny: Path) -> None:
    assert sorted(path.name for path in tiny.iterdir()) == [
        "allocation.csv", "allocation.gpkg", "allocation.xlsx", "assumptions.csv", "coverage.csv", "demand.csv",
        "map.html", "pipeline.csv", "problems.csv", "samples.parquet", "summary.md",
    ]  # fmt: skip


def test_every_table_has_the_promised_columns_and_carries_run_status_and_dates(tiny: Path) -> None:
    promised = {
        "allocation": "line_id,run,status,load_on,arrive_by,depot,zone,zone_name,need,item,unit,packs,quantity,kg,m3,vehicle,"
        "trips,batch,expiry,reason",
        "coverage": ",".join(COVERAGE.names),
        "demand": "zone,item,period,quantity,unit,model,mean,q05,q10,q25,q50,q75,q90,q95",
        "assumptions": "figure,applies_to,value,unit,source",
        "problems": "file,line,column,value,problem,action",
    }
    for name, columns in promised.items():
        table = read(tiny / f"{name}.csv")
        assert ",".join(table.columns).startswith(columns)
        assert set(table["run"]) == {"2026-11-23-base-1f3a9c2e"}
        assert set(table["status"]) == {"DRAFT"}
        assert set(table["issue_date"]) == {"2026-11-23"}
        assert set(table["data_until"]) == {"2026-11-22"}


def test_text_that_a_spreadsheet_would_run_is_neutralised_and_numbers_are_not_touched(tiny: Path) -> None:
    lines = read(tiny / "allocation.csv")
    assert list(lines["zone"]) == ["00123", "'=Z2"]
    assert list(lines["quantity"]) == ["80", "0"]
    assert list(read(tiny / "problems.csv")["value"]) == ["'-1+1"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_each_live_beginning_gets_an_apostrophe(text: str) -> None:
    made = text_page.cell(text)
    assert made.startswith("'")
    assert not set(made) & {"\t", "\r"}


def test_plain_text_stays_as_it_is() -> None:
    assert text_page.cell("Kori = 1, a-b") == "Kori = 1, a-b"


def test_an_unknown_figure_is_an_empty_cell_and_never_a_zero(tiny: Path) -> None:
    coverage = read(tiny / "coverage.csv")
    assert list(coverage["zone_stock"]) == ["", "0"]
    sheet = openpyxl.load_workbook(tiny / "allocation.xlsx")["Coverage"]
    column = [cell.value for cell in sheet[1]].index("zone_stock") + 1
    assert [sheet.cell(row, column).value for row in (2, 3)] == [None, 0]


def test_what_is_not_sent_comes_last_with_quantity_zero_and_its_reason(tiny: Path) -> None:
    last = read(tiny / "allocation.csv").iloc[-1]
    assert (last["quantity"], last["load_on"], last["depot"], last["reason"]) == ("0", "", "", "no open road")


def test_csv_has_lf_line_ends_iso_dates_and_no_byte_order_mark_where_all_is_ascii(tiny: Path) -> None:
    content = (tiny / "allocation.csv").read_bytes()
    assert content.startswith(b"line_id,")
    assert b"\r" not in content
    assert b"2026-11-24" in content


def test_a_table_with_accents_opens_right_in_a_spreadsheet(tmp_path: Path) -> None:
    result = tiny_result()
    cells = plan_of(result).cells.assign(zone_name=["Béoumi", "Ouangolodougou"])
    write_all(tmp_path, with_plan(result, cells=cells), ("tables",))
    assert (tmp_path / "coverage.csv").read_bytes().startswith(b"\xef\xbb\xbfperiod,")
    assert list(pd.read_csv(tmp_path / "coverage.csv")["zone_name"]) == ["Béoumi", "Ouangolodougou"]


def test_both_quantities_are_written_with_quantiles_worked_out_by_hand(tiny: Path) -> None:
    table = read(tiny / "demand.csv")
    row = table[(table["zone"] == "00123") & (table["quantity"] == "demand")].iloc[0]
    # samples 90, 100, 110 are the quantiles at 1/6, 3/6 and 5/6; beyond these nothing is known
    assert [row[name] for name in ("mean", "q05", "q50", "q95", "model")] == ["100", "90", "100", "110", "ets"]
    row = table[(table["zone"] == "00123") & (table["quantity"] == "distributed")].iloc[0]
    assert [row[name] for name in ("mean", "q50")] == ["90", "90"]


def test_a_pair_without_a_demand_model_has_no_row_of_demand_nor_of_samples(tmp_path: Path, country: Result) -> None:
    write_all(tmp_path, country, ("tables",))
    model = country.demand["model"].to_series()
    without = set(model[model == "none"].index)
    assert len(without) == 4
    demand, samples = read(tmp_path / "demand.csv"), pq.read_table(tmp_path / "samples.parquet").to_pandas()
    for table in (demand, samples):
        pairs = set(zip(table["zone"], table["item"], strict=True))
        assert not pairs & without
        assert len(pairs) == model.size - 4


def test_samples_are_the_futures_of_demand_in_order(tiny: Path) -> None:
    table = pq.read_table(tiny / "samples.parquet")
    assert table.schema.names == ["zone", "item", "period", "sample", "demand"]
    assert str(table.schema.field("demand").type) == "float"
    assert table.schema.metadata[b"status"] == b"DRAFT"
    df = table.to_pandas()
    assert list(df["demand"]) == [90, 100, 110, 30, 40, 50]
    assert list(df["sample"]) == [0, 1, 2, 0, 1, 2]
    assert list(df["zone"]) == ["00123"] * 3 + ["=Z2"] * 3
    assert set(df["period"]) == {ISSUE}


amounts = st.floats(0, 1e6, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(amounts, amounts, amounts, amounts, amounts, amounts, st.booleans()), min_size=1, max_size=5))
def test_the_balance_of_a_cell_survives_rounding_to_the_last_digit(rows: list[tuple[float, ...]]) -> None:
    stock, transit, planned, others, demand, carried, counted = (np.array(column) for column in zip(*rows, strict=True))
    off = np.where(counted, stock, 0) + transit + planned + others - demand - carried
    cells = pd.DataFrame(
        {
            "zone_stock": np.where(counted, stock, np.nan), "in_transit": transit, "planned": planned, "by_others": others,
            "demand_mean": demand, "carried_need": carried, "expected_unmet": np.maximum(-off, 0) + 0.2,
            "expected_surplus": np.maximum(off, 0) + 0.2, "zone": "Z", "item": "kit", "period": ISSUE,
        }
    )  # fmt: skip
    done = _frames.balanced(cells)[["expected_unmet", "expected_surplus"]].round(3)
    have = cells[["zone_stock", "in_transit", "planned", "by_others"]].round(3).fillna(0).sum(axis=1) + done["expected_unmet"]
    need = cells[["demand_mean", "carried_need"]].round(3).sum(axis=1) + done["expected_surplus"]
    assert ((have - need).abs() <= 1e-9 * np.maximum(have, 1)).all()
    assert (done >= 0).all(axis=None)
    assert (done["expected_unmet"] - cells["expected_unmet"]).abs().max() < 0.01


def test_the_balance_holds_in_the_file_as_written(tmp_path: Path, country: Result) -> None:
    write_all(tmp_path, country, ("tables",))
    df = pd.read_csv(tmp_path / "coverage.csv")
    have = df[["zone_stock", "in_transit", "planned", "by_others", "expected_unmet"]].fillna(0).sum(axis=1)
    need = df[["demand_mean", "carried_need", "expected_surplus"]].sum(axis=1)
    assert ((have - need).abs() <= 1e-9 * have).all()


def test_cells_that_do_not_balance_are_a_bug_and_say_where() -> None:
    plan = plan_of(tiny_result())
    cells = plan.cells.assign(planned=[81.0, 0.0])
    with pytest.raises(SeamError, match="1 rows do not balance; the first: zone 00123, item kit, period 2026-11-23, off by 1"):
        _frames.balanced(cells)


def test_the_order_of_rows_and_zones_changes_no_byte_of_any_output(tmp_path: Path) -> None:
    result = country_result(12)
    plan, rng = plan_of(result), np.random.default_rng(5)

    def shuffled(df: pd.DataFrame) -> pd.DataFrame:
        return df.iloc[rng.permutation(len(df))].reset_index(drop=True)

    other = with_plan(result, lines=shuffled(plan.lines), cells=shuffled(plan.cells), depot_stock=shuffled(plan.depot_stock))
    routes = dataclasses.replace(result.inputs.routes, lanes=shuffled(result.inputs.routes.lanes))
    other = dataclasses.replace(other, inputs=dataclasses.replace(other.inputs, routes=routes))
    for name, made in (("a", result), ("b", other)):
        (tmp_path / name).mkdir()
        write_all(tmp_path / name, made, ALL)
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_a_run_without_a_plan_writes_its_forecast_and_says_so(tmp_path: Path) -> None:
    write_all(tmp_path, dataclasses.replace(tiny_result(), plan=None), ALL)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"demand.csv", "samples.parquet", "assumptions.csv", "problems.csv", "summary.md"}
    assert "No plan was made" in (tmp_path / "summary.md").read_text(encoding="utf-8")


# ------------------------------------------------------------------ workbook and layers


def test_the_workbook_opens_ready_to_filter_and_shows_that_it_is_a_draft(tiny: Path) -> None:
    book = openpyxl.load_workbook(tiny / "allocation.xlsx")
    assert book.sheetnames == ["Allocation", "Coverage", "Pipeline", "Assumptions", "Problems", "About"]
    sheet = book["Allocation"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:U3")
    assert sheet["C2"].value == "DRAFT"
    assert sheet["M2"].number_format == "#,##0"
    assert sheet["D2"].is_date
    about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True, max_row=9)}
    assert "DRAFT" in about
    assert about["run"] == "2026-11-23-base-1f3a9c2e"
    assert about["data until"] == "2026-11-22"


def test_no_cell_of_the_workbook_is_a_formula(tiny: Path) -> None:
    for sheet in openpyxl.load_workbook(tiny / "allocation.xlsx"):
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    assert openpyxl.load_workbook(tiny / "allocation.xlsx")["Allocation"]["G3"].value == "'=Z2"


def test_a_code_with_leading_zeros_stays_text_in_the_workbook(tiny: Path) -> None:
    assert openpyxl.load_workbook(tiny / "allocation.xlsx")["Allocation"]["G2"].value == "00123"


def test_the_workbook_holds_no_time_of_its_own(tiny: Path) -> None:
    with zipfile.ZipFile(io.BytesIO((tiny / "allocation.xlsx").read_bytes())) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        stamps = re.findall(rb"<dcterms:\w+[^>]*>([^<]*)", archive.read("docProps/core.xml"))
    assert set(stamps) == {b"2026-11-23T00:00:00Z"}


def test_the_layers_carry_coverage_loads_and_the_stamp(tiny: Path) -> None:
    zones = gpd.read_file(tiny / "allocation.gpkg", layer="zones").set_index("zone")
    assert list(zones["care_coverage_first"]) == [0.8, 0.0]
    assert list(zones["kit_unmet_first"]) == [20, 40]
    assert zones.loc["=Z2", "no_road_from"] == "2026-11-23"
    assert zones["no_road_from"].isna()["00123"]
    lanes = gpd.read_file(tiny / "allocation.gpkg", layer="lanes")
    assert lanes[["depot", "zone", "kg_all", "trips_all", "kit_quantity_all"]].to_numpy().tolist() == [
        ["D1", "00123", 800, 1, 80]
    ]
    assert lanes.geometry[0].coords[0] == (0.2, 0.5)
    depots = gpd.read_file(tiny / "allocation.gpkg", layer="depots")
    assert depots.loc[0, ["kg_first", "runs_out"]].tolist() == [800, "kit"]
    for layer in (zones, lanes, depots):
        assert layer.crs.to_epsg() == 4326
        assert set(layer["status"]) == {"DRAFT"}
        assert set(layer["issue_date"]) == {"2026-11-23"}
