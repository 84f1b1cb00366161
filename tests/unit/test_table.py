"""Tables are read as text: nothing is guessed, every row knows its line."""

import datetime as dt
import gzip
import hashlib
import random
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from pydantic import ValidationError

from forecast.config import settings_problems
from forecast.errors import InputError
from forecast.ingest import _grid, _xlsx, table
from forecast.ingest._cells import NUMERIC, as_cell
from forecast.ingest._layout import Looked
from forecast.schema import Ledger, Reading


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    day = pd.Timestamp("2026-03-02")
    return Reading(root=tmp_path, issue_date=day, today=day, period="W", zones=None, ledger=Ledger(), files={})


def read(reading: Reading, name: str = "stock", **settings: Any) -> pd.DataFrame:
    return table.read(table.Settings.model_validate(settings), reading, name)


def refusal(reading: Reading, **settings: Any) -> str:
    with pytest.raises(InputError, match="problem") as caught:
        read(reading, **settings)
    return str(caught.value)


def write(reading: Reading, name: str, text: str, encoding: str = "utf-8") -> None:
    (reading.root / name).parent.mkdir(parents=True, exist_ok=True)
    (reading.root / name).write_bytes(text.encode(encoding))


def workbook(reading: Reading, name: str, **sheets: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(reading.root / name)


# ------------------------------------------------------------------ CSV


def test_codes_survive_as_they_are_and_an_empty_cell_is_empty_text(reading: Reading) -> None:
    write(reading, "a.csv", "zone,item,quantity\n00123,NA,1e5\nNO,010,\n")
    df = read(reading, path="a.csv")
    assert df.to_dict("list") == {
        "zone": ["00123", "NO"],
        "item": ["NA", "010"],
        "quantity": ["1e5", ""],
        "record": ["a.csv:2", "a.csv:3"],
    }


def test_a_row_with_a_line_break_in_quotes_is_named_by_the_line_it_starts_on(reading: Reading) -> None:
    write(reading, "a.csv", 'zone,name\nA,"two\nlines, and a ""quote"""\n\nB,one\n')
    df = read(reading, path="a.csv")
    assert list(df["name"]) == ['two\nlines, and a "quote"', "one"]
    assert list(df["record"]) == ["a.csv:2", "a.csv:5"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_understood(reading: Reading, line_end: str) -> None:
    write(reading, "a.csv", line_end.join(["zone,item", "A,kit", "B,kit", ""]))
    df = read(reading, path="a.csv")
    assert list(df["zone"]) == ["A", "B"]
    assert list(df["record"]) == ["a.csv:2", "a.csv:3"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_that_splits_the_header(reading: Reading, delimiter: str) -> None:
    write(reading, "a.csv", delimiter.join(["zone", '"a, b; c"', "quantity"]) + "\n" + delimiter.join(["Z1", "x", "5"]) + "\n")
    assert list(read(reading, path="a.csv").columns) == ["zone", "a, b; c", "quantity", "record"]


def test_a_byte_order_mark_and_blanks_around_cells_vanish(reading: Reading) -> None:
    write(reading, "a.csv", " zone , item\n Z1 ,\u00a0kit \n", "utf-8-sig")
    assert read(reading, path="a.csv").iloc[0].to_dict() == {"zone": "Z1", "item": "kit", "record": "a.csv:2"}


def test_another_encoding_is_read_when_named(reading: Reading) -> None:
    write(reading, "a.csv", "zone\nBouaké\n", "cp1252")
    assert list(read(reading, path="a.csv", encoding="cp1252")["zone"]) == ["Bouaké"]


def test_blank_rows_and_nameless_columns_are_left_out(reading: Reading) -> None:
    write(reading, "a.csv", ",zone,\n0,A,\n,,\n1,B,x\n")
    df = read(reading, path="a.csv")
    assert list(df.columns) == ["zone", "record"]
    assert list(df["record"]) == ["a.csv:2", "a.csv:4"]


def test_an_open_quote_is_refused_with_the_line_it_starts_on(reading: Reading) -> None:
    write(reading, "a.csv", 'zone,item\nA,kit\nB,"kit\nC,kit\n')
    assert refusal(reading, path="a.csv") == (
        "a.csv: 1 problem\n"
        "  line 3: has a quote that does not end as it should (unexpected end of data). Mend the quotes"
    )  # fmt: skip


def test_a_name_that_stands_twice_in_the_header_is_refused(reading: Reading) -> None:
    write(reading, "a.csv", "zone,item,zone\nA,kit,B\n")
    assert (
        refusal(reading, path="a.csv") == "a.csv: 1 problem\n  line 1: 'zone' stands twice in the header. Rename one of the two"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_tells_the_encoding(reading: Reading, encoding: str) -> None:
    write(reading, "a.csv", "zone\nBouaké\n", encoding)
    assert list(read(reading, path="a.csv")["zone"]) == ["Bouaké"]
    assert list(read(reading, path="a.csv", encoding="utf-8")["zone"]) == ["Bouaké"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Bouaké", "cp850"), ("Bouaké", "mac_roman"), ("Łódź", "cp1250"), ("Ankara ışığı", "cp1254"), ("Киев", "cp1251")],
)
def test_text_that_may_be_in_another_encoding_than_cp1252_is_refused(reading: Reading, text: str, encoding: str) -> None:
    write(reading, "a.csv", f"zone,item\n{text},kit\n", encoding)
    assert refusal(reading, path="a.csv") == (
        "a.csv: 1 problem\n"
        "  line 2: is not UTF-8 text. Save it as UTF-8, or set encoding: cp1252 (Western European Excel) or another name"
    )
    assert list(read(reading, path="a.csv", encoding=encoding)["zone"]) == [text]


def test_an_encoding_that_does_not_fit_is_refused_with_the_line(reading: Reading) -> None:
    write(reading, "a.csv", "zone\nA\nBouaké\n", "cp1252")
    assert "line 3: is not utf-8 text" in refusal(reading, path="a.csv", encoding="utf-8")
    assert "'cp12' is no encoding this program knows" in refusal(reading, path="a.csv", encoding="cp12")


def test_a_file_of_zeros_is_refused(reading: Reading) -> None:
    (reading.root / "a.csv").write_bytes(b"zone\nA\n" + b"\0" * 100)
    assert refusal(reading, path="a.csv") == (
        "a.csv: 1 problem\n"
        "  line 3: holds zero bytes, which text has not. "
        "Export it again; if it is UTF-16 without its mark, set encoding: utf-16-le"
    )


def test_the_real_flows_of_a_mobile_operator_have_line_ends_of_a_carriage_return_and_no_header(
    reading: Reading, real_data: Path
) -> None:
    reading = replace(reading, root=real_data)
    df = read(reading, name="flows", path="sle/cdr/IndivMvtBtwnAdmin2DaySep1Agg.csv", header=0, columns={"from": "1", "to": "2"})
    data = (real_data / "sle/cdr/IndivMvtBtwnAdmin2DaySep1Agg.csv").read_bytes()
    assert b"\n" not in data
    assert len(df) == len([line for line in data.split(b"\r") if line])
    assert df["record"].iloc[-1].endswith(f":{len(df)}")
    numbers = df.drop(columns=["record", "from", "to"]).astype(float).to_numpy().sum()
    assert numbers == sum(float(cell) for line in data.split(b"\r") for cell in line.split(b",") if cell)


# ------------------------------------------------------------------ packed and large files


def test_a_gzip_file_cut_short_or_damaged_is_refused(reading: Reading) -> None:
    packed = gzip.compress(b"zone\n" + b"A\n" * 1000, mtime=0)
    (reading.root / "a.csv.gz").write_bytes(packed[:-6])
    (reading.root / "b.csv.gz").write_bytes(packed[:-8] + b"\0" * 8)
    assert refusal(reading, path="*.gz") == (
        "a.csv.gz: 1 problem\n  is a gzip file cut short. Copy it again\n"
        "b.csv.gz: 1 problem\n  is no whole gzip file. Pack it again, or give it unpacked"
    )


def test_gzip_files_put_together_are_read_whole(reading: Reading) -> None:
    (reading.root / "a.csv.gz").write_bytes(gzip.compress(b"zone\nA\n") + gzip.compress(b"B\n"))
    assert list(read(reading, path="a.csv.gz")["zone"]) == ["A", "B"]


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(reading: Reading) -> None:
    (reading.root / "a.csv.gz").write_bytes(gzip.compress(b"zone\n" + b"\n" * 300_000_000, compresslevel=1))
    tracemalloc.start()
    message = refusal(reading, path="a.csv.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message.startswith("a.csv.gz: 1 problem\n  unpacks to more than 250 MB. Leave out years or columns")
    assert peak < 800_000_000


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(reading: Reading, part: str) -> None:
    with (
        zipfile.ZipFile(reading.root / "a.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(part, "w", force_zip64=True) as file,
    ):
        for _ in range(200):
            file.write(b"0" * 1_000_000)
    message = refusal(reading, path="a.xlsx")
    assert message.startswith("a.xlsx: 1 problem\n  unpacks to 200 MB, more than this program takes in. Leave out years")


def test_a_table_of_more_rows_than_a_sheet_holds_is_refused(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_grid, "MOST_ROWS", 10)
    write(reading, "a.csv", "zone\n" + "A\n" * 10)
    write(reading, "b.csv", "zone\n" + "A\n" * 11)
    assert len(read(reading, path="a.csv")) == 10
    assert refusal(reading, path="b.csv").startswith("b.csv: 1 problem\n  has more than 10 rows. Leave out years or columns")


def test_lines_are_counted_over_many_pieces_with_line_breaks_in_quotes(reading: Reading) -> None:
    rows = [f'"Z{n}\n{n}",{n}' if n % 1000 == 0 else f"Z{n},{n}" for n in range(1, 60_001)]
    write(reading, "a.csv", "\n".join(["zone,quantity", *rows]))
    df = read(reading, path="a.csv")
    assert df["zone"].iloc[999] == "Z1000\n1000"
    assert df["record"].iloc[[0, 999, 1000, 59_999]].tolist() == ["a.csv:2", "a.csv:1001", "a.csv:1003", "a.csv:60060"]


def test_a_header_without_rows_gives_no_rows_and_says_so(reading: Reading) -> None:
    write(reading, "a.csv", "zone,item\n")
    df = read(reading, path="a.csv")
    assert df.empty
    assert list(df.columns) == ["zone", "item", "record"]
    assert reading.ledger.remarks == ["a.csv has a header but no rows."]


# ------------------------------------------------------------------ several files, hashes


def test_files_of_a_pattern_are_joined_in_order_of_name_and_hashed(reading: Reading) -> None:
    write(reading, "r/b.csv", "zone,item\nB,kit\n")
    write(reading, "r/a.csv", "item,zone,note\nkit,A,x\n")
    df = read(reading, path="r/*.csv")
    assert df[["zone", "item", "note", "record"]].to_numpy().tolist() == [
        ["A", "kit", "x", "a.csv:2"],
        ["B", "kit", "", "b.csv:2"],
    ]
    assert reading.files == {
        name: hashlib.sha256((reading.root / name).read_bytes()).hexdigest() for name in ("r/a.csv", "r/b.csv")
    }


def test_the_same_file_twice_under_two_names_is_refused_whatever_the_input(reading: Reading) -> None:
    write(reading, "a.csv", "depot,item,quantity,eta\nD1,kit,5,2026-03-09\n")
    write(reading, "copy of a.csv", "depot,item,quantity,eta\nD1,kit,5,2026-03-09\n")
    with pytest.raises(InputError, match=r"is the same file as a\.csv, under another name: all of it would count twice"):
        read(reading, "arrivals", path="*.csv")
    for name in ("a.csv", "copy of a.csv"):
        write(reading, name, "depot,item,quantity,eta\n")
    assert read(reading, "arrivals", path="*.csv").empty


def test_files_of_the_same_name_are_told_apart_by_folder(reading: Reading) -> None:
    write(reading, "2025/r.csv", "zone\nA\n")
    write(reading, "2026/r.csv", "zone\nB\n")
    assert list(read(reading, path="*/r.csv")["record"]) == ["2025/r.csv:2", "2026/r.csv:2"]


def test_problems_of_all_files_are_told_at_once(reading: Reading) -> None:
    write(reading, "a.csv", "zone,item\nA\n")
    write(reading, "b.csv", "")
    action = "Mend the row; look for a missing or stray delimiter"
    assert refusal(reading, path="*.csv") == (
        f"a.csv: 1 problem\n  line 2: has 1 cells where the header has 2. {action}\n"
        "b.csv: 1 problem\n  is empty (0 bytes). Export it again"
    )


def test_a_format_that_is_not_read_is_refused(reading: Reading) -> None:
    write(reading, "a.xls", "x")
    assert refusal(reading, path="a.xls") == (
        "a.xls: 1 problem\n  is no table this program reads (.csv, .tsv, .txt, .xlsx, .xlsm, .parquet; text also as .gz). "
        "Save it as CSV or XLSX"
    )


# ------------------------------------------------------------------ columns


def test_columns_are_named_joined_and_made_constant(reading: Reading) -> None:
    write(reading, "a.csv", "site,year,month,item\nS1,2019,1,kit\nS2,,,kit\n")
    columns = {"zone": "site", "period": {"join": ["year", "month"], "with": "-"}, "organisation": {"constant": "MoH"}}
    df = read(reading, path="a.csv", columns=columns)
    assert df[["zone", "period", "organisation", "item"]].to_numpy().tolist() == [
        ["S1", "2019-1", "MoH", "kit"],
        ["S2", "", "MoH", "kit"],
    ]
    assert df.attrs["origins"] == {"zone": "site", "period": "year + month"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "setting inputs.stock: give either path (files) or rows (written here). Change the setting"),
        (
            {"path": "a.csv", "columns": {"zone": {"jion": ["a", "b"]}}},
            "setting inputs.stock.columns.zone.jion: 'jion' is not a setting. Did you mean 'join'?",
        ),
        (
            {"path": "a.csv", "columns": {"zone": {"constant": False}}},
            "setting inputs.stock.columns.zone.constant: 'False' is read by YAML as true or false, not as text. Put it in quotes",
        ),
        (
            {"path": "a.csv", "columns": {"zone": {}}},
            "setting inputs.stock.columns.zone: name a column of the file, or {join: [columns]}, or {constant: text}. "
            "Change the setting",
        ),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match="1 validation error") as caught:
        table.Settings.model_validate(settings)
    assert [str(p) for p in settings_problems(caught.value, "config.yaml", table.Settings, "inputs.stock")] == [told]


# ------------------------------------------------------------------ rows of the config


def test_rows_of_the_config_become_text(reading: Reading) -> None:
    rows = [{"depot": "D1", "quantity": 500, "expiry": dt.date(2026, 12, 1)}, {"depot": "D2", "quantity": 0.5, "is_open": False}]
    df = read(reading, rows=rows)
    assert df.to_dict("records") == [
        {"depot": "D1", "quantity": "500", "expiry": "2026-12-01", "is_open": "", "record": "stock.rows:1"},
        {"depot": "D2", "quantity": "0.5", "expiry": "", "is_open": "false", "record": "stock.rows:2"},
    ]


def test_no_rows_in_the_config_are_refused(reading: Reading) -> None:
    assert refusal(reading, rows=[]) == "stock.rows: 1 problem\n  has no rows. Write the rows, or leave out stock"


# ------------------------------------------------------------------ XLSX


def test_a_sheet_gives_iso_dates_and_whole_numbers_as_text(reading: Reading) -> None:
    header: list[object] = ["zone", "count", "share", "eta", "at", "open", None]
    row: list[object] = ["00123", 12.0, 0.25, dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 5, 6, 30), True, "a note beside"]
    workbook(reading, "a.xlsx", stock=[header, row, [None], ["NA", 7]])
    df = read(reading, path="a.xlsx")
    assert df.to_dict("records") == [
        {"zone": "00123", "count": "12", "share": "0.25", "eta": "2026-01-05", "at": "2026-01-05T06:30:00", "open": "true",
         "record": "a.xlsx[stock]:2"},
        {"zone": "NA", "count": "7", "share": "", "eta": "", "at": "", "open": "", "record": "a.xlsx[stock]:4"},
    ]  # fmt: skip


@pytest.mark.parametrize(("cell", "text"), [(12.0, "12"), (-0.5, "-0.5"), (1e20, "1e+20"), (dt.time(6, 30), "06:30:00")])
def test_a_number_of_a_sheet_is_written_without_decimals_it_does_not_have(cell: object, text: str) -> None:
    assert as_cell(cell).removesuffix(NUMERIC) == text


def test_the_sheet_is_the_one_named_or_called_as_the_input(reading: Reading) -> None:
    workbook(reading, "a.xlsx", stock=[["zone"], ["A"]], other=[["zone"], ["B"]])
    assert list(read(reading, path="a.xlsx")["zone"]) == ["A"]
    assert list(read(reading, path="a.xlsx", sheet="other")["zone"]) == ["B"]
    assert refusal(reading, path="a.xlsx", sheet="othr") == (
        "a.xlsx: 1 problem\n  'othr' is no sheet of this workbook. Did you mean 'other'? Sheets: stock, other"
    )


def test_a_workbook_of_several_sheets_needs_a_name(reading: Reading) -> None:
    workbook(reading, "a.xlsx", one=[["zone"], ["A"]], two=[["zone"], ["B"]])
    assert refusal(reading, path="a.xlsx") == (
        "a.xlsx: 1 problem\n  has 2 sheets and none is called stock. Say which with sheet:. Sheets: one, two"
    )


@pytest.mark.parametrize("part", [0.0, 0.5, 0.9])
def test_a_workbook_cut_short_is_refused(reading: Reading, part: float) -> None:
    workbook(reading, "whole.xlsx", stock=[["zone"], *[[f"Z{n}"] for n in range(500)]])
    whole = (reading.root / "whole.xlsx").read_bytes()
    (reading.root / "a.xlsx").write_bytes(b"PK" + whole[2 : max(3, int(part * len(whole)))])
    assert refusal(reading, path="a.xlsx") == (
        "a.xlsx: 1 problem\n"
        "  is no readable XLSX workbook. Is it protected by a password, cut short, or an old .xls? Save it again as .xlsx or CSV"
    )


def test_a_damaged_workbook_is_read_or_refused_but_never_ends_in_another_error(reading: Reading) -> None:
    workbook(reading, "a.xlsx", stock=[["zone", "quantity"], *[[f"Z{n}", n / 7] for n in range(100)]])
    whole, chance = (reading.root / "a.xlsx").read_bytes(), random.Random(1)  # noqa: S311 (no secret)
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 3, 10])):
            damaged[chance.randrange(len(whole))] = chance.randrange(256)
        try:
            _grid.body(_xlsx.grid(bytes(damaged), "a.xlsx", None, "stock"), Looked(), None)
        except InputError:
            refused += 1
    assert refused > 100


# ------------------------------------------------------------------ rows of some kinds only


def test_only_rows_with_the_values_named_are_read_and_the_others_counted(reading: Reading) -> None:
    write(reading, "units.csv", "code,status,beds\nA,Open,10\nB,Closed,0\nC,Planned,5\nD,,7\n")
    asked: dict[str, Any] = {"path": "units.csv", "columns": {"zone": "code", "quantity": "beds"}}
    df = read(reading, only={"status": ["Open", "Planned"]}, **asked)
    assert list(df["zone"]) == ["A", "C"]
    assert list(df["record"]) == ["units.csv:2", "units.csv:4"]
    assert "2 of 4 rows left out whose status is not Open or Planned" in reading.ledger.remarks[-1]
    assert list(read(reading, only={"status": "Closed"}, **asked)["zone"]) == ["B"]
    assert "'stattus' is not a column of this file. Did you mean 'status'?" in refusal(reading, only={"stattus": "Open"}, **asked)


def test_numbers_of_a_workbook_may_be_chosen_by(reading: Reading) -> None:
    workbook(reading, "a.xlsx", data=[["zone", "round"], ["A", 1], ["B", 2]])
    assert list(read(reading, path="a.xlsx", only={"round": "2"})["zone"]) == ["B"]
