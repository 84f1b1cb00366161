"""Quantiles of weighted values, for many series at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast.schema import Floats

Order = npt.NDArray[np.intp]


def weighted_quantiles(values: Floats, weight: Floats, levels: Floats, order: Order | None = None) -> Floats:
    """(series, horizon, any) weighted values -> (series, horizon, level); empty where no value has weight.

    `order`: that of the values of each row, unknown ones last, where it is known already: sorting takes most of the time.
    """
    rows = values.reshape(-1, values.shape[2])
    order = np.argsort(rows, axis=1) if order is None else order
    until = np.cumsum(np.take_along_axis(weight.reshape(rows.shape), order, axis=1), axis=1)
    total, row = until[:, -1:].copy(), np.arange(len(rows))[:, None]
    until /= np.where(total > 0, total, 1)
    place = np.searchsorted((until + row).ravel(), (levels + row).ravel()).reshape(len(rows), len(levels)) - row * rows.shape[1]
    chosen = np.take_along_axis(order, place.clip(0, rows.shape[1] - 1), axis=1)
    found = np.where(total > 0, np.take_along_axis(rows, chosen, axis=1), np.nan)
    return np.asarray(found.reshape(*values.shape[:2], len(levels)))
