"""State space: level, season and signals found, gaps stepped over, short and flat series left or kept flat."""

import numpy as np
import pytest

from forecast.models import state_space
from forecast.schema import Floats
from tests.small_records import history

NAN = np.nan


def run(values, horizon: int = 3, changes=None, **settings) -> Floats:
    return state_space.predict(history(values, horizon, **(changes or {})), 100, state_space.Settings(**settings))


def noise(series: int, past: int) -> Floats:
    return 100 + np.random.default_rng(2).normal(0, 10, (series, past))


def test_of_noise_it_gives_the_mean_with_the_spread_of_the_noise():
    paths = run(noise(6, 60))
    assert paths.mean() == pytest.approx(100, abs=5)
    assert paths.std(axis=2).mean() == pytest.approx(10, rel=0.3)


def test_it_finds_a_yearly_season_once_two_years_are_known():
    time = np.arange(124)
    past = 100 + 60 * np.sin(2 * np.pi * time[:104] / 52) + np.random.default_rng(1).normal(0, 3, 104)
    truth = 100 + 60 * np.sin(2 * np.pi * time[104:] / 52)
    assert np.abs(run(past[None], 20).mean(axis=2)[0] - truth).max() < 20
    assert np.abs(run(past[None], 20, season="none", trend="none").mean(axis=2)[0] - truth).max() > 40


def test_it_learns_what_a_signal_does():
    signal = np.random.default_rng(1).normal(0, 1, (1, 63))
    signal[:, 60:] = 2.0
    past = (10 + signal[:, :60] + np.random.default_rng(2).normal(0, 0.1, (1, 60))) ** 2
    assert run(past, changes={"regressors": {"rain": signal}}, season="none").mean() == pytest.approx(144, abs=10)


def test_a_gap_is_stepped_over_and_what_follows_it_is_less_certain():
    past = noise(2, 60)
    past[0, 45:] = NAN
    paths = run(past)
    assert paths[0].mean() == pytest.approx(100, abs=12)
    assert paths[0].std() > paths[1].std()


def test_a_short_series_is_left_to_others_and_a_flat_one_stays_flat():
    values = np.full((2, 30), 7.0)
    values[0, :-5] = NAN
    paths = run(values)
    assert np.isnan(paths[0]).all()
    assert paths[1].mean() == pytest.approx(7, rel=0.05)
