"""Codes that nobody knows: what is said of them, and that nothing is joined by likeness alone."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest

from forecast.inputs.checks import MOST_EXPLAINED, unknown_codes
from tests.operation import Operation, tiny_operation


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    """Three zones with names, two of them alike."""
    operation = tiny_operation(tmp_path)
    names = ("SO1502,Ceel Afweyn,5.1,30.1", "SO1503,Laas Caanood,5.2,30.2")
    shared = ("SO1601,Bardaale,5.3,30.3", "SO1602,Bardaale,5.1,30.3")
    operation.write("places.csv", "zone,zone_name,lat,lon", *names, *shared)
    operation.settings["inputs"]["zones"] = {"use": "points", "path": "places.csv"}
    operation.write_records(("SO1502", "SO1503"))
    return operation


def told_of(operation: Operation, code: str) -> str:
    """What is said of a zone_stock row of this code."""
    operation.write("zone_stock.csv", "zone,item,quantity", f"{code},kit,4")
    operation.input("zone_stock", path="zone_stock.csv")
    return operation.refusal().removeprefix("zone_stock.csv: 1 problem\n  line 2, column zone: ")


@pytest.mark.parametrize("code", ["so1502", "SO 1502", "SO01502", "SO-1502"])
def test_a_code_that_differs_in_its_writing_only_is_refused_and_its_like_is_named(operation: Operation, code: str) -> None:
    assert told_of(operation, code) == f"'{code}' is not one of the 4 known zones. Did you mean 'SO1502'?"


@pytest.mark.parametrize("name", ["Ceel Afweyn", "CEEL AFWEYN", "Ceel-Afweyn"])
def test_a_name_in_the_column_of_codes_is_told_for_what_it_is_with_the_line_to_write(operation: Operation, name: str) -> None:
    assert told_of(operation, name) == (
        f"'{name}' is the name of zone SO1502, not a code. "
        f'Write the code, or add rename: {{zone: {{"{name}": "SO1502"}}}} to the block of this table'
    )


def test_a_name_that_two_zones_share_is_not_decided_for_the_user(operation: Operation) -> None:
    assert told_of(operation, "Bardaale") == "'Bardaale' is the name of zone SO1601 and SO1602, not a code. Write the code"


def test_a_code_that_lost_its_leading_zero_is_told_with_the_line_to_write(operation: Operation) -> None:
    operation.write("places.csv", "zone,lat,lon", "0101,5.1,30.1", "0102,5.2,30.2", "0103,5.3,30.3")
    operation.write_records(("0101", "0102"))
    assert told_of(operation, "101") == (
        "'101' is not one of the 3 known zones. Did you mean '0101'? "
        'A sheet drops leading zeros: add rename: {zone: {"101": "0101"}} to the block of this table'
    )


def test_codes_that_look_alike_are_said(operation: Operation) -> None:
    operation.write(
        "places.csv", "zone,lat,lon", "1,5.1,30.1", "01,5.2,30.2", "Z 1,5.3,30.3", "Z\u00a01,5.4,30.4", "Z-10,5.5,30.5"
    )
    operation.write_records(("1", "Z-10"))
    operation.inputs()
    told = [remark for remark in operation.ledger.remarks if "written in two ways" in remark]
    assert told == [
        "Two zones, or one written in two ways? '01', '1'. Each is taken as its own.",
        "Two zones, or one written in two ways? 'Z 1', 'Z\\xa01'. Each is taken as its own.",
    ]


def test_a_misspelt_name_is_told_with_the_zone_it_may_be(operation: Operation) -> None:
    assert told_of(operation, "Las Anod") == (
        "'Las Anod' is not one of the 4 known zones. Did you mean SO1503 (Laas Caanood)? Write the code"
    )


def test_what_is_near_to_nothing_is_only_said_to_be_unknown(operation: Operation) -> None:
    assert told_of(operation, "xyz") == "'xyz' is not one of the 4 known zones. Mend the code, or add it"


def test_the_line_that_is_proposed_works(operation: Operation) -> None:
    operation.write("zone_stock.csv", "zone,item,quantity", "Ceel Afweyn,kit,4")
    operation.input("zone_stock", path="zone_stock.csv", rename={"zone": {"Ceel Afweyn": "SO1502"}})
    assert operation.inputs().stock.zone_stock["zone"].tolist() == ["SO1502"]


def test_records_with_names_for_codes_say_so_too(operation: Operation) -> None:
    operation.append("records.csv", "Ceel Afweyn,kit,2026-01-05,10,5")
    assert "'Ceel Afweyn' is the name of zone SO1502, not a code. Row set aside. Write the code, or add rename:" in (
        operation.refusal()
    )


def test_the_name_of_an_item_is_told_for_what_it_is(operation: Operation) -> None:
    operation.settings["items"]["kit"]["name"] = "Hygiene kit"
    operation.append("stock.csv", "D1,Hygiene kit,5")
    assert "'Hygiene kit' is the name of item kit, not a code. Write the code, or add rename:" in operation.refusal()


def test_a_hundred_thousand_unknown_codes_take_seconds() -> None:
    count = 100_000
    df = pd.DataFrame({"zone": [f"X{n}" for n in range(count)], "record": [f"a.csv:{n}" for n in range(count)]})
    codes = pd.Index([f"NG{n:04d}" for n in range(1000)])
    began = time.process_time()
    found = unknown_codes(df, "zone", codes, "zones", pd.Series([f"Name {n}" for n in range(1000)], index=codes))
    assert len(found) == count
    assert found[MOST_EXPLAINED][1].action == "Mend the code, or add it"
    assert time.process_time() - began < 30


def test_a_name_in_the_place_of_a_code_is_told_in_routes_and_for_depots_too(tmp_path: Path) -> None:
    operation = tiny_operation(tmp_path)
    operation.write("sites.csv", "zone,name,lat,lon", "Z-01,Kori,5.2,30.2", "Z-02,Bala,5.2,30.7", "Z-03,Wadi,5.2,31.2")
    operation.settings["inputs"]["zones"] = {"use": "points", "path": "sites.csv", "columns": {"zone_name": "name"}}
    operation.write("depots.csv", "depot,name,lat,lon", "D1,Main Depot,5.2,30.3", "D2,Small Depot,5.1,31.2")
    operation.write("routes.csv", "from,to,hours_one_way", "D1,Kori,2", "Main Depot,Z-02,2", "D2,Z-03,2")
    operation.input("routes", path="routes.csv")
    operation.write("stock.csv", "depot,item,quantity", "D1,kit,5", "small depot,kit,5")
    told = operation.refusal()
    assert (
        "line 2, column to: 'Kori' is the name of zone Z-01, not a code. "
        'Write the code, or add rename: {to: {"Kori": "Z-01"}} to the block of this table'
    ) in told
    assert "line 3, column from: 'Main Depot' is the name of depot D1, not a code. Write the code, or add rename: {from:" in told
    assert "stock.csv: 1 problem\n  line 3, column depot: 'small depot' is the name of depot D2, not a code." in told
