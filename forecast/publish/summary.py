"""summary.md: one page for people. What to send this week, whom it reaches, what limits it, how sure it is, what was assumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from forecast.publish import _shares, _week
from forecast.publish._about import lead
from forecast.publish._periods import first_cells, periods_of, plan_of
from forecast.publish._text import counted, day, listed, markdown, named, number, percent, quantity, tonnes
from forecast.schema import Plan, Result

MOST_LOADS, MOST_ZONES, MOST_REASONS, MOST_PROBLEMS, MOST_NAMES = 8, 10, 8, 5, 6


def write(folder: Path, result: Result) -> None:
    """Write summary.md; without a plan it tells of the forecast alone."""
    (folder / "summary.md").write_text(text(result), encoding="utf-8", newline="\n")


def text(result: Result) -> str:
    """The page, section by section."""
    sections: list[Callable[[Result], list[str]]] = [_models, _signals, _assumptions, _problems, _remarks]
    parts = [_head(result)]
    plan = plan_of(result)
    if plan is None:
        parts.append(["No plan was made: this run ends with the forecast."])
    else:
        parts += [part(result, plan) for part in (_loads, _coverage, _worst, _out_of_reach, _limits, _stock, _sureness)]
    parts += [section(result) for section in sections]
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
    return lines if plan is None else [*lines, "", markdown(lead(result, plan))]


def _loads(result: Result, plan: Plan) -> list[str]:
    """The heaviest loads of each depot in the first period."""
    lines = _week.loads(plan)
    lanes, words = _week.by_lane(lines), _week.contents(lines, result.inputs.items)
    names, depots = (
        lines.drop_duplicates("zone").set_index("zone")["zone_name"],
        result.inputs.routes.depots.set_index("depot")["name"],
    )
    out = [f"## Send this {periods_of(plan).name}"]
    if lanes.empty:
        return [*out, "", "Nothing is sent in the first period; `allocation.csv` says why, line by line."]
    for code, rows in lanes.sort_values(["kg", "zone"], ascending=[False, True]).groupby("depot"):
        depot = str(code)
        kg, trips = float(rows["kg"].sum(skipna=False)), float(rows["trips"].sum(skipna=False))
        runs = "1 trip" if trips == 1 else f"{number(trips)} trips"
        head = f"{named(depot, depots.get(depot))}: {counted(len(rows), 'zone')}, {tonnes(kg)}, {runs}"
        out += ["", f"### {markdown(head)}", ""]
        table = [
            [named(row["zone"], names[row["zone"]]), words[depot, row["zone"]], tonnes(row["kg"]), number(row["trips"])]
            for row in rows.head(MOST_LOADS).to_dict("records")
        ]
        out += _table(["to", "what", "weight>", "trips>"], table)
        if len(rows) > MOST_LOADS:
            out += ["", f"and {counted(len(rows) - MOST_LOADS, 'more zone')}: `allocation.csv`."]
    return out


def _coverage(result: Result, plan: Plan) -> list[str]:
    """Coverage of each need over the zones, in the first period and over the plan."""
    calendar, first, every = periods_of(plan), _shares.by_zone(first_cells(plan)), _shares.by_zone(plan.cells)
    rows, notes = [], []
    for need in _shares.needs_of(plan.cells):
        now, later = (_shares.over_zones(shares[shares["need"] == need]) for shares in (first, every))
        rows.append([need, percent(now.covered), percent(later.covered), number(now.zones)])
        if not now.weighted_by_people:
            notes.append(f"{need}: people are not known, each zone weighs the same.")
        elif now.left_out:
            notes.append(f"{need}: {counted(now.left_out, 'zone')} without known people left out.")
    head = ["need", f"this {calendar.name}>", f"whole plan ({counted(calendar.count, calendar.name)})>", "zones>"]
    said = "Share of the mean expected need that is met, weighted by people; of a need, the plain mean over its items."
    return ["## Expected coverage", "", *_table(head, rows), "", " ".join([said, *notes])]


def _worst(result: Result, plan: Plan) -> list[str]:
    """The zones least covered in the first period."""
    needs, shares = _shares.needs_of(plan.cells), _shares.by_zone(first_cells(plan))
    rows = [
        [named(row["zone"], row["zone_name"]), *(percent(row[need]) for need in needs), number(row["people"]), row["reason"]]
        for row in _shares.least_covered(shares).head(MOST_ZONES).to_dict("records")
    ]
    head = ["zone", *(f"{need}>" for need in needs), "people>", "what limits the least covered need"]
    return [f"## Least covered this {periods_of(plan).name}", "", *_table(head, rows)]


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
    return ["## Out of reach", "", *_table(["zone", "from", "people>", "why"], rows[:MOST_ZONES]), *left]


def _limits(result: Result, plan: Plan) -> list[str]:
    """How often each reason stands beside a need that is not met in the first period."""
    cells = first_cells(plan)
    short = cells[cells["coverage"] < _week.COVERED]
    if short.empty:
        return ["## What limits", "", "Nothing: every need of the first period is expected to be met."]
    counts = sorted(Counter(short["reason"]).items(), key=lambda pair: (-pair[1], pair[0]))
    head = f"{len(short):,} of {len(cells):,} zone and item pairs are short in the first period:"
    return [
        "## What limits",
        "",
        head,
        "",
        *(f"- {number(count)}: {markdown(reason)}" for reason, count in counts[:MOST_REASONS]),
    ]


def _stock(result: Result, plan: Plan) -> list[str]:
    """Depots that run out of something while the need goes on; goods that expire."""
    out = ["## Stock that runs out", ""]
    depots = result.inputs.routes.depots.set_index("depot")["name"]
    empty = _week.run_out(plan, result.inputs.items)
    gone = empty.groupby(["period", "depot"])["item"].agg(list).reset_index()
    for row in gone.to_dict("records"):
        name = named(row["depot"], depots.get(row["depot"]))
        out.append(
            f"- {markdown(name)}, in the {periods_of(plan).name} of {day(row['period'])}: {markdown(listed(row['item'], 12))}"
        )
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
    for need in _shares.needs_of(plan.cells):
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


# ------------------------------------------------------------------ of the run


def _models(result: Result) -> list[str]:
    """Which model forecast how many zones of each item, fall-backs spelled out."""
    out = ["## How demand was forecast", ""]
    model = result.demand["model"].to_pandas()
    for item in model.columns:
        counts = sorted(Counter(map(str, model[item])).items(), key=lambda pair: (-pair[1], pair[0]))
        out.append(f"- {markdown(item)}: " + ", ".join(f"{markdown(name)} ({counted(count, 'zone')})" for name, count in counts))
    if (model == "none").to_numpy().any():
        out += [
            "",
            "`none`: no usable history and no planning figure; such pairs are not planned and stay empty, they are not 0.",
        ]
    return out


def _signals(result: Result) -> list[str]:
    """What was observed besides the records, from where and how old."""
    out = []
    for name, signal in sorted((str(name), signal) for name, signal in result.inputs.signals.data_vars.items()):
        if {"source", "age_days"} & set(signal.attrs):
            age = signal.attrs.get("age_days")
            old = "" if age is None else f", newest {counted(round(float(age)), 'day')} before the issue date"
            out.append(
                f"- {markdown(name)} ({markdown(signal.attrs.get('units', ''))}): {markdown(signal.attrs.get('source', ''))}{old}"
            )
    return ["## Signals used", "", *out] if out else []


def _assumptions(result: Result) -> list[str]:
    """Every figure that is not from the user's data, those that share value and source in one line."""
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for a in result.ledger.assumptions:
        groups.setdefault((a.figure, a.value, a.unit, a.source), []).append(a.applies_to)
    out = ["## Assumed, not from your data", ""]
    for (figure, value, unit, source), uses in sorted(groups.items()):
        where = listed(sorted(set(filter(None, uses))), MOST_NAMES)
        what = f"{figure} = {' '.join(filter(None, (value, unit)))}{f' for {where}' if where else ''}"
        out.append(f"- {markdown(what)} ({markdown(source)})")
    return [*out, *([] if groups else ["Nothing."]), "", "All of them, one by one: `assumptions.csv`."]


