"""One zone and one item, from the lines of the input files to the lines of the allocation, with the sums that join them."""

from __future__ import annotations

import argparse
from pathlib import Path

from forecast.cli import _runs

HELP = "one zone and item, from input lines to the allocation line"
TO_SEE_MORE = 8


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG", help="whose runs to look in; default: ./config.yaml")
    parser.add_argument("--zone", required=True, metavar="Z", help="code of the zone")
    parser.add_argument("--item", required=True, metavar="I", help="code of the item, or of a group of substitutes")
    parser.add_argument("--run", default="LATEST", metavar="RUN", help="run folder, run id, or scenario; default: LATEST")
    parser.add_argument(
        "--last", type=int, default=TO_SEE_MORE, metavar="N", help="periods of the past shown; 0: all; default: %(default)s"
    )


def run(args: argparse.Namespace) -> int:
    from forecast.published import find_run
    from forecast.trace import trace

    given = Path(args.run)
    runs = None if given.is_dir() else _runs.folder(args.config)
    print(trace(find_run(args.run, runs), args.zone, args.item, max(args.last, 0)), end="")
    return 0
