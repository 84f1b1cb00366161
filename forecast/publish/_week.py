"""What a plan says of the period that starts on the issue date: what to load, whom no road reaches, which stock runs out."""

from __future__ import annotations

import re

import pandas as pd

from forecast.publish._periods import periods_of
from forecast.publish._text import number, quantity
from forecast.schema import Plan, Routes

COVERED = 0.99  # from here on a cell is not short
LONGEST_NAME = 24  # letters; items with longer names go by their code in lists


def loads(plan: Plan) -> pd.DataFrame:
    """The lines to load in the first plan period, by depot, day, zone, item."""
    lines: pd.DataFrame = plan.lines[(plan.lines["quantity"] > 0) & (plan.lines["load_on"] < periods_of(plan).first_end)]
    return lines.sort_values(["depot", "load_on", "zone", "item", "line_id"], ignore_index=True)


def by_lane(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines sent -> one row per (depot, zone): `lines`, `kg`, `m3`, `trips`; a sum with an unknown part is unknown."""
    sent = lines[lines["quantity"] > 0]
    sums = sent.groupby(["depot", "zone"])[["kg", "m3", "trips"]].sum(skipna=False)
    return sums.assign(lines=sent.groupby(["depot", "zone"]).size()).reset_index()


def contents(lines: pd.DataFrame, items: pd.DataFrame) -> pd.Series:
    """Lines sent -> what goes on each lane, in words, by (depot, zone): 'Food ration 9,180, Trucked water 21,000 L'."""
    sent = lines[lines["quantity"] > 0]
    sums = sent.groupby(["depot", "zone", "item", "unit"])["quantity"].sum().reset_index()
    called = {str(item): short_name(str(item), items["name"].get(item)) for item in sums["item"].unique()}
    words = [
        _amount(called[item], amount, unit)
        for item, amount, unit in zip(sums["item"], sums["quantity"], sums["unit"], strict=True)
    ]
    return sums.assign(words=words).groupby(["depot", "zone"])["words"].agg(", ".join)


def short_name(item: str, name: object) -> str:
    """The name of an item where it is short enough for a list, else its code."""
    return name if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME else item


def _amount(name: str, amount: float, unit: str) -> str:
    """'Trucked water 21,000 L'; a unit that the name tells already is not told again: 'Food ration 9,180'."""
    told = unit.lower() in re.split(r"[\W_]+", name.lower())
    return f"{name} {number(amount) if told else quantity(amount, unit)}"


def cut_off(plan: Plan, routes: Routes) -> pd.DataFrame:
    """Zones with demand that no lane reaches on some day of the plan: `zone, from_day, why`; `from_day` is the first such day."""
    calendar = periods_of(plan)
    zones = set(plan.cells["zone"])
    rows = [(zone, calendar.start, "no lane to it is given") for zone in zones - set(routes.lanes["to"])]
    depots = routes.lanes.groupby("to")["from"].agg(set)
    for zone, shut in routes.closures.groupby("to"):
        day = _first_day_all_shut(depots.get(zone, set()), shut, calendar.start)
        if zone in zones and day is not None and day < calendar.end:
            rows.append((str(zone), day, ", ".join(sorted({str(why) for why in shut["why"] if str(why)}))))
    return pd.DataFrame(sorted(rows), columns=pd.Index(["zone", "from_day", "why"])).astype({"from_day": "datetime64[s]"})


def run_out(plan: Plan, items: pd.DataFrame) -> pd.DataFrame:
    """Stock that a depot has used up while need for it is left: `depot, item, period`, the first period it ends without any."""
    short = plan.cells.loc[plan.cells["coverage"] < COVERED, ["item", "period"]].drop_duplicates()
    stock = plan.depot_stock.assign(cell=_cell_of(plan.depot_stock["item"], items))
    used = stock[stock.groupby(["depot", "item"])["shipped"].transform("sum") > 0]
    empty = used[used["closing"] < 1e-6].merge(short.rename(columns={"item": "cell"}), on=["cell", "period"])
    return (
        empty.sort_values(["period", "depot", "item"])
        .drop_duplicates(["depot", "item"])[["depot", "item", "period"]]
        .reset_index(drop=True)
    )


def _cell_of(item: pd.Series, items: pd.DataFrame) -> pd.Series:
    """What an item is planned as: the code of its substitutes, or itself."""
    shared = item.map(items["substitutes"]).fillna("")
    return item.where(shared == "", shared)


def _first_day_all_shut(depots: set[str], shut: pd.DataFrame, start: pd.Timestamp) -> pd.Timestamp | None:
    """The first day, from `start` on, on which each lane is shut; only a day on which some closure begins can be the first."""
    for day in sorted({max(start, day) for day in shut["start"].fillna(start)}):
        on = shut[(shut["start"].isna() | (shut["start"] <= day)) & (shut["until"].isna() | (shut["until"] > day))]
        if depots and depots <= set(on["from"]):
            return pd.Timestamp(day)
    return None
