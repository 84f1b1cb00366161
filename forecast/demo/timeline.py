"""Weeks and chance: the calendar of the demo country and its random streams."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast import periods
from forecast.schema import Floats

LEAD = 8  # weeks before the first record, so that rain, orders and stocks do not start from nothing
PAST = 157  # weeks with records: 36 months
AHEAD = 12  # weeks of truth after the issue date


@dataclass(frozen=True)
class Timeline:
    """All weeks that are simulated; arrays of the demo have them as their last axis."""

    weeks: pd.DatetimeIndex

    @classmethod
    def until(cls, issue_date: dt.date) -> Timeline:
        """The weeks around an issue date."""
        first = periods.start_of(pd.Timestamp(issue_date), "W") - pd.Timedelta(weeks=LEAD + PAST)
        return cls(periods.run(first, LEAD + PAST + AHEAD, "W"))

    @property
    def issue_date(self) -> pd.Timestamp:
        return self.weeks[LEAD + PAST]

    @property
    def past(self) -> slice:
        """The weeks a run on the issue date may know."""
        return slice(LEAD, LEAD + PAST)

    @property
    def told(self) -> slice:
        """The weeks the truth is written for: the past and the weeks after the issue date."""
        return slice(LEAD, LEAD + PAST + AHEAD)

    @property
    def day_of_year(self) -> Floats:
        return self.weeks.day_of_year.to_numpy(dtype=float)

    def index_of(self, day: str) -> int:
        """Position of the week that starts on `day`."""
        return list(self.weeks).index(pd.Timestamp(day))


def stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for each purpose, so that one more draw here changes nothing there."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def autocorrelated(rng: np.random.Generator, shape: tuple[int, ...], memory: float, spread: float) -> Floats:
    """(..., week) -> noise around 0 of standard deviation `spread` that remembers the share `memory` of the week before."""
    shocks = rng.normal(0, spread, shape)
    shocks[..., 1:] *= np.sqrt(1 - memory**2)
    for week in range(1, shape[-1]):
        shocks[..., week] += memory * shocks[..., week - 1]
    return shocks
