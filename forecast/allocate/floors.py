"""Survival floors within reach, and the share of them that a plan holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.allocate import simulate
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.problem import Allocation
from forecast.errors import counted, few
from forecast.schema import Floats, Ledger

HELD = 0.995  # of a floor, in every period: rounding to whole packs may take the rest


@dataclass(frozen=True)
class Floors:
    """(f): `zone`, `group` of each series with a floor that something can be sent to.

    (f, t), need units: `need`, the floor, 0 in periods that nothing can be sent to in time; `lasting`, `perishing`: goods
    that come without this plan, less what periods out of reach use up.
    """

    zone: Ints
    group: Ints
    need: Floats
    lasting: Floats
    perishing: Floats


def floors(problem: Allocation) -> Floors:
    """The floors a plan can do something about; the others pin nothing."""
    reached = within_reach(problem)
    needed: Floats = np.nan_to_num(problem.floor) * problem.series[:, :, None]
    zone, group = np.nonzero(((needed > 0) & reached).any(axis=2))
    need, within = needed[zone, group], reached[zone, group]
    lasting, perishing = (given[zone, group] for given in problem.given)
    before = np.cumsum(within, axis=1) == 0
    early = simulate.run((need * before)[:, :, None], lasting, perishing, np.zeros(len(zone), dtype=bool))
    first = np.argmax(within, axis=1)
    lasting = np.where(before, 0.0, lasting)
    lasting[np.arange(len(zone)), first] += early.carried[np.arange(len(zone)), first]
    return Floors(
        zone.astype(np.int64), group.astype(np.int64), need * within, lasting, np.where(before, 0.0, perishing)
    )  # fmt: skip


def within_reach(problem: Allocation) -> Flags:
    """(z, g, t) whether something sent can serve the period: it arrives in it, or before it and lasts."""
    lasting, perishing = problem.in_groups(problem.arriving(problem.loads["barred"].to_numpy() == 0))
    return np.asarray((np.cumsum(lasting, axis=2) + perishing) > 0, dtype=bool)


def held(problem: Allocation, planned: Floats, ledger: Ledger) -> dict[str, float]:
    """(z, k, t) item units sent -> demand group: the share of its floor that every series within reach has, 0 to 1.

    A remark says which zones have less than their floor.
    """
    kept, found, words = floors(problem), dict[str, float](), list[str]()
    sent = [units[kept.zone, kept.group] for units in problem.in_groups(planned)]
    share = shares(kept.need, kept.lasting + sent[0], kept.perishing + sent[1])
    for group in np.unique(kept.group):
        code, here = problem.groups.codes[group], np.flatnonzero(kept.group == group)
        found[code] = float(share[here].min())
        below = here[share[here] < HELD]
        least = [f"{problem.zones[kept.zone[one]]} {share[one]:.0%}" for one in below[np.argsort(share[below], kind="stable")]]
        words.append(
            f"{code} held in {len(here) - len(below)} of {counted(len(here), 'zone')}"
            + (f", not in {few(least)}" if least else "")
        )
    if words:
        ledger.remarks.append(f"Survival floors, of zones within reach, in whole packs: {'; '.join(words)}.")
    return found


def shares(need: Floats, lasting: Floats, perishing: Floats) -> Floats:
    """(n, t) floors, and goods that come and last, or perish -> (n) the share of its floor that each has in all periods."""
    low, high, never = np.zeros(len(need)), np.ones(len(need)), np.zeros(len(need), dtype=bool)
    for _ in range(40):
        middle = (low + high) / 2
        short = simulate.run((need * middle[:, None])[:, :, None], lasting, perishing, never).risk.any(axis=1)
        low, high = np.where(short, low, middle), np.where(short, middle, high)
    return low


def say_out_of_reach(problem: Allocation, ledger: Ledger) -> None:
    """Remark, for each demand group with a floor, on the zones that nothing can be sent to at all."""
    needed = (np.nan_to_num(problem.floor) > 0) & problem.series[:, :, None]
    reached = within_reach(problem)
    for group, code in enumerate(problem.groups.codes):
        never = needed[:, group].any(axis=1) & ~reached[:, group].any(axis=1)
        if never.any():
            names = [problem.zones[z] for z in np.flatnonzero(never)]
            ledger.remarks.append(
                f"No {code} can be sent to {len(names)} zones; they do not hold down the survival floor of the others: "
                f"{few(names, 8)}."
            )
