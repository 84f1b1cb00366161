"""choices.csv and its part of the summary: how models did, what was taken, what was not tried and why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.publish import summary, write_all
from forecast.schema import TOGETHER, Result, Trial
from tests.results import tiny_result

TRIALS = [
    Trial("kit", "moving_average", 40, 10.0, 1.0, 0.8, 0.0, ""),
    Trial("kit", "naive", 40, 12.0, 1.2, 0.8, 0.0, ""),
    Trial("kit", "empirical", 40, 9.0, 0.9, 0.8, 0.25, ""),
    Trial("kit", "pooled", 40, 8.5, 0.85, 0.7, 0.75, ""),
    Trial("kit", "prophet", 0, np.nan, np.nan, np.nan, 0.0, "not tried: 30 periods are known, it needs 104"),
    Trial("kit", TOGETHER, 40, 8.0, 0.8, 0.775, 0.0, "what is taken, by its shares"),
]


@pytest.fixture
def chosen() -> Result:
    result = tiny_result()
    result.ledger.trials.extend(TRIALS)
    return result


def test_what_was_taken_comes_first_then_the_closest(chosen: Result, tmp_path: Path) -> None:
    write_all(tmp_path, chosen, ("tables",))
    table = pd.read_csv(tmp_path / "choices.csv", dtype=str, keep_default_na=False)
    assert ",".join(table.columns).startswith("item,model,cells,crps,relative_crps,inside_80,share,note,run,status")
    assert list(table["model"]) == [TOGETHER, "pooled", "empirical", "moving_average", "naive", "prophet"]
    assert list(table["relative_crps"]) == ["0.8", "0.85", "0.9", "1", "1.2", ""]
    assert list(table["share"]) == ["0", "0.75", "0.25", "0", "0", "0"]


def test_where_nothing_was_chosen_there_is_no_such_file_and_no_such_section(tmp_path: Path) -> None:
    write_all(tmp_path, tiny_result(), ("tables",))
    assert not (tmp_path / "choices.csv").exists()
    assert "Why these models" not in summary.text(tiny_result())


def test_the_summary_says_why_these_models_and_what_was_not_tried(chosen: Result) -> None:
    section = summary.text(chosen).split("## Why these models")[1].split("\n## ")[0]
    assert (
        "| pooled 75%, empirical 25% | 20 % closer | 40 | 78 % | moving_average (as close), naive (20 % further off) |" in section
    )
    assert "- prophet: not tried: 30 periods are known, it needs 104." in section
    assert "`choices.csv`" in section


def test_of_many_items_the_first_are_shown_and_the_rest_counted(chosen: Result) -> None:
    chosen.ledger.trials.extend(Trial(f"i{n:02d}", "naive", 5, 1.0, 0.9, 0.8, 1.0, "") for n in range(35))
    section = summary.text(chosen).split("## Why these models")[1].split("\n## ")[0]
    assert "and 6 more items." in section
    assert "- prophet (kit): not tried" in section
