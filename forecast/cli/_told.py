"""What the screen says of a forecast: five lines that explain which models forecast what, how much better, and how sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.chosen import Chosen, chosen, closer, left_out
from forecast.errors import counted, few

if TYPE_CHECKING:
    from forecast.schema import Result

MOST_ITEMS = 4


def lines(result: Result, asked_for: str = "") -> list[str]:
    """What was read and for when the forecast is, the models, how much better, how sure, what was not tried; then what to check.

    `asked_for`: the issue date that was asked for, where the forecast starts right after the last record instead.
    """
    found = chosen(result.ledger.trials)
    told = [_read(result, asked_for), *(_chosen(found) if found else [_given(result)])]
    told.insert(3 if found else 2, _how_sure(result, found))
    problems = result.ledger.problems.noted
    if problems:
        doubts = f"{counted(len(problems), 'doubtful row')} or value{'' if len(problems) == 1 else 's'}"
        told.append(f"To check: {doubts}, such as {problems[0].file}, {problems[0]}")
    return told + [f"Read this first: {mark}" for mark in result.ledger.marks]


def _read(result: Result, asked_for: str) -> str:
    inputs, ahead = result.inputs, result.demand.indexes["period"]
    day = result.stamp.issue_date.date()
    since = "" if asked_for in ("", str(day)) else f", right after the last record (not {asked_for})"
    span = f"{ahead[0].date()}" + (f" to {ahead[-1].date()}" if len(ahead) > 1 else "")
    return (
        f"{counted(len(inputs.records), 'record')} of {counted(len(inputs.zones), 'zone')} and "
        f"{counted(len(inputs.items), 'item')}, until {inputs.data_until.date()}; forecast as of {day}{since}, "
        f"{counted(len(ahead), 'period')} ahead: {span}"
    )


def _given(result: Result) -> str:
    models = result.demand["model"].to_series().value_counts().drop("none", errors="ignore")
    listed = few([f"{name} for {count:,} series" for name, count in models.items()])
    return f"Models, as set: {listed} (--set forecast.default.use=best lets the past decide)"


def _chosen(found: list[Chosen]) -> list[str]:
    """Which models for which items; how much better; what was not tried."""
    by_label: dict[str, list[str]] = {}
    for one in found:
        by_label.setdefault(one.label, []).append(one.item)
    groups = sorted(by_label.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    which = few([f"{label} for {_items(items, len(found))}" for label, items in groups], MOST_ITEMS)
    cells = sum(one.cells for one in found)
    if not cells:
        return [f"Models: {which}; {few(sorted({why for _, why, _ in left_out(found)}), 2)}"]
    tried = [f"{models} ({why.removeprefix('not tried: ')})" for models, why, _ in left_out(found)]
    return [
        f"Models, chosen by what came closest on {cells:,} past values: {which}",
        _how_much_better(found),
        f"Not taken or not tried: {'; '.join(tried)}" if tried else "All candidates were tried",
    ]


def _how_much_better(found: list[Chosen]) -> str:
    """The items that gain least come last; with many, the first and the last."""
    scored = sorted((one for one in found if one.relative == one.relative), key=lambda one: (one.relative, one.item))
    each = [f"{one.item} {closer(one.relative)}" for one in scored]
    shown = each if len(each) <= MOST_ITEMS else [*each[:2], "...", *each[-2:]]
    nexts = sorted({one.runners_up[0][0] for one in scored if one.runners_up})
    return f"Than the average of 3 periods: {', '.join(shown)}" + (f"; next best: {few(nexts, 3)}" if nexts else "")


def _how_sure(result: Result, found: list[Chosen]) -> str:
    import numpy as np

    total = result.demand["distributed"].sum(("zone", "item", "period")).values.astype(float)
    low, high = np.quantile(total, [0.1, 0.9], method="hazen")
    cells = sum(one.cells for one in found)
    held = sum(one.cells * one.inside_80 for one in found if one.cells) / cells if cells else float("nan")
    past = f"{100 * held:.0f} % of those past values lay in the 80 % range; " if cells else ""
    expected, low, high = (_amount(number) for number in (total.mean(), low, high))
    return f"How sure: {past}all to be handed out {expected} units, with 80 % between {low} and {high}"


def _amount(number: float) -> str:
    """Whole numbers; what is below ten in three digits, so that small figures do not pass for nothing."""
    return f"{number:,.0f}" if number >= 10 or number == round(number) else f"{number:.3g}"


def _items(items: list[str], count: int) -> str:
    return f"all {count} items" if len(items) == count > 1 else few(items, MOST_ITEMS)
