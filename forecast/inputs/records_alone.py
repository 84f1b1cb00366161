"""Inputs from one table of records and nothing else: for a forecast without any config."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import xarray as xr

from forecast import periods
from forecast.config import Job, Plugin
from forecast.errors import InputError, Problem, bare_name, counted, few
from forecast.inputs.checks import Known
from forecast.inputs.headings import recognised, spread_periods
from forecast.inputs.records import data_until, read_records
from forecast.inputs.rhythm import check_gaps, check_written, one_weekday
from forecast.inputs.sources import Sources
from forecast.inputs.what_if import NO_MOVEMENTS
from forecast.schema import (
    ARRIVALS,
    BY_OTHERS,
    COMMITMENTS,
    DEPOTS,
    DISPATCHES,
    FLEET,
    ITEMS,
    PRIORITIES,
    RECORDS,
    ROUTES,
    STOCK,
    ZONE_STOCK,
    Inputs,
    Ledger,
    Reading,
    Routes,
    Stock,
)

WORDS = {
    "Map it under 'columns:' of inputs.records": "Say which it is: --set inputs.records.columns.{column}=NAME",
    "change forecast.period": "change --frequency",
    "or raise the limit": "or --set panel.max_bad_share=0.1 to go on without them",
    "Say which with sheet:": "Say which with --set inputs.records.sheet=NAME",
    "or set dates: day_first or month_first": "or --set inputs.records.dates=day_first, or =month_first",
    "set dates: excel": "--set inputs.records.dates=excel",
    "set epi_weeks to the day weeks start on": "--set inputs.records.epi_weeks=SUN, or MON",
    "Set epi_weeks to the day weeks start on, such as SUN or MON": "Write --set inputs.records.epi_weeks=SUN, or MON",
    "Set decimal:": "Write decimal:",
    "decimal: '.'": "--set inputs.records.decimal=.",
    "decimal: ','": "--set 'inputs.records.decimal=\",\"'",
    "set encoding: ": "--set inputs.records.encoding=",
}
ONE = ("zone", "item")  # columns that a file of one zone, or one item, may do without
Read = tuple[Sources, pd.DataFrame]
Again = tuple[Sources, pd.DataFrame, list[Problem]] | None  # read in another way, and what is said of that


def read_records_alone(job: Job, ledger: Ledger) -> tuple[Job, Inputs]:
    """The records of a job that has only `inputs.records`: its zones and items are those of the records, all else is absent.

    Rows after the issue date are not used; the forecast starts right after the last record that is: the job returned says so.
    Columns under another heading (Produit, Qty) are taken where only one can be meant, columns of months one under the other, and
    weeks as starting on the day that all their dates are: the ledger says so.
    A file without a column for zone or item, and without any that could be one, is of one zone or item. Raises InputError with
    every problem of the file at once, or with what tells that all of it is read at the wrong frequency.
    """
    read, said = _read(job), list[Problem]()
    for recognise in (_by_heading, _of_one, _weekday):
        if (again := recognise(read[0])) is not None:
            read, said = again[:2], [*said, *again[2]]
    sources, records = read
    _check(sources, records)
    _take_over(sources.ledger, ledger, [*said, *_look_alikes(records, _file(sources))])
    job, settings = sources.job, sources.job.config.forecast
    job = dataclasses.replace(job, issue_date=periods.step(records["period"].max(), 1, settings.period))
    stock = Stock(*(table.empty() for table in (STOCK, ARRIVALS, ZONE_STOCK, DISPATCHES, BY_OTHERS, COMMITMENTS, PRIORITIES)))
    routes = Routes(DEPOTS.empty(), ROUTES.empty(), FLEET.empty(), pd.DataFrame(columns=["from", "to", "start", "until", "why"]))
    zones, items = _zones(records), _items(records)
    last = periods.last_complete(job.issue_date, settings.period, settings.week_starts)
    signals = xr.Dataset(coords={"zone": zones.index, "period": periods.between(records["period"].min(), last, settings.period)})
    files = dict(sources.reading.files)
    return job, Inputs(zones, items, records, signals, stock, routes, NO_MOVEMENTS.copy(), files, data_until(records, job))


def _read(job: Job) -> Read:
    """Read the records, with a ledger of their own: they may have to be read again."""
    settings, ledger = job.config.forecast, Ledger()
    sources = Sources(job, Reading(job.data, job.issue_date, job.today, settings.period, None, ledger, {}, settings.week_starts))
    return sources, read_records(sources, Known(None, None, None))


def _take_over(found: Ledger, ledger: Ledger, said: list[Problem]) -> None:
    """Put into the ledger what the last reading found, after what is said of the file as a whole."""
    ledger.problems.noted += [*said, *found.problems.noted]
    ledger.remarks += found.remarks
    ledger.assumptions += found.assumptions
    ledger.marks += found.marks


def _by_heading(sources: Sources) -> Again:
    """Read again, with our columns that are absent but stand there under another heading; none where all needed are there.

    A table with a column for each month is read as rows. The ledger says which column was taken for what.
    """
    text = sources.texts.get("records")
    if text is None or {"zone", "item", "period", "distributed"} <= set(text.columns):
        return None
    names = [name for name in text.columns if name != "record"]
    meant, wide = recognised(names), spread_periods(names) if {"period", "distributed"}.isdisjoint(names) else []
    if wide:
        meant = {ours: origin for ours, origin in meant.items() if ours in ONE}
    if not meant and not wide:
        return None
    more: dict[str, Any] = {"wide": {"period": wide, "value": "distributed"}} if wide else {}
    said = [f"{ours} = {' and '.join(origin['join']) if isinstance(origin, dict) else origin}" for ours, origin in meant.items()]
    said += [f"a period each: {few(wide, 3)}"] if wide else []
    action = f"Taken as: {', '.join(said)}. To change it: --set inputs.records.columns.zone=NAME, and so on"
    return *_read_again(sources, meant, **more), [Problem(_file(sources), "has other headings than ours", action)]


def _of_one(sources: Sources) -> Again:
    """Read again, each missing column a constant, its own name; where rows then repeat each other, it is missing after all.

    Zone or item may be missing where there is one: no other column of words could be it.
    """
    text, settings = sources.texts.get("records"), sources.job.config.inputs["records"].settings
    if text is None or not {"period", "distributed"} <= set(text.columns):
        return None
    taken = {name for origin in settings.get("columns", {}).values() for name in _needed(origin)}
    others = [text[name] for name in text.columns if name not in RECORDS.names and name not in taken]
    if any(pd.to_numeric(column.replace("", None), errors="coerce").isna().any() for column in others):
        return None
    lacking = [name for name in ONE if name not in text.columns]
    if not lacking:
        return None
    again, records = _read_again(sources, {name: {"constant": name} for name in lacking})
    if any("repeats" in problem.problem for problem in again.problems.refused):
        return None
    what = {name: f"All rows taken as of one {name}, called '{name}'" for name in lacking}
    return again, records, [Problem(_file(sources), f"has no column {name}", action) for name, action in what.items()]


def _needed(origin: Any) -> list[str]:
    """The columns of the file that one of ours comes from, as the setting has it."""
    return [origin] if isinstance(origin, str) else [str(name) for name in origin.get("join", [origin.get("column", "")])]


def _weekday(sources: Sources) -> Again:
    """Read again, in weeks that start on the day that all dates of the file are, so that the forecast goes on in the same rhythm.

    Not where the newest week would then not be over: its date must be that of its end.
    """
    text, job = sources.texts.get("records"), sources.job
    settings = job.config.forecast
    if text is None or "period" not in text.columns or settings.period != "W" or "week_starts" in settings.model_fields_set:
        return None
    day = one_weekday(text["period"], job.today)
    if day in (None, settings.week_starts):
        return None
    forecast = settings.model_copy(update={"week_starts": day})
    job = dataclasses.replace(job, config=job.config.model_copy(update={"forecast": forecast}))
    action = "Weeks start on that day, in the forecast too. If they end on it: --set forecast.week_starts=MON, or another"
    return *_read(job), [Problem(_file(sources), f"has weeks that all are dated by one day, {day}", action)]


def _read_again(sources: Sources, columns: dict[str, Any], **more: Any) -> Read:
    """Read with more columns of the records told, and other settings of their input."""
    job = sources.job
    block = job.config.inputs["records"]
    settings = {**block.settings, **more, "columns": {**block.settings.get("columns", {}), **columns}}
    inputs = {**job.config.inputs, "records": Plugin.model_validate({"use": block.use, **settings})}
    return _read(dataclasses.replace(job, config=job.config.model_copy(update={"inputs": inputs})))


def _check(sources: Sources, records: pd.DataFrame) -> None:
    """Raise what was refused, in the words of the command line; before that, what tells that the frequency is wrong."""
    problems, config = sources.problems, sources.job.config
    if (text := sources.texts.get("records")) is not None and (misfits := check_written(text, config)):
        raise InputError(misfits)
    if not problems.refused:
        check_gaps(records, config, problems)
    if problems.refused:
        of_file = [problem for problem in problems.refused if problem.file != sources.config_file] or problems.refused
        raise InputError([_for_the_command_line(problem, sources) for problem in of_file])


def _for_the_command_line(problem: Problem, sources: Sources) -> Problem:
    """Where there is no config, what to do is an option of the command line."""
    action, column = problem.action, problem.problem.removeprefix("has no column ").partition(",")[0]
    for in_a_config, here in WORDS.items():
        action = action.replace(in_a_config, here.replace("{column}", column))
    places = {sources.config_file: (_file(sources), ""), "records.path": ("--records", problem.column)}
    file, column = places.get(problem.file, (problem.file, problem.column))
    return dataclasses.replace(problem, file=file, column=column, action=action)


def _look_alikes(records: pd.DataFrame, file: str) -> list[Problem]:
    """Codes that differ by case, accents, blanks or signs only are never taken as one, but named."""
    found = []
    for column in ONE:
        codes = pd.Series(sorted(records[column].unique()), dtype="str")
        alike = [group.tolist() for _, group in codes.groupby(codes.map(bare_name)) if len(group) > 1]
        if alike:
            action = f"Taken as different. If they are one {column}, write them alike"
            what = f"differ by case, accents, blanks or signs only ({counted(len(alike), 'such group')})"
            found.append(Problem(file, what, action, column=column, value=" and ".join(alike[0])))
    return found


def _file(sources: Sources) -> str:
    return Path(str(sources.job.config.inputs["records"].settings.get("path", "records"))).name


def _zones(records: pd.DataFrame) -> gpd.GeoDataFrame:
    codes = pd.Index(sorted(records["zone"].unique()), name="zone")
    columns = {name: pd.Series("", index=codes, dtype="str") for name in ("zone_name", "parent")}
    return gpd.GeoDataFrame({**columns, "population_people": float("nan")}, index=codes, geometry=[None] * len(codes), crs=4326)


def _items(records: pd.DataFrame) -> pd.DataFrame:
    codes = pd.Index(sorted(records["item"].unique()), name="item")
    items = ITEMS.empty().set_index("item").reindex(codes)
    return items.assign(name=codes, unit="unit", need="")
