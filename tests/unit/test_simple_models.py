"""Naive, smoothing, empirical, intermittent: answers by arithmetic, and what the spread must do."""

import numpy as np
import pandas as pd
import pytest

from forecast.models import _paths, _streams, _weighted, empirical, intermittent, naive, smoothing
from forecast.schema import Floats, History
from tests.small_records import history

NAN = np.nan


def run(model, values, samples: int = 200, horizon: int = 3, **settings) -> Floats:
    return model.predict(history(values, horizon, season=12), samples, model.Settings(**settings))


def points(monkeypatch, model, values, **settings) -> Floats:
    monkeypatch.setattr(_paths, "spread", lambda history, point, *others: point[:, :, None])
    return run(model, values, **settings)[:, :, 0]


def lumps(series: int = 40, past: int = 60, chance: float = 0.3) -> Floats:
    rng = np.random.default_rng(3)
    return np.where(rng.random((series, past)) < chance, 1.0 + rng.poisson(9, (series, past)), 0.0)


# ------------------------------------------------------------------ naive, smoothing


def test_naive_is_the_last_known_value(monkeypatch):
    np.testing.assert_allclose(points(monkeypatch, naive, [[1.0, 9, 5, NAN, NAN]]), [[5, 5, 5]])


def test_the_level_is_a_mean_at_first_then_smoothed_and_gaps_are_stepped_over():
    found = smoothing.levels(np.array([[NAN, 4.0, 8, NAN, 12, 0]]), 0.5)
    np.testing.assert_allclose(found, [[NAN, 4, 6, 6, 9, 4.5]])


def test_smoothing_is_slow_where_noise_rules_and_quick_where_the_level_wanders():
    rng = np.random.default_rng(1)
    noise, walks = 100 + rng.normal(0, 10, (30, 80)), 1000 + np.cumsum(rng.normal(0, 10, (30, 80)), axis=1)
    assert smoothing.best_alpha(noise, 3) == smoothing.GRID[0]
    assert smoothing.best_alpha(walks, 3) == smoothing.GRID[-1]


def test_a_method_that_was_too_low_in_the_past_is_put_right():
    rising = np.arange(60.0) * 5 + 100 + np.random.default_rng(1).normal(0, 2, (20, 60))
    assert run(smoothing, rising, alpha=0.2).mean() == pytest.approx(405, abs=8)  # the last are near 395, the next 400 to 410


def test_totals_over_the_horizon_are_as_wide_as_they_were_missed():
    walks = 5000 + np.cumsum(np.random.default_rng(5).normal(0, 50, (400, 60)), axis=1)
    totals = run(smoothing, walks[:, :-3], alpha=0.8).sum(axis=1)
    low, high = np.quantile(totals, [0.1, 0.9], axis=1)
    seen = walks[:, -3:].sum(axis=1)
    assert ((low <= seen) & (seen <= high)).mean() == pytest.approx(0.8, abs=0.06)


def test_what_a_season_explains_is_no_doubt_about_the_level():
    season = np.tile(1000 + 800 * np.sin(np.arange(60) * 2 * np.pi / 12), (30, 1))
    count = len(_paths.origins(history(season, 3, season=12)))
    exact = _paths.Errors(np.zeros((30, count, 3)), np.full((30, count), np.sqrt(1000)))
    found = _paths.spread(history(season, 3, season=12), np.full((30, 3), 1000.0), exact, exact, 100)
    np.testing.assert_allclose(found, 1000)


def days(values: Floats, horizon: int) -> History:
    """The same as days, the first a Monday."""
    dates = pd.date_range("2024-01-01", periods=values.shape[1] + horizon)
    return history(values, horizon, periods=dates[:-horizon], ahead=dates[-horizon:], season=365)


def test_of_days_only_the_same_weekday_is_looked_back_from():
    values = np.ones((1, 100))
    assert set((99 - _paths.origins(days(values, 14))) % 7) == {0}
    assert _paths.origins(days(values, 14))[-1] == 99 - 14  # all of the horizon has been seen since
    assert set((99 - _paths.origins(history(values, 14))) % 7) == set(range(7))  # weeks
    assert len(_paths.origins(days(np.ones((1, 30)), 6))) > 20  # too few weeks to choose


@pytest.mark.parametrize("model", [naive, smoothing])
def test_a_day_of_the_week_on_which_little_is_handed_out_is_forecast_so(model):
    week = np.array([100, 100, 100, 100, 150, 20, 10.0])
    values = np.tile(week, (8, 20)) + np.random.default_rng(1).normal(0, 3, (8, 140))
    found = model.predict(days(values[:, :-10], 10), 100, model.Settings())  # from a Friday on
    np.testing.assert_allclose(found.mean(axis=(0, 2)), np.tile(week, 3)[4:14], atol=8)
    assert found.std(axis=2).max() < 20  # what the week explains is no doubt; the days themselves differ by 50


