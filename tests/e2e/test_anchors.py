"""Published cases of the literature, their figures reproduced. The data are not part of this repository: without them, skipped.

The adapters are here: a case is written in our tables, and what our model lacks is named where it is worked around.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.allocate import rules, solve
from forecast.allocate.lp import INF, Layer
from forecast.allocate.solver import Kept
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


# ------------------------------------------------------------------ esups_madagascar: relief stock for 64 disasters

HOURS_FIXED, HOURS_STRETCH = 24.0, 1.1  # transportParameters.csv: loading and paperwork, then the road, by truck


def esups_world(path: Path, item: str) -> tuple[World, int]:
    """The case as an operation of one day, and the number of disasters.

    Every disaster has depots of its own, with the stock as it was, and zones of its own: the places that it struck. What each
    person needs, by the published figure, is their demand. No weight and no fleet are given: the cost layer then counts hours of
    road per unit, which is what the study minimises.
    """
    table = pd.read_csv(path / "distanceMatrix.csv")
    hours = table.set_index(["depotGglAddressAscii", "disasterGglAddressAscii"])["drivingTime_hrs"]
    held = pd.read_csv(path / "inventory" / "actual.csv").query("ItemName == @item").groupby("gglAddress")["Total"].sum()
    persons = pd.read_csv(path / "personsPerItem.csv").query("Month == 'DEFAULT'").set_index("Item")["PersonsPerItem"]
    struck = pd.read_csv(path / "disasterAffectedData2.csv").groupby(["DisasterID", "gglAddress"])["TotAffected"].sum()
    wanted, disasters = struck / persons[item], struck.index.unique("DisasterID")
    routes = [
        {"from": f"{depot} {which}", "to": f"{zone} {which}", "hours_one_way": HOURS_FIXED + HOURS_STRETCH * hours[depot, zone]}
        for which, zone in wanted.index
        for depot in held.index
    ]
    world = World(
        {(f"{zone} {which}", "kit"): [number] for (which, zone), number in wanted.items()},
        items=[{"item": "kit", "keeps_days": 0.0, "per_person_per_day": 1.0}],
        stock=[{"depot": f"{depot} {which}", "quantity": number} for which in disasters for depot, number in held.items()],
        routes=routes,
        plan={
            "period": "D",
            "layer_tolerance": 0.0,
            "objectives": [{"use": "need"}, {"use": "cost", "handling_per_pack": 0.0, "waste_per_pack": 0.0}],
        },
        forecast={"period": "D"},
    )
    return world, len(disasters)


@pytest.mark.parametrize(("item", "unit_hours"), [("Tarpaulins", 311_868.62), ("Kitchenset", 117_389.12)])
def test_esups_madagascar_serves_all_it_can_in_the_fewest_unit_hours(real_data: Path, item: str, unit_hours: float) -> None:
    """Relief stock in 27 towns of Madagascar, 64 disasters equally likely, a truck's 24 hours and 1.1 times the road.

    The study answers a disaster with all there is, and of the ways to do so with the one of fewest unit-hours: our need layer and
    our cost layer, one after the other. The figures here are those of 64 transport problems, each solved on its own by another
    door to the solver (scipy), outside this project.

    Not reproduced: the published 327,403.0 unit-hours. The files do not say for which item, and no item and no sum of items gives
    it, neither with the stock where it lies, nor in the towns of depotMapping.csv, nor placed as well as it could be; tarpaulins
    come nearest, 4.7 % below. What our plans lack: they choose no place for stock before it is known what strikes.
    """
    world, count = esups_world(folder(real_data, "esups_madagascar"), item)
    parts = rules.build(world.problem(), world.config().plan.segments)
    walk = solve.Walk(parts, Kept(parts.model, 60), world.config())
    assert all(walk.reach(layer) for layer in solve.objectives(parts, world.config()))
    assert walk.last is not None
    sent, loads = walk.last.values[parts.send], parts.problem.loads
    disaster = pd.Series(parts.problem.zones).str.rsplit(" ", n=1).str[-1].to_numpy()
    stock = parts.problem.batches["quantity"].sum() / count
    wanted = pd.Series(parts.problem.mean.sum(axis=(1, 2))).groupby(disaster).sum()
    served = pd.Series(sent).groupby(disaster[loads["zone"]]).sum()
    assert count == len(served) == 64
    assert served.to_numpy() == pytest.approx(np.minimum(wanted, stock).to_numpy(), rel=1e-6)
    assert parts.problem.ways["hours"].to_numpy()[loads["way"]] @ sent / count == pytest.approx(unit_hours, rel=1e-6)


# ------------------------------------------------------------------ wfp_syria: a food basket, where to buy it and how to bring it

PERSONS_PER_TONNE_DAY = 1e4  # nutrients are per 100 g


def wfp_tables(path: Path) -> dict[str, pd.DataFrame]:
    names = ("nodes", "edges", "foodcost", "foodnutrition", "foodreq")
    return {name: pd.read_csv(path / f"syria_{name}.csv", encoding="utf-8-sig") for name in names}


def wfp_prices(tables: dict[str, pd.DataFrame]) -> dict[tuple[str, str], float]:
    """(town, food) -> money for a tonne, of all that sell it and have a road out."""
    towns = tables["nodes"].query("Type in ('I', 'R')").set_index("Name")["Type"]
    abroad = tables["foodnutrition"].set_index("Food")["InternationalPrice"]
    prices = {(town, food): float(price) for town, food, price in tables["foodcost"].itertuples(index=False) if town in towns}
    return prices | {(town, food): float(price) for town in towns.index[towns == "I"] for food, price in abroad.items()}


def wfp_roads(edges: pd.DataFrame, towns: set[str]) -> dict[tuple[str, str], float]:
    """(town, town) -> money for a tonne by the cheapest chain of roads: without limits on a road, all that a network can do."""
    roads = {(a, b): float(cost) for a, b, cost in edges.itertuples(index=False)}
    for by in sorted(towns):
        for a, b in [(a, b) for a in sorted(towns) for b in sorted(towns)]:
            if (a, by) in roads and (by, b) in roads:
                roads[a, b] = min(roads.get((a, b), INF), roads[a, by] + roads[by, b])
    return roads


def wfp_world(tables: dict[str, pd.DataFrame]) -> World:
    """The case as an operation of one day: a town's stock of one food is a depot, and its lane costs the price and the roads.

    The foods are substitutes, measured in kilocalories. The delivery points are the zones.
    """
    points = tables["nodes"].query("Type == 'D'").set_index("Name")["Demand"]
    nutrition = tables["foodnutrition"].set_index("Food")
    energy = float(tables["foodreq"]["Energy(kcal)"].iloc[0]) / PERSONS_PER_TONNE_DAY
    prices, roads = wfp_prices(tables), wfp_roads(tables["edges"], set(tables["nodes"]["Name"]))
    sold = [(town, food, price) for (town, food), price in sorted(prices.items())]
    lane = {"hours_one_way": 0.0}
    food = {"substitutes": "basket", "keeps_days": 0.0, "kg_per_unit": 1.0}
    covers = nutrition["Energy(kcal)"].clip(lower=1e-9)
    return World(
        {(point, "Oil"): [people * energy / covers["Oil"]] for point, people in points.items()}
        | {(point, name): [0.0] for point in points.index for name in nutrition.index if name != "Oil"},
        items=[{**food, "item": name, "unit": "t", "covers": covers[name]} for name in nutrition.index],
        stock=[{"depot": f"{town} {name}", "item": name, "quantity": 1e4} for town, name, _ in sold],
        routes=[
            {**lane, "from": f"{town} {name}", "to": point, "cost_per_kg": price + roads[town, point]}
            for town, name, price in sold
            for point in points.index
            if (town, point) in roads
        ],
        plan={
            "period": "D",
            "layer_tolerance": 0.0,
            "objectives": [{"use": "need"}, {"use": "cost", "handling_per_pack": 0.0, "waste_per_pack": 0.0}],
        },
        forecast={"period": "D"},
    )


def add_basket(parts: rules.Parts, tables: dict[str, pd.DataFrame]) -> None:
    """One basket for everybody, and it holds all twelve nutrients: rows that our plans do not have."""
    problem, loads = parts.problem, parts.problem.loads
    people = tables["nodes"].set_index("Name")["Demand"].reindex(problem.zones).to_numpy(float)
    basket = parts.model.add_columns("basket", len(problem.items), list(problem.items.index))
    rows = parts.model.add_rows("eaten", len(problem.zones) * len(problem.items), lambda: [], 0.0, 0.0)
    rows = rows.reshape(len(problem.zones), len(problem.items))
    parts.model.put(rows[loads["zone"], loads["item"]], parts.send, 1.0)
    parts.model.put(rows, basket[None, :], -people[:, None] / PERSONS_PER_TONNE_DAY)
    required = tables["foodreq"].drop(columns="Type").iloc[0]
    holds = tables["foodnutrition"].set_index("Food").loc[problem.items.index, required.index].to_numpy(float).T
    nutrients = parts.model.add_rows("nutrient", len(required), list(required.index), required.to_numpy(float), INF)
    parts.model.put(nutrients[:, None], basket[None, :], holds)


def test_wfp_syria_is_planned_below_its_published_cost(real_data: Path) -> None:
    """Food for 17,000 people at three delivery points in Syria: 25 foods, 12 nutrients, bought in three ports and five towns.

    Published: 7915.7 USD a day, .604 of it for procurement, .306 international. The data at hand allow a cheaper plan: 7501.42
    a day, .641 of it for procurement and .315 of that abroad, by a flow problem over all roads that was written out on its own
    outside this project (scipy); 7624.11 with 5 g of salt and 20 g of sugar in the basket. So what is published obeys a rule that
    is not in the files, and stays a bound from above; without any one or two of the roads, sellers, foods or nutrients its digits
    are not met either. What our plans lack: a need is met by one figure for each item, so that eleven of the nutrients, and one
    basket for all, are rows which this test adds. Nothing goes by way of another town: the cheapest chain of roads is worked out
    before.
    """
    tables = wfp_tables(folder(real_data, "wfp_syria"))
    world = wfp_world(tables)
    parts = rules.build(world.problem(), world.config().plan.segments)
    add_basket(parts, tables)
    walk = solve.Walk(parts, Kept(parts.model, 60), world.config())
    assert all(walk.reach(layer) for layer in solve.objectives(parts, world.config()))
    need, cost = walk.reached
    assert need.value == pytest.approx(0.0, abs=1e-6)
    assert cost.value == pytest.approx(7501.4198, rel=1e-6)
    assert cost.value < 7915.7
    assert walk.last is not None
    sent, loads = walk.last.values[parts.send], parts.problem.loads
    seller = pd.Series(parts.problem.depots).str.split(" ", n=1)
    prices = wfp_prices(tables)
    paid = np.array([prices[seller[d][0], seller[d][1]] for d in loads["depot"]]) * sent
    is_abroad = np.isin([seller[d][0] for d in loads["depot"]], ["Gaziantep", "Beirut", "Amman"])
    assert paid.sum() / cost.value == pytest.approx(0.6411, abs=1e-4)
    assert paid[is_abroad].sum() / paid.sum() == pytest.approx(0.3154, abs=1e-4)
