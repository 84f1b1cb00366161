"""A signal closes and slows the lanes to a zone, for as long as it is likely to last; answers by arithmetic.

The issue date is Mon 2 March 2026, the newest week the one of 23 February: the middle of the first plan week lies one period and
3 days after what was seen, that of the second two periods and 10 days.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from forecast import pipeline
from forecast.schema import Inputs
from tests.operation import WEEKS, ZONES, Operation, tiny_operation
from tests.what_ifs import operation_with_what_ifs, run_of, write_scenario

FLOOD = {"Z-01": (0.5, 0.5, 0, 0, 0, 0, 0, 0.5), "Z-02": (0,) * 8, "Z-03": (0,) * 7 + (0.2,)}
RULE = {"slow_above": 0.1, "slow_factor": 2, "close_above": 0.3, "half_over_days": 7}
WEEK_1, WEEK_2, AFTER = (pd.Timestamp(day) for day in ("2026-03-02", "2026-03-09", "2026-03-16"))
# Closed: of two past cases one was open a week later, both two weeks later; and ten of which half are over after a week.
CHANCES = ((1 + 10 * (1 - 2 ** (-3 / 7))) / 12, (2 + 10 * (1 - 2 ** (-10 / 7))) / 12)


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    operation = tiny_operation(tmp_path)
    flooded(operation)
    operation.input("routes", path="routes.csv")
    write_routes(operation)
    return operation


def flooded(operation: Operation, extent: dict[str, tuple[float, ...]] = FLOOD, **rule: float | None) -> None:
    rows = [f"{zone},{week},{value}" for zone, values in extent.items() for week, value in zip(WEEKS, values, strict=False)]
    operation.write("flood.csv", "zone,period,value", *rows)
    operation.settings["signals"] = {"flooded_share": {"use": "table", "path": "flood.csv"}}
    operation.settings["access"] = {"flooded_share": {**RULE, **rule}}
    operation.settings["plan"] = {"horizon": 2}


def write_routes(operation: Operation, *more: str) -> None:
    rows = [f"D1,{zone},{hours},{lead},true" for zone, hours, lead in zip(ZONES, (7, 7, 9), ("", "", 3), strict=True)]
    operation.write("routes.csv", "from,to,hours_one_way,lead_days,is_open", *rows, *more)


def shut(inputs: Inputs) -> list[tuple[object, ...]]:
    return [tuple(row) for row in inputs.routes.closures[["from", "to", "start", "until"]].itertuples(index=False)]


def test_a_flooded_zone_is_closed_while_the_chance_that_it_is_open_is_below_one_half(operation: Operation) -> None:
    inputs = operation.inputs()
    assert shut(inputs) == [("D1", "Z-01", WEEK_1, WEEK_2)]
    assert inputs.routes.closures["why"].item() == "flooded_share 0.5 there as of 2026-03-01, open with a chance of 30 %"
    told = {a.applies_to: (a.value, a.unit) for a in operation.ledger.assumptions if a.figure == "chance that a lane is open"}
    assert told == {
        "lanes to Z-01 (0.5), flooded_share as of 2026-03-01": (
            f"{CHANCES[0]:.0%}, {CHANCES[1]:.0%}".replace("%", " %"),
            "by plan week",
        ),
        "lanes to Z-03 (0.2), flooded_share as of 2026-03-01": ("100 %, 100 %", "by plan week"),
        # of 19 past cases of a dry zone one was closed a week later, and of 16 one two weeks later
        "lanes to 1 zone in which flooded_share is low, as of 2026-03-01": ("97 %, 96 %", "by plan week"),
    }
    assert "flooded_share: 1 lane to Z-01 closed (access.flooded_share.close_above)." in operation.ledger.remarks


def test_a_flooded_lane_takes_twice_the_hours_and_as_many_days_more_as_these_take(operation: Operation) -> None:
    lanes = operation.inputs().routes.lanes.set_index("to")
    assert lanes["hours_one_way"].to_dict() == {"Z-01": 14, "Z-02": 7, "Z-03": 18}
    assert lanes["lead_days"].to_dict() == {"Z-01": 1, "Z-02": 0, "Z-03": 3 + 1}, "8 hours a day: 2 days instead of 1, 3 of 2"
    (slow,) = [a for a in operation.ledger.assumptions if a.figure == "hours_one_way"]
    assert (slow.applies_to, slow.value) == ("2 lanes to Z-01, Z-03", "x 2")
    assert "flooded_share above 0.1 in the zone" in slow.source


def test_that_the_plan_counts_on_a_lane_that_may_be_closed_stands_at_the_head_of_every_page(operation: Operation) -> None:
    operation.inputs()
    assert operation.ledger.marks == [
        f"The plan counts on lanes to Z-01 (flooded_share 0.5) from 2026-03-09, though the chance that they are open is "
        f"{100 * CHANCES[1]:.0f} % at the lowest. The chances of running short leave that out."
    ]


def test_nothing_is_marked_where_no_zone_is_flooded(operation: Operation) -> None:
    flooded(operation, dict.fromkeys(ZONES, (0.0,) * 8))
    operation.inputs()
    assert operation.ledger.marks == []


def test_lanes_derived_from_distance_are_closed_and_slowed_too(operation: Operation) -> None:
    del operation.settings["inputs"]["routes"]
    wet = operation.inputs().routes
    assert {(row[0], row[1]) for row in shut(operation.inputs())} == {("D1", "Z-01"), ("D2", "Z-01")}
    operation.settings["access"] = {}
    dry = operation.inputs().routes
    assert dry.closures.empty
    ratio = wet.lanes.set_index(["from", "to"])["hours_one_way"] / dry.lanes.set_index(["from", "to"])["hours_one_way"]
    assert ratio.groupby("to").agg(["min", "max"]).to_numpy().tolist() == [[2, 2], [1, 1], [2, 2]]


def test_a_lane_the_user_closed_stays_closed_whatever_the_signal_says(operation: Operation) -> None:
    write_routes(operation, "D2,Z-01,5,,false", "D2,Z-02,5,,false")
    closed = shut(operation.inputs())
    assert ("D2", "Z-02", WEEK_1, pd.NaT) in closed
    assert [row[2:] for row in closed if row[:2] == ("D2", "Z-01")] == [(WEEK_1, pd.NaT), (WEEK_1, WEEK_2)]


def test_a_scenario_closes_lanes_on_top(operation: Operation) -> None:
    write_scenario(operation, "cut_off", {"what_if": {"close_lanes": [{"to": ["Z-02"]}]}})
    assert [row[1] for row in shut(operation.inputs("cut_off"))] == ["Z-01", "Z-02"]


def test_what_was_seen_weeks_ago_has_had_weeks_to_recede(operation: Operation) -> None:
    """Z-01 was under water four weeks before: five periods on, and 31 days; nothing was ever seen so long after."""
    extent = {"Z-01": (0, 0, 0, 0.5), "Z-02": (0, 0, 0, 0), "Z-03": (0, 0, 0, 0)}
    flooded(operation, extent, half_over_days=31)
    inputs = operation.inputs()
    assert inputs.feeds[0].state == "late"
    assert "Lanes are open, slow or closed as it was last seen" in operation.ledger.marks[0]
    (chance,) = [a.value for a in operation.ledger.assumptions if a.applies_to.startswith("lanes to Z-01 (0.5)")]
    assert chance == "50 %, 57 %", "1 - 2 ** (-31/31), 1 - 2 ** (-38/31)"
    assert shut(inputs) == []
    flooded(operation, extent, half_over_days=36)
    assert shut(operation.inputs()) == [("D1", "Z-01", WEEK_1, WEEK_2)]
    flooded(operation, extent, half_over_days=40)
    assert shut(operation.inputs()) == [("D1", "Z-01", WEEK_1, pd.NaT)], "beyond the plan it has no end"


def test_a_zone_never_seen_is_left_as_it_is_and_named(operation: Operation) -> None:
    flooded(operation, {"Z-02": FLOOD["Z-02"]})
    assert shut(operation.inputs()) == []
    assert "flooded_share was never seen in Z-01, Z-03: the lanes there are taken as they are." in operation.ledger.remarks


def test_a_rule_may_only_close_or_only_slow(operation: Operation) -> None:
    flooded(operation, slow_above=None)
    inputs = operation.inputs()
    assert shut(inputs) == [("D1", "Z-01", WEEK_1, WEEK_2)]
    assert inputs.routes.lanes["hours_one_way"].tolist() == [7, 7, 9]
    flooded(operation, close_above=None)
    inputs = operation.inputs()
    assert shut(inputs) == []
    assert inputs.routes.lanes["hours_one_way"].tolist() == [14, 7, 18]


def test_a_week_after_the_issue_date_changes_nothing(operation: Operation) -> None:
    before = operation.inputs().routes
    operation.append("flood.csv", "Z-02,2026-03-02,0.9")
    after = operation.inputs().routes
    pd.testing.assert_frame_equal(after.closures, before.closures)
    pd.testing.assert_frame_equal(after.lanes, before.lanes)


def test_thresholds_in_the_wrong_order_or_none_at_all_are_refused(operation: Operation) -> None:
    flooded(operation, slow_above=0.5)
    assert "slow_above must be less than close_above" in operation.refusal()
    flooded(operation, slow_above=None, close_above=None)
    assert "say from where on: write slow_above, close_above or both" in operation.refusal()


def test_a_name_that_is_no_signal_is_refused_with_the_near_one(operation: Operation) -> None:
    operation.settings["access"] = {"flooded_shore": RULE}
    assert "'flooded_shore' is not one of the signals. Did you mean 'flooded_share'?" in operation.refusal()


def test_reasons_in_the_allocation_name_the_signal(tmp_path: Path) -> None:
    operation = operation_with_what_ifs(tmp_path)
    flooded(operation, half_over_days=60)
    run = run_of(operation)
    sent = pd.read_csv(run.folder / "allocation.csv")
    reasons = sent.loc[(sent["zone"] == "Z-01") & (sent["quantity"] == 0), "reason"]
    assert len(reasons)
    assert reasons.str.contains("flooded_share 0.5 there as of 2026-03-01, open with a chance of").all()
    assert not sent.loc[sent["zone"] != "Z-01", "reason"].str.contains("flooded_share").any()
    assert "| Z-01 | Mon 2 Mar 2026 |" in (run.folder / "summary.md").read_text()
    assert pipeline.run(operation.job("cut_off")).exit_code == 0
