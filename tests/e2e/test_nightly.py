"""The nightly flow on a real Prefect server of its own, on loopback."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
import yaml

from forecast import cli
from forecast.demo import write_demo
from tests.services import require

SECONDS = 180


def environment(home: Path) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")},
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def states(home: Path, table: str) -> dict[str, str]:
    with closing(sqlite3.connect(home / "prefect.db")) as database:
        return dict(database.execute(f"SELECT name, state_type FROM {table}").fetchall())  # noqa: S608 (a constant)


def stored_text(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.glob("prefect.db*")))


def quick_demo(folder: Path) -> Path:
    """The config of the demo country with quick models, fewer samples and a plan of three weeks."""
    path = write_demo(folder)
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    for item in settings["items"].values():
        item["model"] = {"use": "moving_average"}
    settings["forecast"]["samples"], settings["plan"]["horizon"] = 50, 3
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def nightly(config: Path, out: Path, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forecast", "nightly", str(config), "--out", str(out)]
    return subprocess.run(command, env=environment(home), capture_output=True, text=True, timeout=SECONDS, check=False)


def test_a_night_publishes_the_same_allocation_as_the_command(tmp_path: Path) -> None:
    require("prefect")
    config = quick_demo(tmp_path / "demo")
    done = nightly(config, tmp_path / "runs", tmp_path / "prefect")
    assert done.returncode == 0, done.stderr
    name = (tmp_path / "runs" / "LATEST").read_text().strip()
    assert cli.main(["run", str(config), "--out", str(tmp_path / "by_command")]) == 0
    by_night, by_command = (tmp_path / folder / name / "allocation.csv" for folder in ("runs", "by_command"))
    assert len(pd.read_csv(by_night)) > 100
    assert by_night.read_bytes() == by_command.read_bytes()
    assert set(states(tmp_path / "prefect", "flow_run").values()) == {"COMPLETED"}
    assert len(states(tmp_path / "prefect", "task_run")) == 5


def test_a_file_to_mend_is_told_to_the_caller_and_not_to_prefect(tmp_path: Path) -> None:
    require("prefect")
    config = write_demo(tmp_path / "demo")
    config.write_text(config.read_text().replace("path: depots.csv", "path: secret_depots.csv"))
    done = nightly(config, tmp_path / "runs", tmp_path / "prefect")
    assert done.returncode == 2
    assert "secret_depots.csv" in done.stderr
    assert not (tmp_path / "runs" / "LATEST").exists()
    assert set(states(tmp_path / "prefect", "flow_run").values()) == {"FAILED"}
    assert b"secret_depots" not in stored_text(tmp_path / "prefect")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A real Prefect server on a free loopback port; ends with the test."""
    require("prefect")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**environment(tmp_path), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            until(lambda: is_open(port), "the Prefect server did not start")
            yield env
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def test_serve_really_creates_runs(server: dict[str, str]) -> None:
    """With SQLAlchemy 2.1 the scheduler creates none, silently; with newer FastAPI the server does not start: hence our pins."""
    serve = "nightly.serve(name='check', cron='0 2 * * *', limit=1, parameters={'config_path': 'none'})"
    code = f"from flows.nightly import nightly; {serve}"
    home = Path(server["PREFECT_HOME"])
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, env=server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            until(lambda: "SCHEDULED" in states(home, "flow_run").values(), "no run was scheduled")
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: object, otherwise: str) -> None:
    """Ask again and again until it holds; fail after the limit."""
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return
        pause.wait(0.25)
    pytest.fail(otherwise)
