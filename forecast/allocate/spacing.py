"""Days between visits: a zone that may not be visited as often as the plan would like gets its days, and all is solved again.

The first plan tells when a zone is to be visited first. From then on, and from the last visit that left, only every so many days
count; goods that perish within a period, and what is promised, come as before.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from forecast.allocate import consignments, rhythm, solve
from forecast.allocate.arrays import Ints, positions
from forecast.allocate.problem import Allocation
from forecast.allocate.solve import Solved
from forecast.config import Config
from forecast.errors import counted
from forecast.schema import Inputs, Ledger

NEED = "need"
LEAST = 1e-6  # item units


def solved_apart(
    problem: Allocation, inputs: Inputs, config: Config, ledger: Ledger
) -> tuple[Allocation, Solved, dict[str, object]]:
    """The problem as it is solved, the solution, and the price of the days between visits, where there must be some.

    Raises as `solve.solve` does.
    """
    solved = solve.solve(problem, config)
    step = -(-config.plan.min_days_between_visits // problem.calendar.days)
    earliest = _earliest(problem, inputs, config)
    if step <= 1 and not earliest.any():
        return problem, solved, {}
    loads = problem.loads
    zone, period = loads["zone"].to_numpy(), loads["period"].to_numpy()
    spaced = problem.groups.lasts[loads["item"].to_numpy()] & ~rhythm.promised(problem)
    first = np.full(len(problem.zones), problem.calendar.count)
    made = spaced & (solved.quantity > LEAST) & (period >= earliest[zone])
    np.minimum.at(first, zone[made], period[made])
    stays = ~spaced | ((period >= first[zone]) & ((period - first[zone]) % step == 0))
    barred = ~stays & (solved.quantity > LEAST)
    if not barred.any():
        return problem, solved, {}
    apart = replace(problem, loads=loads[stays].reset_index(drop=True))
    again = solve.solve(apart, config)
    price = _need(again) - _need(solved)
    ledger.remarks.append(
        f"Days between visits (plan.min_days_between_visits: {config.plan.min_days_between_visits}): "
        f"{counted(len(np.unique(zone[barred])), 'zone')} would be visited more often. Price: {price:,.0f} person-periods short, "
        "weighted by priority."
    )
    return apart, again, {"days_between_visits_price": price}


def _earliest(problem: Allocation, inputs: Inputs, config: Config) -> Ints:
    """(z) the first plan period that is long enough after the last visit that left; 0 where none is known."""
    sent = inputs.stock.dispatches
    sent = sent[~consignments.words(sent["status"]).isin(consignments.CANCELLED)]
    last = sent.groupby("zone")["left"].max()
    wait = config.plan.min_days_between_visits - (problem.calendar.issue_date - last).dt.days.to_numpy(float)
    earliest = np.zeros(len(problem.zones), dtype=np.int64)
    zone = positions(pd.Index(problem.zones), last.index.to_series())
    known = (zone >= 0) & (wait > 0)
    earliest[zone[known]] = np.ceil(wait[known] / problem.calendar.days).astype(np.int64)
    return earliest


def _need(solved: Solved) -> float:
    """Weighted person-periods of expected shortage; NaN where need is no layer."""
    return next((reached.value for reached in solved.reached if reached.layer.name == NEED), float("nan"))
