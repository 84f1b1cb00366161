"""Draft a config from a folder of files by looking at them: guesses are marked, what a person must decide is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "draft a config from a folder of files"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that holds your files")
    parser.add_argument("--out", type=Path, default=Path("config.yaml"), metavar="FILE", help="default: ./config.yaml")


def run(args: argparse.Namespace) -> int:
    from forecast.draft import draft
    from forecast.errors import InputError, Problem

    out: Path = args.out
    action = "Give another name with --out, or move the old file away; nothing is ever overwritten"
    if out.exists():
        raise InputError([Problem(str(out), "is there already", action)])
    text = draft(args.folder, out)
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise InputError([Problem(str(out), f"cannot be written ({reason})", "Give another name with --out")]) from error
    to_decide = text.count('"TO DECIDE') - 1  # one stands in the head, as an example
    print(f"Drafted {out}: {text.count('# guessed:')} guesses to look at, {to_decide} settings to decide.")
    left_out = sum(
        line.startswith("#   ") and ": " in line for line in text.partition("# Files that are not used")[2].splitlines()
    )
    if left_out:
        print(f"{left_out} {'file is' if left_out == 1 else 'files are'} not used; the draft says why.")
    print(f"Open it, write what is TO DECIDE, then: forecast check {out}")
    return 0
