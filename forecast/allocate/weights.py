"""People, person-periods and survival floors: what makes litres, rations and kits comparable."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.allocate.groups import Groups
from forecast.allocate.timeline import Calendar
from forecast.config import Config
from forecast.schema import Floats, Inputs


def people(inputs: Inputs, zones: pd.Index, calendar: Calendar, config: Config) -> Floats:
    """(z, t) people expected: the newest count of those present, else the population, plus movements; NaN where neither is
    known.
    """
    known = inputs.zones["population_people"].reindex(zones).to_numpy(float)
    signal = config.forecast.exposure
    if signal in inputs.signals and inputs.signals[signal].attrs.get("units") == "people":
        seen = inputs.signals[signal].sel(period=slice(None, calendar.issue_date)).to_series()
        present = seen.groupby("zone").last().reindex(zones).to_numpy(float)
        known = np.where(np.isnan(present), known, present)
    moved = np.zeros((len(zones), calendar.count))
    for start, moving in inputs.movements.groupby("start"):
        net = moving.groupby("zone")["people"].sum().reindex(zones).fillna(0).to_numpy(float)
        moved += net[:, None] * np.asarray(calendar.starts + pd.Timedelta(days=calendar.days) > pd.Timestamp(str(start)))
    return np.asarray(np.maximum(known[:, None] + moved, 0))


def people_by_group(people: Floats, mean: Floats, groups: Groups, days: int) -> Floats:
    """(z, t) people and (z, g, t) mean demand -> (z, g, t) people who have the need: all of them; of a group that counts
    arrivals, the caseload that its demand is made of.
    """
    counted = np.repeat(people[:, None], len(groups.codes), axis=1)
    of_caseload = np.flatnonzero(groups.of_caseload)
    counted[:, of_caseload] = mean[:, of_caseload] / (groups.per_person[of_caseload] * days)[:, None]
    return counted


def weight(mean: Floats, people: Floats, groups: Groups, priorities: pd.DataFrame, zones: pd.Index, days: int) -> Floats:
    """(z, g, t) mean demand -> (z, g) weighted person-periods that one need unit of shortage stands for.

    With a planning figure, a unit serves 1 / (figure x days) people for a period. Without one, missing the whole mean
    demand of a zone leaves all its people without: people / mean demand. Where people are not known either, they are
    taken as proportional to the mean demand: the item's units then weigh alike everywhere, and an average zone as much as
    the average zone of known people (1 when there is none). Series without demand weigh nothing. All is multiplied by the
    priorities of item, and of zone and need.
    """
    level, present = mean.mean(axis=2), people.mean(axis=1)
    typical = float(np.nanmean(present)) if np.isfinite(present).any() else 1.0
    has_demand = level > 0
    count = np.maximum(has_demand.sum(axis=0), 1)
    average = np.where(has_demand.any(axis=0), level.sum(axis=0) / count, 1.0)
    proportional = typical / average
    shares = np.where(np.isnan(present)[:, None], proportional, present[:, None] / np.where(has_demand, level, 1.0))
    figure = groups.per_person * days
    units = np.where(np.isnan(figure), shares, 1 / np.where(np.isnan(figure), 1.0, figure))
    return np.asarray(np.where(has_demand, units, 0.0) * groups.priority * _of_zones(priorities, zones, groups))


def _of_zones(priorities: pd.DataFrame, zones: pd.Index, groups: Groups) -> Floats:
    """(z, g) priority of the zone for the group's need; 1 where none is given."""
    given = priorities.set_index(["zone", "need"])["weight"]
    table = [[float(given.get((zone, need), 1.0)) for need in groups.needs] for zone in zones] if len(given) else []
    return np.array(table) if table else np.ones((len(zones), len(groups.codes)))


def floor(mean: Floats, people: Floats, groups: Groups, config: Config, days: int) -> Floats:
    """(z, g, t) mean demand and people -> survival floor in need units; NaN for needs without one.

    Survival figure x people x days, at most the mean demand.

    Where people are not known: the same share of the mean demand as the survival figure has of the planning figure.
    """
    floors = np.full(mean.shape, np.nan)
    for group, need in enumerate(groups.needs):
        figures = config.needs.get(need)  # type: ignore[call-overload]
        if figures is not None and figures.survival_per_person_per_day is not None:
            survival = figures.survival_per_person_per_day
            share = min(1.0, survival / figures.per_person_per_day)
            there = people[:, group]
            needed = np.where(np.isnan(there), share * mean[:, group], survival * there * days)
            floors[:, group] = np.minimum(mean[:, group], needed)
    return floors
