"""Loading: on which days depots work, and what they can load in each plan period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.allocate.arrays import Flags
from forecast.allocate.days import of_week
from forecast.allocate.timeline import Calendar
from forecast.config import Config
from forecast.errors import few
from forecast.schema import Floats, Ledger
from forecast.wordlists import WEEK


@dataclass(frozen=True)
class Loading:
    """(d, t) `kg` that can be loaded, inf where there is no limit; `day_off`: the depot does not work in the period at all;
    (d, 7) the days of the week it `works`, all where nobody knows which.
    """

    kg: Floats
    day_off: Flags
    works: Flags


def loading(table: pd.DataFrame, depots: pd.Index, calendar: Calendar, config: Config, ledger: Ledger) -> Loading:
    """DEPOTS (`calendar`, `loads_kg_per_day`) -> Loading.

    A depot without a calendar works `plan.working_days` of every seven, nobody knows which.
    """
    of_depot = table.set_index("depot").reindex(depots)
    per_day = of_depot["loads_kg_per_day"].to_numpy(float)
    on = (calendar.issue_date.day_of_week + np.arange(calendar.days * calendar.count)) % len(WEEK)
    works = of_week(of_depot["calendar"])
    average = config.plan.working_days * calendar.days / 7
    named = (of_depot["calendar"].fillna("") != "").to_numpy()[:, None]
    days = np.where(named, works[:, on].reshape(len(depots), calendar.count, calendar.days).sum(axis=2), average)
    undated = table.loc[table["loads_kg_per_day"].notna() & (table["calendar"] == ""), "depot"]
    if len(undated):
        applies_to, source = f"loading at {few(sorted(undated))}, without a calendar", "setting plan.working_days"
        ledger.assume("working_days", applies_to, f"{config.plan.working_days:g}", "days per week", source)
    limit = np.where(np.isnan(per_day), np.inf, per_day)[:, None]
    return Loading(np.where(days > 0, limit * np.where(days > 0, days, 1.0), 0.0), days == 0, works)
