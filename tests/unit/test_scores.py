"""Scores: answers by arithmetic, and the exactness of the CRPS against its definition over pairs."""

import numpy as np
import pytest

from forecast import scores

NAN = np.nan
RNG = np.random.default_rng(3)


def test_the_crps_of_a_point_is_its_absolute_error():
    assert scores.crps(np.full((1, 10), 7.0), np.array([4.0])) == pytest.approx(3.0)


def test_the_crps_of_two_samples_by_hand():
    # samples 0 and 4, seen 1: mean |x - y| = (1 + 3) / 2 = 2; mean |x - x'| over the four pairs = 8 / 4 = 2, half of it 1
    assert scores.crps(np.array([[4.0, 0.0]]), np.array([1.0])) == pytest.approx(1.0)


def test_the_crps_is_that_of_all_pairs_whatever_the_order_of_the_samples():
    paths, seen = RNG.gamma(2.0, 5.0, (6, 4, 37)), RNG.gamma(2.0, 5.0, (6, 4))
    spread = np.abs(paths[..., :, None] - paths[..., None, :]).mean(axis=(-1, -2))
    by_pairs = np.abs(paths - seen[..., None]).mean(axis=-1) - spread / 2
    np.testing.assert_allclose(scores.crps(paths, seen), by_pairs)
    np.testing.assert_allclose(scores.crps(paths[..., ::-1].astype(np.float32), seen), by_pairs, rtol=1e-5)


def test_what_was_not_seen_or_not_forecast_has_no_score():
    paths = np.array([[1.0, 2.0], [1.0, NAN], [1.0, 2.0]])
    seen = np.array([NAN, 1.0, 1.0])
    for found in (scores.crps(paths, seen), scores.inside(paths, seen, 0.8), scores.covered(paths[:, 1], seen)):
        assert np.isfinite(found).tolist() == [False, False, True]


def test_the_pinball_loss_charges_too_little_and_too_much_by_the_level():
    quantile, seen = np.array([10.0, 10.0]), np.array([14.0, 6.0])
    np.testing.assert_allclose(scores.pinball(quantile, seen, 0.9), [0.9 * 4, 0.1 * 4])
    np.testing.assert_allclose(scores.pinball(quantile, seen, 0.5), [2.0, 2.0])


def test_quantiles_are_the_samples_at_their_midpoints():
    paths = np.array([[30.0, 10.0, 20.0, 40.0]])  # midpoints .125, .375, .625, .875
    np.testing.assert_allclose(scores.quantiles(paths, (0.05, 0.125, 0.375, 0.5, 0.95))[:, 0], [10, 10, 20, 25, 40])


def test_coverage_counts_the_edges_and_steps_over_what_is_not_known():
    paths = np.tile(np.arange(1.0, 101.0), (5, 1))  # the central 80 % goes from 10.5 to 90.5
    seen = np.array([10.0, 10.5, 90.5, 91.0, NAN])
    assert scores.inside(paths, seen, 0.8)[:4].tolist() == [0, 1, 1, 0]
    assert scores.coverage(paths, seen, 0.8) == pytest.approx(0.5)


@pytest.mark.parametrize("share", scores.INTERVALS)
def test_a_calibrated_forecast_covers_what_it_says_and_its_transform_is_flat(share):
    paths = RNG.normal(size=(4000, 200))
    seen = RNG.normal(size=4000)
    assert scores.coverage(paths, seen, share) == pytest.approx(share, abs=0.02)
    assert scores.pit(paths, seen, (0.1, 0.5, 0.9)) == pytest.approx([0.1, 0.5, 0.9], abs=0.025)


def test_foreseen_zeros_are_calibrated_though_they_all_tie():
    paths = np.repeat([0.0, 0.0, 0.0, 5.0], 50)[None].repeat(8, axis=0)
    seen = np.array([0, 0, 0, 0, 0, 0, 5.0, 5.0])
    np.testing.assert_allclose(scores.pit(paths, seen, (0.25, 0.75, 0.9)), [0.25, 0.75, 0.9])
    assert scores.coverage(paths, seen, 0.5) == pytest.approx(6 / 8)  # from 0 to 0: the interval itself cannot be finer


def test_a_forecast_that_is_always_too_low_has_all_its_transforms_at_one():
    paths = np.tile(np.arange(10.0), (3, 1))
    assert scores.pit(paths, np.full(3, 50.0), (0.5, 0.9)).tolist() == [0, 0]


def test_totals_sum_the_periods_that_were_seen_in_forecast_and_record_alike():
    paths = np.array([[[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]]])
    path_sums, seen_sums = scores.accumulated(paths, np.array([[NAN, 15.0, 150.0]]))
    assert np.isnan(path_sums[0, 0]).all()
    assert path_sums[0, 1:].tolist() == [[10, 20], [110, 220]]
    assert seen_sums[0, 1:].tolist() == [15, 165]


