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
from forecast.errors import InputError, Problem
from forecast.inputs.checks import Known
from forecast.inputs.headings import recognised
from forecast.inputs.records import data_until, read_records
from forecast.inputs.rhythm import check_gaps, check_written
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
}
ONE = ("zone", "item")  # columns that a file of one zone, or one item, may do without


def read_records_alone(job: Job, ledger: Ledger) -> tuple[Job, Inputs]:
    """The records of a job that has only `inputs.records`: its zones and items are those of the records, all else is absent.

    Rows after the issue date are not used; the forecast starts right after the last record that is: the job returned says so.
    Columns under another heading (Produit, Qty) are taken where only one can be meant, and the ledger says so.
    A file without a column for zone or item, and without any that could be one, is of one zone or item. Raises InputError with
    every problem of the file at once, or with what tells that all of it is read at the wrong frequency.
    """
    settings = job.config.forecast
    sources, records = _read(job, ledger)
    if meant := _by_heading(sources):
        job, sources, records = _read_by_heading(job, meant, ledger)
    if lacking := _of_one(sources):
        job, sources, records = _read_as_one(job, lacking, ledger)
    _check(sources, records)
    job = dataclasses.replace(job, issue_date=periods.step(records["period"].max(), 1, settings.period))
    stock = Stock(*(table.empty() for table in (STOCK, ARRIVALS, ZONE_STOCK, DISPATCHES, BY_OTHERS, COMMITMENTS, PRIORITIES)))
    routes = Routes(DEPOTS.empty(), ROUTES.empty(), FLEET.empty(), pd.DataFrame(columns=["from", "to", "start", "until", "why"]))
    zones, items = _zones(records), _items(records)
    last = periods.last_complete(job.issue_date, settings.period, settings.week_starts)
    signals = xr.Dataset(coords={"zone": zones.index, "period": periods.between(records["period"].min(), last, settings.period)})
    files = dict(sources.reading.files)
    return job, Inputs(zones, items, records, signals, stock, routes, NO_MOVEMENTS.copy(), files, data_until(records, job))


def _read(job: Job, ledger: Ledger) -> tuple[Sources, pd.DataFrame]:
    settings = job.config.forecast
    sources = Sources(job, Reading(job.data, job.issue_date, job.today, settings.period, None, ledger, {}, settings.week_starts))
    return sources, read_records(sources, Known(None, None, None))


def _by_heading(sources: Sources) -> dict[str, Any]:
    """Our columns that are absent but stand there under another heading; none where all that are needed are there."""
    text = sources.texts.get("records")
    if text is None or {"zone", "item", "period", "distributed"} <= set(text.columns):
        return {}
    return recognised([name for name in text.columns if name != "record"])


def _read_by_heading(job: Job, meant: dict[str, Any], ledger: Ledger) -> tuple[Job, Sources, pd.DataFrame]:
    """Read again, with what the headings mean in other words; the ledger says which."""
    job = _with_columns(job, meant)
    ledger.problems.refused.clear()
    sources, records = _read(job, ledger)
    said = [f"{ours} = {' and '.join(origin['join']) if isinstance(origin, dict) else origin}" for ours, origin in meant.items()]
    action = f"Taken as: {', '.join(said)}. To change it: --set inputs.records.columns.zone=NAME, and so on"
    ledger.problems.note(Problem(_file(sources), "has other headings than ours", action))
    return job, sources, records


def _of_one(sources: Sources) -> list[str]:
    """The columns that are missing because there is one zone, or one item: no other column of words could be it."""
    text = sources.texts.get("records")
    if text is None or not {"period", "distributed"} <= set(text.columns):
        return []
    others = [text[name] for name in text.columns if name not in RECORDS.names]
    of_words = [column for column in others if pd.to_numeric(column.replace("", None), errors="coerce").isna().any()]
    return [] if of_words else [name for name in ONE if name not in text.columns]


def _read_as_one(job: Job, lacking: list[str], ledger: Ledger) -> tuple[Job, Sources, pd.DataFrame]:
    """Read again, each missing column a constant, its own name; where rows then repeat each other, it is missing after all."""
    missing, job = list(ledger.problems.refused), _with_columns(job, {name: {"constant": name} for name in lacking})
    ledger.problems.refused.clear()
    sources, records = _read(job, ledger)
    if any("repeats" in problem.problem for problem in ledger.problems.refused):
        ledger.problems.refused[:] = missing
    for name in lacking:
        ledger.problems.note(
            Problem(_file(sources), f"has no column {name}", f"All rows taken as of one {name}, called '{name}'")
        )
    return job, sources, records


def _with_columns(job: Job, more: dict[str, Any]) -> Job:
    """The job with more columns of its records told."""
    block = job.config.inputs["records"]
    columns = {**block.settings.get("columns", {}), **more}
    block = Plugin.model_validate({"use": block.use, **block.settings, "columns": columns})
    return dataclasses.replace(job, config=job.config.model_copy(update={"inputs": {**job.config.inputs, "records": block}}))


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
