"""Commitments that clash: irreducible sets of them, found by leaving out one at a time, and what binds each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.allocate import ways
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.lp import INF, Change, Layer, Solution
from forecast.allocate.rules import COMMITMENTS, Parts
from forecast.allocate.solver import Kept
from forecast.errors import NoPlanError, few
from forecast.schema import Floats

SHORT = 1e-6  # relative to what is promised
PRICED = 1e-7
LIMITS = {
    "stock": "stock of",
    "hours": "vehicle hours of",
    "loading": "loading capacity of",
    "store": "room in the store of",
    "warehouse": "room in the store of",
}
FORBIDDEN = {
    ways.NO_STOCK: "no depot with a lane there has the item",
    ways.NOT_CARRIED: "no vehicle on the lane may carry it",
    ways.SHUT: "the lane is shut",
    ways.EXPIRES: "the stock expires before it could arrive",
    ways.NOT_YET: "the stock comes to the depot too late",
    ways.DAY_OFF: "the depot does not work then",
    ways.NO_DAY: "on no day the depot loads, the convoy goes and the zone receives",
}


def refuse(parts: Parts, kept: Kept, layer: Layer, solution: Solution) -> None:
    """Raise NoPlanError when promised quantities cannot arrive. It names what is short of each, and the clashes: irreducible sets
    of commitments, of which any one less could be kept, each with what binds it.
    """
    table = parts.problem.commitments
    short = solution.values[layer.columns]
    is_short = _is_short(parts, short)
    if not is_short.any():
        return
    lines = [f"Commitments clash: {int(is_short.sum())} of {len(table)} cannot be kept."]
    for clash, found in _clashes(parts, kept, layer, solution):
        names = [f"    {table['name'].iloc[row]}{_missing(short[row], is_short[row])}" for row in clash]
        if len(clash) == 1:
            lines.append(f"  Cannot be kept, even alone: {names[0].strip()} {_why(parts, int(clash[0]))}".rstrip())
        else:
            lines += ["  Cannot be kept together, though any one less could:", *names]
        binding = [f"{LIMITS[name]} {label}" for name, labels in _priced(parts, found.duals) for label in labels]
        if binding:
            lines.append(f"    What binds: {few(dict.fromkeys(binding), 8)}.")
    lines.append("  Lower or drop one of them, or give more stock, vehicles or time.")
    raise NoPlanError("\n".join(lines))


def _missing(short: float, is_short: bool) -> str:
    return f": {short:g} short." if is_short else ""


def _is_short(parts: Parts, short: Floats) -> Flags:
    return np.asarray(short > SHORT * np.maximum(parts.problem.commitments["minimum"].to_numpy(float), 1.0))


def _clashes(parts: Parts, kept: Kept, layer: Layer, solution: Solution) -> Iterator[tuple[Ints, Solution]]:
    """Irreducible sets of commitments (rows of their table) that cannot be kept together, no two with one in common; and the
    solution with none but these. The last may be left out when time runs out.
    """
    first = next(block.first for block in parts.model.rows.blocks if block.name == COMMITMENTS)
    left, found = np.arange(len(layer.columns)), solution
    while _is_short(parts, found.values[layer.columns]).any():
        clash = left[np.abs(found.duals[first + left]) > PRICED]  # those without a price are not what stands in the way
        for row in clash.tolist():
            without = _keeping(parts, kept, layer, first, clash[clash != row])
            if without is not None and _is_short(parts, without.values[layer.columns]).any():
                clash = clash[clash != row]
        alone = _keeping(parts, kept, layer, first, clash)
        if alone is None or not len(clash):
            return
        yield clash, alone
        left = np.setdiff1d(left, clash)
        rest = _keeping(parts, kept, layer, first, left)
        if rest is None:
            return
        found = rest


def _keeping(parts: Parts, kept: Kept, layer: Layer, first: int, promised: Ints) -> Solution | None:
    """Solve again with none but these commitments."""
    dropped = first + np.setdiff1d(np.arange(len(layer.columns)), promised)
    free = np.full(len(dropped), INF)
    return kept.what_if(layer, Change(rows=dropped, row_bounds=(-free, free)))


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
    at, start = np.nonzero(problem.days.arrive[of_zone] // problem.calendar.days == period)
    bits = problem.status[of_zone[at], item, start]
    if not len(bits):
        return "Nothing loaded from the issue date on arrives that early." if len(of_zone) else "No vehicle may use the lane."
    words = [text for bit, text in FORBIDDEN.items() if (bits & bit).any()]
    return f"Nothing can be sent: {'; '.join(words)}."
