"""What `forecast check` says: answers by arithmetic on a tiny operation, and one screen for the demo country."""

from pathlib import Path

import pandas as pd
import pytest

from forecast import cli
from forecast.look import Look, look_at, page
from tests.operation import WEEKS, ZONES, Operation, tiny_operation

HEADER = "zone,item,period,distributed,stock_start,received,stock_end,stockout_days"


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return tiny_operation(tmp_path)


def records(operation: Operation, changed: dict[tuple[str, str], str]) -> None:
    """Ten kits a week in each zone, from 100 in stock and nothing received, but for the rows that are changed."""
    rows = [changed.get((zone, week), f"{zone},kit,{week},10,100,0,90,0") for zone in ZONES for week in WEEKS]
    operation.write("records.csv", HEADER, *rows)


def looked(operation: Operation) -> Look:
    return look_at(operation.job())


def strange(operation: Operation) -> list[tuple[str, str, str]]:
    return [(one.kind, one.record, one.why) for one in looked(operation).strange]


# ------------------------------------------------------------------ what was understood


def test_each_input_is_told_with_file_rows_span_and_codes(operation: Operation) -> None:
    operation.write("stock.csv", "depot,item,quantity,counted_on", "D1,kit,100,2026-02-28", "D2,kit,0,2026-02-28")
    told = {seen.name: (seen.files, seen.rows, seen.words) for seen in looked(operation).inputs}
    assert told["zones"] == ("zones.geojson", 3, "3 areas; 6,000 people; Z-01, Z-02 and 1 more")
    assert told["records"] == ("records.csv", 24, "week of 2026-01-05..2026-02-23, 3/3 zones, 1/1 items")
    assert told["items"] == ("config.yaml", 1, "care: kit")
    assert told["depots"] == ("depots.csv", 2, "2/2 depots")
    assert told["stock"] == ("stock.csv", 2, "1/1 items, 2/2 depots, counted on 2026-02-28")


def test_zones_without_records_are_named(operation: Operation) -> None:
    operation.write_records(("Z-01", "Z-03"))
    told = {seen.name: seen.words for seen in looked(operation).inputs}
    assert told["records"] == "week of 2026-01-05..2026-02-23, 2/3 zones, 1/1 items, none of Z-02"


def test_what_is_not_given_is_told_with_what_it_means(operation: Operation) -> None:
    absent = looked(operation).absent
    assert "fleet (vehicles limit nothing)" in absent
    assert "routes (lanes are derived from distance)" in absent
    assert not any(name.startswith("stock ") for name in absent)


def test_an_item_is_told_per_zone_and_per_person_beside_its_planning_figure(operation: Operation) -> None:
    operation.settings["items"]["kit"]["per_person_per_day"] = 0.001
    records(operation, {})
    (kit,) = looked(operation).items
    assert (kit.item, kit.unit, kit.model, kit.median, kit.figure) == ("kit", "kit", "ets", 10, 0.001)
    assert kit.per_person == pytest.approx(10 / 7 / 2000)  # the middle one of zones of 1,000, 2,000 and 3,000 people
    assert kit.held == pytest.approx(100 / 30)  # 100 kits in the depots, three zones taking ten a week


def test_a_unit_far_from_the_planning_figure_is_asked_about(operation: Operation) -> None:
    operation.settings["items"]["kit"]["per_person_per_day"] = 0.00001
    records(operation, {})
    assert "UNIT? x71.4" in page(looked(operation))


def test_missing_reports_are_counted_from_the_first_report_of_each_series(operation: Operation) -> None:
    rows = [f"{zone},kit,{week},10" for zone in ZONES[:2] for week in WEEKS]
    operation.write("records.csv", "zone,item,period,distributed", *rows[:6], *rows[8:9], *rows[10:], f"Z-03,kit,{WEEKS[6]},10")
    gaps = looked(operation).gaps
    assert gaps is not None
    assert gaps.expected == 8 + 8 + 2
    assert gaps.missing == pytest.approx(4 / 18)  # two at the end of Z-01, one inside Z-02, one at the end of Z-03
    assert gaps.worst == {"Z-03": pytest.approx(1 / 2), "Z-01": pytest.approx(2 / 8), "Z-02": pytest.approx(1 / 8)}
    assert gaps.silent == {}


