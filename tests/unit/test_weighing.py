"""Weights and widths: right where the answer is known, restrained where there is little to learn from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from forecast import scores, weighing

LEVELS = (np.arange(20) + 0.5) / 20
EVEN = np.array([0.5, 0.5])


def members(rng: np.random.Generator, cells: int, *errors: float) -> tuple[np.ndarray, np.ndarray]:
    """Values 100 apart from noise, and members that miss them by so much, each with its own true spread."""
    seen = rng.normal(100, 1, cells)
    middles = [seen + rng.normal(0, error, cells) for error in errors]
    return np.stack([m[:, None] + e * norm.ppf(LEVELS) for m, e in zip(middles, errors, strict=True)]), seen


def weights(quantiles: np.ndarray, seen: np.ndarray, origins: int, prior: np.ndarray = EVEN) -> np.ndarray:
    cells = len(seen)
    counts = weighing.importance(np.ones(cells), np.ones(cells), np.arange(cells) % origins)
    return weighing.weights(quantiles, seen, counts, prior, origins)


def test_the_member_that_misses_less_gets_more() -> None:
    found = weights(*members(np.random.default_rng(1), 300, 2.0, 20.0), origins=4)
    assert found[0] > 0.85
    assert found.sum() == pytest.approx(1)


def test_with_many_origins_the_weights_are_those_of_the_least_loss() -> None:
    rng = np.random.default_rng(5)
    quantiles, seen = members(rng, 500, 3.0, 6.0)
    quantiles = np.stack([quantiles[0] - 2, quantiles[1] + 1])  # one always too low, the other often too high
    counts = np.full(500, 1 / 500)

    def loss(share: float) -> float:
        averaged = np.square(share * np.sqrt(quantiles[0]) + (1 - share) * np.sqrt(quantiles[1]))
        return float(scores.crps(averaged, seen).mean())

    best = min(np.linspace(0, 1, 101), key=loss)
    found = weighing.weights(quantiles, seen, counts, EVEN, 10_000)[0]
    assert 0.1 < best < 0.9
    assert loss(found) == pytest.approx(loss(best), rel=0.015)
    assert min(loss(0), loss(1)) > 1.05 * loss(best)


def test_a_member_that_explodes_does_not_carry_the_others_away() -> None:
    calm, wild = np.full((1, 20), 100.0), np.full((1, 20), 10_000.0)
    averaged = np.square(0.75 * weighing.roots(calm) + 0.25 * weighing.roots(wild))
    np.testing.assert_allclose(averaged, 1056.25)  # (0.75 x 10 + 0.25 x 100) squared; 2575 without the roots


def test_members_alike_keep_the_prior() -> None:
    quantiles, seen = members(np.random.default_rng(2), 300, 5.0)
    found = weights(np.concatenate([quantiles, quantiles]), seen, 4, np.array([3.0, 1.0]))
    np.testing.assert_allclose(found, [0.75, 0.25], atol=1e-6)


def test_more_origins_move_the_weights_further() -> None:
    quantiles, seen = members(np.random.default_rng(3), 400, 5.0, 7.0)
    shares = [weights(quantiles, seen, origins)[0] for origins in (1, 4, 40)]
    assert 0.5 < shares[0] < shares[1] < shares[2]


def test_each_origin_counts_alike_however_much_was_lost_there() -> None:
    loss, origin = np.array([1.0, 1.0, 100.0, 300.0, 0.0]), np.array([0, 0, 1, 1, 2])
    counts = weighing.importance(loss, np.ones(5), origin)
    assert np.bincount(origin, loss * counts).tolist() == pytest.approx([0.5, 0.5, 0])
    assert counts[4] == 0


def test_a_large_series_counts_more_than_a_small_one_but_less_than_by_its_size() -> None:
    counts = weighing.importance(np.array([1.0, 16.0]), np.array([1.0, 16.0]), np.zeros(2, dtype=int))
    share = 16 * counts[1] / (counts[0] + 16 * counts[1])
    assert 0.5 < share < 16 / 17


def test_shares_are_whole_parts_without_small_ones() -> None:
    found = weighing.in_parts(np.array([0.623, 0.271, 0.06, 0.046]))
    np.testing.assert_allclose(found, [0.7, 0.3, 0, 0])
    assert weighing.in_parts(np.full(30, 1 / 30)).sum() == pytest.approx(1)


def test_what_is_too_narrow_is_stretched_and_the_more_origins_the_more() -> None:
    quantiles, seen = members(np.random.default_rng(4), 400, 4.0)
    middle, counts = quantiles[0, :, 9:11].mean(axis=1, keepdims=True), np.full(400, 1 / 400)
    narrow = middle + (quantiles[0] - middle) / 2
    few, many = (weighing.width(narrow, seen, counts, origins, in_whole=False) for origins in (1, 12))
    assert 1 < few < many <= 2
    assert weighing.width(quantiles[0], seen, counts, 12, in_whole=False) == pytest.approx(1, abs=0.11)


def test_stretching_keeps_median_and_order_and_nothing_falls_below_zero() -> None:
    values = np.array([[5.0, 1.0, 3.0]])
    np.testing.assert_allclose(weighing.stretched(values, 2.0), [[7.0, 0.0, 3.0]])
