"""The demo country on a night when the river is over its banks and the rain has not been delivered for four weeks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from forecast import cli
from forecast.published import Published, open_run
from tests.services import require

NEWEST, STORM = "flood_2026-10-26.tif", "flood_2026-04-27.tif"
SECONDS = 300


@pytest.fixture(scope="module")
def config_file(demo_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with the flood of last April in its newest week, without the newest rain, and with quick models."""
    folder = tmp_path_factory.mktemp("flood") / "demo"
    shutil.copytree(demo_config.parent, folder, ignore=shutil.ignore_patterns("runs", "truth"))
    shutil.copy(folder / "data" / "flood" / STORM, folder / "data" / "flood" / NEWEST)
    for week in ("05", "12", "19", "26"):
        (folder / "data" / "rainfall" / f"rainfall_2026-10-{week}.tif").unlink()
    settings = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    for code, item in settings["items"].items():
        if code != "water_trucked":
            item["model"] = {"use": "moving_average"}
    settings["items"]["water_trucked"]["model"]["use"] = "ets"  # with the rain
    settings["forecast"]["samples"] = 50
    settings["plan"]["horizon"] = 3
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(config_file: Path) -> Published:
    """The run of that night; it ends with exit code 4."""
    assert cli.main(["run", str(config_file)]) == 4
    runs = config_file.parent / "runs"
    return open_run(runs / (runs / "LATEST").read_text().strip())


def test_lanes_to_flooded_zones_are_closed_and_nothing_is_loaded_for_them_in_the_week_they_are(run: Published) -> None:
    signals = run.seam("3-signals")
    extent = signals[signals["period"] == pd.Timestamp("2026-10-26")].set_index("zone")["flooded_share"]
    flooded = set(extent.index[extent > run.settings["access"]["flooded_share"]["close_above"]])
    assert 5 <= len(flooded) <= 15
    closures = run.seam("5-closures")
    by_water = closures[closures["why"].str.startswith("flooded_share")]
    assert set(by_water["to"]) == flooded
    assert set(by_water["start"]) == {pd.Timestamp("2026-11-02")}
    sent = pd.read_csv(run.folder / "allocation.csv", encoding="utf-8-sig", parse_dates=["load_on"])
    loaded = sent[(sent["quantity"] > 0) & sent["zone"].isin(flooded)]
    assert len(loaded), "the water goes within the plan"
    assert (loaded["load_on"] >= by_water["until"].min()).all()
    unsent = sent[(sent["quantity"] == 0) & sent["zone"].isin(flooded)]
    assert unsent["reason"].str.contains("flooded_share").any()
    assumed = pd.read_csv(run.folder / "assumptions.csv", encoding="utf-8-sig")
    chances = assumed.loc[assumed["figure"] == "chance that a lane is open", "value"]
    assert all(len(chance.split(", ")) == 3 for chance in chances)


def test_the_late_rain_stands_at_the_head_of_every_page_and_the_run_is_stale(run: Published) -> None:
    assert run.manifest["status"] == "STALE"
    states = {told["signal"]: (told["state"], told["age_days"]) for told in run.manifest["signals"]}
    assert states == {"flooded_share": ("current", 0), "present_people": ("current", 0), "rainfall_mm": ("late", 28)}
    late = "The signal rainfall_mm is late: its newest value is of 2026-10-04, 28 days old (late after 14 days). "
    late += "water_trucked are forecast without it, and are as unsure as that."
    assert late in (run.folder / "map.html").read_text(encoding="utf-8")
    assert late in (run.folder / "summary.md").read_text(encoding="utf-8").replace("\\", "")


def test_a_night_with_a_late_feed_ends_with_exit_code_4(config_file: Path, tmp_path: Path) -> None:
    require("prefect")
    env = {**os.environ, "PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_LOGGING_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "forecast", "nightly", str(config_file)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 4, done.stderr
    assert "is complete. Inputs were stale or missing" in done.stdout
