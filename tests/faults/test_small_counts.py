"""An attacker has every published total, of two runs, and all the rest of the operator's table: no suppressed count is had."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely import box

from forecast import cli, store
from forecast.ingest import _counts, _small, flows, presence
from tests import small_places as small
from tests.faults.cases import QUICK, merged
from tests.operation import WEEKS, Operation

SMALL = range(16)  # what a suppressed count can be
ISSUE = "2026-03-02"
EVERYTHING = ["tables", "pipeline", "workbook", "geopackage", "map", "summary"]
WHOLE = {"P": box(0, 0, 3, 1), "A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1), "C": box(2, 0, 3, 1)}
NESTED = small.zones(WHOLE, people=1000.0).assign(parent=["", "P", "P", "P"])
PLACES = small.zones({code: WHOLE[code] for code in "ABC"}, people=1000.0)


# ------------------------------------------------------------------ two runs, all outputs


def run(operation: Operation, folder: Path, hidden: int) -> Path:
    """The published run of an operation whose tower T1 counts `hidden` people in the newest week, and 100 before."""
    rows = [
        f"{tower},{week},{hidden if (tower, week) == ('T1', WEEKS[-1]) else count + 3 * n}"
        for tower, count in (("T1", 100), ("T2", 200), ("T3", 300), ("T4", 150))
        for n, week in enumerate(WEEKS)
    ]
    operation.write("presence.csv", "tower,period,subscribers", *rows)
    operation.write("towers.csv", "tower,lat,lon", "T1,5.2,30.2", "T2,5.2,30.7", "T3,5.2,31.2", "T4,5.3,30.3")
    signal = {"use": "presence", "path": "presence.csv", "towers": "towers.csv"}
    more: dict[str, Any] = {
        "signals": {"present": signal}, "publish": {"outputs": EVERYTHING},
        "forecast": {"exposure": "present", "default": {"use": "ets"}},
        "paths": {"runs": str(folder)},
    }  # fmt: skip
    operation.settings = merged(merged(operation.settings, QUICK), more)
    operation.job()  # writes the config
    assert cli.main(["run", str(operation.folder / "config.yaml")]) == 0
    found = store.latest(folder)
    assert found is not None
    return found


def published(folder: Path) -> dict[str, str]:
    """Every output and seam of a run as text, without its name, its times and the checksums of what it read."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".parquet":
            found[name] = pd.read_parquet(path).to_csv()
        elif path.suffix == ".xlsx":
            sheets = pd.read_excel(path, sheet_name=None, header=None)
            found[name] = "\n".join(f"{sheet}\n{table.to_csv()}" for sheet, table in sheets.items())
        elif path.suffix == ".gpkg":
            layers = gpd.list_layers(path)["name"]
            found[name] = "\n".join(f"{layer}\n{gpd.read_file(path, layer=layer).to_csv()}" for layer in layers)
        elif path.suffix in (".csv", ".md", ".html"):
            found[name] = path.read_text(encoding="utf-8")
    stamp = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {name: _without(text, [folder.name, stamp["started_utc"]]) for name, text in found.items()}


