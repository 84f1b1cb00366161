"""The faults of manual/*.yaml: what is wrong, and the operation it is built into.

A page of the manual is one input. Its keys: `about`; `input`; what holds for all its cases; and `cases`, by the name of the file
in files/<page>/. A case is the whole message the program refuses with, or a mapping:

    says       the whole message; of rows that do not stop the run: their lines in problems.csv
    becomes    refused (exit 2), set aside, noted, or read; absent: refused
    rows, total   what is read all the same: rows of the input, and the sum of its main column
    as         the file it takes the place of; absent: <input> with the same ending
    config     merged over the tiny operation
    sheets     a workbook: its sheets, row by row
    made       a writer of made.py, for what no text can hold
    command, arguments   of the command line; absent: run
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import openpyxl
import pandas as pd
import yaml

from tests.faults import made
from tests.operation import Operation

HERE = Path(__file__).parent
QUICK: dict[str, Any] = {
    "forecast": {"default": {"use": "moving_average"}, "samples": 20, "horizon": 2},
    "plan": {"horizon": 1},
    "publish": {"outputs": ["tables"]},
}
SOUND = "sound"  # the folder of files that a page needs beside the faulty one


@dataclass(frozen=True)
class Fault:
    """One case of the manual."""

    page: str
    input: str
    name: str
    says: str = ""
    becomes: Literal["refused", "set aside", "noted", "read"] = "refused"
    rows: int | None = None
    total: float | None = None
    as_: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    sheets: Mapping[str, list[list[Any]]] | None = None
    made: str = ""
    arguments: Sequence[str] = ()
    command: str = "run"

    @property
    def place(self) -> str:
        """The file of the operation that the faulty one takes the place of."""
        return self.as_.replace("{name}", self.name) or self.input + Path(self.name).suffix

    def command_line(self, folder: Path) -> list[str]:
        words = {"{folder}": str(folder), "{file}": str(folder / self.place), "{stem}": Path(self.name).stem}
        return [self.command, str(folder / "config.yaml"), *(words.get(word, word) for word in self.arguments)]

    def message(self, folder: Path) -> str:
        """What the program must say; `{today}` and `{folder}` stand for what each run has its own of."""
        today = str(dt.datetime.now(dt.UTC).date())
        return self.says.rstrip("\n").replace("{today}", today).replace("{folder}", str(folder))


def faults() -> list[Fault]:
    """All cases of all pages."""
    return [fault for page in sorted((HERE / "manual").glob("*.yaml")) for fault in _of_page(page)]


def _of_page(page: Path) -> Iterator[Fault]:
    body = yaml.safe_load(page.read_text(encoding="utf-8"))
    common = {key: value for key, value in body.items() if key not in ("about", "cases")}
    for name, case in body["cases"].items():
        told = merged(common, {"says": case} if isinstance(case, str) else case)
        told["as_"] = told.pop("as", "")
        yield Fault(page=page.stem, name=name, **told)


def build(fault: Fault, operation: Operation) -> list[str]:
    """Build the fault into the tiny operation; returns the command line that meets it."""
    folder, files = operation.folder, HERE / "files" / fault.page
    if (files / SOUND).is_dir():
        shutil.copytree(files / SOUND, folder, dirs_exist_ok=True)
    _settle(fault, operation)
    (folder / fault.place).parent.mkdir(exist_ok=True)
    if fault.sheets is not None:
        _workbook(folder / fault.place, fault.sheets)
    elif fault.made:
        getattr(made, fault.made)(folder / fault.place)
    elif (files / fault.name).is_dir():
        shutil.copytree(files / fault.name, folder, dirs_exist_ok=True)
    elif (files / fault.name).exists():
        shutil.copy(files / fault.name, folder / fault.place)
    return fault.command_line(folder)


def _settle(fault: Fault, operation: Operation) -> None:
    """Write the config: the tiny operation, quick; its input reads the faulty file, the fault's own settings come last."""
    settings = merged(operation.settings, QUICK)
    if fault.input in settings["inputs"] or fault.input in fault.config.get("inputs", {}):
        settings = merged(settings, {"inputs": {fault.input: {"path": fault.place}}})
    operation.settings = merged(settings, fault.config)
    (operation.folder / "config.yaml").write_text(yaml.safe_dump(operation.settings), encoding="utf-8")


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merge, anything else replaces."""
    both = {
        key: merged(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }
    return {**below, **both}


def _workbook(path: Path, sheets: Mapping[str, list[list[Any]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def problems_told(run: Path) -> str:
    """The rows of a run's problems.csv, worded as the commands word them."""
    table = pd.read_csv(run / "problems.csv", dtype=str, keep_default_na=False, comment=None)
    return "\n".join(_told(row) for row in table.to_dict("records"))


def _told(row: Mapping[str, str]) -> str:
    places = (f"line {row['line']}" if row["line"] else "", f"column {row['column']}" if row["column"] else "")
    where = ", ".join(part for part in (row["file"], *places) if part)
    value = f"'{row['value']}' " if row["value"] else ""
    return f"{where}: {value}{row['problem']}. {row['action']}"
