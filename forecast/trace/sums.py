"""The sums that join the forecast, the lines and the rows of the plan, written out for a pocket calculator."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecast import periods
from forecast.text_page import day, exact
from forecast.trace.beside import HALF_DIGIT, beside
from forecast.trace.chain import Chain, Row
from forecast.trace.made_of import made_of
from forecast.trace.on_hand import on_hand

AVAILABLE = ("zone_stock", "in_transit", "planned", "by_others")


def arithmetic(chain: Chain, last: int) -> list[str]:
    """What demand is made of; then, period by period, forecasts to demand, lines to planned, and the balance of the row."""
    if chain.cells.empty:
        return ["  nothing was planned"]
    found: list[str] = []
    rows = chain.cells.to_dict("records")
    found += [f"  {line}" for line in (*made_of(chain), *on_hand(chain, rows[0]))]
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        found.append(f"  {day(row['period'])}")
        found += [
            f"    {line}" for line in (*_demand(chain, row), *_planned(chain, row), *_balance(row), *_carried(row, following))
        ]
    return found


def _demand(chain: Chain, row: Row) -> Iterator[str]:
    """demand_mean = for each item and forecast period: mean x need units per unit x share of its days in the plan period."""
    start, terms, total, least = pd.DatetimeIndex([row["period"]]), [], 0.0, HALF_DIGIT
    for item in chain.members:
        df = chain.of_item(chain.demand[chain.demand["quantity"] == "demand"], item)
        if df.empty:
            continue
        covers = float(chain.items["covers"].loc[item])
        shares = periods.day_shares(pd.DatetimeIndex(df["period"]), chain.forecast_period, start, chain.plan_period)[:, 0]
        for mean, share in zip(df["mean"], shares, strict=True):
            if share > 0:
                terms.append(_term(mean, covers, share, item if len(chain.members) > 1 else ""))
                total, least = total + mean * covers * share, least + HALF_DIGIT * covers * share
    if terms:
        yield f"demand    {' + '.join(terms)} = {beside(total, row['demand_mean'], 'demand_mean', least)}"


def _planned(chain: Chain, row: Row) -> Iterator[str]:
    """planned = the lines that arrive in the period, x need units per unit."""
    start = pd.Timestamp(row["period"])
    end = start + pd.Timedelta(days=periods.DAYS[chain.plan_period])
    df = chain.lines[(chain.lines["arrive_by"] >= start) & (chain.lines["arrive_by"] < end) & (chain.lines["quantity"] > 0)]
    sent = [(line, float(chain.items["covers"].loc[line["item"]])) for line in df.to_dict("records")]
    terms = [f"{line['line_id']} {_term(line['quantity'], covers, 1.0, '')}" for line, covers in sent]
    total = sum(line["quantity"] * covers for line, covers in sent)
    yield f"planned   {' + '.join(terms) or 'no line arrives'} = {beside(total, row['planned'], 'planned', 2 * HALF_DIGIT)}"


def _balance(row: Row) -> Iterator[str]:
    """demand + carried need = available + unmet - surplus; coverage = 1 - unmet / needed."""
    value = {
        name: float(str(row[name]))
        for name in (*AVAILABLE, "demand_mean", "carried_need", "expected_unmet", "expected_surplus", "coverage")
    }
    have = float(np.nansum([value[name] for name in AVAILABLE]))
    needed, unmet, surplus = value["demand_mean"] + value["carried_need"], value["expected_unmet"], value["expected_surplus"]
    unknown = " (zone_stock is unknown: nothing is counted on)" if np.isnan(value["zone_stock"]) else ""
    parts = " + ".join(f"{name} {exact(value[name])}" for name in AVAILABLE if not np.isnan(value[name]))
    yield f"available {parts} = {exact(have)}{unknown}"
    yield (
        f"balance   demand {exact(value['demand_mean'])} + carried need {exact(value['carried_need'])} = {exact(needed)}; "
        f"available {exact(have)} + unmet {exact(unmet)} - surplus {exact(surplus)} = "
        f"{beside(have + unmet - surplus, needed, 'what is needed', HALF_DIGIT)}"
    )
    if needed > 0:
        told = beside(1 - unmet / needed, value["coverage"], "coverage", 0.0001 + 2 * HALF_DIGIT / needed, 4)
        yield f"coverage  1 - {exact(unmet)} / {exact(needed)} = {told}"


def _carried(row: Row, following: Row | None) -> Iterator[str]:
    """What passes into the next period: goods left over that last, need left over that does not lapse."""
    if following is None:
        return
    lost = row["expected_surplus"] - following["zone_stock"]
    perished = f", {exact(lost)} perishes" if lost > 2 * HALF_DIGIT else ""
    yield f"left over goods {exact(row['expected_surplus'])}: {exact(following['zone_stock'])} are the next zone_stock{perished}"
    if row["expected_unmet"] or following["carried_need"]:
        later = following["carried_need"]
        lapses = "" if later else " (it lapses)"
        yield f"left over need {exact(row['expected_unmet'])}: {exact(later)} is the next carried need{lapses}"


def _term(quantity: float, covers: float, share: float, item: str) -> str:
    days = "" if share == 1 else f" x {exact(share, 6)} of its days"
    return f"{f'{item} ' if item else ''}{exact(quantity)}{'' if covers == 1 else f' x {exact(covers, 6)}'}{days}"
