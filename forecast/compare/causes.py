"""What was different to begin with: settings, input files, stock, what is coming, vehicles, lanes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from forecast import store
from forecast.published import Published

UNTOLD = ("describe", "issue_date", "paths.data", "paths.runs")  # words and places; the issue dates are told by themselves
ABSENT = "-"
LANE, LANE_FIGURES = ["from", "to"], ["hours_one_way", "lead_days", "cost_per_trip", "is_open"]
SEAMS = {
    "depot stock": ("5-stock", ["depot", "item"], ["quantity"]),
    "arrivals at depots": ("5-arrivals", ["depot", "item", "eta"], ["quantity"]),
    "counted in zones": ("5-zone-stock", ["zone", "item"], ["quantity"]),
    "sent earlier": ("5-dispatches", ["waybill", "zone", "item"], ["quantity"]),
    "planned by others": ("5-by-others", ["zone", "item", "period"], ["quantity"]),
    "commitments": ("5-commitments", ["zone", "item", "period"], ["minimum", "fixed", "maximum"]),
    "vehicles": ("5-fleet", ["depot", "vehicle"], ["count", "payload_kg"]),
    "lanes": ("5-lanes", LANE, LANE_FIGURES),
    "lane shut": ("5-closures", [*LANE, "start", "until"], []),
}
FILES = tuple(store.seam_file(seam) for seam, _, _ in SEAMS.values())


def settings(a: Published, b: Published) -> pd.DataFrame:
    """`setting, a, b` of every setting that differs; `-` where one run does not have it."""
    return _differing("setting", dict(_flat(a.settings)), dict(_flat(b.settings)))


def files(a: Published, b: Published) -> pd.DataFrame:
    """`file, a, b` of every input file whose content differs: the start of its sha256; `-` where one run did not read it."""
    shorter = [{name: digest[:8] for name, digest in run.manifest.get("inputs", {}).items()} for run in (a, b)]
    return _differing("file", *shorter)


def supply(a: Published, b: Published) -> pd.DataFrame:
    """`what, of, figure, a, b, change` of every figure of stock, fleet and lanes that differs; empty where one has none."""
    frames = [_of_seam(what, a.seam(seam), b.seam(seam), key, figures) for what, (seam, key, figures) in SEAMS.items()]
    found = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    return found.sort_values(["what", "of", "figure"], ignore_index=True)


def _of_seam(what: str, a: pd.DataFrame, b: pd.DataFrame, key: list[str], figures: list[str]) -> pd.DataFrame:
    sides = [_summed(df, key, figures) for df in (a, b)]
    both = pd.DataFrame({"a": sides[0], "b": sides[1]})
    both = both[~((both["a"] == both["b"]) | (both["a"].isna() & both["b"].isna()))]
    both["change"] = (both["b"].fillna(0) - both["a"].fillna(0)).round(3)
    labels = [tuple(place) for place in both.index]
    return pd.DataFrame(
        {
            "what": what,
            "of": [", ".join(part for part in place[:-1] if part) for place in labels],
            "figure": [str(place[-1]) for place in labels],
            "a": both["a"].to_numpy(float),
            "b": both["b"].to_numpy(float),
            "change": both["change"].to_numpy(float),
        }
    )


def _summed(df: pd.DataFrame, key: list[str], figures: list[str]) -> pd.Series:
    """(key, figure) -> its sum; a table without figures counts its rows."""
    if not set(key) <= set(df.columns):  # not given: it has no rows
        return pd.Series(dtype="float64", index=pd.MultiIndex.from_arrays([[]] * (len(key) + 1)))
    known = [name for name in figures if name in df.columns] or ["rows"]
    numbers = df.assign(rows=1.0)[known].astype(float)
    labels = pd.DataFrame({name: [_word(part) for part in df[name]] for name in key}, index=df.index)
    stacked = pd.concat([labels, numbers], axis=1).melt(id_vars=key, value_vars=known, var_name="figure").dropna(subset=["value"])
    found: pd.Series = stacked.groupby([*key, "figure"])["value"].sum().round(6)
    return found


def _flat(tree: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Setting -> its value as text; lists are values."""
    if isinstance(tree, Mapping) and tree:
        for name, below in tree.items():
            yield from _flat(below, f"{place}.{name}" if place else str(name))
    elif place not in UNTOLD and tree not in (None, {}, []):
        yield place, json.dumps(tree, ensure_ascii=False)


def _differing(name: str, a: Mapping[str, str], b: Mapping[str, str]) -> pd.DataFrame:
    places = sorted(place for place in {*a, *b} if a.get(place) != b.get(place))
    rows = [(place, a.get(place, ABSENT), b.get(place, ABSENT)) for place in places]
    return pd.DataFrame(rows, columns=[name, "a", "b"], dtype="str")


def _word(part: object) -> str:
    if pd.isna(part):  # type: ignore[call-overload]
        return ""
    return str(part.date()) if isinstance(part, pd.Timestamp) else str(part)
