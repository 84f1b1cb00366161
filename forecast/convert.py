"""Text -> typed columns by a schema table; every cell that does not fit is named with file, line, column and value."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast import periods
from forecast.errors import Problem, Problems, did_you_mean
from forecast.schema import WEEKDAYS, Column, Table
from forecast.wordlists import weekdays

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
OFFSET = r"( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?"  # of a time zone: the day is the one written there
DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?" + OFFSET + ")?")
MONTH = re.compile(r"([0-9]{4})-([0-9]{1,2})")
WEEK = re.compile(r"([0-9]{4})-?W([0-9]{1,2})")
DAY_OTHERWISE = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")
PLACE = re.compile(r"(.*?):([0-9]+)( \+ .*:[0-9]+)?", re.DOTALL)  # a record of several lines: `file.csv:12 + file.csv:40`
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
NO_FIGURE = {"nan", "na", "n/a", "null", "none", "nil", "-", "--", "nr", "nd", "inf", "+inf", "-inf", "infinity", "-infinity"}
NEARLY = 0.88  # how alike two names of columns are that may be one
FIRST_YEAR, LAST_YEAR = 1950, 9000
LENGTHS = {"D": "day", "W": "week", "M": "month"}
SET_ASIDE = "Row set aside"
DOUBTFUL = "\ue001"  # ends a number that contradicts the way numbers are said to be written
QUARTER = re.compile(r"(?:[qt]\s?[1-4][\s\-/]*[0-9]{4}|[0-9]{4}[\s\-/]*[qt]\s?[1-4])", re.IGNORECASE)
TWO_DIGITS = re.compile(r"[0-9]{1,2}[/.\-\s]+(?:[0-9]{1,2}|[^\W\d]{3,}\.?)[/.\-\s]+'?[0-9]{2}")
SERIAL = re.compile(r"([2-7][0-9]{4})(?:\.[0-9]+)?")
SIX = re.compile(r"(?:19|20)[0-9]{4}")
WEEK_WORD = re.compile(r"(?=.*[0-9]{4})(?:.*[0-9\s\-])?(?:week|wk|w|semaine|sem|semana|se|s)[\s.]*[0-9].*", re.IGNORECASE)


class _Misfit(Exception):
    """A cell that does not fit its column: what is wrong, what to do."""

    def __init__(self, problem: str, action: str) -> None:
        self.problem, self.action = problem, action


@dataclass(frozen=True)
class Calendar:
    """The period that dates are brought to: D, W or M, and the day weeks start on."""

    period: str
    week_starts: str
    snaps: bool


def typed(
    text: pd.DataFrame,
    table: Table,
    problems: Problems,
    *,
    name: str,
    set_aside: bool,
    period: str,
    week_starts: str,
    snaps: bool = True,
) -> pd.DataFrame:
    """Text columns and `record` -> `record` and the columns of `table`, typed, in its order; other columns are dropped.

    A date in a period column becomes the start of its period, unless `snaps` is false. An absent or empty cell becomes NaN, NaT,
    "" (text) or True (flag: the ordinary case). With `set_aside` a bad row is dropped and noted; without, it is refused and stays
    with the bad cell empty, so that later checks can go on: the caller raises.
    """
    cells = typed_cells(
        text, table, problems, name=name, set_aside=set_aside, period=period, week_starts=week_starts, snaps=snaps
    )
    return without_repeats(cells, table, problems, set_aside=set_aside)


def typed_cells(
    text: pd.DataFrame,
    table: Table,
    problems: Problems,
    *,
    name: str,
    set_aside: bool,
    period: str,
    week_starts: str,
    snaps: bool = True,
) -> pd.DataFrame:
    """As `typed`, without the search for repeated keys."""
    if not _has_columns(text, table, problems, name):
        return table.empty()
    _doubt_names(text, table, problems, name)
    found: list[tuple[int, Problem]] = []
    columns = {"record": text["record"]}
    for column in table.columns:
        values, misfits = _converted(text, column, Calendar(period, week_starts, snaps))
        columns[column.name] = values
        found += [(row, problem_at(text, row, column.name, *misfit)) for row, misfit in misfits]
    df = pd.DataFrame(columns, index=text.index)
    df.attrs = dict(text.attrs)
    _report(found, problems, set_aside)
    return _without(df, {row for row, _ in found}) if set_aside else df


def without_repeats(df: pd.DataFrame, table: Table, problems: Problems, *, set_aside: bool) -> pd.DataFrame:
    """Refuse rows that repeat the key of `table`, or set them aside: copies but for the first, contradicting rows all of them."""
    key = list(table.key)
    if not key or not df.duplicated(key).any():
        return df
    if not set_aside:
        must = [column for column in key if table.column(column).required]
        whole = df[must].notna().all(axis=1) & (df[must] != "").all(axis=1)
        _report(_repeats(df, df.duplicated(key) & whole, key, "Keep one of the two"), problems, set_aside)
        return df
    copies = df.duplicated([name for name in df.columns if name != "record"])
    contradict = df[~copies].duplicated(key, keep=False).reindex(df.index, fill_value=False)
    found = _repeats(df, copies, key, "One is enough") + _repeats(
        df, contradict, key, "The two differ, and nothing says which is right"
    )
    _report(found, problems, set_aside)
    return _without(df, {row for row, _ in found})


def called_ours(text: pd.DataFrame, ours: str, also: str) -> pd.DataFrame:
    """A column that may go by another name, under our name; problems go on naming it as in the file."""
    if ours in text.columns or also not in text.columns:
        return text
    renamed = text.rename(columns={also: ours})
    origins = dict(text.attrs.get("origins", {}))
    renamed.attrs = {**text.attrs, "origins": {**origins, ours: origins.get(also, also)}}
    return renamed


def place(record: str) -> tuple[str, int | None]:
    """`file.csv:412` -> file and line, the first of several; a record without a line is all file."""
    found = PLACE.fullmatch(record)
    return (found[1], int(found[2])) if found else (record, None)


def problem_at(df: pd.DataFrame, row: int, column: str, problem: str, action: str) -> Problem:
    """A problem of one cell of a table with `record`; the column is named as in the file."""
    file, line = place(str(df.at[row, "record"]))
    return Problem(file, problem, action, line=line, column=_as_in_file(df, row, column), value=_shown(df.at[row, column]))


def _as_in_file(df: pd.DataFrame, row: int, column: str) -> str:
    """The name of a column in the file; of a value that was spread over columns, the one this row came from."""
    origin = df.attrs.get("origins", {}).get(column, column)
    if isinstance(origin, str):
        return origin
    spread, names = origin
    return str(names.get(df.at[row, spread], column)) if spread in df.columns else column


def _shown(value: object) -> str:
    """A value as it is named in problems; a mark behind a doubtful number is not shown."""
    if value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return f"{value:.10g}" if isinstance(value, float) else str(value)[:80].removesuffix(DOUBTFUL)


def _has_columns(text: pd.DataFrame, table: Table, problems: Problems, name: str) -> bool:
    absent = [column.name for column in table.columns if column.required and column.name not in text.columns]
    there = [column for column in text.columns if column != "record"]
    for column in absent:
        near = did_you_mean(column, there)
        action = f"{near} Columns: {', '.join(there)}. Map it under 'columns:' of {name}".strip()
        file = min({place(record)[0] for record in text["record"]}, default=name)
        problems.refuse(Problem(file, f"has no column {column}, which {table.name} needs", action))
    return not absent


def _doubt_names(text: pd.DataFrame, table: Table, problems: Problems, name: str) -> None:
    """Note columns that nobody reads and whose name is nearly one of the table's: a figure must not get lost by a slip."""
    absent = {_folded(column): column for column in table.names if column not in text.columns and column != "record"}
    for column in (str(column) for column in text.columns if column not in table.names):
        near = difflib.get_close_matches(_folded(column), absent, n=1, cutoff=NEARLY)
        if near:
            action = f"Not read. If it is '{absent[near[0]]}', map it under 'columns:' of {name}"
            file = min({place(record)[0] for record in text["record"]}, default=name)
            problems.note(Problem(file, f"is a column that {table.name} does not know", action, value=column))


