"""Worlds small enough to plan by hand: a few zones and depots, one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from forecast import periods
from forecast.allocate import plan_allocation, problem, solve
from forecast.config import Config
from forecast.schema import (
    ARRIVALS,
    BY_OTHERS,
    COMMITMENTS,
    DEPOTS,
    DISPATCHES,
    FLEET,
    ITEMS,
    PRIORITIES,
    ROUTES,
    STOCK,
    ZONE_STOCK,
    ZONES,
    Inputs,
    Ledger,
    Plan,
    Routes,
    Stock,
    Table,
)  # fmt: skip

ISSUE = pd.Timestamp("2026-01-05")  # a Monday
Rows = Sequence[Mapping[str, Any]]
DEFAULTS: dict[str, dict[str, Any]] = {
    "items": {"need": "food", "unit": "kit", "pack": 1.0, "covers": 1.0, "priority": 1.0, "need_lapses": True, "carriage": "dry"},
    "stock": {"status": "usable", "counted_on": ISSUE, "counted_at": "start_of_day"},
    "routes": {"from": "D1", "hours_one_way": 1.0, "lead_days": 0.0, "is_open": True},
    "fleet": {"depot": "D1", "vehicle": "truck", "count": 1.0, "payload_kg": 1000.0, "hours_per_day": 7.0, "working_days": 7.0},
}


def day(number: int) -> pd.Timestamp:
    """The day so many days after the issue date."""
    return ISSUE + pd.Timedelta(days=number)


def week(number: int) -> pd.Timestamp:
    """The start of a week, 0 the first of the plan."""
    return day(7 * number)


@dataclass
class World:
    """`demand`: (zone, item) -> quantities by week, each a number or its samples; the rest as rows of the input tables."""

    demand: Mapping[tuple[str, str], Sequence[Any]]
    items: Rows = ({"item": "kit"},)
    stock: Rows = ()
    arrivals: Rows = ()
    zone_stock: Rows = ()
    dispatches: Rows = ()
    by_others: Rows = ()
    commitments: Rows = ()
    priorities: Rows = ()
    routes: Rows = ({"to": "Z1"},)
    between: Rows = ()
    depots: Rows = ()
    zones: Rows = ()
    fleet: Rows = ()
    closures: Rows = ()
    movements: Rows = ()
    last_plan: Rows = ()
    people: Mapping[str, float] = field(default_factory=dict)
    needs: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    forecast: Mapping[str, Any] = field(default_factory=dict)
    horizon: int | None = None
    ledger: Ledger = field(default_factory=Ledger)

    def cube(self) -> xr.Dataset:
        """DEMAND, complete; pairs that are not named have no demand model."""
        zones = sorted({zone for zone, _ in self.demand} | {str(row["to"]) for row in self.routes})
        items = sorted(str(row["item"]) for row in self.items)
        paths = {pair: [np.atleast_1d(np.asarray(value, float)) for value in weeks] for pair, weeks in self.demand.items()}
        samples = max(len(value) for weeks in paths.values() for value in weeks)
        count = max(len(weeks) for weeks in paths.values())
        values = np.full((len(zones), len(items), count, samples), np.nan, dtype=np.float32)
        for (zone, item), weeks in paths.items():
            values[zones.index(zone), items.index(item)] = [np.broadcast_to(value, samples) for value in weeks]
        period = self.forecast.get("period", "W")
        starts = periods.run(periods.start_of(ISSUE, period), count, period)
        dims = ("zone", "item", "period", "sample")
        model = np.where(np.isnan(values[:, :, 0, 0]), "none", "ets").astype(object)
        variables = {"distributed": (dims, values), "demand": (dims, values), "model": (("zone", "item"), model)}
        return xr.Dataset(variables, {"zone": zones, "item": items, "period": starts, "sample": np.arange(samples)})

    def inputs(self) -> Inputs:
        zones = list(self.cube()["zone"].values)
        told = {row["zone"]: row for row in self.zones}
        rows = [{"zone": z, "zone_name": f"Zone {z}", "population_people": self.people.get(z, np.nan)} for z in zones]
        frame = _table(ZONES, [{**row, **told.get(row["zone"], {})} for row in rows]).set_index("zone")
        lanes, more = [*self.routes, *self.between], {row["depot"]: row for row in self.depots}
        depots = sorted({str(row.get("from", "D1")) for row in lanes} | {str(row.get("depot", "D1")) for row in self.stock})
        depots = sorted({*depots, *more, *(str(row["to"]) for row in self.between)})
        closures = pd.DataFrame(list(self.closures), columns=["from", "to", "start", "until", "why"])
        movements = pd.DataFrame(list(self.movements), columns=["zone", "start", "people"])
        return Inputs(
            zones=gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(range(len(zones)), [0.0] * len(zones)), crs=4326),
            items=_table(ITEMS, self.items, DEFAULTS["items"]).set_index("item").sort_index(),
            records=pd.DataFrame(),
            signals=xr.Dataset(),
            stock=Stock(
                depot_stock=_table(STOCK, [{"depot": "D1", "item": "kit", **row} for row in self.stock], DEFAULTS["stock"]),
                arrivals=_table(ARRIVALS, [{"depot": "D1", "item": "kit", **row} for row in self.arrivals]),
                zone_stock=_table(ZONE_STOCK, [{"item": "kit", "counted_on": ISSUE, **row} for row in self.zone_stock]),
                dispatches=_table(DISPATCHES, [{"depot": "D1", "item": "kit", **row} for row in self.dispatches]),
                by_others=_table(BY_OTHERS, [{"item": "kit", **row} for row in self.by_others]),
                commitments=_table(COMMITMENTS, [{"item": "kit", **row} for row in self.commitments]),
                priorities=_table(PRIORITIES, self.priorities),
            ),
            routes=Routes(
                depots=_table(DEPOTS, [{"depot": depot, "lat": 0.0, "lon": 0.0, **more.get(depot, {})} for depot in depots]),
                lanes=_table(ROUTES, self.routes, DEFAULTS["routes"]),
                fleet=_table(FLEET, self.fleet, DEFAULTS["fleet"]),
                closures=closures.astype({"start": "datetime64[s]", "until": "datetime64[s]"}),
                between=_table(ROUTES, self.between, DEFAULTS["routes"]),
            ),
            movements=movements.astype({"start": "datetime64[s]", "people": float}),
            files={},
            data_until=day(-1),
            last_plan=pd.DataFrame(list(self.last_plan)),
        )

    def config(self) -> Config:
        weeks = self.horizon or max(len(values) for values in self.demand.values())
        plan = {"period": "W", "horizon": weeks, **self.plan}
        return Config.model_validate({"plan": plan, "needs": self.needs, "forecast": {"period": "W", **self.forecast}})

    def planned(self, cube: xr.Dataset | None = None, inputs: Inputs | None = None) -> Plan:
        """The plan of this world."""
        return plan_allocation(
            self.cube() if cube is None else cube, inputs or self.inputs(), self.config(), ISSUE, self.ledger
        )  # fmt: skip

    def problem(self, *, in_thought: bool = False) -> problem.Allocation:
        """The aligned problem, before any solving."""
        return problem.align(self.cube(), self.inputs(), self.config(), ISSUE, self.ledger, in_thought=in_thought)

    def solved(self) -> solve.Solved:
        """The linear program's own answer, before whole packs."""
        return solve.solve(self.problem(), self.config())


def sent(plan: Plan, **where: Any) -> float:
    """Quantity on the lines of a plan, of those that fit."""
    return float(_chosen(plan.lines, where)["quantity"].sum())


def cells(plan: Plan, column: str, **where: Any) -> list[float]:
    """A column of the cells that fit, by period, zone and item."""
    return [float(value) for value in _chosen(plan.cells, where)[column]]


def reasons(plan: Plan, **where: Any) -> list[str]:
    """Reasons on the lines that fit."""
    return list(_chosen(plan.lines, where)["reason"])


def _chosen(df: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    for column, value in where.items():
        df = df[df[column] == value]
    return df


def _table(table: Table, rows: Rows, defaults: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Rows as a typed table: what is not given is empty."""
    df = pd.DataFrame([{**(defaults or {}), **row} for row in rows]) if rows else pd.DataFrame()
    empty = table.empty()
    columns = {}
    for column in table.columns:
        values = df[column.name] if column.name in df else pd.Series([None] * len(df), index=df.index, dtype=object)
        if column.kind == "text":
            values = values.fillna("").astype("str")
        if column.kind == "flag":
            values = values.fillna(True)
        columns[column.name] = values.astype(empty[column.name].dtype)
    return pd.DataFrame(columns)