def test_a_zone_that_fell_silent_is_named_with_its_last_report(operation: Operation) -> None:
    rows = [f"{zone},kit,{week},10" for zone in ZONES[:2] for week in WEEKS] + [f"Z-03,kit,{week},10" for week in WEEKS[:3]]
    operation.write("records.csv", "zone,item,period,distributed", *rows)
    assert "silent for three weeks or more: Z-03 since 2026-01-19" in page(looked(operation))


# ------------------------------------------------------------------ strange values


def test_ordinary_records_have_no_strange_value(operation: Operation) -> None:
    records(operation, {})
    assert strange(operation) == []
    assert "STRANGE VALUES  none found" in page(looked(operation))


def test_a_slip_of_the_unit_is_strange_with_its_line_and_what_is_ordinary(operation: Operation) -> None:
    records(operation, {("Z-02", WEEKS[3]): f"Z-02,kit,{WEEKS[3]},10000,,,,"})
    (one,) = looked(operation).strange
    assert (one.kind, one.record, one.value, one.ordinary) == ("unit", "records.csv:13", 10000, pytest.approx((10, 10)))
    assert "line 13 Z-02 kit 2026-01-26: 10,000 kit (ordinary 10-10): 1000 times the ordinary largest" in page(looked(operation))


def test_a_balance_that_does_not_add_up_is_strange_and_a_small_loss_is_not(operation: Operation) -> None:
    changed = {
        ("Z-01", WEEKS[2]): f"Z-01,kit,{WEEKS[2]},10,100,0,40,0",
        ("Z-01", WEEKS[3]): f"Z-01,kit,{WEEKS[3]},10,100,0,88,0",
    }
    records(operation, changed)
    assert strange(operation) == [("balance", "records.csv:4", "start + received - distributed is 90")]


def test_more_stockout_days_than_the_month_has_are_strange(operation: Operation) -> None:
    operation.settings["forecast"] = {"period": "M", "horizon": 2}
    months = [f"2025-{month:02d}" for month in range(3, 13)]
    rows = [f"{zone},kit,{month},10,{31 if month == '2025-04' else 0}" for zone in ZONES for month in months]
    operation.write("records.csv", "zone,item,period,distributed,stockout_days", *rows)
    assert [(kind, why) for kind, _, why in strange(operation)] == [("days", "the period has 30 days")] * 3


def test_five_hundred_litres_per_person_per_day_are_absurd(operation: Operation) -> None:
    operation.settings["items"] = {"kit": {"need": "water", "unit": "L", "per_person_per_day": 15, "source": "s"}}
    rows = [f"{zone},kit,{week},{(n + 1) * 1000 * 7 * 500}" for n, zone in enumerate(ZONES) for week in WEEKS]
    operation.write("records.csv", "zone,item,period,distributed", *rows)
    found = looked(operation)
    assert found.strange_counts == {"person": 24}
    assert {one.why for one in found.strange} == {"33 times the planning figure"}
    assert len(found.strange) == 10


def test_a_zero_without_a_stock_out_in_a_series_that_is_never_zero_is_strange(operation: Operation) -> None:
    weeks = [str(day.date()) for day in pd.date_range("2025-07-07", "2026-02-23", freq="7D")]
    rows = [f"{zone},kit,{week},{0 if (zone, week) == ('Z-03', weeks[9]) else 10},100" for zone in ZONES for week in weeks]
    operation.write("records.csv", "zone,item,period,distributed,stock_end", *rows)
    assert strange(operation) == [("zero", f"records.csv:{2 + 2 * len(weeks) + 9}", "no stock-out is recorded")]


def test_a_shift_that_all_zones_share_is_not_strange(operation: Operation) -> None:
    codes = tuple(f"Z-{n:02d}" for n in range(1, 9))
    operation.write_zones(codes)
    rows = [f"{code},kit,{week},{60 if week == WEEKS[4] else 10}" for code in codes for week in WEEKS]
    operation.write("records.csv", "zone,item,period,distributed", *rows)
    assert strange(operation) == []


