"""Percent changes from a baseline, such as community mobility reports: a signal (zone, period), 1 = as in the baseline.

Contract. A table as in forecast/ingest/table.py, `area, period, percent`: how many percent more (or less, negative) than in the
baseline. An empty cell was suppressed by its maker: unknown, not 0. Rows without an area (a country as a whole) are left out.

    path: "mobility/*.csv"     and columns, rename and so on, as in `use: table`
    step: day                  a figure a day, where the forecast is by week or month; absent: a figure a period
    crosswalk: {path: ...}     codes of the areas: from_code, to_code: a zone or the parent of zones; several to_code for one area
    delay_days: 0              figures are known this long after their period ends

Formula. index(z,t) = 1 + mean of percent / 100 over the days of the period that are known, at least half of them. All zones of an
area have its value: what differs between them is not known. A zone that has a value of its own keeps it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field

from forecast import as_of, geo, periods
from forecast.convert import place as place_of
from forecast.convert import typed_cells, without_repeats
from forecast.errors import InputError, Problem, Problems, counted, few
from forecast.ingest import _old_codes, table
from forecast.ingest._daily import Axis, Step, axis, by_step
from forecast.schema import PERIOD, RECORD, SIGNALS, Column, Floats, Reading, Table

MOBILITY = Table(
    "mobility",
    (RECORD, Column("area", required=True), PERIOD, Column("percent", "number", unit="percent", minimum=-100, maximum=1000)),
    key=("area", "period"),
    dated="period",
)
KNOWN = 0.5  # of the steps of a period


class Settings(table.Settings):
    """The settings of `use: mobility`; what they mean stands at the top of forecast/ingest/mobility.py."""

    step: Step = "period"
    crosswalk: table.Settings | None = None
    delay_days: int = Field(default=0, ge=0)


def read(settings: Settings, reading: Reading, name: str) -> xr.Dataset:
    """`<name>` times the baseline and `<name>_coverage` share of the period that is known, both (zone, period).

    Raises InputError with all that is wrong with the table, and when none of its areas is a zone or the parent of one.
    """
    if reading.zones is None:
        raise InputError([Problem(f"signals.{name}", "needs zones", "Give inputs.zones")])
    zones = geo.by_zone(reading.zones)
    rows = _rows(settings, by_step(reading, settings.step), name)
    times = axis(rows["period"].min() if len(rows) else None, reading, settings.step)
    area_of = _areas(pd.Index(sorted(rows["area"].unique())), zones, settings, reading, name)
    by_area = rows.pivot(index="area", columns="period", values="percent").reindex(columns=times.steps)
    percent = by_area.reindex(area_of).to_numpy(float)
    values, coverage = times_baseline(percent, times)
    _say_empty(values, zones, reading, name)
    return _signal(values, coverage, by_area, zones, times, settings, reading, name)


def times_baseline(percent: Floats, times: Axis) -> tuple[Floats, Floats]:
    """Percent (zone, step) -> times the baseline and share of the steps known, both (zone, period); NaN where under a half."""
    known = ~np.isnan(percent)
    steps = np.asarray(times.periods_of.sum(axis=0)).ravel()
    count = known.astype(float) @ times.periods_of
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.where(known, percent, 0.0) @ times.periods_of) / count
        coverage = np.asarray(count / steps)
    return np.where(coverage >= KNOWN, 1 + mean / 100, np.nan), coverage


def _areas(areas: pd.Index, zones: gpd.GeoDataFrame, settings: Settings, reading: Reading, name: str) -> pd.Index:
    """(zone) the area whose value it has: its own, else that of its parent; "" where there is none. That it is spread is said."""
    parents = zones["parent"].astype(str)
    places = sorted(set(zones.index) | set(parents) - {""})
    steps = _old_codes.read_steps(settings.crosswalk, reading, None, name)
    steps = steps[steps["to_code"].isin(places)]
    is_place = {area: area for area in areas if area in set(places)}
    of_place = is_place | dict(zip(steps["to_code"], steps["from_code"], strict=True))
    of_place = {place: area for place, area in of_place.items() if area in set(areas)}
    twice = steps.groupby("to_code")["from_code"].nunique()
    several = sorted(twice.index[twice > 1])
    if several:
        what = f"gives {few(several)} to more than one area"
        raise InputError([Problem(f"signals.{name}.crosswalk", what, "Give each zone, or parent of zones, to one area")])
    own: pd.Series = pd.Series(zones.index, index=zones.index, dtype=object).map(of_place).astype(object)
    found: pd.Series = own.fillna(parents.map(of_place).astype(object)).fillna("")
    if areas.size and not found.any():
        problem = f"has no area that is a zone or the parent of zones: {few(areas)}"
        action = f"Give signals.{name}.crosswalk (from_code: the area, to_code: a zone or the parent of zones), or rename"
        raise InputError([Problem(f"signals.{name}", problem, action)])
    spread = found[(found != "") & (found != zones.index)]
    if len(spread):
        what = (
            f"{counted(spread.nunique(), 'area')} spread over {counted(len(spread), 'zone')}: all zones of an area have its value"
        )
        reading.ledger.remarks.append(f"{name}: {what}; how they differ is not known.")
    unused = sorted(set(areas) - set(found))
    if unused:
        what = f"{counted(len(unused), 'area')} without a zone here: {few(unused)}"
        reading.ledger.problems.note(Problem(f"signals.{name}", what, "Left out"))
    codes: pd.Index = pd.Index(found)
    return codes


def _rows(settings: Settings, reading: Reading, name: str) -> pd.DataFrame:
    """MOBILITY, bad rows set aside, as known on the issue date; rows without an area left out."""
    problems, mobility = Problems(), replace(MOBILITY, name=name)
    text = table.read(settings, reading, name)
    there = [column for column in text.columns if column != "record"]
    for column in ("area", "period", "percent"):
        if column not in text.columns:
            file = min({place_of(record)[0] for record in text["record"]}, default=f"signals.{name}")
            action = f"Map it under 'columns:' of signals.{name}. Columns: {few(there, 8)}"
            problems.refuse(Problem(file, f"has no column {column}", action))
    problems.raise_if_refused()
    whole = text["area"] == ""
    if whole.any():
        rows = counted(int(whole.sum()), "row")
        reading.ledger.remarks.append(f"{name}: {rows} without an area (a country as a whole): counted, not used.")
    kept = text[~whole].reset_index(drop=True)
    kept.attrs = dict(text.attrs)
    known = as_of.known_rows(kept, mobility, reading, delay_days=settings.delay_days)
    df = typed_cells(
        known, mobility, problems,
        name=name, set_aside=True, period=reading.period, week_starts=reading.week_starts,
    )  # fmt: skip
    df = as_of.latest_versions(df, mobility, reading, delay_days=settings.delay_days)
    df = without_repeats(df, mobility, problems, set_aside=True)
    if df.empty and problems.noted:
        problems.refused.extend(problems.noted)
    problems.raise_if_refused()
    reading.ledger.problems.noted.extend(problems.noted)
    return df


def _say_empty(values: Floats, zones: gpd.GeoDataFrame, reading: Reading, name: str) -> None:
    nothing = np.isnan(values).all(axis=1)
    if nothing.any() and values.shape[1]:
        what = f"{counted(int(nothing.sum()), 'zone')} without any value: {few(zones.index[nothing])}"
        reading.ledger.problems.note(Problem(f"signals.{name}", what, "Empty: suppressed or not reported, not 0"))


def _signal(
    values: Floats, coverage: Floats, by_area: pd.DataFrame, zones: gpd.GeoDataFrame, times: Axis, settings: Settings,
    reading: Reading, name: str,
) -> xr.Dataset:  # fmt: skip
    attrs: dict[str, Any] = {"units": "times the baseline", "source": settings.path or ""}
    observed = times.steps[by_area.notna().any(axis=0).to_numpy(bool)]
    if len(observed):
        end = periods.step(observed[-1], 1, "D" if settings.step == "day" else reading.period)
        attrs["age_days"] = (reading.issue_date - end).days
    dims, coords = ("zone", "period"), {"zone": zones.index.to_numpy(object), "period": times.periods}
    variables = {
        name: (dims, values, attrs),
        f"{name}_coverage": (dims, coverage, {"units": "share of the period that is known"}),
    }
    return SIGNALS.check(xr.Dataset(variables, coords=coords))
