"""Run, dispatch half of the first line, run again: the zone gets the rest, not the whole again; nothing is sent twice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from forecast import config, pipeline
from tests.operation import Operation, tiny_operation

COLUMNS = ["waybill", "depot", "zone", "item", "quantity", "left", "received", "received_quantity", "status", "lost"]
COPIED = ("depot", "zone", "item", "vehicle", "trips")  # from a line of allocation.csv to a waybill


@dataclass(frozen=True)
class Published:
    """What two tables of a run say."""

    lines: pd.DataFrame
    cells: pd.DataFrame

    def sent(self, **where: str) -> float:
        return float(_chosen(self.lines, where)["quantity"].sum())

    def on_the_road(self, **where: str) -> float:
        return float(_chosen(self.cells, where)["in_transit"].sum())


def run(path: Path, day: str) -> Published:
    date = pd.Timestamp(day)
    now = date.tz_localize("UTC").replace(hour=5).to_pydatetime()
    outcome = pipeline.run(config.job(config.load(path), path, scenario=None, issue_date=date.date(), now_utc=now))
    lines, cells = (pd.read_csv(outcome.folder / name, encoding="utf-8-sig") for name in ("allocation.csv", "coverage.csv"))
    return Published(lines, cells)


def dispatch(path: Path, line: pd.Series, quantity: float, left: str) -> None:
    """Write a waybill under the others: a part of a line of allocation.csv, with its share of the trips."""
    known = [*pd.read_csv(path, nrows=0).columns]
    share = quantity / float(line["quantity"])
    row = {"waybill": "NEW-1", **{name: line[name] for name in COPIED}, "quantity": quantity, "left": left}
    row = {**row, "trips": row["trips"] * share} if pd.notna(row["trips"]) else {**row, "vehicle": "", "trips": ""}
    table = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False), pd.DataFrame([row])])
    table[list(dict.fromkeys([*known, *row]))].to_csv(path, index=False)


def first_line(lines: pd.DataFrame) -> pd.Series:
    return lines[lines["quantity"] > 0].iloc[0]


def _chosen(df: pd.DataFrame, where: dict[str, str]) -> pd.DataFrame:
    for column, value in where.items():
        df = df[df[column] == value]
    return df


# ------------------------------------------------------------------ a tiny operation


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    """Three zones, enough kits for all of them, counted yesterday."""
    tiny = tiny_operation(tmp_path)
    tiny.settings["forecast"] = {"default": {"use": "moving_average"}, "horizon": 6}
    tiny.write("stock.csv", "depot,item,quantity,counted_on", "D1,kit,5000,2026-03-01", "D2,kit,0,2026-03-01")
    tiny.write("dispatches.csv", ",".join(COLUMNS))
    tiny.input("dispatches", path="dispatches.csv")
    tiny.job()
    return tiny


@pytest.mark.parametrize("stock", ["unchanged", "reduced"])
def test_the_rest_of_a_half_dispatched_line_is_sent_and_no_more(operation: Operation, stock: str) -> None:
    path = operation.folder / "config.yaml"
    first = run(path, "2026-03-02")
    line = first_line(first.lines)
    half = float(line["quantity"] // 2)
    dispatch(operation.folder / "dispatches.csv", line, half, "2026-03-02")
    if stock == "reduced":
        rows = (f"D1,kit,{5000 - half},2026-03-02,end_of_day", "D2,kit,0,2026-03-02,end_of_day")
        operation.write("stock.csv", "depot,item,quantity,counted_on,counted_at", *rows)

    again = run(path, "2026-03-02")
    assert again.on_the_road(zone=line["zone"]) == half
    for zone in ("Z-01", "Z-02", "Z-03"):
        gone = half if zone == line["zone"] else 0
        assert again.sent(zone=zone) == first.sent(zone=zone) - gone
    assert again.cells["expected_unmet"].sum() == pytest.approx(first.cells["expected_unmet"].sum())

    next_day = run(path, "2026-03-03")
    assert next_day.on_the_road(zone=line["zone"]) == half
    total = first.sent(zone=line["zone"])
    assert next_day.sent(zone=line["zone"]) + half == pytest.approx(total, rel=0.1)  # a day less of need and of stock


@pytest.mark.parametrize("stock", ["unchanged", "reduced"])
def test_a_depot_that_is_nearly_empty_does_not_send_what_has_left(operation: Operation, stock: str) -> None:
    path = operation.folder / "config.yaml"
    operation.write("stock.csv", "depot,item,quantity,counted_on", "D1,kit,60,2026-03-01", "D2,kit,0,2026-03-01")
    first = run(path, "2026-03-02")
    assert first.sent() == 60
    line = first_line(first.lines)
    half = float(line["quantity"] // 2)
    dispatch(operation.folder / "dispatches.csv", line, half, "2026-03-02")
    if stock == "reduced":
        rows = (f"D1,kit,{60 - half},2026-03-02,end_of_day", "D2,kit,0,2026-03-02,end_of_day")
        operation.write("stock.csv", "depot,item,quantity,counted_on,counted_at", *rows)
    for day in ("2026-03-02", "2026-03-03"):
        again = run(path, day)
        assert again.sent() + again.on_the_road() == 60
    assert run(path, "2026-03-02").sent(zone=line["zone"]) <= first.sent(zone=line["zone"]) - half + 1


# ------------------------------------------------------------------ the demo country


@pytest.fixture
def demo(demo_config: Path, tmp_path: Path) -> Path:
    """The demo country with a quick model and a short plan."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_config.parent, folder, ignore=shutil.ignore_patterns("runs", "truth"))
    settings = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    settings["forecast"] |= {"samples": 40, "horizon": 4, "default": {"use": "moving_average"}}
    settings["plan"] |= {"horizon": 2}
    settings["signals"] = {"present_people": settings["signals"]["present_people"]}  # no raster matters here
    settings["access"] = {}
    for item in settings["items"].values():
        item.pop("model", None)
    (folder / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return folder / "config.yaml"


@pytest.mark.parametrize(("which", "firm"), [("first", 0), ("heaviest", 0), ("first", 1), ("heaviest", 1)])
def test_of_a_line_half_dispatched_in_the_demo_country_only_the_rest_is_sent(demo: Path, which: str, firm: int) -> None:
    settings = yaml.safe_load(demo.read_text(encoding="utf-8"))
    settings["plan"]["firm_periods"] = firm
    demo.write_text(yaml.safe_dump(settings), encoding="utf-8")
    first = run(demo, "2026-11-02")
    whole = first.lines[first.lines["packs"] >= 2]  # half of one pack is nothing
    line = first_line(whole if which == "first" else whole.sort_values("kg", ascending=False))
    pack = float(line["quantity"] / line["packs"])
    half = float(line["packs"] // 2) * pack
    where = {"zone": line["zone"], "item": line["item"]}
    dispatch(demo.parent / "data" / "dispatches.csv", line, half, "2026-11-02")

    again = run(demo, "2026-11-02")
    rest = first.sent(**where) - half
    assert again.sent(**where) <= rest + pack
    assert again.sent(**where) >= (0.9 * rest if firm else rest - pack)  # whole vehicles without the half are filled otherwise
    if firm:  # whole vehicles: a half that was left of one may go now
        first_kg, again_kg = (_first_week_kg(run_, line) for run_ in (first, again))
        gone, vehicle = float(line["kg"]) * half / float(line["quantity"]), float(line["kg"] / line["trips"])
        assert again_kg + gone <= first_kg + vehicle, "trucks that left do not carry twice"
    else:
        from_depot = {"depot": line["depot"], "item": line["item"]}
        elsewhere = max(pack, half / 4)  # the zones of two depots are rounded to packs otherwise
        assert again.sent(**from_depot) + half <= first.sent(**from_depot) + elsewhere, "trucks that left do not carry twice"
    next_day = run(demo, "2026-11-03")
    covers, need = _covers(demo, str(line["item"])), {"zone": line["zone"], "need": line["need"]}
    before, after = (_in_need_units(demo, run_.lines, need) for run_ in (first, next_day))  # another day may take a substitute
    assert after + half * covers < 1.2 * before  # another day of need at the far end, no second half
    on_the_road = (run_.cells.loc[run_.cells["zone"] == line["zone"], "in_transit"].sum() for run_ in (first, again, next_day))
    nothing, *known = on_the_road
    assert known == [pytest.approx(nothing + half * covers)] * 2


def _first_week_kg(published: Published, line: pd.Series) -> float:
    """What the vehicles of a line carry from its depot in the first week."""
    carried = _chosen(published.lines, {"depot": line["depot"], "vehicle": line["vehicle"]})
    return float(carried.loc[carried["load_on"] < "2026-11-09", "kg"].sum())


def _in_need_units(path: Path, lines: pd.DataFrame, where: dict[str, str]) -> float:
    chosen = _chosen(lines, where)
    return float((chosen["quantity"] * [_covers(path, str(item)) for item in chosen["item"]]).sum())


def _covers(path: Path, item: str) -> float:
    covers = config.load(path).items[item].covers
    assert covers is not None
    return covers
