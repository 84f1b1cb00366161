"""Dates of the field become ISO text where they can be read in one way only; the rest stays as it is, for convert to refuse."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.ingest._cells import NUMERIC
from forecast.ingest._dates import MONTHS, Calendar, dates, epi_week
from forecast.schema import Column

PERIOD, DAY = Column("period", "period"), Column("eta", "date")


def read(
    cells: list[str],
    *,
    column: Column = PERIOD,
    order: str | None = None,
    epi: str | None = None,
    period: str = "M",
    starts: str = "SUN",
) -> list[str]:
    frame = pd.DataFrame({column.name: pd.array(cells, dtype="str")})
    calendar = Calendar(order, epi, period, starts)  # type: ignore[arg-type]
    return list(dates(frame, [column], calendar)[column.name])


@pytest.mark.parametrize(
    ("cell", "iso"),
    [
        ("2026-03-05", "2026-03-05"),
        ("2026/3/5", "2026-03-05"),
        ("2026.03.05 00:00", "2026-03-05"),
        ("20260305", "2026-03-05"),
        ("5 March 2026", "2026-03-05"),
        ("5th of March 2026", "5th of March 2026"),
        ("March 5, 2026", "2026-03-05"),
        ("05-Mar-2026", "2026-03-05"),
        ("1er mars 2026", "2026-03-01"),
        ("5 de marzo de 2026", "2026-03-05"),
        ("5 FÉVRIER 2026", "2026-02-05"),
        ("05/05/2026", "2026-05-05"),
        ("30 February 2026", "30 February 2026"),
        ("03/04/2026", "03/04/2026"),
        ("20261305", "20261305"),
    ],
)
@pytest.mark.parametrize("column", [PERIOD, DAY])
def test_days(cell: str, iso: str, column: Column) -> None:
    assert read([cell], column=column) == [iso]


@pytest.mark.parametrize(
    ("cell", "iso"),
    [
        ("March 2026", "2026-03"),
        ("mars 2026", "2026-03"),
        ("Marzo de 2026", "2026-03"),
        ("marzo del 2026", "2026-03"),
        ("Sept. 2026", "2026-09"),
        ("SETIEMBRE 2026", "2026-09"),
        ("août-2026", "2026-08"),
        ("Mar-26", "2026-03"),
        ("mar'26", "2026-03"),
        ("2026 Mar", "2026-03"),
        ("03/2026", "2026-03"),
        ("2026/03", "2026-03"),
        ("202603", "2026-03"),
        ("202613", "202613"),
        ("26-Mar", "26-Mar"),
        ("March 26", "March 26"),
        ("Foo 2026", "Foo 2026"),
        ("13/2026", "13/2026"),
    ],
)
def test_months(cell: str, iso: str) -> None:
    assert read([cell]) == [iso]
    assert read([cell], column=DAY) == [cell]


@pytest.mark.parametrize("day", ["13/02/2026", "31.01.2026", "25-12-2026 06:30"])
def test_one_day_above_twelve_tells_the_order_of_the_whole_column(day: str) -> None:
    assert read(["03/04/2026", day])[0] == "2026-04-03"


def test_a_column_in_which_both_orders_occur_is_left_alone() -> None:
    cells = ["03/04/2026", "13/02/2026", "02/13/2026"]
    assert read(cells) == cells


def test_years_of_two_digits_tell_nothing() -> None:
    cells = ["03/04/2026", "13/02/26"]
    assert read(cells) == cells
    assert read(cells, order="day_first") == ["2026-04-03", "2026-02-13"]


@pytest.mark.parametrize(("cell", "iso"), [("46083", "2026-03-02"), ("46083.5", "2026-03-02"), (f"46083{NUMERIC}", "2026-03-02")])
def test_day_numbers_of_excel_are_read_only_when_the_setting_says_so(cell: str, iso: str) -> None:
    assert read([cell], order="excel") == [iso]
    assert read([cell]) == [cell.removesuffix(NUMERIC)]


@pytest.mark.parametrize(
    "cell",
    ["2026-W07", "2026W7", "202607", "Week 7 2026", "W7-2026", "wk 07, 2026", "Epi week 7 2026", "2026 week 7", "Week 7 of 2026",
     "Semaine 7 2026", "S7 2026", "S07/2026", "Semana 7 de 2026", "SE 7 2026", "Semana epi 7 2026"],
)  # fmt: skip
def test_epi_weeks(cell: str) -> None:
    assert read([cell], period="W", epi="SUN") == ["2026-02-15"]
    assert read([cell], period="W") == [cell]
    assert read([cell], period="M", epi="SUN") == [cell]


@pytest.mark.parametrize("cell", ["2026-W54", "202600", "Week 0 2026", "2026-W53"])
def test_a_week_the_year_does_not_have_is_left_alone(cell: str) -> None:
    assert read([cell], period="W", epi="SUN") == [cell]


@pytest.mark.parametrize(
    ("year", "week", "start"),
    [
        (2026, 1, "2026-01-04"),
        (2025, 53, "2025-12-28"),
        (2020, 53, "2020-12-27"),
        (2021, 1, "2021-01-03"),
        (2016, 1, "2016-01-03"),
    ],
)
def test_weeks_of_the_cdc_start_on_the_sunday_of_the_calendar_it_publishes(year: int, week: int, start: str) -> None:
    found = epi_week(year, week, "SUN")
    assert found == dt.date.fromisoformat(start)


@given(st.integers(2000, 2060), st.integers(1, 53))
def test_weeks_from_monday_are_iso_weeks(year: int, week: int) -> None:
    try:
        iso = dt.date.fromisocalendar(year, week, 1)
    except ValueError:
        assert epi_week(year, week, "MON") is None
    else:
        assert epi_week(year, week, "MON") == iso


@given(
    st.dates(dt.date(1990, 1, 1), dt.date(2089, 12, 31)),
    st.sampled_from(sorted(MONTHS)),
    st.sampled_from(["{d} {m} {y}", "{d}-{m}-{y}"]),
)
def test_a_day_with_the_name_of_its_month_is_read_back(day: dt.date, name: str, form: str) -> None:
    text = form.format(d=day.day, m=name, y=day.year)
    try:
        expected = dt.date(day.year, MONTHS[name], day.day).isoformat()
    except ValueError:
        expected = text
    assert read([text]) == [expected]
