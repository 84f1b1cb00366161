"""Commitments: what must arrive in a zone, at least, exactly or at most."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from forecast import periods
from forecast.allocate.arrays import Ints, positions, rows
from forecast.allocate.timeline import Calendar
from forecast.errors import few
from forecast.schema import Floats, Ledger

COLUMNS = ["zone", "item", "period", "minimum", "maximum", "name"]


def commitments(
    table: pd.DataFrame,
    received: pd.DataFrame,
    zones: pd.Index,
    items: pd.Index,
    calendar: Calendar,
    source_period: str,
    ledger: Ledger,
) -> pd.DataFrame:
    """COMMITMENTS and receipts (`zone, item, quantity, received`) -> `zone, item, period` positions, `minimum, maximum` item
    units (0 and inf: none), `name` for messages.

    One row per zone, item and plan period: what is promised within one plan period adds up. A fixed quantity is both bounds. What
    was received in the period of a promise is kept of it.
    """
    df = table.assign(at=running(table["period"], calendar, source_period), kept=_received(table, received, source_period))
    df = df.assign(z=positions(zones, df["zone"]), k=positions(items, df["item"]))
    inside = (df["at"] >= 0) & (df["at"] < calendar.count) & (df["z"] >= 0) & (df["k"] >= 0)
    if (~inside).any():
        left_out = [f"{row.zone} {row.item} {row.period.date()}" for row in rows(df[~inside])]
        ledger.remarks.append(f"Commitments outside the plan's periods, zones or items, not used: {few(left_out)}.")
    df = df[inside].sort_values(["z", "k", "at", "minimum", "fixed", "maximum", "reason", "who"])
    added = [_added_up(*cast("tuple[int, int, int]", key), promised) for key, promised in df.groupby(["z", "k", "at"])]
    return pd.DataFrame(added, columns=COLUMNS).astype(dict.fromkeys(("zone", "item", "period"), "int64"))


def running(dates: pd.Series, calendar: Calendar, source_period: str) -> Ints:
    """(row) period starts -> (row) the plan period that holds each; a period that is running on the issue date counts as the
    first.
    """
    at = calendar.holding(dates)
    ends = np.array([periods.step(date, 1, source_period) > calendar.issue_date for date in dates], dtype=bool)
    return np.where((at < 0) & ends, 0, at)


def _received(table: pd.DataFrame, received: pd.DataFrame, source_period: str) -> Floats:
    """(row) what the zone received of the item within the period of the promise, item units."""
    kept = np.zeros(len(table))
    for n, row in enumerate(rows(table)):
        of_row = received[(received["zone"] == row.zone) & (received["item"] == row.item)]
        within = (of_row["received"] >= row.period) & (of_row["received"] < periods.step(row.period, 1, source_period))
        kept[n] = of_row.loc[within, "quantity"].sum()
    return kept


def _added_up(zone: int, item: int, period: int, promised: pd.DataFrame) -> tuple[int, int, int, float, float, str]:
    left = promised[["minimum", "fixed", "maximum"]].sub(promised["kept"], axis=0).clip(lower=0)
    fixed = left["fixed"].fillna(0).sum()
    has_ceiling = left[["fixed", "maximum"]].notna().any(axis=1).all()
    minimum = fixed + left["minimum"].fillna(0).sum()
    maximum = fixed + left["maximum"].fillna(0).sum() if has_ceiling else np.inf
    said = [_said(row) for row in promised.to_dict("records")]
    return zone, item, period, float(minimum), float(max(minimum, maximum)), "; ".join(said)


def _said(row: Mapping[Hashable, Any]) -> str:
    bounds = [f"{bound} {row[bound]:g}" for bound in ("minimum", "fixed", "maximum") if pd.notna(row[bound])]
    why = ", ".join(str(row[name]) for name in ("who", "reason") if row.get(name))
    start = pd.Timestamp(str(row["period"])).date()
    return f"{' and '.join(bounds)} of {row['item']} for {row['zone']} in the period of {start}{f' ({why})' if why else ''}"
