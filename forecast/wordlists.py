"""Cells that list several names, such as the vehicles a road takes or the goods a vehicle carries."""

from __future__ import annotations

import re
from collections.abc import Collection

BETWEEN = r"[,;/+]"
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORTEST = 3  # letters of a day of the week


def listed(cell: object, known: Collection[str]) -> tuple[str, ...]:
    """`dry, cold` or `dry cold` -> the names; a name of `known` may hold a blank (`light truck`); nothing for an empty cell."""
    parts = [part.strip() for part in re.split(BETWEEN, cell)] if isinstance(cell, str) else []
    return tuple(name for part in parts for name in ([part] if part in known else part.split()))


def weekdays(cell: object) -> tuple[int, ...]:
    """`Mon, Tue` or `monday tuesday` -> 0, 1, counted from Monday; -1 for what is no day of the week."""
    named = (name.lower() for name in listed(cell, ()))
    return tuple(
        next((n for n, day in enumerate(WEEK) if len(name) >= SHORTEST and day.startswith(name)), -1) for name in named
    )  # fmt: skip
