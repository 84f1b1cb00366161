"""What a plugin is given, and what it fulfils."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from forecast.kept import Kept
from forecast.schema.seam import Floats
from forecast.schema.stages import Inputs, Ledger, Plan, Stamp


@dataclass(frozen=True)
class History:
    """The past of the series a model is asked for, as known on the issue date. A series is one item in one zone.

    `zones`, `items`, `parents`: (series) codes, and the parents of the zones; `periods`: (past) and `ahead`: (horizon) period
    starts; `values`: (series, past) in item units per period at reference exposure, NaN where unknown; `floors`: (series, past)
    where stock ran out, at least so much was needed, NaN elsewhere; `stock`: name -> (series, past) of what records tell of it
    (`stock_end`, `received`, `requested`), NaN where unknown; `is_reported`: (series, past); `pools`: item ->
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
