"""The models: points by arithmetic, and futures whose spread is honest."""

import logging

import numpy as np
import pytest
from pydantic import ValidationError

from forecast import plugins
from forecast.models import _paths, _regression, ets, moving_average, norm, prophet, seasonal_naive
from forecast.schema import Floats
from tests.small_records import history

NAN = np.nan
EACH_MODEL = plugins.names("models")
SEEDED = np.random.default_rng(5)


def walk(series: int, past: int, size: float = 3.0) -> Floats:
    """Random walks around 200."""
    return 200 + np.cumsum(np.random.default_rng(1).normal(0, size, (series, past)), axis=1)


def noise(series: int, past: int, size: float = 10.0) -> Floats:
    return 100 + np.random.default_rng(2).normal(0, size, (series, past))


def run(model, past, samples: int = 200, horizon: int = 3, changes=None, **settings) -> Floats:
    return model.predict(history(past, horizon, **(changes or {})), samples, model.Settings(**settings))


def points(monkeypatch, model, past, horizon: int = 3, changes=None, **settings) -> Floats:
    """(series, horizon) what a model says before any error is drawn."""
    monkeypatch.setattr(_paths, "spread", lambda history, point, *others: point[:, :, None])
    return run(model, past, horizon=horizon, changes=changes, **settings)[:, :, 0]


# ------------------------------------------------------------------ each model


@pytest.mark.parametrize("name", EACH_MODEL)
def test_each_model_gives_paths_of_the_right_shape_never_below_zero(name):
    model = plugins.load("models", name, "test")
    past = history(noise(3, 60, 60.0).clip(0), 4, expected=np.full((3, 4), 50.0))
    paths = model.predict(past, 50, model.Settings())
    assert paths.shape == (3, 4, 50)
    assert np.isfinite(paths).all()
    assert (paths >= 0).all()


@pytest.mark.parametrize("name", EACH_MODEL)
def test_each_model_gives_the_same_futures_to_a_zone_whatever_its_place(name):
    model = plugins.load("models", name, "test")
    values = walk(3, 60)
    straight = history(values, expected=np.full((3, 3), 50.0))
    turned = history(values[::-1], expected=np.full((3, 3), 50.0), zones=("Z2", "Z1", "Z0"), pool=values)
    there, back = (model.predict(past, 40, model.Settings()) for past in (straight, turned))
    np.testing.assert_allclose(there, back[::-1], rtol=1e-9)


@pytest.mark.parametrize("name", EACH_MODEL)
def test_each_model_refuses_a_setting_that_does_not_exist(name):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        plugins.load("models", name, "test").Settings(periodz=3)


@pytest.mark.parametrize("name", ["ets", "moving_average", "prophet", "seasonal_naive"])
def test_each_model_leaves_a_series_without_any_known_value_empty(name):
    model = plugins.load("models", name, "test")
    values = np.vstack([noise(1, 20), np.full((1, 20), NAN)])
    paths = model.predict(history(values), 20, model.Settings())
    assert np.isfinite(paths[0]).all()
    assert np.isnan(paths[1]).all()


@pytest.mark.parametrize("name", ["ets", "moving_average", "seasonal_naive"])
def test_errors_last_over_the_horizon_so_totals_spread_more_than_independent_errors_would(name):
    model = plugins.load("models", name, "test")
    paths = model.predict(history(walk(8, 80), 6), 200, model.Settings())
    independent = np.sqrt(paths.var(axis=2).sum(axis=1))
    assert (paths.sum(axis=1).std(axis=1) > 1.5 * independent).all()


@pytest.mark.parametrize("name", ["ets", "moving_average", "prophet"])
def test_what_wanders_is_less_certain_the_further_ahead(name):
    model = plugins.load("models", name, "test")
    spread = model.predict(history(walk(8, 80), 8), 200, model.Settings()).std(axis=2).mean(axis=0)
    assert spread[-1] > 1.3 * spread[0]


# ------------------------------------------------------------------ moving average


def test_the_moving_average_is_the_amc_of_the_last_three_known_periods(monkeypatch):
    np.testing.assert_allclose(points(monkeypatch, moving_average, [[99, 10, NAN, 20, NAN, 30, NAN]]), [[20, 20, 20]])


def test_the_moving_average_of_two_known_periods_is_their_mean():
    assert run(moving_average, [[NAN, NAN, 10, 30]]).mean() == pytest.approx(20)


