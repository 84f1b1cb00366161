"""The panel: what is known, what is a zero, what is a floor, and what is a slip of the unit."""

import numpy as np
import pandas as pd
import pytest

from forecast.errors import InputError
from forecast.panel import build_panel
from forecast.schema import Ledger
from tests.small_records import FIRST, after, config, inputs, records

STEADY = [100, 110, 90, 105, 95, 100, 108, 92]


def panel_of(table: pd.DataFrame, count: int, **given):
    settings = given.pop("settings", config())
    return build_panel(inputs(table, **given), settings, after(count), given.get("ledger", Ledger()))


def one(table: pd.DataFrame, name: str, **given) -> list[float]:
    """The values of one variable of the only zone and item."""
    return panel_of(table, len(table), **given)[name].values[0, 0].tolist()


def test_a_missing_report_a_zero_and_a_stockout_are_three_different_things():
    table = records({("A", "kit"): [5, None, 0, 0]}, stock_start=[9, 4, 0], received=0.0)
    panel = panel_of(table, 4)
    np.testing.assert_array_equal(panel["distributed"][0, 0], [5, np.nan, 0, 0])
    np.testing.assert_array_equal(panel["demand"][0, 0], [5, np.nan, 0, np.nan])
    assert panel["is_reported"].values[0, 0].tolist() == [True, False, True, True]
    assert panel["is_censored"].values[0, 0].tolist() == [False, False, False, True]


def test_a_zero_with_unknown_stock_is_a_true_zero():
    assert one(records({("A", "kit"): [0]}), "demand") == [0]


def test_two_of_seven_days_out_of_stock_raise_the_demand_by_seven_fifths():
    assert one(records({("A", "kit"): [50]}, stockout_days=2.0), "demand") == [70]
    assert one(records({("A", "kit"): [50]}, stockout_days=2.0), "distributed") == [50]


@pytest.mark.parametrize("days", [4.0, 7.0, 30.0])
def test_with_stock_on_less_than_half_of_the_days_the_record_is_only_a_floor(days):
    assert np.isnan(one(records({("A", "kit"): [50]}, stockout_days=days), "demand"))
    assert one(records({("A", "kit"): [50]}, stockout_days=days), "is_censored") == [True]


def test_nothing_on_hand_is_never_normalised_into_a_demand_of_zero():
    table = records({("A", "kit"): [0]}, stockout_days=3.0, stock_start=0.0, received=0.0)
    assert np.isnan(one(table, "demand"))


def test_when_everything_was_handed_out_it_is_a_floor():
    ran_out = records({("A", "kit"): [30]}, stock_start=10.0, received=20.0, stock_end=0.0)
    lost_the_rest = records({("A", "kit"): [25]}, stock_start=10.0, received=20.0, stock_end=0.0)
    assert one(ran_out, "is_censored") == [True]
    assert one(lost_the_rest, "is_censored") == [False]


def test_an_empty_receipt_follows_from_the_stock_balance():
    table = records({("A", "kit"): [0, 12]}, stock_start=[0, 0], stock_end=[0, 8])
    assert one(table, "is_censored") == [True, False]


def test_periods_run_from_the_first_record_to_the_last_complete_one():
    panel = build_panel(inputs(records({("A", "kit"): [1, 2, 3]})), config(), after(5) + pd.Timedelta(days=3), Ledger())
    assert panel.indexes["period"][0] == FIRST
    assert panel.sizes["period"] == 5


def test_without_any_record_the_panel_is_one_empty_period():
    panel = build_panel(inputs(records({}), zones=["A"], items=["kit"]), config(), after(5), Ledger())
    assert panel.sizes["period"] == 1
    assert not panel["is_reported"].any()


