"""Water delivered to refugee sites, the raw file as it is; skipped aloud where the real data is not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import config, pipeline
from forecast.demand import forecast_demand
from forecast.inputs import read_inputs
from forecast.panel import build_panel
from forecast.schema import Inputs, Ledger
from tests.services import ROOT

NOW = pd.Timestamp("2026-11-22 06:00", tz="UTC").to_pydatetime()
QUICK = ("forecast.default={use: moving_average}", "forecast.samples=40", "plan.horizon=1")
FILE = "water/unhcr_wash_monthly_by_site.csv"


def job_of(out: Path | None = None) -> config.Job:
    path = ROOT / "configs" / "water_sites.yaml"
    return config.job(config.load(path, None, QUICK), path, scenario=None, issue_date=None, now_utc=NOW, out=out)


@pytest.fixture
def read(real_data_env: Path) -> tuple[config.Job, Inputs, Ledger]:
    job, ledger = job_of(), Ledger()
    return job, read_inputs(job, ledger), ledger


@pytest.fixture
def known(real_data_env: Path) -> pd.DataFrame:
    """The rows of the file whose block of weeks was over on the issue date."""
    raw = pd.read_csv(real_data_env / FILE, dtype={"location_id": str}, parse_dates=["ym", "end_date"])
    return raw[(raw["end_date"] <= "2022-01-10") & (raw["ym"] < "2022-01-01")]


def test_sites_are_those_heard_of_by_the_issue_date_without_places(
    read: tuple[config.Job, Inputs, Ledger], known: pd.DataFrame
) -> None:
    _, inputs, ledger = read
    assert set(inputs.zones.index) == set(known["location_id"])
    assert (len(inputs.zones), inputs.zones["parent"].nunique()) == (203, 30)
    assert inputs.zones.loc["463.0", "zone_name"] == "Auserd"
    assert inputs.zones.geometry.isna().all()
    assert "No place is known of any zone." in ledger.remarks
    assert len(inputs.routes.lanes) == len(inputs.zones)


def test_cubic_metres_a_day_become_litres_of_the_month(read: tuple[config.Job, Inputs, Ledger], known: pd.DataFrame) -> None:
    _, inputs, ledger = read
    told = known.dropna(subset=["water_m3_per_day"])
    litres = (told["water_m3_per_day"] * 1000 * told["ym"].dt.days_in_month).sum()
    assert inputs.records["distributed"].sum() == pytest.approx(litres, rel=1e-9)
    auserd = inputs.records.set_index(["zone", "period"]).loc[("463.0", pd.Timestamp("2018-11-01")), "distributed"]
    assert auserd == pytest.approx(298.208 * 1000 * 30)
    noted = ledger.problems.noted
    empty = [problem.problem for problem in noted if problem.problem.startswith("is empty")]
    assert empty == [f"is empty, and {len(known) - len(told) - 1} more rows like it"]
    assert len(noted) - len(empty) == 3  # counts of people that stand alone


def test_a_count_of_a_million_refugees_is_set_aside(read: tuple[config.Job, Inputs, Ledger]) -> None:
    _, inputs, ledger = read
    people = inputs.signals["refugees"].sel(zone="553.0")  # Kyangwali
    assert bool(people.sel(period="2020-05-01").isnull())
    assert float(people.max()) < 140_000
    assert any(problem.value == "1123119" and problem.column == "refugee_pop" for problem in ledger.problems.noted)


def test_the_need_of_a_site_is_what_it_gets_or_fifteen_litres_each(read: tuple[config.Job, Inputs, Ledger]) -> None:
    job, inputs, ledger = read
    demand = forecast_demand(build_panel(inputs, job.config, job.issue_date, ledger), inputs, job.config, job.issue_date, ledger)
    mean = demand.sel(item="water").mean("sample")
    planned = demand["model"].sel(item="water") != "none"
    counted = inputs.signals["refugees"].to_pandas().ffill(axis=1).iloc[:, -1]
    newest = demand["model"].sel(item="water").copy(data=counted.reindex(demand.zone.values).to_numpy(float))
    least = 15 * 31 * newest  # January
    assert (mean["demand"].isel(period=0) >= 0.99 * least).where(planned & newest.notnull(), True).all()
    short = planned & (mean["distributed"].isel(period=0) < 0.9 * least)
    assert int(short.sum()) > 20
    assert (mean["demand"].isel(period=0) > mean["distributed"].isel(period=0)).where(short, True).all()


def test_sites_silent_for_half_a_year_are_not_planned(read: tuple[config.Job, Inputs, Ledger], known: pd.DataFrame) -> None:
    job, inputs, ledger = read
    demand = forecast_demand(build_panel(inputs, job.config, job.issue_date, ledger), inputs, job.config, job.issue_date, ledger)
    told = known.dropna(subset=["water_m3_per_day"])
    silent = set(known["location_id"]) - set(told.loc[told["ym"] >= "2021-07-01", "location_id"])
    model = demand["model"].sel(item="water")
    assert set(model.zone.values[model.values == "none"]) == silent
    assert len(silent) == 65


def test_every_page_says_that_this_is_supply_not_need(real_data_env: Path, tmp_path: Path) -> None:
    folder = pipeline.run(job_of(tmp_path)).folder
    for page in ("summary.md", "map.html"):
        assert "what was delivered: supply, not need" in (folder / page).read_text("utf-8")
    coverage = pd.read_csv(folder / "coverage.csv", dtype={"zone": str})
    assert set(coverage["basis"]) == {"supply delivered, not need: at least 15 L per person and day"}
    assert np.isin(["463.0"], coverage["zone"]).all()
    lines = pd.read_csv(folder / "allocation.csv", dtype={"zone": str})
    parent = pd.read_csv(real_data_env / FILE, dtype={"location_id": str}).drop_duplicates("location_id").set_index("location_id")
    sent = lines[lines["quantity"] > 0]
    assert (sent["depot"] == sent["zone"].map(parent["country"])).all()
    assumed = pd.read_csv(folder / "assumptions.csv")["figure"].value_counts()
    assert (assumed["depots"], assumed["stock"], assumed["routes"]) == (30, 30, 203)


def test_what_is_known_only_later_has_no_influence(real_data_env: Path, tmp_path: Path) -> None:
    """The whole file, and the file cut at the issue date by when its rows were known, give the same demand of the same sites."""
    (tmp_path / "water").mkdir()
    raw = pd.read_csv(real_data_env / FILE, dtype="str", keep_default_na=False)
    raw[raw["end_date"] <= "2022-01-10"].to_csv(tmp_path / FILE, index=False)
    found = []
    for root in (real_data_env, tmp_path):
        job, ledger = replace(job_of(), data=root), Ledger()
        inputs = read_inputs(job, ledger)
        panel = build_panel(inputs, job.config, job.issue_date, ledger)
        found.append(forecast_demand(panel, inputs, job.config, job.issue_date, ledger)["demand"])
    assert found[0].identical(found[1])
    assert len(found[0].zone) == 203
