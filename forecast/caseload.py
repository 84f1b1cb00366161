"""Caseload: who is still there of those who arrived, and what they need, for items whose records count arrivals.

Such records are an index of new need: not goods handed out, and not all who are in need. An item with `records_count: arrivals`
and `stay_days: S` is forecast as what its records show, people arriving; its demand is made of that:

    demand(P) = per_person_per_day x sum over Q of arrivals(Q) x stay(Q, P)
    stay(Q, P) = [G(p1 - q0) - G(p0 - q0) - G(p1 - q1) + G(p0 - q1)] / (q1 - q0)    G(u) = (max(u, 0)^2 - max(u - S, 0)^2) / 2

Q = [q0, q1) runs over the periods known and forecast, P = [p0, p1) is one forecast, all in days. stay(Q, P) is how many days of P
one who arrived in Q is there, on average: arrivals are even over Q, each stays S days, and the overlap of [a, a + S) with P is
integrated over a in Q. It is exact for any lengths of periods and stay, and over all P it sums to S.

Each sample accumulates its own arrivals, so a future of many arrivals stays one of a large caseload. A known period without a
record is taken as the mean of that zone's arrivals of the periods that still count, else of all its past. Before the first
record of a zone nobody is known to have arrived: as long as such people might still be there, the caseload is a floor.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast import periods
from forecast.errors import few
from forecast.schema import Floats, Ledger

LEAST_DAYS = 1e-6  # of presence: below is what rounding leaves


@dataclass(frozen=True)
class Arrivals:
    """Of one item: `known` (zone, past) people who arrived, NaN without a record; `ahead` (zone, horizon, sample) forecast ones;
    `past` and `future`: the starts of both stretches of periods; `period`: their length.
    """

    known: Floats
    ahead: npt.NDArray[np.float32]
    past: pd.DatetimeIndex
    future: pd.DatetimeIndex
    period: str


def needed(item: pd.Series, zones: pd.Index, arrivals: Arrivals, ledger: Ledger) -> npt.NDArray[np.float32]:
    """A row of ITEMS and its arrivals -> (zone, horizon, sample) demand in item units per period; NaN without forecast.

    What had to be filled in, and where the caseload is only a floor, becomes a remark.
    """
    weights = stay(arrivals.past, arrivals.future, arrivals.period, float(item["stay_days"]))
    counts = np.asarray(weights.any(axis=1), dtype=bool)
    before = filled(arrivals.known, counts)
    still_there = before @ weights  # (zone, horizon) person-days
    ahead = stay(arrivals.future, arrivals.future, arrivals.period, float(item["stay_days"]))
    joining = np.einsum("zqs,qp->zps", arrivals.ahead.astype(float), ahead)
    forecast = np.flatnonzero(np.isfinite(arrivals.ahead).all(axis=(1, 2)))
    _say(item, zones[forecast], arrivals.known[forecast], arrivals, counts, ledger)
    return np.asarray((still_there[:, :, None] + joining) * float(item["per_person_per_day"]), dtype=np.float32)


def stay(arrived: pd.DatetimeIndex, present: pd.DatetimeIndex, period: str, stay_days: float) -> Floats:
    """(source, target) days of each period of `present` that one who arrived in a period of `arrived` is there, on average.

    The formula stands at the top.
    """
    origin = arrived[0]
    q0, p0 = (np.asarray((starts - origin).days, dtype=float) for starts in (arrived, present))
    lengths: Floats = periods.days_in(arrived, period)
    q1, p1 = q0 + lengths, p0 + periods.days_in(present, period)

    def between(q: Floats, p: Floats) -> Floats:
        days = p - np.expand_dims(q, 1)
        return np.asarray((np.square(np.maximum(days, 0)) - np.square(np.maximum(days - stay_days, 0))) / 2, dtype=float)

    person_days = between(q0, p1) - between(q0, p0) - between(q1, p1) + between(q1, p0)
    return np.where(person_days > LEAST_DAYS, person_days, 0.0) / np.expand_dims(lengths, 1)


def filled(known: Floats, counts: npt.NDArray[np.bool_]) -> Floats:
    """(zone, past) -> the same without gaps: 0 before the first record, in a gap the zone's mean of the periods that count."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # zones without records
        recent = np.nanmean(np.where(counts, known, np.nan), axis=1, keepdims=True)
        mean = np.where(np.isfinite(recent), recent, np.nanmean(known, axis=1, keepdims=True))
    return np.where(np.isfinite(known), known, np.where(_has_begun(known), mean, 0.0))


def _has_begun(known: Floats) -> npt.NDArray[np.bool_]:
    """(zone, past): at or after the zone's first record."""
    return np.asarray(np.logical_or.accumulate(np.isfinite(known), axis=1))


def _say(
    item: pd.Series, zones: pd.Index, known: Floats, arrivals: Arrivals, counts: npt.NDArray[np.bool_], ledger: Ledger
) -> None:
    """What was filled in, and whose caseload is a floor."""
    name, begun = item.name, _has_begun(known)
    gaps = int((counts & begun & ~np.isfinite(known)).sum())
    if gaps:
        ledger.remarks.append(
            f"{name}: {gaps} periods of a zone within the stay have no record of arrivals: taken as the mean of those that have."
        )
    whole = pd.Timedelta(days=float(item["stay_days"])) <= arrivals.future[0] - arrivals.past[0]
    late = np.asarray((counts & ~begun).any(axis=1), dtype=bool)
    short = zones[late] if whole else zones
    if len(short):
        ledger.remarks.append(
            f"{name}: arrivals of the {item['stay_days']:g} days before {arrivals.future[0].date()} are not known whole for "
            f"{len(short)} of {len(zones)} zones: their caseload leaves out who came before the first record, it is a floor "
            f"({few(short)})."
        )
