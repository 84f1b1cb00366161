"""Many scenarios on a real Prefect server of its own: one that fails or is killed does not stop the others."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from forecast import pipeline
from tests.operation import Operation
from tests.services import require
from tests.what_ifs import operation_with_what_ifs, write_scenario

SECONDS = 240


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    require("prefect")
    made = operation_with_what_ifs(tmp_path)
    made.job()  # writes the config
    return made


def environment(folder: Path) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")},
        "PREFECT_HOME": str(folder / "prefect"),
    }


def command(operation: Operation, *more: str) -> list[str]:
    return [sys.executable, "-m", "forecast", "scenarios", str(operation.folder / "config.yaml"), "--workers", "2", *more]


def finished(operation: Operation, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(operation, *more), env=environment(operation.folder), capture_output=True, text=True, timeout=SECONDS, check=False
    )


def table(operation: Operation) -> pd.DataFrame:
    return pd.read_csv(operation.folder / "runs" / "scenarios" / "scenarios.csv", keep_default_na=False)


def states(operation: Operation, kind: str) -> dict[str, str]:
    with closing(sqlite3.connect(operation.folder / "prefect" / "prefect.db")) as database:
        return dict(database.execute(f"SELECT name, state_type FROM {kind}").fetchall())  # noqa: S608 (a constant)


def test_one_that_fails_stands_in_the_table_and_the_others_have_their_plans(operation: Operation) -> None:
    write_scenario(operation, "to_mend", {"describe": "Names no zone", "what_if": {"close_lanes": [{"to": ["Z-SECRET"]}]}})
    done = finished(operation)
    assert done.returncode == 2, done.stderr
    df = table(operation).set_index("scenario")
    assert dict(df["exit_code"]) == {"base": 0, "cut_off": 0, "displaced": 0, "to_mend": 2}
    assert "'Z-SECRET'" in df["message"]["to_mend"]
    assert (df["run"]["to_mend"], df["message"]["base"]) == ("", "")
    for name in ("base", "cut_off", "displaced"):
        assert (operation.folder / "runs" / "scenarios" / name / df["run"][name] / "allocation.csv").is_file()
    gains = pd.read_csv(operation.folder / "runs" / "scenarios" / "gains_and_losses.csv").set_index(["scenario", "zone"])
    assert gains["met_people_change"]["cut_off", "Z-03"] < 0 < gains["met_people_change"]["cut_off", "Z-02"]
    assert gains.groupby("scenario")["met_people_change"].sum().round(1).to_dict() == {
        name: float(df["met_people_change"][name]) for name in ("base", "cut_off", "displaced")
    }
    assert "cut_off" in done.stdout
    assert "to_mend has no plan (exit code 2):" in done.stdout

    assert not (operation.folder / "runs" / "LATEST").exists()
    assert sorted(states(operation, "task_run").values()) == ["COMPLETED", "COMPLETED", "COMPLETED", "FAILED"]
    assert set(states(operation, "flow_run").values()) == {"FAILED"}
    stored = b"".join(path.read_bytes() for path in sorted((operation.folder / "prefect").glob("prefect.db*")))
    assert b"Z-SECRET" not in stored
    assert b"Z-03" not in stored


def test_one_that_is_killed_is_reported_and_the_others_finish(operation: Operation) -> None:
    with subprocess.Popen(
        command(operation), env=environment(operation.folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        os.kill(child_with(process.pid, "cut_off"), signal.SIGKILL)
        said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    df = table(operation).set_index("scenario")
    assert dict(df["exit_code"]) == {"base": 0, "cut_off": 137, "displaced": 0}
    assert "was ended from outside (SIGKILL)" in df["message"]["cut_off"]
    assert "cut_off has no plan (exit code 137):" in said


def test_a_plan_stays_the_latest_and_an_unknown_scenario_is_refused_before_any_work(operation: Operation) -> None:
    plan = pipeline.run(operation.job()).folder
    done = finished(operation, "--only", "cutoff")
    assert done.returncode == 2
    assert "'cutoff' is not a scenario of this config. Did you mean 'cut_off'?" in done.stderr
    assert not (plan.parent / "scenarios").exists()
    assert finished(operation, "--only", "cut_off").returncode == 0
    assert (plan.parent / "LATEST").read_text().strip() == plan.name
    assert list(table(operation)["scenario"]) == ["base", "cut_off"]


def child_with(parent: int, word: str) -> int:
    """The process id of the child of `parent` whose command line has the word, as soon as there is one."""
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while time.monotonic() < deadline:
        for listed in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in listed.read_text().split():
                if word in Path(f"/proc/{child}/cmdline").read_text().split("\0"):
                    return int(child)
        pause.wait(0.05)
    pytest.fail(f"no process of {word} was started")
