"""What passes between the stages besides tables and cubes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
import xarray as xr

from forecast.errors import Problems
from forecast.schema.inputs import CURRENT, ROUTES
from forecast.schema.published import PIPELINE, TRANSFERS


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
    on the same cells, share of cells inside the 80 % interval; the `share` it got in the forecast; why it was not tried or taken;
    `width`: by how much what is taken is stretched around its median, since it was too sure, or not sure enough.
    """

    item: str
    model: str
    cells: int
    crps: float
    relative: float
    inside_80: float
    share: float
    note: str
    width: float = 1.0


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
    """ROUTES: depots, lanes depot->zone, fleet; `between`: lanes depot->depot. An empty fleet means: no limit on vehicles.

    `closures` has a row for each stretch of days on which a lane is shut: `from, to, start, until` (until exclusive, NaT =
    open end), `why`.
    """

    depots: pd.DataFrame
    lanes: pd.DataFrame
    fleet: pd.DataFrame
    closures: pd.DataFrame
    between: pd.DataFrame = field(default_factory=ROUTES.empty)


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
    `veiled`: the files whose hash is that of what is left without small counts; `last_plan`: `depot, zone, item, vehicle,
    load_on, quantity` that the last plan has ahead of it still (last_plan.py).
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
    last_plan: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def is_stale(self) -> bool:
        """Whether a signal came late or not at all."""
        return any(feed.state != CURRENT for feed in self.feeds)


@dataclass(frozen=True)
class Plan:
    """PLAN: sparse tables rather than dense cubes, since most depot-zone-item-vehicle-period cells are empty.

    `lines`: ALLOCATION without `run` and `status`; `cells`: COVERAGE; `depot_stock`: DEPOT_STOCK;
    `figures`: objective of each layer, gap, seconds, totals, all printable; `pipeline`: PIPELINE, beyond the plan too;
    `transfers`: TRANSFERS without `run` and `status`.
    """

    lines: pd.DataFrame
    cells: pd.DataFrame
    depot_stock: pd.DataFrame
    figures: Mapping[str, object]
    pipeline: pd.DataFrame = field(default_factory=PIPELINE.empty)
    transfers: pd.DataFrame = field(default_factory=TRANSFERS.empty)


@dataclass(frozen=True)
class Stamp:
    """What every output carries."""

    run: str
    status: str
    issue_date: pd.Timestamp
    data_until: pd.Timestamp
    scenario: str
    started_utc: str
