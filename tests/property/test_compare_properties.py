"""Whatever two plans say, their comparison adds up and mirrors."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.compare import balance, coverage, shipped_by

STARTS = pd.to_datetime(["2026-03-02", "2026-03-09", "2026-03-16"]).astype("datetime64[s]")
QUANTITY = st.integers(0, 10**7).map(lambda thousandths: thousandths / 1000)


@st.composite
def plans(draw: st.DrawFn) -> pd.DataFrame:
    """COVERAGE of some zones and items over three weeks, each row balanced to the last digit."""
    rows = []
    for zone in draw(st.lists(st.sampled_from(["Z-1", "Z-2", "Z-3"]), min_size=1, max_size=3, unique=True)):
        people = draw(st.one_of(st.just(np.nan), st.integers(0, 10**5).map(float)))
        for item, need in draw(
            st.lists(st.sampled_from([("kit", "care"), ("ration", "food")]), min_size=1, max_size=2, unique=True)
        ):
            for start in STARTS:
                has = {
                    name: draw(QUANTITY)
                    for name in ("zone_stock", "in_transit", "planned", "by_others", "demand_mean", "carried_need")
                }
                over = round(
                    sum(has[name] for name in ("zone_stock", "in_transit", "planned", "by_others"))
                    - has["demand_mean"]
                    - has["carried_need"],
                    3,
                )
                needed = has["demand_mean"] + has["carried_need"]
                unmet = max(-over, 0.0)
                met = 1 - unmet / needed if needed else 1.0
                rows.append(
                    {
                        "period": start, "zone": zone, "zone_name": zone, "need": need, "item": item, "unit": "unit",
                        "people": people, **has, "expected_unmet": unmet, "expected_surplus": max(over, 0.0), "coverage": met,
                        "shortage_risk": 0.5, "reason": "made up",
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


@given(plans(), plans())
@settings(max_examples=60, deadline=None)
def test_the_change_in_unmet_need_is_the_sum_of_its_causes(a: pd.DataFrame, b: pd.DataFrame) -> None:
    """To half of the last digit of each term: every term is a sum of published figures, rounded once."""
    for found in (balance.by_zone(a, b), balance.by_item(balance.by_zone(a, b))):
        for side in ("a", "b", "change"):
            adds = found[[f"{term}_{side}" for term in (*balance.DEMAND, "left_over")]].sum(axis=1)
            takes = found[[f"{term}_{side}" for term in balance.SUPPLY]].sum(axis=1)
            assert np.allclose(adds - takes, found[f"unmet_{side}"], rtol=0, atol=0.005)


@given(plans(), plans())
@settings(max_examples=60, deadline=None)
def test_zones_add_up_to_items_and_needs(a: pd.DataFrame, b: pd.DataFrame) -> None:
    balances, zones = balance.by_zone(a, b), coverage.by_zone(a, b)
    items = balance.by_item(balances)
    for column in [f"{term}_{side}" for term in balance.TERMS for side in ("a", "b", "change")]:
        assert np.isclose(items[column].sum(), balances[column].sum(), rtol=0, atol=0.005)
    needs = coverage.by_need(a, b, zones).set_index("need")
    for need, of_need in zones.groupby("need"):
        row = needs.loc[need]
        assert np.isclose(row["met_people_change"], of_need["met_people_change"].sum(), rtol=0, atol=0.051)
        assert np.isclose(row["gain_people"] - row["lose_people"], of_need["met_people_change"].sum(), rtol=0, atol=0.11)


@given(plans(), plans())
@settings(max_examples=60, deadline=None)
def test_the_other_way_round_is_the_mirror(a: pd.DataFrame, b: pd.DataFrame) -> None:
    for compared, key in ((balance.by_zone, balance.KEY), (coverage.by_zone, coverage.KEY)):
        there, back = (compared(*pair).set_index(key).sort_index() for pair in ((a, b), (b, a)))
        assert there.index.equals(back.index)
        for column in [name for name in there.columns if str(name).endswith("_change")]:
            assert np.array_equal(there[column], -back[column], equal_nan=True)
    there, back = (coverage.by_need(x, y, coverage.by_zone(x, y)).set_index("need") for x, y in ((a, b), (b, a)))
    assert np.array_equal(there["gain_people"], back["lose_people"], equal_nan=True)


@given(plans())
@settings(max_examples=30, deadline=None)
def test_a_plan_beside_itself_does_not_change(a: pd.DataFrame) -> None:
    for found in (balance.by_zone(a, a), coverage.by_zone(a, a)):
        assert not found.filter(like="_change").fillna(0).to_numpy().any()


LINES = st.lists(
    st.tuples(st.sampled_from(["D1", "D2"]), st.sampled_from(["Z-1", "Z-2"]), st.sampled_from(["kit", "ration"]), QUANTITY),
    max_size=8,
)


@given(LINES, LINES)
@settings(max_examples=60, deadline=None)
def test_what_is_shipped_adds_up_whichever_way_it_is_grouped(a: list[tuple[str, ...]], b: list[tuple[str, ...]]) -> None:
    sides = [pd.DataFrame(rows, columns=["depot", "zone", "item", "quantity"]).assign(unit="unit") for rows in (a, b)]
    sides = [side.astype({"quantity": float}) for side in sides]
    for key in (["depot", "item"], ["depot", "zone", "item"]):
        found = shipped_by(*sides, key)
        for side, lines in zip("ab", sides, strict=True):
            assert np.isclose(found[f"quantity_{side}"].sum(), lines["quantity"].sum(), rtol=0, atol=0.005)
