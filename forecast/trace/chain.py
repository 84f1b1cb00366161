"""The facts of one zone and one item, gathered from the files of a run; nothing is computed again."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from forecast import store
from forecast.errors import InputError, Problem, did_you_mean, few
from forecast.published import Published
from forecast.schema import ALLOCATION, CHOICES, COVERAGE, DEMAND_TABLE, Column, Table

PROBLEMS = Table(
    "problems", (Column("file"), Column("line"), Column("column"), Column("value"), Column("problem"), Column("action"))
)
TABLES = ("demand.csv", "coverage.csv", "allocation.csv", "problems.csv")
CHOSEN = "choices.csv"  # only where models were chosen
SUPPLY = ("zone-stock", "dispatches", "by-others", "commitments")
SEAMS = (
    "1-zones", "1-items", "2-records", "2-doubted", "3-signals", "4-panel", "4-trend", "5-stock", "5-arrivals", "7-cells",
    *(f"5-{name}" for name in SUPPLY),
)  # fmt: skip

Row = dict[Hashable, Any]


@dataclass(frozen=True)
class Chain:
    """What a run says of one zone and the items asked for, each table in the order of its periods.

    `zone`: its row; `items`: all items by code; `asked`: the items to follow; `group`: the code of their rows in coverage.csv;
    `members`: all items of that group; `supply`: name -> rows of the inputs of the plan; `stock`: batches and arrivals at depots.
    """

    run: Published
    zone: pd.Series
    items: pd.DataFrame
    asked: tuple[str, ...]
    group: str
    members: tuple[str, ...]
    records: pd.DataFrame
    problems: pd.DataFrame
    doubted: pd.DataFrame
    panel: pd.DataFrame
    signals: pd.DataFrame
    trend: pd.DataFrame
    demand: pd.DataFrame
    choices: pd.DataFrame
    supply: dict[str, pd.DataFrame]
    stock: pd.DataFrame
    cells: pd.DataFrame
    lines: pd.DataFrame

    @property
    def code(self) -> str:
        return str(self.zone["zone"])

    @property
    def forecast_period(self) -> str:
        return str(self.run.settings["forecast"]["period"])

    @property
    def plan_period(self) -> str:
        return str(self.run.settings["plan"]["period"])

    def of_item(self, df: pd.DataFrame, item: str) -> pd.DataFrame:
        """The rows of one item, in the order of their periods."""
        found: pd.DataFrame = df[df["item"] == item].sort_values("period", ignore_index=True)
        return found


def follow(run: Published, zone: str, item: str) -> Chain:
    """Gather what the run says of a zone and an item or group. Raises InputError: see `trace`."""
    run.verify([*TABLES, *(store.seam_file(name) for name in SEAMS)])
    zones, items = run.seam("1-zones"), run.seam("1-items").set_index("item")
    group_of = items["substitutes"].where(items["substitutes"] != "", items.index.to_series())
    _refuse_unknown(run, zone, list(zones["zone"]), item, [*items.index, *group_of.unique()])
    asked = (item,) if item in items.index else tuple(items.index[group_of == item])
    group = str(group_of[asked[0]])
    members = tuple(items.index[group_of == group])

    def rows(df: pd.DataFrame, codes: tuple[str, ...]) -> pd.DataFrame:
        found: pd.DataFrame = df[(df["zone"] == zone) & df["item"].isin(codes)]
        return found

    signals = run.seam("3-signals")
    records, doubted = rows(run.seam("2-records"), asked), run.seam("2-doubted")
    supply = {name: rows(_named(run.seam(f"5-{name}")), members) for name in SUPPLY}
    named = [records, *supply.values(), _of(doubted, zone, asked)]
    return Chain(
        run=run,
        zone=zones[zones["zone"] == zone].iloc[0],
        items=items,
        asked=asked,
        group=group,
        members=members,
        records=records,
        problems=related(run.table("problems.csv", PROBLEMS), named, zone, asked),
        doubted=doubted,
        panel=rows(run.seam("4-panel"), asked),
        signals=signals[signals["zone"] == zone] if len(signals) else signals,
        trend=rows(_named(run.seam("4-trend")), members),
        demand=rows(run.table("demand.csv", DEMAND_TABLE), members),
        choices=_choices(run),
        supply=supply,
        stock=_at_depots(run, members),
        cells=rows(run.table("coverage.csv", COVERAGE), (group,)).sort_values("period", ignore_index=True),
        lines=rows(run.table("allocation.csv", ALLOCATION), members),
    )


def _choices(run: Published) -> pd.DataFrame:
    """How models did, where one was chosen."""
    return run.table(CHOSEN, CHOICES) if CHOSEN in run.manifest["outputs"] else pd.DataFrame(columns=list(CHOICES.names))


def _refuse_unknown(run: Published, zone: str, zones: list[str], item: str, items: list[str]) -> None:
    problems = []
    for option, name, known in (("--zone", zone, zones), ("--item", item, items)):
        if name not in known:
            known = sorted(set(known))
            action = f"{did_you_mean(name, known)} Known: {few(known, 8)}".strip()
            problems.append(Problem(option, f"is not in the run {run.run}", action, value=name))
    if problems:
        raise InputError(problems)


def _at_depots(run: Published, items: tuple[str, ...]) -> pd.DataFrame:
    """Batches and arrivals of the items: `record, depot, item, quantity, batch, expiry, available_from`."""
    columns = ["record", "depot", "item", "quantity", "batch", "expiry", "available_from"]
    tables = [run.seam("5-stock"), run.seam("5-arrivals").rename(columns={"eta": "available_from"})]
    found = [df.reindex(columns=columns) for df in tables if len(df)]
    stock = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)
    return stock[stock["item"].isin(items)]


def _of(doubted: pd.DataFrame, zone: str, items: tuple[str, ...]) -> pd.DataFrame:
    """The rows as they stood that name the zone and one of the items."""
    if not {"zone", "item"} <= set(doubted.columns):
        return doubted.iloc[:0]
    found: pd.DataFrame = doubted[(doubted["zone"] == zone) & doubted["item"].isin(items)]
    return found


def related(problems: pd.DataFrame, named: list[pd.DataFrame], zone: str, items: tuple[str, ...]) -> pd.DataFrame:
    """The problems noted of the lines of this zone and item, and those whose words name the zone with the item, or instead of
    what was written (a near name).
    """
    places = {part for df in named if "record" in df for record in df["record"].dropna() for part in str(record).split(" + ")}
    words = problems["problem"] + " " + problems["action"]
    at_line = (problems["file"] + ":" + problems["line"]).isin(places)
    in_words = words.str.contains(rf"(?<![\w-]){re.escape(zone)}(?![\w-])", regex=True)
    of_item = words.str.contains("|".join(rf"(?<![\w-]){re.escape(item)}(?![\w-])" for item in items), regex=True)
    about = ((problems["value"] == zone) | in_words) & (of_item | problems["column"].isin([*items, "zone"]))
    found: pd.DataFrame = problems[at_line | about]
    return found


def _named(df: pd.DataFrame) -> pd.DataFrame:
    """An input table that was not given has no rows; it still has the columns that are asked of it."""
    return df if {"zone", "item"} <= set(df.columns) else pd.DataFrame({"zone": [], "item": [], "period": [], "record": []})
