"""Sierra Leone 2015, the raw files as they are: cases, treatment units, people; skipped aloud where the real data is not."""

import functools
import html
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
import xarray as xr

from forecast import config, pipeline, plugins
from forecast.demand import forecast_demand
from forecast.errors import InputError
from forecast.inputs import read_inputs
from forecast.panel import build_panel
from forecast.schema import Inputs, Ledger, Reading
from tests.services import ROOT

NOW = pd.Timestamp("2026-11-22 06:00", tz="UTC").to_pydatetime()
QUICK = ("forecast.default={use: moving_average}", "forecast.samples=40", "plan.horizon=1")
CASES = "sle/care/weekly_linelist_district_fang2016.csv"
FLOWS = "sle/cdr/IndivMvtBtwnAdmin2DaySep1Agg.csv"
PEOPLE = "sle/population/sle_pop_2025_CN_1km_R2025A_UA_v1.tif"
SERIES = {"confirmed": "confirmed_by_sample", "suspected": "suspected_by_sample"}
DIVIDED = {"SL0201", "SL0203", "SL0503"}  # Bombali, Koinadugu, Port Loko: their codes are also those of what was left of them


def job_of(name: str = "sle_care", *overrides: str, out: Path | None = None) -> config.Job:
    path = ROOT / "configs" / f"{name}.yaml"
    return config.job(config.load(path, None, (*QUICK, *overrides)), path, scenario=None, issue_date=None, now_utc=NOW, out=out)


@functools.cache
def read(name: str = "sle_care", *overrides: str) -> tuple[config.Job, Inputs, Ledger]:
    """Read once for all tests that only look."""
    job, ledger = job_of(name, *overrides), Ledger()
    return job, read_inputs(job, ledger), ledger


def raw_cases(root: Path, until: str = "2015-06-29") -> pd.DataFrame:
    """The file as it is, up to the last week that was known on the issue date."""
    raw = pd.read_csv(root / CASES, parse_dates=["week_start"])
    return raw[raw["week_start"] <= until]


# ------------------------------------------------------------------ cases


def test_every_case_of_the_fourteen_districts_is_there_in_the_sixteen(real_data_env: Path) -> None:
    _, inputs, ledger = read()
    raw = raw_cases(real_data_env)
    assert (raw["adm2_pcode"].nunique(), len(raw), inputs.records["zone"].nunique(), len(inputs.zones)) == (14, 840, 16, 16)
    assert len(inputs.records) == 2 * 16 * 60
    weekly = inputs.records.pivot_table(index="period", columns="item", values="distributed", aggfunc="sum")
    for item, column in SERIES.items():
        by_week = raw.groupby("week_start")[column].sum()
        assert weekly[item].to_numpy() == pytest.approx(by_week.to_numpy(), rel=1e-9)
    assert weekly.sum().round(6).to_dict() == {"confirmed": 8_325, "suspected": 2_969}
    assert "360 rows of records under 3 old zone codes" in " ".join(ledger.remarks)


def test_cases_of_a_divided_district_are_shared_out_by_the_people_of_its_chiefdoms(real_data_env: Path) -> None:
    job, inputs, _ = read()
    chiefdoms = pd.read_csv(real_data_env / "sle/care/DERIVED_adm3_to_district14.csv", dtype=str)
    people = pd.read_csv(real_data_env / "sle/boundaries/population_SLE.csv").set_index("placeCode")["value"]
    raw = raw_cases(real_data_env)
    code = raw.drop_duplicates("district").set_index("district")["adm2_pcode"]
    moved = chiefdoms.assign(old=chiefdoms["district_2014"].map(code), people=chiefdoms["ADM3_PCODE"].map(people))
    parts = moved.groupby(["old", "adm2_today"])["people"].sum()
    share = parts / parts.groupby("old").transform("sum")
    written = job.config.inputs["crosswalk"].settings["rows"]
    assert {(row["from_code"], row["to_code"]): row["share"] for row in written} == pytest.approx(
        {key: part for key, part in share.items() if key[0] in DIVIDED}, abs=5e-5
    )
    was = raw.groupby("adm2_pcode")["confirmed_by_sample"].sum()
    of = inputs.records[inputs.records["item"] == "confirmed"].groupby("zone")["distributed"].sum()
    assert was[["SL0201", "SL0503", "SL0203"]].tolist() == [1048, 1198, 111]
    assert of["SL0502"] == pytest.approx(0.3214 * 1048 + 0.1523 * 1198)  # Karene, of Bombali and Port Loko
    assert of["SL0206"] == pytest.approx(0.4988 * 111)  # Falaba, of Koinadugu
    for zone in set(was.index) - DIVIDED:
        assert of[zone] == was[zone]


