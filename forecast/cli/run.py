"""The whole line: read, forecast, plan, publish; then it says where the allocation and the map are."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.cli import _job

if TYPE_CHECKING:
    from forecast.pipeline import Outcome

HELP = "forecast and plan: the allocation, the map, the summary"
TAKES_JOB = True
PUBLISHES = True


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing of its own."""


def run(args: argparse.Namespace) -> int:
    from forecast import pipeline, store

    job = _job.job(args)
    print(f"{job.config.title}: as of {job.issue_date.date()}, scenario {job.scenario}")
    outcome = pipeline.run(job, _job.reported)
    report(outcome)
    plan = store.latest(job.runs)
    if plan is not None and plan != outcome.folder:
        print(f"  A what-if does not replace the plan: LATEST still names {plan.name}.")
    return outcome.exit_code


def report(outcome: Outcome) -> None:
    """Say whether a run is new, where its files are, and what must be read first."""
    if not outcome.is_new:
        print("Nothing new: the same inputs, settings and code as a run that is there already (--force runs it again).")
    folder, problems = outcome.folder, len(outcome.ledger.problems.noted)
    for label, name in (("allocation", "allocation.csv"), ("map", "map.html"), ("summary", "summary.md")):
        if (folder / name).is_file():
            print(f"  {label:<11}{_shown(folder / name)}")
    if problems:
        print(f"  {problems} remarks on the input: {_shown(folder / 'problems.csv')}")
    for mark in outcome.ledger.marks:
        print(f"  Read this first: {mark}")


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
