"""The whole line as a Prefect flow, with its log in Prefect's own database; needs the extra `nightly`."""

from __future__ import annotations

import argparse

from flows import _command
from forecast.errors import InputError, Problem

HELP = "the whole line as a Prefect flow (needs the extra `nightly`)"
TAKES_JOB = True
PUBLISHES = True


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing of its own."""


def run(args: argparse.Namespace) -> int:
    _command.end_as_on_ctrl_c()
    try:
        from flows.nightly import StageFailed, nightly
    except ModuleNotFoundError as error:
        raise _command.without_prefect("forecast nightly", "forecast run", error) from error
    if args.set:
        raise InputError(
            [Problem("--set", "is not for nightly runs", "Write the setting into the config, so that every night has it")]
        )
    try:
        name, exit_code = nightly(
            str(args.config.resolve()),
            scenario=args.scenario,
            issue_date=args.issue_date,
            out=str(args.out.resolve()) if args.out else None,
            force=args.force,
        )
    except StageFailed as failed:
        raise failed.cause from None
    print(f"Run {name} is complete.{' Inputs were stale or missing: see its summary.' if exit_code else ''}")
    return exit_code
