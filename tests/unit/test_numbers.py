"""Numbers of the field: what is certain is read, what has two readings is refused, and no number ever changes silently."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.convert import DOUBTFUL
from forecast.ingest._cells import NUMERIC
from forecast.ingest._numbers import Style, numbers
from forecast.schema import Column

QUANTITY = Column("quantity", "number", minimum=0)
OTHER = Column("other", "number")
LAT = Column("lat", "number", unit="degrees", minimum=-90, maximum=90)


def frame(**columns: list[str]) -> pd.DataFrame:
    df = pd.DataFrame({name: pd.array(cells, dtype="str") for name, cells in columns.items()})
    return df.assign(record=[f"a.csv:{line}" for line in range(2, len(df) + 2)])


def read(decimal: str | None = None, **columns: list[str]) -> dict[str, list[str]]:
    df, problems = numbers(frame(**columns), [QUANTITY, OTHER, LAT], Style(decimal), "a.csv")
    assert not problems
    return {name: df[name].tolist() for name in columns}


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("8 200", "8200"),
        ("8\u00a0200", "8200"),
        ("1\u202f234\u2009567", "1234567"),
        ("8'200", "8200"),
        ("8’200,5", "8200.5"),
        ("1 234.5", "1234.5"),
        ("1 234,567", "1234.567"),
        ("0,5", "0.5"),
        (",5", "0.5"),
        ("0,125", "0.125"),
        ("12,75", "12.75"),
        ("1234,567", "1234.567"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("12,34,567", "1234567"),
        ("-8 200", "-8200"),
        ("−5", "-5"),
        ("8200.5", "8200.5"),
        ("1e3", "1e3"),
        ("007", "007"),
    ],
)
def test_a_number_that_can_be_read_in_one_way_only_is_read(cell: str, number: str) -> None:
    assert read(quantity=[cell])["quantity"] == [number]


@pytest.mark.parametrize(
    "cell", ["8 20", "82 00", "8  200", "1,23,4", "1.2.3", "12,3,4", "1,2345,678", "0,123,456", "8 200 kg", "many", "1_000"]
)
def test_what_is_no_number_stays_as_it_is(cell: str) -> None:
    assert read(quantity=[cell])["quantity"] == [cell]


@pytest.mark.parametrize("cell", ["1,234", "1.234", "12,345", "-123.456"])
def test_a_number_of_two_readings_is_refused_with_both(cell: str) -> None:
    df, problems = numbers(frame(quantity=["5", cell, cell]), [QUANTITY], Style(), "a.csv")
    assert df["quantity"].tolist() == ["5", cell, cell]
    (problem,) = problems
    assert (problem.line, problem.column, problem.value) == (3, "quantity", cell)
    assert problem.problem.startswith(f"is {cell.replace(',', '.')} or {cell.replace(',', '').replace('.', '')}, and the other")


@pytest.mark.parametrize(
    ("evidence", "mark"), [("0,5", ","), ("12,75", ","), ("1.234,5", ","), ("0.5", "."), ("12.75", "."), ("1,234,567", ".")]
)
def test_a_certain_number_of_the_same_column_or_file_tells(evidence: str, mark: str) -> None:
    expected = "1.234" if mark == "," else "1234"
    assert read(quantity=["1,234", evidence])["quantity"][0] == expected
    assert read(quantity=["1,234"], other=[evidence])["quantity"] == [expected]


def test_the_same_column_tells_before_the_file() -> None:
    assert read(quantity=["1,234", "0,5"], other=["0.5", "7.25"])["quantity"] == ["1.234", "0.5"]


def test_two_marks_in_the_file_tell_nothing() -> None:
    _, problems = numbers(frame(quantity=["1,234", "5"], other=["0.5", "0,5"]), [QUANTITY, OTHER], Style(), "a.csv")
    assert [problem.value for problem in problems] == ["1,234"]


def test_degrees_can_only_be_decimals_and_tell_the_file() -> None:
    assert read(lat=["5.345", "-4.024"], quantity=["1,234", "7"]) == {"lat": ["5.345", "-4.024"], "quantity": ["1234", "7"]}
    assert read(lat=["5,345"])["lat"] == ["5.345"]


@pytest.mark.parametrize(
    ("decimal", "cell", "number"),
    [(",", "1.234", "1234"), (",", "1,234", "1.234"), (".", "1.234", "1.234"), (".", "1,234", "1234"), (",", "8200", "8200")],
)
def test_the_setting_tells(decimal: str, cell: str, number: str) -> None:
    assert read(decimal, quantity=[cell])["quantity"] == [number]


@pytest.mark.parametrize(("decimal", "cell"), [(",", "12.5"), (",", "0.5"), (",", "1,234,567"), (".", "0,5"), (".", "1.234.567")])
def test_a_number_that_contradicts_the_setting_is_marked_to_be_refused(decimal: str, cell: str) -> None:
    assert read(decimal, quantity=[cell])["quantity"] == [cell + DOUBTFUL]


def test_numbers_of_a_sheet_are_what_they_are_and_tell_nothing_about_text() -> None:
    assert read(quantity=[f"12.345{NUMERIC}", f"7{NUMERIC}"])["quantity"] == ["12.345", "7"]
    assert read(",", quantity=[f"12.5{NUMERIC}", "0,5"])["quantity"] == ["12.5", "0.5"]
    _, problems = numbers(frame(quantity=[f"12.5{NUMERIC}", "1,234"]), [QUANTITY], Style(), "a.xlsx")
    assert [problem.value for problem in problems] == ["1,234"]


STYLES = [(" ", "."), (" ", ","), ("'", "."), (",", "."), (".", ","), ("\u202f", ","), ("", "."), ("", ",")]


@given(
    values=st.lists(st.decimals(min_value=0, max_value=10**9, places=2), min_size=1, max_size=8),
    style=st.sampled_from(STYLES),
)
def test_a_column_written_in_one_style_is_read_to_the_same_values(values: list[object], style: tuple[str, str]) -> None:
    thousands, mark = style
    written = [f"{value:,.2f}".replace(",", "t").replace(".", mark).replace("t", thousands) for value in values]
    assert [float(text) for text in read(quantity=written)["quantity"]] == [float(str(value)) for value in values]


@given(cells=st.lists(st.text("0123456789., '", min_size=1, max_size=9), min_size=1, max_size=4))
def test_whatever_is_written_keeps_its_digits(cells: list[str]) -> None:
    df, _ = numbers(frame(quantity=cells), [QUANTITY], Style(), "a.csv")
    for before, after in zip(cells, df["quantity"], strict=True):
        digits = "".join(character for character in before if character.isdigit())
        assert after == before or after.replace(".", "").removeprefix("0" if before.startswith((",", ".")) else "") == digits