def test_of_many_series_some_lend_their_errors_whatever_the_order():
    values = lumps()
    chosen = _paths.lenders(values, 10)
    assert len(chosen) == 10 < len(values) == len(_paths.lenders(values))
    np.testing.assert_array_equal(chosen, _paths.lenders(values[::-1], 10))


def test_working_in_parts_changes_nothing(monkeypatch):
    whole = run(smoothing, lumps())
    monkeypatch.setattr(_paths, "AT_ONCE", 7)
    np.testing.assert_allclose(run(smoothing, lumps()), whole, rtol=1e-9)


# ------------------------------------------------------------------ random numbers by name


def test_each_series_has_random_numbers_of_its_own_spread_evenly():
    names = _streams.keys(history(np.zeros((3, 5))))
    even = np.sort(_streams.even(names, 100), axis=1)
    assert ((even >= np.arange(100) / 100) & (even < np.arange(1, 101) / 100)).all()
    orders = _streams.permutations(names, 100)
    np.testing.assert_array_equal(np.sort(orders, axis=1), np.tile(np.arange(100), (3, 1)))
    assert len({tuple(order) for order in orders.tolist()}) == 3
    assert np.abs(np.corrcoef(orders)[np.triu_indices(3, 1)]).max() < 0.35


# ------------------------------------------------------------------ empirical


def test_weighted_quantiles_repeat_a_value_as_often_as_its_weight_says():
    values, weight = np.array([[[5.0, 1.0, NAN, 3.0]]]), np.array([[[1.0, 2.0, 0.0, 1.0]]])
    found = _weighted.weighted_quantiles(values, weight, np.array([0.1, 0.49, 0.6, 0.8]))
    np.testing.assert_allclose(found, [[[1, 1, 3, 5]]])


def test_the_empirical_distribution_is_that_of_what_was_seen():
    past = np.tile([0.0, 0, 0, 10], (30, 20))
    paths = run(empirical, past, half_life=1000.0, season=0.0)
    assert (paths == 0).mean() == pytest.approx(0.75, abs=0.06)


def test_newer_values_count_more_where_levels_shift():
    shifted = np.hstack([np.full((30, 40), 100.0), np.full((30, 6), 20.0)]) + np.random.default_rng(1).normal(0, 3, (30, 46))
    assert np.median(run(empirical, shifted)) < 30


def test_the_same_season_counts_more_once_years_are_known():
    time = np.arange(72)
    peaks = np.where(time % 12 == 0, 100.0, 20.0) + np.random.default_rng(2).normal(0, 2, (40, 72))
    mean = run(empirical, peaks, season=20.0, half_life=48.0).mean(axis=(0, 2))
    assert mean[0] > 1.5 * mean[2]


# ------------------------------------------------------------------ intermittent


def test_how_often_and_how_much_are_kept_apart():
    paths = run(intermittent, lumps())
    assert (paths > 0).mean() == pytest.approx(0.3, abs=0.05)
    assert paths[paths > 0].mean() == pytest.approx(10, abs=1)


def test_the_chance_falls_while_nothing_is_needed():
    values = lumps(chance=0.6)
    values[0, -20:] = 0
    busy = (run(intermittent, values, beta=0.2) > 0).mean(axis=(1, 2))
    assert busy[0] < 0.5 * busy[1:].mean()


def test_quiet_stretches_go_on_where_they_lasted_in_the_past():
    stretches = np.tile(np.repeat([0.0, 6.0], 10), (30, 4))
    stretches = np.stack([np.roll(row, 3 * shift) for shift, row in enumerate(stretches)])
    paths = run(intermittent, stretches)
    quiet = stretches[:, -1] == 0
    assert (paths[quiet, 0] > 0).mean() < 0.35
    assert (paths[~quiet, 0] > 0).mean() > 0.65
    both = ((paths[:, 0] > 0) == (paths[:, 1] > 0)).mean()
    assert both > 0.8


def test_a_zone_of_only_zeros_may_wake_as_its_neighbours_do_and_stays_zero_among_zeros():
    values = lumps()
    values[0] = 0
    paths = run(intermittent, values)[0]
    assert 0 < (paths > 0).mean() < 0.2
    assert not run(intermittent, np.zeros((3, 30))).any()
