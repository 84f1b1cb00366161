"""A small neural network that gives all quantiles at once, in order. It needs no library but numpy.

Two hidden layers, the second added to the first; the quantiles are cumulative sums of positive steps, so that they never cross.
It learns by the pinball loss of all levels together, with Adam (Kingma and Ba, 2015), decoupled weight decay and a learning rate
that falls along a cosine (Loshchilov and Hutter, 2017 and 2019).

Where a value is a floor only (stock ran out), the value itself lies somewhere above it: it counts above the floor with the
quantiles the network gives there now, so that what was seen whole and what was cut off agree in the end. Sources: Efron, The two
sample problem with censored data (1967): redistribution to the right; Portnoy, Censored regression quantiles (2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Singles = npt.NDArray[np.float32]
LEVELS = np.array([0.01, 0.025, *np.arange(1, 20) / 20, 0.975, 0.99], dtype=np.float32)
LOWEST = np.float32(0.2)  # how far below zero the lowest quantile may lie: cut at zero, it is an exact zero
LEAST_STEP = 0.05  # between quantiles at the start
RATE, WARMING, FIRST_MOMENT, SECOND_MOMENT, TINY = 0.003, 100, 0.9, 0.999, np.float32(1e-8)
LEAST_BATCH = 32  # rows per step
LEAST_ABOVE = np.float32(0.05)  # share of a value that lies above its floor, however high the floor


@dataclass(frozen=True)
class Examples:
    """What is learnt from: (row, feature), and per row the value, the most that could have been seen (a value at it is a floor;
    infinite where that is not known), and the weight.
    """

    features: Singles
    values: Singles
    ceilings: Singles
    weights: Singles


@dataclass(frozen=True)
class Training:
    """How it learns: rounds over the examples; at least so many steps, but no more than so many rounds, since a few examples seen
    too often are learnt by heart; hidden units, rows per step, fewer where there are too few for so many steps a round, weight
    decay; and, where there are few examples, the share of
    features left out at random at each step, so that none is leant on too heavily.
    """

    rounds: int = 6
    least_steps: int = 800
    most_rounds: int = 20
    hidden: int = 64
    batch: int = 512
    batches: int = 16
    decay: float = 0.001
    few: int = 2_000
    dropout: float = 0.1


class Network:
    """Weights in one flat array, seen as matrices; before it has learnt, it gives the quantiles `start`."""

    def __init__(self, inputs: int, hidden: int, start: Singles, rng: np.random.Generator) -> None:
        outputs = len(start)
        parts = (
            rng.normal(0, np.sqrt(2 / inputs), (inputs, hidden)),
            np.zeros(hidden),
            rng.normal(0, np.sqrt(2 / hidden), (hidden, hidden)),
            np.zeros(hidden),
            rng.normal(0, 0.01, (hidden, outputs)),
            _unbent(start),
        )
        self.flat = np.concatenate([part.ravel() for part in parts]).astype(np.float32)
        self.shapes = [part.shape for part in parts]
        self.weights = self.views(self.flat)
        self.upper = np.triu(np.ones((outputs, outputs), dtype=np.float32))

    def views(self, flat: Singles) -> list[Singles]:
        """A flat array as the matrices and vectors of the layers."""
        ends = np.cumsum([0] + [int(np.prod(shape)) for shape in self.shapes])
        return [flat[first:last].reshape(shape) for first, last, shape in zip(ends, ends[1:], self.shapes, strict=False)]

    def quantiles(self, features: Singles) -> Singles:
        """(row, feature) -> (row, level), never below zero."""
        return np.maximum(self._forward(features)[0], 0)

    def gradient(self, batch: Examples, into: Singles) -> None:
        """The gradient of the loss over a batch."""
        quantiles, first, second, both, growth = self._forward(batch.features)
        slope = np.where(batch.values[:, None] > quantiles, -LEVELS, 1 - LEVELS)
        floors = np.flatnonzero(batch.values >= batch.ceilings)
        slope[floors] = _slope_of_floors(quantiles[floors], batch.values[floors, None])
        slope *= batch.weights[:, None] / np.float32(slope.size)
        slope = (slope @ self.upper.T) * growth / (1 + growth)
        _, _, inner, _, outer, _ = self.weights
        back = slope @ outer.T
        back_second = back * (second > 0)
        back_first = (back_second @ inner.T + back) * (first > 0)
        layers = ((batch.features, back_first), (first, back_second), (both, slope))
        for (seen, error), matrix, bias in zip(layers, self.views(into)[::2], self.views(into)[1::2], strict=True):
            np.matmul(seen.T, error, out=matrix)
            error.sum(axis=0, out=bias)

    def _forward(self, features: Singles) -> tuple[Singles, ...]:
        w1, b1, w2, b2, w3, b3 = self.weights
        first = np.maximum(features @ w1 + b1, 0)
        second = np.maximum(first @ w2 + b2, 0)
        both = first + second
        growth = np.exp(np.minimum(both @ w3 + b3, 20))
        return np.log1p(growth) @ self.upper - LOWEST, first, second, both, growth


def learn(examples: Examples, training: Training, rng: np.random.Generator) -> Network:
    """Examples, in an order that is always the same -> a network that has learnt from them."""
    rows = len(examples.values)
    network = Network(examples.features.shape[1], training.hidden, np.quantile(examples.values, LEVELS), rng)
    size = min(training.batch, max(rows // training.batches, LEAST_BATCH))
    per_round = max(rows // size, 1)
    rounds = max(training.rounds, min(-(-training.least_steps // per_round), training.most_rounds))
    steps = rounds * per_round
    warming = min(WARMING, steps / 4)
    gradient = np.zeros_like(network.flat)
    mean, square, decay = np.zeros_like(gradient), np.zeros_like(gradient), np.zeros_like(gradient)
    for place in (0, 2):
        network.views(decay)[place][:] = training.decay
    for step in range(1, steps + 1):
        within = (step - 1) % per_round
        if within == 0:
            order = rng.permutation(rows)
        batch = _rows(examples, order[within * size : (within + 1) * size])
        network.gradient(_dropped(batch, training.dropout, rng) if rows < training.few else batch, gradient)
        mean += np.float32(1 - FIRST_MOMENT) * (gradient - mean)
        square += np.float32(1 - SECOND_MOMENT) * (np.square(gradient) - square)
        rate = RATE * min(1, step / warming) * (0.5 + 0.5 * np.cos(np.pi * step / steps) + 0.01)
        scale = np.sqrt(square / np.float32(1 - SECOND_MOMENT**step)) + TINY
        network.flat -= np.float32(rate) * (mean / np.float32(1 - FIRST_MOMENT**step) / scale + decay * network.flat)
    return network


def _slope_of_floors(quantiles: Singles, floors: Singles) -> Singles:
    """(row, level), (row, 1) -> (row, level) mean slope of the pinball loss when the value is spread above its floor as the
    quantiles are: with a share F of them below the floor, P(value < quantile) = (level - F) / (1 - F) for those above.
    """
    below = quantiles <= floors
    share = np.where(below, LEVELS, np.float32(0)).max(axis=1, keepdims=True)
    return np.where(below, -LEVELS, -share * (1 - LEVELS) / np.maximum(1 - share, LEAST_ABOVE))


def _unbent(quantiles: Singles) -> Singles:
    """Quantiles in order -> what the last layer must put out to give them."""
    steps = np.maximum(np.diff(quantiles, prepend=-LOWEST), LEAST_STEP)
    return np.asarray(steps + np.log1p(-np.exp(-steps)), dtype=np.float32)


def _rows(examples: Examples, rows: npt.NDArray[np.intp]) -> Examples:
    return Examples(examples.features[rows], examples.values[rows], examples.ceilings[rows], examples.weights[rows])


def _dropped(batch: Examples, share: float, rng: np.random.Generator) -> Examples:
    kept = rng.random(batch.features.shape, dtype=np.float32) >= share
    return Examples(batch.features * kept / np.float32(1 - share), batch.values, batch.ceilings, batch.weights)
