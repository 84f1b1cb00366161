"""The page up to the forecast: records, what was set aside, the panel, the signals, the futures."""

from __future__ import annotations

import pandas as pd

from forecast import periods
from forecast.meaning import ARRIVING, DELIVERED
from forecast.schema import RECORDS
from forecast.text_page import day, exact, few_days, table
from forecast.trace.chain import Chain, Row
from forecast.trace.reasons import reasons

COUNTS = ("distributed", "requested", "stock_start", "received", "stock_end", "stockout_days", "people_served")
YARDSTICK = 3  # known periods averaged where the model names no number of its own
ALMOST = 0.005  # a forecast that differs from the average by no more than this share needs no reason


def head(chain: Chain) -> list[str]:
    """Which zone, item and run."""
    run, zone, name = chain.run, chain.code, chain.zone["zone_name"]
    called = f"{name} ({zone})" if isinstance(name, str) and name not in ("", zone) else zone
    manifest = run.manifest
    lines = [
        f"{called} · {', '.join(chain.asked)}",
        f"run {run.run} · {manifest['status']} · issue date {manifest['issue_date']} · data until {manifest['data_until']} · "
        f"scenario {run.scenario}",
    ]
    for item in chain.asked:
        about = dict(chain.items.loc[item])
        serves = f"one {about['unit']} serves {exact(about['covers'], 6)} {_need_unit(chain)}"
        lines.append(f"{item}: {about['name'] or item}; {about['need']}; {serves}")
        if about["records_count"] == ARRIVING:
            stay = f"who are taken to stay {exact(about['stay_days'])} days"
            lines.append(f"  its records count people newly arrived, {stay}: people there x planning figure is the demand")
        if about["records_count"] == DELIVERED:
            lines.append("  its records count what was delivered, enough or not: the demand is at least people x planning figure")
    if len(chain.members) > 1:
        lines.append(f"{', '.join(chain.members)} serve one demand together: its rows in coverage.csv are called {chain.group}.")
    return lines


def records(chain: Chain, last: int) -> list[str]:
    """The lines of the files, newest last."""
    lines = []
    for item in chain.asked:
        df = chain.of_item(chain.records, item)
        if df.empty:
            lines.append(f"  {item}: no record was used")
            continue
        shown = df.tail(last) if last else df
        names = [name for name in COUNTS if shown[name].notna().any()]
        rows = [
            [row["record"], day(row["period"]), *(exact(row[name]) if pd.notna(row[name]) else "" for name in names)]
            for row in shown.to_dict("records")
        ]
        lines += [
            _shown(item, len(df), len(shown), df["period"].tolist()),
            *table(["file:line", "period", *(f"{name}>" for name in names)], rows),
        ]
    return lines


def doubted(chain: Chain, last: int) -> list[str]:
    """What problems.csv says of these lines, with the row as it stood."""
    lines = []
    for row in chain.problems.to_dict("records"):
        place = f"{row['file']}:{row['line']}" if row["line"] else row["file"]
        value = f" '{row['value']}'" if row["value"] else ""
        lines.append(f"  {place}: {row['column']}{value} {row['problem']}. {row['action']}")
        stood = chain.doubted[chain.doubted["record"] == place] if "record" in chain.doubted else chain.doubted
        for as_read in stood.to_dict("records"):
            cells = [f"{name} '{as_read[name]}'" for name in RECORDS.names if name != "record" and as_read.get(name)]
            lines.append(f"    as it stood: {', '.join(cells)}")
    return lines or ["  nothing of this zone and item"]


def panel(chain: Chain, last: int) -> list[str]:
    """Period by period: reported or not, stock-out or not, people present, and the demand."""
    lines = []
    for item in chain.asked:
        df = chain.of_item(chain.panel, item)
        if df.empty:
            lines.append(f"  {item}: not in the panel")
            continue
        of_period = {day(row["period"]): row for row in chain.of_item(chain.records, item).to_dict("records")}
        shown = df.tail(last) if last else df
        rows = [
            [
                day(row["period"]),
                exact(row["people"], 1),
                _or_blank(row["distributed"]),
                _or_blank(row["demand"]),
                _how(row, of_period.get(day(row["period"])), chain),
            ]
            for row in shown.to_dict("records")
        ]
        reported, out = int(df["is_reported"].sum()), int(df["is_censored"].sum())
        lines += [
            f"  {item}: {len(df)} periods, {reported} reported, {len(df) - reported} not, stock ran out in {out}"
            + _of_last(shown, df),
            *table(["period", "people>", "distributed>", "demand>", "how"], rows),
        ]
    return lines


def signals(chain: Chain, last: int) -> list[str]:
    """What was observed of the zone besides the records."""
    df = chain.signals
    names = [name for name in df.columns if name not in ("zone", "period") and not str(name).endswith(("_coverage", "_cv"))]
    if df.empty or not names:
        return ["  none"]
    known = set(chain.panel["period"])
    df = df[df["period"].isin(known)].sort_values("period") if known else df.sort_values("period")
    shown = df.tail(last) if last else df
    rows = [[day(row["period"]), *(exact(row[name]) for name in names)] for row in shown.to_dict("records")]
    return table(["period", *(f"{name}>" for name in names)], rows)


