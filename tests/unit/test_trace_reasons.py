"""Why a forecast is what it is: each figure of the explanation worked out by hand, on a run of the tiny operation."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.trace import trace
from forecast.trace.reasons import _level, _season, _signals
from tests.what_ifs import operation_with_what_ifs, run_of


def page(folder: Path, **forecast: object) -> str:
    operation = operation_with_what_ifs(folder)
    operation.settings["forecast"] |= forecast
    operation.settings["publish"] = {"outputs": ["tables"]}
    return trace(run_of(operation), "Z-01", "kit")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(tmp_path_factory.mktemp("plain"))


def test_level_and_trend_are_means_of_known_periods(plain: str) -> None:
    # known: 14 (10 normalised), 20, 30, 40, 50, 60, 70
    assert "level: 60 a period, the mean of the last 3 known; 40.571 over the last 7" in plain
    assert "trend: the last 3 known over the 3 before: 60 / 30 = x 2 (+100 %)" in plain


def test_stock_outs_are_counted_beside_both_forecasts(plain: str) -> None:
    assert "stock ran out in 1 of the last 7 reported periods" in plain
    found = re.search(r"over what will be handed out: ([\d.,]+) / ([\d.,]+) = x ([\d.]+)", plain)
    assert found
    need, handed_out, ratio = (float(text.replace(",", "")) for text in found.groups())
    assert ratio == pytest.approx(need / handed_out, abs=6e-4)


def test_a_model_that_was_set_is_said_to_be_set(plain: str) -> None:
    assert "model moving_average: as set in the config" in plain


def test_people_that_do_not_drive_the_forecast_are_said_not_to(plain: str) -> None:
    assert "people present: not in the forecast" in plain


def test_a_model_that_was_chosen_is_told_with_its_score_and_its_rivals(tmp_path: Path) -> None:
    shown = page(tmp_path, default={"use": "best"}, choice={"candidates": [{"use": "naive"}], "origins": 2})
    assert re.search(r"model \w+.*: on \d+ past values \d+ % closer than the average of 3 periods, of which", shown)


def test_too_few_known_periods_are_the_reason_for_what_stands_in(tmp_path: Path) -> None:
    shown = page(tmp_path, default={"use": "naive"}, norm_after=30, without_history="none")
    assert "model moving_average: 7 known periods are fewer than forecast.norm_after 30" in shown


# ------------------------------------------------------------------ on series made by hand


def months(values: list[float], first: str = "2024-01-01") -> pd.Series:
    return pd.Series(values, index=pd.date_range(first, periods=len(values), freq="MS", name="period"), dtype=float)


def test_a_season_is_the_same_month_over_the_year_round_it() -> None:
    values = months([10.0] * 24)
    values.iloc[12] = 34.0  # 2025-01; the year round it, 2024-07 to 2025-06: eleven of 10 and the 34: mean 12
    (line,) = _season(values, [pd.Timestamp("2026-01-01")], "M")
    assert "34 / 12 (2025-01-01) = x 2.833 (+183.3 %)" in line


def test_no_season_is_told_before_a_year_is_known() -> None:
    (line,) = _season(months([10.0] * 9), [pd.Timestamp("2024-10-01")], "M")
    assert line == "season of 2024-10-01: not known, no whole year round the same period of an earlier year"


def test_a_level_of_nothing_known_says_so() -> None:
    assert _level(months([])) == ["level: no known period"]


def test_a_trend_from_zero_is_no_ratio() -> None:
    assert _level(months([0, 0, 0, 3, 3, 3]))[1] == "trend: the last 3 known over the 3 before: 3 / 0"


def test_a_signal_is_told_by_what_was_needed_above_and_below_its_median() -> None:
    class Chain:
        class run:
            settings = {"forecast": {"exposure": None}}  # noqa: RUF012

        signals = pd.DataFrame(columns=["zone", "period", "rain_mm", "rain_mm_cv"])

    rain, need = [5.0, 1.0] * 6, [20.0, 10.0] * 6
    past = pd.DataFrame({"rain_mm": [*rain, 4.0], "rain_mm_cv": 0.1, "demand": [*need, np.nan]})
    (line,) = _signals(Chain, past, "demand")  # type: ignore[arg-type]
    assert line == (
        "rain_mm: above its median 3 in 6 periods, with 20 on average, over 10 in the 6 others = x 2 (+100 %); newest 4"
    )
