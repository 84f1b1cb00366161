"""The rows of one sheet of an XLSX workbook as text, each with its row number."""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
import zlib
from xml.etree.ElementTree import ParseError

import openpyxl

from forecast.errors import InputError, Problem, did_you_mean

DAMAGED = (zipfile.BadZipFile, zlib.error, ParseError, EOFError, OSError, RuntimeError)  # raised by what reads the archive
ODD = (LookupError, ValueError, TypeError, AttributeError)  # raised by openpyxl where the archive is whole and the content is not


def rows(data: bytes, file: str, sheet: str | None, name: str) -> tuple[str, list[tuple[int, list[str]]]]:
    """The sheet's name and its rows with their number, the header first; blank rows are left out.

    All rows are as long as the header. `sheet` absent: the only sheet, or the one named as the input. Formulas give the value
    last saved; dates become ISO text and whole numbers lose their `.0`. Raises InputError when the workbook cannot be read or the
    sheet is not there.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles it cannot keep
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            chosen = _chosen(book.sheetnames, file, sheet, name)
            page = book[chosen]
            page.reset_dimensions()  # some programs write wrong ones
            cells = [(n, [_text(value) for value in row]) for n, row in enumerate(page.iter_rows(values_only=True), start=1)]
    except (*DAMAGED, *ODD) as error:
        action = "Is it protected by a password, cut short, or an old .xls? Save it again as .xlsx or CSV"
        raise InputError([Problem(file, "is no readable XLSX workbook", action)]) from error
    return chosen, _padded([(line, row) for line, row in cells if any(row)])


def _chosen(sheets: list[str], file: str, sheet: str | None, name: str) -> str:
    wanted = sheet if sheet is not None else name
    if wanted in sheets:
        return wanted
    if sheet is None and len(sheets) == 1:
        return sheets[0]
    known = f"Sheets: {', '.join(sheets)}"
    if sheet is None:
        problem = f"has {len(sheets)} sheets and none is called {name}"
        raise InputError([Problem(file, problem, f"Say which with sheet:. {known}")])
    action = f"{did_you_mean(sheet, sheets)} {known}".strip()
    raise InputError([Problem(file, "is no sheet of this workbook", action, value=sheet)])


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return (value.date() if value.time() == dt.time() else value).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value).strip()


def _padded(found: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """All rows as wide as the header: a sheet has no short rows, only cells nobody wrote; notes beside the table are left out."""
    if not found:
        return []
    header = found[0][1]
    width = max(n for n, cell in enumerate(header, start=1) if cell)
    rows = [(line, [*row, *[""] * (width - len(row))][:width]) for line, row in found]
    return [(line, row) for line, row in rows if any(row)]
