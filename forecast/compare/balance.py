"""The balance of two plans over their common periods: what of the change in unmet need is demand, and what is supply.

Over the periods a plan has, in need units, for each zone and item:
unmet = demand + carried_in - stock_in - in_transit - planned - by_others + left_over. `unmet` is need that is never met in these
periods (need met late is met), `left_over` goods that are there at the end or perished, `carried_in` and `stock_in` what came in
with the first period. The changes of both plans therefore add up in the same way: nothing is left unexplained.
"""

from __future__ import annotations

import pandas as pd

KEY = ["need", "zone", "item"]
DEMAND = ("demand", "carried_in")
SUPPLY = ("stock_in", "in_transit", "planned", "by_others")
TERMS = (*DEMAND, *SUPPLY, "left_over", "unmet")


def by_zone(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """COVERAGE twice -> a row per need, zone and item with all TERMS of each plan and their change, need units.

    A zone and item that one plan does not have counts as nothing there.
    """
    sides = [_terms(cells) for cells in (a, b)]
    index = sides[0].index.union(sides[1].index)
    filled = [side.reindex(index).fillna(0.0) for side in sides]
    found = pd.DataFrame(index=index)
    for term in TERMS:
        found[f"{term}_a"], found[f"{term}_b"] = filled[0][term], filled[1][term]
        found[f"{term}_change"] = (filled[1][term] - filled[0][term]).round(3)
    units = pd.concat([a, b]).drop_duplicates("item").set_index("item")["unit"]
    found = found.rename_axis(KEY).reset_index()
    return found.assign(unit=found["item"].map(units))


def by_item(balances: pd.DataFrame) -> pd.DataFrame:
    """`by_zone` rows -> their sums by need and item."""
    columns = [f"{term}_{side}" for term in TERMS for side in ("a", "b", "change")]
    found: pd.DataFrame = balances.groupby(["need", "item", "unit"])[columns].sum().round(3).reset_index()
    return found


def _terms(cells: pd.DataFrame) -> pd.DataFrame:
    """COVERAGE -> TERMS by need, zone and item, rounded as published."""
    df = cells.sort_values([*KEY, "period"]).assign(zone_stock=lambda rows: rows["zone_stock"].fillna(0))
    groups = df.groupby(KEY)
    first, total = groups[["zone_stock", "carried_need"]].first(), groups.sum(numeric_only=True)
    found = pd.DataFrame(
        {
            "demand": total["demand_mean"],
            "carried_in": first["carried_need"],
            "stock_in": first["zone_stock"],
            "in_transit": total["in_transit"],
            "planned": total["planned"],
            "by_others": total["by_others"],
            "left_over": total["expected_surplus"] - (total["zone_stock"] - first["zone_stock"]),
            "unmet": total["expected_unmet"] - (total["carried_need"] - first["carried_need"]),
        }
    )
    return found.round(3)
