"""People present from tower counts: shares by hand, small counts hidden, no drift, nothing from after the issue date."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import ValidationError
from scipy import sparse
from shapely import Point, box

from forecast import periods
from forecast.errors import InputError
from forecast.ingest import _subscribers, presence
from forecast.ingest._subscribers import Counts
from forecast.schema import Reading
from tests import small_places as small

PLACES = small.zones({"B": box(1, 0, 2, 1), "A": box(0, 0, 1, 1), "C": box(2, 0, 3, 1)}, people=1000.0)
TOWERS = ["T1,0.5,0.35", "T2,0.5,0.65", "T3,0.5,1.5"]  # two in A, one in B, none in C
ZONES = pd.Index(["A", "B", "C"])
NAN = np.nan


def weeks(count: int) -> list[str]:
    """The last weeks that end before the issue date, Monday 2026-03-02."""
    return [str(day.date()) for day in periods.run(pd.Timestamp("2026-03-02") - pd.Timedelta(weeks=count), count, "W")]


def write(folder: Path, counts: dict[str, list[Any]], towers: list[str] = TOWERS) -> None:
    """Counts by tower, a list of weeks each; an empty text is an empty cell."""
    rows = [
        f"{tower},{week},{count}"
        for tower, series in counts.items()
        for week, count in zip(weeks(len(series)), series, strict=True)
    ]
    (folder / "presence.csv").write_text("\n".join(["tower,period,subscribers", *rows]))
    (folder / "towers.csv").write_text("\n".join(["tower,lat,lon", *towers]))


def read(folder: Path, asked: Reading | None = None, **changes: Any) -> xr.Dataset:
    settings = presence.Settings.model_validate({"path": "presence*.csv", "towers": "towers.csv"} | changes)
    return presence.read(settings, asked or small.reading(folder, PLACES), "present_people")


def counts_of(counts: list[list[float]], zones: list[str], operators: list[str] | None = None) -> Counts:
    """Counts by tower, a list of weeks each, every tower of one zone; the first 52 observed weeks say what is usual."""
    array = np.array(counts, dtype=float)
    observed = np.flatnonzero(~np.isnan(array).all(axis=0))[:52]
    count, length = array.shape
    return Counts(
        subscribers=array,
        shares=sparse.csr_array((np.ones(count), (ZONES.get_indexer(zones), np.arange(count))), shape=(3, count)),
        operators=np.array(operators or [""] * count, dtype=object),
        near=np.array([[other for other in range(count) if other != own] for own in range(count)]),
        holders=sparse.csr_array((count, count)),
        reference=np.isin(np.arange(length), observed),
        periods_of=sparse.csr_array(np.identity(length)),
    )


def present(counts: list[list[float]], zones: list[str], population: float = 1000.0) -> tuple[np.ndarray, np.ndarray]:
    """People and coverage, empty where less than half is counted."""
    found = counts_of(counts, zones)
    change = _subscribers.change(found, _subscribers.usual_of(found))
    people, _ = presence.people_present(change, np.full(3, population), 0.05)
    return np.where(change.coverage < 0.5, np.nan, people), change.coverage


# ------------------------------------------------------------------ the formula


def test_people_move_as_shares_of_subscribers_move() -> None:
    # Usual shares 0.5 and 0.5 (the median of three weeks); in the last week 150 of 200 are at the tower of A.
    people, _ = present([[100, 100, 150], [100, 100, 50]], ["A", "B"])
    np.testing.assert_allclose(people, [[1000, 1000, 1500], [1000, 1000, 500], [NAN, NAN, NAN]])


def test_towers_of_a_zone_are_added_up() -> None:
    people, _ = present([[60, 60, 90], [40, 40, 60], [100, 100, 50]], ["A", "A", "B"])
    np.testing.assert_allclose(people[:, 2], [1500, 500, NAN])


def test_growth_of_the_whole_network_is_not_people_arriving() -> None:
    growth = 1.02 ** np.arange(80)
    people, coverage = present([list(300 * growth), list(700 * growth)], ["A", "B"])
    np.testing.assert_allclose(people[:2], 1000)
    np.testing.assert_array_equal(coverage[:2], 1)


def test_a_tower_that_comes_late_to_a_growing_network_is_not_people_arriving() -> None:
    growth = 1.05 ** np.arange(60)
    late = np.where(np.arange(60) < 30, NAN, 200 * growth)
    people, _ = present([list(300 * growth), list(700 * growth), list(late)], ["A", "B", "A"])
    np.testing.assert_allclose(people[:2, 30:], 1000, rtol=1e-3)


def test_a_tower_that_falls_silent_is_not_people_leaving() -> None:
    people, coverage = present([[60, 60, 60, NAN], [40, 40, 40, 40], [100, 100, 100, 100]], ["A", "A", "B"])
    # Without T1, 40 of 140 are in A, as usual: 0.2 of 0.7. But only 40 % of the zone's usual subscribers are counted.
    np.testing.assert_allclose(people[:2, 2], 1000)
    np.testing.assert_allclose(coverage[:2, 3], [0.4, 1])
    np.testing.assert_allclose(people[:2, 3], [NAN, 1000])


def test_a_zone_with_most_of_its_towers_counted_keeps_its_value() -> None:
    people, coverage = present([[60, 60, 60, 60], [40, 40, 40, NAN], [100, 100, 100, 100]], ["A", "A", "B"])
    np.testing.assert_allclose(people[:2, 3], 1000)
    np.testing.assert_allclose(coverage[:2, 3], [0.6, 1])


def test_the_reference_is_the_median_of_the_first_52_observed_periods() -> None:
    first, later = [100.0] * 40 + [NAN] * 3 + [100.0] * 12, [300.0] * 60
    people, _ = present([first + later, [100.0] * 115], ["A", "B"])
    np.testing.assert_allclose(people[:2, 0], 1000)
    np.testing.assert_allclose(people[:2, -1], [1000 * 0.75 / 0.5, 1000 * 0.25 / 0.5])  # later weeks do not move the reference


def test_a_tower_seen_too_rarely_at_first_has_no_reference_and_is_left_out() -> None:
    old, new = [100.0] * 60, [NAN] * 50 + [500.0] * 10
    people, coverage = present([old, old, new], ["A", "B", "A"])
    np.testing.assert_allclose(people[:2], 1000)
    np.testing.assert_array_equal(coverage[:2], 1)


def test_nothing_counted_anywhere_is_missing() -> None:
    people, coverage = present([[100, NAN, 100], [100, NAN, 100]], ["A", "B"])
    assert np.isnan(people[:, 1]).all()
    assert (coverage[:, 1] == 0).all()


# ------------------------------------------------------------------ reading


def test_counts_become_people_by_zone_and_week(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60, 90], "T2": [40, 40, 60], "T3": [100, 100, 50]})
    ds = read(tmp_path)
    assert ds["zone"].values.tolist() == ["A", "B", "C"]
    assert [str(day.date()) for day in ds.indexes["period"]] == weeks(3)
    np.testing.assert_allclose(ds["present_people"], [[1000, 1000, 1500], [1000, 1000, 500], [NAN, NAN, NAN]])
    attrs = ds["present_people"].attrs
    assert (attrs["units"], attrs["source"], attrs["age_days"]) == ("people", "presence*.csv", 0)
    assert attrs["reference"] == "median of 3 periods, 2026-02-09 to 2026-02-23"


def test_small_counts_are_suppressed_at_once_never_zero(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60, 15], "T2": [40, 40, 16], "T3": [100, 100, 100]})
    asked = small.reading(tmp_path, PLACES)
    ds = read(tmp_path, asked)
    # T1 is hidden, so 16 of 116 against 0.2 of 0.7; but 40 % of A is less than half: empty.
    np.testing.assert_allclose(ds["present_people_coverage"].sel(zone="A"), [1, 1, 0.4])
    np.testing.assert_allclose(ds["present_people"].sel(zone="A"), [1000, 1000, NAN])
    assert "column subscribers: 1 counts of fewer than 16 people. Suppressed: empty, not 0" in small.noted(asked)


def test_the_smallest_count_may_be_raised_but_not_lowered(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60, 60], "T3": [100, 100, 19]})
    assert read(tmp_path, minimum_count=20)["present_people"].sel(zone="B").isnull().values.tolist() == [False, False, True]
    with pytest.raises(ValidationError, match="greater than or equal to 16"):
        read(tmp_path, minimum_count=10)


@pytest.mark.parametrize("nothing", [0, ""])
def test_a_week_of_zeros_or_blanks_is_a_missing_week(tmp_path: Path, nothing: Any) -> None:
    write(tmp_path, {"T1": [60, nothing, 60], "T2": [40, nothing, 40], "T3": [100, nothing, 100]})
    asked = small.reading(tmp_path, PLACES)
    assert read(tmp_path, asked)["present_people"].sel(zone="A").isnull().values.tolist() == [False, True, False]
    assert "1 of 3 periods have no usable count of any tower (2026-02-16). Missing, not 0" in small.noted(asked)


def test_a_week_without_rows_is_a_missing_week(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60, 60], "T3": [100, 100, 100]})
    text = (tmp_path / "presence.csv").read_text().splitlines()
    (tmp_path / "presence.csv").write_text("\n".join(line for line in text if "2026-02-16" not in line))
    assert read(tmp_path)["present_people"].sel(zone="A").isnull().values.tolist() == [False, True, False]


def test_a_later_count_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60, 90], "T2": [40, 40, 60], "T3": [100, 100, 50]})
    before, asked = read(tmp_path), small.reading(tmp_path, PLACES)
    with (tmp_path / "presence.csv").open("a") as file:
        file.write("\nT1,2026-03-02,9000\nT3,2026-03-09,9000\n")
    xr.testing.assert_identical(read(tmp_path, asked), before)
    assert asked.ledger.remarks == ["2 rows of present_people of periods not over on 2026-03-02: counted, not used."]


def test_an_earlier_issue_date_sees_the_same_past(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    write(tmp_path, {tower: rng.integers(100, 200, 70).tolist() for tower in ("T1", "T2", "T3")})
    late, early = read(tmp_path), read(tmp_path, small.reading(tmp_path, PLACES, issue_date="2026-01-05"))
    assert early.sizes["period"] == 62
    xr.testing.assert_allclose(early["present_people"], late["present_people"].sel(period=early["period"]))


def test_counts_known_late_are_not_used_before(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60, 90], "T3": [100, 100, 50]})
    ds = read(tmp_path, delay_days=2)
    assert ds["present_people"].sel(zone="A").isnull().values.tolist() == [False, False, True]
    assert ds["present_people"].attrs["age_days"] == 7


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60, 90], "T2": [40, 40, 60], "T3": [100, 100, 50]})
    before = read(tmp_path)
    for name in ("presence.csv", "towers.csv"):
        head, *rows = (tmp_path / name).read_text().splitlines()
        (tmp_path / name).write_text("\n".join([head, *reversed(rows)]))
    xr.testing.assert_identical(read(tmp_path), before)


def test_towers_without_zone_or_place_are_left_out_and_noted(tmp_path: Path) -> None:
    counts = {name: [100, 100, 100] for name in ("T1", "T3", "NEAR", "FAR", "LOST")}
    write(tmp_path, counts, [*TOWERS, "NEAR,1.03,0.5", "FAR,1.2,0.5"])
    asked = small.reading(tmp_path, PLACES)
    ds = read(tmp_path, asked)
    np.testing.assert_allclose(ds["present_people"].sel(zone="A"), 1000)
    assert "1 towers have counts but no place in the table of towers (LOST). Left out; add them to it" in small.noted(asked)
    assert "1 towers lie more than 5 km from any zone (FAR). Left out" in small.noted(asked)
    assert "1 zones have no tower (C). Empty: nothing is known of people there" in small.noted(asked)


def test_a_swapped_tower_is_refused_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60]}, ["T1,8.5,30.2", "T2,8.6,30.8", "T3,8.4,30.5", "T4,8.7,30.1", "T5,30.3,8.5"])
    with pytest.raises(
        InputError, match=r"towers\.csv: 1 problem\n  line 6, column lat: '30\.3' seems swapped with the lon of T5"
    ):
        read(tmp_path)


def test_a_bad_count_is_set_aside_and_noted(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60, "many"], "T3": [100, -5, 100]})
    asked = small.reading(tmp_path, PLACES)
    assert read(tmp_path, asked)["present_people"].sel(zone="A").isnull().values.tolist() == [False, False, True]
    assert "line 4, column subscribers: 'many' is not a number" in small.noted(asked)
    assert "line 6, column subscribers: is negative" in small.noted(asked)


def test_a_zone_without_population_stays_empty(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60], "T3": [100, 100]})
    places = PLACES.assign(population_people=[1000.0, NAN, NAN])  # B has people, A and C are not known
    asked = small.reading(tmp_path, places)
    np.testing.assert_allclose(read(tmp_path, asked)["present_people"], [[NAN, NAN], [1000, 1000], [NAN, NAN]])
    assert "1 zones have no population (A). Empty: shares alone are not people" in small.noted(asked)


def test_no_row_known_yet_gives_an_empty_signal(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [60, 60], "T3": [100, 100]})
    asked = small.reading(tmp_path, PLACES, issue_date="2025-01-06")
    assert read(tmp_path, asked).sizes == {"zone": 3, "period": 0}


# ------------------------------------------------------------------ by zone, by day, by operator


def by_zone(folder: Path, counts: dict[str, list[Any]], asked: Reading | None = None, **changes: Any) -> xr.Dataset:
    rows = [f"{zone},{week},{count}" for zone, all_ in counts.items() for week, count in zip(weeks(len(all_)), all_, strict=True)]
    (folder / "presence.csv").write_text("\n".join(["zone,period,subscribers", *rows]))
    settings = presence.Settings.model_validate({"path": "presence.csv"} | changes)
    return presence.read(settings, asked or small.reading(folder, PLACES), "present_people")


def test_counts_by_zone_need_no_towers(tmp_path: Path) -> None:
    ds = by_zone(tmp_path, {"A": [100, 100, 150], "B": [100, 100, 50]})
    np.testing.assert_allclose(ds["present_people"], [[1000, 1000, 1500], [1000, 1000, 500], [NAN, NAN, NAN]])


def test_counts_of_old_zones_are_shared_out_by_the_crosswalk(tmp_path: Path) -> None:
    (tmp_path / "crosswalk.csv").write_text("from_code,to_code,share\nOLD,A,0.5\nOLD,B,0.5\n")
    ds = by_zone(tmp_path, {"OLD": [100, 100, 150], "C": [100, 100, 50]}, crosswalk={"path": "crosswalk.csv"})
    np.testing.assert_allclose(ds["present_people"], [[1000, 1000, 1500], [1000, 1000, 1500], [1000, 1000, 500]])


def test_a_crosswalk_that_loses_people_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crosswalk.csv").write_text("from_code,to_code,share\nOLD,A,0.5\n")
    with pytest.raises(InputError, match="has 1 code whose shares do not add up to 1: OLD"):
        by_zone(tmp_path, {"OLD": [100, 100, 150]}, crosswalk={"path": "crosswalk.csv"})


def test_a_code_that_is_no_zone_is_left_out_and_noted(tmp_path: Path) -> None:
    asked = small.reading(tmp_path, PLACES)
    ds = by_zone(tmp_path, {"A": [100, 100, 150], "B": [100, 100, 50], "REGION": [200, 200, 900]}, asked)
    np.testing.assert_allclose(ds["present_people"][:2, 2], [1500, 500])
    assert "1 code of places with counts is no zone and not in a crosswalk: REGION" in small.noted(asked)


def test_days_are_added_up_to_weeks_and_a_day_of_zeros_is_missing(tmp_path: Path) -> None:
    days = [str(day.date()) for day in pd.date_range("2026-02-16", "2026-03-01")]
    rows = [f"{zone},{day},{0 if day == '2026-02-25' else count}" for zone, count in (("A", 300), ("B", 100)) for day in days[:7]]
    rows += [f"{zone},{day},{0 if day == '2026-02-25' else 200}" for zone in "AB" for day in days[7:]]
    (tmp_path / "presence.csv").write_text("\n".join(["zone,period,subscribers", *rows]))
    settings = {"path": "presence.csv", "step": "day", "reference": {"from": "2026-02-16", "until": "2026-02-22"}}
    asked = small.reading(tmp_path, PLACES)
    ds = presence.read(presence.Settings.model_validate(settings), asked, "present_people")
    # From 300 and 100 to 200 and 200: two thirds and twice as many. One of seven days is missing, so 6/7 are covered.
    np.testing.assert_allclose(ds["present_people"][:2], [[1000, 1000 * 2 / 3], [1000, 2000]])
    np.testing.assert_allclose(ds["present_people_coverage"][0], [1, 6 / 7])
    assert "1 of 14 days have no usable count of any zone (2026-02-25). Missing, not 0" in small.noted(asked)


def test_the_growth_of_one_operator_is_not_people_arriving_where_it_is_strong(tmp_path: Path) -> None:
    rows = []
    for n, week in enumerate(weeks(6)):  # the operator of A and B doubles its customers, that of B does not
        rows += [f"A,{week},one,{100 + 20 * n}", f"B,{week},one,{100 + 20 * n}", f"A,{week},two,100", f"B,{week},two,300"]
    (tmp_path / "presence.csv").write_text("\n".join(["zone,period,operator,subscribers", *rows]))
    ds = presence.read(presence.Settings(path="presence.csv"), small.reading(tmp_path, PLACES), "present_people")
    np.testing.assert_allclose(ds["present_people"][:2], 1000)


def test_the_declared_reference_says_when_the_population_holds(tmp_path: Path) -> None:
    counts = {"A": [100, 100, 100, 150], "B": [100, 100, 100, 50]}
    window = {"from": weeks(1)[0], "until": weeks(1)[0]}
    ds = by_zone(tmp_path, counts, reference=window)
    np.testing.assert_allclose(ds["present_people"][:2], [[1000 * 0.5 / 0.75] * 3 + [1000], [2000] * 3 + [1000]])
    with pytest.raises(InputError, match="holds no count"):
        by_zone(tmp_path, counts, reference={"from": "2020-01-01", "until": "2020-02-01"})
    with pytest.raises(ValidationError, match="until is before from"):
        by_zone(tmp_path, counts, reference={"from": "2020-02-01", "until": "2020-01-01"})


# ------------------------------------------------------------------ outages, belief, uncertainty


def test_a_tower_out_of_order_while_its_neighbours_count_is_missing(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [600, 600, 600, 20], "T2": [4000] * 4, "T3": [4000] * 4})
    asked = small.reading(tmp_path, PLACES)
    ds = read(tmp_path, asked)
    np.testing.assert_allclose(ds["present_people"].sel(zone=["A", "B"]), 1000)
    assert ds["present_people_coverage"].sel(zone="A").values[-1] == pytest.approx(4000 / 4600)
    assert "the tower T1 has next to nothing of its usual while its neighbours have theirs (2026-02-23)" in small.noted(asked)
    assert read(tmp_path, outage_below=0)["present_people"].sel(zone="A").values[-1] < 950


def test_a_week_in_which_the_operator_counts_in_part_is_missing(tmp_path: Path) -> None:
    write(tmp_path, {"T1": [600, 600, 600, 100, 600], "T2": [400, 400, 400, 60, 400], "T3": [1000, 1000, 1000, 400, 1000]})
    asked = small.reading(tmp_path, PLACES)
    ds = read(tmp_path, asked)
    assert ds["present_people"].sel(zone="A").isnull().values.tolist() == [False, False, False, True, False]
    assert "1 periods in which the operator counts less than half of before (2026-02-16). Taken as out of order" in small.noted(
        asked
    )


def test_a_network_that_stays_small_is_read_again(tmp_path: Path) -> None:
    small_for_good = [1000] * 4 + [300] * 10
    ds = by_zone(tmp_path, {"A": small_for_good, "B": small_for_good})
    known = ds["present_people"].sel(zone="A").notnull().values
    assert not known[4]
    assert known[-4:].all()
    np.testing.assert_allclose(ds["present_people"].sel(zone="A").values[-4:], 1000)


def test_the_change_is_believed_less_where_few_have_a_phone(tmp_path: Path) -> None:
    # Usual: 20 of 1000 people in A and B, 0.02 of an inhabitant; believed in full from 0.08 on: a quarter of the change.
    ds = by_zone(tmp_path, {"A": [20, 20, 30], "B": [20, 20, 18]}, enough_phones=0.08)
    change = (30 / 48) / 0.5
    assert ds["present_people"].sel(zone="A").values[-1] == pytest.approx(1000 * (1 + 0.25 * (change - 1)))
    full = by_zone(tmp_path, {"A": [20, 20, 30], "B": [20, 20, 18]}, enough_phones=0.001)
    assert full["present_people"].sel(zone="A").values[-1] == pytest.approx(1000 * change)


def test_fewer_phones_are_less_certain_and_what_is_not_believed_is_uncertain() -> None:
    many, few_ = (counts_of([[size, size, size], [size, size, size]], ["A", "B"]) for size in (10_000.0, 100.0))
    cvs = []
    for found in (many, few_):
        change = _subscribers.change(found, _subscribers.usual_of(found))
        cvs.append(presence.people_present(change, np.full(3, 1000.0), 0.05)[1][0, -1])
    # One source a zone, all alike: the least spread of 0.02, as if of four sources and one: 4/5 of it, and the counting itself.
    np.testing.assert_allclose(cvs, np.sqrt(0.8 * 0.02**2 + 1 / np.array([10_000, 100])))
    found = counts_of([[100, 100, 150], [100, 100, 50]], ["A", "B"])
    change = _subscribers.change(found, _subscribers.usual_of(found))
    people, cv = presence.people_present(change, np.full(3, 1000.0), 1.0)  # belief 0.1: 0.9 of a change of 1.5 is not believed
    assert people[0, -1] == pytest.approx(1050)
    assert cv[0, -1] * people[0, -1] >= 0.9 * 500


def test_people_present_say_that_they_are_not_added_to_registers(tmp_path: Path) -> None:
    asked = small.reading(tmp_path, PLACES)
    by_zone(tmp_path, {"A": [100, 100, 150], "B": [100, 100, 50]}, asked)
    said = [assumption.source for assumption in asked.ledger.assumptions if assumption.figure == "present_people"]
    assert "take the place of population and registers of displaced people and are not added to them" in said[0]


def test_zones_without_a_place_may_have_counts(tmp_path: Path) -> None:
    nowhere = PLACES.set_geometry([None] * len(PLACES)).set_crs("EPSG:4326", allow_override=True)
    ds = by_zone(tmp_path, {"A": [100, 100, 150], "B": [100, 100, 50]}, small.reading(tmp_path, nowhere))
    np.testing.assert_allclose(ds["present_people"][:2], [[1000, 1000, 1500], [1000, 1000, 500]])


def test_a_point_zone_is_a_part_of_the_area_it_lies_in_and_no_size_of_the_network(tmp_path: Path) -> None:
    places = small.zones({"A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1), "CAMP": Point(0.5, 0.5)}, people=1000.0)
    counts = {"A": [300, 300, 400], "B": [300, 300, 200], "CAMP": [50, 50, 100]}
    ds = by_zone(tmp_path, counts, small.reading(tmp_path, places))
    np.testing.assert_allclose(ds["present_people"][:, 2], [4000 / 3, 2000 / 3, 2000])


def test_where_all_towers_around_fall_silent_together_people_have_left(tmp_path: Path) -> None:
    flee = {f"T{n}": [1000, 1000, 1000, 20] for n in range(4)}
    towers = [f"T{n},{0.45 + 0.03 * n},0.5" for n in range(4)]
    write(tmp_path, flee | {"STAY": [10_000] * 4}, [*towers, "STAY,0.5,1.5"])
    asked = small.reading(tmp_path, PLACES)
    newest = read(tmp_path, asked)["present_people"].sel(zone="A").values[-1]
    assert newest == pytest.approx(1000 * (80 / 10_080) / (4000 / 14_000))
    assert "next to nothing" not in small.noted(asked)
