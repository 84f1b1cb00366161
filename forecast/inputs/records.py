"""RECORDS: past distributions as they were known on the issue date; bad rows are set aside, up to a limit."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from forecast import convert, periods
from forecast.config import Job
from forecast.errors import Problem, Problems, counted, few
from forecast.inputs import checks, parts
from forecast.inputs.checks import Known
from forecast.inputs.sources import Sources, in_order
from forecast.schema import RECORDS

BLANKS = ("", "na", "n/a", "nan", "null")  # what people and programs write where nothing is known


def read_records(sources: Sources, known: Known) -> pd.DataFrame:
    """RECORDS sorted by zone, item, period: complete periods, known by the issue date, of known zones and items.

    Rows dated after today, and more bad rows than `panel.max_bad_share`, are refused.
    """
    text = sources.text(RECORDS)
    if text is None:
        return RECORDS.empty()
    job, problems = sources.job, sources.problems
    adds = job.config.panel.repeated_rows == "add"
    if not adds and job.config.panel.absent_rows == "missing":
        text = _without_blanks(text, problems)
    total = len(text)
    text = parts.without_copies(text, problems) if adds else text
    noted, refused = len(problems.noted), len(problems.refused)
    settings = job.config.forecast
    df = convert.typed_cells(
        text, RECORDS, problems, name="inputs.records", set_aside=True, period=settings.period, week_starts=settings.week_starts
    )
    if len(problems.refused) > refused:  # a column is missing
        sources.failed.add("records")
        return df
    bad = total - len(df)
    whole = len(df)
    df = _without_unknown(df, replace(known, zone=sources.crosswalk.also_knowing(known.zone)), sources)
    bad += whole - len(df)
    if adds:
        df = parts.added_up(df, sources)
    else:
        df = sources.latest(df, RECORDS)
        whole = len(df)
        df = convert.without_repeats(df, RECORDS, problems, set_aside=True)
        bad += whole - len(df)
    if (converted := sources.in_zones_of_today(df, RECORDS)) is not df:
        df = convert.without_repeats(_without_unknown(converted, known, sources), RECORDS, problems, set_aside=True)
        bad += len(converted) - len(df)
    sources.set_aside["records"] = bad
    _refuse_too_many(bad, total, problems.noted[noted:], sources)
    _say_known_early(df, sources)
    _say_who_has_none(df, known, sources)
    if df.empty:
        problem = f"has no usable row of a period that was over and known on {job.issue_date.date()}, the issue date"
        sources.refuse("records", "inputs.records", "", problem, "Give older records, or a later issue date")
    return in_order(df, RECORDS)


def data_until(records: pd.DataFrame, job: Job) -> pd.Timestamp:
    """The last day of the newest period that a record was used of."""
    return periods.step(records["period"].max(), 1, job.config.forecast.period) - pd.Timedelta(days=1)


def doubted(sources: Sources) -> pd.DataFrame:
    """The rows of records that a problem was noted of, as text, as they stood: nobody has to open the file to see them."""
    text = sources.texts.get("records", pd.DataFrame({"record": []}))
    places = {f"{problem.file}:{problem.line}" for problem in sources.problems.noted}
    found: pd.DataFrame = text.loc[text["record"].isin(places), [name for name in RECORDS.names if name in text.columns]]
    return found.sort_values("record", kind="stable", ignore_index=True)


def _without_blanks(text: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """Rows without a quantity are missing reports, as a table with a row for every month has them: told, one line for each file.

    They do not count as bad rows, unless all rows are so.
    """
    if "distributed" not in text.columns:
        return text
    is_blank = text["distributed"].fillna("").str.lower().isin(BLANKS)
    if not is_blank.any() or is_blank.all():
        return text
    places = text.loc[is_blank, "record"].astype(str).map(convert.place)
    for _, of_file in places.groupby(places.str[0]):
        row = of_file.index[0]
        what = "is not a number" if text.at[row, "distributed"] else "is empty"
        if len(of_file) > 1:
            what += f", and {counted(len(of_file) - 1, 'more row')} like it"
        action = "Taken as not reported, which is not zero. Write 0 where nothing was handed out"
        problems.note(convert.problem_at(text, row, "distributed", what, action))
    kept = text[~is_blank].reset_index(drop=True)
    kept.attrs = dict(text.attrs)
    return kept


def _without_unknown(df: pd.DataFrame, known: Known, sources: Sources) -> pd.DataFrame:
    found = [
        *checks.unknown_codes(df, "zone", known.zone, "zones", known.names.get("zone")),
        *checks.unknown_codes(df, "item", known.item, "items", known.names.get("item")),
    ]
    for _, problem in sorted(found, key=lambda pair: pair[0]):
        sources.problems.note(convert.set_aside_as(problem))
    return df[~df.index.isin({row for row, _ in found})].reset_index(drop=True)


def _refuse_too_many(bad: int, total: int, set_aside: list[Problem], sources: Sources) -> None:
    panel = sources.job.config.panel
    limit, why, action = panel.max_bad_share, "panel.max_bad_share allows {:.1%}", "Mend the rows below, or raise the limit"
    if panel.absent_rows == "zero":
        limit, why, action = 0, "with panel.absent_rows: zero each would become a zero", "Mend the rows below"
    if total and bad / total > limit:
        problem = f"{bad} of {total} rows set aside ({bad / total:.1%}); {why.format(limit)}"
        sources.problems.refuse(Problem("records", problem, action))
        for row in set_aside:
            sources.problems.refuse(row)


def _say_known_early(df: pd.DataFrame, sources: Sources) -> None:
    """A report that was there before its period was over may be a plan, or a part of it."""
    df = df[df["known_on"].notna()]
    starts = df["period"].drop_duplicates()
    if starts.empty:
        return
    ends = starts.map(lambda start: periods.step(start, 1, sources.job.config.forecast.period) - pd.Timedelta(days=1))
    early = df["known_on"] < df["period"].map(pd.Series(ends.to_numpy(), index=starts.to_numpy()))
    if early.any():
        first = df.loc[min(df.index[early], key=lambda row: convert.place(str(df.at[row, "record"])))]
        remark = (
            f"{checks.counted(int(early.sum()), 'record')} known before the last day of their period (the first: "
            f"{first['record']}, known on {first['known_on'].date()}): used as they are; are they plans, or parts of it?"
        )
        sources.ledger.remarks.append(remark)


def _say_who_has_none(df: pd.DataFrame, known: Known, sources: Sources) -> None:
    for codes, column in ((known.zone, "zone"), (known.item, "item")):
        if codes is not None and not (none := codes[~codes.isin(df[column].unique())]).empty:
            remark = f"No records of {len(none)} of {len(codes)} {column}s: {few(none)}."
            sources.ledger.remarks.append(remark)
