"""Series that fell silent: in how many futures their records come back."""

import numpy as np
import pytest

from forecast import silence
from forecast.schema import Ledger


def reports(*rows: str) -> np.ndarray:
    """(zone, item, period) of rows such as 110001, one zone each."""
    return np.array([[[mark == "1" for mark in row]] for row in rows])


def test_the_chance_of_return_is_the_share_of_periods_reported_after_a_silence_of_three() -> None:
    # Seven zones come back in the second period after three silent ones, seven never do; each has looks at its next two periods.
    come_back, stay_away = ["11000011"] * 7, ["11000000"] * 7
    # come_back: silent at 5 (0, 1 follow) and 6 (1, 1): 3 of 4; stay_away: silent at 5 (0, 0), 6 (0, 0), 7 (0): 0 of 5.
    assert silence.chance_of_return(reports(*come_back, *stay_away), 2) == pytest.approx(7 * 3 / (7 * 4 + 7 * 5))


def test_with_too_few_silences_seen_a_half_is_taken_to_come_back() -> None:
    assert silence.chance_of_return(reports("1111", "1111"), 2) == 0.5


def test_a_silent_series_shows_nothing_in_as_many_futures_and_others_are_left_alone() -> None:
    paths = np.arange(1, 9, dtype=np.float32).reshape(1, 1, 1, 8).repeat(2, axis=0)
    ledger = Ledger()
    silence.thin_out(paths, reports("1111", "1000"), ledger)
    np.testing.assert_array_equal(paths[0, 0, 0], np.arange(1, 9))
    np.testing.assert_array_equal(paths[1, 0, 0], [0, 0, 0, 0, 5, 6, 7, 8])
    assert "1 series of a zone and an item have no record for 3 periods or more" in ledger.remarks[0]


def test_a_series_that_never_reported_is_not_silent() -> None:
    paths = np.ones((1, 1, 1, 4), dtype=np.float32)
    silence.thin_out(paths, reports("0000"), Ledger())
    assert (paths == 1).all()
