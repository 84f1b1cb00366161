"""Which file is which input, and which of its columns is which of ours: by headers, by the cells, by the codes files share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from forecast.draft import cells
from forecast.draft.files import File
from forecast.draft.names import FILES, meant, plain, rank
from forecast.draft.wide import Wide, wide
from forecast.schema import INPUT_TABLES, ZONES, Column

SITES = (*ZONES.columns, Column("lat", "number", required=True), Column("lon", "number", required=True))
NEEDED: dict[str, tuple[str, ...]] = {  # without these columns a file is not this input
    "records": ("zone", "item", "period", "distributed"),
    "dispatches": ("waybill", "depot", "zone", "item", "quantity", "left"),
    "planned_by_others": ("zone", "item", "period", "quantity", "organisation"),
    "commitments": ("zone", "item", "period", "minimum"),
    "arrivals": ("depot", "item", "quantity", "eta"),
    "stock": ("depot", "item", "quantity"),
    "zone_stock": ("zone", "item", "quantity"),
    "fleet": ("depot", "vehicle", "count", "payload_kg"),
    "routes": ("from", "to", "hours_one_way"),
    "depots": ("depot", "lat", "lon"),
    "zones": ("zone", "lat", "lon"),
    "priorities": ("zone", "need", "weight"),
    "population": ("zone", "people"),
    "items": ("item", "need", "unit"),
    "crosswalk": ("from_code", "to_code", "share"),
}
INSTEAD = {"hours_one_way": "km"}  # what is needed, and what it can be taken from where it is missing
SURE = 2  # names at most this far down the list say more than the words "code" or "date"


@dataclass(frozen=True)
class Match:
    """A file as one input: our column -> its header; `score`: how well it fits; `why`: our column -> why this header.

    `wide`: where the table has one column per month, item or group. `others`: zones that stand in further files.
    """

    input: str
    file: File
    columns: dict[str, str]
    score: float
    why: dict[str, str] = field(default_factory=dict)
    wide: Wide | None = None
    others: tuple[Match, ...] = ()

    def values(self, ours: str) -> pd.Series:
        """The cells of one of our columns that are not empty; the headers that stand for it in a wide table."""
        if self.wide and ours == self.wide.column:
            return pd.Series(list(self.wide.codes), dtype="str")
        column = self.file.frame[self.columns[ours]]
        return column[column != ""]


def match(files: Sequence[File]) -> tuple[dict[str, Match], dict[str, str]]:
    """Files -> input -> its file, and file -> why it is no input of ours. The best fits are settled first."""
    candidates = [found for file in files for name in NEEDED if (found := _fit(name, file)) is not None]
    candidates.sort(key=lambda one: (-one.score, one.file.label, list(NEEDED).index(one.input)))
    chosen: dict[str, Match] = {}
    placed: set[str] = set()
    for one in candidates:
        if one.input not in chosen and one.file.label not in placed:
            chosen[one.input] = one
            placed.add(one.file.label)
    for one in candidates:
        if one.input == "zones" and one.file.label not in placed and _are_others(one, chosen["zones"]):
            chosen["zones"] = replace(chosen["zones"], others=(*chosen["zones"].others, one))
            placed.add(one.file.label)
    why = {file.label: _why_not(file, chosen, candidates) for file in files if file.label not in placed}
    return _with_shared_codes(chosen), why


def _fit(name: str, file: File) -> Match | None:
    """The file as this input: None where a needed column is missing."""
    if file.is_layer and name != "zones":
        return None
    spread = wide(name, file)
    needed = ("zone",) if file.is_layer else NEEDED[name]
    if spread:
        needed = tuple(ours for ours in needed if ours not in (spread.column, spread.value))
    columns, points = dict[str, str](), 0.0
    for column in sorted(_columns(name, file, spread), key=lambda column: column.name not in needed):
        best = _header(column, file, taken=set(columns.values()))
        if best is not None:
            columns[column.name], place = best
            points += (2.0 if column.name in needed else 0.5) + (0.5 if place <= SURE else 0.0)
        elif column.name in needed and INSTEAD.get(column.name) not in _found(name, file):
            return None
    if name == "zone_stock" and file.frame.duplicated([columns["zone"], columns["item"]]).any():
        return None  # a count has each zone and item once; this is a past
    return Match(name, file, columns, points + len(spread.codes if spread else ()) + _points_of_name(name, file), wide=spread)


def _found(name: str, file: File) -> set[str]:
    """Columns of ours that some header means."""
    return {column.name for column in _columns(name, file, None) if _header(column, file, set()) is not None}


def _are_others(one: Match, zones: Match) -> bool:
    """Whether a file holds zones that the others have not."""
    there = {code for other in (zones, *zones.others) for code in other.values("zone")}
    return not there & set(one.values("zone"))


def _columns(name: str, file: File, spread: Wide | None) -> list[Column]:
    columns = list(INPUT_TABLES[name].columns) if name != "zones" else list(ZONES.columns if file.is_layer else SITES)
    kept = {"zone", "item", "period"} - {spread.column} if spread else {column.name for column in columns}
    return [column for column in columns if column.name != "record" and column.name in kept]


def _points_of_name(name: str, file: File) -> float:
    """A file called `stock.xlsx`, or a sheet called so, is more likely the stock."""
    stem = file.settings.get("sheet") or file.path.rpartition("/")[2].partition(".")[0]
    return (3.0 if meant(stem, {name: FILES.get(name, "")}) else 0.0) + (2.0 if plain(stem) == name else 0.0)


def _header(column: Column, file: File, taken: set[str]) -> tuple[str, int] | None:
    """The header that means this column, and how far down the list of names; its cells must be of the column's kind."""
    ranked = [
        (place, header)
        for header in file.columns
        if header not in taken and (place := rank(column.name, header)) is not None and cells.suits(file.frame[header], column)
    ]
    return (min(ranked)[1], min(ranked)[0]) if ranked else None


