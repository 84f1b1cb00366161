"""Fans: what was forecast at an origin, as quantiles, beside what came; and which series to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from forecast import scores

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


@dataclass(frozen=True)
class Fan:
    """Of one model at one origin: `quantiles` (level, zone, item, period) float32; `crps` and `seen` (zone, item), sums over the
    scored periods.
    """

    quantiles: xr.DataArray
    crps: xr.DataArray
    seen: xr.DataArray


def fan_of(distributed: xr.DataArray, seen: xr.DataArray) -> Fan:
    """(zone, item, period, sample) futures and (zone, item, period) what came, on the same axes."""
    quantiles = xr.DataArray(
        scores.quantiles(distributed.values, LEVELS).astype(np.float32),
        {"level": list(LEVELS), **{dim: distributed.indexes[dim] for dim in seen.dims}},
        ("level", *seen.dims),
    )
    crps = seen.copy(data=np.stack([scores.crps(*zone) for zone in zip(distributed.values, seen.values, strict=True)]))
    return Fan(quantiles, crps.sum("period"), seen.where(crps.notnull()).sum("period"))


def to_show(fans: Sequence[Fan]) -> dict[str, tuple[str, str]]:
    """`best`, `median`, `worst` -> (zone, item): by CRPS per unit seen, among the larger half of the series of each item.

    Small series are left out because one unit more or less makes them best or worst. Empty where nothing was seen.
    """
    crps = sum((fan.crps.to_series() for fan in fans[1:]), fans[0].crps.to_series()).rename("crps")
    seen = sum((fan.seen.to_series() for fan in fans[1:]), fans[0].seen.to_series())
    crps, seen = crps[seen > 0], seen[seen > 0]
    large = seen >= seen.groupby("item").transform("median")
    relative = (crps[large] / seen[large]).dropna().sort_index().sort_values(kind="stable")
    if relative.empty:
        return {}
    places = {"best": 0, "median": len(relative) // 2, "worst": len(relative) - 1}
    return {name: (str(relative.index[place][0]), str(relative.index[place][1])) for name, place in places.items()}
