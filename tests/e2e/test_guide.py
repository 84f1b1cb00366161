"""The ten-minute guide: its commands are run as they stand there, in a folder that looks like a fresh clone after `make run`."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import config, store
from forecast.errors import InputError
from tests.services import ROOT

EXAMPLE = ROOT / "configs" / "example"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FAILS = re.compile(r"# exit code (\d)$")


@dataclass(frozen=True)
class Followed:
    """The folder after the guide was followed, and what each block of commands printed."""

    folder: Path
    said: list[str]

    def run(self, name: str) -> pd.DataFrame:
        """The allocation of the run whose folder name starts so."""
        found = next((self.folder / "my" / "runs").glob(f"{name}*"))
        return pd.read_csv(found / "allocation.csv", dtype=str)


def commands() -> list[str]:
    return BLOCK.findall((EXAMPLE / "GUIDE.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    clone = tmp_path_factory.mktemp("clone")
    shutil.copytree(EXAMPLE, clone / "configs" / "example", ignore=shutil.ignore_patterns("runs"))
    command = clone / ".venv" / "bin" / "forecast"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m forecast "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    said = []
    for block in commands():
        done = subprocess.run(["sh", "-e", "-c", block], cwd=clone, capture_output=True, text=True, check=False)
        expected = FAILS.search(block.strip())
        assert done.returncode == (int(expected[1]) if expected else 0), f"{block}\n{done.stdout}\n{done.stderr}"
        said.append(done.stdout + done.stderr)
    return Followed(clone, said)


def test_the_guide_has_its_seven_steps() -> None:
    text = (EXAMPLE / "GUIDE.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d)\.", text, re.MULTILINE) == list("1234567")
    assert len(commands()) == 9


def test_what_the_draft_leaves_to_decide_is_what_the_guide_lists(followed: Followed) -> None:
    drafted, refused = followed.said[1], followed.said[2]
    assert "8 settings to decide" in drafted
    for place in ("KIT_SANTE.covers", "KIT_SANTE.kg_per_unit", "RATION.covers", "RATION.kg_per_unit", "rows.0.lat", "rows.1.lon"):
        assert f"{place}: is still to be decided" in refused
    assert "config.yaml: 8 problems" in refused


def test_the_completed_config_is_the_draft_with_the_decisions_and_nothing_else(tmp_path: Path) -> None:
    from forecast.cli import main

    shutil.copytree(EXAMPLE / "files", tmp_path / "files")
    assert main(["init", str(tmp_path / "files"), "--out", str(tmp_path / "config.yaml")]) == 0
    with pytest.raises(InputError, match="is still to be decided"):
        config.load(tmp_path / "config.yaml")
    text = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    for asked, answer in (
        (r'covers: "TO DECIDE: how many consultations[^"]*"', "covers: 100"),
        (r'covers: "TO DECIDE: how many kcal[^"]*"', "covers: 14700"),
        (r'kg_per_unit: "TO DECIDE: how many kilograms does one kit[^"]*"', "kg_per_unit: 12"),
        (r'kg_per_unit: "TO DECIDE: how many kilograms does one ration[^"]*"', "kg_per_unit: 3.43"),
        (r'depot: NORD, lat: "TO DECIDE[^"]*", lon: "TO DECIDE[^"]*"', "depot: NORD, lat: 13.79, lon: -20.38"),
        (r'depot: PORT, lat: "TO DECIDE[^"]*", lon: "TO DECIDE[^"]*"', "depot: PORT, lat: 13.33, lon: -20.79"),
    ):
        text, count = re.subn(asked, answer, text)
        assert count == 1, asked
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    drafted, completed = config.load(tmp_path / "config.yaml"), config.load(EXAMPLE / "config.yaml")
    assert drafted.inputs == completed.inputs
    assert (drafted.issue_date, drafted.forecast, drafted.needs) == (completed.issue_date, completed.forecast, completed.needs)
    assert main(["check", str(tmp_path / "config.yaml")]) == 0


def test_check_names_the_two_slips_with_their_lines(followed: Followed) -> None:
    said = followed.said[4]
    assert re.search(r"line 608 S06 EAU 2026-06-01: 158\.9 L", said)
    assert re.search(r"line 798 S11 RATION 2026-07-06: 11,000 ration", said)
    assert "2 probably in another unit" in said


def test_the_run_says_where_csv_and_map_are_and_serves_every_site(followed: Followed) -> None:
    said = followed.said[5]
    for name in ("allocation.csv", "map.html", "summary.md"):
        path = re.search(rf"\S+{name}", said)
        assert path is not None
        assert (followed.folder / path[0]).is_file()
    assert set(followed.run("2026-08-31-base")["zone"]) == {f"S{n:02d}" for n in range(1, 13)}


def test_trace_and_compare_answer_as_the_guide_says(followed: Followed) -> None:
    assert "distributions.csv:608" in followed.said[6]
    assert re.search(r"Who loses\n.*\n.*S0[89]", followed.said[7])


def test_the_cut_road_gets_nothing_to_the_two_sites_for_two_weeks(followed: Followed) -> None:
    lines = followed.run("2026-08-31-north_road_cut")
    sent = lines[lines["quantity"].astype(float) > 0]
    cut = sent[sent["zone"].isin(["S08", "S09"])]
    assert (cut["load_on"] >= "2026-09-14").all()
    assert len(cut)


def test_what_left_yesterday_is_on_the_road_and_not_sent_again(followed: Followed) -> None:
    latest = store.latest(followed.folder / "my" / "runs")
    assert latest is not None
    assert latest.name.startswith("2026-09-01-base")
    before, now = (water_of_s02(run) for run in (next(latest.parent.glob("2026-08-31-base-*")), latest))
    first = now.iloc[0]
    assert first["in_transit"] == 120_000
    whole = 1000 * np.ceil(first["demand_q90"] / 1000)  # tankers are filled by the cubic metre
    assert first["in_transit"] + first["planned"] <= whole < first["in_transit"] + before["planned"].iloc[0]
    assert now["planned"].sum() <= before["planned"].sum() - 100_000, "another day of need at the far end, no second 120,000"


def water_of_s02(run: Path) -> pd.DataFrame:
    coverage = pd.read_csv(run / "coverage.csv", dtype={"zone": str})
    return coverage[(coverage["zone"] == "S02") & (coverage["item"] == "EAU")]
