"""Series that fell silent: how likely their records are to come back, learnt from those that fell silent before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast.schema import Ledger

AFTER = 3  # periods without a record
LEAST = 20  # earlier cells after a silence, to learn from; a half is taken to come back where there are fewer


def chance_of_return(reported: npt.NDArray[np.bool_], horizon: int) -> float:
    """(..., period) reported -> share of the periods up to a horizon after a silence that were reported again."""
    past = reported.shape[-1]
    has_begun = np.asarray(np.logical_or.accumulate(reported, axis=-1))
    newest = np.asarray(np.lib.stride_tricks.sliding_window_view(reported, AFTER, axis=-1).any(axis=-1))
    returned = total = 0
    for until in range(AFTER, past):
        silent = np.asarray(has_begun[..., until - 1] & ~newest[..., until - AFTER])
        ahead = np.asarray(reported[..., until : until + horizon])[silent]
        returned, total = returned + int(ahead.sum()), total + ahead.size
    return returned / total if total >= LEAST else 0.5


def thin_out(distributed: npt.NDArray[np.float32], reported: npt.NDArray[np.bool_], ledger: Ledger) -> None:
    """(zone, item, horizon, sample) what records will show of silent series, in place: nothing, where they stay silent.

    These are the lowest futures of each cell. The demand is not touched: need does not end with the reports.
    """
    silent = reported.any(axis=2) & ~reported[:, :, -AFTER:].any(axis=2)
    if not silent.any():
        return
    chance = chance_of_return(reported, distributed.shape[2])
    cells = np.sort(distributed[silent], axis=-1)
    cells[..., : round((1 - chance) * cells.shape[-1])] = 0.0
    distributed[silent] = cells
    ledger.remarks.append(
        f"{int(silent.sum())} series of a zone and an item have no record for {AFTER} periods or more. Of such series "
        f"{chance:.0%} of the periods ahead had one again: in as many futures records show something. "
        "Their need is forecast as ever."
    )
