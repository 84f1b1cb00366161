"""Rows under old zone codes, brought to the zones of today: by arithmetic, told, and refused where nobody can know.

OLD1 is Z-01 (0.6) and a part of Z-02 (0.4); OLD2 is the rest of Z-02 (0.25) and Z-03 (0.75).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.operation import WEEKS, Operation, tiny_operation

SHARES = ("OLD1,Z-01,0.6,,", "OLD1,Z-02,0.4,,", "OLD2,Z-02,0.25,,", "OLD2,Z-03,0.75,,")


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    operation = tiny_operation(tmp_path)
    shares(operation, *SHARES)
    return operation


def shares(operation: Operation, *rows: str) -> None:
    operation.write("crosswalk.csv", "from_code,to_code,share,valid_from,valid_to", *rows)
    operation.input("crosswalk", path="crosswalk.csv")


COLUMNS = "zone,item,period,distributed,requested,stockout_days"


def records(operation: Operation, *rows: str, columns: str = COLUMNS) -> pd.DataFrame:
    operation.write("records.csv", columns, *rows)
    return operation.inputs().records.set_index(["zone", "period"])


def table(operation: Operation, name: str, header: str, *rows: str) -> None:
    operation.write(f"{name}.csv", header, *rows)
    operation.input(name, path=f"{name}.csv")


def remarks(operation: Operation) -> str:
    return "\n".join(operation.ledger.remarks)


# ------------------------------------------------------------------ records


def test_old_records_are_shared_out_added_up_and_name_their_lines(operation: Operation) -> None:
    found = records(operation, "OLD1,kit,2026-01-05,100,200,2", "OLD2,kit,2026-01-05,40,,5")
    week = pd.Timestamp("2026-01-05")
    assert found["distributed"].to_dict() == {("Z-01", week): 60, ("Z-02", week): 40 + 10, ("Z-03", week): 30}
    assert found["requested"].fillna(-1).tolist() == [120, -1, -1]  # of Z-02 one part is not known
    assert found["stockout_days"].tolist() == [2, 5, 5]
    assert found["record"].tolist() == ["records.csv:2", "records.csv:2 + records.csv:3", "records.csv:3"]
    assert found["distributed"].sum() == 140


def test_each_conversion_is_told_and_listed(operation: Operation) -> None:
    records(operation, *(f"OLD1,kit,{week},10,," for week in WEEKS), "Z-03,kit,2026-01-05,1,,")
    assert (
        "8 rows of records under 1 old zone code (OLD1) brought to the zones of today by the crosswalk: quantities times share."
        in remarks(operation)
    )
    assert ("crosswalk", "records of OLD1", "Z-01 0.6, Z-02 0.4", "share", "inputs.crosswalk (crosswalk.csv)") in {
        (a.figure, a.applies_to, a.value, a.unit, a.source) for a in operation.ledger.assumptions
    }


def test_a_zone_that_lacks_the_part_of_an_old_one_is_remarked_upon(operation: Operation) -> None:
    records(operation, "OLD1,kit,2026-01-05,100,,", "OLD1,kit,2026-01-12,100,,", "OLD2,kit,2026-01-12,100,,")
    assert "1 row of records made by the crosswalk lack the part of an old zone without a row: too small (Z-02)." in (
        remarks(operation)
    )


def test_without_old_codes_nothing_is_said_or_changed(operation: Operation) -> None:
    before = operation.inputs().records
    del operation.settings["inputs"]["crosswalk"]
    pd.testing.assert_frame_equal(before, operation.inputs().records)
    assert "crosswalk" not in remarks(operation)


def test_old_rows_that_repeat_are_not_added_up(operation: Operation) -> None:
    operation.write("records.csv", "zone,item,period,distributed", "OLD1,kit,2026-01-05,100", "OLD1,kit,2026-01-05,90")
    told = operation.refusal()
    assert "line 2: repeats zone OLD1, item kit, period 2026-01-05. Row set aside. It stands in line 3 too." in told


def test_a_row_of_today_that_contradicts_an_old_one_is_told_with_both_lines(operation: Operation) -> None:
    rows = [f"OLD1,kit,{week},100" for week in WEEKS]
    operation.write("records.csv", "zone,item,period,distributed", *rows, "Z-01,kit,2026-01-05,90")
    operation.settings["panel"] = {"max_bad_share": 0.5}
    found = operation.inputs().records
    assert len(found) == 2 * 8 - 1
    assert {(p.line, p.problem) for p in operation.ledger.problems.noted} == {
        (2, "repeats zone Z-01, item kit, period 2026-01-05"), (10, "repeats zone Z-01, item kit, period 2026-01-05"),
    }  # fmt: skip


def test_parts_of_teams_are_added_up_before_and_after(operation: Operation) -> None:
    operation.settings["panel"] = {"repeated_rows": "add"}
    found = records(operation, "OLD1,kit,2026-01-05,70", "OLD1,kit,2026-01-05,30", columns="zone,item,period,distributed")
    assert found["distributed"].tolist() == [60, 40]


# ------------------------------------------------------------------ a code both old and of today


def test_the_day_decides_what_a_code_meant(operation: Operation) -> None:
    shares(operation, "Z-03,Z-03,0.7,,2026-01-11", "Z-03,Z-02,0.3,,2026-01-11")
    found = records(operation, *(f"Z-03,kit,{week},100,," for week in WEEKS[:3]))
    given_out = {zone: found.loc[zone, "distributed"].tolist() for zone in ("Z-02", "Z-03")}
    assert given_out == {"Z-02": [30], "Z-03": [70, 100, 100]}


def test_a_code_that_is_no_longer_valid_is_unknown(operation: Operation) -> None:
    shares(operation, "OLD1,Z-01,1,,2026-01-11")
    operation.write("records.csv", "zone,item,period,distributed", "OLD1,kit,2026-01-05,100", "OLD1,kit,2026-01-12,100")
    assert "line 3, column zone: 'OLD1' is not one of the 3 known zones. Row set aside." in operation.refusal()


def test_two_changes_of_one_code_follow_each_other(operation: Operation) -> None:
    shares(operation, "OLD1,Z-01,1,,2026-01-11", "OLD1,Z-01,0.5,2026-01-12,", "OLD1,Z-02,0.5,2026-01-12,")
    found = records(operation, "OLD1,kit,2026-01-05,100,,", "OLD1,kit,2026-01-12,100,,")
    assert found["distributed"].tolist() == [100, 50, 50]


def test_rows_without_a_date_under_such_a_code_count_as_of_today(operation: Operation) -> None:
    shares(operation, "Z-03,Z-03,0.7,,2026-01-11", "Z-03,Z-02,0.3,,2026-01-11")
    operation.write_records(("Z-01",))
    table(operation, "population", "zone,people,as_of", "Z-01,100,", "Z-02,200,", "Z-03,300,")
    assert operation.inputs().zones["population_people"].tolist() == [100, 200, 300]
    told = "1 row of population without a date, under codes both old and of today: taken as of today (Z-03)."
    assert told in remarks(operation)


def test_dated_rows_under_such_a_code_are_shared_out(operation: Operation) -> None:
    shares(operation, "Z-03,Z-03,0.7,,2026-01-11", "Z-03,Z-02,0.3,,2026-01-11")
    operation.write_records(("Z-01",))
    table(operation, "population", "zone,people,as_of", "Z-01,100,2026-02-01", "Z-03,300,2025-01-01")
    assert operation.inputs().zones["population_people"].fillna(0).tolist() == [100, 90, 210]


# ------------------------------------------------------------------ beside rows of the zone's own

TO_A_NEIGHBOUR = ("OLD,Z-01,0.7,,2026-02-01", "OLD,Z-02,0.3,,2026-02-01")
SPLIT = ("OLD1,Z-01,0.6,,2025-12-31", "OLD1,Z-02,0.4,,2025-12-31")


def people(operation: Operation, *rows: str, header: str = "zone,people,as_of") -> list[float]:
    table(operation, "population", header, *rows)
    operation.write_records(("Z-01",))
    found: list[float] = operation.inputs().zones["population_people"].fillna(-1).tolist()
    return found


def test_what_a_neighbour_reported_before_it_got_a_part_is_added_to_that_part(operation: Operation) -> None:
    shares(operation, *TO_A_NEIGHBOUR)
    found = records(operation, "OLD,kit,2026-01-05,100,,", "Z-02,kit,2026-01-05,100,,", "Z-02,kit,2026-02-09,120,,")
    week, later = pd.Timestamp("2026-01-05"), pd.Timestamp("2026-02-09")
    assert found["distributed"].to_dict() == {("Z-01", week): 70, ("Z-02", week): 100 + 30, ("Z-02", later): 120}
    assert found.loc[("Z-02", week), "record"] == "records.csv:2 + records.csv:3"
    assert operation.ledger.problems.noted == []
    assert "1 row of records from before a part of an old zone came to theirs (Z-02): added up with that part." in remarks(
        operation
    )


def test_people_counted_in_a_neighbour_before_it_got_a_part_are_added_to_that_part(operation: Operation) -> None:
    shares(operation, *TO_A_NEIGHBOUR)
    assert people(operation, "OLD,100,2025-01-01", "Z-02,100,2026-01-01") == [70, 130, -1]
    assert people(operation, "Z-02,100,2026-02-01", "OLD,100,2025-01-01") == [70, 130, -1]  # the last day of the old zone


def test_a_total_of_a_neighbour_and_groups_of_an_old_zone_are_different_people(operation: Operation) -> None:
    shares(operation, *TO_A_NEIGHBOUR)
    rows = ("OLD,host,80,2025-01-01", "OLD,idp,20,2025-01-01", "Z-02,,100,2026-01-01")
    assert people(operation, *rows, header="zone,group,people,as_of") == [70, 130, -1]


def test_people_counted_after_a_split_replace_the_parts_of_the_old_count(operation: Operation) -> None:
    shares(operation, *SPLIT)
    assert people(operation, "OLD1,1000,2025-01-01", "Z-01,700,2026-01-01", "Z-02,350,2026-01-01") == [700, 350, -1]
    told = "2 parts of old zones (OLD1) in population not used: the zones of today were counted since (Z-01, Z-02)."
    assert told in remarks(operation)


def test_a_zone_that_was_not_counted_since_the_split_keeps_its_part(operation: Operation) -> None:
    shares(operation, *SPLIT)
    assert people(operation, "OLD1,1000,2025-01-01", "Z-01,700,2026-01-01") == [700, 400, -1]


def test_a_later_count_replaces_parts_of_other_groups_too(operation: Operation) -> None:
    shares(operation, *SPLIT)
    rows = ("OLD1,host,1000,2025-01-01", "Z-01,idp,200,2026-01-01", "Z-01,refugee,50,2026-01-01")
    assert people(operation, *rows, header="zone,group,people,as_of") == [250, 400, -1]


def test_a_later_count_of_one_item_leaves_the_parts_of_others(operation: Operation) -> None:
    shares(operation, *SPLIT)
    operation.settings["items"]["soap"] = {**operation.settings["items"]["kit"], "unit": "bar"}
    operation.append("stock.csv", "D1,soap,0", "D2,soap,0")
    rows = ("OLD1,kit,10,2025-12-01", "OLD1,soap,10,2025-12-01", "Z-01,kit,3,2026-02-01")
    table(operation, "zone_stock", "zone,item,quantity,counted_on", *rows)
    stock = operation.inputs().stock.zone_stock.set_index(["zone", "item"])["quantity"].to_dict()
    assert stock == {("Z-01", "kit"): 3, ("Z-01", "soap"): 6, ("Z-02", "kit"): 4, ("Z-02", "soap"): 4}


def test_a_part_that_came_later_than_the_count_is_added_and_one_that_came_before_is_in_it(operation: Operation) -> None:
    shares(operation, "OLD1,Z-01,0.6,,2024-12-31", "OLD1,Z-02,0.4,,2024-12-31", "OLD2,Z-02,1,,2025-12-31")
    assert people(operation, "OLD1,1000,2024-06-01", "OLD2,80,2024-06-01", "Z-02,500,2025-06-01") == [600, 580, -1]


def test_without_the_last_day_of_the_old_zone_the_two_contradict_each_other(operation: Operation) -> None:
    operation.write_records(("Z-01",))
    table(operation, "population", "zone,people,as_of", "OLD1,1000,2025-01-01", "Z-01,700,2026-01-01")
    assert operation.refusal() == (
        "population.csv: 1 problem\n"
        "  line 3, column zone: 'Z-01' has a count of its own and a part of an old zone, and nothing says whether that part is "
        "in the count. Give valid_to, the last day of the old zone, in the crosswalk"
    )


def test_a_later_count_of_a_zone_that_kept_its_code_leaves_what_others_got_of_it(operation: Operation) -> None:
    shares(operation, "Z-03,Z-03,0.7,,2026-01-11", "Z-03,Z-02,0.3,,2026-01-11")
    assert people(operation, "Z-02,100,2025-01-01", "Z-03,300,2025-01-01", "Z-03,250,2026-02-01") == [-1, 100 + 90, 250]


# ------------------------------------------------------------------ the other tables


def test_population_is_shared_out_by_group(operation: Operation) -> None:
    rows = ("OLD1,host,1000,900,1100", "OLD1,idp,100,,", "OLD2,host,400,300,500")
    table(operation, "population", "zone,group,people,low,high", *rows)
    assert operation.inputs().zones["population_people"].tolist() == [660, 400 + 40 + 100, 300]


def test_zone_stock_is_shared_out_with_the_older_day(operation: Operation) -> None:
    header = "zone,item,quantity,counted_on"
    table(operation, "zone_stock", header, "OLD1,kit,10,2026-02-20", "OLD2,kit,20,2026-02-10")
    stock = operation.inputs().stock.zone_stock.set_index("zone")
    assert stock["quantity"].tolist() == [6, 9, 15]
    assert stock.loc["Z-02", "counted_on"] == pd.Timestamp("2026-02-10")
    assert stock.loc["Z-02", "record"] == "zone_stock.csv:2 + zone_stock.csv:3"


def test_what_others_plan_is_shared_out_and_stays_in_rows(operation: Operation) -> None:
    header = "zone,item,period,quantity,organisation"
    table(operation, "planned_by_others", header, "OLD1,kit,2026-03-02,10,MoH", "OLD2,kit,2026-03-02,20,NGO")
    others = operation.inputs().stock.by_others
    assert others.groupby("zone")["quantity"].sum().tolist() == [6, 9, 15]
    assert sorted(others["organisation"]) == ["MoH", "MoH", "NGO", "NGO"]


def test_commitments_are_shared_out_and_no_maximum_of_a_part_is_none_of_the_whole(operation: Operation) -> None:
    header = "zone,item,period,minimum,maximum,reason"
    table(operation, "commitments", header, "OLD1,kit,2026-03-02,10,100,pledge", "OLD2,kit,2026-03-02,20,,clinic")
    commitments = operation.inputs().stock.commitments.set_index("zone")
    assert commitments["minimum"].tolist() == [6, 9, 15]
    assert commitments["maximum"].fillna(-1).tolist() == [60, -1, -1]
    assert commitments["reason"].tolist() == ["pledge", "clinic; pledge", "clinic"]


def test_a_quantity_fixed_for_a_part_of_a_zone_only_is_refused(operation: Operation) -> None:
    table(operation, "commitments", "zone,item,period,fixed,minimum", "OLD1,kit,2026-03-02,10,", "OLD2,kit,2026-03-02,,20")
    assert operation.refusal() == (
        "commitments.csv: 1 problem\n"
        "  line 2, column fixed: of several old zones falls into Z-02, and the parts differ "
        "(commitments.csv:2 + commitments.csv:3). Give it for Z-02"
    )


def test_weights_are_taken_over_and_refused_where_they_differ(operation: Operation) -> None:
    table(operation, "priorities", "zone,need,weight", "OLD1,care,2")
    assert operation.inputs().stock.priorities.set_index("zone")["weight"].to_dict() == {"Z-01": 2, "Z-02": 2}
    table(operation, "priorities", "zone,need,weight", "OLD1,care,2", "OLD2,care,3")
    assert "line 2, column weight: of several old zones falls into Z-02, and the parts differ" in operation.refusal()


def test_a_waybill_to_a_zone_that_was_renamed_is_taken_over(operation: Operation) -> None:
    shares(operation, "OLD1,Z-02,1,,")
    table(operation, "dispatches", "waybill,depot,zone,item,quantity,left", "W1,D1,OLD1,kit,5,2026-02-20")
    assert operation.inputs().stock.dispatches["zone"].tolist() == ["Z-02"]
    assert "1 row of dispatches under 1 old zone code (OLD1) brought to the zones of today by the crosswalk: renamed." in (
        remarks(operation)
    )


def test_a_waybill_to_a_zone_that_was_split_is_refused(operation: Operation) -> None:
    table(operation, "dispatches", "waybill,depot,zone,item,quantity,left", "W1,D1,OLD1,kit,5,2026-02-20")
    assert operation.refusal() == (
        "dispatches.csv: 1 problem\n"
        "  line 2, column zone: 'OLD1' is an old zone that is Z-01 and Z-02 today, and a waybill cannot be split. "
        "Write the zone of today it went to"
    )


# ------------------------------------------------------------------ a crosswalk that cannot be

FAULTS = {
    "too little": (("OLD1,Z-01,0.6,,", "OLD1,Z-02,0.3,,"), "from_code: 'OLD1' has shares that add up to 0.9, not 1. Mend them"),
    "too much": (("OLD1,Z-01,0.6,,", "OLD1,Z-02,0.41,,"), "'OLD1' has shares that add up to 1.01, not 1. Mend them"),
    "unknown": (("OLD1,Z-1,1,,",), "column to_code: 'Z-1' is not one of the 3 known zones. Did you mean 'Z-01'?"),
    "more than all": (("OLD1,Z-01,60,,",), "column share: '60' is more than 1"),
    "no share": (("OLD1,Z-01,,,",), "column share: is empty"),
    "twice": (("OLD1,Z-01,0.5,,", "OLD1,Z-01,0.5,,"), "line 3: repeats from_code OLD1, to_code Z-01"),
    "both": (("Z-03,Z-01,1,,",), "'Z-03' is an old code and a zone of today, and nothing says until when it was old"),
    "crossed": (("OLD1,Z-01,1,2026-02-01,2026-01-01",), "column valid_from: '2026-02-01' is after valid_to. Mend the row"),
    "overlap": (
        ("OLD1,Z-01,1,,2026-01-31", "OLD1,Z-02,1,2026-01-15,"),
        "'OLD1' has two sets of shares that hold on 2026-01-15. Let the days of the two follow each other",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_crosswalk_that_cannot_be_is_refused_by_name(operation: Operation, fault: str) -> None:
    rows, message = FAULTS[fault]
    shares(operation, *rows)
    assert f"crosswalk.csv: 1 problem\n  line {3 if fault in ('twice', 'overlap') else 2}" in (told := operation.refusal())
    assert message in told


def test_zones_that_did_not_change_may_stand_in_the_crosswalk(operation: Operation) -> None:
    shares(operation, "Z-01,Z-01,1,,", "Z-02,Z-02,1,,", "OLD1,Z-03,1,,")
    assert len(operation.inputs().records) == 24


def test_shares_that_are_rounded_are_brought_to_exactly_one(operation: Operation) -> None:
    shares(operation, "OLD1,Z-01,0.333,,", "OLD1,Z-02,0.333,,", "OLD1,Z-03,0.333,,")
    assert records(operation, "OLD1,kit,2026-01-05,99,,")["distributed"].tolist() == pytest.approx([33, 33, 33])


# ------------------------------------------------------------------ real zones


def test_the_districts_of_2014_become_the_sixteen_of_today(operation: Operation, real_data: Path) -> None:
    """Sierra Leone: in 2017 three districts gave up chiefdoms to two new ones; the old codes stayed in use."""
    chiefdoms = pd.read_csv(real_data / "sle/care/DERIVED_adm3_to_district14.csv", dtype=str)
    cases = pd.read_csv(real_data / "sle/care/weekly_linelist_district_fang2016.csv", dtype={"adm2_pcode": str})
    people = pd.read_csv(real_data / "sle/boundaries/population_SLE.csv").set_index("placeCode")["value"]
    chiefdoms["people"] = chiefdoms["ADM3_PCODE"].map(people)
    old_code = cases.drop_duplicates("district").set_index("district")["adm2_pcode"]
    moved = chiefdoms.assign(old=chiefdoms["district_2014"].map(old_code)).groupby(["old", "adm2_today"])["people"].sum()
    share = moved / moved.groupby("old").transform("sum")
    shares(operation, *(f"{old},{new},{part!r},,2017-07-30" for (old, new), part in share.items()))
    today = sorted(chiefdoms["adm2_today"].unique())
    operation.write("places.csv", "zone,lat,lon", *(f"{code},8.{n:02d},-12.1" for n, code in enumerate(today, start=10)))
    operation.settings["inputs"]["zones"] = {"use": "points", "path": "places.csv"}
    operation.write("depots.csv", "depot,lat,lon", "D1,8.5,-12.1", "D2,8.4,-12.2")
    rows = [f"{zone},kit,{week},{n}" for zone, week, n in cases[["adm2_pcode", "week_start", "confirmed_by_sample"]].to_numpy()]
    found = records(operation, *rows, columns="zone,item,period,distributed").reset_index()
    assert (cases["adm2_pcode"].nunique(), found["zone"].nunique()) == (14, 16)
    assert found["distributed"].sum() == pytest.approx(cases["confirmed_by_sample"].sum())
    of = found.groupby("zone")["distributed"].sum()
    was = cases.groupby("adm2_pcode")["confirmed_by_sample"].sum()
    assert of["SL0206"] == pytest.approx(was["SL0203"] * share["SL0203", "SL0206"])
    assert of["SL0502"] == pytest.approx(was["SL0201"] * share["SL0201", "SL0502"] + was["SL0503"] * share["SL0503", "SL0502"])
    assert found.loc[found["zone"] == "SL0502", "record"].str.count(r"records\.csv:").unique().tolist() == [2]


# ------------------------------------------------------------------ lanes and signals


def test_a_lane_to_an_old_zone_is_refused_naming_the_zones_of_today(operation: Operation) -> None:
    operation.write("routes.csv", "from,to,hours_one_way", "D1,OLD1,2", "D1,Z-03,2")
    operation.input("routes", path="routes.csv")
    assert operation.refusal() == (
        "routes.csv: 1 problem\n"
        "  line 2, column to: 'OLD1' is an old zone of the crosswalk, today Z-01 and Z-02. Give a lane to each zone of today"
    )


def signal(operation: Operation, *rows: str) -> xr.DataArray:
    operation.write("values.csv", "zone,period,value", *rows)
    operation.settings["signals"] = {"counted": {"use": "table", "path": "values.csv"}}
    return operation.inputs().signals["counted"].sel(period="2026-01-05")


def test_people_counted_in_old_zones_are_shared_out(operation: Operation) -> None:
    operation.settings["forecast"]["exposure"] = "counted"
    found = signal(operation, "OLD1,2026-01-05,1000", "OLD2,2026-01-05,200")
    assert found.values.tolist() == [600, 400 + 50, 150]
    assert "2 rows of signal under 2 old zone codes (OLD1, OLD2) brought to the zones of today" in remarks(operation)


def test_an_index_of_an_old_zone_is_not_shared_out_and_said(operation: Operation) -> None:
    found = signal(operation, "OLD1,2026-01-05,30", "Z-03,2026-01-05,20", "Z-99,2026-01-05,10")
    assert np.nan_to_num(found.values).tolist() == [0, 0, 20]
    assert (
        "counted: 1 rows of old zones of the crosswalk, not used: OLD1; such a value cannot be shared out, give it for the zones "
        "of today." in remarks(operation)
    )
    assert "counted: 1 rows of zones there are none of, not used: Z-99." in remarks(operation)