def test_the_series_by_day_of_onset_is_not_used(real_data_env: Path) -> None:
    """In its last weeks it holds cases that were found only later: 11 in the week of 29 June by sample, 8 by onset."""
    _, inputs, _ = read()
    last = inputs.records[(inputs.records["period"] == "2015-06-29") & (inputs.records["item"] == "confirmed")]
    raw = raw_cases(real_data_env)
    week = raw[raw["week_start"] == "2015-06-29"]
    assert last["distributed"].sum() == pytest.approx(week["confirmed_by_sample"].sum())
    assert week[["confirmed_by_sample", "confirmed_by_onset"]].sum().tolist() == [11, 8]


def test_the_caseload_of_a_district_is_that_worked_out_by_hand(real_data_env: Path) -> None:
    """Kambia, suspected, the first week ahead: who came the week before and is still there, and who is to come."""
    (job, inputs, _), ledger = read(), Ledger()
    demand = forecast_demand(build_panel(inputs, job.config, job.issue_date, ledger), inputs, job.config, job.issue_date, ledger)
    kambia = demand.sel(zone="SL0501", item="suspected")
    raw = raw_cases(real_data_env).set_index(["adm2_pcode", "week_start"])["suspected_by_sample"]
    assert str(demand.period.values[0])[:10] == "2015-07-06"
    moments = (np.arange(7000) + 0.5) / 1000  # of the week, in days
    of_before = np.clip(moments + 3 - 7, 0, None).mean()
    of_the_week = (np.minimum(moments + 3, 7) - moments).mean()
    known = float(raw["SL0501", "2015-06-29"]) * of_before
    assert kambia["demand"].values[0] == pytest.approx(
        known + of_the_week * kambia["distributed"].values[0].astype(float), rel=1e-4
    )


def test_the_stays_assumed_enclose_those_of_the_wards(real_data_env: Path) -> None:
    """Beds taken = new admissions a day x days of stay, in the two districts whose wards were reported for weeks."""
    items = job_of().config.items
    reports = pd.read_csv(real_data_env / "sle/care/daily_sitrep_district_2014-08_2014-12.csv").groupby("district")
    taken, new = reports["etc_currently_admitted"].mean(), reports["etc_new_admission"].mean()
    days = (taken / new)[["Kailahun", "Kenema"]]
    assert days.round(1).tolist() == [8.2, 9.9]
    assert days.between(float(items["suspected"].stay_days or 0), float(items["confirmed"].stay_days or 0)).all()


# ------------------------------------------------------------------ people and layers made later


def test_the_map_of_people_counts_8_6_million(real_data_env: Path) -> None:
    _, inputs, ledger = read()
    people = inputs.zones["population_people"]
    assert people.sum() == pytest.approx(8.6075e6, rel=1e-3)
    assert (people > 150_000).all()
    with rasterio.open(real_data_env / PEOPLE) as raster:
        cells = raster.read(1, masked=True)
    assert 0.98 < people.sum() / cells.sum() < 1  # the rest lies over the border and off the coast, as outlines are drawn
    table = pd.read_csv(real_data_env / "sle/boundaries/population_SLE.csv")
    said = table.loc[table["adminLevel"] == 2, "value"].sum()
    assert people.sum() == pytest.approx(said, rel=1e-3)  # 8,606,160 in the table of districts
    marks = " ".join(ledger.marks)
    for layer in ("population is of 2025", "zones is of 2017-07-31", "crosswalk is of 2017-07-31"):
        assert f"{layer}, later than the issue date (2015-07-08)" in marks


def test_without_a_reason_the_map_of_2025_is_refused(real_data_env: Path) -> None:
    raster = f"{{use: raster, path: {PEOPLE}, unit: people, over_zone: sum, no_value: zero, as_of: '2025', allow_later: ''}}"
    with pytest.raises(InputError, match="allow_later") as caught:
        read("sle_care", f"inputs.population={raster}")
    assert "gives no reason" in str(caught.value)


def test_outlines_that_gdal_reads_as_empty_are_mended_and_told(real_data_env: Path) -> None:
    _, good, _ = read()
    _, inputs, ledger = read("sle_care", "inputs.zones.path=sle/boundaries/SLE_adm2.geojson")
    assert not inputs.zones.geometry.is_empty.any()
    assert shapely.area(inputs.zones.geometry.array) == pytest.approx(shapely.area(good.zones.geometry.array), rel=1e-6)
    assert inputs.zones["population_people"].sum() == pytest.approx(good.zones["population_people"].sum(), rel=1e-6)
    noted = [str(problem) for problem in ledger.problems.noted if problem.file == "SLE_adm2.geojson"]
    assert any("a MultiPolygon labelled Polygon" in text for text in noted)


