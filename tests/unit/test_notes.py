"""What a run has to say first stands on every page; nobody's need heads no list."""

from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from forecast import met_need
from forecast.publish import map as map_page
from forecast.publish import summary, workbook
from forecast.schema import Result
from tests.results import tiny_result

NOTE = "Arrivals <are> an index of new need"


@pytest.fixture
def noted() -> Result:
    return replace(tiny_result(), notes=(NOTE, "and a second note"))


def test_notes_stand_at_the_head_of_the_summary(noted: Result) -> None:
    head = summary.text(noted).partition("\n## ")[0]
    assert "**Read this first.** Arrivals" in head
    assert "**Read this first.** and a second note" in head


def test_notes_stand_at_the_head_of_the_map_as_text(noted: Result) -> None:
    assert noted.plan is not None
    head = map_page.page(noted, noted.plan).partition("</header>")[0]
    assert "Arrivals &lt;are&gt; an index of new need" in head
    assert "and a second note" in head


def test_notes_stand_in_the_workbook(noted: Result, tmp_path) -> None:
    workbook.write(tmp_path, noted)
    rows = list(openpyxl.load_workbook(tmp_path / "allocation.xlsx")["About"].iter_rows(max_col=2, values_only=True))
    assert ("read this first", NOTE) in rows
    assert ("read this first (2)", "and a second note") in rows


def test_a_page_without_notes_says_nothing_of_them() -> None:
    assert "Read this first" not in summary.text(tiny_result())


def test_a_need_of_less_than_one_person_heads_no_list() -> None:
    shares = pd.DataFrame(
        {
            "need": ["care"] * 3,
            "zone": ["A", "B", "C"],
            "coverage": [0.0, 0.2, 0.1],
            "risk": 0.0,
            "people": [0.3, 40.0, float("nan")],
            "reason": "",
            "zone_name": "",
        }
    )
    assert list(met_need.least_covered(shares)["zone"]) == ["C", "B"]  # of C the people are not known
