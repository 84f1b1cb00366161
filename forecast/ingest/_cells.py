"""A value of a sheet, a database or the config as text; numbers are marked, since how they are written is no habit of anyone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

NUMERIC = "\ue000"  # ends the text of a cell that is a number in the source itself
ABOVE = NUMERIC * 2  # ends what the rows below hold of a merged area without a letter: a code or a date of theirs, never a figure


def as_cell(value: object) -> str:
    """Dates in ISO, whole numbers without `.0`, numbers marked with NUMERIC, nothing as the empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip().replace(NUMERIC, "\ufffd")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return (value.date() if value.time() == dt.time() else value).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return f"{int(value)}{NUMERIC}"
    if isinstance(value, float) and value != value:
        return ""
    return f"{value}{NUMERIC}" if isinstance(value, int | float | Decimal) else str(value).strip()
