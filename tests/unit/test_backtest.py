"""Backtests on a world where every cell has a value of its own: what is scored, by what, and that errors show."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast import backtest as package
from forecast import choice, plugins, scores
from forecast.backtest import AS_CONFIGURED, Backtest, Question, add, backtest, config_of, models_of
from forecast.backtest.fans import Fan, to_show
from forecast.backtest.figures import ALL_CELLS, ALL_ITEMS, best_model, figures
from forecast.backtest.page import page
from forecast.backtest.pictures import draw
from forecast.backtest.reading import origins, read_as_of, read_now, without_plan
from forecast.backtest.tally import tally
from forecast.backtest.truth import truth_of
from forecast.config import Config, Plugin
from forecast.errors import InputError
from tests.backtest_world import ITEMS, ZONES, Plug, job, oracle, plugged, write_records

NAN = np.nan
MONTHS = 20


@pytest.fixture
def plug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plug:
    (tmp_path / "models").mkdir()
    return plugged(tmp_path / "models", monkeypatch)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return write_records(tmp_path / "records.csv", MONTHS)


def scored(records: Path, *models: str, horizon: int = 3, number: int = 4, **question) -> tuple[Backtest, pd.DataFrame]:
    found = backtest(job(records, horizon), Question(number, models, **question))
    return found, figures(found)


def row(table: pd.DataFrame, model: str, item: str = ALL_CELLS, horizon: str = "all") -> pd.Series:
    (found,) = table[(table["model"] == model) & (table["item"] == item) & (table["horizon"] == horizon)].index
    return table.loc[found]


# ------------------------------------------------------------------ what would slip by unseen


def test_a_model_that_knows_what_came_has_no_error_in_any_cell(records, plug):
    plug("oracle", oracle())
    found, table = scored(records, "oracle")
    errors = table[["mase", "rmsse", "wmape", "bias", "crps_per_unit", "overstock_fill_95"]]
    np.testing.assert_allclose(errors.to_numpy(dtype=float), 0, atol=1e-6)
    assert row(table, "oracle")["cells"] == len(ZONES) * len(ITEMS) * 3 * 4
    assert [str(day.date()) for day in found.issue_dates] == ["2025-03-01", "2025-04-01", "2025-05-01", "2025-06-01"]
    assert set(table["horizon"]) == {"1", "2", "3", "all"}


def test_a_period_too_late_shows_as_the_step_of_a_month(records, plug):
    plug("late", oracle("truth + 1"))  # what comes a month later
    table = scored(records, "late")[1]
    for horizon in ("1", "2", "3", "all"):
        found = row(table, "late", "kit", horizon)
        assert found["crps"] == pytest.approx(1)
        assert found["bias"] * found["mean_seen"] == pytest.approx(1)


def test_a_mixed_up_zone_shows_as_the_step_between_zones(records, plug):
    plug("mixed", oracle("truth[::-1]"))
    table = scored(records, "mixed")[1]
    assert row(table, "mixed", "kit")["crps"] == pytest.approx((2000 + 0 + 2000) / 3)


def test_an_off_by_one_horizon_shows_at_each_horizon(records, plug):
    plug("rolled", oracle("np.roll(truth, 1, axis=1)"))  # the third is told as the first, the first as the second
    table = scored(records, "rolled")[1]
    biases = [row(table, "rolled", "kit", horizon) for horizon in ("1", "2", "3")]
    assert [one["bias"] * one["mean_seen"] for one in biases] == pytest.approx([2, -1, -1])


def test_a_choice_is_made_once_per_origin_whichever_model_needs_it(records, monkeypatch):
    made, trials = [], choice._trials
    monkeypatch.setattr(choice, "_trials", lambda *asked: made.append(asked) or trials(*asked))
    best = ("forecast.default.use=best", "forecast.choice.candidates=[{use: naive}]", "forecast.choice.origins=2")
    found = backtest(job(records, 3, "M", *best), Question(2, ("as configured", "best")))
    assert len(made) == len(found.issue_dates) == 2
    pd.testing.assert_frame_equal(
        *(part.drop(columns=["model", "is_best"]).reset_index(drop=True) for _, part in figures(found).groupby("model"))
    )
    assert found.now.job.kept is None


def test_forecast_and_records_are_matched_by_name_whatever_their_order(records, plug):
    plug("oracle", oracle())
    found, _ = scored(records, "oracle", number=1)
    then = read_as_of(found.now.job, found.issue_dates[0])
    truth = truth_of(found.now, then, zero_gaps=False, most_zeros=None)
    ahead = truth.seen.transpose("zone", "item", "period")
    demand = xr.Dataset(
        {
            "distributed": ahead.expand_dims(sample=20, axis=3).astype("float32"),
            "model": (("zone", "item"), np.full(ahead.shape[:2], "oracle", dtype=object)),
        }
    ).isel(zone=[2, 0, 1], item=[1, 0])
    again = Backtest(found.now, found.question, found.issue_dates)
    add(again, "oracle", demand, truth)
    np.testing.assert_allclose(figures(again)["wmape"], 0, atol=1e-6)


def test_what_is_too_good_is_said_to_be_a_leak_until_proven_otherwise(records, plug):
    plug("oracle", oracle())
    found, table = scored(records, "oracle", "moving_average")
    assert "oracle: without any error. Too good is a leak until proven otherwise" in page(found, table)
    assert "moving_average: " not in page(found, table)


# ------------------------------------------------------------------ origins


def test_origins_lie_a_period_apart_and_the_newest_has_its_whole_horizon_seen(records):
    now = read_now(without_plan(job(records)))
    assert now.job.issue_date == pd.Timestamp("2025-09-01")  # after 20 months
    possible = MONTHS - 3 - 8 + 1
    dates = origins(now, possible)
    assert [str(dates[place].date()) for place in (0, -1)] == ["2024-09-01", "2025-06-01"]
    assert len(set(dates)) == possible


def test_more_origins_than_the_records_allow_are_refused_with_how_many_are_possible(records):
    with pytest.raises(InputError, match=r"'11' is more than the records allow: they cover 20 periods.*Ask for at most 10"):
        backtest(job(records), Question(11, ("moving_average",)))
    with pytest.raises(InputError, match="Give a shorter horizon, or records of more periods"):
        backtest(job(records, 13), Question(1, ("moving_average",)))


def test_issue_dates_can_be_named_where_the_records_reach(records):
    now = read_now(without_plan(job(records)))
    days = (pd.Timestamp("2025-05-01"), pd.Timestamp("2024-10-01"))
    assert origins(now, days) == (days[1], days[0])
    with pytest.raises(InputError, match=r"'2025-07-01' is outside what the records allow.*Possible: 2024-09-01 to 2025-06-01"):
        origins(now, (days[0], pd.Timestamp("2025-07-01")))
    with pytest.raises(InputError, match="names two days of one period"):
        origins(now, (days[0], pd.Timestamp("2025-05-09")))


def test_an_origin_knows_the_figures_of_its_day_and_is_scored_by_those_of_today(tmp_path):
    file = write_records(tmp_path / "records.csv", MONTHS)
    text = file.read_text().splitlines()
    late = [f"{line}," if line != "Z1,kit,2025-05-01,1117" else "Z1,kit,2025-05-01,900," for line in text[1:]]
    file.write_text("\n".join([f"{text[0]},known_on", *late, "Z1,kit,2025-05-01,1117,2025-08-15"]) + "\n")
    now = read_now(without_plan(job(file)))
    then = read_as_of(now.job, pd.Timestamp("2025-06-01"))
    cell = {"zone": "Z1", "item": "kit", "period": "2025-05-01"}
    assert (float(then.panel["distributed"].sel(cell)), float(now.panel["distributed"].sel(cell))) == (900, 1117)
    assert then.panel.indexes["period"][-1] == pd.Timestamp("2025-05-01")


def test_a_scenario_changes_what_is_forecast_from_now_on_not_what_was_forecast_then(records):
    there = job(records, 3, "M", 'what_if.displace=[{"share": 0.5, "arrive": ["Z1"]}]')
    assert there.config.what_if.displace
    found = backtest(there, Question(1, ("moving_average",)))
    assert not found.now.job.config.what_if.displace
    assert "What scenario base changes (what_if) begins now" in page(found, figures(found))


# ------------------------------------------------------------------ what is scored


def test_a_missing_report_is_not_scored_and_not_taken_for_a_zero(tmp_path, plug):
    plug("oracle", oracle())
    file = write_records(tmp_path / "records.csv", MONTHS, drop=lambda zone, month: zone == "Z3" and month == MONTHS)
    found, table = scored(file, "oracle")
    assert row(table, "oracle")["cells"] == len(ZONES) * len(ITEMS) * 3 * 4 - len(ITEMS)
    assert row(table, "oracle")["wmape"] == pytest.approx(0, abs=1e-6)
    assert "Not scored: cells 2 not reported since" in page(found, table)


def test_with_gaps_as_zero_a_missing_report_is_scored_as_nothing_handed_out(tmp_path, plug):
    plug("oracle", oracle())
    file = write_records(tmp_path / "records.csv", MONTHS, drop=lambda zone, month: zone == "Z3" and month == MONTHS)
    table = scored(file, "oracle", gaps="zero", horizon=1, number=1)[1]
    assert row(table, "oracle", "kit")["cells"] == 3
    assert row(table, "oracle", "kit")["crps"] == pytest.approx(3120 / 3)


def test_a_zone_without_any_record_at_an_origin_is_counted_not_scored(tmp_path, plug):
    plug("oracle", oracle())
    file = write_records(tmp_path / "records.csv", MONTHS, drop=lambda zone, month: zone == "Z3" and month < MONTHS)
    found, table = scored(file, "oracle", number=1)
    assert row(table, "oracle")["cells"] == 2 * len(ITEMS) * 3
    assert read_as_of(found.now.job, found.issue_dates[0]).panel.indexes["zone"].tolist() == ["Z1", "Z2"]


def test_series_that_are_mostly_zero_can_be_left_out(records, plug, tmp_path):
    plug("oracle", oracle())
    rare = [f"Z4,kit,{pd.Timestamp('2024-01-01') + pd.DateOffset(months=n):%Y-%m-%d},{5 * (n == 0)}" for n in range(MONTHS)]
    records.write_text(records.read_text() + "\n".join(rare) + "\n")
    found = backtest(job(records), Question(1, ("moving_average",), most_zeros=0.8))
    assert found.unscored["of series of which 80% or more is zero"] == 3
    assert row(figures(found), "moving_average")["cells"] == 18


def test_bias_is_also_told_of_the_cells_where_stock_remained():
    paths = np.full((1, 2, 10), 12.0)
    found = tally(paths, np.array([[10.0, 2.0]]), np.array([[True, False]]), *[np.array([1.0])] * 3)
    assert found.share("error", "seen", -1) == pytest.approx(12 / 12)
    assert found.share("error_in_stock", "seen_in_stock", -1) == pytest.approx(2 / 10)


def test_a_tally_by_hand():
    paths = np.array([[[0.0, 10.0], [0.0, 10.0]], [[NAN, NAN], [4.0, 4.0]]])
    seen = np.array([[10.0, 0.0], [5.0, NAN]])
    found = tally(paths, seen, np.ones((2, 2), dtype=bool), *[np.array([2.0, NAN])] * 3)
    assert found.counts["crps"].tolist() == [1, 1, 2]  # the second series has no forecast of the one, no record of the other
    assert found.mean("crps", -1) == pytest.approx(2.5)
    assert found.mean("mase", -1) == pytest.approx(2.5)
    assert found.mean("rmsse", -1) == pytest.approx(2.5)
    assert found.mean("coverage_total_80", -1) == 1
    assert found.left_out == 0
    twice = found + found
    assert twice.mean("crps", 0) == found.mean("crps", 0)
    assert twice.counts["crps"].tolist() == [2, 2, 4]


def test_series_scored_in_parts_have_the_scores_of_all_at_once(records, monkeypatch):
    whole = scored(records, "moving_average")[1]
    monkeypatch.setattr(package, "AT_ONCE", 2)
    pd.testing.assert_frame_equal(scored(records, "moving_average")[1], whole)


def test_a_series_without_a_scale_is_left_out_of_the_scaled_error_and_counted():
    seen = np.array([[1.0], [3.0]])
    found = tally(np.full((2, 1, 4), 2.0), seen, np.ones((2, 1), dtype=bool), *[np.array([NAN, 1.0])] * 3)
    assert (found.left_out, found.counts["mase"].tolist()) == (1, [1, 1])


def test_the_stock_of_practice_is_so_many_times_the_average_that_it_meets_as_much():
    seen, average = np.array([[8.0], [2.0]]), np.array([4.0, 4.0])
    found = tally(seen[:, :, None].repeat(4, axis=2), seen, np.ones((2, 1), dtype=bool), *[np.ones(2)] * 2, average)
    # min(8, 4k) + min(2, 4k) = 9.5 at k = 1.875: 15 are stocked, 5.5 of 10 left over
    assert scores.overstock_at_fill(found.practice[-1], 10, 0.95) == pytest.approx(0.55)
    assert scores.overstock_at_fill(found.curves[-1], 10, 0.95) == pytest.approx(0)


def test_the_rounding_of_counts_is_told_apart_from_wide_intervals(records):
    table = scored(records, "smoothing")[1]
    whole = row(table, "smoothing", ALL_ITEMS)
    assert 0 < whole["coverage_80_ties_spread"] <= whole["coverage_80"] + 0.1


# ------------------------------------------------------------------ over items, and the page


def test_over_all_items_the_unit_of_an_item_makes_no_difference(records, plug, tmp_path):
    plug("low", oracle("truth * 0.9"))
    plug("high", oracle("truth * 1.2"))
    table = scored(records, "low", "high")[1]
    assert row(table, "low", ALL_ITEMS)["wmape"] == pytest.approx(0.1, abs=0.001)
    assert row(table, "high", ALL_ITEMS)["bias"] == pytest.approx(0.2, abs=0.001)
    assert np.isnan(row(table, "low", ALL_ITEMS)["crps"])  # litres and kits have no common unit
    assert best_model(table) == "low"
    assert table[table["is_best"]]["model"].unique().tolist() == ["low"]


def test_of_models_that_are_equally_good_the_first_is_the_best(records):
    table = scored(records, "seasonal_naive", AS_CONFIGURED, "moving_average")[1]
    assert (table.groupby(["item", "horizon"])["is_best"].sum() == 1).all()


def test_an_item_of_which_nothing_came_does_not_spoil_the_mean_over_items(tmp_path):
    file = write_records(tmp_path / "records.csv", MONTHS)
    zeros = [line.rpartition(",")[0].replace("kit", "rare") + ",0" for line in file.read_text().splitlines() if "kit" in line]
    file.write_text(file.read_text() + "\n".join(zeros) + "\n")
    table = scored(file, "moving_average")[1]
    assert row(table, "moving_average", "rare")["mean_seen"] == 0
    assert 0 < row(table, "moving_average", ALL_ITEMS)["wmape"] < 0.1


def test_a_model_that_gives_no_answer_is_told_with_the_one_used_instead(records, plug):
    plug("silent", "def predict(history, samples, settings):\n    return np.full((*history.expected.shape, samples), np.nan)\n")
    found, table = scored(records, "silent")
    assert row(table, "silent", "kit")["made_by"] == "silent, fell back to moving_average 12"
    assert "silent: gave no forecast of 24 of 24 series over all origins, and another model was used" in page(found, table)


def test_the_page_has_a_line_per_model_and_item_with_the_best_marked(records, plug):
    plug("oracle", oracle())
    found, table = scored(records, "oracle", "moving_average")
    lines = page(found, table).splitlines()
    assert lines[0].endswith("as of 2025-03-01 to 2025-06-01, 4 origins, each 3 months ahead")
    assert lines[1] == "Scored by the records known on 2025-09-01: 72 cells (zone, item, month ahead)"
    assert [line.split()[:3] for line in lines if "oracle" in line][:3] == [
        ["*", "kit", "oracle"], ["*", "soap", "oracle"], ["*", "all", "items"],
    ]  # fmt: skip
    assert "Best over all items: oracle" in lines


def test_where_nothing_can_be_scored_it_is_said(records):
    rows = records.read_text().splitlines()
    records.write_text("\n".join([rows[0], *(f"{row.rpartition(',')[0]},0" for row in rows[1:])]) + "\n")
    found = backtest(job(records), Question(1, ("moving_average",), most_zeros=0.8))
    table = figures(found)
    assert table.empty
    assert "Nothing could be scored" in page(found, table)
    assert "0 cells" in page(found, table)
    assert [path.name for path in draw(found, "moving_average", records.parent)] == ["reliability.png"]


# ------------------------------------------------------------------ models


def test_the_models_compared_come_after_what_is_configured():
    assert models_of("")[0] == AS_CONFIGURED
    assert set(models_of("")) >= {"seasonal_naive", "moving_average"}
    assert models_of("all") == (AS_CONFIGURED, *plugins.names("models"))
    assert models_of("moving_average, ets,ets,best") == (AS_CONFIGURED, "moving_average", "ets", "best")
    with pytest.raises(InputError, match="Did you mean 'moving_average'"):
        models_of("moving_averages")


def test_one_model_for_all_items_keeps_the_settings_the_config_has_for_it():
    own = {"use": "moving_average", "periods": 6}
    settings = Config.model_validate(
        {"forecast": {"default": {"use": "ets"}}, "items": {"kit": {"model": own}, "soap": {"model": {"use": "prophet"}}}}
    )
    changed = config_of(settings, "moving_average")
    assert changed.items["kit"].model == Plugin.model_validate(own)
    assert changed.items["soap"].model is None
    assert changed.forecast.default.use == "moving_average"
    assert config_of(settings, AS_CONFIGURED) is settings


# ------------------------------------------------------------------ pictures


def test_the_best_the_median_and_the_worst_series_are_those_by_error_per_unit():
    axes = {"zone": ["Z1", "Z2", "Z3", "Z4"], "item": ["kit"]}
    crps = xr.DataArray([[4.0], [1.0], [9.0], [5.0]], axes, ("zone", "item"))
    seen = xr.DataArray([[10.0], [10.0], [10.0], [1.0]], axes, ("zone", "item"))  # the last is small, and left out
    fan = Fan(xr.DataArray(), crps, seen)
    assert to_show([fan, fan]) == {"best": ("Z2", "kit"), "median": ("Z1", "kit"), "worst": ("Z3", "kit")}
    assert to_show([Fan(xr.DataArray(), crps, seen * 0)]) == {}


@pytest.mark.parametrize("horizon", [1, 3])
def test_pictures_are_drawn_whatever_the_horizon_and_the_names(tmp_path, horizon):
    file = write_records(tmp_path / "records.csv", MONTHS)
    file.write_text(file.read_text().replace("Z1", "$Z_1$").replace("kit", "kit $x^2"))
    found, _ = scored(file, "moving_average", horizon=horizon, number=5)
    written = draw(found, "moving_average", tmp_path)
    assert [path.name for path in written] == ["fans.png", "reliability.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 20_000 for path in written)
    again = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in draw(found, "moving_average", tmp_path)] == again
    assert len(found.fans["moving_average"]) == (3 if horizon == 1 else 2)
