"""Tables by day for forecasts by week or month: their own steps, and which of them lie in which period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from forecast import periods
from forecast.schema import Reading

Step = Literal["period", "day"]
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Axis:
    """`steps` of the table, `periods` of the forecast, complete before the issue date; `periods_of` (step, period): 1 or 0."""

    steps: pd.DatetimeIndex
    periods: pd.DatetimeIndex
    periods_of: sparse.csr_array


def by_step(reading: Reading, step: Step) -> Reading:
    """What a source is given to read a table with a row a day, or a row a period."""
    return replace(reading, period="D") if step == "day" else reading


def axis(first: pd.Timestamp | None, reading: Reading, step: Step) -> Axis:
    """From the step of the first row to the last complete period; a day of a period that is not over is not looked at."""
    last = periods.last_complete(reading.issue_date, reading.period, reading.week_starts)
    start = periods.step(last, 1, reading.period) if first is None else first
    whole = periods.between(periods.start_of(start, reading.period, reading.week_starts), last, reading.period)
    if step == "period":
        return Axis(whole, whole, sparse.csr_array(sparse.identity(len(whole), format="csr")))
    ends = [periods.step(day, 1, reading.period) - DAY for day in whole[-1:]]
    days = periods.between(whole[0], ends[0], "D") if len(whole) else whole
    place = whole.searchsorted(days, side="right") - 1
    ones = np.ones(len(days))
    return Axis(days, whole, sparse.csr_array((ones, (np.arange(len(days)), place)), shape=(len(days), len(whole))))
