"""The runs folder: whole runs or nothing."""

import json
from pathlib import Path

import pandas as pd
import pytest

from forecast import store
from forecast.errors import LockedError


def publish(runs: Path, name: str, text: str = "a,b\n1,2\n", scenario: str = "base") -> Path:
    with store.run_folder(runs, name) as folder:
        (folder / "allocation.csv").write_text(text)
        return store.complete(folder, runs, name, {"run": name, "scenario": scenario})


def publish_until_the_disk_is_full(runs: Path) -> None:
    with store.run_folder(runs, "two") as folder:
        (folder / "allocation.csv").write_text("half")
        raise RuntimeError("disk")


def test_a_complete_run_has_a_manifest_and_is_the_latest(tmp_path: Path) -> None:
    folder = publish(tmp_path, "one")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["outputs"] == {"allocation.csv": store.file_digest(folder / "allocation.csv")}
    assert store.latest(tmp_path) == folder
    assert store.is_complete(folder)


def test_a_what_if_does_not_take_latest_from_the_plan(tmp_path: Path) -> None:
    plan = publish(tmp_path, "one")
    what_if = publish(tmp_path, "two", scenario="flood")
    assert what_if.is_dir()
    assert store.latest(tmp_path) == plan
    assert not store.point_latest(what_if)


def test_a_newer_plan_takes_latest_from_a_plan_and_from_a_what_if(tmp_path: Path) -> None:
    publish(tmp_path, "one", scenario="flood")
    publish(tmp_path, "two")
    assert publish(tmp_path, "three") == store.latest(tmp_path)


def test_where_there_are_only_what_ifs_the_last_of_them_is_the_latest(tmp_path: Path) -> None:
    publish(tmp_path, "one", scenario="flood")
    assert publish(tmp_path, "two", scenario="strike") == store.latest(tmp_path)


def test_a_changed_output_is_no_longer_complete(tmp_path: Path) -> None:
    folder = publish(tmp_path, "one")
    (folder / "allocation.csv").write_text("a,b\n1,3\n")
    assert not store.is_complete(folder)


def test_a_failed_run_leaves_nothing_and_latest_as_it_was(tmp_path: Path) -> None:
    first = publish(tmp_path, "one")
    with pytest.raises(RuntimeError, match="disk"):
        publish_until_the_disk_is_full(tmp_path)
    assert store.latest(tmp_path) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["LATEST", "one"]


def test_the_leftover_of_a_killed_run_is_cleared_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".tmp-killed").mkdir(parents=True)
    with store.lock(tmp_path):
        assert not (tmp_path / ".tmp-killed").exists()


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    with store.lock(tmp_path), pytest.raises(LockedError, match="another run is writing here"), store.lock(tmp_path):
        pass
    assert LockedError.exit_code == 75


def test_no_run_is_ever_overwritten(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    assert store.free_name(tmp_path, "one") == "one-2"
    assert store.free_name(tmp_path, "two") == "two"


def test_the_name_of_a_run_follows_from_its_content() -> None:
    day = pd.Timestamp("2026-11-02")
    assert store.run_id(day, "base", "c", "i") == store.run_id(day, "base", "c", "i")
    assert store.run_id(day, "base", "c", "i") != store.run_id(day, "base", "c", "j")
    assert store.run_id(day, "base", "c", "i").startswith("2026-11-02-base-")
