"""LATEST is the plan people open: a what-if never becomes it, and a question asked again is the latest again."""

from pathlib import Path

import pytest

from forecast import cli, pipeline, store
from tests.what_ifs import operation_with_what_ifs


def test_a_question_asked_again_is_the_latest_again(tmp_path: Path) -> None:
    operation = operation_with_what_ifs(tmp_path)
    first = pipeline.run(operation.job())
    stock = (tmp_path / "stock.csv").read_text()
    operation.append("stock.csv", "D1,box,5,B-9")
    second = pipeline.run(operation.job())
    assert store.latest(tmp_path / "runs") == second.folder != first.folder
    (tmp_path / "stock.csv").write_text(stock)
    again = pipeline.run(operation.job())
    assert (again.is_new, again.folder) == (False, first.folder)
    assert store.latest(tmp_path / "runs") == first.folder


def test_the_command_says_that_a_what_if_does_not_replace_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    operation = operation_with_what_ifs(tmp_path)
    plan = pipeline.run(operation.job()).folder
    assert cli.main(["run", str(tmp_path / "config.yaml"), "--scenario", "cut_off"]) == 0
    assert f"A what-if does not replace the plan: LATEST still names {plan.name}." in capsys.readouterr().out
    assert store.latest(tmp_path / "runs") == plan
