"""Headings in other words: taken where only one column can be meant, told, and refused where two can."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from forecast import config
from forecast.errors import InputError
from forecast.inputs import read_records_alone
from forecast.inputs.headings import recognised
from forecast.schema import Inputs, Ledger

ROWS = "A;S1;2023-01;5\nA;S1;2023-02;7\nA;S2;2023-02;3\n"


def read(folder: Path, text: str) -> tuple[Inputs, Ledger]:
    (folder / "records.csv").write_text(text, encoding="utf-8")
    settings, ledger = config.from_records("records.csv", "M", 3), Ledger()
    now = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
    job = config.job(settings, None, scenario=None, issue_date=None, now_utc=now, data=folder)
    return read_records_alone(job, ledger)[1], ledger


@pytest.mark.parametrize("header", ["Produit;Site;Mois;Quantité", "SKU;Facility code;Reporting month;QTY_ISSUED"])
def test_a_spreadsheet_in_other_words_is_read_and_it_is_said_how(tmp_path: Path, header: str) -> None:
    found, ledger = read(tmp_path, f"{header}\n{ROWS}")
    assert found.records[["zone", "item", "distributed"]].values.tolist() == [["S1", "A", 5], ["S1", "A", 7], ["S2", "A", 3]]
    (said,) = ledger.problems.noted
    for ours, theirs in zip(("item", "zone", "period", "distributed"), header.split(";"), strict=True):
        assert f"{ours} = {theirs}" in said.action


def test_our_own_headings_are_taken_as_ever_whatever_else_is_there(tmp_path: Path) -> None:
    found, ledger = read(tmp_path, f"item;zone;period;distributed;District\n{ROWS.replace(chr(10), ';D' + chr(10))}")
    assert found.zones.index.tolist() == ["S1", "S2"]
    assert not ledger.problems.noted


def test_two_columns_that_may_be_meant_are_refused_with_the_list(tmp_path: Path) -> None:
    text = "Produit;Site;Mois;Quantity;Consumption\nA;S1;2023-01;5;6\n"
    with pytest.raises(InputError, match=r"has no column distributed.*Columns: .*Quantity, Consumption"):
        read(tmp_path, text)


def test_of_places_within_places_the_smallest_is_the_zone_and_codes_come_before_names() -> None:
    names = ["region", "district", "site_code", "site_name", "product_code", "year", "month", "stock_end", "stock_distributed"]
    assert recognised(names) == {
        "zone": "site_code",
        "item": "product_code",
        "period": {"join": ["year", "month"], "with": "-"},
        "distributed": "stock_distributed",
    }


def test_stock_is_recognised_too() -> None:
    found = recognised(["Opening balance", "Quantity received", "Closing Balance", "Qty ordered", "Jours de rupture"])
    assert found == {
        "stock_start": "Opening balance",
        "received": "Quantity received",
        "stock_end": "Closing Balance",
        "requested": "Qty ordered",
        "stockout_days": "Jours de rupture",
    }
