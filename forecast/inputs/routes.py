"""ROUTES: depots, the lanes from them to zones, when a lane is shut, and the vehicles."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from forecast import convert
from forecast.inputs import checks
from forecast.inputs.checks import Known
from forecast.inputs.sources import Sources
from forecast.schema import DEPOTS, FLEET, ROUTES, Routes

CLOSURE = {"from": "str", "to": "str", "start": "datetime64[s]", "until": "datetime64[s]", "why": "str"}
DAY = pd.Timedelta(days=1)


def read_routes(sources: Sources, zones: pd.Index | None, zone_names: pd.Series) -> Routes:
    """Depots, lanes to zones and between depots, closures and fleet as the tables give them; completed later (lanes.py).

    `zone_names` by code: for whoever wrote a name.
    """
    depots = sources.table(DEPOTS)
    depots = depots.assign(name=depots["name"].mask(depots["name"] == "", depots["depot"]))
    codes, names = sources.codes("depots", depots.set_index("depot")), depots.set_index("depot")["name"]
    fleet = _fleet(sources, Known(depot=codes, names={"depot": names}))
    routes = _lanes(sources, codes, zones, {"from": names, "to": zone_names})
    is_between = routes["to"].isin([] if codes is None else codes) & ~routes["to"].isin([] if zones is None else zones)
    lanes, between = (routes[rows].reset_index(drop=True) for rows in (~is_between, is_between))
    shut = closures(routes, sources.job.issue_date)
    return Routes(depots=depots, lanes=lanes, fleet=fleet, closures=shut, between=between)


def closures(lanes: pd.DataFrame, issue_date: pd.Timestamp) -> pd.DataFrame:
    """Lanes -> stretches of days on which each is shut: `from, to, start, until` (exclusive; empty: open end), `why`.

    `is_open` false: shut from the issue date until `open_from`, or for good. `open_from` alone: shut before it. `open_until`:
    shut from the day after. `open_until` before `open_from`: shut between the two, as in a rainy season.
    """
    rows = []
    for lane in lanes.to_dict("records"):
        opens, closes = lane["open_from"], lane["open_until"]
        is_season = pd.notna(opens) and pd.notna(closes) and closes < opens
        if not lane["is_open"]:
            rows.append((lane, issue_date, opens, "closed in routes"))
        elif is_season:
            why = f"closed from {(closes + DAY).date()} to {(opens - DAY).date()}"
            rows.append((lane, max(closes + DAY, issue_date), opens, why))
        elif pd.notna(opens):
            rows.append((lane, issue_date, opens, f"not open before {opens.date()}"))
        if pd.notna(closes) and not is_season:
            rows.append((lane, max(closes + DAY, issue_date), pd.NaT, f"open until {closes.date()}"))
    shut = [
        {"from": lane["from"], "to": lane["to"], "start": start, "until": until, "why": why}
        for lane, start, until, why in rows
        if pd.isna(until) or until > start
    ]
    return pd.DataFrame(shut, columns=list(CLOSURE)).astype(CLOSURE)


def _lanes(sources: Sources, depots: pd.Index | None, zones: pd.Index | None, names: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Rows depot->zone and depot->depot."""
    lanes = sources.table(ROUTES)
    if depots is None or zones is None:
        return lanes
    turned = lanes["from"].isin(zones) & lanes["to"].isin(depots) & ~lanes["from"].isin(depots)
    for row in lanes.index[turned]:
        problem = f"is a zone, and the lane leads to the depot {lanes['to'][row]}"
        sources.problems.refuse(
            convert.problem_at(lanes, row, "from", problem, "Swap from and to: lanes lead from depots to zones")
        )
    is_old = lanes["to"].isin(sources.crosswalk.steps["from_code"]) & ~lanes["to"].isin(zones)
    for row in lanes.index[is_old]:
        problem = f"is an old zone of the crosswalk, today {sources.crosswalk.today_of(lanes['to'][row])}"
        sources.problems.refuse(convert.problem_at(lanes, row, "to", problem, "Give a lane to each zone of today"))
    strange = f"is neither one of the {len(zones)} known zones nor a depot"
    for _, unknown in (
        *checks.unknown_codes(lanes[~turned], "from", depots, "depots", names["from"]),
        *checks.unknown_codes(lanes[~is_old], "to", zones.union(depots), "zones", names["to"], strange),
    ):
        sources.problems.refuse(unknown)
    for row in lanes.index[(lanes["from"] == lanes["to"]) & lanes["to"].isin(depots) & ~lanes["to"].isin(zones)]:
        problem = "is the depot that the lane starts from"
        sources.problems.refuse(convert.problem_at(lanes, row, "to", problem, "Name another depot or a zone, or delete the row"))
    return lanes


def _fleet(sources: Sources, known: Known) -> pd.DataFrame:
    """Vehicles; hours and days of work that are not given are those of the plan settings."""
    fleet = sources.table(FLEET)
    checks.refuse_unknown(fleet, known, sources.problems)
    plan = sources.job.config.plan
    for column, value in (("hours_per_day", plan.hours_per_day), ("working_days", plan.working_days)):
        empty = fleet[column].isna()
        if empty.any():
            applies_to = f"{checks.counted(int(empty.sum()), 'row')} of fleet"
            sources.ledger.assume(column, applies_to, f"{value:g}", FLEET.column(column).unit, f"setting plan.{column}")
            fleet[column] = fleet[column].fillna(value)
    return fleet
