"""The sections of the summary that tell of the run: models, signals, what was assumed, what was wrong in the input."""

from __future__ import annotations

import re
from collections import Counter

from forecast import chosen
from forecast.errors import Problem
from forecast.publish._text import counted, day, listed, markdown, markdown_table, named, number, percent
from forecast.schema import Assumption, Result

MOST_KINDS, MOST_NAMES, MOST_USES = 10, 6, 5
MOST_ITEMS, MOST_NEXT = 30, 2
_HOW_CHOSEN = (
    "Each model forecast what was already recorded after several past dates, knowing nothing later. The one whose whole range "
    "came closest was taken, with others where their average came closer still. The figures are of those same past values; what "
    "is still to come may be a little less close."
)
_DETAIL = re.compile(r"\s*\([^()]*\)")
_FIGURE = re.compile(r"\d[\d.,]*")


def models(result: Result) -> list[str]:
    """Which model forecast how many zones of each item, fall-backs spelled out; items by their full names."""
    out = ["## How demand was forecast", ""]
    model, names = result.demand["model"].to_pandas(), result.inputs.items["name"]
    for item in model.columns:
        counts = sorted(Counter(map(str, model[item])).items(), key=lambda pair: (-pair[1], pair[0]))
        told = "; ".join(f"{name} ({counted(count, 'zone')})" for name, count in counts)
        out.append(f"- {markdown(named(str(item), names.get(item)))}: {markdown(told)}")
    if (model == "none").to_numpy().any():
        out += [
            "",
            "`none`: no usable history and no planning figure; such pairs are not planned and stay empty, they are not 0.",
        ]
    return out


def choices(result: Result) -> list[str]:
    """Why these models: how much closer they came than the average of three periods, the next best, what was not tried."""
    found = chosen.chosen(result.ledger.trials)
    if not found:
        return []
    names = result.inputs.items["name"]
    head = ["item", "forecast by", "than the average of 3 periods", "past values>", "in the 80 % range>", "next best"]
    rows = [
        [
            named(one.item, names.get(one.item)),
            one.label,
            chosen.closer(one.relative),
            number(one.cells),
            percent(one.inside_80),
            listed([f"{model} ({chosen.closer(relative)})" for model, relative in one.runners_up[:MOST_NEXT]]),
        ]
        for one in found
    ]
    out = ["## Why these models", "", _HOW_CHOSEN, "", *markdown_table(head, rows[:MOST_ITEMS])]
    out += ["", f"and {counted(len(rows) - MOST_ITEMS, 'more item')}."] if len(rows) > MOST_ITEMS else []
    left_out = chosen.left_out(found)
    out += [""] if left_out else []
    for models_, why, items in left_out:
        where = "" if len(items) == len(found) else f" ({listed(items, MOST_NAMES)})"
        out.append(f"- {markdown(models_)}{markdown(where)}: {markdown(why)}.")
    return [*out, "", "All scores: `choices.csv`."]


def signals(result: Result) -> list[str]:
    """What was observed besides the records: how old it is, how much of the zones it saw, from where."""
    observed = result.inputs.signals
    rows = []
    for feed in sorted(result.inputs.feeds, key=lambda feed: feed.signal):
        unit = observed[feed.signal].attrs.get("units", "") if feed.signal in observed else ""
        newest = "" if feed.newest is None else day(feed.newest)
        age = "" if feed.age_days is None else number(feed.age_days)
        name = f"{feed.signal} ({unit})" if unit else feed.signal
        rows.append([name, newest, age, number(feed.max_age), percent(feed.coverage), feed.state, feed.source])
    head = ["signal", "newest", "days old>", "late after>", "zones seen>", "state", "source"]
    return ["## Signals used", "", *markdown_table(head, rows)] if rows else []


def assumptions(result: Result) -> list[str]:
    """Every figure that is not from the user's data, by source; where one gives many, the first are shown, the rest counted."""
    sources: dict[str, list[Assumption]] = {}
    for assumption in sorted(set(result.ledger.assumptions), key=lambda a: (a.source, a.applies_to, a.figure, a.value)):
        sources.setdefault(assumption.source, []).append(assumption)
    out = sorted(line for source, found in sources.items() for line in _of_source(source, found))
    return ["## Assumed, not from your data", "", *(out or ["Nothing."]), "", "All of it, one by one: `assumptions.csv`."]


def _of_source(source: str, found: list[Assumption]) -> list[str]:
    """A line per use with all its figures; or, where there are too many uses, one line per figure."""
    uses: dict[str, list[str]] = {}
    for assumption in found:
        uses.setdefault(assumption.applies_to, []).append(_figure(assumption))
    alike: dict[str, list[str]] = {}
    for use, figures in uses.items():
        alike.setdefault(", ".join(figures), []).append(use)
    if len(alike) <= MOST_USES:
        return [_assumed(listed([use for use in names if use], MOST_NAMES), told, source) for told, names in alike.items()]
    by_figure: dict[str, list[Assumption]] = {}
    for assumption in found:
        by_figure.setdefault(assumption.figure, []).append(assumption)
    return [
        _assumed(figure, listed([f"{a.value} {a.unit}".strip() + f" ({a.applies_to})" for a in some], MOST_NAMES), source)
        for figure, some in by_figure.items()
    ]


def _assumed(where: str, told: str, source: str) -> str:
    return f"- {markdown(f'{where}: ' if where else '')}{markdown(told)}. Source: {markdown(source)}"


def problems(result: Result) -> list[str]:
    """Problems of the input, counted by kind: their words without the figures; with the first place of each."""
    kinds: dict[str, list[Problem]] = {}
    for problem in sorted(result.ledger.problems, key=lambda p: (p.file, p.line or 0, p.column, p.value)):
        kinds.setdefault(_FIGURE.sub("...", _DETAIL.sub("", problem.problem)), []).append(problem)
    if not kinds:
        return ["## Problems in the input", "", "None found."]
    ordered = sorted(kinds.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    out = [_kind(kind, found) for kind, found in ordered[:MOST_KINDS]]
    rest = [f"- and {counted(len(ordered) - MOST_KINDS, 'other kind')}"] if len(ordered) > MOST_KINDS else []
    return ["## Problems in the input", "", *out, *rest, "", "Each with what was done about it: `problems.csv`."]


def remarks(result: Result) -> list[str]:
    """What the stages had to say, each once."""
    found = list(dict.fromkeys(result.ledger.remarks))
    return ["## Remarks", "", *(f"- {markdown(remark)}" for remark in found)] if found else []


def _figure(assumption: Assumption) -> str:
    """'pack = 10 item units per pack', 'carriage = dry'."""
    unit = assumption.unit if assumption.value[:1].isdigit() else ""
    return f"{assumption.figure} = {assumption.value} {unit}".strip()


def _kind(kind: str, found: list[Problem]) -> str:
    """'- 12 in records_2023.csv and records_2024.csv: is ... times the largest of its series; the first: ...'."""
    first, files = found[0], sorted({problem.file for problem in found})
    place = f"line {first.line}" if first.line else ""
    where = ", ".join(filter(None, (first.file, place, first.column, f"'{first.value}'" if first.value else "")))
    told = f"{len(found):,} in {listed(files, 3)}: {kind if len(found) > 1 else first.problem}"
    return f"- {markdown(told)} ({'the first: ' if len(found) > 1 else ''}{markdown(where)})"
