"""The seams: every table and cube that passes between two stages, declared once. No reading, no computing.

Dims, singular, in this order: depot, zone, item, period, sample. A period is the date it starts on.
Cubes are complete: an unknown is an empty value (NaN), never a missing row, never 0.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from forecast.errors import Problems
from forecast.kept import Kept

Kind = Literal["text", "number", "integer", "date", "period", "flag"]
Floats = npt.NDArray[np.float64]


class SeamError(Exception):
    """A stage handed over something that is not what its seam declares: a bug of ours, not of the input."""


# ------------------------------------------------------------------ what a seam is made of


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind, unit and allowed range; `required` columns may not be absent nor empty."""

    name: str
    kind: Kind = "text"
    required: bool = False
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


RECORD = Column("record")  # where the row came from: file:line
KNOWN_ON = Column("known_on", "date")  # when the row reached us; nothing known later has an influence on a run


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns in order and the key that may not repeat.

    Rows that come from files (they carry `record`) may also say when they reached us: `known_on` stands in every such table.
    `dated`: the column with the day or period a row tells of; `is_count`: of several counts of one key the latest is meant.
    `version_key`: what names a row through its versions, where that is not its key; its first column must be filled.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    dated: str = ""
    is_count: bool = False
    version_key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.columns[:1] == (RECORD,) and KNOWN_ON not in self.columns:
            object.__setattr__(self, "columns", (*self.columns, KNOWN_ON))

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def empty(self) -> pd.DataFrame:
        """An empty table of the right columns and kinds."""
        return pd.DataFrame({column.name: pd.Series(dtype=_DTYPES[column.kind]) for column in self.columns})

    def check(self, df: pd.DataFrame) -> pd.DataFrame:
        """Return `df` with its columns in order, or raise SeamError naming what does not fit."""
        missing = [name for name in self.names if name not in df.columns]
        _hold(not missing, f"{self.name}: columns missing: {missing}")
        for column in self.columns:
            values = df[column.name]
            if column.required:
                _hold(not bool(values.isna().any()), f"{self.name}.{column.name}: empty values")
            if column.kind in ("number", "integer"):
                _hold(pd.api.types.is_numeric_dtype(values), f"{self.name}.{column.name}: not numbers but {values.dtype}")
                _hold(not bool(np.isinf(values.astype(float)).any()), f"{self.name}.{column.name}: infinite")
                if column.minimum is not None:
                    _hold(not bool((values < column.minimum).any()), f"{self.name}.{column.name}: below {column.minimum}")
                if column.maximum is not None:
                    _hold(not bool((values > column.maximum).any()), f"{self.name}.{column.name}: above {column.maximum}")
            if column.kind in ("date", "period"):
                _hold(pd.api.types.is_datetime64_any_dtype(values), f"{self.name}.{column.name}: not dates but {values.dtype}")
        if self.key:
            _hold(not bool(df.duplicated(list(self.key)).any()), f"{self.name}: key {self.key} repeats")
        return df[[*self.names, *[name for name in df.columns if name not in self.names]]]

    def fingerprint(self, df: pd.DataFrame) -> str:
        """sha256 of the content, whatever the order of rows and the lines they came from."""
        named = [name for name in self.names if name != "record"]
        text = df[named].to_csv(index=False, float_format="%.10g", date_format="%Y-%m-%d")
        lines = sorted(text.splitlines()[1:])
        return hashlib.sha256("\n".join([self.name, *lines]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Cube:
    """A Dataset: the dims of each variable in order; `minimum` holds for all numbers; extra variables share the dims named."""

    name: str
    variables: Mapping[str, tuple[str, ...]]
    extra: tuple[str, ...] | None = None
    minimum: float | None = None
    complete: tuple[str, ...] = ()

    def check(self, ds: xr.Dataset) -> xr.Dataset:
        """Return `ds`, or raise SeamError naming what does not fit."""
        for name, dims in self.variables.items():
            _hold(name in ds.data_vars, f"{self.name}: variable {name} missing")
            _hold(ds[name].dims == dims, f"{self.name}.{name}: dims {ds[name].dims}, declared {dims}")
        for name in map(str, ds.data_vars):
            if name not in self.variables:
                _hold(
                    ds[name].dims == self.extra, f"{self.name}.{name}: not declared, or dims {ds[name].dims} are not {self.extra}"
                )
            values = ds[name].values
            if values.dtype.kind == "f":
                _hold(not bool(np.isinf(values).any()), f"{self.name}.{name}: infinite")
                if self.minimum is not None:
                    _hold(not bool((values < self.minimum).any()), f"{self.name}.{name}: below {self.minimum}")
                if name in self.complete:
                    _hold(not bool(np.isnan(values).any()), f"{self.name}.{name}: empty values")
        for dim in ("zone", "item", "period"):
            if dim in ds.dims:
                index = ds.indexes[dim]
                _hold(index.is_unique and index.is_monotonic_increasing, f"{self.name}: {dim} is not unique and sorted")
        return ds


def _hold(condition: bool, message: str) -> None:
    if not condition:
        raise SeamError(message)


_DTYPES: dict[str, str] = {
    "text": "str",
    "number": "float64",
    "integer": "float64",
    "date": "datetime64[s]",
    "period": "datetime64[s]",
    "flag": "bool",
}


# ------------------------------------------------------------------ input tables (names: CONTRACTS)

ZONE = Column("zone", required=True)
ITEM = Column("item", required=True)
DEPOT = Column("depot", required=True)
PERIOD = Column("period", "period", required=True)
NEEDS = ("water", "food", "care")
CARRIAGES = ("dry", "cold", "bulk_water")
CURRENT, LATE, MISSING = "current", "late", "missing"  # states of a signal on the issue date
COUNTED_AT = Column("counted_at", choices=("start_of_day", "end_of_day"))  # before or after what moved on the day of the count


def _quantity(name: str = "quantity", required: bool = False) -> Column:
    return Column(name, "number", required, unit="item unit", minimum=0)


RECORDS = Table(
    "records",
    (
        RECORD,
        ZONE,
        ITEM,
        PERIOD,
        _quantity("distributed", required=True),
        _quantity("requested"),
        _quantity("stock_start"),
        _quantity("received"),
        _quantity("stock_end"),
        Column("stockout_days", "number", unit="days", minimum=0),
        Column("people_served", "number", unit="people", minimum=0),
    ),
    key=("zone", "item", "period"),
    dated="period",
)
ITEMS = Table(
    "items",
    (
        RECORD,
        ITEM,
        Column("name"),
        Column("need", required=True, choices=NEEDS),
        Column("unit", required=True),
        Column("pack", "number", unit="item units per pack", minimum=1e-9),
        Column("kg_per_unit", "number", unit="kg", minimum=0),
        Column("m3_per_unit", "number", unit="m3", minimum=0),
        Column("per_person_per_day", "number", unit="item units", minimum=0),
        Column("covers", "number", unit="need units per item unit", minimum=1e-9),
        Column("substitutes"),
        Column("need_lapses", "flag"),
        Column("keeps_days", "number", unit="days", minimum=0),
        Column("priority", "number", minimum=0),
        Column("carriage", choices=CARRIAGES),
        Column("records_count", choices=("goods", "supply", "arrivals")),
        Column("stay_days", "number", unit="days", minimum=1e-9),
    ),
    key=("item",),
)
ZONES = Table(
    "zones",
    (
        ZONE,
        Column("zone_name"),
        Column("parent"),
        Column("population_people", "number", unit="people", minimum=0),
    ),
    key=("zone",),
)
DEPOTS = Table(
    "depots",
    (
        RECORD,
        DEPOT,
        Column("name"),
        Column("lat", "number", required=True, unit="degrees", minimum=-90, maximum=90),
        Column("lon", "number", required=True, unit="degrees", minimum=-180, maximum=180),
    ),
    key=("depot",),
)
STOCK = Table(
    "stock",
    (
        RECORD,
        DEPOT,
        ITEM,
        _quantity(required=True),
        Column("batch"),
        Column("expiry", "date"),
        Column("available_from", "date"),
        Column("counted_on", "date"),
        COUNTED_AT,
        Column("status", choices=("usable", "reserved", "quarantine")),
        Column("owner"),
    ),
    key=("depot", "item", "batch", "expiry", "available_from", "status", "owner"),
    dated="counted_on",
    is_count=True,
)
ARRIVALS = Table(
    "arrivals",
    (
        RECORD,
        DEPOT,
        ITEM,
        _quantity(required=True),
        Column("eta", "date", required=True),
        Column("eta_low", "date"),
        Column("eta_high", "date"),
        Column("status"),
        Column("consignment"),
    ),
    version_key=("consignment", "depot", "item"),
)
ZONE_STOCK = Table(
    "zone_stock",
    (RECORD, ZONE, ITEM, _quantity(required=True), Column("counted_on", "date"), COUNTED_AT),
    key=("zone", "item"),
    dated="counted_on",
    is_count=True,
)
DISPATCHES = Table(
    "dispatches",
    (
        RECORD,
        Column("waybill", required=True),
        DEPOT,
        ZONE,
        ITEM,
        _quantity(required=True),
        Column("left", "date", required=True),
        Column("received", "date"),
        _quantity("received_quantity"),
        _quantity("lost"),
        Column("status"),
        Column("vehicle"),
        Column("trips", "number", unit="vehicle loads", minimum=0),
    ),
    key=("waybill", "item"),
    dated="left",
)
BY_OTHERS = Table(
    "planned_by_others",
    (
        RECORD,
        ZONE,
        Column("item"),
        Column("need", choices=NEEDS),
        PERIOD,
        _quantity(required=True),
        Column("organisation"),
    ),
    version_key=("zone", "item", "need", "period", "organisation"),
)
ROUTES = Table(
    "routes",
    (
        RECORD,
        Column("from", required=True),
        Column("to", required=True),
        Column("hours_one_way", "number", unit="hours", minimum=0),
        Column("km", "number", unit="km", minimum=0),
        Column("lead_days", "number", unit="days", minimum=0),
        Column("cost_per_trip", "number", unit="money", minimum=0),
        Column("cost_per_kg", "number", unit="money", minimum=0),
        Column("is_open", "flag"),
        Column("open_from", "date"),
        Column("open_until", "date"),
        Column("max_vehicle_kg", "number", unit="kg", minimum=0),
        Column("vehicles"),
    ),
    key=("from", "to"),
)
FLEET = Table(
    "fleet",
    (
        RECORD,
        DEPOT,
        Column("vehicle", required=True),
        Column("count", "number", required=True, unit="vehicles", minimum=0),
        Column("payload_kg", "number", required=True, unit="kg", minimum=1e-9),
        Column("payload_m3", "number", unit="m3", minimum=1e-9),
        Column("carries"),
        Column("hours_per_day", "number", unit="hours", minimum=1e-9, maximum=24),
        Column("working_days", "number", unit="days per week", minimum=1e-9, maximum=7),
        Column("speed_kmh", "number", unit="km/h", minimum=1),
        Column("cost_per_trip", "number", unit="money", minimum=0),
    ),
    key=("depot", "vehicle"),
)
COMMITMENTS = Table(
    "commitments",
    (
        RECORD,
        ZONE,
        ITEM,
        PERIOD,
        _quantity("minimum"),
        _quantity("fixed"),
        _quantity("maximum"),
        Column("reason"),
        Column("who"),
    ),
    key=("zone", "item", "period"),
)
PRIORITIES = Table(
    "priorities",
    (RECORD, ZONE, Column("need", required=True, choices=NEEDS), Column("weight", "number", required=True, minimum=0)),
    key=("zone", "need"),
)
POPULATION = Table(
    "population",
    (
        RECORD,
        ZONE,
        Column("group", choices=("host", "idp", "refugee", "returnee")),
        Column("people", "number", required=True, unit="people", minimum=0),
        Column("low", "number", unit="people", minimum=0),
        Column("high", "number", unit="people", minimum=0),
        Column("as_of", "date"),
        Column("source"),
    ),
    key=("zone", "group"),
    dated="as_of",
    is_count=True,
)
CROSSWALK = Table(
    "crosswalk",
    (
        RECORD,
        Column("from_code", required=True),
        Column("to_code", required=True),
        Column("share", "number", required=True, minimum=0, maximum=1),
        Column("valid_from", "date"),
        Column("valid_to", "date"),
    ),
    key=("from_code", "to_code", "valid_from", "valid_to"),
)
TOWERS = Table(
    "towers",
    (
        RECORD,
        Column("tower", required=True),
        Column("lat", "number", required=True, unit="degrees", minimum=-90, maximum=90),
        Column("lon", "number", required=True, unit="degrees", minimum=-180, maximum=180),
    ),
    key=("tower",),
)
PRESENCE = Table(
    "presence",
    (
        RECORD,
        Column("tower", required=True),
        PERIOD,
        Column("subscribers", "number", unit="people", minimum=0),
        Column("operator"),
    ),
    key=("tower", "operator", "period"),
    dated="period",
)
SIGNAL_TABLE = Table(
    "signal", (RECORD, ZONE, PERIOD, Column("value", "number", required=True)), key=("zone", "period"), dated="period"
)
INPUT_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        RECORDS, ITEMS, POPULATION, DEPOTS, STOCK, ARRIVALS, ZONE_STOCK, DISPATCHES, BY_OTHERS,
        ROUTES, FLEET, COMMITMENTS, PRIORITIES, CROSSWALK, TOWERS, PRESENCE,
    )
}  # fmt: skip

