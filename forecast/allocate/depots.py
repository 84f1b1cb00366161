"""What the depots have on the issue date, and what is coming to them: counts less what left since, and arrivals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.allocate.arrays import rows
from forecast.allocate.consignments import CANCELLED, DAY, LOST, RECEIVED, words
from forecast.allocate.timeline import Calendar
from forecast.errors import Problem, counted
from forecast.schema import Floats, Ledger

FAR = pd.Timestamp("2262-01-01")  # later than any expiry


def less_what_left(stock: pd.DataFrame, left: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """STOCK less the goods that left (`depot, item, quantity, left`) after they were counted, first expired first.

    A count at the start of a day still holds what left that day, one at its end does not. Only usable stock leaves. Where more
    left than was counted, none is left, and that is noted.
    """
    if left.empty or stock.empty:
        return stock
    holds_from = stock["counted_on"] + DAY * (stock["counted_at"] == "end_of_day").astype(int)
    usable = stock.assign(holds_from=holds_from)[stock["status"].isin(["usable", ""])]
    usable = usable.assign(last_day=usable["expiry"].fillna(FAR)).sort_values(["depot", "item", "last_day", "batch", "quantity"])
    quantity = stock["quantity"].astype(float).copy()
    gone = dict(list(left.sort_values(["left", "quantity"]).groupby(["depot", "item"])))
    taken = 0
    for key, held in usable.groupby(["depot", "item"]):
        loads = gone.get(key)
        if loads is not None:
            remaining, count = _taken(held, loads, str(key[0]), str(key[1]), ledger)
            quantity[held.index] = remaining
            taken += count
    if taken:
        ledger.remarks.append(
            f"{counted(taken, 'load')} left depots since their stock was counted: taken off the count, first expired first."
        )
    return stock.assign(quantity=quantity)


def _taken(held: pd.DataFrame, loads: pd.DataFrame, depot: str, item: str, ledger: Ledger) -> tuple[Floats, int]:
    """Batches of one depot and item, first expired first, and what left -> what remains of each, and of how many loads."""
    remaining, holds_from, last_day = held["quantity"].to_numpy(float).copy(), held["holds_from"], held["last_day"]
    short, count = 0.0, 0
    for load in rows(loads):
        is_in = (holds_from <= load.left).to_numpy()
        if not is_in.any():
            continue  # counted after it left: already gone
        count += 1
        wanted = float(load.quantity)
        good = is_in & (last_day >= load.left).to_numpy()
        for place in np.flatnonzero(good):
            given = min(wanted, remaining[place])
            remaining[place] -= given
            wanted -= given
        short += wanted
    if short > 0:
        problem = f"{short:g} more of {item} left {depot} than its stock held when it was counted"
        ledger.problems.note(Problem("dispatches", problem, "Taken as none left there. Count the stock again", column="quantity"))
    return remaining, count


def arriving(arrivals: pd.DataFrame, calendar: Calendar, overdue_days: int, ledger: Ledger) -> pd.DataFrame:
    """ARRIVALS that are counted on, with `period`, the first they can be loaded in: the first that starts on or after their
    latest date (`eta_high`, else `eta`).

    An overdue one is not here yet: it can be loaded from the next period; when it is more than `overdue_days` late, not at all.
    """
    status = words(arrivals["status"])
    coming = arrivals[~status.isin((*CANCELLED, *LOST, *RECEIVED)) & (arrivals["quantity"] > 0)]
    latest = coming["eta_high"].fillna(coming["eta"])
    given_up = latest + overdue_days * DAY < calendar.issue_date
    overdue = (latest < calendar.issue_date) & ~given_up
    _say(coming, status, overdue, given_up, overdue_days, ledger)
    period = np.where(overdue, 1, calendar.first_from(latest))
    return coming.assign(period=period)[~given_up]


def _say(
    coming: pd.DataFrame, status: pd.Series, overdue: pd.Series, given_up: pd.Series, overdue_days: int, ledger: Ledger
) -> None:
    if overdue.any():
        ledger.remarks.append(
            f"Overdue arrivals at depots: {overdue.sum()}; expected within the first period, loaded from the second. If they "
            "came, write status received, or they count twice."
        )
    if given_up.any():
        ledger.remarks.append(
            f"Arrivals at depots more than {overdue_days} days overdue (plan.overdue_days): {given_up.sum()}; not counted on."
        )
    planned = int((status[coming.index] == "planned").sum())
    if planned:
        ledger.remarks.append(f"Arrivals at depots that are planned, not confirmed: {planned}; counted on.")
    uncertain = coming["eta_high"] > coming["eta"]
    if uncertain.any():
        applies_to = f"{counted(int(uncertain.sum()), 'arrival')} with an uncertain date"
        ledger.assume("arrival date", applies_to, "eta_high", "", "what may come late is counted on from its latest date")