def test_a_row_decades_before_all_others_is_set_aside_and_its_line_is_named():
    ledger, settings = Ledger(), config(panel={"history_from": "1960-01-01"})
    table = records({("A", "kit"): STEADY * 20, ("B", "kit"): STEADY * 20})
    stray = table.head(1).assign(period=pd.Timestamp("1970-01-05"), record="records.csv:400")
    table = pd.concat([table, stray.astype(table.dtypes)], ignore_index=True)
    panel = build_panel(inputs(table), config(), after(160), ledger)
    assert panel.indexes["period"][0] == FIRST
    (problem,) = ledger.problems.noted
    assert (problem.line, problem.value) == (400, "1970-01-05")
    assert build_panel(inputs(table), settings, after(160), Ledger()).indexes["period"][0] == pd.Timestamp("1970-01-05")


def test_nothing_handed_out_and_nothing_left_is_a_stockout_though_only_the_stock_at_the_end_is_told():
    table = records({("A", "kit"): [0, 0, 12]}, stock_end=[0, 5, 0])
    assert one(table, "is_censored") == [True, False, False]


def test_what_comes_after_the_issue_date_changes_nothing():
    early = {("A", "kit"): STEADY, ("B", "kit"): STEADY}
    late = {key: [*values, 9999, 5] for key, values in early.items()}
    rain = np.ones((2, 10))
    rained = np.where(np.arange(10) >= 8, 500, rain)
    before = panel_of(records(early), 8, signals={"rain": rain[:, :8]})
    after_all = panel_of(records(late), 8, signals={"rain": rained})
    assert before.identical(after_all)


def test_the_order_of_the_records_does_not_matter():
    table = records({("A", "kit"): STEADY, ("B", "kit"): [*STEADY[:-1], 100_000], ("A", "soap"): STEADY})
    shuffled = table.sample(frac=1, random_state=3)
    assert panel_of(table, 8).identical(panel_of(shuffled, 8))


def test_a_unit_error_is_set_aside_and_its_line_is_named():
    ledger = Ledger()
    table = records({("A", "kit"): [*STEADY, 100_000, 97, 103]})
    panel = build_panel(inputs(table), config(), after(11), ledger)
    np.testing.assert_array_equal(np.isnan(panel["distributed"][0, 0]), np.arange(11) == 8)
    assert not panel["is_reported"][0, 0, 8]
    (problem,) = ledger.problems.noted
    assert (problem.file, problem.line, problem.column, problem.value) == ("records.csv", 10, "distributed", "100000")
    assert "926 times the ordinary largest of its own series, 108 (A, kit, 2025-03-03)" in problem.problem


def test_two_slips_in_a_row_are_no_shift():
    table = records({("A", "kit"): [*STEADY, 100_000, 110_000]}, stock_start=300.0, received=0.0)
    assert panel_of(table, 10)["is_reported"].values[0, 0].tolist() == [True] * 8 + [False] * 2


def test_ten_times_too_many_is_a_slip_when_there_was_not_as_much_on_hand():
    handed_out = [100, 150, 60, 140, 70, 100, 145, 80, 800, 100, 120]
    alone = records({("A", "kit"): handed_out})
    with_stock = records({("A", "kit"): handed_out}, stock_start=200.0, received=0.0)
    assert panel_of(alone, 11)["is_reported"].all()
    assert not panel_of(with_stock, 11)["is_reported"][0, 0, 8]


def test_a_rise_that_persists_is_believed():
    assert panel_of(records({("A", "kit"): [*STEADY, 1000, 1100, 990]}), 11)["is_reported"].all()


def test_a_rise_of_all_items_of_a_zone_is_people_arriving_not_a_unit_error():
    table = records({("A", item): [*STEADY, 2000, 100] for item in ("kit", "soap", "tarp")})
    assert panel_of(table, 10)["is_reported"].all()


def test_a_rise_with_the_people_present_is_believed():
    present = np.array([[100.0] * 8 + [2000, 100]])
    settings = config(forecast={"exposure": "present"})
    table = records({("A", "kit"): [*STEADY, 2000, 100]})
    assert panel_of(table, 10, signals={"present": present}, settings=settings)["is_reported"].all()
    assert not panel_of(table, 10, signals={"present": np.full((1, 10), 100.0)}, settings=settings)["is_reported"].all()


