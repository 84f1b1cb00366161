"""A signal from a table: zone, period, value. Counts of people that can only be typing errors are set aside, as with records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from forecast import as_of, convert
from forecast.errors import Problem, few
from forecast.inputs.sources import Sources
from forecast.schema import SIGNAL_TABLE
from forecast.unit_errors import Suspect, find_unit_errors


def from_table(text: pd.DataFrame, name: str, sources: Sources) -> xr.DataArray:
    """Rows `zone, period, value` [`known_on`] -> (zone, period) as known on the issue date; empty where there is no row.

    A bad row is set aside and noted; rows of unknown zones are not used. The signal that is `forecast.exposure` counts people:
    rows of old zones are shared out by the crosswalk. Of other signals they are not used: half a zone has no half a temperature.
    """
    settings = sources.job.config.forecast
    table = replace(SIGNAL_TABLE, name=name)
    known = as_of.known_rows(text, table, sources.reading, delay_days=int(text.attrs.get("delay_days") or 0))
    rows = convert.typed_cells(
        known, SIGNAL_TABLE, sources.problems,
        name=f"signals.{name}", set_aside=True, period=settings.period, week_starts=settings.week_starts,
    )  # fmt: skip
    rows = as_of.latest_versions(rows, SIGNAL_TABLE, sources.reading)
    rows = convert.without_repeats(rows, SIGNAL_TABLE, sources.problems, set_aside=True)
    is_people = name == settings.exposure
    if is_people and (converted := sources.in_zones_of_today(rows, SIGNAL_TABLE)) is not rows:
        rows = convert.without_repeats(converted, SIGNAL_TABLE, sources.problems, set_aside=True)
    zones = sources.reading.zones
    codes = pd.Index([]) if zones is None else zones.index
    _say_strange(rows.loc[~rows["zone"].isin(codes), "zone"], name, sources)
    rows = rows[rows["zone"].isin(codes)].sort_values(["zone", "period"], ignore_index=True)
    values = rows.pivot(index="zone", columns="period", values="value").reindex(codes)
    if is_people:
        values = _without_slips(values, rows, name, sources)
    units = {"units": "people"} if is_people else {}
    return xr.DataArray(
        values.to_numpy(float), coords={"zone": codes, "period": values.columns}, dims=("zone", "period"), attrs=units
    )


def _say_strange(zones: pd.Series, name: str, sources: Sources) -> None:
    """Rows that are not used: of old zones of the crosswalk, and of zones that nobody knows."""
    is_old = zones.isin(sources.crosswalk.steps["from_code"])
    for some, what, why in (
        (zones[is_old], "old zones of the crosswalk", "; such a value cannot be shared out, give it for the zones of today"),
        (zones[~is_old], "zones there are none of", ""),
    ):
        if len(some):
            told = f"{name}: {len(some):,} rows of {what}, not used: {few(some.unique())}"
            sources.ledger.remarks.append(f"{told}{why}.")


def _without_slips(values: pd.DataFrame, rows: pd.DataFrame, name: str, sources: Sources) -> pd.DataFrame:
    """(zone, period) people without the values that stand alone and far off, each noted with its line."""
    cube, factor = values.to_numpy(float)[:, None], sources.job.config.panel.unit_error_factor
    unknown = np.full(cube.shape, np.nan)
    for slip in find_unit_errors(cube, unknown, np.zeros(cube.shape, dtype=bool), unknown[:, 0], np.ones(1), factor):
        zone, period = str(values.index[slip.zone]), pd.Timestamp(values.columns[slip.period])
        sources.problems.note(_slip(rows, zone, period, slip, name))
        values.loc[zone, period] = np.nan
    return values


def _slip(rows: pd.DataFrame, zone: str, period: pd.Timestamp, slip: Suspect, name: str) -> Problem:
    row = rows.index[(rows["zone"] == zone) & (rows["period"] == period)][0]
    action = f"Set aside in {name}: taken as not counted. Correct it if it is wrong"
    return convert.problem_at(rows, int(row), "value", f"{slip.reason} ({zone}, {period.date()})", action)
