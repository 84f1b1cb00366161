"""What was understood of each input and signal: its files, its rows, its periods and dates, the codes that others know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

import numpy as np
import pandas as pd

from forecast.convert import SET_ASIDE, place
from forecast.errors import few
from forecast.inputs import Found

ABSENT = {
    "depots": "nothing can be sent",
    "stock": "nothing can be sent",
    "arrivals": "nothing more comes in",
    "dispatches": "nothing is on the road",
    "planned_by_others": "nobody else brings anything",
    "fleet": "vehicles limit nothing",
    "routes": "lanes are derived from distance",
    "population": "as the zones file has it",
    "zone_stock": "as the records have it",
}
DATES = ("period", "counted_on", "left", "eta", "as_of")


@dataclass(frozen=True, slots=True)
class Seen:
    """One input or signal: name, files, rows (None: no table), and what was understood, in words."""

    name: str
    files: str
    rows: int | None
    words: str


def inputs_seen(found: Found) -> list[Seen]:
    """All inputs of the config, those that everything hangs on first; then its signals."""
    config = found.sources.job.config
    first = ("zones", "population", "records", "items", "depots", "stock")
    names = sorted(config.inputs, key=lambda name: (first.index(name) if name in first else len(first), name))
    if config.items and "items" not in names:
        names.insert(min(2, len(names)), "items")
    return [*(_input(name, found) for name in names), *(_signal(name, found) for name in sorted(config.signals))]


def not_given(found: Found) -> list[str]:
    """What is absent, and what that means."""
    return [f"{name} ({meaning})" for name, meaning in ABSENT.items() if not found.sources.is_given(name)]


def _input(name: str, found: Found) -> Seen:
    text = found.sources.texts.get(name)
    rows = None if text is None else len(text)
    if name in found.sources.failed:
        return Seen(name, _files(name, found), rows, "NOT understood as it should be: see the problems below")
    words = WORDS.get(name, _other)(name, found)
    if name == "items" and text is None:
        return Seen(name, found.sources.config_file, len(found.items), words)
    return Seen(name, _files(name, found), len(found.zones) if name == "zones" and text is None else rows, words)


def _files(name: str, found: Found) -> str:
    """The file, or how many; a source that gives no lines is named as the config names it."""
    config, text = found.sources.job.config, found.sources.texts.get(name)
    block = config.inputs.get(name) or config.signals.get(name)
    if block is None:
        return found.sources.config_file
    if text is not None and len(text):
        files = sorted({place(record)[0] for record in text["record"]})
        return files[0] if len(files) == 1 else f"{len(files)} x {str(block.settings.get('path', '')).rpartition('/')[2]}"
    if len(block.blocks) > 1:
        return " + ".join(str(part.settings.get("path", part.use)).rpartition("/")[2] for part in block.blocks)
    path = str(block.settings.get("path", block.use))
    many = sum(fnmatch(file, path) for file in found.sources.reading.files)
    name = path.rpartition("/")[2]
    return name if many < 2 else f"{many} x {name}"


# ------------------------------------------------------------------ what was understood


def _zones(name: str, found: Found) -> str:
    zones = found.zones
    kinds = {"Point": "points", "Polygon": "areas", "MultiPolygon": "areas"}
    of = pd.Series([kinds.get(str(kind), "without a place") for kind in zones.geom_type]).value_counts()
    people = zones["population_people"]
    known = f"{people.sum():,.0f} people" if people.notna().any() else "no population"
    some = f" in {int(people.notna().sum())} of them" if people.notna().any() and people.isna().any() else ""
    return f"{', '.join(f'{count} {kind}' for kind, count in of.items())}; {known}{some}; {few(zones.index, 2)}"


def _population(name: str, found: Found) -> str:
    people = found.zones["population_people"]
    most = f"; {people.min():,.0f} to {people.max():,.0f}" if people.notna().any() else ""
    return f"{people.sum():,.0f} people in {int(people.notna().sum())} of {len(people)} zones{most} each"


def _items(name: str, found: Found) -> str:
    needs = found.items["need"].value_counts()
    return "; ".join(f"{need}: {few(found.items.index[found.items['need'] == need], 4)}" for need in sorted(needs.index))


def _records(name: str, found: Found) -> str:
    df, text = found.records, found.sources.texts[name]
    bad = sum(problem.action.startswith(SET_ASIDE) for problem in found.sources.problems.noted)
    unknown, known = _codes(text, found)
    words = [*([f"{bad:,} set aside"] if bad else []), *unknown, *_spans(df, found), *known]
    if len(silent := found.zones.index.difference(pd.Index(df["zone"]))) and "zones" not in found.sources.failed:
        words.append(f"none of {few(silent, 3)}")
    if (later := len(text) - len(df) - bad) > 0:
        words.append(f"{later:,} after the issue date")
    return ", ".join(words)


def _fleet(name: str, found: Found) -> str:
    fleet = found.routes.fleet
    classes = f"{fleet['count'].sum():g} vehicles of {fleet['vehicle'].nunique()} kinds"
    unknown, known = _codes(found.sources.texts[name], found)
    return ", ".join([*unknown, classes, *known])


def _other(name: str, found: Found) -> str:
    text = found.sources.texts.get(name)
    if text is None:
        return "read"
    typed = _typed(name, found)
    unknown, known = _codes(text, found)
    return ", ".join([*unknown, *known, *([] if typed is None else _spans(typed, found))]) or ", ".join(
        column for column in text.columns if column != "record"
    )


WORDS = {"zones": _zones, "population": _population, "items": _items, "records": _records, "fleet": _fleet}


def _typed(name: str, found: Found) -> pd.DataFrame | None:
    stock, routes = found.stock, found.routes
    tables: Mapping[str, pd.DataFrame] = {
        "stock": stock.depot_stock,
        "planned_by_others": stock.by_others,
        "depots": routes.depots,
        "routes": routes.lanes,
        **{table: getattr(stock, table) for table in ("arrivals", "zone_stock", "dispatches", "commitments", "priorities")},
        "fleet": routes.fleet,
    }
    return tables.get(name)


def _spans(df: pd.DataFrame, found: Found) -> list[str]:
    """The first date column that is filled: from when to when, and how many are empty."""
    for column in DATES:
        if column in df.columns and df[column].notna().any():
            dates = df[column]
            first, last = dates.min().date(), dates.max().date()
            what = {"D": "day", "W": "week of", "M": "month of"}[found.sources.job.config.forecast.period]
            label = what if column == "period" else column.replace("_", " ")
            empty = f" ({int(dates.isna().sum())} empty)" if dates.isna().any() else ""
            return [f"{label} {first}{f'..{last}' if last > first else ''}{empty}"]
    return []


def _codes(text: pd.DataFrame, found: Found) -> tuple[list[str], list[str]]:
    """For zone, item and depot: which codes of the table nobody knows, and how many of the known ones stand in it."""
    known = {
        "zone": found.sources.codes("zones", found.zones),
        "item": found.sources.codes("items", found.items),
        "depot": found.sources.codes("depots", found.routes.depots.set_index("depot")),
    }
    zones, known["from"] = known["zone"], known["depot"]
    known["to"] = None if zones is None or known["depot"] is None else zones.union(known["depot"])
    words, unknown = [], []
    for column, codes in known.items():
        if column not in text.columns:
            continue
        there = pd.Index(text[column].replace("", np.nan).dropna().unique())
        what = {"from": "depot", "to": "zone"}.get(column, column) + "s"
        if codes is None:
            words.append(f"{len(there)} {what}")
            continue
        strange = there.difference(found.sources.crosswalk.also_knowing(codes) if what == "zones" else codes)
        of = len(codes if column != "to" else found.zones)
        words.append(f"{len(there.intersection(codes if column != 'to' else found.zones.index))}/{of} {what}")
        if len(strange):
            unknown.append(f"UNKNOWN {what}: {few(strange, 3)}")
    return unknown, words


def _signal(name: str, found: Found) -> Seen:
    signals, files = found.signals, _files(name, found)
    if name in found.sources.failed or name not in signals:
        return Seen(name, files, None, "NOT understood as it should be: see the problems below")
    values = signals[name]
    seen = values.notnull()
    periods_seen = values.indexes["period"][seen.any("zone").values]
    if not len(periods_seen):
        return Seen(name, files, None, "no value over the zones")
    low, high = float(np.nanmin(values.values)), float(np.nanmax(values.values))
    unit = values.attrs.get("units", "")
    span = f"{periods_seen[0].date()}..{periods_seen[-1].date()}"
    zones, share = int(seen.any("period").sum()), 1 - float(seen.mean())
    words = f"{span}; {zones}/{seen.sizes['zone']} zones; {low:,.4g}-{high:,.4g} {unit}; {share:.0%} empty"
    return Seen(name, files, None, words)
