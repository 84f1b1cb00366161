"""What the zones have or get without this plan: counted stock, consignments on the road, what others bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast import periods
from forecast.allocate import counts
from forecast.allocate.arrays import Flags, placed
from forecast.allocate.commitments import running
from forecast.allocate.consignments import Consignments
from forecast.allocate.groups import Groups
from forecast.allocate.others import brought as others_bring
from forecast.allocate.timeline import Calendar
from forecast.config import Config
from forecast.errors import counted
from forecast.schema import Floats, Inputs, Ledger


@dataclass(frozen=True)
class ZoneSupply:
    """`on_hand` (z, k), NaN where unknown; `in_transit`, `by_others` (z, k, t): item units, by period of arrival."""

    on_hand: Floats
    in_transit: Floats
    by_others: Floats


def zone_supply(
    inputs: Inputs,
    consigned: Consignments,
    demand: xr.Dataset,
    mean: Floats,
    groups: Groups,
    pairs: Flags,
    calendar: Calendar,
    config: Config,
    ledger: Ledger,
) -> ZoneSupply:
    """Inputs, consignments, DEMAND and (z, g, t) its mean in need units -> ZoneSupply.

    What is not known, or not counted on, is said in `ledger`.
    """
    zones, items = demand.indexes["zone"], inputs.items.loc[demand.indexes["item"]]
    others = inputs.stock.by_others
    others = others.assign(at=running(others["period"], calendar, config.forecast.period))
    for table, what in ((others, "planned_by_others"), (consigned.coming, "consignments on the road")):
        outside = int((table["at"] >= calendar.count).sum())
        if outside:
            ledger.remarks.append(f"{counted(outside, 'row')} of {what} for days after the plan: not used.")
    return ZoneSupply(
        on_hand=counts.on_hand(
            inputs.stock.zone_stock, consigned.received, _per_day(demand, config), items, zones, pairs, calendar,
            config.plan.stock_max_age_days, ledger,
        ),
        in_transit=placed(consigned.coming, zones, items.index, (len(zones), len(items), calendar.count)),
        by_others=others_bring(others, zones, items.index, mean, groups, ledger),
    )  # fmt: skip


def _per_day(demand: xr.Dataset, config: Config) -> Floats:
    """(z, k) mean demand a day in the first forecast period, item units; NaN where there is none."""
    days = periods.days_in(pd.DatetimeIndex(demand.indexes["period"][:1]), config.forecast.period)
    return np.asarray(demand["demand"].values[:, :, 0].mean(axis=2), dtype=float) / days
