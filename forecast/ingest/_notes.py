"""Notes under a table: `Source: ...`, `* provisional`, `Prepared by ...`; they are left out, and said so."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from forecast.errors import Problem

LOOKED_AT = 15  # rows at the end of a file
NOTE = re.compile(
    r"[*†(]|(sources?|notes?|n\.?b\.?|remarks?|comments?|legend|prepared|generated|printed|exported|last updated|data as of|page"
    r"|remarques?|légende|préparé|généré|imprimé|mise à jour|fuentes?|notas?|elaborado|impreso|actualizado)\b",
    re.IGNORECASE,
)
WORDS = 4  # of a sentence
ACTION = "Left out: it is taken for a note under the table"


def notes_under(tail: Sequence[tuple[int, list[str]]], label: str) -> list[Problem]:
    """The notes among the last rows (line, cells), from the end up to the first row that is none; each with its line."""
    texts = [(line, _note(row, line > above + 1)) for (above, _), (line, row) in itertools.pairwise(tail)]
    notes = itertools.takewhile(lambda pair: pair[1] is not None, reversed(texts))
    return [Problem(label, "holds text only", ACTION, line=line, value=str(text)[:80]) for line, text in notes][::-1]


def _note(row: list[str], after_a_gap: bool) -> str | None:
    """The text of a row that is a note: one cell, worded like one; after a blank line two words are enough."""
    filled = [cell for cell in row if cell.strip()]
    if len(filled) != 1:
        return None
    text = filled[0].strip()
    words = [word for word in text.split() if word.strip(".,;:-").isalpha()]
    return text if NOTE.match(text) or len(words) >= WORDS or (after_a_gap and len(words) >= 2) else None
