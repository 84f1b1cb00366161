"""The last plan: what it has ahead of it still on the issue date, for a plan that changes no more than it must.

It is the newest run of the base, as of an earlier day: a run made again on the same day has the same last plan, and a what-if is
held to the one that its base is held to.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from forecast import periods, store
from forecast.errors import InputError
from forecast.published import Published, open_run
from forecast.schema import Inputs, Ledger

LINES = "6-lines"
KEY = ["depot", "zone", "item"]
COLUMNS = [*KEY, "vehicle", "load_on", "quantity"]


def with_last_plan(inputs: Inputs, runs: Path, issue_date: pd.Timestamp, ledger: Ledger) -> Inputs:
    """The inputs and the lines of the last plan that are ahead; its sha256 is among the files. As they are where there is none.

    Raises InputError when a file of it was changed.
    """
    last = newest_before(runs, issue_date)
    if last is None:
        ledger.remarks.append(
            "No plan of an earlier day is in the runs folder: this one is held to none (plan.objectives: stability)."
        )
        return inputs
    days = periods.DAYS[last.settings["plan"]["period"]]
    lines = still_ahead(last.seam(LINES), inputs.stock.dispatches, last.issue_date, issue_date, days)
    file = f"{last.folder.name}/{store.seam_file(LINES)}"
    return replace(inputs, last_plan=lines, files={**inputs.files, file: last.manifest["outputs"][store.seam_file(LINES)]})


def newest_before(runs: Path, issue_date: pd.Timestamp) -> Published | None:
    """The newest run of the base with a plan as of an earlier day; of several of that day the last that was started."""
    found = []
    for manifest in sorted(runs.glob(f"*/{store.MANIFEST}")):
        try:
            run = open_run(manifest.parent)
        except InputError:
            continue
        if run.scenario == store.BASE and run.issue_date < issue_date and store.seam_file(LINES) in run.manifest["outputs"]:
            found.append(run)
    return max(found, key=lambda run: (run.issue_date, str(run.manifest.get("started_utc", "")), run.folder.name), default=None)


def still_ahead(
    lines: pd.DataFrame, dispatches: pd.DataFrame, issued: pd.Timestamp, issue_date: pd.Timestamp, days: int
) -> pd.DataFrame:
    """Lines of a plan in periods of so many days -> `depot, zone, item, vehicle, load_on, quantity` of what is ahead of it.

    A line counts until its period is over, with what has not left: what left since that plan is taken off the first lines of its
    depot, zone and item. What is due in a period that runs already is due on the issue date.
    """
    planned = lines.loc[lines["quantity"] > 0, COLUMNS].sort_values([*KEY, "load_on", "vehicle"], ignore_index=True)
    left = dispatches[dispatches["left"] >= issued].groupby(KEY)["quantity"].sum()
    gone = planned[KEY].merge(left.rename("gone").reset_index(), how="left", on=KEY)["gone"].fillna(0.0)
    ahead = (planned.groupby(KEY)["quantity"].cumsum() - gone).clip(lower=0)
    planned["quantity"] = ahead.where(ahead < planned["quantity"], planned["quantity"])
    counts = (planned["load_on"] + pd.Timedelta(days=days) > issue_date) & (planned["quantity"] > 0)
    planned = planned[counts].reset_index(drop=True)
    planned["load_on"] = planned["load_on"].where(planned["load_on"] > issue_date, issue_date)
    return planned
