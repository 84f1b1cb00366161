"""The comparison as a page of text: headline, who gains, who loses, what is shipped otherwise, and why."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd

from forecast import text_page
from forecast.compare import Comparison, balance
from forecast.published import Published
from forecast.text_page import day, exact, few_days, percent, points, signed, table

MOST = 10  # rows of a table; the rest is counted
Row = dict[Hashable, Any]


def page(found: Comparison) -> str:
    """Comparison -> the page; where nothing differs it says so."""
    parts = [_head(found)]
    if found.same_plan:
        parts.append(["No difference: both plans have the same coverage, the same demand and the same loads."])
    else:
        parts += [section(found) for section in (_needs, _zones, _balance, _shipped, _lanes, _moved) if section(found)]
    parts.append(_causes(found))
    return text_page.page(parts)


def _head(found: Comparison) -> list[str]:
    a, b = found.a, found.b
    lines = [f"A  {_said(a)}", f"B  {_said(b)}"]
    if found.periods:
        count = len(found.periods)
        lines.append(
            f"Over the {count} plan period{'s' if count > 1 else ''} both have, {few_days(found.periods)}. A change is B minus A."
        )
    else:
        lines.append(
            "They have no plan period in common: each is told over its own periods, and quantities are not of the same days."
        )
    if a.issue_date != b.issue_date:
        first, last = sorted((a, b), key=lambda run: run.issue_date)
        days = (last.issue_date - first.issue_date).days
        which = "B" if last is b else "A"
        lines.append(
            f"{which} was issued {days} day{'s' if days > 1 else ''} later: it knows records until {last.manifest['data_until']} "
            f"(the other: {first.manifest['data_until']}) and what was sent and counted since; part of the change is just that."
        )
    return lines


def _said(run: Published) -> str:
    describe = run.settings.get("describe") if run.scenario != "base" else ""
    about = f' "{describe}"' if describe else ""
    return f"{run.run} · scenario {run.scenario}{about} · issue date {day(run.issue_date)} · {run.manifest['status']}"


def _needs(found: Comparison) -> list[str]:
    rows = [
        [
            row["need"], percent(row["coverage_a"]), percent(row["coverage_b"]), points(row["coverage_change"]),
            signed(row["met_people_change"], 0), f"{row['gain_zones']} ({exact(row['gain_people'], 0)})",
            f"{row['lose_zones']} ({exact(row['lose_people'], 0)})", _worst(row, "a"), _worst(row, "b"),
        ]
        for row in found.needs.to_dict("records")
    ]  # fmt: skip
    head = [
        "need",
        "A>",
        "B>",
        "change>",
        "people met>",
        "zones that gain (people)>",
        "that lose (people)>",
        "worst zone A",
        "worst zone B",
    ]
    return ["Coverage, need by need", *table(head, rows)]


def _worst(row: Row, side: str) -> str:
    zone = row[f"worst_zone_{side}"]
    return f"{zone} {percent(row[f'worst_coverage_{side}'])}" if isinstance(zone, str) else "-"


def _zones(found: Comparison) -> list[str]:
    """Those who gain and those who lose, most people first; zones without known people by their coverage."""
    df = found.zones
    by_people = df["met_people_change"].where(df["met_people_change"].notna(), df["coverage_change"])
    gain, lose = df[by_people > 0], df[by_people < 0].iloc[::-1]
    only = df[df["coverage_a"].isna() != df["coverage_b"].isna()]
    lines = []
    for title, rows in (("Who gains", gain), ("Who loses", lose), ("In one of the two only", only)):
        if len(rows) or title != "In one of the two only":
            lines += [
                "",
                title,
                *(
                    _cut(rows, _zone, ["need", "zone", "name", "A>", "B>", "change>", "people met A>", "B>", "change>"])
                    or ["  nobody"]
                ),
            ]
    return lines[1:]


def _zone(row: Row) -> list[str]:
    met = (exact(row[f"met_people_{side}"], 0) for side in "ab")
    return [
        row["need"], row["zone"], str(row["zone_name"]), percent(row["coverage_a"]), percent(row["coverage_b"]),
        points(row["coverage_change"]), *met, signed(row["met_people_change"], 0),
    ]  # fmt: skip


def _balance(found: Comparison) -> list[str]:
    """Of the change in unmet need: what is demand that moved, and what is supply."""
    rows = []
    for row in balance.by_item(found.balances).to_dict("records"):
        adds = [signed(row[f"{term}_change"]) for term in (*balance.DEMAND, "left_over")]
        takes = [signed(-row[f"{term}_change"]) for term in balance.SUPPLY]
        rows.append(
            [
                row["item"],
                row["unit"],
                *(exact(row[f"unmet_{side}"]) for side in "ab"),
                signed(row["unmet_change"]),
                *adds,
                *takes,
            ]
        )
    terms = ("demand", "carried in", "left over", "stock in", "in transit", "planned", "by others")
    lines = ["Why the unmet need changed, in need units: the columns after the change add up to it"]
    lines += table(["item", "unit", "unmet A>", "B>", "change>", *(f"{term}>" for term in terms)], rows)
    moved = [row[0] for row in rows if row[5] != "0"]
    return [
        *lines,
        f"  Demand moved for {', '.join(moved)}." if moved else "  Demand is the same: every change is one of supply.",
    ]


def _shipped(found: Comparison) -> list[str]:
    df = found.shipped[found.shipped["quantity_change"] != 0]
    head = ["depot", "item", "unit", "A>", "B>", "change>"]
    return ["Shipped, by depot and item", *(_cut(df, _quantity(["depot", "item", "unit"]), head, 3 * MOST) or ["  the same"])]


def _lanes(found: Comparison) -> list[str]:
    """Loads (depot, zone, item) that are new, gone, larger or smaller."""
    df = found.lanes.assign(size=found.lanes["quantity_change"].abs())
    changed = df[df["size"] > 0]
    new, gone = changed[changed["quantity_a"] == 0], changed[changed["quantity_b"] == 0]
    larger = int((changed["quantity_change"] > 0).sum()) - len(new)
    smaller = len(changed) - len(new) - len(gone) - larger
    counts = f"{len(new)} new, {len(gone)} gone, {larger} larger, {smaller} smaller, {len(df) - len(changed)} as they were"
    lines = [f"Loads (depot, zone, item): {counts}"]
    for title, rows in (("new", new), ("gone", gone)):
        if len(rows):
            head = ["depot", "zone", "item", "unit", "A>", "B>", "change>"]
            lines += [f"  {title}:", *_cut(rows, _quantity(["depot", "zone", "item", "unit"]), head, indent="    ")]
    return lines


def _moved(found: Comparison) -> list[str]:
    df = found.moved[found.moved["quantity_change"] != 0]
    if found.moved.empty:
        return []
    head, names = ["from", "to", "item", "unit", "A>", "B>", "change>"], ["depot", "to_depot", "item", "unit"]
    return ["Moved between depots, by item", *(_cut(df, _quantity(names), head, 3 * MOST) or ["  the same"])]


def _quantity(names: list[str]) -> Callable[[Row], list[str]]:
    def told(row: Row) -> list[str]:
        figures = [exact(row["quantity_a"]), exact(row["quantity_b"]), signed(row["quantity_change"])]
        return [*(str(row[name]) for name in names), *figures]

    return told


def _causes(found: Comparison) -> list[str]:
    """Different settings, files, stock, vehicles, lanes."""
    lines = ["What was different to begin with"]
    rows = [
        [row["what"], row["of"], row["figure"], _or_none(row["a"]), _or_none(row["b"])]
        for row in found.supply.head(2 * MOST).to_dict("records")
    ]
    lines += table(["supply", "of", "figure", "A>", "B>"], rows) + _rest(found.supply, 2 * MOST, "figures of supply")
    for title, df in (("setting", found.settings), ("file", found.files)):
        shown = [[row[title], _short(row["a"]), _short(row["b"])] for row in df.head(2 * MOST).to_dict("records")]
        lines += table([title, "A", "B"], shown) + _rest(df, 2 * MOST, f"{title}s")
    if found.a.manifest.get("code_sha256") != found.b.manifest.get("code_sha256"):
        lines.append("  the program: the two runs were made by different versions of it")
    return lines if len(lines) > 1 else [f"{lines[0]}: nothing; settings, input files, stock, vehicles and lanes are the same."]


def _cut(df: pd.DataFrame, told: Callable[[Row], list[str]], head: list[str], most: int = MOST, indent: str = "  ") -> list[str]:
    return [*table(head, [told(row) for row in df.head(most).to_dict("records")], indent), *_rest(df, most, "rows", indent)]


def _rest(df: pd.DataFrame, most: int, what: str, indent: str = "  ") -> list[str]:
    return [f"{indent}and {len(df) - most} more {what}"] if len(df) > most else []


def _or_none(value: float) -> str:
    return "-" if pd.isna(value) else exact(value)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
