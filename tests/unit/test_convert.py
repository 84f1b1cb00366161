"""Text becomes numbers, dates, periods and flags by the schema, or is named with its place."""

import math

import pandas as pd
import pytest

from forecast import convert
from forecast.errors import Problems
from forecast.schema import Column, Table

SAMPLE = Table(
    "sample",
    (
        Column("record"),
        Column("zone", required=True),
        Column("period", "period"),
        Column("quantity", "number", minimum=0),
        Column("lat", "number", unit="degrees", minimum=-90, maximum=90),
        Column("pack", "number", minimum=1e-9),
        Column("count", "integer"),
        Column("eta", "date"),
        Column("is_open", "flag"),
        Column("need", choices=("water", "food", "care")),
    ),
    key=("zone", "period"),
)


def text(**columns: list[str]) -> pd.DataFrame:
    df = pd.DataFrame({name: pd.array(cells, dtype="str") for name, cells in columns.items()})
    return df.assign(record=[f"a.csv:{line}" for line in range(2, len(df) + 2)])


def typed(
    df: pd.DataFrame, problems: Problems, *, set_aside: bool = False, period: str = "W", starts: str = "MON"
) -> pd.DataFrame:
    return convert.typed(df, SAMPLE, problems, name="inputs.sample", set_aside=set_aside, period=period, week_starts=starts)


def told(column: str, cell: str, *, period: str = "W", starts: str = "MON") -> str:
    """What is said of one bad cell."""
    problems = Problems()
    typed(text(**({"zone": ["Z"]} | {column: [cell]})), problems, period=period, starts=starts)
    (problem,) = problems.refused
    assert (problem.file, problem.line, problem.column, problem.value) == ("a.csv", 2, column, cell)
    return f"{problem.problem}. {problem.action}"


def value(column: str, cell: str, *, period: str = "W", starts: str = "MON") -> object:
    problems = Problems()
    df = typed(text(zone=["Z"], **{column: [cell]}), problems, period=period, starts=starts)
    assert not list(problems)
    return df[column].iloc[0]


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("cell", "number"), [("0", 0), ("8200.5", 8200.5), ("+3", 3), (".5", 0.5), ("5.", 5), ("1e3", 1000), ("007", 7)]
)
def test_plain_numbers_are_read(cell: str, number: float) -> None:
    assert value("quantity", cell) == number


OR_SET = "or set dates: day_first or month_first"
PLAIN = "Write digits with a decimal point and nothing else, such as 8200.5"


@pytest.mark.parametrize("cell", ["8 200", "8,200", "1,5", "many", "12 kg", "0x1F", "1_000", "١٢", "#REF!", "TRUE"])
def test_other_writing_of_numbers_is_refused(cell: str) -> None:
    assert told("quantity", cell) == f"is not a number. {PLAIN}"


@pytest.mark.parametrize("cell", ["NaN", "inf", "-Infinity", "NA", "n/a", "-", "NR"])
def test_words_for_no_figure_are_refused_and_never_become_a_number(cell: str) -> None:
    assert told("quantity", cell) == "is not a number. Leave the cell empty where the figure is not known"


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("quantity", "-0.5", "is negative. Write 0 or more"),
        ("quantity", "1e999", "is too large for a number. Mend the figure"),
        ("lat", "120.5", "is more than 90. Write degrees; are lat and lon swapped?"),
        ("lat", "-91", "is less than -90. Write degrees; are lat and lon swapped?"),
        ("pack", "0", "is not more than 0. Write a number above 0"),
        ("count", "2.5", "is not a whole number. Write a whole number"),
        ("is_open", "perhaps", "is neither true nor false. Write true or false"),
        ("need", "watr", "is none of water, food, care. Did you mean 'water'?"),
        ("need", "xyz", "is none of water, food, care. Use one of these words"),
        ("zone", "", "is empty. Fill in the cell"),
    ],
)
def test_a_cell_that_does_not_fit_is_told(column: str, cell: str, message: str) -> None:
    assert told(column, cell) == message


def test_an_empty_cell_and_an_absent_column_are_unknown_not_zero() -> None:
    df = typed(text(zone=["Z"], quantity=[""]), Problems())
    assert math.isnan(df["quantity"].iloc[0])
    assert math.isnan(df["count"].iloc[0])
    assert df["eta"].isna().all()
    assert df["need"].tolist() == [""]
    assert df["is_open"].tolist() == [True]
    assert list(df.columns) == SAMPLE.names


