"""From quantiles to paths: the marginals are exactly the quantiles', the ranks over the horizon those of a template of paths.

This is the Schaake shuffle. Source: Clark, Gangopadhyay, Hay, Rajagopalan and Wilby (2004), Journal of Hydrometeorology 5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast.schema import Floats

Numbers = npt.NDArray[np.floating]


def quantiles_to_paths(levels: Numbers, quantiles: Numbers, template: Floats) -> Floats:
    """(level), (series, horizon, level) and a template of paths (series, horizon, sample) -> paths (series, horizon, sample).

    The samples of a cell are its quantiles at (k + .5) / samples, never below zero, in the order of the template's: equal ones in
    the order of their paths' totals. A series whose template is empty keeps one order over the whole horizon.
    """
    return in_order_of(np.sort(np.maximum(quantiles @ weights_at(levels, template.shape[2]), 0), axis=2), template)


def in_order_of(values: Floats, template: Floats) -> Floats:
    """(series, horizon, sample) values in ascending order, put into the order of the template's."""
    return np.asarray(np.take_along_axis(values, _ranks(template), axis=2))


def weights_at(levels: Numbers, samples: int) -> Floats:
    """(level) -> (level, sample): quantiles @ weights = the quantile function at (k + .5) / samples.

    Straight lines between the levels; beyond the outer ones the tails are exponential, as steep as the outer two levels say.
    """
    known = np.asarray(levels, dtype=float)
    wanted = (np.arange(samples) + 0.5) / samples
    each = np.stack([np.interp(wanted, known, one) for one in np.eye(len(known))])
    above, below = np.maximum(wanted - known[-1], 0), np.maximum(known[0] - wanted, 0)
    up = -np.log1p(-above / (1 - known[-1])) / np.log((1 - known[-2]) / (1 - known[-1]))
    down = -np.log1p(-below / known[0]) / np.log(known[1] / known[0])
    each[-1] += up
    each[-2] -= up
    each[0] += down
    each[1] -= down
    return np.asarray(each)


def _ranks(template: Floats) -> npt.NDArray[np.intp]:
    """(series, horizon, sample) -> the rank of each sample in its cell."""
    known = np.where(np.isfinite(template), template, 0.0)
    by_total = np.argsort(known.sum(axis=1, keepdims=True), axis=2, kind="stable")
    by_value = np.argsort(np.take_along_axis(known, by_total, axis=2), axis=2, kind="stable")
    order = np.take_along_axis(np.broadcast_to(by_total, known.shape), by_value, axis=2)
    ranks = np.empty(order.shape, dtype=np.intp)
    np.put_along_axis(ranks, order, np.arange(order.shape[2]), axis=2)
    return ranks
