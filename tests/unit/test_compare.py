"""Two runs side by side: the tiny operation with and without the road to Z-03, and with people who move (tests/what_ifs.py)."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from forecast import cli
from forecast.compare import balance, causes, compare
from forecast.compare.page import page
from forecast.published import Published, open_run
from tests.operation import Operation
from tests.what_ifs import mean_of, operation_with_what_ifs, run_of


@dataclass(frozen=True)
class Runs:
    """One run of each scenario, and a base a week later."""

    operation: Operation
    base: Published
    cut_off: Published
    displaced: Published


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    operation = operation_with_what_ifs(tmp_path_factory.mktemp("operation"))
    return Runs(operation, run_of(operation), run_of(operation, "cut_off"), run_of(operation, "displaced"))


def test_a_run_beside_itself_has_no_difference(runs: Runs) -> None:
    found = compare(runs.base, runs.base)
    assert found.same_plan
    text = page(found)
    assert "No difference: both plans have the same coverage" in text
    assert "What was different to begin with: nothing" in text


def test_the_zone_that_is_cut_off_loses_and_the_stock_goes_elsewhere(runs: Runs) -> None:
    """Z-03 keeps the 5 kits on the road: 10 of the consultations of three weeks, and so many of its 3,000 people."""
    zones = compare(runs.base, runs.cut_off).zones.set_index("zone")
    weeks = ("2026-03-02", "2026-03-09", "2026-03-16")
    kits, boxes = (sum(mean_of(runs.cut_off, "Z-03", item, week) for week in weeks) for item in ("kit", "box"))
    needed = 2 * kits + 10 * boxes
    assert zones["coverage_b"]["Z-03"] == pytest.approx(10 / needed, abs=1e-6)
    assert zones["met_people_b"]["Z-03"] == pytest.approx(3000 * 10 / needed, abs=0.051), "published with one digit"
    assert zones["met_people_change"]["Z-03"] < 0
    assert zones["met_people_change"]["Z-02"] > 0
    text = page(compare(runs.base, runs.cut_off))
    assert text.index("Who gains") < text.index("Z-02  Z-02") < text.index("Who loses") < text.index("Z-03  Z-03")


def test_a_shut_lane_is_a_change_of_supply_and_not_of_demand(runs: Runs) -> None:
    found = compare(runs.base, runs.cut_off)
    assert (found.balances["demand_change"] == 0).all()
    assert "Demand is the same: every change is one of supply." in page(found)
    assert found.supply[["what", "of"]].to_numpy().tolist() == [
        ["lane shut", "D1, Z-03, 2026-03-02"],
        ["lane shut", "D2, Z-03, 2026-03-02"],
    ]
    assert list(found.settings["setting"]) == ["what_if.close_lanes"]


def test_people_who_move_are_a_change_of_demand(runs: Runs) -> None:
    found = compare(runs.base, runs.displaced)
    demand = found.balances.set_index("zone")["demand_change"]
    assert demand["Z-01"] > 0 > demand["Z-02"]
    assert found.supply.empty
    assert "Demand moved for clinic." in page(found)


@pytest.mark.parametrize("other", ["cut_off", "displaced"])
def test_what_is_shipped_is_what_the_balance_says_is_planned(runs: Runs, other: str) -> None:
    """A kit serves two consultations, a box ten."""
    found = compare(runs.base, getattr(runs, other))
    for side in ("a", "b"):
        shipped = (found.shipped[f"quantity_{side}"] * found.shipped["item"].map({"kit": 2, "box": 10})).sum()
        assert shipped == pytest.approx(found.balances[f"planned_{side}"].sum())
        assert found.lanes[f"quantity_{side}"].sum() == pytest.approx(found.shipped[f"quantity_{side}"].sum())


@pytest.mark.parametrize("other", ["cut_off", "displaced"])
def test_the_other_way_round_every_change_has_the_other_sign(runs: Runs, other: str) -> None:
    there, back = compare(runs.base, getattr(runs, other)), compare(getattr(runs, other), runs.base)
    for name, key in (("zones", ["need", "zone"]), ("balances", balance.KEY), ("lanes", ["depot", "zone", "item"])):
        one, two = (getattr(side, name).set_index(key).sort_index() for side in (there, back))
        for column in one.columns[[str(column).endswith("_change") for column in one.columns]]:
            pd.testing.assert_series_equal(one[column], -two[column])


def test_a_later_issue_date_is_explained_and_only_common_periods_are_compared(runs: Runs, tmp_path: Path) -> None:
    operation = operation_with_what_ifs(tmp_path)
    operation.settings["issue_date"] = operation.settings["issue_date"].replace(day=1, month=2)
    earlier = run_of(operation)
    found = compare(earlier, runs.base)
    assert found.periods == ()
    assert "They have no plan period in common" in page(found)
    assert "B was issued 29 days later: it knows records until 2026-03-01 (the other: 2026-01-25)" in page(found)


def test_weeks_and_days_are_not_taken_for_the_same_periods(runs: Runs, tmp_path: Path) -> None:
    operation = operation_with_what_ifs(tmp_path)
    operation.settings["plan"] = {"period": "D", "horizon": 3}
    assert compare(run_of(operation), runs.base).periods == ()


def test_files_and_settings_that_differ_are_named(runs: Runs) -> None:
    manifest = json.loads(json.dumps(dict(runs.base.manifest)))
    manifest["inputs"]["records.csv"] = "0" * 64
    manifest["config"]["plan"]["horizon"] = 2
    other = Published(runs.base.folder, manifest)
    assert list(causes.files(runs.base, other)["file"]) == ["records.csv"]
    assert causes.settings(runs.base, other).to_numpy().tolist() == [["plan.horizon", "3", "2"]]


def test_the_command_takes_scenarios_and_writes_every_zone_and_item(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(runs.operation.folder / "config.yaml")
    assert cli.main(["compare", "base", "cut_off", config, "--out", str(tmp_path / "zones.csv")]) == 0
    assert "scenario cut_off" in capsys.readouterr().out
    df = pd.read_csv(tmp_path / "zones.csv")
    assert list(df["zone"]) == ["Z-01", "Z-02", "Z-03"]
    terms = df["demand_change"] + df["carried_in_change"] + df["left_over_change"]
    supply = df[[f"{term}_change" for term in balance.SUPPLY]].sum(axis=1)
    assert (terms - supply).to_numpy() == pytest.approx(df["unmet_change"].to_numpy(), abs=0.0015)


def test_a_changed_run_is_not_compared(runs: Runs, tmp_path: Path) -> None:
    other = operation_with_what_ifs(tmp_path)
    folder = run_of(other).folder
    (folder / "allocation.csv").write_text("line_id\n")
    assert cli.main(["compare", str(folder), str(runs.base.folder)]) == 2
    assert open_run(folder).scenario == "base"


def test_a_what_if_leaves_latest_where_it_was(runs: Runs) -> None:
    assert (runs.base.folder.parent / "LATEST").read_text().strip() == runs.base.run
