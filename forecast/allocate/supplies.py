"""What the zones have or get without this plan: counted stock, consignments on the road, what others bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Flags, positions
from forecast.allocate.commitments import running
from forecast.allocate.timeline import Calendar
from forecast.config import Config
from forecast.schema import Floats, Inputs, Ledger

NOT_COMING = ("cancelled", "canceled", "lost", "returned")


@dataclass(frozen=True)
class ZoneSupply:
    """`on_hand` (z, k), NaN where unknown; `in_transit`, `by_others` (z, k, t): item units, by period of arrival."""

    on_hand: Floats
    in_transit: Floats
    by_others: Floats


def zone_supply(
    inputs: Inputs,
    zones: pd.Index,
    items: pd.Index,
    pairs: Flags,
    calendar: Calendar,
    config: Config,
    ledger: Ledger,
) -> ZoneSupply:
    """Inputs -> ZoneSupply; counts that are too old are unknown, and what is not counted on is said in `ledger`."""
    shape = (len(zones), len(items), calendar.count)
    dispatches = _on_the_road(inputs, calendar, ledger)
    others = inputs.stock.by_others
    others = others.assign(at=running(others["period"], calendar, config.forecast.period))
    return ZoneSupply(
        on_hand=_on_hand(inputs.stock.zone_stock, zones, items, pairs, calendar, config.plan.stock_max_age_days, ledger),
        in_transit=_placed(dispatches, zones, items, shape),
        by_others=_placed(others, zones, items, shape),
    )


def _on_hand(
    table: pd.DataFrame,
    zones: pd.Index,
    items: pd.Index,
    pairs: Flags,
    calendar: Calendar,
    max_age: int,
    ledger: Ledger,
) -> Floats:
    """(z, k) counted stock; an old count is neither the old figure nor zero."""
    oldest = calendar.issue_date - pd.Timedelta(days=max_age)
    df = table[(table["counted_on"] >= oldest) & (table["counted_on"] <= calendar.issue_date)]
    on_hand = np.full((len(zones), len(items)), np.nan)
    z, k = positions(zones, df["zone"]), positions(items, df["item"])
    known = (z >= 0) & (k >= 0)
    on_hand[z[known], k[known]] = df["quantity"].to_numpy(float)[known]
    unknown = int((np.isnan(on_hand) & pairs).sum())
    if unknown:
        ledger.remarks.append(
            f"Stock in the zones is unknown for {unknown} of {int(pairs.sum())} zones and items (no count within {max_age} days, "
            "plan.stock_max_age_days): nothing is counted on there."
        )
    return on_hand


def _on_the_road(inputs: Inputs, calendar: Calendar, ledger: Ledger) -> pd.DataFrame:
    """Dispatches not received, with `quantity` still to come and `at`, the period they arrive in; overdue ones come in the
    first.
    """
    df = inputs.stock.dispatches
    df = df[df["received"].isna() & ~df["status"].fillna("").astype(str).str.lower().isin(NOT_COMING)]
    lanes = inputs.routes.lanes
    lead = lanes.set_index(["from", "to"])["lead_days"].reindex(pd.MultiIndex.from_frame(df[["depot", "zone"]])).to_numpy(float)
    due = df["left"] + pd.to_timedelta(np.nan_to_num(np.ceil(lead)), unit="D")
    due = due.where(~np.isnan(lead), calendar.issue_date)
    overdue = int((due < calendar.issue_date).sum())
    if overdue:
        ledger.remarks.append(f"Consignments on the road that are overdue: {overdue}; expected in the first period.")
    quantity = (df["quantity"] - df["lost"].fillna(0)).clip(lower=0)
    return df.assign(quantity=quantity, at=np.maximum(calendar.holding(due), 0))


def _placed(df: pd.DataFrame, zones: pd.Index, items: pd.Index, shape: tuple[int, int, int]) -> Floats:
    """Rows with `zone, item, at, quantity` -> (z, k, t); rows outside the plan are left out."""
    placed = np.zeros(shape)
    z, k = positions(zones, df["zone"]), positions(items, df["item"])
    rows = pd.DataFrame({"z": z, "k": k, "at": df["at"].to_numpy(), "quantity": df["quantity"].to_numpy(float)})
    rows = rows[(rows["z"] >= 0) & (rows["k"] >= 0) & (rows["at"] >= 0) & (rows["at"] < shape[2])].sort_values(
        ["z", "k", "at", "quantity"]
    )
    np.add.at(placed, (rows["z"].to_numpy(), rows["k"].to_numpy(), rows["at"].to_numpy()), rows["quantity"].to_numpy())
    return placed
