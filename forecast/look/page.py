"""What was understood, as one screen of text."""

from __future__ import annotations

import math
import textwrap

import pandas as pd

from forecast.convert import place
from forecast.errors import few
from forecast.look.gaps import Gaps
from forecast.look.inputs import Seen
from forecast.look.items import ItemSeen
from forecast.look.operation import Look
from forecast.look.strange import KINDS, Strange
from forecast.quantiles import PEOPLE_ARRIVING
from forecast.text_page import CONTROL

WIDTH = 110
LENGTH = {"D": "day", "W": "week", "M": "month"}
MOST_ITEMS, MOST_NOTES, MOST_FIGURES = 8, 2, 4
ODD = 5.0  # times the planning figure, or less than a fifth of it: look at the unit


def page(look: Look, everything: bool = False) -> str:
    """One screen of 110 columns; with `everything` nothing is cut or left out."""
    job = look.job
    period = LENGTH[job.config.forecast.period]
    lines = [
        f"{_cut(job.config.title, 50)}: as of {job.issue_date.date()}, scenario {job.scenario}. Nothing is computed or written.",
        "  INPUT             FILE                      ROWS  WHAT WAS UNDERSTOOD",
        *(_seen(seen, everything) for seen in look.inputs),
        *(_wrapped(f"NOT GIVEN  {'; '.join(look.absent)}.") if look.absent else ()),
        "",
        *_items(look, period, everything),
        *_gaps(look.gaps, period, everything),
        "",
        *_strange(look),
        "",
        *_ledger(look, everything),
    ]
    return "\n".join(CONTROL.sub(" ", line if everything else _cut(line, WIDTH)) for line in lines)


def figure(value: float) -> str:
    """A figure as a person writes it: three digits that count, thousands apart."""
    return f"{value:,.0f}" if value == 0 or abs(value) >= 100 else f"{value:.3g}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3].rstrip() + "..."


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _seen(seen: Seen, everything: bool) -> str:
    rows = "" if seen.rows is None else f"{seen.rows:,}"
    name, files = (seen.name, seen.files) if everything else (_cut(seen.name, 17), _cut(seen.files, 22))
    return f"  {name:<17} {files:<22} {rows:>7}  {seen.words}".rstrip()


# ------------------------------------------------------------------ items and gaps


def _items(look: Look, period: str, everything: bool) -> list[str]:
    shown = look.items if everything else look.items[:MOST_ITEMS]
    lines = ["  ITEM              NEED   MODEL           ONE ZONE, MEDIAN       PER PERSON PER DAY            DEPOTS HOLD"]
    lines += [_item(one, period) for one in shown]
    return lines + ([f"  ... and {len(look.items) - len(shown)} more items (--all)"] if len(look.items) > len(shown) else [])


def _item(one: ItemSeen, period: str) -> str:
    start = f"  {_cut(one.item, 17):<17} {one.need:<6} {one.model:<15}"
    if math.isnan(one.median):
        return f"{start} no records; counted in {one.unit}"
    held = "" if math.isnan(one.held) else f"{one.held:,.1f} {period}s"
    return f"{start} {f'{figure(one.median)} {one.unit} a {period}':<22} {_per_person(one):<29} {held}".rstrip()


def _per_person(one: ItemSeen) -> str:
    """What one person (or a thousand) gets a day, beside the planning figure; far from it, the unit is in doubt."""
    if math.isnan(one.per_person):
        return "index of new need, no goods" if one.unit == PEOPLE_ARRIVING else "people not known"
    times, per = one.per_person / one.figure, 1.0 if one.per_person >= 0.01 else 1000.0
    words = f"{figure(one.per_person * per)} {one.unit}{'' if per == 1 else ' per 1,000'}"
    words += "" if math.isnan(one.figure) else f", plan {figure(one.figure * per)}"
    return f"UNIT? x{figure(times)}: {words}" if times > ODD or times < 1 / ODD else words


def _gaps(gaps: Gaps | None, period: str, everything: bool) -> list[str]:
    if gaps is None:
        return ["  GAPS  no usable records"]
    worst = ", ".join(f"{zone} {share:.0%}" for zone, share in gaps.worst.items())
    most = f" (most: {worst})" if worst else ""
    lines = [
        f"  GAPS  {gaps.missing:.1%} of {gaps.expected:,} reports are missing{most}",
        f"        of those there are, {gaps.stockouts:.0%} tell of a stock-out and {gaps.zeros:.0%} are zero",
    ]
    if gaps.silent:
        some = few([f"{zone} since {start.date()}" for zone, start in gaps.silent.items()], len(gaps.silent) if everything else 3)
        lines.append(f"        silent for three {period}s or more: {some}")
    return lines


# ------------------------------------------------------------------ strange values


def _strange(look: Look) -> list[str]:
    if not look.strange:
        return ["  STRANGE VALUES  none found"]
    files = {place(one.record)[0] for one in look.strange}
    of = f" of {files.pop()}" if len(files) == 1 else ""
    units = {one.item: one.unit for one in look.items}
    counts = "; ".join(f"{count:,} {KINDS[kind]}" for kind, count in look.strange_counts.items())
    return [
        f"  THE STRANGEST {len(look.strange)} VALUES of {look.rows:,} records{of}: mend the file, or leave them",
        *(f"  {_value(one, units.get(one.item, ''), short=bool(of))}" for one in look.strange),
        *_wrapped(f"In all: {counts}."),
    ]


def _value(one: Strange, unit: str, short: bool) -> str:
    record = f"line {place(one.record)[1]}" if short else one.record
    what = f"{one.value:g} stock-out days" if one.column == "stockout_days" else f"{one.value:,.10g} {unit}"
    what += " at the end" if one.column == "stock_end" else ""
    ordinary = f" (ordinary {figure(one.ordinary[0])}-{figure(one.ordinary[1])})" if one.ordinary else ""
    return f"{record} {one.zone} {one.item} {pd.Timestamp(one.period).date()}: {what}{ordinary}: {one.why}"


# ------------------------------------------------------------------ what is assumed, set aside, remarked


def _ledger(look: Look, everything: bool) -> list[str]:
    kinds = [f"{figure} {count}" for figure, count in look.assumed.items()]
    listed = few(kinds, len(kinds) if everything else MOST_FIGURES)
    lines = [f"  ASSUMED  {sum(look.assumed.values())} figures not from your files: {listed}"] if kinds else []
    remarks = [remark for remark in look.ledger.remarks if not remark.startswith("Not given")]  # it stands above
    notes = [*remarks, *(f"{problem.file}, {problem}" for problem in look.ledger.problems.noted)]
    shown = notes if everything else notes[:MOST_NOTES]
    lines += [f"  - {note}" for note in shown]
    return lines + ([f"  ... and {len(notes) - len(shown)} more remarks (--all)"] if len(notes) > len(shown) else [])
