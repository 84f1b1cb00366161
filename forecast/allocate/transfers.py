"""Transfers between depots: what could be moved on the lanes between them, and what is, as batches of the depot it comes to.

Goods that arrive can be loaded again in the period after the one they left in, or later, and not before they are there. They keep
their expiry: a transfer is of goods that last until a day at least, and counts there as goods that last until that day.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from forecast.allocate import batches, ways
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.timeline import Calendar
from forecast.config import Config
from forecast.schema import Floats, Ledger, Routes

MOVES = ["way", "depot", "into", "item", "fleet", "period", "arrives", "arrive_day", "expires"]
REACH = ["depot", "item", "expires", "period"]


@dataclass(frozen=True)
class Transfers:
    """`links`: lanes between depots by vehicle class, as ways.ways, `zone` the depot they lead to; `moves`: what could be moved
    on them; `reach`: batches without any goods, for what could come to each depot.

    Once settled: `moved`, what is, part by part; `hours` (class, t) that its vehicles drive, and `kg` (d, t) that is loaded.
    """

    links: pd.DataFrame
    moves: pd.DataFrame
    reach: pd.DataFrame
    moved: pd.DataFrame = field(default_factory=pd.DataFrame)
    hours: Floats | float = 0.0
    kg: Floats | float = 0.0


def possible(
    routes: Routes,
    depots: pd.Index,
    items: pd.DataFrame,
    stock: pd.DataFrame,
    day_off: Flags,
    calendar: Calendar,
    config: Config,
) -> Transfers:
    """Lanes between depots and their batches -> what could be moved in each period, by item and expiry; nothing without lanes.

    A lane that is shut on any day from loading to arrival moves nothing, a vehicle only what it carries, and nothing goes that
    expires before it could be loaded again.
    """
    links = ways.ways(replace(routes, lanes=routes.between), depots, depots, config, Ledger())
    last_day = calendar.days * calendar.count
    expires = np.where(stock["expires"] < last_day, stock["expires"], batches.NEVER)
    kinds = np.unique(expires)
    shape = (len(depots), len(items), len(kinds))
    since = np.full(shape, calendar.count)
    np.minimum.at(since, (stock["depot"], stock["item"], np.searchsorted(kinds, expires)), stock["period"])
    there = since.copy()

    load_day = calendar.days * np.arange(calendar.count)
    arrive_day = load_day + links["lead_days"].to_numpy()[:, None]
    arrives = np.maximum(-(-arrive_day // calendar.days), np.arange(calendar.count) + 1)
    is_shut = ways.is_shut(ways.shut(routes.closures, links, calendar), load_day, arrive_day)
    open_then = ~is_shut & ~day_off[links["depot"].to_numpy()] & (arrives < calendar.count)
    can_go = (
        ways.carried(links, items)[:, :, None, None]
        & open_then[:, None, None, :]
        & (kinds[:, None] > arrives[:, None, :] * calendar.days)[:, None]
    )
    leaves, into = links["depot"].to_numpy(), links["zone"].to_numpy()
    for _ in range(len(depots)):
        moves = can_go & (np.arange(calendar.count) >= there[leaves][..., None])
        first = np.where(moves, arrives[:, None, None, :], calendar.count).min(axis=3, initial=calendar.count)
        np.minimum.at(there, into, first)
    way, item, kind, period = np.nonzero(moves)
    columns = (way, leaves[way], into[way], item, links["fleet"].to_numpy()[way], period)
    table = (*columns, arrives[way, period], arrive_day[way, period], kinds[kind])
    could = np.nonzero(there < since)
    reach = dict(zip(REACH, (could[0], could[1], kinds[could[2]], there[could]), strict=True))
    return Transfers(
        links,
        pd.DataFrame(dict(zip(MOVES, table, strict=True))).astype("int64"),
        pd.DataFrame(reach).astype("int64").assign(quantity=0.0),
    )


def carried_out(stock: pd.DataFrame, moved: pd.DataFrame, of_plan: Ints) -> pd.DataFrame:
    """Batches before -> batches after what is moved: less where it comes from, and its own where it goes, once it is there.

    `of_plan`: where the batches of the plan stand in `stock`, which may look further ahead.
    """
    if moved.empty:
        return stock
    came = moved.assign(depot=moved["into"], period=moved["arrives"], lies_there=False)[stock.columns]
    source = moved["source"].to_numpy()
    at = np.where(source < len(of_plan), of_plan[np.minimum(source, len(of_plan) - 1)], len(stock) + source - len(of_plan))
    after = pd.concat([stock, came], ignore_index=True)
    quantity = after["quantity"].to_numpy(float).copy()
    np.subtract.at(quantity, at, moved["quantity"].to_numpy(float))
    return batches.merged(after.assign(quantity=np.maximum(quantity, 0.0)))
