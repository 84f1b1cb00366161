"""Beyond the firm periods: what their vehicles leave behind is known, so the rest is planned once more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecast.allocate import batches
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.problem import Allocation


def later(problem: Allocation, firm_periods: int) -> Flags:
    """(load) whether it leaves after the firm periods."""
    return np.asarray(problem.loads["period"].to_numpy() >= firm_periods)


def rest(problem: Allocation, packs: Ints, firm_periods: int) -> Allocation:
    """(load) packs -> the problem that is left: those of the firm periods are on their way, and gone from the depots; transfers
    stay as they are settled.
    """
    free, moving = later(problem, firm_periods), problem.transfers
    gone = np.where(free, 0, packs)
    taken = batches.assign(problem.batches, problem.loads, gone, problem.groups.pack)
    pack = problem.groups.pack[problem.batches["item"].to_numpy()]
    used = np.bincount(taken["batch"], taken["packs"], len(problem.batches)) * pack
    return replace(
        problem,
        loads=problem.loads[free].reset_index(drop=True),
        in_transit=problem.in_transit + problem.brought(gone),
        batches=problem.batches.assign(quantity=problem.batches["quantity"] - used),
        transfers=replace(moving, moves=moving.moves.iloc[:0], reach=moving.reach.iloc[:0]),
    )
