"""Rolling origins: what would have been forecast on earlier days, from what was known then, scored by what came.

For every origin everything is read, chosen and computed anew as of its issue date; what is scored is `distributed`. All models
are judged by the same cells: see `truth`.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from tqdm import tqdm

from forecast import periods, plugins
from forecast.asking import BEST
from forecast.backtest.fans import Fan, fan_of
from forecast.backtest.reading import Then, origins, read_as_of, read_now, without_plan
from forecast.backtest.tally import Tally, tally
from forecast.backtest.truth import Truth, matched, truth_of
from forecast.config import Config, Job, Plugin, WhatIf
from forecast.demand import forecast_demand
from forecast.kept import Kept
from forecast.schema import Ledger

__all__ = ["AS_CONFIGURED", "SIMPLE", "Backtest", "Question", "backtest", "models_of"]

AS_CONFIGURED = "as configured"
SIMPLE = ("naive", "seasonal_naive", "moving_average", "smoothing")  # what anyone could do without us
MOST_FANS = 3
AT_ONCE = 5_000  # series scored at once, for the sake of memory


@dataclass(frozen=True)
class Question:
    """What is asked: how many origins, or their issue dates; which models; what an absent row counts as; which series.

    `most_zeros`: series of which this share or more of what was seen is zero are not scored.
    """

    origins: int | tuple[pd.Timestamp, ...]
    models: tuple[str, ...]
    gaps: Literal["unscored", "zero"] = "unscored"
    most_zeros: float | None = None


@dataclass
class Backtest:
    """What was found, by model and item; `made_by`: which model made how many forecasts of scored series; `seconds` of a model
    over all origins; `fans` of a model at the newest origins that do not overlap; `unscored`: why, how many cells; `notes`: what
    else must be known.
    """

    now: Then
    question: Question
    issue_dates: tuple[pd.Timestamp, ...]
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    made_by: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    fans: dict[str, list[Fan]] = field(default_factory=dict)
    unscored: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def models_of(names: str) -> tuple[str, ...]:
    """`a,b,c` or `all` -> the models compared, after what is configured; empty: the simple ones; `best`: chosen by backtest.

    Raises InputError for a model there is none of.
    """
    if names == "all":
        return (AS_CONFIGURED, *plugins.names("models"))
    asked = [name.strip() for name in names.split(",") if name.strip()]
    for name in asked:
        if name != BEST:
            plugins.load("models", name, "--models")
    return (AS_CONFIGURED, *dict.fromkeys(asked or SIMPLE))


def backtest(job: Job, question: Question) -> Backtest:
    """Forecast as of each origin by each model, and add up the scores. Raises InputError, as reading does.

    What one origin or model worked out and another needs again (choices, weights of rasters) is kept until the end.
    """
    with tempfile.TemporaryDirectory(prefix="backtest-") as folder:
        found = _backtest(replace(job, kept=Path(folder)), question)
    found.now = replace(found.now, job=replace(found.now.job, kept=job.kept))
    return found


def _backtest(job: Job, question: Question) -> Backtest:
    now = read_now(without_plan(job))
    found = Backtest(now, question, origins(now, question.origins))
    apart = _apart(found.issue_dates, now)
    if job.config.what_if != WhatIf():
        found.notes.append(
            f"What scenario {job.scenario} changes (what_if) begins now, and is left out of what was forecast then"
        )
    with tqdm(total=len(found.issue_dates) * len(question.models), unit="forecast", delay=2, leave=False, disable=None) as bar:
        for issue_date in found.issue_dates:
            then = read_as_of(now.job, issue_date)
            truth = truth_of(now, then, zero_gaps=question.gaps == "zero", most_zeros=question.most_zeros)
            found.unscored += truth.unscored
            for model in question.models:
                bar.set_description(f"{issue_date.date()} {model}")
                began = time.perf_counter()
                settings = config_of(then.job.config, model)
                demand = forecast_demand(then.panel, then.inputs, settings, issue_date, Ledger(), Kept(job.kept))
                found.seconds[model] = found.seconds.get(model, 0.0) + time.perf_counter() - began
                add(found, model, demand, truth)
                if issue_date in apart:
                    seen = matched(truth.seen, demand["distributed"])
                    found.fans.setdefault(model, []).append(fan_of(demand["distributed"], seen))
                bar.update()
    return found


def config_of(config: Config, model: str) -> Config:
    """The config with one model for all items, with the settings the config has for it, if it has any."""
    if model == AS_CONFIGURED:
        return config
    items = {
        item: block.model_copy(update={"model": block.model if block.model and block.model.use == model else None})
        for item, block in config.items.items()
    }
    default = config.forecast.default if config.forecast.default.use == model else Plugin(use=model)
    return config.model_copy(update={"items": items, "forecast": config.forecast.model_copy(update={"default": default})})


def add(found: Backtest, model: str, demand: xr.Dataset, truth: Truth) -> None:
    """Score one forecast, item by item, matched by the names of zones, items and periods."""
    distributed = demand["distributed"]
    seen, in_stock, scale, square_scale, average = (
        matched(cube, distributed) for cube in (truth.seen, truth.in_stock, truth.scale, truth.square_scale, truth.average)
    )
    for place, item in enumerate(demand.indexes["item"]):
        key = (model, str(item))
        for start in range(0, len(distributed), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            new = tally(
                distributed.values[some, place],
                seen.values[some, place],
                in_stock.values[some, place] == 1,
                scale.values[some, place],
                square_scale.values[some, place],
                average.values[some, place],
            )
            found.tallies[key] = found.tallies[key] + new if key in found.tallies else new
        is_scored = np.isfinite(seen.values[:, place]).any(axis=1)
        found.made_by.setdefault(key, Counter()).update(map(str, demand["model"].values[is_scored, place]))


def _apart(issue_dates: tuple[pd.Timestamp, ...], now: Then) -> set[pd.Timestamp]:
    """The newest issue dates whose horizons do not overlap, for pictures."""
    settings, chosen = now.job.config.forecast, [issue_dates[-1]]
    for date in reversed(issue_dates):
        if periods.step(date, settings.horizon, settings.period) <= chosen[-1] and len(chosen) < MOST_FANS:
            chosen.append(date)
    return set(chosen)
