"""The strangest values of the records: what a person who knows the place should look at before anything is forecast from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast import meaning
from forecast.config import Config
from forecast.look.people import people_at, periods_days, planning_figures
from forecast.panel import is_censored_by, on_hand
from forecast.schema import Floats
from forecast.unit_errors import find_unit_errors

KINDS: dict[str, str] = {
    "unit": "probably in another unit (a run sets them aside)",
    "person": "absurd per person",
    "days": "more stock-out days than the period has",
    "balance": "stock balance does not add up",
    "far": "far from the rest of their series",
    "zero": "zero while there was stock, in a series that is never zero",
}
FEWEST = 8  # positive values of a series needed to say what is ordinary
FAR = 5.0  # robust standard deviations, of logarithms
TIMES = 3.0  # and at least so many times more or less than the median
SPREAD = 0.1  # least spread of a series: a value is not strange for being 2 % off
ABSURD = 10.0  # times the planning figure
MOST_OF_A_KIND = 3  # before every other kind had its turn


@dataclass(frozen=True, slots=True)
class Strange:
    """One value: where it stands, what it is, what is ordinary for its series, and why it is strange."""

    kind: str
    record: str
    zone: str
    item: str
    period: pd.Timestamp
    column: str
    value: float
    ordinary: tuple[float, float] | None
    why: str


def strangest(
    records: pd.DataFrame, items: pd.DataFrame, people: pd.DataFrame, config: Config, most: int
) -> tuple[list[Strange], dict[str, int]]:
    """RECORDS, ITEMS by item, (zone, period) people -> the `most` strangest values, and how many there are of each kind.

    Distances are of logarithms from the median of the series, less what all zones moved in that period; each row counts once, for
    the first of KINDS that it falls under. Of one kind no more than three are shown before the other kinds had their turn.
    """
    if records.empty:
        return [], {}
    df = _measured(records.reset_index(drop=True), people, planning_figures(items, config), config.forecast.period)
    found = {
        "unit": _units(df, items, people, config.panel.unit_error_factor),
        "person": _per_person(df),
        "days": _days(df),
        "balance": _balance(df),
        "far": _far(df),
        "zero": _zeros(df[~_arriving(df, items)]),
    }
    taken: set[int] = set()
    ranked: dict[str, list[tuple[int, str]]] = {}
    for kind, rows in found.items():
        ranked[kind] = [(row, why) for row, (_, why) in sorted(rows.items(), key=_rank) if row not in taken]
        taken |= rows.keys()
    first = [(kind, *pair) for kind, pairs in ranked.items() for pair in pairs[:MOST_OF_A_KIND]]
    rest = [(kind, *pair) for kind, pairs in ranked.items() for pair in pairs[MOST_OF_A_KIND:]]
    chosen = sorted((first + rest)[:most], key=lambda one: list(KINDS).index(one[0]))
    return [_strange(df, *one) for one in chosen], {kind: len(pairs) for kind, pairs in ranked.items() if pairs}


Rows = dict[int, tuple[float, str]]  # row -> how strange, why


def _at(df: pd.DataFrame, row: int, column: str) -> float:
    return float(df[column].to_numpy(dtype=float)[row])


def _rank(found: tuple[int, tuple[float, str]]) -> tuple[float, int]:
    return -found[1][0], found[0]


def _measured(df: pd.DataFrame, people: pd.DataFrame, figures: Mapping[str, float], period: str) -> pd.DataFrame:
    """Each row with its logarithm's distance from its series, what is ordinary there, and what it is per person and day."""
    series, moment = [df["zone"], df["item"]], [df["item"], df["period"]]
    log = np.log(df["distributed"].where(df["distributed"] > 0))
    level = log.groupby(series).transform("median")
    off = log - level
    moved = off.groupby(moment).transform("median").where(off.groupby(moment).transform("count") >= 5, 0.0)
    own = off.where(off.abs() < (off - moved).abs(), off - moved)
    days = periods_days(df["period"], period)
    ordinary, keys = log.groupby(series), pd.MultiIndex.from_frame(df[["zone", "item"]])
    spread = 1.4826 * off.abs().groupby(series).transform("median")
    return df.assign(
        level=np.exp(level),
        own=own,
        spread=spread.clip(lower=SPREAD).clip(lower=1 / np.sqrt(np.exp(level))),  # small counts vary by their root
        count=log.groupby(series).transform("count"),
        nonzero=(df["distributed"] > 0).groupby(series).transform("mean"),
        low=np.exp(ordinary.quantile(0.1, "higher").reindex(keys).to_numpy()),
        high=np.exp(ordinary.quantile(0.9, "lower").reindex(keys).to_numpy()),
        days=days,
        per_person=df["distributed"] / days / people_at(df, people),
        figure=df["item"].map(figures).astype(float),
        is_censored=is_censored_by(df),
    )


