"""The survival floor: the largest share of it that every zone within reach can have, shared out before anything else."""

from __future__ import annotations

import numpy as np

from forecast.allocate import names
from forecast.allocate.cells import Series, has_lasting, has_perishing
from forecast.allocate.floors import floors
from forecast.allocate.lp import INF, Layer
from forecast.allocate.rules import Parts
from forecast.config import Section


class Settings(Section):
    """None: the floors are those of the needs (`needs.<need>.survival_per_person_per_day`)."""


def layer(parts: Parts, settings: Settings) -> Layer | None:
    """One share from 0 to 1 per demand group with a floor, maximised; None when there is no floor within reach.

    What a zone has in a period, less share x floor, is there in its next period where goods last. So stock is not counted
    once for each period it lies through.
    """
    problem, model = parts.problem, parts.model
    floor = floors(problem)
    groups, of_group = np.unique(floor.group, return_inverse=True)
    if not len(groups):
        return None
    series, shape = Series(floor.zone, floor.group), floor.need.shape
    lasts, mixed = (flags[floor.group] for flags in (has_lasting(problem), has_lasting(problem) & has_perishing(problem)))
    share = model.add_columns("share", len(groups), [problem.groups.codes[g] for g in groups], 0.0, 1.0)
    most = np.repeat(np.where(lasts, INF, 0.0), shape[1])
    labels = names.of_cells(problem, floor.zone, floor.group)
    spare = model.add_columns("spare", floor.need.size, labels, 0.0, most).reshape(shape)
    rows = parts.zones.arriving("floor", series, -INF, floor.lasting + floor.perishing)
    model.put(rows, share[of_group][:, None], floor.need)
    model.put(rows, spare, 1.0)
    model.put(rows[:, 1:], spare[:, :-1], -1.0)
    parts.zones.lasting("floor_lasting", series[mixed], floor.lasting[mixed], spare[mixed])
    unit = "share of the survival floor held, summed over demand groups"
    largest = float(np.bincount(of_group, floor.need.sum(axis=1)).max())
    return Layer("survival", unit, share, -np.ones(len(share)), sign=-1.0, scale=max(1.0, largest), is_apart=True)
