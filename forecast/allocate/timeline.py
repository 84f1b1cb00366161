"""The plan's own calendar: periods of equal length from the issue date on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from forecast import periods
from forecast.allocate.arrays import Ints


@dataclass(frozen=True)
class Calendar:
    """`count` plan periods of `days` days; the first starts on the issue date."""

    issue_date: pd.Timestamp
    days: int
    count: int

    @cached_property
    def starts(self) -> pd.DatetimeIndex:
        return periods.run(self.issue_date, self.count, "W" if self.days == periods.DAYS["W"] else "D")

    @property
    def end(self) -> pd.Timestamp:
        """The day after the last period."""
        return self.issue_date + pd.Timedelta(days=self.days * self.count)

    def holding(self, dates: pd.Series) -> Ints:
        """(row) dates -> (row) the plan period that holds each; negative before the issue date, `count` or more after the
        end.
        """
        return np.floor_divide(days_between(self.issue_date, dates), self.days)

    def first_from(self, dates: pd.Series) -> Ints:
        """(row) dates -> (row) the first plan period that starts on or after each; what is known of no date is there already."""
        days = days_between(self.issue_date, dates.fillna(self.issue_date))
        return np.maximum(-np.floor_divide(-days, self.days), 0)


def days_between(first: pd.Timestamp, dates: pd.Series) -> Ints:
    """(row) whole days from `first` to each date, none of which is empty."""
    return np.asarray((pd.to_datetime(dates) - first) // pd.Timedelta(days=1), dtype=np.int64)
