"""What several commands share: the arguments that name a job, the clock, and how a stage is reported."""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast.config import Job


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add CONFIG, --scenario, --issue-date and --set."""
    parser.add_argument("config", nargs="?", default="config.yaml", type=Path, metavar="CONFIG", help="default: ./config.yaml")
    parser.add_argument("--scenario", metavar="NAME", help="a file of scenarios/ beside the config")
    parser.add_argument("--issue-date", type=_date, metavar="YYYY-MM-DD", help="make the forecast as of this day")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change one setting, such as plan.horizon=6"
    )


def publishing(parser: argparse.ArgumentParser) -> None:
    """Add --out and --force."""
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of runs; default: as in the config")
    parser.add_argument("--force", action="store_true", help="run again even when nothing is new")


def job(args: argparse.Namespace) -> Job:
    """The job the arguments name; the clock is read here and nowhere below."""
    from forecast import config

    settings = config.load(args.config, args.scenario, args.set)
    return config.job(
        settings,
        args.config,
        scenario=args.scenario,
        issue_date=args.issue_date,
        now_utc=dt.datetime.now(dt.UTC),
        out=getattr(args, "out", None),
        force=getattr(args, "force", False),
    )


def reported(name: str, stage: Callable[..., Any], /, *arguments: Any) -> Any:
    """Carry out a stage and print its name and seconds."""
    began = time.perf_counter()
    result = stage(*arguments)
    print(f"  {name:<8}{time.perf_counter() - began:6.1f} s", flush=True)
    return result


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a date; write it as 2026-11-02") from None
