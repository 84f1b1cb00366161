"""What the records of an item count, and so what its demand is: the words for every page and for coverage.csv.

`goods` handed out (the ordinary case); `supply`, what was delivered whether it was enough or not; or `arrivals`, people newly
come with a need.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

ARRIVING, DELIVERED = "arrivals", "supply"


def counts(items: pd.DataFrame, what: str) -> npt.NDArray[np.bool_]:
    """ITEMS -> (item): do its records count this?"""
    return (items["records_count"] == what).to_numpy(dtype=bool)


def notes(items: pd.DataFrame) -> tuple[str, ...]:
    """What the figures are and are not, for every page; nothing where all records count goods."""
    told = {
        DELIVERED: "The records of {names} count what was delivered: supply, not need. The need planned for is what is expected "
        "to be delivered or people x planning figure, whichever is more; where people are not known it is the first, a floor. "
        "In demand.csv, distributed is what would be delivered as before.",
        ARRIVING: "The records of {names} count people newly arrived with that need: an index of new need, not goods handed out "
        "and not everybody in need. The need planned for is a caseload, those who arrived within the stay stated and are taken "
        "to be still there, times a planning figure: an assumption, not a count. In demand.csv, distributed is people arriving "
        "and demand is what the caseload needs; in coverage.csv, people is the caseload.",
    }
    found = {what: items[counts(items, what)] for what in told}
    return tuple(told[what].format(names=_names(some)) for what, some in found.items() if len(some))


def basis(items: pd.DataFrame, code: str) -> str:
    """What the demand of an item rests on, where its records do not count goods; else nothing."""
    what, stay_days = items["records_count"][code], items["stay_days"][code]
    if what == ARRIVING:
        return f"caseload, not a count: arrivals of the last {stay_days:g} days x {_figure(items, code)}"
    return f"supply delivered, not need: at least {_figure(items, code)}" if what == DELIVERED else ""


def _names(items: pd.DataFrame) -> str:
    """'Water (15 L per person and day, stay 90 days)'."""
    stays = ("" if np.isnan(days) else f", stay {days:g} days" for days in items["stay_days"].astype(float))
    return ", ".join(
        f"{name} ({_figure(items, str(code))}{stay})" for code, name, stay in zip(items.index, items["name"], stays, strict=True)
    )


def _figure(items: pd.DataFrame, code: str) -> str:
    return f"{items['per_person_per_day'][code]:g} {items['unit'][code]} per person and day"
