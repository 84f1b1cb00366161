"""A signal from dated rasters (GeoTIFF or NetCDF, any CRS, any grid), or people per zone from one GeoTIFF without date.

Contract. Each raster has a date, the first day of its step: in the name of its file (`date`), in the name or a tag of its band
(`band_date`), or as the CF time of a NetCDF (`variable`). Each file states its CRS (or `crs:` does) and a nodata value (or
`nodata:` does) and is north-up. A file that cannot be read counts as missing and is noted; when none can be read, the input is
refused. Rasters of steps that had not ended by the issue date are not read.

    path: "rainfall/rainfall_*.tif"            below the data folder; of a list the first that has a date
    date: "rainfall_(?P<date>[0-9-]+)"         where it stands in the name: YYYY-MM-DD, YYYYMMDD, YYYY-MM, YYYYMM or YYYYDDD;
                                               or groups of their own: year (4 or 2 digits), month, day, doy (day of year), hour
    band_date: "Y(?P<year>..)(?P<doy>...)"     the same, in the name of each band of a file; in a tag of it: band_tag: NAME
    variable: tp                               NetCDF: the variable to read, dated by its times
    crs: "EPSG:4326"                           of files that state none
    step: W                                    D, W, M, h, several of them (8D, 6h) or dekad: how long a raster's date lasts
    unit: mm
    convert: m to mm                           or K to C, F to C, cm to mm, percent to share, or figures: {times: 1000, plus: 0}
    per: day                                   the figures are rates per day: multiplied by the days of the step
    accumulated: from_midnight                 NetCDF: amounts since 00:00, as in ERA5-Land: that of 00:00 is the day before
    valid: [0, 500]                            in that unit, before `per`; cells outside count as not seen
    nodata: -9999                              where the files name none
    no_value: unknown                          or zero: nodata means none there, as in population maps of settled cells
    over_time: sum                             sum, mean or max: from steps to forecast periods
    over_zone: mean                            of a zone's cells: mean, sum, max, share_above, people_mean
    above: 50                                  share_above: the share of the zone with more than this
    people: {path: pop.tif, as_of: 2025}       people_mean: the map that weighs cells (of a later date: allow_later: why)
    delay_days: 0                              rasters are known this long after their step ends
    catchment_km: 5                            zones that are points: the circle around them

A zone seen by less than half is empty, by less than 95 % noted. Over time, a period needs half of its days; the days seen then
stand for all (sum = mean per day x days of the period). A step that reaches over two periods is split by days.

A checksum beside a file (`<file>.sha256`, or SHA256SUMS in its folder) is held against it; files without are told of.

Without `date`, `band_date` and `variable`: people per zone, `unit: people`, `over_zone: sum`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast import geo, periods
from forecast.errors import InputError, Problem, few
from forecast.ingest import _files
from forecast.ingest._people_map import people_map
from forecast.ingest._places import zones_with_a_place
from forecast.ingest._raster_settings import Settings
from forecast.ingest._scenes import Scene, scenes_of
from forecast.ingest._sealed import Sealed
from forecast.ingest._steps import Steps, over_time
from forecast.ingest._zone_values import zones_of
from forecast.schema import SIGNALS, Floats, Reading

__all__ = ["Settings", "read"]

MOST_PEOPLE = 2e9  # in all zones together; more is not a count of people


def read(settings: Settings, reading: Reading, name: str) -> xr.Dataset | pd.Series:
    """With dates: `<name>` and `<name>_coverage` (zone, period). Without: people by zone, NaN where less than half is seen.

    Raises InputError with all that is wrong, when no file can be read, and when the zones together hold no people.
    """
    places = zones_with_a_place(reading, name)
    sealed = Sealed(reading.root, reading.files)
    people = people_map(settings.people, reading, sealed, name) if settings.people else None
    zonal = geo.Zonal(geo.areas(places, settings.catchment_km), reading.kept, people)
    if (places.geom_type == "Point").any():
        reading.ledger.assume("catchment radius", name, f"{settings.catchment_km:g}", "km", "setting catchment_km")
    return (_signal if settings.is_dated else _people)(zonal, settings, reading, sealed, name)


# ------------------------------------------------------------------ people, no date


def _people(zonal: geo.Zonal, settings: Settings, reading: Reading, sealed: Sealed, name: str) -> pd.Series:
    files = [file for pattern in settings.paths for file in _files.find(reading.root, pattern, f"{name}.path")]
    if len(files) > 1:
        value = ", ".join(settings.paths)
        raise InputError([Problem(f"inputs.{name}", f"{len(files)} files fit", "Name one, or give `date`", value=value)])
    scenes = [Scene(files[0], 0, "", reading.issue_date, reading.issue_date)]
    values, coverage = zones_of(scenes, zonal, settings, reading, sealed, name, [])
    people = pd.Series(values[0], index=zonal.zones.index, name="people")
    total = float(np.nansum(values))
    if not 0 < total < MOST_PEOPLE:
        raise InputError([Problem(files[0].name, f"{total:,.0f} people in all zones", "See whether it holds people per cell")])
    _tell_coverage(coverage.T, zonal.zones.index, reading, name, "zones")
    people.attrs = {"units": "people", "source": files[0].name, "as_of": settings.as_of or ""}
    return people


# ------------------------------------------------------------------ a signal, dated


def _signal(zonal: geo.Zonal, settings: Settings, reading: Reading, sealed: Sealed, name: str) -> xr.Dataset:
    scenes, broken = scenes_of(settings, reading, sealed, name)
    scenes = _known(scenes, settings, reading, name)
    values, coverage = zones_of(scenes, zonal, settings, reading, sealed, name, broken)
    steps = _steps(scenes, values, coverage, settings)
    last = periods.last_complete(reading.issue_date, reading.period, reading.week_starts)
    first = scenes[0].start if scenes else reading.issue_date
    first = periods.start_of(first, reading.period, reading.week_starts)
    targets = periods.between(first, last, reading.period)
    values, coverage = over_time(steps, targets, reading.period, settings.over_time or "mean")
    is_used = targets >= (first if reading.since is None else reading.since)
    _tell_coverage(coverage[:, is_used], zonal.zones.index, reading, name, "zone-periods")
    coords = {"zone": zonal.zones.index.to_numpy(object), "period": targets}
    ds = xr.Dataset({name: (("zone", "period"), values), f"{name}_coverage": (("zone", "period"), coverage)}, coords=coords)
    ds[name].attrs = {"units": settings.unit, "source": ", ".join(settings.paths), "over_time": settings.over_time}
    seen = np.flatnonzero(~np.isnan(steps.values).all(axis=1))
    if len(seen):
        ds[name].attrs["age_days"] = (reading.issue_date - steps.end[seen[-1]]).days
    ds[f"{name}_coverage"].attrs = {"units": "share of the zone seen"}
    return SIGNALS.check(ds)


def _steps(scenes: list[Scene], values: Floats, coverage: Floats, settings: Settings) -> Steps:
    start, end = pd.DatetimeIndex([scene.start for scene in scenes]), pd.DatetimeIndex([scene.end for scene in scenes])
    if settings.per == "day":
        values = values * np.asarray((end - start) / pd.Timedelta(days=1), float)[:, None]
    return Steps(start, end, values, coverage)


def _known(scenes: list[Scene], settings: Settings, reading: Reading, name: str) -> list[Scene]:
    """The rasters that were there on the issue date: their step has ended, and the delay is over."""
    delay = pd.Timedelta(days=settings.delay_days)
    known = [scene for scene in scenes if scene.end + delay <= reading.issue_date]
    if later := len(scenes) - len(known):
        reading.ledger.remarks.append(f"{name}: {later} rasters of dates not over by the issue date were left out.")
    if not known:
        reading.ledger.problems.note(Problem(f"signals.{name}", "no raster is old enough", "The signal is empty"))
    return known


def _tell_coverage(coverage: Floats, zones: pd.Index, reading: Reading, name: str, what: str) -> None:
    """One line: how much of (zone, any) is seen in part."""
    empty, partly = coverage < geo.EMPTY_BELOW, (coverage >= geo.EMPTY_BELOW) & (coverage < geo.FLAG_BELOW)
    if not (empty | partly).any():
        return
    some = few(zones[np.flatnonzero((empty | partly).any(axis=1))])
    problem = f"of {coverage.size} {what}, {empty.sum()} are seen by less than half, {partly.sum()} by less than 95 % ({some})"
    action = "The former are empty, the latter used as they are (`no_value: zero` says that nodata means none there)"
    reading.ledger.problems.note(Problem(f"signals.{name}", problem, action))
