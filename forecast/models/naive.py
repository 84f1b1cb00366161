"""Naive: the last known value goes on. Its spread is the method's own past error paths (`_paths`)."""

from __future__ import annotations

from forecast.config import Section
from forecast.models import _paths
from forecast.schema import Floats, History


class Settings(Section):
    """The naive method has no settings."""


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series without any known period."""
    horizon = len(history.ahead)

    def points(values: Floats, origins: _paths.Ints) -> Floats:
        return _paths.known_mean(values, origins, 1)[:, :, None].repeat(horizon, axis=2)

    return _paths.around(history, points, samples)
