"""The tables under the map: what is least covered, and what each depot loads."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forecast.publish import _shares, _week
from forecast.publish._periods import periods_of
from forecast.publish._style import class_of
from forecast.publish._svg import Markup, join, tag
from forecast.publish._text import counted, day, named, number, percent, tonnes, trips
from forecast.schema import Plan, Result

MOST_WORST, MOST_LOADS = 15, 200


def worst_table(plan: Plan, now: pd.DataFrame, most: int, *, brief: bool = False) -> Markup:
    """The zones least covered in the first period: those with the lowest coverage of any need, then the most people."""
    needs = _shares.needs_of(plan.cells)
    rows: list[list[object]] = []
    for row in _shares.least_covered(now).head(most).to_dict("records"):
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
    lines = _week.loads(plan)
    lanes = _week.by_lane(lines)
    words, names = _week.contents(lines, result.inputs.items), lines.drop_duplicates("zone").set_index("zone")["zone_name"]
    first = lines.groupby(["depot", "zone"])["load_on"].min()
    titles = result.inputs.routes.depots.set_index("depot")["name"]
    parts = [tag("h2", f"To load this {periods_of(plan).name}, by depot")]
    head = ["To", "Load on", "What", _n("Weight", "th"), _n("Trips", "th")]
    for code, rows in lanes.sort_values(["kg", "zone"], ascending=[False, True]).head(MOST_LOADS).groupby("depot"):
        weight = tonnes(float(rows["kg"].sum(skipna=False)))
        parts.append(tag("h3", f"{named(str(code), titles.get(code))}: {counted(len(rows), 'zone')}, {weight}"))
        cells = [
            [named(zone, names[zone]), day(first[code, zone], year=False), words[code, zone], _n(tonnes(kg)), _n(trips(runs))]
            for zone, kg, runs in zip(rows["zone"], rows["kg"], rows["trips"], strict=True)
        ]
        parts.append(_table(head, cells))
    left = len(lanes) - MOST_LOADS
    parts.append(tag("p", f"{counted(left, 'more row')} in allocation.csv.") if left > 0 else Markup())
    return join(parts)


def _table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> Markup:
    top = tag("tr", *(cell if isinstance(cell, Markup) else tag("th", cell) for cell in head))
    body = [tag("tr", *(cell if isinstance(cell, Markup) else tag("td", cell) for cell in row)) for row in rows]
    return tag("table", tag("thead", top), tag("tbody", *body))


def _n(words: str, name: str = "td") -> Markup:
    return tag(name, words, class_="n")


def _share(share: float) -> Markup:
    return tag("td", percent(share), " ", tag("span", class_=f"swatch {class_of(share)}"), class_="n")