def test_one_known_period_is_less_certain_than_many():
    long = noise(30, 60)
    short = long.copy()
    short[0, :-1] = NAN
    spread = run(moving_average, short).std(axis=2)[:, 0]
    assert spread[0] > 1.2 * np.median(spread[1:])


def test_old_news_is_less_certain_than_fresh_news():
    fresh = noise(20, 60)
    old = fresh.copy()
    old[:, -26:] = NAN
    assert run(moving_average, old).std() > 1.15 * run(moving_average, fresh).std()


def test_a_single_short_series_with_nothing_to_borrow_is_wide_but_not_empty():
    paths = run(moving_average, [[40.0, 60.0]])
    assert np.quantile(paths, 0.05) < 15
    assert np.quantile(paths, 0.95) > 90


def test_a_constant_series_among_constant_series_stays_constant():
    np.testing.assert_allclose(run(moving_average, np.full((3, 30), 7.0)), 7)


def test_only_zeros_stay_zero():
    assert not run(moving_average, np.zeros((2, 30))).any()


def test_a_series_that_was_quiet_of_late_may_wake_again():
    past = np.tile([0.0, 0, 0, 0, 12, 9], (4, 8))
    past = np.hstack([past, np.zeros((4, 3))])
    paths = run(moving_average, past)
    assert (np.quantile(paths, 0.05, axis=2) < np.quantile(paths, 0.95, axis=2)).all()


def test_a_short_series_borrows_its_spread_from_series_of_its_level():
    small, large = 10 + np.random.default_rng(3).normal(0, 1, (20, 40)), 1000 + np.random.default_rng(4).normal(0, 300, (20, 40))
    values = np.vstack([small, large])
    values[0, :-2], values[20, :-2] = NAN, NAN
    spread = run(moving_average, values).std(axis=2)[:, 0]
    assert spread[0] < 5
    assert spread[20] > 100


# ------------------------------------------------------------------ error paths


def test_error_paths_are_what_the_method_missed_on_the_scale_of_roots():
    values, origins = np.array([[4.0, 4, 4, 10, 1, 4]]), np.array([2])
    found = _paths.errors(values, np.full((1, 1, 3), 4.0), origins)
    np.testing.assert_allclose(found.level, [[2]])
    np.testing.assert_allclose(found.paths, [[[np.sqrt(10) - 2, -1, 0]]])


def test_a_gap_within_an_error_path_repeats_the_error_before_it():
    values = np.array([[4.0, 4, 4, 10, NAN, 4]])
    found = _paths.errors(values, np.full((1, 1, 3), 4.0), np.array([2])).paths
    np.testing.assert_allclose(found, [[[np.sqrt(10) - 2, np.sqrt(10) - 2, 0]]])


def test_an_origin_that_shows_less_than_half_of_the_horizon_is_not_used():
    values = np.array([[4.0, 4, 4, 10, NAN, NAN]])
    assert np.isnan(_paths.errors(values, np.full((1, 1, 3), 4.0), np.array([2])).paths).all()


def test_cutting_at_zero_does_not_lift_the_mean():
    cut = _paths.at_least_zero(np.array([[-2.0, 0, 2, 8]]))
    np.testing.assert_allclose(cut, [[0, 0, 1.6, 6.4]])
    assert cut.mean() == pytest.approx(2)


def test_known_means_look_no_further_than_their_origin():
    values = np.array([[NAN, 2.0, 4, NAN, 9]])
    np.testing.assert_allclose(_paths.known_mean(values, np.arange(5), 2), [[NAN, 2, 3, 3, 6.5]])


# ------------------------------------------------------------------ seasonal naive


def test_seasonal_naive_repeats_the_same_period_of_the_year_before(monkeypatch):
    past = [[1.0, 2, 3, 4, 5, 6, 7, 8]]
    np.testing.assert_allclose(points(monkeypatch, seasonal_naive, past, horizon=5, season=4), [[5, 6, 7, 8, 5]])


def test_seasonal_naive_takes_the_year_before_that_where_the_last_is_unknown(monkeypatch):
    past = [[1.0, 2, 3, 4, NAN, 6, NAN, 8]]
    np.testing.assert_allclose(points(monkeypatch, seasonal_naive, past, horizon=4, season=4), [[1, 6, 3, 8]])


