"""What to order: the depots and items that will run out, most pressing first, in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from forecast.publish import _week
from forecast.publish._text import day, markdown_table, named, number, percent, quantity
from forecast.schema import Plan, Result

MOST = 12
HOW = (
    "Out: the zones of the depot have asked for more than it and they themselves had. Left: what is in the depot when the first "
    "period ends, in months of its zones' demand; what was sent them before then serves besides."
)


def section(result: Result, plan: Plan) -> list[str]:
    """The part of the summary: what runs out where and when, how likely within the plan, what to order and by when."""
    out = ["## What to order", ""]
    if plan.pipeline.empty:
        return []
    last = plan.pipeline["period"].max()
    pressing = breaking(plan)
    if pressing.empty:
        return [*out, f"No depot is expected to run out of what it keeps before the period of {day(last)} ends."]
    rows = [_row(result, row) for row in pressing.head(MOST).to_dict("records")]
    head = [
        "depot",
        "item",
        "left after the first loads>",
        "chance within the plan>",
        "more likely than not out on",
        "order>",
        "order by",
    ]
    left = len(pressing) - MOST
    more = [f"And {left:,} more: `pipeline.csv`."] if left > 0 else []
    return [*out, *markdown_table(head, rows), "", " ".join([*more, HOW])]


def breaking(plan: Plan) -> pd.DataFrame:
    """Depots and items that are expected to run out: `depot, item, unit, mos` at the end of the first period, `risk` by the end
    of the plan, `break_on`, `order_quantity`, `order_by`; what is to be ordered first comes first.
    """
    table = plan.pipeline.sort_values("period")
    within = table[table["period"] <= plan.cells["period"].max()]
    keys = ["depot", "item"]
    df = table.groupby(keys).agg(
        unit=("unit", "first"), mos=("mos", "first"), break_on=("break_on", "first"), order_by=("order_by", "first"),
        order_quantity=("order_quantity", "sum"),
    )  # fmt: skip
    df = df.assign(risk=within.groupby(keys)["break_risk"].max()).reset_index()
    order = df.assign(first=df["order_by"].fillna(df["break_on"]))
    return order[order["break_on"].notna()].sort_values(["first", "break_on", *keys], ignore_index=True).drop(columns="first")


def _row(result: Result, row: dict[Any, Any]) -> list[str]:
    depots = result.inputs.routes.depots.set_index("depot")["name"]
    item, by, unit = str(row["item"]), row["order_by"], str(row["unit"])
    issue, months, risk = result.stamp.issue_date, row["mos"], row["risk"]
    when = "supplier's days not given" if pd.isna(by) else f"{day(by)}: late, at once" if by < issue else day(by)
    return [
        named(str(row["depot"]), depots.get(row["depot"])),
        _week.short_name(item, result.inputs.items["name"].get(item)),
        "" if pd.isna(months) else f"{number(months)} months",
        percent(risk),
        day(row["break_on"]),
        quantity(row["order_quantity"], unit),
        when,
    ]
