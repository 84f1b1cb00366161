"""Headers, hashtags, totals, notes, wide tables and scaled figures: what is taken for what, and what is not."""

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from pydantic import ValidationError

from forecast import convert
from forecast.config import settings_problems
from forecast.errors import InputError, Problems
from forecast.ingest import _hxl, table
from forecast.ingest._notes import notes_under
from forecast.schema import RECORDS, Ledger, Reading

HEADER = "zone,item,period,distributed"


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    day = pd.Timestamp("2026-03-02")
    return Reading(root=tmp_path, issue_date=day, today=day, period="M", zones=None, ledger=Ledger(), files={})


def read(reading: Reading, text: str, **settings: Any) -> pd.DataFrame:
    (reading.root / "a.csv").write_text(text, encoding="utf-8")
    return table.read(table.Settings.model_validate({"path": "a.csv", **settings}), reading, "records")


def refusal(reading: Reading, text: str, **settings: Any) -> str:
    with pytest.raises(InputError, match="problem") as caught:
        read(reading, text, **settings)
    return str(caught.value)


def said(reading: Reading) -> str:
    return " ".join(reading.ledger.remarks)


def left_out(reading: Reading) -> list[int | None]:
    return [problem.line for problem in reading.ledger.problems.noted]


# ------------------------------------------------------------------ headers and hashtags


def test_without_any_name_that_is_looked_for_the_first_row_is_the_header(reading: Reading) -> None:
    assert list(read(reading, "a,b\n1,2\n").columns) == ["a", "b", "record"]


def test_where_a_name_is_missing_the_row_with_the_others_is_the_header(reading: Reading) -> None:
    message = refusal(reading, "Report,,\nsite,week,served\nS1,1,2\n", columns={"zone": "site", "distributed": "serveed"})
    assert (
        message
        == "a.csv: 1 problem\n  'serveed' is not a column of this file. Did you mean 'served'? Columns: site, week, served"
    )


def test_a_file_without_header_has_numbered_columns(reading: Reading) -> None:
    columns = {"zone": "1", "distributed": "2"}
    df = read(reading, "Z1,8200\nZ2,4100\n", header=0, columns=columns)
    assert df[["record", "zone", "distributed"]].to_numpy().tolist() == [["a.csv:1", "Z1", "8200"], ["a.csv:2", "Z2", "4100"]]


def test_a_name_over_several_columns_counts_for_each_and_one_over_two_rows_for_itself(reading: Reading) -> None:
    text = "Zone,Food,,Water,\n,asked,served,asked,served\nZ1,1,2,3,4\n"
    assert list(read(reading, text, header=2).columns) == [
        "Zone",
        "Food asked",
        "Food served",
        "Water asked",
        "Water served",
        "record",
    ]


def test_hashtags_stand_for_names_below_two_header_rows_and_instead_of_a_header(reading: Reading) -> None:
    tags = "#adm2+code,#item+name,#date+start,#output\n"
    for head in ("Site,Item,Week,Given\n", "Title,,,\nSite,Item,Week,\n,,,given\n", ""):
        df = read(reading, head + tags + "Z1,soap,2026-01,5\n")
        assert df[["zone", "item", "period", "distributed"]].to_numpy().tolist() == [["Z1", "soap", "2026-01", "5"]]


def test_a_setting_may_name_a_hashtag_with_its_attributes_in_any_order(reading: Reading) -> None:
    df = read(reading, "a,b\n#adm2 +v_pcode +code,#loc+code\nZ1,X\n", columns={"zone": "#adm2+code+v_pcode"})
    assert list(df["zone"]) == ["Z1"]


def test_a_name_of_ours_counts_more_than_a_hashtag(reading: Reading) -> None:
    assert list(read(reading, "zone,code\n#loc+name,#adm2+code\nZ1,X\n")["zone"]) == ["Z1"]


@pytest.mark.parametrize(
    ("tags", "ours", "found"),
    [
        ({"a": "#adm1+code", "b": "#adm2+code", "c": "#adm3+name"}, "zone", "b"),
        ({"a": "#adm2+code", "b": "#adm2+code+alt"}, "zone", "a"),
        ({"a": "#population+f", "b": "#population+m"}, "people", None),
        ({"a": "#population+f"}, "people", None),
        ({"a": "#population+total+num"}, "people", "a"),
        ({"a": "#date+reported"}, "period", None),
        ({"a": "#output+allocated+num"}, "distributed", None),
        ({"a": "#item+name", "b": "#item+code"}, "item", "b"),
        ({"a": "#indicator+stock+num"}, "quantity", "a"),
    ],
)
def test_which_column_a_hashtag_names(tags: dict[str, str], ours: str, found: str | None) -> None:
    assert _hxl.columns(tags, [ours]).get(ours) == found


