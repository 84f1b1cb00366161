"""The worst futures: the shortage of the whole network in the worst share of them (conditional value at risk), minimised.

Optional. It stands after the need layer, whose expectation it may make dearer by a stated share. CVaR as a linear program:
Rockafellar and Uryasev 2000, J. Risk 2(3). Only this layer needs columns for every future; `futures` says for how many.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from forecast.allocate import names, simulate
from forecast.allocate.arrays import Flags, Ints
from forecast.allocate.cells import Series, has_lasting
from forecast.allocate.lp import INF, Layer
from forecast.allocate.rules import Parts
from forecast.config import Section
from forecast.schema import Floats

NAME = "cvar"


class Settings(Section):
    """Which futures count, and what the others may pay for them."""

    level: float = Field(default=0.9, gt=0, lt=1)
    """The worst futures are those beyond this share: 0.9 looks at the worst tenth."""
    give_up: float = Field(default=0.02, ge=0)
    """Share of the expected shortage by which it may grow for the worst futures."""
    futures: int = Field(default=50, ge=2)
    """So many of the futures are looked at, evenly taken; time and memory grow with them."""


def layer(parts: Parts, settings: Settings) -> Layer | None:
    """Threshold + mean excess over it / (1 - level), over the futures; None where nothing can be sent."""
    problem, model, series = parts.problem, parts.model, parts.zones.series
    if not len(series.zone):
        return None
    futures = taken(problem.demand.shape[3], settings.futures)
    labels = [str(future) for future in futures]
    threshold = model.add_columns("threshold", 1, ["shortage"])
    excess = model.add_columns("excess", len(futures), labels)
    rows = model.add_rows("excess", len(futures), labels, _fixed(parts, futures), INF)
    model.put(rows, excess, 1.0)
    model.put(rows, threshold, 1.0)
    for chosen, unmet in _unmet(parts, futures):
        weight = problem.weight[chosen.zone, chosen.group]
        model.put(rows, unmet, -weight[:, None, None])
    costs = np.full(len(futures), 1 / (len(futures) * (1 - settings.level)))
    unit = f"person-periods short in the worst {1 - settings.level:.0%} of {len(futures)} futures, weighted by priority"
    columns = np.concatenate([threshold, excess])
    return Layer(NAME, unit, columns, np.concatenate([np.ones(1), costs]), essential=False, opens=settings.give_up)


def taken(samples: int, most: int) -> Ints:
    """The futures looked at."""
    return np.unique(np.linspace(0, samples - 1, min(samples, most)).round().astype(np.int64))


def _fixed(parts: Parts, futures: Ints) -> Floats:
    """(future) weighted person-periods short in series that nothing can be sent to."""
    problem = parts.problem
    out = problem.series.copy()
    out[parts.zones.series.zone, parts.zones.series.group] = False
    zone, group = np.nonzero(out)
    demand = np.moveaxis(problem.demand[zone, group][:, :, futures], 2, 1).reshape(-1, problem.calendar.count, 1)
    lasting, perishing = (np.repeat(given[zone, group], len(futures), axis=0) for given in problem.given)
    accumulates = np.repeat(problem.groups.accumulates[group], len(futures))
    short = simulate.run(demand, lasting, perishing, accumulates).unmet.sum(axis=1).reshape(len(zone), len(futures))
    return np.asarray((short * problem.weight[zone, group][:, None]).sum(axis=0))


def _unmet(parts: Parts, futures: Ints) -> list[tuple[Series, Ints]]:
    """Series, and (n, t, future) columns of what goes unmet of each: a kind of carry-over at a time."""
    problem, series = parts.problem, parts.zones.series
    accumulates = problem.groups.accumulates[series.group]
    lasts = has_lasting(problem)[series.group] & ~accumulates
    kinds = ((~lasts & ~accumulates, _by_period), (accumulates, _to_date), (lasts, _left_over))
    return [(series[which], rule(parts, series[which], futures)) for which, rule in kinds if which.any()]


def _by_period(parts: Parts, series: Series, futures: Ints) -> Ints:
    problem = parts.problem
    net = problem.demand[series.zone, series.group][:, :, futures] - np.add(*problem.given)[series.zone, series.group][:, :, None]
    unmet, rows = _block(parts, "future_short", series, futures, net)
    parts.model.put(rows, _comes(parts, series, "comes_all", None)[:, :, None], 1.0)
    return unmet


def _to_date(parts: Parts, series: Series, futures: Ints) -> Ints:
    problem = parts.problem
    net = problem.demand[series.zone, series.group][:, :, futures] - np.add(*problem.given)[series.zone, series.group][:, :, None]
    unmet, rows = _block(parts, "future_backlog", series, futures, np.cumsum(net, axis=1))
    comes = _comes(parts, series, "comes_to_date", None)
    for t in range(comes.shape[1]):
        parts.model.put(rows[:, t:], comes[:, t, None, None], 1.0)
    return unmet


def _left_over(parts: Parts, series: Series, futures: Ints) -> Ints:
    """What is left in each future serves its next period, no more than the goods that last."""
    problem, model = parts.problem, parts.model
    lasting, perishing = (given[series.zone, series.group][:, :, None] for given in problem.given)
    demand = problem.demand[series.zone, series.group][:, :, futures]
    unmet, rows = _block(parts, "future_unmet", series, futures, demand - lasting - perishing)
    left, most = _block(parts, "future_left", series, futures, np.broadcast_to(-lasting, demand.shape), sign=-1.0)
    model.put(rows, _comes(parts, series, "comes_any", None)[:, :, None], 1.0)
    model.put(most, _comes(parts, series, "comes_lasting", problem.groups.lasts)[:, :, None], 1.0)
    model.put(rows, left, -1.0)
    for at in (rows, most):
        model.put(at[:, 1:], left[:, :-1], 1.0)
    return unmet


def _block(parts: Parts, name: str, series: Series, futures: Ints, least: Floats, sign: float = 1.0) -> tuple[Ints, Ints]:
    """(n, t, future) columns, and rows of which each holds one of them, times sign, at or above `least`."""
    cells = names.of_cells(parts.problem, series.zone, series.group)

    def labels() -> list[str]:
        return [f"{cell},{future}" for cell in cells() for future in futures]

    columns = parts.model.add_columns(name, least.size, labels).reshape(least.shape)
    rows = parts.model.add_rows(name, least.size, labels, least.ravel(), INF).reshape(least.shape)
    parts.model.put(rows, columns, sign)
    return columns, rows


def _comes(parts: Parts, series: Series, name: str, counts: Flags | None) -> Ints:
    """(n, t) columns of what arrives, in need units; of the items that count (k), or all."""
    rows = parts.zones.arriving(name, series, 0.0, 0.0, counts)
    labels = names.of_cells(parts.problem, series.zone, series.group)
    columns = parts.model.add_columns(name, rows.size, labels).reshape(rows.shape)
    parts.model.put(rows, columns, 1.0)
    return columns
