"""Each item as its records show it: unit, model, what is ordinary in a zone, and what that is per person and day."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forecast import meaning
from forecast.config import Config
from forecast.look.people import people_at, periods_days, planning_figures
from forecast.quantiles import PEOPLE_ARRIVING


@dataclass(frozen=True, slots=True)
class ItemSeen:
    """One item; NaN: unknown.

    `median`: item units per zone and period; `per_person`, `figure`: item units per person per day, as recorded and as planned;
    `held`: for how many periods the depots' stock lasts, if every zone takes its ordinary quantity.
    """

    item: str
    need: str
    unit: str
    model: str
    median: float
    per_person: float
    figure: float
    held: float


def items_seen(
    items: pd.DataFrame,
    records: pd.DataFrame,
    depot_stock: pd.DataFrame,
    people: pd.DataFrame,
    models: dict[str, str],
    config: Config,
) -> list[ItemSeen]:
    """ITEMS by item, RECORDS, STOCK, (zone, period) people, item -> model: one line per item; medians leave out zeros."""
    figures = planning_figures(items, config)
    positive = records[records["distributed"] > 0]
    daily = positive["distributed"] / periods_days(positive["period"], config.forecast.period)
    positive = positive.assign(per_person=daily / people_at(positive, people))
    median = positive.groupby("item")[["distributed", "per_person"]].median().reindex(items.index)
    arriving = meaning.counts(items, meaning.ARRIVING)
    median.loc[arriving, "per_person"] = float("nan")
    everywhere = positive.groupby(["item", "zone"])["distributed"].median().groupby("item").sum()
    held = (depot_stock.groupby("item")["quantity"].sum() / everywhere).reindex(items.index).mask(arriving)
    return [
        ItemSeen(
            item=str(code),
            need=str(row["need"]),
            unit=PEOPLE_ARRIVING if row["records_count"] == meaning.ARRIVING else str(row["unit"]),
            model=models.get(str(code), "see below"),
            median=float(ordinary),
            per_person=float(per_person),
            figure=figures.get(str(code), float("nan")),
            held=float(lasts),
        )
        for (code, row), ordinary, per_person, lasts in zip(
            items.iterrows(), median["distributed"], median["per_person"], held, strict=True
        )
    ]
