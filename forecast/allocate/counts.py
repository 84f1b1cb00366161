"""The zones' stock on the issue date: the last count, what was received since, less the demand expected since."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Flags, Ints, positions
from forecast.allocate.timeline import Calendar, days_between
from forecast.errors import counted
from forecast.schema import Floats, Ledger


def on_hand(
    table: pd.DataFrame,
    received: pd.DataFrame,
    rate: Floats,
    items: pd.DataFrame,
    zones: pd.Index,
    pairs: Flags,
    calendar: Calendar,
    max_age: int,
    ledger: Ledger,
) -> Floats:
    """ZONE_STOCK, receipts (`zone, item, quantity, received`) and (z, k) mean demand a day -> (z, k) item units; NaN: unknown.

    Day by day from the count to the issue date: stock + received - demand, never below 0. A count older than `max_age` days is
    neither the old figure nor zero; there, only what was received within that time is counted on. Goods are no older than
    `keeps_days`.
    """
    keeps = items["keeps_days"].fillna(np.inf).to_numpy(float)
    quantity, first = _counted(table, zones, items.index, calendar, max_age)
    is_counted = ~np.isnan(quantity)
    quantity[is_counted & (-first > keeps)] = 0.0
    oldest = np.where(is_counted, first, -max_age)
    came = _received(received, zones, items.index, calendar, oldest, keeps)

    stock = np.where(is_counted, np.nan, 0.0)
    for day in range(-max_age, 0):
        stock = np.where(is_counted & (first == day), quantity, stock)
        _add(stock, came, day)
        stock = np.maximum(stock - np.nan_to_num(rate), 0.0)
    stock = np.where(is_counted & (first >= 0), quantity, stock)
    _add(stock, came, 0)
    _say(is_counted, pairs, first, stock, max_age, ledger)
    return np.where(is_counted | (stock > 0), stock, np.nan)


def _counted(table: pd.DataFrame, zones: pd.Index, items: pd.Index, calendar: Calendar, max_age: int) -> tuple[Floats, Ints]:
    """(z, k) twice: the quantity counted, NaN where there is no count young enough, and the first day that is not in it."""
    age = -days_between(calendar.issue_date, table["counted_on"])
    first = -age + (table["counted_at"] == "end_of_day").to_numpy(int)
    z, k = positions(zones, table["zone"]), positions(items, table["item"])
    used = (z >= 0) & (k >= 0) & (age >= 0) & (age <= max_age)
    quantity, day = np.full((len(zones), len(items)), np.nan), np.zeros((len(zones), len(items)), dtype=np.int64)
    quantity[z[used], k[used]] = table["quantity"].to_numpy(float)[used]
    day[z[used], k[used]] = first[used]
    return quantity, day


def _received(
    received: pd.DataFrame, zones: pd.Index, items: pd.Index, calendar: Calendar, oldest: Ints, keeps: Floats
) -> dict[int, pd.DataFrame]:
    """Day -> `z, k, quantity`: what came on the `oldest` (z, k) day or later, up to the issue date, and still keeps."""
    df = pd.DataFrame({"z": positions(zones, received["zone"]), "k": positions(items, received["item"])})
    df = df.assign(day=days_between(calendar.issue_date, received["received"]), quantity=received["quantity"].to_numpy(float))
    df = df[(df["z"] >= 0) & (df["k"] >= 0) & (df["day"] <= 0)]
    young = (df["day"] >= oldest[df["z"], df["k"]]) & (-df["day"] <= keeps[df["k"]])
    df = df[young].sort_values(["day", "z", "k", "quantity"])  # sums do not depend on the order of rows
    return {int(str(day)): rows for day, rows in df.groupby("day")}


def _add(stock: Floats, came: dict[int, pd.DataFrame], day: int) -> None:
    rows = came.get(day)
    if rows is not None:
        np.add.at(stock, (rows["z"].to_numpy(), rows["k"].to_numpy()), rows["quantity"].to_numpy())


def _say(is_counted: Flags, pairs: Flags, first: Ints, stock: Floats, max_age: int, ledger: Ledger) -> None:
    unknown = int((~is_counted & pairs).sum())
    known_part = int((~is_counted & pairs & (stock > 0)).sum())
    if unknown:
        then = "nothing is counted on there" + (", but for what came within that time" if known_part else "")
        ledger.remarks.append(
            f"Stock in the zones is unknown for {unknown} of {int(pairs.sum())} zones and items (no count within {max_age} days, "
            f"plan.stock_max_age_days): {then}."
        )
    if known_part:
        source = "receipts in dispatches, less the expected demand since; what lay there before is not known"
        applies_to = f"{known_part} of the zones and items without a count"
        ledger.assume("zone stock", applies_to, "what was received", "", source)
    older = is_counted & pairs & (first < 0)
    if older.any():
        applies_to = f"{counted(int(older.sum()), 'count')} made up to {int(-first[older].min())} days before the issue date"
        source = "mean demand forecast for the first period, per day; never below 0"
        ledger.assume("zone stock", applies_to, "count + receipts since - expected demand since", "", source)
