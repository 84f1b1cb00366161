"""Whatever a table holds, what became known later has no influence, and neither has the order of its rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import as_of
from forecast.convert import typed_cells
from forecast.errors import Problems
from forecast.schema import RECORDS, ZONE_STOCK, Ledger, Reading, Table

ISSUE = pd.Timestamp("2026-03-02")
SETTINGS = settings(max_examples=40, deadline=None, derandomize=True)
DAY = st.integers(-20, 20).map(lambda days: str((ISSUE + pd.Timedelta(days=days)).date()))
DAY_OR_NONE = st.just("") | DAY
ROW = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(["Z1", "Z2"]),
        "item": st.just("kit"),
        "quantity": st.integers(0, 9).map(str),
        "counted_on": DAY_OR_NONE,
        "period": DAY,
        "distributed": st.integers(0, 9).map(str),
        "known_on": DAY_OR_NONE,
    }
)
TABLES = pytest.mark.parametrize("table", [ZONE_STOCK, RECORDS], ids=["counts", "records"])


def used(rows: list[dict[str, str]], table: Table, delay: int) -> pd.DataFrame:
    """The rows of a table that a run uses, without where they stood."""
    reading = Reading(Path(), ISSUE, ISSUE + pd.Timedelta(days=30), "W", None, Ledger(), {})
    text = pd.DataFrame(rows, columns=[*next(iter(rows), {"zone": ""})], dtype="str").assign(record="f.csv:1")
    known = as_of.known_rows(text, table, reading, delay_days=delay)
    if known.empty:
        return known
    df = typed_cells(known, table, Problems(), name="t", set_aside=False, period="W", week_starts="MON")
    latest = as_of.latest_versions(df, table, reading, delay_days=delay)
    return latest.drop(columns="record").sort_values([*table.names[1:]], ignore_index=True)


def known_then(row: dict[str, str], table: Table, delay: int) -> bool:
    """The rule once more, row by row."""
    if row["known_on"] and pd.Timestamp(row["known_on"]) > ISSUE:
        return False
    day = pd.Timestamp(row[table.dated]) if row[table.dated] else None
    if table is RECORDS and day is not None:
        day = day - pd.Timedelta(days=day.weekday()) + pd.Timedelta(days=7)
    if day is None:
        return True
    return day + pd.Timedelta(days=0 if row["known_on"] else delay) <= ISSUE


@TABLES
@SETTINGS
@given(rows=st.lists(ROW, min_size=1, max_size=12), delay=st.integers(0, 10))
def test_rows_known_later_have_no_influence(table: Table, rows: list[dict[str, str]], delay: int) -> None:
    cut = [row for row in rows if known_then(row, table, delay)]
    if cut:
        pd.testing.assert_frame_equal(used(rows, table, delay), used(cut, table, delay))
    else:
        assert used(rows, table, delay).empty


@TABLES
@SETTINGS
@given(rows=st.lists(ROW, min_size=2, max_size=12), chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_has_no_influence(table: Table, rows: list[dict[str, str]], chance: object) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(used(rows, table, 0), used(shuffled, table, 0))
