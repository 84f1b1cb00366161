"""The rows of a CSV file as text, each with the line it starts on, in pieces."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from forecast.convert import DOUBTFUL
from forecast.errors import InputError, Problem
from forecast.ingest._cells import NUMERIC
from forecast.ingest._grid import Piece

DELIMITERS = ",;\t|"
PIECE_ROWS = 20_000
MOST_CHARACTERS = 1_000_000  # of a line
START = 100_000  # characters that show the delimiter


def pieces(text: TextIO, file: str, delimiter: str) -> Iterator[Piece]:
    """Rows with their line numbers; blank lines are left out. Quotes and line breaks in quotes as in RFC 4180.

    Raises InputError when a quote stays open.
    """
    reader = csv.reader(_lines_of(text, file), delimiter=delimiter, strict=True)
    line = 1
    while True:
        rows: list[list[str]] = []
        try:
            rows.extend(itertools.islice(reader, PIECE_ROWS))
        except csv.Error as error:
            problem = f"has a quote that does not end as it should ({error})"
            if "field larger" in str(error):
                problem = "has a cell of more than 131,072 characters"
            raise InputError([Problem(file, problem, "Mend the quotes", line=_end(line, rows))]) from error
        if not rows:
            return
        lines = _lines(rows, line, reader.line_num)
        line = reader.line_num + 1
        yield [n for n, row in zip(lines, rows, strict=True) if row], [row for row in rows if row]


def _lines_of(text: TextIO, file: str) -> Iterator[str]:
    """The lines of a text; refused: one that would fill the memory, and the characters with which this program marks cells."""
    for number in itertools.count(1):
        line = text.readline(MOST_CHARACTERS + 1)
        if not line:
            return
        if len(line) > MOST_CHARACTERS:
            problem = f"is a line of more than {MOST_CHARACTERS:,} characters"
            raise InputError([Problem(file, problem, "See whether the file is a table", line=number)])
        if NUMERIC in line or DOUBTFUL in line:
            raise InputError([Problem(file, "holds a character of private use", "Delete it, or set encoding:", line=number)])
        yield line


def _lines(rows: list[list[str]], first: int, last: int) -> range | list[int]:
    """The line each row starts on: one after the other, unless there are line breaks in quotes."""
    if last - first + 1 == len(rows):
        return range(first, last + 1)
    starts = [first]
    for row in rows[:-1]:
        starts.append(starts[-1] + _height(row))
    return starts


def _end(first: int, rows: list[list[str]]) -> int:
    """The line after these rows."""
    return first + sum(_height(row) for row in rows)


def _height(row: list[str]) -> int:
    return 1 + sum(cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in row)


def sniffed(text: TextIO) -> str:
    """The delimiter by which most of the first lines are equally wide, then the one that makes them widest; else a comma.

    The reader is set back to its start.
    """
    start = text.read(START).lstrip()
    text.seek(0)
    return max(DELIMITERS, key=lambda delimiter: _agreement(start, delimiter))


def _agreement(start: str, delimiter: str) -> tuple[int, int]:
    """How many of the first lines are equally wide, and how wide; decimal commas make some lines wider than the header."""
    try:
        rows = itertools.islice(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), 20)
        ((width, count),) = Counter(len(row) for row in rows if row).most_common(1)
    except (csv.Error, ValueError):
        return (0, 0)
    return (count, width) if width > 1 else (0, 0)
