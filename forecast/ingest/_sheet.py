"""What a sheet holds besides values: merged areas, hidden rows and columns, filters, formulas without a saved value."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from dataclasses import dataclass, field

from openpyxl.utils.cell import coordinate_to_tuple, get_column_letter, range_boundaries

from forecast.errors import few
from forecast.ingest._cells import ABOVE

MOST = 20_000  # merged areas, columns, lost formulas that are kept in mind
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*?hidden="(?:1|true)"')
COLUMN = re.compile(rb"<(?:\w+:)?col\s[^>]*?/?>")
FORMULA = re.compile(
    rb'<(?:\w+:)?c\s([^>]*?r="([A-Z]+[0-9]+)"[^>]*)>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>([^<]*)</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
LETTER = re.compile(r"[^\W\d_]")


@dataclass
class Facts:
    """`down`: column (from 0) -> merged areas (first row, last row) of several rows; `lost`: cell -> formula without a value."""

    down: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    held: dict[tuple[int, int], str] = field(default_factory=dict)

    def fill(self, rows: list[tuple[int, list[str]]]) -> None:
        """Write the text of a merged area into each of its rows; what may be a figure is marked: none is counted twice."""
        at = dict(rows)
        for column, areas in self.down.items():
            for first, last in areas:
                if first in at and (text := "".join(at[first][column : column + 1])):
                    self.held[column, first] = text if LETTER.search(text) else text + ABOVE
                held = self.held.get((column, first))
                for n in range(max(first + 1, rows[0][0]), min(last, rows[-1][0]) + 1) if held else ():
                    row = at[n]
                    row += [""] * (column + 1 - len(row))
                    row[column] = row[column] or str(held)


def facts(data: bytes, part: str) -> Facts:
    """Look through the XML of one sheet of a workbook (`part`: its path in the archive, of bounded size)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read(part.lstrip("/"))
    found = Facts()
    _merged(xml, found)
    columns = [dict(ATTRIBUTE.findall(tag)) for tag in itertools.islice(COLUMN.findall(xml), MOST)]
    hidden = [_letters(column) for column in columns if column.get(b"hidden") in (b"1", b"true")]
    rows = sum(1 for _ in HIDDEN_ROW.finditer(xml))
    if rows:
        filtered = " by a filter" if b"autoFilter" in xml else ""
        found.said.append(f"{rows:,} {'row' if rows == 1 else 'rows'} hidden{filtered}, read like the others")
    if hidden:
        found.said.append(f"hidden columns read like the others ({few(hidden)})")
    if b"<f" in xml or b":f" in xml:
        never_saved = (match for match in FORMULA.finditer(xml) if b't="str"' not in match[1])
        for match in itertools.islice(never_saved, MOST):
            found.lost[match[2].decode()] = (match[3] or b"").decode(errors="replace")
    return found


def _merged(xml: bytes, found: Facts) -> None:
    areas = []
    for match in itertools.islice(MERGED.finditer(xml), MOST):
        area = match[1].decode()
        left, top, _, bottom = range_boundaries(area)
        if bottom > top:
            found.down.setdefault(left - 1, []).append((top, bottom))
            areas.append(area)
    if areas:
        found.said.append(f"text, codes and dates of merged cells stand for each of their rows ({few(areas)})")


def _letters(column: dict[bytes, bytes]) -> str:
    first, last = int(column.get(b"min", b"1")), int(column.get(b"max", b"1"))
    return get_column_letter(first) if first == last else f"{get_column_letter(first)}-{get_column_letter(min(last, 16384))}"


def place(cell: str) -> tuple[int, int]:
    """`C5` -> row 5, column 2 (from 0)."""
    row, column = coordinate_to_tuple(cell)
    return row, column - 1
