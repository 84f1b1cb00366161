"""People present, from counts of subscribers by mobile tower or by zone: a signal (zone, period).

Contract. Tables as in forecast/ingest/table.py: presence (`tower, period, subscribers` or `zone, period, subscribers`) and, with
towers, their places (`tower, lat, lon`). One count per tower or zone and period: how many subscribers were there. An empty count
is unknown. `operator` may stand in presence, where several operators count in one table: the growth of each is its own.

    path: "mobile/presence_*.csv"
    towers: mobile/towers.csv  absent: counts are by zone
    columns, tower_columns:    as in `use: table`, of the one and the other
    crosswalk: {path: ...}     counts by zone under other codes: from_code, to_code, share (absent: 1)
    step: day                  a count a day, where the forecast is by week or month; absent: a count a period
    share_by: area             a tower stands for the ground nearest to it, by area; absent: by the people who live on it
    reach_km: 35               but for no ground further away
    catchment_km: 5            a tower is of the nearest point zone within this
    reference: {from: 2025-01-01, until: 2025-03-31}    days on which the population figures hold; absent: first year observed
    minimum_count: 16          smaller counts are suppressed as they are read; may only be raised
    enough_phones: 0.05        subscribers per inhabitant from which the change observed is believed in full
    outage_below: 0.05         of its usual, while its neighbours keep half: a tower out of order, missing and not 0; 0: never
    delay_days: 0              counts are known this long after their period ends

Formula. The change of the subscribers of a zone, with its coefficient of variation, is as forecast/ingest/_subscribers.py says.

    belief(z)   = subscribers usual in the zone / (population(z) x enough_phones), at most 1
    people(z,t) = population(z) x (1 + belief(z) x (change(z,t) - 1))
    sd^2(z,t)   = population(z)^2 x ((belief x change x cv of the change)^2 + ((1 - belief) x (change - 1))^2)

All people are meant, whatever group they are of: people present take the place of population and registers, and are never added
to them. Subscribers stand for people alike; people whose phones vanish from the whole network make all other zones look fuller.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field, model_validator

from forecast import geo, periods
from forecast.config import Code, Section
from forecast.errors import InputError, Problem, few
from forecast.ingest import _counts, _subscribers, table
from forecast.ingest._counts import Read
from forecast.ingest._daily import Step, axis
from forecast.ingest._places import zones_with_a_place
from forecast.ingest._small import SMALLEST_COUNT
from forecast.ingest._subscribers import Change, Counts, Usual
from forecast.ingest._towers import NEAREST_KM
from forecast.schema import SIGNALS, Floats, Reading

REFERENCE = {"D": 364, "W": 52, "M": 12}  # steps of the first year


class Window(Section):
    """Days, both included."""

    from_: dt.date = Field(alias="from")
    until: dt.date

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        if self.until < self.from_:
            raise ValueError("until is before from; write the first day under from")
        return self


class Settings(table.Settings):
    """The settings of `use: presence`; what they mean stands at the top of forecast/ingest/presence.py."""

    towers: Code | None = None
    tower_columns: dict[Code, Any] = Field(default={})
    crosswalk: table.Settings | None = None
    step: Step = "period"
    share_by: Literal["population", "area"] = "population"
    reach_km: float = Field(default=35, gt=0)
    catchment_km: float = Field(default=NEAREST_KM, gt=0)
    reference: Window | None = None
    minimum_count: int = Field(default=SMALLEST_COUNT, ge=SMALLEST_COUNT)
    enough_phones: float = Field(default=0.05, gt=0, le=1)
    outage_below: float = Field(default=0.05, ge=0, lt=0.5)
    delay_days: int = Field(default=0, ge=0)


def read(settings: Settings, reading: Reading, name: str) -> xr.Dataset:
    """`<name>` people present, `<name>_cv` its coefficient of variation, `<name>_coverage` share of what is expected that is
    counted: all (zone, period).

    Needs zones with `population_people`. NaN for zones without tower, and where less than half is counted. Raises InputError with
    all that is wrong with the tables.
    """
    zones = geo.by_zone(zones_with_a_place(reading, name) if settings.towers else _zones(reading, name))
    found = _counts.read(settings, reading, zones, name)
    times = axis(found.first, reading, settings.step)
    window = _reference(found, settings, reading, name)
    counts = Counts(
        found.wide(times.steps), found.shares, found.operators, found.near, found.holders, window(times.steps), times.periods_of
    )
    counts, silent, broken = _subscribers.without_outages(counts, settings.outage_below)
    usual = _subscribers.usual_of(counts)
    change = _subscribers.change(counts, usual)
    population = zones["population_people"].to_numpy(float)
    people, cv = people_present(change, population, settings.enough_phones)
    hidden = (change.coverage < geo.EMPTY_BELOW) | (change.seen < settings.minimum_count)
    people, cv = np.where(hidden, np.nan, people), np.where(hidden, np.nan, cv)

    _tell_outages(silent, broken, found, times.steps, reading, name)
    _tell(change, counts, usual, times.steps, zones, settings, reading, name)
    ds = _signal(people, cv, change, counts, times.steps, times.periods, zones, settings, reading, name)
    _assume(ds, change, population, settings, reading, name)
    return ds


def people_present(change: Change, population: Floats, enough_phones: float) -> tuple[Floats, Floats]:
    """Change (zone, period), population (zone) -> people present and their coefficient of variation, both (zone, period).

    The formula stands at the top of this file.
    """
    belief = _belief(change, population, enough_phones)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        times = 1 + belief * (change.ratio - 1)
        spread = np.hypot(belief * change.ratio * change.cv, (1 - belief) * (change.ratio - 1))
        cv = np.where(times > 0, spread / times, np.nan)
    return population[:, None] * times, cv


def _belief(change: Change, population: Floats, enough_phones: float) -> Floats:
    """(zone) 0 to 1: how far the change of the phones is taken for that of the people."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(change.usual / (population * enough_phones), 0.0, 1.0)


