"""The calendar: answers that can be read off a wall calendar."""

import numpy as np
import pandas as pd

from forecast import periods


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def test_a_week_starts_on_the_day_the_config_names() -> None:
    wednesday = day("2026-11-04")
    assert periods.start_of(wednesday, "W", "MON") == day("2026-11-02")
    assert periods.start_of(wednesday, "W", "SUN") == day("2026-11-01")
    assert periods.start_of(wednesday, "W", "WED") == wednesday


def test_a_month_has_its_own_length() -> None:
    months = periods.run(day("2024-01-01"), 3, "M")
    assert list(periods.days_in(months, "M")) == [31, 29, 31]


def test_a_period_that_is_not_over_is_not_known() -> None:
    assert periods.last_complete(day("2026-11-02"), "W") == day("2026-10-26")
    assert periods.last_complete(day("2026-11-04"), "W") == day("2026-10-26")
    assert periods.last_complete(day("2019-10-01"), "M") == day("2019-09-01")
    assert periods.last_complete(day("2019-10-31"), "M") == day("2019-09-01")


def test_months_split_into_weeks_re_sum_exactly() -> None:
    months = periods.run(day("2019-10-01"), 3, "M")
    weeks = periods.run(day("2019-10-01"), 14, "W")
    shares = periods.day_shares(months, "M", weeks, "W")
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
    # The fifth week, 29 October to 4 November, has 3 days of October and 4 of November.
    np.testing.assert_allclose(shares[:2, 4], [3 / 31, 4 / 30])


def test_days_before_the_first_target_are_dropped() -> None:
    month = periods.run(day("2019-10-01"), 1, "M")
    shares = periods.day_shares(month, "M", periods.run(day("2019-10-11"), 3, "W"), "W")
    np.testing.assert_allclose(shares.sum(), 21 / 31)


def test_between_counts_both_ends() -> None:
    assert len(periods.between(day("2023-11-06"), day("2026-10-26"), "W")) == 156
    assert len(periods.between(day("2016-01-01"), day("2019-09-01"), "M")) == 45
