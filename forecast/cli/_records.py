"""The arguments of a forecast from one table of records and nothing else, in the place of a config."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.cli import _job
from forecast.errors import InputError, Problem

if TYPE_CHECKING:
    from forecast.config import Job


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add --records, --frequency and --horizon."""
    parser.add_argument(
        "--records", type=Path, metavar="FILE", help="a table with zone, item, period, distributed; then no config is read"
    )
    parser.add_argument("--frequency", choices=("D", "W", "M"), help="with --records: days, weeks or months")
    parser.add_argument("--horizon", type=int, metavar="N", help="with --records: how many periods ahead")


def job(args: argparse.Namespace) -> Job:
    """The job of a config, or of --records alone. Raises InputError where the two are mixed."""
    if args.records is None:
        for name in ("frequency", "horizon"):
            if getattr(args, name) is not None:
                raise InputError([Problem(f"--{name}", "goes with --records", f"With a config use --set forecast.{name}=...")])
        return _job.job(args)
    from forecast import config

    missing = [f"--{name}" for name in ("frequency", "horizon") if getattr(args, name) is None]
    if missing:
        raise InputError([Problem("--records", f"needs {' and '.join(missing)} too", "For instance --frequency M --horizon 3")])
    if not 1 <= args.horizon <= config.LONGEST:
        action = "Write --horizon 3 for three periods ahead"
        raise InputError([Problem("--horizon", f"is not a number from 1 to {config.LONGEST}", action, value=str(args.horizon))])
    settings = config.from_records(args.records.name, args.frequency, args.horizon, args.set)
    now = dt.datetime.now(dt.UTC)
    return config.job(settings, None, scenario=None, issue_date=args.issue_date, now_utc=now, data=args.records.resolve().parent)
