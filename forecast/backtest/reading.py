"""What was known on a day: the inputs and the panel as of an earlier issue date, and what the records show since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from forecast import periods
from forecast.config import Job, WhatIf
from forecast.errors import InputError, Problem
from forecast.inputs import read_for_forecast
from forecast.panel import build_panel
from forecast.schema import Inputs, Ledger

# A forecast does not look at them, and few operations keep what they were on an earlier day.
ONLY_FOR_PLANS = (
    "depots", "stock", "arrivals", "zone_stock", "dispatches", "planned_by_others", "routes", "fleet", "commitments",
    "priorities",
)  # fmt: skip


@dataclass(frozen=True)
class Then:
    """Inputs and panel as they were known on an issue date."""

    job: Job
    inputs: Inputs
    panel: xr.Dataset

    @property
    def start(self) -> pd.Timestamp:
        """The first period ahead."""
        settings = self.job.config.forecast
        return periods.start_of(self.job.issue_date, settings.period, settings.week_starts)


def without_plan(job: Job) -> Job:
    """The job without the inputs that only a plan needs, and without what its scenario would change from now on."""
    inputs = {name: block for name, block in job.config.inputs.items() if name not in ONLY_FOR_PLANS}
    return replace(job, config=job.config.model_copy(update={"inputs": inputs, "access": {}, "what_if": WhatIf()}))


def read_now(job: Job) -> Then:
    """What is known on the job's own issue date; of records alone, right after the last of them. Raises InputError."""
    ledger = Ledger()
    job, inputs = read_for_forecast(job, ledger)
    return Then(job, inputs, build_panel(inputs, job.config, job.issue_date, ledger))


def read_as_of(job: Job, issue_date: pd.Timestamp) -> Then:
    """Everything read anew as of an earlier day. Raises InputError, which names the day."""
    job, ledger = replace(job, issue_date=issue_date), Ledger()
    try:
        _, inputs = read_for_forecast(job, ledger)
        return Then(job, inputs, build_panel(inputs, job.config, issue_date, ledger))
    except InputError as error:
        action = "Mend what is named, or ask for fewer origins"
        problem = Problem("--origins", f"cannot be read as it was known on {issue_date.date()}", action)
        raise InputError([problem, *error.problems]) from error


# ------------------------------------------------------------------ origins


def origins(now: Then, asked: int | Sequence[pd.Timestamp]) -> tuple[pd.Timestamp, ...]:
    """The issue dates, oldest first: so many, a period apart, the newest the last whose whole horizon was seen since; or those
    asked for.

    An issue date lies as many days into its period as the real one. Raises InputError where the records do not reach so far.
    """
    possible = _possible(now)
    if not isinstance(asked, int):
        return _checked(now, asked, possible)
    if asked > len(possible):
        action = f"Ask for at most {len(possible)}" if possible else "Give a shorter horizon, or records of more periods"
        raise InputError([Problem("--origins", f"is more than the records allow: {_why(now)}", action, value=str(asked))])
    settings = now.job.config.forecast
    offset = now.job.issue_date - now.start
    return tuple(
        min(start + offset, periods.step(start, 1, settings.period) - pd.Timedelta(days=1))
        for start in possible[len(possible) - asked :]
    )


def last_seen(now: Then) -> pd.Timestamp:
    """The newest period that any record tells of."""
    is_reported = now.panel["is_reported"].values.any(axis=(0, 1))
    return pd.Timestamp(now.panel.indexes["period"][np.flatnonzero(is_reported)[-1]])


def _possible(now: Then) -> list[pd.Timestamp]:
    """First periods ahead whose whole horizon was seen since, and before which enough periods lie."""
    settings, known = now.job.config.forecast, now.panel.indexes["period"]
    newest = periods.step(last_seen(now), 1 - settings.horizon, settings.period)
    return [pd.Timestamp(start) for start in known[settings.norm_after :] if start <= newest]


def _checked(now: Then, asked: Sequence[pd.Timestamp], possible: list[pd.Timestamp]) -> tuple[pd.Timestamp, ...]:
    settings = now.job.config.forecast
    dates = tuple(sorted(set(asked)))
    starts = [periods.start_of(date, settings.period, settings.week_starts) for date in dates]
    outside = [date for date, start in zip(dates, starts, strict=True) if start not in set(possible)]
    if outside:
        between = f"Possible: {possible[0].date()} to {possible[-1].date()}" if possible else "Give a shorter horizon"
        raise InputError(
            [
                Problem("--origins", f"is outside what the records allow: {_why(now)}", between, value=str(date.date()))
                for date in outside
            ]
        )
    if len(set(starts)) < len(starts):
        raise InputError([Problem("--origins", "names two days of one period", "Name one day of each")])
    return dates


def _why(now: Then) -> str:
    settings, known = now.job.config.forecast, now.panel.indexes["period"]
    count = int((known <= last_seen(now)).sum())
    return (
        f"they cover {count} periods, of which {settings.norm_after} must lie before the first origin (forecast.norm_after) "
        f"and {settings.horizon} after the last (the horizon)"
    )
