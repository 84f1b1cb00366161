"""Artificial records of kinds that the real sets are not: each tells in a line what is hard about it.

Amounts are counts: Poisson around a mean that varies by gamma factors, so that months of one zone differ more than by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from forecast import config, periods
from forecast.schema import Floats

FIRST = {"D": "2023-01-02", "W": "2022-01-03", "M": "2020-01-01"}
WEEK = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.3, 0.1])
Rng = np.random.Generator


@dataclass(frozen=True)
class Unseen:
    """`means` (zone, item, period) of what is needed; `shape` of the gamma factors around them: small is lumpy."""

    period: str
    horizon: int
    shape: float
    means: Callable[[Rng], Floats]


def _levels(rng: Rng, zones: int, items: int) -> Floats:
    return np.exp(rng.normal(4, 1, (zones, items, 1)))


def _wandering(rng: Rng, zones: int, items: int, count: int, step: float) -> Floats:
    return _levels(rng, zones, items) * np.exp(np.cumsum(rng.normal(0, step, (zones, items, count)), axis=2))


def _now_and_then(rng: Rng) -> Floats:
    return np.where(rng.random((25, 2, 60)) < rng.beta(1, 3, (25, 2, 1)), _levels(rng, 25, 2), 0.0)


def _growing(rng: Rng) -> Floats:
    return _levels(rng, 12, 2) * np.exp(rng.normal(0.02, 0.02, (12, 2, 1)) * np.arange(60))


def _season(rng: Rng) -> Floats:
    angle = 2 * np.pi * (np.arange(60) / 12 + rng.uniform(0, 0.2, (10, 2, 1)))
    return _levels(rng, 10, 2) * (1 + rng.uniform(0.2, 0.7, (10, 2, 1)) * np.sin(angle))


def _waves(rng: Rng) -> Floats:
    """An illness that comes to one zone after the other, rises and falls."""
    growth = 0.15 * np.sin(2 * np.pi * (np.arange(90) - 3 * np.arange(10)[:, None, None]) / 45) + rng.normal(0, 0.1, (10, 1, 90))
    return 1 + 3 * np.exp(np.cumsum(growth, axis=2) - 1)


SETS = {
    "unseen, days with a strong week": Unseen(
        "D", 14, 10, lambda rng: WEEK[np.arange(220) % 7] * _wandering(rng, 8, 2, 220, 0.03)
    ),
    "unseen, 17 months": Unseen("M", 3, 4, lambda rng: _wandering(rng, 30, 2, 17, 0.15)),
    "unseen, three series": Unseen("W", 4, 8, lambda rng: _wandering(rng, 3, 1, 70, 0.1)),
    "unseen, now and then": Unseen("M", 3, 2, _now_and_then),
    "unseen, growing": Unseen("M", 3, 10, _growing),
    "unseen, season": Unseen("M", 3, 10, _season),
    "unseen, waves": Unseen("W", 6, 5, _waves),
    "unseen, nothing but noise": Unseen("M", 3, 5, lambda rng: _levels(rng, 5, 1) + np.zeros((5, 1, 40))),
}


def write(name: str, folder: Path) -> config.Config:
    """Write a set as a table of records, and give the settings of one who says nothing but how often and how far ahead."""
    of = SETS[name]
    rng = np.random.default_rng(list(SETS).index(name) + 1)
    means = of.means(rng)
    handed = rng.poisson(means * rng.gamma(of.shape, 1 / of.shape, means.shape))
    zone, item, period = (place.ravel() for place in np.indices(handed.shape))
    starts = periods.run(pd.Timestamp(FIRST[of.period]), handed.shape[2], of.period).strftime("%Y-%m-%d").to_numpy()
    table = {"zone": [f"Z{one:02d}" for one in zone], "item": [f"I{one}" for one in item], "period": starts[period]}
    pd.DataFrame({**table, "distributed": handed.ravel()}).to_csv(folder / "records.csv", index=False)
    return config.from_records("records.csv", of.period, of.horizon)
