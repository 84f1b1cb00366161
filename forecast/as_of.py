"""As of: what of a table was known on the issue date. Applied before anything is checked, so that a later row has no influence.

A row is known from its `known_on` on; without one, from the day or the end of the period it tells of (`Table.dated`), plus the
declared delay; a row without any of these was always known. Of several versions of a row (the same key) the one known last is
used; of several counts the latest.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from forecast import convert, periods
from forecast.errors import Problems, counted
from forecast.schema import KNOWN_ON, RECORD, Column, Reading, Table

ALWAYS = pd.Timestamp("1900-01-01")
DAY = pd.Timedelta(days=1)


def known_rows(
    text: pd.DataFrame, table: Table, reading: Reading, *, delay_days: int = 0, allow_later: bool = False
) -> pd.DataFrame:
    """Rows of text -> those known on the issue date; the others are counted in a remark. Rows after today are refused.

    With `allow_later`, what a row tells of may be later than the issue date; what reached us later still has no influence.
    """
    dates = _dates(text, table, reading)
    for column in dates.columns.intersection([table.dated, KNOWN_ON.name]):
        _refuse_after_today(dates, column, reading)
    tells_of = _tells_of(dates, table, reading)
    if allow_later:
        tells_of = tells_of.where(tells_of <= reading.issue_date)
    is_later = tells_of > reading.issue_date
    is_unknown = ~is_later & (_known_from(dates, tells_of, delay_days) > reading.issue_date)
    issued = reading.issue_date.date()
    later = f"of periods not over on {issued}" if _is_period(table) else f"dated after {issued}"
    for rows, what in ((is_later, later), (is_unknown, f"not yet known on {issued}")):
        if rows.any():
            remark = f"{counted(int(rows.sum()), 'row')} of {table.name} {what}: counted, not used."
            reading.ledger.remarks.append(remark)
    return _kept(text, ~(is_later | is_unknown))


def newest(text: pd.DataFrame, table: Table, reading: Reading) -> pd.Timestamp | None:
    """The latest day that a row tells of; None where no row tells of any."""
    days = _tells_of(_dates(text, table, reading), table, reading).dropna()
    return days.max() if len(days) else None


def latest_versions(df: pd.DataFrame, table: Table, reading: Reading, *, delay_days: int = 0) -> pd.DataFrame:
    """Typed rows, all known -> of each key those of the latest count, then of the latest version; the others are counted.

    Rows that nothing tells apart in time all stay: whether they may repeat is for others to say. A count without a date cannot be
    compared with the others of its key: they all stay.
    """
    key = list(table.version_key or table.key)
    if not key or df.empty:
        return df
    tells_of = _tells_of(df, table, reading)
    known_from = _known_from(df, tells_of, delay_days).fillna(ALWAYS)
    counted_on = tells_of if table.is_count else pd.Series(ALWAYS, index=df.index)
    age = (counted_on - ALWAYS) // DAY * 1_000_000 + (known_from - ALWAYS) // DAY
    columns = [df[name] for name in key]
    stays = age == age.groupby(columns, dropna=False).transform("max")
    stays |= ~age.notna().groupby(columns, dropna=False).transform("all")
    if table.version_key:
        stays |= df[table.version_key[0]] == ""
    if not stays.all():
        why = "a later count" if table.is_count else "a version known later"
        rows = counted(int((~stays).sum()), "row")
        reading.ledger.remarks.append(f"{rows} of {table.name} replaced by {why}: counted, not used.")
    return _kept(df, stays)


def blank_later(
    text: pd.DataFrame, table: Table, column: str, with_it: tuple[str, ...], reading: Reading, *, delay_days: int = 0
) -> tuple[pd.DataFrame, int]:
    """Rows whose `column` is a day not known on the issue date have that cell and those `with_it` emptied: they were filled in
    later. Also how many rows.
    """
    dates = _dates(text, replace(table, dated=column), reading)
    if column not in dates.columns:
        return text, 0
    _refuse_after_today(dates, column, reading)
    later = dates[column] + delay_days * DAY > reading.issue_date
    names = [name for name in (column, *with_it) if name in text.columns]
    blanked = text.assign(**{name: text[name].mask(later, "") for name in names})
    blanked.attrs = dict(text.attrs)
    return blanked, int(later.sum())


def _kept(df: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    kept = df[rows].reset_index(drop=True)
    kept.attrs = dict(df.attrs)
    return kept


def _dates(text: pd.DataFrame, table: Table, reading: Reading) -> pd.DataFrame:
    """`record` and the dates of the rows; a cell that is no date is empty here and left for the checks that follow."""
    found = [replace(column, required=False) for column in _date_columns(table) if column.name in text.columns]
    view = Table(table.name, (RECORD, *found))
    return convert.typed_cells(
        text, view, Problems(),
        name=table.name, set_aside=False, period=reading.period, week_starts=reading.week_starts,
    )  # fmt: skip


def _date_columns(table: Table) -> list[Column]:
    return [*([table.column(table.dated)] if table.dated else []), KNOWN_ON]


def _is_period(table: Table) -> bool:
    return bool(table.dated) and table.column(table.dated).kind == "period"


def _tells_of(dates: pd.DataFrame, table: Table, reading: Reading) -> pd.Series:
    """(row) the day a row tells of, or the day after its period; empty where it has none."""
    if table.dated not in dates.columns:
        return pd.Series(pd.NaT, index=dates.index, dtype="datetime64[s]")
    days = dates[table.dated]
    if not _is_period(table):
        return days
    ends = {start: periods.step(start, 1, reading.period) for start in days.dropna().unique()}
    return days.map(ends).astype("datetime64[s]")


def _known_from(dates: pd.DataFrame, tells_of: pd.Series, delay_days: int) -> pd.Series:
    """(row) the first day the row was known; empty: always."""
    delayed = tells_of + delay_days * DAY
    return dates[KNOWN_ON.name].fillna(delayed) if KNOWN_ON.name in dates.columns else delayed


def _refuse_after_today(dates: pd.DataFrame, column: str, reading: Reading) -> None:
    """Refuse rows dated after today: nobody can have seen them."""
    for row in dates.index[dates[column] > reading.today]:
        problem = f"is after today ({reading.today.date()})"
        action = "Mend the date; a report of a day to come cannot be"
        reading.ledger.problems.refuse(convert.problem_at(dates, row, column, problem, action))
