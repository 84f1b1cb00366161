"""A published run, planned again from its own seams: the same inputs, config and samples must give the same lines."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import xarray as xr

from forecast import store
from forecast.allocate import plan_allocation
from forecast.config import Config
from forecast.errors import InputError, Problem
from forecast.given_demand import from_samples, over_all
from forecast.published import AGAIN, Published
from forecast.schema import Inputs, Ledger, Plan, Routes, Stock

SAMPLES = "samples.parquet"
SENT = ["line_id", "load_on", "arrive_by", "depot", "zone", "item", "vehicle", "batch", "packs", "quantity"]


@dataclass(frozen=True)
class Again:
    """What a run planned from, and its plan, made once more; `same_code`: by the very code that made the run."""

    demand: xr.Dataset
    inputs: Inputs
    config: Config
    plan: Plan
    same_code: bool


def plan_again(run: Published) -> Again:
    """Plan a published run again. Raises InputError when a file of it was changed, or the plan does not come out the same."""
    run.verify(
        [store.seam_file(name) for name in ("1-zones", "1-items", *store.STOCK_SEAMS.values(), *store.ROUTES_SEAMS.values())]
        + [SAMPLES]
    )
    config, inputs = Config.model_validate(run.settings), _inputs(run)
    demand = over_all(from_samples(pd.read_parquet(run.folder / SAMPLES)), inputs)
    plan = plan_allocation(demand, inputs, config, run.issue_date, Ledger())
    again = Again(demand, inputs, config, plan, run.manifest.get("code_sha256") == store.code_fingerprint())
    _refuse_another(plan.lines, run.seam("6-lines"), again.same_code, run)
    return again


def _inputs(run: Published) -> Inputs:
    """What the plan reads of Inputs, as it stood in the run; records are not among it."""
    zones = run.seam("1-zones").set_index("zone")
    points = gpd.GeoSeries(gpd.points_from_xy(zones["lon"], zones["lat"]), index=zones.index, crs=4326)
    return Inputs(
        zones=gpd.GeoDataFrame(zones, geometry=points.where(zones["lon"].notna()), crs=4326),
        items=run.seam("1-items").set_index("item"),
        records=pd.DataFrame(),
        signals=_signals(run.seam("3-signals")),
        stock=Stock(**{name: run.seam(seam) for name, seam in store.STOCK_SEAMS.items()}),
        routes=Routes(**{name: run.seam(seam) for name, seam in store.ROUTES_SEAMS.items()}),
        movements=run.seam("5-movements"),
        last_plan=run.seam("5-last-plan"),
        files={},
        data_until=pd.Timestamp(run.manifest["data_until"]),
    )


def _signals(table: pd.DataFrame) -> xr.Dataset:
    """The signals with their units, as they were written."""
    if table.empty:
        return xr.Dataset()
    signals = table.set_index(["zone", "period"]).to_xarray()
    for name, unit in table.attrs.get("units", {}).items():
        signals[name].attrs["units"] = unit
    return signals


def _refuse_another(made: pd.DataFrame, published: pd.DataFrame, same_code: bool, run: Published) -> None:
    """Raise InputError where the plan made again is not the one that was published."""
    key = [name for name in SENT if name != "line_id"]
    both = made[key].merge(published[key], how="outer", on=key, indicator="found")
    others = int((both["found"] != "both").sum())
    if others or len(made) != len(published):
        why = "The code is the same: the solver ran out of time, or is of another version" if same_code else "Other code made it"
        problem = f"its plan does not come out the same: {others} lines differ, so nothing can be said of why it is as it is"
        raise InputError([Problem(run.run, problem, f"{why}. {AGAIN}")])
