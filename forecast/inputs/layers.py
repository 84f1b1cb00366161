"""Layers: inputs that tell of no day, such as zones or a population map. Any block of `inputs` may say of when its layer is.

as_of: 2026-06             YYYY, YYYY-MM or YYYY-MM-DD: what the layer shows
allow_later: why           a layer later than the issue date is refused, or used with these words at the head of every page
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from forecast.errors import InputError, Problem
from forecast.schema import Ledger

LAYERS = ("zones", "population", "items", "depots", "routes", "fleet", "crosswalk")
DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def without_dates(
    settings: Mapping[str, Any], fields: Collection[str], setting: str, config_file: str, issue_date: pd.Timestamp, ledger: Ledger
) -> dict[str, Any]:
    """The settings of a block without `as_of` and `allow_later`, but for those among the source's own `fields`.

    Raises InputError for a layer later than the issue date that is not allowed, and for words that mean nothing here.
    """
    as_of, why = settings.get("as_of"), settings.get("allow_later")
    name = _input(setting)
    if why is not None:
        _check_reason(why, setting, config_file)
    if as_of is not None:
        day, written = _day(as_of, f"{setting}.as_of", config_file)
        if day > issue_date:
            _allow_or_refuse(name, written, why, setting, config_file, issue_date, ledger)
        settings = {**settings, "as_of": written}
    return {key: value for key, value in settings.items() if key not in ("as_of", "allow_later") or key in fields}


def mark_later(name: str, when: str, why: str, issue_date: pd.Timestamp, ledger: Ledger) -> None:
    """A layer later than the issue date is used: an assumption, and a mark on every page."""
    ledger.assume(f"{name} as of", name, when, "", f"later than the issue date, allowed (allow_later): {why}")
    ledger.marks.append(f"{name} is of {when}, later than the issue date ({issue_date.date()}): {why}")


def _input(setting: str) -> str:
    """`inputs.zones[2]` -> zones."""
    return setting.rpartition(".")[2].partition("[")[0]


def _check_reason(why: object, setting: str, config_file: str) -> None:
    place = f"{setting}.allow_later"
    if _input(setting) not in LAYERS or not setting.startswith("inputs."):
        problem = f"is for layers ({', '.join(LAYERS)}); what tells of a day is never used before that day"
        raise InputError([Problem(config_file, problem, "Leave it out", column=place)])
    if not isinstance(why, str) or not why.strip():
        action = 'Write the reason, such as allow_later: "the first map ever made"'
        raise InputError([Problem(config_file, "gives no reason", action, column=place, value=str(why))])


def _allow_or_refuse(
    name: str, written: str, why: str | None, setting: str, config_file: str, issue_date: pd.Timestamp, ledger: Ledger
) -> None:
    if why is None:
        problem = f"is later than the issue date ({issue_date.date()}): nobody could have had this layer then"
        action = f"Give a layer of that time, or write `allow_later: <reason>` under {setting}"
        raise InputError([Problem(config_file, problem, action, column=f"{setting}.as_of", value=written)])
    mark_later(name, written, why, issue_date, ledger)


def _day(value: object, place: str, config_file: str) -> tuple[pd.Timestamp, str]:
    """The first day a layer can be of, and how it is written."""
    written = value.isoformat()[:10] if isinstance(value, dt.date) else str(value).strip()
    found = DATE.fullmatch(written)
    try:
        if not found:
            raise ValueError
        return pd.Timestamp(int(found[1]), int(found[2] or 1), int(found[3] or 1)), written
    except ValueError:
        problem = "is no date of a layer"
        raise InputError(
            [Problem(config_file, problem, "Write YYYY, YYYY-MM or YYYY-MM-DD", column=place, value=written)]
        ) from None