def _zones(reading: Reading, name: str) -> gpd.GeoDataFrame:
    if reading.zones is None:
        raise InputError([Problem(f"signals.{name}", "needs zones", "Give inputs.zones")])
    return reading.zones


def _reference(found: Read, settings: Settings, reading: Reading, name: str) -> Any:
    """A function of steps: which of them say what is usual. Raises InputError where a declared reference holds no count."""
    declared = settings.reference
    if declared is None:
        most = REFERENCE["D" if settings.step == "day" else reading.period]
        return lambda steps: np.isin(np.arange(len(steps)), found.observed(steps)[:most])
    first, last = pd.Timestamp(declared.from_), pd.Timestamp(declared.until)
    counted = found.rows["period"]
    if len(counted) and not counted.between(first, last).any():
        problem = f"holds no count (counts from {counted.min().date()} to {counted.max().date()})"
        action = "Give days on which the population figures hold and subscribers were counted"
        place, value = f"signals.{name}.reference", f"{declared.from_} to {declared.until}"
        raise InputError([Problem(place, problem, action, value=value)])
    return lambda steps: np.asarray((steps >= first) & (steps <= last))


# ------------------------------------------------------------------ telling


def _tell_outages(silent: Any, broken: Any, found: Read, steps: pd.DatetimeIndex, reading: Reading, name: str) -> None:
    what = found.what
    for row in np.flatnonzero(silent.any(axis=1)).tolist():
        days = few(steps[silent[row]].strftime("%Y-%m-%d"))
        problem = f"{what} {found.codes[row]} has next to nothing of its usual while its neighbours have theirs ({days})"
        reading.ledger.problems.note(Problem(f"signals.{name}", problem, "Taken as out of order: missing, not 0"))
    for operator in sorted(set(found.operators)):
        out = steps[np.flatnonzero(broken[found.operators == operator].any(axis=0))].strftime("%Y-%m-%d")
        who = f"the operator {operator}" if operator else "the operator"
        _note(reading, name, out, f"periods in which {who} counts less than half of before", "Taken as out of order: missing")


