"""The nightly run as a Prefect flow: the stages of `forecast.pipeline`, each a task; only reading is tried again.

What Prefect stores is readable by anyone who has its database, so nothing of the data goes there: parameters are a path and
a date, results are not persisted, and an error is stored without its text (which goes to stderr and to whoever called).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows._quiet import Expected, quiet_about_the_expected
from forecast import config, pipeline
from forecast.errors import ForecastError

RETRIES = 3
RETRY_SECONDS = 60

quiet_about_the_expected()


class StageFailed(Expected):
    """What Prefect may know of a failed stage: its name and the kind of error, never a value of the data."""

    def __init__(self, stage: str, cause: Exception) -> None:
        super().__init__(f"{stage} failed: {type(cause).__name__}")
        self.cause = cause


@flow(name="nightly", persist_result=False)
def nightly(
    config_path: str,
    scenario: str | None = None,
    issue_date: dt.date | None = None,
    out: str | None = None,
    force: bool = False,
) -> tuple[str, int]:
    """Run the pipeline as of the issue date (default: the config's, else today); returns the name of the run and the exit code.

    Raises StageFailed, whose `cause` is the error with its whole text.
    """
    try:
        path = Path(config_path)
        job = config.job(
            config.load(path, scenario),
            path,
            scenario=scenario,
            issue_date=issue_date,
            now_utc=dt.datetime.now(dt.UTC),
            out=Path(out) if out else None,
            force=force,
        )
        outcome = pipeline.run(job, as_task)
    except StageFailed:
        raise
    except Exception as error:
        raise StageFailed("run", error) from None
    get_run_logger().info("%s: %s", outcome.folder.name, "published" if outcome.is_new else "nothing new")
    return outcome.folder.name, outcome.exit_code


def as_task(name: str, stage: Callable[..., Any], /, *arguments: Any) -> Any:
    """Carry out a stage as a Prefect task; its arguments stay in this process and out of Prefect's database."""
    reads = name == "ingest"

    @task(
        name=name,
        retries=RETRIES if reads else 0,
        retry_delay_seconds=RETRY_SECONDS,
        retry_condition_fn=_is_worth_another_try,
        persist_result=False,
        cache_policy=NO_CACHE,
    )
    def run_stage() -> list[Any]:
        try:
            return [stage(*arguments)]  # in a list: Prefect looks into results that look like states or futures
        except Exception as error:
            raise StageFailed(name, error) from None

    return run_stage()[0]


def _is_worth_another_try(_task: Any, _run: Any, state: Any) -> bool:
    """A share that is away comes back; a file to mend does not mend itself."""
    try:
        state.result()
    except StageFailed as failed:
        return not isinstance(failed.cause, ForecastError)
    except Exception:
        return True
    return False
