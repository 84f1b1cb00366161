"""RECORDS: past distributions as they were known on the issue date; bad rows are set aside, up to a limit."""

from __future__ import annotations

import pandas as pd

from forecast import convert, periods
from forecast.config import Job
from forecast.errors import Problem, few
from forecast.inputs import checks
from forecast.inputs.checks import Known
from forecast.inputs.sources import Sources, in_order
from forecast.schema import RECORDS


def read_records(sources: Sources, known: Known) -> pd.DataFrame:
    """RECORDS sorted by zone, item, period: complete periods, known by the issue date, of known zones and items.

    Rows dated after today, and more bad rows than `panel.max_bad_share`, are refused.
    """
    text = sources.text(RECORDS)
    if text is None:
        return RECORDS.empty()
    job, problems = sources.job, sources.problems
    noted, refused = len(problems.noted), len(problems.refused)
    settings = job.config.forecast
    df = convert.typed_cells(
        text, RECORDS, problems, name="inputs.records", set_aside=True, period=settings.period, week_starts=settings.week_starts
    )
    if len(problems.refused) > refused:  # a column is missing
        sources.failed.add("records")
        return df
    bad = len(text) - len(df)
    checks.refuse_after_today(df, "period", job.today, problems)
    whole = len(df)
    df = _without_unknown(df, known, sources)
    bad += whole - len(df)
    df = _as_known(df, sources)
    whole = len(df)
    df = convert.without_repeats(df, RECORDS, problems, set_aside=True)
    bad += whole - len(df)
    _refuse_too_many(bad, len(text), problems.noted[noted:], sources)
    _say_who_has_none(df, known, sources)
    if df.empty:
        problem = f"has no usable row of a period that was over and known on {job.issue_date.date()}, the issue date"
        sources.refuse("records", "inputs.records", "", problem, "Give older records, or a later issue date")
    return in_order(df, RECORDS)


def data_until(records: pd.DataFrame, job: Job) -> pd.Timestamp:
    """The last day of the newest period that a record was used of."""
    return periods.step(records["period"].max(), 1, job.config.forecast.period) - pd.Timedelta(days=1)


def _without_unknown(df: pd.DataFrame, known: Known, sources: Sources) -> pd.DataFrame:
    found = [*checks.unknown_codes(df, "zone", known.zone, "zones"), *checks.unknown_codes(df, "item", known.item, "items")]
    for _, problem in sorted(found, key=lambda pair: pair[0]):
        sources.problems.note(convert.set_aside_as(problem))
    return df[~df.index.isin({row for row, _ in found})].reset_index(drop=True)


def _as_known(df: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Only rows of periods over by the issue date that had reached us by then; the others are counted."""
    job, settings = sources.job, sources.job.config.forecast
    is_over = df["period"] <= periods.last_complete(job.issue_date, settings.period, settings.week_starts)
    delay = pd.Timedelta(days=job.config.panel.reporting_delay_days)
    reported = {start: periods.step(start, 1, settings.period) + delay for start in df["period"].unique()}
    known_on = df["known_on"].fillna(df["period"].map(reported))
    is_known = known_on <= job.issue_date
    for count, what in (
        ((~is_over).sum(), f"of periods not over on {job.issue_date.date()}"),
        ((is_over & ~is_known).sum(), f"not yet known on {job.issue_date.date()}"),
    ):
        if count:
            sources.ledger.remarks.append(f"{checks.counted(int(count), 'row')} of records {what}: counted, not used.")
    return df[is_over & is_known].reset_index(drop=True)


def _refuse_too_many(bad: int, total: int, set_aside: list[Problem], sources: Sources) -> None:
    limit = sources.job.config.panel.max_bad_share
    if total and bad / total > limit:
        problem = f"{bad} of {total} rows set aside ({bad / total:.1%}); panel.max_bad_share allows {limit:.1%}"
        sources.problems.refuse(Problem("records", problem, "Mend the rows below, or raise the limit"))
        for row in set_aside:
            sources.problems.refuse(row)


def _say_who_has_none(df: pd.DataFrame, known: Known, sources: Sources) -> None:
    for codes, column in ((known.zone, "zone"), (known.item, "item")):
        if codes is not None and not (none := codes[~codes.isin(df[column].unique())]).empty:
            remark = f"No records of {len(none)} of {len(codes)} {column}s: {few(none)}."
            sources.ledger.remarks.append(remark)