# ------------------------------------------------------------------ codes that files share


def _with_shared_codes(chosen: dict[str, Match]) -> dict[str, Match]:
    """Where another column of a table holds more of the records' codes than the one chosen by its name, that column is it."""
    if "records" not in chosen:
        return chosen
    records = chosen["records"]
    for ours in ("zone", "item"):
        written = set(records.values(ours)) if ours in records.columns else set()
        chosen = {name: _with_shared(one, ours, written, records.file.label) for name, one in chosen.items()}
        if chosen.get("zones", records).others:
            others = [_with_shared(one, ours, written, records.file.label) for one in chosen["zones"].others]
            chosen["zones"] = replace(chosen["zones"], others=tuple(others))
    return chosen


def _with_shared(one: Match, ours: str, written: set[str], label: str) -> Match:
    if ours not in one.columns or one.input == "records":
        return one
    shared = {header: len(written & set(one.file.frame[header])) for header in one.file.columns}
    now = one.columns[ours]
    best = max(shared, key=lambda header: (shared[header], header == now))
    if not shared[best]:
        return one
    columns = {name: header for name, header in one.columns.items() if header != best or name == ours} | {ours: best}
    why = f"it holds {shared[best]} of the {len(written)} {ours}s of {label}"
    return replace(one, columns=columns, why={**one.why, ours: why})


# ------------------------------------------------------------------ what is left


def _why_not(file: File, chosen: dict[str, Match], candidates: list[Match]) -> str:
    """The nearest input, and what is missing for it."""
    twin = next((one for one in candidates if one.file.label == file.label), None)
    if twin is not None:
        return f"looks like {twin.input}, but {chosen[twin.input].file.label} fits better"
    if any(rank("tower", header) is not None for header in file.columns):
        return "mobile counts and their towers belong under signals: (use: presence), see demo/config.yaml"
    missing = {name: _missing(name, file) for name in NEEDED}
    near = min(missing, key=lambda name: (len(missing[name]) / len(NEEDED[name]), list(NEEDED).index(name)))
    return f"nearest to {near}, but no column means {', '.join(missing[near])}; its columns: {', '.join(file.columns)}"


def _missing(name: str, file: File) -> list[str]:
    columns = {column.name: column for column in (SITES if name == "zones" else INPUT_TABLES[name].columns)}
    return [ours for ours in NEEDED[name] if _header(columns[ours], file, set()) is None]
