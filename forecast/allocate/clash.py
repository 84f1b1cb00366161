"""Commitments that clash: which, and what stands between them, as far as the prices of the solution tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.allocate import ways
from forecast.allocate.lp import Layer, Solution
from forecast.allocate.rules import COMMITMENTS, Parts
from forecast.errors import NoPlanError, few
from forecast.schema import Floats

SHORT = 1e-6  # relative to what is promised
PRICED = 1e-7
LIMITS = {"stock": "stock of", "hours": "vehicle hours of"}
FORBIDDEN = {
    ways.NO_STOCK: "no depot with a lane there has the item",
    ways.NOT_CARRIED: "no vehicle on the lane may carry it",
    ways.SHUT: "the lane is shut",
    ways.EXPIRES: "the stock expires before it could arrive",
    ways.NOT_YET: "the stock comes to the depot too late",
}


def refuse(parts: Parts, layer: Layer, solution: Solution) -> None:
    """Raise NoPlanError when promised quantities cannot arrive: it names those that are short, what binds, and what competes."""
    table = parts.problem.commitments
    short = solution.values[layer.columns]
    is_short = short > SHORT * np.maximum(table["minimum"].to_numpy(float), 1.0)
    if not is_short.any():
        return
    rows = np.flatnonzero(is_short)
    lines = [f"Commitments clash: {len(rows)} of {len(table)} cannot be kept."]
    lines += [f"  {table['name'].iloc[row]}: {short[row]:g} short. {_why(parts, int(row))}".rstrip() for row in rows]
    priced = dict(_priced(parts, solution.duals))
    binding = [f"{LIMITS[name]} {label}" for name, labels in priced.items() if name in LIMITS for label in labels]
    if binding:
        lines.append(f"  What binds: {few(dict.fromkeys(binding), 8)}.")
    row_of = next(block for block in parts.model.rows.blocks if block.name == COMMITMENTS)
    duals = solution.duals[row_of.first : row_of.first + row_of.size]
    rivals = [table["name"].iloc[row] for row in np.flatnonzero((np.abs(duals) > PRICED) & ~is_short)]
    if rivals:
        lines.append(f"  They compete with: {few(rivals, 8)}.")
    lines.append("  Lower or drop one of them, or give more stock, vehicles or time.")
    raise NoPlanError("\n".join(lines))


def _priced(parts: Parts, duals: Floats) -> Iterator[tuple[str, list[str]]]:
    """Kind of row -> the labels, without the date, of those rows that cost something."""
    found: dict[str, list[str]] = {}
    for block in parts.model.rows.blocks:
        if block.name in LIMITS:
            priced = np.flatnonzero(np.abs(duals[block.first : block.first + block.size]) > PRICED)
            if len(priced):
                labels = block.said()
                found.setdefault(block.name, []).extend(", ".join(labels[at].split(",")[:2]) for at in priced)
    yield from found.items()


def _why(parts: Parts, row: int) -> str:
    """What forbids any load for a commitment; nothing where some load is possible."""
    problem = parts.problem
    zone, item, period = (int(problem.commitments[name].iloc[row]) for name in ("zone", "item", "period"))
    loads = problem.loads
    if ((loads["zone"] == zone) & (loads["item"] == item) & (loads["arrives"] == period)).any():
        return ""
    if not problem.lanes[:, zone].any():
        return f"No lane leads to {problem.zones[zone]}."
    of_zone = np.flatnonzero(problem.ways["zone"].to_numpy() == zone)
    start = period - problem.ways["lead_days"].to_numpy()[of_zone] // problem.calendar.days
    bits = problem.status[of_zone[start >= 0], item, start[start >= 0]]
    if not len(bits):
        return "Nothing loaded from the issue date on arrives that early." if len(of_zone) else "No vehicle may use the lane."
    words = [text for bit, text in FORBIDDEN.items() if (bits & bit).any()]
    return f"Nothing can be sent: {'; '.join(words)}."
