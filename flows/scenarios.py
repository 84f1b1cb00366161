"""Many scenarios of one issue date, in parallel: each is `forecast run` in a process and a folder of its own.

One that fails, or is killed, does not stop the others: it stands in the table with its sentence and exit code. No what-if touches
`runs/LATEST`: all of them, the base included, lie in `runs/scenarios/<name>/`, each with its own lock and its own LATEST.

As in `nightly`, Prefect is told nothing of the data: it knows paths, dates, names of scenarios and exit codes. What a scenario
said when it failed stands in `scenarios.csv`, not in Prefect's database.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from prefect import Task, flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import wait
from prefect.task_runners import ThreadPoolTaskRunner
from tqdm import tqdm

from flows._quiet import Expected
from flows.launch import WITH_A_PLAN, Launcher
from flows.nightly import StageFailed
from forecast import config
from forecast.compare.scenarios import Ended, worst, write_scenarios
from forecast.errors import ForecastError, InputError, Problem, did_you_mean
from forecast.published import SCENARIOS
from forecast.store import BASE

MOST_TASKS = 50  # Prefect takes its time for each: more scenarios than this share tasks


class ScenariosFailed(Expected):
    """What Prefect may know: which scenarios have no plan, and their exit codes; `folder` is where the tables are."""

    def __init__(self, codes: dict[str, int], exit_code: int, folder: Path) -> None:
        super().__init__(", ".join(f"{name} ended with exit code {code}" for name, code in codes.items()))
        self.exit_code, self.folder = exit_code, folder


@flow(name="scenarios", persist_result=False)
def scenarios(
    config_path: str,
    only: list[str] | None = None,
    issue_date: dt.date | None = None,
    out: str | None = None,
    workers: int | None = None,
    force: bool = False,
) -> tuple[str, int]:
    """Run the base and the scenarios (default: all) as of one issue date (default: the config's, else today).

    Returns the folder of the tables, `runs/scenarios`, and the exit code. Raises ScenariosFailed when some have no plan, after
    all have ended and the tables are written; StageFailed, whose `cause` has the whole text, when nothing could be started.
    """
    try:
        launcher, describe = _prepared(Path(config_path), only, issue_date, Path(out) if out else None, force)
        ended = _all(launcher, describe, workers or cores())
        write_scenarios(launcher.folder, pd.Timestamp(launcher.issue_date), ended)
    except ForecastError as error:
        raise StageFailed("scenarios", error) from None
    exit_code = worst([end.exit_code for end in ended])
    failed = {end.scenario: end.exit_code for end in ended if end.exit_code not in WITH_A_PLAN}
    get_run_logger().info("%d scenarios: %d with a plan, %d without", len(ended), len(ended) - len(failed), len(failed))
    if failed:
        raise ScenariosFailed(failed, exit_code, launcher.folder)
    return str(launcher.folder), exit_code


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepared(
    path: Path, only: Sequence[str] | None, issue_date: dt.date | None, out: Path | None, force: bool
) -> tuple[Launcher, dict[str, str]]:
    """What starts the runs, and each scenario with what it is, the base first; everything is validated before any work."""
    job = config.job(config.load(path), path, scenario=None, issue_date=issue_date, now_utc=dt.datetime.now(dt.UTC), out=out)
    known = list(config.scenario_files(path))
    if BASE in known:
        problem, action = "is what the config without a scenario is called", "Give the file another name"
        raise InputError([Problem(f"{SCENARIOS}/{BASE}.yaml", problem, action, value=BASE)])
    unknown = [name for name in only or () if name not in (BASE, *known)]
    if unknown:
        action = f"Known: {', '.join(known) or 'none'}"
        problem = "is not a scenario of this config"
        raise InputError(
            [Problem("--only", problem, f"{did_you_mean(name, known)} {action}".strip(), value=name) for name in unknown]
        )
    names = [name for name in known if only is None or name in only]
    describe = {BASE: job.config.describe, **{name: config.load(path, name).describe for name in names}}
    return Launcher(path, job.issue_date.date(), job.runs / SCENARIOS, force), describe


def _all(launcher: Launcher, describe: dict[str, str], workers: int) -> list[Ended]:
    """Run every scenario, `workers` at a time; in the order given, however they end."""
    ended: dict[str, Ended] = {}
    names = list(describe)
    with tqdm(total=len(names), unit="scenario", disable=None, file=sys.stderr) as progress:

        def carry_out(name: str) -> int:
            ended[name] = launcher.run(name, describe[name])
            progress.update()
            return ended[name].exit_code

        with ThreadPoolTaskRunner(max_workers=workers) as runner:
            try:
                wait([runner.submit(_as_task(batch, carry_out), parameters={}) for batch in _batches(names)])
            except BaseException:
                launcher.stop()
                raise
    return [ended[name] for name in names]


def _batches(names: list[str]) -> list[list[str]]:
    return [names[start::MOST_TASKS] for start in range(min(MOST_TASKS, len(names)))]


def _as_task(names: list[str], carry_out: Callable[[str], int]) -> Task[[], None]:
    """A Prefect task that runs some scenarios, one after the other; it fails when one of them has no plan."""

    @task(name=f"scenario {', '.join(names)}", persist_result=False, cache_policy=NO_CACHE)
    def run_scenarios() -> None:
        codes = {name: carry_out(name) for name in names}
        failed = {name: code for name, code in codes.items() if code not in WITH_A_PLAN}
        if failed:
            raise Expected(", ".join(f"{name} ended with exit code {code}" for name, code in failed.items()))

    return run_scenarios
