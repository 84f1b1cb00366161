"""Limits of zones, depots and lanes as they are read: bad cells refused, goods without volume refused, absent ones told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.operation import Operation, tiny_operation

HEAD = "zone,lat,lon,receives_on,store_m3,cold_m3"


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    made = tiny_operation(tmp_path)
    made.write(
        "sites.csv",
        "zone,lat,lon,receives_on,store_m3,cold_m3",
        "Z-01,5.2,30.2,Mon Thu,12,",
        "Z-02,5.2,30.7,,,1",
        "Z-03,5.2,31.2,,,",
    )
    made.settings["inputs"]["zones"] = {"use": "points", "path": "sites.csv"}
    made.settings["items"]["kit"]["m3_per_unit"] = 0.1
    return made


def test_zones_say_when_they_receive_and_what_they_hold(operation: Operation) -> None:
    zones = operation.inputs().zones
    assert zones["receives_on"].tolist() == ["Mon Thu", "", ""]
    assert zones["store_m3"].tolist()[0] == 12
    assert zones["cold_m3"].tolist()[1] == 1


def test_goods_without_volume_do_not_go_into_a_store_with_a_limit(operation: Operation) -> None:
    del operation.settings["items"]["kit"]["m3_per_unit"]
    said = operation.refusal()
    assert "'kit' has stock and is put in a store of limited room (zones: store_m3), but no m3_per_unit" in said


def test_nor_into_a_depot_with_a_limit(operation: Operation) -> None:
    del operation.settings["items"]["kit"]["m3_per_unit"]
    operation.write("sites.csv", "zone,lat,lon,cold_m3", "Z-01,5.2,30.2,1", "Z-02,5.2,30.7,", "Z-03,5.2,31.2,")
    operation.write("depots.csv", "depot,lat,lon,dry_m3", "D1,5.2,30.3,100", "D2,5.1,31.2,")
    assert "is put in a store of limited room (depots: dry_m3), but no m3_per_unit" in operation.refusal()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Z-01,5.2,30.2,market day,12,", "column receives_on: 'market day' names no days of the week"),
        ("Z-01,5.2,30.2,Mon,-1,", "column store_m3: '-1' is negative"),
        ("Z-01,5.2,30.2,Mon,1,much", "column cold_m3: 'much' is not a number"),
    ],
)
def test_bad_cells_of_zones_are_named(operation: Operation, row: str, said: str) -> None:
    operation.write("sites.csv", HEAD, row, "Z-02,5.2,30.7,,,", "Z-03,5.2,31.2,,,")
    assert said in operation.refusal()


def test_bad_days_of_a_convoy_are_named(operation: Operation) -> None:
    operation.write("routes.csv", "from,to,hours_one_way,convoy_days", "D1,Z-01,2,every other", "D1,Z-02,2,", "D1,Z-03,2,")
    operation.input("routes", path="routes.csv")
    assert "column convoy_days: 'every other' names no days of the week" in operation.refusal()


def test_a_lane_that_no_day_suits_is_named(operation: Operation) -> None:
    operation.write(
        "routes.csv", "from,to,lead_days,hours_one_way,convoy_days", "D1,Z-01,1,2,Mon", "D1,Z-02,0,2,Mon", "D2,Z-03,0,2,"
    )
    operation.input("routes", path="routes.csv")
    operation.inputs()
    (noted,) = [problem for problem in operation.ledger.problems if problem.column == "convoy_days"]
    assert noted.problem == "leaves no day of the week for D1 to load and Z-01 to receive 1 days later"


def test_limits_that_no_row_gives_are_told(operation: Operation) -> None:
    operation.inputs()
    (told,) = [remark for remark in operation.ledger.remarks if remark.startswith("No such limit")]
    assert "days of convoys (routes: convoy_days)" in told
    assert "room in depots (depots: dry_m3)" in told
    assert "receives_on" not in told


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("D1,D2,,", "hours_one_way: is empty, and so is km"),
        ("D1,D2,3,boat", "vehicles: 'boat' names boat, which is no vehicle of the fleet"),
    ],
)
def test_lanes_between_depots_are_checked_as_those_to_zones(operation: Operation, row: str, said: str) -> None:
    operation.write("fleet.csv", "depot,vehicle,count,payload_kg,payload_m3", "D1,truck,1,5000,20", "D2,truck,1,5000,20")
    operation.input("fleet", path="fleet.csv")
    operation.write("routes.csv", "from,to,hours_one_way,vehicles", "D1,Z-01,2,", "D1,Z-02,2,", "D2,Z-03,2,", row)
    operation.input("routes", path="routes.csv")
    assert said in operation.refusal()