def forecast(chain: Chain, last: int) -> list[str]:
    """The model, the futures' mean and quantiles, and a yardstick to hold the mean against."""
    lines = []
    for item in chain.asked:
        df = chain.of_item(chain.demand, item)
        if df.empty:
            lines.append(f"  {item}: no forecast (neither usable records nor a planning figure with people): not planned")
            continue
        units = df.drop_duplicates(["quantity", "unit"]).sort_values("quantity")
        told = units["unit"].iloc[0] if units["unit"].nunique() == 1 else ", ".join(units["quantity"] + " in " + units["unit"])
        lines.append(f"  {item}: model {df['model'].iloc[0]}, {'in ' if units['unit'].nunique() == 1 else ''}{told}")
        rows = [
            [
                row["quantity"],
                day(row["period"]),
                *(exact(row[name]) for name in ("mean", "q05", "q25", "q50", "q75", "q90", "q95")),
            ]
            for row in df.sort_values(["quantity", "period"]).to_dict("records")
        ]
        lines += table(["quantity", "period", "mean>", "q05>", "q25>", "q50>", "q75>", "q90>", "q95>"], rows)
        lines += _yardstick(chain, item, df)
        lines += reasons(chain, item, df)
    lines.append("  demand: what would be needed if stock never ran out (the plan uses it); distributed: what records will show")
    return lines


def _yardstick(chain: Chain, item: str, df: pd.DataFrame) -> list[str]:
    """The average of the newest known periods, or people x planning figure, beside the forecast's first mean.

    Where records do not count goods, the forecast beside them is that of what records will show.
    """
    counts = chain.items["records_count"].loc[item]
    quantity, of = ("distributed", " of distributed") if counts in (ARRIVING, DELIVERED) else ("demand", "")
    beside = df[df["quantity"] == quantity].iloc[:1].to_dict("records")
    if not beside:
        return []
    first: Row = beside[0]
    people = " people" if counts == ARRIVING else ""
    told = f"{people}; the forecast's mean{of} for {day(first['period'])} is {exact(first['mean'])}{people}"
    if str(first["model"]).endswith("norm"):
        return [f"  {line}{told}" for line in _by_planning_figure(chain, item, first)]
    known = chain.of_item(chain.panel, item).dropna(subset=[quantity]).tail(_averaged(chain, item))
    if known.empty:
        return []
    count, was, present_then = len(known), known[quantity], known["people"]
    now = chain.of_item(chain.panel, item)["people"].dropna().tail(1)
    if counts == ARRIVING or chain.run.settings["forecast"]["exposure"] is None or now.empty or not (present_then > 0).all():
        average = float(was.sum() / count)
        worked_out = f": ({' + '.join(map(exact, was))}) / {count}"
    else:
        present = float(now.iloc[0])
        average = float((was / present_then).sum() / count * present)
        per_person = " + ".join(f"{exact(some)} / {exact(of, 1)}" for some, of in zip(was, present_then, strict=True))
        then_and_now = "per person present then, times those present now"
        worked_out = f", {then_and_now}: ({per_person}) / {count} x {exact(present, 1)} people"
    is_whole = quantity == "demand" or bool(chain.of_item(chain.panel, item)["is_reported"].all())  # gaps lower what is recorded
    why = _why_other(first, average) if is_whole else ""
    return [f"  average of the last {count} known periods{worked_out} = {exact(average)}{told}{why}"]


def _why_other(first: Row, average: float) -> str:
    """Why the forecast of a moving average is not its average: errors of the past are not centred (models/_paths.py)."""
    is_other = abs(float(first["mean"]) - average) > ALMOST * average
    is_its_own = str(first["model"]).endswith("moving_average")
    return ", because what this average missed in the past is put right" if is_other and is_its_own else ""


def _by_planning_figure(chain: Chain, item: str, first: Row) -> list[str]:
    people = chain.panel.sort_values("period")["people"].dropna().tail(1)
    figure, days = float(chain.items["per_person_per_day"].loc[item]), _days(first["period"], chain)
    if people.empty or pd.isna(figure):
        return []
    now = float(people.iloc[0])
    terms = f"{exact(now, 1)} x {exact(figure, 6)} x {days:g} = {exact(now * figure * days)}"
    return [f"people x planning figure x days: {terms}"]


def _days(period: pd.Timestamp, chain: Chain) -> float:
    return float(periods.days_in(pd.DatetimeIndex([period]), chain.forecast_period)[0])


def _averaged(chain: Chain, item: str) -> int:
    model = (chain.run.settings["items"].get(item) or {}).get("model") or chain.run.settings["forecast"]["default"]
    return int(model.get("periods", YARDSTICK)) if model["use"] == "moving_average" else YARDSTICK


def _how(row: Row, record: Row | None, chain: Chain) -> str:
    """In words and figures, how the panel came to the demand of one period."""
    if not row["is_reported"]:
        return "a record stands, and was set aside: see 2" if record is not None else "no report: unknown, not zero"
    if not row["is_censored"]:
        return "as recorded"
    if pd.isna(row["demand"]):
        return "stock ran out: at least what was handed out, how much more is unknown"
    if record is None:
        return "stock ran out"
    days, out, handed_out = _days(row["period"], chain), record["stockout_days"], record["distributed"]
    if not 0 < out < days or abs(handed_out * days / (days - out) - row["demand"]) > 0.001 * max(1.0, row["demand"]):
        return "stock ran out"
    return f"stock ran out on {exact(out)} of {days:g} days: {exact(handed_out)} x {days:g} / ({days:g} - {exact(out)})"


def _shown(item: str, count: int, shown: int, dates: list[object]) -> str:
    tail = f"; the last {shown}" if shown < count else ""
    return f"  {item}: {count} records, {few_days(dates)}{tail}"


def _of_last(shown: pd.DataFrame, df: pd.DataFrame) -> str:
    return f"; the last {len(shown)}" if len(shown) < len(df) else ""


def _or_blank(value: float) -> str:
    return "" if pd.isna(value) else exact(value)


def _need_unit(chain: Chain) -> str:
    return str(chain.cells["unit"].iloc[0]) if len(chain.cells) else "need unit"