def _without(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    text = re.sub(r"[0-9-]{10} [0-9:]{8} UTC", "", text)
    return "\n".join(line for line in text.splitlines() if "seconds" not in line)


def test_all_that_two_runs_publish_is_the_same_whatever_the_suppressed_count_is(operation: Operation, tmp_path: Path) -> None:
    first, second = (published(run(operation, tmp_path / f"runs-{count}", count)) for count in (2, 15))
    assert {
        "coverage.csv",
        "demand.csv",
        "allocation.gpkg",
        "problems.csv",
        "summary.md",
        "map.html",
        "seams/3-signals.parquet",
    } <= set(first)
    differ = [name for name in first if first[name] != second.get(name)]
    assert differ == []
    assert set(first) == set(second)


def test_a_count_that_is_not_suppressed_is_seen_in_the_outputs(operation: Operation, tmp_path: Path) -> None:
    """So that the test above could fail."""
    first, second = (published(run(operation, tmp_path / f"runs-{count}", count)) for count in (60, 90))
    assert first["coverage.csv"] != second["coverage.csv"]
    assert first["seams/3-signals.parquet"] != second["seams/3-signals.parquet"]


# ------------------------------------------------------------------ trying out

TIMES_AND_NAMES = ("run", "started_utc", "seconds", "outputs", "config", "config_sha256")  # of the run folder, not of its inputs


def test_the_manifest_is_the_same_whatever_the_suppressed_count_is(operation: Operation, tmp_path: Path) -> None:
    """Who has the file but for one small count could try each of sixteen on the hash of the file."""
    manifests = [_manifest(run(operation, tmp_path / f"runs-{count}", count)) for count in (2, 15)]
    first, second = ({key: fact for key, fact in one.items() if key not in TIMES_AND_NAMES} for one in manifests)
    assert first == second
    assert first["inputs_hashed_without_small_counts"] == ["presence.csv"]
    assert "towers.csv" in first["inputs"]


def test_the_manifest_tells_counts_that_are_not_suppressed_apart(operation: Operation, tmp_path: Path) -> None:
    first, second = (_manifest(run(operation, tmp_path / f"runs-{count}", count))["inputs"] for count in (60, 90))
    assert first["presence.csv"] != second["presence.csv"]
    assert first["towers.csv"] == second["towers.csv"]


@pytest.mark.parametrize("total", ["Total,2026-02-23,{}", "P,2026-02-23,{}"])
def test_no_total_in_the_file_lets_the_hash_of_what_is_left_give_a_part_away(tmp_path: Path, total: str) -> None:
    """The attacker has all but one small count, and knows that the total is the sum."""
    hashes = set()
    for hidden in (2, 15):
        rows = ["A,2026-02-16,100", f"A,2026-02-23,{hidden}", "B,2026-02-23,100", total.format(100 + hidden)]
        (tmp_path / "presence.csv").write_text("\n".join(["zone,period,subscribers", *rows]))
        asked = small.reading(tmp_path, NESTED)
        presence.read(presence.Settings(path="presence.csv"), asked, "present")
        hashes.add(asked.veiled["presence.csv"])
    assert len(hashes) == 1


def test_the_hash_of_what_is_left_does_not_hang_on_the_order_of_rows_and_flows_have_one_too(tmp_path: Path) -> None:
    rows = ["A,B,2026-02-23,100", "B,A,2026-02-23,9", "A,C,2026-02-23,40"]
    others = [row.replace(",9", ",3") for row in rows[::-1]]
    hashes = []
    for some in (rows, others, [rows[0], rows[1], "A,C,2026-02-23,41"]):
        (tmp_path / "flows.csv").write_text("\n".join(["origin,destination,period,subscribers", *some]))
        asked = small.reading(tmp_path, PLACES)
        flows.read(flows.Settings(path="flows.csv", measure="moved"), asked, "moved")
        hashes.append(asked.veiled["flows.csv"])
    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found["figures"] = {name: figure for name, figure in found["figures"].items() if "seconds" not in name}
    return found


# ------------------------------------------------------------------ subtraction


@pytest.mark.parametrize("everybody", ["", "all", "Total"])
def test_the_sum_of_all_operators_less_the_others_gives_none_away(tmp_path: Path, everybody: str) -> None:
    found = []
    for hidden in (2, 15):
        counts = {"north": [100, 100, hidden], "south": [100, 100, 100], everybody: [200, 200, 100 + hidden]}
        weeks = ["2026-02-09", "2026-02-16", "2026-02-23"]
        rows = [f"A,{week},{n},{who}" for who, all_ in counts.items() for week, n in zip(weeks, all_, strict=True)]
        rows += [f"B,{week},100,{who}" for who in counts for week in weeks]
        (tmp_path / "presence.csv").write_text("\n".join(["zone,period,subscribers,operator", *rows]))
        asked = small.reading(tmp_path, PLACES)
        settings = presence.Settings(path="presence.csv", enough_phones=0.001)
        found.append((presence.read(settings, asked, "present"), asked.veiled))
    xr.testing.assert_identical(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


def counts_of(folder: Path, table: dict[str, list[int]], zones: Any = NESTED) -> xr.Dataset:
    weeks = [str(day.date()) for day in pd.date_range(end="2026-02-23", periods=len(table["A"]), freq="7D")]
    rows = [f"{zone},{week},{count}" for zone, all_ in table.items() for week, count in zip(weeks, all_, strict=True)]
    (folder / "presence.csv").write_text("\n".join(["zone,period,subscribers", *rows]))
    settings = presence.Settings(path="presence.csv", enough_phones=0.001)
    return presence.read(settings, small.reading(folder, zones), "present")


def whole_less_parts(ds: xr.Dataset, usual: dict[str, float]) -> float:
    """The attack: he knows the usual counts, turns people present back into shares of them, and takes the parts from the whole.

    The count of A in the newest week, if A alone is hidden; NaN when the sum does not close.
    """
    newest = ds["present"].isel(period=-1)
    size = {zone: float(newest.sel(zone=zone)) / 1000 * usual[zone] for zone in usual}  # up to the size of the network
    known = {zone: value for zone, value in size.items() if np.isfinite(value)}
    # The network is as large as he likes to try: B counts 100 in any case.
    scale = 100 / known["B"] if "B" in known else np.nan
    return (known.get("P", np.nan) - known.get("B", np.nan) - known.get("C", np.nan)) * scale


NIGHT = {"P": [300, 300, 209], "A": [100, 100, 9], "B": [100, 100, 100], "C": [100, 100, 100]}
USUAL = {"P": 300.0, "A": 100.0, "B": 100.0, "C": 100.0}


def test_the_whole_less_its_other_parts_gives_no_part_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert np.isnan(whole_less_parts(counts_of(tmp_path, NIGHT), USUAL))
    # Were the whole not hidden with its part, the attack would find the nine people to the last one.
    monkeypatch.setattr(_small, "hide_wholes", lambda counts, small, wholes: (counts, 0))
    assert whole_less_parts(counts_of(tmp_path, NIGHT), USUAL) == pytest.approx(9)


def test_all_that_holds_a_zone_with_a_suppressed_count_is_hidden_with_it(tmp_path: Path) -> None:
    shapes = {"P": box(0, 0, 3, 1), "Q": box(0, 0, 2, 1), "A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1)}
    zones = small.zones(shapes, people=1000.0).assign(parent=["", "P", "Q", "Q"])
    table = {"P": [400, 400, 309], "Q": [200, 200, 109], "A": [100, 100, 9], "B": [100, 100, 100]}
    newest = counts_of(tmp_path, table, zones)["present"].isel(period=-1)
    assert {str(zone): bool(newest.sel(zone=zone).isnull()) for zone in "PQAB"} == {"P": True, "Q": True, "A": True, "B": False}


def test_a_second_run_that_shows_the_part_gives_the_first_ones_count_away_no_more(tmp_path: Path) -> None:
    first = counts_of(tmp_path, NIGHT)
    second = counts_of(tmp_path, NIGHT | {"A": [100, 100, 20]})
    assert np.isnan(float(first["present"].sel(zone="P")[-1]))
    assert np.isfinite(float(second["present"].sel(zone="P")[-1]))
    # Of all the small counts that the first run may have had, none would have published anything else; P is what it is.
    for count in SMALL:
        xr.testing.assert_identical(counts_of(tmp_path, NIGHT | {"A": [100, 100, count]}), first)


@pytest.mark.parametrize("seed", range(5))
def test_no_two_published_figures_of_two_runs_that_differ_by_one_cell_give_it_away(tmp_path: Path, seed: int) -> None:
    """All sums and differences of two published figures, turned back into counts by one who knows all usual ones."""
    rng = np.random.default_rng(seed)
    table = {zone: [int(count) for count in rng.integers(60, 400, 6)] for zone in "ABC"}
    secret = int(rng.integers(1, 16))
    table["A"][-1] = secret
    table["P"] = [sum(counts) for counts in zip(table["A"], table["B"], table["C"], strict=True)]
    other = table | {"A": [*table["A"][:-1], int(rng.integers(16, 60))]}
    runs = [counts_of(tmp_path, one) for one in (table, other)]
    for count in SMALL:
        again = table | {"A": [*table["A"][:-1], count]}
        xr.testing.assert_identical(counts_of(tmp_path, again), runs[0])  # sixteen answers fit all that is published
    shown = [float(value) for ds in runs for value in ds["present"].isel(period=-1).values if np.isfinite(value)]
    usual = float(np.median(table["B"])) / 1000
    found = [sign * (a - b) * usual for a, b in itertools.permutations(shown, 2) for sign in (1, -1)]
    assert np.min(np.abs(np.array(found) - secret)) > 1e-9


@pytest.mark.parametrize("measure", ["present", "net", "moved", "index"])
@pytest.mark.parametrize("seed", range(3))
def test_flows_publish_the_same_whatever_the_suppressed_flow_is(tmp_path: Path, measure: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = [str(day.date()) for day in pd.date_range(end="2026-03-01", periods=6)]
    pairs = list(itertools.permutations("ABC", 2))
    table = {(pair, day): int(rng.integers(5, 90)) for pair in pairs for day in days}
    secret = (pairs[int(rng.integers(len(pairs)))], days[int(rng.integers(len(days)))])
    outputs, notes = [], []
    for count in SMALL:
        rows = [f"{a},{b},{day},{value}" for ((a, b), day), value in (table | {secret: count}).items()]
        (tmp_path / "flows.csv").write_text("\n".join(["origin,destination,period,subscribers", *rows]))
        asked = small.reading(tmp_path, PLACES, period="D")
        settings = flows.Settings.model_validate({"path": "flows.csv", "measure": measure, "subscribers": 300})
        outputs.append(flows.read(settings, asked, "moves"))
        notes.append((small.noted(asked), asked.ledger.remarks, asked.ledger.assumptions))
    for output, note in zip(outputs, notes, strict=True):
        xr.testing.assert_identical(output, outputs[0])
        assert note == notes[0]


def test_flows_of_a_whole_are_left_out_where_its_parts_have_flows(tmp_path: Path) -> None:
    rows = ["A,C,2026-03-01,40", "C,A,2026-03-01,30", "B,C,2026-03-01,9", "C,B,2026-03-01,50"]
    settings = flows.Settings.model_validate({"path": "flows.csv", "measure": "moved"})
    found = []
    for more in ([], ["P,C,2026-03-01,49", "C,P,2026-03-01,80"]):
        (tmp_path / "flows.csv").write_text("\n".join(["origin,destination,period,subscribers", *rows, *more]))
        asked = small.reading(tmp_path, NESTED, period="D")
        found.append(flows.read(settings, asked, "moves"))
    xr.testing.assert_identical(*found)
    assert "1 zone with flows hold others with flows: P. Left out: the flows of their parts are used" in small.noted(asked)


# ------------------------------------------------------------------ towers in part, and words


def test_a_zone_with_a_sliver_of_a_tower_shows_no_fewer_people_than_may_be_shown(tmp_path: Path) -> None:
    """A tenth of a tower of 100 is ten people: too few, though the tower is not."""
    zones = small.zones({"A": box(0, 0, 0.9, 1), "B": box(0.9, 0, 1, 1)}, people=1000.0)
    weeks = ["2026-02-16", "2026-02-23"]
    (tmp_path / "presence.csv").write_text("\n".join(["tower,period,subscribers", *(f"T,{week},100" for week in weeks)]))
    (tmp_path / "towers.csv").write_text("tower,lat,lon\nT,0.5,0.5\n")
    settings = presence.Settings.model_validate(
        {"path": "presence.csv", "towers": "towers.csv", "reach_km": 300, "share_by": "area", "enough_phones": 0.01}
    )
    asked = small.reading(tmp_path, zones)
    ds = presence.read(settings, asked, "present")
    assert np.isfinite(ds["present"].sel(zone="A")).all()
    assert ds["present"].sel(zone="B").isnull().all()
    assert "2 of 4 zone-periods have fewer than 16 subscribers. Empty" in small.noted(asked)


@pytest.mark.parametrize("seed", range(3))
def test_no_tower_gives_its_small_count_away(tmp_path: Path, seed: int) -> None:
    """Towers share zones: who knows every other count, and which part of each tower stands for which zone, learns nothing."""
    rng = np.random.default_rng(seed)
    weeks = [str(day.date()) for day in pd.date_range(end="2026-02-23", periods=5, freq="7D")]
    places = rng.uniform([0, 0], [1, 3], (6, 2))
    table = {(f"T{n}", week): int(rng.integers(40, 300)) for n in range(6) for week in weeks}
    secret = (f"T{int(rng.integers(6))}", weeks[int(rng.integers(5))])
    (tmp_path / "towers.csv").write_text("\n".join(["tower,lat,lon", *(f"T{n},{y},{x}" for n, (y, x) in enumerate(places))]))
    settings = presence.Settings.model_validate({"path": "presence.csv", "towers": "towers.csv", "reach_km": 200})
    found = []
    for count in SMALL:
        rows = [f"{tower},{week},{value}" for (tower, week), value in (table | {secret: count}).items()]
        (tmp_path / "presence.csv").write_text("\n".join(["tower,period,subscribers", *rows]))
        asked = small.reading(tmp_path, PLACES)
        found.append((presence.read(settings, asked, "present"), small.noted(asked), asked.ledger))
    for ds, noted, ledger in found:
        xr.testing.assert_identical(ds, found[0][0])
        assert (noted, ledger.remarks, ledger.assumptions) == (found[0][1], found[0][2].remarks, found[0][2].assumptions)


def test_no_small_count_is_an_example_of_how_a_file_writes_its_figures(tmp_path: Path) -> None:
    rows = ["A;2026-02-16;100,0", "A;2026-02-23;100,5", "B;2026-02-16;7,5", "B;2026-02-23;100,5"]
    (tmp_path / "presence.csv").write_text("\n".join(["zone;period;subscribers", *rows]))
    asked = small.reading(tmp_path, PLACES)
    presence.read(presence.Settings(path="presence.csv", decimal=","), asked, "present")
    assert "7,5" not in " ".join(asked.ledger.remarks)
    assert "numbers read as they are written there" in " ".join(asked.ledger.remarks)


def test_a_bad_cell_that_holds_a_small_figure_is_not_shown(tmp_path: Path) -> None:
    rows = ["A,2026-02-16,100", "A,2026-02-23,about 7", "B,2026-02-16,about 700", "B,2026-02-23,100"]
    (tmp_path / "presence.csv").write_text("\n".join(["zone,period,subscribers", *rows]))
    asked = small.reading(tmp_path, PLACES)
    presence.read(presence.Settings(path="presence.csv"), asked, "present")
    told = small.noted(asked)
    assert "about 7'" not in told
    assert "line 3, column subscribers: is not a number" in told
    assert "'about 700' is not a number" in told


def test_a_small_figure_in_a_column_of_its_own_in_another_script_or_in_a_note_is_not_shown(tmp_path: Path) -> None:
    rows = ["A,2026-02-16,100,100", "A,2026-02-23,about 7,100", "B,2026-02-16,100,٧ people", "B,2026-02-23,100,100"]
    lines = ["zone,period,orange,blue", *rows, "Note: A had 7 people,,,"]
    (tmp_path / "presence.csv").write_text("\n".join(lines), encoding="utf-8")
    asked = small.reading(tmp_path, PLACES)
    wide = {"operator": {"orange": "orange", "blue": "blue"}, "value": "subscribers"}
    presence.read(presence.Settings(path="presence.csv", wide=wide), asked, "present")
    told = small.noted(asked)
    assert "column orange: is not a number" in told
    assert "column blue: is not a number" in told
    assert "is taken for a note under the table" in told
    assert not any(word in told for word in ("about 7", "٧", "7 people"))


def test_hidden_counts_are_hidden_before_anything_is_computed() -> None:
    """The rule the tests above rest upon: what leaves the reading of the tables holds no small count."""
    values, hidden = _small.suppressed(np.array([[0.0, 15.0, 16.0, np.nan]]), 16)
    np.testing.assert_array_equal(values, [[np.nan, np.nan, 16, np.nan]])
    assert hidden.tolist() == [[True, True, False, False]]
    assert _counts._small is _small
