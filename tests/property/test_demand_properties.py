"""What holds for the demand of any history: finite, not negative, ordered, uncertain, and blind to units and order."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forecast import plugins
from forecast.demand import forecast_demand
from forecast.panel import build_panel
from forecast.quantiles import demand_table
from forecast.schema import Ledger
from tests.small_records import after, config, history, inputs, records

FAST = ["empirical", "ets", "intermittent", "moving_average", "naive", "seasonal_naive", "smoothing"]
WEEKS = 30
value = st.one_of(st.none(), st.just(0.0), st.integers(1, 12).map(float), st.integers(13, 90_000).map(float))
series = st.lists(value, min_size=WEEKS, max_size=WEEKS).filter(lambda values: any(known is not None for known in values))
worlds = st.lists(series, min_size=1, max_size=3)
few = settings(max_examples=25, deadline=None, derandomize=True)


def demand_of(world, model: str, out_days=0.0, shuffle: int | None = None):
    table = records({(f"Z{n}", "kit"): values for n, values in enumerate(world)}, stockout_days=out_days)
    if shuffle is not None:
        table = table.sample(frac=1, random_state=shuffle)
    known, chosen = inputs(table), config(model, horizon=4, forecast={"samples": 40})
    panel = build_panel(known, chosen, after(WEEKS), Ledger())
    return forecast_demand(panel, known, chosen, after(WEEKS), Ledger()), known


@pytest.mark.parametrize("model", FAST)
@given(world=worlds)
@few
def test_every_pair_with_a_known_period_gets_finite_futures_with_ordered_quantiles(model, world):
    demand, known = demand_of(world, model)
    reported = np.isfinite(demand["demand"].values).all(axis=(2, 3))[:, 0]
    np.testing.assert_array_equal(reported, demand["model"].values[:, 0] != "none")
    table = demand_table(demand, known.items)
    quantiles = table.filter(regex="^q[0-9]").to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (quantiles >= 0).all()


@pytest.mark.parametrize("model", [name for name in FAST if name != "intermittent"])  # one need in 30 periods is rarer than 5 %
@given(varied=st.lists(st.integers(0, 500), min_size=WEEKS, max_size=WEEKS).filter(lambda values: len(set(values)) > 1))
@example(varied=[0] * (WEEKS - 1) + [1])
@example(varied=[1] + [0] * (WEEKS - 1))
@example(varied=[5] * (WEEKS - 1) + [4])
@few
def test_where_history_varies_the_future_is_uncertain(model, varied):
    demand, _ = demand_of([varied], model)
    low, high = np.quantile(demand["demand"].values[0, 0], [0.05, 0.95], axis=1)
    assert (low < high).all()


@pytest.mark.parametrize("model", FAST)
@given(world=worlds, times=st.sampled_from([0.001, 7.0, 1000.0]))
@few
def test_counting_in_another_unit_changes_nothing_else(model, world, times):
    plugin = plugins.load("models", model, "test")
    values = np.array([[np.nan if known is None else known for known in values] for values in world])
    here, there = (plugin.predict(history(unit * values), 40, plugin.Settings()) for unit in (1, times))
    np.testing.assert_allclose(there, times * here, rtol=1e-4, atol=1e-6 * times * np.nanmax(values))


@given(world=worlds, seed=st.integers(0, 99))
@few
def test_the_order_of_the_records_does_not_matter(world, seed):
    straight, _ = demand_of(world, "moving_average")
    shuffled, _ = demand_of(world, "moving_average", shuffle=seed)
    assert straight.identical(shuffled)


@given(world=worlds, days=st.sampled_from([1.0, 2.0, 3.0]))
@few
def test_days_out_of_stock_raise_demand_by_the_days_lost_and_leave_the_records(world, days):
    without, _ = demand_of(world, "moving_average")
    out, _ = demand_of(world, "moving_average", out_days=days)
    np.testing.assert_array_equal(out["distributed"], without["distributed"])
    some = np.array([any(values) for values in world])
    raised, plain = out["demand"].values, without["demand"].values
    np.testing.assert_allclose(raised[some], plain[some] * 7 / (7 - days), rtol=2e-5, atol=1e-4)
    np.testing.assert_array_equal(raised[~some], plain[~some])  # nothing in fewer days is still nothing: one unit is doubted


@pytest.mark.parametrize(
    "model", [name for name in FAST if name != "intermittent"]
)  # has a chance of its own that something comes
@given(zeros=st.integers(1, WEEKS), beside=st.integers(1, 10**9))
@settings(few, max_examples=6)
def test_nothing_but_zeros_is_next_to_nothing_whatever_is_needed_elsewhere(model, zeros, beside):
    quiet, busy = [None] * (WEEKS - zeros) + [0.0] * zeros, [float(beside * (1 + week % 3)) for week in range(WEEKS)]
    for world in ([quiet], [quiet, busy]):
        demand = demand_of(world, model)[0]["demand"].values[0, 0]
        np.testing.assert_array_equal((demand > 0).sum(axis=1), round(40 / (zeros + 2)))  # Laplace: one future in zeros + 2
        assert demand.max() <= 1
