"""The rows of a CSV file as text, each with the line it starts on."""

from __future__ import annotations

import csv
import io

from forecast.errors import InputError, Problem

DELIMITERS = ",;\t"


def rows(data: bytes, file: str, delimiter: str | None, encoding: str) -> list[tuple[int, list[str]]]:
    """Rows with their line number, the header first; blank rows are left out, cells are stripped of surrounding blanks.

    Quotes and line breaks in quotes as in RFC 4180. Raises InputError when the text cannot be decoded or a quote stays open.
    """
    text = _decoded(data, file, encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _sniffed(text), strict=True)
    found, line = [], 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                found.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        problem = f"has a quote that does not end as it should ({error})"
        raise InputError([Problem(file, problem, "Mend the quotes", line=line)]) from error
    return found


def _decoded(data: bytes, file: str, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError as error:
        problem = "is no encoding this program knows"
        raise InputError([Problem(file, problem, "Write encoding: cp1252, or another name", value=encoding)]) from error
    except UnicodeError as error:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            way_out = "Set encoding: utf-16"
        else:
            way_out = "Save it as UTF-8, or set encoding: cp1252 (what a Western European Excel writes)"
        raise InputError([Problem(file, f"is not {encoding} text", way_out, line=_line_of(error, data))]) from error


def _line_of(error: UnicodeError, data: bytes) -> int | None:
    return data.count(b"\n", 0, error.start) + 1 if isinstance(error, UnicodeDecodeError) else None


def _sniffed(text: str) -> str:
    """The delimiter that splits the header into most columns; a comma where none does."""
    start = text[:100_000].lstrip()

    def columns(delimiter: str) -> int:
        try:
            return len(next(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(DELIMITERS, key=columns)
