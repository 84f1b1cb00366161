"""Coverage as people are told it: of a need in a zone, and of a need over the zones weighted by their people.

The coverage of a need in a zone is the plain mean over its items (items that serve one demand together are one already).
Of an item over several periods it is 1 - (unmet - carried on) / (need that arose): need met in a later period is met, need
that lapses unmet is not. An item without demand has no coverage: it is unknown, neither 0 nor 100 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.schema import NEEDS


@dataclass(frozen=True)
class Share:
    """Coverage of one need over the zones, how it was weighted, over how many zones, how many have no known people."""

    covered: float
    weighted_by_people: bool
    zones: int
    left_out: int


def needs_of(cells: pd.DataFrame) -> list[str]:
    """The needs that have cells, water first."""
    found = set(cells["need"])
    return [*(need for need in NEEDS if need in found), *sorted(found - set(NEEDS))]


def by_zone(cells: pd.DataFrame) -> pd.DataFrame:
    """COVERAGE -> a row per (need, zone): `coverage`, `people`, `risk` (chance of running short of its riskiest item), `reason`
    (of its least covered item).
    """
    groups = _by_item(cells).sort_values(["need", "zone", "coverage", "item"]).groupby(["need", "zone"])
    found: pd.DataFrame = groups.agg(
        coverage=("coverage", "mean"),
        risk=("risk", "max"),
        people=("people", "mean"),
        reason=("reason", "first"),
        zone_name=("zone_name", "first"),
    )
    return found.reset_index()


def least_covered(shares: pd.DataFrame) -> pd.DataFrame:
    """`by_zone` rows -> one row per zone, worst first: by its least covered need, then by people; a column of coverage per need.

    `risk`, `people` and `reason` are those of the least covered need.
    """
    shares = of_somebody(shares)
    worst = shares.sort_values(["coverage", "need"]).drop_duplicates("zone")
    wide = shares.pivot(index="zone", columns="need", values="coverage").reset_index()
    found = worst.drop(columns=["need"]).merge(wide, on="zone")
    return found.sort_values(["coverage", "people", "zone"], ascending=[True, False, True], ignore_index=True)


def of_somebody(shares: pd.DataFrame) -> pd.DataFrame:
    """`by_zone` rows without those where less than one person is expected to have the need: they are no news."""
    return shares[~(shares["people"] < 1)]


def over_zones(shares: pd.DataFrame) -> Share:
    """`by_zone` rows of one need -> its coverage over the zones, weighted by people; alike where no zone's people are known."""
    people = shares["people"].to_numpy(dtype=float)
    known = people > 0
    weights = people[known] if known.any() else np.ones(len(shares))
    rows = shares[known] if known.any() else shares
    if rows.empty:
        return Share(float("nan"), False, 0, 0)
    covered = float(np.average(rows["coverage"], weights=weights))
    return Share(covered, bool(known.any()), len(rows), len(shares) - len(rows))


def _by_item(cells: pd.DataFrame) -> pd.DataFrame:
    """A row per (need, zone, item) with any need: coverage of what arose, mean risk, people, reason of the worst period."""
    key = ["need", "zone", "item"]
    rows = cells.sort_values([*key, "period"])
    groups = rows.groupby(key)
    brought = groups["carried_need"].first()
    arose = groups["demand_mean"].sum() + brought
    unmet = groups["expected_unmet"].sum() - (groups["carried_need"].sum() - brought)
    found = pd.DataFrame(
        {
            "coverage": (1 - unmet / arose.where(arose > 0)).clip(0, 1),
            "risk": groups["shortage_risk"].mean(),
            "people": groups["people"].mean(),
            "zone_name": groups["zone_name"].first(),
            "reason": rows.sort_values("coverage", kind="stable").groupby(key)["reason"].first(),
        }
    )
    return found[arose > 0].reset_index()
