"""What the last plan would send, on the ways and days of this one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.allocate.timeline import Calendar
from forecast.schema import Floats


def planned_before(last: pd.DataFrame, table: pd.DataFrame, items: pd.Index, calendar: Calendar) -> Floats:
    """`depot, zone, item, vehicle, load_on, quantity` of the last plan -> (way, k, t) item units; of ways of this one."""
    units = np.zeros((len(table), len(items), calendar.count))
    if last.empty:
        return units
    ways = table[["from", "to", "vehicle"]].assign(way=np.arange(len(table)))
    on = {"depot": "from", "zone": "to", "vehicle": "vehicle"}
    rows = last.rename(columns=on).merge(ways, on=list(on.values()))
    item, period = items.get_indexer(pd.Index(rows["item"])), calendar.holding(rows["load_on"])
    known = (item >= 0) & (period >= 0) & (period < calendar.count)
    np.add.at(units, (rows["way"].to_numpy()[known], item[known], period[known]), rows["quantity"].to_numpy(float)[known])
    return units
