"""The shortage curve of each cell, from its samples: convex, piecewise linear in what is supplied.

E max(demand - supply, 0) falls from the mean demand to 0. Between two neighbouring samples its slope is minus the share of samples
above: a piece is a stretch of supply (width) and the share of futures in which it is needed (tail).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.allocate.calendar import Ints
from forecast.schema import Floats


@dataclass(frozen=True)
class Curves:
    """`mean` (cell); pieces as a table: `cell`, `width`, `tail`, in order of supply; `ordered` (cell, sample) the samples, sorted."""

    mean: Floats
    cell: Ints
    width: Floats
    tail: Floats
    ordered: Floats

    def exact(self) -> tuple[Floats, Floats]:
        """(cell, sample) width and (sample) tail of every piece of the exact curve."""
        samples = self.ordered.shape[1]
        return np.diff(self.ordered, axis=1, prepend=0.0), 1 - np.arange(samples) / samples


def shortage_curves(samples: Floats, most_pieces: int) -> Curves:
    """(cell, sample) demand >= 0 -> Curves.

    Exact where a cell has no more distinct values than `most_pieces`. Otherwise chords through as many knots, at uniform quantiles
    with both ends: they lie above the curve by a little, and the first piece, up to the smallest sample, stays exact.
    """
    ordered = np.sort(samples, axis=1)
    mean = np.asarray(ordered.mean(axis=1))
    knots = np.unique(np.round(np.linspace(0, ordered.shape[1] - 1, most_pieces)).astype(np.int64))
    is_step = np.diff(ordered, axis=1, prepend=0.0) > 0
    is_exact = is_step.sum(axis=1) <= most_pieces
    cell, width, tail = _pieces(ordered, is_step & is_exact[:, None], mean)
    chords = _pieces(ordered[:, knots], ~is_exact[:, None] & (np.diff(ordered[:, knots], axis=1, prepend=0.0) > 0), mean, ordered)
    cell, width, tail = (np.concatenate(pair) for pair in zip((cell, width, tail), chords, strict=True))
    order = np.lexsort((-tail, cell))
    return Curves(mean, cell[order], width[order], tail[order], ordered)


def _pieces(
    knots: Floats, used: npt.NDArray[np.bool_], mean: Floats, samples: Floats | None = None
) -> tuple[Ints, Floats, Floats]:
    """(cell, knot) sorted -> the pieces between knots where `used`: cell, width, mean tail over the piece."""
    shortage = _shortage(knots if samples is None else samples, knots)
    width = np.diff(knots, axis=1, prepend=0.0)
    fall = -np.diff(shortage, axis=1, prepend=mean[:, None])
    cell, piece = np.nonzero(used)
    return cell.astype(np.int64), width[cell, piece], np.clip(fall[cell, piece] / width[cell, piece], 0.0, 1.0)


def _shortage(ordered: Floats, knots: Floats) -> Floats:
    """(cell, sample) sorted and (cell, knot) taken from them -> (cell, knot) expected shortage when that much is supplied."""
    samples = ordered.shape[1]
    above = np.cumsum(ordered[:, ::-1], axis=1)[:, ::-1]
    position = np.round(np.linspace(0, samples - 1, knots.shape[1])).astype(np.int64) if knots.shape[1] < samples else np.arange(samples)
    count = samples - position
    return np.asarray((above[:, position] - count * knots) / samples)
