"""The ensemble: quantiles averaged, shares by item, members that fail leave their weight to the others."""

import numpy as np
import pytest
from pydantic import ValidationError

from forecast.errors import InputError
from forecast.models import empirical, ensemble, moving_average, naive, smoothing
from tests.small_records import history

RNG = np.random.default_rng(7)
VALUES = RNG.poisson(20.0, (6, 40)).astype(float)


def asked(past, samples: int = 50, **settings):
    return ensemble.predict(past, samples, ensemble.Settings.model_validate(settings))


def two_items(values=VALUES):
    items = ("kit", "soap") * (len(values) // 2)
    pools = {item: values[[place for place, own in enumerate(items) if own == item]] for item in set(items)}
    return history(values, items=items, pools=pools)


def test_an_ensemble_is_the_weighted_average_of_the_roots_of_its_members_quantiles():
    past = history(VALUES)
    members = [{"use": "smoothing", "weight": 1}, {"use": "empirical", "weight": 3}]
    found = np.sort(asked(past, members=members), axis=2)
    one, other = (np.sort(model.predict(past, 50, model.Settings()), axis=2) for model in (smoothing, empirical))
    np.testing.assert_allclose(np.sqrt(found), (np.sqrt(one) + 3 * np.sqrt(other)) / 4, rtol=1e-5)


def test_its_paths_keep_the_order_of_those_of_smoothing():
    past = history(VALUES)
    found, template = asked(past, members=[{"use": "empirical"}]), smoothing.predict(past, 50, smoothing.Settings())
    for series in range(len(VALUES)):
        correlation = np.corrcoef(found[series].sum(axis=0), template[series].sum(axis=0))[0, 1]
        assert correlation > 0.8


def test_shares_differ_by_item_and_a_member_without_a_share_says_nothing():
    past = two_items()
    members = [{"use": "naive"}, {"use": "moving_average", "periods": 12, "label": "year"}]
    found = asked(past, members=members, shares={"kit": {"naive": 1.0}, "soap": {"year": 1.0}})
    kits, soaps = past.by_item()["kit"], past.by_item()["soap"]
    expected = naive.predict(past.only(kits), 50, naive.Settings())
    np.testing.assert_allclose(np.sort(found[kits], axis=2), np.sort(expected, axis=2))
    expected = moving_average.predict(past.only(soaps), 50, moving_average.Settings(periods=12))
    np.testing.assert_allclose(np.sort(found[soaps], axis=2), np.sort(expected, axis=2))


def test_a_member_that_says_nothing_of_a_series_leaves_its_weight_to_the_others():
    values = VALUES.copy()
    values[0, :-2] = np.nan  # too short for ets
    past = history(values)
    found = asked(past, members=[{"use": "ets", "weight": 9}, {"use": "smoothing"}])
    alone = smoothing.predict(past, 50, smoothing.Settings())
    np.testing.assert_allclose(np.sort(found[0], axis=1), np.sort(alone[0], axis=1))
    assert not np.allclose(np.sort(found[1], axis=1), np.sort(alone[1], axis=1))


def test_a_series_no_member_can_forecast_stays_empty():
    values = VALUES.copy()
    values[2] = np.nan
    found = asked(history(values), members=[{"use": "smoothing"}, {"use": "empirical"}])
    assert np.isnan(found[2]).all()
    assert np.isfinite(np.delete(found, 2, axis=0)).all()


def test_the_members_signals_are_those_of_the_ensemble():
    members = [{"use": "smoothing"}, {"use": "ets", "regressors": {"rain": {"lag": 2}}}]
    assert ensemble.Settings.model_validate({"members": members}).regressors["rain"].lag == 2


def test_a_member_sees_no_signal_it_did_not_ask_for():
    rain = np.random.default_rng(1).normal(0, 1, (6, 43))
    wet, dry = history(VALUES + 30 * rain[:, :40].clip(0), regressors={"rain": rain}), history(VALUES + 30 * rain[:, :40].clip(0))
    np.testing.assert_array_equal(*(asked(past, members=[{"use": "ets", "seasonal": "none"}]) for past in (wet, dry)))


def test_a_member_that_does_not_exist_or_a_wrong_setting_of_one_is_told():
    with pytest.raises(InputError, match="Did you mean 'smoothing'"):
        ensemble.Settings.model_validate({"members": [{"use": "smothing"}]})
    with pytest.raises(InputError, match=r"'period' is not a setting\. Did you mean 'periods'"):
        ensemble.Settings.model_validate({"members": [{"use": "moving_average", "period": 3}]})


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({"kit": {"ets": 1}}, "which no member is called"),
        ({"kit": {"naive": 0}}, "nor all zero"),
        ({"kit": {"naive": -1}}, "neg"),
    ],
)
def test_shares_that_cannot_be_are_refused(shares, words):
    with pytest.raises(ValidationError, match=words):
        ensemble.Settings.model_validate({"members": [{"use": "naive"}], "shares": shares})


def test_two_members_of_one_name_are_refused():
    with pytest.raises(ValidationError, match="same name"):
        ensemble.Settings.model_validate({"members": [{"use": "naive"}, {"use": "naive"}]})
