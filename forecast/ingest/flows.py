"""Movements between places, from mobile operators: a signal (zone, period) of people present, net arrivals or movements.

Contract. A table as in forecast/ingest/table.py: how many subscribers went from one place to another in a day or period. Either
`origin, destination, period, subscribers`; or one column per day or period behind `origin, destination`, whose names are dates or
which follow each other from `first` on (files without header: `header: 0`); or a matrix, one column per destination behind
`origin, period`. A cell that is not there is unknown. Flows from or to what is no zone are left out, and so are those of zones
that hold others with flows.

    path: "flows/*.csv"        and columns, rename (of origin and destination) and so on, as in `use: table`
    layout: long               or dates (a column per day or period), matrix (a column per destination)
    first: 2015-03-20          the day or period of the first column, where names are no dates
    step: day                  a figure a day, where the forecast is by week or month; absent: a figure a period
    crosswalk: {path: ...}     codes of the operator: from_code, to_code, share (absent: 1)
    measure: present           people present; net: people who arrive less those who leave; moved: movements in and out;
                               index: movements over the usual ones
    subscribers: 750000        of the whole panel: needed for people (present, net)
    reference: {from: 2015-03-20, until: 2015-03-26}    what is usual (index); absent: the first year observed
    minimum_count: 16          smaller flows are suppressed as they are read; may only be raised
    outage_below: 0.2          of the movements in the steps before: a day the operator counted in part, missing and not 0
    delay_days: 0              flows are known this long after their period ends

Formula. F(i,j,t): subscribers who went from i to j, small ones empty. k = population of all zones / subscribers of the panel.

    net(z,t)     = k x sum over j of (F(j,z,t) - F(z,j,t)), of pairs known both ways, so that a hidden way is no one-way traffic
    present(z,t) = population(z) + sum of net(z) up to t, between 0.05 and 3 times the population
    its sd^2     = usual size of net(z,t), squared, x steps since the first; counted twice where a step is missing
    moved(z,t)   = sum over j of F(j,z,t) + F(z,j,t): a floor, small flows are not in it
    index(z,t)   = the same over its usual, of flows usually (median) twice `minimum_count` or more; a small one as half of it

A day on which nothing is counted, or next to nothing of the days before, is missing and not 0; so is a zone of which no flow is
counted while it has usual ones. Of a period at least half of the steps must be known; the others are taken to be like them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field, model_validator
from scipy import sparse

from forecast import geo, periods
from forecast.errors import InputError, Problem, counted, few
from forecast.ingest import _movements, table
from forecast.ingest._daily import Axis, Step, axis, by_step
from forecast.ingest._movements import Flags, Flows
from forecast.ingest._small import SMALLEST_COUNT
from forecast.ingest.presence import REFERENCE, Window
from forecast.schema import SIGNALS, Floats, Reading

LEAST, MOST = 0.05, 3.0  # people present over the population: beyond, the sum of flows has lost its way
BEFORE = 8  # steps that say how much the operator counted
KNOWN = 0.5  # of the steps of a period


class Settings(table.Settings):
    """The settings of `use: flows`; what they mean stands at the top of forecast/ingest/flows.py."""

    layout: Literal["long", "dates", "matrix"] = "long"
    first: dt.date | None = None
    step: Step = "period"
    crosswalk: table.Settings | None = None
    measure: Literal["present", "net", "moved", "index"] = "present"
    subscribers: float | None = Field(default=None, gt=0)
    reference: Window | None = None
    minimum_count: int = Field(default=SMALLEST_COUNT, ge=SMALLEST_COUNT)
    outage_below: float = Field(default=0.2, ge=0, lt=1)
    delay_days: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _enough_said(self) -> Settings:
        if self.measure in ("present", "net") and self.subscribers is None:
            raise ValueError(f"measure {self.measure} counts people: write subscribers, how many the whole panel has")
        if self.first is not None and self.layout != "dates":
            raise ValueError("first is for layout: dates, where the columns are days or periods")
        return self


def read(settings: Settings, reading: Reading, name: str) -> xr.Dataset:
    """`<name>` as measured and `<name>_coverage`, with `<name>_cv` where people present are measured: all (zone, period).

    NaN where less than half of the steps of a period are known. Raises InputError with all that is wrong with the table.
    """
    if reading.zones is None:
        raise InputError([Problem(f"signals.{name}", "needs zones", "Give inputs.zones")])
    zones = geo.by_zone(reading.zones)
    rows = _movements.rows_of(settings, by_step(reading, settings.step), name)
    times = axis(rows["period"].min() if len(rows) else None, reading, settings.step)
    found = _movements.flows_of(rows, zones, times, settings, reading, name)
    found, out = without_outages(found, settings.outage_below)
    _tell(out, rows["period"], times, settings, reading, name)
    known = known_zones(two_way(found) if settings.measure in ("present", "net") else found)
    coverage = np.asarray(known.astype(float) @ times.periods_of) / np.maximum(times.periods_of.sum(axis=0), 1)
    values, cv = _measured(found, known, zones, times, settings, reading, name)
    hidden = coverage < KNOWN
    variables = {name: np.where(hidden, np.nan, values), f"{name}_coverage": coverage}
    if cv is not None:
        variables[f"{name}_cv"] = np.where(hidden, np.nan, cv)
    return _signal(variables, found, zones, times, settings, reading, name)


def _measured(
    found: Flows, known: Flags, zones: gpd.GeoDataFrame, times: Axis, settings: Settings, reading: Reading, name: str
) -> tuple[Floats, Floats | None]:
    steps = np.asarray(times.periods_of.sum(axis=0)).ravel()
    stands_for = steps / np.maximum(known.astype(float) @ times.periods_of, 1)  # the steps known stand for all of the period
    if settings.measure == "index":
        usual = _usual(found, times, settings, reading)
        if not usual.any():
            what = "no flow is known of the days that say what is usual"
            reading.ledger.problems.note(
                Problem(f"signals.{name}.reference", what, "The index is empty; name days that are known")
            )
        return index(found, known, usual, settings.minimum_count, times.periods_of), None
    if settings.measure == "moved":
        return np.asarray(moved(found, known) @ times.periods_of) * stands_for, None
    population = zones["population_people"].to_numpy(float)
    people = float(np.nansum(population)) / float(settings.subscribers or 1)
    reading.ledger.assume(
        f"{name}: people per subscriber", "all zones", f"{people:.4g}", "people",
        f"population of all zones over the subscribers of the panel (signals.{name}.subscribers)",
    )  # fmt: skip
    net = people * net_arrivals(found, known)
    if settings.measure == "net":
        return np.asarray(net @ times.periods_of) * stands_for, None
    present, cv = present_people(population, net, known)
    last = np.cumsum(steps).astype(int) - 1
    lost = np.isclose(present, LEAST * population[:, None]) | np.isclose(present, MOST * population[:, None])
    if lost[:, last].any():
        who = few(zones.index[lost[:, last].any(axis=1)])
        what = f"adds up to fewer than {LEAST:g} or more than {MOST:g} times the population of {who}"
        reading.ledger.problems.note(Problem(f"signals.{name}", what, "Kept at that bound; start from a newer population"))
    reading.ledger.assume(
        name, "all zones", "population of all groups, and the net arrivals since the first day", "people",
        "the population figures are taken to hold on the day before the first flow; people present take the place of population "
        "and registers of displaced people and are not added to them",
    )  # fmt: skip
    return present[:, last], cv[:, last]


# ------------------------------------------------------------------ the measures


def net_arrivals(flows: Flows, known: Flags) -> Floats:
    """(zone, step) subscribers who arrived less those who left, of pairs known both ways; 0 where the zone is not known."""
    went = np.nan_to_num(two_way(flows).subscribers)
    return np.where(known, flows.destination @ went - flows.origin @ went, 0.0)


def two_way(flows: Flows) -> Flows:
    """The flows without those of which the way back is not known."""
    back = flows.pairs.get_indexer(flows.pairs.swaplevel())
    both = (back >= 0)[:, None] & ~np.isnan(flows.subscribers) & ~np.isnan(flows.subscribers[back])
    return replace(flows, subscribers=np.where(both, flows.subscribers, np.nan))


def present_people(population: Floats, net: Floats, known: Flags) -> tuple[Floats, Floats]:
    """Population (zone), net arrivals of people (zone, step), 0 where not `known` -> people present and cv, both (zone, step).

    The sum is bounded at each step, so that what goes out of bounds is not owed later.
    """
    people, now = np.empty(net.shape), population.astype(float).copy()
    for step in range(net.shape[1]):
        now = np.clip(now + net[:, step], LEAST * population, MOST * population)
        people[:, step] = now
    count = np.maximum(known.sum(axis=1), 1)[:, None]
    size = np.sqrt((net**2).sum(axis=1, keepdims=True) / count)
    sd = size * np.sqrt(np.cumsum(np.where(known, 1.0, 2.0), axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return people, np.where(people > 0, sd / people, np.nan)


def moved(flows: Flows, known: Flags) -> Floats:
    """(zone, step) subscribers who went in or out, small flows left out; 0 where the zone is not known."""
    went = np.nan_to_num(flows.subscribers)
    return np.where(known, flows.origin @ went + flows.destination @ went, 0.0)


def index(flows: Flows, known: Flags, usual: Floats, smallest: int, periods_of: sparse.csr_array) -> Floats:
    """(zone, period) movements in and out over the usual ones, of flows that are usually large; `usual` (pair)."""
    large = usual >= 2 * smallest
    counted = large[:, None] & (~np.isnan(flows.subscribers) | flows.small)
    went = np.where(flows.small, (smallest - 1) / 2, flows.subscribers)  # it is known to be less than the smallest count
    ends = flows.origin + flows.destination
    observed = np.where(known, ends @ np.where(counted, went, 0.0), 0.0) @ periods_of
    expected = np.where(known, ends @ np.where(counted, usual[:, None], 0.0), 0.0) @ periods_of
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(expected > 0, observed / expected, np.nan))


def _usual(found: Flows, times: Axis, settings: Settings, reading: Reading) -> Floats:
    """(pair) median over the reference steps, a small flow as half of the smallest count; 0 where it was never seen."""
    if settings.reference:
        first, last = pd.Timestamp(settings.reference.from_), pd.Timestamp(settings.reference.until)
        steps = np.asarray((times.steps >= first) & (times.steps <= last))
    else:
        steps = np.zeros(len(times.steps), dtype=bool)
        observed = np.flatnonzero((~np.isnan(found.subscribers)).any(axis=0))
        steps[observed[: REFERENCE["D" if settings.step == "day" else reading.period]]] = True
    went = pd.DataFrame(np.where(found.small, (settings.minimum_count - 1) / 2, found.subscribers)[:, steps])
    return went.median(axis=1).fillna(0.0).to_numpy(float)


# ------------------------------------------------------------------ what is missing


def without_outages(flows: Flows, below: float) -> tuple[Flows, Flags]:
    """The flows without the steps in which the operator counted next to nothing, and (step) which these are.

    Nothing usable at all, or in all less than `below` of the middle of the last steps observed.
    """
    total = pd.Series(np.nansum(flows.subscribers, axis=0))
    observed = total[total > 0]
    before = observed.shift().rolling(BEFORE, min_periods=1).median()
    out = (total == 0).to_numpy(bool, copy=True)
    out[observed.index[(observed < below * before).to_numpy()]] = True
    subscribers = np.where(out, np.nan, flows.subscribers)
    return replace(flows, subscribers=subscribers, small=flows.small & ~out), out


def known_zones(flows: Flows) -> Flags:
    """(zone, step) whether any flow of the zone is known; a zone whose flows are always small is never known."""
    ends = flows.origin + flows.destination
    return np.asarray(ends @ (~np.isnan(flows.subscribers)).astype(float) > 0)


def _tell(out: Flags, told: pd.Series, times: Axis, settings: Settings, reading: Reading, name: str) -> None:
    """Note the steps in which nothing usable is counted, from the first to the last that the table tells of."""
    each = "day" if settings.step == "day" else "period"
    within = (
        np.asarray((times.steps >= told.min()) & (times.steps <= told.max())) if len(told) else np.zeros(len(out), dtype=bool)
    )
    if (out & within).any():
        days = few(times.steps[out & within].strftime("%Y-%m-%d"))
        what = f"{int((out & within).sum())} of {counted(int(within.sum()), each)} have no flow, or next to none ({days})"
        reading.ledger.problems.note(Problem(f"signals.{name}", what, "Missing, not 0"))


def _signal(
    variables: dict[str, Floats],
    found: Flows,
    zones: gpd.GeoDataFrame,
    times: Axis,
    settings: Settings,
    reading: Reading,
    name: str,
) -> xr.Dataset:
    units = {"present": "people", "net": "people per period", "moved": "subscribers per period", "index": "times the usual"}
    attrs: dict[str, Any] = {"units": units[settings.measure], "source": settings.path or ""}
    seen: Any = (~np.isnan(found.subscribers)).any(axis=0)
    observed = times.steps[seen]
    if len(observed):
        end = periods.step(observed[-1], 1, "D" if settings.step == "day" else reading.period)
        attrs["age_days"] = (reading.issue_date - end).days
    dims, coords = ("zone", "period"), {"zone": zones.index.to_numpy(object), "period": times.periods}
    others = {
        f"{name}_coverage": {"units": "share of the period that is known"},
        f"{name}_cv": {"units": "standard deviation over the value"},
    }
    arrays = {key: (dims, values, attrs if key == name else others[key]) for key, values in variables.items()}
    return SIGNALS.check(xr.Dataset(arrays, coords=coords))
