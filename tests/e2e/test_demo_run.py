"""The main job on the demo country, from the files to the published folder."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast import cli, config, pipeline, store
from forecast.allocate import plan_allocation
from forecast.config import Job
from forecast.demand import forecast_demand
from forecast.inputs import read_inputs
from forecast.panel import build_panel
from forecast.schema import DISPATCHES, Inputs, Ledger, Plan

NOW = pd.Timestamp("2026-11-22 06:00", tz="UTC").to_pydatetime()
FILES = {
    "allocation.csv", "allocation.xlsx", "allocation.gpkg", "coverage.csv", "demand.csv", "samples.parquet", "assumptions.csv",
    "pipeline.csv", "problems.csv", "signals.csv", "map.html", "summary.md", "manifest.json", "seams", "transfers.csv",
}  # fmt: skip


def job_of(path: Path, scenario: str | None = None) -> Job:
    return config.job(config.load(path, scenario), path, scenario=scenario, issue_date=None, now_utc=NOW)


@pytest.fixture(scope="module")
def inputs(demo_config: Path) -> Inputs:
    return read_inputs(job_of(demo_config), Ledger())


@pytest.fixture(scope="module")
def panel(demo_config: Path, inputs: Inputs) -> xr.Dataset:
    job = job_of(demo_config)
    return build_panel(inputs, job.config, job.issue_date, Ledger())


@pytest.fixture(scope="module")
def quick(demo_config: Path) -> Job:
    """The demo's job with fast models: what is tested with it does not depend on the model."""
    job = job_of(demo_config)
    quick_model = config.Plugin(use="moving_average")
    items = {
        code: item if code == "water_trucked" else item.model_copy(update={"model": quick_model})
        for code, item in job.config.items.items()
    }
    return dataclasses.replace(job, config=job.config.model_copy(update={"items": items}))


@pytest.fixture(scope="module")
def quickest(quick: Job) -> Job:
    """The same with moving averages only, few samples, and a plan of three weeks."""
    settings = quick.config
    water = settings.items["water_trucked"].model_copy(update={"model": config.Plugin(use="moving_average")})
    return dataclasses.replace(
        quick,
        config=settings.model_copy(
            update={
                "items": {**settings.items, "water_trucked": water},
                "forecast": settings.forecast.model_copy(update={"samples": 50}),
                "plan": settings.plan.model_copy(update={"horizon": 3}),
            }
        ),
    )


@pytest.fixture(scope="module")
def demand(demo_run: Path, inputs: Inputs, demo_config: Path) -> xr.Dataset:
    """The demand of the demo run, read back from its samples."""
    from forecast.given_demand import read_given_demand

    return read_given_demand(demo_run / "samples.parquet", inputs, job_of(demo_config).config, Ledger())


@pytest.fixture(scope="module")
def some(demand: xr.Dataset) -> xr.Dataset:
    """A quarter of its futures: enough for plans that are compared with one another."""
    return demand.isel(sample=slice(None, None, 4))


@pytest.fixture(scope="module")
def planned(demo_config: Path, some: xr.Dataset) -> Callable[[str | None], Plan]:
    """Plan the same demand under a scenario."""

    def plan(scenario: str | None) -> Plan:
        job = job_of(demo_config, scenario)
        return plan_allocation(some, read_inputs(job, Ledger()), job.config, job.issue_date, Ledger())

    return plan


@pytest.fixture(scope="module")
def base(planned: Callable[[str | None], Plan]) -> Plan:
    return planned(None)


# ------------------------------------------------------------------ the folder


def test_a_run_leaves_all_its_files_and_is_the_latest(demo_run: Path) -> None:
    assert {path.name for path in demo_run.iterdir()} == FILES
    assert store.latest(demo_run.parent) == demo_run
    assert store.is_complete(demo_run)
    manifest = json.loads((demo_run / "manifest.json").read_text())
    assert (manifest["run"], manifest["status"]) == (demo_run.name, "DRAFT")
    assert set(manifest["seconds"]) == {"ingest", "panel", "demand", "plan"}
    assert "records/records_2026.csv" in manifest["inputs"]


def test_the_truth_is_never_read(demo_run: Path) -> None:
    manifest = json.loads((demo_run / "manifest.json").read_text())
    assert not [name for name in manifest["inputs"] if "truth" in name]


