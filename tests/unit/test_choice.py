"""The choice of models: the right one on small worlds whose best model is known, nothing later known, kept, told."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import forecast.models
from forecast import chosen
from forecast.choice import origins
from forecast.config import Section
from forecast.demand import forecast_demand
from forecast.kept import Kept
from forecast.panel import build_panel
from forecast.schema import TOGETHER, History, Ledger, Trial
from tests.small_records import FIRST, config, inputs, records

ZONES, PAST = 12, 30
World = Mapping[tuple[str, str], Sequence[float]]


def world(make: Any, zones: int = ZONES, count: int = PAST, seed: int = 1) -> dict[tuple[str, str], list[float]]:
    """A series per zone, each from its own stream."""
    return {(f"Z{n:02d}", "kit"): make(np.random.default_rng([seed, n]), count).round(2).tolist() for n in range(zones)}


def noise(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.normal(100, 20, count)


def walk(rng: np.random.Generator, count: int) -> np.ndarray:
    return 500 + rng.normal(0, 10, count).cumsum()


def lumpy(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.where(rng.random(count) < 0.3, rng.gamma(2, 20, count), 0.0)


def trials(
    series: World, *candidates: str | dict[str, Any], kept: Kept | None = None, days: int = 0, **choice: Any
) -> list[Trial]:
    """What was tried for a weekly world, with few origins; `days`: how far into its week the issue date lies."""
    blocks = [{"use": one} if isinstance(one, str) else one for one in candidates]
    settings = config("best", forecast={"choice": {"candidates": blocks, "origins": 3, **choice}, "samples": 20})
    given, ledger = inputs(records(series)), Ledger()
    issue_date = FIRST + pd.Timedelta(days=7 * max(map(len, series.values())) + days)
    panel = build_panel(given, settings, issue_date, ledger)
    forecast_demand(panel, given, settings, issue_date, ledger, kept)
    return ledger.trials


def taken(found: Sequence[Trial], item: str = "kit") -> dict[str, float]:
    return {trial.model: trial.share for trial in found if trial.item == item and trial.share}


# ------------------------------------------------------------------ the right model


def test_a_strong_season_is_forecast_by_the_season() -> None:
    def seasonal(rng: np.random.Generator, count: int) -> np.ndarray:
        return 100 + 80 * np.sin(np.arange(count) * 2 * np.pi / 4) + rng.normal(0, 3, count)

    found = trials(world(seasonal), "naive", {"use": "seasonal_naive", "season": 4}, "smoothing")
    assert taken(found).get("seasonal_naive (season 4)", 0) >= 0.75


def test_a_random_walk_is_forecast_by_its_newest_value() -> None:
    found = trials(
        world(walk, count=40), "naive", {"use": "moving_average", "periods": 12}, {"use": "seasonal_naive", "season": 4}
    )
    assert taken(found).get("naive", 0) >= 0.75


def test_noise_is_averaged() -> None:
    found = trials(world(noise), "naive", {"use": "moving_average", "periods": 12})
    shares = taken(found)
    assert max(shares, key=lambda name: shares[name]) == "moving_average (periods 12)"


def test_lumpy_demand_is_forecast_by_its_own_distribution() -> None:
    found = trials(world(lumpy, zones=20), "naive", "empirical", "intermittent")
    shares = taken(found)
    assert shares.get("empirical", 0) + shares.get("intermittent", 0) >= 0.75
    assert "naive" not in shares


def test_each_item_gets_its_own_model() -> None:
    both = {(zone, "walk"): values for (zone, _), values in world(walk, zones=25, count=44).items()}
    both |= {(zone, "noise"): values for (zone, _), values in world(noise, zones=25, count=44).items()}
    found = trials(both, "naive", {"use": "moving_average", "periods": 12}, origins=4)
    walking, noisy = (taken(found, item).get("naive", 0) for item in ("walk", "noise"))
    assert walking > 0.5 > noisy


def test_scores_are_relative_to_the_average_of_three_periods() -> None:
    found = {trial.model: trial for trial in trials(world(noise), "naive")}
    assert found["moving_average"].relative == 1
    assert found["naive"].relative == pytest.approx(found["naive"].crps / found["moving_average"].crps, rel=1e-6)
    assert found["naive"].cells == 3 * 3 * ZONES  # origins x horizon x zones, all known


def test_several_that_are_taken_are_scored_together_hardly_worse_than_the_best_of_them() -> None:
    found = trials(world(walk, zones=20), "naive", "smoothing", "empirical", {"use": "moving_average", "periods": 12})
    members, together = taken(found), next((trial for trial in found if trial.model == TOGETHER), None)
    assert sum(members.values()) == pytest.approx(1)
    if together is None:
        assert len(members) == 1
    else:
        assert together.share == 0
        assert together.relative <= min(trial.relative for trial in found if trial.share) * 1.03


def test_one_origin_at_which_all_went_wrong_does_not_decide() -> None:
    def shocked(rng: np.random.Generator, count: int) -> np.ndarray:
        values = rng.normal(100, 5, count)
        values[-9:-6] *= 20  # once, everywhere; a season later it is awaited again, and does not come
        return values

    found = trials(world(shocked, count=46), "naive", "empirical", {"use": "seasonal_naive", "season": 4}, origins=4)
    shares = taken(found)
    assert max(shares, key=lambda name: shares[name]) == "empirical"


# ------------------------------------------------------------------ nothing later is known


class Nothing(Section):
    """No settings."""


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> list[History]:
    """A candidate that writes down all it is shown and takes the newest value it can see for the future."""
    seen: list[History] = []
    model = ModuleType("forecast.models.spy")

    def predict(history: History, samples: int, settings: Nothing) -> np.ndarray:
        seen.append(history)
        return np.repeat(np.repeat(history.values[:, -1:, None], len(history.ahead), axis=1), samples, axis=2)

    model.Settings, model.predict = Nothing, predict  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "forecast.models.spy", model)
    monkeypatch.setattr(forecast.models, "spy", model, raising=False)
    listed = Path(forecast.models.__file__).parent
    monkeypatch.setattr("forecast.plugins.names", lambda family: [*(p.stem for p in listed.glob("[a-z]*.py")), "spy"])
    return seen


def test_a_candidate_is_shown_nothing_of_what_it_is_to_forecast(spy: list[History]) -> None:
    rising = {("A", "kit"): [float(week) for week in range(PAST)]}
    trials(rising, "spy", origins=3)
    tried = spy[:3]
    assert [past.values.shape[1] for past in tried] == [27, 24, 21]
    for past in tried:
        count = past.values.shape[1]
        assert np.nanmax(past.values) == count - 1  # week n recorded n: nothing later stands anywhere
        assert np.nanmax(past.pool) == count - 1
        assert all(values.shape[1] == count for values in (*past.stock.values(), past.floors, past.is_reported))
        assert past.periods[-1] < past.ahead[0]


def test_what_was_recorded_later_changes_no_score_of_an_earlier_choice() -> None:
    short = world(noise, count=27)
    longer = {key: [*values, 9999.0, 9999.0, 9999.0] for key, values in short.items()}
    settings = config("best", forecast={"choice": {"candidates": [{"use": "naive"}], "origins": 2}, "samples": 20})
    found = []
    for series in (short, longer):
        given, ledger, issued = inputs(records(series)), Ledger(), FIRST + pd.Timedelta(weeks=27)
        forecast_demand(build_panel(given, settings, issued, ledger), given, settings, issued, ledger)
        found.append(ledger.trials)
    assert found[0] == found[1]


# ------------------------------------------------------------------ origins


def test_origins_lie_a_horizon_apart_the_newest_first() -> None:
    assert origins(30, wanted=3, horizon=3, fewest=8) == [27, 24, 21]


def test_origins_move_closer_where_the_past_is_short() -> None:
    assert origins(13, wanted=3, horizon=3, fewest=8) == [10, 9, 8]


def test_there_are_fewer_origins_where_there_is_no_room() -> None:
    assert origins(11, wanted=3, horizon=3, fewest=8) == [8]
    assert origins(10, wanted=3, horizon=3, fewest=8) == []


@pytest.mark.parametrize("count", range(5, 40))
def test_after_every_origin_the_whole_horizon_is_known(count: int) -> None:
    found = origins(count, wanted=4, horizon=3, fewest=8)
    assert all(8 <= until <= count - 3 for until in found)
    assert len(set(found)) == len(found) <= 4


def test_an_item_that_nothing_can_be_judged_by_takes_what_holds_for_all() -> None:
    found = trials({**world(noise), ("Z00", "new"): [None] * (PAST - 1) + [5.0]}, "naive", "smoothing")
    assert taken(found, "new").keys() == taken(found).keys()
    assert [trial.cells for trial in found if trial.item == "new"] == [0] * len([one for one in found if one.item == "new"])


# ------------------------------------------------------------------ kept


def test_a_kept_choice_is_the_same_bytes_when_it_was_deleted(tmp_path: Path) -> None:
    series = world(noise)
    first = trials(series, "naive", kept=Kept(tmp_path))
    (file,) = tmp_path.glob("choice.npz*")
    before = file.read_bytes()
    assert trials(series, "naive", kept=Kept(tmp_path)) == first  # read back
    file.unlink()
    assert trials(series, "naive", kept=Kept(tmp_path)) == first
    assert file.read_bytes() == before


def test_a_choice_holds_within_the_week(tmp_path: Path, spy: list[History]) -> None:
    series = world(noise)
    monday = trials(series, "spy", kept=Kept(tmp_path))
    asked = len(spy)
    assert trials(series, "spy", kept=Kept(tmp_path), days=4) == monday
    assert len(spy) - asked <= 2  # the forecast itself, no trial


def test_a_changed_past_is_judged_anew(tmp_path: Path) -> None:
    series = world(noise)
    first = trials(series, "naive", kept=Kept(tmp_path))
    series["Z00", "kit"][3] += 50
    series["Z00", "kit"][28] += 50
    assert trials(series, "naive", kept=Kept(tmp_path)) != first


def test_the_order_of_records_changes_no_choice() -> None:
    series = world(lumpy)
    backwards = dict(reversed(series.items()))
    assert trials(series, "naive", "empirical") == trials(backwards, "naive", "empirical")


# ------------------------------------------------------------------ told


@pytest.fixture
def slow(spy: list[History], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    model = sys.modules["forecast.models.spy"]
    model.SLOW, model.SECONDS, model.YEARS = True, 0.01, 0  # type: ignore[attr-defined]
    return model


def test_a_slow_model_that_would_take_too_long_is_told_and_not_tried(slow: ModuleType, spy: list[History]) -> None:
    slow.SECONDS = 10.0  # type: ignore[attr-defined]
    found = {trial.model: trial for trial in trials(world(noise), "spy", "naive", seconds=60)}
    assert found["spy"].note == "not tried: it would take longer than choice.seconds"
    assert (found["spy"].cells, found["spy"].share) == (0, 0)
    assert not spy


def test_a_slow_model_that_needs_a_longer_past_is_told_and_not_tried(slow: ModuleType, spy: list[History]) -> None:
    slow.YEARS = 2  # type: ignore[attr-defined]
    found = {trial.model: trial for trial in trials(world(noise), "spy", "naive")}
    assert found["spy"].note == f"not tried: {PAST} periods are known, it needs 104"
    assert not spy


def test_a_slow_model_too_slow_for_every_night_is_tried_told_and_not_taken(slow: ModuleType) -> None:
    found = {trial.model: trial for trial in trials(world(walk), "spy", nightly_seconds=0.01)}
    assert found["spy"].note.startswith("too slow for every night")
    assert found["spy"].cells > 0
    assert found["spy"].share == 0


def test_a_past_too_short_to_look_back_says_so_and_takes_what_holds_without_evidence() -> None:
    found = trials(world(noise, count=9), "naive", "empirical", "smoothing")
    shares = taken(found)
    assert max(shares, key=lambda name: shares[name]) == "empirical"
    assert sum(shares.values()) == pytest.approx(1)
    assert {trial.note for trial in found} == {"not tried: 9 periods are too few to look back 3"}


def test_words_name_the_mix_how_much_closer_the_next_best_and_what_was_left_out() -> None:
    mix = [
        Trial("kit", TOGETHER, 40, 8.0, 0.8, 0.775, 0.0, "what is taken, by its shares"),
        Trial("kit", "pooled", 40, 8.5, 0.85, 0.7, 0.75, ""),
        Trial("kit", "empirical", 40, 9.0, 0.9, 0.8, 0.25, ""),
        Trial("kit", "naive", 40, 12.0, 1.2, 0.8, 0.0, ""),
        Trial("kit", "prophet", 0, np.nan, np.nan, np.nan, 0.0, "not tried: 30 periods are known, it needs 104"),
        Trial("kit", "moving_average", 40, 10.0, 1.0, 0.8, 0.0, ""),
    ]
    (one,) = chosen.chosen(mix)
    assert one.label == "pooled 75%, empirical 25%"
    assert (one.cells, one.relative, one.inside_80) == (40, 0.8, 0.775)
    assert [name for name, _ in one.runners_up] == ["moving_average", "naive"]
    assert chosen.closer(one.relative) == "20 % closer"
    assert chosen.closer(1.2) == "20 % further off"
    assert chosen.closer(1.001) == "as close"
    assert chosen.left_out([one]) == [("prophet", "not tried: 30 periods are known, it needs 104", ["kit"])]
