"""Missing reports and stock-outs: how much of the past is not known, and where most of it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forecast import periods
from forecast.config import Job
from forecast.panel import is_censored_by

SILENT = 3  # periods without any report


@dataclass(frozen=True, slots=True)
class Gaps:
    """Reports expected and missing, the zones that miss most, the zones that fell silent, the share of stock-outs."""

    expected: int
    missing: float
    worst: dict[str, float]
    silent: dict[str, pd.Timestamp]
    stockouts: float
    zeros: float


def find_gaps(records: pd.DataFrame, job: Job, most: int = 3) -> Gaps | None:
    """RECORDS -> gaps, from the first report of each zone and item to the last period that is over; None without rows."""
    if records.empty:
        return None
    settings = job.config.forecast
    last = periods.last_complete(job.issue_date, settings.period, settings.week_starts)
    axis = periods.between(records["period"].min(), last, settings.period)
    series = records.groupby(["zone", "item"])["period"].agg(["min", "count"])
    expected = len(axis) - axis.get_indexer(pd.DatetimeIndex(series["min"]))
    by_zone = pd.DataFrame({"expected": expected, "there": series["count"]}).groupby("zone").sum()
    if job.config.panel.absent_rows == "zero":  # nothing is missing: what has no row is a zero
        everything = len(axis) * records["zone"].nunique() * records["item"].nunique()
        zeros = 1 - float((records["distributed"] > 0).sum()) / everything
        return Gaps(everything, 0.0, {}, {}, float(is_censored_by(records).mean()), zeros)
    share = (1 - by_zone["there"] / by_zone["expected"]).sort_values(ascending=False, kind="stable")
    newest = records.groupby("zone")["period"].max()
    silent = newest[newest <= periods.step(last, -SILENT, settings.period)].sort_values(kind="stable")
    return Gaps(
        expected=int(by_zone["expected"].sum()),
        missing=float(1 - by_zone["there"].sum() / by_zone["expected"].sum()),
        worst={str(zone): float(value) for zone, value in share[share > 0].head(most).items()},
        silent={str(zone): pd.Timestamp(start) for zone, start in silent.items()},
        stockouts=float(is_censored_by(records).mean()),
        zeros=float((records["distributed"] == 0).mean()),
    )
