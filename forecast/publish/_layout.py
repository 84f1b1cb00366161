"""How the front page is shared out: maps as large as can be, the table of the least covered zones in the room they leave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SHEET = (281.0, 193.0)  # mm inside the margins of A4 landscape
GAP, CAPTION, MARGIN = 3.0, 9.4, 3.5
FOOT = 5.0  # of a map: for the scale bar and the north arrow
_HEADER, _LEGEND, _FOOTER = 26.0, 11.5, 25.0  # two lines of lead, two of legend, seven of notes
_NOTE_LINE, _NOTE_LETTERS = 3.6, 150  # height in mm, and letters of a line of notes
_NARROWEST, _LOWEST = 75.0, 60.0  # of a map
_ROW, _TABLE_HEAD, _ASIDE = 4.9, 16.0, 105.0


@dataclass(frozen=True)
class Layout:
    """`width` and `height` of a map in mm; `beside`: a table fits on the right; `rows` of it that fit there, or below."""

    width: float
    height: float
    beside: bool
    rows: int


def layout(maps: int, shape: tuple[float, float], notes: Sequence[str] = ()) -> Layout:
    """Share out the front page for so many maps of a country of this shape (width and height in degrees of a great circle), below
    the notes of the header.
    """
    lines = sum(math.ceil((len(note) + 20) / _NOTE_LETTERS) for note in notes)
    room = SHEET[1] - _HEADER - _LEGEND - _FOOTER - lines * _NOTE_LINE
    across = max(range(1, maps + 1), key=lambda count: _scale(maps, count, shape, room))
    down = math.ceil(maps / across)
    widest = (SHEET[0] - GAP * (across - 1)) / across - 0.1
    tallest = (room - GAP * (down - 1)) / down - CAPTION
    scale = min((widest - 2 * MARGIN) / shape[0], (tallest - FOOT - 2 * MARGIN) / shape[1])
    width = min(widest, max(_NARROWEST, shape[0] * scale + 2 * MARGIN))
    height = min(tallest, max(_LOWEST, shape[1] * scale + FOOT + 2 * MARGIN))
    beside = SHEET[0] - across * (width + GAP)
    if beside >= _ASIDE:
        return Layout(width, height, True, int((down * height - _TABLE_HEAD) // _ROW))
    below = room - down * (height + CAPTION) - GAP * (down - 1) - _TABLE_HEAD
    return Layout(width, height, False, max(0, int(below // _ROW)))


def _scale(maps: int, across: int, shape: tuple[float, float], room: float) -> float:
    """Millimetres per degree when so many maps stand side by side."""
    down = math.ceil(maps / across)
    width, height = (SHEET[0] - GAP * (across - 1)) / across, (room - GAP * (down - 1)) / down - CAPTION
    return min((width - 2 * MARGIN) / shape[0], (height - FOOT - 2 * MARGIN) / shape[1])
