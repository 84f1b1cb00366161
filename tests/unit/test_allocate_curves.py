"""Pieces of the shortage curves go where most is at stake, and nowhere say that less goes short than does."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.allocate.curves import Curves, shortage_curves
from forecast.schema import Floats

RNG = np.random.default_rng(7)
SUPPLIES = np.linspace(0, 1.3, 200)  # times the largest demand


def samples(cells: int, futures: int) -> Floats:
    """(cell, future) demand of zones of many sizes; of some, none in most futures."""
    size = RNG.gamma(1, 300, (cells, 1)) + 1
    seldom = RNG.random((cells, futures)) < np.where(np.arange(cells) % 4 == 0, 0.1, 1.0)[:, None]
    return np.asarray(size * RNG.gamma(2, 0.5, (cells, futures)) * seldom)


def too_much(curves: Curves, cell: int) -> Floats:
    """(supply) shortage that the pieces of a cell leave, less what its futures do."""
    future, of_cell = curves.ordered[cell], curves.cell == cell
    supply = SUPPLIES * future.max()
    before = np.cumsum(curves.width[of_cell]) - curves.width[of_cell]
    filled = np.clip(supply[:, None] - before, 0, curves.width[of_cell])
    said = curves.mean[cell] - (filled * curves.tail[of_cell]).sum(axis=1)
    return np.asarray(said - np.maximum(future - supply[:, None], 0).mean(axis=1))


def worst(kinds: list[Curves], weights: list[Floats]) -> float:
    """Sum over cells of weight x the largest that the pieces say too much."""
    return sum(
        float(weight[cell] * too_much(curves, cell).max())
        for curves, weight in zip(kinds, weights, strict=True)
        for cell in range(len(weight))
    )


def test_no_more_futures_than_pieces_are_taken_exactly() -> None:
    [curves] = shortage_curves([samples(12, 9)], [np.zeros(12)], 9)
    assert max(np.abs(too_much(curves, cell)).max() for cell in range(12)) < 1e-9


def test_pieces_follow_what_is_at_stake_and_err_less_in_all_than_as_many_each() -> None:
    kinds, weights = [samples(20, 200), 50 * samples(10, 200)], [RNG.gamma(1, 1, 20), RNG.gamma(1, 1, 10)]
    shared = shortage_curves(kinds, weights, 10)
    alike = [one for kind in kinds for one in shortage_curves([kind], [np.ones(len(kind))], 10)]
    pieces = [np.bincount(curves.cell, minlength=len(curves.mean)) for curves in shared]
    assert sum(count.sum() for count in pieces) == pytest.approx(10 * 30, rel=0.05)
    assert pieces[1].mean() > 1.5 * pieces[0].mean()
    assert worst(shared, weights) < 0.8 * worst(alike, weights)
    assert min(too_much(curves, cell).min() for curves in shared for cell in range(len(curves.mean))) > -1e-9


def test_what_weighs_nothing_or_is_never_needed_takes_two_pieces_or_none() -> None:
    demand = np.concatenate([samples(4, 40)[1:], np.zeros((1, 40))])
    [curves] = shortage_curves([demand], [np.array([100.0, 0.0, 100.0, 1.0])], 8)
    pieces = np.bincount(curves.cell, minlength=4)
    assert pieces[1] <= 2
    assert pieces[3] == 0
    assert pieces[[0, 2]].sum() == pytest.approx(16, abs=1)
    assert curves.mean == pytest.approx(demand.mean(axis=1))
