"""What each depot loads in the first plan period, one row per zone, in words: for the page and the summary alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from forecast.publish import _week
from forecast.publish._text import counted, day, named, tonnes, trips
from forecast.schema import Plan, Result

NOT_KNOWN = "Weights and trips are not known: there are items without a weight, or no fleet."


@dataclass(frozen=True)
class DepotLoads:
    """`head`: the depot and its totals; `rows`: to, load on, what, weight, trips, heaviest first; `left_out`: how many more."""

    head: str
    rows: list[tuple[str, str, str, str, str]]
    left_out: int


def depot_loads(result: Result, plan: Plan, most: int) -> list[DepotLoads]:
    """The loads of each depot, `most` rows of each; totals are over all of them."""
    lines = _week.loads(plan)
    lanes = _week.by_lane(lines)
    lanes["what"] = (
        _week.contents(lines, result.inputs.items).reindex(pd.MultiIndex.from_frame(lanes[["depot", "zone"]])).to_numpy()
    )
    lanes["load_on"] = lines.groupby(["depot", "zone"])["load_on"].min().to_numpy()
    lanes["zone_name"] = lines.groupby(["depot", "zone"])["zone_name"].first().to_numpy()
    names = result.inputs.routes.depots.set_index("depot")["name"]
    found = []
    for code, rows in lanes.groupby("depot"):
        ordered = rows.sort_values(["kg", "zone"], ascending=[False, True]).head(most).to_dict("records")
        shown = [
            (
                named(row["zone"], row["zone_name"]),
                day(row["load_on"], year=False),
                row["what"],
                tonnes(row["kg"]),
                trips(row["trips"]),
            )
            for row in ordered
        ]
        found.append(DepotLoads(f"{named(str(code), names.get(code))}: {_totals(rows)}", shown, max(0, len(rows) - most)))
    return found


def has_weights(plan: Plan) -> bool:
    """Whether any weight or trip of the first period is known; without, their columns are left out."""
    lines = _week.loads(plan)
    return bool(lines[["kg", "trips"]].notna().to_numpy().any())


def _totals(lanes: pd.DataFrame) -> str:
    kg, count = float(lanes["kg"].sum(skipna=False)), float(lanes["trips"].sum(skipna=False))
    known = [] if math.isnan(kg) else [tonnes(kg)]
    known += [] if math.isnan(count) else ["1 trip" if count == 1 else f"{trips(count)} trips"]
    return ", ".join([counted(len(lanes), "zone"), *known])
