"""The published tables as data frames: columns in order, rows in order, rounded, text made safe, every row stamped."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from forecast.quantiles import demand_table
from forecast.schema import (
    ALLOCATION,
    ASSUMPTIONS,
    CHOICES,
    COVERAGE,
    DEMAND_TABLE,
    FEEDS,
    PIPELINE,
    TOGETHER,
    TRANSFERS,
    Plan,
    Result,
    SeamError,
    Stamp,
    Table,
    Trial,
)
from forecast.text_page import cell

QUANTITY_DECIMALS = 3
_SHARES = ("coverage", "shortage_risk", "break_risk", "relative_crps", "inside_80", "share")
DECIMALS = {**dict.fromkeys(_SHARES, 4), "m3": 6, "people": 1, "mos": 2}  # of columns that are not quantities
BALANCE_TOLERANCE = 1e-6  # relative to the larger side; what is beyond is a bug of the plan, not of rounding


def allocation(plan: Plan, stamp: Stamp) -> pd.DataFrame:
    """ALLOCATION, in the order people load: by day, depot, zone, item; what is not sent comes last."""
    df = plan.lines.assign(run=stamp.run, status=stamp.status)
    df = df.sort_values(["load_on", "depot", "zone", "item", "line_id"], na_position="last", kind="stable")
    return _published(ALLOCATION.check(df), ALLOCATION, stamp)


def coverage(plan: Plan, stamp: Stamp) -> pd.DataFrame:
    """COVERAGE by period, zone, item; the balance of each row holds to the last printed digit."""
    df = COVERAGE.check(plan.cells).sort_values(["period", "zone", "item"], ignore_index=True)
    return _published(balanced(df), COVERAGE, stamp)


def transfers(plan: Plan, stamp: Stamp) -> pd.DataFrame:
    """TRANSFERS between depots, in the order people load."""
    df = plan.transfers.assign(run=stamp.run, status=stamp.status)
    return _published(TRANSFERS.check(df), TRANSFERS, stamp)


def pipeline(plan: Plan, stamp: Stamp) -> pd.DataFrame:
    """PIPELINE by depot, item, period."""
    df = PIPELINE.check(plan.pipeline).sort_values(["depot", "item", "period"], ignore_index=True)
    return _published(df, PIPELINE, stamp)


def demand(result: Result) -> pd.DataFrame:
    """DEMAND_TABLE: both quantities, mean and quantiles over the samples, in item units per period."""
    table = demand_table(result.demand, result.inputs.items)
    return _published(table, DEMAND_TABLE, result.stamp)


def assumptions(result: Result) -> pd.DataFrame:
    """ASSUMPTIONS: every figure that is not from the user's data, each once, in order of name."""
    names = ASSUMPTIONS.names
    rows = [tuple(getattr(assumption, name) for name in names) for assumption in result.ledger.assumptions]
    df = pd.DataFrame(sorted(set(rows)), columns=pd.Index(names), dtype="str")
    return _published(df, ASSUMPTIONS, result.stamp)


def feeds(result: Result) -> pd.DataFrame:
    """FEEDS: how fresh each signal is and how much of the zones it saw, in order of name."""
    rows = [dataclasses.asdict(feed) for feed in sorted(result.inputs.feeds, key=lambda feed: feed.signal)]
    df = pd.DataFrame(rows, columns=pd.Index(FEEDS.names))
    numbers = {name: df[name].astype(float) for name in ("age_days", "max_age", "coverage")}
    df = df.assign(**numbers, newest=df["newest"].astype("datetime64[s]"))
    return _published(df, FEEDS, result.stamp)


def choices(result: Result) -> pd.DataFrame:
    """CHOICES: how models did where one was chosen, by item: what was taken first, then the others, the closest first."""
    names = [field.name for field in dataclasses.fields(Trial)]
    df = pd.DataFrame([dataclasses.asdict(trial) for trial in result.ledger.trials], columns=pd.Index(names))
    first = (df["model"] == TOGETHER) + df["share"]
    df = df.assign(first=-first).sort_values(["item", "first", "relative", "model"], ignore_index=True)
    return _published(CHOICES.check(df.rename(columns={"relative": "relative_crps"})), CHOICES, result.stamp)


def problems(result: Result) -> pd.DataFrame:
    """What was found wrong in the input and what was done about it: `file, line, column, value, problem, action`."""
    found = sorted(result.ledger.problems, key=lambda p: (p.file, p.line or 0, p.column, p.value, p.problem))
    df = pd.DataFrame(
        {
            "file": pd.Series([p.file for p in found], dtype="str"),
            "line": pd.Series([p.line for p in found], dtype="float64"),
            "column": pd.Series([p.column for p in found], dtype="str"),
            "value": pd.Series([p.value for p in found], dtype="str"),
            "problem": pd.Series([p.problem for p in found], dtype="str"),
            "action": pd.Series([p.action for p in found], dtype="str"),
        }
    )
    return _published(df, None, result.stamp)


def balanced(cells: pd.DataFrame) -> pd.DataFrame:
    """Round the quantities of COVERAGE so that each row still balances exactly:

    zone_stock (unknown counts nothing) + in_transit + planned + by_others + expected_unmet - expected_surplus
    = demand_mean + carried_need. What rounding leaves over goes to the surplus, or to the unmet where there is no surplus.
    Raises SeamError where the rows do not balance before rounding.
    """
    supply = ["zone_stock", "in_transit", "planned", "by_others"]
    _must_balance(cells, supply)
    scale = 10.0**QUANTITY_DECIMALS
    counts = (cells[[*supply, "demand_mean", "carried_need", "expected_unmet"]] * scale).round().fillna(0)
    surplus = counts[[*supply, "expected_unmet"]].sum(axis=1) - counts["demand_mean"] - counts["carried_need"]
    unmet = counts["expected_unmet"] + (-surplus).clip(lower=0)
    return cells.assign(expected_unmet=unmet / scale, expected_surplus=surplus.clip(lower=0) / scale)


def _must_balance(cells: pd.DataFrame, supply: list[str]) -> None:
    have = cells[supply].fillna(0).sum(axis=1) + cells["expected_unmet"]
    need = cells["demand_mean"] + cells["carried_need"] + cells["expected_surplus"]
    off = (have - need).abs() > BALANCE_TOLERANCE * np.maximum(have, need) + 1e-6
    if off.any():
        row = cells[off].iloc[0]
        place = f"zone {row['zone']}, item {row['item']}, period {row['period'].date()}"
        raise SeamError(
            f"coverage: {int(off.sum())} rows do not balance; the first: {place}, off by {(have - need)[off].iloc[0]:.6g}"
        )


def _published(df: pd.DataFrame, table: Table | None, stamp: Stamp) -> pd.DataFrame:
    """Round numbers, make text safe, keep the declared columns in order, then the stamp: run, status, issue date, data until."""
    names = table.names if table else list(df.columns)
    columns = {name: _rounded(df[name], name) for name in names}
    for name, value in (("run", stamp.run), ("status", stamp.status)):
        columns.setdefault(name, pd.Series(value, index=df.index, dtype="str"))
    for name, date in (("issue_date", stamp.issue_date), ("data_until", stamp.data_until)):
        columns[name] = pd.Series(date, index=df.index, dtype="datetime64[s]")
    return pd.DataFrame(columns).reset_index(drop=True)


def _rounded(values: pd.Series, name: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float).round(DECIMALS.get(name, QUANTITY_DECIMALS))
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    return values.map(cell).astype("str")
