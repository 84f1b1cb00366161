"""The page from the plan on: what else the zone has, the plan's rows, the lines of the allocation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.meaning import ARRIVING
from forecast.text_page import day, exact, percent, table
from forecast.trace.chain import Chain, Row

SHOWN = {
    "zone-stock": ("counted in the zone", ("counted_on", "quantity")),
    "dispatches": (
        "consignments",
        ("waybill", "depot", "left", "quantity", "received", "received_quantity", "lost", "status"),
    ),
    "by-others": ("planned by others", ("period", "quantity", "organisation")),
    "commitments": ("commitments", ("period", "minimum", "fixed", "maximum", "reason", "who")),
}
RECENT = pd.Timedelta(days=35)  # older receipts have been handed out
AVAILABLE = ("zone_stock", "in_transit", "planned", "by_others")


def supply(chain: Chain, last: int) -> list[str]:
    """Counts, consignments, what others plan, commitments: the lines of their files."""
    lines = []
    for name, (title, columns) in SHOWN.items():
        df, done = chain.supply[name], 0
        if name == "dispatches" and len(df):
            is_whole = df["received"].notna() & ~(df["received_quantity"] < df["quantity"] - df["lost"].fillna(0))
            is_done = is_whole & (df["received"] < chain.run.issue_date - RECENT)
            done, df = int(is_done.sum()), df[~is_done]
        names = [column for column in columns if column in df and df[column].replace("", np.nan).notna().any()]
        rows = [
            [row["record"], row["item"], *(_cell(row[column]) for column in names)]
            for row in df.sort_values("record").to_dict("records")
        ]
        if rows:
            lines += [f"  {title}:", *table(["file:line", "item", *names], rows, indent="    ")]
        else:
            lines.append(f"  {title}: none")
        if done:
            lines.append(f"    and {done} that were received whole, more than {RECENT.days} days before")
    return lines


def cells(chain: Chain, last: int) -> list[str]:
    """The rows of coverage.csv."""
    if chain.cells.empty:
        return ["  not planned"]
    names = ("demand_mean", "carried_need", *AVAILABLE, "expected_unmet", "expected_surplus")
    rows = [
        [day(row["period"]), *(exact(row[name]) for name in names), percent(row["coverage"]), percent(row["shortage_risk"])]
        for row in chain.cells.to_dict("records")
    ]
    lines = [f"  {chain.group}, in {chain.cells['unit'].iloc[0]}; {_people(chain)}"]
    lines += table(["period", *(f"{name}>" for name in names), "coverage>", "shortage_risk>"], rows)
    reasons: dict[str, list[str]] = {}
    for row in chain.cells.to_dict("records"):
        reasons.setdefault(str(row["reason"]), []).append(day(row["period"]))
    return [*lines, *(f"  why, {', '.join(days)}: {reason}" for reason, days in reasons.items())]


def _people(chain: Chain) -> str:
    """Who the first row is for; where records count arrivals, the caseload."""
    people, about = exact(chain.cells["people"].iloc[0], 1), dict(chain.items.loc[chain.asked[0]])
    if about["records_count"] != ARRIVING:
        return f"people expected: {people}"
    stay = exact(about["stay_days"])
    return f"people expected: {people}, the caseload (who arrived and is taken to stay {stay} days), not all who live there"


def lines(chain: Chain, last: int) -> list[str]:
    """The lines of allocation.csv, and the file and line each batch is from."""
    found: list[str] = []
    df = chain.lines.sort_values(["item", "load_on", "line_id"], na_position="last")
    for row in df.to_dict("records"):
        found += (
            _line(chain, row) if row["quantity"] else [f"  {row['line_id']}  {row['item']}: nothing is sent: {row['reason']}"]
        )
    reasons: dict[str, list[str]] = {}
    for row in df[df["quantity"] > 0].to_dict("records"):
        reasons.setdefault(str(row["reason"]), []).append(str(row["line_id"]))
    found += [f"  why, {', '.join(ids)}: {reason}" for reason, ids in reasons.items()]
    return found or ["  none"]


def _line(chain: Chain, row: Row) -> list[str]:
    batch = f", batch {row['batch']}" if row["batch"] else ""
    expiry: str = f" (expires {day(row['expiry'])})" if pd.notna(row["expiry"]) else ""
    amount = f"{exact(row['packs'])} packs = {exact(row['quantity'])} {row['unit']} of {row['item']}{batch}{expiry}"
    return [
        f"  {row['line_id']}  {row['depot']} loads {day(row['load_on'])}, arrives {day(row['arrive_by'])}: "
        f"{amount}, {row['vehicle'] or 'no vehicle named'}",
        f"         from {_origin(chain, row)}",
    ]


def _origin(chain: Chain, line: Row) -> str:
    """The rows of stock or arrivals a line can be from."""
    stock = chain.stock
    same = stock[(stock["depot"] == line["depot"]) & (stock["item"] == line["item"])]
    same = same[(same["batch"].fillna("") == line["batch"]) & ~(pd.to_datetime(same["available_from"]) > line["load_on"])]
    named = [f"{row['record']} ({exact(row['quantity'])}{_coming(row)})" for row in same.sort_values("record").to_dict("records")]
    return " or ".join(named[:3]) + (f" or {len(named) - 3} more" if len(named) > 3 else "") if named else "no row of stock"


def _coming(row: Row) -> str:
    return f", from {day(row['available_from'])}" if pd.notna(row["available_from"]) else ""


def _cell(value: object) -> str:
    if isinstance(value, pd.Timestamp) or value is pd.NaT:
        return day(value)
    if isinstance(value, int | float):
        return "" if pd.isna(value) else exact(value)
    return str(value or "")
