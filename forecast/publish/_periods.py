"""The plan's own calendar: when it starts, how long a period is, how many there are."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forecast.schema import Plan, Result


@dataclass(frozen=True)
class PlanPeriods:
    """`start`: first day of the plan; `days`: length of a period; `count`: how many."""

    start: pd.Timestamp
    days: int
    count: int

    @property
    def first_end(self) -> pd.Timestamp:
        """The day after the first period."""
        return self.start + pd.Timedelta(days=self.days)

    @property
    def end(self) -> pd.Timestamp:
        """The day after the last period."""
        return self.start + pd.Timedelta(days=self.days * self.count)

    @property
    def name(self) -> str:
        """What one period is called: 'week', 'day'."""
        return {1: "day", 7: "week"}.get(self.days, f"{self.days} days")


def plan_of(result: Result) -> Plan | None:
    """The plan of a run, if there is one and it has anything to plan."""
    return None if result.plan is None or result.plan.cells.empty else result.plan


def periods_of(plan: Plan) -> PlanPeriods:
    """Read the calendar off the cells; the length from the first two periods, a plan of one period is taken as a week."""
    starts = sorted(pd.Timestamp(start) for start in plan.cells["period"].unique())
    days = (starts[1] - starts[0]).days if len(starts) > 1 else 7
    return PlanPeriods(starts[0], days, len(starts))


def first_cells(plan: Plan) -> pd.DataFrame:
    """The cells of the first period."""
    found: pd.DataFrame = plan.cells[plan.cells["period"] == plan.cells["period"].min()]
    return found
