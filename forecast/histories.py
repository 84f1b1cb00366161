"""PANEL -> what a model sees: the history of one item in all zones, now or as it was at an earlier origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from forecast import meaning, periods
from forecast.config import Config
from forecast.regressors import Lagged, blind, lagged
from forecast.schema import CURRENT, Floats, History, Inputs

Quantity = Literal["demand", "distributed"]
STOCK = ("stock_end", "received", "requested")


@dataclass(frozen=True)
class Known:
    """What is known of all series: the panel, people now over people then (zone, item, period), reference people (zone)."""

    panel: xr.Dataset
    people: Floats
    reference: Floats
    inputs: Inputs
    config: Config

    @property
    def periods(self) -> pd.DatetimeIndex:
        """All complete periods."""
        return pd.DatetimeIndex(self.panel.indexes["period"])

    def place(self, item: str) -> int:
        """The position of an item in the panel."""
        return int(self.panel.indexes["item"].get_indexer(pd.Index([item]))[0])

    def ahead(self, until: int) -> pd.DatetimeIndex:
        """The periods to forecast when the first `until` are known."""
        step = self.config.forecast.period
        return periods.run(periods.step(self.periods[0], until, step), self.config.forecast.horizon, step)

    def values(self, quantity: Quantity) -> Floats:
        """(zone, item, period) at reference exposure, NaN where unknown; of demand, floors above the known mean are kept."""
        known = self.panel["distributed"].values if quantity == "distributed" else _with_high_floors(self.panel)
        return np.asarray(known / self.people, dtype=float)

    def late(self) -> frozenset[str]:
        """Signals that came late or not at all: nothing is forecast by them."""
        return frozenset(feed.signal for feed in self.inputs.feeds if feed.state != CURRENT)


def of_item(
    known: Known, item: str, quantity: Quantity, values: Floats, asked: Mapping[str, Lagged], until: int, *, by_figure: bool
) -> History:
    """The history of one item in all zones: of `values` (zone, period) the first `until` periods; later ones are hidden.

    `asked`: the signals its model asks for; late ones are left out, and the item is as unsure as a forecast without them.
    `by_figure`: whether people x planning figure may stand in.
    """
    place = known.place(item)
    past, ahead, step = known.periods[:until], known.ahead(until), known.config.forecast.period
    ratio = known.people[:, place, :until]
    signals = {name: known.panel[name].values[:, :until].astype(float) for name in asked if name not in known.late()}
    unknown = [blind(signal, len(ahead), asked[name]) for name, signal in signals.items()]
    figure = _figure(known.inputs.items.loc[[item]].iloc[0]) if by_figure else np.nan
    return History(
        zones=tuple(known.panel.indexes["zone"]),
        items=(item,) * len(values),
        parents=tuple(known.inputs.zones["parent"].reindex(known.panel.indexes["zone"]).fillna("").astype(str)),
        periods=past,
        ahead=ahead,
        values=values[:, :until],
        floors=_floors(known.panel, place, until) / ratio if quantity == "demand" else np.full(ratio.shape, np.nan),
        stock=_stock(known.panel, place, until, ratio),
        is_reported=known.panel["is_reported"].values[:, place, :until],
        pools={item: values[:, :until]},
        expected=known.reference[:, None] * figure * periods.days_in(ahead, step),
        regressors={name: lagged(signal, past, len(ahead), step, asked[name]) for name, signal in signals.items()},
        season=periods.PER_YEAR[step],
        seed=known.config.forecast.seed,
        is_blind=np.any(unknown, axis=0) if unknown else None,
    )


def together(histories: list[History]) -> History:
    """Histories of several items, with the same regressors, as one."""
    first = histories[0]
    blinds = [np.zeros(past.expected.shape, dtype=bool) if past.is_blind is None else past.is_blind for past in histories]
    return History(
        zones=sum((past.zones for past in histories), ()),
        items=sum((past.items for past in histories), ()),
        parents=sum((past.parents for past in histories), ()),
        periods=first.periods,
        ahead=first.ahead,
        values=np.concatenate([past.values for past in histories]),
        floors=np.concatenate([past.floors for past in histories]),
        stock={
            name: np.concatenate([past.stock.get(name, np.full(past.values.shape, np.nan)) for past in histories])
            for name in STOCK
            if any(name in past.stock for past in histories)
        },
        is_reported=np.concatenate([past.is_reported for past in histories]),
        pools={item: values for past in histories for item, values in past.pools.items()},
        expected=np.concatenate([past.expected for past in histories]),
        regressors={name: np.concatenate([past.regressors[name] for past in histories]) for name in first.regressors},
        season=first.season,
        seed=first.seed,
        is_blind=np.concatenate(blinds) if any(past.is_blind is not None for past in histories) else None,
    )


def _figure(item: pd.Series) -> float:
    """The planning figure per person and day; none says how many people arrive."""
    return np.nan if item["records_count"] == meaning.ARRIVING else float(item["per_person_per_day"])


def _floors(panel: xr.Dataset, place: int, until: int) -> Floats:
    """(zone, period) what was handed out where stock ran out and the demand is not known: it was at least that."""
    unknown = panel["is_censored"].values[:, place, :until] & np.isnan(panel["demand"].values[:, place, :until])
    return np.where(unknown, panel["distributed"].values[:, place, :until], np.nan)


def _stock(panel: xr.Dataset, place: int, until: int, ratio: Floats) -> dict[str, Floats]:
    """What records tell of stock, at reference exposure as the quantities are; what none tells of is left out."""
    found = {name: panel[name].values[:, place, :until] for name in STOCK}
    return {name: values / ratio for name, values in found.items() if np.isfinite(values).any()}


def _with_high_floors(panel: xr.Dataset) -> Floats:
    """(zone, item, period) demand, with floors kept that are above the series' known mean."""
    demand, distributed = panel["demand"].values, panel["distributed"].values
    known = np.isfinite(demand)
    mean = np.where(known, demand, 0).sum(axis=2, keepdims=True) / np.maximum(known.sum(axis=2, keepdims=True), 1)
    return np.where(panel["is_censored"].values & ~known & (distributed > mean), distributed, demand)
