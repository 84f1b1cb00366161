"""Inputs as they were known on the issue date: read, completed, cross-checked, with the scenario's changes."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from forecast import config
from forecast.geo import great_circle_km
from forecast.ingest import raster
from forecast.inputs import read_inputs, routes
from forecast.schema import (
    COMMITMENTS,
    DEPOTS,
    DISPATCHES,
    FLEET,
    ITEMS,
    RECORDS,
    ROUTES,
    SIGNALS,
    STOCK,
    ZONE_STOCK,
    ZONES,
    Ledger,
)  # fmt: skip
from tests.operation import TODAY, WEEKS, Operation, tiny_operation


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return tiny_operation(tmp_path)


def scenario(operation: Operation, **what_if: Any) -> str:
    folder = operation.folder / "scenarios"
    folder.mkdir(exist_ok=True)
    (folder / "trial.yaml").write_text(yaml.safe_dump({"what_if": what_if}), encoding="utf-8")
    return "trial"


def assumed(operation: Operation) -> set[tuple[str, str, str]]:
    return {(line.figure, line.applies_to, line.value) for line in operation.ledger.assumptions}


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


# ------------------------------------------------------------------ the whole


def test_all_tables_are_what_their_seam_declares(operation: Operation) -> None:
    inputs = operation.inputs()
    ZONES.check(inputs.zones.reset_index())
    ITEMS.check(inputs.items.reset_index())
    for table, df in (
        (RECORDS, inputs.records), (STOCK, inputs.stock.depot_stock), (ZONE_STOCK, inputs.stock.zone_stock),
        (DISPATCHES, inputs.stock.dispatches), (COMMITMENTS, inputs.stock.commitments), (DEPOTS, inputs.routes.depots),
        (ROUTES, inputs.routes.lanes), (FLEET, inputs.routes.fleet),
    ):  # fmt: skip
        table.check(df)
    SIGNALS.check(inputs.signals)
    assert inputs.data_until == day("2026-03-01")
    assert list(inputs.files) == ["depots.csv", "records.csv", "stock.csv", "zones.geojson"]
    zone = inputs.zones.loc["Z-02"].drop(["geometry", "store_m3", "cold_m3"])
    assert zone.to_dict() == {"zone_name": "Z-02", "parent": "", "population_people": 2000.0, "receives_on": ""}


def test_the_order_of_rows_and_zones_does_not_matter(operation: Operation) -> None:
    first = operation.inputs()
    chance = random.Random(3)  # noqa: S311 (no secret)
    for name in ("records.csv", "stock.csv", "depots.csv"):
        header, *rows = (operation.folder / name).read_text(encoding="utf-8").splitlines()
        chance.shuffle(rows)
        operation.write(name, header, *rows)
    zones = json.loads((operation.folder / "zones.geojson").read_text(encoding="utf-8"))
    zones["features"].reverse()
    (operation.folder / "zones.geojson").write_text(json.dumps(zones), encoding="utf-8")
    second = operation.inputs()
    assert RECORDS.fingerprint(first.records) == RECORDS.fingerprint(second.records)
    for a, b in (
        (first.records, second.records), (first.stock.depot_stock, second.stock.depot_stock),
        (first.stock.zone_stock, second.stock.zone_stock), (first.routes.lanes, second.routes.lanes),
    ):  # fmt: skip
        pd.testing.assert_frame_equal(a.drop(columns="record"), b.drop(columns="record"))
    pd.testing.assert_frame_equal(first.zones, second.zones)


# ------------------------------------------------------------------ as it was known on the issue date


def test_rows_of_periods_not_over_are_counted_and_not_used(operation: Operation) -> None:
    operation.settings["issue_date"] = dt.date(2026, 2, 18)  # a Wednesday
    inputs = operation.inputs()
    assert inputs.records["period"].max() == day("2026-02-09")
    assert inputs.data_until == day("2026-02-15")
    assert "6 rows of records of periods not over on 2026-02-18: counted, not used." in operation.ledger.remarks
    assert inputs.signals.indexes["period"][-1] == day("2026-02-09")


def test_a_row_known_only_later_is_not_used(operation: Operation) -> None:
    rows = [f"Z-01,kit,{week},1,{known}" for week, known in zip(WEEKS, ["", *["2026-02-28"] * 6, "2026-03-03"], strict=True)]
    operation.write("records.csv", "zone,item,period,distributed,known_on", *rows)
    assert list(operation.inputs().records["period"]) == [day(week) for week in WEEKS[:-1]]
    assert "1 row of records not yet known on 2026-03-02: counted, not used." in operation.ledger.remarks


def test_a_declared_delay_stands_in_for_known_on(operation: Operation) -> None:
    operation.settings["panel"] = {"reporting_delay_days": 1}
    assert operation.inputs().records["period"].max() == day("2026-02-16")


def test_a_later_copy_of_a_row_has_no_influence(operation: Operation) -> None:
    rows = [f"Z-01,kit,{week},1,{week}" for week in WEEKS]
    operation.write("records.csv", "zone,item,period,distributed,known_on", *rows, "Z-01,kit,2026-01-05,99,2026-03-03")
    records = operation.inputs().records
    assert records["distributed"].tolist() == [1.0] * 8
    assert not operation.ledger.problems.noted


def test_counts_and_receipts_after_the_issue_date_are_not_used(operation: Operation) -> None:
    operation.write("zone_stock.csv", "zone,item,quantity,counted_on", "Z-01,kit,4,2026-03-01", "Z-02,kit,4,2026-03-03")
    header = "waybill,depot,zone,item,quantity,left,received,received_quantity"
    operation.write(
        "dispatches.csv", header, "W1,D1,Z-01,kit,5,2026-02-20,2026-03-03,5", "W2,D1,Z-01,kit,5,2026-03-03,,",
        "W3,D1,Z-01,kit,5,2026-02-20,2026-02-22,5",
    )  # fmt: skip
    operation.input("zone_stock", path="zone_stock.csv")
    operation.input("dispatches", path="dispatches.csv")
    stock = operation.inputs().stock
    assert list(stock.zone_stock["zone"]) == ["Z-01"]
    assert list(stock.dispatches["waybill"]) == ["W1", "W3"]
    assert stock.dispatches["received"].isna().tolist() == [True, False]
    assert stock.dispatches["received_quantity"].isna().tolist() == [True, False]
    assert {
        "1 row of zone_stock dated after 2026-03-02: counted, not used.",
        "1 row of dispatches dated after 2026-03-02: counted, not used.",
        "1 dispatch received after 2026-03-02: counted as on the road.",
    } <= set(operation.ledger.remarks)


def test_a_count_without_a_date_is_one_of_the_issue_date_and_said_so(operation: Operation) -> None:
    operation.write("zone_stock.csv", "zone,item,quantity", "Z-01,kit,4")
    operation.input("zone_stock", path="zone_stock.csv")
    assert operation.inputs().stock.zone_stock["counted_on"].tolist() == [day("2026-03-02")]
    assert ("counted_on", "1 row of zone_stock without a date", "2026-03-02") in assumed(operation)


def test_no_usable_record_is_refused(operation: Operation) -> None:
    operation.settings["issue_date"] = dt.date(2026, 1, 7)
    assert operation.refusal() == (
        "config.yaml: 1 problem\n"
        "  setting inputs.records: has no usable row of a period that was over and known on 2026-01-07, the issue date. "
        "Give older records, or a later issue date"
    )


# ------------------------------------------------------------------ zones, population


def test_population_groups_are_added_up_and_an_unknown_population_stays_empty(operation: Operation) -> None:
    operation.write(
        "people.csv", "zone,group,people,as_of", "Z-01,host,700,2025-12-31", "Z-01,idp,300,2025-12-31", "Z-03,host,0,2025-12-31"
    )
    operation.input("population", path="people.csv")
    people = operation.inputs().zones["population_people"]
    assert people["Z-01"] == 1000
    assert np.isnan(people["Z-02"])
    assert people["Z-03"] == 0
    assert {
        "No population is known for 1 of 3 zones: Z-02.",
        "Population is from inputs.population; the column of the zones file is not used.",
    } <= set(operation.ledger.remarks)


def test_sites_can_be_zones(operation: Operation) -> None:
    operation.write("sites.csv", "site,y,x,area", "Z-01,5.1,30.2,N", "Z-02,5.2,30.4,N", "Z-03,5.3,30.5,S")
    columns = {"zone": "site", "lat": "y", "lon": "x", "parent": "area"}
    operation.settings["inputs"]["zones"] = {"use": "points", "path": "sites.csv", "columns": columns}
    zones = operation.inputs().zones
    assert zones["parent"].tolist() == ["N", "N", "S"]
    assert (zones.loc["Z-02"].geometry.y, zones.loc["Z-02"].geometry.x) == (5.2, 30.4)
    assert "No population is known for any zone." in operation.ledger.remarks


# ------------------------------------------------------------------ items


def test_defaults_that_are_used_are_assumptions(operation: Operation) -> None:
    items = operation.inputs().items
    kit = items.loc["kit"]
    assert (kit["name"], kit["pack"], kit["covers"], kit["substitutes"], kit["priority"]) == ("kit", 1, 1, "", 1)
    assert bool(kit["need_lapses"])
    assert kit["carriage"] == "dry"
    assert items[["keeps_days", "m3_per_unit", "per_person_per_day"]].isna().all(axis=None)
    assert {("pack", "kit", "1"), ("keeps_days", "kit", "no limit"), ("substitutes", "kit", "none")} <= assumed(operation)


def test_a_block_of_the_config_overrides_and_completes_the_table(operation: Operation) -> None:
    operation.write("items.csv", "item,need,unit,pack,kg_per_unit,need_lapses", "kit,care,box,4,9,no", "tabs,water,tablet,100,,")
    operation.input("items", path="items.csv")
    operation.settings["items"] = {"kit": {"pack": 12, "source": "new carton"}, "soap": {"need": "care", "unit": "bar"}}
    items = operation.inputs().items
    assert list(items.index) == ["kit", "soap", "tabs"]
    assert items["pack"].tolist() == [12, 1, 100]
    assert items.loc["kit", "kg_per_unit"] == 9
    assert items["need_lapses"].tolist() == [False, True, True]
    lines = {(line.figure, line.applies_to, line.value, line.source) for line in operation.ledger.assumptions}
    assert ("pack", "kit", "12", "new carton") in lines
    assert ("pack", "soap", "1", "default of this program") in lines
    assert not any(figure == "pack" and "tabs" in items for figure, items, _, _ in lines)
    assert "No records of 2 of 3 items: soap, tabs." in operation.ledger.remarks


def test_a_block_that_names_no_item_is_refused_with_the_near_name(operation: Operation) -> None:
    operation.write("items.csv", "item,need,unit,kg_per_unit", "kit,care,box,9")
    operation.input("items", path="items.csv")
    operation.settings["items"] = {"kits": {"pack": 12}}
    assert operation.refusal() == (
        "config.yaml: 1 problem\n"
        "  setting items: 'kits' is in no items table, and its block does not give need and unit. Did you mean 'kit'? "
        "A new item needs both"
    )


def test_planning_figures_of_the_needs_served_are_assumptions(operation: Operation) -> None:
    figures = {
        "unit": "consultation",
        "per_person_per_day": 0.00822,
        "survival_per_person_per_day": 0.004,
        "source": "health cluster",
    }
    operation.settings["needs"] = {"care": figures, "water": {"unit": "L", "per_person_per_day": 15, "source": "Sphere"}}
    operation.inputs()
    lines = {(line.figure, line.applies_to, line.value, line.unit, line.source) for line in operation.ledger.assumptions}
    unit = "consultation per person per day"
    assert ("per_person_per_day", "need care", "0.00822", unit, "health cluster") in lines
    assert ("survival_per_person_per_day", "need care", "0.004", unit, "health cluster") in lines
    assert not any(applies_to == "need water" for _, applies_to, _, _, _ in lines)


def test_substitutes_serve_one_need(operation: Operation) -> None:
    operation.settings["items"]["kit"]["substitutes"] = "S"
    operation.settings["items"]["tabs"] = {"need": "water", "unit": "tablet", "substitutes": "S"}
    assert operation.refusal() == (
        "items: 1 problem\n"
        "  column substitutes: 'S' joins items of different needs (kit is care, tabs is water). "
        "Give them one need, or other groups"
    )  # fmt: skip


# ------------------------------------------------------------------ stock


def test_stock_in_the_zones_is_the_last_count_of_the_records(operation: Operation) -> None:
    rows = ["Z-01,kit,2026-02-02,10,99", "Z-01,kit,2026-02-09,10,7", "Z-01,kit,2026-02-16,10,", "Z-02,kit,2026-02-16,10,0"]
    operation.write("records.csv", "zone,item,period,distributed,stock_end", *rows)
    stock = operation.inputs().stock.zone_stock
    assert stock[["zone", "quantity", "counted_on"]].to_numpy().tolist() == [
        ["Z-01", 7.0, day("2026-02-15")],
        ["Z-02", 0.0, day("2026-02-22")],
    ]
    assert "Stock in the zones is the last stock_end of records, for 2 of 2 zones and items." in operation.ledger.remarks


def test_expired_batches_are_not_counted_and_noted(operation: Operation) -> None:
    rows = ["D1,kit,100,B1,2026-03-01", "D1,kit,50,B2,2026-03-02", "D2,kit,5,,"]
    operation.write("stock.csv", "depot,item,quantity,batch,expiry", *rows)
    assert operation.inputs().stock.depot_stock["quantity"].tolist() == [50, 5]
    assert [f"{p.file}: {p}" for p in operation.ledger.problems.noted] == [
        "stock.csv: line 2, column expiry: '2026-03-01' expired before the issue date (2026-03-02). Not counted as stock"
    ]


def test_stock_without_a_status_counts_as_usable_and_is_said(operation: Operation) -> None:
    operation.write("stock.csv", "depot,item,quantity,status", "D1,kit,100,", "D2,kit,5,quarantine")
    assert operation.inputs().stock.depot_stock["status"].tolist() == ["usable", "quarantine"]
    assert ("status", "1 row of stock without a status", "usable") in assumed(operation)


def test_every_row_that_is_not_data_is_an_assumption(operation: Operation) -> None:
    rows = [{"depot": "D1", "item": "kit", "quantity": 500}, {"depot": "D2", "item": "kit", "quantity": 20, "batch": "B1"}]
    operation.settings["inputs"]["stock"] = {"use": "table", "rows": rows, "assumed": "invented for the trial"}
    operation.inputs()
    lines = {(line.figure, line.applies_to, line.value, line.source) for line in operation.ledger.assumptions}
    assert ("stock", "D1, kit", "quantity 500", "invented for the trial") in lines
    assert ("stock", "D2, kit", "quantity 20, batch B1", "invented for the trial") in lines


# ------------------------------------------------------------------ lanes, closures, fleet


def test_lanes_from_distance_take_the_nearest_depots_and_say_so(operation: Operation) -> None:
    operation.settings["plan"] = {"nearest_depots": 1, "detour": 2, "speed_kmh": 20}
    lanes = operation.inputs().routes.lanes.set_index("to")
    assert lanes["from"].to_dict() == {"Z-01": "D1", "Z-02": "D1", "Z-03": "D2"}
    km = 2 * float(great_circle_km(5.25, 30.25, 5.2, 30.3))
    assert lanes.loc["Z-01", "km"] == pytest.approx(km)
    assert lanes.loc["Z-01", "hours_one_way"] == pytest.approx(km / 20)
    assert {
        ("hours_one_way", "2 lanes from D1", "from distance"),
        ("hours_one_way", "1 lane from D2", "from distance"),
    } <= assumed(operation)


@pytest.mark.parametrize(("hours", "lead_days"), [(0, 0), (1, 0), (8, 0), (8.5, 1), (16, 1), (16.1, 2)])
def test_driving_days_are_counted_from_the_hours(operation: Operation, hours: float, lead_days: int) -> None:
    operation.write("routes.csv", "from,to,hours_one_way,lead_days", f"D1,Z-01,{hours},", "D1,Z-02,100,1")
    operation.input("routes", path="routes.csv")
    assert operation.inputs().routes.lanes["lead_days"].tolist() == [lead_days, 1]
    assert ("lead_days", "1 lane", f"0 to {lead_days}") in assumed(operation)
    assert "No lane leads to 1 of 3 zones: Z-03." in operation.ledger.remarks


def test_routes_between_depots_stand_apart_and_unknown_ends_are_refused(operation: Operation) -> None:
    operation.input("routes", path="routes.csv")
    operation.write("routes.csv", "from,to,hours_one_way,open_from", "D1,Z-01,2,", "D1,D2,17,2026-03-20")
    routes = operation.inputs().routes
    assert (routes.lanes["to"].tolist(), routes.between["to"].tolist()) == (["Z-01"], ["D2"])
    assert (routes.between["lead_days"].tolist(), routes.closures["to"].tolist()) == ([2], ["D2"])
    operation.write("routes.csv", "from,to,hours_one_way", "D1,Z1,2", "E1,Z-01,3")
    operation.ledger = Ledger()
    assert operation.refusal() == (
        "routes.csv: 2 problems\n"
        "  line 3, column from: 'E1' is not one of the 2 known depots. Mend the code, or add it\n"
        "  line 2, column to: 'Z1' is neither one of the 3 known zones nor a depot. Did you mean 'Z-01'?"
    )


@pytest.mark.parametrize(
    ("cells", "shut"),
    [
        (("true", "", ""), []),
        (("false", "", ""), [("2026-03-02", None)]),
        (("false", "2026-03-20", ""), [("2026-03-02", "2026-03-20")]),
        (("true", "2026-03-20", ""), [("2026-03-02", "2026-03-20")]),
        (("true", "2026-02-20", ""), []),
        (("true", "", "2026-03-10"), [("2026-03-11", None)]),
        (("true", "", "2026-02-10"), [("2026-03-02", None)]),
        (("true", "2026-03-05", "2026-03-10"), [("2026-03-02", "2026-03-05"), ("2026-03-11", None)]),
        (("true", "2026-04-01", "2026-03-10"), [("2026-03-11", "2026-04-01")]),
    ],
)
def test_when_a_lane_is_shut(operation: Operation, cells: tuple[str, str, str], shut: list[tuple[str, str | None]]) -> None:
    operation.write(
        "routes.csv", "from,to,hours_one_way,is_open,open_from,open_until", f"D1,Z-01,2,{','.join(cells)}", "D1,Z-02,2,,,"
    )
    operation.input("routes", path="routes.csv")
    closures = operation.inputs().routes.closures
    found = [(str(row.start.date()), None if pd.isna(row.until) else str(row.until.date())) for row in closures.itertuples()]
    assert found == shut
    assert set(closures["to"]) <= {"Z-01"}
    assert list(closures.columns) == list(routes.CLOSURE)


def test_a_stock_row_that_adds_up_its_batches_is_refused_and_goods_without_a_batch_are_not(operation: Operation) -> None:
    operation.write("stock.csv", "depot,item,quantity,batch", "D1,kit,60,A", "D1,kit,40,B", "D1,kit,30,", "D2,kit,0,")
    assert operation.inputs().stock.depot_stock["quantity"].sum() == 130
    operation.write("stock.csv", "depot,item,quantity,batch", "D1,kit,60,A", "D1,kit,40,B", "D1,kit,100,", "D2,kit,0,")
    assert operation.refusal() == (
        "stock.csv: 1 problem\n  line 4, column quantity: '100' is as much as its 2 batches together, and has no batch: "
        "a total would count twice. Delete the row, or name its batch"
    )


def test_a_report_that_was_known_before_its_period_was_over_is_said(operation: Operation) -> None:
    rows = [f"Z-01,kit,{week},10,{known}" for week, known in (("2026-02-09", "2026-02-15"), ("2026-02-16", "2026-02-16"))]
    operation.write("records.csv", "zone,item,period,distributed,known_on", *rows)
    assert len(operation.inputs().records) == 2
    assert (
        "1 record known before the last day of their period (the first: records.csv:3, known on 2026-02-16): "
        "used as they are; are they plans, or parts of it?" in operation.ledger.remarks
    )


def test_two_arrivals_alike_in_every_column_both_count_and_are_noted(operation: Operation) -> None:
    operation.write("arrivals.csv", "depot,item,quantity,eta", *["D1,kit,5,2026-03-10"] * 2, "D2,kit,5,2026-03-10")
    operation.input("arrivals", path="arrivals.csv")
    assert operation.inputs().stock.arrivals["quantity"].sum() == 15
    assert [str(problem) for problem in operation.ledger.problems.noted] == [
        "line 3: is alike in every column to arrivals.csv:2, so it counts a second time. "
        "Used as it is. Delete one of the two, or tell them apart (consignment, organisation)"
    ]


def test_lanes_of_which_only_the_km_are_known_take_the_speed_of_the_plan(operation: Operation) -> None:
    operation.write("routes.csv", "de,vers,distance", "D1,Z-01,70", "D1,Z-02,105", "D2,Z-03,35")
    operation.input("routes", path="routes.csv", columns={"from": "de", "to": "vers", "km": "distance"})
    assert operation.inputs().routes.lanes["hours_one_way"].tolist() == [2, 3, 1]
    assert ("hours_one_way", "3 lanes", "from km") in assumed(operation)
    operation.write("routes.csv", "de,vers,distance", "D1,Z-01,70", "D1,Z-02,105", "D2,Z-03,")
    assert operation.refusal() == (
        "routes.csv: 1 problem\n  line 4, column hours_one_way: is empty, and so is km. "
        "Write the hours, or the km: hours are then km / plan.speed_kmh"
    )


def test_a_payload_in_tonnes_is_refused_by_the_name_of_its_column_or_noted_by_its_packs(operation: Operation) -> None:
    operation.settings["items"]["box"] = {"need": "care", "unit": "box", "kg_per_unit": 1, "source": "packing list"}
    operation.write("fleet.csv", "depot,vehicle,count,Charge (t)", "D1,truck,2,5", "D2,truck,1,5")
    operation.input("fleet", path="fleet.csv", columns={"payload_kg": "Charge (t)"})
    assert operation.refusal() == (
        "fleet.csv: 2 problems\n  line 2 and 1 more, column Charge (t): '5' is in tonnes, as its column is called. "
        'Write payload_kg: {column: "Charge (t)", times: 1000} under its columns'
    )
    operation.input("fleet", path="fleet.csv", columns={"payload_kg": {"column": "Charge (t)", "times": 1000}})
    operation.ledger.problems.refused.clear()
    assert operation.inputs().routes.fleet["payload_kg"].tolist() == [5000, 5000]
    operation.write("fleet.csv", "depot,vehicle,count,payload", "D1,truck,2,5", "D2,truck,1,5")
    operation.input("fleet", path="fleet.csv", columns={"payload_kg": "payload"})
    operation.inputs()
    assert "'5' is less than one pack of kit (10 kg). Used as it is; are payload_kg and kg_per_unit in kilograms?" in str(
        operation.ledger.problems.noted[0]
    )


def test_hours_of_work_that_the_fleet_does_not_name_are_those_of_the_plan(operation: Operation) -> None:
    operation.write("fleet.csv", "depot,vehicle,count,payload_kg,hours_per_day", "D1,truck,2,5000,", "D2,truck,1,5000,10")
    operation.input("fleet", path="fleet.csv")
    operation.settings["plan"] = {"hours_per_day": 7}
    fleet = operation.inputs().routes.fleet
    assert fleet["hours_per_day"].tolist() == [7, 10]
    assert fleet["working_days"].tolist() == [6, 6]
    assert {("hours_per_day", "1 row of fleet", "7"), ("working_days", "2 rows of fleet", "6")} <= assumed(operation)


def test_a_depot_without_vehicles_must_say_so(operation: Operation) -> None:
    operation.write("fleet.csv", "depot,vehicle,count,payload_kg", "D1,truck,2,5000")
    operation.input("fleet", path="fleet.csv")
    assert operation.refusal() == (
        "depots.csv: 1 problem\n"
        "  line 3, column depot: 'D2' has no row in fleet. Write count 0 if it has no vehicles"
    )  # fmt: skip


# ------------------------------------------------------------------ what if


def test_lanes_are_shut_from_a_day_on(operation: Operation) -> None:
    name = scenario(operation, close_lanes=[{"to": ["Z-03"], "depots": ["D2"], "after_days": 7, "for_days": 14}])
    closures = operation.inputs(name).routes.closures
    assert closures.to_numpy().tolist() == [["D2", "Z-03", day("2026-03-09"), day("2026-03-23"), "scenario trial"]]
    assert "Scenario trial: 1 lane to Z-03 shut from 2026-03-09 to 2026-03-22." in operation.ledger.remarks


def test_people_who_leave_arrive(operation: Operation) -> None:
    name = scenario(operation, displace=[{"share": 0.2, "arrive": ["Z-03"], "after_days": 7}])
    movements = operation.inputs(name).movements
    assert movements.to_numpy().tolist() == [
        ["Z-01", day("2026-03-09"), -200.0],
        ["Z-02", day("2026-03-09"), -400.0],
        ["Z-03", day("2026-03-09"), 600.0],
    ]
    assert "Scenario trial: 600 people (20% of 2 zones) move to Z-03 on 2026-03-09." in operation.ledger.remarks


def test_those_who_arrive_are_shared_in_equal_parts(operation: Operation) -> None:
    name = scenario(operation, displace=[{"share": 0.5, "leave": ["Z-03"], "arrive": ["Z-02", "Z-01"]}])
    assert operation.inputs(name).movements["people"].tolist() == [750, 750, -1500]


def test_vehicles_are_scaled_and_arrivals_delayed_where_named(operation: Operation) -> None:
    operation.write("fleet.csv", "depot,vehicle,count,payload_kg", "D1,truck,3,5000", "D2,truck,1,5000")
    operation.write("arrivals.csv", "depot,item,quantity,eta,eta_high", "D1,kit,5,2026-03-10,2026-03-12", "D2,kit,5,2026-03-10,")
    operation.input("fleet", path="fleet.csv")
    operation.input("arrivals", path="arrivals.csv")
    name = scenario(operation, scale_fleet=[{"factor": 0.5, "depots": ["D1"]}], delay_arrivals=[{"days": 14, "depots": ["D1"]}])
    inputs = operation.inputs(name)
    assert inputs.routes.fleet["count"].tolist() == [1.5, 1]
    assert inputs.stock.arrivals["eta"].tolist() == [day("2026-03-24"), day("2026-03-10")]
    assert inputs.stock.arrivals["eta_high"].iloc[0] == day("2026-03-26")
    assert {"Scenario trial: vehicles at D1 x 0.5, from 3 to 1.5.", "Scenario trial: 1 arrival 14 days later."} <= set(
        operation.ledger.remarks
    )


def test_a_change_that_changes_nothing_is_refused(operation: Operation) -> None:
    name = scenario(operation, scale_fleet=[{"factor": 0.5}], delay_arrivals=[{"days": 3}])
    assert operation.refusal(name) == (
        "trial.yaml: 2 problems\n"
        "  setting what_if.scale_fleet: changes nothing: there are no vehicles to scale. Give inputs.fleet, or other depots\n"
        "  setting what_if.delay_arrivals: changes nothing: no arrivals fit. Give inputs.arrivals, or other depots and items"
    )


# ------------------------------------------------------------------ signals


def rain(first: str, zones: tuple[str, ...] = ("Z-03", "Z-01")) -> xr.Dataset:
    """A signal of 12 weeks, zones out of order and one missing: week n has n mm."""
    weeks = pd.date_range(first, periods=12, freq="7D").astype("datetime64[s]")
    values = np.broadcast_to(np.arange(12.0), (len(zones), 12))
    return xr.Dataset({"rain_mm": (("zone", "period"), values, {"units": "mm"})}, coords={"zone": list(zones), "period": weeks})


def test_a_signal_is_laid_on_the_zones_and_complete_periods_of_the_records(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raster, "read", lambda settings, reading, name: rain("2025-12-29"))
    operation.settings["signals"] = {"rain_mm": {"use": "raster", "path": "x.tif", "unit": "people", "over_zone": "sum"}}
    signals = operation.inputs().signals
    assert list(signals.indexes["zone"]) == ["Z-01", "Z-02", "Z-03"]
    assert list(signals.indexes["period"]) == [day(week) for week in WEEKS]
    assert signals["rain_mm"].sel(zone="Z-03").values.tolist() == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
    ]  # the week of the issue date is not over
    assert np.isnan(signals["rain_mm"].sel(zone="Z-02")).all()
    assert signals["rain_mm"].attrs == {"units": "mm"}


def test_a_source_is_told_the_first_period_that_the_run_uses(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(raster, "read", lambda settings, reading, name: told.append(reading.since) or rain("2025-12-29"))
    operation.settings["signals"] = {"rain_mm": {"use": "raster", "path": "x.tif", "unit": "people", "over_zone": "sum"}}
    operation.inputs()
    for from_day in ("2026-01-13", "2026-03-09"):
        operation.settings["panel"] = {"history_from": from_day}
        operation.inputs()
    assert told == [day("2026-01-05"), day("2026-01-19"), None]


def test_a_signal_of_weeks_that_start_on_another_day_is_refused(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "read", lambda settings, reading, name: rain("2025-12-28"))
    operation.settings["signals"] = {"rain_mm": {"use": "raster", "path": "x.tif", "unit": "people", "over_zone": "sum"}}
    assert operation.refusal() == (
        "config.yaml: 1 problem\n"
        "  setting signals.rain_mm: has periods that do not start where those of the records do, such as 2026-01-11. "
        "See its step:, forecast.period and forecast.week_starts"
    )


# ------------------------------------------------------------------ real data


def test_the_export_of_cote_d_ivoire_is_read_as_it_is(real_data_env: Path) -> None:
    path = Path("configs/civ_care.yaml")
    job = config.job(config.load(path), path, scenario=None, issue_date=None, now_utc=TODAY)
    ledger = Ledger()
    inputs = read_inputs(job, ledger)
    assert (len(inputs.zones), len(inputs.items), len(inputs.records)) == (156, 11, 38_842)
    assert len(inputs.records[["zone", "item"]].drop_duplicates()) == 1_357
    assert inputs.data_until == day("2019-09-30")
    assert len(inputs.stock.zone_stock) == 1_357
    assert int((inputs.stock.zone_stock["counted_on"] < day("2019-09-30")).sum()) == 328
    assert not list(ledger.problems)
