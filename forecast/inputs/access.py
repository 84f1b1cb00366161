"""From a signal to the lanes: what is under water closes or slows the lanes to a zone, for as long as it is likely to last.

A lane is as passable as its zone: the signal is measured in the zone it leads to, not along the way. Above `close_above` it is
closed, above `slow_above` it takes `slow_factor` times the hours, else it is open.

How long a state lasts is told as a chance, by plan period. It is counted in the signal's own past, over all zones: of the cases
in which a zone was in this state, in how many was a lane open so many periods later? PRIOR_CASES more are added to them, of which
half are over after `half_over_days` (from closed to no longer slow: after twice that). Both together are the mean of a beta
distribution (Gelman et al., Bayesian Data Analysis, 2.4); where the past is short, the added ones speak alone.

The plan takes one future: a lane is closed in those plan periods in which the chance that it is open is below one half. Hours are
one figure for the whole plan: those of a slow lane where its zone is more likely than not above `slow_above` in the first period.
The chances stand in assumptions.csv, and in the reasons of lines that a closed lane keeps from coming. That the plan counts on a
lane that is open with a chance below `SURE` stands at the head of every page: what is then not brought is in no shortage_risk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from forecast import periods
from forecast.config import Access, Job
from forecast.errors import Problem, counted, did_you_mean, few
from forecast.inputs.lanes import days_on_the_road
from forecast.inputs.routes import CLOSURE
from forecast.schema import Floats, Ledger, Routes

PRIOR_CASES = 10
HALF = 0.5
SURE = 0.9
OPEN, SLOW, CLOSED = 0, 1, 2
UNKNOWN = -1
Ints = npt.NDArray[np.int64]


def applied(routes: Routes, signals: xr.Dataset, job: Job, ledger: Ledger) -> Routes:
    """Routes (lanes complete) with the closures and the longer hours that the signals of `access` call for.

    Refused: a name under `access` that is not one of the signals. A zone whose signal was never seen stays as it is.
    """
    for name, rule in sorted(job.config.access.items()):
        if name not in job.config.signals:
            file = job.config_path.name if job.config_path else "config"
            action = did_you_mean(name, job.config.signals) or "Name a signal, or leave it out"
            ledger.problems.refuse(Problem(file, "is not one of the signals", action, column=f"access.{name}", value=name))
        elif name in signals and not routes.lanes.empty:
            values = signals[name].transpose("zone", "period")
            routes = _with_lanes(routes, _forecast(values, rule, job), name, rule, job, ledger)
    return routes


@dataclass(frozen=True)
class Group:
    """Zones in one state since the same period: `seen` (zone) the newest value, `until` the day before which it was seen,
    `is_open` and `is_slow` (plan period) the chances that lanes are not closed, and that they are slow or closed; `cases`: past
    cases of the first period.
    """

    state: int
    seen: pd.Series
    until: pd.Timestamp
    is_open: Floats
    is_slow: Floats
    cases: int


def _forecast(values: xr.DataArray, rule: Access, job: Job) -> list[Group]:
    """(zone, period) signal -> its zones by state and newest period, with the chances of each plan period."""
    past, starts = values.to_numpy().astype(float), pd.DatetimeIndex(values.indexes["period"])
    states, newest = _states(past, rule), _newest(past)
    zones = np.asarray(values.indexes["zone"], dtype=object)
    groups = []
    for state, at in sorted({(int(states[z, p]), int(p)) for z, p in enumerate(newest) if p >= 0}, reverse=True):
        members = np.flatnonzero((newest == at) & (states[np.arange(len(newest)), np.maximum(newest, 0)] == state))
        ahead = list(_ahead(starts[at], job))
        chances = [_chances(states, state, lead, days, rule) for lead, days in ahead]
        is_open, is_slow, cases = (np.array(column) for column in zip(*chances, strict=True))
        until = periods.step(starts[at], 1, job.config.forecast.period)
        seen = pd.Series(past[members, at], index=pd.Index(zones[members]))
        groups.append(Group(state, seen, until, is_open, is_slow, int(cases[0])))
    return groups


def _states(values: Floats, rule: Access) -> Ints:
    """Values -> UNKNOWN, OPEN, SLOW or CLOSED."""
    slow = np.inf if rule.slow_above is None else rule.slow_above
    close = np.inf if rule.close_above is None else rule.close_above
    return np.where(np.isnan(values), UNKNOWN, np.where(values > close, CLOSED, np.where(values > slow, SLOW, OPEN)))


def _newest(values: Floats) -> Ints:
    """(zone, period) -> (zone) the newest period with a value; -1 where there is none."""
    known = np.isfinite(values)
    return np.where(known.any(axis=1), values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1), -1)


def _ahead(newest: pd.Timestamp, job: Job) -> Iterator[tuple[int, int]]:
    """For each plan period: how many periods of the signal, and how many days, its middle lies after what was seen."""
    forecast, plan = job.config.forecast, job.config.plan
    seen_until = periods.step(newest, 1, forecast.period)
    for start in periods.run(job.issue_date, plan.horizon, plan.period):
        middle = start + pd.Timedelta(days=3 if plan.period == "W" else 0)
        within = periods.start_of(middle, forecast.period, forecast.week_starts)
        yield len(periods.between(newest, within, forecast.period)) - 1, max((middle - seen_until).days, 0)


def _chances(states: Ints, state: int, lead: int, days: int, rule: Access) -> tuple[float, float, int]:
    """Chance that a lane is not closed, and that it is slow or closed, `lead` periods after a zone was in `state`; past cases."""
    before, after = states[:, :-lead], states[:, lead:]
    cases = after[(before == state) & (after != UNKNOWN)]
    lasts = 2 ** (-days / rule.half_over_days)
    to_slow = {OPEN: 0.0, SLOW: lasts, CLOSED: 2 ** (-days / (2 * rule.half_over_days))}
    is_open = _chance(int((cases != CLOSED).sum()), len(cases), 1 - lasts if state == CLOSED else 1.0)
    return is_open, _chance(int((cases >= SLOW).sum()), len(cases), to_slow[state]), len(cases)


def _chance(such: int, cases: int, prior: float) -> float:
    return (such + PRIOR_CASES * prior) / (cases + PRIOR_CASES)


# ------------------------------------------------------------------ lanes


def _with_lanes(routes: Routes, groups: list[Group], name: str, rule: Access, job: Job, ledger: Ledger) -> Routes:
    """Routes with one signal's closures and hours; both are told."""
    leads_to = set(routes.lanes["to"])
    closed, slow = list[pd.DataFrame](), list[str]()
    for group in groups:
        there = group.seen[group.seen.index.isin(leads_to)]
        if there.empty:
            continue
        _assume_chances(there, group, name, rule, job, ledger)
        _mark_doubtful(there, group, name, job, ledger)
        closed += [_closures(routes.lanes, there, group, name, job)]
        if rule.slow_above is not None and group.is_slow[0] >= HALF:
            slow += list(map(str, there.index))
    shut = pd.concat([routes.closures, *closed], ignore_index=True).astype(CLOSURE)
    lanes = _slowed(routes.lanes, slow, name, rule, job, ledger)
    zones_shut = sorted({zone for part in closed for zone in part["to"]})
    if zones_shut:
        number = sum(len(part[["from", "to"]].drop_duplicates()) for part in closed)
        ledger.remarks.append(f"{name}: {counted(number, 'lane')} to {few(zones_shut)} closed (access.{name}.close_above).")
    unseen = sorted(leads_to - {str(zone) for group in groups for zone in group.seen.index})
    if unseen:
        ledger.remarks.append(f"{name} was never seen in {few(unseen)}: the lanes there are taken as they are.")
    return replace(routes, lanes=lanes, closures=shut)


