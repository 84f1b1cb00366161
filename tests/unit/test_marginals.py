"""Quantiles to paths: exact marginals, the template's order, tails by arithmetic."""

import numpy as np
import pytest

from forecast.models._marginals import quantiles_to_paths, weights_at

LEVELS = np.array([0.1, 0.5, 0.9])


def test_between_the_levels_the_quantile_function_is_a_straight_line():
    found = np.array([10.0, 20, 60]) @ weights_at(LEVELS, 5)  # at .1, .3, .5, .7 and .9
    np.testing.assert_allclose(found, [10, 15, 20, 40, 60])


def test_beyond_the_highest_level_the_tail_is_exponential():
    levels = np.array([0.05, 0.5, 0.9])
    exponential = -np.log1p(-levels)
    wanted = (np.arange(100) + 0.5) / 100
    found = exponential @ weights_at(levels, 100)
    np.testing.assert_allclose(found[90:], -np.log1p(-wanted[90:]))


def test_below_the_lowest_level_the_tail_falls_and_is_cut_at_zero():
    paths = quantiles_to_paths(LEVELS, np.array([[[1.0, 9, 9]]]), np.arange(100.0)[None, None])
    assert (np.diff(paths[0, 0, :11]) >= 0).all()
    assert paths[0, 0, 0] == 0
    assert paths[0, 0, 9] == pytest.approx(1 - 8 * np.log(0.1 / 0.095) / np.log(5))


def test_ranks_are_those_of_the_template():
    template = np.array([[[3.0, 1, 2, 9, 5], [5, 4, 3, 2, 1]]])
    paths = quantiles_to_paths(LEVELS, np.array([[[10.0, 20, 60], [1, 2, 3]]]), template)
    np.testing.assert_allclose(paths, [[[20, 10, 15, 60, 40], [3, 2.5, 2, 1.5, 1]]])


def test_equal_samples_of_the_template_stand_in_the_order_of_their_totals():
    template = np.array([[[0.0, 0, 0, 0, 0], [5, 4, 3, 2, 1]]])
    paths = quantiles_to_paths(LEVELS, np.array([[[10.0, 20, 60], [1, 2, 3]]]), template)
    np.testing.assert_allclose(paths[0, 0], [60, 40, 20, 15, 10])


def test_without_a_template_a_high_future_stays_high():
    paths = quantiles_to_paths(LEVELS, np.array([[[10.0, 20, 60], [1, 2, 3]]]), np.full((1, 2, 5), np.nan))
    np.testing.assert_allclose(paths, [[[10, 15, 20, 40, 60], [1, 1.5, 2, 2.5, 3]]])