@pytest.mark.parametrize("row", [["#1", "b"], ["# a"], ["", ""], ["#"], ["number #2"]])
def test_what_is_no_row_of_hashtags(row: list[str]) -> None:
    assert not _hxl.is_tags(row)


# ------------------------------------------------------------------ totals and notes


@pytest.mark.parametrize(
    "word",
    ["Total", "TOTAL:", "Grand total", "Sub-total", "Totaux", "Gesamt", "Summe", "Sous-total", "Suma total", "Total general"],
)
def test_words_for_totals(reading: Reading, word: str) -> None:
    df = read(reading, f"{HEADER}\nZ1,soap,2026-01,5\n{word},,,5\n")
    assert list(df["zone"]) == ["Z1"]
    assert left_out(reading) == [3]


@pytest.mark.parametrize("code", ["Totala", "Sumatra", "TOT", "Total-1", "Ensemblé"])
def test_codes_that_look_like_totals_but_are_none_stay(reading: Reading, code: str) -> None:
    assert list(read(reading, f"{HEADER}\n{code},soap,2026-01,5\n")["zone"]) == [code]
    assert left_out(reading) == []


def test_a_last_row_without_code_that_is_no_sum_stays_to_be_refused(reading: Reading) -> None:
    df = read(reading, f"{HEADER}\nZ1,soap,2026-01,5\nZ2,soap,2026-01,6\n,,,12\n")
    assert len(df) == 3


def test_a_code_without_figures_at_the_end_is_no_note(reading: Reading) -> None:
    assert list(read(reading, f"{HEADER}\nZ1,soap,2026-01,5\nZ-02,,,\n")["zone"]) == ["Z1", "Z-02"]


def test_a_short_row_that_is_no_note_is_refused(reading: Reading) -> None:
    assert "line 3: has 1 cells where the header has 4" in refusal(reading, f"{HEADER}\nZ1,soap,2026-01,5\nZ2\n")
    assert "line 2: has 1 cells" in refusal(reading, f"{HEADER}\nSource: us\nZ1,soap,2026-01,5\n")


def test_blank_cells_beyond_the_header_do_no_harm_but_filled_ones_are_refused(reading: Reading) -> None:
    assert len(read(reading, f"{HEADER}\nZ1,soap,2026-01,5,,\nZ2,soap,2026-01,5\n")) == 2
    assert "line 2: has 5 cells where the header has 4" in refusal(reading, f"{HEADER}\nZ1,soap,2026-01,5,6\n")


def test_many_rows_of_another_length_are_refused_before_all_are_read(reading: Reading) -> None:
    message = refusal(reading, HEADER + "\nZ1" * 30_000 + "\n")
    assert message.startswith("a.csv: 19999 problems\n  line 2 ")  # of the first piece
    assert "has 1 cells where the header has 4" in message


@pytest.mark.parametrize(
    ("tail", "lines"),
    [
        ([(3, ["Z1", "5"]), (4, ["Source: 5W", ""])], [4]),
        ([(3, ["Z1", "5"]), (5, ["Made by hand", ""])], [5]),
        ([(3, ["Z1", "5"]), (4, ["Made by hand", ""])], []),
        ([(3, ["Z1", "5"]), (4, ["figures of the last week are provisional"])], [4]),
        ([(3, ["Z1", "5"]), (4, ["* x"]), (5, ["Nota: y"])], [4, 5]),
        ([(3, ["Z1", "5"]), (4, ["* x"]), (5, ["Z2", "6"])], []),
    ],
)
def test_which_rows_under_a_table_are_notes(tail: list[tuple[int, list[str]]], lines: list[int]) -> None:
    assert [note.line for note in notes_under(tail, "a.csv")] == lines


# ------------------------------------------------------------------ wide tables, scaled figures, names


WIDE = {"item": {"Food": "food", "Water": "water"}, "value": "distributed"}


def test_a_problem_of_a_wide_table_names_the_column_the_cell_stood_in(reading: Reading) -> None:
    df = read(reading, "zone,period,Food,Water\nZ1,2026-01,5,many\nZ2,2026-01,-1,\n", wide=WIDE)
    problems = Problems()
    convert.typed(df, RECORDS, problems, name="records", set_aside=True, period="M", week_starts="MON")
    assert [(p.line, p.column, p.value) for p in problems.noted] == [(2, "Water", "many"), (3, "Food", "-1")]


def test_one_column_per_month_is_read_and_a_month_that_is_not_named_is_said(reading: Reading) -> None:
    text = "zone,item,janv-26,2026-02,03/2026,2026-04\nZ1,soap,1,,3,\n"
    named = ["janv-26", "2026-02"]
    df = read(reading, text, wide={"period": named, "value": "distributed"})
    assert df[["period", "distributed"]].to_numpy().tolist() == [["2026-01", "1"]]
    assert "NOT read, since wide does not name it: the column 03/2026." in said(reading)
    df = read(reading, text, wide={"period": [*named, "03/2026", "2026-04"], "value": "distributed"})
    assert df[["period", "distributed"]].to_numpy().tolist() == [["2026-01", "1"], ["2026-03", "3"]]
    assert "NOT read" not in reading.ledger.remarks[-1]


