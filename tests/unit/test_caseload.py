"""Arrivals -> caseload -> need, by arithmetic; and the words that say so on every page."""

import numpy as np
import pandas as pd
import pytest

from forecast import meaning, periods
from forecast.caseload import Arrivals, needed, stay
from forecast.demand import forecast_demand
from forecast.panel import build_panel
from forecast.quantiles import demand_table
from forecast.schema import Floats, Inputs, Ledger
from tests.small_records import after, config, inputs, records, weeks

ZONES = pd.Index(["A", "B"])


def item(stay_days: float, figure: float = 1.0, code: str = "water") -> pd.Series:
    return items(stay_days, figure, code).loc[code]


def items(stay_days: float, figure: float = 1.0, code: str = "water") -> pd.DataFrame:
    facts = {
        "name": "Water",
        "need": "water",
        "unit": "L",
        "pack": 1.0,
        "per_person_per_day": figure,
        "records_count": "arrivals",
    }
    return pd.DataFrame({**facts, "stay_days": stay_days}, index=pd.Index([code], name="item"))


def arrivals(known: Floats, ahead: Floats, period: str = "W", start: str = "2025-01-06") -> Arrivals:
    """(zone, past) known and (zone, horizon) forecast arrivals, the latter alike in all of three samples."""
    past = periods.run(pd.Timestamp(start), known.shape[1], period)
    future = periods.run(periods.step(past[-1], 1, period), ahead.shape[1], period)
    paths = np.repeat(np.asarray(ahead, dtype=np.float32)[:, :, None], 3, axis=2)
    return Arrivals(np.asarray(known, dtype=float), paths, past, future, period)


def of_one_zone(
    known: list[float], ahead: list[float], stay_days: float, figure: float = 1.0, period: str = "W", start: str = "2025-01-06"
) -> list[float]:
    """What one zone needs in each period ahead, and no remark about it."""
    ledger = Ledger()
    found = needed(item(stay_days, figure), ZONES[:1], arrivals(np.array([known]), np.array([ahead]), period, start), ledger)
    assert np.ptp(found, axis=2).max() == 0
    assert not ledger.remarks
    return [float(value) for value in found[0, :, 0]]


def test_even_arrivals_make_a_caseload_of_arrivals_a_day_times_the_stay() -> None:
    # 7 a week is 1 a day; each stays 21 days: 21 people there, each 15 L on each of 7 days.
    assert of_one_zone([7] * 10, [7, 7], 21, 15) == pytest.approx([21 * 15 * 7] * 2)


def test_even_arrivals_make_the_same_caseload_by_weeks_and_by_months() -> None:
    months = periods.run(pd.Timestamp("2025-01-01"), 8, "M")
    days = periods.days_in(months, "M")
    by_month = of_one_zone(list(days[:6]), list(days[6:]), 90, period="M", start="2025-01-01")
    assert by_month == pytest.approx([90 * 31, 90 * 31])  # July and August
    assert of_one_zone([7] * 20, [7], 90) == pytest.approx([90 * 7])


def test_one_pulse_comes_in_stays_and_leaves_evenly() -> None:
    # 70 people over week 0, 10 a day; each stays 14 days. In week 0 one is there 3.5 days on average, in week 1 all 7, in week 2
    # the other 3.5; then nobody.
    assert of_one_zone([0, 0], [70, 0, 0, 0], 14) == pytest.approx([70 * 3.5, 70 * 7, 70 * 3.5, 0])


def test_a_pulse_of_the_past_is_still_there_for_the_rest_of_its_stay() -> None:
    assert of_one_zone([0, 0, 70], [0, 0, 0], 14) == pytest.approx([70 * 7, 70 * 3.5, 0])


def test_a_stay_shorter_than_a_period_leaves_within_it_and_just_after() -> None:
    # Each stays 2 of 7 days: those who come in the first 5 days leave within the week; of the last 2 days' arrivals, 2 of 7 of
    # all, one spends 1 day of the two in the next week: 2/7 x 1 = 2/7 of a day, and 2 - 2/7 in this one.
    assert of_one_zone([0], [70, 0, 0], 2) == pytest.approx([70 * (2 - 2 / 7), 70 * 2 / 7, 0])


