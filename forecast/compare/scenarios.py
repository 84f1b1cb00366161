"""Many scenarios of one issue date against the base: one table, one page; one that failed stands in both with its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast import text_page
from forecast.compare import Comparison, compare
from forecast.compare.tables import write_csv
from forecast.published import open_run
from forecast.store import BASE
from forecast.text_page import exact, percent, points, signed, table

TABLE, GAINS, PAGE = "scenarios.csv", "gains_and_losses.csv", "scenarios.txt"
WORST_FIRST = (1, 3, 2, 75, 4, 0)  # exit codes: a fault of ours, no plan, to mend, locked, done with stale inputs, done
FIGURES = [
    "coverage",
    "coverage_change",
    "met_people",
    "met_people_change",
    "gain_zones",
    "gain_people",
    "lose_zones",
    "lose_people",
]


@dataclass(frozen=True)
class Ended:
    """How one scenario ended: exit code, its sentence where it failed, seconds, and its run where there is one."""

    scenario: str
    describe: str
    exit_code: int
    message: str
    seconds: float
    folder: Path | None


def worst(codes: Sequence[int]) -> int:
    """The exit code of the whole: the worst there is by WORST_FIRST; any other code counts as a fault of ours."""
    return min((code if code in WORST_FIRST else 1 for code in codes), key=WORST_FIRST.index, default=0)


def write_scenarios(folder: Path, issue_date: pd.Timestamp, ended: Sequence[Ended]) -> None:
    """Write `scenarios.csv` (by scenario and need), `gains_and_losses.csv` (by scenario, need and zone) and the page.

    Raises InputError when a run was changed since, or the files cannot be written.
    """
    found = _against_base(ended)
    write_csv(_table(ended, found, issue_date), folder / TABLE)
    gains = [against.zones.assign(scenario=name) for name, against in found.items()]
    write_csv(_scenario_first(pd.concat(gains, ignore_index=True) if gains else pd.DataFrame({"scenario": []})), folder / GAINS)
    (folder / PAGE).write_text(_page(ended, found, issue_date), encoding="utf-8", newline="\n")


def _against_base(ended: Sequence[Ended]) -> dict[str, Comparison]:
    """Scenario -> base compared with it, of those that have a run; without a run of the base, each is compared with itself."""
    runs = {end.scenario: open_run(end.folder) for end in ended if end.folder is not None}
    return {name: compare(runs.get(BASE, run), run) for name, run in runs.items()}


def _table(ended: Sequence[Ended], found: dict[str, Comparison], issue_date: pd.Timestamp) -> pd.DataFrame:
    has_base = BASE in found
    frames = []
    for end in ended:
        df = _needs(found[end.scenario], has_base) if end.scenario in found else pd.DataFrame({"need": [""]})
        df["scenario"], df["describe"], df["issue_date"] = end.scenario, end.describe, str(issue_date.date())
        df["exit_code"], df["message"], df["seconds"] = end.exit_code, end.message, round(end.seconds, 1)
        df["run"] = end.folder.name if end.folder else ""
        frames.append(df)
    columns = [
        "scenario",
        "describe",
        "issue_date",
        "exit_code",
        "message",
        "run",
        "seconds",
        "need",
        *FIGURES,
        "worst_zone",
        "worst_coverage",
    ]
    return pd.concat(frames, ignore_index=True).reindex(columns=columns)


def _needs(against: Comparison, has_base: bool) -> pd.DataFrame:
    """By need: the figures of the scenario and their change from the base; the changes are empty where the base has no run."""
    df = against.needs.rename(columns={f"{name}_b": name for name in ("coverage", "met_people", "worst_zone", "worst_coverage")})
    changes = [name for name in FIGURES if name not in ("coverage", "met_people")]
    return df if has_base else df.assign(**dict.fromkeys(changes, float("nan")))


def _scenario_first(df: pd.DataFrame) -> pd.DataFrame:
    return df[["scenario", *[name for name in df.columns if name != "scenario"]]]


def _page(ended: Sequence[Ended], found: dict[str, Comparison], issue_date: pd.Timestamp) -> str:
    failed = [end for end in ended if end.folder is None]
    head = [f"{len(ended)} scenarios of {issue_date.date()}: {len(ended) - len(failed)} with a plan, {len(failed)} without"]
    head += table(
        ["scenario", "exit>", "seconds>", "what it is"],
        [[end.scenario, end.exit_code, exact(end.seconds, 1), end.describe] for end in ended],
    )
    return text_page.page([head, _coverage(found), *_failures(failed)])


def _coverage(found: dict[str, Comparison]) -> list[str]:
    """Coverage by scenario and need, who gains and who loses against the base."""
    if BASE not in found:
        return ["The base has no plan: there is nothing to compare the scenarios with."]
    rows = []
    for name, against in found.items():
        for row in against.needs.to_dict("records"):
            worst_zone = (
                f"{row['worst_zone_b']} {percent(row['worst_coverage_b'])}" if isinstance(row["worst_zone_b"], str) else "-"
            )
            moved = (
                [f"{row[f'{way}_zones']} ({exact(row[f'{way}_people'], 0)})" for way in ("gain", "lose")]
                if name != BASE
                else ["", ""]
            )
            change = [points(row["coverage_change"]), signed(row["met_people_change"], 0)] if name != BASE else ["", ""]
            rows.append([name, row["need"], percent(row["coverage_b"]), *change, *moved, worst_zone])
    head = [
        "scenario",
        "need",
        "coverage>",
        "change>",
        "people met>",
        "zones that gain (people)>",
        "that lose (people)>",
        "worst zone",
    ]
    return ["Against the base, over the plan", *table(head, rows)]


def _failures(failed: Sequence[Ended]) -> list[list[str]]:
    return [
        [f"{end.scenario} has no plan (exit code {end.exit_code}):", *(f"  {line}" for line in end.message.splitlines())]
        for end in failed
    ]
