"""The shortage curve of each cell, from its samples: convex, piecewise linear in what is supplied.

E max(demand - supply, 0) falls from the mean demand to 0. Between two neighbouring samples its slope is minus the share of
samples above: a piece is a stretch of supply (width) and the share of futures in which it is needed (tail).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.allocate.arrays import Flags, Ints
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


def shortage_curves(samples: Sequence[Floats], weights: Sequence[Floats], pieces: int) -> list[Curves]:
    """(cell, sample) demand >= 0 and (cell) weight of a unit short, of several kinds of cells -> Curves of each kind.

    Exact where there are no more samples than `pieces`. Otherwise chords through some of them, `pieces` a cell on average: they
    lie above the curve by a little, and the first piece, up to the smallest demand above 0, stays exact. Of n chords of a cell
    each errs by up to its bend / n^2 (_bend); shares of the pieces by the cube root of the bend make the sum of that least.
    """
    ordered = [np.sort(kind, axis=1) for kind in samples]
    if not ordered or ordered[0].shape[1] <= pieces:
        return [_curves(kind, np.full(len(kind), kind.shape[1])) for kind in ordered]
    roots = [np.cbrt(weight * _bend(kind)) for kind, weight in zip(ordered, weights, strict=True)]
    bent, whole = (sum(float(values.sum()) for values in of_kind) for of_kind in ([root > 0 for root in roots], roots))
    each = pieces * bent / whole if whole else 0.0
    return [
        _curves(kind, np.maximum(np.rint(each * root), 2).astype(np.int64)) for kind, root in zip(ordered, roots, strict=True)
    ]


def _curves(ordered: Floats, most_pieces: Ints) -> Curves:
    """(cell, sample) sorted, (cell) most pieces -> Curves; exact where there are no more distinct values."""
    width, tail = np.diff(ordered, axis=1, prepend=0.0), _tail(ordered.shape[1])
    met = np.cumsum(width * tail, axis=1)  # E min(demand, supply) with supply at each sample
    is_exact = (width > 0).sum(axis=1) <= most_pieces
    cell, piece = np.nonzero((width > 0) & is_exact[:, None])
    exact = (cell, width[cell, piece], tail[piece])

    rough = np.flatnonzero(~is_exact)
    count = most_pieces[rough]
    row, knot = np.repeat(rough, count), _knots(ordered[rough], count)
    is_first = np.diff(row, prepend=-1) > 0
    span, rise = (_steps(values[row, knot], is_first) for values in (ordered, met))
    used = span > 0
    chords = (row[used], span[used], rise[used] / span[used])

    cells, widths, tails = (np.concatenate(pair) for pair in zip(exact, chords, strict=True))
    order = np.argsort(cells, kind="stable")
    return Curves(np.asarray(met[:, -1]), cells[order].astype(np.int64), widths[order], tails[order], ordered)


def _steps(values: Floats, is_first: Flags) -> Floats:
    """Differences to the one before, of the first of each cell to 0."""
    return np.asarray(values - np.where(is_first, 0.0, np.roll(values, 1)))


def _bend(ordered: Floats) -> Floats:
    """(cell, sample) sorted -> (cell) square of the sum of the square roots of the gaps: what a chord errs by grows with it."""
    return np.asarray(_roots(ordered).sum(axis=1) ** 2)


def _roots(ordered: Floats) -> Floats:
    """(cell, sample) square roots of the gaps above the smallest demand above 0."""
    first = np.count_nonzero(ordered <= 0, axis=1)
    is_above = np.arange(ordered.shape[1]) > first[:, None]
    return np.sqrt(np.diff(ordered, axis=1, prepend=0.0), out=np.zeros(ordered.shape), where=is_above)


def _knots(ordered: Floats, count: Ints) -> Ints:
    """(cell, sample) sorted, (cell) how many -> positions, cell by cell, from the smallest demand above 0 to the largest.

    A chord of width w over a share p of the samples errs by up to w p / 4. Steps that are equal in the sum of the square roots
    of the gaps make that much the same for all chords: uniform quantiles would leave the last one, over the long tail, too wide.
    """
    steps = np.cumsum(_roots(ordered), axis=1)
    share = steps / steps[:, -1:]
    row = np.repeat(np.arange(len(share)), count)
    knot = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    wanted = 2 * row + knot / (count - 1)[row]
    found = np.searchsorted((share + 2 * np.arange(len(share))[:, None]).ravel(), wanted - 1e-12)
    first = np.argmax(ordered > 0, axis=1)
    chosen: Ints = np.clip(found - row * share.shape[1], first[row], share.shape[1] - 1)
    return chosen


def _tail(samples: int) -> Floats:
    """(sample) share of samples at or above each, when sorted."""
    return 1 - np.arange(samples) / samples