# ------------------------------------------------------------------ cubes

SIGNALS = Cube("SIGNALS", {}, extra=("zone", "period"))
PANEL = Cube(
    "PANEL",
    {
        "distributed": ("zone", "item", "period"),
        "demand": ("zone", "item", "period"),
        "is_censored": ("zone", "item", "period"),
        "is_reported": ("zone", "item", "period"),
        "stock_end": ("zone", "item", "period"),
        "received": ("zone", "item", "period"),
        "requested": ("zone", "item", "period"),
        "available": ("zone", "item", "period"),
    },
    extra=("zone", "period"),
)
DEMAND = Cube(
    "DEMAND",
    {
        "distributed": ("zone", "item", "period", "sample"),
        "demand": ("zone", "item", "period", "sample"),
        "model": ("zone", "item"),
    },
    extra=("zone", "item", "period"),
    minimum=0,
)

# ------------------------------------------------------------------ published tables

ALLOCATION = Table(
    "allocation",
    (
        Column("line_id", required=True),
        Column("run", required=True),
        Column("status", required=True),
        Column("load_on", "date"),
        Column("arrive_by", "date"),
        Column("depot"),
        Column("zone", required=True),
        Column("zone_name"),
        Column("need", required=True),
        Column("item", required=True),
        Column("unit", required=True),
        Column("packs", "number", minimum=0),
        Column("quantity", "number", required=True, minimum=0),
        Column("kg", "number", minimum=0),
        Column("m3", "number", minimum=0),
        Column("vehicle"),
        Column("trips", "number", minimum=0),
        Column("batch"),
        Column("expiry", "date"),
        Column("reason", required=True),
    ),
    key=("line_id",),
)
COVERAGE = Table(
    "coverage",
    (
        PERIOD,
        ZONE,
        Column("zone_name"),
        Column("need", required=True),
        ITEM,
        Column("unit", required=True),
        Column("people", "number", minimum=0),
        Column("demand_mean", "number", required=True, minimum=0),
        Column("demand_q50", "number", required=True, minimum=0),
        Column("demand_q90", "number", required=True, minimum=0),
        Column("zone_stock", "number", minimum=0),
        Column("in_transit", "number", required=True, minimum=0),
        Column("planned", "number", required=True, minimum=0),
        Column("by_others", "number", required=True, minimum=0),
        Column("carried_need", "number", required=True, minimum=0),
        Column("expected_unmet", "number", required=True, minimum=0),
        Column("expected_surplus", "number", required=True, minimum=0),
        Column("coverage", "number", required=True, minimum=0, maximum=1),
        Column("shortage_risk", "number", required=True, minimum=0, maximum=1),
        Column("reason", required=True),
        Column("basis"),
    ),
    key=("period", "zone", "item"),
)
QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
DEMAND_TABLE = Table(
    "demand",
    (
        ZONE,
        ITEM,
        PERIOD,
        Column("quantity", required=True, choices=("distributed", "demand")),
        Column("unit", required=True),
        Column("model", required=True),
        Column("mean", "number", required=True, minimum=0),
        *(Column(f"q{round(100 * q):02d}", "number", required=True, minimum=0) for q in QUANTILES),
    ),
    key=("zone", "item", "period", "quantity"),
)
SAMPLES_TABLE = Table(
    "samples",
    (ZONE, ITEM, PERIOD, Column("sample", "integer", required=True), Column("demand", "number", required=True, minimum=0)),
)
DEPOT_STOCK = Table(
    "depot_stock",
    (
        DEPOT,
        ITEM,
        PERIOD,
        _quantity("arrivals", True),
        _quantity("shipped", True),
        _quantity("expired", True),
        _quantity("closing", True),
    ),
    key=("depot", "item", "period"),
)
PIPELINE = Table(
    "pipeline",
    (
        DEPOT,
        ITEM,
        Column("unit", required=True),
        PERIOD,
        _quantity("stock", True),
        _quantity("arrivals", True),
        _quantity("planned_out", True),
        _quantity("expired", True),
        _quantity("demand_month", True),
        Column("mos", "number", unit="months", minimum=0),
        Column("break_risk", "number", required=True, minimum=0, maximum=1),
        Column("break_on", "date"),
        _quantity("order_quantity", True),
        Column("order_by", "date"),
    ),
    key=("depot", "item", "period"),
)
FEEDS = Table(
    "signals",
    (
        Column("signal", required=True),
        Column("newest", "date"),
        Column("age_days", "number"),
        Column("max_age", "number", required=True),
        Column("coverage", "number", required=True, minimum=0, maximum=1),
        Column("source"),
        Column("state", required=True, choices=(CURRENT, LATE, MISSING)),
    ),
    key=("signal",),
)
CHOICES = Table(
    "choices",
    (
        ITEM,
        Column("model", required=True),
        Column("cells", "integer", required=True, minimum=0),
        Column("crps", "number", minimum=0),
        Column("relative_crps", "number", minimum=0),
        Column("inside_80", "number", minimum=0, maximum=1),
        Column("share", "number", required=True, minimum=0, maximum=1),
        Column("note"),
    ),
    key=("item", "model"),
)
ASSUMPTIONS = Table(
    "assumptions",
    (
        Column("figure", required=True),
        Column("applies_to"),
        Column("value", required=True),
        Column("unit"),
        Column("source", required=True),
    ),
)