def test_a_stay_that_ends_within_a_period_counts_its_part_of_the_days() -> None:
    # 30 arrive evenly in June (30 days), stay 45: in July (31 days) those of the first 16 days leave. One who came on day a of
    # June leaves on day a + 45, that is on day a + 15 of July: present a + 15 days, at most 31. Integral: 0..16 of (a + 15), and
    # 14 x 31; over 30 days.
    june_in_july = (16 * 15 + 16**2 / 2 + 14 * 31) / 30
    june_in_august = (14**2 / 2) / 30
    found = of_one_zone([0, 30], [0, 0], 45, period="M", start="2025-05-01")
    assert found == pytest.approx([30 * june_in_july, 30 * june_in_august])


@pytest.mark.parametrize("stay_days", [0.5, 2, 7, 10, 45.25, 90])
@pytest.mark.parametrize("period", ["D", "W", "M"])
def test_everyone_is_there_as_many_days_as_the_stay(period: str, stay_days: float) -> None:
    arrived = periods.run(pd.Timestamp("2024-01-01"), 4, period)
    present = periods.run(arrived[0], 140 if period == "D" else 30, period)
    assert stay(arrived, present, period, stay_days).sum(axis=1) == pytest.approx([stay_days] * 4)


def test_each_sample_accumulates_its_own_arrivals() -> None:
    given = arrivals(np.array([[0.0, 0.0]]), np.zeros((1, 2)))
    given.ahead[0] = [[7, 70, 0], [0, 7, 70]]  # (period, sample)
    found = needed(item(14), ZONES[:1], given, Ledger())
    assert found[0, 1] == pytest.approx([7 * 7, 70 * 7 + 7 * 3.5, 70 * 3.5])


def test_the_need_grows_in_proportion_to_arrivals_and_figure() -> None:
    once, twice = of_one_zone([5, 9], [3, 8], 10, 1), of_one_zone([10, 18], [6, 16], 10, 2)
    assert twice == pytest.approx([4 * value for value in once])


def test_a_missing_period_is_taken_as_the_mean_of_those_that_still_count_and_said() -> None:
    ledger = Ledger()
    # Stay 14 days: of the past, the last two weeks count, and one of them is known: 20.
    found = needed(item(14), ZONES[:1], arrivals(np.array([[900.0, 20.0, np.nan]]), np.array([[0.0]])), ledger)
    assert found[0, 0, 0] == pytest.approx(20 * 3.5 + 20 * 7)
    assert "1 periods of a zone within the stay have no record of arrivals: taken as the mean" in ledger.remarks[0]


def test_before_the_first_record_nobody_is_counted_and_the_caseload_is_a_floor() -> None:
    ledger = Ledger()
    known = np.array([[np.nan, np.nan, 70.0], [70.0, 70.0, 70.0]])
    found = needed(item(21), ZONES, arrivals(known, np.zeros((2, 1))), ledger)
    assert found[:, 0, 0] == pytest.approx([70 * 7, 70 * (7 + 7 + 3.5)])
    assert len(ledger.remarks) == 1
    assert "not known whole for 1 of 2 zones" in ledger.remarks[0]
    assert "floor (A)" in ledger.remarks[0]


def test_records_shorter_than_the_stay_make_a_floor_everywhere() -> None:
    ledger = Ledger()
    needed(item(90), ZONES, arrivals(np.full((2, 4), 7.0), np.full((2, 1), 7.0)), ledger)
    assert "2 of 2 zones" in ledger.remarks[0]


def test_a_zone_without_a_forecast_of_arrivals_has_no_caseload() -> None:
    given = arrivals(np.array([[np.nan], [7.0]]), np.array([[np.nan], [7.0]]))
    found = needed(item(7), ZONES, given, Ledger())
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


# ------------------------------------------------------------------ in the line of stages


