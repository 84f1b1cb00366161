"""How many people stand behind a figure, and what one of them is planned to need: what turns litres into sense."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast import meaning, periods
from forecast.config import Config


def people_by_period(zones: pd.DataFrame, signals: xr.Dataset, starts: pd.Index, exposure: str | None) -> pd.DataFrame:
    """(zone, period) people: those seen by the exposure signal where there is one, else the population; empty where unknown."""
    population = zones["population_people"].astype(float)
    people = pd.DataFrame(dict.fromkeys(starts, population), index=zones.index)
    if exposure is None or exposure not in signals:
        return people
    signal = signals[exposure].transpose("zone", "period")
    seen = pd.DataFrame(signal.values, index=signal.indexes["zone"], columns=signal.indexes["period"])
    return seen.reindex(index=people.index, columns=people.columns).combine_first(people)


def people_at(df: pd.DataFrame, people: pd.DataFrame) -> pd.Series:
    """(row) people of its zone in its period; empty where unknown or nobody."""
    row, column = people.index.get_indexer(pd.Index(df["zone"])), people.columns.get_indexer(pd.Index(df["period"]))
    values = people.to_numpy(float)[row, column] if people.size else np.full(len(df), np.nan)
    return pd.Series(np.where((row >= 0) & (column >= 0) & (values > 0), values, np.nan), index=df.index)


def periods_days(starts: pd.Series, period: str) -> pd.Series:
    """(row) start of a period -> (row) its length in days."""
    different = pd.DatetimeIndex(starts.unique())
    length = dict(zip(different, periods.days_in(different, period), strict=True))
    return starts.map(length).astype(float)


def planning_figures(items: pd.DataFrame, config: Config) -> dict[str, float]:
    """Item -> item units per person per day: its own figure, else that of its need over what one unit covers; absent: unknown.

    Not of items whose records count people who arrive: these are not what the people of a zone use.
    """
    figures = {}
    for code, item in items[~meaning.counts(items, meaning.ARRIVING)].iterrows():
        need = config.needs.get(item["need"])
        own = float(item["per_person_per_day"])
        covers = float(item["covers"])
        whole = need.per_person_per_day / covers if need is not None and covers > 0 else float("nan")
        figures[str(code)] = whole if np.isnan(own) else own
    return {code: figure for code, figure in figures.items() if figure > 0}
