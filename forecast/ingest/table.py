"""Tables: CSV, XLSX or Parquet files, or rows written into the config, as text with canonical column names.

Contract. A header, then one row per record. Names and cells are stripped of surrounding blanks; codes are otherwise left as
they are: `00123`, `NA` and `NO` survive, an empty cell is "". Blank rows and columns without a name are left out; columns that
no input knows do no harm. The result has one more column, `record`: `file.csv:412` or `file.xlsx[sheet]:12`, where the row is.
Numbers come out in plain digits, dates in ISO. What a file does in its own way is read where it is certain, said in one remark
per file, and refused where it may be read in two ways, until a setting says which. tests/habits has a file for each habit.

    path: "records/*.csv"      a file or a pattern, relative to the data folder and never outside it; several files are joined,
                               two that are alike to the byte are refused (.csv .tsv .txt, also as .gz; .xlsx .xlsm; .parquet)
    rows: [{...}, {...}]       instead of path: the rows themselves
    sheet: fleet               of a workbook; absent: its only sheet, or the one named as the input; a hidden one only when named
    delimiter: ";"             absent: comma, semicolon, tab or bar, whichever splits the first lines alike
    encoding: cp850            absent: by the byte order mark, else UTF-8, else cp1252 when all text looks Western European
    header: 2                  rows of the header, joined by a blank; absent: 1, or 2 where only two hold the names asked for;
                               0: no header, the columns are called "1", "2" and so on
    columns:                   our name -> where it comes from; what is not named here is looked for under our name
      zone: site_code          a name, or a hashtag such as "#adm2+code"
      period: {join: [year, month], with: "-"}
      organisation: {constant: MoH}
      distributed: {column: water_m3_per_day, times: 1000, per: day}    x 1000, and x the days of the period
    wide: {item: {Food: food, Water: water}, value: distributed}    one column per item: a row for each filled cell
    rename: {zone: {"Ceel Afweyn": SO1502}}    values as written -> our codes; counted in a remark
    only: {Status: [Open, Planned]}    rows with one of these values in a column of the file; the others are counted in a remark
    once: true                 only our columns, each different row once: zones or lanes from a file of records
    decimal: ","               the decimal mark (or thousands: "."); absent: recognised where certain, see _numbers.py
    dates: day_first           or month_first, excel (day numbers); absent: 01/02/2026 is refused, see _dates.py
    epi_weeks: SUN             2026-W07, 202607, "Week 7 2026" are epidemiological weeks from that day on; absent: ISO weeks only
    weeks: iso_cut_at_new_year  periods are numbers such as 201600, the week round the New Year in two parts: see _weeks.py
    delay_days: 7              rows without known_on are known this many days after their date
    assumed: why               the rows are not data: each is listed in assumptions.csv with these words

CSV: quotes and line breaks in quotes are understood; a row shorter or longer than the header is refused. XLSX: formulas give
the value last saved, or are refused by cell; merged text, codes and dates stand for each of their rows; hidden rows and columns
are read. HXL hashtags in a row tell the columns that have no name of ours. A title above the header, notes under the table and
totals are left out; notes and totals are listed in problems.csv. More rows than a sheet holds (1,048,576), or 250 MB of text
(160 MB for a workbook), are refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pydantic import Field, model_validator

from forecast.config import Code
from forecast.errors import InputError, Problem
from forecast.ingest import _csv, _files, _grid, _parquet, _text, _xlsx
from forecast.ingest._cells import as_cell
from forecast.ingest._grid import Body, Grid
from forecast.ingest._ours import Habits, Part, looked_for, ours, together
from forecast.ingest._text import too_large
from forecast.schema import INPUT_TABLES, ZONES, Reading

Scalar = str | bool | int | float | dt.datetime | dt.date | None
CODES = {column.name for table in (*INPUT_TABLES.values(), ZONES) for column in table.columns if column.kind == "text"}
TEXTS = (".csv", ".tsv", ".txt")
BOOKS = (".xlsx", ".xlsm")
FORMATS = (*TEXTS, *BOOKS, ".parquet")


class Settings(Habits):
    """The settings of `use: table`; what they mean stands at the top of forecast/ingest/table.py."""

    path: Code | None = None
    rows: tuple[dict[Code, Scalar], ...] | None = None
    sheet: Code | None = None
    header: int | None = Field(default=None, ge=0, le=3)
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None

    @model_validator(mode="after")
    def _path_or_rows(self) -> Settings:
        if (self.path is None) == (self.rows is None):
            raise ValueError("give either path (files) or rows (written here)")
        return self


def read(settings: Settings, reading: Reading, name: str) -> pd.DataFrame:
    """The rows as text: our columns, other columns under their own name, and `record`.

    `name` is the input, such as stock. `attrs["origins"]`: our name -> name in the file; `attrs["delay_days"]` where it is set.
    Raises InputError with all problems of all files.
    """
    parts: list[Part] = []
    problems: list[Problem] = []
    if settings.rows is not None:
        pieces: Sequence[Path | None] = [None]
    else:
        pieces = _files.find(reading.root, settings.path or "", f"{name}.path")
    labels = _labels([path for path in pieces if path], reading.root)
    twins: dict[str, str] = {}
    for path in pieces:
        try:
            body = _inline(settings, name) if path is None else _body(path, labels[path], settings, reading, name)
            parts.append(ours(body, settings, reading, name))
            if parts[-1].frame.empty:
                reading.ledger.remarks.append(f"{body.label} has a header but no rows.")
            elif path is not None:
                _files.refuse_twin(path, reading.root, reading.files, twins)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    if sum(len(part.frame) for part in parts) > _grid.MOST_ROWS:
        raise too_large(f"{name}.path", f"gives more than {_grid.MOST_ROWS:,} rows, all files together")
    return together(parts, settings)


def _body(path: Path, label: str, settings: Settings, reading: Reading, name: str) -> Body:
    suffix = path.with_suffix("").suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if suffix not in FORMATS or (suffix not in TEXTS and path.suffix.lower() == ".gz"):
        known = f"{', '.join(FORMATS)}; text also as .gz"
        raise InputError([Problem(label, f"is no table this program reads ({known})", "Save it as CSV or XLSX")])
    data = _files.content(path, reading.root, reading.files)
    if suffix == ".parquet":
        return _parquet.body(data, label)
    grid = _xlsx.grid(data, label, settings.sheet, name) if suffix in BOOKS else _csv_grid(data, label, settings)
    return _grid.body(grid, looked_for(settings, name), settings.header)


def _csv_grid(data: bytes, label: str, settings: Settings) -> Grid:
    text, said = _text.opened(data, label, settings.encoding)
    delimiter = settings.delimiter or _csv.sniffed(text)
    return Grid(label, _csv.pieces(text, label, delimiter), said)


def _labels(paths: Sequence[Path], root: Path) -> dict[Path, str]:
    """The name of each file; with its folder only where two share a name."""
    names = [path.name for path in paths]
    return {path: path.name if names.count(path.name) == 1 else path.relative_to(root).as_posix() for path in paths}


def _inline(settings: Settings, name: str) -> Body:
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
    columns = {key: pd.array([as_cell(row.get(key)) for row in written], dtype="str") for key in header}
    records = pd.array([f"{label}:{line}" for line in range(1, len(written) + 1)], dtype="str")
    return Body(label, pd.DataFrame(columns).assign(record=records), {}, [], [])
