"""The demand: which model, what people do to it, what falls back and says so, and futures that belong together."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from forecast import futures, periods, plugins
from forecast.demand import forecast_demand
from forecast.errors import InputError
from forecast.exposure import read_exposure
from forecast.given_demand import from_samples, from_table
from forecast.histories import Known, of_item
from forecast.models import ets, moving_average
from forecast.panel import build_panel
from forecast.quantiles import demand_table
from forecast.regressors import lagged
from forecast.schema import DEMAND, Ledger
from tests.small_records import FIRST, after, config, inputs, records, weeks

NAN = np.nan


def noisy(count: int = 40, level: float = 100.0, seed: int = 1) -> list[float]:
    """Measured, not counted: such items are not forecast in whole numbers."""
    return (level + np.random.default_rng(seed).normal(0, level / 10, count)).round(1).tolist()


def forecast(given, settings=None, count: int = 40, ledger=None):
    settings, ledger = settings or config(), ledger or Ledger()
    panel = build_panel(given, settings, after(count), ledger)
    return forecast_demand(panel, given, settings, after(count), ledger)


def moved(zone: str, start: pd.Timestamp, people: float) -> pd.DataFrame:
    return pd.DataFrame({"zone": [zone], "start": [start], "people": [people]})


# ------------------------------------------------------------------ the two quantities


def test_where_stock_never_ran_out_both_quantities_are_the_same_futures():
    demand = forecast(inputs(records({("A", "kit"): noisy(), ("B", "kit"): noisy(seed=2)})), config("ets"))
    np.testing.assert_array_equal(demand["distributed"], demand["demand"])


def test_stockouts_lower_what_is_expected_to_be_distributed_not_the_demand():
    dry = [0.0 if week % 3 == 0 else value for week, value in enumerate(noisy())]
    table = records({("A", "kit"): dry})
    table["stockout_days"] = np.where(table["distributed"] == 0, 7.0, 0.0)
    demand = forecast(inputs(table), config(forecast={"default": {"use": "moving_average", "periods": 12}}))
    assert float(demand["distributed"].mean()) == pytest.approx(67, abs=6)
    assert float(demand["demand"].mean()) == pytest.approx(100, abs=6)


def test_a_floor_above_the_known_mean_is_kept_a_lower_one_is_left_out():
    table = records({("A", "kit"): [100.5, 100, 100, 40, 160]}, stockout_days=[0, 0, 0, 6, 6])
    demand = forecast(inputs(table), config(forecast={"default": {"use": "moving_average", "periods": 4}}), count=5)
    assert float(demand["demand"].mean()) == pytest.approx((100.5 + 100 + 100 + 160) / 4, rel=0.05)


def test_no_zone_depends_on_the_zones_beside_it_in_its_own_futures():
    series = {(zone, "kit"): noisy(seed=seed) for seed, zone in enumerate("ABC")}
    together = forecast(inputs(records(series)), config("ets"))
    renamed = {(f"{9 - ord(zone) + ord('A')}{zone}", item): values for (zone, item), values in series.items()}
    other_order = forecast(inputs(records(renamed)), config("ets"))
    means = together["demand"].mean(("period", "sample")).values[:, 0]
    np.testing.assert_allclose(other_order["demand"].mean(("period", "sample")).values[::-1, 0], means, rtol=5e-3)


# ------------------------------------------------------------------ people


@pytest.mark.parametrize("model", ["moving_average", "ets", "seasonal_naive", "norm"])
def test_twice_the_people_in_one_zone_doubles_all_of_its_demand_and_no_other(model):
    table = records({(zone, item): noisy(seed=ord(zone)) for zone in "AB" for item in ("kit", "soap")})
    given = {"people": 500.0, "per_person_per_day": 0.03}
    settings = config(model)
    before = forecast(inputs(table, **given), settings)
    doubled = forecast(inputs(table, **given, movements=moved("A", after(40), 500.0)), settings)
    np.testing.assert_allclose(doubled["demand"].sel(zone="A"), 2 * before["demand"].sel(zone="A"), rtol=1e-6)
    np.testing.assert_array_equal(doubled["demand"].sel(zone="B"), before["demand"].sel(zone="B"))


def test_twice_the_population_doubles_the_norm():
    table = records({("A", "kit"): noisy()})
    few, many = (
        forecast(inputs(table, people={"A": 500, "B": people}, per_person_per_day=0.03, zones=["B"])) for people in (300, 600)
    )
    assert few["model"].sel(zone="B").item() == "norm"
    np.testing.assert_allclose(many["demand"].sel(zone="B"), 2 * few["demand"].sel(zone="B"), rtol=1e-6)
    assert float(few["demand"].sel(zone="B").mean()) == pytest.approx(300 * 0.03 * 7)


def test_people_who_arrived_last_week_raise_the_demand_this_week():
    table = records({("A", "kit"): noisy(), ("B", "kit"): noisy(seed=2)})
    settings = config("ets", forecast={"exposure": "present"})
    steady = np.full((2, 40), 1000.0)
    arrived = steady.copy()
    arrived[0, 39:] = 3000.0
    before, now = (forecast(inputs(table, signals={"present": present}), settings) for present in (steady, arrived))
    ratio = (now["demand"].mean(("item", "period", "sample")) / before["demand"].mean(("item", "period", "sample"))).values
    assert 2 < ratio[0] < 3.5
    assert ratio[1] == pytest.approx(1, abs=0.1)


def test_without_the_presence_signal_the_forecast_differs():
    present = 1000 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.05, (1, 40)), axis=1))
    given = inputs(records({("A", "kit"): noisy()}), signals={"present": present})
    seen, unseen = (forecast(given, config("ets", forecast={"exposure": name})) for name in ("present", None))
    assert not np.allclose(seen["demand"], unseen["demand"])


def exposure(people, movements=None, horizon: int = 3, ledger=None):
    people = np.asarray(people, dtype=float)
    zones = pd.Index([f"Z{row}" for row in range(len(people))], name="zone")
    ahead = weeks(horizon, periods.step(FIRST, people.shape[1], "W"))
    movements = moved("Z0", ahead[0], 0.0) if movements is None else movements
    return read_exposure(zones, people, movements, ahead, "W", 200, 1, ledger or Ledger())


def test_movements_in_the_middle_of_a_week_count_for_its_remaining_days():
    found = exposure([[100.0, 100.0]], moved("Z0", after(2) + pd.Timedelta(days=2), 70.0))
    np.testing.assert_allclose(found.ahead[0, :, 0], [1.5, 1.7, 1.7])


def test_more_people_leaving_than_there_are_leave_nobody():
    assert not exposure([[100.0, 100.0]], moved("Z0", after(2), -150.0)).ahead.any()


def test_a_gap_in_the_counts_is_interpolated_and_an_empty_zone_says_nothing_about_rates():
    found = exposure([[100.0, NAN, 200.0], [1.0, 100.0, 100.0]])
    np.testing.assert_allclose(found.past, [[0.5, 0.75, 1], [NAN, 1, 1]])


def test_expected_people_are_less_certain_the_older_the_count_and_the_further_ahead():
    people = 1000 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.03, (2, 60)), axis=1))
    people[1, 50:] = NAN
    spread = exposure(people, horizon=6).ahead.std(axis=2)
    assert spread[0, 5] > 1.5 * spread[0, 0]
    assert spread[1, 0] > 2 * spread[0, 0]
    np.testing.assert_allclose(exposure(people).ahead.mean(axis=2), 1)


def test_movements_where_nobody_was_ever_counted_are_told():
    ledger = Ledger()
    found = exposure([[NAN, NAN]], moved("Z0", after(2), 50.0), ledger=ledger)
    assert (found.ahead == 1).all()
    assert ledger.remarks == ["People move to or from Z0, whose people are unknown: their demand does not follow."]


# ------------------------------------------------------------------ regressors


def test_a_lagged_regressor_is_the_mean_of_the_window_that_ends_before_the_lag():
    signal = np.arange(6.0)[None]
    found = lagged(signal, weeks(6), 2, "W", SimpleNamespace(lag=2, window=2))
    np.testing.assert_allclose(found[0, 3:], [0.5, 1.5, 2.5, 3.5, 4.5])


def test_what_lies_ahead_is_the_season_of_the_years_known_by_then():
    past = periods.run(pd.Timestamp("2023-01-01"), 24, "M")
    signal = np.array([[*range(12), *range(2, 14)]], dtype=float)
    found = lagged(signal, past, 3, "M", SimpleNamespace(lag=0, window=1))
    np.testing.assert_allclose(found[0], [*range(12), *range(2, 14), 1, 2, 3])


def test_a_zone_never_observed_takes_the_season_of_the_others():
    signal = np.array([[4.0, 4.0], [NAN, NAN]])
    np.testing.assert_allclose(lagged(signal, weeks(2), 1, "W", SimpleNamespace(lag=1, window=1)), 4)


@pytest.mark.parametrize("model", ["ets", "prophet"])
def test_without_the_rain_the_forecast_differs(model):
    rain = np.random.default_rng(4).gamma(2, 10, (1, 41))
    wet = [100 + 2 * rain[0, week] for week in range(40)]
    given = inputs(records({("A", "kit"): wet}), signals={"rain": rain[:, :40]})
    asked = {"use": model, "regressors": {"rain": {"lag": 1, "window": 2}}}
    with_rain, without = (forecast(given, config(forecast={"default": plugin})) for plugin in (asked, {"use": model}))
    assert not np.allclose(with_rain["demand"].mean("sample"), without["demand"].mean("sample"), rtol=1e-3)


# ------------------------------------------------------------------ as of the issue date


def test_nothing_after_the_issue_date_influences_the_forecast():
    asked = {"use": "ets", "regressors": {"rain": {"lag": 1, "window": 2}}}
    settings = config(forecast={"default": asked, "exposure": "present"})
    rng = np.random.default_rng(6)
    rain, present = rng.gamma(2, 10, (2, 50)), 1000 * np.exp(rng.normal(0, 0.1, (2, 50)))
    series = {(zone, "kit"): noisy(50, seed=ord(zone)) for zone in "AB"}
    later = {key: values[:40] + [9 * value for value in values[40:]] for key, values in series.items()}
    early = forecast(inputs(records(series), signals={"rain": rain, "present": present}), settings)
    rain[:, 40:], present[:, 40:] = 900, 10
    late = forecast(inputs(records(later), signals={"rain": rain, "present": present}), settings)
    assert early.identical(late)


@pytest.mark.parametrize("quantity", ["demand", "distributed"])
def test_what_a_model_sees_of_an_origin_does_not_depend_on_anything_later(quantity):
    """Values, floors, stock, reports and signals alike; the choice of models asks for the past so."""
    until, settings, asked = 30, config("ets"), {"rain": SimpleNamespace(lag=0, window=1)}
    rain, seen = np.random.default_rng(7).gamma(2, 10, (2, 40)), []
    table = records({(zone, "kit"): noisy(seed=ord(zone)) for zone in "AB"}, stock_start=200.0, received=10.0, stock_end=50.0)
    for later in (1.0, 7.0):
        told = table.copy()
        rows = told["period"] >= after(until)
        told.loc[rows, ["distributed", "received", "stock_end"]] *= later
        told.loc[rows, "stockout_days"] = later
        rained = np.where(np.arange(40) < until, rain, later * rain)
        given = inputs(told, signals={"rain": rained})
        panel = build_panel(given, settings, after(40), Ledger())
        known = Known(panel, np.ones((2, 1, 40)), np.ones(2), given, settings)
        history = of_item(known, "kit", quantity, known.values("distributed")[:, 0], asked, until, by_figure=True)
        seen.append([history.values, history.floors, *history.stock.values(), history.is_reported, *history.regressors.values()])
    assert len(seen[0]) >= 6
    for early, late in zip(*seen, strict=True):
        np.testing.assert_array_equal(early, late)


# ------------------------------------------------------------------ which model, and what falls back


def test_zones_with_little_history_get_the_norm_where_there_is_one():
    ledger = Ledger()
    table = records({("A", "kit"): noisy(), ("B", "kit"): noisy(3)})
    demand = forecast(inputs(table, people=400, per_person_per_day=0.05, zones=["C"]), config("ets"), ledger=ledger)
    assert demand["model"].values[:, 0].tolist() == ["ets", "norm", "norm"]
    assert "kit: ets; in zones with too little history, or where it failed: 2 by norm." in ledger.remarks
    assert [line.figure for line in ledger.assumptions if line.applies_to == "kit"] == ["uncertainty of the planning figure"]


def test_zones_with_little_history_and_no_norm_get_a_wide_moving_average_and_those_with_none_nothing():
    ledger = Ledger()
    table = records({("A", "kit"): noisy(), ("B", "kit"): noisy(2)})
    demand = forecast(inputs(table, people=400, zones=["C"]), config("ets"), ledger=ledger)
    assert demand["model"].values[:, 0].tolist() == ["ets", "moving_average", "none"]
    assert np.isfinite(demand["demand"].sel(zone="B")).all()
    assert np.isnan(demand["demand"].sel(zone="C")).all()
    assert "kit: 1 zones have neither usable records nor a planning figure with people: not planned." in ledger.remarks


def test_an_item_may_say_that_no_history_means_no_demand():
    settings = config(items={"kit": {"without_history": "none"}})
    demand = forecast(inputs(records({("A", "kit"): noisy()}), people=400, per_person_per_day=0.05, zones=["C"]), settings)
    assert demand["model"].values[:, 0].tolist() == ["moving_average", "none"]


def test_nothing_but_stockouts_without_a_norm_is_not_planned():
    table = records({("A", "kit"): noisy(), ("B", "kit"): [0.0] * 40})
    table["stockout_days"] = np.where(table["zone"] == "B", 7.0, 0.0)
    demand = forecast(inputs(table))
    assert demand["model"].values[:, 0].tolist() == ["moving_average", "none"]
    assert np.isnan(demand["demand"].sel(zone="B")).all()
    assert float(demand["distributed"].sel(zone="B").max()) <= 1  # what the records will show goes on as it was


def test_a_model_that_fails_falls_back_and_says_so(monkeypatch):
    def fails_in_b(history, samples, settings):
        paths = np.full((len(history.zones), len(history.ahead), samples), 5.0)
        paths[[zone == "B" for zone in history.zones], -1, -1] = NAN
        return paths

    monkeypatch.setattr(ets, "predict", fails_in_b)
    ledger = Ledger()
    demand = forecast(inputs(records({("A", "kit"): noisy(), ("B", "kit"): noisy(seed=2)})), config("ets"), ledger=ledger)
    assert demand["model"].values[:, 0].tolist() == ["ets", "ets, fell back to moving_average"]
    assert np.isfinite(demand["demand"]).all()
    (problem,) = ledger.problems.noted
    assert str(problem) == "column kit: 'B' ets gave no forecast of demand for kit. moving_average was used instead"


def test_where_the_moving_average_fails_too_the_norm_takes_over(monkeypatch):
    def fails(history, samples, settings):
        return np.full((len(history.zones), len(history.ahead), samples), NAN)

    monkeypatch.setattr(ets, "predict", fails)
    monkeypatch.setattr(moving_average, "predict", fails)
    demand = forecast(inputs(records({("A", "kit"): noisy()}), people=400, per_person_per_day=0.05), config("ets"))
    assert demand["model"].item() == "ets, fell back to norm"


def test_all_wrong_models_settings_and_signals_are_told_at_once():
    wrong = {
        "kit": {"model": {"use": "etz"}},
        "soap": {"model": {"use": "moving_average", "period": 3}},
        "tarp": {"model": {"use": "ets", "regressors": {"rian": {"lag": 1}}}},
    }
    given = inputs(records({("A", item): noisy() for item in wrong}), signals={"rain": np.ones((1, 40))})
    with pytest.raises(InputError, match="Did you mean") as caught:
        forecast(given, config(items=wrong))
    assert [str(problem) for problem in caught.value.problems] == [
        f"'etz' is not one of forecast/models. Did you mean 'ets'? Known: {', '.join(plugins.names('models'))}.",
        "column period: 'period' is not a setting. Did you mean 'periods'?",
        "column regressors: 'rian' is not one of the signals. Did you mean 'rain'? Known: rain.",
    ]
    assert [problem.file for problem in caught.value.problems] == ["items.kit.model", "items.soap.model", "items.tarp.model"]


# ------------------------------------------------------------------ futures that belong together


def test_zones_that_rose_and_fell_together_do_so_in_the_futures():
    rng = np.random.default_rng(8)
    shared = np.repeat(rng.normal(0, 25, 20), 3)
    series = {(f"Z{zone:02}", "kit"): (100 + shared + rng.normal(0, 10, 60)).round() for zone in range(12)}
    demand = forecast(inputs(records(series)), count=60)["demand"].values[:, 0].astype(float)
    totals = demand.sum(axis=1)
    independent = np.sqrt(totals.var(axis=1).sum())
    assert totals.sum(axis=0).std() > 1.8 * independent


def test_zones_that_have_nothing_in_common_stay_independent():
    rng = np.random.default_rng(9)
    found = futures.measure(rng.normal(100, 20, (15, 3, 90)), 3)
    assert found.is_measured
    assert max(found.all, found.item, found.zone) < 0.08


def test_what_an_item_has_in_common_is_told_from_what_a_zone_has():
    rng = np.random.default_rng(9)
    by_item, by_zone = rng.normal(0, 20, (1, 4, 90)), rng.normal(0, 20, (20, 1, 90))
    rates = 200 + by_item + rng.normal(0, 20, (20, 4, 90))
    found = futures.measure(rates, 1)
    assert found.item == pytest.approx(0.5, abs=0.1)
    assert found.zone < 0.1
    found = futures.measure(200 + by_zone + rng.normal(0, 20, (20, 4, 90)), 1)
    assert found.zone == pytest.approx(0.5, abs=0.1)
    assert found.item < 0.1


def test_too_short_a_past_says_that_the_correlation_is_assumed():
    ledger = Ledger()
    forecast(inputs(records({("A", "kit"): noisy(4)})), count=4, ledger=ledger)
    assert "correlation of futures" in [line.figure for line in ledger.assumptions]


def test_arranging_futures_moves_whole_paths_and_changes_none():
    rng = np.random.default_rng(1)
    paths = rng.normal(10, 3, (4, 2, 5, 50)).astype(np.float32)
    before = paths.copy()
    template = rng.normal(size=(4, 2, 50))
    futures.arrange(paths, template)
    for pair in np.ndindex(4, 2):
        assert sorted(map(tuple, paths[pair].T)) == sorted(map(tuple, before[pair].T))
        ranks = np.argsort(np.argsort(paths[pair].sum(axis=0)))
        np.testing.assert_array_equal(ranks, np.argsort(np.argsort(template[pair])))


# ------------------------------------------------------------------ demand given from elsewhere


def given_table(**changes):
    rows = {"zone": "A", "item": "kit", "period": weeks(2), "quantity": "demand", "unit": "kit", "model": "ets", "mean": 10.0}
    quantiles = dict(zip(("q05", "q10", "q25", "q50", "q75", "q90", "q95"), (1.0, 2, 5, 10, 15, 18, 19), strict=True))
    return pd.DataFrame({**rows, **quantiles, **changes})


def test_a_given_table_becomes_futures_with_its_quantiles():
    ledger = Ledger()
    demand = DEMAND.check(from_table(given_table(), 200, 1, ledger))
    values = demand["demand"].values[0, 0]
    np.testing.assert_allclose(np.quantile(values[0], [0.05, 0.5, 0.95]), [1, 10, 19], atol=0.1)
    assert values[0].min() == pytest.approx(0.05, abs=0.01)  # 1 at 5 %, on a slope of 1 per 5 %
    np.testing.assert_array_equal(values[0], values[1])
    assert demand["model"].item() == "ets"
    assert np.isnan(demand["distributed"]).all()
    assert "keeps its rank in all periods" in ledger.remarks[0]


def test_a_tail_below_zero_is_cut():
    low = from_table(given_table(q05=0.0, q10=1.0), 200, 1, Ledger())["demand"].values
    assert (low >= 0).all()
    assert (low == 0).sum() == 2 * 10  # the lowest 5 % in both periods


def test_given_zones_are_independent_and_a_pair_that_is_not_given_is_not_planned():
    many = pd.concat(
        [given_table(zone=f"Z{n}", item=item) for n in range(30) for item in ("kit", "soap") if (n, item) != (3, "soap")]
    )
    demand = from_table(many.sample(frac=1, random_state=1), 200, 1, Ledger())
    firsts = demand["demand"].sel(item="kit").values[:, 0]
    assert np.abs(np.corrcoef(firsts)[np.triu_indices(30, 1)]).mean() < 0.1
    assert demand["model"].sel(zone="Z3", item="soap").item() == "none"
    assert np.isnan(demand["demand"].sel(zone="Z3", item="soap")).all()


def test_what_is_wrong_with_a_given_table_is_told_at_once():
    bad = pd.concat([given_table(), given_table(zone="B")[:1], given_table(zone="C", q50=2.0), given_table(zone="D", q05=-1.0)])
    with pytest.raises(InputError, match=r"demand\.csv: 5 problems") as caught:
        from_table(bad, 200, 1, Ledger())
    said = str(caught.value)
    assert "'C, kit, 2025-01-06' has quantiles that fall. Let q05 to q95 ascend" in said
    assert "'D, kit, 2025-01-06' has an empty, negative or infinite quantity. Give numbers from 0 up" in said
    assert "'B/kit' lacks some of the 2 rows" in said


def test_a_table_without_quantiles_is_refused():
    with pytest.raises(InputError, match="has no column q25, q75"):
        from_table(given_table().drop(columns=["q25", "q75"]), 200, 1, Ledger())


def test_given_samples_are_taken_as_they_are():
    demand = forecast(inputs(records({("A", "kit"): noisy(), ("B", "kit"): noisy(seed=2)})))
    table = demand["demand"].to_dataframe().reset_index()
    again = from_samples(table.sample(frac=1, random_state=1))
    np.testing.assert_array_equal(again["demand"], demand["demand"])
    with pytest.raises(InputError, match="'A/kit' lacks some of the 600 rows"):
        from_samples(table[1:])


def test_a_table_written_and_read_again_plans_on_the_same_quantiles():
    given = inputs(records({("A", "kit"): noisy(), ("B", "kit"): noisy(seed=2)}))
    table = demand_table(forecast(given), given.items)
    again = demand_table(from_table(table, 400, 1, Ledger()), given.items)
    columns = ["q05", "q25", "q50", "q75", "q95"]
    wanted = table[table["quantity"] == "demand"]
    np.testing.assert_allclose(again[columns], wanted[columns], rtol=0.01)


def test_an_uncertain_newest_count_spreads_all_futures_by_as_much():
    people, ahead = np.array([[100.0, 100.0], [100.0, 100.0]]), weeks(3, after(2))
    zones = pd.Index(["Z0", "Z1"], name="zone")
    cv = np.array([[NAN, 0.3], [0.3, NAN]])  # of Z1 only an older count is uncertain
    found = read_exposure(zones, people, moved("Z0", ahead[0], 0.0), ahead, "W", 2000, 1, Ledger(), cv=cv).ahead
    np.testing.assert_allclose(found.mean(axis=2), 1)
    np.testing.assert_allclose(found[0].std(axis=1), 0.3, rtol=0.1)  # nothing else moves these people
    np.testing.assert_allclose(found[0, 0], found[0, 2])
    np.testing.assert_array_equal(found[1], 1)


def test_the_uncertainty_of_people_present_is_in_the_demand():
    given = records({("A", "kit"): [100.0] * 40})
    people = np.full((1, 40), 1000.0)
    spread = []
    for cv in (0.0, 0.4):
        signals = {"present": people, "present_cv": np.full((1, 40), cv)}
        demand = forecast(inputs(given, signals=signals), config("moving_average", forecast={"exposure": "present"}))
        spread.append(float(demand["demand"].std("sample").mean() / demand["demand"].mean()))
    assert spread[0] < 0.1
    assert spread[1] == pytest.approx(0.4, rel=0.3)
