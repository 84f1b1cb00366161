"""From a table as a file has it to ours: columns, names, numbers and dates read, totals left out, figures scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from forecast.errors import InputError, Problem, few
from forecast.ingest import _hxl, _weeks
from forecast.ingest._cells import ABOVE, NUMERIC
from forecast.ingest._columns import Columns, chosen, mapped, once, renamed
from forecast.ingest._dates import Calendar, Order, dates, is_period
from forecast.ingest._grid import Body
from forecast.ingest._layout import Looked
from forecast.ingest._numbers import Style, numbers
from forecast.ingest._scale import scaled
from forecast.ingest._totals import without_repeated_header, without_totals
from forecast.schema import INPUT_TABLES, ZONES, Column, Reading

MOST_SHOWN = 3  # examples of one habit
TABLES = {**INPUT_TABLES, ZONES.name: ZONES}
ELSEWHERE = {column.name: column for table in TABLES.values() for column in table.columns}
ELSEWHERE["population"] = ELSEWHERE["population_people"]


class Habits(Columns):
    """How a table is written, for any table source; what the settings mean stands at the top of forecast/ingest/table.py."""

    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'"] | None = None
    dates: Order | None = None
    epi_weeks: Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] | None = None

    @property
    def decimal_mark(self) -> str | None:
        """The decimal mark, said outright or by the mark between thousands."""
        return self.decimal or {".": ",", ",": "."}.get(self.thousands or "")


def columns_of(name: str) -> list[Column]:
    """The columns of an input, and those that other inputs have: a signal, too, may be read from a table."""
    own = {column.name: column for column in TABLES[name].columns} if name in TABLES else {}
    return [column for column in {**ELSEWHERE, **own}.values() if column.name != "record"]


def looked_for(settings: Habits, name: str) -> Looked:
    """The names a header must hold: those the settings name, and what the input needs besides."""
    named = {need for origin in settings.columns.values() for need in origin.needs}
    named |= set(settings.only)
    given = set(settings.columns)
    if settings.wide:
        named |= set(settings.wide.cells)
        given |= {settings.wide.column, settings.wide.value}
    needed = {column.name for column in TABLES[name].columns if column.required} if name in TABLES else set()
    return Looked({need for need in named if not need.startswith("#")} | (needed - given))


@dataclass(frozen=True)
class Part:
    """One file's table of text under our names; `tagged`: our name -> the name in the file, where a hashtag told it."""

    frame: pd.DataFrame
    tagged: dict[str, str]


def together(parts: Sequence[Part], settings: Habits) -> pd.DataFrame:
    """The parts as one table, with what goes with it: `attrs` of `use: table`."""
    table = parts[0].frame
    if len(parts) > 1:
        table = pd.concat([part.frame for part in parts], ignore_index=True).fillna("")  # some files may lack a column
    if settings.once:
        table = once(table, list(settings.columns))
    table.attrs["origins"] = settings.origins() | {ours: theirs for part in parts for ours, theirs in part.tagged.items()}
    if settings.delay_days is not None:
        table.attrs["delay_days"] = settings.delay_days
    return table


def ours(body: Body, settings: Habits, reading: Reading, name: str) -> Part:
    """The table of one file under our names.

    What was recognised is said in one remark; rows left out are noted. Raises InputError with what cannot be read for certain.
    """
    label, said = body.label, body.said
    columns = columns_of(name)
    frame, repeated = without_repeated_header(body.frame)
    if repeated:
        said.append(f"the header repeated in line {few(repeated)} left out")
    frame, tagged = _tagged(frame, body.tags, settings, name)
    if tagged:
        said.append(f"by its hashtag {', '.join(f'{ours} is the column {theirs}' for ours, theirs in tagged.items())}")
    frame, told = chosen(frame, settings.only, label)
    said += told
    frame, told = renamed(_without_figures_from_above(mapped(frame, settings, label), columns), settings.rename)
    said += told
    frame = _numbers(frame, columns, settings, label, said)
    frame = _dates(frame, columns, settings, reading, body)
    frame = _without_marks(frame, columns, label, said)
    if name in TABLES:
        frame, totals = without_totals(frame, TABLES[name].columns, label)
        body.left_out += totals
    _say_what_is_left_out(body, reading)
    frame = scaled(frame, settings.scales, reading.period, label)
    return Part(frame[[*[column for column in frame.columns if column != "record"], "record"]], tagged)


