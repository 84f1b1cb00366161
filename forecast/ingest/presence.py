"""People present, from counts of subscribers by mobile tower: a signal (zone, period).

Contract. Two tables as in forecast/ingest/table.py: presence (`tower, period, subscribers`) and towers (`tower, lat,
lon`). One count per tower and forecast period: how many subscribers were there. An empty count is unknown.

    path: "mobile/presence_*.csv"
    towers: mobile/towers.csv
    columns, tower_columns:    as in `use: table`, of the one and the other
    minimum_count: 16          smaller counts are suppressed as they are read; may only be raised
    delay_days: 0              counts are known this long after their period ends

Formula. c(i,t): subscribers at tower i in period t.

    reference of a tower    r(i)   = median of c(i,t) / n(t) over the first 52 observed periods
    size of the network     n(t)   = sum of c(i,t) / sum of r(i), over the towers that count in t; in turn until settled
    share of a zone         s(z,t) = sum of c(i,t) over its towers / the same over all zones
    its reference share     q(z,t) = sum of r(i)   over its towers / the same over all zones
    people present          p(z,t) = population(z) x s(z,t) / q(z,t)

s and q add up the same towers: those that count in t and have a reference. So neither the growth of the operator nor a tower that
is silent for a while looks like people moving. Subscribers stand for people alike everywhere; people whose phones vanish from the
whole network make all other zones look fuller.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field
from scipy import sparse

from forecast import as_of, geo, periods
from forecast.config import Code
from forecast.convert import place as place_of
from forecast.convert import problem_at, typed_cells, without_repeats
from forecast.errors import InputError, Problem, Problems, few
from forecast.ingest import table
from forecast.ingest._places import check_places, zones_with_a_place
from forecast.schema import PRESENCE, SIGNALS, TOWERS, Floats, Reading

SMALLEST_COUNT = 16  # 15 people or fewer can be singled out (RELIABILITY: Flowminder keeps values > 15)
REFERENCE_PERIODS = 52
SEEN_OFTEN = 0.25  # of the reference periods: below, a tower has no reference
ROUNDS = 20  # far more than it takes to settle
NEAREST_KM = 5.0  # a tower outside all zones belongs to the nearest within this


class Settings(table.Settings):
    """The settings of `use: presence`; what they mean stands at the top of forecast/ingest/presence.py."""

    towers: Code
    tower_columns: dict[Code, Any] = Field(default={})
    minimum_count: int = Field(default=SMALLEST_COUNT, ge=SMALLEST_COUNT)
    delay_days: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class Counts:
    """Subscribers (tower, period), small ones suppressed to NaN; `zones`: (tower) codes, "" for none."""

    subscribers: Floats
    zones: Any
    periods: pd.DatetimeIndex


def read(settings: Settings, reading: Reading, name: str) -> xr.Dataset:
    """`<name>` people present and `<name>_coverage` share of the zone's towers counted, both (zone, period).

    Needs zones with `population_people`. NaN for zones without tower, and where less than half of the towers count.
    Raises InputError with all that is wrong with the tables.
    """
    zones = geo.by_zone(zones_with_a_place(reading, name))
    presence, towers = _tables(settings, reading, name)
    _refuse_swapped(towers, zones)
    counts = _counts(presence, towers, zones, settings, reading, name)
    people, coverage = people_present(counts, zones["population_people"].to_numpy(float), zones.index)
    _tell(coverage, counts, zones, reading, name)
    return _signal(people, coverage, counts, zones, settings, reading, name)


def people_present(counts: Counts, population: Floats, zones: pd.Index) -> tuple[Floats, Floats]:
    """Counts (tower, period), population (zone) -> people present and share of the zone's towers counted, both (zone, period).

    The formula stands at the top of this file.
    """
    reference = _reference(counts.subscribers)
    place = zones.get_indexer(counts.zones)
    placed = (place >= 0) & ~np.isnan(reference)
    of_zone = sparse.csr_array((np.ones(placed.sum()), (place[placed], np.flatnonzero(placed))), shape=(len(zones), len(place)))
    usual = np.where(placed, reference, 0.0)[:, None]
    counted = ~np.isnan(counts.subscribers) & placed[:, None]
    now = of_zone @ np.where(counted, counts.subscribers, 0.0)
    before = of_zone @ np.where(counted, usual, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (now / now.sum(axis=0)) / (before / before.sum(axis=0))
        coverage = before / (of_zone @ usual)
    coverage = np.where(np.isnan(coverage), 0.0, coverage)
    return np.where(coverage < geo.EMPTY_BELOW, np.nan, population[:, None] * ratio), coverage


def _reference(subscribers: Floats) -> Floats:
    """(tower, period) -> (tower) r(i) of the formula, up to a common factor; NaN for a tower seen too rarely at first."""
    observed = np.flatnonzero(~np.isnan(subscribers).all(axis=0))[:REFERENCE_PERIODS]
    first = subscribers[:, observed]
    often = (~np.isnan(first)).sum(axis=1) >= max(1.0, SEEN_OFTEN * len(observed))
    reference = np.full(len(subscribers), np.nan)
    if often.any():
        reference[often] = _settled(first[often])
    return reference


def _settled(counts: Floats) -> Floats:
    """(tower, period) -> (tower) medians of counts over the size of the network, which is measured by the towers that count."""
    counted = ~np.isnan(counts)
    total = np.nansum(counts, axis=0)
    usual = np.ones(len(counts))
    for _ in range(ROUNDS):
        with np.errstate(invalid="ignore"):
            size = total / (usual @ counted)  # no tower in a period: 0 / 0, left out of the median
        usual = np.nanmedian(counts / size, axis=1)
        usual /= usual.sum()
    return np.asarray(usual)


# ------------------------------------------------------------------ reading


def _tables(settings: Settings, reading: Reading, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """PRESENCE, bad rows set aside, and TOWERS, bad rows refused: both as they were known on the issue date."""
    problems = Problems()
    convert = partial(typed_cells, problems=problems, period=reading.period, week_starts=reading.week_starts)
    counts = replace(PRESENCE, name=name)
    text = table.read(settings, reading, name)
    if "subscribers" not in text.columns:  # an empty count is unknown, a column that is not there a mistake
        there = [column for column in text.columns if column != "record"]
        action = f"Map it under 'columns:' of signals.{name}. Columns: {', '.join(there)}"
        problems.refuse(Problem(_file_of(text, name), "has no column subscribers", action))
    known = as_of.known_rows(text, counts, reading, delay_days=settings.delay_days)
    presence = convert(known, counts, name=name, set_aside=True)
    presence = as_of.latest_versions(presence, counts, reading, delay_days=settings.delay_days)
    presence = without_repeats(presence, counts, problems, set_aside=True)
    asked = table.Settings(path=settings.towers, columns=settings.tower_columns)
    places = as_of.known_rows(table.read(asked, reading, "towers"), TOWERS, reading)
    towers = as_of.latest_versions(convert(places, TOWERS, name="towers", set_aside=False), TOWERS, reading)
    towers = without_repeats(towers, TOWERS, problems, set_aside=False)
    if towers.empty and not problems.refused:
        problems.refuse(Problem(settings.towers, "has no rows", "Give the place of each tower"))
    check_places(towers, problems, "tower")
    if presence.empty and problems.noted:
        problems.refused.extend(problems.noted)
    problems.raise_if_refused()
    reading.ledger.problems.noted.extend(problems.noted)
    return presence, towers


def _refuse_swapped(towers: pd.DataFrame, zones: gpd.GeoDataFrame) -> None:
    """Towers that lie far from the zones, and in one of them when lat and lon are swapped."""
    lat, lon = towers["lat"].to_numpy(float), towers["lon"].to_numpy(float)
    places = zones.geometry.representative_point()
    weight = 4 * len(towers)  # the zones say where the operation is
    far = geo.swapped(np.r_[np.tile(places.y, weight), lat], np.r_[np.tile(places.x, weight), lon])[-len(towers) :]
    suspect = towers[far & (np.abs(lon) <= 90)]
    swapped = suspect[geo.zone_at(suspect["lon"], suspect["lat"], zones, NEAREST_KM) != ""]
    what = "lies far from the zones, but in one of them when lat and lon are swapped"
    problems = [problem_at(towers, row, "tower", what, "Swap lat and lon") for row in swapped.index]
    if problems:
        raise InputError(problems)


def _file_of(text: pd.DataFrame, name: str) -> str:
    return min({place_of(record)[0] for record in text["record"]}, default=f"signals.{name}")


def _counts(
    presence: pd.DataFrame, towers: pd.DataFrame, zones: gpd.GeoDataFrame, settings: Settings, reading: Reading, name: str
) -> Counts:
    """Rows -> counts by tower and period, small ones suppressed, each tower in its zone; what has no place is noted."""
    small = presence["subscribers"] < settings.minimum_count
    presence = presence.assign(subscribers=presence["subscribers"].mask(small))
    towers = towers.set_index("tower").sort_index()
    zone = geo.zone_at(towers["lat"], towers["lon"], zones, NEAREST_KM)
    placed = pd.Series(zone, index=towers.index).reindex(sorted(set(presence["tower"])))
    unplaced, away = placed.index[placed.isna()], placed.index[placed == ""]
    _note(reading, name, unplaced, "towers have counts but no place in the table of towers", "Left out; add them to it")
    _note(reading, name, away, f"towers lie more than {NEAREST_KM:g} km from any zone", "Left out")
    if small.any():
        problem = f"{small.sum()} counts of fewer than {settings.minimum_count} people"
        reading.ledger.problems.note(Problem(f"signals.{name}", problem, "Suppressed: empty, not 0", column="subscribers"))
    last = periods.last_complete(reading.issue_date, reading.period, reading.week_starts)
    first = presence["period"].min() if len(presence) else periods.step(last, 1, reading.period)
    starts = periods.between(first, last, reading.period)
    wide = presence.pivot(index="tower", columns="period", values="subscribers").reindex(index=placed.index, columns=starts)
    return Counts(wide.to_numpy(float), placed.fillna("").to_numpy(object), starts)


# ------------------------------------------------------------------ telling


def _tell(coverage: Floats, counts: Counts, zones: gpd.GeoDataFrame, reading: Reading, name: str) -> None:
    """One line each: periods without any count, towers seen too rarely, zones without tower or people, zones counted in part."""
    silent: Any = np.isnan(counts.subscribers).all(axis=0)
    days = counts.periods[np.flatnonzero(silent)].strftime("%Y-%m-%d")
    _note(reading, name, days, f"of {len(silent)} periods have no usable count of any tower", "Missing, not 0")
    if not silent.all():
        rarely = np.isnan(_reference(counts.subscribers)).sum()
        what = f"towers count too rarely in the first {REFERENCE_PERIODS} observed periods to compare with"
        _note(reading, name, range(rarely), what, "Left out")
    has_tower = zones.index.isin(counts.zones)
    _note(reading, name, zones.index[~has_tower], "zones have no tower", "Empty: nothing is known of people there")
    unknown = has_tower & zones["population_people"].isna().to_numpy()
    _note(reading, name, zones.index[unknown], "zones have no population", "Empty: shares alone are not people")
    seen = coverage[has_tower][:, ~silent]
    what = f"of {seen.size} zone-periods have less than half of their towers counted"
    _note(reading, name, range((seen < geo.EMPTY_BELOW).sum()), what, "Empty")
    partly = ((seen >= geo.EMPTY_BELOW) & (seen < geo.FLAG_BELOW)).sum()
    _note(
        reading,
        name,
        range(partly),
        f"of {seen.size} zone-periods have less than 95 % of their towers counted",
        "Used as they are",
    )


def _note(reading: Reading, name: str, concerned: Collection[object], what: str, action: str) -> None:
    """Note how many are concerned, and which where they have names; nothing when none is."""
    if len(concerned):
        which = "" if isinstance(concerned, range) else f" ({few(concerned)})"
        reading.ledger.problems.note(Problem(f"signals.{name}", f"{len(concerned)} {what}{which}", action))


def _signal(
    people: Floats, coverage: Floats, counts: Counts, zones: gpd.GeoDataFrame, settings: Settings, reading: Reading, name: str
) -> xr.Dataset:
    attrs: dict[str, object] = {
        "units": "people",
        "source": settings.path or "",
        "formula": "population x share of subscribers / reference share",
    }
    observed = counts.periods[np.flatnonzero(~np.isnan(counts.subscribers).all(axis=0))]
    if len(observed):
        reference = observed[:REFERENCE_PERIODS]
        attrs["reference"] = f"median of {len(reference)} periods, {reference[0].date()} to {reference[-1].date()}"
        attrs["age_days"] = (reading.issue_date - periods.step(observed[-1], 1, reading.period)).days
    dims, coords = ("zone", "period"), {"zone": zones.index.to_numpy(object), "period": counts.periods}
    weighed = {"units": "share of the zone's towers, weighed by their reference"}
    ds = xr.Dataset({name: (dims, people, attrs), f"{name}_coverage": (dims, coverage, weighed)}, coords=coords)
    return SIGNALS.check(ds)
