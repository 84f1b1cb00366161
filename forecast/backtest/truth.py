"""What an origin is scored by: what the records show since, as known on the real issue date."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import xarray as xr

from forecast import periods, scores
from forecast.backtest.reading import Then, last_seen

AVERAGED = 3  # periods, as the AMC is often taken


@dataclass(frozen=True)
class Truth:
    """`seen` (zone, item, period ahead) in item units, NaN where not scored; `in_stock` alike: stock did not run out; `scale`,
    `square_scale` (zone, item) of the past up to the origin; `average` (zone, item) of the newest three known values then;
    `unscored`: why cells have no score, how many.
    """

    seen: xr.DataArray
    in_stock: xr.DataArray
    scale: xr.DataArray
    square_scale: xr.DataArray
    average: xr.DataArray
    unscored: Counter[str]


def truth_of(now: Then, then: Then, *, zero_gaps: bool, most_zeros: float | None) -> Truth:
    """The truth of an origin: series with some record by then, of which less than the share `most_zeros` is zero.

    A period that was not reported is not scored; with `zero_gaps` it counts as zero, in the past too, as some protocols have it.
    """
    settings = now.job.config.forecast
    ahead = periods.run(then.start, settings.horizon, settings.period)
    zones, items = then.panel.indexes["zone"], then.panel.indexes["item"]
    past = then.panel["distributed"].values
    has_past = xr.DataArray(np.isfinite(past).any(axis=2), {"zone": zones, "item": items}, ("zone", "item"))
    recorded = _zeros_in_gaps(now) if zero_gaps else now.panel["distributed"]
    seen = recorded.reindex(zone=zones, item=items, period=ahead)
    unscored = {
        "of series without any record before their origin": seen.notnull() & ~has_past,
        "not reported since": seen.isnull() & has_past,
    }
    if most_zeros is not None:
        is_wanted = (_share_of_zeros(recorded) < most_zeros).reindex(zone=zones, item=items, fill_value=False)
        unscored[f"of series of which {most_zeros:.0%} or more is zero"] = seen.notnull() & has_past & ~is_wanted
        seen = seen.where(is_wanted)
    rows = np.nan_to_num(past) if zero_gaps else past
    scales = [_scale(rows, periods.PER_YEAR[settings.period], power) for power in (1, 2)]
    return Truth(
        seen=seen.where(has_past),
        in_stock=~now.panel["is_censored"].reindex(zone=zones, item=items, period=ahead, fill_value=True),
        scale=has_past.copy(data=scales[0]),
        square_scale=has_past.copy(data=scales[1]),
        average=has_past.copy(data=_newest_mean(rows)),
        unscored=Counter({why: int(cells.sum()) for why, cells in unscored.items()}),
    )


def _zeros_in_gaps(now: Then) -> xr.DataArray:
    """What was recorded, and zero where a series that has some record has none, up to the newest record of any."""
    has_any, recorded = now.panel["is_reported"].any("period"), now.panel["distributed"]
    return recorded.fillna(0.0).where(has_any).sel(period=slice(None, last_seen(now)))


def _share_of_zeros(recorded: xr.DataArray) -> xr.DataArray:
    known = recorded.notnull().sum("period")
    return (recorded == 0).sum("period") / known.where(known > 0)


def _scale(past: np.ndarray, season: int, power: int) -> np.ndarray:
    """(zone, item, past) -> (zone, item)."""
    return scores.season_scale(past.reshape(-1, past.shape[2]), season, power).reshape(past.shape[:2])


def _newest_mean(past: np.ndarray) -> np.ndarray:
    """(zone, item, past) -> (zone, item) mean of the newest known values, AVERAGED of them; NaN where none is known."""
    known = np.isfinite(past)
    newest = known & (known[:, :, ::-1].cumsum(axis=2)[:, :, ::-1] <= AVERAGED)
    count = newest.sum(axis=2)
    return np.where(count > 0, np.where(newest, past, 0.0).sum(axis=2) / np.maximum(count, 1), np.nan)


def matched(cube: xr.DataArray, like: xr.DataArray) -> xr.DataArray:
    """A cube on the zones, items and periods of a forecast, matched by name and in its order; empty where it has none."""
    found: xr.DataArray = cube.reindex({dim: like.indexes[dim] for dim in cube.dims}).transpose(*cube.dims)
    return found
