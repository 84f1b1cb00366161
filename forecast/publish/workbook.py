"""allocation.xlsx: the tables as a workbook that opens ready to filter and print; text in it can never become a formula."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from forecast.publish import _frames
from forecast.publish._glossary import ALL_SHEETS, COLUMNS
from forecast.publish._periods import plan_of
from forecast.schema import Plan, Result, Stamp
from forecast.text_page import CONTROL, cell

MOST_ROWS = 50_000  # of a sheet: more no spreadsheet opens with ease; the rest is in the CSV
_HEAD = PatternFill("solid", fgColor="14364F")
_DRAFT = Font(bold=True, color="7B1E1E", size=14)
_FORMATS = {"coverage": "0%", "shortage_risk": "0%", "break_risk": "0%", "line": "0", "m3": "#,##0.00"}
_WHOLE, _BROKEN, _DATE, _TEXT = "#,##0", "#,##0.0", "yyyy-mm-dd", "@"
_WIDTHS = {"reason": 44, "problem": 44, "action": 52, "source": 40, "zone_name": 22, "figure": 26, "applies_to": 26, "run": 26}
_TAB = {"DRAFT": "7B1E1E", "STALE": "C0593B"}
_A4 = 9
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # the same content, the same bytes


def write(folder: Path, result: Result) -> None:
    """Write allocation.xlsx; without a plan there is nothing to allocate and no file."""
    plan = plan_of(result)
    if plan is None:
        return
    book = Workbook(write_only=True)
    tables = _tables(result, plan)
    for name, table in tables.items():
        _sheet(book.create_sheet(name), table, result.stamp)
    _about(book.create_sheet("About"), result, tables)
    book.properties.creator = CONTROL.sub(" ", result.producer) or "forecast"
    book.properties.title = CONTROL.sub(" ", f"{result.title}, {result.stamp.status}")
    content = io.BytesIO()
    book.save(content)
    (folder / "allocation.xlsx").write_bytes(_same_bytes(content.getvalue(), result.stamp.issue_date))


def _tables(result: Result, plan: Plan) -> dict[str, pd.DataFrame]:
    """The sheets; what is the same in every row stands in About instead, but for the run and status of each line to load."""
    dates, stamp = ["issue_date", "data_until"], result.stamp
    moved = {"Transfers": _frames.transfers(plan, stamp).drop(columns=dates)} if len(plan.transfers) else {}
    return {
        "Allocation": _frames.allocation(plan, stamp).drop(columns=dates),
        **moved,
        "Coverage": _frames.coverage(plan, stamp).drop(columns=["run", "status", *dates]),
        "Pipeline": _frames.pipeline(plan, stamp).drop(columns=["run", "status", *dates]),
        "Assumptions": _frames.assumptions(result).drop(columns=["run", "status", *dates]),
        "Problems": _frames.problems(result).drop(columns=["run", "status", *dates]),
    }


def _sheet(sheet: WriteOnlyWorksheet, table: pd.DataFrame, stamp: Stamp) -> None:
    """A table with a frozen header, filters and column widths; status and dates stand in head and foot of the print."""
    shown = table.head(MOST_ROWS)
    for n, name in enumerate(shown.columns, start=1):
        sheet.column_dimensions[get_column_letter(n)].width = _WIDTHS.get(name, max(11, len(name) + 3))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(shown.columns))}{len(shown) + 1}"
    sheet.sheet_properties.tabColor = _TAB.get(stamp.status)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _A4
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    sheet.print_title_rows = "1:1"
    sheet.oddHeader.center.text = f"{stamp.status} - issued {stamp.issue_date.date()}, data until {stamp.data_until.date()}"
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = stamp.run.replace("&", "&&"), "&P / &N"
    sheet.append([_styled(sheet, name, _TEXT, Font(bold=True, color="FFFFFF"), _HEAD) for name in shown.columns])
    columns = [_column(sheet, shown[name]) for name in shown.columns]
    for row in zip(*columns, strict=True):
        sheet.append(row)


def _column(sheet: WriteOnlyWorksheet, values: pd.Series) -> Iterable[WriteOnlyCell | None]:
    """The cells of one column; unknown figures stay empty."""
    if pd.api.types.is_datetime64_any_dtype(values):
        days = [None if pd.isna(day) else day.to_pydatetime() for day in values]
        return _alike(sheet, days, _DATE)
    if pd.api.types.is_numeric_dtype(values):
        numbers = [None if math.isnan(number) else number for number in values.astype(float)]
        whole = all(number is None or number == round(number) for number in numbers)
        return _alike(sheet, numbers, _FORMATS.get(str(values.name), _WHOLE if whole else _BROKEN))
    return (_text(sheet, str(text)) for text in values)


def _alike(sheet: WriteOnlyWorksheet, values: Iterable[object], form: str) -> Iterable[WriteOnlyCell | None]:
    """Cells that share one format: worked out once, since asking for it again for each cell takes most of the time."""
    style = _styled(sheet, None, form)._style
    for value in values:
        made = None if value is None else WriteOnlyCell(sheet, value=value)
        if made is not None:
            made._style = style
        yield made


def _text(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell | None:
    """A cell that is text whatever it looks like."""
    if not text:
        return None
    made = WriteOnlyCell(sheet, value=text)
    made.data_type = "s"
    return made


def _styled(
    sheet: WriteOnlyWorksheet, value: object, form: str, font: Font | None = None, fill: PatternFill | None = None
) -> WriteOnlyCell:
    made = WriteOnlyCell(sheet, value=value)
    made.number_format = form
    if font:
        made.font = font
    if fill:
        made.fill = fill
    return made


def _about(sheet: WriteOnlyWorksheet, result: Result, tables: dict[str, pd.DataFrame]) -> None:
    """What this is, as of when, and what the columns mean."""
    stamp = result.stamp
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width, sheet.column_dimensions["C"].width = 16, 26, 90
    sheet.append([_styled(sheet, stamp.status, _TEXT, _DRAFT)])
    facts = {
        "title": result.title,
        "issue date": str(stamp.issue_date.date()),
        "data until": str(stamp.data_until.date()),
        "status": stamp.status,
        "run": stamp.run,
        "scenario": stamp.scenario,
        **{f"read this first{f' ({n})' if n > 1 else ''}": note for n, note in enumerate(result.notes, start=1)},
        "producer": result.producer,
        "disclaimer": result.disclaimer,
    }
    cut = {
        f"{name} cut": f"the first {MOST_ROWS:,} of {len(table):,} rows; all are in the CSV"
        for name, table in tables.items()
        if len(table) > MOST_ROWS
    }
    for name, words in {**facts, **cut}.items():
        sheet.append([_styled(sheet, name, _TEXT, Font(bold=True)), _text(sheet, cell(words))])
    sheet.append([])
    sheet.append([_styled(sheet, name, _TEXT, Font(bold=True, color="FFFFFF"), _HEAD) for name in ("sheet", "column", "meaning")])
    for name, columns in ((name, columns) for name, columns in COLUMNS.items() if name in tables or name == ALL_SHEETS):
        for column, meaning in columns.items():
            wrapped = _styled(sheet, meaning, _TEXT)
            wrapped.alignment = Alignment(wrap_text=True, vertical="top")
            sheet.append([_text(sheet, name), _text(sheet, column), wrapped])


def _same_bytes(content: bytes, issue_date: pd.Timestamp) -> bytes:
    """Repack the workbook with the issue date in place of the clock: the library writes the time of saving into it."""
    day = f"{issue_date.date()}T00:00:00Z".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            body = source.read(entry)
            if entry.filename == "docProps/core.xml":
                body = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + day, body)
            fixed = zipfile.ZipInfo(entry.filename, _ZIP_DAY)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(fixed, body)
    return packed.getvalue()
