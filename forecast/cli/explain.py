"""What limits the plan of a run, and what one more truck-day, pack or open lane would bring, in people: solved, not guessed."""

from __future__ import annotations

import argparse
from pathlib import Path

from forecast.cli import _runs

HELP = "what limits a plan, and what a little more would bring"
MOST = 4


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", nargs="?", default="LATEST", metavar="RUN", help="run folder, run id, or scenario; default: LATEST"
    )
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG", help="whose runs to look in; default: ./config.yaml")
    parser.add_argument(
        "--most", type=int, default=MOST, metavar="N", help="limits of each kind that are tried; default: %(default)s"
    )


def run(args: argparse.Namespace) -> int:
    from forecast.explain_plan import explain
    from forecast.published import find_run

    given = Path(args.run)
    runs = None if given.is_dir() else _runs.folder(args.config)
    print(explain(find_run(args.run, runs), max(args.most, 1)), end="")
    return 0
