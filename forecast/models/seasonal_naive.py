"""Seasonal naive: what was needed in the same period of the last year in which it is known.

Where no earlier year is known, the mean of the last season of known periods stands in. Source: Hyndman and Athanasopoulos,
Forecasting: Principles and Practice, 3rd edition, section 5.2. Its spread is the method's own past error paths (`_paths`).
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from forecast.config import Section
from forecast.models import _paths
from forecast.schema import Floats, History


class Settings(Section):
    """Settings of the seasonal naive method."""

    season: int | None = Field(default=None, ge=1)
    """Periods after which the pattern repeats; absent: a year."""


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series without any known period."""
    season, horizon = settings.season or history.season, len(history.ahead)

    def points(values: Floats, origins: _paths.Ints) -> Floats:
        source = _same_season(origins, horizon, season)
        last_known = _last_year(values, season)
        found = np.where(source >= 0, last_known[:, np.maximum(source, 0)], np.nan)
        return np.where(np.isfinite(found), found, _paths.known_mean(values, origins, season)[:, :, None])

    return _paths.around(history, points, samples)


def _same_season(origins: _paths.Ints, horizon: int, season: int) -> _paths.Ints:
    """(origin) -> (origin, horizon) the newest known-by-then position of the same season; negative before the first."""
    ahead = np.arange(1, horizon + 1)
    return np.asarray(origins[:, None] + ahead - season * -(-ahead // season), dtype=np.intp)


def _last_year(values: Floats, season: int) -> Floats:
    """(series, past) with unknown values replaced by the same season of the newest earlier year that is known."""
    filled = values.copy()
    for start in range(season, filled.shape[1], season):
        now = filled[:, start : start + season]
        np.copyto(now, filled[:, start - season : start - season + now.shape[1]], where=np.isnan(now))
    return filled
