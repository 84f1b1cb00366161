"""Cells that list several names, such as the vehicles a road takes or the goods a vehicle carries."""

from __future__ import annotations

import re
from collections.abc import Collection

BETWEEN = r"[,;/+]"


def listed(cell: object, known: Collection[str]) -> tuple[str, ...]:
    """`dry, cold` or `dry cold` -> the names; a name of `known` may hold a blank (`light truck`); nothing for an empty cell."""
    parts = [part.strip() for part in re.split(BETWEEN, cell)] if isinstance(cell, str) else []
    return tuple(name for part in parts for name in ([part] if part in known else part.split()))
