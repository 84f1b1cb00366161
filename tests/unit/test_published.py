"""A published run, read back: found by its names, refused when a file is not what the run wrote."""

import json
from pathlib import Path

import pandas as pd
import pytest

from forecast import store
from forecast.errors import InputError
from forecast.published import find_run, open_run
from forecast.schema import Column, Table

LINES = Table("lines", (Column("zone"), Column("note"), Column("quantity", "number"), Column("load_on", "date")))


def publish(
    runs: Path, name: str, scenario: str = "base", started: str = "2026-01-01T05:00:00Z", text: str = "zone\nZ-01\n"
) -> Path:
    runs.mkdir(parents=True, exist_ok=True)
    facts = {"run": name, "scenario": scenario, "issue_date": "2026-01-01", "started_utc": started, "config": {}}
    with store.run_folder(runs, name) as folder:
        (folder / "lines.csv").write_text(text)
        return store.complete(folder, runs, name, facts)


def test_a_run_is_found_by_folder_by_id_and_as_the_latest(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    two = publish(tmp_path, "two")
    for name in (str(two), "two", "LATEST", str(tmp_path)):
        assert find_run(name, tmp_path).folder == two


def test_a_scenario_names_its_newest_run_wherever_it_lies(tmp_path: Path) -> None:
    publish(tmp_path, "old", "flood", "2026-01-01T05:00:00Z")
    newest = publish(tmp_path / "scenarios" / "flood", "new", "flood", "2026-01-02T05:00:00Z")
    assert find_run("flood", tmp_path).folder == newest
    assert find_run("new", tmp_path).folder == newest


def test_a_name_that_is_nothing_here_is_answered_with_the_near_one(tmp_path: Path) -> None:
    publish(tmp_path, "2026-01-01-flood-1f3a9c2e", "flood")
    with pytest.raises(InputError, match=r"'flod' is neither a run nor a scenario that was run here\. Did you mean 'flood'\?"):
        find_run("flod", tmp_path)


def test_before_the_first_run_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no complete run yet\. Make one with `forecast run`"):
        find_run("LATEST", tmp_path)


def test_a_run_being_written_is_not_found(tmp_path: Path) -> None:
    (tmp_path / ".tmp-two").mkdir(parents=True)
    (tmp_path / ".tmp-two" / "manifest.json").write_text("{}")
    publish(tmp_path, "one")
    with pytest.raises(InputError, match=r"'\.tmp-two' is neither a run nor a scenario"):
        find_run(".tmp-two", tmp_path)


def test_a_changed_file_is_not_read(tmp_path: Path) -> None:
    folder = publish(tmp_path, "one")
    (folder / "lines.csv").write_text("zone\nZ-02\n")
    with pytest.raises(InputError, match=r"one/lines\.csv: 1 problem\n  was changed after the run was published"):
        open_run(folder).table("lines.csv", Table("lines", (Column("zone"),)))


def test_a_file_that_is_gone_and_one_that_never_was_are_told_together(tmp_path: Path) -> None:
    folder = publish(tmp_path, "one")
    (folder / "lines.csv").unlink()
    with pytest.raises(
        InputError, match=r"(?s)is gone or cannot be read.*it has no seams/1-items\.parquet, seams/2-records\.parquet"
    ):
        open_run(folder).verify(["lines.csv", "seams/1-items.parquet", "seams/2-records.parquet"])


def test_a_broken_manifest_is_named(tmp_path: Path) -> None:
    folder = publish(tmp_path, "one")
    (folder / "manifest.json").write_text(json.dumps({"run": "one"}))
    with pytest.raises(InputError, match=r"one/manifest\.json: 1 problem\n  cannot be read as the manifest of a run"):
        open_run(folder)


def test_codes_stay_text_unknowns_stay_unknown_and_the_spreadsheet_apostrophe_goes(tmp_path: Path) -> None:
    text = "zone,note,quantity,load_on\n001,'=1+1,,2026-01-05\nNA,'tis,8200.5,\n"
    df = open_run(publish(tmp_path, "one", text=text)).table("lines.csv", LINES)
    assert list(df["zone"]) == ["001", "NA"]
    assert list(df["note"]) == ["=1+1", "'tis"]
    assert pd.isna(df["quantity"][0])
    assert df["quantity"][1] == 8200.5
    assert df["load_on"][0] == pd.Timestamp("2026-01-05")
    assert pd.isna(df["load_on"][1])
