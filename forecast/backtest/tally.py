"""Sums of scores, gathered cell by cell over origins: what is added up here divides into every figure of the table.

All cells of all origins count alike. A cell is one zone, item and period ahead. Scores of a horizon look at one period ahead;
those of the whole horizon at all its cells, and, for totals and overstock, at the sum of its periods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast import scores
from forecast.schema import Floats

PINBALLS = (0.05, 0.5, 0.95)
PIT_LEVELS = tuple(level / 20 for level in range(1, 20))
SERVICE = 0.9  # the quantile that is stocked, for the service level
FILL = 0.95  # the share of what was wanted that is met, for the overstock
TIMES = np.concatenate([np.arange(1, 61) / 20, np.geomspace(3.2, 100, 60)])  # the average, as stocked in practice


@dataclass
class Tally:
    """Of one model and item: name -> sums (horizon + 1), the last of the whole horizon, and how many cells each is a sum of.

    `curves` (horizon + 1, 2, sample): met and stocked at each sample, for the periods ahead and last for their totals; `practice`
    (horizon + 1, 2, TIMES): the same with so many times the average of three periods in every cell, safety stock in it; `pits`,
    `total_pits` (level): cells, and totals of the whole horizon, whose transform is at most the level; `left_out`: series
    without a scale at an origin.
    """

    sums: dict[str, Floats]
    counts: dict[str, Floats]
    curves: Floats
    practice: Floats
    pits: Floats
    total_pits: Floats
    left_out: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            {name: sums + other.sums[name] for name, sums in self.sums.items()},
            {name: counts + other.counts[name] for name, counts in self.counts.items()},
            self.curves + other.curves,
            self.practice + other.practice,
            self.pits + other.pits,
            self.total_pits + other.total_pits,
            self.left_out + other.left_out,
        )

    def mean(self, name: str, horizon: int) -> float:
        """The mean over the cells of a horizon (0 is the first period ahead; -1 the whole); NaN where there are none."""
        return scores.ratio(float(self.sums[name][horizon]), float(self.counts[name][horizon]))

    def share(self, part: str, whole: str, horizon: int) -> float:
        """One sum over another."""
        return scores.ratio(float(self.sums[part][horizon]), float(self.sums[whole][horizon]))


def tally(paths: Floats, seen: Floats, in_stock: np.ndarray, scale: Floats, square_scale: Floats, average: Floats) -> Tally:
    """Score one item at one origin.

    `paths` (series, horizon, sample) and `seen` (series, horizon) in item units per period; `in_stock` (series, horizon): stock
    did not run out; `scale`, `square_scale` (series): as from `season_scale`, with power 1 and 2; `average` (series) of the
    newest three known values.
    """
    seen = np.where(np.isfinite(paths).all(axis=-1), seen, np.nan)
    paths = np.sort(paths, axis=-1) if np.isfinite(seen).any() else paths
    by_cell, whole = _by_cell(paths, seen, in_stock, scale), _of_whole(paths, seen, scale, square_scale)
    path_sums, seen_sums = scores.accumulated(paths, seen)
    for share in (0.8, 0.9):
        name = f"coverage_total_{share * 100:.0f}"
        by_cell[name] = scores.inside(path_sums, seen_sums, share)
        whole[name] = by_cell[name][:, -1]
    by_cell["rmsse"] = np.abs(by_cell["error"]) / square_scale[:, None]
    added = {name: _added(values, whole.get(name)) for name, values in by_cell.items()}
    curves = _curves(paths, seen, path_sums[:, -1], seen_sums[:, -1])
    stocked = np.isfinite(seen)[:, :, None] * np.nan_to_num(average)[:, None, None] * TIMES
    practice = _curves(stocked, seen, stocked.sum(axis=1), seen_sums[:, -1])
    is_seen = np.isfinite(seen).any(axis=1)
    return Tally(
        {name: sums for name, (sums, _) in added.items()},
        {name: counts for name, (_, counts) in added.items()},
        curves,
        practice,
        _transforms(paths, seen),
        _transforms(path_sums[:, -1], seen_sums[:, -1]),
        int((is_seen & np.isnan(scale)).sum()),
    )


def _curves(paths: Floats, seen: Floats, path_sums: Floats, seen_sums: Floats) -> Floats:
    """(series, horizon, any) and (series, any) totals -> (horizon + 1, 2, any)."""
    single = [scores.fill_curve(paths[:, ahead], seen[:, ahead]) for ahead in range(seen.shape[1])]
    return np.stack([*single, scores.fill_curve(path_sums, seen_sums)])


def _by_cell(paths: Floats, seen: Floats, in_stock: np.ndarray, scale: Floats) -> dict[str, Floats]:
    """Name -> (series, horizon), NaN where there is no score."""
    middle, stocked = scores.quantiles(paths, (0.5, SERVICE))
    error = paths.mean(axis=-1, dtype=float) - seen
    in_stock_seen = np.where(in_stock, seen, np.nan)
    return {
        "seen": seen,
        "crps": scores.crps(paths, seen),
        "error": error,
        "error_of_median": middle - seen,
        "absolute_error": np.abs(middle - seen),
        "mase": np.abs(middle - seen) / scale[:, None],
        "error_in_stock": np.where(in_stock, error, np.nan),
        "seen_in_stock": in_stock_seen,
        "service_level": scores.covered(stocked, seen),
        **{
            f"pinball_{level * 100:02.0f}": scores.pinball(quantile, seen, level)
            for level, quantile in zip(PINBALLS, scores.quantiles(paths, PINBALLS), strict=True)
        },
        **{f"coverage_{share * 100:.0f}": scores.inside(paths, seen, share) for share in scores.INTERVALS},
    }


def _of_whole(paths: Floats, seen: Floats, scale: Floats, square_scale: Floats) -> dict[str, Floats]:
    """Name -> (series) of the whole horizon, for the scores that are not the mean of those of its cells."""
    (middle,) = scores.quantiles(paths, (0.5,))
    return {
        "mase": scores.mase(middle, seen, scale),
        "rmsse": scores.rmsse(paths.mean(axis=-1, dtype=float), seen, square_scale),
    }


def _added(values: Floats, whole: Floats | None) -> tuple[Floats, Floats]:
    """(series, horizon) [and (series) of the whole] -> sums and counts (horizon + 1)."""
    whole = values.ravel() if whole is None else whole
    sums = np.append(np.nansum(values, axis=0), np.nansum(whole))
    counts = np.append(np.isfinite(values).sum(axis=0), np.isfinite(whole).sum())
    return sums, counts.astype(float)


def _transforms(paths: Floats, seen: Floats) -> Floats:
    """(level) how many cells have a transform of at most the level."""
    count = int((np.isfinite(seen) & np.isfinite(paths).all(axis=-1)).sum())
    return scores.pit(paths, seen, PIT_LEVELS) * count if count else np.zeros(len(PIT_LEVELS))
