"""What is compared: the choice, our models with settings of their own, and the simple ones that anyone could use without us."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import xarray as xr

from forecast.backtest.reading import without_plan
from forecast.config import Config, Job, Plugin
from forecast.demand import forecast_demand
from forecast.schema import Inputs, Ledger
from tests.bench.demand_rivals import spent

SIMPLE = ("naive", "seasonal_naive", "moving_average", "moving_average 12", "smoothing")
MODELS: dict[str, dict[str, Any]] = {
    "best": {"use": "best"},
    "best, quick": {"use": "best"},  # chosen among models that do not fit series by series
    "best, fastest": {"use": "best"},  # the same, with one network where there would be several
    "pooled": {"use": "pooled"},
    "pooled, fast": {"use": "pooled", "networks": 1},
    "empirical": {"use": "empirical"},
    "intermittent": {"use": "intermittent"},
    "smoothing": {"use": "smoothing"},
    "naive": {"use": "naive"},
    "seasonal_naive": {"use": "seasonal_naive"},
    "moving_average": {"use": "moving_average"},
    "moving_average 12": {"use": "moving_average", "periods": 12},
    "ets": {"use": "ets"},
    "state_space": {"use": "state_space"},
    "prophet": {"use": "prophet"},
}
USUAL = ("best, quick", "pooled", "pooled, fast", "empirical", "intermittent", *SIMPLE)
SLOW = ("ets", "state_space", "prophet")


def config_of(config: Config, name: str) -> Config:
    """The config with one of MODELS for all items."""
    items = {item: block.model_copy(update={"model": None}) for item, block in config.items.items()}
    forecast = config.forecast.model_copy(update={"default": Plugin.model_validate(MODELS[name])})
    if name in ("best, quick", "best, fastest"):
        candidates = [plugin for plugin in forecast.choice.candidates if plugin.use not in SLOW]
        if name == "best, fastest":
            candidates = [_one_network(plugin) for plugin in candidates]
        forecast = forecast.model_copy(update={"choice": forecast.choice.model_copy(update={"candidates": tuple(candidates)})})
    return config.model_copy(update={"items": items, "forecast": forecast})


def bare(job: Job) -> Job:
    """The job without what only a plan needs, and without signals that no model here looks at."""
    job = without_plan(job)
    signals = {name: block for name, block in job.config.signals.items() if name == job.config.forecast.exposure}
    return replace(job, config=job.config.model_copy(update={"signals": signals}))


def _one_network(plugin: Plugin) -> Plugin:
    return Plugin.model_validate(MODELS["pooled, fast"]) if plugin.use == "pooled" else plugin


def ask(
    panel: xr.Dataset, inputs: Inputs, config: Config, issue_date: pd.Timestamp, name: str
) -> tuple[xr.Dataset, float, Ledger]:
    """DEMAND by one of MODELS, the seconds of processor time it took, and what it has to say."""
    ledger, began = Ledger(), spent()
    demand = forecast_demand(panel, inputs, config_of(config, name), issue_date, ledger)
    return demand, spent() - began, ledger


def chosen(ledger: Ledger) -> str:
    """Which models share in the choice, over all items: `pooled 81 %, empirical 19 %`."""
    shares: dict[str, float] = {}
    for trial in ledger.trials:
        shares[trial.model] = shares.get(trial.model, 0.0) + trial.share
    total = sum(shares.values())
    return ", ".join(f"{name} {share / total:.0%}" for name, share in sorted(shares.items(), key=lambda pair: -pair[1]) if share)
