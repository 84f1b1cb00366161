"""Whether records come as often as they are said to: weeks read as months, or months as weeks, would be wrong without a word."""

from __future__ import annotations

import pandas as pd

from forecast import convert, periods
from forecast.config import Config, Forecast
from forecast.errors import Problem, Problems

FORMS = {"W": convert.WEEK, "M": convert.MONTH}  # how a week and a month are written; a day may start either
APART = {"D": ((7, 7, "W"), (28, 31, "M")), "W": ((28, 35, "M"),), "M": ((89, 92, "Q"),)}  # days between records of longer ones
NAMES = {**convert.LENGTHS, "Q": "quarter"}
RUN = 4  # so many gaps alike, one after the other, are no accident
MOST = 0.5  # of the rows: then it is the frequency that is wrong
DAILY = 8  # rows of one zone and item within a month: they are of days, not of weeks


def check_written(text: pd.DataFrame, config: Config) -> list[Problem]:
    """What most periods, as they are written (text of records), say against the frequency; single rows are named elsewhere."""
    if text.empty or not {"zone", "item", "period"} <= set(text.columns):
        return []
    settings, own = config.forecast, convert.LENGTHS[config.forecast.period]
    for other, form in FORMS.items():
        rows = text["period"].isin([cell for cell in text["period"].unique() if form.fullmatch(str(cell))])
        if other != settings.period and rows.sum() > MOST * len(text):
            many = f"{int(rows.sum()):,} of {len(text):,} rows are of a {convert.LENGTHS[other]}"
            return [_misfit(settings, f"{many}, such as {_place(text, rows)}, not of a {own}", f"Write --frequency {other}")]
    several, most = _several_in_one(text, settings)
    if several.sum() <= MOST * len(text) or config.panel.repeated_rows == "add":
        return []
    other = "D" if settings.period == "W" or most >= DAILY else "W"
    action = f"Write --frequency {other}, or --set panel.repeated_rows=add to add them up"
    return [_misfit(settings, f"several days of one zone and item fall into one {own}, as in {_place(text, several)}", action)]


def one_weekday(cells: pd.Series, today: pd.Timestamp) -> str | None:
    """The day of the week that all dates are, if they are: MON, ...; none where the week of the newest began but is not over."""
    texts = pd.Series(cells.unique()).astype(str).str.strip()
    if not texts.str.fullmatch(convert.DAY).all():
        return None
    days = pd.to_datetime(texts.str[:10], format="%Y-%m-%d", errors="coerce")
    if days.isna().any() or days.dt.day_of_week.nunique() != 1 or days.max() + pd.Timedelta(days=7) > today:
        return None
    return periods.WEEKDAYS[int(days.dt.day_of_week.iloc[0])]


def check_gaps(records: pd.DataFrame, config: Config, problems: Problems) -> None:
    """Series whose records (RECORDS in order) are as far apart as longer periods: most refuse the frequency, some are noted."""
    settings = config.forecast
    for shortest, longest, other in APART[settings.period] if config.panel.absent_rows == "missing" else ():
        rows = _regular(records, shortest, longest)
        if not rows.any():
            continue
        first = records[rows].iloc[0]
        file, line = convert.place(str(first["record"]))
        apart = f"records are a {NAMES[other]} apart"
        if rows.sum() > MOST * len(records) and other in convert.LENGTHS:
            what = f"most {apart}, such as those of {first['zone']}, {first['item']} ({file}, line {line})"
            action = f"Write --frequency {other}; if they list only what is not zero, --set panel.absent_rows=zero"
            problems.refuse(_misfit(settings, what, action))
            continue
        more = len(records[rows].drop_duplicates(["zone", "item"])) - 1
        series = f"{first['zone']}, {first['item']}" + (f", and of {more:,} other series" if more else "")
        problem = f"the {apart}, and a period is a {convert.LENGTHS[settings.period]} here ({series})"
        action = "Periods in between taken as not reported. Records of longer periods belong into a file of their own"
        problems.note(Problem(file, problem, action, line=line, column="period"))


def _misfit(settings: Forecast, what: str, action: str) -> Problem:
    return Problem("--frequency", f"does not fit: {what}", action, value=settings.period)


def _several_in_one(text: pd.DataFrame, settings: Forecast) -> tuple[pd.Series, int]:
    """(row) whether another day of the same zone and item falls into its period; and how many rows do, at most."""
    none = pd.Series(False, index=text.index)
    if settings.period == "D":
        return none, 0
    written = {cell: str(cell).strip()[:10] for cell in text["period"].unique() if convert.DAY.fullmatch(str(cell).strip())}
    days = {cell: pd.to_datetime(day, format="%Y-%m-%d", errors="coerce") for cell, day in written.items()}
    starts = {
        cell: periods.start_of(day, settings.period, settings.week_starts) for cell, day in days.items() if not pd.isna(day)
    }
    table = text[["zone", "item", "period"]].assign(start=text["period"].map(starts)).dropna(subset=["start"])
    if table.empty:
        return none, 0
    different = table.groupby(["zone", "item", "start"])["period"].transform("nunique")
    return (different > 1).reindex(text.index, fill_value=False), int(different.max())


def _regular(records: pd.DataFrame, shortest: int, longest: int) -> pd.Series:
    """(row) whether it ends a gap of such a length, in a run of RUN or more; rows in order of zone, item and period."""
    same = records["zone"].eq(records["zone"].shift()) & records["item"].eq(records["item"].shift())
    fits = records["period"].diff().dt.days.where(same).between(shortest, longest)
    run = (fits != fits.shift()).cumsum()  # the first row of a series has no gap: a run never goes on into the next
    found: pd.Series = fits & (fits.groupby(run).transform("size") >= RUN)
    return found


def _place(text: pd.DataFrame, rows: pd.Series) -> str:
    first = text[rows].iloc[0]
    file, line = convert.place(str(first["record"]))
    return f"'{first['period']}' ({file}, line {line})"