# ------------------------------------------------------------------ one function per kind: row -> how strange, why


def _units(df: pd.DataFrame, items: pd.DataFrame, people: pd.DataFrame, factor: float) -> Rows:
    axes = [pd.Index(sorted(df[dim].unique())) for dim in ("zone", "item", "period")]
    where = tuple(axis.get_indexer(pd.Index(df[dim])) for axis, dim in zip(axes, ("zone", "item", "period"), strict=True))
    row_at = np.full([len(axis) for axis in axes], -1)
    row_at[where] = df.index

    def cube(values: Floats) -> Floats:
        filled = np.full(row_at.shape, np.nan)
        filled[where] = values
        return filled

    suspects = find_unit_errors(
        distributed=cube(df["distributed"].mask(_arriving(df, items)).to_numpy(float)),
        on_hand=cube(on_hand(df).to_numpy(float)),
        is_censored=cube(df["is_censored"].to_numpy(float)) == 1,
        people=people.reindex(index=axes[0], columns=axes[2]).to_numpy(float),
        packs=items["pack"].reindex(axes[1]).fillna(1).to_numpy(float),
        factor=factor,
    )
    rows = [(int(row_at[one.zone, one.item, one.period]), one.reason) for one in suspects]
    return {row: (abs(_at(df, row, "own")), reason.partition(" of its own")[0].removeprefix("is ")) for row, reason in rows}


def _arriving(df: pd.DataFrame, items: pd.DataFrame) -> pd.Series:
    """(row) it counts people who arrive: they come in waves, and on some days nobody comes."""
    return df["item"].isin(items.index[meaning.counts(items, meaning.ARRIVING)])


def _per_person(df: pd.DataFrame) -> Rows:
    times = df["per_person"] / df["figure"]
    rows = df.index[times.notna() & (times > ABSURD)]
    return {row: (float(times[row]), f"{times[row]:,.0f} times the planning figure") for row in rows}


def _days(df: pd.DataFrame) -> Rows:
    rows = df.index[df["stockout_days"] > df["days"]]
    return {row: (_at(df, row, "stockout_days"), f"the period has {_at(df, row, 'days'):g} days") for row in rows}


def _balance(df: pd.DataFrame) -> Rows:
    """Start + received - distributed against the stock at the end; small differences are losses and adjustments."""
    left = df["stock_start"] + df["received"] - df["distributed"]
    off = (left - df["stock_end"]).abs()
    rows = df.index[(off > 0.5 * df["level"]) & (off > 0.1 * (df["stock_start"] + df["received"] + df["distributed"]))]
    return {
        row: (float(off[row]) / _at(df, row, "level"), f"start + received - distributed is {left[row]:,.10g}") for row in rows
    }


def _far(df: pd.DataFrame) -> Rows:
    far = (df["own"].abs() > FAR * df["spread"]) & (df["own"].abs() > np.log(TIMES)) & (df["count"] >= FEWEST)
    rows = df.index[far & ~(df["is_censored"] & (df["own"] < 0))]  # little handed out in a stock-out is no wonder
    return {row: (abs(_at(df, row, "own")), _times(_at(df, row, "distributed") / _at(df, row, "level"))) for row in rows}


def _zeros(df: pd.DataFrame) -> Rows:
    zero = (df["distributed"] == 0) & ~df["is_censored"] & (df["nonzero"] > 0.95) & (df["count"] >= FEWEST)
    return {row: (-_at(df, row, "spread"), "no stock-out is recorded") for row in df.index[zero]}


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} times the median" if ratio > 1 else f"{1 / ratio:,.0f} times less than the median"


COLUMN = {"days": "stockout_days", "balance": "stock_end"}


def _strange(df: pd.DataFrame, kind: str, row: int, why: str) -> Strange:
    column = COLUMN.get(kind, "distributed")
    known = column == "distributed" and _at(df, row, "count") >= FEWEST
    ordinary = (_at(df, row, "low"), _at(df, row, "high")) if known else None
    record, zone, item = (str(df[name].iloc[row]) for name in ("record", "zone", "item"))
    period = pd.Timestamp(df["period"].iloc[row])
    return Strange(kind, record, zone, item, period, column, _at(df, row, column), ordinary, why)
