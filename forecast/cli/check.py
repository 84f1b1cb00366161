"""Read config and files; say in one screen what was understood, and all that would stop a run. Nothing is written."""

from __future__ import annotations

import argparse

from forecast.cli import _job

HELP = "what was understood from each file, what is strange, what would stop a run"
TAKES_JOB = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="every line in full, every remark, and fifty strange values")


def run(args: argparse.Namespace) -> int:
    from forecast.errors import InputError
    from forecast.look import look_at, page

    look = look_at(_job.job(args), most=50 if args.all else 10)
    print(page(look, everything=args.all))
    if look.problems:
        raise InputError(look.problems)
    print(f"\n  It can run: forecast run {args.config}")
    return 0
