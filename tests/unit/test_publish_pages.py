"""The pages of a run, map.html and summary.md, and the figures behind them."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from forecast import met_need
from forecast.errors import Problem
from forecast.publish import _about, _layout, _projection, _shapes, _style, _text, _week, map, summary
from forecast.publish._svg import tag
from forecast.schema import Result
from tests.results import ISSUE, country_result, plan_of, tiny_result, with_plan


@pytest.fixture(scope="module")
def country() -> Result:
    return country_result()


@pytest.fixture(scope="module")
def tiny_map() -> str:
    return map.page(tiny_result(), plan_of(tiny_result()))


# ------------------------------------------------------------------ figures behind the pages


def test_coverage_over_zones_is_weighted_by_people() -> None:
    shares = met_need.by_zone(plan_of(tiny_result()).cells)
    share = met_need.over_zones(shares)
    assert share.covered == pytest.approx((300 * 0.8 + 100 * 0.0) / 400)
    assert share.weighted_by_people


def test_zones_without_known_people_are_left_out_and_counted() -> None:
    cells = plan_of(tiny_result()).cells.assign(people=[np.nan, 100.0])
    share = met_need.over_zones(met_need.by_zone(cells))
    assert (share.covered, share.zones, share.left_out) == (0.0, 1, 1)


def test_where_nobody_is_counted_each_zone_weighs_the_same() -> None:
    cells = plan_of(tiny_result()).cells.assign(people=np.nan)
    share = met_need.over_zones(met_need.by_zone(cells))
    assert share.covered == pytest.approx(0.4)
    assert not share.weighted_by_people


def test_a_need_is_the_mean_of_its_items_and_an_item_without_demand_does_not_count() -> None:
    cells = plan_of(tiny_result()).cells.iloc[[0, 0, 0]].assign(item=["a", "b", "c"], coverage=[0.8, 0.2, 1.0])
    cells = cells.assign(demand_mean=[100.0, 5.0, 0.0], expected_unmet=[20.0, 4.0, 0.0])
    assert list(met_need.by_zone(cells)["coverage"]) == [pytest.approx(0.5)]


def two_weeks(demand: list[float], unmet: list[float], carried: list[float]) -> float:
    """Coverage over both weeks of one zone and item."""
    cells = (
        plan_of(tiny_result())
        .cells.iloc[[0, 0]]
        .assign(period=[ISSUE, ISSUE + pd.Timedelta(weeks=1)], demand_mean=demand, expected_unmet=unmet, carried_need=carried)
    )
    return float(met_need.by_zone(cells)["coverage"].iloc[0])


def test_over_several_periods_what_lapsed_unmet_is_not_covered() -> None:
    assert two_weeks([300, 100], [0, 80], [0, 0]) == pytest.approx(1 - 80 / 400)


def test_need_that_is_carried_on_and_met_later_is_covered_and_counted_once() -> None:
    assert two_weeks([100, 100], [40, 60], [0, 40]) == pytest.approx(1 - 60 / 200)
    assert two_weeks([100, 100], [40, 0], [0, 40]) == pytest.approx(1)


def reach(closures: list[tuple[str, str, str, str]]) -> list[tuple[str, str]]:
    """Zones cut off and since when, for two depots, lanes to 00123 from both and to =Z2 from D1 alone, three weeks."""
    result = tiny_result()
    cells = plan_of(result).cells
    cells = pd.concat([cells.assign(period=ISSUE + pd.Timedelta(weeks=n)) for n in range(3)])
    lanes = pd.DataFrame({"from": ["D1", "D2", "D1"], "to": ["00123", "00123", "=Z2"]})
    shut = pd.DataFrame(closures, columns=["from", "to", "start", "until"]).assign(why="flood")
    shut = shut.astype({"start": "datetime64[s]", "until": "datetime64[s]"})
    routes = dataclasses.replace(result.inputs.routes, lanes=lanes, closures=shut)
    found = _week.cut_off(dataclasses.replace(plan_of(result), cells=cells), routes)
    return [(row["zone"], str(row["from_day"].date())) for row in found.to_dict("records")]


def test_a_zone_is_cut_off_only_when_every_lane_to_it_is_shut() -> None:
    assert reach([("D1", "00123", "2026-11-20", "")]) == []
    assert reach([("D1", "00123", "2026-11-20", ""), ("D2", "00123", "2026-11-20", "")]) == [("00123", "2026-11-23")]


def test_a_zone_is_cut_off_from_the_day_its_last_lane_shuts() -> None:
    shut = [("D1", "00123", "2026-11-25", ""), ("D2", "00123", "2026-12-01", "")]
    assert reach(shut) == [("00123", "2026-12-01")]


def test_lanes_that_shut_one_after_the_other_cut_nobody_off() -> None:
    assert reach([("D1", "00123", "2026-11-23", "2026-11-30"), ("D2", "00123", "2026-11-30", "")]) == []


def test_a_closure_after_the_plan_is_not_told() -> None:
    assert reach([("D1", "=Z2", "2026-12-14", "")]) == []
    assert reach([("D1", "=Z2", "2026-12-13", "")]) == [("=Z2", "2026-12-13")]


def test_a_zone_without_any_lane_is_out_of_reach_from_the_start() -> None:
    result = tiny_result()
    lanes = result.inputs.routes.lanes.iloc[:1]
    routes = dataclasses.replace(result.inputs.routes, lanes=lanes, closures=result.inputs.routes.closures.iloc[:0])
    found = _week.cut_off(plan_of(result), routes)
    assert found.to_numpy().tolist() == [["=Z2", ISSUE, "no lane to it is given"]]


def test_a_sum_with_an_unknown_weight_is_unknown() -> None:
    lines = plan_of(tiny_result()).lines
    sent = lines[lines["quantity"] > 0]
    twice = pd.concat([sent, sent.assign(line_id="L3", kg=np.nan)])
    lane = _week.by_lane(twice).iloc[0]
    assert (lane["lines"], lane["trips"]) == (2, 2)
    assert math.isnan(lane["kg"])


def test_stock_that_serves_as_a_substitute_runs_out_where_its_demand_is_short() -> None:
    result = tiny_result()
    plan = plan_of(result)
    grouped = dataclasses.replace(plan, cells=plan.cells.assign(item="any_kit"))
    assert _week.run_out(grouped, result.inputs.items.assign(substitutes="")).empty
    found = _week.run_out(grouped, result.inputs.items.assign(substitutes="any_kit"))
    assert found.to_numpy().tolist() == [["D1", "kit", ISSUE]]


# ------------------------------------------------------------------ map


@pytest.mark.parametrize(("latitude", "per_degree"), [(0.0, 111.195), (60.0, 55.5975)])
def test_east_west_distances_on_the_page_match_the_scale_at_that_latitude(latitude: float, per_degree: float) -> None:
    page = _projection.fit((10.0, latitude - 1, 12.0, latitude + 1), 100, 100, 5)
    (x1, _), (x2, _) = page.to_page(np.array([[10.5, latitude], [11.5, latitude]]))
    assert (x2 - x1) * page.km_per_mm == pytest.approx(per_degree)
    (_, y1), (_, y2) = page.to_page(np.array([[11.0, latitude], [11.0, latitude + 0.5]]))
    assert (y1 - y2) * page.km_per_mm == pytest.approx(111.195 / 2)


@pytest.mark.parametrize(
    ("km_per_mm", "longest", "km", "mm"),
    [(10.0, 30.0, 200.0, 20.0), (1.0, 30.0, 20.0, 20.0), (0.9, 60.0, 50.0, 50 / 0.9), (0.02, 30.0, 0.5, 25.0)],
)
def test_the_scale_bar_is_the_longest_round_distance_that_fits(km_per_mm: float, longest: float, km: float, mm: float) -> None:
    assert _projection.scale_bar(km_per_mm, longest) == pytest.approx((km, mm))


def test_a_map_fills_its_frame_and_stays_inside() -> None:
    page = _projection.fit((-13.0, 7.0, -10.0, 10.0), 90, 120, 4, foot=5)
    xy = page.to_page(np.array([[-13.0, 7.0], [-10.0, 10.0]]))
    assert xy[:, 0].tolist() == pytest.approx([4, 86])
    assert 4 <= xy[1, 1] < xy[0, 1] <= 111


def test_an_unknown_share_has_a_class_of_its_own() -> None:
    assert _style.class_of(math.nan) == "unknown"
    assert [_style.class_of(share) for share in (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)] == ["c0", "c1", "c2", "c3", "c4", "c4"]


def test_a_class_goes_by_the_percent_that_is_printed() -> None:
    assert (_text.percent(0.496), _style.class_of(0.496)) == ("50 %", "c2")


def test_the_classes_differ_in_brightness_so_that_black_and_white_prints_can_be_read() -> None:
    def brightness(colour: str) -> float:
        red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    levels = [brightness(colour) for _, colour, _ in _style.CLASSES]
    assert all(after - before > 25 for before, after in itertools.pairwise(levels))


def test_neither_name_nor_title_can_become_markup(tiny_map: str) -> None:
    page = tiny_map
    assert "<b>Bala</b>" not in page
    assert "&lt;b&gt;Bala&lt;/b&gt;" in page
    assert "<h1>Kits for Kori &amp; Bala</h1>" in page
    assert tag("p", '"<i>&', class_='a"b') == '<p class="a&quot;b">&quot;&lt;i&gt;&amp;</p>'


def test_the_map_has_every_part_of_a_map(tiny_map: str) -> None:
    page = tiny_map
    parts = ["DRAFT", "Mon 23 Nov 2026", "Data until Sun 22 Nov 2026", "2026-11-23 05:12:09 UTC", "2026-11-23-base-1f3a9c2e"]
    parts += ["records_2026.csv", "EPSG:4326", "0.5° N", "Supply cell", "DRAFT: not for use.", " km</text>", ">N</text>"]
    parts += ["under 25 %", "no demand (under one person), or not planned", ">Port</text>", "60 % covered this week", "Kit 80"]
    for part in parts:
        assert part in page, part


def test_the_map_asks_nothing_of_the_network_and_runs_nothing(country: Result) -> None:
    page = map.page(country, plan_of(country))
    assert "<script" not in page
    assert "http:" not in page
    assert "https:" not in page
    assert all(link.startswith("#") for link in re.findall(r'(?:src|href)="([^"]*)"', page))
    assert re.findall(r"url\(([^)]*)\)", page) == ["#hatch"] * page.count("url(")


def test_zones_without_demand_are_hatched_and_not_coloured(country: Result) -> None:
    page = map.page(country, plan_of(country))
    water, food, care = page.split("<figure>")[1:]
    assert water.count('class="unknown"') == food.count('class="unknown"') == 0
    hatched = re.search(r'<g class="unknown">(.*?)</g>', care, re.DOTALL)
    assert hatched is not None
    assert hatched[1].count("<use") == 2
    assert hatched[1].count("care: no demand known, not planned") == 2


def test_a_zone_where_less_than_one_person_is_in_need_is_no_alarm_on_the_map_either() -> None:
    result = tiny_result()
    plan = plan_of(result)
    cells = plan.cells.assign(people=plan.cells["people"].where(plan.cells["zone"] != "=Z2", 0.4))
    changed = with_plan(result, cells=cells)
    page = map.page(changed, plan_of(changed))
    assert 'class="unknown"' not in map.page(result, plan)
    assert page.count('class="unknown"') == 1


def test_each_zone_is_drawn_once_per_need_from_one_shape(country: Result) -> None:
    page = map.page(country, plan_of(country))
    assert len(set(re.findall(r'<path id="(z\d+)"', page))) == 40
    assert page.count("<use ") == 3 * 40


def test_neighbours_keep_their_common_border_when_simplified() -> None:
    wave = [(10 + 0.05 * math.sin(3 * y), y / 10) for y in range(101)]
    left = shapely.Polygon([(0, 0), *wave, (0, 10)])
    right = shapely.Polygon([(20, 0), *wave, (20, 10)])
    a, b = _shapes.simplified(np.array([left, right]))
    assert shapely.get_num_coordinates(a) < 20
    assert a.intersection(b).area == 0
    assert a.union(b).area == pytest.approx(200)


def test_outlines_are_made_coarser_until_the_page_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    circles = np.array([shapely.Point(n * 30, 0).buffer(10, 200) for n in range(4)])
    monkeypatch.setattr(_shapes, "MOST_POINTS", 60)
    assert shapely.get_num_coordinates(_shapes.simplified(circles)).sum() <= 60


def test_a_zone_too_small_to_draw_becomes_a_mark_and_does_not_vanish() -> None:
    assert _shapes.path(shapely.box(5.01, 5.01, 5.02, 5.02)) == "M45 45h10v10h-10z"


def test_zones_on_both_sides_of_the_date_line_are_drawn_side_by_side() -> None:
    zones = gpd.GeoDataFrame({"zone": ["E", "W"]}, geometry=[shapely.Point(179, -17), shapely.Point(-179, -17)], crs="EPSG:4326")
    moved, depots = _shapes.unwrapped(zones, pd.DataFrame({"depot": ["D"], "lon": [-178.5], "lat": [-18.0]}))
    assert moved.total_bounds.tolist() == [179, -17, 181, -17]
    assert depots["lon"].tolist() == [181.5]


@pytest.mark.parametrize("maps", [1, 2, 3])
@pytest.mark.parametrize("shape", [(1.0, 1.0), (4.0, 1.0), (1.0, 4.0)])
def test_all_maps_fit_on_the_front_page(maps: int, shape: tuple[float, float]) -> None:
    room = _layout.layout(maps, shape)
    across = int((_layout.SHEET[0] + _layout.GAP) // (room.width + _layout.GAP))
    down = math.ceil(maps / across)
    assert across >= 1
    assert down * (room.height + _layout.CAPTION) + (down - 1) * _layout.GAP <= 131
    assert min(room.width, room.height) > 25


def test_points_are_drawn_as_circles(country: Result) -> None:
    sites = country_result(30, points=True)
    page = map.page(sites, plan_of(sites))
    assert len(re.findall(r'<circle id="z\d+"', page)) == 30
    assert '<path id="z0"' not in page


# ------------------------------------------------------------------ summary


def test_the_summary_tells_what_to_do_and_what_is_not_known() -> None:
    page = summary.text(tiny_result())
    for line in ("# Kits for Kori & Bala", "**DRAFT** · issue date Mon 23 Nov 2026", "### Port (D1): 1 zone, 800 kg, 1 trip",
                 "| Kori (00123) | Kit 80 | 800 kg | 1 |", "| care | 60 % | 60 % | 2 |", "Mon 23 Nov 2026 | 100 | bridge out |",
                 "- 1: no open road", "- Port (D1): Kit (Mon 23 Nov)", "- Kit (kit): ets (1 zone); norm (1 zone)",
                 "- routes from D1: speed_kmh = 35 km/h. Source: config, plan.speed_kmh",
                 "- 1 in records_1.csv: is not a number (records_1.csv, line 4, distributed, '-1+1')",
                 "- No fleet given: no limit on vehicles."):  # fmt: skip
        assert line in page, line
    assert "<b>" not in page


def test_fall_backs_of_models_are_named_and_counted(country: Result) -> None:
    assert (
        "- Health kit (hygiene_kit): ets (33 zones); ets, fell back to moving_average (5 zones); none (2 zones)"
        in summary.text(country)
    )


def test_assumptions_of_one_source_share_a_line() -> None:
    country = country_result(12)
    for item in ("vaccine", "tablet"):
        country.ledger.assume("pack", item, 1, "item units per pack", "default: no figure given")
    page = summary.text(country)
    assert "- hygiene_kit: keeps_days = no limit. Source: default: no figure given" in page
    assert "- tablet, vaccine: keeps_days = no limit, pack = 1 item units per pack. Source: default: no figure given" in page


def test_many_assumptions_of_one_source_are_counted() -> None:
    country = country_result(12)
    for n in range(20):
        country.ledger.assume("stock", f"D{n:02d}", n, "kit", "invented")
    assert (
        "- stock: 0 kit (D00), 1 kit (D01), 2 kit (D02), 3 kit (D03), 4 kit (D04), 5 kit (D05) and 14 more. Source: invented"
        in summary.text(country)
    )


def test_without_any_weight_or_fleet_their_columns_go_and_the_page_says_so() -> None:
    lines = plan_of(tiny_result()).lines
    bare = with_plan(tiny_result(), lines=lines.assign(kg=np.nan, trips=np.nan))
    page = summary.text(bare)
    assert "Weights and trips are not known" in page
    assert "### Port (D1): 1 zone\n\n| to | what |\n" in page
    drawn = map.page(bare, plan_of(bare))
    assert "Weights and trips are not known" in drawn
    assert drawn.count("lane weightless") == 2  # on the map and in its legend


def test_a_road_that_shuts_later_has_a_sign_of_its_own() -> None:
    result = tiny_result()
    plan = plan_of(result)
    later = pd.concat([plan.cells, plan.cells.assign(period=ISSUE + pd.Timedelta(weeks=1))], ignore_index=True)
    shut = result.inputs.routes.closures.assign(start=pd.Timestamp("2026-12-01").as_unit("s"))
    routes = dataclasses.replace(result.inputs.routes, closures=shut)
    result = dataclasses.replace(with_plan(result, cells=later), inputs=dataclasses.replace(result.inputs, routes=routes))
    page = map.page(result, plan_of(result))
    assert "Roads to 1 zone shut within the plan." in page
    assert "road shuts within the plan" in page
    assert "no open road</li>" not in page


def test_problems_that_differ_in_figures_alone_are_one_kind() -> None:
    country = country_result(12)
    note = Problem("records_2025.csv", "is 12 times the largest of its series (DM01001, kit)", "Set aside", line=3)
    country.ledger.problems.note(note)
    page = summary.text(country)
    kind = (
        "- 4 in records_2025.csv, records_2026.csv: is ... times the largest of its series (the first: records_2025.csv, line 3)"
    )
    assert kind in page
    assert page.index(kind) < page.index(
        "- 1 in records_2026.csv: is not a known zone (records_2026.csv, line 33, zone, 'DM0103')"
    )


def test_what_limits_counts_each_cause_of_a_reason_once() -> None:
    reasons = ["stock of kit gone at D1; trucks of D1 full", "stock of kit gone at D1"]
    cells = plan_of(tiny_result()).cells.assign(reason=reasons)
    page = summary.text(with_plan(tiny_result(), cells=cells))
    assert "- 2: stock of kit gone at D1\n- 1: trucks of D1 full" in page


def test_long_item_names_give_way_to_their_code_in_lists() -> None:
    result = tiny_result()
    lines = plan_of(result).lines
    named = result.inputs.items.assign(name="Kit of everything for one hundred people")
    assert list(_week.contents(lines, named)) == ["kit 80"]
    assert list(_week.contents(lines.assign(unit="box"), result.inputs.items)) == ["Kit 80 box"]


def test_files_that_differ_in_their_date_are_one_source() -> None:
    files = ["rain/rain_2026-01-05.tif", "rain/rain_2026-01-12.tif", "zones.gpkg", "records_2026.csv"]
    assert _about._sources(files) == ["rain_*.tif (2)", "records_2026.csv", "zones.gpkg"]


@pytest.mark.parametrize(
    ("value", "words"),
    [(8200.0, "8,200"), (0.46, "0.46"), (3.25, "3.2"), (0.0, "0"), (math.nan, "unknown"), (1234567.8, "1,234,568")],
)
def test_numbers_read_as_people_write_them(value: float, words: str) -> None:
    assert _text.number(value) == words


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0 %"), (0.004, "<1 %"), (0.734, "73 %"), (0.997, "99 %"), (1.0, "100 %"), (math.nan, "unknown")]
)
def test_nearly_nothing_and_nearly_all_are_not_rounded_away(share: float, words: str) -> None:
    assert _text.percent(share) == words