# ------------------------------------------------------------------ treatment units


def test_open_treatment_units_are_zones_and_closed_ones_without_a_place_are_not(real_data_env: Path) -> None:
    _, inputs, ledger = read("sle_units")
    raw = pd.read_csv(real_data_env / "sle/care/facilities/ebola_treatment_units_beds.csv")
    unplaced = raw[raw["Latitude"].isna()]
    assert set(inputs.zones.geom_type) == {"Point"}
    assert (len(raw), len(inputs.zones), set(unplaced["Status"])) == (20, 17, {"Closed"})
    assert set(inputs.zones.index) == set(raw["ECF_Code"]) - set(unplaced["ECF_Code"])
    assert "ebola_treatment_units_beds.csv: 3 of 20 rows left out whose Status is not Open." in ledger.remarks


def test_every_case_is_brought_to_one_of_the_units(real_data_env: Path) -> None:
    _, inputs, _ = read("sle_units")
    raw = raw_cases(real_data_env)
    of = inputs.records[inputs.records["item"] == "confirmed"].groupby("zone")["distributed"].sum()
    assert of.sum() == pytest.approx(raw["confirmed_by_sample"].sum())
    by_district = raw.groupby("adm2_pcode")["confirmed_by_sample"].sum()
    assert of["SLE_0013"] == pytest.approx(by_district["SL0102"] + by_district["SL0101"])  # Kenema, and Kailahun without a unit
    beds = pd.read_csv(real_data_env / "sle/care/facilities/ebola_treatment_units_beds.csv").set_index("ECF_Code")["Beds_Open"]
    assert of["SLE_0001"] / of["SLE_0002"] == pytest.approx(beds["SLE_0001"] / beds["SLE_0002"], rel=0.01)


def test_a_unit_at_zero_zero_is_refused_by_line(real_data_env: Path) -> None:
    path = "sle/care/facilities/sle_heal_pt_unmeer_ebolacarefacilities.csv"
    zones = f"{{use: points, path: {path}, columns: {{parent: Type}}, only: {{Status: [Open, Closed]}}}}"
    with pytest.raises(InputError, match="3 problems\n  line 10 and 2 more, column Latitude: '0' lies at 0,0, where empty cells"):
        read("sle_units", f"inputs.zones={zones}")


# ------------------------------------------------------------------ the run


@pytest.mark.parametrize("name", ["sle_care", "sle_units"])
def test_every_page_says_what_is_counted_and_what_is_invented(real_data_env: Path, tmp_path: Path, name: str) -> None:
    folder = pipeline.run(job_of(name, out=tmp_path)).folder
    book = openpyxl.load_workbook(folder / "allocation.xlsx", read_only=True)
    about = " ".join(str(cell) for row in book["About"].iter_rows(values_only=True) for cell in row if cell)
    for page in ((folder / "summary.md").read_text("utf-8"), html.unescape((folder / "map.html").read_text("utf-8")), about):
        for words in ("index of new need", "not goods handed out", "stay 12 days", "stay 3 days", "population is of 2025"):
            assert words in page
    coverage = pd.read_csv(folder / "coverage.csv")
    assert set(coverage["unit"]) == {"kit"}
    assert coverage["people"].to_numpy() == pytest.approx(coverage["demand_mean"].to_numpy() / 7, abs=0.06)  # a kit a day each
    assumed = pd.read_csv(folder / "assumptions.csv").groupby("figure")["applies_to"].nunique()
    assert (assumed["stay_days"], assumed["depots"], assumed["stock"], assumed["fleet"]) == (2, 4, 8, 4)


def test_at_the_height_of_the_epidemic_no_ward_is_left_without_and_the_absent_flows_are_told(
    real_data_env: Path, tmp_path: Path
) -> None:
    """19 November 2014, before the flows begin: stock for days, not weeks; every district with patients has some of it."""
    job = replace(job_of("sle_care", "panel.history_from=2014-05-12", out=tmp_path), issue_date=pd.Timestamp("2014-11-19"))
    folder = pipeline.run(job).folder
    assert "The signal movement is missing" in (folder / "summary.md").read_text("utf-8")
    lines = pd.read_csv(folder / "allocation.csv")
    sent = lines.groupby(["item", "zone"])["quantity"].sum()
    assert lines.groupby("item")["quantity"].sum().to_dict() == {"confirmed": 550, "suspected": 400}
    coverage = pd.read_csv(folder / "coverage.csv")
    patients = coverage[coverage["item"] == "confirmed"].set_index("zone")["people"]
    assert (patients > 20).sum() >= 5
    assert (sent["confirmed"][patients.index[patients > 10]] > 0).all()


