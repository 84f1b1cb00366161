"""Lanes completed: hours from km, driving days where none are given, and all lanes from distance where there are no routes."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from forecast import convert
from forecast.config import Job
from forecast.errors import few
from forecast.geo import great_circle_km
from forecast.inputs import checks
from forecast.schema import ROUTES, Ledger, Routes

SLOWEST_KMH, FASTEST_KMH = 1.0, 150.0  # over the straight distance, on foot and by a fast vehicle: beyond, hours are doubted
NEAR_KM = 5.0  # nearer places say nothing about speed


def complete_lanes(routes: Routes, zones: gpd.GeoDataFrame, job: Job, ledger: Ledger) -> Routes:
    """Routes with every lane's `hours_one_way` and `lead_days`; zones that no lane reaches are named in a remark."""
    lanes = routes.lanes
    if "routes" not in job.config.inputs and len(routes.depots):
        lanes = _from_distance(routes.depots, zones, job, ledger)
    else:
        lanes = _with_hours(lanes, job.config.plan.speed_kmh, ledger)
        _doubt_hours(lanes, routes.depots, zones, ledger)
    lanes = _with_lead_days(lanes, job.config.plan.hours_per_day, ledger)
    between = _with_hours(routes.between, job.config.plan.speed_kmh, ledger)
    between = _with_lead_days(between, job.config.plan.hours_per_day, ledger)
    cut_off = zones.index.difference(lanes["to"])
    if len(cut_off) and len(routes.depots):
        ledger.remarks.append(f"No lane leads to {len(cut_off)} of {len(zones)} zones: {few(cut_off)}.")
    return replace(routes, lanes=lanes, between=between)


def _with_hours(lanes: pd.DataFrame, speed_kmh: float, ledger: Ledger) -> pd.DataFrame:
    """Hours of the lanes of which only the km are known."""
    empty = lanes["hours_one_way"].isna()
    if not empty.any():
        return lanes
    source = f"km of routes at {speed_kmh:g} km/h (plan.speed_kmh)"
    ledger.assume("hours_one_way", checks.counted(int(empty.sum()), "lane"), "from km", "hours", source)
    return lanes.assign(hours_one_way=lanes["hours_one_way"].fillna(lanes["km"] / speed_kmh))


def _doubt_hours(lanes: pd.DataFrame, depots: pd.DataFrame, zones: gpd.GeoDataFrame, ledger: Ledger) -> None:
    """Note lanes whose hours do not fit the straight distance: minutes or days written as hours, or a wrong place."""
    places, starts = zones.geometry.representative_point(), depots.set_index("depot")
    at, to = starts.reindex(lanes["from"]), places.reindex(lanes["to"])
    km = great_circle_km(at["lat"].to_numpy(float), at["lon"].to_numpy(float), to.y.to_numpy(), to.x.to_numpy())
    hours = lanes["hours_one_way"].to_numpy(float)
    for row in lanes.index[(km > NEAR_KM) & ((km < SLOWEST_KMH * hours) | (km > FASTEST_KMH * hours))]:
        problem = f"is not the time for the {km[lanes.index.get_loc(row)]:,.0f} straight km from {lanes['from'][row]}"
        action = f"Used as it is; is it in hours, and is {lanes['to'][row]} in its place?"
        ledger.problems.note(convert.problem_at(lanes, row, "hours_one_way", problem, action))


def _with_lead_days(lanes: pd.DataFrame, hours_per_day: float, ledger: Ledger) -> pd.DataFrame:
    """Days from loading to arrival: what is driven within a day arrives on the day of loading."""
    empty = lanes["lead_days"].isna()
    if not empty.any():
        return lanes
    days = days_on_the_road(lanes["hours_one_way"], hours_per_day)
    applies_to = checks.counted(int(empty.sum()), "lane")
    source = f"hours one way / {hours_per_day:g} hours a day (plan.hours_per_day), rounded up, less 1"
    ledger.assume("lead_days", applies_to, f"0 to {days[empty].max():g}", "days", source)
    return lanes.assign(lead_days=lanes["lead_days"].fillna(days))


def days_on_the_road(hours: pd.Series, hours_per_day: float) -> pd.Series:
    """Hours one way -> whole days after the day of loading."""
    driving = (hours / hours_per_day).round(9)
    return pd.Series(np.ceil(driving) - 1, index=hours.index).clip(lower=0)


def _from_distance(depots: pd.DataFrame, zones: gpd.GeoDataFrame, job: Job, ledger: Ledger) -> pd.DataFrame:
    """Lanes from the nearest depots to each zone: straight distance x detour, at the speed of the plan settings."""
    plan = job.config.plan
    depots = depots.sort_values("depot")
    places = zones.geometry.representative_point()
    km = great_circle_km(
        places.y.to_numpy()[:, None], places.x.to_numpy()[:, None], depots["lat"].to_numpy(), depots["lon"].to_numpy()
    )
    nearest = np.argsort(km, axis=1, kind="stable")[:, : plan.nearest_depots]
    zone, depot = np.repeat(np.arange(len(zones)), nearest.shape[1]), nearest.ravel()
    road = km[zone, depot] * plan.detour
    figures = {
        "from": depots["depot"].to_numpy()[depot],
        "to": zones.index.to_numpy()[zone],
        "hours_one_way": road / plan.speed_kmh,
        "km": road,
        "is_open": True,
        "record": "from distance",
    }
    lanes = ROUTES.empty().reindex(range(len(zone))).assign(**figures)
    lanes = lanes.fillna({column.name: "" for column in ROUTES.columns if column.kind == "text"}).astype(ROUTES.empty().dtypes)
    source = (
        f"no routes are given: straight distance x {plan.detour:g} (plan.detour) at {plan.speed_kmh:g} km/h (plan.speed_kmh), "
        f"from the {plan.nearest_depots} nearest depots (plan.nearest_depots)"
    )
    for code, count in lanes["from"].value_counts().sort_index().items():
        ledger.assume("hours_one_way", f"{checks.counted(int(count), 'lane')} from {code}", "from distance", "hours", source)
    return lanes.sort_values(["from", "to"], ignore_index=True)
