"""How a scenario's process ended, in words and as an exit code."""

import datetime as dt
from pathlib import Path

import pytest

from flows.launch import Launcher, in_words
from forecast.compare.scenarios import worst


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([0, 0], 0), ([0, 4], 4), ([4, 75], 75), ([75, 2], 2), ([2, 3], 3), ([3, 1, 0], 1), ([0, 137], 1), ([130], 1)],
)
def test_the_worst_exit_code_is_that_of_the_whole(codes: list[int], expected: int) -> None:
    assert worst(codes) == expected


def test_the_sentence_is_the_last_paragraph_of_what_was_said() -> None:
    assert in_words(2, "INFO fitting\n\nstock.csv: 1 problem\n  line 2: no\n") == (2, "stock.csv: 1 problem\n  line 2: no")


def test_a_killed_process_has_the_exit_code_a_shell_gives_it() -> None:
    code, said = in_words(-9, "")
    assert code == 137
    assert said == "was ended from outside (SIGKILL); if nobody ended it, memory may have run out: try fewer --workers"


def test_silence_is_told_as_silence() -> None:
    assert in_words(1, "") == (1, "ended with exit code 1 and said nothing")


def test_what_is_stopped_ends_and_starts_nothing_more(tmp_path: Path) -> None:
    """A config that does not exist would end with exit code 2; stopped, it is not even looked for."""
    launcher = Launcher(tmp_path / "none.yaml", dt.date(2026, 3, 2), tmp_path / "runs", force=False)
    launcher.stop()
    ended = launcher.run("base", "")
    assert (ended.exit_code, ended.message, ended.folder) == (130, "was not started: the others were stopped", None)
