"""Rows of cells -> a table of text: names from the header, one column each, in memory as compact as Arrow keeps text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecast.errors import InputError, Problem
from forecast.ingest._cells import NUMERIC
from forecast.ingest._layout import Header, Looked, find_header
from forecast.ingest._notes import LOOKED_AT, notes_under
from forecast.ingest._sheet import place
from forecast.ingest._text import too_large

Row = tuple[int, list[str]]
Piece = tuple[list[int], list[list[str]]]
FIRST = 40  # rows in which the header is looked for
TEXT = pd.StringDtype(na_value=np.nan)
MOST_ODD = 1_000  # rows of another length, of which one or two may be notes under the table
MOST_ROWS = 1_048_576  # as many as a sheet holds; with all columns of records typed, about 600 MB of memory


@dataclass
class Grid:
    """The rows of one file or sheet, not yet a table; `is_sheet`: short rows only have cells that nobody wrote."""

    label: str
    pieces: Iterator[Piece]
    said: list[str]
    is_sheet: bool = False
    from_1904: bool = False
    """Its plain day numbers count from 1904, as on old Macintoshes."""
    lost: dict[str, str] = field(default_factory=dict)
    """Cells of a sheet whose formula has no saved value: `C5` -> formula."""


@dataclass
class Body:
    """A table of text under the names of the file: `record` says where each row stands; `tags`: name -> HXL hashtag."""

    label: str
    frame: pd.DataFrame
    tags: dict[str, str]
    said: list[str]
    left_out: list[Problem]
    from_1904: bool = False


def body(grid: Grid, looked: Looked, header: int | None) -> Body:
    """Read all rows. Raises InputError naming every row that is not as long as the header, or when there are too many rows."""
    first = next((piece for piece in grid.pieces if piece[0]), ([], []))
    top = [
        (line, [cell.strip().replace(NUMERIC, "") for cell in row])
        for line, row in zip(first[0][:FIRST], first[1][:FIRST], strict=True)
    ]
    top = [(line, row) for line, row in top if any(row)]
    if not top:
        raise InputError([Problem(grid.label, "has no header and no rows", "Export it again, column names in the first line")])
    head = find_header(top, looked, header)
    grid.said += head.said
    _refuse_twice(head, grid)
    _refuse_lost(head, grid)
    builder = _Builder(grid, head)
    builder.add(*_after(first, head.last_line))
    for lines, rows in grid.pieces:
        builder.add(lines, rows)
    return builder.built()


def _after(piece: Piece, line: int) -> Piece:
    lines, rows = piece
    start = next((n for n, at in enumerate(lines) if at > line), len(lines))
    return lines[start:], rows[start:]


def _refuse_twice(head: Header, grid: Grid) -> None:
    problems = [
        Problem(grid.label, "stands twice in the header", "Rename one of the two", line=head.line, value=name)
        for name in dict.fromkeys(head.names)
        if name and head.names.count(name) > 1
    ]
    if problems:
        raise InputError(problems)


def _refuse_lost(head: Header, grid: Grid) -> None:
    """Refuse cells of the table whose formula was never computed: nobody knows their value."""
    action = "Open the file in a spreadsheet program and save it, or paste the values"
    problems = [
        Problem(grid.label, "is a formula without a saved value", action, line=row, column=head.names[at], value=f"={formula}")
        for cell, formula in grid.lost.items()
        for row, at in [place(cell)]
        if row > head.last_line and at < len(head.names) and head.names[at]
    ]
    if problems:
        raise InputError(problems)


class _Builder:
    """Rows gathered into columns, piece by piece; rows of another length are kept apart."""

    def __init__(self, grid: Grid, head: Header) -> None:
        self.grid, self.head = grid, head
        self.named = [(n, name) for n, name in enumerate(head.names) if name]
        self.width = self.named[-1][0] + 1 if grid.is_sheet and self.named else len(head.names)
        self.lines: list[pa.Array] = []
        self.columns: list[list[pa.Array]] = [[] for _ in self.named]
        self.odd: list[Row] = []
        self.count = 0

    def add(self, lines: list[int], rows: list[list[str]]) -> None:
        width = self.width
        if self.grid.is_sheet:
            blank = [""] * width
            rows = [row if len(row) == width else (row + blank)[:width] for row in rows]
        elif set(map(len, rows)) - {width}:
            numbered = [(line, _without_blank_end(row, width)) for line, row in zip(lines, rows, strict=True)]
            self.odd += [(line, row) for line, row in numbered if len(row) != width and any(map(str.strip, row))]
            if len(self.odd) > MOST_ODD:
                self._refuse_odd(self.odd)
            lines = [line for line, row in numbered if len(row) == width]
            rows = [row for _, row in numbered if len(row) == width]
        self.count += len(rows)
        if self.count > MOST_ROWS:
            raise too_large(self.grid.label, f"has more than {MOST_ROWS:,} rows")
        if not rows:
            return
        cells = list(zip(*rows, strict=True))
        columns = [pc.utf8_trim_whitespace(pa.array(column, pa.large_string())) for column in cells]
        filled = _filled(columns)
        self.lines.append(pa.array(lines, pa.int64()).filter(filled))
        for store, (n, _) in zip(self.columns, self.named, strict=True):
            store.append(columns[n].filter(filled))

    def built(self) -> Body:
        label = self.grid.label
        lines = pa.chunked_array(self.lines, pa.int64())
        columns = [pa.chunked_array(parts, pa.large_string()) for parts in self.columns]
        notes = notes_under(self._tail(lines, columns), label)
        left_out = {note.line for note in notes if note.line}
        self._refuse_odd([row for row in self.odd if row[0] not in left_out])
        if left_out:
            kept = pc.invert(pc.is_in(lines, pa.array(sorted(left_out), pa.int64())))
            lines, columns = lines.filter(kept), [column.filter(kept) for column in columns]
        frame = pd.DataFrame({name: as_text(column) for (_, name), column in zip(self.named, columns, strict=True)})
        frame = frame.assign(record=as_text(records(label, lines)))
        return Body(label, frame, self.head.tags, self.grid.said, notes, self.grid.from_1904)

    def _tail(self, lines: pa.ChunkedArray, columns: list[pa.ChunkedArray]) -> list[Row]:
        """The last rows, those of another length among them, after the line of the header."""
        last = max(0, len(lines) - LOOKED_AT)
        cells = zip(*(column.slice(last).to_pylist() for column in columns), strict=True)
        whole = zip(lines.slice(last).to_pylist(), map(list, cells), strict=True)
        return [(self.head.last_line, []), *sorted([*whole, *self.odd])][-LOOKED_AT:]

    def _refuse_odd(self, odd: Iterable[Row]) -> None:
        action = "Mend the row; look for a missing or stray delimiter"
        problems = [
            Problem(self.grid.label, f"has {len(row)} cells where the header has {self.width}", action, line=line)
            for line, row in odd
        ]
        if problems:
            raise InputError(problems)


def _without_blank_end(row: list[str], width: int) -> list[str]:
    """A row without the blank cells that stand beyond the header."""
    return row[:width] if len(row) > width and not any(map(str.strip, row[width:])) else row


def _filled(columns: list[pa.Array]) -> pa.Array:
    """(row) whether any cell is filled."""
    filled = pc.not_equal(columns[0], "")
    for column in columns[1:]:
        filled = pc.or_(filled, pc.not_equal(column, ""))
    return filled


def records(label: str, lines: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where each row stands: `file.csv:412`."""
    before, after = (pa.scalar(text, pa.large_string()) for text in (f"{label}:", ""))
    return pc.binary_join_element_wise(before, lines.cast(pa.large_string()), after)


def as_text(column: pa.ChunkedArray) -> pd.Series:
    """An Arrow column of text as pandas keeps text, without a copy."""
    return pd.Series(pd.arrays.ArrowStringArray(column, dtype=TEXT))  # type: ignore[call-arg]
