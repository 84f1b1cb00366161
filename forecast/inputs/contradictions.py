"""Rows that contradict themselves or name what nobody has: refused, for nothing says which of two figures is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast import convert
from forecast.errors import Problems, did_you_mean, few
from forecast.schema import CARRIAGES, Routes, Stock
from forecast.wordlists import listed

ARRIVED = ("received", "delivered", "arrived", "complete", "completed", "closed")  # as a status of a dispatch


@dataclass(frozen=True)
class Rule:
    """What a row may not be; `problem` may name its other cells in braces."""

    column: str
    is_broken: Callable[[pd.DataFrame], pd.Series]
    problem: str
    action: str


DISPATCHES = (
    Rule("received", lambda df: df["received"] < df["left"], "is before it left ({left})", "Mend the dates"),
    Rule(
        "received_quantity",
        lambda df: df["received_quantity"] > df["quantity"],
        "is more than was sent ({quantity})",
        "Mend the quantities",
    ),
    Rule(
        "lost",
        lambda df: (df["received_quantity"] <= df["quantity"]) & (df["received_quantity"] + df["lost"] > df["quantity"]),
        "and what was received ({received_quantity}) are more than was sent ({quantity})",
        "Mend the quantities",
    ),
    Rule("lost", lambda df: df["lost"] > df["quantity"], "is more than was sent ({quantity})", "Mend the quantities"),
    Rule(
        "received",
        lambda df: df["received"].isna() & df["received_quantity"].notna(),
        "is empty, but {received_quantity} were received",
        "Write the day; without it the goods count as on the road",
    ),
    Rule(
        "status",
        lambda df: df["received"].isna() & df["received_quantity"].isna() & df["status"].str.lower().isin(ARRIVED),
        "is said without a day",
        "Write the day under received; without it the goods count as on the road",
    ),
)
COMMITMENTS = (
    Rule("maximum", lambda df: df["minimum"] > df["maximum"], "is less than the minimum ({minimum})", "Mend one of the two"),
    Rule(
        "fixed",
        lambda df: df["fixed"].notna() & (df["minimum"].notna() | df["maximum"].notna()),
        "stands beside a minimum or a maximum",
        "A fixed quantity is both at once: leave the other two empty",
    ),
    Rule(
        "minimum",
        lambda df: df[["minimum", "fixed", "maximum"]].isna().all(axis=1),
        "is empty, and so are fixed and maximum",
        "Write what was promised, or leave out the row",
    ),
)
LANES = (
    Rule(
        "hours_one_way",
        lambda df: df["hours_one_way"].isna() & df["km"].isna(),
        "is empty, and so is km",
        "Write the hours, or the km: hours are then km / plan.speed_kmh",
    ),
)


def refuse_contradictions(stock: Stock, routes: Routes, problems: Problems) -> None:
    """Refuse rows of dispatches, commitments and lanes that cannot be, and names of vehicles and goods that do not exist."""
    told = {(problem.file, problem.line) for problem in problems.refused}  # a cell that cannot be read is empty here
    lanes = ((routes.lanes, LANES), (routes.between, LANES))
    for df, rules in ((stock.dispatches, DISPATCHES), (stock.commitments, COMMITMENTS), *lanes):
        whole = df[np.array([convert.place(str(record)) not in told for record in df["record"]], dtype=bool)]
        for rule in rules:
            for row in whole.index[rule.is_broken(whole)]:
                problem = rule.problem.format_map({str(name): _shown(value) for name, value in df.loc[row].items()})
                problems.refuse(convert.problem_at(df, row, rule.column, problem, rule.action))
    _refuse_unknown_words(routes.fleet, "carries", CARRIAGES, "which is no kind of goods", problems)
    vehicles = tuple(sorted(set(routes.fleet["vehicle"])))
    if vehicles:
        for df, _ in lanes:
            _refuse_unknown_words(df, "vehicles", vehicles, "which is no vehicle of the fleet", problems)


def _refuse_unknown_words(df: pd.DataFrame, column: str, known: tuple[str, ...], problem: str, problems: Problems) -> None:
    for row in df.index[df[column] != ""]:
        for name in listed(df.at[row, column], known):
            if name not in known:
                action = did_you_mean(name, known) or f"Known: {few(known)}"
                problems.refuse(convert.problem_at(df, row, column, f"names {name}, {problem}", action))


def _shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return f"{value:g}" if isinstance(value, float) else str(value)
