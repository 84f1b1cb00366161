"""What can be guessed of an operation from its files, and why; what may not be guessed waits for a person."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forecast import periods
from forecast.config import TO_DECIDE
from forecast.draft import cells
from forecast.draft.matching import Match
from forecast.draft.names import NEEDS, UNITS, meant, plain, rank

FIGURES: dict[str, dict[str, str]] = {  # planning figures of the needs, as text for the draft
    "water": {
        "unit": "L",
        "per_person_per_day": "15",
        "survival_per_person_per_day": "7.5",
        "source": "Sphere Handbook 2018: 15 L per person per day; 7.5-15 L for survival",
    },
    "food": {
        "unit": "kcal",
        "per_person_per_day": "2100",
        "source": "Sphere Handbook 2018: 2,100 kcal per person per day",
    },
    "care": {
        "unit": "consultation",
        "per_person_per_day": "0.00822",
        "source": "2-4 consultations per person per year, planning figure of health clusters; 3 a year",
    },
}
COVERS: dict[tuple[str, str], tuple[str, str]] = {  # need and unit -> need units in one unit, why
    ("water", "L"): ("1", "its unit is the litre"),
    ("water", "m3"): ("1000", "litres in a cubic metre"),
}
FEWEST = 3  # dates that tell how far apart reports lie
ASK_COVERS = {
    "water": "how many litres of drinking water is one {unit}? A purification tablet: often 20",
    "food": "how many kcal is one {unit}? 1 kg of cereal about 3,500, of oil 8,800, of the general ration 4,290",
    "care": "how many consultations does one {unit} serve?",
}
WEIGHTS: dict[str, tuple[str, str]] = {
    "L": ("1", "one litre of water weighs one kilogram"),
    "kg": ("1", "it is a kilogram"),
    "m3": ("1000", "one cubic metre of water weighs a tonne"),
}


@dataclass(frozen=True)
class Guess:
    """A value as it stands in YAML, and why; without a reason it is certain."""

    value: str
    why: str = ""

    @property
    def is_open(self) -> bool:
        return self.value.startswith(TO_DECIDE)


def ask(what: str) -> Guess:
    """What a person must decide: a run refuses until it is."""
    return Guess(f"{TO_DECIDE}: {what}")


@dataclass(frozen=True)
class Calendar:
    """Period, first day of the week and issue date of an operation, from the dates of its records."""

    period: Guess
    week_starts: Guess | None
    issue_date: Guess | None


def calendar(records: Match) -> Calendar:
    """From the dates of the records: how far apart they lie, on which weekday, and the day after the last period."""
    values, label = records.values("period"), records.file.label
    order, _ = cells.order_of_dates(values)
    dates = cells.days(values, order)
    if cells.are_week_numbers(values):
        return Calendar(Guess("W", f"{label} numbers weeks, such as {values.iloc[0]}"), None, None)
    if cells.are_months(values):
        return Calendar(Guess("M", f"{label} names months, such as {values.iloc[0]}"), None, None)
    if order == "unsure" or len(dates) < FEWEST:
        return Calendar(ask("D, W or M: how far apart do the reports lie?"), None, None)
    period, why = cells.spacing(dates)
    weekdays = dates.day_name().str[:3].str.upper().unique()
    same = period == "W" and len(weekdays) == 1 and weekdays[0] != "MON"
    starts = Guess(str(weekdays[0]), f"every date of {label} is a {dates[0].day_name()}") if same else None
    last = periods.start_of(dates[-1], period, starts.value if starts else "MON")
    issue = str(periods.step(last, 1, period).date())
    return Calendar(Guess(period, f"in {label} {why}"), starts, Guess(issue, f"the day after the last period of {label}"))


def items(chosen: dict[str, Match]) -> dict[str, dict[str, Guess]]:
    """Every item of records and stock -> the settings of its block; an items table is read instead of guessed."""
    if "items" in chosen:
        return {}
    wide = chosen["records"].wide if "records" in chosen else None
    headers = wide.codes if wide and wide.column == "item" else {}
    tables = [chosen[name] for name in ("records", "stock", "arrivals") if name in chosen and "item" in chosen[name].columns]
    codes = sorted({*headers, *(str(code) for table in tables for code in table.values("item"))})
    codes = [code for code in codes if not _is_total(code)]
    return {code: _item(code, tables, has_fleet="fleet" in chosen) for code in codes}


def _is_total(code: str) -> bool:
    return plain(code).startswith("total")


def _item(code: str, tables: list[Match], has_fleet: bool) -> dict[str, Guess]:
    need, unit = _need(code), _unit(code, tables)
    block = {"need": need, "unit": unit}
    if not need.is_open:
        block["covers"] = _covers(need.value, "unit" if unit.is_open else unit.value)
    if need.value == "care":
        block["need_lapses"] = Guess("false", "who was not cared for this week still has to be")
    if has_fleet:
        known = WEIGHTS.get(unit.value)
        of = "one of it" if unit.is_open else f"one {unit.value}"
        block["kg_per_unit"] = Guess(*known) if known else ask(f"how many kilograms does {of} weigh, packed?")
    return block


def _need(code: str) -> Guess:
    need = meant(code, NEEDS)
    return ask("water, food or care?") if need is None else Guess(need, "from its name")


def _unit(code: str, tables: list[Match]) -> Guess:
    """The unit that a file writes beside the item; else the one its name or the header of its quantity tells."""
    for table in tables:
        header = next((name for name in table.file.columns if rank("unit", name) is not None), None)
        if header is not None:
            rows = table.file.frame[table.file.frame[table.columns["item"]] == code]
            units = [unit for unit in rows[header].unique() if unit]
            if len(units) == 1:
                unit = meant(units[0], UNITS) or units[0]
                return Guess(unit, f"from column {header} of {table.file.label}")
    unit = meant(code, UNITS)
    return ask("what is one of it? L, kg, kit, box, tablet ...") if unit is None else Guess(unit, "from its name")


def _covers(need: str, unit: str) -> Guess:
    known = COVERS.get((need, unit))
    return Guess(*known) if known else ask(ASK_COVERS[need].format(unit=unit))


def depots(chosen: dict[str, Match]) -> dict[str, list[str]]:
    """Depots that stock, vehicles or arrivals name and no file places: code -> the files that name it."""
    if "depots" in chosen:
        return {}
    named: dict[str, list[str]] = {}
    for name in ("stock", "fleet", "arrivals"):
        if name in chosen:
            for code in pd.unique(chosen[name].values("depot")):
                if not _is_total(str(code)):
                    named.setdefault(str(code), []).append(chosen[name].file.label)
    return dict(sorted(named.items()))