def test_the_same_question_again_is_nothing_new(demo_config: Path, demo_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", str(demo_config), "--out", str(demo_run.parent)]) == 0
    assert "Nothing new" in capsys.readouterr().out
    assert {path.name for path in demo_run.parent.iterdir() if path.is_dir()} == {demo_run.name, "kept"}


def test_what_is_kept_for_the_next_run_is_listed_and_hashed(demo_run: Path) -> None:
    manifest = json.loads((demo_run / "manifest.json").read_text())
    assert manifest["kept_state"].keys() <= {path.name for path in (demo_run.parent / "kept").iterdir()}
    assert {name.split("-")[0] for name in manifest["kept_state"]} == {"weights", "zones"}
    assert all(len(digest) == 64 for digest in manifest["kept_state"].values())
    assert set(manifest["integrity_unverified"]) == {"flooded_share", "population", "rainfall_mm"}  # no checksums beside them


def test_help_answers_within_half_a_second() -> None:
    def spent() -> float:  # by the processor, so that a busy machine is no fault
        return sum(os.times()[2:4])

    seconds = []
    for _ in range(3):
        before = spent()
        subprocess.run([sys.executable, "-m", "forecast", "--help"], capture_output=True, check=True)
        seconds.append(spent() - before)
    assert 0 < min(seconds) < 0.5


# ------------------------------------------------------------------ what the tables promise


def test_no_depot_sends_more_than_it_has_by_then(demo_run: Path, inputs: Inputs) -> None:
    lines = pd.read_csv(demo_run / "allocation.csv", parse_dates=["load_on"], encoding="utf-8-sig")
    sent = lines[lines["quantity"] > 0]
    usable = inputs.stock.depot_stock.query("status == 'usable'")
    arrivals = inputs.stock.arrivals
    checked = 0
    for (depot, item), rows in sent.groupby(["depot", "item"]):
        start = usable[(usable["depot"] == depot) & (usable["item"] == item)]
        coming = arrivals[(arrivals["depot"] == depot) & (arrivals["item"] == item)]
        for day, loaded in rows.groupby("load_on")["quantity"].sum().cumsum().items():
            available_from = start["available_from"].fillna(pd.Timestamp("1900-01-01"))
            there = start.loc[available_from <= day, "quantity"].sum() + coming.loc[coming["eta"] <= day, "quantity"].sum()
            assert loaded <= there + 1e-6, (depot, item, day)
            checked += 1
    assert checked > 50


def test_a_batch_is_never_sent_beyond_its_size_nor_to_arrive_expired(demo_run: Path, inputs: Inputs) -> None:
    dates = ["arrive_by", "expiry"]
    lines = pd.read_csv(demo_run / "allocation.csv", parse_dates=dates, dtype={"batch": str}, encoding="utf-8-sig")
    batched = lines[lines["batch"].notna() & (lines["quantity"] > 0)]
    size = inputs.stock.depot_stock.groupby(["depot", "item", "batch"])["quantity"].sum()
    sent = batched.groupby(["depot", "item", "batch"])["quantity"].sum()
    known = sent.index.intersection(size.index)
    assert len(known) > 10
    assert (sent[known] <= size[known] + 1e-6).all()
    dated = batched[batched["expiry"].notna()]
    assert (dated["arrive_by"] <= dated["expiry"]).all()


def test_only_whole_packs_are_loaded(demo_run: Path, inputs: Inputs) -> None:
    lines = pd.read_csv(demo_run / "allocation.csv", encoding="utf-8-sig")
    sent = lines[lines["quantity"] > 0]
    np.testing.assert_allclose(sent["packs"] % 1, 0)
    np.testing.assert_allclose(sent["packs"] * sent["item"].map(inputs.items["pack"]), sent["quantity"], rtol=1e-9)


def test_available_plus_unmet_minus_surplus_is_the_mean_demand(demo_run: Path) -> None:
    cells = pd.read_csv(demo_run / "coverage.csv", encoding="utf-8-sig")
    available = cells[["zone_stock", "in_transit", "planned", "by_others"]].sum(axis=1)
    left = available + cells["expected_unmet"] - cells["expected_surplus"]
    np.testing.assert_allclose(left, cells["demand_mean"] + cells["carried_need"], rtol=1e-6, atol=1e-3)


def test_every_zone_and_item_with_demand_has_a_line(demo_run: Path) -> None:
    lines = pd.read_csv(demo_run / "allocation.csv", encoding="utf-8-sig")
    demand = pd.read_csv(demo_run / "demand.csv", encoding="utf-8-sig").query("quantity == 'demand' and mean > 0")
    asked, answered = (set(zip(table["zone"], table["item"], strict=True)) for table in (demand, lines))
    assert asked <= answered
    assert (lines["reason"].str.len() > 0).all()


def test_quantiles_ascend_and_spread_wherever_history_varies(demo_run: Path, panel: xr.Dataset) -> None:
    table = pd.read_csv(demo_run / "demand.csv", parse_dates=["period"], encoding="utf-8-sig")
    quantiles = table[["q05", "q10", "q25", "q50", "q75", "q90", "q95"]].to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    varies = panel["demand"].std("period").to_series()
    varying = set(varies[varies > 0].index)
    rows = table[[pair in varying for pair in zip(table["zone"], table["item"], strict=True)]].query("quantity == 'demand'")
    assert len(rows) > 1000
    assert (rows["q05"] < rows["q95"]).all()


def test_shipments_of_the_allocation_are_what_coverage_says_is_planned(demo_run: Path, inputs: Inputs) -> None:
    lines = pd.read_csv(demo_run / "allocation.csv", parse_dates=["arrive_by"], encoding="utf-8-sig")
    cells = pd.read_csv(demo_run / "coverage.csv", encoding="utf-8-sig")
    within = lines["arrive_by"] < pd.Timestamp("2026-11-02") + pd.Timedelta(weeks=6)
    group = inputs.items["substitutes"].where(inputs.items["substitutes"] != "", inputs.items.index)
    sent = (lines["quantity"] * lines["item"].map(inputs.items["covers"]))[within].groupby(lines["item"].map(group)).sum()
    planned = cells.groupby("item")["planned"].sum()
    np.testing.assert_allclose(sent[planned.index], planned, rtol=1e-6)


# ------------------------------------------------------------------ what moves what


def test_each_signal_changes_the_forecast(quick: Job, inputs: Inputs, panel: xr.Dataset) -> None:
    def total(changed: xr.Dataset, job: Job) -> float:
        demand = forecast_demand(changed, inputs, job.config, job.issue_date, Ledger())["demand"]
        return float(demand.sel(item="water_trucked").sum())

    whole = total(panel, quick)
    settings = quick.config.forecast.model_copy(update={"exposure": None})
    without_people = panel.assign(people=panel["people"].isel(period=0).broadcast_like(panel["people"]))
    deaf = quick.config.model_copy(update={"forecast": settings})
    assert total(without_people, dataclasses.replace(quick, config=deaf)) != whole
    plain = quick.config.items["water_trucked"].model_copy(update={"model": config.Plugin(use="prophet")})
    dry = quick.config.model_copy(update={"items": {**quick.config.items, "water_trucked": plain}})
    assert total(panel, dataclasses.replace(quick, config=dry)) != whole


def test_twice_the_people_in_a_zone_is_twice_its_demand_and_more_of_its_lines(
    quickest: Job, inputs: Inputs, panel: xr.Dataset
) -> None:
    zone = "XD0104"
    present = float(panel["people"].sel(zone=zone).isel(period=-1))
    arriving = pd.DataFrame({"zone": [zone], "start": [quickest.issue_date], "people": [present]})
    doubled = dataclasses.replace(inputs, movements=arriving)
    once = forecast_demand(panel, inputs, quickest.config, quickest.issue_date, Ledger())
    twice = forecast_demand(panel, doubled, quickest.config, quickest.issue_date, Ledger())
    ratio = twice["demand"].sel(zone=zone).mean(("period", "sample")) / once["demand"].sel(zone=zone).mean(("period", "sample"))
    np.testing.assert_allclose(ratio, 2, rtol=0.1)
    others = [code for code in inputs.zones.index if code != zone]
    np.testing.assert_array_equal(twice["demand"].sel(zone=others), once["demand"].sel(zone=others))

    def sent(demand: xr.Dataset, of: Inputs) -> float:
        lines = plan_allocation(demand, of, quickest.config, quickest.issue_date, Ledger()).lines
        return float(lines[(lines["zone"] == zone) & (lines["item"] == "ration")]["quantity"].sum())

    assert sent(twice, doubled) > 1.2 * sent(once, inputs)


def test_the_road_that_floods_next_week_is_stocked_this_week(base: Plan, planned: Callable[[str | None], Plan]) -> None:
    flooded = planned("flood_road")
    cut = ["XD0305", "XD0306", "XD0309"]

    def first_week(plan: Plan, item: str) -> float:
        lines = plan.lines
        chosen = (lines["load_on"] == "2026-11-02") & lines["zone"].isin(cut) & (lines["item"] == item)
        return float(lines[chosen]["quantity"].sum())

    assert first_week(flooded, "ration") > 1.5 * first_week(base, "ration")
    later = flooded.lines[(flooded.lines["load_on"] > "2026-11-02") & flooded.lines["zone"].isin(cut)]
    assert later["quantity"].sum() == 0


def test_half_the_trucks_carry_less_and_say_so(base: Plan, planned: Callable[[str | None], Plan]) -> None:
    halved = planned("half_trucks")
    assert halved.lines["kg"].sum() < 0.75 * base.lines["kg"].sum()
    assert halved.cells["expected_unmet"].sum() > base.cells["expected_unmet"].sum()
    assert halved.lines["reason"].str.contains(r" of D0[0-9][^;]* full").any()


def test_a_late_shipment_leaves_more_unmet(base: Plan, planned: Callable[[str | None], Plan]) -> None:
    late = planned("late_shipment")

    def unmet(plan: Plan) -> float:
        return float(plan.cells.query("item == 'ration'")["expected_unmet"].sum())

    assert unmet(late) > unmet(base)


def test_the_displaced_are_expected_where_they_arrive(
    demo_config: Path, quickest: Job, inputs: Inputs, panel: xr.Dataset
) -> None:
    displaced = read_inputs(job_of(demo_config, "displaced"), Ledger())

    def rations(given: Inputs) -> xr.DataArray:
        demand = forecast_demand(panel, given, quickest.config, quickest.issue_date, Ledger())["demand"]
        return demand.sel(item="ration").mean("sample").isel(period=-1)

    before, after = rations(inputs), rations(displaced)
    arrived = ["XD0111", "XD0302"]
    left = [zone for zone in inputs.zones.index if zone not in arrived]
    assert (after.sel(zone=arrived) > 1.5 * before.sel(zone=arrived)).all()
    np.testing.assert_allclose(after.sel(zone=left), 0.8 * before.sel(zone=left), rtol=0.05)


def test_what_left_this_morning_is_not_sent_again(demo_config: Path, some: xr.Dataset, inputs: Inputs, base: Plan) -> None:
    job = job_of(demo_config)
    line = base.lines[base.lines["item"] == "ration"].sort_values("quantity").iloc[-1]
    half = line["quantity"] / 2
    row = {"waybill": "WB-NEW", "depot": line["depot"], "zone": line["zone"], "item": "ration", "left": job.issue_date}
    sent = pd.DataFrame([{**row, "quantity": half}])
    columns = DISPATCHES.empty()
    dispatches = pd.concat([inputs.stock.dispatches, sent.reindex(columns=columns.columns)], ignore_index=True)
    stock = inputs.stock.depot_stock.copy()
    for row in stock.query("depot == @line.depot and item == 'ration' and status == 'usable'").index:
        taken = min(half, stock.loc[row, "quantity"])
        stock.loc[row, "quantity"] -= taken
        half -= taken
    left = dataclasses.replace(inputs, stock=dataclasses.replace(inputs.stock, depot_stock=stock, dispatches=dispatches))
    again = plan_allocation(some, left, job.config, job.issue_date, Ledger())

    def total(plan: Plan) -> float:
        return float(plan.lines[(plan.lines["zone"] == line["zone"]) & (plan.lines["item"] == "ration")]["quantity"].sum())

    assert total(again) <= total(base) - 0.8 * line["quantity"] / 2


# ------------------------------------------------------------------ the same bytes


def test_shuffled_rows_another_folder_and_thread_count_give_the_same_bytes(
    demo_config: Path, demo_run: Path, tmp_path: Path
) -> None:
    home = tmp_path / "elsewhere"
    shutil.copytree(demo_config.parent, home, ignore=shutil.ignore_patterns("runs", "truth"))
    rng = np.random.default_rng(7)
    for path in sorted((home / "data").rglob("*.csv")):
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([header, *rng.permutation(rows)]) + "\n", encoding="utf-8")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "2")
    command = [sys.executable, "-m", "forecast", "run", str(home / "config.yaml"), "--out", str(tmp_path / "runs")]
    subprocess.run(command, env={**os.environ, **threads, "PYTHONHASHSEED": "5"}, check=True, capture_output=True)
    folder = store.latest(tmp_path / "runs")
    assert folder is not None
    for name in ("allocation.csv", "coverage.csv", "demand.csv"):
        assert (folder / name).read_bytes() == (demo_run / name).read_bytes(), name


