"""Inputs from one table of records and nothing else: for a forecast without any config."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd
import xarray as xr

from forecast import periods
from forecast.config import Job
from forecast.inputs.checks import Known
from forecast.inputs.records import data_until, read_records
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
    ROUTES,
    STOCK,
    ZONE_STOCK,
    Inputs,
    Ledger,
    Reading,
    Routes,
    Stock,
)


def read_records_alone(job: Job, ledger: Ledger) -> tuple[Job, Inputs]:
    """The records of a job that has only `inputs.records`: its zones and items are those of the records, all else is absent.

    Rows after the issue date are not used; the forecast starts right after the last record that is: the job returned says so.
    Raises InputError with every problem of the file at once.
    """
    settings = job.config.forecast
    sources = Sources(job, Reading(job.data, job.issue_date, job.today, settings.period, None, ledger, {}, settings.week_starts))
    records = read_records(sources, Known(None, None, None))
    ledger.problems.raise_if_refused()
    job = dataclasses.replace(job, issue_date=periods.step(records["period"].max(), 1, settings.period))
    stock = Stock(*(table.empty() for table in (STOCK, ARRIVALS, ZONE_STOCK, DISPATCHES, BY_OTHERS, COMMITMENTS, PRIORITIES)))
    routes = Routes(DEPOTS.empty(), ROUTES.empty(), FLEET.empty(), pd.DataFrame(columns=["from", "to", "start", "until", "why"]))
    zones, items = _zones(records), _items(records)
    last = periods.last_complete(job.issue_date, settings.period, settings.week_starts)
    signals = xr.Dataset(coords={"zone": zones.index, "period": periods.between(records["period"].min(), last, settings.period)})
    files = dict(sources.reading.files)
    return job, Inputs(zones, items, records, signals, stock, routes, NO_MOVEMENTS.copy(), files, data_until(records, job))


def _zones(records: pd.DataFrame) -> gpd.GeoDataFrame:
    codes = pd.Index(sorted(records["zone"].unique()), name="zone")
    columns = {name: pd.Series("", index=codes, dtype="str") for name in ("zone_name", "parent")}
    return gpd.GeoDataFrame({**columns, "population_people": float("nan")}, index=codes, geometry=[None] * len(codes), crs=4326)


def _items(records: pd.DataFrame) -> pd.DataFrame:
    codes = pd.Index(sorted(records["item"].unique()), name="item")
    items = ITEMS.empty().set_index("item").reindex(codes)
    return items.assign(name=codes, unit="unit", need="")
