"""STOCK: what lies in depots and zones, what is on its way, what others bring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from forecast import as_of, convert, periods
from forecast.config import Job
from forecast.errors import Problem
from forecast.inputs import checks
from forecast.inputs.checks import Known
from forecast.inputs.sources import Sources, in_order
from forecast.schema import ARRIVALS, BY_OTHERS, COMMITMENTS, DISPATCHES, PRIORITIES, STOCK, ZONE_STOCK, Ledger, Stock, Table


def read_stock(sources: Sources, known: Known, records: pd.DataFrame) -> Stock:
    """The stock tables, typed and checked against zones, items and depots, as they were known on the issue date."""
    stock = Stock(
        depot_stock=sources.table(STOCK),
        arrivals=sources.table(ARRIVALS),
        zone_stock=sources.table(ZONE_STOCK),
        dispatches=_dispatches(sources),
        by_others=sources.table(BY_OTHERS, snaps=False),
        commitments=sources.table(COMMITMENTS, snaps=False),
        priorities=sources.table(PRIORITIES),
    )
    for table in vars(stock).values():
        checks.refuse_unknown(table, known, sources.problems)
    _refuse_totals(stock.depot_stock, sources)
    for table, of in ((stock.arrivals, ARRIVALS), (stock.by_others, BY_OTHERS)):
        _doubt_copies(table, of, sources)
    _refuse_neither_item_nor_need(stock.by_others, sources)
    _refuse_crossed_dates(stock.arrivals, sources)
    zone_stock = stock.zone_stock if sources.is_given("zone_stock") else _from_records(records, sources)
    return replace(
        stock,
        depot_stock=_dated(_with_status(stock.depot_stock, sources), STOCK, sources, matters=len(stock.dispatches) > 0),
        zone_stock=_dated(zone_stock, ZONE_STOCK, sources, matters=True),
    )


def without_expired(stock: Stock, job: Job, ledger: Ledger) -> Stock:
    """Stock without batches that expired before the issue date; each such row is noted."""
    batches = stock.depot_stock
    expired = batches["expiry"] < job.issue_date
    for row in batches.index[expired]:
        problem = f"expired before the issue date ({job.issue_date.date()})"
        ledger.problems.note(convert.problem_at(batches, row, "expiry", problem, "Not counted as stock"))
    return replace(stock, depot_stock=batches[~expired].reset_index(drop=True))


def _dispatches(sources: Sources) -> pd.DataFrame:
    """Dispatches that had left by the issue date; what was received later was on the road then."""
    text = sources.text(DISPATCHES)
    if text is None:
        return DISPATCHES.empty()
    told = ("received_quantity", "lost", "status")
    delay = int(text.attrs.get("delay_days") or 0)
    text, later = as_of.blank_later(text, DISPATCHES, "received", told, sources.reading, delay_days=delay)
    if later:
        remark = f"{checks.counted(later, 'dispatch')} received after {sources.job.issue_date.date()}: counted as on the road."
        sources.ledger.remarks.append(remark)
    return sources.typed(text, DISPATCHES)


def _doubt_copies(df: pd.DataFrame, table: Table, sources: Sources) -> None:
    """Note rows that are alike in every column: two consignments, or one that was written twice."""
    names = [name for name in table.names if name != "record"]
    first = df.groupby(names, dropna=False)["record"].transform("first")
    for row in df.index[df.duplicated(names)]:
        file, line = convert.place(str(df.at[row, "record"]))
        problem = f"is alike in every column to {first[row]}, so it counts a second time"
        action = "Delete one of the two, or tell them apart (consignment, organisation)"
        sources.problems.note(Problem(file, problem, f"Used as it is. {action}", line=line))


def _refuse_totals(stock: pd.DataFrame, sources: Sources) -> None:
    """Refuse a row without a batch that holds as much as the batches of its depot and item together: it would count twice."""
    place = ["depot", "item", "status", "owner"]
    batches = stock[(stock["batch"] != "") & (stock["quantity"] > 0)].groupby(place)["quantity"].agg(["sum", "count"])
    beside = stock[place].merge(batches, left_on=place, right_index=True, how="left").set_index(stock.index)
    is_total = (stock["batch"] == "") & (beside["count"] > 1) & np.isclose(stock["quantity"], beside["sum"])
    for row in stock.index[is_total]:
        problem = f"is as much as its {int(beside['count'][row])} batches together, and has no batch: a total would count twice"
        action = "Delete the row, or name its batch"
        sources.problems.refuse(convert.problem_at(stock, row, "quantity", problem, action))


def _refuse_neither_item_nor_need(by_others: pd.DataFrame, sources: Sources) -> None:
    """What others bring is an item, or goods for a need in its need unit: one of the two."""
    item, need = by_others["item"] != "", by_others["need"] != ""
    for rows, column, problem in (
        (~item & ~need, "item", "is empty, and so is need"),
        (item & need, "need", "is given beside an item"),
    ):
        for row in by_others.index[rows]:
            action = "Name the item, or the need it is for (quantity in the unit of the need), and leave the other empty"
            sources.problems.refuse(convert.problem_at(by_others, row, column, problem, action))
    for row in by_others.index[~item & need & ~by_others["need"].isin(list(sources.job.config.needs))]:
        action = f"Give `needs.{by_others['need'][row]}` with its unit, or name the item"
        problem = "has no unit: the config does not state this need"
        sources.problems.refuse(convert.problem_at(by_others, row, "need", problem, action))


def _refuse_crossed_dates(arrivals: pd.DataFrame, sources: Sources) -> None:
    """An arrival is expected between its earliest and its latest date."""
    for column, other in (("eta_low", "eta"), ("eta", "eta_high")):
        for row in arrivals.index[arrivals[column] > arrivals[other]]:
            problem = f"is later than {other} ({arrivals[other][row].date()})"
            sources.problems.refuse(convert.problem_at(arrivals, row, column, problem, "Mend the dates"))


def _from_records(records: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Where no count of the zones' stock is given: the last stock_end of each zone and item, as of the last day of its period."""
    counted = records[records["stock_end"].notna()].sort_values(["zone", "item", "period"])
    counted = counted.drop_duplicates(["zone", "item"], keep="last")
    if counted.empty:
        sources.ledger.remarks.append("No stock in the zones is known: there is no zone_stock, and records have no stock_end.")
        return ZONE_STOCK.empty()
    series = len(records[["zone", "item"]].drop_duplicates())
    remark = f"Stock in the zones is the last stock_end of records, for {len(counted)} of {series} zones and items."
    sources.ledger.remarks.append(remark)
    period = sources.job.config.forecast.period
    last_days = {start: periods.step(start, 1, period) - pd.Timedelta(days=1) for start in counted["period"].unique()}
    table = counted[["record", "zone", "item", "known_on"]].assign(
        quantity=counted["stock_end"], counted_on=counted["period"].map(last_days), counted_at="end_of_day"
    )
    return in_order(table.astype({"counted_on": "datetime64[s]", "counted_at": "str"})[ZONE_STOCK.names], ZONE_STOCK)


