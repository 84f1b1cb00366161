"""Moving average: the AMC as logisticians compute it.

AMC = sum of the last N known periods / N, where a period with a stock-out counts as consumption x days / (days - days out) when
the days out are known, and is left out when they are not (the panel does both). Unknown periods are stepped over: the N last
known ones count, however long ago. Source: USAID | DELIVER, The Logistics Handbook (2011), average monthly consumption; OpenLMIS
requisitions.

The average is the same for all periods ahead; around it lie the method's own past error paths (`_paths`), which put right what
it usually misses, wider where few periods are known.
"""

from __future__ import annotations

from pydantic import Field

from forecast.config import Section
from forecast.models import _paths
from forecast.schema import Floats, History


class Settings(Section):
    """Settings of the moving average."""

    periods: int = Field(default=3, ge=1)
    """How many known periods are averaged."""


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series without any known period."""
    horizon = len(history.ahead)

    def points(values: Floats, origins: _paths.Ints) -> Floats:
        return _paths.known_mean(values, origins, settings.periods)[:, :, None].repeat(horizon, axis=2)

    return _paths.around(history, points, samples)