@pytest.mark.parametrize(
    ("cell", "flag"), [("true", True), ("YES", True), ("1", True), ("False", False), ("no", False), ("0", False)]
)
def test_flags_are_read(cell: str, flag: bool) -> None:
    assert bool(value("is_open", cell)) is flag


# ------------------------------------------------------------------ dates and periods


@pytest.mark.parametrize("cell", ["2026-03-02", "2026-03-02T00:00:00", "2026-03-02 17:45"])
def test_iso_dates_are_read(cell: str) -> None:
    assert value("eta", cell) == pd.Timestamp("2026-03-02")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("01/02/2026", f"is ambiguous (day or month first). Write 2026-02-01 or 2026-01-02, {OR_SET}"),
        ("25/12/2026", "is not a day as written here. Write 2026-12-25"),
        ("12.25.2026", "is not a day as written here. Write 2026-12-25"),
        ("05/05/2026", "is not a day as written here. Write 2026-05-05"),
        ("2026-02-30", "is no day of the calendar. Write the day as YYYY-MM-DD"),
        ("46083", "is a number, not a day. If it is how Excel counts days (2026-03-02), set dates: excel"),
        ("25/12/26", "has a year of two digits. Write the day as YYYY-MM-DD, or set dates: day_first or month_first"),
        ("2026-Q1", "is a quarter, not a day. Give figures by day, week or month"),
        ("2026-03", "is not a day as written here. Write it as YYYY-MM-DD"),
    ],
)
def test_other_dates_are_refused_with_what_to_write(cell: str, message: str) -> None:
    assert told("eta", cell) == message


@pytest.mark.parametrize(
    ("cell", "period", "starts", "start"),
    [
        ("2026-03-04", "D", "MON", "2026-03-04"),
        ("2026-03-04", "W", "MON", "2026-03-02"),
        ("2026-03-04", "W", "SUN", "2026-03-01"),
        ("2019-01-15", "M", "MON", "2019-01-01"),
        ("2019-01", "M", "MON", "2019-01-01"),
        ("2019-1", "M", "MON", "2019-01-01"),
        ("2026-W01", "W", "MON", "2025-12-29"),
        ("2020-W53", "W", "MON", "2020-12-28"),
        ("2026W7", "W", "MON", "2026-02-09"),
    ],
)
def test_periods_are_named_by_the_day_they_start_on(cell: str, period: str, starts: str, start: str) -> None:
    assert value("period", cell, period=period, starts=starts) == pd.Timestamp(start)


MONTH_HERE = "Write the date the {0} starts on, as YYYY-MM-DD, or change forecast.period"


@pytest.mark.parametrize(
    ("cell", "period", "starts", "message"),
    [
        ("2019-01", "W", "MON", "is a month, but a period is a week here. " + MONTH_HERE.format("week")),
        ("2026-W07", "D", "MON", "is a week, but a period is a day here. " + MONTH_HERE.format("day")),
        ("2026-W07", "M", "MON", "is a week, but a period is a month here. " + MONTH_HERE.format("month")),
        (
            "2026-W07",
            "W",
            "SUN",
            "is an ISO week, which starts on Monday; weeks here start on SUN. Write the date the week starts on",
        ),
        ("2019-13", "M", "MON", "is no month of the calendar. Write the month as YYYY-MM"),
        ("2026-W54", "W", "MON", "is no ISO week of the calendar. Write the week as YYYY-Www, such as 2026-W07"),
        ("03/04/2026", "M", "MON", f"is ambiguous (day or month first). Write 2026-04-03 or 2026-03-04, {OR_SET}"),
        (
            "202603",
            "W",
            "MON",
            "is a year with a month or with a week. Write YYYY-MM, or set epi_weeks to the day weeks start on",
        ),
        (
            "Week 7 2026",
            "W",
            "MON",
            "is the number of a week that may start on any day. Set epi_weeks to the day weeks start on, such as SUN or MON",
        ),
        ("week 7", "W", "MON", "is not a period as written here. Write it as YYYY-MM-DD, YYYY-MM or YYYY-Www"),
    ],
)
def test_other_periods_are_refused_with_what_to_write(cell: str, period: str, starts: str, message: str) -> None:
    assert told("period", cell, period=period, starts=starts) == message


