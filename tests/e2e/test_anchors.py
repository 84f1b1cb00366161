"""Published cases of the literature, their figures reproduced. The data are not part of this repository: without them, skipped.

The adapters are here: a case is written in our tables, and what our model lacks is named where it is worked around.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from forecast.allocate import rules, solve
from forecast.allocate.lp import Kept, Layer
from tests.plan_world import World


def folder(real_data: Path, name: str) -> Path:
    found = real_data / "optim" / name
    if not found.is_dir():
        pytest.skip(f"the data of {name} are not at hand: {found.parent} has no such folder")
    return found


# ------------------------------------------------------------------ gbd: aircraft for routes of unknown demand


def gbd_sections(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Section and fields of each row of an MPS or STO file."""
    section = ""
    for line in path.read_text().splitlines():
        if line.startswith("*") or not line.strip():
            continue
        if not line.startswith(" "):
            section = line.split()[0]
        else:
            yield section, line.split()


def gbd_world(path: Path) -> tuple[World, dict[str, tuple[str, str]]]:
    """The case as an operation of one day, and the aircraft type and route that each column stands for.

    An aircraft type is a depot with one class of vehicles, as many as there are aircraft, each for one trip; a route is a zone.
    The seats of a type on a route are the most a lane carries, its cost that of a trip. Passengers turned away are the shortage;
    what one costs is the priority of the route. Equally likely futures say the same as probabilities in hundredths.
    """
    entries: dict[str, dict[str, float]] = {}
    fleet: dict[str, float] = {}
    for section, fields in gbd_sections(path / "gbd.cor"):
        pairs = dict(zip(fields[1::2], map(float, fields[2::2]), strict=True)) if section in ("COLUMNS", "RHS") else {}
        if section == "COLUMNS":
            entries.setdefault(fields[0], {}).update(pairs)
        elif section == "RHS":
            fleet |= pairs
    futures: dict[str, list[float]] = {}
    for section, fields in gbd_sections(path / "gbd.sto"):
        if section == "INDEP":
            futures.setdefault(fields[1], []).extend([float(fields[2])] * round(100 * float(fields[-1])))
    routes, names, prices = [], {}, {}
    for column, rows in entries.items():
        types, served = [row for row in rows if row in fleet], [row for row in rows if row in futures]
        if types:
            names[column] = (types[0], served[0])
            lane = {"from": types[0], "to": served[0], "hours_one_way": 0.5, "max_vehicle_kg": rows[served[0]]}
            routes.append({**lane, "cost_per_trip": rows["OBJECTRW"]})
        elif "OBJECTRW" in rows:
            prices[served[0]] = rows["OBJECTRW"]
    seat = {"item": "seat", "need_lapses": True, "keeps_days": 0.0, "kg_per_unit": 1.0, "per_person_per_day": 1.0}
    world = World(
        {(route, "seat"): [paths] for route, paths in futures.items()},
        items=[seat],
        stock=[{"depot": name, "item": "seat", "quantity": 1e5} for name in fleet],
        routes=routes,
        fleet=[
            {"depot": name, "vehicle": "plane", "count": number, "payload_kg": 1e4, "hours_per_day": 1.0}
            for name, number in fleet.items()
        ],
        priorities=[{"zone": route, "need": "food", "weight": price} for route, price in prices.items()],
        plan={
            "period": "D",
            "segments": 100,
            "objectives": [{"use": "need"}, {"use": "cost", "handling_per_pack": 0, "waste_per_pack": 0}],
        },
        forecast={"period": "D"},
    )
    return world, names


def test_gbd_is_reproduced_to_its_published_digits(real_data: Path) -> None:
    """Ferguson and Dantzig, 646,425 futures: objective 1655.63, the first stage as in its .sol.

    What our plans lack: need comes before cost in them, each layer held before the next; here both are one sum of money. So the
    model and its layers are ours, the sum is made in this test.
    """
    path = folder(real_data, "gbd")
    world, names = gbd_world(path)
    parts = rules.build(world.problem(), world.config().plan.segments)
    need, cost = solve.objectives(parts, world.config())
    columns, costs = (np.concatenate([getattr(layer, name) for layer in (need, cost)]) for name in ("columns", "costs"))
    both = Layer("money", "money", columns, costs, need.constant)
    solution = Kept(parts.model, 60).minimise(both)
    assert solution is not None
    assert solution.cost + both.constant == pytest.approx(1655.63, abs=0.005)
    table = parts.problem.ways
    loaded = parts.trips.per_unit * solution.values[parts.send]
    trips = np.bincount(parts.problem.loads["way"].to_numpy(), loaded, len(table))
    np.add.at(trips, parts.trips.way, solution.values[parts.trips.columns])
    flown = dict(zip(zip(table["from"], table["to"], strict=True), trips, strict=True))
    published = [float(line) for line in (path / "gbd.sol").read_text().split()[1:]]
    assert [flown[pair] for pair in names.values()] == pytest.approx(published, abs=1e-6)
