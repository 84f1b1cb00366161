"""Config and files -> all that `forecast check` says, and every problem found on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd
from pydantic import ValidationError

from forecast import periods, plugins
from forecast.asking import choose_models
from forecast.config import Config, Job, Plugin
from forecast.errors import InputError, Problem
from forecast.inputs import Found, complete_inputs, find_inputs
from forecast.look.gaps import Gaps, find_gaps
from forecast.look.inputs import Seen, inputs_seen, not_given
from forecast.look.items import ItemSeen, items_seen
from forecast.look.people import people_by_period
from forecast.look.strange import Strange, strangest
from forecast.schema import Ledger
from forecast.wording import settings_problems


@dataclass(frozen=True)
class Look:
    """What was understood, and the problems that would stop a run (none: it can run)."""

    job: Job
    inputs: list[Seen]
    absent: list[str]
    items: list[ItemSeen]
    gaps: Gaps | None
    strange: list[Strange]
    strange_counts: dict[str, int]
    rows: int
    assumed: dict[str, int]
    ledger: Ledger
    problems: list[Problem]


def look_at(job: Job, most: int = 10) -> Look:
    """Read everything, compute and write nothing; what refuses a run is in `problems`, it is not raised."""
    ledger = Ledger()
    found = find_inputs(job, ledger)
    problems = [*ledger.problems.refused]
    if not problems:
        problems += _refusals_of_completing(found, job, ledger)
    models, wrong = _models(found, job)
    starts = _starts(found, job)
    items = found.items[~found.items.index.duplicated()]  # a refused table may hold one twice
    people = people_by_period(found.zones, found.signals, starts, job.config.forecast.exposure)
    strange, counts = strangest(found.records, items, people, job.config, most)
    return Look(
        job=job,
        inputs=inputs_seen(found),
        absent=not_given(found),
        items=items_seen(items, found.records, found.stock.depot_stock, people, models, job.config),
        gaps=find_gaps(found.records, job),
        strange=strange,
        strange_counts=counts,
        rows=len(found.records),
        assumed=dict(Counter(assumption.figure for assumption in ledger.assumptions).most_common()),
        ledger=ledger,
        problems=[*problems, *wrong, *_of_plan_and_pages(job.config)],
    )


def _refusals_of_completing(found: Found, job: Job, ledger: Ledger) -> list[Problem]:
    try:
        complete_inputs(found, job, ledger)
    except InputError as error:
        return list(error.problems)
    return []


def _models(found: Found, job: Job) -> tuple[dict[str, str], list[Problem]]:
    """Item -> name of its model, and what is wrong with the models the config asks for."""
    signals = {*map(str, found.signals.data_vars), *(name for name in job.config.signals if name in found.sources.failed)}
    names, problems = dict[str, str](), list[Problem]()
    for item in map(str, found.items.index):
        try:
            names |= {code: choice.name for code, choice in choose_models(job.config, [item], sorted(signals)).items()}
        except InputError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    exposure = job.config.forecast.exposure
    if exposure is not None and exposure not in signals:
        known = ", ".join(sorted(signals)) or "none"
        problems.append(Problem("forecast.exposure", "is not one of the signals", f"Known: {known}", value=exposure))
    return names, problems


def _of_plan_and_pages(config: Config) -> list[Problem]:
    """What is wrong with the objectives and outputs that the config asks for."""
    asked = [(f"plan.objectives[{n}]", "allocate.objectives", plugin) for n, plugin in enumerate(config.plan.objectives)]
    asked += [("publish.outputs", "publish", Plugin(use=name)) for name in config.publish.outputs]
    problems = list[Problem]()
    for setting, family, plugin in asked:
        try:
            module = plugins.load(family, plugin.use, setting)
            if family != "publish":
                module.Settings.model_validate(plugin.settings)
        except ValidationError as error:
            problems += settings_problems(error, setting, module.Settings)
        except InputError as error:
            problems += error.problems
    return problems


def _starts(found: Found, job: Job) -> pd.Index:
    """The starts of the periods from the first record to the last that is over."""
    if found.records.empty:
        return pd.DatetimeIndex([])
    settings = job.config.forecast
    last = periods.last_complete(job.issue_date, settings.period, settings.week_starts)
    return periods.between(found.records["period"].min(), last, settings.period)
