"""Random numbers for many series at once, each from its own name: the order of series and their company change nothing."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from forecast.schema import Floats, History

Keys = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.intp]
STEP, FIRST, SECOND = (np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def keys(history: History, purpose: str = "") -> Keys:
    """(series) a number for each, from the seed, the names of item and zone, and what the random numbers are for."""
    names = (f"{history.seed}/{item}/{zone}/{purpose}" for item, zone in zip(history.items, history.zones, strict=True))
    digests = b"".join(blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def uniforms(names: Keys, count: int) -> Floats:
    """(series) -> (series, count) evenly distributed over 0..1."""
    return np.asarray((_numbers(names, count) >> np.uint64(11)) * 2.0**-53, dtype=float)


def permutations(names: Keys, count: int) -> Ints:
    """(series) -> (series, count) the numbers below `count`, each once, in random order."""
    return np.argsort(_numbers(names, count), axis=1, kind="stable")


def even(names: Keys, count: int) -> Floats:
    """(series) -> (series, count) in random order, one in each of `count` equal parts of 0..1."""
    return np.asarray((permutations(names, count) + uniforms(mixed(names), 1)) / count)


def normals(names: Keys, count: int) -> Floats:
    """(series) -> (series, count) standard normal values at quantile midpoints, in random order: exact however few."""
    return np.asarray(ndtri((np.arange(count) + 0.5) / count)[permutations(names, count)])


def mixed(numbers: Keys) -> Keys:
    """The finaliser of splitmix64 (Steele, Lea and Flood, 2014): neighbouring numbers become unrelated ones."""
    numbers = numbers + STEP
    numbers = (numbers ^ (numbers >> np.uint64(30))) * FIRST
    numbers = (numbers ^ (numbers >> np.uint64(27))) * SECOND
    return np.asarray(numbers ^ (numbers >> np.uint64(31)))


def _numbers(names: Keys, count: int) -> Keys:
    return mixed(names[:, None] + STEP * np.arange(count, dtype=np.uint64))
