"""What a seam is made of: columns, tables and cubes that say what they hold and refuse anything else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

Kind = Literal["text", "number", "integer", "date", "period", "flag"]
Floats = npt.NDArray[np.float64]


class SeamError(Exception):
    """A stage handed over something that is not what its seam declares: a bug of ours, not of the input."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind, unit and allowed range; `required` columns may not be absent nor empty."""

    name: str
    kind: Kind = "text"
    required: bool = False
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


RECORD = Column("record")  # where the row came from: file:line
KNOWN_ON = Column("known_on", "date")  # when the row reached us; nothing known later has an influence on a run


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns in order and the key that may not repeat.

    Rows that come from files (they carry `record`) may also say when they reached us: `known_on` stands in every such table.
    `dated`: the column with the day or period a row tells of; `is_count`: of several counts of one key the latest is meant.
    `version_key`: what names a row through its versions, where that is not its key; its first column must be filled.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    dated: str = ""
    is_count: bool = False
    version_key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.columns[:1] == (RECORD,) and KNOWN_ON not in self.columns:
            object.__setattr__(self, "columns", (*self.columns, KNOWN_ON))

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def empty(self) -> pd.DataFrame:
        """An empty table of the right columns and kinds."""
        return pd.DataFrame({column.name: pd.Series(dtype=_DTYPES[column.kind]) for column in self.columns})

    def check(self, df: pd.DataFrame) -> pd.DataFrame:
        """Return `df` with its columns in order, or raise SeamError naming what does not fit."""
        missing = [name for name in self.names if name not in df.columns]
        _hold(not missing, f"{self.name}: columns missing: {missing}")
        for column in self.columns:
            values = df[column.name]
            if column.required:
                _hold(not bool(values.isna().any()), f"{self.name}.{column.name}: empty values")
            if column.kind in ("number", "integer"):
                _hold(pd.api.types.is_numeric_dtype(values), f"{self.name}.{column.name}: not numbers but {values.dtype}")
                _hold(not bool(np.isinf(values.astype(float)).any()), f"{self.name}.{column.name}: infinite")
                if column.minimum is not None:
                    _hold(not bool((values < column.minimum).any()), f"{self.name}.{column.name}: below {column.minimum}")
                if column.maximum is not None:
                    _hold(not bool((values > column.maximum).any()), f"{self.name}.{column.name}: above {column.maximum}")
            if column.kind in ("date", "period"):
                _hold(pd.api.types.is_datetime64_any_dtype(values), f"{self.name}.{column.name}: not dates but {values.dtype}")
        if self.key:
            _hold(not bool(df.duplicated(list(self.key)).any()), f"{self.name}: key {self.key} repeats")
        return df[[*self.names, *[name for name in df.columns if name not in self.names]]]

    def fingerprint(self, df: pd.DataFrame) -> str:
        """sha256 of the content, whatever the order of rows and the lines they came from."""
        named = [name for name in self.names if name != "record"]
        text = df[named].to_csv(index=False, float_format="%.10g", date_format="%Y-%m-%d")
        lines = sorted(text.splitlines()[1:])
        return hashlib.sha256("\n".join([self.name, *lines]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Cube:
    """A Dataset: the dims of each variable in order; `minimum` holds for all numbers; extra variables share the dims named."""

    name: str
    variables: Mapping[str, tuple[str, ...]]
    extra: tuple[str, ...] | None = None
    minimum: float | None = None
    complete: tuple[str, ...] = ()

    def check(self, ds: xr.Dataset) -> xr.Dataset:
        """Return `ds`, or raise SeamError naming what does not fit."""
        for name, dims in self.variables.items():
            _hold(name in ds.data_vars, f"{self.name}: variable {name} missing")
            _hold(ds[name].dims == dims, f"{self.name}.{name}: dims {ds[name].dims}, declared {dims}")
        for name in map(str, ds.data_vars):
            if name not in self.variables:
                _hold(
                    ds[name].dims == self.extra, f"{self.name}.{name}: not declared, or dims {ds[name].dims} are not {self.extra}"
                )
            values = ds[name].values
            if values.dtype.kind == "f":
                _hold(not bool(np.isinf(values).any()), f"{self.name}.{name}: infinite")
                if self.minimum is not None:
                    _hold(not bool((values < self.minimum).any()), f"{self.name}.{name}: below {self.minimum}")
                if name in self.complete:
                    _hold(not bool(np.isnan(values).any()), f"{self.name}.{name}: empty values")
        for dim in ("zone", "item", "period"):
            if dim in ds.dims:
                index = ds.indexes[dim]
                _hold(index.is_unique and index.is_monotonic_increasing, f"{self.name}: {dim} is not unique and sorted")
        return ds


def _hold(condition: bool, message: str) -> None:
    if not condition:
        raise SeamError(message)


_DTYPES: dict[str, str] = {
    "text": "str",
    "number": "float64",
    "integer": "float64",
    "date": "datetime64[s]",
    "period": "datetime64[s]",
    "flag": "bool",
}
