"""The raw export of Cote d'Ivoire, read as it is; skipped aloud where the real data is not."""

from pathlib import Path

import pandas as pd
import pytest

from forecast import config, store
from forecast.inputs import read_inputs
from forecast.schema import Inputs, Ledger
from tests.services import ROOT

NOW = pd.Timestamp("2026-11-22 06:00", tz="UTC").to_pydatetime()


@pytest.fixture
def read(real_data_env: Path) -> tuple[config.Job, Inputs, Ledger]:
    path, ledger = ROOT / "configs" / "civ_care.yaml", Ledger()
    job = config.job(config.load(path), path, scenario=None, issue_date=None, now_utc=NOW)
    return job, read_inputs(job, ledger), ledger


def test_the_raw_export_is_read_whole(read: tuple[config.Job, Inputs, Ledger]) -> None:
    _, inputs, ledger = read
    assert len(inputs.records) == 38_842
    assert inputs.records.groupby(["zone", "item"]).ngroups == 1_357
    assert (len(inputs.zones), inputs.zones["parent"].nunique(), len(inputs.items)) == (156, 81, 11)
    assert set(inputs.zones.geom_type) == {"Point"}
    assert inputs.data_until == pd.Timestamp("2019-09-30")
    assert not ledger.problems.noted


def test_stock_not_counted_in_the_last_month_is_unknown(read: tuple[config.Job, Inputs, Ledger]) -> None:
    job, inputs, _ = read
    age = job.issue_date - inputs.stock.zone_stock["counted_on"]
    assert len(age) == 1_357
    assert int((age.dt.days > job.config.plan.stock_max_age_days).sum()) == 328


def test_every_invented_figure_is_an_assumption_and_there_are_no_trucks(read: tuple[config.Job, Inputs, Ledger]) -> None:
    _, inputs, ledger = read
    listed = pd.Series([assumption.figure for assumption in ledger.assumptions])
    assert int((listed == "depots").sum()) == 4
    assert int((listed == "stock").sum()) == 44
    assert listed.str.contains("lanes|hours_one_way|routes").any()
    assert inputs.routes.fleet.empty
    assert inputs.items["kg_per_unit"].isna().all()


def test_a_year_back_the_whole_export_and_one_that_ends_there_are_the_same_inputs(real_data: Path, tmp_path: Path) -> None:
    export = pd.read_csv(real_data / "civ/lmis/contraceptive_logistics_data.csv", dtype=str, keep_default_na=False)
    months = pd.to_datetime(export["year"] + "-" + export["month"], format="%Y-%m")
    (tmp_path / "civ/lmis").mkdir(parents=True)
    sites = "civ/lmis/service_delivery_site_data.csv"
    (tmp_path / sites).write_bytes((real_data / sites).read_bytes())
    export[months < "2018-10-01"].to_csv(tmp_path / "civ/lmis/contraceptive_logistics_data.csv", index=False)
    path = ROOT / "configs" / "civ_care.yaml"
    found = []
    for data in (real_data, tmp_path):
        ledger, issued = Ledger(), pd.Timestamp("2018-10-01").date()
        job = config.job(config.load(path), path, scenario=None, issue_date=issued, now_utc=NOW, data=data)
        inputs = read_inputs(job, ledger)
        found.append((store.inputs_fingerprint(inputs, ledger), len(inputs.records), str(inputs.data_until.date())))
    assert found[0] == found[1]
    assert found[0][1:] == (int((months < "2018-10-01").sum()), "2018-09-30")
