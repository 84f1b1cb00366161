"""Plan from a demand table or from samples made elsewhere: everything else comes from the config."""

from __future__ import annotations

import argparse
from pathlib import Path

from forecast.cli import _job
from forecast.cli.run import report

HELP = "plan from a given demand.csv or samples.parquet"
TAKES_JOB = True
PUBLISHES = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demand", type=Path, required=True, metavar="FILE", help="demand.csv or samples.parquet")


def run(args: argparse.Namespace) -> int:
    from forecast import pipeline

    job = _job.job(args)
    print(f"{job.config.title}: as of {job.issue_date.date()}, scenario {job.scenario}, demand from {args.demand.name}")
    outcome = pipeline.run(job, _job.reported, given_demand=args.demand)
    report(outcome)
    return outcome.exit_code
