"""The tables under the map: what is least covered, and what each depot loads."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forecast import met_need
from forecast.publish._between import rows as between_rows
from forecast.publish._loads import NOT_KNOWN, depot_loads, has_weights
from forecast.publish._periods import periods_of
from forecast.publish._style import class_of
from forecast.publish._svg import Markup, join, tag
from forecast.publish._text import counted, named, number, percent
from forecast.schema import Plan, Result

MOST_WORST, MOST_LOADS = 15, 60


def worst_table(plan: Plan, now: pd.DataFrame, most: int, *, brief: bool = False) -> Markup:
    """The zones least covered in the first period: those with the lowest coverage of any need, then the most people."""
    needs = met_need.needs_of(plan.cells)
    rows: list[list[object]] = []
    for row in met_need.least_covered(now).head(most).to_dict("records"):
        shares = [_share(row[need]) for need in needs]
        risk = [] if brief else [_n(percent(row["risk"]))]
        more = [*risk, _n(number(row["people"])), tag("td", row["reason"], class_="clip", title=row["reason"])]
        rows.append([named(row["zone"], row["zone_name"]), *shares, *more])
    head = ["Zone", *(_n(f"{need.capitalize()} covered", "th") for need in needs)]
    head += [] if brief else [_n("Chance of running short", "th")]
    head += [_n("People", "th"), "What limits the least covered need"]
    return join(tag("h2", f"Least covered this {periods_of(plan).name}"), _table(head, rows))


def loads_table(result: Result, plan: Plan) -> Markup:
    """What each depot loads in the first period, one row per zone."""
    weights = has_weights(plan)
    parts = [tag("h2", f"To load this {periods_of(plan).name}, by depot"), Markup() if weights else tag("p", NOT_KNOWN)]
    head = ["To", "Load on", "What", *([_n("Weight", "th"), _n("Trips", "th")] if weights else [])]
    for load in depot_loads(result, plan, MOST_LOADS):
        rows = [
            [to, tag("td", day, class_="day"), what, *([_n(weight), _n(runs)] if weights else [])]
            for to, day, what, weight, runs in load.rows
        ]
        parts += [tag("h3", load.head), _table(head, rows)]
        parts += [tag("p", f"and {counted(load.left_out, 'more zone')}: allocation.csv.")] if load.left_out else []
    return join(parts)


def moves_table(result: Result, plan: Plan) -> Markup:
    """What depots move to each other in the first period; nothing where there is none."""
    rows = [
        [start, end, tag("td", load_on, class_="day"), tag("td", there_by, class_="day"), what, _n(weight)]
        for start, end, load_on, there_by, what, weight in between_rows(result, plan)
    ]
    if not rows:
        return Markup()
    head = ["From", "To", "Load on", "There by", "What", _n("Weight", "th")]
    words = "Goods that depots move to each other can be loaded again once they are there: transfers.csv has the whole plan."
    return join(tag("h2", f"To move between depots this {periods_of(plan).name}"), tag("p", words), _table(head, rows))


def _table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> Markup:
    top = tag("tr", *(cell if isinstance(cell, Markup) else tag("th", cell) for cell in head))
    body = [tag("tr", *(cell if isinstance(cell, Markup) else tag("td", cell) for cell in row)) for row in rows]
    return tag("table", tag("thead", top), tag("tbody", *body))


def _n(words: str, name: str = "td") -> Markup:
    return tag(name, words, class_="n")


def _share(share: float) -> Markup:
    return tag("td", percent(share), " ", tag("span", class_=f"swatch {class_of(share)}"), class_="n")