def _tagged(frame: pd.DataFrame, tags: dict[str, str], settings: Habits, name: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Columns under the hashtags that the settings name, and under our names where only a hashtag tells; ours -> theirs."""
    for need in {need for origin in settings.columns.values() for need in origin.needs if need.startswith("#")}:
        theirs = _hxl.named(need, tags)
        if theirs is not None and need not in frame.columns:
            frame = frame.assign(**{need: frame[theirs]})
    known = TABLES[name].names if name in INPUT_TABLES else list(ELSEWHERE)
    given = {*settings.columns, *([settings.wide.column, settings.wide.value] if settings.wide else []), *frame.columns}
    found = _hxl.columns(tags, [column for column in known if column not in given])
    return frame.assign(**{ours: frame[theirs] for ours, theirs in found.items()}), found


def _numbers(frame: pd.DataFrame, columns: list[Column], settings: Habits, label: str, said: list[str]) -> pd.DataFrame:
    style = Style(settings.decimal_mark)
    kinds = [column for column in columns if column.kind in ("number", "integer")]
    frame, problems = numbers(frame, kinds, style, label)
    if problems:
        raise InputError(problems)
    said += _examples("numbers", style.shown)
    return frame


def _dates(frame: pd.DataFrame, columns: list[Column], settings: Habits, reading: Reading, body: Body) -> pd.DataFrame:
    calendar = Calendar(settings.dates, settings.epi_weeks, reading.period, reading.week_starts, body.from_1904)
    if settings.epi_weeks and reading.period == "W" and settings.epi_weeks != reading.week_starts:
        problem = f"is not the day weeks start on here ({reading.week_starts})"
        action = f"Set forecast.week_starts: {settings.epi_weeks}, so that no week is cut"
        raise InputError([Problem("epi_weeks", problem, action, value=settings.epi_weeks)])
    if settings.weeks and "period" in frame.columns:
        frame = frame.assign(period=_weeks.mondays(frame["period"].str.replace(NUMERIC, "", regex=False), reading, body.label))
    frame = dates(frame, [column for column in columns if column.kind in ("date", "period")], calendar)
    body.said += _examples("dates", calendar.shown)
    if settings.wide and settings.wide.column == "period":
        body.said += _periods_not_named(body.frame, settings, calendar)
    return frame


def _periods_not_named(frame: pd.DataFrame, settings: Habits, calendar: Calendar) -> list[str]:
    """The column of a month that was added since: it is not read before the settings name it."""
    named = {need for origin in settings.columns.values() for need in origin.needs}
    named |= set(settings.wide.cells if settings.wide else ())
    there = [name for name in frame.columns if name not in named and is_period(name, calendar) and (frame[name] != "").any()]
    return [f"NOT read, since wide does not name it: the column {few(there)}"] if there else []


def _examples(what: str, shown: dict[str, str]) -> list[str]:
    some = ", ".join(f"'{text}' as {read}" for text, read in list(shown.items())[:MOST_SHOWN])
    more = f" and {len(shown) - MOST_SHOWN:,} more" if len(shown) > MOST_SHOWN else ""
    return [f"{what} read: {some}{more}"] if shown else []


def _without_figures_from_above(frame: pd.DataFrame, columns: list[Column]) -> pd.DataFrame:
    """What a merged area holds stands in each of its rows where it is a code, a text or a date; a figure only in the first."""
    kept = {column.name for column in columns if column.kind in ("text", "date", "period")}
    changed = {}
    for name in frame.columns:
        above = frame[name].str.endswith(ABOVE)
        if above.any():
            changed[name] = frame[name].where(~above, frame[name].str.removesuffix(ABOVE) if name in kept else "")
    return frame.assign(**changed) if changed else frame


def _without_marks(frame: pd.DataFrame, columns: list[Column], label: str, said: list[str]) -> pd.DataFrame:
    """Text without the marks of numeric cells; codes that are numbers in the file are said: they may have lost leading zeros."""
    codes = {column.name for column in columns if column.kind == "text"}
    changed = {}
    for name in frame.columns:
        marked = frame[name].str.endswith(NUMERIC) if name != "record" else np.zeros(0, dtype=bool)
        if not marked.any():
            continue
        changed[name] = frame[name].str.replace(NUMERIC, "", regex=False)
        if name in codes:
            first = str(changed[name][marked].iloc[0])
            said.append(f"{name} is kept as a number in the file ({first}): leading zeros, if it had any, are lost")
    return frame.assign(**changed) if changed else frame


def _say_what_is_left_out(body: Body, reading: Reading) -> None:
    for problem in body.left_out:
        reading.ledger.problems.note(problem)
    if body.left_out:
        lines = few([str(problem.line) for problem in body.left_out])
        body.said.append(f"left out as totals or notes: line {lines} (see the list of problems)")
    if body.said:
        reading.ledger.remarks.append(f"{body.label}: {'; '.join(body.said)}.")
