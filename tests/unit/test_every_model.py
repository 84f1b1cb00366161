"""What holds for every file in forecast/models, whatever it is called: a new one is tested here as soon as it lies there."""

import functools
import inspect

import numpy as np
import pandas as pd
import pytest

from forecast import periods, plugins
from forecast.models import _paths, moving_average, naive, seasonal_naive, smoothing
from forecast.schema import Floats, History

HORIZON, SAMPLES, PAST = 3, 30, 40
EVERY = plugins.names("models")
QUICK = {"pooled": {"networks": 1, "examples": 1000}, "ensemble": {"members": [{"use": "empirical"}, {"use": "naive"}]}}
FLAT = [moving_average, naive, seasonal_naive, smoothing]


def past_of(values: Floats, period: str = "M", unit: float = 1.0, order: list[int] | None = None) -> History:
    """A history of one item in zones named after the place of their row, whatever order they are given in."""
    rows = np.arange(len(values)) if order is None else np.asarray(order)
    starts = periods.run(pd.Timestamp("2024-01-01"), values.shape[1] + HORIZON, period)
    scaled = values[rows] * unit
    return History(
        zones=tuple(f"Z{row}" for row in rows),
        items=("kit",) * len(rows),
        parents=("",) * len(rows),
        periods=starts[: values.shape[1]],
        ahead=starts[values.shape[1] :],
        values=scaled,
        floors=np.full(scaled.shape, np.nan),
        stock={},
        is_reported=np.isfinite(scaled),
        pools={"kit": scaled},
        expected=np.full((len(rows), HORIZON), 40.0 * unit),
        regressors={},
        season=periods.PER_YEAR[period],
        seed=1,
    )


def lumpy(series: int = 8, past: int = PAST) -> Floats:
    """Some smooth, some with many zeros, a few gaps."""
    rng = np.random.default_rng(4)
    level = np.exp(rng.normal(3, 1, (series, 1)))
    values = rng.poisson(level * np.exp(0.3 * rng.normal(size=(series, past)))).astype(float)
    values[::2] *= rng.random((len(values[::2]), past)) < 0.5
    values[rng.random(values.shape) < 0.05] = np.nan
    return values


@functools.cache
def usual(name: str) -> Floats:
    """What a model says of the lumpy months; asked once, since some take seconds."""
    return asked(name, past_of(lumpy()))


def asked(name: str, past: History) -> Floats:
    model = plugins.load("models", name, "test")
    found: Floats = model.predict(past, SAMPLES, model.Settings.model_validate(QUICK.get(name, {})))
    return found


@pytest.mark.parametrize("name", EVERY)
def test_it_says_what_it_is_and_what_it_gives(name):
    model = plugins.load("models", name, "test")
    assert len((model.__doc__ or "").split(".")[0]) > 10
    assert (inspect.getdoc(model.predict) or "").startswith("History -> (series, horizon, sample)")
    assert all(field.description for field in model.Settings.model_fields.values())


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("period", ["D", "W", "M"])
def test_futures_have_the_right_shape_are_never_negative_nor_half_empty(name, period):
    paths = usual(name) if period == "M" else asked(name, past_of(lumpy(), period))
    assert paths.shape == (8, HORIZON, SAMPLES)
    empty = np.isnan(paths).all(axis=(1, 2))
    assert np.isfinite(paths[~empty]).all()
    assert (paths[~empty] >= 0).all()
    assert name == "pooled" or not empty.any()


@pytest.mark.parametrize("name", EVERY)
def test_the_same_history_in_any_order_gives_the_same_futures(name):
    order = [3, 0, 7, 1, 6, 2, 5, 4]
    straight, turned = usual(name), asked(name, past_of(lumpy(), order=order))
    np.testing.assert_array_equal(straight, asked(name, past_of(lumpy())))
    np.testing.assert_allclose(turned, straight[order], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in EVERY if name != "pooled"])  # it also learns from how large a series is
def test_counting_in_grams_gives_a_thousand_times_what_counting_in_kilograms_gives(name):
    few, many = usual(name), asked(name, past_of(lumpy(), unit=1000.0))
    np.testing.assert_array_equal(np.isnan(few), np.isnan(many))
    spread = np.nanmax(few)
    np.testing.assert_allclose(many / 1000, few, atol=0.02 * spread)


def awkward() -> dict[str, Floats]:
    one, zeros, constant, spike = np.full(PAST, np.nan), np.zeros(PAST), np.full(PAST, 7.0), np.full(PAST, 5.0)
    one[-1], spike[20] = 12.0, 1e9
    gap, new = lumpy(1)[0], np.full(PAST, np.nan)
    gap[10:22], new[-2:] = np.nan, [4.0, 6.0]
    nothing = np.full(PAST, np.nan)
    return {"one": one, "zeros": zeros, "constant": constant, "spike": spike, "gap": gap, "new": new, "nothing": nothing}


@pytest.mark.parametrize("name", EVERY)
def test_awkward_series_give_an_honest_width_or_nothing_never_an_error_or_infinity(name):
    together = np.vstack([*awkward().values(), lumpy()])
    for values in (together, *(series[None] for series in awkward().values())):
        for paths in asked(name, past_of(values)):
            assert np.isnan(paths).all() or (np.isfinite(paths).all() and (paths >= 0).all())


@pytest.mark.parametrize("name", [name for name in EVERY if name not in ("norm", "prophet", "ets", "state_space", "pooled")])
def test_one_observation_and_nothing_to_learn_from_is_wide(name):
    paths = asked(name, past_of(awkward()["one"][None]))[0]
    assert np.quantile(paths, 0.9) > 1.3 * np.quantile(paths, 0.1)


@pytest.mark.parametrize("name", EVERY)
def test_a_past_of_one_period_is_no_error(name):
    assert not np.isinf(asked(name, past_of(np.array([[3.0], [np.nan], [0.0]])))).any()


@pytest.mark.parametrize("model", FLAT)
def test_what_is_said_at_a_past_origin_is_what_would_have_been_said_then(model, monkeypatch):
    kept = {}
    monkeypatch.setattr(_paths, "around", lambda history, points, samples: kept.update(points=points))
    values = lumpy()
    model.predict(past_of(values), SAMPLES, model.Settings())
    origins = np.arange(1, PAST, 5)
    now = kept["points"](values, origins)
    for place, origin in enumerate(origins):
        then = kept["points"](values[:, : origin + 1], np.array([origin]))[:, 0]
        np.testing.assert_array_equal(now[:, place], then)
