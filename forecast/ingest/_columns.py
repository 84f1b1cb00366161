"""From the columns of a file to ours: taken, joined, constant, spread over columns (wide), renamed, scaled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from forecast.config import Code, Section
from forecast.errors import InputError, Problem, did_you_mean, few
from forecast.ingest._cells import NUMERIC


class Scale(Section):
    """What a figure is multiplied by."""

    times: Decimal | None = Field(default=None, gt=0)
    """A factor, such as 1000 for m3 that are counted in litres."""
    per: Literal["day"] | None = None
    """The figure is per day: it is multiplied by the days of its period."""

    @property
    def words(self) -> str:
        """` x 1000 x days`, as it is named after the column."""
        factor = f" x {self.times.normalize():f}" if self.times is not None else ""
        return factor + (" x days" if self.per else "")


class Origin(Scale):
    """Where a canonical column comes from: one column of the file, several joined, or the same text for all rows."""

    column: Code | None = None
    join: tuple[Code, ...] = ()
    with_: str = Field(default="-", alias="with")
    constant: Code | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Origin:
        if [self.column is not None, bool(self.join), self.constant is not None].count(True) != 1:
            raise ValueError("name a column of the file, or {join: [columns]}, or {constant: text}")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        return self.join or ((self.column,) if self.column is not None else ())


class Wide(Scale):
    """One column per item (or zone, need, period) in the file: `{item: {Food: food, Water: water}, value: distributed}`."""

    column: Code
    cells: dict[Code, Code] = Field(min_length=1)
    value: Code


def _as_origin(value: object) -> object:
    return value if isinstance(value, dict | Origin) else {"column": value}


def _as_wide(value: object) -> object:
    """`{item: {...}, value: ...}` -> `{column: item, cells: {...}, value: ...}`; a list of columns keeps their names."""
    if not isinstance(value, dict) or "cells" in value:
        return value
    spread = [key for key in value if key not in ("value", "times", "per")]
    if len(spread) != 1:
        raise ValueError("write {item: {column of the file: our code, ...}, value: the column of ours the cells belong to}")
    cells = value[spread[0]]
    rest = {key: cell for key, cell in value.items() if key != spread[0]}
    return {"column": spread[0], "cells": {cell: cell for cell in cells} if isinstance(cells, list) else cells, **rest}


def _as_several(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


class Columns(Section):
    """The settings by which any table source finds our columns; what they mean stands at the top of forecast/ingest/table.py."""

    columns: dict[Code, Annotated[Origin, BeforeValidator(_as_origin)]] = Field(default_factory=dict)
    wide: Annotated[Wide, BeforeValidator(_as_wide)] | None = None
    rename: dict[Code, dict[Code, Code]] = Field(default_factory=dict)
    only: dict[Code, Annotated[tuple[Code, ...], BeforeValidator(_as_several)]] = Field(default_factory=dict)
    weeks: Literal["iso_cut_at_new_year"] | None = None
    once: bool = False
    delay_days: int | None = Field(default=None, ge=0)
    assumed: str | None = None

    @model_validator(mode="after")
    def _no_column_twice(self) -> Columns:
        twice = {self.wide.column, self.wide.value} & set(self.columns) if self.wide else set()
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))} comes from both columns and wide; leave one out")
        return self

    @property
    def scales(self) -> dict[str, Scale]:
        """Our name -> what its figures are multiplied by."""
        found: dict[str, Scale] = dict(self.columns)
        if self.wide:
            found[self.wide.value] = self.wide
        return {ours: scale for ours, scale in found.items() if scale.words}

    def origins(self) -> dict[str, str | tuple[str, dict[str, str]]]:
        """Our name -> the name in the file; for a wide value: our column and, by its code, the name in the file."""
        found: dict[str, Any] = {
            ours: " + ".join(origin.needs) + origin.words for ours, origin in self.columns.items() if origin.needs
        }
        if self.wide:
            found[self.wide.value] = (self.wide.column, {code: name + self.wide.words for name, code in self.wide.cells.items()})
        return found


def mapped(frame: pd.DataFrame, settings: Columns, label: str) -> pd.DataFrame:
    """Columns under our names; what is not mapped keeps its own. A wide table gets a row for each filled cell.

    Raises InputError when a column named in the settings is not there.
    """
    needed = [need for origin in settings.columns.values() for need in origin.needs]
    _refuse_absent(frame, [*needed, *(settings.wide.cells if settings.wide else ())], label)
    frame = frame.assign(**{ours: _column(frame, origin) for ours, origin in settings.columns.items()})
    return _long(frame, settings.wide) if settings.wide else frame


def chosen(frame: pd.DataFrame, only: Mapping[str, tuple[str, ...]], label: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows that hold one of the values named, in each column named as in the file; and what is to be said.

    Raises InputError when a column is not there.
    """
    _refuse_absent(frame, list(only), label)
    said = []
    for name, values in only.items():
        kept = frame[name].str.replace(NUMERIC, "", regex=False).isin(values)
        said.append(f"{(~kept).sum():,} of {len(frame):,} rows left out whose {name} is not {' or '.join(values)}")
        frame = frame[kept].reset_index(drop=True)
    return frame, said