def _folded(name: str) -> str:
    return re.sub(r"[\s\-_.]+", "_", name.strip().casefold())


def _report(found: Sequence[tuple[int, Problem]], problems: Problems, set_aside: bool) -> None:
    """Rows and what is wrong with them, in the order of rows."""
    for _, problem in sorted(found, key=lambda pair: pair[0]):
        if set_aside:
            problems.note(set_aside_as(problem))
        else:
            problems.refuse(problem)


def set_aside_as(problem: Problem) -> Problem:
    """The same problem, saying that its row was set aside."""
    return Problem(problem.file, problem.problem, f"{SET_ASIDE}. {problem.action}", problem.line, problem.column, problem.value)


def _without(df: pd.DataFrame, rows: set[int]) -> pd.DataFrame:
    return df[~df.index.isin(rows)].reset_index(drop=True)


def _repeats(df: pd.DataFrame, which: pd.Series, key: list[str], action: str) -> list[tuple[int, Problem]]:
    """The rows of `which`, each with a problem that names its key and another row of the same key."""
    rows = pd.Series(df.index, index=df.index)
    alike = rows.groupby([df[column] for column in key], dropna=False)
    first, last = alike.transform("min"), alike.transform("max")
    return [(row, _repeat(df, row, first[row] if first[row] != row else last[row], key, action)) for row in df.index[which]]


