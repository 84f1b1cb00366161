"""Somalia's arrivals by stated need, the raw files as they are; skipped aloud where the real data is not."""

import html
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl
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
NEEDS = {"food": "Food", "water": "Water", "health": "Health"}
MONTHS, WEEKS = (f"som/need/prmn_arrivals_by_need_adm2_{name}.csv" for name in ("month", "week_nonzero"))


def job_of(name: str, overrides: tuple[str, ...] = QUICK, out: Path | None = None) -> config.Job:
    path = ROOT / "configs" / f"{name}.yaml"
    return config.job(config.load(path, None, overrides), path, scenario=None, issue_date=None, now_utc=NOW, out=out)


def read(name: str) -> tuple[config.Job, Inputs, Ledger]:
    job, ledger = job_of(name), Ledger()
    return job, read_inputs(job, ledger), ledger


def days_there(arrived: tuple[str, str], present: tuple[str, str], stay: float) -> float:
    """Days of one stretch that those who came evenly over another are there, by counting: a thousand moments of arrival a day."""
    (q0, q1), (p0, p1) = (
        tuple((pd.Timestamp(day) - pd.Timestamp("2019-01-01")).days for day in pair) for pair in (arrived, present)
    )
    moments = q0 + (np.arange((q1 - q0) * 1000) + 0.5) / 1000
    return float(np.clip(np.minimum(moments + stay, p1) - np.maximum(moments, p0), 0, None).mean())


def test_the_months_are_read_whole(real_data_env: Path) -> None:
    _, inputs, ledger = read("som_needs")
    raw = pd.read_csv(real_data_env / MONTHS)
    assert len(inputs.records) == 3 * len(raw) == 9_417
    totals = inputs.records.groupby("item")["distributed"].sum()
    assert {item: float(totals[item]) for item in NEEDS} == {item: float(raw[column].sum()) for item, column in NEEDS.items()}
    assert (len(inputs.zones), set(inputs.records["zone"]) ^ set(inputs.zones.index)) == (74, {"SO1905"})
    assert set(inputs.zones.geom_type) <= {"Polygon", "MultiPolygon"}
    assert inputs.data_until == pd.Timestamp("2019-07-31")
    assert not ledger.problems.noted


def test_the_population_is_that_known_in_2019(real_data_env: Path) -> None:
    _, inputs, _ = read("som_needs")
    assert inputs.zones["population_people"]["SO2201"] == 1_650_228  # of 2014; 3,171,391 is of 2024
    assert list(inputs.zones.index[inputs.zones["population_people"].isna()]) == ["SO2505"]


def test_the_need_of_a_district_and_month_is_that_worked_out_by_hand(real_data_env: Path) -> None:
    """Baidoa, food, August 2019: arrivals of the file since May and those forecast, by days there, a ration a day."""
    job, inputs, ledger = read("som_needs")
    demand = forecast_demand(build_panel(inputs, job.config, job.issue_date, ledger), inputs, job.config, job.issue_date, ledger)
    chosen = demand.sel(zone="SO2401", item="food")
    raw = pd.read_csv(real_data_env / MONTHS).set_index(["adm2_pcode", "month"])["Food"]
    august = ("2019-08-01", "2019-09-01")
    months = ["2019-04-01", "2019-05-01", "2019-06-01", "2019-07-01", *august]
    there = {start: days_there((start, end), august, 90) for start, end in pairwise(months)}
    assert there["2019-04-01"] == 0  # gone by the end of July
    known = sum(raw["SO2401", month] * days for month, days in there.items() if month < "2019-08-01")
    expected, futures = float(chosen["trend"].values[0]), chosen["distributed"].values[0].astype(float)
    needed, days = chosen["demand"].values[0].astype(float), there["2019-08-01"]
    assert needed.mean() == pytest.approx(known + days * expected, rel=1e-6)
    assert needed == pytest.approx(known + days * futures, abs=days), "who comes is published in whole people"
    assert expected == pytest.approx(futures.mean(), abs=1 / len(futures))
    assert known > 100_000


def test_no_ration_is_forecast_of_the_district_that_no_arrivals_are_known_of(real_data_env: Path) -> None:
    job, inputs, ledger = read("som_needs")
    demand = forecast_demand(build_panel(inputs, job.config, job.issue_date, ledger), inputs, job.config, job.issue_date, ledger)
    assert set(demand["model"].sel(zone="SO1905").values) == {"none"}
    assert int((demand["model"] == "none").sum()) == 3


def test_weeks_are_numbered_so_that_they_fit_the_months(real_data_env: Path) -> None:
    """For every district and need: weeks whole within a month add up to no more than it, weeks that touch it to no less."""
    _, inputs, _ = read("som_needs_weekly")
    by_week = inputs.records.assign(end=lambda df: df["period"] + pd.Timedelta(days=6))
    months = pd.read_csv(real_data_env / MONTHS, parse_dates=["month"])
    for start in pd.date_range("2016-02-01", "2019-06-01", freq="MS"):
        end, key = start + pd.offsets.MonthEnd(0), ["item", "zone"]
        told = months[months["month"] == start].set_index("adm2_pcode")
        whole = by_week[(by_week["period"] >= start) & (by_week["end"] <= end)].groupby(key)["distributed"].sum()
        touching = by_week[(by_week["period"] <= end) & (by_week["end"] >= start)].groupby(key)["distributed"].sum()
        for item, column in NEEDS.items():
            assert (whole[item] <= told[column].reindex(whole[item].index)).all()
            some = told[column][told[column] > 0]
            assert (touching[item].reindex(some.index).fillna(0) >= some).all()


