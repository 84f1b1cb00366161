"""What was understood of each input and signal: its files, its rows, its periods and dates, the codes that others know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

import numpy as np
import pandas as pd

from forecast.convert import place
from forecast.errors import counted, few
from forecast.inputs import Found

ABSENT = {
    "depots": "nothing can be sent",
    "stock": "nothing can be sent",
    "arrivals": "nothing more comes in",
    "dispatches": "nothing is on the road",
    "planned_by_others": "nobody else brings anything",
    "fleet": "vehicles limit nothing",
    "routes": "lanes are derived from distance",
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
    meanings = {**ABSENT, "population": _people_from(found), "zone_stock": _stock_from(found)}
    return [f"{name} ({meaning})" for name, meaning in meanings.items() if not found.sources.is_given(name)]


def _people_from(found: Found) -> str:
    exposure = found.sources.job.config.forecast.exposure
    if found.zones["population_people"].notna().any():
        return "as the zones file has it"
    return f"people as the signal {exposure} counts them" if exposure else "people are not known"


def _stock_from(found: Found) -> str:
    has = bool(found.records["stock_end"].notna().any())
    return "as the records have it" if has else "not known: records have no stock_end"


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
    counts = ", ".join(f"{count} {kind}" for kind, count in of.items())
    return "; ".join([counts, f"{known}{some}", few(zones.index, 2), *_later(name, found)])


def _population(name: str, found: Found) -> str:
    people = found.zones["population_people"]
    most = f"; {people.min():,.0f} to {people.max():,.0f}" if people.notna().any() else ""
    return f"{people.sum():,.0f} people in {int(people.notna().sum())} of {len(people)} zones{most} each"


def _items(name: str, found: Found) -> str:
    needs = found.items["need"].value_counts()
    return "; ".join(f"{need}: {few(found.items.index[found.items['need'] == need], 4)}" for need in sorted(needs.index))


def _records(name: str, found: Found) -> str:
    df, bad = found.records, found.sources.set_aside.get(name, 0)
    unknown, known = _codes(_rows(name, found), found)
    words = [*([f"{bad:,} set aside"] if bad else []), *unknown, *_spans(df, found), *known]
    if len(silent := found.zones.index.difference(pd.Index(df["zone"]))) and "zones" not in found.sources.failed:
        words.append(f"none of {few(silent, 3)}")
    return ", ".join([*words, *_later(name, found)])


def _fleet(name: str, found: Found) -> str:
    fleet = found.routes.fleet
    classes = f"{fleet['count'].sum():g} vehicles of {fleet['vehicle'].nunique()} kinds"
    unknown, known = _codes(_rows(name, found), found)
    return ", ".join([*unknown, classes, *known, *_later(name, found)])


def _crosswalk(name: str, found: Found) -> str:
    steps = found.sources.crosswalk.steps
    return f"{counted(steps['from_code'].nunique(), 'old code')} -> {counted(steps['to_code'].nunique(), 'zone')} of today"


def _other(name: str, found: Found) -> str:
    if name not in found.sources.texts:
        return "read"
    typed, text = _typed(name, found), _rows(name, found)
    unknown, known = _codes(text, found)
    words = [*unknown, *known, *([] if typed is None else _spans(typed, found)), *_later(name, found)]
    return ", ".join(words or (column for column in text.columns if column != "record"))


WORDS = {
    "zones": _zones, "population": _population, "items": _items, "records": _records, "fleet": _fleet, "crosswalk": _crosswalk,
}  # fmt: skip


def _rows(name: str, found: Found) -> pd.DataFrame:
    """The rows of a table that were known on the issue date, as text."""
    sources = found.sources
    return sources.known.get(name, sources.texts[name])


def _later(name: str, found: Found) -> list[str]:
    """How many rows were known only later: counted, not looked at."""
    sources = found.sources
    later = len(sources.texts[name]) - len(_rows(name, found)) if name in sources.texts else 0
    return [f"{later:,} after the issue date"] if later else []


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


def _today(codes: pd.Index, found: Found) -> pd.Index:
    """The zones of today that the old ones among the codes became."""
    steps = found.sources.crosswalk.steps
    today: pd.Index = pd.Index(steps.loc[steps["from_code"].isin(codes), "to_code"].unique())
    return today


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
        there = there.union(_today(there, found)) if what == "zones" else there
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
