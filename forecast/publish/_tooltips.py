"""What a zone says when the pointer rests on it: its name, its coverage of one need, item by item."""

from __future__ import annotations

import pandas as pd

from forecast.publish._periods import first_cells
from forecast.publish._text import named, number, percent, quantity
from forecast.schema import Plan, Result

_MOST_IN_FULL = 1_000  # zones; with more the words are short, so that the page stays small


def titles(result: Result, plan: Plan, need: str) -> dict[str, str]:
    """Words by zone for the map of one need, for every zone drawn."""
    zones = result.inputs.zones
    cells = first_cells(plan)
    cells = cells[cells["need"] == need]
    if len(zones) > _MOST_IN_FULL:
        worst = cells.groupby("zone")["coverage"].min()
        return {zone: f"{zone} {percent(worst[zone]) if zone in worst.index else '?'}" for zone in zones.index}
    found = {str(zone): _in_full(rows) for zone, rows in cells.groupby("zone")}
    names = zones["zone_name"]
    return {
        zone: f"{named(zone, names[zone])}\n{found.get(zone, f'{need}: no demand known, not planned')}" for zone in zones.index
    }


def _in_full(rows: pd.DataFrame) -> str:
    people = rows["people"].mean()
    lines = [] if pd.isna(people) else [f"{number(float(people))} people"]
    for row in rows.sort_values("item").to_dict("records"):
        short = quantity(float(row["expected_unmet"]), row["unit"])
        lines.append(f"{row['item']}: {percent(float(row['coverage']))} covered, {short} short; {row['reason']}")
    return "\n".join(lines)
