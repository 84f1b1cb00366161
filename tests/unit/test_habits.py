"""Tables as the field has them: one file of tests/habits for each habit, and the numbers that must come out of it.

`SHOWN_BY` is the table of `tests/habits.md`: each habit, the file that has it, the test that reads it. A file without
a test, or a test without its file, fails the last tests of this module.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast import convert
from forecast.errors import InputError
from forecast.ingest import table
from forecast.schema import INPUT_TABLES, Ledger, Reading

FILES = Path(__file__).parents[1] / "habits"
DAY = pd.Timestamp("2026-12-31")
SHOWN_BY: dict[str, tuple[str, str]] = {}


def habit(file: str, words: str) -> Callable[[Any], Any]:
    """Enter a test into the table of habits."""

    def enter(test: Any) -> Any:
        SHOWN_BY[file] = (words, test.__name__)
        return test

    return enter


class Read:
    """A file read and typed as an input, with what was said of it."""

    def __init__(self, file: str, *, name: str = "records", period: str = "W", starts: str = "MON", **settings: Any) -> None:
        self.ledger = Ledger()
        reading = Reading(FILES, DAY, DAY, period, None, self.ledger, {}, starts)
        text = table.read(table.Settings.model_validate({"path": file, **settings}), reading, name)
        self.table = convert.typed(
            text, INPUT_TABLES[name], self.ledger.problems, name=name, set_aside=True, period=period, week_starts=starts
        )

    def rows(self, *columns: str) -> list[list[object]]:
        """The columns asked for; days as text."""
        shown = self.table[list(columns)].copy()
        for name in columns:
            if shown[name].dtype.kind == "M":
                shown[name] = shown[name].dt.strftime("%Y-%m-%d").fillna("")
        return [list(row) for row in shown.itertuples(index=False)]

    @property
    def said(self) -> str:
        return " ".join(self.ledger.remarks)

    @property
    def noted(self) -> list[str]:
        return [str(problem) for problem in self.ledger.problems.noted]


def refusal(file: str, **settings: Any) -> str:
    with pytest.raises(InputError, match="problem") as caught:
        Read(file, **settings)
    return str(caught.value)


# ------------------------------------------------------------------ text and cells


@habit("semicolons.csv", "semicolons between cells")
def test_semicolons() -> None:
    read = Read("semicolons.csv")
    assert read.rows("zone", "distributed", "requested") == [["SO1101", 8200, 12000], ["SO1102", 4100, 4100]]
    assert read.said == ""


@habit("tabs.txt", "tabs between cells, commas within")
def test_tabs() -> None:
    assert Read("tabs.txt").rows("zone", "item", "distributed") == [["SO1101", "water, treated", 8200]]


@habit("quotes.csv", "quotes, delimiters and line breaks in quotes")
def test_quotes() -> None:
    read = Read("quotes.csv")
    assert read.rows("record", "item", "distributed") == [
        ["quotes.csv:2", "tarpaulin, 4 x 5 m", 30],
        ["quotes.csv:4", "soap", 44],
    ]


@habit("cp1252.csv", "cp1252 (Western European Excel), recognised")
def test_cp1252_is_read_where_all_of_it_is_western_european() -> None:
    read = Read("cp1252.csv")
    assert read.rows("zone", "item", "distributed") == [["Bouaké", "kit hygiène", 12], ["San-Pédro", "kit hygiène", 7]]
    assert read.said == "cp1252.csv: cp1252 text, as Western European Excel writes it (Bouaké)."


@habit("utf16.txt", "UTF-16, as Excel saves 'Unicode text'")
def test_utf16() -> None:
    assert Read("utf16.txt").rows("zone", "distributed") == [["Bouaké", 8200]]


@habit("byte_order_mark.csv", "a byte order mark")
def test_byte_order_mark() -> None:
    assert Read("byte_order_mark.csv").rows("zone", "distributed") == [["Z1", 8200]]


@habit("cr_only.csv", "line ends of a carriage return only")
def test_line_ends_of_a_carriage_return_only() -> None:
    assert Read("cr_only.csv").rows("record", "distributed") == [["cr_only.csv:2", 8200], ["cr_only.csv:3", 4100]]


@habit("packed.csv.gz", "text packed with gzip")
def test_gzip() -> None:
    assert Read("packed.csv.gz").rows("record", "distributed") == [["packed.csv.gz:2", 8200]]


@habit("codes.csv", "codes with leading zeros, NA and NO")
def test_codes_stay_as_they_are() -> None:
    assert Read("codes.csv").rows("zone", "item") == [["00123", "NA"], ["NO", "010"]]


# ------------------------------------------------------------------ numbers


@habit("decimal_commas.csv", "decimal commas (0,5; 1.250,5)")
def test_decimal_commas_are_certain_where_one_number_proves_them() -> None:
    read = Read("decimal_commas.csv")
    assert read.rows("distributed", "requested") == [[0.5, 1.25], [12.75, 1250.5]]
    assert "'1,250' as 1.250" in read.said


@habit("blanks_in_thousands.csv", "blanks, no-break and thin blanks in thousands (8 200)")
def test_blanks_between_thousands() -> None:
    read = Read("blanks_in_thousands.csv")
    assert read.rows("distributed", "requested") == [[8200, 12000], [1234567, 950]]
    assert "'8 200' as 8200" in read.said


@habit("apostrophes_in_thousands.csv", "apostrophes in thousands (8'200)")
def test_apostrophes_between_thousands() -> None:
    assert Read("apostrophes_in_thousands.csv").rows("distributed", "requested") == [[8200, 12000.5]]


@habit("commas_in_thousands.csv", "commas in thousands (1,234,567; 12,000.5)")
def test_commas_between_thousands_are_certain_where_one_number_proves_them() -> None:
    read = Read("commas_in_thousands.csv")
    assert read.rows("distributed", "requested") == [[8200, 1234567], [950, 12000.5]]


@habit("one_mark_only.csv", "1,234 with nothing to tell thousands from decimals: refused until `decimal:` says")
def test_a_number_of_two_readings_is_refused_until_the_config_says() -> None:
    assert refusal("one_mark_only.csv") == (
        "one_mark_only.csv: 1 problem\n"
        "  line 2, column distributed: '1,234' is 1.234 or 1234, and the other numbers of this file do not tell which. "
        "Set decimal: '.' if it is 1234, or decimal: ',' if it is 1.234"
    )
    assert Read("one_mark_only.csv", decimal=".").rows("distributed") == [[1234], [950]]
    assert Read("one_mark_only.csv", decimal=",").rows("distributed") == [[1.234], [950]]
    assert Read("one_mark_only.csv", thousands=",").rows("distributed") == [[1234], [950]]


# ------------------------------------------------------------------ layout


@habit("two_header_rows.csv", "two header rows, recognised by the columns asked for, or with `header: 2`")
def test_two_header_rows() -> None:
    columns = {"distributed": "Water served", "requested": "Water asked", "item": {"constant": "water"}}
    read = Read("two_header_rows.csv", columns=columns)
    assert read.rows("record", "zone", "distributed", "requested") == [
        ["two_header_rows.csv:3", "Z1", 8200, 12000],
        ["two_header_rows.csv:4", "Z2", 4100, 4100],
    ]
    assert read.said == "two_header_rows.csv: a header of 2 rows, lines 1 and 2."
    columns = {"distributed": "Food served", "item": {"constant": "food"}}
    assert Read("two_header_rows.csv", header=2, columns=columns).rows("distributed") == [[40], [35]]


@habit("two_header_rows.xlsx", "a workbook with a merged title, two merged header rows, a column per item and a total")
def test_a_workbook_with_all_of_it() -> None:
    wide = {"item": {"Water served": "water", "Soap served": "soap"}, "value": "distributed"}
    read = Read("two_header_rows.xlsx", period="M", columns={"zone": "District", "period": "Month"}, wide=wide)
    assert read.rows("zone", "item", "period", "distributed") == [
        ["Borama", "water", "2026-01-01", 8200],
        ["Borama", "soap", "2026-01-01", 40],
        ["Baki", "water", "2026-01-01", 4100],
        ["Baki", "soap", "2026-01-01", 35],
    ]
    assert "what stands above the header in line 2 left out; a header of 2 rows, lines 2 and 3" in read.said
    assert read.noted == ["line 6, column District: 'Total' is a word for a total. Left out: it adds up other rows"]


@habit("title_above.csv", "a title above the header")
def test_a_title_above_the_header() -> None:
    read = Read("title_above.csv")
    assert read.rows("record", "distributed") == [["title_above.csv:5", 8200]]
    assert read.said == "title_above.csv: what stands above the header in line 4 left out."


@habit("hxl_tags.csv", "an HXL hashtag row, which tells the columns")
def test_hashtags_tell_the_columns() -> None:
    read = Read("hxl_tags.csv")
    assert read.rows("zone", "item", "period", "distributed", "people_served") == [
        ["SO1101", "water", "2026-01-05", 8200, 410],
        ["SO1102", "water", "2026-01-05", 4100, 205],
    ]
    assert "hashtags in line 2; by its hashtag zone is the column District code" in read.said


@habit("totals.csv", "a total at the bottom")
def test_a_total_is_left_out_and_listed() -> None:
    read = Read("totals.csv")
    assert read.rows("zone", "distributed") == [["Z1", 8200], ["Z2", 4100]]
    assert read.noted == ["line 4, column zone: 'Total' is a word for a total. Left out: it adds up other rows"]


@habit("sous_totaux.csv", "subtotals between rows and a total général")
def test_subtotals_are_left_out_and_listed() -> None:
    read = Read("sous_totaux.csv")
    assert read.rows("zone", "distributed") == [["Z1", 8200], ["Z2", 4100], ["Z3", 700]]
    assert [note.split(" is ")[0] for note in read.noted] == [
        "line 4, column region: 'Sous-total Nord'",
        "line 6, column region: 'TOTAL GÉNÉRAL'",
    ]


@habit("sum_without_a_word.csv", "a last row of sums with no word for it")
def test_a_row_of_sums_without_a_code_is_a_total() -> None:
    read = Read("sum_without_a_word.csv")
    assert read.rows("zone", "distributed") == [["Z1", 8200], ["Z2", 4100]]
    assert read.noted == ["line 4: has no code, and its figures are the sums of the rows above. Left out: it adds up other rows"]


@habit("notes_under.csv", "notes under the table")
def test_notes_under_the_table_are_left_out_and_listed() -> None:
    read = Read("notes_under.csv")
    assert read.rows("zone", "distributed") == [["Z1", 8200], ["Z2", 4100]]
    assert [note.split(" holds ")[0] for note in read.noted] == [
        "line 5: 'Source: cluster 5W of January'",
        "line 6: '* figures are provisional'",
    ]


@habit("header_again.csv", "the header repeated between rows")
def test_a_header_once_more_is_left_out() -> None:
    read = Read("header_again.csv")
    assert read.rows("record", "zone") == [["header_again.csv:2", "Z1"], ["header_again.csv:4", "Z2"]]
    assert read.said == "header_again.csv: the header repeated in line 3 left out."


@habit("merged_cells.xlsx", "merged cells: the district once for three rows")
def test_the_text_of_merged_cells_stands_for_each_row() -> None:
    columns = {"zone": "District", "item": "Item", "period": "Week", "distributed": "Distributed"}
    read = Read("merged_cells.xlsx", columns=columns)
    assert read.rows("zone", "item", "period", "distributed") == [
        ["Borama", "water", "2026-01-05", 8200],
        ["Borama", "soap", "2026-01-05", 44],
        ["Borama", "kit", "2026-01-05", 3],
        ["Baki", "water", "2026-01-05", 4100.5],
    ]
    assert "text, codes and dates of merged cells stand for each of their rows (A2:A4)" in read.said


@habit("hidden_sheet.xlsx", "a hidden sheet called as the input: refused until `sheet:` says")
def test_a_hidden_sheet_is_never_chosen_silently() -> None:
    assert refusal("hidden_sheet.xlsx") == (
        "hidden_sheet.xlsx: 1 problem\n"
        "  has a sheet records, but it is hidden. Say which with sheet:. Sheets: January, records (hidden)"
    )  # fmt: skip
    assert Read("hidden_sheet.xlsx", sheet="January").rows("distributed") == [[8200]]
    hidden = Read("hidden_sheet.xlsx", sheet="records")
    assert hidden.rows("distributed") == [[1]]
    assert hidden.said == "hidden_sheet.xlsx[records]: the sheet records is hidden."


@habit("hidden_rows.xlsx", "rows hidden by a filter, hidden columns")
def test_hidden_rows_and_columns_are_read_and_said() -> None:
    read = Read("hidden_rows.xlsx")
    assert read.rows("zone", "distributed", "requested") == [["Z1", 8200, 9000], ["Z2", 4100, 4000], ["Z3", 700, 900]]
    assert "1 row hidden by a filter, read like the others; hidden columns read like the others (E)" in read.said


@habit("formula_without_value.xlsx", "a formula that no program has computed: refused by cell")
def test_a_formula_without_a_saved_value_is_refused_by_cell() -> None:
    assert refusal("formula_without_value.xlsx") == (
        "formula_without_value.xlsx[records]: 1 problem\n"
        "  line 3, column distributed: '=D2/2' is a formula without a saved value. "
        "Open the file in a spreadsheet program and save it, or paste the values"
    )


@habit("wide.csv", "one column per item")
def test_one_column_per_item() -> None:
    columns = {"zone": "District", "period": "Month"}
    wide = {"item": {"Food": "food", "Water": "water"}, "value": "distributed"}
    read = Read("wide.csv", period="M", columns=columns, wide=wide)
    assert read.rows("record", "zone", "item", "distributed") == [
        ["wide.csv:2", "SO1101", "food", 16],
        ["wide.csv:3", "SO1102", "food", 6],
        ["wide.csv:3", "SO1102", "water", 20],
    ]


@habit("per_day.csv", "figures per day and in another unit (m3 per day)")
def test_figures_per_day_in_another_unit() -> None:
    distributed = {"column": "water_m3_per_day", "times": 1000, "per": "day"}
    columns = {"zone": "site", "period": "month", "item": {"constant": "water"}, "distributed": distributed}
    read = Read("per_day.csv", period="M", columns=columns)
    assert read.rows("period", "distributed") == [["2026-01-01", 298208 * 31], ["2026-02-01", 279570 * 28]]


@habit("names_for_codes.csv", "names instead of codes, in several spellings")
def test_names_are_renamed_to_codes_and_counted() -> None:
    rename = {"zone": {"Ceel Afweyn": "SO1502", "El Afwein": "SO1502", "Ceerigaabo": "SO1501"}}
    read = Read("names_for_codes.csv", columns={"zone": "district"}, rename=rename)
    assert read.rows("zone", "distributed") == [["SO1502", 8200], ["SO1502", 4100], ["Borama", 12]]
    assert read.said == "names_for_codes.csv: 2 cells of zone renamed (Ceerigaabo to be renamed does not occur)."


# ------------------------------------------------------------------ dates


@habit("day_first.csv", "dd/mm/yyyy, certain by a day above 12")
def test_days_first_are_certain_where_one_day_proves_them() -> None:
    read = Read("day_first.csv")
    assert read.rows("period") == [["2026-01-05"], ["2026-01-26"]]
    assert "'05/01/2026' as 2026-01-05" in read.said


@habit("month_first.csv", "mm/dd/yyyy with a time, certain by a day above 12")
def test_months_first_are_certain_where_one_day_proves_them() -> None:
    assert Read("month_first.csv").rows("period") == [["2026-01-05"], ["2026-01-26"]]


@habit("day_or_month_first.csv", "dates that may be read in two ways: refused until `dates:` says")
def test_dates_of_two_readings_are_refused_until_the_config_says() -> None:
    read = Read("day_or_month_first.csv")
    assert read.rows("period") == []
    assert read.noted[0] == (
        "line 2, column period: '05/01/2026' is ambiguous (day or month first). Row set aside. "
        "Write 2026-01-05 or 2026-05-01, or set dates: day_first or month_first"
    )
    assert Read("day_or_month_first.csv", dates="day_first").rows("period") == [["2026-01-05"], ["2026-01-12"]]
    assert Read("day_or_month_first.csv", period="D", dates="month_first").rows("period") == [["2026-05-01"], ["2026-12-01"]]


@habit("two_digit_years.csv", "years of two digits: refused until `dates:` says")
def test_years_of_two_digits_are_refused_until_the_config_says() -> None:
    assert "'05/01/26' has a year of two digits" in Read("two_digit_years.csv").noted[0]
    assert Read("two_digit_years.csv", dates="day_first").rows("period") == [["2026-01-05"], ["2026-01-26"]]


@habit("excel_serials.csv", "dates as Excel counts days: refused until `dates: excel` says")
def test_excel_day_numbers_are_refused_until_the_config_says() -> None:
    assert Read("excel_serials.csv").noted[0] == (
        "line 2, column period: '46027' is a number, not a period. Row set aside. "
        "If it is how Excel counts days (2026-01-05), set dates: excel"
    )
    assert Read("excel_serials.csv", dates="excel").rows("period") == [["2026-01-05"], ["2026-01-12"]]


@habit("date_cells.xlsx", "date cells, numbers kept as text and codes kept as numbers in one sheet")
def test_cells_of_a_sheet_keep_what_they_are() -> None:
    read = Read("date_cells.xlsx", name="stock", dates="excel")
    assert read.rows("depot", "quantity", "expiry", "counted_on") == [
        ["12", 8200, "2026-12-31", "2026-03-02"],
        ["00013", 12.345, "2027-01-31", "2026-03-02"],
        ["00014", 1200, "", "2026-03-02"],
    ]
    assert "depot is kept as a number in the file (12): leading zeros, if it had any, are lost" in read.said


@habit("epi_weeks.csv", "epidemiological weeks, in five ways: read when `epi_weeks:` names their first day")
def test_epi_weeks_start_on_the_day_the_config_names() -> None:
    read = Read("epi_weeks.csv", starts="SUN", epi_weeks="SUN")
    assert read.rows("period", "distributed") == [
        ["2026-01-04", 5],
        ["2026-01-11", 6],
        ["2026-01-18", 7],
        ["2026-01-25", 8],
        ["2026-02-01", 9],
    ]
    assert "'Week 2 2026' as 2026-01-11" in read.said
    assert refusal("epi_weeks.csv", epi_weeks="SUN") == (
        "epi_weeks: 1 problem\n"
        "  'SUN' is not the day weeks start on here (MON). Set forecast.week_starts: SUN, so that no week is cut"
    )  # fmt: skip
    assert "'Week 2 2026' is the number of a week that may start on any day" in Read("epi_weeks.csv").noted[0]


@habit("iso_weeks.csv", "ISO weeks")
def test_iso_weeks() -> None:
    assert Read("iso_weeks.csv").rows("period") == [["2026-01-05"]]


@habit("months_english.csv", "months by their English names, Mar-26 too")
def test_months_in_english() -> None:
    assert Read("months_english.csv", period="M").rows("period", "distributed") == [
        ["2026-01-01", 5],
        ["2026-02-01", 6],
        ["2026-03-01", 7],
        ["2026-04-01", 8],
    ]


@habit("months_french.csv", "months by their French names (févr. 2026)")
def test_months_in_french() -> None:
    assert Read("months_french.csv", period="M").rows("period", "distributed") == [
        ["2026-01-01", 5],
        ["2026-02-01", 6],
        ["2026-08-01", 7],
        ["2026-12-01", 8],
    ]


@habit("months_spanish.csv", "months by their Spanish names (Agosto de 2026)")
def test_months_in_spanish() -> None:
    assert Read("months_spanish.csv", period="M").rows("period", "distributed") == [
        ["2026-01-01", 5],
        ["2026-02-01", 6],
        ["2026-08-01", 7],
        ["2026-12-01", 8],
    ]


@habit("days_with_month_names.csv", "days with the month's name (5 mars 2026; June 30, 2027)")
def test_days_with_the_name_of_the_month() -> None:
    assert Read("days_with_month_names.csv", name="stock").rows("expiry", "counted_on") == [
        ["2026-12-31", "2026-03-05"],
        ["2027-06-30", "2026-03-01"],
    ]


@habit("yyyymm.csv", "months as 202601")
def test_months_of_six_digits_are_read_only_where_periods_are_months() -> None:
    assert Read("yyyymm.csv", period="M").rows("period") == [["2026-01-01"], ["2026-02-01"]]
    assert "'202601' is a year with a month or with a week" in Read("yyyymm.csv").noted[0]


@habit("quarters.csv", "quarters: refused by name")
def test_quarters_are_refused_by_name() -> None:
    assert [note.split(".")[0] for note in Read("quarters.csv", period="M").noted] == [
        "line 2, column period: '2026-Q1' is a quarter, not a period",
        "line 3, column period: 'T2 2026' is a quarter, not a period",
    ]


@habit("types.parquet", "Parquet: types kept, categories, nulls, codes kept as numbers said")
def test_the_types_of_parquet_are_kept() -> None:
    read = Read("types.parquet")
    assert read.rows("record", "zone", "item", "period", "distributed") == [
        ["types.parquet:1", "00123", "7", "2026-01-05", 8200],
        ["types.parquet:2", "NO", "8", "2026-01-12", 12.345],
    ]
    assert read.table["requested"].tolist()[1] == 5
    assert read.table["requested"].isna().tolist() == [True, False]
    assert "item is kept as a number in the file (7)" in read.said


def test_every_file_of_the_folder_has_its_test() -> None:
    assert {path.name for path in FILES.iterdir() if not path.name.startswith(".")} == set(SHOWN_BY)


def test_every_habit_stands_in_the_table_for_users() -> None:
    """`tests/habits.md` is what the README points to: one line per file, the same words."""
    lines = FILES.with_suffix(".md").read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if "`habits/" in line]
    assert listed == [f"| {what} | `habits/{file}` | `{test}` |" for file, (what, test) in SHOWN_BY.items()]
