"""Other countries and needs: rolling origins through their configs, all read anew as of each origin.

The choice may nowhere be worse in CRPS than the best of the simple methods by more than 2 %: which that is, is known only
afterwards. What is scored is what was recorded since; a report that never came is not scored. `all`: items count alike, their
figures averaged as the backtest does it.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from forecast import config, periods
from forecast.backtest import Backtest, Question, add
from forecast.backtest.figures import ALL_ITEMS, WHOLE, figures
from forecast.backtest.reading import Then, last_seen, origins, read_as_of, read_now
from forecast.backtest.truth import truth_of
from forecast.config import Job
from forecast.demo import write_demo
from tests.bench.demand_models import SIMPLE, ask, bare, chosen
from tests.bench.demand_scores import show

CONFIGS = Path(__file__).parents[2] / "configs"
DEMO = "the demo country"
SETS = {
    "Somalia, months": "som_needs.yaml",
    "Somalia, weeks": "som_needs_weekly.yaml",
    "UNHCR water": "water_sites.yaml",
    "Sierra Leone care": "sle_care.yaml",
    "Cote d'Ivoire, reported months only": "civ_care.yaml",
    DEMO: "",
}
USUAL_ORIGINS = 6
WORSE = 1.02  # than the best simple method, in CRPS: more is a failure
NOW = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)


def main(data: Path, models: Sequence[str], wanted: Sequence[str], count: int | None) -> dict[str, pd.DataFrame]:
    """Print a table per set, and whether the choice held."""
    found = {}
    for name, file in SETS.items():
        if wanted and not any(word in name for word in wanted):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = write_demo(Path(folder)) if name == DEMO else CONFIGS / file
            if name != DEMO and not data.is_dir():
                print(f"skipped: {name}, no real data here")
                continue
            settings = config.load(path)
            place = None if name == DEMO else data
            job = config.job(settings, path, scenario=None, issue_date=None, now_utc=NOW, data=place, out=Path(folder))
            found[name] = _one(name, replace(bare(job), kept=Path(folder) / "kept"), models, count or USUAL_ORIGINS)
    return found


def spread(now: Then, count: int) -> tuple[pd.Timestamp, ...]:
    """Issue dates a horizon apart, the newest whose horizon was seen since, as many as asked and possible."""
    settings = now.job.config.forecast
    known = int((now.panel.indexes["period"] <= last_seen(now)).sum())
    possible = known - max(settings.norm_after, periods.PER_YEAR[settings.period] // 4) - settings.horizon + 1
    return origins(now, min(possible, (count - 1) * settings.horizon + 1))[:: -settings.horizon][::-1]


def _one(name: str, job: Job, models: Sequence[str], count: int) -> pd.DataFrame:
    now = read_now(job)
    dates = spread(now, count)
    found = Backtest(now, Question(dates, tuple(models)), dates)
    parts: dict[str, list[str]] = {}
    for date in dates:
        began = time.perf_counter()
        then = read_as_of(now.job, date)
        truth = truth_of(now, then, zero_gaps=False, most_zeros=None)
        reading = time.perf_counter() - began
        for model in models:
            demand, seconds, ledger = ask(then.panel, then.inputs, then.job.config, date, model)
            found.seconds[model] = found.seconds.get(model, 0.0) + seconds
            add(found, model, demand, truth)
            if ledger.trials:
                parts.setdefault(model, []).append(chosen(ledger))
        print(
            f"{name}, {date.date()}: read in {reading:.0f} s; " + "; ".join(f"{model}: {one[-1]}" for model, one in parts.items())
        )
    table = figures(found)
    table = table[table["horizon"] == WHOLE].set_index(["item", "model"])
    items = [item for item in table.index.unique("item") if item != "all cells"]
    rows = {model: _row(table, model, items, found.seconds[model] / len(dates)) for model in models}
    columns = [*items, "mase", "wmape", "bias med", "bias mean", "in 80", "in 90", "sum 80", "sum 90", "seconds"]
    cells = int(table["cells"].xs(models[0], level="model").get(ALL_ITEMS, 0))
    show(f"{name}: {len(dates)} origins, {cells:,} cells; CRPS over that of the best simple method", rows, columns)
    _judge(name, table, models, items)
    return table


def _best_simple(table: pd.DataFrame, item: str) -> tuple[str, float]:
    losses = table["crps_per_unit"].xs(item, level="item")
    losses = losses[losses.index.isin(SIMPLE)]
    return (str(losses.idxmin()), float(losses.min())) if losses.notna().any() else ("", float("nan"))


def _row(table: pd.DataFrame, model: str, items: Sequence[str], seconds: float) -> dict[str, float]:
    ratios = {
        item: float(table["crps_per_unit"].get((item, model), float("nan"))) / _best_simple(table, item)[1] for item in items
    }
    whole = table.loc[(ALL_ITEMS, model)]
    names = {"mase": "mase", "wmape": "wmape", "bias med": "bias_of_median", "bias mean": "bias"}
    names |= {"in 80": "coverage_80", "in 90": "coverage_90", "sum 80": "coverage_total_80", "sum 90": "coverage_total_90"}
    return {**ratios, **{ours: float(whole[theirs]) for ours, theirs in names.items()}, "seconds": seconds}


def _judge(name: str, table: pd.DataFrame, models: Sequence[str], items: Sequence[str]) -> None:
    for model in (model for model in models if model.startswith("best")):
        said = []
        for item in items:
            simple, loss = _best_simple(table, item)
            ratio = float(table["crps_per_unit"].get((item, model), float("nan"))) / loss
            verdict = "FAILS" if ratio > WORSE and item == ALL_ITEMS else "worse" if ratio > WORSE else "holds"
            said.append(f"{item} {ratio - 1:+.1%} than {simple}: {verdict}")
        print(f"{name}, {model}: " + "; ".join(said), flush=True)
