"""One zone and item followed through a run, on an operation small enough to work out by hand (tests/what_ifs.py)."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from forecast import cli
from forecast.errors import InputError
from forecast.published import Published
from forecast.text_page import exact
from forecast.trace import trace
from forecast.trace.chain import PROBLEMS, related
from tests.what_ifs import BAD_ROW, mean_of, operation_with_what_ifs, run_of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """One run, whose input files are gone."""
    operation = operation_with_what_ifs(tmp_path_factory.mktemp("operation"))
    found = run_of(operation)
    for path in operation.folder.glob("*.*"):
        path.unlink()
    return found


@pytest.fixture(scope="module")
def kits_of_z01(run: Published) -> str:
    return trace(run, "Z-01", "kit")


def section(page: str, number: int) -> str:
    found = re.search(rf"^{number} .*?(?=\n\n|\Z)", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(0)


def test_each_record_stands_with_its_file_and_line(kits_of_z01: str) -> None:
    shown = section(kits_of_z01, 1)
    assert [int(line) for line in re.findall(r"records\.csv:(\d+)", shown)] == [2, 3, 4, 5, 6, 7, 8]
    assert re.search(r"records\.csv:8  2026-02-16 +70 +11", shown)


def test_a_row_set_aside_is_shown_as_it_stood(kits_of_z01: str) -> None:
    shown = section(kits_of_z01, 2)
    assert "distributed 'many' is not a number" in shown
    assert "zone 'Z-01', item 'kit', period '2026-02-23', distributed 'many', stock_end '3'" in shown
    assert BAD_ROW.startswith("Z-01,kit,2026-02-23,many,3")


def test_what_was_set_aside_elsewhere_is_not_told(run: Published) -> None:
    assert "nothing of this zone and item" in section(trace(run, "Z-02", "kit"), 2)


def test_a_stockout_week_is_worked_out_as_the_panel_did(kits_of_z01: str) -> None:
    assert re.search(r"2026-01-05 .* 10 +14  stock ran out on 2 of 7 days: 10 x 7 / \(7 - 2\)", section(kits_of_z01, 3))


def test_a_week_without_a_report_is_unknown_and_not_zero(kits_of_z01: str) -> None:
    assert re.search(r"2026-02-23 +1,000 +no report: unknown, not zero", section(kits_of_z01, 3))


def test_the_average_of_the_last_months_is_written_out_and_why_the_forecast_is_another(run: Published, kits_of_z01: str) -> None:
    """Kits grow by ten a week: an average of three weeks was always too low, and the forecast says that it makes up for it."""
    mean = mean_of(run, "Z-01", "kit")
    assert mean > 70, "the newest week"
    average = "average of the last 3 known periods: (50 + 60 + 70) / 3 = 60"
    because = "because what this average missed in the past is put right"
    assert f"{average}; the forecast's mean for 2026-03-02 is {exact(mean)}, {because}\n" in section(kits_of_z01, 5)


def test_items_that_substitute_each_other_add_up_in_need_units(run: Published, kits_of_z01: str) -> None:
    """A box serves ten consultations, a kit two."""
    boxes, kits = mean_of(run, "Z-01", "box"), mean_of(run, "Z-01", "kit")
    assert "box, kit serve one demand together" in kits_of_z01
    terms = f"box {exact(boxes)} x 10 + kit {exact(kits)} x 2"
    shown = re.search(rf"demand    {re.escape(terms)} = ([\d.,]+), demand_mean", section(kits_of_z01, 9))
    assert shown is not None
    assert float(shown.group(1)) == pytest.approx(10 * boxes + 2 * kits, abs=0.0065), "means are published with three digits"


def test_a_count_is_carried_to_the_issue_date(run: Published, kits_of_z01: str) -> None:
    """A day is a seventh of the week's demand; a kit serves two consultations."""
    a_day = mean_of(run, "Z-01", "kit") / 7
    sums = section(kits_of_z01, 9)
    assert f"kit: 40 counted on 2026-03-01 - {exact(a_day)} a day x 1 day = {exact(40 - a_day)}\n" in sums
    shown = re.search(r"in need units ([\d.]+), the first zone_stock", sums)
    assert shown is not None
    assert float(shown.group(1)) == pytest.approx(2 * (40 - a_day), abs=0.001)


def test_what_was_received_after_the_count_is_added_before_the_demand_since(run: Published) -> None:
    """A box serves ten consultations."""
    a_day = mean_of(run, "Z-02", "box") / 7
    sums = section(trace(run, "Z-02", "box"), 9)
    followed = f"+ 4 received on 2026-03-01 - {exact(a_day)} a day x 1 day = {exact(7 - a_day)}\n"
    assert f"box: 3 counted on 2026-03-01 = 3; {followed}" in sums
    shown = re.search(r"in need units ([\d.]+), the first zone_stock", sums)
    assert shown is not None
    assert float(shown.group(1)) == pytest.approx(10 * (7 - a_day), abs=0.002)