def test_the_two_parts_of_the_week_round_the_new_year_are_one(real_data_env: Path) -> None:
    _, inputs, ledger = read("som_needs_weekly")
    raw = pd.read_csv(real_data_env / WEEKS)
    parts = raw[raw["year_week"].isin([201852, 201853, 201901])].groupby("year_week")["Food"].sum()
    weekly = inputs.records[inputs.records["item"] == "food"].groupby("period")["distributed"].sum()
    assert weekly["2018-12-31"] == parts[201853] + parts[201901] == 89 + 1064
    assert weekly["2018-12-24"] == parts[201852]
    assert "84 rows of records are parts of 42 (zone, item and period): added up." in ledger.remarks


def test_absent_weeks_are_zeros_of_the_73_districts_collected_and_of_no_other(real_data_env: Path) -> None:
    job, inputs, ledger = read("som_needs_weekly")
    panel = build_panel(inputs, job.config, job.issue_date, ledger)
    raw = pd.read_csv(real_data_env / WEEKS)
    used = raw[(raw["year_week"] > 201600) & (raw["year_week"] < 201931)]  # the first and the last week are there in part only
    assert str(panel.period.values[0])[:10] == "2016-01-04"
    assert str(panel.period.values[-1])[:10] == "2019-07-22"
    assert int(panel["is_reported"].sum()) == 73 * 3 * panel.sizes["period"]
    assert panel["distributed"].sel(zone="SO1905").isnull().all()
    for item, column in NEEDS.items():
        assert float(panel["distributed"].sel(item=item).sum()) == used[column].sum()
    assert any(assumed.figure == "absent_rows" for assumed in ledger.assumptions)


@pytest.mark.parametrize("name", ["som_needs", "som_needs_weekly"])
def test_every_page_says_what_the_figures_are(real_data_env: Path, tmp_path: Path, name: str) -> None:
    folder = pipeline.run(job_of(name, out=tmp_path)).folder
    book = openpyxl.load_workbook(folder / "allocation.xlsx", read_only=True)
    about = " ".join(str(cell) for row in book["About"].iter_rows(values_only=True) for cell in row if cell)
    for page in ((folder / "summary.md").read_text("utf-8"), html.unescape((folder / "map.html").read_text("utf-8")), about):
        for words in ("index of new need", "not goods handed out", "caseload", "stay 90 days", "an assumption, not a count"):
            assert words in page
    demand = pd.read_csv(folder / "demand.csv")
    assert set(demand.loc[demand["quantity"] == "distributed", "unit"]) == {"people arriving"}
    assert set(demand.loc[demand["quantity"] == "demand", "unit"]) == {"tablet", "ration", "consultation"}
    coverage = pd.read_csv(folder / "coverage.csv")
    assert coverage["basis"].str.startswith("caseload, not a count: arrivals of the last 90 days x").all()
    food = coverage[coverage["item"] == "food"]
    assert food["people"].to_numpy() == pytest.approx(food["demand_mean"].to_numpy() / 7, abs=0.06)  # a ration a day each
    assumed = pd.read_csv(folder / "assumptions.csv").groupby("figure")["applies_to"].nunique()
    assert (assumed["stay_days"], assumed["depots"], assumed["stock"], assumed["fleet"]) == (3, 5, 15, 5)


@pytest.mark.parametrize("name", ["som_needs", "som_needs_weekly"])
def test_what_is_known_only_later_has_no_influence(real_data_env: Path, tmp_path: Path, name: str) -> None:
    """As of March 2018, whole files and files cut on that day give the same demand."""
    day = pd.Timestamp("2018-03-01")
    (tmp_path / "som" / "need").mkdir(parents=True)
    for file, column, last in ((MONTHS, "month", "2018-02-01"), (WEEKS, "year_week", 201808)):
        raw = pd.read_csv(real_data_env / file)
        raw[raw[column] <= last].to_csv(tmp_path / file, index=False)
    for other in ("boundaries", "population"):
        (tmp_path / "som" / other).mkdir()
        for file in (real_data_env / "som" / other).iterdir():
            shutil.copyfile(file, tmp_path / "som" / other / file.name)
    found = []
    for root in (real_data_env, tmp_path):
        job, ledger = replace(job_of(name), issue_date=day, data=root), Ledger()
        inputs = read_inputs(job, ledger)
        panel = build_panel(inputs, job.config, day, ledger)
        found.append(forecast_demand(panel, inputs, job.config, day, ledger)["demand"])
    assert found[0].identical(found[1])
    assert bool(np.isfinite(found[0]).any())
