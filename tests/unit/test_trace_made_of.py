"""Where a demand comes from whose records do not count goods: the trace writes out the sum, here by arithmetic."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forecast import pipeline
from forecast.published import Published, open_run
from forecast.text_page import exact
from forecast.trace import trace
from tests.operation import WEEKS, Operation, tiny_operation
from tests.what_ifs import mean_of, run_of

FORECAST = {"horizon": 3, "samples": 20, "default": {"use": "moving_average"}, "norm_after": 1}


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return tiny_operation(tmp_path)


def counting(operation: Operation, **item: object) -> Operation:
    """Each zone had 10, 20 ... 80 in eight weeks: the moving average of three is 70, and always was too low."""
    kit = {"need": "care", "unit": "kit", "kg_per_unit": 10, "need_lapses": True, "source": "packing list", **item}
    operation.settings |= {"items": {"kit": kit}, "forecast": FORECAST, "plan": {"horizon": 1}}
    operation.write("records.csv", "zone,item,period,distributed", *rows())
    return operation


def rows() -> list[str]:
    return [f"{zone},kit,{week},{10 * (n + 1)}" for zone in ("Z-01", "Z-02", "Z-03") for n, week in enumerate(WEEKS)]


def arriving(operation: Operation) -> Operation:
    """People arriving, who stay 14 days and need 2 kits a day."""
    return counting(operation, records_count="arrivals", stay_days=14, per_person_per_day=2)


def told(run: Published, number: int, zone: str = "Z-01") -> str:
    found = re.search(rf"^{number} .*?(?=\n\n|\Z)", trace(run, zone, "kit"), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(0)


def test_a_caseload_is_written_out_from_each_period_that_still_counts(operation: Operation) -> None:
    """Each stays 14 days: who came two weeks before is there for 3.5 of these 7, one week before for 7, this week for 3.5."""
    run = run_of(arriving(operation))
    needed, sums = mean_of(run, "Z-01", "kit"), told(run, 9)
    assert "kit, 2026-03-02: who arrived x days they are there in this period (each stays 14 days)" in sums
    assert re.search(r"2026-02-16 +70 +3\.5 +245\n", sums)
    assert re.search(r"2026-02-23 +80 +7 +560\n", sums)
    shown = re.search(r"2026-03-02 +([\d.]+) +3\.5 +([\d.]+) +forecast, mean before rounding\n", sums)
    assert shown is not None
    came, there = map(float, shown.groups())
    assert came == pytest.approx(mean_of(run, "Z-01", "kit", quantity="distributed"), abs=1 / 20), "20 futures, each rounded"
    assert there == pytest.approx(3.5 * came, abs=0.003)
    assert "2026-02-09" not in sums
    person_days = re.search(rf"person-days ([\d.,]+) x 2 a day = {exact(needed)}, the demand mean", sums)
    assert person_days is not None
    assert float(person_days.group(1).replace(",", "")) == pytest.approx(245 + 560 + there, abs=0.001)
    assert needed == pytest.approx(2 * (245 + 560 + 3.5 * came), abs=0.005)
    assert f"person-days {person_days.group(1)} / 7 days = {exact(needed / 2 / 7, 1)} people there on average" in sums
    assert f"demand    {exact(needed)} = {exact(needed)}, demand_mean" in sums


def test_a_period_without_a_record_is_said_to_be_filled_in(operation: Operation) -> None:
    """Of the two weeks that count, the other had 80."""
    arriving(operation)
    operation.write("records.csv", "zone,item,period,distributed", *(row for row in rows() if row != "Z-02,kit,2026-02-16,70"))
    sums = told(run_of(operation), 9, "Z-02")
    assert re.search(r"2026-02-16 +80 +3\.5 +280 +no record: filled in\n", sums)
    assert "the demand mean" in sums
    assert "differs" not in sums


def test_the_yardstick_of_arrivals_is_in_people_beside_the_arrivals_forecast(operation: Operation) -> None:
    run = run_of(arriving(operation))
    forecast, mean = told(run, 5), exact(mean_of(run, "Z-01", "kit", quantity="distributed"))
    assert "kit: model moving_average, demand in kit, distributed in people arriving" in forecast
    average = "average of the last 3 known periods: (60 + 70 + 80) / 3 = 70 people"
    assert f"{average}; the forecast's mean of distributed for 2026-03-02 is {mean} people, because what this average" in forecast


def test_the_people_of_a_plan_for_arrivals_are_said_to_be_the_caseload(operation: Operation) -> None:
    """Each needs 2 kits a day."""
    run = run_of(arriving(operation))
    there = exact(mean_of(run, "Z-01", "kit") / 2 / 7, 0)
    caseload = "the caseload (who arrived and is taken to stay 14 days), not all who live there"
    assert f"people expected: {there}, {caseload}" in told(run, 7)


def test_supply_below_the_planning_figure_is_shown_beside_people_times_figure(operation: Operation) -> None:
    """1,000 people x 0.05 x 7 days = 350, far more than any future of what is delivered."""
    run = run_of(counting(operation, records_count="supply", per_person_per_day=0.05))
    sums, delivered = told(run, 9), mean_of(run, "Z-01", "kit", quantity="distributed")
    shown = re.search(r"delivered as before, mean before rounding: ([\d.]+)\n", sums)
    assert shown is not None
    assert float(shown.group(1)) == pytest.approx(delivered, abs=1 / 20), "20 futures, each rounded"
    assert "people x figure x days, mean: 1,000 x 0.05 x 7 = 350\n" in sums
    assert "the demand mean 350 is at least the larger of the two, 350\n" in sums
    assert f"= 70; the forecast's mean of distributed for 2026-03-02 is {exact(delivered)}, because" in told(run, 5)


def test_supply_of_people_nobody_counted_is_said_to_be_a_floor(operation: Operation) -> None:
    operation.write("sites.csv", "zone,lat,lon", "Z-01,5.2,30.2", "Z-02,5.2,30.7", "Z-03,5.2,31.2")
    operation.settings["inputs"]["zones"] = {"use": "points", "path": "sites.csv"}
    run = run_of(counting(operation, records_count="supply", per_person_per_day=0.05))
    floor = exact(mean_of(run, "Z-01", "kit"))
    assert f"people are not known: {floor}, the demand mean, a floor" in told(run, 9)


def test_a_demand_given_from_elsewhere_is_said_to_have_no_known_origin(operation: Operation) -> None:
    made = run_of(arriving(operation))
    given = operation.folder / "given.csv"
    given.write_bytes((made.folder / "demand.csv").read_bytes())
    again = open_run(pipeline.run(operation.job(), given_demand=given).folder)
    assert "kit: its demand was given with --demand; what that was made of is not known here" in told(again, 9)


def test_goods_have_no_such_sum(operation: Operation) -> None:
    sums = told(run_of(counting(operation)), 9)
    assert "who arrived" not in sums
    assert "delivered as before" not in sums
