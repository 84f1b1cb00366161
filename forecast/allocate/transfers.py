"""Transfers between depots: what could be moved on the lanes between them, and what is, as batches of the depot it comes to.

Goods that arrive can be loaded again in the period after the one they left in, or later, and not before they are there. They keep
their expiry: a transfer is of goods that last until a day at least, and counts there as goods that last until that day.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from forecast.allocate import batches, days, warehouses, ways
from forecast.allocate.arrays import Ints
from forecast.allocate.loading import Loading
from forecast.allocate.timeline import Calendar
from forecast.config import Config
from forecast.schema import Floats, Ledger, Routes

MOVES = ["way", "depot", "into", "item", "fleet", "period", "arrives", "load_day", "arrive_day", "expires", "barred"]
REACH = ["depot", "item", "expires", "period"]


@dataclass(frozen=True)
class Transfers:
    """`links`: lanes between depots by vehicle class, as ways.ways, `zone` the depot they lead to; `moves`: what could be moved
    on them; (d, kind, t) m3 `free` in depots if nothing left them, inf without a limit; `reach`: batches without any goods, for
    what could come to each depot.

    Once settled: `moved`, what is, part by part; `hours` (class, t) that its vehicles drive, and `kg` (d, t) that is loaded.
    """

    links: pd.DataFrame
    moves: pd.DataFrame
    free: Floats
    reach: pd.DataFrame
    moved: pd.DataFrame = field(default_factory=pd.DataFrame)
    hours: Floats | float = 0.0
    kg: Floats | float = 0.0


def possible(
    routes: Routes,
    depots: pd.Index,
    items: pd.DataFrame,
    stock: pd.DataFrame,
    loading: Loading,
    calendar: Calendar,
    config: Config,
    *,
    in_thought: bool = False,
) -> Transfers:
    """Lanes between depots and their batches -> what could be moved in each period, by item and expiry; nothing without lanes.

    A lane that is shut on any day from loading to arrival moves nothing, nor one without a day on which one depot works and the
    other does on arrival; a vehicle only what it carries, and nothing goes that expires before it could be loaded again. What
    only a shut lane forbids is among the moves `in_thought`, `barred`: for a what-if.
    """
    links = ways.ways(replace(routes, lanes=routes.between), depots, depots, config, Ledger())
    last_day = calendar.days * calendar.count
    expires = np.where(stock["expires"] < last_day, stock["expires"], batches.NEVER)
    kinds = np.unique(expires)
    shape = (len(depots), len(items), len(kinds))
    since = np.full(shape, calendar.count)
    np.minimum.at(since, (stock["depot"], stock["item"], np.searchsorted(kinds, expires)), stock["period"])
    there = since.copy()

    on = days.choose(links, ways.shut(routes.closures, links, calendar), loading.works, loading.works, calendar)
    arrives = np.maximum(-(-on.arrive // calendar.days), np.arange(calendar.count) + 1)
    open_then = (
        (~on.is_shut | in_thought) & ~on.is_none & ~loading.day_off[links["depot"].to_numpy()] & (arrives < calendar.count)
    )
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
    barred = np.where(on.is_shut[way, period], ways.SHUT, 0)
    table = (*columns, arrives[way, period], on.load[way, period], on.arrive[way, period], kinds[kind], barred)
    could = np.nonzero(there < since)
    reach = dict(zip(REACH, (could[0], could[1], kinds[could[2]], there[could]), strict=True))
    moves = pd.DataFrame(dict(zip(MOVES, table, strict=True))).astype("int64")
    free = warehouses.holds(routes.depots, depots)[:, :, None] - warehouses.anyway(stock, items, len(depots), calendar)
    return Transfers(
        links,
        moves[~warehouses.barred(moves, free, items)].reset_index(drop=True),
        free,
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
