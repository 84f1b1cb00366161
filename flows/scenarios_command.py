"""Many scenarios of one issue date in parallel, each compared with the base; needs the extra `nightly`.

Exit code: 0 when every scenario has a plan; else the worst of theirs, in this order: a fault of ours (1, also: killed), no plan
(3), to mend (2), locked (75), stale inputs (4). The others are published all the same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from flows import _command
from forecast.errors import InputError, Problem

HELP = "many scenarios of one issue date, in parallel, against the base (needs the extra `nightly`)"
TAKES_JOB = True
PUBLISHES = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", type=_names, metavar="A,B", help="these scenarios; default: all beside the config")
    parser.add_argument("--workers", type=_count, metavar="N", help="how many at a time; default: the number of cores")


def run(args: argparse.Namespace) -> int:
    _command.end_as_on_ctrl_c()
    try:
        from flows.nightly import StageFailed
        from flows.scenarios import ScenariosFailed, scenarios
    except ModuleNotFoundError as error:
        raise _command.without_prefect("forecast scenarios", "forecast run --scenario NAME", error) from error
    from forecast.compare.scenarios import GAINS, PAGE, TABLE

    _refuse_settings(args)
    try:
        found, exit_code = scenarios(
            str(args.config.resolve()),
            only=args.only,
            issue_date=args.issue_date,
            out=str(args.out.resolve()) if args.out else None,
            workers=args.workers,
            force=args.force,
        )
        folder = Path(found)
    except StageFailed as failed:
        raise failed.cause from None
    except ScenariosFailed as failed:
        folder, exit_code = failed.folder, failed.exit_code
    print((folder / PAGE).read_text(encoding="utf-8"))
    for label, name in (("by scenario and need", TABLE), ("by zone", GAINS)):
        print(f"  {label:<22}{folder / name}")
    return exit_code


def _refuse_settings(args: argparse.Namespace) -> None:
    problems = []
    if args.scenario:
        problems.append(Problem("--scenario", "names one scenario", "Write --only, or leave it out for all", value=args.scenario))
    if args.set:
        problems.append(Problem("--set", "is not for scenarios", "Write the setting into the config or a scenario"))
    if problems:
        raise InputError(problems)


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("names no scenario; write for instance --only half_trucks,flood_road")
    return names


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of processes; write 1 or more")
    return int(text)
