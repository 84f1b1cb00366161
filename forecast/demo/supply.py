"""What the stock allowed: a week-by-week account of every zone's store, with five ways to run out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.demo.geography import Country
from forecast.demo.timeline import LEAD, PAST, Timeline, stream
from forecast.schema import Floats

REASONS = ("", "road_closed", "depot_empty", "late_resupply", "partial_delivery", "more_needed_than_sent")
"""Why a zone ran out; the first that applies is named, the last when nothing went wrong but the estimate."""
COVER_WEEKS = {"water_trucked": 1.45, "water_tabs": 1.7, "ration": 1.6, "rusf": 1.7, "health_kit": 2.6, "vaccine": 2.4}
"""Deliveries fill a zone's store up to this many weeks of its recent demand."""
NO_HISTORY = {"XD0206": ("rusf", "vaccine"), "XD0113": ("water_tabs", "rusf"), "XD0310": ("health_kit", "vaccine")}
"""Zones where an item has never been handed out."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Supply:
    """(zone, item, week) each, item units: `given` is what was handed out, `received` and the two stocks balance with it.

    `stockout_days` 0..7; `reason`: position in REASONS, 0 where demand was met; `arrival_day` 0..6 of what is received;
    `is_served` (zone, item): whether the item is handed out there at all; `order` (zone, item): what is due on the issue date.
    """

    stock_start: Floats
    received: Floats
    given: Floats
    stock_end: Floats
    stockout_days: Floats
    reason: npt.NDArray[np.int64]
    is_served: Flags
    order: Floats
    arrival_day: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rates:
    """How often something begins to go wrong, per week: a depot is empty, deliveries are cut, a truck does not come; and what the
    stores are filled up to, over the usual.
    """

    empty: float = 0.018
    partial: float = 0.0080
    late: float = 0.012
    cover: float = 1.0


USUAL = Rates()


@dataclass(frozen=True)
class _Troubles:
    """(zone, item, week): `empty`: the depot has none; `share` of the order sent; `missed`: no truck; `day` it comes."""

    empty: Flags
    share: Floats
    missed: Flags
    day: npt.NDArray[np.int64]


def simulate(
    country: Country,
    items: pd.DataFrame,
    timeline: Timeline,
    demand: Floats,
    roads_shut: Flags,
    seed: int,
    rates: Rates = USUAL,
) -> Supply:
    """(zone, item, week) demand -> what was received, handed out and left, from the first simulated week to the issue date."""
    demand = demand[:, :, : LEAD + PAST]
    shut = np.broadcast_to(roads_shut[:, None, : LEAD + PAST], demand.shape)
    troubles = _troubles(country, demand.shape, seed, rates)
    blocked = shut | troubles.empty | troubles.missed
    pack, cover = items["pack"].to_numpy(), pd.Series(COVER_WEEKS)[items.index].to_numpy() * rates.cover
    pace = demand[:, :, 0]
    stock = np.round(cover * pace)
    account = {name: np.zeros(demand.shape) for name in ("stock_start", "received", "given", "stock_end")}
    for week in range(demand.shape[2]):
        order = _packs(cover * pace - stock, pack, up=True)
        received = np.where(blocked[:, :, week], 0, _packs(order * troubles.share[:, :, week], pack))
        given = _handed_out(demand[:, :, week], stock, received, troubles.day[:, :, week])
        left = stock + received - given
        for name, value in zip(account, (stock, received, given, left), strict=True):
            account[name][:, :, week] = value
        stock, pace = left, 0.7 * pace + 0.3 * demand[:, :, week]
    unmet = demand - account["given"]
    return Supply(
        **account,
        stockout_days=np.ceil(7 * unmet / np.maximum(demand, 1)),
        reason=np.where(unmet > 0, _reason(shut, troubles), 0),
        is_served=_is_served(country, items),
        order=_packs(cover * pace - stock, pack, up=True),
        arrival_day=troubles.day,
    )


def _handed_out(demand: Floats, stock: Floats, received: Floats, day: npt.NDArray[np.int64]) -> Floats:
    """(zone, item) what can be handed out when the delivery comes on `day` of the week: until then only what was there."""
    early = np.floor(demand * day / 7)
    at_first = np.minimum(early, stock)
    return np.asarray(at_first + np.minimum(demand - early, stock - at_first + received))


def _packs(quantity: Floats, pack: Floats, up: bool = False) -> Floats:
    """Whole packs of a quantity, at least none."""
    packs = np.ceil(quantity / pack) if up else np.floor(quantity / pack + 1e-9)
    return np.asarray(np.maximum(packs, 0) * pack)


def _troubles(country: Country, shape: tuple[int, ...], seed: int, rates: Rates) -> _Troubles:
    depots = (len(country.depots), *shape[1:])
    empty = spells(stream(seed, "depots empty"), depots, rate=rates.empty, lasts=(2, 4))[country.home]
    partial = spells(stream(seed, "partial deliveries"), shape, rate=rates.partial, lasts=(3, 6))
    shares = stream(seed, "shares delivered").uniform(0.35, 0.65, shape)
    missed = spells(stream(seed, "late trucks"), shape, rate=rates.late, lasts=(1, 1))
    missed[:, :, -1] = False
    late = np.roll(missed, 1, axis=2) & ~missed
    days = stream(seed, "days late").integers(3, 7, shape)
    return _Troubles(empty, np.where(partial, shares, 1), missed, np.where(late, days, 0))


def spells(rng: np.random.Generator, shape: tuple[int, ...], rate: float, lasts: tuple[int, int]) -> Flags:
    """(..., week) stretches of weeks that begin with chance `rate` and last from..to weeks."""
    begins = rng.random(shape) < rate
    length = rng.integers(lasts[0], lasts[1] + 1, shape)
    inside = begins.copy()
    for weeks_on in range(1, lasts[1]):
        inside[..., weeks_on:] |= (begins & (length > weeks_on))[..., :-weeks_on]
    return inside


def _reason(shut: Flags, troubles: _Troubles) -> npt.NDArray[np.int64]:
    late = troubles.missed | (troubles.day > 0)
    return np.select([shut, troubles.empty, late, troubles.share < 1], [1, 2, 3, 4], default=5)


def _is_served(country: Country, items: pd.DataFrame) -> Flags:
    return np.array([[item not in NO_HISTORY.get(zone, ()) for item in items.index] for zone in country.zones.index])
