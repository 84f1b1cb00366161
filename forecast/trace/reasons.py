"""Why a forecast is what it is, from the panel: level, trend, season, people, signals, stock-outs, and why this model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast import periods
from forecast.chosen import chosen, closer
from forecast.meaning import ARRIVING, DELIVERED
from forecast.schema import Trial
from forecast.text_page import day, exact, percent
from forecast.trace.chain import Chain

LEVEL, YEAR_OF_RECORDS = 3, 12  # known periods averaged
MOST_MISSING = 1 / 3  # of the year round a period, for its season
FEWEST = 4  # periods on either side of a signal's median


def reasons(chain: Chain, item: str, demand: pd.DataFrame) -> list[str]:
    """What a logistician asks of a series, by comparing records, which are not a model's own parts.

    `demand`: the item's rows of demand.csv.
    """
    counts = chain.items["records_count"].loc[item]
    quantity = "distributed" if counts in (ARRIVING, DELIVERED) else "demand"
    past = chain.of_item(chain.panel, item)
    known = past.dropna(subset=[quantity]).set_index("period")[quantity]
    ahead = list(demand.loc[demand["quantity"] == quantity, "period"].sort_values())
    told = [
        *_level(known),
        *_season(past.set_index("period")[quantity], ahead, chain.forecast_period),
        *_people(chain, past, known, ahead),
        *_signals(chain, past, quantity),
        *_stock(past, demand, quantity),
        _model(chain, item, str(demand["model"].iloc[0]), len(known)),
    ]
    return ["  why, by the records:", *(f"    {line}" for line in told)]


def _level(known: pd.Series) -> list[str]:
    if known.empty:
        return ["level: no known period"]
    new, before = known.tail(LEVEL), known.iloc[:-LEVEL].tail(LEVEL)
    lines = [f"level: {exact(new.mean())} a period, the mean of the last {len(new)} known"]
    if len(known) > LEVEL:
        year = known.tail(YEAR_OF_RECORDS)
        lines[0] += f"; {exact(year.mean())} over the last {len(year)}"
    if len(before) == LEVEL:
        change = f" = {_change(new.mean() / before.mean())}" if before.mean() > 0 else ""
        means = f"{exact(new.mean())} / {exact(before.mean())}"
        lines.append(f"trend: the last {LEVEL} known over the {LEVEL} before: {means}{change}")
    return lines


def _season(values: pd.Series, ahead: list[pd.Timestamp], period: str) -> list[str]:
    """The first period ahead in earlier years, each over the mean of the year round it; nothing before a year is known."""
    if not ahead or values.empty:
        return []
    year = {"M": 12, "W": 52, "D": 364}[period]
    steps = periods.run(values.index[0], len(values), period)
    place, found = steps.get_indexer(pd.Index([periods.step(ahead[0], -year, period)]))[0], []
    while 0 <= place < len(values):
        round_it = values.iloc[max(place - year // 2, 0) : place + year // 2]
        whole = round_it.notna().sum() >= (1 - MOST_MISSING) * year
        if whole and pd.notna(values.iloc[place]) and round_it.mean() > 0:
            found.append((steps[place], float(values.iloc[place]), float(round_it.mean())))
        place -= year
    if not found:
        return [f"season of {day(ahead[0])}: not known, no whole year round the same period of an earlier year"]
    terms = ", ".join(f"{exact(value)} / {exact(mean)} ({day(start)})" for start, value, mean in found)
    ratio = float(np.mean([value / mean for _, value, mean in found]))
    what = "the same period of earlier years over the mean of the year round it"
    return [f"season of {day(ahead[0])}: {what}: {terms} = {_change(ratio)}"]


def _people(chain: Chain, past: pd.DataFrame, known: pd.Series, ahead: list[pd.Timestamp]) -> list[str]:
    """How many people are there now and expected, beside those of the level's periods; only where they drive the forecast."""
    exposure = chain.run.settings["forecast"]["exposure"]
    people = past.set_index("period")["people"]
    then, now = people.reindex(known.tail(LEVEL).index).dropna(), people.dropna()
    if exposure is None or then.empty or not then.mean() > 0:
        return ["people present: not in the forecast"] if exposure is None else ["people present: not known"]
    line = f"people present ({exposure}): {exact(now.iloc[-1], 1)} now over {exact(then.mean(), 1)} when the level was measured"
    line += f" = {_change(now.iloc[-1] / then.mean())}"
    coming = chain.trend[chain.trend["period"].isin(ahead[:1])] if len(chain.trend) else chain.trend
    expected = coming["people"].dropna() if "people" in coming else pd.Series(dtype=float)
    return [line + (f"; {exact(expected.iloc[0], 1)} expected for {day(ahead[0])}" if len(expected) else "")]


