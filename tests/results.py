"""Hand-made run results for tests of the outputs: a tiny one whose figures can be added up by eye, and two of a country's size.

Nothing here forecasts or plans: the country's numbers are drawn from a seed and shared out by a rule of thumb, so that the pages
have something like a real run to show. The balance of every cell holds, as it does in a real plan.
"""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from forecast.errors import Problem
from forecast.schema import (
    ALLOCATION,
    ARRIVALS,
    BY_OTHERS,
    COMMITMENTS,
    DEPOT_STOCK,
    DISPATCHES,
    FLEET,
    ITEMS,
    PRIORITIES,
    RECORDS,
    ROUTES,
    STOCK,
    ZONE_STOCK,
    Inputs,
    Ledger,
    Plan,
    Result,
    Routes,
    Stamp,
    Stock,
)
from forecast.schema import DEPOTS as DEPOTS_TABLE

ISSUE = pd.Timestamp("2026-11-23")
WEEKS = pd.DatetimeIndex([ISSUE + pd.Timedelta(weeks=n) for n in range(4)], dtype="datetime64[s]")
STAMP = Stamp("2026-11-23-base-1f3a9c2e", "DRAFT", ISSUE, pd.Timestamp("2026-11-22"), "base", "2026-11-23T05:12:09Z")
ITEM_ROWS = [
    # item, name, need, unit, pack, kg, m3, per person per day, carriage
    ("hygiene_kit", "Health kit", "care", "kit", 1, 28.0, 0.12, 0.0004, "dry"),
    ("ration", "Food ration", "food", "ration", 10, 4.2, 0.008, 0.02, "dry"),
    ("rutf", "Ready-to-use food", "food", "sachet", 150, 0.092, 0.0002, 0.03, "dry"),
    ("tablet", "Purification tablet", "water", "tablet", 1000, 0.004, 0.00001, 0.02, "dry"),
    ("vaccine", "Vaccine dose", "care", "dose", 50, 0.01, 0.0001, 0.001, "cold"),
    ("water", "Trucked water", "water", "L", 1000, 1.0, 0.001, 0.4, "bulk_water"),
]
DEPOT_ROWS = [("D-HARB", "Harbour", 7.15, -12.6), ("D-NORD", "Nordhill", 9.2, -11.9), ("D-RIVE", "Riverside", 8.0, -11.1)]