def test_a_consignment_on_the_road_stands_with_its_waybill(run: Published) -> None:
    page = trace(run, "Z-03", "kit")
    assert re.search(r"dispatches\.csv:3  kit +W-2 +D1 +2026-03-02  5", section(page, 6))
    assert "in_transit 10 +" in section(page, 9)


@pytest.mark.parametrize("zone", ["Z-01", "Z-02", "Z-03"])
@pytest.mark.parametrize("item", ["kit", "box", "clinic"])
def test_every_sum_comes_out_at_the_published_figure(run: Published, zone: str, item: str) -> None:
    sums = section(trace(run, zone, item), 9)
    assert "differs by" not in sums
    assert sums.count(", demand_mean") == sums.count(", planned") == sums.count(", what is needed") == 3


def test_the_lines_name_the_stock_they_are_from(run: Published) -> None:
    lines = pd.read_csv(run.folder / "allocation.csv")
    row = lines[(lines["quantity"] > 0) & (lines["item"] == "kit")].iloc[0]
    page = section(trace(run, row["zone"], "kit"), 8)
    assert f"{row['line_id']}  D1 loads 2026-03-02" in page
    assert "of kit, batch K-7" in page
    assert "from stock.csv:2 (100)" in page


def test_a_group_is_followed_through_all_its_items(run: Published) -> None:
    shown = section(trace(run, "Z-02", "clinic"), 1)
    assert "  kit: 8 records" in shown
    assert "  box: 8 records" in shown


def test_older_periods_are_counted_and_zero_shows_all(run: Published) -> None:
    shown = section(trace(run, "Z-02", "kit", last=2), 1)
    assert "8 records, 2026-01-05 to 2026-02-23; the last 2" in shown
    assert shown.count("records.csv:") == 2
    assert section(trace(run, "Z-02", "kit", last=0), 1).count("records.csv:") == 8


def test_unknown_zone_and_item_are_both_told_with_the_near_names(run: Published) -> None:
    with pytest.raises(InputError, match=r"(?s)'Z-1' is not in the run .* Did you mean 'Z-01'\?.*'kitt' .* Did you mean 'kit'\?"):
        trace(run, "Z-1", "kitt")


def test_a_changed_output_file_ends_with_exit_code_2(run: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / run.folder.name
    shutil.copytree(run.folder, copy)
    text = (copy / "coverage.csv").read_text()
    (copy / "coverage.csv").write_text(text.replace("0", "1", 1))
    assert cli.main(["trace", "--zone", "Z-01", "--item", "kit", "--run", str(copy)]) == 2
    assert "coverage.csv: 1 problem\n  was changed after the run was published" in capsys.readouterr().err


def test_the_command_finds_the_latest_run_of_a_runs_folder(run: Published, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trace", "--zone", "Z-01", "--item", "kit", "--run", str(run.folder.parent)]) == 0
    assert capsys.readouterr().out.startswith("Z-01 · kit\nrun " + run.run)


def test_problems_of_a_record_joined_by_a_crosswalk_are_those_of_all_its_lines() -> None:
    records = pd.DataFrame({"record": ["a.csv:2 + b.csv:7"], "zone": ["Z-01"], "item": ["kit"]})
    rows = [("b.csv", "7", "distributed", "9", "is odd", "Kept"), ("b.csv", "8", "distributed", "9", "is odd", "Kept")]
    problems = pd.DataFrame(rows, columns=PROBLEMS.names)
    assert list(related(problems, [records], "Z-01", ("kit",))["line"]) == ["7"]


def test_a_code_within_another_code_is_not_taken_for_it() -> None:
    rows = [
        ("a.csv", "3", "distributed", "9", "is odd (Z-011, kit, 2026-01-05)", "Kept"),
        ("a.csv", "4", "distributed", "9", "is odd (Z-01, kit-x, 2026-01-05)", "Kept"),
        ("a.csv", "5", "distributed", "9", "is odd (Z-01, kit, 2026-01-05)", "Kept"),
        ("a.csv", "6", "zone", "Z01", "is not a zone. Did you mean 'Z-01'?", "Row set aside"),
    ]
    problems = pd.DataFrame(rows, columns=PROBLEMS.names)
    assert list(related(problems, [], "Z-01", ("kit",))["line"]) == ["5", "6"]
