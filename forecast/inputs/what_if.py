"""What a scenario changes in the inputs: lanes shut, people moved, vehicles fewer, consignments late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import xarray as xr

from forecast.config import CloseLanes, DelayArrivals, Displace, Job, ScaleFleet, WhatIf
from forecast.errors import Problem, did_you_mean, few
from forecast.inputs import checks
from forecast.inputs.routes import CLOSURE, DAY
from forecast.schema import Ledger, Routes, Stock

MOVEMENT = {"zone": "str", "start": "datetime64[s]", "people": "float64"}
NO_MOVEMENTS = pd.DataFrame(columns=list(MOVEMENT)).astype(MOVEMENT)


def applied(
    job: Job, zones: gpd.GeoDataFrame, items: pd.DataFrame, signals: xr.Dataset, stock: Stock, routes: Routes, ledger: Ledger
) -> tuple[Stock, Routes, pd.DataFrame]:
    """Stock, routes and movements (`zone, start, people`; negative: leaving) of the scenario; each change is a remark.

    Refused: names that do not exist, and a change that changes nothing.
    """
    scenario = _Scenario(job, ledger)
    what_if = job.config.what_if
    if scenario.has_unknown_names(what_if, zones.index, items.index, pd.Index(routes.depots["depot"])):
        return stock, routes, NO_MOVEMENTS
    for scaled in what_if.scale_fleet:
        routes = scenario.with_fleet_scaled(routes, scaled)
    for late in what_if.delay_arrivals:
        stock = scenario.with_arrivals_late(stock, late)
    for shut in what_if.close_lanes:
        routes = scenario.with_lanes_shut(routes, shut)
    people = _people_now(zones, signals, job.config.forecast.exposure)
    return stock, routes, _movements([scenario.displaced(people, moved) for moved in what_if.displace])


def _people_now(zones: gpd.GeoDataFrame, signals: xr.Dataset, exposure: str | None) -> pd.Series:
    """(zone) the newest count of people present where the exposure signal has one, else the population."""
    population: pd.Series = zones["population_people"]
    if exposure is None or exposure not in signals:
        return population
    present = signals[exposure].to_series().groupby("zone").last()
    people: pd.Series = present.reindex(population.index).fillna(population)
    return people


class _Scenario:
    """The changes of one scenario, and where they are told."""

    def __init__(self, job: Job, ledger: Ledger) -> None:
        self.job, self.ledger = job, ledger

    def with_fleet_scaled(self, routes: Routes, change: ScaleFleet) -> Routes:
        chosen = _chosen(routes.fleet["depot"], change.depots)
        count = routes.fleet["count"]
        if not chosen.any():
            self._refuse("scale_fleet", "changes nothing: there are no vehicles to scale", "Give inputs.fleet, or other depots")
            return routes
        where = "all depots" if change.depots is None else few(change.depots)
        before = count[chosen].sum()
        self._tell(f"vehicles at {where} x {change.factor:g}, from {before:g} to {change.factor * before:g}")
        return replace(routes, fleet=routes.fleet.assign(count=count.where(~chosen, count * change.factor)))

    def with_arrivals_late(self, stock: Stock, change: DelayArrivals) -> Stock:
        arrivals, days = stock.arrivals, pd.Timedelta(days=change.days)
        chosen = _chosen(arrivals["depot"], change.depots) & _chosen(arrivals["item"], change.items)
        if not chosen.any():
            self._refuse("delay_arrivals", "changes nothing: no arrivals fit", "Give inputs.arrivals, or other depots and items")
            return stock
        late = {name: arrivals[name].where(~chosen, arrivals[name] + days) for name in ("eta", "eta_low", "eta_high")}
        self._tell(f"{checks.counted(int(chosen.sum()), 'arrival')} {change.days} days later")
        return replace(stock, arrivals=arrivals.assign(**late))

    def with_lanes_shut(self, routes: Routes, change: CloseLanes) -> Routes:
        lanes = routes.lanes[_chosen(routes.lanes["to"], change.to) & _chosen(routes.lanes["from"], change.depots)]
        if lanes.empty:
            action = "Name zones and depots that a lane joins"
            self._refuse("close_lanes", "changes nothing: no lane leads there", action, few(change.to))
            return routes
        start = self._day(change.after_days)
        until = start + change.for_days * DAY if change.for_days is not None else pd.NaT
        why = f"scenario {self.job.scenario}"
        shut = pd.DataFrame({"from": lanes["from"], "to": lanes["to"], "start": start, "until": until, "why": why}).astype(
            CLOSURE
        )
        end = f"to {(until - DAY).date()}" if change.for_days is not None else "on"
        self._tell(f"{checks.counted(len(shut), 'lane')} to {few(change.to)} shut from {start.date()} {end}")
        return replace(routes, closures=pd.concat([routes.closures, shut], ignore_index=True))

    def displaced(self, people_now: pd.Series, change: Displace) -> pd.DataFrame:
        """The people who go from each zone left, and those who arrive, in equal parts: what leaves arrives."""
        arrive = sorted(set(change.arrive))
        leave = people_now.index.difference(arrive) if change.leave is None else pd.Index(sorted(set(change.leave)))
        if both := leave.intersection(arrive).tolist():
            self._refuse("displace", "is left and arrived in at once", "Name it once", few(both))
            return NO_MOVEMENTS
        people = change.share * people_now.reindex(leave)
        going = people[people > 0]
        if going.empty:
            problem = "moves nobody: the population of the zones left is not known"
            self._refuse("displace", problem, "Give inputs.population")
            return NO_MOVEMENTS
        start = self._day(change.after_days)
        unknown = f"; the population of {people.isna().sum()} zones left is not known" if people.isna().any() else ""
        who = f"{going.sum():,.0f} people ({change.share:.0%} of {checks.counted(len(going), 'zone')})"
        self._tell(f"{who} move to {few(arrive)} on {start.date()}{unknown}")
        arriving = pd.Series(going.sum() / len(arrive), index=arrive)
        moved = pd.concat([-going, arriving])
        return pd.DataFrame({"zone": moved.index, "start": start, "people": moved.to_numpy()})

    def has_unknown_names(self, what_if: WhatIf, zones: pd.Index, items: pd.Index, depots: pd.Index) -> bool:
        """Refuse names in the scenario that do not exist, with the near one."""
        used = [
            *(("close_lanes.to", shut.to, zones, "zones") for shut in what_if.close_lanes),
            *(("close_lanes.depots", shut.depots, depots, "depots") for shut in what_if.close_lanes),
            *(("displace.leave", moved.leave, zones, "zones") for moved in what_if.displace),
            *(("displace.arrive", moved.arrive, zones, "zones") for moved in what_if.displace),
            *(("scale_fleet.depots", scaled.depots, depots, "depots") for scaled in what_if.scale_fleet),
            *(("delay_arrivals.depots", late.depots, depots, "depots") for late in what_if.delay_arrivals),
            *(("delay_arrivals.items", late.items, items, "items") for late in what_if.delay_arrivals),
        ]
        unknown = [(place, name, known, what) for place, names, known, what in used for name in names or () if name not in known]
        for place, name, known, what in unknown:
            action = did_you_mean(name, known) or f"Known: {few(known)}"
            self._refuse(place, f"is not one of the {len(known)} known {what}", action, name)
        return bool(unknown)

    def _day(self, after_days: int) -> pd.Timestamp:
        return self.job.issue_date + after_days * DAY

    def _tell(self, change: str) -> None:
        self.ledger.remarks.append(f"Scenario {self.job.scenario}: {change}.")

    def _refuse(self, place: str, problem: str, action: str, value: str = "") -> None:
        config_file = self.job.config_path.name if self.job.config_path else "config.yaml"
        file = config_file if self.job.scenario == "base" else f"{self.job.scenario}.yaml"
        self.ledger.problems.refuse(Problem(file, problem, action, column=f"what_if.{place}", value=value))


def _chosen(values: pd.Series, names: Iterable[str] | None) -> pd.Series:
    return pd.Series(True, index=values.index) if names is None else values.isin(list(names))


def _movements(parts: list[pd.DataFrame]) -> pd.DataFrame:
    together = pd.concat([NO_MOVEMENTS, *parts], ignore_index=True)
    return together.astype(MOVEMENT).sort_values(["start", "zone"], ignore_index=True)
