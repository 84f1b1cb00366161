"""Series whose past says little: named before anyone trusts their forecast, and never more certain than a few zeros allow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from forecast import periods
from forecast.errors import Problem
from forecast.schema import History, Ledger

FEW = 2  # known values say next to nothing
ENOUGH = 12  # values that never differ are strange
MOST_NAMED = 3

Flags = npt.NDArray[np.bool_]


def note(panel: xr.Dataset, period: str, ledger: Ledger) -> None:
    """Note series (PANEL: zone, item) with next to no values, only zeros, one value for ever, or a year without any."""
    values = panel["distributed"].values
    known = np.isfinite(values)
    count, year = known.sum(axis=2), periods.PER_YEAR[period]
    low, high = (edge(np.where(known, values, other), axis=2) for edge, other in ((np.min, np.inf), (np.max, -np.inf)))
    silent = known.shape[2] - 1 - _newest(known)
    demanded = np.isfinite(panel["demand"].values).any(axis=2)
    kinds = (
        (
            (count > 0) & ~demanded,
            "nothing but stock-outs",
            "What was needed is not known, only a floor of it: no demand is forecast. Give a planning figure and people",
        ),
        (
            (count > 0) & (count <= FEW),
            "one known value or two",
            "Their level is a guess, their spread that of the item's other series, if there are any. Give older records",
        ),
        (
            (count > FEW) & (high == 0) & demanded,
            "nothing but zeros",
            "Forecast as they were: next to nothing. If something was needed, tell when stock ran out",
        ),
        (
            (count >= ENOUGH) & (low == high) & (high > 0),
            "the same value in every record",
            "Forecast so, without doubt. If it is a plan or an average, it is no record of what was handed out",
        ),
        (
            (count > FEW) & (_longest_gap(known) >= year),
            "a year or more without a report between two",
            "The gap is unknown, not zero; what came before it counts as the past",
        ),
        (
            (count > 0) & (silent >= year),
            "no report for a year or more",
            "Forecast from what was known then. Closed ones are left out with forecast.silent_after",
        ),
    )
    for which, what, action in kinds:
        _note(panel, which, what, action, ledger)


def doubt_zeros(paths: npt.NDArray[np.float32], history: History) -> None:
    """(series, horizon, sample) forecast, in place: a few zeros are no proof that nothing will ever be needed.

    After n zeros, those of all series of the item that show nothing else, something may come in one of n + 2 futures (Laplace's
    rule of succession): one unit a period, since nothing tells how much. Only where the forecast is nothing but zeros too.
    """
    known = np.isfinite(history.values)
    only_zeros = np.asarray(known.any(axis=1) & ~(known & (history.values > 0)).any(axis=1))
    for places in history.by_item().values():
        zeros = places[only_zeros[places]]
        futures = round(paths.shape[2] / (int(known[zeros].sum()) + 2))
        if len(zeros) and futures:
            certain = zeros[~(paths[zeros] > 0).any(axis=(1, 2))]
            paths[certain, :, -futures:] = 1


def _note(panel: xr.Dataset, which: Flags, what: str, action: str, ledger: Ledger) -> None:
    places = np.argwhere(which)
    if not len(places):
        return
    zones, items = panel.indexes["zone"], panel.indexes["item"]
    named = [f"{zones[zone]} {items[item]}" for zone, item in places[:MOST_NAMED]]
    more = f" and {len(places) - MOST_NAMED:,} more" if len(places) > MOST_NAMED else ""
    ledger.problems.note(Problem("forecast", f"has {what}", action, value=", ".join(named) + more))


def _newest(known: Flags) -> npt.NDArray[np.intp]:
    """(zone, item) the position of the newest known value; the last where there is none."""
    count = known.shape[2]
    return np.asarray(np.where(known.any(axis=2), count - 1 - np.argmax(known[:, :, ::-1], axis=2), count - 1))


def _longest_gap(known: Flags) -> npt.NDArray[np.intp]:
    """(zone, item) the most periods in a row that are unknown between two known ones."""
    steps = np.arange(known.shape[2])
    newest = np.maximum.accumulate(np.where(known, steps, -1), axis=2)
    before = np.concatenate([np.full((*known.shape[:2], 1), -1), newest[:, :, :-1]], axis=2)
    return np.asarray(np.where(known & (before >= 0), steps - before - 1, 0).max(axis=2))
