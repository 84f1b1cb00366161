"""Codes that a mobile operator or a map of another year uses, and the zones of today that they are: `crosswalk:` of a signal."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from forecast.convert import problem_at, typed_cells, without_repeats
from forecast.errors import Problem, Problems, counted, few
from forecast.ingest import table
from forecast.schema import CROSSWALK, Reading

TOLERANCE = 0.005  # of the shares of one code, around 1


def read_steps(settings: table.Settings | None, reading: Reading, known: Collection[str] | None, name: str) -> pd.DataFrame:
    """`from_code, to_code, share`; no rows where no crosswalk is given.

    A `share` that the table does not have is 1. Raises InputError naming codes that are none of `known`, where that is given.
    """
    if settings is None:
        return pd.DataFrame({"from_code": [], "to_code": [], "share": np.zeros(0)})
    text = table.read(settings, reading, "crosswalk")
    if "share" not in text.columns:
        attrs = text.attrs
        text = text.assign(share="1")
        text.attrs = attrs
    problems = Problems()
    steps = typed_cells(
        text, CROSSWALK, problems, name=f"signals.{name}.crosswalk", set_aside=False, period="D", week_starts="MON"
    )
    steps = without_repeats(steps, CROSSWALK, problems, set_aside=False)
    nowhere = ~steps["to_code"].isin(set(known)) if known is not None else pd.Series(False, index=steps.index)
    for row in steps.index[nowhere]:
        problems.refuse(problem_at(steps, row, "to_code", "is no zone", "Write a code of today"))
    problems.raise_if_refused()
    return steps[["from_code", "to_code", "share"]]


def checked(steps: pd.DataFrame, name: str) -> pd.DataFrame:
    """The steps, shares adding up to exactly 1. Raises InputError where they do not nearly."""
    total = steps.groupby("from_code")["share"].transform("sum")
    odd = sorted(steps.loc[(total - 1).abs() > TOLERANCE + 1e-9, "from_code"].unique())
    problems = Problems()
    if odd:
        what = f"has {counted(len(odd), 'code')} whose shares do not add up to 1: {few(odd)}"
        problems.refuse(Problem(f"signals.{name}.crosswalk", what, "Mend them: all that was in the old zone is somewhere today"))
    problems.raise_if_refused()
    return steps.assign(share=steps["share"] / total)


def shares_of(codes: pd.Index, zones: pd.Index, steps: pd.DataFrame) -> sparse.csr_array:
    """(zone, code): 1 where a code is the zone, its share where it is an old code of the crosswalk, which comes first."""
    old = steps[steps["from_code"].isin(codes)]
    today = codes[codes.isin(zones) & ~codes.isin(steps["from_code"])]
    rows = np.concatenate([zones.get_indexer(today), zones.get_indexer(pd.Index(old["to_code"]))])
    columns = np.concatenate([codes.get_indexer(today), codes.get_indexer(pd.Index(old["from_code"]))])
    values = np.concatenate([np.ones(len(today)), old["share"].to_numpy(float)])
    return sparse.csr_array((values, (rows, columns)), shape=(len(zones), len(codes)))


def say_unknown(codes: pd.Index, shares: Any, what: str, reading: Reading, name: str) -> None:
    """Note the codes that are no zone: nothing is made of them."""
    nowhere = codes[np.asarray(shares.sum(axis=0)).ravel() == 0]
    if len(nowhere):
        are = "is no zone and not" if len(nowhere) == 1 else "are no zones and not"
        problem = f"{counted(len(nowhere), 'code')} of {what} {are} in a crosswalk: {few(nowhere)}"
        reading.ledger.problems.note(Problem(f"signals.{name}", problem, "Left out; rename them, or give a crosswalk"))
