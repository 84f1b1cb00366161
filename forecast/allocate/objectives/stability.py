"""Stability: of plans that are as good, and cost about as much, the one that changes least of what the last plan has ahead.

A depot that was told yesterday to load ten trucks for a zone on Thursday should not hear today that another depot does, for no
better reason than a price that is a little lower.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from forecast.allocate import names
from forecast.allocate.lp import INF, Layer
from forecast.allocate.rules import Parts
from forecast.config import Section

NAME = "stability"


class Settings(Section):
    """What the layer before, the cost, may grow by for it."""

    give_up: float = Field(default=0.01, ge=0)
    """Share of the layer before it, the cost."""


def layer(parts: Parts, settings: Settings) -> Layer | None:
    """Packs that are sent otherwise than planned before: sum of |sent - before|, as sent - before + 2 x what lacks of it.

    None where no earlier plan has anything ahead.
    """
    problem, model, loads = parts.problem, parts.model, parts.problem.loads
    before = problem.before[loads["way"].to_numpy(), loads["item"].to_numpy(), loads["period"].to_numpy()]
    held = np.flatnonzero(before > 0)
    if not len(held):
        return None
    pack = problem.groups.pack[loads["item"].to_numpy()]

    def labels() -> list[str]:
        every = list(names.of_loads(problem)())
        return [every[load] for load in held]

    lacks = model.add_columns("less_than_before", len(held), labels)
    rows = model.add_rows("before", len(held), labels, before[held], INF)
    model.put(rows, parts.send[held], 1.0)
    model.put(rows, lacks, 1.0)
    columns, costs = np.concatenate([parts.send, lacks]), np.concatenate([1 / pack, 2 / pack[held]])
    constant = -float((before / pack).sum())
    return Layer(
        NAME, "packs sent otherwise than in the last plan", columns, costs, constant, essential=False, opens=settings.give_up
    )
