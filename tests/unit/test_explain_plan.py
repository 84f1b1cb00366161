"""A run explained from its folder alone, on an operation small enough to check (tests/what_ifs.py)."""

import json
import re
import shutil
from pathlib import Path

import pytest

from forecast import cli
from forecast.errors import InputError
from forecast.explain_plan import explain
from forecast.published import Published, open_run
from tests.what_ifs import operation_with_what_ifs, run_of


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Published]:
    """The plan and its what-ifs, whose input files are gone."""
    operation = operation_with_what_ifs(tmp_path_factory.mktemp("operation"))
    found = {
        scenario: run_of(operation, None if scenario == "base" else scenario) for scenario in ("base", "cut_off", "displaced")
    }
    for path in operation.folder.glob("*.*"):
        path.unlink()
    return found


def test_a_run_is_planned_again_from_its_folder_and_its_limits_tried(runs: dict[str, Published]) -> None:
    page = explain(runs["base"])
    assert re.search(r"Planned again from the inputs kept with the run: the same \d+ lines\.", page)
    assert re.search(r"^  stock +(kit|box) at D\d +1 pack more", page, re.MULTILINE)
    assert "shut lanes" not in page


def test_rounds_of_whole_vehicles_come_out_the_same_again(tmp_path: Path) -> None:
    operation = operation_with_what_ifs(tmp_path)
    operation.write("stock.csv", "depot,item,quantity", "D1,kit,500", "D1,box,500", "D2,kit,0")
    operation.write("fleet.csv", "depot,vehicle,count,payload_kg", "D1,truck,1,90000", "D2,truck,0,90000")
    operation.input("fleet", path="fleet.csv")
    operation.settings["plan"]["firm_periods"] = 1
    run = run_of(operation)
    assert " > " in (run.folder / "allocation.csv").read_text()
    assert re.search(r"the same \d+ lines\.", explain(run))


def test_a_shut_lane_is_priced_by_opening_it(runs: dict[str, Published]) -> None:
    row = re.search(
        r"^  shut lanes +(D\d)-Z-03 +open from the week of .* +([\d,]+) +([\d,]+)  (.*)$", explain(runs["cut_off"]), re.M
    )
    assert row is not None
    weeks, days = (int(figure.replace(",", "")) for figure in row.group(2, 3))
    assert days == pytest.approx(7 * weeks, abs=4)
    assert weeks > 0


def test_people_who_moved_are_planned_for_again(runs: dict[str, Published]) -> None:
    assert "the same" in explain(runs["displaced"])


def test_a_run_that_does_not_come_out_the_same_is_not_explained(runs: dict[str, Published], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(runs["base"].folder, tmp_path / "run"))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["config"]["plan"]["horizon"] = 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"its plan does not come out the same: \d+ lines differ"):
        explain(open_run(folder))


def test_a_run_that_was_changed_is_not_explained(
    runs: dict[str, Published], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(runs["base"].folder, tmp_path / "run"))
    (folder / "seams" / "5-stock.parquet").write_bytes(b"more")
    assert cli.main(["explain", str(folder)]) == 2
    assert "was changed after the run was published" in capsys.readouterr().err


def test_the_command_shows_the_page(runs: dict[str, Published], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(runs["base"].folder), "--most", "1"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"What limits the plan of {runs['base'].run}\n")
    assert len(re.findall(r"^  stock +\w+ at D", shown, re.MULTILINE)) == 1
