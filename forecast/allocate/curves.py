"""The shortage curve of each cell, from its samples: convex, piecewise linear in what is supplied.

E max(demand - supply, 0) falls from the mean demand to 0. Between two neighbouring samples its slope is minus the share of
samples above: a piece is a stretch of supply (width) and the share of futures in which it is needed (tail).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.allocate.arrays import Ints
from forecast.schema import Floats


@dataclass(frozen=True)
class Curves:
    """`mean` (cell); pieces as a table: `cell`, `width`, `tail`, in order of supply; `ordered` (cell, sample) the samples,
    sorted.
    """

    mean: Floats
    cell: Ints
    width: Floats
    tail: Floats
    ordered: Floats

    def exact(self) -> tuple[Floats, Floats]:
        """(cell, sample) width and (sample) tail of every piece of the exact curve."""
        return np.diff(self.ordered, axis=1, prepend=0.0), _tail(self.ordered.shape[1])


def shortage_curves(samples: Floats, most_pieces: int) -> Curves:
    """(cell, sample) demand >= 0 -> Curves.

    Exact where a cell has no more distinct values than `most_pieces`. Otherwise chords through as many samples: they lie
    above the curve by a little, and the first piece, up to the smallest demand above 0, stays exact.
    """
    ordered = np.sort(samples, axis=1)
    width, tail = np.diff(ordered, axis=1, prepend=0.0), _tail(ordered.shape[1])
    met = np.cumsum(width * tail, axis=1)  # E min(demand, supply) with supply at each sample
    is_exact = (width > 0).sum(axis=1) <= most_pieces
    cell, piece = np.nonzero((width > 0) & is_exact[:, None])
    exact = (cell, width[cell, piece], tail[piece])

    rough = np.flatnonzero(~is_exact)
    knots = _knots(ordered[rough], width[rough], most_pieces)
    span, rise = (np.diff(np.take_along_axis(values[rough], knots, axis=1), axis=1, prepend=0.0) for values in (ordered, met))
    row, piece = np.nonzero(span > 0)
    chords = (rough[row], span[row, piece], rise[row, piece] / span[row, piece])

    cells, widths, tails = (np.concatenate(pair) for pair in zip(exact, chords, strict=True))
    order = np.argsort(cells, kind="stable")
    return Curves(np.asarray(met[:, -1]), cells[order].astype(np.int64), widths[order], tails[order], ordered)


def _knots(ordered: Floats, width: Floats, count: int) -> Ints:
    """(cell, sample) sorted -> (cell, knot) positions, from the smallest demand above 0 to the largest.

    A chord of width w over a share p of the samples errs by up to w p / 4. Steps that are equal in the sum of the square roots
    of the gaps make that much the same for all chords: uniform quantiles would leave the last one, over the long tail, too wide.
    """
    is_first = np.cumsum(ordered > 0, axis=1) <= 1
    steps = np.cumsum(np.where(is_first, 0.0, np.sqrt(width)), axis=1)
    share = steps / steps[:, -1:]
    row = np.arange(len(share))
    wanted = 2 * row[:, None] + np.linspace(0, 1, count)
    found = np.searchsorted((share + 2 * row[:, None]).ravel(), wanted.ravel() - 1e-12).reshape(wanted.shape)
    first = np.argmax(ordered > 0, axis=1)
    chosen: Ints = np.clip(found - row[:, None] * share.shape[1], first[:, None], share.shape[1] - 1)
    return chosen


def _tail(samples: int) -> Floats:
    """(sample) share of samples at or above each, when sorted."""
    return 1 - np.arange(samples) / samples
