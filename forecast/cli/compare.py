"""Two runs or scenarios side by side: who gains, who loses, what is shipped otherwise, and what made the difference."""

from __future__ import annotations

import argparse
from pathlib import Path

from forecast.cli import _runs

HELP = "two runs or scenarios: who gains, who loses, and why"


def arguments(parser: argparse.ArgumentParser) -> None:
    for name in ("A", "B"):
        parser.add_argument(name, metavar=name, help="run folder, run id, LATEST, or a scenario that was run")
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG", help="whose runs to look in; default: ./config.yaml")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write every zone and item as CSV")


def run(args: argparse.Namespace) -> int:
    from forecast.compare import compare
    from forecast.compare.page import page
    from forecast.compare.tables import write_zones
    from forecast.published import find_run

    runs = None if all(Path(name).is_dir() for name in (args.A, args.B)) else _runs.folder(args.config)
    found = compare(find_run(args.A, runs), find_run(args.B, runs))
    print(page(found), end="")
    if args.out is not None:
        write_zones(found, args.out)
        print(f"\nEvery zone and item: {args.out}")
    return 0
