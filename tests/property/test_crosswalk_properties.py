"""Whatever the shares and whichever rows: a crosswalk moves quantities, it neither makes nor loses any."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.inputs import crosswalk
from forecast.schema import CROSSWALK, RECORDS, Ledger
from tests.operation import WEEKS

ZONES = pd.Index(["Z-01", "Z-02", "Z-03"], name="zone")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    first=st.integers(0, 100), second=st.integers(0, 100),
    rows=st.lists(
        st.tuples(st.sampled_from(["OLD1", "OLD2", "Z-01", "Z-02", "Z-03"]), st.sampled_from(WEEKS), st.integers(0, 10**6)),
        min_size=1, max_size=12, unique_by=lambda row: row[:2],
    ),
)  # fmt: skip
def test_totals_are_what_they_were(first: int, second: int, rows: list[tuple[str, str, int]]) -> None:
    steps = pd.DataFrame({"from_code": ["OLD1", "OLD1", "OLD2", "OLD2"], "to_code": ["Z-02", "Z-03", "Z-03", "Z-02"]})
    steps["share"] = [first / 100, 1 - first / 100, second / 100, 1 - second / 100]
    steps = steps.reindex(columns=CROSSWALK.names).assign(record="c.csv:2", valid_to=WEEKS[-1]).astype(CROSSWALK.empty().dtypes)
    ledger = Ledger()
    known = crosswalk.checked(steps, ZONES, pd.Series(ZONES, index=ZONES), ledger.problems)
    df = pd.DataFrame(rows, columns=["zone", "period", "distributed"]).assign(item="kit")
    df["record"] = [f"r.csv:{n}" for n in range(len(df))]
    df = df.reindex(columns=RECORDS.names).astype(RECORDS.empty().dtypes)
    found = known.converted(df, RECORDS, pd.Timestamp("2026-03-02"), ledger)
    RECORDS.check(found)
    assert set(found["zone"]) <= set(ZONES)
    before, after = (part.groupby("period")["distributed"].sum() for part in (df, found))
    pd.testing.assert_series_equal(before, after, rtol=1e-12)
    lines = {line for record in found["record"] for line in record.split(" + ")}
    assert lines == set(df["record"])
