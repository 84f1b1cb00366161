"""A published plan explained: what binds, and what a little more of it would bring, in people."""

from __future__ import annotations

from collections import Counter

from forecast.allocate import binding
from forecast.allocate.problem import align
from forecast.explain_plan.again import plan_again
from forecast.explain_plan.page import Found, page
from forecast.published import Published
from forecast.schema import Ledger

MOST_OF_A_KIND = 4  # limits of one kind that are tried


def explain(run: Published, most: int = MOST_OF_A_KIND) -> str:
    """The page of what binds in a run, each tried by solving again; `most` of a kind. Only the run folder is read.

    Raises InputError for a file changed since the run, and where the plan does not come out as it was published.
    """
    again = plan_again(run)
    problem = align(again.demand, again.inputs, again.config, run.issue_date, Ledger(), in_thought=True)
    model = binding.need_model(problem, again.config)
    limits = [] if model is None else model.limits()
    confirmed = [] if model is None else list(model.confirm(_dearest(limits, most)))
    return page(Found(run, again, problem, model, limits, confirmed))


def _dearest(limits: list[binding.Limit], most: int) -> list[binding.Limit]:
    """The dearest of those that are alike; `most` of a kind."""
    chosen, count = dict[tuple[str, str], binding.Limit](), Counter[str]()
    for limit in limits:
        if (limit.kind, limit.alike) not in chosen and count[limit.kind] < most:
            chosen[limit.kind, limit.alike] = limit
            count[limit.kind] += 1
    return list(chosen.values())
