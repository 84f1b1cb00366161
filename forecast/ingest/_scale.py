"""Figures times a factor, or per day times the days of their period: exact, in decimal digits, so that text stays text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from forecast import periods
from forecast.convert import NUMBER
from forecast.errors import InputError, Problem
from forecast.ingest._columns import Scale

MOST_DIGITS = 30  # before or after the point, written out; beyond, with an exponent
MONTH = r"^([0-9]{4})-([0-9]{1,2})(?:-[0-9]{2}.*)?$"


def scaled(frame: pd.DataFrame, scales: Mapping[str, Scale], period: str, label: str) -> pd.DataFrame:
    """Number cells of the columns named, multiplied; cells that are no number stay as they are, to be refused later.

    Raises InputError when a figure is per day and the table has no period.
    """
    for ours, scale in scales.items():
        if ours not in frame.columns:
            continue
        if scale.per and "period" not in frame.columns:
            raise InputError([Problem(label, "is per day, but there is no column period", "Map period", column=ours)])
        days = _days(frame["period"], period) if scale.per else pd.Series(1, index=frame.index)
        frame = frame.assign(**{ours: _times(frame[ours], days, scale.times or Decimal(1))})
    return frame


def _days(text: pd.Series, period: str) -> pd.Series:
    """Days of each period by its text; 0 where the text names none: convert refuses it."""
    if period in periods.DAYS:
        return pd.Series(periods.DAYS[period], index=text.index)
    parts = text.str.extract(MONTH)
    months = pd.to_datetime(parts[0] + "-" + parts[1].str.zfill(2), format="%Y-%m", errors="coerce")
    return months.dt.days_in_month.fillna(0).astype("int64")


def _times(cells: pd.Series, days: pd.Series, factor: Decimal) -> pd.Series:
    """Each different pair of cell and days is multiplied once."""
    pairs, which = np.unique(np.stack([pd.factorize(cells)[0], days.to_numpy(dtype=np.int64)]), axis=1, return_inverse=True)
    texts = pd.factorize(cells)[1]
    products = [_product(str(texts[cell]), factor * int(day)) for cell, day in pairs.T]
    return pd.Series(pd.array(products, dtype="str").take(which.ravel()), index=cells.index)


def _product(cell: str, factor: Decimal) -> str:
    if not factor or not NUMBER.fullmatch(cell):
        return cell
    try:
        product = Decimal(cell) * factor
    except InvalidOperation:
        return cell
    return f"{product.normalize():f}" if abs(product.adjusted()) <= MOST_DIGITS else f"{product}"
