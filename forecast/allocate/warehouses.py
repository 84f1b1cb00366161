"""Warehouses of depots: what fits in beside what lies there. A transfer waits until it fits; an arrival comes, and it is told.

Volumes are taken when goods come, before anything is loaded that period. A depot that would be over full by what it has and what
arrives, if nothing left it, gets none from other depots.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Flags, Ints, positions
from forecast.allocate.timeline import Calendar
from forecast.errors import few
from forecast.schema import Floats, Ledger

COLUMNS = {"dry": "dry_m3", "cold": "cold_m3"}  # carriage of goods -> the column of depots


def holds(table: pd.DataFrame, depots: pd.Index) -> Floats:
    """DEPOTS -> (d, kind) m3 that fit in, by kind of goods as in COLUMNS; inf where there is no limit."""
    limits = table.set_index("depot").reindex(depots)[list(COLUMNS.values())].to_numpy(float)
    return np.where(np.isnan(limits), np.inf, limits)


def volumes(items: pd.DataFrame) -> Floats:
    """(kind, k) m3 of an item unit, 0 of goods of another kind."""
    m3 = np.nan_to_num(items["m3_per_unit"].to_numpy(float))
    return np.stack([np.where(items["carriage"] == kind, m3, 0.0) for kind in COLUMNS])


def anyway(stock: pd.DataFrame, items: pd.DataFrame, depots: int, calendar: Calendar) -> Floats:
    """(d, kind, t) m3 of all that lies there or has come by a period, if nothing ever leaves."""
    came = np.zeros((depots, len(items), calendar.count))
    np.add.at(came, (stock["depot"].to_numpy(), stock["item"].to_numpy(), stock["period"].to_numpy()), stock["quantity"])
    return np.asarray(np.einsum("ck,dkt->dct", volumes(items), np.cumsum(came, axis=2)))


def barred(moves: pd.DataFrame, free: Floats, items: pd.DataFrame) -> Flags:
    """(move) whether it would come to a depot that is over full already; (d, kind, t) `free` m3 if nothing ever leaves."""
    is_full = np.einsum("ck,dct->dkt", volumes(items) > 0, free < 0) > 0
    return np.asarray(is_full[moves["into"], moves["item"], moves["arrives"]])


def say_over_full(depots: pd.DataFrame, table: pd.DataFrame, items: pd.DataFrame, ledger: Ledger) -> None:
    """DEPOTS and DEPOT_STOCK -> a remark on each warehouse that what comes does not fit into."""
    peak = table[["arrivals", "shipped", "expired", "closing"]]
    there = peak["closing"] + peak["shipped"] + peak["expired"]  # when it has come, and nothing has left yet
    by_kind = volumes(items)[:, positions(items.index, table["item"])] * there.to_numpy(float)
    limits = depots.set_index("depot")
    for kind, column in enumerate(COLUMNS.values()):
        m3 = pd.Series(by_kind[kind]).groupby([table["depot"].to_numpy(), table["period"].to_numpy()]).sum().unstack()
        limit = limits[column].reindex(m3.index)
        over = list(_worst(m3[m3.gt(limit * (1 + 1e-6), axis=0)], limit))
        if over:
            ledger.remarks.append(
                f"More comes to a depot than its store holds (depots: {column}): {few(over, 8)}. Planned as if it fitted in."
            )


def _worst(over: pd.DataFrame, limit: pd.Series) -> Iterator[str]:
    for depot, row in over.dropna(how="all").iterrows():
        first = pd.Timestamp(str(row.first_valid_index())).date()
        yield f"{depot} {row.max():,.1f} of {limit[str(depot)]:,.1f} m3, from {first}"


def rows_of(free: Floats, moves: pd.DataFrame, items: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    """The (depot, kind, period) in which something may come to a warehouse that has a limit."""
    comes = np.zeros(free.shape, dtype=bool)
    depot, item, period = (moves[name].to_numpy() for name in ("into", "item", "arrives"))
    for kind, m3 in enumerate(volumes(items)):
        comes[depot[m3[item] > 0], kind, period[m3[item] > 0]] = True
    found = np.argwhere(comes & np.isfinite(free))
    return found[:, 0], found[:, 1], found[:, 2]