def _problems(result: Result) -> list[str]:
    """Problems of the input, counted by kind, with the first places."""
    found = sorted(result.ledger.problems, key=lambda p: (p.file, p.line or 0, p.column, p.value))
    if not found:
        return ["## Problems in the input", "", "None found."]
    kinds: dict[tuple[str, str], list[str]] = {}
    for problem in found:
        place = f"line {problem.line}" if problem.line else problem.value
        kinds.setdefault((problem.file, problem.problem), []).append(place)
    ordered = sorted(kinds.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    out = [
        f"- {len(places):,} times {markdown(file)}: {markdown(what)}" + _places(places)
        for (file, what), places in ordered[: 2 * MOST_PROBLEMS]
    ]
    rest = [f"- and {counted(len(ordered) - 2 * MOST_PROBLEMS, 'other kind')}"] if len(ordered) > 2 * MOST_PROBLEMS else []
    return ["## Problems in the input", "", *out, *rest, "", "Each with what was done about it: `problems.csv`."]


def _places(places: Sequence[str]) -> str:
    known = [place for place in places if place]
    return f" ({markdown(listed(known, MOST_PROBLEMS))})" if known else ""


def _remarks(result: Result) -> list[str]:
    remarks = list(dict.fromkeys(result.ledger.remarks))
    return ["## Remarks", "", *(f"- {markdown(remark)}" for remark in remarks)] if remarks else []


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table; a column whose title ends in `>` is set to the right."""
    titles = [title.rstrip(">") for title in head]
    rule = ["---:" if title.endswith(">") else "---" for title in head]
    body = [f"| {' | '.join(markdown(value) for value in row)} |" for row in rows]
    return [f"| {' | '.join(titles)} |", f"| {' | '.join(rule)} |", *body]