def _signals(chain: Chain, past: pd.DataFrame, quantity: str) -> list[str]:
    """For each signal: what was needed when it was high over what was needed when it was low, and where it stands now."""
    exposure, lines = chain.run.settings["forecast"]["exposure"], []
    names = [name for name in chain.signals.columns if name not in ("zone", "period", exposure) and name in past]
    for name in names:
        if str(name).endswith(("_coverage", "_cv")):
            continue
        both = past[[name, quantity]].dropna()
        middle = both[name].median()
        high, low = both.loc[both[name] > middle, quantity], both.loc[both[name] <= middle, quantity]
        if min(len(high), len(low)) < FEWEST or not low.mean() > 0:
            continue
        newest = past[name].dropna().iloc[-1]
        lines.append(
            f"{name}: above its median {exact(middle)} in {len(high)} periods, with {exact(high.mean())} on average, over "
            f"{exact(low.mean())} in the {len(low)} others = {_change(high.mean() / low.mean())}; newest {exact(newest)}"
        )
    return lines


def _stock(past: pd.DataFrame, demand: pd.DataFrame, quantity: str) -> list[str]:
    reported = past[past["is_reported"].astype(bool) | past["is_censored"].astype(bool)].tail(YEAR_OF_RECORDS)
    if reported.empty:
        return []
    line = f"stock ran out in {int(reported['is_censored'].sum())} of the last {len(reported)} reported periods"
    means = demand.groupby("quantity")["mean"].sum()
    if quantity == "demand" and {"demand", "distributed"} <= set(means.index) and means["distributed"] > 0:
        ratio = means["demand"] / means["distributed"]
        line += f"; forecast of need over what will be handed out: {exact(means['demand'])} / {exact(means['distributed'])}"
        line += f" = {_change(ratio)}"
    return [line]


def _model(chain: Chain, item: str, model: str, known: int) -> str:
    """Why this model: chosen by past values, set in the config, or what stands in where too little is known."""
    settings = chain.run.settings
    if model == "given":
        return "model: none, the demand was given"
    if model.endswith("norm") and known < settings["forecast"]["norm_after"]:
        return f"model {model}: {known} known periods are fewer than forecast.norm_after {settings['forecast']['norm_after']}"
    found = [one for one in chosen(_trials(chain, item)) if one.label == model]
    if not found:
        own = (settings["items"].get(item) or {}).get("model")
        return f"model {model}: {_not_chosen(model, own or settings['forecast']['default'], known, settings['forecast'])}"
    one = found[0]
    rivals = ", ".join(f"{name} ({closer(relative)})" for name, relative in one.runners_up[:2])
    if not one.cells:
        return f"model {model}: {one.left_out[0][1] if one.left_out else 'no past value could be scored; the best of all items'}"
    return (
        f"model {model}: on {int(one.cells):,} past values {closer(one.relative)} than the average of 3 periods, of which "
        f"{percent(one.inside_80)} lay in the 80 % range" + (f"; next best {rivals}" if rivals else "")
    )


def _not_chosen(model: str, asked: Mapping[str, Any], known: int, forecast: Mapping[str, Any]) -> str:
    if model == asked["use"]:
        return "as set in the config"
    if known < forecast["norm_after"]:
        return f"{known} known periods are fewer than forecast.norm_after {forecast['norm_after']}"
    return "the model of the item gave no forecast here"


def _trials(chain: Chain, item: str) -> list[Trial]:
    rows = chain.choices[chain.choices["item"] == item].to_dict("records")
    names = ("item", "model", "cells", "crps", "relative_crps", "inside_80", "share", "note")
    return [Trial(*(row[name] for name in names)) for row in rows]


def _change(ratio: float) -> str:
    """1.167 -> 'x 1.167 (+16.7 %)'."""
    return f"x {exact(ratio)} ({'+' if ratio >= 1 else ''}{exact(100 * (ratio - 1), 1)} %)"
