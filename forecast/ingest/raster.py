"""A signal from dated GeoTIFFs, or people per zone from one GeoTIFF without date: one band, any CRS, zones laid over it exactly.

Contract. One file per date, the date in its name: the first day of the file's step (day, week or month). Each file states its CRS
and a nodata value (or `nodata:` does) and is north-up. A file that cannot be read counts as missing and is noted; when none can
be read, the input is refused. Files of steps that had not ended by the issue date are not opened.

    path: "rainfall/rainfall_*.tif"            relative to the data folder and never outside it
    date: "rainfall_(?P<date>[0-9-]+)"         where the date stands in the name: YYYY-MM-DD, YYYYMMDD, YYYY-MM, YYYYMM or YYYYDDD
    step: W                                    D, W or M: how long a file's date lasts; absent with `date`: refused
    unit: mm
    valid: [0, 500]                            in that unit; cells outside count as not seen
    nodata: -9999                              where the files name none
    no_value: unknown                          or zero: nodata means none there, as in population maps of settled cells
    over_time: sum                             sum, mean or max: from steps to forecast periods
    over_zone: mean                            mean of a zone's cells, or their sum
    delay_days: 0                              files are known this long after their step ends
    catchment_km: 5                            zones that are points: the circle around them

A zone seen by less than half is empty, by less than 95 % noted. Over time, a period needs half of its days; the days seen then
stand for all (sum = mean per day x days of the period). A step that reaches over two periods is split by days.

Without `date`: people per zone, `unit: people`, `over_zone: sum`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field, model_validator
from tqdm import tqdm

from forecast import geo, periods, store
from forecast.config import Code, Section
from forecast.errors import InputError, Problem, few
from forecast.ingest import _files
from forecast.ingest._places import zones_with_a_place
from forecast.ingest._steps import Steps, over_time
from forecast.schema import SIGNALS, Floats, Reading

MOST_PEOPLE = 2e9  # in all zones together; more is not a count of people
DATE = re.compile(r"[0-9]{4}[-_.]?[0-9]{2}([-_.]?[0-9]{2})?|[0-9]{7}")
DATES = {8: "%Y%m%d", 7: "%Y%j", 6: "%Y%m"}  # number of digits -> how they are read


class Settings(Section):
    """The settings of `use: raster`; what they mean stands at the top of forecast/ingest/raster.py."""

    path: Code
    unit: Code
    valid: tuple[float, float] | None = None
    nodata: float | None = None
    no_value: Literal["unknown", "zero"] = "unknown"
    date: str | None = None
    step: Literal["D", "W", "M"] | None = None
    over_time: Literal["sum", "mean", "max"] | None = None
    over_zone: Literal["mean", "sum"] = "mean"
    delay_days: int = Field(default=0, ge=0)
    catchment_km: float = Field(default=5, gt=0, le=500)
    as_of: Code | None = None

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if self.date is None:
            if self.unit != "people" or self.over_zone != "sum":
                raise ValueError("a raster without `date` gives people per zone: say `unit: people` and `over_zone: sum`")
            return self
        if self.step is None or self.over_time is None:
            raise ValueError("with `date` go `step` (D, W or M) and `over_time` (sum, mean or max)")
        if self.valid is None or not self.valid[0] < self.valid[1]:
            raise ValueError("give `valid: [lowest, highest]`, the range a cell can have")
        try:
            groups = re.compile(self.date).groupindex
        except re.error as error:
            raise ValueError(f"`date` is no regular expression: {error}") from error
        if "date" not in groups:
            raise ValueError("`date` has no group named date: write (?P<date>...) around the date")
        return self


def read(settings: Settings, reading: Reading, name: str) -> xr.Dataset | pd.Series:
    """With `date`: `<name>` and `<name>_coverage` (zone, period). Without: people by zone, NaN where less than half is seen.

    Raises InputError with all that is wrong, when no file can be read, and when the zones together hold no people.
    """
    places = zones_with_a_place(reading, name)
    files = _files.find(reading.root, settings.path, f"{name}.path")
    zonal = geo.Zonal(geo.areas(places, settings.catchment_km))
    if (places.geom_type == "Point").any():
        reading.ledger.assume("catchment radius", name, f"{settings.catchment_km:g}", "km", "setting catchment_km")
    if settings.date is None:
        return _people(files, zonal, settings, reading, name)
    return _signal(files, zonal, settings, reading, name)


# ------------------------------------------------------------------ people, no date


def _people(files: list[Path], zonal: geo.Zonal, settings: Settings, reading: Reading, name: str) -> pd.Series:
    if len(files) > 1:
        raise InputError([Problem(f"inputs.{name}", f"{len(files)} files fit", "Name one, or give `date`", value=settings.path)])
    values, coverage = _zones_of(files, zonal, settings, reading, name)
    people = pd.Series(values[0], index=zonal.zones.index, name="people")
    total = float(np.nansum(values))
    if not 0 < total < MOST_PEOPLE:
        raise InputError([Problem(files[0].name, f"{total:,.0f} people in all zones", "See whether it holds people per cell")])
    _tell_coverage(coverage.T, zonal.zones.index, reading, name, "zones")
    people.attrs = {"units": "people", "source": files[0].name, "as_of": settings.as_of or ""}
    return people


# ------------------------------------------------------------------ a signal, dated


def _signal(files: list[Path], zonal: geo.Zonal, settings: Settings, reading: Reading, name: str) -> xr.Dataset:
    dated = _dated(files, settings, name)
    _refuse_overlaps(dated[dated.index < reading.issue_date], settings)
    dated = _known(dated, settings, reading, name)
    steps = Steps(*_ends(dated.index, settings), *_zones_of(list(dated), zonal, settings, reading, name))
    last = periods.last_complete(reading.issue_date, reading.period, reading.week_starts)
    first = steps.start[0] if len(dated) else reading.issue_date
    first = periods.start_of(first, reading.period, reading.week_starts)
    targets = periods.between(first, last, reading.period)
    values, coverage = over_time(steps, targets, reading.period, settings.over_time or "mean")
    _tell_coverage(coverage, zonal.zones.index, reading, name, "zone-periods")
    coords = {"zone": zonal.zones.index.to_numpy(object), "period": targets}
    ds = xr.Dataset({name: (("zone", "period"), values), f"{name}_coverage": (("zone", "period"), coverage)}, coords=coords)
    ds[name].attrs = {"units": settings.unit, "source": settings.path, "over_time": settings.over_time}
    seen = np.flatnonzero(~np.isnan(steps.values).all(axis=1))
    if len(seen):
        ds[name].attrs["age_days"] = (reading.issue_date - steps.end[seen[-1]]).days
    ds[f"{name}_coverage"].attrs = {"units": "share of the zone seen"}
    return SIGNALS.check(ds)


def _dated(files: list[Path], settings: Settings, name: str) -> pd.Series:
    """Files by the day their step starts on, in order."""
    pattern = re.compile(settings.date or "")
    problems, days = [], []
    for path in files:
        found = pattern.search(path.name)
        day = _day(found["date"] or "") if found else None
        if day is None and found and DATE.fullmatch(found["date"] or ""):
            problems.append(Problem(path.name, "is no day of the calendar", "Mend the name of the file", value=found["date"]))
        elif day is None:
            problems.append(Problem(path.name, "has no date in its name", f"Mend `date` of {name}, or `path`"))
        days.append(day)
    if problems:
        raise InputError(problems)
    return pd.Series(files, index=pd.DatetimeIndex(days)).sort_index(kind="stable")


def _refuse_overlaps(dated: pd.Series, settings: Settings) -> None:
    """No date may stand twice, no step may begin before the last one ends."""
    problems = []
    start, end = _ends(dated.index, settings)
    for n in np.flatnonzero(start[1:] < end[:-1]):
        twice = start[int(n)] == start[int(n) + 1]
        what = "has the date" if twice else "starts before the end of the step"
        action = "Keep one file per date" if twice else f"See whether `step: {settings.step}` is right"
        problems.append(Problem(dated.iloc[n + 1].name, f"{what} of {dated.iloc[n].name}", action))
    if problems:
        raise InputError(problems)


def _day(text: str) -> pd.Timestamp | None:
    if not DATE.fullmatch(text):
        return None
    digits = re.sub("[^0-9]", "", text)
    try:
        return pd.to_datetime(digits, format=DATES[len(digits)])
    except ValueError:
        return None


def _ends(starts: pd.Index, settings: Settings) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    start = pd.DatetimeIndex(starts)
    length: Any = {"D": pd.Timedelta(days=1), "W": pd.Timedelta(days=7), "M": pd.DateOffset(months=1)}[settings.step or "D"]
    return start, pd.DatetimeIndex(start + length)


def _known(dated: pd.Series, settings: Settings, reading: Reading, name: str) -> pd.Series:
    """The files that were there on the issue date: their step has ended, and the delay is over."""
    _, end = _ends(dated.index, settings)
    known = dated[np.asarray(end + pd.Timedelta(days=settings.delay_days) <= reading.issue_date)]
    if later := len(dated) - len(known):
        reading.ledger.remarks.append(f"{name}: {later} rasters of dates not over by the issue date were left out.")
    if not len(known):
        reading.ledger.problems.note(Problem(f"signals.{name}", "no raster is old enough", "The signal is empty"))
    return known


# ------------------------------------------------------------------ reading files


def _zones_of(files: list[Path], zonal: geo.Zonal, settings: Settings, reading: Reading, name: str) -> tuple[Floats, Floats]:
    """(file, zone) values and coverage; a file that cannot be read is missing, and refused when all are."""
    values, coverage = np.full((len(files), len(zonal.zones)), np.nan), np.zeros((len(files), len(zonal.zones)))
    valid, no_value = settings.valid or (0.0, np.inf), 0.0 if settings.no_value == "zero" else np.nan
    problems: list[Problem] = []
    blank, outside = [], []
    for n, path in enumerate(tqdm(files, desc=name, unit="raster", delay=2, leave=False, disable=None)):
        reading.files[path.relative_to(reading.root).as_posix()] = store.file_digest(path)
        try:
            with geo.open_raster(path, root=reading.root, valid=valid, nodata=settings.nodata, no_value=no_value) as raster:
                values[n], coverage[n] = zonal.read(raster, settings.over_zone)
        except InputError as error:
            problems += error.problems
            continue
        if raster.outside:
            outside.append((path.name, raster.outside, raster.outside_example))
        if not coverage[n].any():
            blank.append(path.name)
    broken = len({problem.file for problem in problems})
    if problems and broken == len(files):
        raise InputError(problems)
    if settings.date and not coverage.any() and files:
        such = f"; {outside[0][2]:g} in {outside[0][0]} is not valid" if outside else ""
        action = "See whether they lie over the zones, and whether `unit` and `valid` are theirs"
        raise InputError([*problems, Problem(f"signals.{name}", f"no raster holds a value over the zones{such}", action)])
    note = reading.ledger.problems.note
    for problem in problems:
        note(Problem(problem.file, problem.problem, f"Counts as missing. {problem.action}"))
    if blank:
        what = f"{len(blank)} rasters hold no value over the zones, such as {blank[0]}"
        note(Problem(f"signals.{name}", what, "They count as missing"))
    if outside:
        cells, (file, _, value) = sum(count for _, count, _ in outside), outside[0]
        what = f"{cells} cells of {len(outside)} rasters lie outside {valid[0]:g} .. {valid[1]:g} {settings.unit}"
        note(Problem(f"signals.{name}", f"{what}, such as {value:g} in {file}", "They count as not seen", column="valid"))
    return values, coverage


def _tell_coverage(coverage: Floats, zones: pd.Index, reading: Reading, name: str, what: str) -> None:
    """One line: how much of (zone, any) is seen in part."""
    empty, partly = coverage < geo.EMPTY_BELOW, (coverage >= geo.EMPTY_BELOW) & (coverage < geo.FLAG_BELOW)
    if not (empty | partly).any():
        return
    some = few(zones[np.flatnonzero((empty | partly).any(axis=1))])
    problem = f"of {coverage.size} {what}, {empty.sum()} are seen by less than half, {partly.sum()} by less than 95 % ({some})"
    action = "The former are empty, the latter used as they are (`no_value: zero` says that nodata means none there)"
    reading.ledger.problems.note(Problem(f"signals.{name}", problem, action))
