"""Latitudes and longitudes of a table, checked against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast import geo
from forecast.convert import problem_at
from forecast.errors import Problems


def check_places(df: pd.DataFrame, problems: Problems, code: str) -> None:
    """Refuse places (`lat`, `lon` in degrees) that are swapped, off the globe or at 0,0; note those far from the rest.

    `df`: a typed table with `record`; `code`: the column that names a row.
    """
    known: Any = df[df["lat"].notna() & df["lon"].notna()]
    lat, lon = known["lat"].to_numpy(float), known["lon"].to_numpy(float)
    swapped = geo.swapped(lat, lon)
    off = ~swapped & ((np.abs(lat) > 90) | (np.abs(lon) > 180))
    nowhere = (lat == 0) & (lon == 0)
    for row in known.index[swapped]:
        other = f"seems swapped with the lon of {known.at[row, code]} ({known.at[row, 'lon']:g})"
        problems.refuse(problem_at(df, row, "lat", other, "Swap the two"))
    for row in known.index[off]:
        column = "lat" if abs(known.at[row, "lat"]) > 90 else "lon"
        problems.refuse(problem_at(df, row, column, "is off the globe", "Write degrees"))
    for row in known.index[nowhere]:
        problems.refuse(problem_at(df, row, "lat", "lies at 0,0, where empty cells end up", "Give its place, or leave it out"))
    stray = geo.far_from_the_rest(lat, lon)
    for row, km in zip(known.index, stray, strict=True):
        if np.isfinite(km) and not problems.refused:
            what = f"puts {known.at[row, code]} {km:,.0f} km from the middle of all places"
            problems.note(problem_at(df, row, "lat", what, "Used as it is; check its place"))
