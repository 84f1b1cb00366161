"""Coverage of two plans, as the summary counts it: by need and zone, and over the zones weighted by people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast import met_need

KEY = ["need", "zone"]


def by_zone(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """COVERAGE twice -> a row per need and zone: `coverage`, `people`, `met_people` (coverage x people) of each, and the change.

    Rows in order of the change in people met, the largest gain first; of the same change, the better known code first.
    """
    sides = [met_need.by_zone(cells).set_index(KEY)[["coverage", "people", "zone_name"]] for cells in (a, b)]
    names = sides[1]["zone_name"].combine_first(sides[0]["zone_name"])
    found = pd.DataFrame({"zone_name": names})
    for name, decimals in (("coverage", 6), ("people", 1)):
        for side, values in zip("ab", sides, strict=True):
            found[f"{name}_{side}"] = values[name].reindex(found.index).round(decimals)
        found[f"{name}_change"] = (found[f"{name}_b"] - found[f"{name}_a"]).round(decimals)
    for side in "ab":
        found[f"met_people_{side}"] = (found[f"coverage_{side}"] * found[f"people_{side}"]).round(1)
    found["met_people_change"] = (found["met_people_b"] - found["met_people_a"]).round(1)
    found = found.rename_axis(KEY).reset_index()
    order = ["met_people_change", "coverage_change"]
    return found.sort_values([*order, *KEY], ascending=[False, False, True, True], na_position="last", ignore_index=True)


def by_need(a: pd.DataFrame, b: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """COVERAGE twice and `by_zone` of them -> a row per need: coverage of each, its worst zone, who gains, who loses.

    `met_people_*` are the sums of the zones; `gain_people` and `lose_people`: sums of the changes of either sign.
    """
    sides = [_headline(cells) for cells in (a, b)]
    found = pd.DataFrame(index=pd.Index(met_need.needs_of(pd.concat([a, b])), name="need"))
    for side, values in zip("ab", sides, strict=True):
        for name in ("coverage", "worst_zone", "worst_coverage"):
            found[f"{name}_{side}"] = values[name].reindex(found.index)
    found["coverage_change"] = (found["coverage_b"] - found["coverage_a"]).round(6)
    groups = zones.groupby("need")
    for name in ("met_people_a", "met_people_b", "met_people_change"):
        found[name] = groups[name].sum().reindex(found.index).round(1)
    change = zones["met_people_change"].fillna(0)
    for name, moved in (("gain", change.clip(lower=0)), ("lose", -change.clip(upper=0))):
        found[f"{name}_people"] = moved.groupby(zones["need"]).sum().reindex(found.index).round(1)
        found[f"{name}_zones"] = (moved > 0).groupby(zones["need"]).sum().reindex(found.index)
    return found.reset_index()


def _headline(cells: pd.DataFrame) -> pd.DataFrame:
    """By need: coverage over the zones, and the least covered zone (of several, the one with most people)."""
    shares = met_need.by_zone(cells)
    rows = []
    for need, of_need in shares.groupby("need"):
        worst = of_need.sort_values(["coverage", "people", "zone"], ascending=[True, False, True]).iloc[0]
        covered = round(met_need.over_zones(of_need).covered, 6)
        rows.append(
            {"need": need, "coverage": covered, "worst_zone": worst["zone"], "worst_coverage": round(worst["coverage"], 6)}
        )
    empty = pd.DataFrame(
        {"coverage": np.array([]), "worst_zone": [], "worst_coverage": np.array([])}, index=pd.Index([], name="need")
    )
    return pd.DataFrame(rows).set_index("need") if rows else empty
