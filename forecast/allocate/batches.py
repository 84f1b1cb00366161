"""Depot stock by batch: what can be loaded from when, and until when it is good (FEFO: first expired, first out)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Ints, positions, rows
from forecast.allocate.depots import arriving, less_what_left
from forecast.allocate.timeline import Calendar, days_between
from forecast.schema import Floats, Ledger, Stock

NEVER = np.iinfo(np.int64).max  # expires, in days after the issue date: not within anyone's horizon
KEY = ["depot", "item", "expires", "period", "batch", "lies_there"]


def batches(
    stock: Stock, left: pd.DataFrame, depots: pd.Index, items: pd.Index, calendar: Calendar, overdue_days: int, ledger: Ledger
) -> pd.DataFrame:
    """STOCK and what left (`depot, item, quantity, left`) -> `depot, item` positions, `batch`, `expiry`, `expires` (days after
    the issue date), `period` it can first be loaded in, `lies_there` on the issue date, `quantity`.

    Usable stock that has not expired, less what left since it was counted, and arrivals, which can be loaded from the first
    period that starts on or after their latest date. Sorted by depot, item, expiry, period: the order in which it leaves.
    """
    lying = less_what_left(stock.depot_stock, left, ledger)
    lying = lying[lying["status"].isin(["usable", ""]) | lying["status"].isna()]
    lying = lying.assign(period=calendar.first_from(lying["available_from"]))
    lying = lying.assign(lies_there=lying["period"] == 0)
    coming = arriving(stock.arrivals, calendar, overdue_days, ledger)
    coming = coming.assign(batch="", expiry=pd.Timestamp("NaT"), lies_there=False)
    columns = ["depot", "item", "quantity", "batch", "expiry", "period", "lies_there"]
    df = pd.concat([frame[columns] for frame in (lying, coming) if len(frame)] or [lying[columns]], ignore_index=True)
    df["expiry"] = pd.to_datetime(df["expiry"])
    df["batch"] = df["batch"].fillna("").astype(str)
    days = days_between(calendar.issue_date, df["expiry"].fillna(calendar.issue_date))
    df["expires"] = np.where(df["expiry"].isna(), NEVER, days)
    df["depot"], df["item"] = positions(depots, df["depot"]), positions(items, df["item"])
    is_used = (df["quantity"] > 0) & (df["expires"] > 0) & (df["period"] < calendar.count) & (df["item"] >= 0)
    df = df[is_used].sort_values([*KEY, "quantity"])
    return merged(df)


def merged(df: pd.DataFrame) -> pd.DataFrame:
    """Batches with one row each, in the order in which they leave; those of which nothing is left are left out."""
    df = df[df["quantity"] > 0].groupby(KEY, as_index=False).agg({"expiry": "first", "quantity": "sum"})
    return df.sort_values(KEY, ignore_index=True)


@dataclass(frozen=True)
class Grade:
    """The goods of one item at one depot that outlive a day: loads that arrive on or after it can only be taken from them.

    `rank` 0: all goods, `outlives` -1; then by day, in days after the issue date. `comes`: (t) item units first loadable
    in each period.
    """

    depot: int
    item: int
    rank: int
    outlives: int
    comes: Floats


def grades(stock: pd.DataFrame, calendar: Calendar, pack: Floats | None = None) -> Iterator[Grade]:
    """Batches -> for each depot and item its grades, all goods first; with `pack` (k), in whole packs of each batch.

    "Shipments and waste accumulated to a day are at least what expires by then" says the same of the goods that do not
    outlive it. This form also holds where lead times differ, and needs no age of the goods.
    """
    for key, held in stock.groupby(["depot", "item"]):
        depot, item = cast("tuple[int, int]", key)
        expires, period = held["expires"].to_numpy(), held["period"].to_numpy()
        quantity = held["quantity"].to_numpy(float)
        if pack is not None:
            quantity = np.floor(quantity / pack[item] + 1e-9)
        last_day = calendar.days * calendar.count
        for rank, outlives in enumerate([-1, *np.unique(expires[expires < last_day])]):
            comes = np.asarray(np.bincount(period, quantity * (expires > outlives), calendar.count), dtype=float)
            yield Grade(int(depot), int(item), rank, int(outlives), comes)


def assign(stock: pd.DataFrame, loads: pd.DataFrame, packs: Ints, pack: Floats) -> pd.DataFrame:
    """Whole packs per load -> `load, batch, packs`: which batch each is taken from (row of `stock`), first expired first.

    Loads are served in the order they leave. A load gets no batch that expires before it arrives; what no batch is left
    for is not in the result.
    """
    left = np.floor(stock["quantity"].to_numpy(float) / pack[stock["item"]] + 1e-9).astype(np.int64)
    expires, available = stock["expires"].to_numpy(), stock["period"].to_numpy()
    held = {key: found.to_numpy() for key, found in stock.groupby(["depot", "item"]).groups.items()}
    taken: list[tuple[int, int, int]] = []
    chosen = loads.assign(packs=packs)[packs > 0].sort_values(["period", "arrive_day", "depot", "item"], kind="stable")
    for load in rows(chosen):
        wanted = int(load.packs)
        for row in held.get((load.depot, load.item), ()):
            if wanted and left[row] and available[row] <= load.period and expires[row] > load.arrive_day:
                given = min(wanted, int(left[row]))
                left[row] -= given
                wanted -= given
                taken.append((int(load.Index), int(row), given))
    return pd.DataFrame(taken, columns=["load", "batch", "packs"]).astype("int64")
