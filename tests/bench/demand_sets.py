"""Other countries and needs: rolling origins through their configs, all read anew as of each origin.

The choice may nowhere be worse in CRPS than the best of the simple methods by more than 2 %: which that is, is known only
afterwards. What is scored is what was recorded since; a report that never came is not scored. `all`: items count alike, their
figures averaged as the backtest does it.

Origins lie a horizon apart, nearer where the past is short. By how much a ratio would differ at other origins is told by the
jackknife over origins (Efron and Stein, 1981); where their horizons overlap, it is more than that. Beside the real sets stand
artificial ones of kinds that the real are not (`demand_unseen`).
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from forecast import config, periods
from forecast.backtest import Backtest, Question, add
from forecast.backtest.figures import ALL_ITEMS, WHOLE, figures
from forecast.backtest.reading import Then, last_seen, origins, read_as_of, read_now
from forecast.backtest.truth import truth_of
from forecast.config import Job
from forecast.demo import write_demo
from tests.bench import demand_unseen
from tests.bench.demand_models import SIMPLE, ask, bare, chosen
from tests.bench.demand_scores import show

CONFIGS = Path(__file__).parents[2] / "configs"
DEMO = "the demo country"
WHOLE_EPIDEMIC = "Sierra Leone, rise and decline"
OVERRIDES = {WHOLE_EPIDEMIC: ("panel.history_from=2014-05-12",)}
SETS = {
    "Somalia, months": "som_needs.yaml",
    "Somalia, weeks": "som_needs_weekly.yaml",
    "UNHCR water": "water_sites.yaml",
    "Sierra Leone care": "sle_care.yaml",
    WHOLE_EPIDEMIC: "sle_care.yaml",
    "Cote d'Ivoire, reported months only": "civ_care.yaml",
    DEMO: "",
}
USUAL_ORIGINS = 6
WORSE = 1.02  # than the best simple method, in CRPS: more is a failure
NOW = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
Lost = dict[tuple[str, str], list[float]]  # (item, model) -> CRPS of all cells, added up from origin to origin


def main(data: Path, models: Sequence[str], wanted: Sequence[str], count: int | None) -> dict[str, pd.DataFrame]:
    """Print a table per set, and whether the choice held."""
    found = {}
    for name in [*SETS, *demand_unseen.SETS]:
        if wanted and not any(word in name for word in wanted):
            continue
        with tempfile.TemporaryDirectory() as folder:
            job = _job(name, data, Path(folder))
            if job is None:
                print(f"skipped: {name}, no real data here")
                continue
            found[name] = _one(name, replace(bare(job), kept=Path(folder) / "kept"), models, count or USUAL_ORIGINS)
    return found


def _job(name: str, data: Path, folder: Path) -> Job | None:
    """What is to be forecast of a set; None where its data is not here."""
    if name in demand_unseen.SETS:
        settings = demand_unseen.write(name, folder)
        return config.job(settings, None, scenario=None, issue_date=None, now_utc=NOW, data=folder, out=folder)
    if name != DEMO and not data.is_dir():
        return None
    path = write_demo(folder) if name == DEMO else CONFIGS / SETS[name]
    settings = config.load(path, overrides=OVERRIDES.get(name, ()))
    return config.job(
        settings, path, scenario=None, issue_date=None, now_utc=NOW, data=None if name == DEMO else data, out=folder
    )


def spread(now: Then, count: int) -> tuple[pd.Timestamp, ...]:
    """Issue dates a horizon apart, or less where the past is short: the newest whose horizon was seen since, so many or fewer."""
    settings = now.job.config.forecast
    known = int((now.panel.indexes["period"] <= last_seen(now)).sum())
    possible = known - max(settings.norm_after, periods.PER_YEAR[settings.period] // 4) - settings.horizon + 1
    apart = max(min(settings.horizon, (possible - 1) // max(count - 1, 1)), 1)
    return origins(now, min(possible, (count - 1) * apart + 1))[::-apart][::-1]


def _one(name: str, job: Job, models: Sequence[str], count: int) -> pd.DataFrame:
    now = read_now(job)
    dates = spread(now, count)
    found = Backtest(now, Question(dates, tuple(models)), dates)
    parts: dict[str, list[str]] = {}
    lost: Lost = {}
    for date in dates:
        began = time.perf_counter()
        then = read_as_of(now.job, date)
        truth = truth_of(now, then, zero_gaps=False, most_zeros=None)
        reading = time.perf_counter() - began
        for model in models:
            demand, seconds, ledger = ask(then.panel, then.inputs, then.job.config, date, model)
            found.seconds[model] = found.seconds.get(model, 0.0) + seconds
            add(found, model, demand, truth)
            for item in {item for one, item in found.tallies if one == model}:
                lost.setdefault((item, model), []).append(float(found.tallies[model, item].sums["crps"][-1]))
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
    _judge(name, table, models, items, lost)
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


def _judge(name: str, table: pd.DataFrame, models: Sequence[str], items: Sequence[str], lost: Lost) -> None:
    for model in (model for model in models if model.startswith("best")):
        said = []
        for item in items:
            simple, loss = _best_simple(table, item)
            ratio = float(table["crps_per_unit"].get((item, model), float("nan"))) / loss
            verdict = "FAILS" if ratio > WORSE and item == ALL_ITEMS else "worse" if ratio > WORSE else "holds"
            error = jackknife(lost.get((item, model), []), lost.get((item, simple), []))
            said.append(f"{item} {ratio - 1:+.1%} {error}than {simple}: {verdict}")
        print(f"{name}, {model}: " + "; ".join(said), flush=True)


def jackknife(some: Sequence[float], others: Sequence[float]) -> str:
    """Losses added up from origin to origin -> the standard error of the ratio of both, in words; empty with fewer than three."""
    ours, theirs = (np.diff(losses, prepend=0.0) for losses in (some, others))
    if len(ours) < 3 or len(ours) != len(theirs):
        return ""
    without = np.log((ours.sum() - ours) / (theirs.sum() - theirs))
    return f"(+- {np.sqrt((len(ours) - 1) * without.var()):.1%}) "
