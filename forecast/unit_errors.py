"""Values that can only be a slip of the unit: litres for cubic metres, pieces for boxes. Found, not mended."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.schema import Floats

FEWEST_OTHERS = 5  # positive values of the same series needed to say what is ordinary


@dataclass(frozen=True, slots=True)
class Suspect:
    """A value to set aside: its place in the cube (positions) and the reason in words."""

    zone: int
    item: int
    period: int
    reason: str


def find_unit_errors(
    distributed: Floats, is_censored: npt.NDArray[np.bool_], people: Floats, packs: Floats, factor: float
) -> list[Suspect]:
    """(zone, item, period) quantities, (zone, period) people, (item) pack sizes -> the values that stand alone and far off.

    Too large: more than `factor` times the ordinary largest of its own series (95th percentile of its other positive values). Too
    small: less than the ordinary smallest divided by `factor`, and in the ordinary range once multiplied by the pack size. Neither
    when it is shared: the zone's other items, the item in other zones, or the people there moved by as much in that period, or the
    period before or after is as far off (a shift persists, a slip stands alone).
    """
    positive = np.where(distributed > 0, distributed, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # series that are all empty
        level = np.nanmedian(positive, axis=2, keepdims=True)
        crowd = people / np.nanmedian(people, axis=1, keepdims=True)
        far = (positive > factor * level) | (positive < level / factor)
    moved = positive / level
    found = []
    for zone, item, period in np.argwhere(far):
        shared = _shared(moved, crowd, zone, item, period)
        reason = _reason(positive[zone, item], period, shared, packs[item], factor, bool(is_censored[zone, item, period]))
        if reason:
            found.append(Suspect(int(zone), int(item), int(period), reason))
    return found


def _shared(moved: Floats, crowd: Floats, zone: int, item: int, period: int) -> tuple[float, float]:
    """How much less, and how much more, than ordinary the neighbours had in that period: (at most 1, at least 1)."""
    beside = np.delete(moved[zone, :, period], item)
    elsewhere = np.delete(moved[:, item, period], zone)
    known = [values[np.isfinite(values)] for values in (beside, elsewhere, crowd[zone, period : period + 1])]
    ratios = [float(np.median(values)) for values in known if len(values)]
    return min([1.0, *ratios]), max([1.0, *ratios])


def _reason(series: Floats, period: int, shared: tuple[float, float], pack: float, factor: float, is_censored: bool) -> str:
    value = series[period]
    others = np.delete(series, period)
    others = others[np.isfinite(others)]
    if len(others) < FEWEST_OTHERS:
        return ""
    largest = float(np.quantile(others, 0.95, method="lower"))
    smallest = float(np.quantile(others, 0.05, method="higher"))
    near = _adjacent(series, period)
    if value > factor * largest * shared[1] and not (near > factor * largest / 2).any():
        return f"is {value / largest:.0f} times the ordinary largest of its own series, {largest:g}"
    in_packs = pack > 1 and smallest / 2 <= value * pack <= 2 * largest
    if in_packs and not is_censored and value < smallest / factor * shared[0] and not (near < 2 * smallest / factor).any():
        return f"is {smallest / value:.0f} times less than the ordinary smallest of its own series, {smallest:g}, as if counted in packs of {pack:g}"
    return ""


def _adjacent(series: Floats, period: int) -> Floats:
    """The nearest known values before and after."""
    before, after = series[:period], series[period + 1 :]
    return np.concatenate([before[np.isfinite(before)][-1:], after[np.isfinite(after)][:1]])
