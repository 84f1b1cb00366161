"""summary.md: one page for people. What to send this week, whom it reaches, what limits it, how sure it is, what was assumed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from forecast import met_need
from forecast.publish import _between, _orders, _week
from forecast.publish._about import lead
from forecast.publish._loads import NOT_KNOWN, depot_loads, has_weights
from forecast.publish._periods import first_cells, periods_of, plan_of
from forecast.publish._sections import assumptions, choices, models, problems, remarks, signals
from forecast.publish._text import counted, day, markdown, markdown_table, named, number, percent, quantity
from forecast.schema import Plan, Result

MOST_LOADS, MOST_ZONES, MOST_REASONS = 8, 10, 8


def write(folder: Path, result: Result) -> None:
    """Write summary.md; without a plan it tells of the forecast alone."""
    (folder / "summary.md").write_text(text(result), encoding="utf-8", newline="\n")


def text(result: Result) -> str:
    """The page, section by section."""
    parts = [_head(result)]
    plan = plan_of(result)
    if plan is None:
        parts.append(["No plan was made: this run ends with the forecast."])
    else:
        of_plan = (_loads, _moves, _coverage, _worst, _out_of_reach, _limits, _stock, _orders.section, _sureness)
        parts += [part(result, plan) for part in of_plan]
    parts += [section(result) for section in (models, choices, signals, assumptions, problems, remarks)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


# ------------------------------------------------------------------ of the plan


def _head(result: Result) -> list[str]:
    stamp = result.stamp
    lines = [
        f"# {markdown(result.title)}",
        "",
        f"**{stamp.status}** · issue date {day(stamp.issue_date)} · data until {day(stamp.data_until)} · "
        f"scenario {markdown(stamp.scenario)} · run {markdown(stamp.run)}",
    ]
    plan = plan_of(result)
    lines += [] if plan is None else ["", markdown(lead(result, plan))]
    return [*lines, *(line for note in result.notes for line in ("", f"**Read this first.** {markdown(note)}"))]


def _loads(result: Result, plan: Plan) -> list[str]:
    """The heaviest loads of each depot in the first period."""
    out = [f"## Send this {periods_of(plan).name}"]
    loads, weights = depot_loads(result, plan, MOST_LOADS), has_weights(plan)
    if not loads:
        return [*out, "", "Nothing is sent in the first period; `allocation.csv` says why, line by line."]
    out += [] if weights else ["", NOT_KNOWN]
    for load in loads:
        rows = [(to, what, weight, runs) if weights else (to, what) for to, _, what, weight, runs in load.rows]
        head = ["to", "what", *(["weight>", "trips>"] if weights else [])]
        out += ["", f"### {markdown(load.head)}", "", *markdown_table(head, rows)]
        if load.left_out:
            out += ["", f"and {counted(load.left_out, 'more zone')}: `allocation.csv`."]
    return out


def _coverage(result: Result, plan: Plan) -> list[str]:
    """Coverage of each need over the zones, in the first period and over the plan."""
    calendar, first, every = periods_of(plan), met_need.by_zone(first_cells(plan)), met_need.by_zone(plan.cells)
    rows, notes = [], []
    for need in met_need.needs_of(plan.cells):
        now, later = (met_need.over_zones(shares[shares["need"] == need]) for shares in (first, every))
        rows.append([need, percent(now.covered), percent(later.covered), number(now.zones)])
        if not now.weighted_by_people:
            notes.append(f"{need}: people are not known, each zone weighs the same.")
        elif now.left_out:
            notes.append(f"{need}: {counted(now.left_out, 'zone')} without known people left out.")
    head = ["need", f"this {calendar.name}>", f"whole plan ({counted(calendar.count, calendar.name)})>", "zones>"]
    said = "Share of the mean expected need that is met, weighted by people; of a need, the plain mean over its items."
    return ["## Expected coverage", "", *markdown_table(head, rows), "", " ".join([said, *notes])]


def _worst(result: Result, plan: Plan) -> list[str]:
    """The zones least covered in the first period."""
    needs, shares = met_need.needs_of(plan.cells), met_need.by_zone(first_cells(plan))
    rows = [
        [named(row["zone"], row["zone_name"]), *(percent(row[need]) for need in needs), number(row["people"]), row["reason"]]
        for row in met_need.least_covered(shares).head(MOST_ZONES).to_dict("records")
    ]
    head = ["zone", *(f"{need}>" for need in needs), "people>", "what limits the least covered need"]
    return [f"## Least covered this {periods_of(plan).name}", "", *markdown_table(head, rows)]


def _out_of_reach(result: Result, plan: Plan) -> list[str]:
    shut = _week.cut_off(plan, result.inputs.routes)
    if shut.empty:
        return ["## Out of reach", "", "No zone: each has an open lane on every day of the plan."]
    names, people = plan.cells.drop_duplicates("zone").set_index("zone")["zone_name"], plan.cells.groupby("zone")["people"].mean()
    rows = [
        [named(zone, names[zone]), day(since), number(float(people[zone])), why]
        for zone, since, why in zip(shut["zone"], shut["from_day"], shut["why"], strict=True)
    ]
    left = ["", f"and {counted(len(rows) - MOST_ZONES, 'more zone')}."] if len(rows) > MOST_ZONES else []
    return ["## Out of reach", "", *markdown_table(["zone", "from", "people>", "why"], rows[:MOST_ZONES]), *left]


def _moves(result: Result, plan: Plan) -> list[str]:
    """What depots move to each other in the first period."""
    rows = [[markdown(cell) for cell in row] for row in _between.rows(result, plan)]
    if not rows:
        return []
    head = ["from", "to", "load on", "there by", "what", "weight>"]
    return [f"## Move between depots this {periods_of(plan).name}", "", *markdown_table(head, rows), "", "All: `transfers.csv`."]


def _limits(result: Result, plan: Plan) -> list[str]:
    """How often each reason stands beside a need that is not met in the first period."""
    cells = first_cells(plan)
    short = cells[cells["coverage"] < _week.COVERED]
    if short.empty:
        return ["## What limits", "", "Nothing: every need of the first period is expected to be met."]
    parts = Counter(part for reason in short["reason"] for part in set(str(reason).split("; ")))
    counts = sorted(parts.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [f"- {number(count)}: {markdown(reason)}" for reason, count in counts[:MOST_REASONS]]
    head = f"{len(short):,} of {len(cells):,} zone and item pairs are short in the first period. What keeps more from coming:"
    more = f"What one more truck-day, pack or open lane would bring, in people: `forecast explain {markdown(result.stamp.run)}`."
    return ["## What limits", "", head, "", *lines, "", more]


def _stock(result: Result, plan: Plan) -> list[str]:
    """Depots that run out of something while the need goes on; goods that expire."""
    out = ["## Stock that runs out", ""]
    depots = result.inputs.routes.depots.set_index("depot")["name"]
    empty, called = _week.run_out(plan, result.inputs.items), result.inputs.items["name"]
    for code, rows in empty.groupby("depot"):
        gone = [
            f"{_week.short_name(item, called.get(item))} ({day(period, year=False)})"
            for item, period in zip(rows["item"], rows["period"], strict=True)
        ]
        out.append(f"- {markdown(named(str(code), depots.get(code)))}: {markdown(', '.join(gone))}")
    if len(empty):
        out.append(f"\nThe date is the first day of the {periods_of(plan).name} that ends without any.")
    if empty.empty:
        out.append("No depot uses up an item while need for it is left.")
    expired = plan.depot_stock.groupby(["depot", "item"])["expired"].sum().reset_index()
    unit = result.inputs.items["unit"]
    for row in expired[expired["expired"] > 0].to_dict("records"):
        amount = quantity(row["expired"], str(unit.get(row["item"], "")))
        out.append(f"- expires at {markdown(row['depot'])} within the plan: {markdown(row['item'])} {markdown(amount)}")
    return out


def _sureness(result: Result, plan: Plan) -> list[str]:
    """How often the need may turn out larger than what is there."""
    cells = first_cells(plan)
    out = ["## How sure", ""]
    for need in met_need.needs_of(plan.cells):
        risk = cells.loc[cells["need"] == need, "shortage_risk"]
        likely, unlikely = int((risk > 0.5).sum()), int((risk <= 0.1).sum())
        out.append(
            f"- {need}: of {counted(len(risk), 'zone and item pair')}, {likely:,} will more likely than not run short this "
            f"{periods_of(plan).name}, {unlikely:,} run short at most once in ten."
        )
    wide = (cells["demand_q90"] / cells["demand_q50"].where(cells["demand_q50"] > 0)).median()
    spread = (
        ""
        if pd.isna(wide)
        else f" For half of the pairs, need once in ten is {number(float(wide))} times the middle figure or more."
    )
    return [*out, "", f"From {counted(result.demand.sizes['sample'], 'equally likely future')}.{spread}"]
