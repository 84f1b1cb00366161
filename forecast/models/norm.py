"""Norm: people x planning figure, for zones without usable history.

The planning figure may be wrong for a zone in all periods alike, so each future draws one lasting factor of the rate (lognormal,
mean 1, coefficient of variation `cv`), which then wanders a little from period to period. People enter through
`History.expected`. Source of the figures: the config's `per_person_per_day`, listed in assumptions.csv; Sphere Handbook (2018)
for the usual ones.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from forecast.config import Section
from forecast.models._paths import shared_normals
from forecast.schema import Floats, History


class Settings(Section):
    """Settings of people x planning figure."""

    cv: float = Field(default=0.4, ge=0, le=2)
    """Coefficient of variation of the true rate around the planning figure: one lasting factor per zone."""
    period_cv: float = Field(default=0.1, ge=0, le=1)
    """How much further the rate wanders with each period ahead."""


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty where people or planning figure are unknown."""
    horizon = len(history.ahead)
    factors = np.empty((len(history.zones), horizon, samples))
    for series in range(len(history.zones)):
        rng = history.rng(series)
        steps = np.stack([shared_normals(rng, samples) for _ in range(horizon)])
        wander = np.cumsum(_log_steps(settings.period_cv, steps), axis=0)
        factors[series] = np.exp(_log_steps(settings.cv, shared_normals(rng, samples)) + wander)
    return np.asarray(history.expected[:, :, None] * factors / factors.mean(axis=2, keepdims=True), dtype=float)


def _log_steps(cv: float, normals: Floats) -> Floats:
    """Logarithms of lognormal factors of mean 1 and the coefficient of variation given."""
    variance = np.log1p(cv**2)
    return np.asarray(np.sqrt(variance) * normals - variance / 2, dtype=float)
