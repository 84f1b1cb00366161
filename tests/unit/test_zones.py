"""The set of zones: out of one block or several, with places or without, and what is said of codes that look wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from forecast import config, pipeline
from forecast.errors import InputError
from tests.operation import Operation, tiny_operation
from tests.small_places import write_nine

DISTRICTS = {"use": "vector", "path": "zones.geojson"}
PEOPLE = {"use": "raster", "path": "people.tif", "unit": "people", "over_zone": "sum"}
CAMPS = {"use": "points", "path": "camps.csv"}


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return tiny_operation(tmp_path)


def list_zones(operation: Operation, *blocks: dict[str, Any]) -> None:
    operation.settings["inputs"]["zones"] = list(blocks)


def remarks(operation: Operation) -> str:
    return "\n".join(operation.ledger.remarks)


# ------------------------------------------------------------------ several blocks


def test_polygons_and_points_of_two_blocks_are_one_set(operation: Operation) -> None:
    operation.write("camps.csv", "zone,lat,lon,population", "C-1,9.0,30.0,500")
    list_zones(operation, DISTRICTS, CAMPS)
    zones = operation.inputs().zones
    assert zones.index.tolist() == ["C-1", "Z-01", "Z-02", "Z-03"]
    assert zones["population_people"].tolist() == [500, 1000, 2000, 3000]
    assert zones.geom_type.tolist() == ["Point", "Polygon", "Polygon", "Polygon"]
    assert "inside the area" not in remarks(operation)


def test_the_order_of_blocks_does_not_matter(operation: Operation) -> None:
    operation.write("camps.csv", "zone,lat,lon", "C-1,5.2,30.2")
    list_zones(operation, DISTRICTS, CAMPS)
    first = operation.inputs().zones
    list_zones(operation, CAMPS, DISTRICTS)
    pd.testing.assert_frame_equal(first, operation.inputs().zones)


def test_a_camp_inside_a_district_is_remarked_upon(operation: Operation) -> None:
    operation.write("camps.csv", "zone,lat,lon", "C-1,5.2,30.2", "C-2,9,30")
    list_zones(operation, DISTRICTS, CAMPS)
    operation.inputs()
    assert "1 point zone inside the area of another zone (C-1 in Z-01): its people may include theirs." in remarks(operation)


def test_a_code_in_two_blocks_is_refused_naming_both(operation: Operation) -> None:
    operation.write("camps.csv", "zone,lat,lon", "Z-02,5.2,30.2")
    list_zones(operation, DISTRICTS, CAMPS)
    assert operation.refusal() == (
        "config.yaml: 1 problem\n"
        "  setting inputs.zones: 'Z-02' stands in block 1 (zones.geojson) and block 2 (camps.csv). Leave it out of one of them"
    )


def test_problems_of_all_blocks_are_told_at_once(operation: Operation) -> None:
    list_zones(operation, {"use": "vector", "path": "zone.geojson"}, {"use": "points", "pth": "camps.csv"})
    told = operation.refusal()
    assert "'zone.geojson' is no file of the data folder. Did you mean 'zones.geojson'?" in told
    assert "setting inputs.zones[2].pth: 'pth' is not a setting. Did you mean 'path'?" in told


def test_codes_that_differ_by_case_only_are_refused(operation: Operation) -> None:
    operation.write_zones(("Z-01", "z-01", "Z-03"))
    assert "setting inputs.zones: 'Z-01' and z-01 differ by upper and lower case only. Give each zone one code" in (
        operation.refusal()
    )


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], r"setting inputs\.zones: is an empty list; write one block or more"),
        ([DISTRICTS, {"path": "camps.csv"}], r"setting inputs\.zones: block 2 of the list does not say where it comes from"),
    ],
)
def test_a_list_that_says_too_little_is_refused(operation: Operation, blocks: list[Any], message: str) -> None:
    operation.settings["inputs"]["zones"] = blocks
    with pytest.raises(InputError, match=message):
        operation.job()


def test_only_zones_may_be_a_list(operation: Operation) -> None:
    operation.settings["inputs"]["stock"] = [{"use": "table", "path": "stock.csv"}]
    assert "setting inputs.stock: is a list of blocks, which only zones may be. Write one block; of files" in operation.refusal()


def test_a_list_in_a_scenario_replaces_the_zones_and_a_block_replaces_a_list(operation: Operation) -> None:
    (operation.folder / "scenarios").mkdir()
    (operation.folder / "scenarios" / "camps.yaml").write_text(json.dumps({"inputs": {"zones": [DISTRICTS, CAMPS]}}))
    (operation.folder / "scenarios" / "again.yaml").write_text(json.dumps({"inputs": {"zones": {"use": "points", "path": "a"}}}))
    blocks = {name: operation.job(name).config.inputs["zones"].blocks for name in ("camps", "again")}
    assert [block.use for block in blocks["camps"]] == ["vector", "points"]
    assert [block.settings for block in blocks["again"]] == [{"path": "a"}]
    dumped = operation.job("camps").config.model_dump(mode="json")
    assert config.Config.model_validate(dumped).inputs["zones"].blocks == blocks["camps"]


# ------------------------------------------------------------------ P-codes


def test_a_p_code_that_does_not_start_with_its_parent_is_remarked_upon(operation: Operation) -> None:
    operation.write("camps.csv", "zone,lat,lon,parent", "NG0101,5.2,31,NG01", "NG0301,5.3,31.2,NG02", "NG0401,5.3,31.3,Kano")
    operation.settings["inputs"]["zones"] = CAMPS
    operation.write_records(("NG0101",))
    operation.inputs()
    assert "1 zone whose P-code does not start with that of its parent: NG0301 of NG02. One of the two may be wrong." in (
        remarks(operation)
    )


# ------------------------------------------------------------------ zones without a place


def nowhere(operation: Operation) -> None:
    """Zones from a table that says no places, and a route to two of the three."""
    operation.write("list.csv", "code,name,people", "Z-01,Kori,1000", "Z-02,Bala,2000", "Z-03,Wadi,")
    columns = {"zone": "code", "zone_name": "name", "population": "people"}
    operation.settings["inputs"]["zones"] = {"use": "table", "path": "list.csv", "columns": columns}
    operation.write("routes.csv", "from,to,hours_one_way", "D1,Z-01,2", "D2,Z-02,3")
    operation.input("routes", path="routes.csv")


def test_zones_may_come_from_a_table_without_any_place(operation: Operation) -> None:
    nowhere(operation)
    inputs = operation.inputs()
    assert inputs.zones["zone_name"].tolist() == ["Kori", "Bala", "Wadi"]
    assert inputs.zones["population_people"].fillna(-1).tolist() == [1000, 2000, -1]
    assert inputs.zones.geometry.isna().all()
    assert inputs.routes.lanes["to"].tolist() == ["Z-01", "Z-02"]
    assert "No place is known of any zone." in remarks(operation)


def test_without_places_lanes_must_be_given(operation: Operation) -> None:
    nowhere(operation)
    del operation.settings["inputs"]["routes"]
    assert operation.refusal() == (
        "config.yaml: 1 problem\n"
        "  setting inputs.zones: no zone has a place (Z-01, Z-02, Z-03), so no lanes can be derived from distance. "
        "Give inputs.routes with a lane to each, or their places (lat and lon: use: points)"
    )


def test_a_repeated_or_unreadable_row_of_a_table_of_zones_is_refused_with_its_line(operation: Operation) -> None:
    nowhere(operation)
    operation.append("list.csv", "Z-01,Kori,1000", "Z-04,Dune,many")
    told = operation.refusal()
    assert told.startswith("list.csv: 2 problems\n  line 6, column people: 'many' is not a number.")
    assert "line 5: repeats zone Z-01. It stands in line 2 too. Keep one of the two" in told


def test_latitudes_that_are_not_looked_at_are_remarked_upon(operation: Operation) -> None:
    nowhere(operation)
    operation.write("list.csv", "code,name,people,lat,lon", *(f"Z-0{n},Kori,1000,5,30" for n in (1, 2, 3)))
    operation.inputs()
    assert "The table of zones has lat and lon, which use: table does not look at; use: points does." in remarks(operation)


def test_a_raster_over_zones_without_a_place_is_refused_by_name(operation: Operation) -> None:
    nowhere(operation)
    write_nine(operation.folder / "people.tif")
    operation.settings["inputs"]["population"] = PEOPLE
    assert "population: 1 problem\n  needs to know where the zones are, and no zone has a place." in operation.refusal()


def test_a_raster_leaves_the_zones_without_a_place_empty(operation: Operation) -> None:
    operation.write("list.csv", "zone", "NOWHERE")
    operation.write("camps.csv", "zone,lat,lon", "C-1,1.5,1.5")
    operation.write("depots.csv", "depot,lat,lon", "D1,1,1", "D2,1.1,2")
    list_zones(operation, CAMPS, {"use": "table", "path": "list.csv"})
    operation.write("routes.csv", "from,to,hours_one_way", "D1,C-1,2", "D2,NOWHERE,3")
    operation.input("routes", path="routes.csv")
    operation.write_records(("C-1", "NOWHERE"))
    write_nine(operation.folder / "people.tif")
    operation.settings["inputs"]["population"] = {**PEOPLE, "catchment_km": 5}
    people = operation.inputs().zones["population_people"]
    assert people["C-1"] > 0
    assert pd.isna(people["NOWHERE"])
    assert "population stays empty for 1 zone without a place: NOWHERE." in remarks(operation)
    assert "No place is known of 1 of 2 zones: NOWHERE." in remarks(operation)


def run(operation: Operation) -> Path:
    operation.settings["paths"] = {"runs": "runs"}
    operation.settings["forecast"] = {"default": {"use": "moving_average"}, "horizon": 2, "samples": 20}
    operation.settings["plan"] = {"horizon": 1}
    return pipeline.run(operation.job()).folder


def test_a_run_without_any_place_has_tables_and_says_why_there_is_no_map(operation: Operation) -> None:
    nowhere(operation)
    folder = run(operation)
    page = (folder / "map.html").read_text(encoding="utf-8")
    assert "No map: the places of the zones are not known." in page
    assert "none: the places of the zones are not known" in page
    assert "<svg" not in page
    assert "To load this week, by depot" in page
    layers = dict(pyogrio.list_layers(folder / "allocation.gpkg"))
    assert layers == {"zones": None, "depots": "Point", "lanes": None}
    assert pyogrio.read_dataframe(folder / "allocation.gpkg", layer="zones")["zone"].tolist() == ["Z-01", "Z-02", "Z-03"]


def test_a_camp_is_drawn_over_the_district_it_lies_in(operation: Operation) -> None:
    operation.write("camps.csv", "zone,lat,lon", "C-1,5.2,30.2")
    list_zones(operation, CAMPS, DISTRICTS)
    page = (run(operation) / "map.html").read_text(encoding="utf-8")
    drawn = re.findall(r'href="#z(\d)"', page)
    assert drawn[-1] == "0"  # C-1, the first by code, is drawn last
    assert sorted(drawn) == ["0", "1", "2", "3"]


def test_a_run_with_some_places_draws_them_and_counts_the_others(operation: Operation) -> None:
    operation.write("list.csv", "zone", "NOWHERE")
    list_zones(operation, DISTRICTS, {"use": "table", "path": "list.csv"})
    operation.write("routes.csv", "from,to,hours_one_way", "D1,Z-01,2", "D1,NOWHERE,3", "D1,Z-02,3", "D1,Z-03,3")
    operation.input("routes", path="routes.csv")
    operation.write_records(("NOWHERE", "Z-01"))
    folder = run(operation)
    page = (folder / "map.html").read_text(encoding="utf-8")
    assert "No place is known of 1 zone: in the tables, not on the map." in page
    assert page.count('<path id="z') == 3
    zones = gpd.read_file(folder / "allocation.gpkg", layer="zones").set_index("zone")
    assert zones.geometry.isna().to_dict() == {"NOWHERE": True, "Z-01": False, "Z-02": False, "Z-03": False}


def test_of_several_versions_of_a_zone_in_a_table_the_one_known_last_counts(operation: Operation) -> None:
    nowhere(operation)
    rows = ("Z-01,Kori,1000,", "Z-02,Bala,2000,2026-01-01", "Z-02,Bala,2500,2026-02-01", "Z-02,Bala,9,2026-03-03", "Z-03,Wadi,,")
    operation.write("list.csv", "code,name,people,known_on", *rows)
    assert operation.inputs().zones["population_people"].fillna(-1).tolist() == [1000, 2500, -1]
    assert "1 row of zones not yet known on 2026-03-02: counted, not used." in remarks(operation)
    assert "1 row of zones replaced by a version known later: counted, not used." in remarks(operation)


# ------------------------------------------------------------------ areas over each other


def squares(operation: Operation, name: str, **boxes: tuple[float, float, float, float]) -> dict[str, Any]:
    """A block of rectangles: code -> west, south, east, north."""
    places = gpd.GeoDataFrame({"zone": list(boxes)}, geometry=[shapely.box(*box) for box in boxes.values()], crs=4326)
    pyogrio.write_dataframe(places, operation.folder / f"{name}.geojson", driver="GeoJSON")
    return {"use": "vector", "path": f"{name}.geojson"}


def test_two_levels_of_areas_in_one_list_are_remarked_upon(operation: Operation) -> None:
    """The region holds all of Z-01 and a half of Z-02."""
    list_zones(operation, DISTRICTS, squares(operation, "regions", REGION=(30, 5, 30.75, 5.5)))
    operation.inputs()
    assert (
        "2 pairs of zones lie over each other by more than a tenth of the smaller (100% of Z-01 in REGION, 50% of Z-02 in "
        "REGION): people there count twice. Give one level of areas, say adm1 or adm2, not both."
    ) in remarks(operation)


@pytest.mark.parametrize(("east", "is_said"), [(30.04, False), (30.06, True)])
def test_borders_that_are_not_drawn_alike_share_little(operation: Operation, east: float, is_said: bool) -> None:
    """Of a strip of half a degree, a twelfth or an eighth lies over Z-01, which is as high."""
    list_zones(operation, DISTRICTS, squares(operation, "west", WEST=(east - 0.5, 5, east, 5.5)))
    operation.inputs()
    assert ("lie over each other" in remarks(operation)) is is_said


def test_neighbours_and_points_do_not_lie_over_each_other(operation: Operation) -> None:
    operation.write("camps.csv", "zone,lat,lon", "C-1,5.2,30.2")
    list_zones(operation, DISTRICTS, CAMPS)
    operation.inputs()
    assert "lie over each other" not in remarks(operation)


# ------------------------------------------------------------------ people are counted once


def people(operation: Operation, *rows: str) -> float:
    """Of Z-01, from rows `zone, group, people, as_of`."""
    operation.write("people.csv", "zone,group,people,as_of", *rows)
    operation.input("population", path="people.csv")
    return float(operation.inputs().zones["population_people"]["Z-01"])


def test_a_total_beside_its_groups_is_left_out_with_a_note(operation: Operation) -> None:
    assert people(operation, "Z-01,,1000,", "Z-01,host,800,", "Z-01,idp,200,") == 1000
    assert [str(problem) for problem in operation.ledger.problems.noted] == [
        "line 2, column people: '1000' names no group and is the sum of its groups (host in people.csv:3, idp in people.csv:4). "
        "Left out, or people would count twice"
    ]
    assert "Population: 1,000 people: host 800, idp 200." in remarks(operation)


def test_a_total_that_is_not_the_sum_of_its_groups_is_refused_naming_the_lines(operation: Operation) -> None:
    operation.write("people.csv", "zone,group,people", "Z-01,,1000", "Z-01,host,700", "Z-01,idp,200", "Z-02,,5")
    operation.input("population", path="people.csv")
    assert operation.refusal() == (
        "people.csv: 1 problem\n"
        "  line 2, column people: '1000' names no group and stands beside host in people.csv:3, idp in people.csv:4, which are "
        "900 together: people would count twice. Delete the total or the groups, or name its group"
    )


def test_groups_counted_after_the_total_replace_it(operation: Operation) -> None:
    groups = ("Z-01,host,800,2026-01-01", "Z-01,idp,300,2026-01-01")
    assert people(operation, "Z-01,,1000,2025-01-01", *groups) == 1100
    assert [str(problem) for problem in operation.ledger.problems.noted] == [
        "line 2, column as_of: '2025-01-01' is before the newest count of Z-01 (2026-01-01), which may hold the same people. "
        "Not used; if it still holds, give it the newer day"
    ]
    assert people(operation, *groups, "Z-01,,1200,2026-02-01") == 1200


def test_groups_counted_on_other_days_are_all_counted(operation: Operation) -> None:
    assert people(operation, "Z-01,host,800,2025-01-01", "Z-01,idp,300,2026-01-01") == 1100
    assert operation.ledger.problems.noted == []


def test_displaced_people_counted_after_a_total_are_not_guessed_to_be_in_it(operation: Operation) -> None:
    operation.write("people.csv", "zone,group,people,as_of", "Z-01,,1000,2025-01-01", "Z-01,idp,300,2026-01-01")
    operation.input("population", path="people.csv")
    assert operation.refusal() == (
        "people.csv: 1 problem\n"
        "  line 2, column people: '1000' names no group and stands beside idp in people.csv:3, which are 300 together: people "
        "would count twice. Delete the total or the groups, or name its group"
    )


def test_each_zone_has_a_newest_count_of_its_own(operation: Operation) -> None:
    assert people(operation, "Z-01,host,800,2025-01-01", "Z-01,idp,200,2025-01-01", "Z-02,host,50,2026-01-01") == 1000
    assert operation.ledger.problems.noted == []


def test_of_versions_of_a_group_the_latest_makes_the_sum(operation: Operation) -> None:
    operation.write(
        "people.csv", "zone,group,people,as_of,known_on",
        "Z-01,,1000,2026-01-01,2026-01-05", "Z-01,host,700,2026-01-01,2026-01-05", "Z-01,host,800,2026-01-01,2026-02-05",
        "Z-01,idp,200,2026-01-01,2026-01-09",
    )  # fmt: skip
    operation.input("population", path="people.csv")
    assert operation.inputs().zones["population_people"]["Z-01"] == 1000
