"""The figures of a backtest: one row per model, item and horizon, from the sums; and two ways over all items.

`all items`: litres and kits cannot be averaged, so each item counts alike, by figures that have no unit: the geometric mean of
errors (a ratio between two models is then the same in whatever unit an item is counted), the median of biases, the mean of shares
of cells; of the items of which something was
seen and every model has the figure. `all cells`: all cells added up as they stand, for goods of one kind.
"""

from __future__ import annotations

import functools
import operator
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd

from forecast import scores
from forecast.backtest import Backtest
from forecast.backtest.tally import FILL, PINBALLS, PIT_LEVELS, SERVICE, Tally

ALL_ITEMS, ALL_CELLS = "all items", "all cells"
WHOLE = "all"
SERVICE_LEVEL, OVERSTOCK = f"service_level_{SERVICE * 100:.0f}", f"overstock_fill_{FILL * 100:.0f}"
IN_UNITS = ("mean_seen", "crps", *(f"pinball_{level * 100:02.0f}" for level in PINBALLS))
PRACTICE = "overstock_over_practice"
EVEN_80, EVEN_TOTAL_80 = "coverage_80_ties_spread", "coverage_total_80_ties_spread"
ERRORS = ("crps_per_unit", "mase", "rmsse", "wmape", OVERSTOCK, PRACTICE)
BIASES = ("bias", "bias_of_median", "bias_in_stock")
INSIDE = (*(f"coverage_{share * 100:.0f}" for share in scores.INTERVALS), "coverage_total_80", "coverage_total_90")
SHARES = (*INSIDE, EVEN_80, EVEN_TOTAL_80, SERVICE_LEVEL)


def figures(found: Backtest) -> pd.DataFrame:
    """Backtest -> one row per model, item and horizon (`1`, `2`, ... and `all`), the best model of each item and horizon marked.

    The best has the least CRPS per unit seen; of several the one asked for first. `cells`: those scored, over all origins;
    `overstock_over_practice`: what is left over, over that of the average of three periods plus safety stock in proportion, when
    both meet the same share; `coverage_80_ties_spread`: `coverage_80` as it would be if counts were not rounded (by the
    randomised transform, over all horizons), and the same of totals; `left_out_of_mase`: series without a scale; `made_by`: the
    models that made the forecasts, and of how many series.
    """
    rows = [
        {
            "model": model,
            "item": item,
            "horizon": _name(place, tally),
            **_row(tally, place),
            "made_by": made_by(found, model, item),
        }
        for (model, item), tally in (found.tallies | _all_cells(found)).items()
        for place in range(len(tally.curves))
    ]
    df = pd.DataFrame(rows)
    df = df[df["cells"] > 0]
    df = pd.concat([df, _over_items(df[df["item"] != ALL_CELLS])], ignore_index=True)
    df = df.sort_values(["item", "horizon", "model"], key=_in_order(found), kind="stable", ignore_index=True)
    df.insert(3, "is_best", _is_best(df))
    return df.assign(
        origins=len(found.issue_dates),
        issue_date=str(found.now.job.issue_date.date()),
        data_until=str(found.now.inputs.data_until.date()),
    )


def best_model(table: pd.DataFrame) -> str | None:
    """The best over all items and the whole horizon; None where nothing could be compared."""
    whole = table[(table["item"] == ALL_ITEMS) & (table["horizon"] == WHOLE) & table["is_best"]]
    return None if whole.empty else str(whole["model"].iloc[0])