def counted(series: dict[tuple[str, str], list[float]], stay_days: float, figure: float, **more: object) -> Inputs:
    """Inputs whose items count arrivals."""
    found = inputs(records(series), people=1000.0, per_person_per_day=figure, **more)
    found.items["records_count"], found.items["stay_days"], found.items["name"] = "arrivals", stay_days, "Water"
    return found


def test_demand_is_the_caseload_and_distributed_stays_people_arriving() -> None:
    given = counted({("A", "water"): [7.0] * 20}, stay_days=14, figure=15)
    settings, ledger = config(), Ledger()
    demand = forecast_demand(build_panel(given, settings, after(20), ledger), given, settings, after(20), ledger)
    table = demand_table(demand, given.items).set_index("quantity")
    assert set(table.loc["distributed", "unit"]) == {"people arriving"}
    assert set(table.loc["demand", "unit"]) == {"kit"}
    assert table.loc["distributed", "mean"].to_numpy() == pytest.approx([7] * 3)
    assert table.loc["demand", "mean"].to_numpy() == pytest.approx([14 * 15 * 7] * 3)


def test_the_spread_of_accumulated_arrivals_is_that_of_their_paths() -> None:
    rng = np.random.default_rng(1)
    given = counted({("A", "water"): rng.uniform(0, 40, 40).tolist()}, stay_days=28, figure=2)
    settings, ledger = config(), Ledger()
    demand = forecast_demand(build_panel(given, settings, after(40), ledger), given, settings, after(40), ledger)
    paths, known = demand["distributed"].values[0, 0].astype(float), given.records["distributed"].to_numpy()
    past, ahead = weeks(40), weeks(3, after(40))
    by_hand = (known @ stay(past, ahead, "W", 28))[:, None] + stay(ahead, ahead, "W", 28).T @ paths
    assert demand["demand"].values[0, 0] == pytest.approx(2 * by_hand, rel=1e-5)


def test_who_is_there_already_says_nothing_of_who_arrives() -> None:
    """No arrivals are made of people x planning figure, and a zone without records of arrivals is not planned."""
    given = counted({("A", "water"): [7.0] * 20}, stay_days=14, figure=15, zones=("A", "B"))
    settings, ledger = config(), Ledger()
    demand = forecast_demand(build_panel(given, settings, after(20), ledger), given, settings, after(20), ledger)
    assert list(demand["model"].values[:, 0]) == ["moving_average", "none"]
    assert np.isnan(demand["demand"].values[1]).all()


def test_a_wave_of_arrivals_is_no_unit_error() -> None:
    given = counted({("A", "water"): [7.0] * 19 + [7000.0]}, stay_days=14, figure=15)
    panel = build_panel(given, config(), after(20), Ledger())
    assert panel["distributed"].values[0, 0, -1] == 7000


def test_people_arrive_whether_there_is_stock_or_not() -> None:
    given = counted({("A", "water"): [7.0, 9.0, 11.0]}, stay_days=14, figure=15)
    given.records["stockout_days"] = [0.0, 3.0, 7.0]
    panel = build_panel(given, config(), after(3), Ledger())
    assert panel["demand"].values[0, 0].tolist() == [7, 9, 11]
    assert not panel["is_censored"].any()


def test_the_words_for_every_page_name_what_the_figures_are() -> None:
    (words,) = meaning.notes(items(90, 15))
    for said in (
        "newly arrived",
        "index of new need",
        "not goods",
        "caseload",
        "Water (15 L per person and day, stay 90 days)",
        "assumption, not a count",
    ):
        assert said in words
    assert meaning.notes(items(90, 15).assign(records_count="goods")) == ()
    assert (
        meaning.basis(items(90, 15), "water") == "caseload, not a count: arrivals of the last 90 days x 15 L per person and day"
    )


def test_supply_is_said_to_be_no_need() -> None:
    (words,) = meaning.notes(items(np.nan, 15).assign(records_count="supply"))
    assert "supply, not need" in words
    assert "people x planning figure, whichever is more" in words
    assert meaning.basis(items(np.nan, 15).assign(records_count="supply"), "water").startswith("supply delivered, not need")
