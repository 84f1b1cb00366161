"""The map of people that weighs the cells of a zone: nodata means none there; one of a later year needs a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast import geo
from forecast.errors import InputError, Problem
from forecast.ingest import _files
from forecast.ingest._raster_settings import PeopleMap
from forecast.ingest._sealed import Sealed
from forecast.schema import Reading


def people_map(settings: PeopleMap, reading: Reading, sealed: Sealed, name: str) -> geo.People:
    """Read the map. Raises InputError where it cannot be read, or is later than the issue date without `allow_later`."""
    _refuse_later(settings, reading, name)
    files = _files.find(reading.root, settings.path, f"{name}.people.path")
    if len(files) > 1:
        problem = f"{len(files)} files fit"
        raise InputError([Problem(f"signals.{name}", problem, "Name one", column="people.path", value=settings.path)])
    digest = sealed.digest(files[0])
    with geo.open_geotiff(files[0], root=reading.root, nodata=settings.nodata) as stack:
        geo.refuse_several(stack)
        values = geo.Raster(stack, geo.Meaning((0.0, np.inf), settings.nodata, no_value=0.0)).whole()
    sealed.refuse_replaced(files[0])
    return geo.People(files[0].name, stack.grid, values, f"{digest}:{settings.nodata}")


def _refuse_later(settings: PeopleMap, reading: Reading, name: str) -> None:
    day = pd.Timestamp(f"{settings.as_of}-01-01"[:10]) if len(settings.as_of) < 10 else pd.Timestamp(settings.as_of)
    if day <= reading.issue_date:
        return
    if settings.allow_later is None:
        problem = f"is later than the issue date ({reading.issue_date.date()}): nobody could have had this map then"
        action = "Give a map of that time, or write `allow_later: <reason>` under people"
        raise InputError([Problem(f"signals.{name}", problem, action, column="people.as_of", value=settings.as_of)])
    source = f"later than the issue date, allowed (allow_later): {settings.allow_later}"
    reading.ledger.assume("people map as of", name, settings.as_of, "", source)
    words = f"the map of people of {name} is of {settings.as_of}, later than the issue date ({reading.issue_date.date()})"
    reading.ledger.marks.append(f"{words}: {settings.allow_later}")
