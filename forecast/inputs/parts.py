"""Rows that are parts of one record: of several teams, or of a week cut at the New Year. Added up, with `repeated_rows: add`."""

from __future__ import annotations

import pandas as pd

from forecast import convert
from forecast.errors import Problem, Problems, counted
from forecast.inputs import crosswalk
from forecast.inputs.sources import Sources, in_order
from forecast.schema import RECORDS

SUMS = ("distributed", "requested", "received", "people_served")


def without_copies(text: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """Rows as they stand in the files; of rows that are alike in every column of the file all but the first are set aside."""
    names = [name for name in text.columns if name != "record"]
    if text["record"].duplicated().any():  # two columns of one line that are the same item are no copies
        of_line = text.groupby([*names, "record"]).cumcount()
        copies = text.assign(**{"of line": of_line}).duplicated([*names, "of line"])
    else:
        copies = text.duplicated(names)
    for row in text.index[copies]:
        file, line = convert.place(str(text.at[row, "record"]))
        problem = Problem(file, "is a copy of a row before it, alike in every column", "One is enough", line=line)
        problems.note(convert.set_aside_as(problem))
    kept = text[~copies].reset_index(drop=True)
    kept.attrs = dict(text.attrs)
    return kept


def added_up(df: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """RECORDS -> one row per zone, item and period: what was handed out, asked for, received and who was served is added up.

    Stock and days out of a part are not those of the whole: they are emptied. `record` names the lines of all parts. Refuses
    `known_on`: a part and a later version of a row could not be told apart.
    """
    key, ordered = list(RECORDS.key), in_order(df, RECORDS)
    for row in ordered.index[ordered["known_on"].notna()][:1]:
        problem = "is given, and panel.repeated_rows: add cannot tell a part from a later version of a row"
        sources.problems.refuse(convert.problem_at(ordered, row, "known_on", problem, "Leave out one of the two"))
    is_part = ordered.duplicated(key, keep=False)
    if not is_part.any():
        return ordered
    parts = ordered[is_part].groupby(key)
    whole = parts[list(SUMS)].sum(min_count=1).assign(record=parts["record"].agg(crosswalk.all_lines)).reset_index()
    told = f"{counted(int(is_part.sum()), 'row')} of records are parts of {len(whole):,} (zone, item and period): added up."
    sources.ledger.remarks.append(told)
    added = pd.concat([ordered[~is_part], whole.reindex(columns=ordered.columns)], ignore_index=True).astype(ordered.dtypes)
    added.attrs = dict(df.attrs)
    return in_order(added, RECORDS)