def _dated(counts: pd.DataFrame, table: Table, sources: Sources, *, matters: bool) -> pd.DataFrame:
    """A count without a date is taken as one of the issue date; without `counted_at`, as made before that day's loads moved."""
    undated, untimed = counts["counted_on"].isna(), counts["counted_at"] == ""
    if undated.any() and matters:
        applies_to = f"{checks.counted(int(undated.sum()), 'row')} of {table.name} without a date"
        sources.ledger.assume("counted_on", applies_to, sources.job.issue_date.date(), "", "the issue date")
    if untimed.any() and sources.is_given("dispatches"):
        applies_to = f"{checks.counted(int(untimed.sum()), 'row')} of {table.name} that do not say"
        source = "default of this program: what left or came on the day of the count is not in it"
        sources.ledger.assume("counted_at", applies_to, "start_of_day", "", source)
    return counts.assign(
        counted_on=counts["counted_on"].fillna(sources.job.issue_date),
        counted_at=counts["counted_at"].mask(untimed, "start_of_day"),
    )


def _with_status(stock: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Stock without a status counts as usable."""
    unstated = stock["status"] == ""
    if unstated.any():
        applies_to = f"{checks.counted(int(unstated.sum()), 'row')} of stock without a status"
        sources.ledger.assume("status", applies_to, "usable", "", "default of this program")
    return stock.assign(status=stock["status"].mask(unstated, "usable"))
