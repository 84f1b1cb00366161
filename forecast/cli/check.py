"""Validate the config and all inputs and say what was understood; nothing is computed or written."""

from __future__ import annotations

import argparse

from forecast.cli import _job

HELP = "validate a config and its inputs, compute nothing"
TAKES_JOB = True
MOST_SHOWN = 20


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing of its own."""


def run(args: argparse.Namespace) -> int:
    from forecast.inputs import read_inputs
    from forecast.schema import Ledger

    job, ledger = _job.job(args), Ledger()
    inputs = read_inputs(job, ledger)
    print(f"{job.config.title}: as of {job.issue_date.date()}, scenario {job.scenario}, data until {inputs.data_until.date()}")
    stock, routes = inputs.stock, inputs.routes
    counts = {
        "zones": len(inputs.zones),
        "items": len(inputs.items),
        "records": len(inputs.records),
        "signals": len(inputs.signals.data_vars),
        "depots": len(routes.depots),
        "lanes": len(routes.lanes),
        "fleet": len(routes.fleet),
        "stock": len(stock.depot_stock),
        "arrivals": len(stock.arrivals),
        "zone_stock": len(stock.zone_stock),
        "dispatches": len(stock.dispatches),
        "by_others": len(stock.by_others),
        "commitments": len(stock.commitments),
        "priorities": len(stock.priorities),
    }
    for name, count in counts.items():
        print(f"  {name:<12}{count:>9,} rows" if count else f"  {name:<12}        - none")
    print(f"  {len(ledger.assumptions)} figures assumed, {len(ledger.problems.noted)} remarks on the input")
    for remark in ledger.remarks:
        print(f"  - {remark}")
    for problem in ledger.problems.noted[:MOST_SHOWN]:
        print(f"  - {problem.file}, {problem}")
    if len(ledger.problems.noted) > MOST_SHOWN:
        print(f"  ... and {len(ledger.problems.noted) - MOST_SHOWN} more; `forecast run` lists them all in problems.csv")
    return 0
