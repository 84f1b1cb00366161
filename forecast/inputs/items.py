"""ITEMS: what can be sent, from a table, the blocks of the config, or both; completed, and what is assumed is written down."""

from __future__ import annotations

import pandas as pd

from forecast.config import Item
from forecast.errors import Problem, did_you_mean
from forecast.inputs.sources import Sources
from forecast.schema import ITEMS, Ledger

DEFAULTS = {"pack": "1", "covers": "1", "priority": "1", "need_lapses": "true", "carriage": "dry"}
MEANING = {"substitutes": "none", "keeps_days": "no limit"}  # of a cell that stays empty
UNTOLD = {"records_count": "goods"}  # the ordinary case
PLAIN = ("item", "name", "need", "unit")  # words, not figures


def read_items(sources: Sources) -> pd.DataFrame:
    """Items by code, sorted, with the columns of ITEMS; kg_per_unit, m3_per_unit and per_person_per_day may be empty."""
    text = sources.text(ITEMS)
    text = pd.DataFrame({name: pd.Series(dtype="str") for name in ("record", "item")}) if text is None else text
    text = _with_blocks(text, sources)
    if text.empty:
        return ITEMS.empty().set_index("item")
    items = sources.typed(_completed(text, sources.ledger), ITEMS).set_index("item").sort_index()
    _refuse_mixed_needs(items, sources)
    _refuse_half_told(items, sources)
    _list_planning_figures(items, sources)
    return items


def _with_blocks(text: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """The blocks of the config over the rows of the table: a block completes or overrides its item, or adds it."""
    rows = {name: list(values) for name, values in text.items()}
    df = pd.DataFrame(rows, dtype="str")
    added = []
    for code, block in sorted(sources.job.config.items.items()):
        figures = _figures(block)
        _list_figures(code, block, figures, sources)
        if (df["item"] == code).any():
            for name, value in figures.items():
                df.loc[df["item"] == code, name] = value
        elif {"need", "unit"} <= figures.keys():
            added.append({"record": f"{sources.config_file}: items.{code}", "item": code, **figures})
        else:
            problem = "is in no items table, and its block does not give need and unit"
            action = f"{did_you_mean(code, df['item'])} A new item needs both".strip()
            sources.refuse("items", "items", code, problem, action)
    merged = pd.concat([df, pd.DataFrame(added, dtype="str")], ignore_index=True).fillna("")
    merged.attrs = dict(text.attrs)
    return merged


def _figures(block: Item) -> dict[str, str]:
    figures = block.model_dump(exclude_none=True, exclude={"model", "without_history", "order", "source"})
    return {name: _as_cell(value) for name, value in figures.items()}


def _as_cell(value: str | bool | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:.15g}"


def _list_figures(code: str, block: Item, figures: dict[str, str], sources: Sources) -> None:
    source = block.source or f"{sources.config_file}, items.{code}; no source given"
    for name, value in figures.items():
        if name not in PLAIN:
            sources.ledger.assume(name, code, value, ITEMS.column(name).unit, source)


def _completed(text: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Empty cells get their default; each default is one assumption, with the items it stands for."""
    columns = {name: text[name] if name in text.columns else pd.Series("", index=text.index, dtype="str") for name in ITEMS.names}
    columns["name"] = columns["name"].where(columns["name"] != "", text["item"])
    for name in (*DEFAULTS, *MEANING):
        empty = columns[name] == ""
        if empty.any():
            value, applies_to = DEFAULTS.get(name, ""), ", ".join(sorted(text.loc[empty, "item"]))
            columns[name] = columns[name].mask(empty, value)
            ledger.assume(name, applies_to, value or MEANING[name], ITEMS.column(name).unit, "default of this program")
    for name, value in UNTOLD.items():
        columns[name] = columns[name].mask(columns[name] == "", value)
    completed = pd.DataFrame(columns)
    completed.attrs = text.attrs
    return completed


def _refuse_mixed_needs(items: pd.DataFrame, sources: Sources) -> None:
    """Items that stand in for each other must serve the same need."""
    for group, members in items[items["substitutes"] != ""].groupby("substitutes"):
        if members["need"].nunique() > 1:
            needs = ", ".join(f"{code} is {need}" for code, need in members["need"].items())
            problem = f"joins items of different needs ({needs})"
            action = "Give them one need, or other groups"
            sources.problems.refuse(Problem("items", problem, action, column="substitutes", value=str(group)))


def _refuse_half_told(items: pd.DataFrame, sources: Sources) -> None:
    """Arrivals become a need only with a stay, supply and arrivals only with a planning figure, and neither with other items."""
    counts, no_stay = items["records_count"], items["stay_days"].isna()
    no_figure = ~(items["per_person_per_day"] > 0)
    by_people, arriving = counts.isin(["supply", "arrivals"]), counts == "arrivals"
    stay = "Say how many days those who arrive are taken to stay, and in source: where that is from"
    for column, rows, problem, action in (
        ("stay_days", arriving & no_stay, "is needed, since its records count arrivals", stay),
        ("stay_days", ~arriving & ~no_stay, "is given, but its records do not count arrivals", "Write records_count: arrivals"),
        ("per_person_per_day", by_people & no_figure, "is needed: records do not count goods", "Give units per person and day"),
        ("substitutes", by_people & (items["substitutes"] != ""), "cannot be: records do not count goods", "Leave it out"),
    ):
        for code in items.index[rows]:
            sources.problems.refuse(Problem(f"items {code}", problem, action, column=column, value=counts[code]))


def _list_planning_figures(items: pd.DataFrame, sources: Sources) -> None:
    """The planning figures of the needs that some item serves."""
    for name, need in sorted(sources.job.config.needs.items()):
        for figure in ("per_person_per_day", "survival_per_person_per_day"):
            value = getattr(need, figure)
            if value is not None and (items["need"] == name).any():
                sources.ledger.assume(figure, f"need {name}", value, f"{need.unit} per person per day", need.source)