def tiny_result() -> Result:
    """Two zones, one depot, one item, one week: Kori gets 80 of the 100 it needs, nothing reaches Bala.

    Kori has 300 people and a coverage of 80 %, Bala 100 people and 0 %: together 60 % of the people's need.
    """
    zones = gpd.GeoDataFrame(
        {"zone": ["00123", "=Z2"], "zone_name": ["Kori", "<b>Bala</b>"], "parent": ["", ""], "population_people": [300.0, 100.0]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        crs="EPSG:4326",
    ).set_index("zone")
    items = ITEMS.empty().reindex(range(1)).assign(item="kit", name="Kit", need="care", unit="kit", pack=1.0).set_index("item")
    week = ISSUE.as_unit("s")
    cells = pd.DataFrame(
        {
            "period": [week, week],
            "zone": ["00123", "=Z2"],
            "zone_name": ["Kori", "<b>Bala</b>"],
            "need": "care",
            "item": "kit",
            "unit": "kit",
            "people": [300.0, 100.0],
            "demand_mean": [100.0, 40.0],
            "demand_q50": [100.0, 40.0],
            "demand_q90": [120.0, 50.0],
            "zone_stock": [np.nan, 0.0],
            "in_transit": 0.0,
            "planned": [80.0, 0.0],
            "by_others": 0.0,
            "carried_need": 0.0,
            "expected_unmet": [20.0, 40.0],
            "expected_surplus": 0.0,
            "coverage": [0.8, 0.0],
            "shortage_risk": [0.9, 1.0],
            "reason": ["the depot's stock is used up", "no open road"],
            "basis": "",
        }
    )
    lines = pd.DataFrame(
        {
            "line_id": ["L2", "L1"],
            "load_on": [pd.NaT, week],
            "arrive_by": [pd.NaT, week + pd.Timedelta(days=1)],
            "depot": ["", "D1"],
            "zone": ["=Z2", "00123"],
            "zone_name": ["<b>Bala</b>", "Kori"],
            "need": "care",
            "item": "kit",
            "unit": "kit",
            "packs": [0.0, 80.0],
            "quantity": [0.0, 80.0],
            "kg": [0.0, 800.0],
            "m3": [0.0, 1.6],
            "vehicle": ["", "truck"],
            "trips": [0.0, 1.0],
            "batch": ["", "B7"],
            "expiry": pd.NaT,
            "reason": ["no open road", "the depot's stock is used up"],
            "round": "",
        }
    )
    for column in ("load_on", "arrive_by", "expiry"):
        lines[column] = lines[column].astype("datetime64[s]")
    stock = pd.DataFrame(
        {"depot": ["D1"], "item": "kit", "period": [week], "arrivals": 0.0, "shipped": 80.0, "expired": 0.0, "closing": 0.0}
    )
    depots = pd.DataFrame({"depot": ["D1"], "name": ["Port"], "lat": [0.5], "lon": [0.2]})
    lanes = pd.DataFrame({"from": ["D1", "D1"], "to": ["00123", "=Z2"], "hours_one_way": [2.0, 3.0], "is_open": [True, True]})
    closures = _closures([("D1", "=Z2", ISSUE, pd.NaT, "bridge out")])
    ledger = Ledger()
    ledger.problems.note(
        Problem("records_1.csv", "is not a number", "The row was set aside", line=4, column="distributed", value="-1+1")
    )
    ledger.assume("speed_kmh", "routes from D1", 35, "km/h", "config, plan.speed_kmh")
    ledger.remarks.append("No fleet given: no limit on vehicles.")
    samples = np.array([[[[90, 100, 110]]], [[[30, 40, 50]]]], dtype="float32")
    demand = _demand_cube(
        zones.index, items.index, pd.DatetimeIndex([week]), samples, np.array([["ets"], ["norm"]], dtype=object)
    )
    inputs = _inputs(zones, items, depots, lanes, closures)
    plan = Plan(lines, cells, stock, {})
    return Result(STAMP, inputs, xr.Dataset(), demand, plan, ledger, "Kits for Kori & Bala", "Supply cell", "DRAFT: not for use.")


def country_result(count: int = 40, *, points: bool = False, seed: int = 7) -> Result:
    """A country of `count` zones in three provinces, 3 depots, 6 items, 4 weeks; polygons, or points as sites are."""
    rng = np.random.default_rng(seed)
    zones = _country(count, points, rng)
    items = _items()
    samples, model = _samples(zones, items, rng)
    demand = _demand_cube(zones.index, items.index, WEEKS, samples, model)
    depots = pd.DataFrame(DEPOT_ROWS, columns=pd.Index(["depot", "name", "lat", "lon"]))
    lanes = _lanes(zones, depots)
    cut_off = list(zones.index[[3 % count, 17 % count, 29 % count]])
    closures = _closures([(depot, zone, ISSUE, pd.NaT, "road flooded") for depot in depots["depot"] for zone in cut_off])
    cells = _cells(zones, items, demand, cut_off, rng)
    lines = _lines(cells, items, lanes)
    plan = Plan(lines, cells, _depot_stock(lines, depots, items), {})
    inputs = _inputs(zones, items, depots, lanes, closures)
    return Result(
        STAMP,
        inputs,
        xr.Dataset(),
        demand,
        plan,
        _ledger(),
        "Demo country: relief plan",
        "Supply cell, demo",
        "DRAFT: to be approved.",
    )


def with_plan(result: Result, **tables: pd.DataFrame) -> Result:
    """The result with other tables of its plan: `lines`, `cells`, `depot_stock`."""
    assert result.plan is not None
    return dataclasses.replace(result, plan=dataclasses.replace(result.plan, **tables))


def plan_of(result: Result) -> Plan:
    """The plan, which the results made here always have."""
    assert result.plan is not None
    return result.plan


# ------------------------------------------------------------------ parts


def _country(count: int, points: bool, rng: np.random.Generator) -> gpd.GeoDataFrame:
    outline = shapely.Polygon(
        [(-13.2, 7.6), (-12.4, 6.9), (-11.4, 6.95), (-10.4, 7.8), (-10.3, 8.6), (-10.9, 9.9), (-12.6, 9.8), (-13.3, 8.9)]
    )
    seeds = _spread(outline, count, rng)
    parents = ["Northern" if spot.y > 8.9 else "Western" if spot.x < -11.8 else "Eastern" for spot in seeds]
    names = [
        first + second
        for first in ("Kor", "Bal", "Mak", "Tongo", "Sel", "Yel", "Fad", "Lun")
        for second in ("i", "ama", "eni", "ura", "o")
    ]
    return gpd.GeoDataFrame(
        {
            "zone": [f"DM{1 + ('Northern', 'Western', 'Eastern').index(parent):02d}{n:03d}" for n, parent in enumerate(parents)],
            "zone_name": [names[n % len(names)] for n in range(count)],
            "parent": parents,
            "population_people": np.round(rng.lognormal(10, 0.6, count)),
        },
        geometry=seeds if points else _cells_around(seeds, outline),
        crs="EPSG:4326",
    ).set_index("zone").sort_index()  # fmt: skip


def _spread(outline: shapely.Polygon, count: int, rng: np.random.Generator) -> list[shapely.Point]:
    """So many points inside the outline, about evenly spread, from north to south."""
    west, south, east, north = outline.bounds
    step = np.sqrt(outline.area / count)
    while True:
        x, y = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step))
        spots = shapely.points(x + rng.uniform(-0.3, 0.3, x.shape) * step, y + rng.uniform(-0.3, 0.3, y.shape) * step).ravel()
        inside = spots[shapely.contains(outline, spots)]
        if len(inside) >= count:
            return sorted(rng.choice(inside, count, replace=False), key=lambda spot: (-spot.y, spot.x))
        step *= 0.97


