"""Seeded instances of the plan, of any size, with every rule of the model on, made of inputs and demand as a run has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from forecast import periods
from tests.plan_world import ISSUE, World, day, week

KINDS: dict[str, Mapping[str, Any]] = {
    "perishes": {"need": "water", "need_lapses": True, "keeps_days": 1.0, "carriage": "bulk_water"},
    "accumulates": {"need": "care", "need_lapses": False, "carriage": "cold"},
    "lasts": {"need": "food", "need_lapses": True, "keeps_days": 90.0, "carriage": "dry"},
}
NEEDS = {"water": {"per_person_per_day": 15.0, "survival_per_person_per_day": 7.5, "unit": "L", "source": "Sphere"}}


@dataclass(frozen=True)
class Size:
    """Depots, zones, items, weeks, samples."""

    depots: int
    zones: int
    items: int
    weeks: int
    samples: int


@dataclass
class Drawn(World):
    """A world whose demand is drawn."""

    drawn: xr.Dataset = field(default_factory=xr.Dataset)

    def cube(self) -> xr.Dataset:
        return self.drawn


def world(size: Size, kinds: tuple[str, ...] = ("perishes", "accumulates"), seed: int = 1) -> Drawn:
    """Zones around depots, each with lanes to its three nearest; a third of the stock that would be needed expires on the way.

    Demand is gamma distributed, with a level of its own in each zone and sample, so that weeks go together. Stock covers 70 %,
    vehicles about 80 %; every tenth lane is shut for some weeks; goods are on the road, in zones, brought by others, promised.
    """
    rng = np.random.default_rng(seed)
    zones, depots = [f"Z{n:04d}" for n in range(size.zones)], [f"D{n}" for n in range(size.depots)]
    codes = [f"I{n:02d}" for n in range(size.items)]
    items = [_item(code, kinds[n % len(kinds)], rng) for n, code in enumerate(codes)]
    people = rng.gamma(2, 3000, size.zones) + 500
    level = (
        people[:, None] / [1 / row["per_person_per_day"] / 7 for row in items] * rng.uniform(0.3, 1.2, (size.zones, size.items))
    )
    demand = _demand(level, size, rng)
    weekly = level.sum(axis=0)
    stock = [
        {"depot": depot, "item": code, "quantity": float(round(0.3 * weekly[k] * size.weeks / size.depots)), **batch}
        for depot in depots
        for k, code in enumerate(codes)
        for batch in ({"batch": "late"}, {"batch": "soon", "expiry": day(int(rng.integers(20, 60)))})
    ]
    arrivals = [
        {"depot": depot, "item": code, "quantity": float(round(0.1 * weekly[k] * size.weeks / size.depots)), "eta": week(3)}
        for depot in depots
        for k, code in enumerate(codes)
    ]
    routes, closures = _routes(zones, depots, rng)
    return Drawn(
        {(zones[0], codes[0]): [1.0] * size.weeks},
        items=items,
        stock=stock,
        arrivals=arrivals,
        zone_stock=_some(zones, codes, level, rng, counted_on=day(-2)),
        by_others=_some(zones, codes, 0.5 * level, rng, period=week(1)),
        commitments=[{**row, "minimum": 0.05 * row.pop("quantity")} for row in _some(zones, codes, level, rng, period=week(4))],
        priorities=[{"zone": zone, "need": "water", "weight": float(rng.choice([0.5, 2.0]))} for zone in zones[::5]],
        routes=routes,
        fleet=_fleet(depots, items, weekly, routes),
        closures=closures,
        people=dict(zip(zones, people, strict=True)),
        needs=NEEDS,
        horizon=size.weeks,
        plan={"time_limit_seconds": 3600},
        drawn=_cube(demand, zones, codes),
    )


def deterministic(made: Drawn) -> Drawn:
    """The same world planned on the mean demand alone: what a plan on one number per zone costs."""
    cube = made.drawn.isel(sample=[0])
    for name in ("distributed", "demand"):
        cube[name] = made.drawn[name].mean("sample", keepdims=True).astype(np.float32)
    return replace(made, drawn=cube)


def _item(code: str, kind: str, rng: np.random.Generator) -> dict[str, Any]:
    figure = {"perishes": 15.0, "accumulates": 0.01, "lasts": 0.5}[kind]
    kg = {"perishes": 1.0, "accumulates": 40.0, "lasts": 1.0}[kind]
    return {
        "item": code,
        "kg_per_unit": kg,
        "m3_per_unit": kg / 500,
        "per_person_per_day": figure * rng.uniform(0.8, 1.2),
        **KINDS[kind],
    }


def _demand(level: np.ndarray, size: Size, rng: np.random.Generator) -> np.ndarray:
    """(zone, item, week, sample): a level per zone and sample, times what each week brings."""
    lasting = np.exp(0.3 * rng.standard_normal((size.zones, size.items, 1, size.samples)) - 0.045)
    return level[:, :, None, None] * lasting * rng.gamma(6, 1 / 6, (size.zones, size.items, size.weeks, size.samples))


def _routes(zones: list[str], depots: list[str], rng: np.random.Generator) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    zone_at, depot_at = rng.random((len(zones), 2)), rng.random((len(depots), 2))
    hours = 1 + 12 * np.linalg.norm(zone_at[:, None] - depot_at[None], axis=2)
    routes, closures = [], []
    for z, zone in enumerate(zones):
        for d in np.argsort(hours[z])[:3]:
            lead = float(rng.integers(0, 9))
            routes.append({"from": depots[d], "to": zone, "hours_one_way": float(hours[z, d]), "lead_days": lead})
            if rng.random() < 0.1:
                start = int(rng.integers(1, 6))
                closures.append({"from": depots[d], "to": zone, "start": week(start), "until": week(start + 3), "why": "flood"})
    return routes, closures


def _fleet(
    depots: list[str], items: list[dict[str, Any]], weekly: np.ndarray, routes: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Trucks that carry dry and cold goods, and tankers; as many hours as 80 % of the weekly demand takes."""
    hours = float(np.mean([2 * row["hours_one_way"] for row in routes]))
    fleet = []
    for vehicle, carries in (("truck", "dry, cold"), ("tanker", "bulk_water")):
        kg = sum(weekly[k] * item["kg_per_unit"] for k, item in enumerate(items) if item["carriage"] in carries)
        count = 0.8 * kg / 5000 * hours / 48 / len(depots)
        fleet += [
            {"depot": depot, "vehicle": vehicle, "count": float(max(1, round(count))), "payload_kg": 5000.0, "payload_m3": 20.0,
             "carries": carries, "hours_per_day": 8.0, "working_days": 6.0}
            for depot in depots
        ]  # fmt: skip
    return fleet


def _some(zones: list[str], codes: list[str], level: np.ndarray, rng: np.random.Generator, **cells: Any) -> list[dict[str, Any]]:
    """A quantity for every fifth zone and item, drawn."""
    chosen = [(z, k) for z in range(len(zones)) for k in range(len(codes)) if rng.random() < 0.2]
    return [{"zone": zones[z], "item": codes[k], "quantity": float(level[z, k] * rng.random()), **cells} for z, k in chosen]


def _cube(demand: np.ndarray, zones: list[str], codes: list[str]) -> xr.Dataset:
    """DEMAND of (zone, item, week, sample)."""
    dims = ("zone", "item", "period", "sample")
    starts = periods.run(periods.start_of(ISSUE, "W"), demand.shape[2], "W")
    values = demand.astype(np.float32)
    model = np.full(demand.shape[:2], "ets", dtype=object)
    variables = {"distributed": (dims, values), "demand": (dims, values), "model": (dims[:2], model)}
    coordinates = {"zone": zones, "item": codes, "period": starts, "sample": np.arange(demand.shape[3])}
    return xr.Dataset(variables, coordinates)
