"""From the files the config names to Inputs: read, typed, cross-checked, completed, with the scenario's changes."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import xarray as xr

from forecast.config import Job
from forecast.inputs import access, limits, what_if
from forecast.inputs.checks import Known
from forecast.inputs.items import read_items
from forecast.inputs.lanes import complete_lanes
from forecast.inputs.records import data_until, doubted, read_records
from forecast.inputs.records_alone import read_records_alone
from forecast.inputs.routes import read_routes
from forecast.inputs.signals import read_signals
from forecast.inputs.sources import Sources, open_sources
from forecast.inputs.stock import read_stock, without_expired
from forecast.inputs.together import check_together
from forecast.inputs.zones import read_zones, with_population
from forecast.schema import Feed, Inputs, Ledger, Routes, Stock

__all__ = ["Found", "complete_inputs", "find_inputs", "read_for_forecast", "read_inputs", "read_records_alone"]


@dataclass(frozen=True)
class Found:
    """What could be read of the inputs, refused or not: bad cells are empty, tables that could not be read have no rows."""

    sources: Sources
    zones: gpd.GeoDataFrame
    items: pd.DataFrame
    records: pd.DataFrame
    signals: xr.Dataset
    feeds: tuple[Feed, ...]
    routes: Routes
    stock: Stock


def read_for_forecast(job: Job, ledger: Ledger) -> tuple[Job, Inputs]:
    """The inputs of a job, or, of one without a config, its records alone; the job with the issue date that these were read for.

    Raises InputError, as reading does.
    """
    return read_records_alone(job, ledger) if job.config_path is None else (job, read_inputs(job, ledger))


def read_inputs(job: Job, ledger: Ledger) -> Inputs:
    """Read all inputs as they were known on the issue date; what was set aside, assumed or left out stands in `ledger`.

    Raises InputError with every problem of config and files at once.
    """
    return complete_inputs(find_inputs(job, ledger), job, ledger)


def complete_inputs(found: Found, job: Job, ledger: Ledger) -> Inputs:
    """What was found, with derived lanes, those that signals close, and the scenario's changes. Raises InputError when anything
    was refused.
    """
    ledger.problems.raise_if_refused()
    zones, items, records, signals = found.zones, found.items, found.records, found.signals
    reading = found.sources.reading
    stock = without_expired(found.stock, job, ledger)
    routes = complete_lanes(found.routes, zones, job, ledger)
    limits.say_none(zones, routes, ledger)
    limits.doubt_days(zones, routes, ledger)
    routes = access.applied(routes, signals, job, ledger)
    stock, routes, movements = what_if.applied(job, zones, items, signals, stock, routes, ledger)
    ledger.problems.raise_if_refused()
    return Inputs(
        zones=zones,
        items=items,
        records=records,
        signals=signals,
        stock=stock,
        routes=routes,
        movements=movements,
        files=dict(sorted({**reading.files, **reading.veiled}.items())),
        data_until=data_until(records, job),
        doubted=doubted(found.sources),
        feeds=found.feeds,
        kept=dict(sorted(reading.kept.used.items())),
        unverified=dict(sorted(reading.unverified.items())),
        veiled=tuple(sorted(reading.veiled)),
    )


def find_inputs(job: Job, ledger: Ledger) -> Found:
    """Read all inputs and check them against each other; what is refused stands in `ledger.problems`, nothing is raised."""
    sources = open_sources(job, ledger)
    zones = read_zones(sources)
    sources = sources.with_crosswalk(zones)
    zones = with_population(zones, sources)
    items = read_items(sources)
    known_zones, known_items = sources.codes("zones", zones), sources.codes("items", items)
    names = {"zone": zones["zone_name"], "item": items["name"]}
    records = read_records(sources, Known(zone=known_zones, item=known_items, names=names))
    signals, feeds = read_signals(sources.at(zones).since(records["period"]), records)
    routes = read_routes(sources, known_zones, zones["zone_name"])
    depots = routes.depots.set_index("depot")
    known_depots, names["depot"] = sources.codes("depots", depots), depots["name"]
    stock = read_stock(sources, Known(known_zones, known_items, known_depots, names), records)
    check_together(sources, zones, items, stock, routes)
    return Found(sources, zones, items, records, signals, feeds, routes, stock)
