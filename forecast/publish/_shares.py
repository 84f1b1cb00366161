"""Coverage as pages show it: of a need in a zone, and of a need over the zones weighted by their people.

The coverage of a need in a zone is the plain mean over its items (items that serve one demand together are one already); of an item
over several periods, the mean weighted by demand. An item without demand has no coverage: it is unknown, neither 0 nor 100 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.schema import NEEDS


@dataclass(frozen=True)
class Share:
    """Coverage of one need over the zones: `covered` and `at_risk` are shares; how it was weighted, and over how many zones."""

    covered: float
    at_risk: float
    weighted_by_people: bool
    zones: int
    left_out: int


def needs_of(cells: pd.DataFrame) -> list[str]:
    """The needs that have cells, water first."""
    found = set(cells["need"])
    return [*(need for need in NEEDS if need in found), *sorted(found - set(NEEDS))]


def by_zone(cells: pd.DataFrame) -> pd.DataFrame:
    """COVERAGE -> a row per (need, zone): `coverage`, `risk` (mean chance of running short), `people`, `reason` of its worst item."""
    known = _by_item(cells)
    worst = known.sort_values(["need", "zone", "coverage", "item"]).groupby(["need", "zone"])
    shares = known.groupby(["need", "zone"])[["coverage", "risk", "people"]].mean()
    found: pd.DataFrame = shares.assign(reason=worst["reason"].first(), zone_name=worst["zone_name"].first()).reset_index()
    return found


def least_covered(shares: pd.DataFrame) -> pd.DataFrame:
    """`by_zone` rows -> one row per zone, worst first: by its least covered need, then by people; a column of coverage per need.

    `risk`, `people` and `reason` are those of the least covered need.
    """
    worst = shares.sort_values(["coverage", "need"]).drop_duplicates("zone")
    wide = shares.pivot(index="zone", columns="need", values="coverage").reset_index()
    found = worst.drop(columns=["need"]).merge(wide, on="zone")
    return found.sort_values(["coverage", "people", "zone"], ascending=[True, False, True], ignore_index=True)


def over_zones(shares: pd.DataFrame) -> Share:
    """`by_zone` rows of one need -> its coverage over the zones, weighted by people; alike where no zone's people are known."""
    people = shares["people"].to_numpy(dtype=float)
    known = people > 0
    weights = people[known] if known.any() else np.ones(len(shares))
    rows = shares[known] if known.any() else shares
    if rows.empty:
        return Share(float("nan"), float("nan"), False, 0, 0)
    covered, at_risk = (float(np.average(rows[name], weights=weights)) for name in ("coverage", "risk"))
    return Share(covered, at_risk, bool(known.any()), len(rows), len(shares) - len(rows))


def _by_item(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per (need, zone, item): means over the periods weighted by demand, where there is any."""
    need = cells["demand_mean"] + cells["carried_need"]
    rows = cells[need > 0].assign(weight=need[need > 0]).sort_values(["need", "zone", "item", "period"])
    rows = rows.assign(covered=rows["coverage"] * rows["weight"], risky=rows["shortage_risk"] * rows["weight"])
    found = rows.groupby(["need", "zone", "item"]).agg(
        covered=("covered", "sum"),
        risky=("risky", "sum"),
        weight=("weight", "sum"),
        people=("people", "mean"),
        zone_name=("zone_name", "first"),
    )
    least = rows.sort_values("coverage", kind="stable").groupby(["need", "zone", "item"])["reason"].first()
    found = found.assign(
        coverage=(found["covered"] / found["weight"]).clip(0, 1), risk=found["risky"] / found["weight"], reason=least
    )
    return found.reset_index()
