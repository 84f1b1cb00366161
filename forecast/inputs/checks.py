"""Checks of one input against another: codes that nobody knows, days that cannot be, places that are swapped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from forecast import convert
from forecast.errors import Problem, Problems, did_you_mean
from forecast.geo import swapped
from forecast.schema import Ledger


@dataclass(frozen=True)
class Known:
    """The codes of zones, items and depots; None where that table could not be read: then nothing is checked against it."""

    zone: pd.Index | None = None
    item: pd.Index | None = None
    depot: pd.Index | None = None


def unknown_codes(df: pd.DataFrame, column: str, codes: pd.Index | None, what: str) -> list[tuple[int, Problem]]:
    """Rows whose code in `column` is not among `codes`, each with its problem, which names the near code."""
    if codes is None or df.empty:
        return []
    rows = df.index[~df[column].isin(codes) & (df[column] != "")]
    near = {code: did_you_mean(code, codes) for code in df.loc[rows, column].unique()}
    known = f"is not one of the {len(codes)} known {what}"
    actions = {code: hint or "Mend the code, or add it" for code, hint in near.items()}
    return [(row, convert.problem_at(df, row, column, known, actions[df.at[row, column]])) for row in rows]


def refuse_unknown(df: pd.DataFrame, known: Known, problems: Problems) -> None:
    """Refuse rows of a table whose zone, item or depot is not known."""
    for column in ("depot", "zone", "item"):
        if column in df.columns:
            for _, problem in unknown_codes(df, column, getattr(known, column), f"{column}s"):
                problems.refuse(problem)


def refuse_after_today(df: pd.DataFrame, column: str, today: pd.Timestamp, problems: Problems) -> None:
    """Refuse rows dated after today: nobody can have seen them."""
    for row in df.index[df[column] > today]:
        problem = f"is after today ({today.date()})"
        problems.refuse(convert.problem_at(df, row, column, problem, "Mend the date; a report of a day to come cannot be"))


def drop_after(df: pd.DataFrame, column: str, issue_date: pd.Timestamp, name: str, ledger: Ledger) -> pd.DataFrame:
    """Rows dated up to the issue date; later ones are counted and left out."""
    late = df[column] > issue_date
    if late.any():
        ledger.remarks.append(f"{counted(int(late.sum()), 'row')} of {name} dated after {issue_date.date()}: counted, not used.")
    return df[~late].reset_index(drop=True)


def refuse_without_row(df: pd.DataFrame, code: str, present: Iterable[str], table: str, action: str, problems: Problems) -> None:
    """Refuse the rows of `df` whose code has no row in another table."""
    for row in df.index[~df[code].isin(list(present)) & (df[code] != "")]:
        problems.refuse(convert.problem_at(df, row, code, f"has no row in {table}", action))


def refuse_swapped(depots: pd.DataFrame, zones: gpd.GeoDataFrame, problems: Problems) -> None:
    """Refuse depots that lie far from the zones as written, and among them with lat and lon swapped."""
    if depots.empty or zones.empty:
        return
    places = zones.geometry.representative_point()
    weight = 4 * len(depots)  # the zones say where the operation is; depots, however wrong, do not move its middle
    lat = np.concatenate([np.tile(places.y, weight), depots["lat"]])
    lon = np.concatenate([np.tile(places.x, weight), depots["lon"]])
    for row in depots.index[swapped(lat, lon)[-len(depots) :]]:
        place = "lat {lat:g}, lon {lon:g}".format(**depots.loc[row, ["lat", "lon"]])
        problem = f"lies at {place}: far from the zones, but among them when the two are swapped"
        problems.refuse(convert.problem_at(depots, row, "depot", problem, "Swap lat and lon"))


def counted(count: int, what: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
