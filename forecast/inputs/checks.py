"""Checks of one input against another: codes that nobody knows, days that cannot be, places that are swapped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from forecast import convert
from forecast.errors import MOST_NEAR, Problem, Problems, bare_name, did_you_mean, near_names
from forecast.errors import counted as counted
from forecast.geo import swapped

MOST_EXPLAINED = 500  # different unknown codes of one column; the others are only said to be unknown


@dataclass(frozen=True)
class Known:
    """The codes of zones, items and depots; None where that table could not be read: then nothing is checked against it."""

    zone: pd.Index | None = None
    item: pd.Index | None = None
    depot: pd.Index | None = None
    names: Mapping[str, pd.Series] = field(default_factory=dict)  # "zone", "item", "depot" -> name by code


def unknown_codes(
    df: pd.DataFrame, column: str, codes: pd.Index | None, what: str, names: pd.Series | None = None, is_strange: str = ""
) -> list[tuple[int, Problem]]:
    """Rows whose code in `column` is not among `codes`, each with its problem, which names the near code.

    `names` by code: where a name was written instead of the code, the problem says whose, and how to map it. `is_strange`: what
    is wrong with a code that is none of them, in other words.
    """
    if codes is None or df.empty:
        return []
    rows = df.index[~df[column].isin(codes) & (df[column] != "")]
    stranger = (is_strange or f"is not one of the {len(codes)} known {what}", "Mend the code, or add it")
    named = names.astype("str") if names is not None else pd.Series(dtype="str")
    unknown = df.loc[rows, column].unique()[:MOST_EXPLAINED]
    told = {code: _told(str(code), codes, named, (what.removesuffix("s"), column), stranger) for code in unknown}
    return [(row, convert.problem_at(df, row, column, *told.get(df.at[row, column], stranger))) for row in rows]


def _told(code: str, codes: pd.Index, names: pd.Series, of: tuple[str, str], stranger: tuple[str, str]) -> tuple[str, str]:
    """What is wrong with an unknown code, and what to do: the near codes, or those whose name it is, or is near to."""
    what, column = of
    padded = [one for one in codes if code.isdigit() and one.isdigit() and one.lstrip("0") == code.lstrip("0")]
    if len(padded) == 1:
        rename = f"rename: {{{column}: {{{_quoted(code)}: {_quoted(padded[0])}}}}}"
        action = f"Did you mean {padded[0]!r}? A sheet drops leading zeros: add {rename} to the block of this table"
        return stranger[0], action
    bare = bare_name(code)
    owners = names.index[names.map(bare_name) == bare].difference([code]).tolist() if bare else []
    if owners and not any(bare_name(one) == bare for one in codes):
        rename = f"rename: {{{column}: {{{_quoted(code)}: {_quoted(owners[0])}}}}}"
        action = f"Write the code, or add {rename} to the block of this table" if len(owners) == 1 else "Write the code"
        return f"is the name of {what} {' and '.join(map(str, owners[:MOST_NEAR]))}, not a code", action
    if hint := did_you_mean(code, codes):
        return stranger[0], hint
    near = near_names(code, names[names != names.index])[:MOST_NEAR]
    whose = [f"{owner} ({name})" for name in near for owner in names.index[names == name][:1]]
    return stranger[0], f"Did you mean {' or '.join(whose)}? Write the code" if whose else stranger[1]


def _quoted(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def refuse_unknown(df: pd.DataFrame, known: Known, problems: Problems) -> None:
    """Refuse rows of a table whose zone, item or depot is not known."""
    for column in ("depot", "zone", "item"):
        if column in df.columns:
            for _, problem in unknown_codes(df, column, getattr(known, column), f"{column}s", known.names.get(column)):
                problems.refuse(problem)


def refuse_without_row(df: pd.DataFrame, code: str, present: Iterable[str], table: str, action: str, problems: Problems) -> None:
    """Refuse the rows of `df` whose code has no row in another table."""
    for row in df.index[~df[code].isin(list(present)) & (df[code] != "")]:
        problems.refuse(convert.problem_at(df, row, code, f"has no row in {table}", action))


def refuse_swapped(depots: pd.DataFrame, zones: gpd.GeoDataFrame, problems: Problems) -> None:
    """Refuse depots that lie far from the zones as written, and among them with lat and lon swapped."""
    places = zones.geometry.dropna().representative_point()
    if depots.empty or places.empty:
        return
    weight = 4 * len(depots)  # the zones say where the operation is; depots, however wrong, do not move its middle
    lat = np.concatenate([np.tile(places.y, weight), depots["lat"]])
    lon = np.concatenate([np.tile(places.x, weight), depots["lon"]])
    turned = swapped(lat, lon)[-len(depots) :]
    action = "Swap lat and lon" if not turned.all() else "Swap lat and lon here, or in the zones: it is so with all depots"
    for row in depots.index[turned]:
        place = "lat {lat:g}, lon {lon:g}".format(**depots.loc[row, ["lat", "lon"]])
        problem = f"lies at {place}: far from the zones, but among them when the two are swapped"
        problems.refuse(convert.problem_at(depots, row, "depot", problem, action))
