"""The forecast alone: with a config, or from one table of records and nothing else."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.cli import _job
from forecast.errors import STALE_INPUTS, InputError, Problem

if TYPE_CHECKING:
    from forecast.config import Job
    from forecast.schema import Result

HELP = "the forecast alone, with a config or from one table of records"
TAKES_JOB = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--records", type=Path, metavar="FILE", help="a table with zone, item, period, distributed; then no config is read"
    )
    parser.add_argument("--frequency", choices=("D", "W", "M"), help="with --records: days, weeks or months")
    parser.add_argument("--horizon", type=int, metavar="N", help="with --records: how many periods ahead")
    parser.add_argument("--out", type=Path, default=Path("demand.csv"), metavar="FILE", help="default: demand.csv")


def run(args: argparse.Namespace) -> int:
    from forecast import pipeline
    from forecast.publish import tables

    result = pipeline.forecast_only(_job_of(args), _job.reported)
    tables.write_demand(args.out, result)
    _tell(result)
    print(f"  demand     {args.out}")
    return STALE_INPUTS if result.inputs.is_stale else 0


def _job_of(args: argparse.Namespace) -> Job:
    if args.records is None:
        for name in ("frequency", "horizon"):
            if getattr(args, name) is not None:
                raise InputError([Problem(f"--{name}", "goes with --records", f"With a config use --set forecast.{name}=...")])
        return _job.job(args)
    from forecast import config

    missing = [f"--{name}" for name in ("frequency", "horizon") if getattr(args, name) is None]
    if missing:
        raise InputError([Problem("--records", f"needs {' and '.join(missing)} too", "For instance --frequency M --horizon 3")])
    settings = config.from_records(args.records.name, args.frequency, args.horizon, args.set)
    now = dt.datetime.now(dt.UTC)
    return config.job(settings, None, scenario=None, issue_date=args.issue_date, now_utc=now, data=args.records.resolve().parent)


def _tell(result: Result) -> None:
    """Five lines: what was read, what for, by which models, how sure, what was doubtful."""
    import numpy as np

    inputs, demand, problems = result.inputs, result.demand, result.ledger.problems.noted
    ahead = demand.indexes["period"]
    models = demand["model"].to_series().value_counts()
    total = demand["distributed"].sum(("zone", "item", "period")).values.astype(float)
    low, high = np.quantile(total, [0.1, 0.9])
    read = f"{len(inputs.records):,} records of {len(inputs.zones)} zones and {len(inputs.items)} items"
    print(f"{read}, until {inputs.data_until.date()}")
    print(f"{len(ahead)} periods ahead, {ahead[0].date()} to {ahead[-1].date()}, as of {result.stamp.issue_date.date()}")
    print("models: " + ", ".join(f"{name} for {count} series" for name, count in models.items()))
    print(f"all to be handed out: {total.mean():,.0f} units, with 80 % between {low:,.0f} and {high:,.0f}")
    print(f"{len(problems)} doubtful rows or values" + (", such as " + f"{problems[0].file}, {problems[0]}" if problems else ""))
    for mark in result.ledger.marks:
        print(f"Read this first: {mark}")
