"""From the files the config names to Inputs: read, typed, cross-checked, completed, with the scenario's changes."""

from __future__ import annotations

from forecast.config import Job
from forecast.inputs import what_if
from forecast.inputs.checks import Known
from forecast.inputs.items import read_items
from forecast.inputs.lanes import complete_lanes
from forecast.inputs.records import data_until, read_records
from forecast.inputs.records_alone import read_records_alone
from forecast.inputs.routes import read_routes
from forecast.inputs.signals import read_signals
from forecast.inputs.sources import open_sources
from forecast.inputs.stock import read_stock, without_expired
from forecast.inputs.together import check_together
from forecast.inputs.zones import read_zones
from forecast.schema import Inputs, Ledger

__all__ = ["read_inputs", "read_records_alone"]


def read_inputs(job: Job, ledger: Ledger) -> Inputs:
    """Read all inputs as they were known on the issue date; what was set aside, assumed or left out stands in `ledger`.

    Raises InputError with every problem of config and files at once.
    """
    sources = open_sources(job, ledger)
    zones = read_zones(sources)
    items = read_items(sources)
    known_zones, known_items = sources.codes("zones", zones), sources.codes("items", items)
    records = read_records(sources, Known(zone=known_zones, item=known_items))
    signals = read_signals(sources.at(zones), records)
    routes = read_routes(sources, known_zones)
    known_depots = sources.codes("depots", routes.depots.set_index("depot"))
    stock = read_stock(sources, Known(known_zones, known_items, known_depots), records)
    check_together(sources, zones, items, stock, routes)
    ledger.problems.raise_if_refused()

    stock = without_expired(stock, job, ledger)
    routes = complete_lanes(routes, zones, job, ledger)
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
        files=dict(sorted(sources.reading.files.items())),
        data_until=data_until(records, job),
    )
