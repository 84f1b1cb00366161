"""The rows of one sheet of an XLSX workbook as text, each with its row number, in pieces."""

from __future__ import annotations

import io
import itertools
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from forecast.errors import InputError, Problem, did_you_mean
from forecast.ingest import _sheet
from forecast.ingest._cells import as_cell
from forecast.ingest._grid import MOST_ROWS, Grid, Piece
from forecast.ingest._text import too_large

DAMAGED = (zipfile.BadZipFile, zlib.error, ParseError, EOFError, OSError, RuntimeError)  # raised by what reads the archive
ODD = (LookupError, ValueError, TypeError, AttributeError)  # raised by openpyxl where the archive is whole and the content is not
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how the files of old programs, and locked ones, begin
MOST_BYTES = 160_000_000  # of all parts, unpacked
MOST_SHARED = 60_000_000  # of the texts that cells share, which are kept in memory
MOST_COLUMNS = 1_000  # what stands further to the right is not looked at
MOST_CELLS = 200_000_000  # blank ones between others counted too
PIECE_ROWS = 1_000


def grid(data: bytes, file: str, sheet: str | None, name: str) -> Grid:
    """The sheet named, or the only one that is not hidden, or the one called as the input (`name`).

    Formulas give the value last saved; dates become ISO text; whole numbers lose their `.0`, and numbers are marked as such.
    What merged cells hold stands in each row of the area, marked where it may be a figure. Raises InputError when the workbook
    cannot be read, unpacks to too much, or the sheet is not there.
    """
    _refuse_bomb(data, file)
    with _readable(file):
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        hidden = [page.title for page in book.worksheets if page.sheet_state != "visible"]
        pages = [page.title for page in book.worksheets]
    chosen = _chosen(pages, hidden, file, sheet, name)
    label = f"{file}[{chosen}]"
    with _readable(file):
        page = book[chosen]
        facts = _sheet.facts(data, page._worksheet_path)
        page.reset_dimensions()  # some programs write wrong ones
    said = [*facts.said, *([f"the sheet {chosen} is hidden"] if chosen in hidden else [])]
    return Grid(
        label, _pieces(page, file, facts), said, is_sheet=True, from_1904=book.epoch == CALENDAR_MAC_1904, lost=facts.lost
    )


@contextmanager
def _readable(file: str) -> Iterator[None]:
    """Whatever openpyxl raises within means: the workbook cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles it cannot keep
            yield
    except (*DAMAGED, *ODD) as error:
        action = "Is it protected by a password, cut short, or an old .xls? Save it again as .xlsx or CSV"
        raise InputError([Problem(file, "is no readable XLSX workbook", action)]) from error


def _refuse_bomb(data: bytes, file: str) -> None:
    """Sizes as the archive declares them: no more than these is ever unpacked."""
    if data.startswith(OLD):
        action = "Save it as .xlsx without a password, or as CSV"
        raise InputError([Problem(file, "is an old workbook (.xls), or protected by a password", action)])
    if not data.startswith(b"PK"):
        problem = "is no workbook but another kind of file"
        raise InputError([Problem(file, problem, "If it is text, give it the ending .csv; else save it as .xlsx")])
    with _readable(file), zipfile.ZipFile(io.BytesIO(data)) as archive:
        sizes = {part.filename: part.file_size for part in archive.infolist()}
    if sum(sizes.values()) > MOST_BYTES or sizes.get("xl/sharedStrings.xml", 0) > MOST_SHARED:
        raise too_large(file, f"unpacks to {sum(sizes.values()) / 1e6:,.0f} MB, more than this program takes in")


def _pieces(page: Any, file: str, facts: _sheet.Facts) -> Iterator[Piece]:
    """Rows that hold a value, with their numbers."""
    rows = enumerate(page.iter_rows(values_only=True), start=1)
    cells = 0
    while True:
        with _readable(file):
            values = [(n, row[:MOST_COLUMNS], len(row)) for n, row in itertools.islice(rows, PIECE_ROWS)]
        if not values:
            return
        cells += sum(width for _, _, width in values)
        if values[-1][0] > MOST_ROWS or cells > MOST_CELLS:
            raise too_large(file, f"spreads over more than {MOST_ROWS:,} rows or {MOST_CELLS:,} cells")
        some = [(n, [as_cell(value) for value in row]) for n, row, _ in values]
        facts.fill(some)
        whole = [(n, row) for n, row in some if any(row)]
        yield [n for n, _ in whole], [row for _, row in whole]


def _chosen(sheets: list[str], hidden: list[str], file: str, sheet: str | None, name: str) -> str:
    shown = [title for title in sheets if title not in hidden]
    known = f"Sheets: {', '.join(f'{title} (hidden)' if title in hidden else title for title in sheets)}"
    if sheet in sheets:
        return str(sheet)
    if sheet is not None:
        action = f"{did_you_mean(sheet, sheets)} {known}".strip()
        raise InputError([Problem(file, "is no sheet of this workbook", action, value=sheet)])
    if name in hidden:
        raise InputError([Problem(file, f"has a sheet {name}, but it is hidden", f"Say which with sheet:. {known}")])
    if name in shown:
        return name
    if len(shown) == 1:
        return shown[0]
    problem = f"has {len(shown)} sheets and none is called {name}" if shown else "has no sheet that is not hidden"
    raise InputError([Problem(file, problem, f"Say which with sheet:. {known}")])
