"""The tables of `use: flows`, as they were known on the issue date: subscribers by pair of places, small flows suppressed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from forecast import as_of, periods
from forecast.convert import place as place_of
from forecast.convert import typed_cells, without_repeats
from forecast.errors import InputError, Problem, Problems, counted, few
from forecast.ingest import _old_codes, _small
from forecast.ingest._daily import Axis
from forecast.ingest._places import holders_of
from forecast.schema import PERIOD, RECORD, Column, Floats, Reading, Table

Flags = npt.NDArray[np.bool_]
FLOWS = Table(
    "flows",
    (
        RECORD,
        Column("origin", required=True),
        Column("destination", required=True),
        PERIOD,
        Column("subscribers", "number", unit="people", minimum=0),
    ),
    key=("origin", "destination", "period"),
    dated="period",
)


@dataclass(frozen=True)
class Flows:
    """Subscribers (pair, step), small ones NaN; `small` (pair, step): they were; `origin`, `destination` (zone, pair): shares."""

    subscribers: Floats
    small: Flags
    origin: sparse.csr_array
    destination: sparse.csr_array
    pairs: pd.MultiIndex


def rows_of(settings: Any, reading: Reading, name: str) -> pd.DataFrame:
    """`origin, destination, period, subscribers`, bad rows set aside, as known on the issue date."""
    problems, flows = Problems(), replace(FLOWS, name=name)
    text = _long(_small.read_unseen(settings, reading, name), settings, reading, name)
    there = [column for column in text.columns if column != "record"]
    for column in ("origin", "destination", "period", "subscribers"):
        if column not in text.columns:
            action = f"Map it under 'columns:' of signals.{name}. Columns: {few(there, 8)}"
            file = min({place_of(record)[0] for record in text["record"]}, default=f"signals.{name}")
            problems.refuse(Problem(file, f"has no column {column}", action))
    problems.raise_if_refused()
    known = as_of.known_rows(text, flows, reading, delay_days=settings.delay_days)
    rows = typed_cells(
        known, flows, problems,
        name=name, set_aside=True, period=reading.period, week_starts=reading.week_starts,
    )  # fmt: skip
    rows = as_of.latest_versions(rows, flows, reading, delay_days=settings.delay_days)
    rows = without_repeats(rows, flows, problems, set_aside=True)
    noted = _small.without_small_figures(problems.noted, text, flows.key, settings.minimum_count)
    if rows.empty and noted:
        problems.refused.extend(noted)
    problems.raise_if_refused()
    reading.ledger.problems.noted.extend(noted)
    return rows


def _long(text: pd.DataFrame, settings: Any, reading: Reading, name: str) -> pd.DataFrame:
    """A table with a column per day, period or destination -> a row per cell that is filled."""
    if settings.layout == "long":
        return text
    own = ["origin", "period" if settings.layout == "matrix" else "destination"]
    lacking = [column for column in own if column not in text.columns]
    if lacking:
        action = f"Map it under 'columns:' of signals.{name}. Columns: {few(text.columns, 8)}"
        raise InputError([Problem(f"signals.{name}", f"has no column {' and no column '.join(lacking)}", action)])
    taken = {need for origin in settings.columns.values() for need in origin.needs}
    spread = [column for column in text.columns if column not in (*own, "record", "known_on", *taken)]
    heads, what = (_starts(spread, settings, reading, name), "period") if settings.layout == "dates" else (spread, "destination")
    ids = [*own, *(["known_on"] if "known_on" in text.columns else []), "record"]
    long = text[[*ids, *spread]].melt(ids, var_name=what, value_name="subscribers", ignore_index=False)
    long[what] = long[what].map(dict(zip(spread, heads, strict=True)))
    long = long[long["subscribers"] != ""].sort_index(kind="stable").reset_index(drop=True)
    long.attrs = dict(text.attrs)
    return long


def _starts(spread: list[str], settings: Any, reading: Reading, name: str) -> list[str]:
    """The day or period of each column: its name, or one after the other from `first`."""
    if settings.first is None:
        return spread
    first = periods.start_of(pd.Timestamp(settings.first), reading.period, reading.week_starts)
    return [str(day.date()) for day in periods.run(first, len(spread), reading.period)]


def flows_of(rows: pd.DataFrame, zones: gpd.GeoDataFrame, times: Axis, settings: Any, reading: Reading, name: str) -> Flows:
    """Rows -> flows by pair and step, small ones suppressed, codes brought to zones; movements within a place are left out."""
    values, small = _small.suppressed(rows["subscribers"].to_numpy(float), settings.minimum_count)
    if small.any():
        what = f"{int(small.sum()):,} of {len(rows):,} flows of fewer than {settings.minimum_count} people"
        reading.ledger.problems.note(Problem(f"signals.{name}", what, "Suppressed: empty, not 0", column="subscribers"))
    codes = pd.Index(sorted(set(rows["origin"]) | set(rows["destination"])))
    steps = _old_codes.checked(_old_codes.read_steps(settings.crosswalk, reading, zones.index, name), name)
    shares = _old_codes.shares_of(codes, zones.index, steps)
    _old_codes.say_unknown(codes, shares, "places with flows", reading, name)
    usable = codes[np.asarray(shares.sum(axis=0)).ravel() > 0]
    usable = usable.difference(_wholes(usable, zones, reading, name))
    between = (rows["origin"] != rows["destination"]) & rows["origin"].isin(usable) & rows["destination"].isin(usable)
    rows = rows.assign(subscribers=values, small=small)[between]
    _small.veil(rows, reading)
    pairs = pd.MultiIndex.from_frame(rows[["origin", "destination"]].drop_duplicates().sort_values(["origin", "destination"]))
    pair = pairs.get_indexer(pd.MultiIndex.from_frame(rows[["origin", "destination"]]))
    step = times.steps.get_indexer(pd.DatetimeIndex(rows["period"]))
    shape = (len(pairs), len(times.steps))
    subscribers, is_small = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    within = step >= 0
    subscribers[pair[within], step[within]] = rows["subscribers"].to_numpy(float)[within]
    is_small[pair[within], step[within]] = rows["small"].to_numpy(bool)[within]
    ends = [shares[:, codes.get_indexer(pairs.get_level_values(level))] for level in ("origin", "destination")]
    return Flows(subscribers, is_small, sparse.csr_array(ends[0]), sparse.csr_array(ends[1]), pairs)


def _wholes(codes: pd.Index, zones: gpd.GeoDataFrame, reading: Reading, name: str) -> pd.Index:
    """Zones that hold others with flows: theirs are those of their parts once more, or would give a suppressed one away."""
    holders = holders_of(zones)
    wholes = codes.intersection(pd.Index(sorted({outer for code in codes for outer in holders.get(str(code), ())}), dtype=object))
    if len(wholes):
        what = f"{counted(len(wholes), 'zone')} with flows hold others with flows: {few(wholes)}"
        reading.ledger.problems.note(Problem(f"signals.{name}", what, "Left out: the flows of their parts are used"))
    return wholes