def test_a_wide_table_may_list_its_columns_and_scale_them(reading: Reading) -> None:
    wide = {"item": ["Food", "Water"], "value": "distributed", "times": 1000, "per": "day"}
    df = read(reading, "zone,period,Food,Water\nZ1,2026-02,0.1,3\n", wide=wide)
    assert df[["item", "distributed"]].to_numpy().tolist() == [["Food", "2800"], ["Water", "84000"]]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"wide": {"item": {"A": "a"}, "need": {"B": "b"}, "value": "distributed"}},
            "setting inputs.records.wide: write {item: {column of the file: our code, ...}, value: the column of ours the cells "
            "belong to}. Change the setting",
        ),
        (
            {"wide": WIDE, "columns": {"item": "thing"}},
            "setting inputs.records: item comes from both columns and wide; leave one out. Change the setting",
        ),
        (
            {"columns": {"distributed": {"column": "x", "times": 0}}},
            "setting inputs.records.columns.distributed.times: '0' is not more than 0. Write a number above 0",
        ),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match="1 validation error") as caught:
        table.Settings.model_validate({"path": "a.csv", **settings})
    assert [str(p) for p in settings_problems(caught.value, "config.yaml", table.Settings, "inputs.records")] == [told]


def test_figures_are_multiplied_exactly_and_what_is_no_figure_is_left_to_be_refused(reading: Reading) -> None:
    columns = {"distributed": {"column": "m3", "times": 1000}}
    df = read(reading, "zone,m3\nZ1,0.1\nZ2,298.208\nZ3,1e-3\nZ4,\nZ5,many\nZ6,0.30000000000000004\n", columns=columns)
    assert df["distributed"].tolist() == ["100", "298208", "1", "", "many", "300.00000000000004"]
    assert df.attrs["origins"]["distributed"] == "m3 x 1000"


@pytest.mark.parametrize(("period", "days"), [("D", 1), ("W", 7), ("M", 29)])
def test_a_figure_per_day_is_multiplied_by_the_days_of_its_period(reading: Reading, period: str, days: int) -> None:
    reading = Reading(reading.root, reading.issue_date, reading.today, period, None, reading.ledger, {})
    columns = {"distributed": {"column": "served", "per": "day"}}
    df = read(reading, "zone,period,served\nZ1,2024-02-05,10\nZ2,,10\n", columns=columns)
    assert df["distributed"].tolist()[0] == str(10 * days)


def test_a_figure_per_day_needs_a_period(reading: Reading) -> None:
    columns = {"distributed": {"column": "served", "per": "day"}}
    assert "column distributed: is per day, but there is no column period" in refusal(
        reading, "zone,served\nZ1,5\n", columns=columns
    )


def test_a_declared_delay_goes_with_the_table(reading: Reading) -> None:
    assert read(reading, f"{HEADER}\nZ1,soap,2026-01,5\n", delay_days=7).attrs["delay_days"] == 7
    assert "delay_days" not in read(reading, f"{HEADER}\nZ1,soap,2026-01,5\n").attrs


def test_columns_that_are_no_numbers_or_dates_of_ours_are_left_as_they_are(reading: Reading) -> None:
    df = read(reading, f'{HEADER},remark,price\nZ1,8 200,2026-01,8 200,8 200,"1,234"\n')
    assert df[["item", "distributed", "remark", "price"]].to_numpy().tolist() == [["8 200", "8200", "8 200", "1,234"]]


# ------------------------------------------------------------------ workbooks and Parquet


def book(reading: Reading, rows: list[list[object]], *, merge: tuple[str, ...] = (), **settings: Any) -> pd.DataFrame:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    for row in rows:
        sheet.append(row)
    for area in merge:
        sheet.merge_cells(area)
    made.save(reading.root / "a.xlsx")
    return table.read(table.Settings.model_validate({"path": "a.xlsx", **settings}), reading, "records")


def test_merged_codes_and_dates_without_a_letter_stand_for_each_row(reading: Reading) -> None:
    rows: list[list[object]] = [
        ["zone", "item", "period", "distributed"],
        [101, "soap", dt.date(2026, 1, 5), 5],
        [None, "kit", None, 6],
        ["0102", "soap", "05/01/2026", 7],
        [None, "kit", None, 8],
    ]
    df = book(reading, rows, merge=("A2:A3", "C2:C3", "A4:A5", "C4:C5"), dates="day_first")
    assert df["zone"].tolist() == ["101", "101", "0102", "0102"]
    assert df["period"].tolist() == ["2026-01-05"] * 4
    assert df["distributed"].tolist() == ["5", "6", "7", "8"]


