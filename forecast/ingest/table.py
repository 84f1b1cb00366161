"""Tables: CSV or XLSX files, or rows written into the config, as text with canonical column names.

Contract. One header row, then one row per record. Names and cells are stripped of surrounding blanks and otherwise left as they
are: `00123`, `NA` and `NO` survive, an empty cell is "". Blank rows and columns without a name are left out; columns that no
input knows do no harm. The result has one more column, `record`: `file.csv:412` or `file.xlsx[sheet]:12`, where the row starts.

    path: "records/*.csv"      a file or a pattern, relative to the data folder and never outside it; several files are joined
    rows: [{...}, {...}]       instead of path: the rows themselves
    sheet: fleet               of a workbook; absent: its only sheet, or the one named as the input
    delimiter: ";"             absent: comma, semicolon or tab, whichever splits the header
    encoding: cp1252           absent: UTF-8, with or without byte order mark
    columns:                   our name -> where it comes from; what is not named here is looked for under our name
      zone: site_code
      period: {join: [year, month], with: "-"}
      organisation: {constant: MoH}
    assumed: why               the rows are not data: each is listed in assumptions.csv with these words

CSV: quotes and line breaks in quotes are understood; a row shorter or longer than the header is refused. XLSX: dates become ISO
text, whole numbers have no `.0`, formulas give the value last saved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from forecast.config import Code, Section
from forecast.errors import InputError, Problem, did_you_mean
from forecast.ingest import _csv, _files, _xlsx
from forecast.schema import INPUT_TABLES, ZONES, Reading

Scalar = str | bool | int | float | dt.datetime | dt.date | None
Rows = list[tuple[int, list[str]]]
CODES = {column.name for table in (*INPUT_TABLES.values(), ZONES) for column in table.columns if column.kind == "text"}


class Origin(Section):
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


def _as_origin(value: object) -> object:
    return value if isinstance(value, dict | Origin) else {"column": value}


class Settings(Section):
    """The settings of `use: table`; what they mean stands at the top of forecast/ingest/table.py."""

    path: Code | None = None
    rows: tuple[dict[Code, Scalar], ...] | None = None
    sheet: Code | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str = "utf-8-sig"
    columns: dict[Code, Annotated[Origin, BeforeValidator(_as_origin)]] = Field(default_factory=dict)
    assumed: str | None = None

    @model_validator(mode="after")
    def _path_or_rows(self) -> Settings:
        if (self.path is None) == (self.rows is None):
            raise ValueError("give either path (files) or rows (written here)")
        return self


def read(settings: Settings, reading: Reading, name: str) -> pd.DataFrame:
    """The rows as text: our columns, other columns under their own name, and `record`.

    `name` is the input, such as stock. `attrs["origins"]`: our name -> name in the file. Raises InputError with all problems of
    all files.
    """
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    if settings.rows is not None:
        pieces: Sequence[Path | None] = [None]
    else:
        pieces = _files.find(reading.root, settings.path or "", f"{name}.path")
    labels = _labels([path for path in pieces if path], reading.root)
    for path in pieces:
        try:
            label, rows = _inline(settings, name) if path is None else _rows_of(path, labels[path], settings, reading, name)
            lines = pd.array([f"{label}:{line}" for line, _ in rows[1:]], dtype="str")
            frames.append(_mapped(_framed(rows, label), settings, label).assign(record=lines))
            if len(rows) == 1:
                reading.ledger.remarks.append(f"{label} has a header but no rows.")
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    table = pd.concat(frames, ignore_index=True).fillna("")  # a column may be absent from some of the files
    table.attrs["origins"] = {ours: " + ".join(origin.needs) for ours, origin in settings.columns.items() if origin.needs}
    return table


def _rows_of(path: Path, label: str, settings: Settings, reading: Reading, name: str) -> tuple[str, Rows]:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError([Problem(label, f"is no table this program reads ({', '.join(FORMATS)})", "Save it as CSV or XLSX")])
    return FORMATS[suffix](_files.content(path, reading.root, reading.files), label, settings, name)


def _csv_rows(data: bytes, label: str, settings: Settings, name: str) -> tuple[str, Rows]:
    return label, _csv.rows(data, label, settings.delimiter, settings.encoding)


def _xlsx_rows(data: bytes, label: str, settings: Settings, name: str) -> tuple[str, Rows]:
    sheet, rows = _xlsx.rows(data, label, settings.sheet, name)
    return f"{label}[{sheet}]", rows


FORMATS = {".csv": _csv_rows, ".tsv": _csv_rows, ".txt": _csv_rows, ".xlsx": _xlsx_rows, ".xlsm": _xlsx_rows}


def _labels(paths: Sequence[Path], root: Path) -> dict[Path, str]:
    """The name of each file; with its folder only where two share a name."""
    names = [path.name for path in paths]
    return {path: path.name if names.count(path.name) == 1 else path.relative_to(root).as_posix() for path in paths}


def _inline(settings: Settings, name: str) -> tuple[str, Rows]:
    """Rows of the config as if they were lines; a code that YAML did not read as text is refused, it may have lost its shape."""
    label, written = f"{name}.rows", settings.rows or ()
    header = list(dict.fromkeys(key for row in written for key in row))
    problems = [
        Problem(label, f"is how YAML reads this {key}, not as text", "Put it in quotes", line=line, column=key, value=str(value))
        for line, row in enumerate(written, start=1)
        for key, value in row.items()
        if key in CODES and value is not None and not isinstance(value, str)
    ]
    if problems:
        raise InputError(problems)
    if not written:
        raise InputError([Problem(label, "has no rows", f"Write the rows, or leave out {name}")])
    return label, [(0, header), *((line, [_text(row.get(key)) for key in header]) for line, row in enumerate(written, start=1))]


def _text(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else str(value).strip()


def _framed(rows: Rows, label: str) -> pd.DataFrame:
    """Rows -> a table of text; the header may not repeat a name, and each row must be as long as it."""
    if not rows:
        raise InputError([Problem(label, "has no header and no rows", "Export it again, column names in the first line")])
    (header_line, header), body = rows[0], rows[1:]
    problems = [
        Problem(label, "stands twice in the header", "Rename one of the two", line=header_line, value=column)
        for column in dict.fromkeys(header)
        if column and header.count(column) > 1
    ]
    action = "Mend the row; look for a missing or stray delimiter"
    problems += [
        Problem(label, f"has {len(row)} cells where the header has {len(header)}", action, line=line)
        for line, row in body
        if len(row) != len(header)
    ]
    if problems:
        raise InputError(problems)
    columns = zip(*(row for _, row in body), strict=True) if body else [()] * len(header)
    return pd.DataFrame({name: pd.array(cells, dtype="str") for name, cells in zip(header, columns, strict=True) if name})


def _mapped(frame: pd.DataFrame, settings: Settings, label: str) -> pd.DataFrame:
    """Give columns their canonical names; what is not mapped keeps its own."""
    there = list(frame.columns)
    problems = [
        Problem(
            label, "is not a column of this file", f"{did_you_mean(need, there)} Columns: {', '.join(there)}".strip(), value=need
        )
        for need in dict.fromkeys(need for origin in settings.columns.values() for need in origin.needs)
        if need not in there
    ]
    if problems:
        raise InputError(problems)
    return frame.assign(**{ours: _column(frame, origin) for ours, origin in settings.columns.items()})


def _column(frame: pd.DataFrame, origin: Origin) -> pd.Series:
    if origin.constant is not None:
        return pd.Series(origin.constant, index=frame.index, dtype="str")
    first, *others = (frame[name] for name in origin.needs)
    joined, filled = first, first != ""
    for other in others:
        joined, filled = joined + origin.with_ + other, filled | (other != "")
    return joined.where(filled, "")
