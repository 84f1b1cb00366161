"""Seconds and memory of the forecast, each in a process of its own: panel, choice of models and both quantities.

    python -m tests.bench.demand_scale civ DATA MODEL       Cote d'Ivoire, first night and a night with the choice made
    python -m tests.bench.demand_scale zones COUNT MODEL    so many zones x 6 items x 156 weeks, 6 weeks ahead

Reading files is timed elsewhere; the records stand in memory. `processor`: seconds of all its threads together.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from forecast import config, periods
from forecast.demand import forecast_demand
from forecast.inputs import read_records_alone
from forecast.inputs.what_if import NO_MOVEMENTS
from forecast.kept import Kept
from forecast.panel import build_panel
from forecast.schema import (
    ARRIVALS,
    BY_OTHERS,
    COMMITMENTS,
    DEPOTS,
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
    Routes,
    Stock,
)
from tests.bench.demand_models import config_of
from tests.bench.demand_rivals import spent
from tests.bench.demand_scores import show

ROOT = Path(__file__).parents[2]
ITEM_COUNT, WEEKS, AHEAD = 6, 156, 6
FIRST = pd.Timestamp("2023-01-02")
SIZES = (1_250, 2_500, 5_000, 10_000)
COLUMNS = ("panel s", "demand s", "processor", "peak MB")


def main(data: Path, models: Sequence[str], sizes: Sequence[int] = SIZES) -> None:
    """Print seconds and memory, and how both grow with the zones."""
    for model in models:
        rows = _child("civ", str(data), model) if data.is_dir() else {}
        grown = [_child("zones", str(size), model) for size in sizes]
        for row in grown:
            rows |= row
        show(f"seconds and memory: {model}; limits: Cote d'Ivoire, choice made, 60 s, 1.5 GB; 10,000 zones 600 s, 4 GB",
             rows, COLUMNS)  # fmt: skip
        print(_growth(sizes, [next(iter(row.values())) for row in grown]))


def _growth(sizes: Sequence[int], rows: Sequence[dict[str, float]]) -> str:
    """How seconds and memory grow: the power of the number of zones, by least squares of the logs; 1 is linear."""
    if len(sizes) < 2:
        return ""
    slopes = [np.polyfit(np.log(sizes), np.log([row[name] for row in rows]), 1)[0] for name in ("processor", "peak MB")]
    last = np.log(rows[-1]["processor"] / rows[-2]["processor"]) / np.log(sizes[-1] / sizes[-2])
    return f"grows as zones to the power of: processor {slopes[0]:.2f} (at the end {last:.2f}), memory {slopes[1]:.2f}; linear: 1"


def _child(*arguments: str) -> dict[str, dict[str, float]]:
    command = [sys.executable, "-m", "tests.bench.demand_scale", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    rows: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def civ(data: Path, model: str) -> dict[str, dict[str, float]]:
    """1,357 series, 3 months: the first night, and the next with the choice kept."""
    from tests.bench.demand_civ import HORIZON, write_records

    with tempfile.TemporaryDirectory() as name:
        path, _ = write_records(data, Path(name))
        settings, kept = config.from_records(path.name, "M", HORIZON), Path(name) / "kept"
        now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        then = dt.date(2019, 7, 1)
        job = config.job(settings, None, scenario=None, issue_date=then, now_utc=now, data=path.parent)
        job, inputs = read_records_alone(job, Ledger())
        settings = config_of(job.config, model)
        return {
            f"Cote d'Ivoire, {night} night": measured(inputs, settings, job.issue_date, Kept(kept)) for night in ("first", "next")
        }


def zones(count: int, model: str) -> dict[str, dict[str, float]]:
    """Made-up zones."""
    settings = config_of(config.from_records("records.csv", "W", AHEAD), model)
    return {f"{count:,} zones": measured(invented(count), settings, periods.step(FIRST, WEEKS, "W"), Kept())}


def measured(inputs: Inputs, settings: config.Config, issue_date: pd.Timestamp, kept: Kept) -> dict[str, float]:
    """Seconds of both stages, and the most memory that the process ever had."""
    began, used = time.perf_counter(), spent()
    panel = build_panel(inputs, settings, issue_date, Ledger())
    middle = time.perf_counter()
    demand = forecast_demand(panel, inputs, settings, issue_date, Ledger(), kept)
    assert bool(np.isfinite(demand["demand"].values).any())
    took = {"panel s": middle - began, "demand s": time.perf_counter() - middle, "processor": spent() - used}
    return {**took, "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def invented(count: int) -> Inputs:
    """Zones of very different sizes with a season and gaps, goods by the piece, some rarely needed, some out of stock."""
    rng = np.random.default_rng(0)
    codes, items = [f"Z{zone:05}" for zone in range(count)], [f"item{item}" for item in range(ITEM_COUNT)]
    weeks = periods.run(FIRST, WEEKS, "W")
    level = np.exp(rng.normal(2, 1.5, (count, ITEM_COUNT, 1))) * np.array([10, 5, 2, 1, 0.3, 0.1])[:, None]
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    needed = rng.poisson(rng.gamma(2, level * season / 2))
    available = np.floor(level * rng.gamma(3, 1, needed.shape) * 1.5).astype(int) + 1
    handed = np.minimum(needed, available)
    told = np.flatnonzero(rng.random(needed.size) > 0.08)
    zone, item, week = np.unravel_index(told, needed.shape)
    records = pd.DataFrame(
        {
            "record": pd.Series("made:1", index=range(len(told)), dtype="str"),
            "zone": pd.Categorical.from_codes(zone, codes).astype("str"),
            "item": pd.Categorical.from_codes(item, items).astype("str"),
            "period": weeks[week].astype("datetime64[s]"),
            "distributed": handed.ravel()[told].astype(float),
            "requested": np.nan,
            "stock_start": available.ravel()[told].astype(float),
            "received": 0.0,
            "stock_end": (available - handed).ravel()[told].astype(float),
            "stockout_days": np.nan,
            "people_served": np.nan,
            "known_on": pd.Series(pd.NaT, index=range(len(told)), dtype="datetime64[s]"),
        }
    )
    index = pd.Index(codes, name="zone", dtype="str")
    columns = {name: pd.Series("", index=index, dtype="str") for name in ("zone_name", "parent")}
    places = gpd.GeoDataFrame({**columns, "population_people": np.nan}, index=index, geometry=[None] * count, crs=4326)
    goods = ITEMS.empty().set_index("item").reindex(pd.Index(items, name="item")).assign(name=items, unit="unit", need="")
    stock = Stock(*(table.empty() for table in (STOCK, ARRIVALS, ZONE_STOCK, DISPATCHES, BY_OTHERS, COMMITMENTS, PRIORITIES)))
    routes = Routes(DEPOTS.empty(), ROUTES.empty(), FLEET.empty(), pd.DataFrame(columns=["from", "to", "start", "until", "why"]))
    signals = xr.Dataset(coords={"zone": index, "period": weeks})
    until = periods.step(FIRST, WEEKS, "W")
    return Inputs(places, goods, RECORDS.check(records), signals, stock, routes, NO_MOVEMENTS.copy(), {}, until)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    what, of, how = sys.argv[1:]
    print(json.dumps(civ(Path(of), how) if what == "civ" else zones(int(of), how)))