def test_no_kind_takes_all_the_places_while_another_waits(operation: Operation) -> None:
    changed = {(zone, week): f"{zone},kit,{week},10,100,0,20,0" for zone in ZONES for week in WEEKS[:7]}
    changed["Z-02", WEEKS[7]] = f"Z-02,kit,{WEEKS[7]},10000,,,,"
    records(operation, changed)
    found = looked(operation)
    assert found.strange_counts == {"unit": 1, "balance": 21}
    assert [one.kind for one in found.strange] == ["unit"] + ["balance"] * 9


def test_the_order_of_rows_changes_nothing(operation: Operation) -> None:
    records(operation, {("Z-02", WEEKS[3]): f"Z-02,kit,{WEEKS[3]},10000,,,,"})
    lines = (operation.folder / "records.csv").read_text(encoding="utf-8").splitlines()
    first = [(one.zone, one.period, one.why) for one in looked(operation).strange]
    operation.write("records.csv", lines[0], *reversed(lines[1:]))
    assert [(one.zone, one.period, one.why) for one in looked(operation).strange] == first


# ------------------------------------------------------------------ what refuses a run


def test_every_problem_of_every_input_and_model_is_listed_and_what_was_understood_too(
    operation: Operation, capsys: pytest.CaptureFixture[str]
) -> None:
    operation.append("stock.csv", "D9,kit,5")
    operation.append("depots.csv", "D3,north,30")
    operation.settings["items"]["kit"]["model"] = {"use": "etss"}
    operation.settings["forecast"]["exposure"] = "presence"
    operation.settings["plan"] = {"objectives": [{"use": "needs"}, {"use": "cost", "wait": 3}]}
    operation.settings["publish"] = {"outputs": ["tables", "maps"]}
    operation.job()
    assert cli.main(["check", str(operation.folder / "config.yaml")]) == 2
    told = capsys.readouterr()
    for problem in (
        "'D9' is not one of the 3 known depots",
        "'north' is not a number",
        "Did you mean 'ets'?",
        "'presence' is not one of",
        "Did you mean 'need'?",
        "Did you mean 'map'?",
        "wait",
    ):
        assert problem in told.err
    assert "week of 2026-01-05..2026-02-23, 3/3 zones" in told.out
    assert "UNKNOWN depots: D9" in told.out
    assert "It can run" not in told.out


