"""All alignment: from Inputs and DEMAND to arrays and tables that know each other by position. No rule of the plan is here.

Dims, in this order: depot d, zone z, item k, demand group g, plan period t, sample s. A demand group is one item, or the items
that substitute each other; its quantities are in need units (quantity x covers).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from forecast import periods
from forecast.allocate import (
    batches,
    commitments,
    consignments,
    days,
    last,
    loading,
    stores,
    supplies,
    transfers,
    vehicles,
    ways,
    weights,
)
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.days import Days
from forecast.allocate.groups import Groups, group_items
from forecast.allocate.places import Places, places
from forecast.allocate.stores import Stores
from forecast.allocate.timeline import Calendar
from forecast.allocate.transfers import Transfers
from forecast.config import Config
from forecast.errors import InputError, Problem
from forecast.schema import Floats, Inputs, Ledger


@dataclass(frozen=True)
class Allocation:
    """One allocation problem, aligned: nothing after this reads Inputs.

    `pairs` (z, k) and `series` (z, g): planned or not; `demand` (z, g, t, s) need units; `people` (z, g, t); `weight` (z, g)
    weighted person-periods per need unit; `floor` (z, g, t) survival floor in need units, NaN where there is none;
    `on_hand` (z, k) item units, NaN where unknown; `in_transit`, `by_others` (z, k, t) item units; `batches`: depot stock
    and arrivals; `lanes` (d, z): there is one; `ways`: lanes by vehicle class; `days` on which each is loaded; `status`
    (way, k, t): why nothing can be loaded, 0 where it can; `loads`: what can be loaded; `places`: where all lies; `loading`
    (d, t) kg a depot can load; `day_off` (d, t): it does not work; `transfers`: what could be moved between depots, and once that
    is settled, what is; `stores` of zones that hold no more than so much; `before` (way, k, t) item units: what the last
    plan would send.
    """

    calendar: Calendar
    depots: tuple[str, ...]
    zones: tuple[str, ...]
    zone_names: tuple[str, ...]
    items: pd.DataFrame
    groups: Groups
    pairs: Flags
    series: Flags
    demand: Floats
    people: Floats
    weight: Floats
    floor: Floats
    on_hand: Floats
    in_transit: Floats
    by_others: Floats
    batches: pd.DataFrame
    lanes: Flags
    ways: pd.DataFrame
    days: Days
    status: Ints
    loads: pd.DataFrame
    fleet: pd.DataFrame
    shut: pd.DataFrame
    commitments: pd.DataFrame
    places: Places
    loading: Floats
    day_off: Flags
    transfers: Transfers
    stores: Stores
    before: Floats

    @cached_property
    def mean(self) -> Floats:
        """(z, g, t) mean demand, need units."""
        return np.asarray(self.demand.mean(axis=3))

    @cached_property
    def vehicle_hours(self) -> Floats:
        """(class, t) hours that the vehicles of each class can drive; in the first period less what they drive already, and less
        the transfers that are settled.
        """
        hours = np.repeat(self.fleet["hours"].to_numpy(float)[:, None], self.calendar.count, axis=1)
        hours[:, 0] -= self.fleet["out"].to_numpy(float)
        return np.asarray(hours - self.transfers.hours)

    @cached_property
    def given(self) -> tuple[Floats, Floats]:
        """(z, g, t) twice: what comes without this plan, in need units: goods that last, and goods that perish within the
        period.
        """
        units = self.in_transit + self.by_others
        units[:, :, 0] += np.nan_to_num(self.on_hand)
        return self.in_groups(units)

    def in_groups(self, units: Floats) -> tuple[Floats, Floats]:
        """(z, k, t) item units -> (z, g, t) need units, twice: goods that last, and goods that perish within the period."""
        lasting, perishing = np.zeros((2, len(self.zones), len(self.groups.codes), self.calendar.count))
        for item, group in enumerate(self.groups.of_item):
            target = lasting if self.groups.lasts[item] else perishing
            target[:, group] += units[:, item] * self.groups.covers[item]
        return lasting, perishing

    def arriving(self, quantity: Floats) -> Floats:
        """(load) item units -> (z, k, t) item units, by period of arrival."""
        units = np.zeros(self.in_transit.shape)
        loads = self.loads
        np.add.at(units, (loads["zone"].to_numpy(), loads["item"].to_numpy(), loads["arrives"].to_numpy()), quantity)
        return units

    def brought(self, packs: Ints) -> Floats:
        """(load) whole packs -> (z, k, t) item units, by period of arrival."""
        return self.arriving(packs * self.groups.pack[self.loads["item"].to_numpy()])


def align(
    demand: xr.Dataset, inputs: Inputs, config: Config, issue_date: pd.Timestamp, ledger: Ledger, *, in_thought: bool = False
) -> Allocation:
    """DEMAND (zone, item, period, sample) and Inputs -> Allocation.

    Raises InputError when the demand does not reach over the first plan period. What is left out or assumed is in `ledger`.
    `in_thought`: with the transfers that only a shut lane forbids, barred.
    """
    calendar, shares = _calendar(demand, config, issue_date, ledger)
    zones, codes = demand.indexes["zone"], demand.indexes["item"]
    items = inputs.items.loc[codes]
    groups = group_items(items, config, calendar.days, ledger)
    pairs = ~np.isnan(demand["demand"].values).any(axis=(2, 3))
    grouped = _grouped(demand["demand"].values, shares, pairs, groups)
    series = np.stack([pairs[:, groups.of_item == group].any(axis=1) for group in range(len(groups.codes))], axis=1)
    routes = inputs.routes
    depots = _depots(inputs)
    mean, overdue = grouped.mean(axis=3), config.plan.overdue_days
    consigned = consignments.follow(inputs, calendar, overdue, ledger)
    stock = batches.batches(inputs.stock, consigned.left, depots, codes, calendar, overdue, ledger)
    committed = commitments.commitments(
        inputs.stock.commitments, consigned.received, zones, codes, calendar, config.forecast.period, ledger
    )
    supply = supplies.zone_supply(inputs, consigned, demand, mean, groups, pairs, calendar, config, ledger)
    table = ways.ways(routes, depots, zones, config, ledger)
    shut = ways.shut(routes.closures, table, calendar)
    sendable = pairs.copy()
    sendable[committed["zone"].to_numpy(), committed["item"].to_numpy()] = True
    depot_days = loading.loading(routes.depots, depots, calendar, config, ledger)
    on = days.choose(table, shut, depot_days.works, days.of_week(inputs.zones["receives_on"].reindex(zones)), calendar)
    moving = transfers.possible(routes, depots, items, stock, depot_days, calendar, config, in_thought=in_thought)
    could_be = pd.concat([stock, moving.reach], ignore_index=True) if len(moving.reach) else stock
    status = ways.status(table, on, items, could_be, calendar, depot_days.day_off)
    comes = supply.in_transit + supply.by_others
    comes[:, :, 0] += np.nan_to_num(supply.on_hand)
    limited = stores.stores(inputs.zones.reindex(zones), items, groups, mean, comes, ledger)
    people = weights.people(inputs, zones, calendar, config)
    by_group = weights.people_by_group(people, mean, groups, calendar.days)
    return Allocation(
        calendar=calendar,
        depots=tuple(depots),
        zones=tuple(zones),
        zone_names=_zone_names(inputs, zones),
        items=items,
        groups=groups,
        pairs=pairs,
        series=series,
        demand=grouped,
        people=by_group,
        weight=weights.weight(mean, people, groups, inputs.stock.priorities, zones, calendar.days),
        floor=weights.floor(mean, by_group, groups, config, calendar.days),
        on_hand=supply.on_hand,
        in_transit=supply.in_transit,
        by_others=supply.by_others,
        batches=stock,
        lanes=ways.lanes(routes.lanes, depots, zones),
        ways=table,
        days=on,
        status=status,
        loads=ways.loads(table, on, status, sendable, calendar),
        fleet=vehicles.vehicle_hours(routes, consigned.left, items, depots, calendar, config, ledger),
        shut=shut,
        commitments=committed,
        places=places(inputs, depots, zones, config.plan),
        loading=depot_days.kg,
        day_off=depot_days.day_off,
        transfers=moving,
        stores=limited,
        before=last.planned_before(inputs.last_plan, table, codes, calendar),
    )


def _calendar(demand: xr.Dataset, config: Config, issue_date: pd.Timestamp, ledger: Ledger) -> tuple[Calendar, Floats]:
    """The plan periods that the forecast covers whole, and the (forecast period, plan period) shares of days."""
    calendar = Calendar(pd.Timestamp(issue_date).normalize(), periods.DAYS[config.plan.period], config.plan.horizon)
    sources, period = pd.DatetimeIndex(demand.indexes["period"]), config.forecast.period
    shares = periods.day_shares(sources, period, calendar.starts, config.plan.period)
    days = periods.days_in(sources, period) @ shares
    covered = int(np.cumprod(np.round(days, 6) == calendar.days).sum())
    if covered == 0:
        first = f"{issue_date.date()} to {(issue_date + pd.Timedelta(days=calendar.days - 1)).date()}"
        problem = f"does not reach over the first plan period ({first})"
        raise InputError(
            [Problem("demand", problem, "Forecast more periods (forecast.horizon), or plan in days (plan.period: D)")]
        )
    if covered < calendar.count:
        last = calendar.starts[covered - 1].date()
        ledger.remarks.append(
            f"Planned {covered} of {calendar.count} periods: the forecast ends before the period after {last} does "
            "(forecast.horizon)."
        )
    return Calendar(calendar.issue_date, calendar.days, covered), shares[:, :covered]


def _grouped(demand: npt.NDArray[np.floating], shares: Floats, pairs: Flags, groups: Groups) -> Floats:
    """(z, k, p, s) item units per forecast period -> (z, g, t, s) need units per plan period; 0 where not planned."""
    zones, _, _, samples = demand.shape
    grouped = np.zeros((zones, len(groups.codes), shares.shape[1], samples))
    for item, group in enumerate(groups.of_item):
        known = np.where(pairs[:, item, None, None], demand[:, item], 0.0)
        grouped[:, group] += groups.covers[item] * np.einsum("zps,pt->zts", known, shares)
    return grouped


def _depots(inputs: Inputs) -> pd.Index:
    stock, routes = inputs.stock, inputs.routes
    lanes = [table[end] for table, end in ((routes.lanes, "from"), (routes.between, "from"), (routes.between, "to"))]
    named = [routes.depots["depot"], *lanes, stock.depot_stock["depot"], stock.arrivals["depot"]]
    return pd.Index(sorted({str(code) for column in named for code in column}))


def _zone_names(inputs: Inputs, zones: pd.Index) -> tuple[str, ...]:
    names = inputs.zones["zone_name"].reindex(zones).fillna("")
    return tuple(str(name) or str(code) for code, name in names.items())
