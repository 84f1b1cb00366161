"""The files of a folder as far as they can be read: tables with the settings that reading them takes, layers of shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import openpyxl
import pandas as pd

from forecast import geo, plugins
from forecast.draft.names import MONTHS, YEARS, plain
from forecast.errors import ForecastError, InputError
from forecast.schema import Ledger, Reading

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet")
SHAPES = (".gpkg", ".geojson", ".shp")
RASTERS = (".tif", ".tiff", ".nc")
PARTS = (".dbf", ".shx", ".prj", ".cpg", ".qix")  # of a Shapefile
SETTINGS = (".yaml", ".yml", ".md")  # configs and guides: ours
WAYS: tuple[dict[str, str], ...] = ({}, {"encoding": "cp1252"}, {"decimal": "."})  # how else a table may be read, in turn


@dataclass(frozen=True)
class File:
    """One table or layer, or several of one shape: `path` as the config names it, `settings` it takes, its cells as text.

    `joined`: two headers, year and month, that stand in `frame` as one column too, named `year + month`.
    """

    path: str
    frame: pd.DataFrame
    settings: dict[str, str] = field(default_factory=dict)
    is_layer: bool = False
    joined: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        return [str(name) for name in self.frame.columns if name not in ("record", "geometry")]

    @property
    def label(self) -> str:
        return f"{self.path}[{self.settings['sheet']}]" if "sheet" in self.settings else self.path


def look_into(folder: Path) -> tuple[list[File], dict[str, str]]:
    """Every file below `folder` (not in `runs`), sorted: what could be read, and name -> why not."""
    found: list[File] = []
    not_read: dict[str, str] = {}
    rasters: dict[str, int] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        suffix = path.with_suffix("").suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
        if name.startswith((".", "runs/")) or "/." in name or suffix in (*PARTS, *SETTINGS):
            continue
        if suffix in RASTERS:
            pattern = re.sub(r"[0-9][0-9_-]*", "*", name)
            rasters[pattern] = rasters.get(pattern, 0) + 1
        elif suffix in TABLES or suffix in SHAPES:
            try:
                found += list(_tables(path, name, folder) if suffix in TABLES else _layers(path, name, folder))
            except ForecastError as error:
                not_read[name] = " ".join(str(error).split())[:200]
        else:
            not_read[name] = f"{suffix or 'no ending'}: no kind of file this program reads"
    for pattern, count in rasters.items():
        why = "a raster says nothing of what it shows; add it under signals: or inputs.population:, see demo/config.yaml"
        not_read[f"{pattern} ({count})" if count > 1 else pattern] = why
    return _joined(found), not_read


def _tables(path: Path, name: str, folder: Path) -> Iterator[File]:
    sheets = _sheets(path) if path.suffix.lower() in (".xlsx", ".xlsm") else []
    for sheet in sheets if len(sheets) > 1 else [None]:
        yield _table(name, folder, {} if sheet is None else {"sheet": sheet})


def _sheets(path: Path) -> list[str]:
    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except Exception:  # whatever is wrong with it, reading it as a table says so in words
        return []
    return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]


def _table(name: str, folder: Path, fixed: dict[str, str]) -> File:
    """The table, read in the first way that works; the settings it took stand in the draft."""
    source = plugins.load("ingest", "table", "init")
    refusal: InputError | None = None
    for way in WAYS:
        settings = {**fixed, **way}
        try:
            frame = source.read(source.Settings.model_validate({"path": name, **settings}), _reading(folder), "init")
            return _with_months(File(name, frame, settings))
        except InputError as error:
            refusal = refusal or error
    assert refusal is not None  # noqa: S101 (the loop ran)
    raise refusal


def _with_months(file: File) -> File:
    """Year and month in columns of their own, as one more column."""
    year = next((header for header in file.columns if plain(header) in YEARS.split()), None)
    month = next((header for header in file.columns if plain(header) in MONTHS.split()), None)
    if year is None or month is None or not file.frame[month].str.fullmatch("[0-9]{1,2}|").all():
        return file
    together = file.frame[year] + "-" + file.frame[month].str.zfill(2)
    return replace(file, frame=file.frame.assign(**{f"{year} + {month}": together}), joined=(year, month))


def _layers(path: Path, name: str, folder: Path) -> Iterator[File]:
    layers = geo.read_layers(path, folder)
    for layer, frame in layers.items():
        yield File(name, frame, {"layer": layer} if len(layers) > 1 else {}, is_layer=True)


def _reading(folder: Path) -> Reading:
    never = pd.Timestamp("2100-01-01")  # nothing is typed here, so no date is compared
    return Reading(root=folder, issue_date=never, today=never, period="W", zones=None, ledger=Ledger(), files={})


def _joined(files: list[File]) -> list[File]:
    """Files of one shape whose names differ by digits only become one, named by a pattern."""
    groups: dict[tuple[str, tuple[str, ...], str], list[File]] = {}
    for file in files:
        pattern = re.sub(r"[0-9][0-9_-]*", "*", file.path)
        groups.setdefault((pattern, tuple(file.columns), str(file.settings)), []).append(file)
    return [
        alike[0]
        if len(alike) == 1 or alike[0].is_layer
        else replace(alike[0], path=pattern, frame=pd.concat([file.frame for file in alike], ignore_index=True))
        for (pattern, _, _), alike in groups.items()
    ]
