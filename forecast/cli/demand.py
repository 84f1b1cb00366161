"""The forecast alone: with a config, or from one table of records and nothing else.

Beside demand.csv lie, where there is something to say, `demand.choices.csv` (how each model did) and `demand.problems.csv` (rows
set aside or doubted, and why).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.cli import _job, _records
from forecast.errors import STALE_INPUTS, InputError, Problem

if TYPE_CHECKING:
    from forecast.schema import Result

HELP = "the forecast alone, with a config or from one table of records"
TAKES_JOB = True


def arguments(parser: argparse.ArgumentParser) -> None:
    _records.arguments(parser)
    parser.add_argument("--out", type=Path, default=Path("demand.csv"), metavar="FILE", help="default: demand.csv")


def run(args: argparse.Namespace) -> int:
    from forecast import pipeline
    from forecast.cli import _told

    if args.records is not None and args.out.resolve() == args.records.resolve():
        raise InputError([Problem("--out", "is the file of records", "Give another file for the forecast", value=str(args.out))])
    result = pipeline.forecast_only(_records.job(args), _job.reported)
    files = _written(result, args.out)
    asked_for = str(args.issue_date) if args.records is not None and args.issue_date else ""
    print("\n".join(_told.lines(result, asked_for)))
    for label, path in files.items():
        print(f"  {label:<11}{path}")
    return STALE_INPUTS if result.inputs.is_stale else 0


def _written(result: Result, out: Path) -> dict[str, Path]:
    """Write the forecast, and beside it what there is to say of choices and problems; label -> file."""
    from forecast.publish import tables

    files = {"demand": out, "choices": out.with_suffix(".choices.csv"), "problems": out.with_suffix(".problems.csv")}
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        tables.write_demand(files["demand"], result)
        if not tables.write_choices(files["choices"], result):
            files.pop("choices").unlink(missing_ok=True)  # of an earlier forecast
        if result.ledger.problems.noted:
            tables.write_problems(files["problems"], result)
        else:
            files.pop("problems").unlink(missing_ok=True)
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error})"
        raise InputError([Problem("--out", problem, "Give another file", value=str(out))]) from error
    return files
