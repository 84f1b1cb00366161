"""What is published of a plan is what its own rows come to; a plan that ran out of time is marked, or is none."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import cli, pipeline
from forecast.allocate import simulate
from forecast.allocate.problem import align
from forecast.allocate.solver import Kept
from forecast.errors import NoPlanError
from forecast.explain_plan.again import plan_again
from forecast.published import Published
from forecast.schema import ALLOCATION, COVERAGE, Ledger
from tests.operation import Operation, tiny_operation
from tests.what_ifs import operation_with_what_ifs, run_of

OUT_OF_TIME = "The solver ran out of time in the layer 'cost' (plan.time_limit_seconds: 600): this plan is the best so far"
DIGITS = 2e-3  # of the figures of coverage.csv, which are rounded so that its rows add up


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return run_of(operation_with_what_ifs(tmp_path_factory.mktemp("operation")))


def test_the_published_rows_come_to_the_published_figures_on_all_samples(run: Published) -> None:
    again = plan_again(run)
    problem = align(again.demand, again.inputs, again.config, run.issue_date, Ledger())
    lines, coverage = run.table("allocation.csv", ALLOCATION), run.table("coverage.csv", COVERAGE)
    sent = np.zeros(problem.in_transit.shape)
    for line in lines[lines["quantity"] > 0].itertuples():
        period = (line.arrive_by - run.issue_date).days // problem.calendar.days
        sent[problem.zones.index(line.zone), problem.items.index.get_loc(line.item), period] += line.quantity
    assert sent.sum() > 0
    found = simulate.outcome(problem, sent)
    for row in coverage.itertuples():
        at = problem.zones.index(row.zone), problem.groups.codes.index(row.item), problem.calendar.starts.get_loc(row.period)
        assert row.expected_unmet == pytest.approx(found.unmet[at], abs=DIGITS)
        assert row.shortage_risk == pytest.approx(found.risk[at], abs=DIGITS)
    weight = pd.DataFrame(problem.weight, index=problem.zones, columns=problem.groups.codes)
    total = sum(row.expected_unmet * weight.loc[row.zone, row.item] for row in coverage.itertuples())
    figures = run.manifest["figures"]
    assert figures["need_published"] == pytest.approx(total, rel=1e-4)
    assert figures["need_bound"] <= figures["need_published"] * (1 + 1e-9)
    assert figures["need_gap"] == pytest.approx((figures["need_published"] - figures["need_bound"]) / figures["need_published"])
    assert figures["lp_rows"] > 0


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return tiny_operation(tmp_path)


def test_a_plan_without_its_last_layer_is_the_best_so_far_and_marked_on_every_page(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_of(operation)
    minimise = Kept.minimise
    monkeypatch.setattr(Kept, "minimise", lambda kept, layer: None if layer.name == "cost" else minimise(kept, layer))
    operation.settings["title"] = "Another run"
    outcome = pipeline.run(operation.job())
    assert outcome.ledger.marks[0].startswith(OUT_OF_TIME)
    for page in ("summary.md", "map.html"):
        assert "solver ran out of time in the layer" in (outcome.folder / page).read_text(encoding="utf-8")
    with zipfile.ZipFile(outcome.folder / "allocation.xlsx") as book:
        assert any(b"ran out of time" in book.read(name) for name in book.namelist())
    needs = [float(pd.read_csv(folder / "coverage.csv")["expected_unmet"].sum()) for folder in (whole.folder, outcome.folder)]
    assert needs[1] == pytest.approx(needs[0], rel=0.02)
    sent = pd.read_csv(outcome.folder / "allocation.csv")["quantity"].sum()
    assert sent > 0


def test_without_the_need_solved_there_is_no_plan_and_nothing_is_published(
    operation: Operation, capsys: pytest.CaptureFixture[str]
) -> None:
    operation.job()
    code = cli.main(["run", str(operation.folder / "config.yaml"), "--set", "plan.time_limit_seconds=1e-9"])
    assert (code, NoPlanError.exit_code) == (3, 3)
    assert "Time ran out in the layer 'need' after 1e-09 seconds" in capsys.readouterr().err
    assert not list((operation.folder / "runs").glob("2*"))
    assert not (operation.folder / "runs" / "LATEST").exists()