def test_seasonal_naive_without_a_full_year_is_the_mean_of_what_is_known(monkeypatch):
    np.testing.assert_allclose(points(monkeypatch, seasonal_naive, [[4.0, NAN, 8]]), [[6, 6, 6]])


# ------------------------------------------------------------------ norm


def test_the_norm_is_people_times_planning_figure_and_what_is_off_stays_off():
    paths = run(norm, [[NAN] * 3], changes={"expected": np.array([[100.0, 100, 70]])})
    np.testing.assert_allclose(paths.mean(axis=2), [[100, 100, 70]])
    assert paths[0, 0].std() == pytest.approx(40, rel=0.15)
    assert np.corrcoef(paths[0, 0], paths[0, 2])[0, 1] > 0.9
    assert paths[0, 2].std() / 70 > paths[0, 0].std() / 100


# ------------------------------------------------------------------ ets


def test_ets_of_noise_is_near_its_mean_with_a_spread_near_that_of_the_noise():
    paths = run(ets, noise(10, 80))
    assert paths.mean() == pytest.approx(100, abs=4)
    assert paths.std(axis=2).mean() == pytest.approx(10, rel=0.25)


def test_ets_follows_a_trend_that_is_clear(monkeypatch):
    past = np.arange(60.0)[None, :] * 5 + 100 + np.random.default_rng(1).normal(0, 2, (1, 60))
    assert run(ets, past).mean(axis=2)[0, 2] > 403  # the last known value is 395, the next ones 400, 405 and 410
    assert points(monkeypatch, ets, past, trend="none")[0, 2] < 398


def test_ets_finds_a_yearly_season_once_two_years_are_known():
    past = 100 + 60 * np.sin(2 * np.pi * np.arange(117) / 52) + np.random.default_rng(1).normal(0, 3, 117)
    mean = run(ets, past[None], horizon=20).mean(axis=2)[0]
    truth = 100 + 60 * np.sin(2 * np.pi * np.arange(117, 137) / 52)
    assert np.abs(mean - truth).max() < 15
    flat = run(ets, past[None], horizon=20, seasonal="none", trend="none").mean(axis=2)[0]
    assert np.abs(flat - truth).max() > 40


def test_ets_learns_what_a_regressor_does():
    signal = np.random.default_rng(1).normal(0, 1, (1, 63))
    signal[:, 60:] = 3.0
    past = 100 + 20 * signal[:, :60] + np.random.default_rng(2).normal(0, 1, (1, 60))
    changes = {"regressors": {"rain": signal}}
    assert run(ets, past, changes=changes, seasonal="none").mean() == pytest.approx(160, abs=5)


def test_ets_stands_on_its_last_state_across_a_gap_at_the_end():
    past = noise(2, 40)
    past[0, 30:] = NAN
    paths = run(ets, past)
    assert paths[0].mean() == pytest.approx(100, abs=10)
    assert paths[0].std() > paths[1].std()


def test_a_series_too_short_for_ets_is_left_to_the_caller():
    assert np.isnan(run(ets, [[5.0, 6.0, NAN, NAN]])).all()


def test_a_constant_regressor_has_no_effect():
    assert not _regression.columns(history([[1.0, 2, 3]], regressors={"rain": np.full((1, 6), 4.2)}), 0).any()


# ------------------------------------------------------------------ prophet


def test_prophet_is_the_same_twice_says_nothing_and_leaves_the_global_stream_alone(capfd, caplog):
    past = walk(2, 40)
    np.random.seed(3)
    expected = np.random.get_state()[1]
    with caplog.at_level(logging.INFO):
        first, second = run(prophet, past), run(prophet, past)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(np.random.get_state()[1], expected)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_prophet_follows_a_yearly_season_and_a_regressor():
    time = np.arange(121)
    season = 100 + 40 * np.sin(2 * np.pi * time / 52.18)
    signal = np.random.default_rng(1).normal(0, 1, (1, 121))
    past = (season + 20 * signal[0] + np.random.default_rng(2).normal(0, 2, 121))[None, :117]
    mean = run(prophet, past, horizon=4, changes={"regressors": {"rain": signal}}).mean(axis=2)[0]
    np.testing.assert_allclose(mean, (season + 20 * signal[0])[117:], atol=12)


def test_prophet_steps_over_gaps_and_gives_a_constant_back():
    past = np.full((1, 30), 8.0)
    past[0, 3:9] = NAN
    np.testing.assert_allclose(run(prophet, past), 8)
