"""Cells that list several names, such as the vehicles a road takes or the goods a vehicle carries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

BETWEEN = r"[,;/+]"
WEEK = (  # English, French and Spanish, from Monday on
    ("monday", "lundi", "lunes"),
    ("tuesday", "mardi", "martes"),
    ("wednesday", "mercredi", "miercoles"),
    ("thursday", "jeudi", "jueves"),
    ("friday", "vendredi", "viernes"),
    ("saturday", "samedi", "sabado"),
    ("sunday", "dimanche", "domingo"),
)
SHORTEST = 3  # letters of a day of the week


def listed(cell: object, known: Collection[str]) -> tuple[str, ...]:
    """`dry, cold` or `dry cold` -> the names; a name of `known` may hold a blank (`light truck`); nothing for an empty cell."""
    parts = [part.strip() for part in re.split(BETWEEN, cell)] if isinstance(cell, str) else []
    return tuple(name for part in parts for name in ([part] if part in known else part.split()))


def without_accents(text: str) -> str:
    """`février` -> `fevrier`; letters of other scripts are left out."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def weekdays(cell: object) -> tuple[int, ...]:
    """`Mon, Tue`, `monday tuesday` or `lundi mardi` -> 0, 1, counted from Monday; -1 for what is no day of the week."""
    named = (without_accents(name).lower() for name in listed(cell, ()))
    return tuple(
        next((n for n, day in enumerate(WEEK) if len(name) >= SHORTEST and any(word.startswith(name) for word in day)), -1)
        for name in named
    )


def weekdays_or_all(cell: object) -> tuple[int, ...]:
    """The same; where a cell is empty, no day is ruled out."""
    return weekdays(cell) or tuple(range(len(WEEK)))