def made_by(found: Backtest, model: str, item: str) -> str:
    """The models that made the forecasts of an item, and of how many series: a model may fall back on another."""
    counts = found.made_by.get((model, item), Counter[str]())
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _row(tally: Tally, place: int) -> dict[str, float]:
    wanted = float(tally.sums["seen"][place])
    return {
        "cells": float(tally.counts["crps"][place]),
        "mean_seen": tally.mean("seen", place),
        "mase": tally.mean("mase", place),
        "rmsse": tally.mean("rmsse", place),
        "wmape": tally.share("absolute_error", "seen", place),
        "bias": tally.share("error", "seen", place),
        "bias_of_median": tally.share("error_of_median", "seen", place),
        "bias_in_stock": tally.share("error_in_stock", "seen_in_stock", place),
        "crps": tally.mean("crps", place),
        "crps_per_unit": tally.share("crps", "seen", place),
        **{name: tally.mean(name, place) for name in (*IN_UNITS[2:], *INSIDE)},
        **_ties_spread(tally, place),
        SERVICE_LEVEL: tally.mean("service_level", place),
        OVERSTOCK: scores.overstock_at_fill(tally.curves[place], wanted, FILL),
        PRACTICE: scores.ratio(
            *(scores.overstock_at_fill(curves[place], wanted, FILL) for curves in (tally.curves, tally.practice))
        ),
        "left_out_of_mase": float(tally.left_out),
    }


def _ties_spread(tally: Tally, place: int) -> dict[str, float]:
    """Coverage of cells and of totals as it would be without the rounding of counts; of the whole horizon only."""
    if place < len(tally.curves) - 1:
        return {EVEN_80: float("nan"), EVEN_TOTAL_80: float("nan")}
    low, high = PIT_LEVELS.index(0.1), PIT_LEVELS.index(0.9)
    return {
        EVEN_80: scores.ratio(float(tally.pits[high] - tally.pits[low]), float(tally.counts["crps"][-1])),
        EVEN_TOTAL_80: scores.ratio(
            float(tally.total_pits[high] - tally.total_pits[low]), float(tally.counts["coverage_total_80"][-1])
        ),
    }


def _all_cells(found: Backtest) -> dict[tuple[str, str], Tally]:
    """The tallies of all items of a model added up."""
    by_model: dict[str, list[Tally]] = {}
    for (model, _), tally in found.tallies.items():
        by_model.setdefault(model, []).append(tally)
    return {(model, ALL_CELLS): functools.reduce(operator.add, tallies) for model, tallies in by_model.items()}


def _over_items(df: pd.DataFrame) -> pd.DataFrame:
    """The rows of all items; empty where no item has a figure of every model."""
    rows = []
    for horizon, of_horizon in df.groupby("horizon", sort=False):
        columns: dict[str, pd.Series | float] = {}
        of_horizon = of_horizon[of_horizon["mean_seen"] > 0]
        for names, over in ((ERRORS, _geometric_mean), (BIASES, pd.Series.median), (SHARES, pd.Series.mean)):
            for name in names:
                by_item = of_horizon.pivot(index="model", columns="item", values=name).dropna(axis=1, how="any")
                columns[name] = by_item.apply(over, axis=1) if by_item.shape[1] else np.nan
        counts = of_horizon.groupby("model")[["cells", "left_out_of_mase"]].sum()
        rows.append(counts.assign(**columns).reset_index().assign(item=ALL_ITEMS, horizon=horizon))
    return pd.concat(rows, ignore_index=True) if rows else df


def _geometric_mean(values: pd.Series) -> float:
    """Zero where one is zero: a perfect forecast of an item."""
    return float(np.exp(np.log(values).mean())) if (values > 0).all() else 0.0


def _is_best(df: pd.DataFrame) -> pd.Series:
    """Rows in the order of the models -> the first with the least CRPS per unit of its item and horizon."""
    known = df[df["crps_per_unit"].notna()]
    places = known.groupby(["item", "horizon"])["crps_per_unit"].idxmin()
    return pd.Series(df.index.isin(places), index=df.index)


def _name(place: int, tally: Tally) -> str:
    return WHOLE if place == len(tally.curves) - 1 else str(place + 1)


def _in_order(found: Backtest) -> Callable[[pd.Series], pd.Series]:
    """Items by name, those over all last; horizons by number, the whole last; models as asked."""
    models = {model: place for place, model in enumerate(found.question.models)}
    last = {ALL_CELLS: "\U0010fffe", ALL_ITEMS: "\U0010ffff"}

    def key(column: pd.Series) -> pd.Series:
        if column.name == "item":
            return column.map(lambda item: last.get(item, item))
        if column.name == "horizon":
            return pd.to_numeric(column.where(column != WHOLE)).fillna(np.inf)
        return column.map(models)

    return key
