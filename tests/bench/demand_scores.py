"""How good and how sure, in one row of figures; and tables of such rows on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from forecast import scores
from forecast.schema import Floats

COLUMNS = ("mase", "wmape", "bias med", "bias mean", "crps", "in 80", "in 90", "sum 80", "sum 90", "seconds")


@dataclass
class Origins:
    """What one model forecast, origin by origin: its figures, seconds of processor time, and which models made it."""

    figures: list[dict[str, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    made_by: str = ""

    @property
    def row(self) -> dict[str, float]:
        """The mean over the origins."""
        mean = {name: float(np.mean([one[name] for one in self.figures])) for name in self.figures[0]}
        return {**mean, "seconds": float(np.mean(self.seconds)) if self.seconds else float("nan")}


def figures(quantiles: Floats, levels: Floats, totals: Floats, seen: Floats, scale: Floats) -> dict[str, float]:
    """(series, horizon, level) quantiles and (series, sample) totals against (series, horizon) seen.

    CRPS: 2 x mean pinball over the levels; MASE: of the median, over (series) the scale, series without one left out.
    """
    median = quantiles[:, :, np.abs(levels - 0.5).argmin()]
    error, total = np.abs(median - seen), seen.sum(axis=1)
    scaled = error.mean(axis=1) / np.where(scale > 0, scale, np.nan)
    return {
        "mase": float(np.nanmean(scaled)),
        "wmape": float(error.sum() / seen.sum()),
        "bias med": scores.bias(median, seen),
        "bias mean": scores.bias(quantiles.mean(axis=2), seen),
        "crps": float(2 * scores.pinball(quantiles, seen[:, :, None], levels).mean()),
        **{f"in {share}": _between(quantiles, levels, seen, share / 100) for share in (80, 90)},
        **{f"sum {share}": scores.coverage(totals, total, share / 100) for share in (80, 90)},
    }


def _between(quantiles: Floats, levels: Floats, seen: Floats, share: float) -> float:
    low, high = (quantiles[:, :, np.abs(levels - level).argmin()] for level in ((1 - share) / 2, (1 + share) / 2))
    return float(((low <= seen) & (seen <= high)).mean())


def show(title: str, rows: Mapping[str, Mapping[str, float | str]], columns: Sequence[str] = COLUMNS) -> None:
    """Print a table, a row per name."""
    widest = max([len(name) for name in rows] + [len("model")])
    print(f"\n{title}\n{'model':<{widest}}" + "".join(f"{column:>{_width(column)}}" for column in columns))
    for name, row in rows.items():
        print(f"{name:<{widest}}" + "".join(_cell(row.get(column, float("nan")), column) for column in columns), flush=True)


def _width(column: str) -> int:
    return max(len(column) + 2, 9)


def _cell(value: float | str, column: str) -> str:
    width = _width(column)
    if isinstance(value, str):
        return f"{value:>{width}}"
    if np.isnan(value):
        return f"{'-':>{width}}"
    digits = 3 if abs(value) < 100 else 1 if abs(value) < 10_000 else 0
    return f"{value:>{width},.{digits}f}"