def test_a_promised_day_can_be_kept_as_it_is() -> None:
    promised = text(zone=["Z"], period=["2026-03-04"])
    df = convert.typed(promised, SAMPLE, Problems(), name="x", set_aside=False, period="W", week_starts="MON", snaps=False)
    assert df["period"].iloc[0] == pd.Timestamp("2026-03-04")


# ------------------------------------------------------------------ rows


def test_a_row_set_aside_is_dropped_and_noted_once_per_bad_cell() -> None:
    problems = Problems()
    df = typed(text(zone=["A", "B", "C"], quantity=["1", "x", "3"], need=["", "y", ""]), problems, set_aside=True)
    assert list(df["zone"]) == ["A", "C"]
    assert [(p.line, p.column) for p in problems.noted] == [(3, "quantity"), (3, "need")]
    assert problems.noted[0].action == f"Row set aside. {PLAIN}"
    assert not problems.refused


def test_a_refused_row_stays_with_the_bad_cell_empty_so_that_later_checks_go_on() -> None:
    df = typed(text(zone=["A", "B"], quantity=["1", "x"]), Problems())
    assert list(df["zone"]) == ["A", "B"]
    assert math.isnan(df["quantity"].iloc[1])


def test_a_copy_is_set_aside_once_and_contradicting_rows_all() -> None:
    problems = Problems()
    df = typed(text(zone=["A", "B", "A", "B", "C"], quantity=["1", "2", "1", "3", "4"]), problems, set_aside=True)
    assert df[["zone", "quantity"]].to_numpy().tolist() == [["A", 1.0], ["C", 4.0]]
    assert [str(problem) for problem in problems.noted] == [
        "line 3: repeats zone B. Row set aside. It stands in line 5 too. The two differ, and nothing says which is right",
        "line 4: repeats zone A. Row set aside. It stands in line 2 too. One is enough",
        "line 5: repeats zone B. Row set aside. It stands in line 3 too. The two differ, and nothing says which is right",
    ]


def test_what_is_kept_of_repeated_rows_does_not_depend_on_their_order() -> None:
    df = text(zone=["A", "B", "A", "B", "C"], quantity=["1", "2", "1", "3", "4"])
    kept = [typed(df.iloc[::step].reset_index(drop=True), Problems(), set_aside=True) for step in (1, -1)]
    first, second = (set(zip(k["zone"], k["quantity"], strict=True)) for k in kept)
    assert first == second == {("A", 1.0), ("C", 4.0)}


def test_a_repeat_in_another_file_is_named_with_that_file() -> None:
    problems = Problems()
    typed(text(zone=["A", "A"]).assign(record=["a.csv:2", "b.csv:9"]), problems)
    assert [(p.file, str(p)) for p in problems.refused] == [
        ("b.csv", "line 9: repeats zone A. It stands in a.csv:2 too. Keep one of the two")
    ]


def test_a_missing_column_is_told_once_with_the_near_name() -> None:
    problems = Problems()
    df = typed(text(zon=["A", "B"]), problems, set_aside=True)
    assert df.empty
    assert list(df.columns) == SAMPLE.names
    action = "Did you mean 'zon'? Columns: zon. Map it under 'columns:' of inputs.sample"
    assert [f"{p.file}: {p}" for p in problems.refused] == [f"a.csv: has no column zone, which sample needs. {action}"]


def test_a_column_is_named_as_in_the_file() -> None:
    df = text(zone=["A"], quantity=["x"])
    df.attrs["origins"] = {"quantity": "stock_qty"}
    problems = Problems()
    typed(df, problems)
    assert problems.refused[0].column == "stock_qty"


@pytest.mark.parametrize(
    ("record", "file", "line"),
    [("a.csv:12", "a.csv", 12), ("a.xlsx[s:1]:3", "a.xlsx[s:1]", 3), ("config.yaml: items.kit", "config.yaml: items.kit", None)],
)
def test_a_record_is_a_file_and_a_line(record: str, file: str, line: int | None) -> None:
    assert convert.place(record) == (file, line)