def _repeat(df: pd.DataFrame, row: int, other: int, key: list[str], action: str) -> Problem:
    (file, line), (other_file, other_line) = place(str(df.at[row, "record"])), place(str(df.at[other, "record"]))
    named = ", ".join(f"{column} {_shown(df.at[row, column])}" for column in key if _shown(df.at[row, column]))
    where = f"line {other_line}" if other_line and other_file == file else str(df.at[other, "record"])
    return Problem(file, f"repeats {named}", f"It stands in {where} too. {action}", line=line)


# ------------------------------------------------------------------ cells: each different text is read once


def _converted(text: pd.DataFrame, column: Column, calendar: Calendar) -> tuple[pd.Series, list[tuple[int, tuple[str, str]]]]:
    """A column -> typed values by row, and the misfits: row, (problem, action)."""
    empty, dtype, parse = _KINDS[column.kind]
    if column.name not in text.columns:
        return pd.Series([empty] * len(text), index=text.index, dtype=dtype), []
    codes, texts = pd.factorize(text[column.name].fillna(""))
    values, misfits = [], {}
    for n, cell in enumerate(texts):
        try:
            values.append(_cell(str(cell), column, calendar, empty, parse))
        except _Misfit as misfit:
            values.append(empty)
            misfits[n] = (misfit.problem, misfit.action)
    typed_values = pd.Series(values, dtype=dtype).take(codes).set_axis(text.index) if len(text) else pd.Series([], dtype=dtype)
    rows = np.flatnonzero(np.isin(codes, list(misfits))).tolist()
    return typed_values, [(int(text.index[row]), misfits[int(codes[row])]) for row in rows]


Parse = Callable[[str, Column, Calendar], object]


def _cell(cell: str, column: Column, calendar: Calendar, empty: object, parse: Parse) -> object:
    if cell:
        return parse(cell, column, calendar)
    if column.required:
        raise _Misfit("is empty", "Fill in the cell")
    return empty


def _text(cell: str, column: Column, calendar: Calendar) -> str:
    if column.unit == WEEKDAYS and -1 in (weekdays(cell) or (-1,)):
        raise _Misfit("names no days of the week", "Write them, such as Mon Tue Wed Thu Fri")
    if column.choices and cell not in column.choices:
        near = did_you_mean(cell, column.choices)
        raise _Misfit(f"is none of {', '.join(column.choices)}", near or "Use one of these words")
    return cell


def _number(cell: str, column: Column, calendar: Calendar) -> float:
    if not NUMBER.fullmatch(cell):
        if cell.endswith(DOUBTFUL):
            raise _Misfit("is not written as decimal: says the numbers are", "Mend the figure, or the setting")
        if cell.lower() in NO_FIGURE:
            action = "Write a number" if column.required else "Leave the cell empty where the figure is not known"
            raise _Misfit("is not a number", action)
        raise _Misfit("is not a number", "Write digits with a decimal point and nothing else, such as 8200.5")
    value = float(cell)
    if math.isinf(value):
        raise _Misfit("is too large for a number", "Mend the figure")
    low, high = column.minimum, column.maximum
    if low is not None and value < low:
        raise _Misfit(*(("is negative", "Write 0 or more") if low == 0 else _below(low, column)))
    if high is not None and value > high:
        raise _Misfit(f"is more than {high:g}", _degrees(column) or "Mend the figure")
    return value


def _below(low: float, column: Column) -> tuple[str, str]:
    if 0 < low < 1e-6:
        return "is not more than 0", "Write a number above 0"
    return f"is less than {low:g}", _degrees(column) or "Mend the figure"


def _degrees(column: Column) -> str:
    return "Write degrees; are lat and lon swapped?" if column.unit == "degrees" else ""


def _integer(cell: str, column: Column, calendar: Calendar) -> float:
    value = _number(cell, column, calendar)
    if not value.is_integer():
        raise _Misfit("is not a whole number", "Write a whole number")
    return value


def _flag(cell: str, column: Column, calendar: Calendar) -> bool:
    if cell.lower() not in FLAGS:
        raise _Misfit("is neither true nor false", "Write true or false")
    return FLAGS[cell.lower()]


