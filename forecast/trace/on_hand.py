"""What lies in the zone on the issue date, worked out from the count and the receipts since, for a pocket calculator."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from forecast import periods
from forecast.text_page import day, exact
from forecast.trace.chain import Chain, Row

DAY = pd.Timedelta(days=1)
Step = tuple[pd.Timestamp, float, str]  # from when, what comes, in words


def on_hand(chain: Chain, first: Row) -> Iterator[str]:
    """A line per item: count + receipts - demand expected since, never below 0; then that it is the first `zone_stock`."""
    total = 0.0
    for item in chain.members:
        steps = [*_counted(chain, item), *_received(chain, item)]
        if _is_old(chain, item):
            age = chain.run.settings["plan"]["stock_max_age_days"]
            yield f"on hand   {item}: its count is older than {age} days: unknown, only what was received since is counted on"
        if steps:
            left, words = _followed(chain, item, steps)
            total += left * float(chain.items["covers"].loc[item])
            yield f"on hand   {item}: {words}"
    if pd.isna(first["zone_stock"]):
        return
    if abs(total - first["zone_stock"]) <= 0.01 + 0.001 * total:
        yield f"          in need units {exact(first['zone_stock'])}, the first zone_stock"
    else:
        yield f"          the plan has {exact(first['zone_stock'])} in need units: goods that no longer keep are left out"


def _counts(chain: Chain, item: str) -> pd.DataFrame:
    df = chain.supply["zone-stock"]
    found: pd.DataFrame = df[(df["item"] == item) & (df["counted_on"] <= chain.run.issue_date)] if len(df) else df
    return found


def _oldest(chain: Chain) -> pd.Timestamp:
    return chain.run.issue_date - int(chain.run.settings["plan"]["stock_max_age_days"]) * DAY


def _is_old(chain: Chain, item: str) -> bool:
    df = _counts(chain, item)
    return bool(len(df)) and bool((df["counted_on"] < _oldest(chain)).all())


def _counted(chain: Chain, item: str) -> list[Step]:
    """The count, from the first day that is not in it."""
    df = _counts(chain, item)
    rows = df[df["counted_on"] >= _oldest(chain)].tail(1).to_dict("records") if len(df) else []
    steps = []
    for row in rows:
        since = pd.Timestamp(row["counted_on"]) + int(row.get("counted_at") == "end_of_day") * DAY
        steps.append((since, float(row["quantity"]), f"{exact(row['quantity'])} counted on {day(row['counted_on'])}"))
    return steps


def _received(chain: Chain, item: str) -> list[Step]:
    """What came by consignment after the count, day by day."""
    df = chain.supply["dispatches"]
    df = df[df["item"] == item]
    if df.empty:
        return []
    counted = _counted(chain, item)
    since = counted[0][0] if counted else _oldest(chain)
    handed_over = df["received_quantity"].fillna(df["quantity"] - df["lost"].fillna(0))
    is_since = (df["received"] >= since) & (df["received"] <= chain.run.issue_date)
    by_day = handed_over[is_since].groupby(df["received"]).sum().sort_index()
    return [(pd.Timestamp(str(when)), float(came), f"+ {exact(came)} received on {day(when)}") for when, came in by_day.items()]


def _followed(chain: Chain, item: str, steps: list[Step]) -> tuple[float, str]:
    """From step to step: what is there, less the demand of the days until the next."""
    rate, left, words = _per_day(chain, item), 0.0, []
    ends = [*(when for when, _, _ in steps[1:]), chain.run.issue_date]
    for (when, came, told), end in zip(steps, ends, strict=True):
        days = max((end - when).days, 0)
        before, left = left + came, max(left + came - rate * days, 0.0)
        used = f" - {exact(rate)} a day x {days} day{'' if days == 1 else 's'}" if days else ""
        words.append(f"{told}{used}{' (no less than 0)' if rate * days > before else ''} = {exact(left)}")
    return left, "; ".join(words)


def _per_day(chain: Chain, item: str) -> float:
    """Mean demand a day in the first forecast period."""
    df = chain.of_item(chain.demand[chain.demand["quantity"] == "demand"], item).head(1)
    days = periods.days_in(pd.DatetimeIndex(df["period"]), chain.forecast_period)
    return float(df["mean"].iloc[0] / days[0]) if len(df) else 0.0