def test_what_is_known_only_later_has_no_influence(real_data_env: Path, tmp_path: Path) -> None:
    """As of 8 April 2015, whole files of cases and movements and files cut on that day give the same signals and demand."""
    day = pd.Timestamp("2015-04-08")
    shutil.copytree(real_data_env / "sle", tmp_path / "sle", copy_function=shutil.copyfile)
    raw = pd.read_csv(real_data_env / CASES)
    raw[raw["week_start"] <= "2015-03-30"].to_csv(tmp_path / CASES, index=False)
    lines = (real_data_env / FLOWS).read_bytes().split(b"\r")
    until_7_april = 2 + 19  # origin, destination, days from 20 March on
    (tmp_path / FLOWS).write_bytes(b"\r".join(b",".join(line.split(b",")[:until_7_april]) for line in lines))
    found = []
    for root in (real_data_env, tmp_path):
        job, ledger = replace(job_of(), issue_date=day, data=root), Ledger()
        inputs = read_inputs(job, ledger)
        panel = build_panel(inputs, job.config, day, ledger)
        found.append((inputs.signals, forecast_demand(panel, inputs, job.config, day, ledger)["demand"]))
    (signals, demand), (cut_signals, cut_demand) = found
    assert signals.identical(cut_signals)
    assert demand.identical(cut_demand)
    assert bool(np.isfinite(demand).any())
    assert float(signals["movement"].sel(period="2015-03-23").median()) == pytest.approx(0.81, abs=0.03)


# ------------------------------------------------------------------ rain, temperature, movements


def signal(inputs: Inputs, job: config.Job, name: str, period: str, day: str, **changed: object) -> xr.Dataset:
    """A signal of the config read by itself, by days or months; the run is by weeks."""
    block, issue_date = job.config.signals[name], pd.Timestamp(day)
    source = plugins.load("ingest", block.use, name)
    settings = source.Settings.model_validate(block.settings | changed)
    reading = Reading(
        root=job.data, issue_date=issue_date, today=job.today, period=period, zones=inputs.zones, ledger=Ledger(), files={}
    )
    found: xr.Dataset = source.read(settings, reading, name)
    return found


def test_rain_rises_in_every_district_from_march_to_july(real_data_env: Path) -> None:
    job, inputs, _ = read()
    rain = signal(inputs, job, "rain_mm", "M", "2015-08-10")["rain_mm"].sel(period=slice("2015-03-01", "2015-07-01"))
    assert rain.attrs["units"] == "mm"
    assert (rain.sizes["zone"], rain.sizes["period"]) == (16, 5)
    by_month = rain.to_pandas().T
    assert (by_month.mean().to_numpy() > 0).all()
    assert by_month.mean(axis=1).is_monotonic_increasing
    assert (by_month.loc["2015-07-01"] > 3 * by_month.loc["2015-03-01"]).all()


def test_rain_and_temperature_of_a_district_are_those_worked_out_by_hand(real_data_env: Path) -> None:
    """Kono, March to July 2015: cells by the part of each that lies in the district; metres a day times days, kelvin."""
    job, inputs, _ = read()
    months = pd.date_range("2015-03-01", "2015-07-01", freq="MS")
    with h5py.File(real_data_env / "sle/era5/era5-land-monthly-temp-precip-1990-2025-sierra-leone.nc") as file:
        rows = np.flatnonzero(np.isin(pd.to_datetime(file["valid_time"][:], unit="s"), months))
        lat, lon = np.round(file["latitude"][:], 6), np.round(file["longitude"][:], 6)
        cells = {name: np.nan_to_num(file[name][rows]) for name in ("tp", "t2m")}  # empty over the sea only
    x, y = np.meshgrid(lon, lat)
    part = shapely.area(
        shapely.intersection(shapely.box(x - 0.05, y - 0.05, x + 0.05, y + 0.05), inputs.zones.geometry["SL0103"])
    )
    by_hand = {name: (values * part).sum(axis=(1, 2)) / part.sum() for name, values in cells.items()}
    kono = {"zone": "SL0103", "period": months}
    rain = signal(inputs, job, "rain_mm", "M", "2015-08-10")["rain_mm"].sel(kono)
    assert rain.to_numpy() == pytest.approx(by_hand["tp"] * 1000 * months.days_in_month.to_numpy(), rel=1e-5)
    warmth = signal(inputs, job, "temperature_c", "M", "2015-08-10")["temperature_c"].sel(kono)
    assert warmth.to_numpy() == pytest.approx(by_hand["t2m"] - 273.15, abs=1e-3)