# ------------------------------------------------------------------ what passes between the stages


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure that is not from the user's data: planning figures, derived routes, defaults, invented rows."""

    figure: str
    applies_to: str
    value: str
    unit: str
    source: str


TOGETHER = "together"  # the model of a trial of all that were taken for an item, by their shares


@dataclass(frozen=True, slots=True)
class Trial:
    """How a model did for an item on past origins: cells scored, mean CRPS in item units, the same relative to the moving average
    on the same cells, share of cells inside the 80 % interval; the `share` it got in the forecast; why it was not tried or taken.
    """

    item: str
    model: str
    cells: int
    crps: float
    relative: float
    inside_80: float
    share: float
    note: str


@dataclass
class Ledger:
    """What a run must say besides its results: problems met, figures assumed, remarks for the summary, `marks`: what must
    stand at the head of every page, `trials`: how models did when one was chosen.
    """

    problems: Problems = field(default_factory=Problems)
    assumptions: list[Assumption] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)

    def assume(self, figure: str, applies_to: str, value: object, unit: str, source: str) -> None:
        self.assumptions.append(Assumption(figure, applies_to, str(value), unit, source))


@dataclass(frozen=True)
class Stock:
    """STOCK: what lies in depots and zones, what is coming, what others bring; an absent table has no rows."""

    depot_stock: pd.DataFrame
    arrivals: pd.DataFrame
    zone_stock: pd.DataFrame
    dispatches: pd.DataFrame
    by_others: pd.DataFrame
    commitments: pd.DataFrame
    priorities: pd.DataFrame


