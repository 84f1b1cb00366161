"""Records of what was delivered, places that closed, people from a table, and plans for a caseload."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from forecast.demand import forecast_demand
from forecast.panel import build_panel
from forecast.schema import Inputs, Ledger
from tests.operation import WEEKS, Operation, tiny_operation
from tests.plan_world import World
from tests.small_records import after, config, inputs, records


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return tiny_operation(tmp_path)


def supplied(series: dict[tuple[str, str], list[float]], people: float | dict[str, float], figure: float) -> Inputs:
    given = inputs(records(series), people=people, per_person_per_day=figure)
    given.items["records_count"] = "supply"
    return given


def forecast(given: Inputs, count: int, ledger: Ledger, **settings: object) -> xr.Dataset:
    chosen = config(forecast=settings)
    return forecast_demand(build_panel(given, chosen, after(count), ledger), given, chosen, after(count), ledger)


def test_where_less_is_delivered_than_people_need_the_demand_is_what_they_need() -> None:
    ledger = Ledger()
    # 100 people x 15 L x 7 days = 10,500: A got 7,000 a week, B 14,000; of C the people are not known.
    series = {("A", "water"): [7000.0] * 12, ("B", "water"): [14000.0] * 12, ("C", "water"): [7000.0] * 12}
    found = forecast(supplied(series, {"A": 100.0, "B": 100.0, "C": np.nan}, 15), 12, ledger)
    assert found["demand"].mean("sample").values[:, 0, 0] == pytest.approx([10500, 14000, 7000])
    assert found["distributed"].mean("sample").values[:, 0, 0] == pytest.approx([7000, 14000, 7000])  # as before
    assert "water: in 1 of 3 zones less is expected to be delivered than people x planning figure" in "".join(ledger.remarks)
    assert "in 1 people are not known, and the need is a floor" in "".join(ledger.remarks)


def test_goods_are_not_raised_to_the_planning_figure() -> None:
    given = supplied({("A", "water"): [7000.0] * 12, ("B", "water"): [7000.0] * 12}, 100.0, 15)
    given.items["records_count"] = "goods"
    assert forecast(given, 12, Ledger())["demand"].mean("sample").values[:, 0, 0] == pytest.approx([7000, 7000])


def test_a_place_that_fell_silent_is_not_planned_and_said() -> None:
    ledger = Ledger()
    series = {("A", "water"): [5.0] * 12, ("B", "water"): [*[5.0] * 9, None, None, None]}
    found = forecast(supplied(series, 100.0, 15), 12, ledger, silent_after=3)
    assert list(found["model"].values[:, 0]) == ["moving_average", "none"]
    assert np.isnan(found["demand"].values[1]).all()
    assert "1 zones without a record in the last 3 periods (forecast.silent_after) are taken as closed" in "".join(ledger.remarks)


def test_a_record_within_the_time_given_keeps_a_place_in_the_plan() -> None:
    series = {("A", "water"): [*[5.0] * 10, None, None]}
    assert forecast(supplied(series, 100.0, 15), 12, Ledger(), silent_after=3)["model"].values[0, 0] == "moving_average"
    late = {("A", "water"): [*[5.0] * 9, None, None, None], ("B", "water"): [5.0] * 12}
    assert forecast(supplied(late, 100.0, 15), 12, Ledger())["model"].values[0, 0] == "moving_average"  # no setting, no rule


# ------------------------------------------------------------------ people and zones from a table


def with_people(operation: Operation, *rows: str) -> Operation:
    operation.write("people.csv", "zone,period,value", *rows)
    operation.settings["signals"] = {"present": {"use": "table", "path": "people.csv"}}
    operation.settings["forecast"]["exposure"] = "present"
    return operation


def test_a_table_of_zone_period_and_value_is_a_signal(operation: Operation) -> None:
    signal = with_people(operation, "Z-01,2026-01-05,100", "Z-01,2026-01-20,120", "Z-02,2026-W02,7").inputs().signals["present"]
    assert signal.attrs["units"] == "people"
    assert signal.sel(zone="Z-01").dropna("period").values.tolist() == [100, 120]
    assert str(signal.sel(zone="Z-01").dropna("period").period.values[1])[:10] == "2026-01-19"
    assert signal.sel(zone="Z-02", period="2026-01-05") == 7
    assert signal.sel(zone="Z-03").isnull().all()


def test_a_count_of_people_that_stands_alone_and_far_off_is_set_aside_with_its_line(operation: Operation) -> None:
    counts = [100, 110, 105, 100, 100000, 110, 104, 101]
    rows = [f"Z-01,{week},{count}" for week, count in zip(WEEKS, counts, strict=True)]
    signal = with_people(operation, *rows).inputs().signals["present"]
    assert int(signal.sel(zone="Z-01").isnull().sum()) == 1
    (problem,) = operation.ledger.problems.noted
    assert (problem.file, problem.line, problem.column, problem.value) == ("people.csv", 6, "value", "100000")
    assert "times the ordinary largest of its own series" in problem.problem


def test_people_counted_after_the_issue_date_have_no_influence(operation: Operation) -> None:
    rows = ("Z-01,2026-02-16,100", "Z-01,2026-03-02,900")
    signal = with_people(operation, *rows).inputs().signals["present"]
    assert float(signal.max()) == 100
    assert "1 row of present of periods not over on 2026-03-02: counted, not used." in operation.ledger.remarks


def test_rows_of_a_signal_for_unknown_zones_are_said(operation: Operation) -> None:
    with_people(operation, "Z-01,2026-01-05,100", "Z-99,2026-01-05,100").inputs()
    assert "present: 1 rows of zones there are none of, not used: Z-99." in operation.ledger.remarks


def test_zones_and_lanes_come_from_a_file_of_records_each_once(operation: Operation) -> None:
    columns = {"zone": "zone", "zone_name": "zone", "known_on": "period"}
    operation.input("zones", path="records.csv", columns=columns, once=True)
    lanes = {"from": {"constant": "D1"}, "to": "zone", "hours_one_way": {"constant": "2"}, "known_on": "period"}
    operation.input("routes", path="records.csv", columns=lanes, once=True)
    operation.append("records.csv", "Z-04,kit,2026-03-03,5,1")  # first heard of after the issue date
    found = operation.inputs()
    assert list(found.zones.index) == ["Z-01", "Z-02", "Z-03"]
    assert set(found.zones["zone_name"]) == {"Z-01", "Z-02", "Z-03"}
    assert sorted(found.routes.lanes["to"])[:3] == ["Z-01", "Z-02", "Z-03"]


# ------------------------------------------------------------------ the plan of a caseload


def caseload_world(**item: object) -> World:
    """One zone of 1,000 inhabitants whose 10 newcomers need 10 x 2 x 7 = 140 a week; 35 are in stock."""
    row = {"item": "kit", "per_person_per_day": 2.0, "records_count": "arrivals", "stay_days": 30.0, **item}
    return World(
        demand={("Z1", "kit"): [140.0]},
        items=[row],
        stock=[{"quantity": 35.0}],
        routes=[{"to": "Z1"}],
        people={"Z1": 1000.0},
        needs={"food": {"unit": "kit", "per_person_per_day": 2, "survival_per_person_per_day": 1, "source": "test"}},
    )


def test_the_people_of_a_caseload_are_those_it_is_made_of_not_the_inhabitants() -> None:
    cells = caseload_world().planned().cells
    assert cells["people"].tolist() == pytest.approx([10])
    assert cells["basis"].tolist() == ["caseload, not a count: arrivals of the last 30 days x 2 kit per person and day"]


def test_the_people_of_goods_are_the_inhabitants() -> None:
    cells = caseload_world(records_count="goods", stay_days=np.nan).planned().cells
    assert cells["people"].tolist() == pytest.approx([1000])
    assert cells["basis"].tolist() == [""]


def test_the_survival_floor_of_a_caseload_is_for_the_caseload() -> None:
    """10 people x 1 x 7 = 70 of the 140: 35 in stock reach half of the floor, not 35 of 140."""
    figures = caseload_world().planned().figures
    survival = [value for name, value in figures.items() if name.startswith("survival_published")]
    assert survival == pytest.approx([0.5])
