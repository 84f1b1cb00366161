"""The backtest on a screen: one line per model and item, the best marked, and what must be known to read it."""

from __future__ import annotations

import pandas as pd

from forecast import text_page
from forecast.backtest import AS_CONFIGURED, SIMPLE, Backtest
from forecast.backtest.figures import (
    ALL_CELLS,
    ALL_ITEMS,
    EVEN_80,
    EVEN_TOTAL_80,
    OVERSTOCK,
    PRACTICE,
    SERVICE_LEVEL,
    WHOLE,
    best_model,
)
from forecast.backtest.tally import FILL, SERVICE
from forecast.errors import counted
from forecast.text_page import few_days

MOST_ITEMS = 6  # with more, an item shows its best model and what is configured
TIES = 0.01  # of coverage: less is not told
TOO_GOOD = 3  # times better than the best simple method
COLUMNS = {
    "crps_per_unit": "CRPS",
    "mase": "MASE",
    "wmape": "wMAPE",
    "bias": "bias",
    "coverage_80": "80 %",
    "coverage_90": "90 %",
    "coverage_total_80": "total 80 %",
    SERVICE_LEVEL: "served",
    OVERSTOCK: "overstock",
    PRACTICE: "of practice",
}
HEAD = ("", "item", "model", *(f"{name}>" for name in COLUMNS.values()))


def page(found: Backtest, table: pd.DataFrame) -> str:
    """Backtest and its figures -> the page."""
    whole = table[(table["horizon"] == WHOLE) & (table["item"] != ALL_CELLS)]
    parts = [_head(found, table), _lines(whole), _legend(), _best(found, table), _fallbacks(found), _too_good(whole)]
    return text_page.page(parts)


def _head(found: Backtest, table: pd.DataFrame) -> list[str]:
    job, unit = found.now.job, {"D": "day", "W": "week", "M": "month"}[found.now.job.config.forecast.period]
    days = few_days(list(found.issue_dates))
    scored = table.loc[(table["item"] == ALL_CELLS) & (table["horizon"] == WHOLE), "cells"]
    cells = int(scored.max()) if len(scored) else 0
    gaps = ", an absent row counting as zero" if found.question.gaps == "zero" else ""
    lines = [
        f"{job.config.title}: as of {days}, {counted(len(found.issue_dates), 'origin')}, each "
        f"{counted(job.config.forecast.horizon, unit)} ahead",
        f"Scored by the records known on {job.issue_date.date()}: {counted(cells, 'cell')} (zone, item, {unit} ahead){gaps}",
    ]
    left = [f"{count:,} {why}" for why, count in found.unscored.items() if count]
    return [*lines, *([f"Not scored: cells {'; '.join(left)}"] if left else []), *found.notes]


def _lines(whole: pd.DataFrame) -> list[str]:
    """One line per model and item; of many items only the best and what is configured."""
    is_short = whole["item"].nunique() - 1 > MOST_ITEMS
    shown = whole["is_best"] | (whole["model"] == AS_CONFIGURED) | (whole["item"] == ALL_ITEMS) | (not is_short)
    if whole["item"].nunique() == 2:  # one item, and the same again over all
        shown &= whole["item"] != ALL_ITEMS
    rows = [
        ("*" if row["is_best"] else "", row["item"], row["model"], *(_figure(name, row[name]) for name in COLUMNS))
        for row in whole[shown].to_dict("records")
    ]
    return text_page.table(HEAD, rows)


def _figure(name: str, value: float) -> str:
    if pd.isna(value):
        return "-"
    return f"{value:+.3f}" if name == "bias" else f"{value:.3f}"


def _legend() -> list[str]:
    return [
        "  *          the least CRPS: the error of the whole forecast, per unit seen. Over all items, each item counts alike:",
        "             geometric mean of errors, median of biases, mean of shares",
        "  80 %, 90 % share of what came inside the interval that should hold so much; total: of sums over the horizon",
        f"  served     share of cells covered when the {SERVICE:.0%} quantile is stocked",
        f"  overstock  left over per unit wanted, of a stock that meets {FILL:.0%} of what was wanted; - : no sample is enough",
        "  of practice  the same over what the average of three periods leaves, with so much safety stock that it meets as much",
    ]


def _best(found: Backtest, table: pd.DataFrame) -> list[str]:
    best = best_model(table)
    seconds = ", ".join(f"{model} {taken / len(found.issue_dates):.1f}" for model, taken in found.seconds.items())
    lines = [f"Best over all items: {best}", *_ties(table, best)] if best else ["Nothing could be scored"]
    return [*lines, f"Seconds per origin: {seconds}"]


def _ties(table: pd.DataFrame, best: str) -> list[str]:
    """What the rounding of counts adds to the coverage, where that is worth telling."""
    over_all = table[(table["item"] == ALL_ITEMS) & (table["horizon"] == WHOLE) & (table["model"] == best)]
    held, even, total_held, total_even = (
        float(over_all[name].iloc[0]) for name in ("coverage_80", EVEN_80, "coverage_total_80", EVEN_TOTAL_80)
    )
    if not held - even > TIES:
        return []
    return [
        f"Its 80 % intervals held {held:.1%}, those of totals {total_held:.1%}; without the rounding of counts, which makes "
        f"small ones wider, {even:.1%} and {total_even:.1%}"
    ]


def _fallbacks(found: Backtest) -> list[str]:
    """Models that gave no answer for some series."""
    lines = []
    for model in found.question.models:
        names = [(name, count) for (one, _), made in found.made_by.items() if one == model for name, count in made.items()]
        every = f"{sum(count for _, count in names):,} series over all origins"
        failed, none = (sum(count for name, count in names if what in name) for what in ("fell back", "none"))
        if failed:
            lines.append(f"{model}: gave no forecast of {failed:,} of {every}, and another model was used (column made_by)")
        if none and model == found.question.models[0]:
            lines.append(f"No forecast, nor a score, of {none:,} of {every}: only stock-outs are on record, or they closed")
    return lines


def _too_good(whole: pd.DataFrame) -> list[str]:
    """Too good is a leak until proven otherwise."""
    crps = whole[whole["item"] == ALL_ITEMS].set_index("model")["crps_per_unit"].dropna()
    simple = crps[[name for name in crps.index if name in SIMPLE]]
    if simple.empty:
        return []
    return [
        f"{model}: {simple.min() / value:.0f} times better than the best simple method. Too good is a leak until proven otherwise"
        if value > 0
        else f"{model}: without any error. Too good is a leak until proven otherwise"
        for model, value in crps.items()
        if value * TOO_GOOD < simple.min()
    ]
