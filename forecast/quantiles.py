"""From equally likely futures to the published demand table: means and quantiles over the samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.schema import DEMAND_TABLE, QUANTILES

PEOPLE_ARRIVING = "people arriving"
_QUANTITIES = ("demand", "distributed")


def demand_table(demand: xr.Dataset, items: pd.DataFrame) -> pd.DataFrame:
    """DEMAND (zone, item, period, sample) -> DEMAND_TABLE, one row per zone, item, period and quantity.

    In item units per period; of items whose records count arrivals, `distributed` is people arriving per period. Pairs of zone
    and item without a demand model have no row.
    """
    table = pd.concat([_of_quantity(demand, quantity) for quantity in _QUANTITIES], ignore_index=True)
    table["unit"] = table["item"].map(items["unit"])
    arriving = table["item"].map(items["records_count"] == "arrivals") & (table["quantity"] == "distributed")
    table["unit"] = table["unit"].mask(arriving, PEOPLE_ARRIVING)
    table = table.dropna(subset=["mean"]).sort_values(["zone", "item", "period", "quantity"], ignore_index=True)
    return DEMAND_TABLE.check(table)


def _of_quantity(demand: xr.Dataset, quantity: str) -> pd.DataFrame:
    cube = demand[quantity].transpose("zone", "item", "period", "sample")
    values = cube.values.reshape(-1, cube.sizes["sample"])
    index = pd.MultiIndex.from_product(
        [demand.indexes[dim] for dim in ("zone", "item", "period")], names=("zone", "item", "period")
    )
    table = index.to_frame(index=False)
    table["quantity"] = quantity
    table["model"] = np.repeat(demand["model"].values.ravel(), cube.sizes["period"]).astype(str)
    table["mean"] = values.mean(axis=-1, dtype=float)
    levels = np.quantile(values, QUANTILES, axis=-1, method="hazen")  # the samples are quantiles at the midpoints
    for level, found in zip(QUANTILES, levels, strict=True):
        table[f"q{round(100 * level):02d}"] = found.astype(float)
    return table
