"""Consignments from depots to zones: what is still on the road and when it comes, what the zones received, what left the depots.

A waybill is followed until all of it is accounted for: received, lost, or turned back. What is not, is on the road; when it is
long overdue it is no longer counted on, and said so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast import convert
from forecast.allocate.timeline import Calendar
from forecast.errors import Problem, counted
from forecast.schema import Inputs, Ledger

CANCELLED = ("cancelled", "canceled", "returned")  # back in the depot, or never out of it
LOST = ("lost",)
RECEIVED = ("received", "delivered", "arrived", "in stock", "complete", "completed", "closed")
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Consignments:
    """`coming`: `zone, item, quantity, at` (plan period); `received`: `zone, item, quantity, received`; `left`: all
    that is or was out, with `depot, zone, item, quantity, left, vehicle, trips`. Item units, a row per line of a waybill.
    """

    coming: pd.DataFrame
    received: pd.DataFrame
    left: pd.DataFrame


def words(status: pd.Series) -> pd.Series:
    """Status cells as they are compared: lower case, no blanks around, empty for none."""
    return status.fillna("").astype(str).str.strip().str.lower()


def follow(inputs: Inputs, calendar: Calendar, overdue_days: int, ledger: Ledger) -> Consignments:
    """DISPATCHES -> Consignments. Goods on the road arrive after the lead time of their lane.

    A waybill whose status says received is closed: what is missing is lost. One with a day of receipt but a smaller
    `received_quantity` is open for the rest. Overdue goods are expected in the first period, until they are more than
    `overdue_days` late.
    """
    df = inputs.stock.dispatches
    status = words(df["status"])
    df = df[~status.isin(CANCELLED)]
    status = status[df.index]
    due = _due(df, inputs, calendar)
    is_closed = status.isin(RECEIVED)
    received = df["received"].where(
        df["received"].notna() | ~is_closed, due.where(due <= calendar.issue_date, calendar.issue_date)
    )
    sent = (df["quantity"] - df["lost"].fillna(0)).clip(lower=0)
    handed_over = df["received_quantity"].fillna(sent).where(received.notna(), df["received_quantity"].fillna(0))
    is_open = ~is_closed & ~status.isin(LOST)
    missing = (sent - handed_over).clip(lower=0).where(is_open, 0.0)
    arrived = df.assign(quantity=handed_over, received=received)[received.notna() & (handed_over > 0)]
    coming = df.assign(quantity=missing, due=due)[missing > 0]
    coming = _counted_on(coming, calendar, overdue_days, ledger)
    return Consignments(coming, arrived, df)


def _due(df: pd.DataFrame, inputs: Inputs, calendar: Calendar) -> pd.Series:
    """(row) the day each should arrive; without a lane, it is due on the day it left."""
    lead = inputs.routes.lanes.set_index(["from", "to"])["lead_days"].reindex(pd.MultiIndex.from_frame(df[["depot", "zone"]]))
    days = pd.to_timedelta(np.ceil(np.nan_to_num(lead.to_numpy(float))), unit="D")
    due: pd.Series = (df["left"] + days).astype("datetime64[s]")
    return due


def _counted_on(df: pd.DataFrame, calendar: Calendar, overdue_days: int, ledger: Ledger) -> pd.DataFrame:
    """Rows on the road with `at`, the period they arrive in; overdue ones come in the first, those given up do not come."""
    today = calendar.issue_date
    given_up = df["due"] + overdue_days * DAY < today
    for row in df[given_up].itertuples():
        file, line = convert.place(str(row.record))
        problem = f"left on {row.left:%Y-%m-%d}, was due on {row.due:%Y-%m-%d} and has no receipt"
        action = (
            f"More than {overdue_days} days late (plan.overdue_days): no longer counted on. Enter the receipt, or what was lost"
        )
        ledger.problems.note(Problem(file or "dispatches", problem, action, line=line, column="received", value=str(row.waybill)))
    if given_up.any():
        ledger.remarks.append(
            f"{counted(int(given_up.sum()), 'consignment')} more than {overdue_days} days overdue (plan.overdue_days): "
            "taken as not coming; see problems.csv."
        )
    df = df[~given_up]
    overdue = int((df["due"] < today).sum())
    if overdue:
        ledger.remarks.append(f"Consignments on the road that are overdue: {overdue}; expected in the first period.")
    return df.assign(at=np.maximum(calendar.holding(df["due"]), 0))
