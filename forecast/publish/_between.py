"""What depots move to each other in the first plan period: on the map, in the page and in the summary alike."""

from __future__ import annotations

import pandas as pd

from forecast.publish import _week
from forecast.publish._periods import periods_of
from forecast.publish._text import day, named, tonnes
from forecast.schema import Plan, Result

LANE = ["depot", "to_depot"]


def moves(plan: Plan) -> pd.DataFrame:
    """The transfers to load in the first plan period, by depots, day and item."""
    df = plan.transfers[plan.transfers["load_on"] < periods_of(plan).first_end]
    return df.sort_values([*LANE, "load_on", "item", "line_id"], ignore_index=True)


def of_need(plan: Plan, need: str, items: pd.DataFrame) -> pd.DataFrame:
    """`depot, to_depot, kg` of what is moved for one need in the first period, kg empty where some weight is not known."""
    df = moves(plan)
    chosen = df[df["item"].map(items["need"]) == need]
    return chosen.groupby(LANE)["kg"].sum(skipna=False).reset_index()


def rows(result: Result, plan: Plan) -> list[tuple[str, ...]]:
    """From, to, load on, there by, what, weight: a row per pair of depots."""
    df, items = moves(plan), result.inputs.items
    names = result.inputs.routes.depots.set_index("depot")["name"]
    what = _week.contents(df.rename(columns={"to_depot": "zone"}), items).to_dict()
    found = []
    for (depot, into), group in df.groupby(LANE):
        ends = (named(str(code), names.get(code)) for code in (depot, into))
        days = (day(when, year=False) for when in (group["load_on"].min(), group["arrive_by"].max()))
        found.append((*ends, *days, str(what[depot, into]), tonnes(group["kg"].sum(skipna=False))))
    return found
