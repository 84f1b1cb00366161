"""Values that can only be a slip of the unit: litres for cubic metres, pieces for boxes. Found, not mended."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.schema import Floats

FEWEST_OTHERS = 5  # positive values of the same series needed to say what is ordinary
BESIDE = 2  # values before and after that tell a shift from a slip


@dataclass(frozen=True, slots=True)
class Suspect:
    """A value to set aside: its place in the cube (positions) and the reason in words."""

    zone: int
    item: int
    period: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Value:
    """A positive value with the others of its series, what was on hand, and how far its neighbours moved in that period."""

    value: float
    others: Floats
    around: float
    on_hand: float
    is_censored: bool
    pack: float
    least_moved: float
    most_moved: float


def find_unit_errors(
    distributed: Floats, on_hand: Floats, is_censored: npt.NDArray[np.bool_], people: Floats, packs: Floats, factor: float
) -> list[Suspect]:
    """(zone, item, period) quantities, (zone, period) people, (item) pack sizes -> the values that stand alone and far off.

    Too large: more than `factor` times the ordinary largest of its own series (95th percentile of its other positive values), or
    half of that where it is more than twice what was on hand. Too small: less than the ordinary smallest divided by `factor`, and
    in the ordinary range once multiplied by the pack size. Neither when it is shared: the zone's other items, the item in other
    zones, or the people there moved by as much in that period, or the nearest values before and after are as far off: a shift
    persists, a slip stands alone. (A jump of more than `factor` squared is no shift unless the stock on hand bears it out.)
    """
    positive = np.where(distributed > 0, distributed, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # series that are all empty
        level = np.nanmedian(positive, axis=2, keepdims=True)
        crowd = people / np.nanmedian(people, axis=1, keepdims=True)
    moved = positive / level
    places = np.argwhere((moved > factor / 2) | (moved < 1 / factor))
    found = []
    for zone, item, period in places[_stand_alone(positive, places, factor)]:
        beside, elsewhere = np.delete(moved[zone, :, period], item), np.delete(moved[:, item, period], zone)
        shared = [_median(beside, 1.0), _median(elsewhere, 1.0), _median(crowd[zone, [period]], 1.0)]
        series = positive[zone, item]
        value = _Value(
            value=series[period],
            others=_known(np.delete(series, period)),
            around=_median(np.concatenate([_known(series[:period])[-BESIDE:], _known(series[period + 1 :])[:BESIDE]]), np.nan),
            on_hand=on_hand[zone, item, period],
            is_censored=bool(is_censored[zone, item, period]),
            pack=packs[item],
            least_moved=min(1.0, *shared),
            most_moved=max(1.0, *shared),
        )
        if len(value.others) >= FEWEST_OTHERS and (reason := _too_large(value, factor) or _too_small(value, factor)):
            found.append(Suspect(int(zone), int(item), int(period), reason))
    return found


def _stand_alone(positive: Floats, places: npt.NDArray[np.intp], factor: float) -> npt.NDArray[np.bool_]:
    """(place) values off the ordinary range of the others of their series by as much as any suspect must be; see `_ordinary`."""
    zone, item, period = places.T
    in_order, value = np.sort(positive, axis=2), positive[zone, item, period]
    others = np.isfinite(positive).sum(axis=2)[zone, item] - 1

    def of_others(rank: Floats) -> Floats:
        at = np.maximum(rank, 0).astype(np.intp)
        here, above = in_order[zone, item, at], in_order[zone, item, np.minimum(at + 1, positive.shape[2] - 1)]
        return np.asarray(np.where(value > here, here, above), dtype=float)

    smallest, largest = of_others(np.ceil(0.05 * (others - 1))), of_others(np.floor(0.95 * (others - 1)))
    return np.asarray((others >= FEWEST_OTHERS) & ((value > factor / 2 * largest) | (value < smallest / factor)), dtype=bool)


def _too_large(it: _Value, factor: float) -> str:
    largest = _ordinary(it.others)[1]
    beyond_stock = it.value > 2 * it.on_hand
    needed = factor / 2 if beyond_stock else factor
    is_shift = it.around > needed * largest / 2 and (it.value <= factor**2 * largest or it.value <= it.on_hand)
    if it.value <= needed * largest * it.most_moved or is_shift:
        return ""
    stock = f", and {it.on_hand:g} were on hand" if beyond_stock else ""
    return f"is {it.value / largest:.0f} times the ordinary largest of its own series, {largest:g}{stock}"


def _too_small(it: _Value, factor: float) -> str:
    smallest, largest = _ordinary(it.others)
    in_packs = it.pack > 1 and smallest / 2 <= it.value * it.pack <= 2 * largest
    if it.is_censored or not in_packs or it.value >= smallest / factor * it.least_moved or it.around < 2 * smallest / factor:
        return ""
    times = f"is {smallest / it.value:.0f} times less than the ordinary smallest of its own series, {smallest:g}"
    return f"{times}, as if counted in packs of {it.pack:g}"


def _ordinary(others: Floats) -> tuple[float, float]:
    """5th and 95th percentile, taken inwards, so that one more slip among few values does not count as ordinary."""
    return float(np.quantile(others, 0.05, method="higher")), float(np.quantile(others, 0.95, method="lower"))


def _known(values: Floats) -> Floats:
    return values[np.isfinite(values)]


def _median(values: Floats, empty: float) -> float:
    known = _known(values)
    return float(np.median(known)) if len(known) else empty
