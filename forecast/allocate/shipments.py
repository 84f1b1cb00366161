"""The smallest load: what a vehicle is sent with, to a zone or to another depot, and transfers that are less than that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from forecast.allocate import simulate, solve, ways
from forecast.allocate.problem import Allocation
from forecast.allocate.solve import Solved
from forecast.config import Config, Planning
from forecast.config.settings import Shipment
from forecast.errors import InputError, Problem, counted, few
from forecast.schema import Floats, Ledger

LEAST = 1e-6
FELT = 0.01  # of a zone's need of a demand group over the plan: what brings more of it is moved, however small


def sizes(problem: Allocation, table: pd.DataFrame, loads: pd.DataFrame, plan: Planning) -> Floats:
    """(load) one pack as a share of the smallest load there may be: as its item has it, else its lane (`min_shipment_kg`), else
    the plan. `table`: the ways or links between depots that the loads are on.

    Raises InputError where a smallest load is set for an item that is not planned.
    """
    strangers = sorted(set(plan.min_shipment_of) - set(problem.items.index))
    if strangers:
        said = f"is no item of this plan; there are {few(list(problem.items.index), 8)}"
        raise InputError([Problem("plan.min_shipment_of", said, "Use the code of an item", value=code) for code in strangers])
    item = loads["item"].to_numpy()
    least = table["least_kg"].to_numpy(float)[loads["way"].to_numpy()]
    kg = _of_pack(problem, loads, "kg_per_unit")
    of_lane = np.where((kg > 0) & (least > 0), kg / np.where(least > 0, least, 1.0), 1.0)
    found = np.where(np.isnan(least), _by(problem, table, loads, plan.min_shipment), of_lane)
    for code, smallest in plan.min_shipment_of.items():
        found = np.where(item == problem.items.index.get_loc(code), _by(problem, table, loads, smallest), found)
    return found


def _of_pack(problem: Allocation, loads: pd.DataFrame, name: str) -> Floats:
    item = loads["item"].to_numpy()
    return np.asarray(np.nan_to_num(problem.items[name].to_numpy(float))[item] * problem.groups.pack[item])


def _by(problem: Allocation, table: pd.DataFrame, loads: pd.DataFrame, smallest: Shipment) -> Floats:
    """(load) one pack as a share of the smallest load: by weight, by packs, or as a share of the vehicle; where that is not
    known, one pack is enough.
    """
    way, kg, m3 = loads["way"].to_numpy(), _of_pack(problem, loads, "kg_per_unit"), _of_pack(problem, loads, "m3_per_unit")
    if smallest.packs is not None:
        return np.full(len(way), 1 / smallest.packs)
    if smallest.kg is not None:
        return np.where(kg > 0, kg / smallest.kg, 1.0)
    share = np.maximum(kg / table["kg"].to_numpy(float)[way], m3 / table["m3"].to_numpy(float)[way])
    has_fleet = table["fleet"].to_numpy()[way] != ways.NO_VEHICLE
    is_told = has_fleet & (share > 0) & (smallest.vehicle_share > 0)
    return np.where(is_told, share / max(smallest.vehicle_share, LEAST), 1.0)


def without_small_transfers(
    problem: Allocation, solved: Solved, config: Config, ledger: Ledger
) -> tuple[Allocation, Solved, dict[str, object]]:
    """The problem, its solution and what it cost, without vehicles that move less than the smallest load between depots; as it
    was where some zone would feel it, or nothing small is moved.

    It is solved again, once: a lane with a small load keeps the days on which its loads are not small.
    """
    moves, count = problem.transfers.moves, problem.calendar.count
    packs = solved.moved / problem.groups.pack[moves["item"].to_numpy()]
    _, visit = np.unique(moves["way"].to_numpy() * count + moves["period"].to_numpy(), return_inverse=True)
    full = np.bincount(visit, packs * sizes(problem, problem.transfers.links, moves, config.plan))
    is_small = (full > LEAST) & (full < 1 - LEAST)
    if not is_small.any():
        return problem, solved, {}
    with_small = np.isin(moves["way"], moves["way"][is_small[visit]])
    stays = ~with_small | (full >= 1 - LEAST)[visit]
    fewer = replace(problem, transfers=replace(problem.transfers, moves=moves[stays].reset_index(drop=True)))
    again = solve.solve(fewer, config)
    before, after = (_unmet(one, found) for one, found in ((problem, solved), (fewer, again)))
    if (after > before + FELT * problem.mean.sum(axis=2) + LEAST).any():
        return problem, solved, {}
    price = float(((after - before) * problem.weight)[problem.series].sum())
    left_out = int(is_small.sum())
    ledger.remarks.append(
        f"Small transfers (plan.min_shipment, routes: min_shipment_kg): {counted(left_out, 'load')} between depots too small "
        f"for a vehicle, left out. Price: {price:,.0f} person-periods short, weighted by priority."
    )
    return fewer, again, {"small_transfers_left_out": left_out, "small_transfers_price": price}


def _unmet(problem: Allocation, solved: Solved) -> Floats:
    """(z, g) need units short, before whole packs."""
    return np.asarray(simulate.outcome(problem, problem.arriving(solved.quantity)).unmet.sum(axis=2))
