"""Where a table begins: its header of one or two rows, the hashtags below it, the title above it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from forecast.ingest import _hxl

Row = tuple[int, list[str]]
LOOKED_AT = 25  # rows in which a header may begin


@dataclass(frozen=True)
class Looked:
    """The names a header must hold to be one: those of the settings, and those the input needs."""

    names: Collection[str] = ()


@dataclass(frozen=True)
class Header:
    """Names of the columns (`""`: none), the line they stand in, the last line before the rows, hashtags by name."""

    names: list[str]
    line: int
    last_line: int
    tags: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def find_header(top: Sequence[Row], looked: Looked, height: int | None) -> Header:
    """The header among the first rows (line, cells stripped), none of them blank.

    `height`: rows of the header (0: none, columns are numbered); absent: one, or two where the names looked for appear only when
    two are joined. Without hashtags it is the first row that holds most of the names looked for, or else the
    first of all; where nothing is looked for, the first of several cells.
    """
    if height == 0:
        before = top[0][0] - 1
        return Header([str(n) for n in range(1, len(top[0][1]) + 1)], before, before)
    tags_at = next((n for n, (_, row) in enumerate(top[:LOOKED_AT]) if _hxl.is_tags(row)), None)
    end = LOOKED_AT if tags_at is None else tags_at
    if tags_at == 0:
        line, row = top[0]
        return Header(row, line, line, {name: name for name in row if name}, [f"hashtags for a header in line {line}"])
    start, rows = _chosen(top[:end], looked, height, at_end=tags_at is not None)
    names = _names([row for _, row in top[start : start + rows]])
    line, last = top[start][0], top[start + rows - 1][0]
    said = [f"what stands above the header in line {line} left out"] if start else []
    if height is None and rows > 1:
        said.append(f"a header of {rows} rows, lines {line} and {last}")
    if tags_at is None:
        return Header(names, line, last, {}, said)
    at, cells = top[tags_at]
    names = [name or tag for name, tag in itertools.zip_longest(names, cells, fillvalue="")]
    tags = {name: tag for name, tag in zip(names, cells, strict=False) if tag}
    return Header(names, line, at, tags, [*said, f"hashtags in line {at}"])


def _chosen(top: Sequence[Row], looked: Looked, height: int | None, *, at_end: bool) -> tuple[int, int]:
    """The place of the header among these rows, and how many it takes; `at_end`: it is the last of them."""
    heights = (height,) if height else (1, 2)
    places = [(start, rows) for rows in heights for start in range(len(top) - rows + 1) if not at_end or start + rows == len(top)]
    held = [len(set(looked.names) & set(_names([row for _, row in top[start : start + rows]]))) for start, rows in places]
    if looked.names and held and max(held) > 0:  # all of them, or the most: then what is missing is named
        return places[held.index(max(held))]
    rows = min(height or 1, len(top))
    return (len(top) - rows if at_end else 0 if looked.names else _after_title(top)), rows


def _after_title(top: Sequence[Row]) -> int:
    """The first row with two filled cells or more, where there is one: a single one above it is a title or a note."""
    return next((n for n, (_, row) in enumerate(top) if sum(map(bool, row)) > 1), 0)


def _names(rows: Sequence[list[str]]) -> list[str]:
    """One name per column: what stands above one another, joined by a blank; a name over several columns counts for each."""
    if len(rows) == 1:
        return list(rows[0])
    width = max(len(row) for row in rows)
    padded = [row + [""] * (width - len(row)) for row in rows]
    for upper, lower in itertools.pairwise(padded):
        for n in range(1, width):
            spans = upper[n - 1] and lower[n - 1] not in ("", upper[n - 1])
            if not upper[n] and lower[n] and spans:
                upper[n] = upper[n - 1]
    return [" ".join(dict.fromkeys(part for part in column if part)) for column in zip(*padded, strict=True)]