def _date(cell: str, column: Column, calendar: Calendar) -> pd.Timestamp:
    found = DAY.fullmatch(cell)
    if not found:
        raise _Misfit(*_no_date(cell, "a day"))
    _refuse_far_off(int(found[1]))
    try:
        return pd.Timestamp(dt.date(int(found[1]), int(found[2]), int(found[3])))
    except ValueError:
        raise _Misfit("is no day of the calendar", "Write the day as YYYY-MM-DD") from None


def _period(cell: str, column: Column, calendar: Calendar) -> pd.Timestamp:
    if found := MONTH.fullmatch(cell):
        return _month(int(found[1]), int(found[2]), calendar)
    if found := WEEK.fullmatch(cell):
        return _week(int(found[1]), int(found[2]), calendar)
    if not DAY.fullmatch(cell):
        raise _Misfit(*_no_date(cell, "a period"))
    day = _date(cell, column, calendar)
    return periods.start_of(day, calendar.period, calendar.week_starts) if calendar.snaps else day


def _refuse_far_off(year: int) -> None:
    """A year such as 0026 or 9999 would stretch the panel over millennia."""
    if year < FIRST_YEAR:
        raise _Misfit(f"is before {FIRST_YEAR}", "Mend the year")
    if year > LAST_YEAR:
        raise _Misfit(f"is after {LAST_YEAR}", "Mend the year")


def _month(year: int, month: int, calendar: Calendar) -> pd.Timestamp:
    _refuse_far_off(year)
    if not 1 <= month <= 12:
        raise _Misfit("is no month of the calendar", "Write the month as YYYY-MM")
    if calendar.period != "M":
        raise _Misfit(*_too_long("a month", calendar))
    return pd.Timestamp(year, month, 1)


def _week(year: int, week: int, calendar: Calendar) -> pd.Timestamp:
    _refuse_far_off(year)
    try:
        monday = dt.date.fromisocalendar(year, week, 1)
    except ValueError:
        raise _Misfit("is no ISO week of the calendar", "Write the week as YYYY-Www, such as 2026-W07") from None
    if calendar.period != "W":
        raise _Misfit(*_too_long("a week", calendar))
    if calendar.week_starts != "MON":
        problem = f"is an ISO week, which starts on Monday; weeks here start on {calendar.week_starts}"
        raise _Misfit(problem, "Write the date the week starts on")
    return pd.Timestamp(monday)


def _too_long(what: str, calendar: Calendar) -> tuple[str, str]:
    length = LENGTHS[calendar.period]
    action = f"Write the date the {length} starts on, as YYYY-MM-DD, or change forecast.period"
    return f"is {what}, but a period is a {length} here", action


def _no_date(cell: str, what: str) -> tuple[str, str]:
    if found := DAY_OTHERWISE.fullmatch(cell):
        first, second, year = int(found[1]), int(found[2]), found[3]
        days = [f"{year}-{month:02d}-{day:02d}" for day, month in ((first, second), (second, first)) if month <= 12 and day <= 31]
        if len(days) == 2 and first != second:
            return "is ambiguous (day or month first)", f"Write {days[0]} or {days[1]}, or set dates: day_first or month_first"
        if days:
            return f"is not {what} as written here", f"Write {days[0]}"
    if found := SERIAL.fullmatch(cell):
        day = dt.date(1899, 12, 30) + dt.timedelta(days=int(found[1]))
        return f"is a number, not {what}", f"If it is how Excel counts days ({day}), set dates: excel"
    if TWO_DIGITS.fullmatch(cell):
        return "has a year of two digits", "Write the day as YYYY-MM-DD, or set dates: day_first or month_first"
    if QUARTER.fullmatch(cell):
        return f"is a quarter, not {what}", "Give figures by day, week or month"
    if what == "a period" and SIX.fullmatch(cell):
        return "is a year with a month or with a week", "Write YYYY-MM, or set epi_weeks to the day weeks start on"
    if what == "a period" and WEEK_WORD.fullmatch(cell):
        return "is the number of a week that may start on any day", "Set epi_weeks to the day weeks start on, such as SUN or MON"
    forms = "YYYY-MM-DD" if what == "a day" else "YYYY-MM-DD, YYYY-MM or YYYY-Www"
    return f"is not {what} as written here", f"Write it as {forms}"


_KINDS: dict[str, tuple[object, str, Parse]] = {
    "text": ("", "str", _text),
    "number": (math.nan, "float64", _number),
    "integer": (math.nan, "float64", _integer),
    "flag": (True, "bool", _flag),
    "date": (pd.NaT, "datetime64[s]", _date),
    "period": (pd.NaT, "datetime64[s]", _period),
}