def test_numbers_of_a_sheet_are_renamed_joined_and_head_columns_as_they_look(reading: Reading) -> None:
    rows: list[list[object]] = [["code", "year", "month", 1, 2], [101, 2026, 3, 5, 6], ["Z2", 2026, 4, 7, 8]]
    df = book(
        reading,
        rows,
        columns={"zone": "code", "period": {"join": ["year", "month"]}},
        wide={"item": {"1": "soap", "2": "kit"}, "value": "distributed"},
        rename={"zone": {"101": "0101"}},
    )
    assert df["zone"].tolist() == ["0101", "0101", "Z2", "Z2"]
    assert df["period"].tolist() == ["2026-3", "2026-3", "2026-4", "2026-4"]
    assert df["distributed"].tolist() == ["5", "6", "7", "8"]
    assert reading.ledger.remarks == ["a.xlsx[Sheet]: 2 cells of zone renamed."]


def test_day_numbers_of_a_workbook_that_counts_from_1904_are_read_so(reading: Reading) -> None:
    made = openpyxl.Workbook()
    made.epoch = CALENDAR_MAC_1904
    for row in (["zone", "item", "period", "distributed"], ["Z1", "soap", 44565, 5], ["Z1", "soap", dt.date(2026, 1, 12), 5]):
        made.worksheets[0].append(row)
    made.save(reading.root / "a.xlsx")
    df = table.read(table.Settings.model_validate({"path": "a.xlsx", "dates": "excel"}), reading, "records")
    assert df["period"].tolist() == ["2026-01-05", "2026-01-12"]


def test_a_merged_figure_is_never_counted_twice(reading: Reading) -> None:
    rows: list[list[object]] = [
        ["zone", "item", "distributed"],
        ["Z1", "soap", 5],
        ["Z1", "kit", None],
        ["Z2", "soap", "1 200"],
        ["Z2", "kit", None],
    ]
    df = book(reading, rows, merge=("C2:C3", "C4:C5"))
    assert df["distributed"].tolist() == ["5", "", "1200", ""]


def test_merged_text_over_thousands_of_rows_is_filled(reading: Reading) -> None:
    rows: list[list[object]] = [
        ["zone", "item", "distributed"],
        ["Borama", "soap", 0],
        *[[None, "soap", n] for n in range(1, 2500)],
    ]
    df = book(reading, rows, merge=("A2:A2501",))
    assert df["zone"].unique().tolist() == ["Borama"]
    assert df["record"].iloc[-1] == "a.xlsx[Sheet]:2501"


def test_a_sheet_keeps_line_numbers_over_blank_rows_and_many_pieces(reading: Reading) -> None:
    rows: list[list[object]] = [[None]] * 1500 + [["zone", "distributed"]] + [[f"Z{n}", n] for n in range(3000)]
    df = book(reading, rows)
    assert df["record"].iloc[[0, -1]].tolist() == ["a.xlsx[Sheet]:1502", "a.xlsx[Sheet]:4501"]
    assert df["distributed"].iloc[-1] == "2999"


def parquet(reading: Reading, **columns: pa.Array) -> pd.DataFrame:
    pq.write_table(pa.table(columns), reading.root / "a.parquet")
    return table.read(table.Settings(path="a.parquet"), reading, "records")


def test_every_simple_type_of_parquet_becomes_text(reading: Reading) -> None:
    df = parquet(
        reading,
        zone=pa.array(["00123", None]),
        count=pa.array([2**53 + 1, None], pa.int64()),
        share=pa.array([0.1, float("nan")], pa.float32()),
        price=pa.array(["1.50", "2"]).cast(pa.decimal128(10, 2)),
        open=pa.array([True, None]),
        at=pa.array([1767577800, None], pa.timestamp("s")),
        day=pa.array([1767571200000, None], pa.timestamp("ms")),
    )
    assert df.drop(columns="record").to_numpy().tolist() == [
        ["00123", "9007199254740993", "0.1", "1.50", "true", "2026-01-05T01:50:00", "2026-01-05"],
        ["", "", "", "2.00", "", "", ""],
    ]


def test_columns_of_lists_and_files_that_are_no_parquet_are_refused(reading: Reading) -> None:
    with pytest.raises(InputError, match="is no column of plain values"):
        parquet(reading, zone=pa.array([["a"]]))
    (reading.root / "a.parquet").write_bytes(b"PAR1" + b"\0" * 50)
    with pytest.raises(InputError, match="is no readable Parquet file"):
        table.read(table.Settings(path="a.parquet"), reading, "records")