def _cells_around(seeds: list[shapely.Point], outline: shapely.Polygon) -> list[shapely.Geometry]:
    """The land nearest to each seed, with borders that wander as rivers do; neighbours share every point of their border."""
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=outline, ordered=True))
    land = shapely.intersection(cells, outline.buffer(0.05))
    edges = shapely.segmentize(shapely.node(shapely.union_all(shapely.boundary(land))), 0.02)
    bent = shapely.transform(edges, lambda xy: xy + 0.03 * np.sin(9 * xy[:, ::-1]) + 0.012 * np.sin(41 * xy[:, ::-1] + xy))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(bent)))
    bends = shapely.transform(shapely.points([spot.coords[0] for spot in seeds]), lambda xy: xy + 0.03 * np.sin(9 * xy[:, ::-1]))
    return list(faces[shapely.STRtree(faces).nearest(bends)])


def _items() -> pd.DataFrame:
    columns = ["item", "name", "need", "unit", "pack", "kg_per_unit", "m3_per_unit", "per_person_per_day", "carriage"]
    plain = {"covers": 1.0, "substitutes": "", "priority": 1.0, "records_count": "goods"}
    return pd.DataFrame(ITEM_ROWS, columns=pd.Index(columns)).assign(**plain).set_index("item")


def _samples(zones: gpd.GeoDataFrame, items: pd.DataFrame, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    mean = 7 * zones["population_people"].to_numpy()[:, None] * items["per_person_per_day"].to_numpy()
    shared = rng.gamma(8, 1 / 8, (len(zones), len(items), 1, 50))
    samples = mean[:, :, None, None] * shared * rng.gamma(20, 1 / 20, (len(zones), len(items), len(WEEKS), 50))
    model = np.full(mean.shape, "ets", dtype=object)
    model[:, 1] = "seasonal_naive"
    model[::9, 0] = "ets, fell back to moving_average"
    model[5, [0, 4]] = model[11, [0, 4]] = "none"
    samples[model == "none"] = np.nan
    return samples.astype("float32"), model


def _demand_cube(
    zones: pd.Index, items: pd.Index, periods: pd.DatetimeIndex, samples: np.ndarray, model: np.ndarray
) -> xr.Dataset:
    dims = ("zone", "item", "period", "sample")
    return xr.Dataset(
        {"distributed": (dims, 0.9 * samples), "demand": (dims, samples), "model": (("zone", "item"), model)},
        coords={"zone": zones.astype(object), "item": items.astype(object), "period": periods},
    )


def _lanes(zones: gpd.GeoDataFrame, depots: pd.DataFrame) -> pd.DataFrame:
    spots = zones.geometry.representative_point()
    rows = []
    for depot in depots.itertuples():
        hours = np.hypot(spots.x - depot.lon, spots.y - depot.lat) * 111 * 1.4 / 35
        rows.append(pd.DataFrame({"from": depot.depot, "to": zones.index, "hours_one_way": hours.to_numpy()}))
    return pd.concat(rows, ignore_index=True).assign(lead_days=1.0, is_open=True)


def _cells(
    zones: gpd.GeoDataFrame, items: pd.DataFrame, demand: xr.Dataset, cut_off: list[str], rng: np.random.Generator
) -> pd.DataFrame:
    samples = demand["demand"].to_numpy().astype(float)
    index = pd.MultiIndex.from_product([zones.index, items.index, WEEKS], names=["zone", "item", "period"])
    df = index.to_frame(index=False)
    flat = samples.reshape(len(df), -1)
    df["demand_mean"], df["demand_q50"], df["demand_q90"] = (
        flat.mean(axis=1),
        np.quantile(flat, 0.5, axis=1),
        np.quantile(flat, 0.9, axis=1),
    )
    df["zone_name"], df["people"] = df["zone"].map(zones["zone_name"]), df["zone"].map(zones["population_people"])
    df["need"], df["unit"], pack = df["item"].map(items["need"]), df["item"].map(items["unit"]), df["item"].map(items["pack"])
    level = dict(zip(zones.index, np.clip(rng.beta(1.6, 0.8, len(zones)) * 1.9, 0, 1.8), strict=True))
    share = (
        df["zone"].map(level)
        * rng.uniform(0.75, 1.05, len(df))
        * df["period"].map(dict(zip(WEEKS, (1.0, 0.95, 0.8, 0.7), strict=True)))
    )
    shut = df["zone"].isin(cut_off)
    df["zone_stock"] = (0.05 * df["demand_mean"]).where(rng.uniform(size=len(df)) > 0.3)
    df["in_transit"] = df["by_others"] = df["carried_need"] = 0.0
    df["planned"] = (np.round(share * df["demand_mean"] / pack) * pack).where(~shut, 0.0)
    supply = df["planned"].to_numpy() + df["zone_stock"].fillna(0).to_numpy()
    df["expected_unmet"] = np.maximum(flat - supply[:, None], 0).mean(axis=1)
    df["expected_surplus"] = np.maximum(supply[:, None] - flat, 0).mean(axis=1)
    df["coverage"] = 1 - df["expected_unmet"] / df["demand_mean"]
    df["shortage_risk"] = (flat > supply[:, None]).mean(axis=1)
    df["reason"] = np.select(
        [shut, df["coverage"] > 0.97, share < 0.6],
        ["no open road", "covered", "the depot's vehicle hours are used up"],
        "the depot's stock is used up",
    )
    df["basis"] = ""
    return df.dropna(subset=["demand_mean"]).sort_values(["period", "zone", "item"], ignore_index=True)


def _lines(cells: pd.DataFrame, items: pd.DataFrame, lanes: pd.DataFrame) -> pd.DataFrame:
    nearest = lanes.sort_values("hours_one_way").drop_duplicates("to").set_index("to")["from"]
    df = cells[(cells["planned"] > 0) | (cells["period"] == WEEKS[0])].reset_index(drop=True)
    sent = df["planned"] > 0
    columns = {
        "line_id": [f"L{n:05d}" for n in range(1, len(df) + 1)],
        "load_on": df["period"].where(sent),
        "arrive_by": (df["period"] + pd.Timedelta(days=1)).where(sent),
        "depot": df["zone"].map(nearest).where(sent, ""),
        **{name: df[name] for name in ("zone", "zone_name", "need", "item", "unit", "reason")},
        "quantity": df["planned"],
        "packs": df["planned"] / df["item"].map(items["pack"]),
        "kg": df["planned"] * df["item"].map(items["kg_per_unit"]),
        "m3": df["planned"] * df["item"].map(items["m3_per_unit"]),
        "vehicle": df["item"]
        .map(items["carriage"])
        .map({"dry": "truck_10t", "cold": "cold_van", "bulk_water": "water_truck"})
        .where(sent, ""),
        "batch": df["item"].str.upper().where(sent & (df["need"] == "food"), ""),
        "expiry": pd.Series(pd.Timestamp("2027-03-31").as_unit("s"), index=df.index).where(sent & (df["need"] == "food")),
    }
    lines = pd.DataFrame(columns)
    lines["trips"] = np.ceil(lines["kg"] / 10_000)
    lines["round"] = ""
    return lines[[name for name in ALLOCATION.names if name in lines]]


def _depot_stock(lines: pd.DataFrame, depots: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([depots["depot"], items.index, WEEKS], names=["depot", "item", "period"])
    sent = lines[lines["quantity"] > 0]
    shipped = sent.groupby(["depot", "item", "load_on"])["quantity"].sum().reindex(index, fill_value=0.0)
    df = shipped.rename("shipped").reset_index()
    df["arrivals"] = df["expired"] = 0.0
    total = df.groupby(["depot", "item"])["shipped"].transform("sum")
    left = np.where(df["item"].isin(["ration", "water"]), 0.0, 0.3)
    df["closing"] = total * (1 + left) - df.groupby(["depot", "item"])["shipped"].cumsum()
    return df[DEPOT_STOCK.names]


def _closures(rows: list[tuple[str, str, pd.Timestamp, pd.Timestamp, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=pd.Index(["from", "to", "start", "until", "why"])).astype(
        {"start": "datetime64[s]", "until": "datetime64[s]"}
    )


def _inputs(
    zones: gpd.GeoDataFrame, items: pd.DataFrame, depots: pd.DataFrame, lanes: pd.DataFrame, closures: pd.DataFrame
) -> Inputs:
    stock = Stock(
        STOCK.empty(),
        ARRIVALS.empty(),
        ZONE_STOCK.empty(),
        DISPATCHES.empty(),
        BY_OTHERS.empty(),
        COMMITMENTS.empty(),
        PRIORITIES.empty(),
    )
    routes = Routes(
        DEPOTS_TABLE.empty().reindex(range(len(depots))).assign(**{name: depots[name] for name in depots}),
        ROUTES.empty().reindex(range(len(lanes))).assign(**{name: lanes[name] for name in lanes}),
        FLEET.empty(),
        closures,
    )
    files = {"records/records_2026.csv": "0" * 64, "zones.gpkg": "1" * 64, "rainfall/rainfall_2026-11-16.tif": "2" * 64}
    movements = pd.DataFrame({"zone": [], "start": [], "people": []})
    return Inputs(zones, items, RECORDS.empty(), xr.Dataset(), stock, routes, movements, files, STAMP.data_until)


def _ledger() -> Ledger:
    ledger = Ledger()
    ledger.assume("speed_kmh", "routes from D-HARB", 35, "km/h", "config, plan.speed_kmh")
    ledger.assume("water per person per day", "water", 15, "L", "Sphere 2018")
    for item in ("hygiene_kit", "vaccine", "tablet"):
        ledger.assume("keeps_days", item, "no limit", "days", "default: no figure given")
    for line in (12, 80, 212):
        ledger.problems.note(
            Problem(
                "records_2026.csv",
                "is 9 times the largest of its series",
                "Set aside as a unit error",
                line=line,
                column="distributed",
                value="98000",
            )
        )
    ledger.problems.note(
        Problem(
            "records_2026.csv",
            "is not a known zone",
            "Set aside. Did you mean 'DM01003'?",
            line=33,
            column="zone",
            value="DM0103",
        )
    )
    ledger.remarks.append("No commitments given: no minimum or fixed quantities.")
    return ledger
