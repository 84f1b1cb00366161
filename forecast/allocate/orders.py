"""The depots' pipeline: how long each lasts, how likely it runs out by when, what to order and by when.

A zone's demand counts at one depot: the nearest that keeps the item. What other depots send it by this plan, and what it has
already, is taken off; what the depot sends to zones of other depots is taken off its stock. After the plan each future goes on
at its own mean. Arrivals count from their latest date, expired stock not at all, first expired first out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast import periods
from forecast.allocate import batches, consignments, lines, transfers
from forecast.allocate.arrays import Flags, Ints, positions
from forecast.allocate.packs import Sent
from forecast.allocate.problem import Allocation
from forecast.allocate.timeline import Calendar
from forecast.config import Config, Order
from forecast.errors import few
from forecast.schema import PIPELINE, Floats, Inputs, Ledger

MONTH = 365.25 / 12  # days
MIN_MONTHS, SPAN = 1.0, 2.0  # of stock when an order arrives, and from there to the highest level, where the config says nothing
NOTHING = 1e-6  # relative: a smaller shortage is none
NOWHERE = -1


@dataclass(frozen=True)
class Asked:
    """What the zones of one depot ask of it, of one item, in item units: `out` (t, s), with what this plan sends to zones of
    other depots; `later` (t) the mean of what they ask after the plan, beyond all that the plan brings; `per_month` mean demand.
    """

    out: Floats
    later: Floats
    per_month: float


@dataclass(frozen=True)
class Level:
    """A depot's stock of an item through the review: `left`, `out`, `expired` (t, s) in item units; `breaks` (s) days after the
    issue date on which it runs out, inf where it does not.
    """

    left: Floats
    out: Floats
    expired: Floats
    breaks: Floats


def pipeline(problem: Allocation, demand: xr.Dataset, sent: Sent, inputs: Inputs, config: Config, ledger: Ledger) -> pd.DataFrame:
    """DEMAND and what is sent -> PIPELINE: each depot and item it keeps, or that its zones need, in each period of the review.

    `order_quantity` stands in the period in which the order is to be placed, 0 in the others; `break_on` (more likely than not
    run out) and `order_by` in all. A day to order by that is past says how late it is.
    """
    plan = problem.calendar
    calendar = Calendar(plan.issue_date, plan.days, max(plan.count, -(-config.plan.review_days // plan.days)))
    stock = _stock(problem, inputs, calendar, config)
    left = stock["quantity"].to_numpy(float).copy()
    left[np.flatnonzero(stock["period"] < plan.count)] -= _taken(problem, sent)
    home = _home(problem, _keeps(problem, inputs))
    paths = _Paths(problem, demand, sent, home, calendar, config)
    orders = {str(code): _order(str(code), config) for code in problem.items.index}
    planned, parts = lines.depot_stock(problem, sent.taken).sort_values("period"), []
    for depot, item in _pairs(problem, inputs, home):
        rows = np.flatnonzero((stock["depot"] == depot) & (stock["item"] == item))
        held, asked = stock.iloc[rows], paths.asked(depot, item)
        level = _draw(held, held["quantity"].to_numpy(float), asked.out, calendar, 0)
        after = _draw(held, left[rows], asked.later[:, None], calendar, plan.count)
        table = _rows(problem, held, after, depot, item, planned, calendar)
        parts.append(_ordered(table, held, level, asked, orders[str(problem.items.index[item])], problem, item, calendar))
    _say(orders, calendar, problem, config, ledger)
    if not parts:
        return PIPELINE.empty()
    return PIPELINE.check(pd.concat(parts, ignore_index=True))[PIPELINE.names]


def _stock(problem: Allocation, inputs: Inputs, calendar: Calendar, config: Config) -> pd.DataFrame:
    """Batches and arrivals through the review, after transfers; what is said of them was said when the plan was aligned."""
    overdue, quiet = config.plan.overdue_days, Ledger()
    left = consignments.follow(inputs, calendar, overdue, quiet).left
    stock = batches.batches(inputs.stock, left, pd.Index(problem.depots), problem.items.index, calendar, overdue, quiet)
    of_plan = np.flatnonzero(stock["period"] < problem.calendar.count)
    return transfers.carried_out(stock, problem.transfers.moved, of_plan)


def _taken(problem: Allocation, sent: Sent) -> Floats:
    """(batch of the plan) item units that the plan takes of it."""
    load = problem.loads["item"].to_numpy()[sent.taken["load"]]
    units = sent.taken["packs"].to_numpy(float) * problem.groups.pack[load]
    return np.asarray(np.bincount(sent.taken["batch"], units, len(problem.batches)), dtype=float)


def _keeps(problem: Allocation, inputs: Inputs) -> Flags:
    """(d, k) whether the depot keeps the item: it stands in its stock or arrivals, be it with nothing left."""
    keeps = np.zeros((len(problem.depots), len(problem.items)), dtype=bool)
    for table in (inputs.stock.depot_stock, inputs.stock.arrivals):
        depot = positions(pd.Index(problem.depots), table["depot"])
        item = positions(problem.items.index, table["item"])
        keeps[depot[(depot >= 0) & (item >= 0)], item[(depot >= 0) & (item >= 0)]] = True
    return keeps


def _home(problem: Allocation, keeps: Flags) -> Ints:
    """(z, k) the depot where the demand counts: the nearest by hours with a vehicle for the item, of those that keep it; where
    none in reach does, the nearest; -1 where no lane leads.
    """
    table, carriage = problem.ways, problem.items["carriage"].to_numpy()
    home = np.full((len(problem.zones), len(problem.items)), NOWHERE)
    for kind in set(carriage):
        hours = np.full((len(problem.depots), len(problem.zones)), np.inf)
        carries = np.array([names is None or kind in names for names in table["carries"]], dtype=bool)
        np.minimum.at(hours, (table["depot"].to_numpy()[carries], table["zone"].to_numpy()[carries]), table["hours"][carries])
        for item in np.flatnonzero(carriage == kind):
            kept = np.where(keeps[:, item, None], hours, np.inf)
            best = np.where(np.isfinite(kept).any(axis=0), kept, hours)
            home[:, item] = np.where(np.isfinite(best).any(axis=0), np.argmin(best, axis=0), NOWHERE)
    return home


def _pairs(problem: Allocation, inputs: Inputs, home: Ints) -> list[tuple[int, int]]:
    """Depots and items, in order of code: kept, or asked for by a zone with demand."""
    shown = _keeps(problem, inputs)
    zone, item = np.nonzero(problem.pairs & (home != NOWHERE))
    shown[home[zone, item], item] = True
    return [(int(d), int(k)) for d, k in np.argwhere(shown)]


class _Paths:
    """What zones ask of their depots, path by path."""

    def __init__(
        self, problem: Allocation, demand: xr.Dataset, sent: Sent, home: Ints, calendar: Calendar, config: Config
    ) -> None:
        sources, plan = pd.DatetimeIndex(demand.indexes["period"]), problem.calendar
        self._shares = periods.day_shares(sources, config.forecast.period, plan.starts, config.plan.period)
        self._demand, self._problem, self._calendar, self._home = demand["demand"].values, problem, calendar, home
        loads = problem.loads
        depot, zone, item = (loads[name].to_numpy() for name in ("depot", "zone", "item"))
        self._is_own = home[zone, item] == depot
        self._sent = sent.quantity
        self._elsewhere = np.zeros((len(problem.depots), len(problem.items), calendar.count))
        away = ~self._is_own
        np.add.at(self._elsewhere, (depot[away], item[away], loads["period"].to_numpy()[away]), sent.quantity[away])
        own, others = (problem.arriving(np.where(mask, sent.quantity, 0.0)) for mask in (self._is_own, away))
        self._own, self._given = own, others + problem.in_transit + problem.by_others
        self._given[:, :, 0] += np.nan_to_num(problem.on_hand)

    def asked(self, depot: int, item: int) -> Asked:
        """Asked of a depot, of an item: what its zones need beyond what they have and get from elsewhere, so far."""
        count, plan = self._calendar.count, self._problem.calendar.count
        zones = np.flatnonzero((self._home[:, item] == depot) & self._problem.pairs[:, item])
        path = np.einsum("zps,pt->zts", self._demand[zones, item].astype(float), self._shares)
        path = np.concatenate([path, np.repeat(path.mean(axis=1, keepdims=True), count - plan, axis=1)], axis=1)
        given, own = (_through(units[zones, item], count)[:, :, None] for units in (self._given, self._own))
        lasts = bool(self._problem.groups.lasts[item])
        out = _first_asked(path - given, lasts).sum(axis=0) + self._elsewhere[depot, item][:, None]
        later = _first_asked(path - given - own, lasts).sum(axis=0).mean(axis=1)
        later[:plan] = 0.0
        per_month = float(path[:, :plan].mean(axis=2).sum() / (plan * self._calendar.days) * MONTH)
        return Asked(out, later, per_month)


def _through(units: Floats, count: int) -> Floats:
    """(z, t) of the plan -> (z, t) of the review."""
    return np.pad(units, ((0, 0), (0, count - units.shape[1])))


def _first_asked(gap: Floats, lasts: bool) -> Floats:
    """(z, t, s) demand less what is given -> (z, t, s) what more is asked in each period.

    Goods that last: as far as the gap so far is larger than it ever was; others: the gap of the period.
    """
    if not lasts:
        return np.maximum(gap, 0.0)
    highest = np.maximum.accumulate(np.maximum(np.cumsum(gap, axis=1), 0.0), axis=1)
    return np.diff(highest, axis=1, prepend=0.0)


def _draw(held: pd.DataFrame, quantity: Floats, asked: Floats, calendar: Calendar, start: int) -> Level:
    """Batches with `quantity` (b) and (t, s) what is asked, from period `start` on -> Level; first expired, first out."""
    period, expires = held["period"].to_numpy(), held["expires"].to_numpy()
    stock = np.zeros((len(held), asked.shape[1]))
    left, out, expired = np.zeros((3, *asked.shape))
    breaks = np.full(asked.shape[1], np.inf)
    for t in range(start, calendar.count):
        came = (period == t) | ((t == start) & (period < t))
        stock[came] += quantity[came, None]
        over = expires <= t * calendar.days
        expired[t] = stock[over].sum(axis=0)
        stock[over] = 0.0
        have = stock.sum(axis=0)
        short = (asked[t] > have * (1 + NOTHING) + NOTHING) & np.isinf(breaks)
        breaks[short] = calendar.days * (t + have[short] / asked[t, short])
        wanted = asked[t].copy()
        for batch in np.argsort(expires, kind="stable"):
            given = np.minimum(wanted, stock[batch])
            stock[batch] -= given
            wanted -= given
        out[t] = np.maximum(asked[t] - wanted, 0.0)
        gone = expires < (t + 1) * calendar.days
        expired[t] += stock[gone].sum(axis=0)
        stock[gone] = 0.0
        left[t] = stock.sum(axis=0)
    return Level(left, out, expired, breaks)


def _rows(
    problem: Allocation, held: pd.DataFrame, after: Level, depot: int, item: int, planned: pd.DataFrame, calendar: Calendar
) -> pd.DataFrame:
    """(t) `stock, arrivals, planned_out, expired` of a depot and item: as planned, and after the plan as expected."""
    plan = problem.calendar.count
    came = np.bincount(
        held["period"], held["quantity"].to_numpy(float) * ~held["lies_there"].to_numpy(bool), calendar.count
    )  # fmt: skip
    df = pd.DataFrame(
        {
            "period": calendar.starts,
            "stock": after.left[:, 0],
            "arrivals": came[: calendar.count],
            "planned_out": after.out[:, 0],
            "expired": after.expired[:, 0],
        }
    )
    of_pair = planned[(planned["depot"] == problem.depots[depot]) & (planned["item"] == problem.items.index[item])]
    if len(of_pair):
        names = {"closing": "stock", "shipped": "planned_out", "expired": "expired"}
        for name, column in names.items():
            df.loc[: plan - 1, column] = of_pair[name].to_numpy(float)
    return df.assign(
        depot=problem.depots[depot], item=str(problem.items.index[item]), unit=problem.items["unit"].iloc[item]
    )  # fmt: skip


def _ordered(
    table: pd.DataFrame,
    held: pd.DataFrame,
    level: Level,
    asked: Asked,
    order: Order,
    problem: Allocation,
    item: int,
    calendar: Calendar,
) -> pd.DataFrame:
    """The rows with months of stock, the risk, the day it breaks, and the order that brings it to its highest level in time."""
    periods_end = calendar.days * np.arange(1, calendar.count + 1)
    per_month = asked.per_month
    table = table.assign(
        demand_month=per_month,
        mos=table["stock"] / per_month if per_month > 0 else np.nan,
        break_risk=(level.breaks[:, None] < periods_end).mean(axis=0),
        break_on=pd.Series(pd.NaT, index=table.index, dtype="datetime64[s]"),
        order_quantity=0.0,
        order_by=pd.Series(pd.NaT, index=table.index, dtype="datetime64[s]"),
    )
    day = float(np.sort(level.breaks)[(len(level.breaks) - 1) // 2])
    if not np.isfinite(day) or per_month <= 0:
        return table
    day = float(np.floor(day + NOTHING))
    table["break_on"] = calendar.issue_date + pd.Timedelta(days=day)
    placed, lead = 0.0, order.lead_days
    if lead is not None:
        by = np.floor(day - lead - float(order.min_months or 0) * MONTH)
        table["order_by"] = calendar.issue_date + pd.Timedelta(days=by)
        placed = max(by, 0.0)
    comes = int((placed + (lead or 0.0)) // calendar.days)
    there = _expected(held, level, comes)
    pack = problem.groups.pack[item]
    wanted = max(float(order.max_months or 0) * per_month - there, 0.0)
    table.loc[int(placed // calendar.days), "order_quantity"] = np.ceil(wanted / pack - NOTHING) * pack
    return table


def _expected(held: pd.DataFrame, level: Level, period: int) -> float:
    """What a depot is expected to have at the start of a period, with all that is still to arrive."""
    arrives, quantity = held["period"].to_numpy(), held["quantity"].to_numpy(float)
    if period == 0:
        return float(quantity.sum())
    last = min(period, len(level.left)) - 1
    return float(level.left[last].mean() + quantity[arrives > last].sum())


def _order(code: str, config: Config) -> Order:
    """The order of an item, completed by the defaults of this program, which give way to what is given."""
    given = config.order_of(code)
    least, most = given.min_months, given.max_months
    if least is None:
        least = MIN_MONTHS if most is None else min(MIN_MONTHS, most / 2)
    return Order(lead_days=given.lead_days, min_months=least, max_months=least + SPAN if most is None else most)


def _say(orders: dict[str, Order], calendar: Calendar, problem: Allocation, config: Config, ledger: Ledger) -> None:
    for name, value in (("min_months", f"{MIN_MONTHS:g}"), ("max_months", f"min_months + {SPAN:g}")):
        by_default = sorted(code for code in orders if getattr(config.order_of(code), name) is None)
        if by_default:
            ledger.assume(name, f"orders of {few(by_default)}", value, "months of stock", "default of this program")
    without = sorted(code for code, order in orders.items() if order.lead_days is None)
    if without:
        ledger.remarks.append(
            f"How long suppliers take is not known for {few(without)} (order: lead_days): pipeline.csv gives no day to order by."
        )
    source = f"stated in the config: plan.review_days {config.plan.review_days}"
    ledger.assume("review of depots", "pipeline.csv", calendar.days * calendar.count, "days", source)
    if calendar.count > problem.calendar.count:
        applies_to = f"pipeline.csv after the plan's last day, {(problem.calendar.end - pd.Timedelta(days=1)).date()}"
        ledger.assume("demand", applies_to, "goes on at its mean of the plan", "", "default of this program")
    source = "each zone counts at the nearest depot that keeps the item"
    ledger.assume("zones a depot serves", "pipeline.csv", "nearest", "", source)