def test_errors_that_last_leave_single_periods_covered_and_totals_too_narrow_when_paths_forget_them():
    shared = RNG.normal(size=(3000, 1)).repeat(4, axis=1)
    forgetful, lasting = RNG.normal(size=(3000, 4, 200)), RNG.normal(size=(3000, 1, 200)).repeat(4, axis=1)
    assert scores.coverage(forgetful, shared, 0.9) == pytest.approx(0.9, abs=0.02)
    assert scores.coverage(forgetful.sum(axis=1), shared.sum(axis=1), 0.9) < 0.65
    assert scores.coverage(lasting.sum(axis=1), shared.sum(axis=1), 0.9) == pytest.approx(0.9, abs=0.02)


# ------------------------------------------------------------------ points


def test_the_scale_is_the_mean_difference_to_a_season_before():
    past = np.array([[1.0, 5.0, 2.0, 9.0, 5.0, NAN]])  # a season of 3: 9 - 1, 5 - 5, and one pair with a gap
    assert scores.season_scale(past, 3).tolist() == [4.0]
    assert scores.season_scale(past, 3, power=2) == pytest.approx([np.sqrt(32.0)])


def test_where_there_is_not_a_year_the_scale_is_that_of_neighbouring_periods():
    past = np.array([[1.0, 4.0, 2.0], [NAN, NAN, 7.0], [3.0, 3.0, 3.0]])
    scale = scores.season_scale(past, 12)
    assert scale[0] == 2.5
    assert np.isnan(scale[1:]).all()  # nothing to compare, and no difference at all: left out
    mixed = np.array([[1.0, 2.0, 4.0], [NAN, 2.0, 5.0]])
    assert scores.season_scale(mixed, 2).tolist() == [3.0, 3.0]  # the second has no pair two apart


def test_the_scaled_errors_by_hand():
    point, seen = np.array([[10.0, 10.0]]), np.array([[13.0, 5.0]])
    assert scores.mase(point, seen, np.array([2.0])).tolist() == [2.0]
    assert scores.rmsse(point, seen, np.array([2.0])) == pytest.approx([np.sqrt(17.0) / 2])
    gap = np.array([[13.0, NAN]])
    assert scores.mase(point, gap, np.array([2.0])).tolist() == [1.5]
    assert np.isnan(scores.mase(point, np.full((1, 2), NAN), np.array([2.0]))).all()


def test_wmape_and_bias_are_shares_of_what_was_seen():
    point, seen = np.array([10.0, 0.0, 4.0]), np.array([8.0, 2.0, NAN])
    assert scores.wmape(point, seen) == pytest.approx(0.4)
    assert scores.bias(point, seen) == pytest.approx(0.0)
    assert scores.bias(point * 2, seen) == pytest.approx(1.0)
    assert np.isnan(scores.bias(point, np.zeros(3)))


# ------------------------------------------------------------------ stock


def test_service_counts_the_cells_and_fill_the_units():
    stock, seen = np.array([10.0, 10.0, 10.0]), np.array([10.0, 30.0, NAN])
    assert scores.mean(scores.covered(stock, seen)) == 0.5
    assert scores.fill_rate(stock, seen) == pytest.approx(20 / 40)


def test_the_stock_for_a_fill_is_read_between_the_samples():
    paths, seen = np.array([[10.0, 20.0, 30.0], [0.0, 10.0, 20.0]]), np.array([20.0, 10.0])
    curve = scores.fill_curve(paths, seen)
    assert curve.tolist() == [[10, 30, 30], [10, 30, 50]]
    assert scores.stock_at_fill(curve, 30, 1.0) == 30  # the least of those that meet all
    assert scores.stock_at_fill(curve, 30, 20 / 30) == pytest.approx(20)
    assert scores.overstock_at_fill(curve, 30, 0.9) == pytest.approx(0)


def test_a_forecast_that_cannot_tell_zones_apart_needs_more_stock_for_the_same_fill():
    seen = np.array([10.0, 30.0])
    sharp = np.array([np.linspace(8, 12, 41), np.linspace(24, 36, 41)])
    blunt = np.linspace(8, 36, 41)[None].repeat(2, axis=0)
    # blunt: both zones hold q; 10 + q = .95 x 40 at q = 28, so 56 are held for the 38 that are met
    assert scores.overstock_at_fill(scores.fill_curve(blunt, seen), 40, 0.95) == pytest.approx(18 / 40)
    assert scores.overstock_at_fill(scores.fill_curve(sharp, seen), 40, 0.95) == pytest.approx(0)


def test_a_fill_that_no_sample_reaches_is_not_made_up():
    curve = scores.fill_curve(np.array([[1.0, 2.0]]), np.array([10.0]))
    assert np.isnan(scores.overstock_at_fill(curve, 10, 0.95))
    assert np.isnan(scores.stock_at_fill(curve, 0, 0.95))
