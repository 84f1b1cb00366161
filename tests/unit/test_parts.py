"""Rows that are parts of one record, and week numbers that cut the week round the New Year in two."""

from pathlib import Path

import pandas as pd
import pytest

from forecast.errors import InputError
from forecast.ingest._weeks import mondays
from forecast.schema import Ledger, Reading
from tests.operation import Operation, tiny_operation


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return tiny_operation(tmp_path)


def reading(period: str = "W", week_starts: str = "MON") -> Reading:
    day = pd.Timestamp("2019-08-01")
    return Reading(Path(), day, day, period, None, Ledger(), {}, week_starts)


@pytest.mark.parametrize(
    ("number", "monday"),
    [
        ("201600", "2015-12-28"),  # 1 to 3 January 2016, Friday to Sunday
        ("201601", "2016-01-04"),
        ("201652", "2016-12-26"),
        ("201700", "2016-12-26"),  # 1 January 2017, a Sunday: the other part of the same week
        ("201801", "2018-01-01"),
        ("201853", "2018-12-31"),
        ("201901", "2018-12-31"),  # the other part
        ("2019-31", "2019-07-29"),
        ("201800", "201800"),  # 2018 begins on a Monday: there is no such week, it stays to be refused
        ("201654", "201654"),
        ("week 3", "week 3"),
    ],
)
def test_a_week_number_names_the_monday_of_its_week(number: str, monday: str) -> None:
    assert list(mondays(pd.Series([number]), reading(), "file.csv")) == [monday]


@pytest.mark.parametrize("asked", [reading("M"), reading("W", "SUN")])
def test_week_numbers_need_weeks_from_monday(asked: Reading) -> None:
    with pytest.raises(InputError, match="needs weeks that start on Monday") as caught:
        mondays(pd.Series(["201601"]), asked, "file.csv")
    assert caught.value.exit_code == 2


def test_two_columns_of_one_item_with_the_same_figure_are_parts_and_a_repeated_line_is_a_copy(operation: Operation) -> None:
    operation.settings["panel"] = {"repeated_rows": "add", "max_bad_share": 0.5}
    weeks = ("2026-02-09", "2026-02-16", "2026-02-23", "2026-02-23")
    operation.write("records.csv", "zone,period,Truck,Bladder", *(f"Z-01,{week},5,5" for week in weeks))
    wide = {"item": {"Truck": "kit", "Bladder": "kit"}, "value": "distributed"}
    operation.input("records", path="records.csv", wide=wide)
    assert operation.inputs().records["distributed"].tolist() == [10, 10, 10]
    assert [problem.line for problem in operation.ledger.problems.noted] == [5, 5]


def test_parts_of_a_week_are_added_up_and_said(operation: Operation) -> None:
    operation.settings["panel"] = {"repeated_rows": "add"}
    operation.append("records.csv", "Z-01,kit,2026-01-10,7,", "Z-01,kit,2026-01-11,1,2")
    rows = operation.inputs().records.set_index(["zone", "item", "period"])
    first = rows.loc[("Z-01", "kit", pd.Timestamp("2026-01-05"))]
    assert first["distributed"] == 10 + 7 + 1
    assert pd.isna(first["stock_end"])  # that of a part is not that of the whole
    assert first["record"] == "records.csv:2 + records.csv:26 + records.csv:27"
    assert rows.loc[("Z-01", "kit", pd.Timestamp("2026-01-12")), "stock_end"] == 6
    assert "3 rows of records are parts of 1 (zone, item and period): added up." in operation.ledger.remarks
    assert not operation.ledger.problems.noted


def test_without_the_setting_rows_that_repeat_a_week_are_set_aside_not_added(operation: Operation) -> None:
    operation.settings["panel"] = {"max_bad_share": 0.2}
    operation.append("records.csv", "Z-01,kit,2026-01-10,7,")
    rows = operation.inputs().records
    assert not ((rows["zone"] == "Z-01") & (rows["period"] == pd.Timestamp("2026-01-05"))).any()


def test_a_copy_of_a_row_is_not_a_part(operation: Operation) -> None:
    operation.settings["panel"] = {"repeated_rows": "add", "max_bad_share": 0.2}
    operation.append("records.csv", "Z-01,kit,2026-01-05,10,5")
    rows = operation.inputs().records.set_index(["zone", "item", "period"])
    assert rows.loc[("Z-01", "kit", pd.Timestamp("2026-01-05")), "distributed"] == 10
    (problem,) = operation.ledger.problems.noted
    assert (problem.file, problem.line) == ("records.csv", 26)
    assert "is a copy of a row before it" in problem.problem


def test_parts_with_known_on_are_refused(operation: Operation) -> None:
    operation.settings["panel"] = {"repeated_rows": "add"}
    operation.write("records.csv", "zone,item,period,distributed,known_on", "Z-01,kit,2026-01-05,1,2026-01-20")
    assert "cannot tell a part from a later version" in operation.refusal()


def test_where_absent_rows_are_zero_no_row_may_be_set_aside(operation: Operation) -> None:
    """Or the row would become a zero."""
    operation.settings["panel"] = {"absent_rows": "zero", "max_bad_share": 0.5}
    operation.append("records.csv", "Z-01,kit,2026-03-01,many,")
    message = operation.refusal()
    assert "panel.absent_rows: zero each would become a zero" in message
    assert "many" in message


# ------------------------------------------------------------------ items that count arrivals


def test_arrivals_need_a_stay_and_a_planning_figure(operation: Operation) -> None:
    operation.settings["items"]["kit"] |= {"records_count": "arrivals"}
    message = operation.refusal()
    assert "stay_days: 'arrivals' is needed, since its records count arrivals" in message
    assert "per_person_per_day: 'arrivals' is needed: records do not count goods" in message


def test_a_stay_without_arrivals_is_refused(operation: Operation) -> None:
    operation.settings["items"]["kit"] |= {"stay_days": 90}
    assert "is given, but its records do not count arrivals" in operation.refusal()


def test_arrivals_share_their_demand_with_no_other_item(operation: Operation) -> None:
    arrivals = {"records_count": "arrivals", "stay_days": 90, "per_person_per_day": 1, "substitutes": "kits"}
    operation.settings["items"]["kit"] |= arrivals
    assert "cannot be: records do not count goods" in operation.refusal()


def test_the_stay_is_an_assumption_with_its_source(operation: Operation) -> None:
    operation.settings["items"]["kit"] |= {"records_count": "arrivals", "stay_days": 90, "per_person_per_day": 2}
    operation.inputs()
    (stay,) = [assumed for assumed in operation.ledger.assumptions if assumed.figure == "stay_days"]
    assert (stay.value, stay.unit, stay.source) == ("90", "days", "packing list")
