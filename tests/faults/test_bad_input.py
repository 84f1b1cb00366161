"""What no single faulty file shows: the tiny operation is sound, odd codes survive, and all that is wrong is told at once.

What is wrong with one file, and what the program answers, stands in manual/*.yaml, by input.
"""

from pathlib import Path

import pytest

from forecast import cli
from forecast.ingest import _files
from tests.operation import Operation


def test_the_tiny_operation_itself_is_accepted(operation: Operation) -> None:
    inputs = operation.inputs()
    assert list(inputs.zones.index) == ["Z-01", "Z-02", "Z-03"]
    assert len(inputs.records) == 24
    assert not list(operation.ledger.problems)


def test_records_that_contradict_each_other_count_as_bad(operation: Operation) -> None:
    operation.append("records.csv", "Z-01,kit,2026-01-05,11,5")
    assert operation.refusal() == (
        "records: 1 problem\n"
        "  2 of 25 rows set aside (8.0%); panel.max_bad_share allows 2.0%. Mend the rows below, or raise the limit\n"
        "records.csv: 2 problems\n"
        "  line 2: repeats zone Z-01, item kit, period 2026-01-05. Row set aside. It stands in line 26 too. "
        "The two differ, and nothing says which is right\n"
        "  line 26: repeats zone Z-01, item kit, period 2026-01-05. Row set aside. It stands in line 2 too. "
        "The two differ, and nothing says which is right"
    )


def test_few_bad_records_are_set_aside_and_the_run_goes_on(operation: Operation) -> None:
    operation.append("records.csv", "Z-1,kit,2026-01-05,10,5")
    operation.settings["panel"] = {"max_bad_share": 0.05}
    assert len(operation.inputs().records) == 24
    assert [(p.file, p.line, p.column, p.value) for p in operation.ledger.problems.noted] == [("records.csv", 26, "zone", "Z-1")]


def test_no_and_na_and_leading_zeros_in_a_table_survive_as_they_are(operation: Operation) -> None:
    operation.settings["items"] = {"NA": {"need": "care", "unit": "kit"}}
    operation.write_zones(("NO", "010", "00123"))
    operation.write_records(("NO", "010", "00123"), item="NA")
    operation.write("depots.csv", "depot,lat,lon", "007,5.2,30.3")
    operation.write("stock.csv", "depot,item,quantity", "007,NA,100")
    inputs = operation.inputs()
    assert list(inputs.zones.index) == ["00123", "010", "NO"]
    assert sorted(set(inputs.records["zone"])) == ["00123", "010", "NO"]
    assert set(inputs.records["item"]) == {"NA"}
    assert list(inputs.stock.depot_stock["depot"]) == ["007"]


def test_an_unknown_setting_is_refused_with_the_near_name(operation: Operation) -> None:
    operation.input("stock", path="stock.csv", delimeter=";")
    assert operation.refusal() == (
        "config.yaml: 1 problem\n"
        "  setting inputs.stock.delimeter: 'delimeter' is not a setting. Did you mean 'delimiter'?"
    )  # fmt: skip


def test_all_problems_of_all_inputs_are_told_at_once(operation: Operation) -> None:
    operation.write("stock.csv", "depot,item,quantity", "D1,kit,many", "D9,kit,1")
    operation.write("depots.csv", "depot,lat,lon", "D1,5.2,", "D2,5.1,31.2")
    operation.input("arrivals", path="arrivals.csv")
    assert operation.refusal() == (
        "depots.csv: 2 problems\n"
        "  line 2, column lon: is empty. Fill in the cell\n"
        "  line 3, column depot: 'D2' has no row in stock. Write quantity 0 if it is empty\n"
        "stock.csv: 2 problems\n"
        "  line 2, column quantity: 'many' is not a number. Write digits with a decimal point and nothing else, such as 8200.5\n"
        "  line 3, column depot: 'D9' is not one of the 2 known depots. Mend the code, or add it\n"
        "arrivals.path: 1 problem\n"
        "  'arrivals.csv' is no file of the data folder. Mend the path, or set the data folder (paths.data)"
    )


def test_a_file_that_may_not_be_read_is_refused(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    operation.settings["inputs"] = {name: operation.settings["inputs"][name] for name in ("zones", "records")}
    assert operation.refusal() == (
        "records.csv: 1 problem\n"
        "  cannot be read (Permission denied). See whether the file is whole and may be read"
    )  # fmt: skip


def test_a_file_that_vanishes_while_it_is_looked_for_is_refused(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _files.find

    def vanishing(root: Path, pattern: str, setting: str) -> list[Path]:
        paths = found(root, pattern, setting)
        if pattern == "stock.csv":
            paths[0].unlink()
        return paths

    monkeypatch.setattr(_files, "find", vanishing)
    assert operation.refusal() == (
        "stock.csv: 1 problem\n"
        "  cannot be read (No such file or directory). See whether the file is whole and may be read"
    )  # fmt: skip


def test_a_config_that_is_a_folder_or_may_not_be_read_is_refused(
    operation: Operation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def forbidden(path: Path, encoding: str = "") -> str:
        raise PermissionError(13, "Permission denied", str(path))

    operation.job()
    assert cli.main(["check", str(operation.folder)]) == 2
    assert "there is no such file" in capsys.readouterr().err
    monkeypatch.setattr(Path, "read_text", forbidden)
    assert cli.main(["check", str(operation.folder / "config.yaml")]) == 2
    assert capsys.readouterr().err.strip("\n") == (
        "config.yaml: 1 problem\n  cannot be read (Permission denied). See whether it may be read"
    )


@pytest.mark.parametrize("command", ["check", "run"])
def test_check_refuses_what_run_refuses(operation: Operation, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    operation.append("stock.csv", "D1,kit,70")
    operation.job()
    assert cli.main([command, str(operation.folder / "config.yaml")]) == 2
    assert capsys.readouterr().err.strip("\n") == (
        "stock.csv: 1 problem\n  line 4: repeats depot D1, item kit. It stands in line 2 too. Keep one of the two"
    )
