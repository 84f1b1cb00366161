"""The page of what binds in a plan, for a person: plain text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from forecast import text_page
from forecast.allocate.binding import Confirmed, Limit, NeedModel
from forecast.allocate.problem import Allocation
from forecast.errors import few
from forecast.explain_plan.again import Again
from forecast.published import Published
from forecast.text_page import exact, table

LEAST = 0.5  # person-periods: what brings less is not shown
MOST_ZONES, LARGE = 2, 0.2  # zones named that get at least so much of what a step brings
PERIODS = {1: "day", 7: "week"}


@dataclass(frozen=True)
class Found:
    """A run, its plan made again, the need model (None: not solved), all that binds, and what was tried of it."""

    run: Published
    again: Again
    problem: Allocation
    model: NeedModel | None
    limits: list[Limit]
    confirmed: list[Confirmed]


def page(found: Found) -> str:
    """Head; what more would bring; what binds, counted; what no step here can mend; how to read it."""
    return text_page.page([_head(found), _brings(found), _counted(found), _beyond(found), _read(found)])


def _head(found: Found) -> list[str]:
    run, figures, period = found.run, found.again.plan.figures, _period(found)
    by = "" if found.again.same_code else " Other code made the run; this code makes the same plan."
    lines = len(found.again.plan.lines)
    short = exact(float(str(figures["need_published"])), 0)
    told = f"Expected shortage of the plan: {short} person-{period}s{_weighted(found)}."
    if "need_bound" in figures:
        told += f" No plan can have less than {exact(float(str(figures['need_bound'])), 0)}."
    return [
        f"What limits the plan of {run.run}",
        f"Issue date {run.issue_date.date()}, scenario {run.scenario}, status {run.manifest.get('status', 'unknown')}.",
        f"Planned again from the inputs kept with the run: the same {lines:,} lines.{by}",
        told,
    ]


def _brings(found: Found) -> list[str]:
    """One row per limit that was tried, by what its step brings."""
    title = "What more would bring (each alone, confirmed by solving again)"
    if found.model is None:
        return [
            title,
            "  Not known: the need could not be solved within plan.time_limit_seconds, or is no objective of the config.",
        ]
    period, days = _period(found), found.problem.calendar.days
    rows = [
        [one.limit.kind, one.limit.where, one.limit.step, exact(one.brings, 0), exact(one.brings * days, 0), _gains(found, one)]
        for one in sorted(found.confirmed, key=lambda one: (-one.brings, one.limit.kind, one.limit.where))
        if one.brings >= LEAST
    ]
    head = ["what limits", "where", "step", f"person-{period}s>", "person-days>", "most of it in"]
    if days == 1:
        head, rows = head[:3] + head[4:], [row[:3] + row[4:] for row in rows]
    return [title, *(table(head, rows) or ["  Nothing: no step tried lowers the expected shortage."])]


def _gains(found: Found, one: Confirmed) -> str:
    """The zones that get most of what a step brings."""
    zones = np.argsort(-one.by_zone, kind="stable")[:MOST_ZONES]
    return ", ".join(found.problem.zone_names[z] for z in zones if one.by_zone[z] >= LARGE * one.brings)


def _counted(found: Found) -> list[str]:
    """How many limits of each kind have a price, and how many of them were tried."""
    tried = Counter(one.limit.kind for one in found.confirmed)
    kinds = Counter(limit.kind for limit in found.limits)
    rows = [
        [kind, exact(count), exact(tried[kind])] for kind, count in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    told = table(["kind", "bind>", "tried>"], rows)
    return ["What binds, by kind; of limits that are alike, the dearest was tried", *told] if told else []


def _beyond(found: Found) -> list[str]:
    """What is short and cannot be mended by a little more: no lane, or none in any depot."""
    problem, cells = found.problem, found.again.plan.cells
    without = [problem.zone_names[z] for z in np.flatnonzero(~problem.lanes.any(axis=0) & problem.series.any(axis=1))]
    short = set(cells.loc[cells["expected_unmet"] > 0, "item"])
    lies = np.unique(problem.batches["item"].to_numpy())
    none = [
        code
        for g, code in enumerate(problem.groups.codes)
        if code in short and not np.isin(problem.groups.members(g), lies).any()
    ]
    lines = [f"  No lane leads to: {few(without, 8)}"] if without else []
    lines += [f"  No depot has any: {few(none, 8)}"] if none else []
    return ["What no step above can mend", *lines] if lines else []


def _read(found: Found) -> list[str]:
    return [
        "How to read it",
        "  Each step is taken alone, and the whole need is shared out anew; what several bring together is less than their sum.",
        f"  A person-{_period(found)} is one person without one need for one {_period(found)}.",
        "  Layers before the need stay as they are; the steps are solved before rounding to whole packs.",
        "  More stock is taken to lie in the depot on the issue date.",
    ]


def _weighted(found: Found) -> str:
    given = (found.problem.groups.priority != 1).any() or len(found.again.inputs.stock.priorities)
    return ", weighted by priority" if given else ""


def _period(found: Found) -> str:
    return PERIODS[found.problem.calendar.days]