@dataclass(frozen=True)
class Routes:
    """ROUTES: depots, lanes depot->zone, fleet. An empty fleet means: no limit on vehicles.

    `closures` has a row for each stretch of days on which a lane is shut: `from, to, start, until` (until exclusive, NaT =
    open end), `why`.
    """

    depots: pd.DataFrame
    lanes: pd.DataFrame
    fleet: pd.DataFrame
    closures: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Feed:
    """How fresh a signal is on the issue date: `newest`: the last day it tells of; `age_days`: days from then to the issue date;
    `coverage`: share of the zones seen in its newest period; `state`: current, late (older than `max_age`) or missing.
    """

    signal: str
    newest: pd.Timestamp | None
    age_days: int | None
    max_age: int
    coverage: float
    source: str
    state: str


@dataclass(frozen=True)
class Inputs:
    """Everything read, typed and cross-checked, as it was known on the issue date.

    `zones`: GeoDataFrame by zone (ZONES + geometry, EPSG:4326); `items`: ITEMS by item; `movements`: people expected to move,
    `zone, start, people` (negative: leaving), from the scenario; `files`: path -> sha256 of what was read;
    `data_until`: last day covered by a record; `doubted`: the rows of records that a problem
    was noted of, as text, as they stood; `feeds`: how fresh each signal is; `kept`: file -> sha256 of what
    earlier runs left and this one used; `unverified`: input -> how many of its files have no checksum beside them;
    `veiled`: the files whose hash is that of what is left without small counts.
    """

    zones: gpd.GeoDataFrame
    items: pd.DataFrame
    records: pd.DataFrame
    signals: xr.Dataset
    stock: Stock
    routes: Routes
    movements: pd.DataFrame
    files: Mapping[str, str]
    data_until: pd.Timestamp
    doubted: pd.DataFrame = field(default_factory=pd.DataFrame)
    feeds: tuple[Feed, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    unverified: Mapping[str, int] = field(default_factory=dict)
    veiled: tuple[str, ...] = ()

    @property
    def is_stale(self) -> bool:
        """Whether a signal came late or not at all."""
        return any(feed.state != CURRENT for feed in self.feeds)


@dataclass(frozen=True)
class Plan:
    """PLAN: sparse tables rather than dense cubes, since most depot-zone-item-vehicle-period cells are empty.

    `lines`: ALLOCATION without `run` and `status`; `cells`: COVERAGE; `depot_stock`: DEPOT_STOCK;
    `figures`: objective of each layer, gap, seconds, totals, all printable; `pipeline`: PIPELINE, beyond the plan too.
    """

    lines: pd.DataFrame
    cells: pd.DataFrame
    depot_stock: pd.DataFrame
    figures: Mapping[str, object]
    pipeline: pd.DataFrame = field(default_factory=PIPELINE.empty)


@dataclass(frozen=True)
class Stamp:
    """What every output carries."""

    run: str
    status: str
    issue_date: pd.Timestamp
    data_until: pd.Timestamp
    scenario: str
    started_utc: str


# ------------------------------------------------------------------ what a plugin fulfils


@dataclass(frozen=True)
class History:
    """The past of the series a model is asked for, as known on the issue date. A series is one item in one zone.

    `zones`, `items`, `parents`: (series) codes, and the parents of the zones; `periods`: (past) and `ahead`: (horizon) period
    starts; `values`: (series, past) in item units per period at reference exposure, NaN where unknown; `floors`: (series, past)
    where stock ran out, at least so much was needed, NaN elsewhere; `stock`: name -> (series, past) of what records tell of it
    (`stock_end`, `received`, `requested`, `available`), NaN where unknown; `is_reported`: (series, past); `pools`: item ->
    (any, past) the values of all its series, from which a short history borrows its spread; `expected`: (series, horizon) people
    x planning figure, NaN where there is none; `regressors`: name -> (series, past + horizon), complete; `season`: periods in a
    year; `is_blind`: (series, horizon) whether a regressor of the period ahead is not known, but the mean of its season; None:
    all are known.
    """

    zones: tuple[str, ...]
    items: tuple[str, ...]
    parents: tuple[str, ...]
    periods: pd.DatetimeIndex
    ahead: pd.DatetimeIndex
    values: Floats
    floors: Floats
    stock: Mapping[str, Floats]
    is_reported: npt.NDArray[np.bool_]
    pools: Mapping[str, Floats]
    expected: Floats
    regressors: Mapping[str, Floats]
    season: int
    seed: int
    is_blind: npt.NDArray[np.bool_] | None = None

    @property
    def item(self) -> str:
        """The item, of a history of one."""
        return self.items[0] if len(set(self.items)) == 1 else f"{len(set(self.items))} items"

    @property
    def pool(self) -> Floats:
        """(any, past) the values of all series of the item, of a history of one."""
        (values,) = self.pools.values()
        return values

    def rng(self, series: int) -> np.random.Generator:
        """The random stream of one series: it depends on the seed and the names, never on the order of series."""
        name = f"{self.items[series]}/{self.zones[series]}".encode()
        return np.random.default_rng([self.seed, zlib.crc32(name)])

    def only(self, wanted: npt.NDArray[Any]) -> History:
        """Some of the series, by mask or position; the pools of their items stay whole. All in order: this history."""
        if np.array_equal(np.arange(len(self.zones))[wanted], np.arange(len(self.zones))):
            return self
        items = tuple(np.asarray(self.items, dtype=object)[wanted])
        return replace(
            self,
            zones=tuple(np.asarray(self.zones, dtype=object)[wanted]),
            items=items,
            parents=tuple(np.asarray(self.parents, dtype=object)[wanted]),
            values=self.values[wanted],
            floors=self.floors[wanted],
            stock={name: values[wanted] for name, values in self.stock.items()},
            is_reported=self.is_reported[wanted],
            pools={item: values for item, values in self.pools.items() if item in set(items)},
            expected=self.expected[wanted],
            regressors={name: values[wanted] for name, values in self.regressors.items()},
            is_blind=None if self.is_blind is None else self.is_blind[wanted],
        )

    def by_item(self) -> dict[str, npt.NDArray[np.intp]]:
        """Item -> the positions of its series."""
        items = np.asarray(self.items, dtype=object)
        return {item: np.flatnonzero(items == item) for item in sorted(set(self.items))}


class Model(Protocol):
    """`forecast/models/<name>.py`: `Settings` (frozen pydantic) and `predict`.

    With a flag `POOLED = True` it is asked once, with the series of all items that use it; else once per item. With `SLOW = True`
    it fits series by series, and the choice tries it on some of them.
    """

    Settings: type[Any]

    def predict(self, history: History, samples: int, settings: Any) -> Floats:
        """History -> (series, horizon, sample): equally likely paths, >= 0; NaN for a series the model cannot forecast."""


@dataclass(frozen=True)
class Reading:
    """What a source may use: the folder of data, the issue date, zones once they are known, the ledger, the hashes it adds to.

    `kept`: what earlier runs left to save time; `unverified`: source -> how many of its files have no checksum beside them;
    `veiled`: file -> hash of what is left of it without small counts, for who knows all but one of these could try them out on
    the hash of the file itself; `since`: the first period of the records that the run uses, once it is known.
    """

    root: Path
    issue_date: pd.Timestamp
    today: pd.Timestamp
    period: str
    zones: gpd.GeoDataFrame | None
    ledger: Ledger
    files: dict[str, str]
    week_starts: str = "MON"
    kept: Kept = field(default_factory=Kept)
    unverified: dict[str, int] = field(default_factory=dict)
    veiled: dict[str, str] = field(default_factory=dict)
    since: pd.Timestamp | None = None


class Source(Protocol):
    """`forecast/ingest/<name>.py`: its input contract in the docstring, `Settings` and `read`."""

    Settings: type[Any]

    def read(self, settings: Any, reading: Reading, name: str) -> Any:
        """Read one input: a text table with `record`, a GeoDataFrame of zones, or a signal (zone, period)."""


@dataclass(frozen=True)
class Result:
    """All that a run found, for the outputs; `title`, `producer`, `disclaimer`: words for the pages.

    `notes`: what the figures are and are not, to stand on every page.
    """

    stamp: Stamp
    inputs: Inputs
    panel: xr.Dataset
    demand: xr.Dataset
    plan: Plan | None
    ledger: Ledger
    title: str
    producer: str
    disclaimer: str
    notes: tuple[str, ...] = ()


class Output(Protocol):
    """`forecast/publish/<name>.py`: `write`."""

    def write(self, folder: Path, result: Result) -> None:
        """Write its file or files into the run folder."""
