"""What was known on the issue date: versions, delays, counts, receipts and layers. Issue date 2026-03-02, today 2026-03-04."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast.panel import build_panel
from forecast.schema import INPUT_TABLES, KNOWN_ON, Ledger
from tests.operation import WEEKS, Operation, tiny_operation


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return tiny_operation(tmp_path)


def given(operation: Operation, name: str, *lines: str, **settings: Any) -> None:
    """An input from a CSV of its name."""
    operation.write(f"{name}.csv", *lines)
    operation.input(name, path=f"{name}.csv", **settings)


def test_known_on_may_stand_in_any_input_table() -> None:
    assert [name for name, table in INPUT_TABLES.items() if KNOWN_ON not in table.columns] == []


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("items", "item,need,unit", "kit,care,kit"),
        ("depots", "depot,lat,lon", "D1,5.2,30.3"),
        ("routes", "from,to,hours_one_way", "D1,Z-01,1"),
        ("fleet", "depot,vehicle,count,payload_kg", "D1,truck,1,1000"),
        ("priorities", "zone,need,weight", "Z-01,care,2"),
        ("population", "zone,people", "Z-01,5"),
        ("arrivals", "depot,item,quantity,eta", "D1,kit,5,2026-03-09"),
        ("commitments", "zone,item,period,minimum", "Z-01,kit,2026-03-02,5"),
        ("planned_by_others", "zone,item,period,quantity", "Z-01,kit,2026-03-02,5"),
    ],
)
def test_a_row_known_later_is_neither_used_nor_checked(operation: Operation, name: str, header: str, row: str) -> None:
    broken = ",".join("?" for _ in header.split(","))
    d2 = {"depots": ("D2,5.1,31.2,",), "fleet": ("D2,truck,1,1000,",)}.get(name, ())
    given(operation, name, f"{header},known_on", f"{row},", *d2, f"{row},2026-03-03", f"{broken},2026-03-04")
    operation.inputs()
    assert f"2 rows of {name} not yet known on 2026-03-02: counted, not used." in operation.ledger.remarks
    assert not operation.ledger.problems.noted


def test_of_two_versions_of_a_record_the_one_known_last_is_used_and_the_other_counted(operation: Operation) -> None:
    rows = [f"Z-01,kit,{week},1," for week in WEEKS]
    operation.write(
        "records.csv", "zone,item,period,distributed,known_on", *rows,
        "Z-01,kit,2026-01-05,7,2026-02-01", "Z-01,kit,2026-01-05,8,2026-02-20", "Z-01,kit,2026-01-05,9,2026-03-03",
    )  # fmt: skip
    assert operation.inputs().records["distributed"].tolist() == [8, *[1] * 7]
    assert "2 rows of records replaced by a version known later: counted, not used." in operation.ledger.remarks


def test_two_versions_known_on_the_same_day_still_contradict_each_other(operation: Operation) -> None:
    rows = [f"Z-01,kit,{week},1,2026-03-01" for week in WEEKS]
    operation.write("records.csv", "zone,item,period,distributed,known_on", *rows, "Z-01,kit,2026-01-05,7,2026-03-01")
    operation.settings["panel"] = {"max_bad_share": 0.5}
    assert len(operation.inputs().records) == 7
    assert [problem.line for problem in operation.ledger.problems.noted] == [2, 10]


def test_a_version_of_a_commitment_replaces_the_one_known_before(operation: Operation) -> None:
    header = "zone,item,period,minimum,known_on"
    given(operation, "commitments", header, "Z-01,kit,2026-03-02,5,", "Z-01,kit,2026-03-02,9,2026-02-27")
    assert operation.inputs().stock.commitments["minimum"].tolist() == [9]


def test_a_consignment_announced_anew_replaces_the_old_dates_and_others_stay(operation: Operation) -> None:
    given(
        operation, "arrivals", "depot,item,quantity,eta,consignment,known_on",
        "D1,kit,5,2026-03-09,PO1,2026-02-01", "D1,kit,5,2026-03-20,PO1,2026-02-20", "D1,kit,6,2026-03-10,,2026-02-01",
        "D1,kit,7,2026-03-10,,2026-02-20",
    )  # fmt: skip
    arrivals = operation.inputs().stock.arrivals
    assert {(day.day, quantity) for day, quantity in zip(arrivals["eta"], arrivals["quantity"], strict=True)} == {
        (20, 5), (10, 6), (10, 7),
    }  # fmt: skip


@pytest.mark.parametrize(("name", "place"), [("zone_stock", "zone"), ("stock", "depot")])
def test_of_several_counts_the_latest_by_the_issue_date_counts(operation: Operation, name: str, place: str) -> None:
    code, other = ("Z-01", "Z-02") if place == "zone" else ("D1", "D2")
    days = ("2026-02-20", "2026-02-27", "2026-03-03")
    rows = [f"{code},kit,{quantity},{day}" for quantity, day in zip((5, 6, 7), days, strict=True)]
    given(operation, name, f"{place},item,quantity,counted_on", *rows, f"{other},kit,1,2026-02-01")
    stock = operation.inputs().stock
    table = stock.zone_stock if name == "zone_stock" else stock.depot_stock
    assert dict(zip(table[place], table["quantity"], strict=True)) == {code: 6, other: 1}
    assert f"1 row of {name} replaced by a later count: counted, not used." in operation.ledger.remarks


def test_counts_of_which_one_has_no_date_contradict_each_other(operation: Operation) -> None:
    given(operation, "zone_stock", "zone,item,quantity,counted_on", "Z-01,kit,5,2026-02-20", "Z-01,kit,6,")
    assert "repeats zone Z-01, item kit" in operation.refusal()


@pytest.mark.parametrize(("delay", "weeks"), [(0, 8), (1, 7), (8, 6)])
def test_a_declared_delay_of_a_table_stands_in_for_known_on(operation: Operation, delay: int, weeks: int) -> None:
    operation.settings["inputs"]["records"]["delay_days"] = delay
    operation.settings["panel"] = {"reporting_delay_days": 30}  # of records that declare none of their own
    inputs, job = operation.inputs(), operation.job()
    assert inputs.records["period"].nunique() == weeks
    panel = build_panel(inputs, job.config, job.issue_date, Ledger())
    assert int(panel["is_reported"].any(["zone", "item"]).sum()) == weeks


def test_a_count_with_a_delay_is_known_that_much_later(operation: Operation) -> None:
    rows = ("Z-01,kit,5,2026-02-26", "Z-02,kit,6,2026-02-27")
    given(operation, "zone_stock", "zone,item,quantity,counted_on", *rows, delay_days=4)
    assert operation.inputs().stock.zone_stock["zone"].tolist() == ["Z-01"]


def test_a_delay_of_rows_that_tell_of_no_day_is_refused(operation: Operation) -> None:
    given(operation, "arrivals", "depot,item,quantity,eta", "D1,kit,5,2026-03-09", delay_days=4)
    assert "setting inputs.arrivals.delay_days: means nothing here" in operation.refusal()


def test_a_table_of_which_nothing_was_known_is_refused_where_there_must_be_rows(operation: Operation) -> None:
    given(operation, "stock", "depot,item,quantity,counted_on", "D1,kit,5,2026-03-03")
    assert operation.refusal() == (
        "config.yaml: 1 problem\n  setting inputs.stock: has no row that was known on 2026-03-02, the issue date. "
        "Give older rows, or a later issue date"
    )


@pytest.mark.parametrize("column", ["known_on", "counted_on"])
def test_a_row_after_today_is_an_error(operation: Operation, column: str) -> None:
    given(operation, "stock", f"depot,item,quantity,{column}", "D1,kit,5,2026-03-05", "D2,kit,5,2026-03-01")
    assert f"line 2, column {column}: '2026-03-05' is after today (2026-03-04)" in operation.refusal()


def test_a_waybill_written_again_with_its_receipt_replaces_the_first(operation: Operation) -> None:
    header = "waybill,depot,zone,item,quantity,left,received,received_quantity,known_on"
    loads = ("W1,D1,Z-01,kit,5,2026-02-20,,,2026-02-20", "W1,D1,Z-01,kit,5,2026-02-20,2026-02-27,4,2026-02-28")
    given(operation, "dispatches", header, *loads)
    assert operation.inputs().stock.dispatches["received_quantity"].tolist() == [4]


def test_a_broken_receipt_of_a_later_day_is_not_looked_at(operation: Operation) -> None:
    header = "waybill,depot,zone,item,quantity,left,received,received_quantity,lost,status"
    given(operation, "dispatches", header, "W1,D1,Z-01,kit,5,2026-02-20,2026-03-03,many,few,received")
    row = operation.inputs().stock.dispatches.iloc[0]
    assert row[["received", "received_quantity", "lost"]].isna().all()
    assert row["status"] == ""


# ------------------------------------------------------------------ layers


def test_a_layer_later_than_the_issue_date_is_refused_by_name(operation: Operation) -> None:
    operation.settings["inputs"]["zones"]["as_of"] = "2026-04"
    assert operation.refusal() == (
        "config.yaml: 1 problem\n  setting inputs.zones.as_of: '2026-04' is later than the issue date (2026-03-02): nobody could "
        "have had this layer then. Give a layer of that time, or write `allow_later: <reason>` under inputs.zones"
    )


def test_a_later_layer_that_is_allowed_is_an_assumption_and_a_mark_on_every_page(operation: Operation) -> None:
    operation.settings["inputs"]["zones"] |= {
        "as_of": pd.Timestamp("2026-04-01").date(),
        "allow_later": "the first map ever made",
    }
    operation.inputs()
    assert operation.ledger.marks == ["zones is of 2026-04-01, later than the issue date (2026-03-02): the first map ever made"]
    assert "zones as of" in [line.figure for line in operation.ledger.assumptions]


@pytest.mark.parametrize("as_of", [2026, "2026", "2026-03", "2026-03-02"])
def test_a_layer_that_may_be_of_the_issue_date_needs_no_words(operation: Operation, as_of: object) -> None:
    operation.settings["inputs"]["zones"]["as_of"] = as_of
    operation.inputs()
    assert operation.ledger.marks == []


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("zones", {"as_of": "spring"}, "inputs.zones.as_of: 'spring' is no date of a layer"),
        ("zones", {"as_of": "2026-13"}, "inputs.zones.as_of: '2026-13' is no date of a layer"),
        ("zones", {"as_of": "2027", "allow_later": ""}, "inputs.zones.allow_later: gives no reason"),
        ("records", {"allow_later": "why not"}, "inputs.records.allow_later: is for layers"),
        ("stock", {"as_of": "2027", "allow_later": "why not"}, "inputs.stock.allow_later: is for layers"),
    ],
)
def test_words_that_mean_nothing_are_refused(operation: Operation, name: str, settings: dict[str, Any], said: str) -> None:
    operation.settings["inputs"][name] |= settings
    assert said in operation.refusal()


def test_people_counted_after_the_issue_date_are_not_used_unless_allowed(operation: Operation) -> None:
    rows = ("Z-01,100,2026-01-01", "Z-01,900,2026-03-03", "Z-02,200,2026-02-01")
    given(operation, "population", "zone,people,as_of", *rows)
    assert operation.inputs().zones["population_people"].tolist()[:2] == [100, 200]
    assert operation.ledger.marks == []
    operation.settings["inputs"]["population"]["allow_later"] = "the census came late"
    assert operation.inputs().zones["population_people"].tolist()[:2] == [900, 200]
    assert operation.ledger.marks[0].startswith("population is of 2026-03-03, later than the issue date")


def test_population_by_group_is_added_up_and_shown(operation: Operation) -> None:
    rows = ("Z-01,host,1000,,", "Z-01,idp,500,400,700", "Z-02,host,300,,")
    given(operation, "population", "zone,group,people,low,high", *rows)
    operation.inputs()
    assert (
        "Population: 1,800 people: host 1,300, idp 500. Said to be between 1,700 and 2,000; the forecast uses the middle figure."
        in operation.ledger.remarks
    )


# ------------------------------------------------------------------ names of signals


@pytest.mark.parametrize("name", ["distributed", "demand", "is_censored", "is_reported", "people"])
def test_a_signal_named_like_a_variable_of_the_panel_is_refused(operation: Operation, name: str) -> None:
    operation.settings["signals"] = {name: {"use": "presence", "path": "none.csv", "towers": "none.csv"}}
    assert f"setting signals.{name}: '{name}' is the name of a variable of the panel" in operation.refusal()


def test_a_signal_named_like_the_coverage_of_another_is_refused(operation: Operation) -> None:
    block = {"use": "presence", "path": "none.csv", "towers": "none.csv"}
    operation.settings["signals"] = {"rain": block, "rain_coverage": dict(block)}
    assert "'rain_coverage' is the name under which the coverage of the signal rain is kept" in operation.refusal()


# ------------------------------------------------------------------ rows of the plan inputs that cannot be


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Z-01,,,2026-03-02,5", "column item: is empty, and so is need"),
        ("Z-01,kit,care,2026-03-02,5", "column need: 'care' is given beside an item"),
        ("Z-01,,care,2026-03-02,5", "column need: 'care' has no unit: the config does not state this need"),
    ],
)
def test_what_others_bring_names_an_item_or_a_need_of_the_config(operation: Operation, row: str, said: str) -> None:
    given(operation, "planned_by_others", "zone,item,need,period,quantity", row)
    assert said in operation.refusal()


def test_what_others_bring_for_a_need_is_read(operation: Operation) -> None:
    operation.settings["needs"] = {"care": {"unit": "visit", "per_person_per_day": 0.01, "source": "test"}}
    given(operation, "planned_by_others", "zone,need,period,quantity", "Z-01,care,2026-03-02,5")
    assert operation.inputs().stock.by_others[["item", "need", "quantity"]].to_numpy().tolist() == [["", "care", 5.0]]


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ("2026-03-09,2026-03-10,", "column eta_low: '2026-03-10' is later than eta (2026-03-09)"),
        ("2026-03-09,,2026-03-01", "column eta: '2026-03-09' is later than eta_high (2026-03-01)"),
    ],
)
def test_an_arrival_lies_between_its_dates(operation: Operation, dates: str, said: str) -> None:
    given(operation, "arrivals", "depot,item,quantity,eta,eta_low,eta_high", f"D1,kit,5,{dates}")
    assert said in operation.refusal()
