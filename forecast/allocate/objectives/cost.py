"""Cost: haulage, handling, waste; and, among plans that cost the same, the one that loads early (or late)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from forecast.allocate import ways
from forecast.allocate.arrays import Ints
from forecast.allocate.lp import Layer
from forecast.allocate.problem import Allocation
from forecast.allocate.rules import Parts
from forecast.config import Section
from forecast.schema import Floats

TIMING = 0.1  # of the handling price of a pack, over the whole horizon
ORDER = 0.01  # of the handling price of a pack: ties go to the lane that stands first


class Settings(Section):
    """Small prices that keep the plan sparse; all in the money of the routes and the fleet."""

    handling_per_pack: float = Field(default=0.05, ge=0)
    """Price of handling a pack: nothing is moved without use."""
    waste_per_pack: float = Field(default=0.02, ge=0)
    """Price of a pack that expires in a depot; below handling, so that nothing is sent to a zone only to be rid of it."""
    loading: Literal["early", "late"] = "early"
    """When it makes no other difference: early guards against lanes that close, late keeps goods at the depot for another
    use.
    """


def layer(parts: Parts, settings: Settings) -> Layer:
    """Sum over trips of their cost, over loads of cost per kg and handling, over goods that expire unsent of their price.

    Without a fleet there are no trips: haulage then counts the hours of road (ways.py). Solved from scratch: from the
    last plan on, without presolve, the simplex was seen to stall.
    """
    problem, columns, costs = parts.problem, list[Ints](), list[Floats]()
    for trips in (parts.trips, parts.move_trips):
        per_trip = np.nan_to_num(trips.table["trip_cost"].to_numpy(float))
        send = ways.haulage(trips.table, trips.loads, problem.items, problem.groups.pack)
        send += _handling(problem, trips.loads, settings) + per_trip[trips.loads["way"].to_numpy()] * trips.per_unit
        columns += [trips.columns, trips.send]
        costs += [per_trip[trips.way], send]
    columns.append(parts.waste.columns)
    costs.append(settings.waste_per_pack / problem.groups.pack[parts.waste.item])
    unit = "money" if len(problem.fleet) else "hours of road per tonne or pack, and handling: no fleet is given"
    return Layer("cost", unit, np.concatenate(columns), np.concatenate(costs), essential=False, from_last=True)


def _handling(problem: Allocation, loads: pd.DataFrame, settings: Settings) -> Floats:
    """(load) price of handling one item unit, with what settles ties: the time of loading, and the order of lanes and items."""
    time = loads["period"].to_numpy() / problem.calendar.count
    late = time if settings.loading == "early" else 1 - time
    order = np.sqrt(np.arange(len(loads)) + 1.0) / np.sqrt(len(loads) + 1.0)
    per_pack = settings.handling_per_pack * (1 + TIMING * late + ORDER * order)
    return np.asarray(per_pack / problem.groups.pack[loads["item"].to_numpy()])
