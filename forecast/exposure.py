"""People present: rates are stated per reference people, so that a displacement moves the demand of every item at once."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast import periods
from forecast.errors import few
from forecast.schema import Floats, Ledger

Flags = npt.NDArray[np.bool_]
LEAST_PRESENT = 0.05  # of the reference people: in an emptier zone a rate per person says nothing
MOST_DRIFT = 0.2  # standard deviation of the logarithm of people per period


@dataclass(frozen=True)
class Exposure:
    """People: the `reference` (zone) and, over it, `past` (zone, period) and `ahead` (zone, horizon, sample).

    The reference is the newest count, NaN where unknown; ratios are then 1. An unusably small past ratio is NaN.
    """

    reference: Floats
    past: Floats
    ahead: Floats

    def people_days(self, ahead: pd.DatetimeIndex, period: str) -> Floats:
        """(zone, horizon, sample) people expected x days of the period; NaN where people are unknown."""
        if not np.isfinite(self.reference).any():
            return np.broadcast_to(np.nan, self.ahead.shape)
        return np.asarray((self.reference[:, None] * periods.days_in(ahead, period))[:, :, None] * self.ahead, dtype=float)


def read_exposure(
    zones: pd.Index,
    people: Floats,
    movements: pd.DataFrame,
    ahead: pd.DatetimeIndex,
    period: str,
    samples: int,
    seed: int,
    ledger: Ledger,
    cv: Floats | None = None,
) -> Exposure:
    """(zone, period) people and the movements expected -> Exposure.

    Expected people are the newest count, times a lognormal random walk of mean 1 that starts at the date of that count, plus the
    movements from their day on. A gap between two counts is interpolated. `cv` (zone, period): the coefficient of variation of
    the counts, where they are uncertain: that of the newest is in all futures, from the first period on.
    """
    moved = _moved(zones, movements, ahead, period)
    last, age = _newest(people)
    reference = _reference(people, last, moved)
    usable = reference > 0
    safe = np.where(usable, reference, 1)
    _remark_lost(zones, moved, usable, ledger)

    past = np.where(usable[:, None], _without_gaps(people) / safe[:, None], 1.0)
    past[past < LEAST_PRESENT] = np.nan
    drift, unsure = np.where(_varies(people), _drift(people, len(ahead)), 0.0), _unsure(cv, people, age)
    if not usable.any():
        return Exposure(reference, past, np.broadcast_to(1.0, (len(zones), len(ahead), samples)))
    walk = _walks(zones, drift, unsure, age, len(ahead), samples, seed)
    expected = np.maximum(np.nan_to_num(last)[:, None, None] * walk + moved[:, :, None], 0)
    return Exposure(reference, past, np.where(usable[:, None, None], expected / safe[:, None, None], 1.0))


def _moved(zones: pd.Index, movements: pd.DataFrame, ahead: pd.DatetimeIndex, period: str) -> Floats:
    """(zone, horizon) people who arrive (or leave, when negative), in proportion to the days of the period after they moved."""
    moved = np.zeros((len(zones), len(ahead)))
    days = periods.days_in(ahead, period)
    for zone, start, people in zip(movements["zone"], movements["start"], movements["people"], strict=True):
        before = np.clip(np.asarray((pd.Timestamp(start) - ahead).days, dtype=float), 0, days)
        moved[zones.get_loc(zone)] += people * (1 - before / days)
    return moved


def _newest(people: Floats) -> tuple[Floats, Floats]:
    """(zone) the newest known count, and how many periods old it is."""
    known = np.isfinite(people)
    age = np.argmax(known[:, ::-1], axis=1)
    last = people[np.arange(len(people)), people.shape[1] - 1 - age]
    return last, age.astype(float)


def _reference(people: Floats, last: Floats, moved: Floats) -> Floats:
    """(zone) the newest count; where that is nobody, the most ever counted, or those about to arrive."""
    most = np.maximum(np.nan_to_num(people).max(axis=1), moved.max(axis=1))
    return np.where(np.isfinite(last), np.where(last > 0, last, most), np.nan)


def _without_gaps(people: Floats) -> Floats:
    frame = pd.DataFrame(people.T).interpolate(limit_direction="both")
    return frame.to_numpy().T


def _varies(people: Floats) -> Flags:
    known = np.isfinite(people)
    return np.asarray(np.where(known, people, -np.inf).max(axis=1) > np.where(known, people, np.inf).min(axis=1))


def _drift(people: Floats, horizon: int) -> float:
    """Standard deviation of log(people) per period: the median zone's 1.48 x MAD of changes over about one horizon."""
    lag = max(1, min(horizon, people.shape[1] // 3))
    counted = people[_varies(people)]
    changes = pd.DataFrame(np.log(np.where(counted > 0, counted, np.nan)).T).diff(lag)
    spread = 1.4826 * (changes - changes.median()).abs().median()
    drift = float(spread.median()) / np.sqrt(lag) if len(spread) else 0.0
    return min(drift, MOST_DRIFT) if np.isfinite(drift) else MOST_DRIFT


def _unsure(cv: Floats | None, people: Floats, age: Floats) -> Floats:
    """(zone) standard deviation of the logarithm of the newest count; 0 where nothing is said of it."""
    if cv is None:
        return np.zeros(len(people))
    newest = cv[np.arange(len(people)), people.shape[1] - 1 - age.astype(int)]
    return np.asarray(np.sqrt(np.log1p(np.nan_to_num(newest) ** 2)))


def _walks(zones: pd.Index, drift: Floats, unsure: Floats, age: Floats, horizon: int, samples: int, seed: int) -> Floats:
    """(zone, horizon, sample) lognormal random walks of mean 1, already `age` periods under way from an `unsure` start."""
    walks = np.ones((len(zones), horizon, samples))
    for row in np.flatnonzero((drift > 0) | (unsure > 0)).tolist():
        rng = np.random.default_rng([seed, zlib.crc32(f"people/{zones[row]}".encode())])
        steps = rng.standard_normal((horizon, samples))
        first = np.sqrt(drift[row] ** 2 * (age[row] + 1) + unsure[row] ** 2)
        steps *= np.r_[first, np.full(horizon - 1, drift[row])][:, None]
        walk = np.exp(np.cumsum(steps, axis=0))
        walks[row] = walk / walk.mean(axis=1, keepdims=True)
    return walks


def _remark_lost(zones: pd.Index, moved: Floats, usable: Flags, ledger: Ledger) -> None:
    lost = [str(zone) for zone, change, known in zip(zones, moved, usable, strict=True) if change.any() and not known]
    if lost:
        ledger.remarks.append(f"People move to or from {few(lost)}, whose people are unknown: their demand does not follow.")