# ------------------------------------------------------------------ the other commands


def test_a_plan_from_the_samples_of_a_run_is_the_plan_of_that_run(demo_config: Path, demo_run: Path, tmp_path: Path) -> None:
    assert cli.main(["plan", str(demo_config), "--demand", str(demo_run / "samples.parquet"), "--out", str(tmp_path)]) == 0
    folder = store.latest(tmp_path)
    assert folder is not None
    read = [pd.read_csv(run / "allocation.csv", encoding="utf-8-sig").drop(columns="run") for run in (folder, demo_run)]
    pd.testing.assert_frame_equal(*read)


def test_a_plan_from_the_quantiles_of_a_run_says_how_futures_were_made(demo_config: Path, demo_run: Path, tmp_path: Path) -> None:
    assert cli.main(["plan", str(demo_config), "--demand", str(demo_run / "demand.csv"), "--out", str(tmp_path)]) == 0
    folder = store.latest(tmp_path)
    assert folder is not None
    assert "straight lines between them" in (folder / "summary.md").read_text(encoding="utf-8")


def test_an_unknown_zone_in_a_given_demand_is_refused_by_name(
    demo_config: Path, demo_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv(demo_run / "demand.csv", encoding="utf-8-sig", dtype=str).replace({"zone": {"XD0101": "XD9101"}})
    table.to_csv(tmp_path / "demand.csv", index=False)
    assert cli.main(["plan", str(demo_config), "--demand", str(tmp_path / "demand.csv"), "--out", str(tmp_path / "runs")]) == 2
    assert "demand.csv: 1 problem\n  column zone: 'XD9101' is not in zones." in capsys.readouterr().err
    assert store.latest(tmp_path / "runs") is None


def test_demand_from_records_alone_needs_no_config(demo_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = demo_config.parent / "data" / "records" / "records_2026.csv"
    out = tmp_path / "demand.csv"
    arguments = ["demand", "--records", str(records), "--frequency", "W", "--horizon", "4", "--out", str(out)]
    assert cli.main([*arguments, "--set", "forecast.default={use: moving_average}"]) == 0
    table = pd.read_csv(out, encoding="utf-8-sig")
    assert set(table["period"]) == {"2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"}
    assert set(table["quantity"]) == {"distributed", "demand"}
    assert (table["mean"] >= 0).all()
    assert "Models, as set: moving_average for" in capsys.readouterr().out


def test_check_computes_and_writes_nothing(demo_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(path.name for path in demo_config.parent.iterdir())
    assert cli.main(["check", str(demo_config)]) == 0
    assert re.search(r"zones +zones\.gpkg +40 +40 areas; 102,700 people", capsys.readouterr().out)
    assert sorted(path.name for path in demo_config.parent.iterdir()) == before


def test_an_error_is_a_sentence_and_debug_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", str(tmp_path / "none.yaml")]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_a_fault_of_ours_is_one_sentence_and_a_log(
    demo_config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pipeline, "run", lambda *_: 1 / 0)
    assert cli.main(["run", str(demo_config)]) == 1
    told = capsys.readouterr().err
    assert "This is a fault of ours, not yours: ZeroDivisionError. Log: " in told
    assert "ZeroDivisionError" in Path(told.strip().rpartition("Log: ")[2]).read_text()


def test_the_pipeline_of_the_depots_balances_with_the_allocation(demo_run: Path) -> None:
    dates = ["period", "break_on", "order_by"]
    table = pd.read_csv(demo_run / "pipeline.csv", parse_dates=dates, encoding="utf-8-sig")
    lines = pd.read_csv(demo_run / "allocation.csv", parse_dates=["load_on"], encoding="utf-8-sig")
    sent = lines[lines["quantity"] > 0].groupby(["depot", "item", "load_on"])["quantity"].sum()
    out = table.set_index(["depot", "item", "period"])["planned_out"]
    pd.testing.assert_series_equal(out.reindex(sent.index).rename("quantity"), sent, rtol=1e-6, check_dtype=False)
    before = table.groupby(["depot", "item"])["stock"].shift()
    moved = table["arrivals"] - table["planned_out"] - table["expired"]
    known = before.notna()
    assert (before[known] + moved[known] - table.loc[known, "stock"]).abs().max() < 0.01
    assert table.groupby(["depot", "item"])["break_risk"].is_monotonic_increasing.all()
    breaks = table[table["break_on"].notna() & (table["period"] + pd.Timedelta(days=7) <= table["break_on"])]
    assert (breaks["break_risk"] <= 0.5).all()
    vaccine = table[(table["item"] == "vaccine") & table["break_on"].notna()]
    assert (
        (vaccine["break_on"] - vaccine["order_by"]).dt.days.between(60 + 15, 60 + 16).all()
    )  # flown in after 60 days, half a month
    assert "## What to order" in (demo_run / "summary.md").read_text(encoding="utf-8")