def _refuse_absent(frame: pd.DataFrame, names: Sequence[str], label: str) -> None:
    there = [name for name in frame.columns if name != "record"]
    absent = [name for name in dict.fromkeys(names) if name not in there]
    what, known = "is not a column of this file", f"Columns: {', '.join(there)}"
    if absent:
        raise InputError([Problem(label, what, f"{did_you_mean(name, there)} {known}".strip(), value=name) for name in absent])


def renamed(frame: pd.DataFrame, rename: Mapping[str, Mapping[str, str]]) -> tuple[pd.DataFrame, list[str]]:
    """Values as written -> our codes, and what is to be said: how many cells were renamed, and which names never occur."""
    said = []
    for ours, names in rename.items():
        if ours not in frame.columns:
            said.append(f"has no column {ours} to rename in")
            continue
        written = frame[ours].str.removesuffix(NUMERIC)
        occurs = written.isin(list(names))
        absent = [name for name in names if name not in set(written[occurs].unique())]
        frame = frame.assign(**{ours: frame[ours].where(~occurs, written.map(names)).astype("str")})
        said.append(
            f"{occurs.sum():,} cells of {ours} renamed" + (f" ({few(absent)} to be renamed does not occur)" if absent else "")
        )
    return frame, said


def once(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The columns named and `record`, each different row once: the one known first, where `known_on` is among them."""
    facts = [name for name in names if name != "known_on"]
    first = frame.sort_values("known_on", kind="stable") if "known_on" in names else frame
    return first.drop_duplicates(facts).sort_index().reset_index(drop=True)[[*names, "record"]]


def _column(frame: pd.DataFrame, origin: Origin) -> pd.Series:
    if origin.constant is not None:
        return pd.Series(origin.constant, index=frame.index, dtype="str")
    if origin.join:
        frame = frame[list(origin.join)].replace(NUMERIC, "", regex=True)
    first, *others = (frame[name] for name in origin.needs)
    joined, filled = first, first != ""
    for other in others:
        joined, filled = joined + origin.with_ + other, filled | (other != "")
    return joined.where(filled, "")


def _long(frame: pd.DataFrame, wide: Wide) -> pd.DataFrame:
    """A row for each filled cell of the wide columns, in the order of the file."""
    ids = frame.drop(columns=list(wide.cells))
    codes = {name: pd.Series(code, index=ids.index, dtype="str") for name, code in wide.cells.items()}
    parts = [ids.assign(**{wide.column: codes[name], wide.value: frame[name]}) for name in wide.cells]
    long = pd.concat(parts).sort_index(kind="stable")
    return long[long[wide.value] != ""].reset_index(drop=True)
