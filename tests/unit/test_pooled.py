"""The pooled quantile model: what it may look at, what it must not depend on, and what it learns."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecast.models import _features, _network, pooled
from forecast.schema import Floats, History
from tests.small_records import history

NAN = np.nan
FAST = pooled.Settings(networks=1)


def counts(series: int, past: int, mean: float = 20.0, seed: int = 1) -> Floats:
    """Independent counts of zones of different size."""
    rng = np.random.default_rng(seed)
    size = mean * np.exp(rng.normal(0, 0.5, (series, 1)))
    return rng.poisson(size, (series, past)).astype(float)


def with_stock(values: Floats, horizon: int = 3) -> History:
    """Counts with all that records can tell of stock, gaps, stock-outs and a signal."""
    rng = np.random.default_rng(2)
    stock = {name: rng.poisson(30.0, values.shape).astype(float) for name in ("stock_end", "received", "requested")}
    floors = np.full(values.shape, NAN)
    floors[:, 3::9] = values[:, 3::9]
    known = np.where(np.isfinite(floors) | (rng.random(values.shape) < 0.1), NAN, values)
    return history(
        known,
        horizon,
        floors=floors,
        stock={**stock, "available": stock["stock_end"] + values},
        is_reported=np.isfinite(known) | np.isfinite(floors),
        parents=tuple(f"P{row % 2}" for row in range(len(values))),
        regressors={"rain": rng.normal(0, 1, (len(values), values.shape[1] + horizon))},
    )


def daily(values: Floats, horizon: int) -> History:
    days = pd.date_range("2025-01-01", periods=values.shape[1] + horizon, freq="D", unit="s")
    return history(values, horizon, periods=days[: -horizon or None], ahead=days[-horizon:], season=365)


def mean_of(past: History, settings: pooled.Settings = FAST) -> Floats:
    return pooled.predict(past, 100, settings).mean(axis=2)


# ------------------------------------------------------------------ what it may look at


def test_nothing_after_an_origin_changes_what_is_seen_from_it():
    origin, ahead = np.full(4, 30), np.tile([1, 2, 3], (4, 1))
    past = with_stock(counts(4, 120))
    changed = replace(
        past,
        values=_changed_after(past.values, 30),
        floors=_changed_after(past.floors, 30),
        stock={name: _changed_after(values, 30) for name, values in past.stock.items()},
        is_reported=np.concatenate([past.is_reported[:, :31], ~past.is_reported[:, 31:]], axis=1),
        regressors={name: _changed_after(values, 33) for name, values in past.regressors.items()},
    )
    seen, other = (_features.features(_features.past_of(one, one.values), np.arange(4), origin, ahead) for one in (past, changed))
    np.testing.assert_allclose(seen[0], other[0], atol=1e-5)
    np.testing.assert_allclose(seen[1], other[1], rtol=1e-5)


def _changed_after(values: Floats, place: int) -> Floats:
    return np.concatenate([values[:, : place + 1], values[:, place + 1 :] * 3 + 5], axis=1)


def test_the_newest_value_counts():
    past = with_stock(counts(4, 60))
    values = past.values.copy()
    values[:, -1] = 500.0
    seen, other = (
        _features.features(_features.past_of(past, one), np.arange(4), np.full(4, 59), np.ones((4, 1), dtype=np.intp))
        for one in (past.values, values)
    )
    assert (np.abs(seen[0] - other[0]).max(axis=2) > 0.5).all()


def test_the_level_is_half_of_a_year_half_of_late_and_a_little_of_what_is_usual_for_the_item():
    values = np.array([[10.0] * 20, [90.0] * 20])  # usual is the geometric mean: 30
    past = _features.past_of(history(values), values)
    _, found = _features.features(past, np.arange(2), np.full(2, 19), np.ones((2, 1), dtype=np.intp))
    np.testing.assert_allclose(found, [10 + 1.5, 90 + 1.5], rtol=1e-6)


def test_the_same_season_of_earlier_years_is_what_was_known_of_them_by_the_origin():
    monthly = np.arange(36.0)[None, :]
    past = replace(_features.past_of(history(monthly), monthly), season=12)
    seen = _features._Seen(past, np.zeros(1, dtype=np.intp), np.array([25]))
    np.testing.assert_allclose(_features._same_season(seen, np.array([[26, 30, 38]])) * past.unit, [[8, 12, 8]])


# ------------------------------------------------------------------ what it must not depend on


def test_an_item_in_another_unit_gives_the_same_in_that_unit():
    values = counts(12, 50)
    past = history(values, items=("kit",) * 6 + ("tablet",) * 6, pools={"kit": values[:6], "tablet": values[6:]})
    scale = np.repeat([1.0, 1000.0], 6)[:, None]
    other = replace(past, values=values * scale, pools={"kit": values[:6], "tablet": values[6:] * 1000})
    np.testing.assert_allclose(mean_of(other), mean_of(past) * scale, rtol=0.02)


def test_the_order_of_series_changes_nothing():
    past = with_stock(counts(8, 50))
    turned = np.random.default_rng(3).permutation(8)
    straight, other = pooled.predict(past, 50, FAST), pooled.predict(past.only(turned), 50, FAST)
    np.testing.assert_allclose(straight[turned], other)


def test_the_same_past_gives_the_same_futures_and_another_seed_others():
    past = history(counts(6, 40))
    np.testing.assert_array_equal(pooled.predict(past, 20, FAST), pooled.predict(past, 20, FAST))
    assert not np.array_equal(pooled.predict(replace(past, seed=2), 20, FAST), pooled.predict(past, 20, FAST))


# ------------------------------------------------------------------ what it cannot do


def test_with_too_little_to_learn_from_all_is_left_to_the_caller():
    assert np.isnan(mean_of(history([[5.0, 6.0, NAN, 7.0]]))).all()
    assert np.isnan(mean_of(history(np.full((3, 0), NAN)))).all()
    assert np.isnan(mean_of(history(np.zeros((9, 40))))).all()


def test_a_series_of_which_nothing_is_known_is_left_to_the_caller():
    values = counts(8, 40)
    values[2] = NAN
    found = mean_of(history(values))
    assert np.isnan(found[2]).all()
    assert np.isfinite(np.delete(found, 2, axis=0)).all()


def test_only_zeros_stay_zero():
    values = counts(8, 40)
    assert not mean_of(
        history(
            np.concatenate([values * 0, values]),
            items=("soap",) * 8 + ("kit",) * 8,
            zones=tuple("abcdefgh") * 2,
            pools={"soap": values * 0, "kit": values},
        )
    )[:8].any()


def test_a_horizon_longer_than_the_past_is_forecast_all_the_same():
    found = mean_of(history(counts(20, 20), 30))
    assert found.shape == (20, 30)
    assert np.isfinite(found).all()


def test_one_absurd_value_does_not_carry_the_other_series_away():
    values = counts(10, 60)
    values[0, 30] = 1e9
    assert mean_of(history(values))[1:].mean() == pytest.approx(values[1:].mean(), rel=0.15)


# ------------------------------------------------------------------ what it learns


def test_a_constant_stays_what_it_is():
    np.testing.assert_allclose(pooled.predict(history(np.full((5, 60), 7.0)), 100, FAST), 7, rtol=0.1)


def test_counts_without_any_pattern_get_their_mean_and_their_spread():
    values = counts(60, 60)
    paths = pooled.predict(history(values[:, :57]), 100, FAST)
    assert paths.mean() == pytest.approx(values.mean(), rel=0.05)
    low, high = np.quantile(paths, [0.1, 0.9], axis=2)
    assert ((values[:, 57:] >= low) & (values[:, 57:] <= high)).mean() == pytest.approx(0.8, abs=0.08)


def test_what_stock_is_left_decides_how_much_can_be_handed_out():
    rng = np.random.default_rng(4)
    left = np.where(rng.random((40, 60)) < 0.4, 0.0, 90.0)
    values = np.concatenate([np.full((40, 1), 30.0), np.where(left[:, :-1] > 0, rng.poisson(30.0, (40, 59)), 0)], axis=1)
    found = mean_of(history(values, 1, stock={"stock_end": left}))[:, 0]
    assert found[left[:, -1] == 0].max() < 6
    assert found[left[:, -1] > 0].mean() == pytest.approx(30, rel=0.1)


def test_stock_outs_are_floors_and_the_forecast_of_need_is_nearly_unbiased():
    rng = np.random.default_rng(5)
    size = np.exp(rng.normal(3, 0.8, (100, 1)))
    need = rng.poisson(size * np.exp(rng.normal(0, 0.3, (100, 63)))).astype(float)
    there = np.floor(size * np.exp(rng.normal(0.4, 0.9, (100, 63))))
    given, is_out = np.minimum(need, there), need >= there
    assert 0.25 < is_out.mean() < 0.4
    past = history(np.where(is_out, NAN, given)[:, :60], stock={"available": there[:, :60]}, is_reported=np.full((100, 60), True))
    truth = need[:, 60:].mean()
    assert mean_of(replace(past, floors=np.where(is_out, given, NAN)[:, :60])).mean() == pytest.approx(truth, rel=0.06)
    assert mean_of(past).mean() < 0.94 * truth


def test_missing_reports_are_unknown_or_zero_as_the_settings_say():
    values = counts(40, 60)
    values[:, 1:][np.random.default_rng(6).random((40, 59)) < 0.5] = NAN
    mean = np.nanmean(values)
    assert mean_of(history(values)).mean() == pytest.approx(mean, rel=0.06)
    zero = mean_of(history(values), pooled.Settings(networks=1, gaps="zero"))
    assert zero.mean() == pytest.approx(mean / 2, rel=0.12)


def test_days_follow_their_weekday():
    week = np.array([10.0, 10, 10, 10, 40, 0, 0])
    values = np.random.default_rng(7).poisson(np.tile(week, 30), (12, 210)).astype(float)
    found = mean_of(daily(values, 14)).mean(axis=0)
    np.testing.assert_allclose(found, np.tile(week, 2), atol=3)


def test_weeks_follow_the_season_once_two_years_are_known():
    season = 40 + 30 * np.sin(2 * np.pi * np.arange(150) / 52.18)
    values = np.random.default_rng(8).poisson(season, (20, 150)).astype(float)
    found = mean_of(history(values[:, :130], 20)).mean(axis=0)
    assert np.abs(found - season[130:]).mean() < 8


def test_a_regressor_known_for_the_period_ahead_counts():
    rng = np.random.default_rng(9)
    rain = (rng.random((30, 63)) < 0.5).astype(float)
    rain[:15, 60:], rain[15:, 60:] = 0.0, 1.0
    values = rng.poisson(10 + 30 * rain).astype(float)
    found = mean_of(history(values[:, :60], regressors={"rain": rain}))
    assert found[:15].mean() < 17
    assert found[15:].mean() > 33


# ------------------------------------------------------------------ the network


def examples(values: Floats, ceilings: Floats) -> _network.Examples:
    rows = len(values)
    parts = (np.ones((rows, 1)), values, ceilings, np.ones(rows))
    return _network.Examples(*(part.astype(np.float32) for part in parts))


def test_the_network_finds_the_quantiles_of_what_it_is_shown_in_order():
    values = np.random.default_rng(10).exponential(1.0, 20_000)
    network = _network.learn(examples(values, np.full(20_000, np.inf)), _network.Training(), np.random.default_rng(1))
    found = network.quantiles(np.ones((1, 1), dtype=np.float32))[0]
    np.testing.assert_allclose(found, -np.log1p(-_network.LEVELS), atol=0.15, rtol=0.05)
    assert (np.diff(found) > 0).all()


def test_of_values_cut_at_a_ceiling_the_quantiles_are_those_of_the_uncut():
    rng = np.random.default_rng(11)
    values, ceilings = rng.exponential(1.0, 20_000), rng.uniform(0.2, 4.0, 20_000)
    shown = examples(np.minimum(values, ceilings), np.where(values < ceilings, np.inf, ceilings))
    network = _network.learn(shown, _network.Training(), np.random.default_rng(1))
    found = network.quantiles(np.ones((1, 1), dtype=np.float32))[0, 2:21]
    np.testing.assert_allclose(found, -np.log1p(-_network.LEVELS[2:21]), atol=0.06, rtol=0.06)


def test_at_the_true_quantiles_values_seen_whole_and_values_cut_off_agree():
    rng = np.random.default_rng(13)
    values, floors = rng.exponential(1.0, 50_000), rng.uniform(0.2, 4.0, 50_000)
    true = np.repeat(-np.log1p(-_network.LEVELS)[None], len(values), axis=0)
    whole = np.where(values[:, None] > true, -_network.LEVELS, 1 - _network.LEVELS)
    is_cut = values >= floors
    whole[is_cut] = _network._slope_of_floors(true[is_cut], floors[is_cut, None])
    np.testing.assert_allclose(whole.mean(axis=0), 0, atol=0.02)


def test_the_gradient_is_that_of_the_loss():
    rng = np.random.default_rng(12)
    network = _network.Network(3, 8, np.linspace(0.1, 1.5, len(_network.LEVELS)), rng)
    features, values, weights = (rng.random(shape).astype(np.float32) for shape in ((16, 3), 16, 16))
    shown = _network.Examples(features, values, np.full(16, np.inf, dtype=np.float32), weights)
    gradient = np.zeros_like(network.flat)
    network.gradient(shown, gradient)
    for place in np.argsort(-np.abs(gradient))[:10]:
        ends = []
        for shift in (1e-3, -1e-3):
            network.flat[place] += np.float32(shift)
            ends.append(_loss(network, shown))
            network.flat[place] -= np.float32(shift)
        assert gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-3, rel=0.1, abs=1e-4)


def _loss(network: _network.Network, shown: _network.Examples) -> float:
    """Pinball of values seen whole."""
    miss = shown.values[:, None] - network._forward(shown.features)[0].astype(float)
    pinball = np.maximum(_network.LEVELS * miss, (_network.LEVELS - 1) * miss)
    return float((pinball * shown.weights[:, None]).mean())
