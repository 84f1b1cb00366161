"""What the demand of an item is made of whose records do not count goods: a caseload, or what is delivered and people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from forecast import caseload, periods
from forecast.meaning import ARRIVING, DELIVERED
from forecast.text_page import day, exact, table
from forecast.trace.beside import HALF_DIGIT, beside
from forecast.trace.chain import Chain, Row

SINGLE = 1e-6  # futures are kept in single precision
UNROUNDED = "forecast, mean before rounding"  # what records will show is published in whole numbers where they are


def made_of(chain: Chain) -> Iterator[str]:
    """For each item and each forecast period that the plan uses: from arrivals, or from deliveries and people, to its demand."""
    for item in chain.members:
        counts = chain.items["records_count"].loc[item]
        df = _used_by_the_plan(chain, item) if counts in (ARRIVING, DELIVERED) else pd.DataFrame()
        trend = chain.of_item(chain.trend, item)
        if len(df) and trend.empty:
            yield f"{item}: its demand was given with --demand; what that was made of is not known here"
        elif len(df) and counts == ARRIVING:
            yield from _caseload(chain, item, df, trend)
        elif len(df):
            yield from _larger(chain, item, df, trend)


def _used_by_the_plan(chain: Chain, item: str) -> pd.DataFrame:
    """The rows of demand.csv of which a part falls into the plan."""
    df = chain.of_item(chain.demand[chain.demand["quantity"] == "demand"], item)
    starts, planned = pd.DatetimeIndex(df["period"]), pd.DatetimeIndex(chain.cells["period"])
    shares = periods.day_shares(starts, chain.forecast_period, planned, chain.plan_period)
    used: pd.DataFrame = df[np.asarray(shares.any(axis=1), dtype=bool)]
    return used


def _caseload(chain: Chain, item: str, df: pd.DataFrame, trend: pd.DataFrame) -> Iterator[str]:
    """Who arrived and who will x days there in the period = person-days; x planning figure = demand (caseload.py)."""
    panel, about = chain.of_item(chain.panel, item), dict(chain.items.loc[item])
    arrived = pd.DatetimeIndex([*panel["period"], *trend["period"]])
    ahead, known = arrived[len(panel) :], panel["demand"].to_numpy(dtype=float)
    days = caseload.stay(arrived, ahead, chain.forecast_period, float(about["stay_days"]))
    counts = np.asarray(days[: len(panel)].any(axis=1), dtype=bool)
    people = np.concatenate([caseload.filled(known[None], counts)[0], trend["trend"]])
    how = np.concatenate([np.where(np.isfinite(known), "", "no record: filled in"), np.repeat(UNROUNDED, len(ahead))])
    for row in df.to_dict("records"):
        there = days[:, ahead.get_loc(row["period"])]
        rows = [
            [day(start), exact(came), exact(each, 6), exact(came * each), why]
            for start, came, each, why in zip(arrived, people, there, how, strict=True)
            if each > 0
        ]
        stay = exact(about["stay_days"])
        yield f"{item}, {day(row['period'])}: who arrived x days they are there in this period (each stays {stay} days)"
        yield from table(["arrived in", "people>", "days each>", "person-days>", ""], rows)
        yield from _needed(row, float(people @ there), float(about["per_person_per_day"]), _days(row, chain))


def _needed(row: Row, person_days: float, figure: float, days: float) -> Iterator[str]:
    mean = float(row["mean"])
    told = beside(person_days * figure, mean, "the demand mean", HALF_DIGIT + SINGLE * mean)
    yield f"  person-days {exact(person_days)} x {exact(figure, 6)} a day = {told}"
    yield f"  person-days {exact(person_days)} / {days:g} days = {exact(person_days / days, 1)} people there on average"


def _larger(chain: Chain, item: str, df: pd.DataFrame, trend: pd.DataFrame) -> Iterator[str]:
    """In each future what would be delivered or people x planning figure, whichever is more: the mean is at least both means."""
    figure, before = float(chain.items["per_person_per_day"].loc[item]), trend.set_index("period")
    for row in df.to_dict("records"):
        mean, delivered, people = float(row["mean"]), *map(float, before.loc[row["period"], ["trend", "people"]])
        days, almost = _days(row, chain), HALF_DIGIT + SINGLE * mean
        yield f"{item}, {day(row['period'])}: in each future what would be delivered or people x figure, whichever is more"
        yield f"  delivered as before, mean before rounding: {exact(delivered)}"
        if pd.isna(people):
            yield f"  people are not known: {beside(delivered, mean, 'the demand mean', almost)}, a floor"
            continue
        least = people * figure * days
        yield f"  people x figure x days, mean: {exact(people)} x {exact(figure, 6)} x {days:g} = {exact(least)}"
        told = "is at least" if mean >= max(delivered, least) - almost else "differs: it is LESS than"
        yield f"  the demand mean {exact(mean)} {told} the larger of the two, {exact(max(delivered, least))}"


def _days(row: Row, chain: Chain) -> float:
    return float(periods.days_in(pd.DatetimeIndex([row["period"]]), chain.forecast_period)[0])
