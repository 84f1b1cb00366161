"""Which dates there are: one raster per file, or many in one file, each with the span of time it tells of."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from forecast import geo
from forecast.errors import InputError, Problem
from forecast.ingest import _files
from forecast.ingest._raster_settings import Settings
from forecast.ingest._sealed import Sealed
from forecast.schema import Reading

DATE = re.compile(r"[0-9]{4}[-_.]?[0-9]{2}([-_.]?[0-9]{2})?|[0-9]{7}")
DATES = {8: "%Y%m%d", 7: "%Y%j", 6: "%Y%m"}  # number of digits -> how they are read
DAY = pd.Timedelta(days=1)
NO_UNIT = {"", "1", "-", "none", "unitless", "dimensionless"}
SAME_UNIT = {
    "kelvin": "k", "degc": "c", "deg_c": "c", "celsius": "c", "degree_celsius": "c", "degrees_celsius": "c", "°c": "c",
    "metre": "m", "meter": "m", "metres": "m", "meters": "m", "millimetre": "mm", "millimeter": "mm", "kg m**-2": "mm",
    "kg m-2": "mm", "%": "percent",
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """One raster: a layer of a file, and the time it tells of, from `start` to before `end`."""

    path: Path
    layer: int
    label: str
    start: pd.Timestamp
    end: pd.Timestamp

    @property
    def title(self) -> str:
        return f"{self.path.name} {self.label}".strip()


@contextmanager
def opened(path: Path, settings: Settings, root: Path) -> Iterator[geo.Stack]:
    """The file of rasters at a path. Raises InputError for one that cannot be trusted, or is in another unit."""
    if settings.variable is not None:
        with geo.open_netcdf(path, settings.variable, root=root, nodata=settings.nodata, crs=settings.crs) as stack:
            _refuse_other_unit(stack, settings)
            yield stack
        return
    with geo.open_geotiff(path, root=root, nodata=settings.nodata, crs=settings.crs, tag=settings.band_tag) as stack:
        if settings.band_date is None:
            geo.refuse_several(stack)
        yield stack


def scenes_of(settings: Settings, reading: Reading, sealed: Sealed, name: str) -> tuple[list[Scene], list[Problem]]:
    """All rasters in order of time, whether known yet or not, and the problems of files that could not be opened.

    Of several paths an earlier one goes before a later one where both have a date. Raises InputError for names without date, two
    rasters of one date, steps that overlap, and when no file can be opened.
    """
    found: list[Scene] = []
    broken: list[Problem] = []
    instead = 0
    for pattern in settings.paths:
        files = _files.find(reading.root, pattern, f"{name}.path")
        scenes = _by_name(files, settings, name) if settings.date else _inside(files, settings, reading, sealed, name, broken)
        scenes.sort(key=lambda scene: (scene.start, scene.path.name, scene.layer))
        _refuse_overlaps([scene for scene in scenes if scene.start < reading.issue_date], settings)
        spans = [(scene.start, scene.end) for scene in found]
        more = [scene for scene in scenes if not any(scene.start < end and start < scene.end for start, end in spans)]
        instead += len(scenes) - len(more)
        found += more
    if instead:
        reading.ledger.remarks.append(
            f"{name}: of {instead} dates there are several rasters; those of the path named first count."
        )
    if broken and not found:
        raise InputError(broken)
    return sorted(found, key=lambda scene: scene.start), broken


def read_date(match: re.Match[str] | None) -> tuple[pd.Timestamp | None, str]:
    """The day a pattern found (group `date`, or `year` with `month`, `day`, `doy`, `hour`), and the text it stood in."""
    if match is None:
        return None, ""
    groups = {key: text or "" for key, text in match.groupdict().items()}
    if "date" in groups:
        return day_of(groups["date"]), groups["date"]
    text = "".join(groups.get(key, "") for key in ("year", "month", "day", "doy", "hour"))
    year = groups["year"] if len(groups["year"]) == 4 else f"20{groups['year']:0>2}"
    try:
        start = pd.Timestamp(int(year), int(groups.get("month") or 1), int(groups.get("day") or 1), int(groups.get("hour") or 0))
        day = start + (int(groups["doy"]) - 1) * DAY if groups.get("doy") else start
    except ValueError:
        return None, text
    return (day if day.year == start.year and int(groups.get("doy") or 1) > 0 else None), text


def day_of(text: str) -> pd.Timestamp | None:
    """A day as file names write it: 2026-02-03, 20260203, 2026034; a month is its first day."""
    if not DATE.fullmatch(text):
        return None
    digits = re.sub("[^0-9]", "", text)
    try:
        day = dt.datetime.strptime(digits, DATES[len(digits)])
    except ValueError:
        return None
    return pd.Timestamp(day) if day.year == int(digits[:4]) else None  # day 366 of a year of 365 is none


# ------------------------------------------------------------------ dates in names


def _by_name(files: list[Path], settings: Settings, name: str) -> list[Scene]:
    pattern = re.compile(settings.date or "")
    scenes, problems = [], []
    for path in files:
        day, text = read_date(pattern.search(path.name))
        if day is not None:
            scenes.append(Scene(path, 0, "", day, _end(day, settings)))
        elif text and (DATE.fullmatch(text) or "date" not in pattern.groupindex):
            problems.append(Problem(path.name, "is no day of the calendar", "Mend the name of the file", value=text))
        else:
            problems.append(Problem(path.name, "has no date in its name", f"Mend `date` of {name}, or `path`"))
    if problems:
        raise InputError(problems)
    return scenes


def _inside(
    files: list[Path], settings: Settings, reading: Reading, sealed: Sealed, name: str, broken: list[Problem]
) -> list[Scene]:
    """The rasters inside files, dated by their bands or times."""
    scenes: list[Scene] = []
    undated: list[Problem] = []
    for path in files:
        try:
            sealed.digest(path)
            with opened(path, settings, reading.root) as stack:
                reading.ledger.remarks.extend(remark for remark in stack.remarks if remark not in reading.ledger.remarks)
                scenes += _by_time(path, stack, settings) if stack.times is not None else _by_band(path, stack, settings, undated)
        except InputError as error:
            broken += error.problems
    if undated:
        raise InputError([Problem(one.file, one.problem, f"Mend `band_date` of {name}", value=one.value) for one in undated])
    return scenes


def _by_band(path: Path, stack: geo.Stack, settings: Settings, undated: list[Problem]) -> list[Scene]:
    pattern = re.compile(settings.band_date or "")
    scenes = []
    for layer, label in enumerate(stack.labels):
        day, text = read_date(pattern.search(label))
        if day is not None:
            scenes.append(Scene(path, layer, label, day, _end(day, settings)))
        else:
            where = f"the {'tag' if settings.band_tag else 'name'} of band {layer + 1}"
            what = f"is no day of the calendar, in {where}" if text else f"has no date in {where}"
            undated.append(Problem(path.name, what, "", value=text or label))
    return scenes


def _by_time(path: Path, stack: geo.Stack, settings: Settings) -> list[Scene]:
    times = pd.DatetimeIndex([]) if stack.times is None else stack.times
    scenes = []
    for layer, (time, label) in enumerate(zip(times, stack.labels, strict=True)):
        if settings.accumulated == "from_midnight":
            if time == time.normalize():  # what fell since 00 UTC of the day before
                scenes.append(Scene(path, layer, label, time - DAY, time))
            continue
        unit = (settings.step or "D")[-1]
        start = time.floor("h") if unit == "h" else time.normalize()
        start = start.replace(day=1) if unit == "M" else start
        scenes.append(Scene(path, layer, label, start, _end(start, settings)))
    if len(times) and not scenes:
        problem = "has no value at 00:00, where the amount of a day is whole"
        raise InputError([Problem(path.name, problem, "Get all hours of the days")])
    return scenes


def _end(start: pd.Timestamp, settings: Settings) -> pd.Timestamp:
    step = settings.step or "D"
    if step == "dekad":
        return start + 10 * DAY if start.day < 21 else (start + pd.offsets.MonthBegin(1)).normalize()
    many, unit = int(step[:-1] or 1), step[-1]
    length: Any = {"h": pd.Timedelta(hours=many), "D": many * DAY, "W": many * 7 * DAY, "M": pd.DateOffset(months=many)}[unit]
    return pd.Timestamp(start + length)


def _refuse_overlaps(scenes: list[Scene], settings: Settings) -> None:
    """No date may stand twice, no step may begin before the last one ends."""
    problems: dict[str, Problem] = {}
    for before, after in itertools.pairwise(scenes):
        if after.start < before.end and after.path.name not in problems:
            twice = after.start == before.start
            what = f"{'has the date' if twice else 'starts before the end of the step'} of {before.title}"
            action = "Keep one file per date" if twice and not after.label else f"See whether `step: {settings.step}` is right"
            value = after.label
            problems[after.path.name] = Problem(after.path.name, what, action, value=value)
    if problems:
        raise InputError(problems.values())


def _refuse_other_unit(stack: geo.Stack, settings: Settings) -> None:
    """A file that names its unit must have the one the settings convert from."""
    per_day = re.compile(r"\s*(/|per)?\s*(days?|d)(\*\*-1|\^-1|-1)?$")
    bare = per_day.sub("", stack.units.casefold()) if settings.per == "day" else stack.units.casefold()
    wanted = (settings.unit_in_file or "").casefold()
    if not wanted or bare in NO_UNIT or SAME_UNIT.get(bare, bare) == SAME_UNIT.get(wanted, wanted):
        return
    problem = f"holds {settings.variable} in {stack.units}, and the config reads it as {settings.unit_in_file}"
    raise InputError([Problem(stack.name, problem, "Mend `unit` and `convert`")])
