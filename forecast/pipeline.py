"""READ FIRST. The one written order of the stages: ingest -> panel -> demand -> plan -> publish."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import xarray as xr

from forecast import __version__, meaning, store
from forecast.allocate import plan_allocation
from forecast.config import Job
from forecast.demand import forecast_demand
from forecast.errors import STALE_INPUTS
from forecast.given_demand import read_given_demand
from forecast.inputs import read_for_forecast, read_inputs
from forecast.kept import Kept
from forecast.last_plan import with_last_plan
from forecast.panel import build_panel
from forecast.publish import write_all
from forecast.published import SCENARIOS
from forecast.schema import Inputs, Ledger, Plan, Result, Stamp


class Step(Protocol):
    """How a stage is carried out: by itself, timed and reported, or as a task of a flow."""

    def __call__(self, name: str, stage: Callable[..., Any], /, *arguments: Any) -> Any: ...


def plain(name: str, stage: Callable[..., Any], /, *arguments: Any) -> Any:
    """Carry out a stage here and now."""
    return stage(*arguments)


@dataclass(frozen=True)
class Outcome:
    """Where a run is, whether it was made now, what is to be told, how long each stage took, whether a signal was late."""

    folder: Path
    is_new: bool
    ledger: Ledger
    seconds: dict[str, float] = field(default_factory=dict)
    is_stale: bool = False

    @property
    def exit_code(self) -> int:
        """How a command that made this run ends: done, or done with stale or missing inputs."""
        return STALE_INPUTS if self.is_stale else 0


def run(job: Job, step: Step = plain, given_demand: Path | None = None) -> Outcome:
    """From the files to a published run, under the lock of the runs folder; with a given demand, none is forecast."""
    ledger, seconds = Ledger(), dict[str, float]()
    step = _timed(step, seconds)
    with store.lock(job.runs):
        inputs = step("ingest", read_inputs, replace(job, kept=job.runs / store.KEPT), ledger)
        if given_demand is not None:
            inputs = store.with_file(inputs, given_demand)
        if any(layer.use == "stability" for layer in job.config.plan.objectives):
            inputs = with_last_plan(inputs, job.runs, job.issue_date, ledger)
        name = store.run_id(job.issue_date, job.scenario, job.config.fingerprint(), store.inputs_fingerprint(inputs, ledger))
        if not job.force and store.is_complete(job.runs / name):
            store.point_latest(job.runs / name)
            return Outcome(job.runs / name, False, ledger, seconds, inputs.is_stale)
        panel = step("panel", build_panel, inputs, job.config, job.issue_date, ledger)
        if given_demand is None:
            kept = _kept(job)
            demand = step("demand", forecast_demand, panel, inputs, job.config, job.issue_date, ledger, kept)
            inputs = replace(inputs, kept={**inputs.kept, **kept.used})
        else:
            demand = step("demand", read_given_demand, given_demand, inputs, job.config, ledger)
        plan = step("plan", plan_allocation, demand, inputs, job.config, job.issue_date, ledger)
        folder = step("publish", _publish, job, name, inputs, panel, demand, plan, ledger, seconds)
    return Outcome(folder, True, ledger, seconds, inputs.is_stale)


def forecast_only(job: Job, step: Step = plain) -> Result:
    """The first three stages, nothing published; a job without a config reads its records alone, and keeps nothing."""
    ledger = Ledger()
    job, inputs = step("ingest", read_for_forecast, job, ledger)
    panel = step("panel", build_panel, inputs, job.config, job.issue_date, ledger)
    kept = _kept(job) if job.config_path is not None else Kept()
    demand = step("demand", forecast_demand, panel, inputs, job.config, job.issue_date, ledger, kept)
    return _result(job, "demand", inputs, panel, demand, None, ledger)


def _kept(job: Job) -> Kept:
    """What is kept beside the runs: a what-if also finds there what the nights chose."""
    nightly = job.runs.parent.parent if job.runs.parent.name == SCENARIOS else None
    return Kept(job.runs / store.KEPT, elsewhere=nightly and nightly / store.KEPT)


def _publish(
    job: Job,
    name: str,
    inputs: Inputs,
    panel: xr.Dataset,
    demand: xr.Dataset,
    plan: Plan,
    ledger: Ledger,
    seconds: dict[str, float],
) -> Path:
    name = store.free_name(job.runs, name)
    result = _result(job, name, inputs, panel, demand, plan, ledger)
    with store.run_folder(job.runs, name) as folder:
        write_all(folder, result, job.config.publish.outputs)
        store.write_seams(folder, inputs, panel, demand, plan)
        return store.complete(folder, job.runs, name, _facts(job, result.stamp, inputs, plan, seconds))


def _result(
    job: Job, name: str, inputs: Inputs, panel: xr.Dataset, demand: xr.Dataset, plan: Plan | None, ledger: Ledger
) -> Result:
    stamp = Stamp(name, "STALE" if inputs.is_stale else "DRAFT", job.issue_date, inputs.data_until, job.scenario, job.started_utc)
    words = job.config.publish
    notes = (*meaning.notes(inputs.items), *ledger.marks)
    return Result(stamp, inputs, panel, demand, plan, ledger, job.config.title, words.producer, words.disclaimer, notes)


def _facts(job: Job, stamp: Stamp, inputs: Inputs, plan: Plan, seconds: dict[str, float]) -> dict[str, Any]:
    return {
        "run": stamp.run,
        "status": stamp.status,
        "issue_date": _day(stamp.issue_date),
        "data_until": _day(stamp.data_until),
        "scenario": stamp.scenario,
        "started_utc": stamp.started_utc,
        "version": __version__,
        "code_sha256": store.code_fingerprint(),
        "config_sha256": job.config.fingerprint(),
        "kept_state": dict(inputs.kept),
        "config": job.config.model_dump(mode="json"),
        "inputs": dict(sorted(inputs.files.items())),
        "inputs_hashed_without_small_counts": list(inputs.veiled),
        "integrity_unverified": dict(inputs.unverified),
        "signals": [{**asdict(feed), "newest": feed.newest and _day(feed.newest)} for feed in inputs.feeds],
        "figures": dict(plan.figures),
        "seconds": {stage: round(taken, 3) for stage, taken in seconds.items()},
    }


def _day(date: pd.Timestamp) -> str:
    return str(date.date())


def _timed(step: Step, seconds: dict[str, float]) -> Step:
    def timed(name: str, stage: Callable[..., Any], /, *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return step(name, stage, *arguments)
        finally:
            seconds[name] = time.perf_counter() - began

    return timed