def test_a_value_counted_in_packs_is_set_aside_where_the_pack_size_explains_it():
    table = records({("A", "kit"): [*STEADY, 2, 100]})
    assert not panel_of(table, 10, pack=50.0)["is_reported"][0, 0, 8]
    assert panel_of(table, 10, pack=1.0)["is_reported"].all()


def test_few_other_values_say_nothing_about_what_is_ordinary():
    assert panel_of(records({("A", "kit"): [1, 1, 1, 1, 900]}), 5)["is_reported"].all()


def test_people_are_the_signal_where_it_was_ever_seen_else_the_population():
    signal = np.array([[50.0, np.nan, 60.0], [np.nan] * 3])
    table = records({("A", "kit"): [1, 1, 1], ("B", "kit"): [1, 1, 1]})
    settings = config(forecast={"exposure": "present"})
    panel = panel_of(table, 3, people={"A": 1000, "B": 700}, signals={"present": signal}, settings=settings)
    np.testing.assert_array_equal(panel["people"], [[50, np.nan, 60], [700, 700, 700]])


def test_signals_stand_on_the_periods_of_the_panel_and_are_empty_where_unseen():
    panel = panel_of(records({("A", "kit"): [1, 1, 1, 1]}), 4, signals={"rain": np.array([[3.0, 4.0]])})
    np.testing.assert_array_equal(panel["rain"], [[3, 4, np.nan, np.nan]])


def test_an_exposure_that_is_no_signal_is_refused_with_the_near_name():
    settings = config(forecast={"exposure": "presnt"})
    with pytest.raises(InputError, match=r"'presnt' is not one of the signals. Did you mean 'present'\? Known: present"):
        panel_of(records({("A", "kit"): [1]}), 1, signals={"present": np.ones((1, 1))}, settings=settings)


# ------------------------------------------------------------------ files that list only what is not zero


def test_an_absent_row_is_a_zero_within_the_collection_and_nowhere_else() -> None:
    table = records({("A", "kit"): [5, None, 3, None], ("B", "kit"): [None, 2, None, None]})
    given = inputs(table, zones=("C",), items=("soap",))
    settings, ledger = config(panel={"absent_rows": "zero"}), Ledger()
    panel = build_panel(given, settings, after(4), ledger)
    kit = panel["distributed"].sel(item="kit").values
    np.testing.assert_array_equal(kit, [[5, 0, 3, np.nan], [0, 2, 0, np.nan], [np.nan] * 4])  # nothing is known of the last week
    np.testing.assert_array_equal(panel["demand"].sel(item="kit").values, kit)
    np.testing.assert_array_equal(panel["is_reported"].sel(item="kit").values, np.isfinite(kit))
    assert panel["distributed"].sel(item="soap").isnull().all()
    (told,) = [assumed for assumed in ledger.assumptions if assumed.figure == "absent_rows"]
    assert told.value == "zero (3 of 6 values)"
    assert "2 zones and 1 items" in told.applies_to


def test_absent_rows_are_missing_reports_unless_the_config_says_zero() -> None:
    panel = build_panel(inputs(records({("A", "kit"): [5, None, 3]})), config(), after(3), Ledger())
    np.testing.assert_array_equal(panel["distributed"].values[0, 0], [5, np.nan, 3])


def test_records_before_history_from_are_not_used_and_counted() -> None:
    settings, ledger = config(panel={"history_from": "2025-01-13"}), Ledger()
    panel = build_panel(inputs(records({("A", "kit"): [1, 5, 3]})), settings, after(3), ledger)
    np.testing.assert_array_equal(panel["distributed"].values[0, 0], [5, 3])
    assert "1 records of periods that start before 2025-01-13 (panel.history_from): not used." in ledger.remarks
