"""STOCK: what lies in depots and zones, what is on its way, what others bring."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from forecast import convert, periods
from forecast.config import Job
from forecast.inputs import checks
from forecast.inputs.checks import Known
from forecast.inputs.sources import Sources, in_order
from forecast.schema import ARRIVALS, BY_OTHERS, COMMITMENTS, DISPATCHES, PRIORITIES, STOCK, ZONE_STOCK, Ledger, Stock


def read_stock(sources: Sources, known: Known, records: pd.DataFrame) -> Stock:
    """The stock tables, typed and checked against zones, items and depots, as they were known on the issue date."""
    stock = Stock(
        depot_stock=sources.table(STOCK),
        arrivals=sources.table(ARRIVALS),
        zone_stock=sources.table(ZONE_STOCK),
        dispatches=sources.table(DISPATCHES),
        by_others=sources.table(BY_OTHERS, snaps=False),
        commitments=sources.table(COMMITMENTS, snaps=False),
        priorities=sources.table(PRIORITIES),
    )
    for table in vars(stock).values():
        checks.refuse_unknown(table, known, sources.problems)
    stock = _as_known(stock, sources)
    zone_stock = stock.zone_stock if sources.is_given("zone_stock") else _from_records(records, sources)
    return replace(stock, depot_stock=_with_status(stock.depot_stock, sources), zone_stock=_dated(zone_stock, sources))


def without_expired(stock: Stock, job: Job, ledger: Ledger) -> Stock:
    """Stock without batches that expired before the issue date; each such row is noted."""
    batches = stock.depot_stock
    expired = batches["expiry"] < job.issue_date
    for row in batches.index[expired]:
        problem = f"expired before the issue date ({job.issue_date.date()})"
        ledger.problems.note(convert.problem_at(batches, row, "expiry", problem, "Not counted as stock"))
    return replace(stock, depot_stock=batches[~expired].reset_index(drop=True))


def _as_known(stock: Stock, sources: Sources) -> Stock:
    """Counts, dispatches and receipts after today are refused; those after the issue date are not used."""
    job, ledger = sources.job, sources.ledger
    for table, column in ((stock.depot_stock, "counted_on"), (stock.zone_stock, "counted_on")):
        checks.refuse_after_today(table, column, job.today, ledger.problems)
    for column in ("left", "received"):
        checks.refuse_after_today(stock.dispatches, column, job.today, ledger.problems)
    dispatches = checks.drop_after(stock.dispatches, "left", job.issue_date, "dispatches", ledger)
    later = dispatches["received"] > job.issue_date
    dispatches.loc[later, "received"] = pd.NaT
    dispatches.loc[later, ["received_quantity", "lost"]] = float("nan")
    if later.any():
        remark = f"{checks.counted(int(later.sum()), 'dispatch')} received after {job.issue_date.date()}: counted as on the road."
        ledger.remarks.append(remark)
    return replace(
        stock,
        depot_stock=checks.drop_after(stock.depot_stock, "counted_on", job.issue_date, "stock", ledger),
        zone_stock=checks.drop_after(stock.zone_stock, "counted_on", job.issue_date, "zone_stock", ledger),
        dispatches=dispatches,
    )


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
    table = counted[["record", "zone", "item"]].assign(quantity=counted["stock_end"], counted_on=counted["period"].map(last_days))
    return in_order(table.astype({"counted_on": "datetime64[s]"}), ZONE_STOCK)


def _dated(zone_stock: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """A count without a date is taken as one of the issue date."""
    undated = zone_stock["counted_on"].isna()
    if undated.any():
        applies_to = f"{checks.counted(int(undated.sum()), 'row')} of zone_stock without a date"
        sources.ledger.assume("counted_on", applies_to, sources.job.issue_date.date(), "", "the issue date")
    return zone_stock.assign(counted_on=zone_stock["counted_on"].fillna(sources.job.issue_date))


def _with_status(stock: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Stock without a status counts as usable."""
    unstated = stock["status"] == ""
    if unstated.any():
        applies_to = f"{checks.counted(int(unstated.sum()), 'row')} of stock without a status"
        sources.ledger.assume("status", applies_to, "usable", "", "default of this program")
    return stock.assign(status=stock["status"].mask(unstated, "usable"))
