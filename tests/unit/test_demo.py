"""The demo country: everything promised is there, the accounts add up, and the truth is never below what was handed out."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from forecast import config, geo
from forecast.demo import SCENARIOS, write_demo
from forecast.demo.geography import demoland, towers
from forecast.demo.supply import NO_HISTORY, REASONS
from forecast.demo.truth import DISPLACEMENTS
from forecast.schema import INPUT_TABLES

ZONES, ITEMS, WEEKS = 40, 6, 157
KEY = ["zone", "item", "period"]


@dataclass(frozen=True)
class Demo:
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def data(self, pattern: str) -> pd.DataFrame:
        files = sorted((self.folder / "data").glob(pattern))
        assert files, pattern
        return pd.concat([pd.read_csv(file) for file in files], ignore_index=True)

    def truth(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / "truth" / f"{name}.csv")

    def raster(self, name: str) -> tuple[geo.Grid, np.ndarray]:
        return geo.read_raster(self.folder / "data" / name, root=self.folder, valid=(0, 1e6))

    def sums(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """(zone) sum of the cells of a raster, and of the shares of cells it comes from."""
        grid, values = self.raster(name)
        return geo.zone_sums(geo.zonal_weights(grid, self.zones.geometry), values)

    @property
    def zones(self) -> gpd.GeoDataFrame:
        return gpd.read_file(self.folder / "data" / "zones.gpkg").set_index("adm2_pcode").sort_index()


@pytest.fixture(scope="module")
def demo(demo_config: Path) -> Demo:
    return Demo(demo_config.parent)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(write_demo(tmp_path_factory.mktemp("other"), seed=2).parent)


@pytest.fixture(scope="module")
def joined(demo: Demo) -> pd.DataFrame:
    """Records beside the truth, `is_slip` where a figure is in the wrong unit."""
    slips = demo.truth("unit_errors")[KEY].assign(is_slip=True)
    both = demo.data("records/*.csv").merge(demo.truth("demand"), on=KEY, validate="1:1").merge(slips, on=KEY, how="left")
    return both.assign(is_slip=both["is_slip"].notna())


def digests(demo: Demo) -> dict[str, str]:
    """Content of every table, setting and raster; the GeoPackage and the workbook hold the time they were written at."""
    found = {}
    for file in sorted(demo.folder.rglob("*")):
        if file.suffix in (".csv", ".yaml", ".tif", ".txt") and "runs" not in file.parts:
            found[file.relative_to(demo.folder).as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def test_the_same_seed_writes_the_same_bytes(demo: Demo, tmp_path: Path) -> None:
    again = Demo(write_demo(tmp_path, seed=1).parent)
    assert digests(again) == digests(demo)
    pd.testing.assert_frame_equal(*(pd.read_excel(d.folder / "data" / "fleet.xlsx") for d in (demo, again)))
    assert shapely.equals_exact(demo.zones.geometry.to_numpy(), again.zones.geometry.to_numpy()).all()


def test_another_seed_is_another_history_of_the_same_country(demo: Demo, other: Demo) -> None:
    first, second = digests(demo), digests(other)
    same = {name for name in first if second.get(name) == first[name]}
    assert {"config.yaml", "data/depots.csv", "data/routes.csv", "data/mobile/towers.csv"} <= same
    changed = {
        "data/records/records_2024.csv",
        "data/rainfall/rainfall_2024-04-22.tif",
        "data/mobile/presence_2025.csv",
        "data/stock.csv",
    }
    assert not changed & same


def test_it_is_small(demo: Demo) -> None:
    files = [file for part in ("data", "truth") for file in (demo.folder / part).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 15e6
    assert len(files) < 400


def test_the_truth_lies_outside_what_the_config_reads(demo: Demo) -> None:
    settings = config.load(demo.config)
    assert settings.paths.data == "data"
    assert "truth" not in str([plugin.settings for plugin in (*settings.inputs.values(), *settings.signals.values())])
    assert "ever reads this folder" in (demo.folder / "truth" / "README.txt").read_text()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_loads_says_what_it_is_and_changes_something(demo: Demo, scenario: str) -> None:
    loaded, plain = config.load(demo.config, scenario), config.load(demo.config)
    assert loaded.describe not in ("", plain.describe)
    assert loaded.what_if != plain.what_if
    assert set(loaded.items) == set(plain.items)


def test_the_scenarios_name_zones_and_items_that_exist(demo: Demo) -> None:
    what_ifs = [config.load(demo.config, scenario).what_if for scenario in SCENARIOS]
    zones = {zone for w in what_ifs for part in w.close_lanes for zone in part.to}
    zones |= {zone for w in what_ifs for part in w.displace for zone in part.arrive}
    assert len(zones) == 5
    assert zones <= set(demo.zones.index)
    assert {item for w in what_ifs for part in w.delay_arrivals for item in part.items or ()} <= set(
        demo.data("arrivals.csv")["item"]
    )


def test_all_five_models_and_all_three_needs_are_used(demo: Demo) -> None:
    settings = config.load(demo.config)
    assert len(settings.items) == ITEMS
    models = {item.model.use for item in settings.items.values() if item.model}
    assert models | {settings.forecast.without_history} == {"prophet", "ets", "seasonal_naive", "moving_average", "norm"}
    assert {item.need for item in settings.items.values()} == {"water", "food", "care"} == set(settings.needs)
    assert {item.carriage for item in settings.items.values()} == {"dry", "cold", "bulk_water"}


def test_substitutes_together_make_the_planning_figure_of_water(demo: Demo) -> None:
    settings = config.load(demo.config)
    shared = [item for item in settings.items.values() if item.substitutes == "drinking_water"]
    assert len(shared) == 2
    assert (
        sum((item.per_person_per_day or 0) * (item.covers or 0) for item in shared) == settings.needs["water"].per_person_per_day
    )


def test_zones_tessellate_the_country(demo: Demo) -> None:
    zones = demo.zones
    shapes = zones.geometry.to_numpy()
    assert len(zones) == ZONES
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).geom_type == "Polygon"
    assert not shapely.union_all(shapes).interiors
    assert shapely.area(shapes).sum() == pytest.approx(shapely.union_all(shapes).area, rel=1e-9)
    west, south, east, north = zones.total_bounds
    assert 3 < east - west < 4
    assert 2 < north - south < 3


def test_codes_of_zones_start_with_those_of_their_province(demo: Demo) -> None:
    zones = demo.zones
    assert zones["adm1_pcode"].nunique() == zones["adm1_name"].nunique() == 3
    assert all(code.startswith(parent) for code, parent in zones["adm1_pcode"].items())
    assert zones["adm2_name"].is_unique


def test_towns_and_towers_lie_in_their_zones() -> None:
    country = demoland()
    shapes = country.zones.geometry.to_numpy()
    assert shapely.contains_xy(shapes, country.zones["lon"], country.zones["lat"]).all()
    found = towers(country)
    assert 60 <= len(found) <= 80
    assert shapely.contains_xy(shapes[found["zone"]], found["lon"], found["lat"]).all()


def test_the_population_raster_gives_each_zone_its_people(demo: Demo) -> None:
    people, seen = demo.sums("population.tif")
    true = demo.truth("people").query("period == '2026-06-29'").set_index("zone")["people"].sort_index()
    np.testing.assert_allclose(people, true, rtol=1e-4)
    grid, values = demo.raster("population.tif")
    np.testing.assert_allclose(seen * grid.cell_width**2, shapely.area(demo.zones.geometry), rtol=1e-6)
    assert np.isnan(values[0, 0])  # outside the country


@pytest.mark.parametrize("name", ["rainfall", "flood"])
def test_there_is_a_raster_for_each_week_known_on_the_issue_date(demo: Demo, name: str) -> None:
    weeks = sorted(file.stem.removeprefix(f"{name}_") for file in (demo.folder / "data" / name).iterdir())
    assert weeks == sorted(set(demo.data("records/*.csv")["period"]))
    assert len(weeks) == WEEKS
    assert weeks[-1] == "2026-10-26"  # the week before the issue date


def test_rain_rasters_say_what_the_truth_says(demo: Demo) -> None:
    rain, cells = demo.sums("rainfall/rainfall_2025-04-28.tif")
    true = demo.truth("rainfall").query("period == '2025-04-28'").set_index("zone")["rainfall_mm"].sort_index()
    np.testing.assert_allclose(rain / cells, true, rtol=0.02)
    assert true.min() > 0


def test_the_river_floods_some_zones_and_spares_most(demo: Demo) -> None:
    flooded = demo.truth("missing_reports").query("why == 'zone under water'")
    assert {"XD0305", "XD0306", "XD0309"} <= set(flooded["zone"])
    assert flooded["zone"].nunique() < ZONES / 3
    share, cells = demo.sums(f"flood/flood_{flooded['period'].iloc[0]}.tif")
    assert (share / cells).max() > 0.05


def test_every_report_is_there_or_listed_as_missing(demo: Demo) -> None:
    records, missing = demo.data("records/*.csv")[KEY], demo.truth("missing_reports")[KEY]
    never = sum(len(items) for items in NO_HISTORY.values())
    assert len(pd.concat([records, missing]).drop_duplicates()) == len(records) + len(missing) == (ZONES * ITEMS - never) * WEEKS
    assert 0.04 < len(missing) / (len(records) + len(missing)) < 0.09
    for zone, items in NO_HISTORY.items():
        assert not set(records[records["zone"] == zone]["item"]) & set(items)


def test_reports_go_missing_from_remote_zones_most_of_all(demo: Demo) -> None:
    country = demoland()
    lost = demo.truth("missing_reports").query("why == 'report never came'").groupby("zone").size()
    lost = lost.reindex(country.zones.index, fill_value=0).to_numpy()
    far = country.remoteness > np.median(country.remoteness)
    assert lost[far].sum() > 1.3 * lost[~far].sum()


def test_the_books_of_every_zone_balance(demo: Demo, joined: pd.DataFrame) -> None:
    right = joined[~joined["is_slip"]]
    assert (right["stock_end"] == right["stock_start"] + right["received"] - right["distributed"]).all()
    assert (right["distributed"] <= right["stock_start"] + right["received"]).all()
    assert (right[["distributed", "stock_start", "received", "stock_end"]] >= 0).all(axis=None)
    ordered = joined.sort_values(KEY)
    series = ordered["zone"] + ordered["item"]
    follows = pd.to_datetime(ordered["period"]).diff().dt.days.eq(7) & series.eq(series.shift())
    assert (ordered["stock_start"] == ordered["stock_end"].shift())[follows].all()
    assert follows.mean() > 0.8


def test_demand_is_never_below_what_was_handed_out(joined: pd.DataFrame) -> None:
    right = joined[~joined["is_slip"]]
    assert (right["distributed"] <= right["demand"]).all()
    assert ((right["distributed"] < right["demand"]) == (right["stockout_days"].fillna(1) > 0)).all()


def test_stock_ran_out_for_five_reasons_in_about_a_tenth_of_the_cells(demo: Demo, other: Demo) -> None:
    for country in (demo, other):
        shares = country.truth("stockouts")["mechanism"].value_counts() / (ZONES * ITEMS * WEEKS)
        assert set(shares.index) == set(REASONS[1:])
        assert 0.07 < shares.sum() < 0.15
        assert shares.min() > 0.005


def test_each_way_to_run_out_looks_as_it_does_in_the_field(demo: Demo, joined: pd.DataFrame) -> None:
    out = joined[~joined["is_slip"]].merge(demo.truth("stockouts")[[*KEY, "mechanism", "depot"]], on=KEY).groupby("mechanism")
    by = dict(iter(out))
    assert (by["road_closed"]["received"] == 0).all()
    assert (by["depot_empty"]["received"] == 0).all()
    assert by["depot_empty"].groupby(["depot", "item", "period"]).size().median() >= 4  # many zones at once
    assert by["partial_delivery"]["stockout_days"].isna().all()
    assert (by["partial_delivery"]["received"] > 0).mean() > 0.8
    assert (by["late_resupply"]["stockout_days"] > 0).all()
    assert (by["late_resupply"]["stock_end"] > 0).mean() > 0.2  # the truck came after the shelf was bare
    assert (by["more_needed_than_sent"]["stock_end"] == 0).all()


def test_a_report_of_nothing_handed_out_can_mean_that_nothing_was_needed(joined: pd.DataFrame) -> None:
    zeros = joined[(joined["distributed"] == 0) & (joined["demand"] == 0)]
    assert set(zeros["item"]) <= {"health_kit", "vaccine"}
    assert 0.15 < len(zeros) / (joined["item"] == "health_kit").sum() < 0.5
    assert (zeros["stockout_days"] == 0).all()


def test_a_few_figures_are_in_the_wrong_unit_and_mostly_too_large(demo: Demo, joined: pd.DataFrame) -> None:
    errors = demo.truth("unit_errors")
    assert 0.0015 < len(errors) / len(joined) < 0.005
    assert (errors["reported"] > errors["true"]).mean() > 0.7
    assert (errors["reported"] < errors["true"]).any()
    reported = joined[joined["is_slip"]].merge(errors, on=KEY)
    assert (reported["distributed"] == reported["reported"]).all()
    assert (reported["stock_end"] == reported["stock_start"] + reported["received"] - reported["true"]).all()


def test_requests_follow_demand_and_are_sometimes_left_out(joined: pd.DataFrame) -> None:
    assert 0.05 < joined["requested"].isna().mean() < 0.2
    asked = joined.dropna(subset=["requested"]).groupby("item")[["requested", "demand"]].sum()
    np.testing.assert_allclose(asked["requested"] / asked["demand"], 1.03, atol=0.05)


def test_the_truth_goes_on_for_twelve_weeks_and_nothing_else_does(demo: Demo) -> None:
    issue = str(config.load(demo.config).issue_date)
    for name in ("demand", "people", "rainfall"):
        after = demo.truth(name).query("period >= @issue")["period"].unique()
        assert len(after) == 12, name
    for pattern in ("records/*.csv", "mobile/presence_*.csv"):
        assert demo.data(pattern)["period"].max() < issue


def test_rain_lowers_the_need_for_trucked_water(demo: Demo) -> None:
    water = demo.truth("demand").query("item == 'water_trucked'").groupby("period")["demand"].sum()
    rain = demo.truth("rainfall").groupby("period")["rainfall_mm"].mean().rolling(4).sum().shift(1)
    assert np.corrcoef(np.log(water[4:]), rain[4:])[0, 1] < -0.8


def test_demand_of_a_zone_remembers_last_week(demo: Demo) -> None:
    food = demo.truth("demand").query("item == 'ration'").pivot(index="period", columns="zone", values="demand")
    people = demo.truth("people").pivot(index="period", columns="zone", values="people")
    noise = np.log(food / people)
    noise = noise - noise.rolling(9, center=True).mean().mean(axis=1).to_numpy()[:, None] - noise.mean()
    assert noise.apply(lambda zone: zone.autocorr(1)).median() > 0.4


def test_displaced_people_show_in_the_truth_and_on_the_phones(demo: Demo) -> None:
    event = DISPLACEMENTS[-1]
    people = demo.truth("people").pivot(index="period", columns="zone", values="people")
    before, now = people.loc["2026-09-21"], people.loc["2026-10-26"]
    np.testing.assert_allclose(now[list(event.leave)] / before[list(event.leave)], 0.5, atol=0.05)
    assert (now[list(event.arrive)] > 1.5 * before[list(event.arrive)]).all()
    assert people.sum(axis=1).max() / people.sum(axis=1).min() == pytest.approx(1, abs=1e-3)
    country = demoland()
    zone = towers(country).set_index("tower")["zone"].map(dict(enumerate(country.zones.index)))
    seen = demo.data("mobile/presence_2026.csv")
    seen = seen.assign(zone=seen["tower"].map(zone)).groupby(["period", "zone"])["subscribers"].sum().unstack()
    ratio = seen.loc["2026-10-26"] / seen.loc["2026-09-21"]
    assert ratio[list(event.leave)].max() < 0.7
    assert ratio[list(event.arrive)].min() > 1.5


def test_a_week_without_phone_figures_is_blank_and_some_counts_are_small(demo: Demo) -> None:
    seen = demo.data("mobile/presence_*.csv")
    blank = seen[seen["subscribers"].isna()]
    assert list(blank["period"].unique()) == ["2026-02-09"]
    assert len(blank) == seen["tower"].nunique()
    assert 0 < (seen["subscribers"] < 16).mean() < 0.1
    share = seen.groupby("period")["subscribers"].sum() / demo.truth("people").groupby("period")["people"].sum()
    assert share.max() / share[share > 0].min() > 1.15  # the panel drifts


def test_every_table_has_the_columns_and_keys_of_its_contract(demo: Demo) -> None:
    settings = config.load(demo.config)
    for name, plugin in settings.inputs.items():
        if plugin.use != "table":
            continue
        path = plugin.settings["path"]
        frame = (
            pd.read_excel(demo.folder / "data" / path, sheet_name=plugin.settings["sheet"])
            if "sheet" in plugin.settings
            else demo.data(path)
        )
        contract = INPUT_TABLES[name]
        assert set(frame.columns) <= set(contract.names), name
        for column in contract.columns:
            if column.required:
                assert frame[column.name].notna().all(), (name, column.name)
            if column.choices and column.name in frame:
                assert set(frame[column.name].dropna()) <= set(column.choices), (name, column.name)
        key = [column for column in contract.key if column in frame]
        assert not key or not frame.duplicated(key).any(), name


def test_zone_stock_is_the_last_line_of_the_account_and_some_counts_are_old(demo: Demo) -> None:
    stock = demo.data("zone_stock.csv")
    age = (pd.Timestamp("2026-11-02") - pd.to_datetime(stock["counted_on"])).dt.days
    assert 0.05 < (age > 35).mean() < 0.2
    stock["period"] = (pd.to_datetime(stock["counted_on"]) - pd.Timedelta(days=6)).dt.strftime("%Y-%m-%d")
    known = stock.merge(demo.data("records/*.csv"), on=KEY)
    assert (known["quantity"] == known["stock_end"]).all()
    assert len(known) > 0.8 * len(stock)


def test_what_waybills_delivered_is_what_zones_received(demo: Demo) -> None:
    waybills = demo.data("dispatches.csv")
    arrived = waybills.dropna(subset=["received"])
    received = pd.to_datetime(arrived["received"])
    arrived = arrived.assign(period=(received - pd.to_timedelta(received.dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d"))
    known = demo.data("records/*.csv").merge(arrived, on=KEY)
    assert len(known) > 200
    assert (known["received_x"] == known["received_quantity"]).all()
    assert (arrived["quantity"] == arrived["received_quantity"] + arrived["lost"].fillna(0)).all()
    assert (arrived["lost"] > 0).sum() == 1
    on_the_road = waybills[waybills["received"].isna()]
    assert on_the_road["zone"].nunique() >= 5
    assert (on_the_road["left"] < "2026-11-02").all()


def test_goods_come_in_whole_packs(demo: Demo) -> None:
    pack = {code: item.pack for code, item in config.load(demo.config).items.items()}
    for name in ("stock.csv", "arrivals.csv", "dispatches.csv", "planned_by_others.csv"):
        table = demo.data(name)
        assert (table["quantity"] % table["item"].map(pack) == 0).all(), name


def test_there_is_a_batch_about_to_expire_one_in_quarantine_and_one_reserved(demo: Demo) -> None:
    stock = demo.data("stock.csv")
    assert {"usable", "quarantine", "reserved"} == set(stock["status"])
    soon = stock[stock["expiry"] < "2026-12-14"]
    assert {"rusf", "vaccine"} == set(soon["item"])
    lots = stock.merge(soon[["depot", "item"]]).groupby(["depot", "item"]).size()
    assert (lots == 2).all()  # so that first expired, first out, is a choice


def test_every_zone_has_two_lanes_and_three_lanes_are_peculiar(demo: Demo) -> None:
    routes = demo.data("routes.csv")
    lanes = routes[routes["to"].str.startswith("XD")]
    assert lanes.groupby("to").size().eq(2).all()
    assert lanes["to"].nunique() == ZONES
    assert len(routes) - len(lanes) == 3  # between depots
    assert lanes["open_from"].notna().sum() == 1
    assert lanes["max_vehicle_kg"].notna().sum() == 1
    assert lanes["hours_one_way"].between(0.5, 14).all()


@pytest.mark.parametrize("country", ["demo", "other"])
def test_stock_and_trucks_are_scarce_but_not_absurd(country: str, request: pytest.FixtureRequest) -> None:
    demo: Demo = request.getfixturevalue(country)
    items = config.load(demo.config).items
    next_weeks = demo.truth("demand").query("'2026-11-02' <= period < '2026-12-14'")
    need = next_weeks.groupby("item")["demand"].sum()
    stock = demo.data("stock.csv").query("status == 'usable'").groupby("item")["quantity"].sum()
    have = stock.add(demo.data("arrivals.csv").groupby("item")["quantity"].sum(), fill_value=0) / need
    assert 0.6 < have["ration"] < 1
    assert 0.4 < have["health_kit"] < 1
    assert have["vaccine"] > 0.8
    fleet = pd.read_excel(demo.folder / "data" / "fleet.xlsx")
    lanes = demo.data("routes.csv").query("to.str.startswith('XD')").groupby("to")["hours_one_way"].min()
    week = next_weeks.assign(
        tonnes=next_weeks["demand"] * next_weeks["item"].map({code: item.kg_per_unit for code, item in items.items()})
    )
    week["tonne_hours"] = week["tonnes"] * 2 * week["zone"].map(lanes) / 6
    for carriage in ("bulk_water", "dry"):
        trucks = fleet[fleet["carries"] == carriage]
        able = (trucks["count"] * trucks["payload_kg"] * trucks["hours_per_day"] * trucks["working_days"]).sum()
        wanted = week[week["item"].map(lambda code, c=carriage: items[code].carriage == c)]["tonne_hours"].sum()
        assert 0.6 < able / wanted < 1.2, carriage