def _closures(lanes: pd.DataFrame, there: pd.Series, group: Group, name: str, job: Job) -> pd.DataFrame:
    """A row for each lane and each stretch of plan periods in which it is more likely closed than open."""
    plan = job.config.plan
    starts = [*periods.run(job.issue_date, plan.horizon, plan.period), pd.NaT]  # after the plan: open end
    rows = [
        {
            "from": lane["from"],
            "to": lane["to"],
            "start": starts[first],
            "until": starts[last],
            "why": _why(float(there[lane["to"]]), group, name, group.is_open[first:last]),
        }
        for first, last in _stretches(group.is_open < HALF)
        for lane in lanes.loc[lanes["to"].isin(there.index), ["from", "to"]].to_dict("records")
    ]
    return pd.DataFrame(rows, columns=list(CLOSURE)).astype(CLOSURE)


def _stretches(is_shut: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Positions where each run of True begins, and where it is over."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_shut, [False]]).astype(int)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _why(value: float, group: Group, name: str, chances: Floats) -> str:
    """`flooded_share 0.34 there as of 2026-11-01, open with a chance of 14 to 39 %`."""
    first, last = (f"{100 * chance:.0f}" for chance in (chances[0], chances[-1]))
    chance = first if first == last else f"{first} to {last}"
    return f"{name} {value:.2g} there as of {_as_of(group)}, open with a chance of {chance} %"


def _as_of(group: Group) -> str:
    return str((group.until - pd.Timedelta(days=1)).date())


def _slowed(lanes: pd.DataFrame, zones: list[str], name: str, rule: Access, job: Job, ledger: Ledger) -> pd.DataFrame:
    """Lanes to zones that are slow: more hours, and as many days more on the road as these take."""
    is_slow = lanes["to"].isin(zones)
    if not is_slow.any():
        return lanes
    hours = lanes["hours_one_way"] * np.where(is_slow, rule.slow_factor, 1.0)
    per_day = job.config.plan.hours_per_day
    later = days_on_the_road(hours, per_day) - days_on_the_road(lanes["hours_one_way"], per_day)
    source = f"{name} above {rule.slow_above:g} in the zone (access.{name}.slow_above, slow_factor), for the whole plan"
    applies_to = f"{counted(int(is_slow.sum()), 'lane')} to {few(sorted(zones))}"
    ledger.assume("hours_one_way", applies_to, f"x {rule.slow_factor:g}", "", source)
    return lanes.assign(hours_one_way=hours, lead_days=lanes["lead_days"] + later)


def _mark_doubtful(there: pd.Series, group: Group, name: str, job: Job, ledger: Ledger) -> None:
    """Say at the head of every page that the plan counts on lanes that may be closed."""
    starts = periods.run(job.issue_date, job.config.plan.horizon, job.config.plan.period)
    for first, last in _stretches((group.is_open >= HALF) & (group.is_open < SURE)):
        chances = f"{100 * group.is_open[first:last].min():.0f} % at the lowest"
        since = f"from {starts[first].date()}" + (f" until {starts[last].date()}" if last < len(starts) else "")
        zones = few(f"{zone} ({name} {value:.2g})" for zone, value in sorted(there.items()))
        ledger.marks.append(
            f"The plan counts on lanes to {zones} {since}, though the chance that they are open is {chances}. "
            "The chances of running short leave that out."
        )


def _assume_chances(there: pd.Series, group: Group, name: str, rule: Access, job: Job, ledger: Ledger) -> None:
    """The chances of the lanes to a group of zones, as an assumption."""
    if group.state == OPEN:
        where = f"lanes to {counted(len(there), 'zone')} in which {name} is low, as of {_as_of(group)}"
    else:
        values = few([f"{zone} ({value:.2g})" for zone, value in sorted(there.items())])
        where = f"lanes to {values}, {name} as of {_as_of(group)}"
    source = (
        f"{group.cases} past cases of {name} in this state, and {PRIOR_CASES} of which half are over after "
        f"{rule.half_over_days:g} days (access.{name}.half_over_days)"
    )
    each = ", ".join(f"{100 * chance:.0f} %" for chance in group.is_open)
    unit = {"W": "by plan week", "D": "by plan day"}[job.config.plan.period]
    ledger.assume("chance that a lane is open", where, each, unit, source)
