"""Equally likely futures that belong together: paths of different zones and items put into a common order.

Each pair of zone and item keeps its own paths exactly as its model made them; only which of them meet in one future is decided
here, by the rank of their totals over the horizon (the Schaake shuffle of Clark et al., 2004, with a Gaussian template). How
strongly they move together is measured on the past: changes from one stretch of periods to the next, between items of one zone,
between zones for one item, and between all others.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.schema import Floats

AT_ONCE = 500  # zones put in order together
FEWEST_PAIRS = 100  # products of two changes, to measure a correlation
MOST = 0.95
SUMS = ((), (0,), (1,), (0, 1))  # over nothing, over zones, over items, over both


@dataclass(frozen=True)
class Together:
    """Correlation of totals: between any two pairs, and in addition between zones for one item and between items in one zone."""

    all: float = 0.1
    item: float = 0.1
    zone: float = 0.1
    is_measured: bool = False


def measure(rates: Floats, horizon: int) -> Together:
    """(zone, item, period) values with gaps -> how totals over a horizon move together; defaults where too little is known."""
    changes = _changes(rates, min(horizon, max(1, rates.shape[2] // 8)))
    known = np.isfinite(changes).astype(float)
    changes = np.nan_to_num(changes)
    own, item, zone, every = (_squares(changes, over) for over in SUMS)
    own_n, item_n, zone_n, every_n = (_squares(known, over) for over in SUMS)
    pairs = (
        (every - item - zone + own, every_n - item_n - zone_n + own_n),
        (item - own, item_n - own_n),
        (zone - own, zone_n - own_n),
    )
    if pairs[1][1] < FEWEST_PAIRS and pairs[2][1] < FEWEST_PAIRS:
        return Together()
    other, same_item, same_zone = (max(total / count, 0.0) if count >= FEWEST_PAIRS else 0.0 for total, count in pairs)
    parts = np.array([other, max(same_item - other, 0.0), max(same_zone - other, 0.0)])
    parts *= min(1.0, MOST / max(float(parts.sum()), 1e-9))
    return Together(all=float(parts[0]), item=float(parts[1]), zone=float(parts[2]), is_measured=True)


def common_order(zones: pd.Index, items: pd.Index, together: Together, samples: int, seed: int) -> Floats:
    """(zone, item, sample) standard normal values whose correlations are those of `together`; the template of ranks."""
    shared = np.sqrt(together.all) * _normals("all", samples, seed)
    by_item = np.sqrt(together.item) * np.stack([_normals(f"item/{item}", samples, seed) for item in items])
    by_zone = np.sqrt(together.zone) * np.stack([_normals(f"zone/{zone}", samples, seed) for zone in zones])
    rest = np.sqrt(1 - together.all - together.item - together.zone)
    order: Floats = shared + by_item[None] + by_zone[:, None]
    for place, zone in enumerate(zones):
        order[place] += rest * np.stack([_normals(f"pair/{zone}/{item}", samples, seed) for item in items])
    return order


def arrange(paths: npt.NDArray[np.float32], template: Floats) -> None:
    """(..., horizon, sample) paths, (..., sample) template: put the paths, in place, into the order of the template's ranks."""
    for part, order in parts(paths, template):
        by_total = np.argsort(part.sum(axis=-2), axis=-1, kind="stable")
        chosen = np.take_along_axis(by_total, ranks(order), axis=-1)
        part[:] = np.take_along_axis(part, chosen[..., None, :], axis=-1)


def ranks(values: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    """(..., sample) -> the place of each sample in the order of its cell."""
    return np.argsort(np.argsort(values, axis=-1, kind="stable"), axis=-1, kind="stable")


def follow(less: npt.NDArray[np.float32], more: npt.NDArray[np.float32]) -> None:
    """(..., sample) paths of two quantities, the first a part of the second: let them rise and fall together, in place.

    The first is put into the order of the second, cell by cell. A cell where the second has the lower mean, since the two were
    forecast from different records, is raised to the mean of the first: what is handed out was needed.
    """
    for part, whole in parts(less, more):
        part[:] = np.take_along_axis(np.sort(part, axis=-1), ranks(whole), axis=-1)
        expected, needed = (paths.mean(axis=-1, keepdims=True, dtype=float) for paths in (part, whole))
        whole *= np.where(needed < expected, expected / np.where(needed > 0, needed, 1), 1.0).astype(np.float32)
        np.copyto(whole, part, where=(needed == 0) & (expected > 0))


def parts(*arrays: npt.NDArray[Any]) -> Iterator[tuple[npt.NDArray[Any], ...]]:
    """Views of the same few rows of all arrays, to bound the memory of what is worked out from them."""
    return (tuple(array[start : start + AT_ONCE] for array in arrays) for start in range(0, len(arrays[0]), AT_ONCE))


def _changes(rates: Floats, length: int) -> Floats:
    """(zone, item, stretch) change of the mean from one stretch to the next, relative to both and scaled to one per series."""
    stretches = rates.shape[2] // length
    parts = rates[:, :, rates.shape[2] - stretches * length :].reshape(*rates.shape[:2], stretches, length)
    known = np.isfinite(parts).sum(axis=3)
    means = np.where(known * 2 >= length, np.nansum(parts, axis=3) / np.maximum(known, 1), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        change = np.diff(means, axis=2) / (means[:, :, 1:] + means[:, :, :-1])  # between -1 and 1: no outlier rules
        size = np.sqrt(np.nansum(change**2, axis=2) / np.isfinite(change).sum(axis=2))
        scaled = change / size[:, :, None]
    return np.where(np.isfinite(scaled), scaled, np.nan)


def _squares(values: Floats, axes: tuple[int, ...]) -> float:
    return float(np.square(values.sum(axis=axes) if axes else values).sum())


def _normals(name: str, samples: int, seed: int) -> Floats:
    return np.random.default_rng([seed, zlib.crc32(name.encode())]).standard_normal(samples)
