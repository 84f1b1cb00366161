"""Plan from a demand table or from samples made elsewhere: everything else comes from the config."""

from __future__ import annotations

import argparse
from pathlib import Path

from forecast.cli import _job
from forecast.cli.run import report

HELP = "plan from a given demand.csv or samples.parquet"
TAKES_JOB = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demand", type=Path, required=True, metavar="FILE", help="demand.csv or samples.parquet")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of runs; default: as in the config")
    parser.add_argument("--force", action="store_true", help="run again even when nothing is new")


def run(args: argparse.Namespace) -> int:
    from forecast import pipeline

    job = _job.job(args)
    print(f"{job.config.title}: as of {job.issue_date.date()}, scenario {job.scenario}, demand from {args.demand.name}")
    outcome = pipeline.run(job, _job.reported, given_demand=args.demand)
    if not outcome.is_new:
        print("Nothing new: the same inputs, settings and code as a run that is there already (--force runs it again).")
    report(outcome)
    return outcome.exit_code
