"""Hand-made inputs for panel and demand: records written as a grid, one letter-coded zone or item after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from forecast import periods
from forecast.config import Config
from forecast.schema import INPUT_TABLES, RECORDS, Floats, History, Inputs, Routes, Stock

FIRST = pd.Timestamp("2025-01-06")  # a Monday
NO_MOVEMENTS = pd.DataFrame(
    {"zone": pd.Series(dtype="str"), "start": pd.Series(dtype="datetime64[s]"), "people": pd.Series(dtype=float)}
)


def weeks(count: int, first: pd.Timestamp = FIRST) -> pd.DatetimeIndex:
    return periods.run(first, count, "W")


def records(series: Mapping[tuple[str, str], Sequence[float]], **columns: Any) -> pd.DataFrame:
    """(zone, item) -> weekly quantities from FIRST on, None = no report; further columns as one value or one per row."""
    rows = [
        {"zone": zone, "item": item, "period": week, "distributed": float(value)}
        for (zone, item), values in series.items()
        for week, value in zip(weeks(len(values)), values, strict=True)
        if value is not None and not np.isnan(value)
    ]
    table = pd.DataFrame(rows, columns=["zone", "item", "period", "distributed"]).astype({"period": "datetime64[s]"})
    table["record"] = [f"records.csv:{line + 2}" for line in range(len(table))]
    for name in RECORDS.names:
        if name not in table:
            table[name] = pd.NaT if name == "known_on" else np.nan
    for name, values in columns.items():
        table[name] = values
    numbers = [column.name for column in RECORDS.columns if column.kind == "number"]
    return table.astype({"known_on": "datetime64[s]", **dict.fromkeys(numbers, float)})


def inputs(
    table: pd.DataFrame,
    people: float | Mapping[str, float] = np.nan,
    per_person_per_day: float = np.nan,
    signals: Mapping[str, Floats] | None = None,
    movements: pd.DataFrame = NO_MOVEMENTS,
    pack: float = 1.0,
    zones: Sequence[str] = (),
    items: Sequence[str] = (),
) -> Inputs:
    """Inputs of the records' zones and items and of those named; signals are (zone, week) from FIRST on."""
    zone = pd.Index(sorted({*table["zone"], *zones}), name="zone")
    item = pd.Index(sorted({*table["item"], *items}), name="item")
    population = pd.Series(people, index=zone, dtype=float) if isinstance(people, Mapping) else people
    places = gpd.GeoDataFrame(
        {"zone_name": "", "parent": "", "population_people": population},
        index=zone,
        geometry=gpd.points_from_xy(np.zeros(len(zone)), np.zeros(len(zone))),
        crs="EPSG:4326",
    )
    goods = {"need": "food", "unit": "kit", "pack": pack, "per_person_per_day": per_person_per_day, "records_count": "goods"}
    empty = {name: INPUT_TABLES[name].empty() for name in INPUT_TABLES}
    tables = ("stock", "arrivals", "zone_stock", "dispatches", "planned_by_others", "commitments", "priorities")
    stock = Stock(*(empty[name] for name in tables))
    closures = pd.DataFrame(columns=["from", "to", "start", "until", "why"])
    seen = xr.Dataset(
        {name: (("zone", "period"), np.asarray(values, dtype=float)) for name, values in (signals or {}).items()},
        coords={"zone": zone, "period": weeks(np.shape(next(iter(signals.values())))[1])} if signals else {},
    )
    return Inputs(
        zones=places,
        items=pd.DataFrame(goods, index=item),
        records=table,
        signals=seen,
        stock=stock,
        routes=Routes(empty["depots"], empty["routes"], empty["fleet"], closures),
        movements=movements,
        files={},
        data_until=FIRST,
    )


def config(model: str = "moving_average", horizon: int = 3, forecast: Mapping[str, Any] | None = None, **sections: Any) -> Config:
    settings = {"horizon": horizon, "default": {"use": model}, **(forecast or {})}
    return Config.model_validate({"forecast": settings, **sections})


def after(count: int) -> pd.Timestamp:
    """The issue date on which `count` weeks from FIRST on are complete."""
    return periods.step(FIRST, count, "W")


def history(values: Sequence[Sequence[float]] | Floats, horizon: int = 3, item: str = "kit", **changes: Any) -> History:
    """A weekly history of one item in zones Z0, Z1, ... as models see it."""
    array = np.asarray(values, dtype=float)
    facts: dict[str, Any] = {
        "zones": tuple(f"Z{row}" for row in range(len(array))),
        "items": (item,) * len(array),
        "parents": ("",) * len(array),
        "periods": weeks(array.shape[1]),
        "ahead": weeks(horizon, periods.step(FIRST, array.shape[1], "W")),
        "values": array,
        "floors": np.full(array.shape, np.nan),
        "stock": {},
        "is_reported": np.isfinite(array),
        "expected": np.full((len(array), horizon), np.nan),
        "regressors": {},
        "season": 52,
        "seed": 1,
    }
    pool = changes.pop("pool", array)
    return History(**{**facts, "pools": {item: pool}, **changes})
