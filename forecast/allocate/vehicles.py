"""Hours of the vehicles: what each class can drive in a period, less what those that left today are driving already."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.allocate.arrays import positions
from forecast.allocate.timeline import Calendar
from forecast.config import Config
from forecast.errors import counted
from forecast.schema import Floats, Ledger, Routes


def vehicle_hours(
    routes: Routes, left: pd.DataFrame, items: pd.DataFrame, depots: pd.Index, calendar: Calendar, config: Config, ledger: Ledger
) -> pd.DataFrame:
    """FLEET -> `depot` position, `vehicle`, `hours` all vehicles of the class can drive in a plan period, `out` of these the
    hours taken in the first by what left on the issue date, `per_day` the hours of one vehicle on a working day; by position
    as in ways.ways.
    """
    classes = routes.fleet.sort_values(["depot", "vehicle"], ignore_index=True)
    per_day = classes["hours_per_day"].fillna(config.plan.hours_per_day)
    working = classes["working_days"].fillna(config.plan.working_days) * calendar.days / 7
    hours = (classes["count"] * per_day * working).to_numpy(float)
    out = np.minimum(_hours_out(routes, classes, left[left["left"] == calendar.issue_date], items, ledger), hours)
    table = {"vehicle": classes["vehicle"], "hours": hours, "out": out, "per_day": per_day}
    return pd.DataFrame({"depot": positions(depots, classes["depot"]), **table})


def _hours_out(routes: Routes, classes: pd.DataFrame, left: pd.DataFrame, items: pd.DataFrame, ledger: Ledger) -> Floats:
    """(class) hours there and back of the loads that name its vehicle: their `trips`, or their weight over its payload."""
    out = np.zeros(len(classes))
    if left.empty or classes.empty:
        return out
    of_class = pd.MultiIndex.from_frame(classes[["depot", "vehicle"]]).get_indexer(
        pd.MultiIndex.from_frame(left[["depot", "vehicle"]])
    )
    hours = routes.lanes.set_index(["from", "to"])["hours_one_way"].reindex(pd.MultiIndex.from_frame(left[["depot", "zone"]]))
    kg = left["quantity"].to_numpy(float) * items["kg_per_unit"].reindex(left["item"]).to_numpy(float)
    trips = (
        left["trips"].fillna(pd.Series(kg / classes["payload_kg"].to_numpy(float)[of_class], index=left.index)).to_numpy(float)
    )
    driven = 2 * hours.to_numpy(float) * trips
    known = (of_class >= 0) & np.isfinite(driven)
    np.add.at(out, of_class[known], driven[known])
    if not known.all():
        ledger.remarks.append(
            f"{counted(int((~known).sum()), 'load')} left today without a vehicle of the fleet (dispatches: vehicle, trips): the "
            "vehicles that carry them are taken to be free for this plan."
        )
    return out