def _tell(
    change: Change, counts: Counts, usual: Usual, steps: pd.DatetimeIndex, zones: gpd.GeoDataFrame, settings: Settings,
    reading: Reading, name: str,
) -> None:  # fmt: skip
    """One line each: steps without a count, sources seen too rarely, zones without any or without people, or counted in part."""
    source = "towers" if settings.towers else "zones"
    nothing: Any = np.isnan(counts.subscribers).all(axis=0)
    days = steps[np.flatnonzero(nothing)].strftime("%Y-%m-%d")
    each = "days" if settings.step == "day" else "periods"
    any_source = "any tower" if settings.towers else "any zone"
    _note(reading, name, days, f"of {len(nothing)} {each} have no usable count of {any_source}", "Missing, not 0")
    if not nothing.all():
        rarely = range(int(np.isnan(usual.subscribers).sum()))
        what = f"{source} count too rarely in the {int(counts.reference.sum())} {each} of the reference to compare with"
        _note(reading, name, rarely, what, "Left out")
    has_source = np.asarray(counts.shares.sum(axis=1)).ravel() > 0
    nowhere = "zones have no tower" if settings.towers else "zones have no count"
    _note(reading, name, zones.index[~has_source], nowhere, "Empty: nothing is known of people there")
    unknown = has_source & zones["population_people"].isna().to_numpy()
    _note(reading, name, zones.index[unknown], "zones have no population", "Empty: shares alone are not people")
    observed = np.asarray((~nothing).astype(float) @ counts.periods_of) > 0
    seen, phones = change.coverage[has_source][:, observed], change.seen[has_source][:, observed]
    what = f"of {seen.size} zone-periods have less than half of their {source} counted"
    _note(reading, name, range(int((seen < geo.EMPTY_BELOW).sum())), what, "Empty")
    few_phones = (seen >= geo.EMPTY_BELOW) & (phones < settings.minimum_count)
    what = f"of {seen.size} zone-periods have fewer than {settings.minimum_count} subscribers"
    _note(reading, name, range(int(few_phones.sum())), what, "Empty")
    partly = (seen >= geo.EMPTY_BELOW) & (seen < geo.FLAG_BELOW)
    what = f"of {seen.size} zone-periods have less than 95 % of their {source} counted"
    _note(reading, name, range(int(partly.sum())), what, "Used, with more uncertainty")


def _note(reading: Reading, name: str, concerned: Collection[object], what: str, action: str) -> None:
    """Note how many are concerned, and which where they have names; nothing when none is."""
    if len(concerned):
        which = "" if isinstance(concerned, range) else f" ({few(concerned)})"
        reading.ledger.problems.note(Problem(f"signals.{name}", f"{len(concerned)} {what}{which}", action))


def _assume(ds: xr.Dataset, change: Change, population: Floats, settings: Settings, reading: Reading, name: str) -> None:
    """What people present are taken to be, and where the change is believed in part only."""
    if not ds.sizes["period"]:
        return
    held = ds[name].attrs.get("reference", "")
    reading.ledger.assume(
        name, "all zones", "population of all groups, moved by the change of the subscribers", "people",
        f"the population figures are taken to hold in the reference ({held}); people present take the place of population and "
        "registers of displaced people and are not added to them; a register of people who came later must not be in the "
        "population, or set `reference` to its days",
    )  # fmt: skip
    belief = _belief(change, population, settings.enough_phones)
    damped = np.flatnonzero((belief < 1) & (change.usual > 0))
    if len(damped):
        each = few(f"{ds.indexes['zone'][row]} {belief[row]:.2f}" for row in damped.tolist())
        why = f"fewer than {settings.enough_phones:g} subscribers per inhabitant (signals.{name}.enough_phones)"
        reading.ledger.assume(f"{name}: belief in the change", f"{len(damped)} zones", each, "share", why)


def _signal(
    people: Floats, cv: Floats, change: Change, counts: Counts, steps: pd.DatetimeIndex, starts: pd.DatetimeIndex,
    zones: gpd.GeoDataFrame, settings: Settings, reading: Reading, name: str,
) -> xr.Dataset:  # fmt: skip
    attrs: dict[str, object] = {
        "units": "people",
        "source": settings.path or "",
        "formula": "population x (1 + belief x (subscribers over usual subscribers - 1))",
    }
    counted: Any = ~np.isnan(counts.subscribers).all(axis=0)
    observed, reference = steps[counted], steps[counted & counts.reference]
    if len(reference):
        each = "days" if settings.step == "day" else "periods"
        attrs["reference"] = f"median of {len(reference)} {each}, {reference[0].date()} to {reference[-1].date()}"
    if len(observed):
        step = "D" if settings.step == "day" else reading.period
        attrs["age_days"] = (reading.issue_date - periods.step(observed[-1], 1, step)).days
    dims, coords = ("zone", "period"), {"zone": zones.index.to_numpy(object), "period": starts}
    variables = {
        name: (dims, people, attrs),
        f"{name}_cv": (dims, cv, {"units": "standard deviation over the value"}),
        f"{name}_coverage": (dims, change.coverage, {"units": "share of what is expected that is counted"}),
    }
    return SIGNALS.check(xr.Dataset(variables, coords=coords))
