"""The day a lane is loaded on: depot, convoy and zone have their days of the week."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from forecast.wordlists import weekdays
from tests.plan_world import ISSUE, World, day, reasons, sent, week

KIT = {"item": "kit", "need_lapses": False}


def world(**changes: object) -> World:
    """Z1 wants 10 kits a week; the plan starts on a Monday."""
    base = World({("Z1", "kit"): [10, 10]}, [KIT], stock=[{"quantity": 100}], plan={"visit_days": 7, "safety_days": 0})
    return replace(base, **changes)  # type: ignore[arg-type]


def dates(made: World) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    lines = made.planned().lines
    return list(zip(lines["load_on"], lines["arrive_by"], strict=True))


def test_a_convoy_that_goes_on_thursdays_is_loaded_on_a_thursday() -> None:
    on_thursday = world(routes=[{"to": "Z1", "convoy_days": "Thu", "lead_days": 2.0}])
    assert dates(on_thursday)[0] == (day(3), day(5))


def test_a_zone_that_receives_on_wednesdays_gets_what_was_loaded_the_lead_time_before() -> None:
    on_wednesday = world(zones=[{"zone": "Z1", "receives_on": "Wednesday"}], routes=[{"to": "Z1", "lead_days": 1.0}])
    assert dates(on_wednesday)[0] == (day(1), day(2))


def test_depot_convoy_and_zone_must_all_agree() -> None:
    """The depot works Mon to Wed, the convoy goes Tue and Wed, the zone receives Thu: two days of road leave Tuesday."""
    days = {"depots": [{"depot": "D1", "calendar": "Mon Tue Wed"}], "zones": [{"zone": "Z1", "receives_on": "Thu Fri"}]}
    both = world(routes=[{"to": "Z1", "convoy_days": "Tue Wed", "lead_days": 2.0}], **days)
    assert dates(both)[0] == (day(1), day(3))


def test_what_is_loaded_on_sunday_and_arrives_on_monday_counts_in_the_next_week() -> None:
    plan = world(routes=[{"to": "Z1", "convoy_days": "Sun", "lead_days": 1.0}]).planned()
    assert list(plan.cells["planned"]) == [0, 20]


def test_where_no_day_suits_the_lane_is_shut_and_says_so() -> None:
    never = world(
        routes=[{"to": "Z1", "convoy_days": "Mon", "lead_days": 1.0}],
        zones=[{"zone": "Z1", "receives_on": "Fri"}],
    )
    plan = never.planned()
    assert sent(plan) == 0
    assert reasons(plan) == ["lane shut: no day suits D1, the convoy (Mon) and Z1"]


def test_a_transfer_comes_on_a_day_on_which_the_other_depot_works() -> None:
    plan = world(
        demand={("Z1", "kit"): [0, 10]},
        stock=[{"depot": "D2", "quantity": 50}],
        between=[{"from": "D2", "to": "D1", "lead_days": 1.0, "convoy_days": "Wed Fri"}],
        depots=[{"depot": "D1", "calendar": "Sat"}],
    ).planned()
    assert plan.transfers[["load_on", "arrive_by"]].iloc[0].tolist() == [day(4), day(5)]
    assert list(plan.lines["load_on"]) == [day(12)]


def test_without_days_the_first_of_the_week_is_taken() -> None:
    assert dates(world())[0] == (ISSUE, ISSUE)
    assert week(0) == ISSUE


@pytest.mark.parametrize("cell", ["Mon, Thu", "lundi jeudi", "LUN; Jue", "Monday/thursday"])
def test_days_of_the_week_are_read_in_three_languages(cell: str) -> None:
    assert weekdays(cell) == (0, 3)