def test_a_month_is_not_known_before_it_is_over_and_published(real_data_env: Path) -> None:
    job, inputs, _ = read()
    for day, last in (("2015-07-05", "2015-05-01"), ("2015-07-06", "2015-06-01")):
        rain = signal(inputs, job, "rain_mm", "M", day)["rain_mm"]
        known = rain.period.values[rain.notnull().any("zone").values]
        assert str(known[-1])[:10] == last


def flows_by_hand(root: Path) -> pd.DataFrame:
    """(day, code of 2004) subscribers who went in and out, by flows of 16 and more; from the bytes of the file."""
    lines = (root / FLOWS).read_bytes().split(b"\r")
    rows = [[int(cell) for cell in line.split(b",")] for line in lines if line]
    days = pd.date_range("2015-03-20", periods=len(rows[0]) - 2)
    moved = pd.DataFrame(0, index=days, columns=sorted({row[0] for row in rows}))
    for origin, destination, *counts in rows:
        large = np.where(np.array(counts) >= 16, counts, 0)
        moved[origin] += large
        moved[destination] += large
    return moved


def test_the_stay_at_home_order_halves_the_movements(real_data_env: Path) -> None:
    job, inputs, _ = read()
    by_hand = flows_by_hand(real_data_env)
    read_as = {"measure": "moved", "step": "period"}
    moved = signal(inputs, job, "movement", "D", "2015-07-08", **read_as)["movement"].to_pandas().T
    total = moved.loc["2015-03-20":"2015-06-29"].sum(axis=1)
    assert total.to_numpy() == pytest.approx(by_hand.loc[:"2015-06-29"].sum(axis=1).to_numpy(), rel=1e-3)  # shares of 4 digits
    before = total["2015-03-20":"2015-03-26"].mean()
    assert total["2015-03-27"] / before == pytest.approx(0.45, abs=0.01)
    assert total["2015-03-28"] / before == pytest.approx(0.49, abs=0.01)
    assert total["2015-03-27":"2015-03-29"].mean() / before == pytest.approx(0.57, abs=0.01)
    assert total["2015-03-30"] / before > 0.95
    index = signal(inputs, job, "movement", "D", "2015-07-08", step="period")["movement"].to_pandas().T
    assert (index.loc["2015-03-27"] < 0.75).all()
    assert float(index.loc["2015-03-27"].median()) == pytest.approx(0.45, abs=0.05)


def test_flows_of_a_divided_district_are_shared_out_and_days_of_zeros_are_missing(real_data_env: Path) -> None:
    job, inputs, _ = read()
    by_hand = flows_by_hand(real_data_env)
    assert (by_hand.loc["2015-06-30":"2015-07-01"] == 0).all(axis=None)
    moved = signal(inputs, job, "movement", "D", "2015-07-08", measure="moved", step="period")["movement"].to_pandas().T
    assert moved.loc["2015-06-30":].isna().all(axis=None)
    day = "2015-04-15"
    assert moved.loc[day, "SL0101"] == by_hand.loc[day, 11]
    assert moved.loc[day, "SL0206"] == pytest.approx(0.4988 * by_hand.loc[day, 23])
    assert moved.loc[day, "SL0502"] == pytest.approx(0.3214 * by_hand.loc[day, 21] + 0.1523 * by_hand.loc[day, 24])


def test_the_run_holds_the_signals_by_week_with_their_age(real_data_env: Path) -> None:
    _, inputs, ledger = read()
    weeks = inputs.signals["movement"].median("zone").to_pandas()
    assert weeks["2015-03-23":"2015-06-15"].idxmin() == pd.Timestamp("2015-03-23")
    assert weeks["2015-03-23"] == pytest.approx(0.81, abs=0.02)  # three days of seven at half
    assert weeks["2015-04-06":"2015-04-27"].between(1, 1.1).all()
    assert bool(inputs.signals["movement"].sel(period="2015-06-29").isnull().all())  # of that week one day is known
    assert inputs.signals["movement"].attrs["age_days"] == 8
    assert inputs.signals["rain_mm"].attrs["age_days"] == 7
    assert any("flows of fewer than 16 people" in str(problem) for problem in ledger.problems.noted)