def test_zones_that_cannot_be_read_leave_the_rest_understood(operation: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    operation.write("zones.geojson", "not a map")
    operation.job()
    assert cli.main(["check", str(operation.folder / "config.yaml")]) == 2
    told = capsys.readouterr()
    assert "NOT understood as it should be" in told.out
    assert "week of 2026-01-05..2026-02-23, 3 zones" in told.out
    assert "zones.geojson: 1 problem" in told.err


def test_a_code_cannot_send_commands_to_the_screen(operation: Operation) -> None:
    operation.append("stock.csv", "\x1b[2JD9,kit,5")
    assert "\x1b" not in page(looked(operation))


def test_a_setting_to_decide_is_the_fault_of_the_config_and_not_of_its_scenarios(operation: Operation) -> None:
    (operation.folder / "scenarios").mkdir()
    operation.write("scenarios/dry.yaml", "describe: dry")
    operation.settings["items"]["kit"]["unit"] = "TO DECIDE: what is one of it?"
    assert operation.refusal().startswith("config.yaml: 1 problem")


def test_check_writes_nothing_and_says_the_next_command(operation: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    operation.job()
    before = sorted(operation.folder.rglob("*"))
    assert cli.main(["check", str(operation.folder / "config.yaml")]) == 0
    assert sorted(operation.folder.rglob("*")) == before
    assert f"It can run: forecast run {operation.folder / 'config.yaml'}" in capsys.readouterr().out


def test_the_demo_country_fits_one_screen(demo_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(demo_config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 52
    assert max(map(len, lines[:-1])) <= 110
    for name in ("zones", "records", "stock", "fleet", "rainfall_mm", "present_people"):
        assert any(line.startswith(f"  {name} ") for line in lines), name
    assert any("THE STRANGEST 10 VALUES" in line for line in lines)


def test_all_cuts_nothing(demo_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(demo_config), "--all"]) == 0
    told = capsys.readouterr().out
    assert "THE STRANGEST 50 VALUES" in told
    assert "more remarks" not in told
    assert "..." not in told


def test_a_setting_still_to_decide_refuses_by_name(operation: Operation) -> None:
    operation.settings["items"]["kit"]["covers"] = "TO DECIDE: how many consultations does one kit serve?"
    operation.settings["items"]["kit"]["unit"] = "TO DECIDE: what is one of it?"
    told = operation.refusal()
    assert "items.kit.covers: is still to be decided. How many consultations does one kit serve?" in told
    assert "items.kit.unit: is still to be decided. What is one of it?" in told
    assert "2 problems" in told


# ------------------------------------------------------------------ what is not known yet, and what is not there


def words(operation: Operation) -> dict[str, str]:
    return {seen.name: seen.words for seen in looked(operation).inputs}


def test_rows_of_unknown_zones_after_the_issue_date_are_not_unknown_but_later(operation: Operation) -> None:
    operation.append("records.csv", "Z-77,kit,2026-03-02,5,", "Z-01,kit,2026-03-02,5,")
    operation.write("routes.csv", "from,to,hours_one_way,known_on", *(f"D1,{zone},2," for zone in ZONES), "D9,Z-77,2,2026-03-03")
    operation.input("routes", path="routes.csv")
    told = words(operation)
    assert told["records"] == "week of 2026-01-05..2026-02-23, 3/3 zones, 1/1 items, 2 after the issue date"
    assert told["routes"] == "1/2 depots, 3/3 zones, 1 after the issue date"


def test_rows_known_by_the_issue_date_of_unknown_zones_are_set_aside_and_named(operation: Operation) -> None:
    operation.settings["panel"] = {"max_bad_share": 0.5}
    operation.append("records.csv", "Z-77,kit,2026-02-23,5,", "Z-01,kit,2026-03-02,5,")
    expected = "1 set aside, UNKNOWN zones: Z-77, week of 2026-01-05..2026-02-23, 3/3 zones, 1/1 items, 1 after the issue date"
    assert words(operation)["records"] == expected


def test_bad_rows_of_a_signal_are_not_counted_as_records_set_aside(operation: Operation) -> None:
    operation.write("people.csv", "zone,period,value", "Z-01,2026-01-05,many")
    operation.settings["signals"] = {"counted": {"use": "table", "path": "people.csv"}}
    assert "set aside" not in words(operation)["records"]


def test_stock_and_people_that_nothing_tells_of_are_not_said_to_be_in_the_records(operation: Operation) -> None:
    assert {"population (as the zones file has it)", "zone_stock (as the records have it)"} <= set(looked(operation).absent)
    operation.write("records.csv", "zone,item,period,distributed", *(f"{zone},kit,2026-02-23,5" for zone in ZONES))
    operation.write("sites.csv", "zone,lat,lon", *(f"{zone},5.2,30.{n}" for n, zone in enumerate(ZONES)))
    operation.settings["inputs"]["zones"] = {"use": "points", "path": "sites.csv"}
    absent = looked(operation).absent
    assert {"population (people are not known)", "zone_stock (not known: records have no stock_end)"} <= set(absent)


def test_a_crosswalk_is_told_by_how_many_old_codes_become_how_many_zones(operation: Operation) -> None:
    operation.write("crosswalk.csv", "from_code,to_code,share", "OLD1,Z-01,0.6", "OLD1,Z-02,0.4", "OLD2,Z-02,1")
    operation.input("crosswalk", path="crosswalk.csv")
    assert words(operation)["crosswalk"] == "2 old codes -> 2 zones of today"


def test_records_under_old_codes_count_for_the_zones_they_became(operation: Operation) -> None:
    operation.write("crosswalk.csv", "from_code,to_code,share", "OLD1,Z-01,0.6", "OLD1,Z-02,0.4")
    operation.input("crosswalk", path="crosswalk.csv")
    operation.write("records.csv", "zone,item,period,distributed", *(f"OLD1,kit,{week},5" for week in WEEKS))
    assert words(operation)["records"].startswith("week of 2026-01-05..2026-02-23, 2/3 zones, 1/1 items")
