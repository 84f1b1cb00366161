"""Write the demo country: a small, seeded, fictitious operation with everything a real one has."""

from __future__ import annotations

import argparse
from pathlib import Path

from forecast.errors import InputError, Problem

HELP = "write the demo country with its own config"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new or empty folder")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another country (default 1)")


def run(args: argparse.Namespace) -> int:
    from forecast.demo import write_demo

    folder: Path = args.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError([Problem(str(folder), "is there already and not an empty folder", "Give the name of a new folder")])
    config = write_demo(folder, args.seed)
    print(f"The demo country is in {folder}. Next: forecast run {config}")
    return 0
