"""Zones from vector files and from tables of points; each fault is refused by name."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pydantic import ValidationError
from shapely import LineString, MultiPolygon, Point, Polygon, box

from forecast.errors import InputError
from forecast.geo import vector_file
from forecast.ingest import points, vector
from tests import small_places as small

SQUARES = {"02": box(1, 0, 2, 1), "01": box(0, 0, 1, 1), "NO": box(2, 0, 3, 1)}
BOWTIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)])
SPIKED = Polygon([(0, 0), (1, 0), (1, 1), (0.5, 1), (0.5, 1.2), (0.5, 1), (0, 1)])  # a spike without width


def write(path: Path, shapes: Mapping[str, Any], crs: str | None = "EPSG:4326", **columns: Any) -> None:
    columns = {"pcode": list(shapes), "name": [f"Zone {code}" for code in shapes], **columns}
    gpd.GeoDataFrame(columns, geometry=list(shapes.values()), crs=crs).to_file(path)


def read(path: Path, **columns: str) -> gpd.GeoDataFrame:
    settings = vector.Settings.model_validate({"path": path.name, "columns": {"zone": "pcode", **columns}})
    return vector.read(settings, small.reading(path.parent, None), "zones")


@pytest.mark.parametrize("name", ["zones.gpkg", "zones.geojson", "zones.shp"])
def test_zones_are_read_from_each_format_by_code_as_text(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, SQUARES, people=[10, 20, 30])
    zones = read(tmp_path / name, zone_name="name", population="people")
    assert zones["zone"].tolist() == ["01", "02", "NO"]
    assert zones["zone_name"].tolist() == ["Zone 01", "Zone 02", "Zone NO"]
    assert zones["parent"].tolist() == ["", "", ""]
    assert zones["population_people"].tolist() == [20, 10, 30]
    assert zones.crs == "EPSG:4326"
    assert all(ours.equals(SQUARES[code]) for code, ours in zip(zones["zone"], zones.geometry, strict=True))


def test_zones_in_metres_come_out_in_degrees(tmp_path: Path) -> None:
    write(tmp_path / "zones.gpkg", {"A": box(500_000, 0, 501_000, 1000)}, crs="EPSG:32636")
    west, south, east, north = read(tmp_path / "zones.gpkg").total_bounds
    assert (west, south) == pytest.approx((33, 0), abs=1e-6)
    assert (east, north) == pytest.approx((33.009, 0.009), abs=1e-4)


def test_point_zones_stay_points(tmp_path: Path) -> None:
    write(tmp_path / "zones.gpkg", {"A": Point(1, 2)})
    assert read(tmp_path / "zones.gpkg").geometry[0].equals(Point(1, 2))


def test_whole_numbers_become_codes_without_decimals(tmp_path: Path) -> None:
    write(tmp_path / "zones.gpkg", {"a": box(0, 0, 1, 1), "b": box(1, 0, 2, 1)}, number=[12.0, 7.0])
    assert read(tmp_path / "zones.gpkg", zone="number")["zone"].tolist() == ["12", "7"]


def test_all_files_of_a_shapefile_are_hashed(tmp_path: Path) -> None:
    write(tmp_path / "zones.shp", SQUARES)
    asked = small.reading(tmp_path, None)
    vector.read(vector.Settings.model_validate({"path": "zones.shp", "columns": {"zone": "pcode"}}), asked, "zones")
    assert sorted(asked.files) == ["zones.cpg", "zones.dbf", "zones.prj", "zones.shp", "zones.shx"]


def test_a_layer_has_to_be_named_where_there_are_several(tmp_path: Path) -> None:
    for layer in ("adm1", "adm2"):
        gpd.GeoDataFrame({"pcode": [layer]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4326").to_file(
            tmp_path / "zones.gpkg", layer=layer
        )
    with pytest.raises(InputError, match=r"has 2 layers with shapes\. Name one with `layer:`: adm1, adm2"):
        read(tmp_path / "zones.gpkg")
    settings = vector.Settings.model_validate({"path": "zones.gpkg", "layer": "adm2", "columns": {"zone": "pcode"}})
    assert vector.read(settings, small.reading(tmp_path, None), "zones")["zone"].tolist() == ["adm2"]


def test_an_outline_that_hardly_changes_is_mended_and_noted(tmp_path: Path) -> None:
    write(tmp_path / "zones.gpkg", {"A": SPIKED, "B": box(5, 5, 6, 6)})
    asked = small.reading(tmp_path, None)
    zones = vector.read(vector.Settings.model_validate({"path": "zones.gpkg", "columns": {"zone": "pcode"}}), asked, "zones")
    assert zones.geometry[0].is_valid
    assert zones.geometry[0].area == pytest.approx(1)
    assert "1 of 2 outlines are invalid: A. They were mended; no area changed by more than 1 %" in small.noted(asked)


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "bowtie": ({"A": BOWTIE}, "column zone: 'A' has an outline that crosses itself (Self-intersection"),
    "no area": ({"A": Polygon([(0, 0), (1, 1), (0, 0), (0, 0)])}, "'A' covers no area"),
    "no geometry": ({"A": None, "B": box(0, 0, 1, 1), "C": box(1, 0, 2, 1)}, "column zone: 'A' has no geometry. Draw the zone"),
    "all empty": ({"A": None, "B": Polygon(), "C": box(1, 0, 2, 1)}, "2 of 3 geometries are empty when read (A, B)"),
    "line": ({"A": LineString([(0, 0), (1, 1)])}, "'A' is neither a polygon nor a point"),
    "off the globe": ({"A": box(500_000, 0, 501_000, 1000)}, "'A' lies off the globe. See whether the CRS of the file is right"),
    "antimeridian": ({"A": box(-179, 0, 179, 1)}, "'A' spans more than 180 degrees of longitude. Split it at 180 degrees"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_zone_that_cannot_be_placed_is_refused_by_code(tmp_path: Path, fault: str) -> None:
    shapes, message = FAULTS[fault]
    write(tmp_path / "zones.gpkg", shapes)
    with pytest.raises(InputError, match=r"^zones\.gpkg: 1 problem\n") as caught:
        read(tmp_path / "zones.gpkg")
    assert message in str(caught.value)


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "zones.gpkg"
    shapes = [box(0, 0, 1, 1), box(0, 0, 1, 1), box(1, 0, 2, 1), None]
    gpd.GeoDataFrame({"pcode": ["A", "A", "", "D"]}, geometry=shapes, crs="EPSG:4326").to_file(path)
    with pytest.raises(InputError, match=r"zones\.gpkg: 3 problems") as caught:
        read(path)
    assert "column zone: feature 3 has no code" in str(caught.value)
    assert "column zone: 'A' stands 2 times. Give each zone once (several parts: one multipolygon)" in str(caught.value)
    assert "column zone: 'D' has no geometry" in str(caught.value)


def test_shapes_nested_otherwise_than_their_type_says_are_read_by_their_coordinates(tmp_path: Path) -> None:
    """A MultiPolygon labelled Polygon is no geometry at all to GDAL, which does not say so."""
    squares = {"A": MultiPolygon([box(0, 0, 1, 1), box(3, 0, 4, 1)]), "B": box(1, 0, 2, 1), "C": box(2, 0, 3, 1)}
    labels = {"A": "Polygon", "B": "MultiPolygon", "C": "Polygon"}
    features = [
        {"type": "Feature", "properties": {"pcode": code}, "geometry": {**shape.__geo_interface__, "type": labels[code]}}
        for code, shape in squares.items()
    ]
    (tmp_path / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    asked = small.reading(tmp_path, None)
    zones = vector.read(vector.Settings.model_validate({"path": "zones.geojson", "columns": {"zone": "pcode"}}), asked, "zones")
    assert [zones.geometry[n].equals(squares[code]) for n, code in enumerate("ABC")] == [True] * 3
    assert (
        "2 of 3 geometries are nested otherwise than their type says, such as a MultiPolygon labelled Polygon. "
        "Read by their coordinates; check them on the map"
    ) in small.noted(asked)


def test_an_empty_shape_among_misnamed_ones_is_still_refused(tmp_path: Path) -> None:
    nested = {**json.loads(shapely.to_geojson(MultiPolygon([box(0, 0, 1, 1)]))), "type": "Polygon"}
    shapes = {"A": nested, "B": {"type": "Polygon", "coordinates": []}, "C": nested}
    features = [{"type": "Feature", "properties": {"pcode": code}, "geometry": shape} for code, shape in shapes.items()]
    (tmp_path / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(InputError, match=r"1 problem\n  column zone: 'B' has no geometry"):
        read(tmp_path / "zones.geojson")


def test_a_file_without_crs_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "zones.shp", SQUARES)
    (tmp_path / "zones.prj").unlink()
    with pytest.raises(InputError, match=r"has no coordinate reference system\. Save it with one \(a Shapefile needs its \.prj"):
        read(tmp_path / "zones.shp")


def test_a_plan_without_place_on_earth_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "zones.gpkg", SQUARES, crs='LOCAL_CS["site plan",UNIT["metre",1]]')
    with pytest.raises(InputError, match=r"zones\.gpkg: 1 problem\n  cannot be brought from one CRS to the other"):
        read(tmp_path / "zones.gpkg")


def test_a_column_that_is_not_there_is_named_with_the_near_one(tmp_path: Path) -> None:
    write(tmp_path / "zones.gpkg", SQUARES)
    with pytest.raises(
        InputError, match=r"column zone: has no column 'p_code'\. Did you mean 'pcode'\? The file has: pcode, name"
    ):
        read(tmp_path / "zones.gpkg", zone="p_code")


def test_a_population_that_is_no_number_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "zones.gpkg", SQUARES, people=["10", "many", "-3"])
    with pytest.raises(InputError, match=r"column population: 'many' is not a number of people \(zone 01\)") as caught:
        read(tmp_path / "zones.gpkg", population="people")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("zones.gpkg", b"<OGRVRTDataSource/>", r"is not what its ending says \(\.gpkg\)"),
        ("zones.geojson", b"<OGRVRTDataSource/>", r"is not what its ending says \(\.geojson\)"),
        ("zones.geojson", b'{"type": "Topology"', r"cannot be read: cut off or corrupt\. Export it again"),
        ("zones.gpkg", b"SQLite format 3\x00 and then nothing", "cannot be read: cut off or corrupt"),
        ("zones.kml", b"<kml/>", r"is of no known format\. Give one of \.gpkg, \.geojson, \.json, \.shp, \.zip"),
    ],
)
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ((".dbf",), r"is without its \.dbf \(the codes and names\)\. A Shapefile is several files of one name: copy all of them"),
        ((".shx",), r"is without its \.shx \(where each shape starts\)\. A Shapefile is several files"),
        ((".dbf", ".shx"), r"is without its \.dbf \(the codes and names\) and \.shx \(where each shape starts\)\."),
    ],
)
def test_a_shapefile_without_one_of_its_files_is_refused_naming_it(tmp_path: Path, lost: tuple[str, ...], message: str) -> None:
    write(tmp_path / "zones.shp", SQUARES)
    for ending in lost:
        (tmp_path / "zones.shp").with_suffix(ending).unlink()
    with pytest.raises(InputError, match=message):
        read(tmp_path / "zones.shp")


def test_a_shapefile_with_endings_in_capitals_is_read(tmp_path: Path) -> None:
    write(tmp_path / "zones.shp", SQUARES)
    for part in sorted(tmp_path.glob("zones.*")):
        part.rename(part.with_suffix(part.suffix.upper()))
    assert read(tmp_path / "zones.SHP")["zone"].tolist() == ["01", "02", "NO"]


def test_a_part_of_a_shapefile_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write(tmp_path / "data" / "zones.shp", SQUARES)
    (tmp_path / "data" / "zones.dbf").rename(tmp_path / "zones.dbf")
    (tmp_path / "data" / "zones.dbf").symlink_to(tmp_path / "zones.dbf")
    with pytest.raises(InputError, match=r"zones\.dbf: 1 problem\n  leads out of the data folder"):
        read(tmp_path / "data" / "zones.shp")


def test_the_crs_of_a_file_that_states_none_may_be_given_and_is_listed(tmp_path: Path) -> None:
    write(tmp_path / "zones.shp", SQUARES)
    (tmp_path / "zones.prj").unlink()
    asked = small.reading(tmp_path, None)
    settings = {"path": "zones.shp", "crs": "EPSG:4326", "columns": {"zone": "pcode"}}
    assert len(vector.read(vector.Settings.model_validate(settings), asked, "zones")) == 3
    assert [(a.figure, a.applies_to, a.value) for a in asked.ledger.assumptions] == [("crs", "zones.shp", "EPSG:4326")]


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        ("EPSG:32636", r"states the CRS WGS 84, and the config says WGS 84 / UTM zone 36N\. Leave out `crs:`"),
        ("EPSG:1", r"'EPSG:1' is no coordinate reference system\. Write for instance EPSG:4326"),
    ],
)
def test_a_crs_that_contradicts_the_file_or_is_none_is_refused(tmp_path: Path, crs: str, message: str) -> None:
    write(tmp_path / "zones.gpkg", SQUARES)
    with pytest.raises(InputError, match=message):
        vector.read(vector.Settings.model_validate({"path": "zones.gpkg", "crs": crs}), small.reading(tmp_path, None), "zones")


# ------------------------------------------------------------------ how names were written


def named_in(tmp_path: Path, written: str, says: str | None, **settings: str) -> tuple[str, str]:
    """The name read from a Shapefile written in one encoding that says another, or none; and what was noted."""
    shapes = gpd.GeoDataFrame({"pcode": ["A"], "name": ["Bétou Ñ"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4326")
    shapes.to_file(tmp_path / "zones.shp", encoding=written)
    (tmp_path / "zones.cpg").unlink(missing_ok=True)
    if says:
        (tmp_path / "zones.cpg").write_text(says)
    asked = small.reading(tmp_path, None)
    read_with = {"path": "zones.shp", "columns": {"zone": "pcode", "zone_name": "name"}, **settings}
    return vector.read(vector.Settings.model_validate(read_with), asked, "zones")["zone_name"][0], small.noted(asked)


@pytest.mark.parametrize(("written", "says"), [("UTF-8", "UTF-8"), ("UTF-8", None), ("cp1252", "1252"), ("cp1252", "CP1252")])
def test_accents_survive_in_a_shapefile_whatever_its_encoding(tmp_path: Path, written: str, says: str | None) -> None:
    assert named_in(tmp_path, written, says) == ("Bétou Ñ", "")


def test_names_that_are_not_utf_8_and_do_not_say_so_are_read_as_western_and_noted(tmp_path: Path) -> None:
    name, noted = named_in(tmp_path, "cp1252", None)
    assert name == "Bétou Ñ"
    assert "does not say in which encoding its names are, and they are not UTF-8. Read as cp1252 (Western Europe)" in noted


def test_names_in_another_encoding_than_said_are_refused_until_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has attributes in another encoding than its \.cpg says\. Name the right one with"):
        named_in(tmp_path, "cp1252", "UTF-8")
    assert named_in(tmp_path, "cp1252", "UTF-8", encoding="cp1252") == ("Bétou Ñ", "")
    with pytest.raises(InputError, match=r"has attributes that are not utf-8\. Name the right one"):
        named_in(tmp_path, "cp1252", None, encoding="utf-8")


def test_an_encoding_that_does_not_exist_is_refused_by_the_settings() -> None:
    with pytest.raises(ValidationError, match="is no known encoding; write for instance utf-8 or cp1252"):
        vector.Settings.model_validate({"path": "a.shp", "encoding": "windows"})


# ------------------------------------------------------------------ zipped


def zipped(tmp_path: Path, *names: str, folder: str = "") -> Path:
    with zipfile.ZipFile(tmp_path / "zones.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(tmp_path / name, folder + name)
    return tmp_path / "zones.zip"


@pytest.mark.parametrize("folder", ["", "export/", "../../"])
def test_a_zipped_shapefile_is_read_as_it_is(tmp_path: Path, folder: str) -> None:
    write(tmp_path / "adm2.shp", SQUARES)
    path = zipped(tmp_path, *(part.name for part in sorted(tmp_path.glob("adm2.*"))), folder=folder)
    zones = read(path)
    assert zones["zone"].tolist() == ["01", "02", "NO"]
    assert zones.geometry[1].equals(SQUARES["02"])


def test_a_zip_without_one_shapefile_or_without_its_parts_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "adm1.shp", SQUARES)
    write(tmp_path / "adm2.shp", SQUARES)
    with pytest.raises(InputError, match=r"zones\.zip: 1 problem\n  holds 2 Shapefiles: adm1\.shp, adm2\.shp\. Zip one"):
        read(zipped(tmp_path, "adm1.shp", "adm2.shp"))
    with pytest.raises(InputError, match=r"holds 0 Shapefiles\. Zip one Shapefile"):
        read(zipped(tmp_path, "adm1.dbf"))
    with pytest.raises(InputError, match=r"zones\.zip: 1 problem\n  is without its \.dbf \(the codes and names\)"):
        read(zipped(tmp_path, "adm1.shp", "adm1.shx", "adm1.prj"))


def test_a_zip_that_is_cut_off_or_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "adm1.shp", SQUARES)
    path = zipped(tmp_path, "adm1.shp", "adm1.shx", "adm1.dbf", "adm1.prj")
    monkeypatch.setattr(vector_file, "MAX_UNZIPPED_BYTES", 1000)
    with pytest.raises(InputError, match="unpacks to more than"):
        read(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="cannot be unpacked: cut off, corrupt or locked by a password"):
        read(path)


# ------------------------------------------------------------------ layers and codes


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("adm3", r"'adm3' is not a layer of this file\. Did you mean 'adm2'\? It has: adm2"),
        ("notes", r"'notes' is a layer without shapes\. It has: adm2"),
    ],
)
def test_a_layer_that_is_not_there_or_has_no_shapes_is_refused(tmp_path: Path, layer: str, message: str) -> None:
    gpd.GeoDataFrame({"pcode": ["A"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4326").to_file(tmp_path / "zones.gpkg", layer="adm2")
    pyogrio.write_dataframe(pd.DataFrame({"pcode": ["A"]}), tmp_path / "zones.gpkg", layer="notes")
    settings = vector.Settings.model_validate({"path": "zones.gpkg", "layer": layer, "columns": {"zone": "pcode"}})
    with pytest.raises(InputError, match=message):
        vector.read(settings, small.reading(tmp_path, None), "zones")


def test_a_file_without_shapes_is_refused(tmp_path: Path) -> None:
    pyogrio.write_dataframe(pd.DataFrame({"pcode": ["A"]}), tmp_path / "zones.gpkg", layer="notes")
    with pytest.raises(InputError, match=r"has no layer with shapes\. Give a file of polygons or points"):
        read(tmp_path / "zones.gpkg")


@pytest.mark.parametrize("name", ["zones.gpkg", "zones.geojson", "zones.shp"])
def test_codes_kept_as_numbers_are_noted(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, SQUARES, number=[12, 7, 3])
    asked = small.reading(tmp_path, None)
    zones = vector.read(vector.Settings.model_validate({"path": name, "columns": {"zone": "number"}}), asked, "zones")
    assert zones["zone"].tolist() == ["12", "3", "7"]
    assert "column number: holds codes as numbers (12, 7, 3). Read as text; zeros in front, if there were any, are lost" in (
        small.noted(asked)
    )


def test_an_unknown_column_of_ours_is_refused_by_the_settings() -> None:
    with pytest.raises(ValidationError, match="Input should be 'zone', 'zone_name', 'parent', 'population', "):
        vector.Settings.model_validate({"path": "a.gpkg", "columns": {"zoen": "pcode"}})


# ------------------------------------------------------------------ points


def sites(tmp_path: Path, *rows: str, **settings: Any) -> gpd.GeoDataFrame:
    (tmp_path / "sites.csv").write_text("\n".join(["site,lat,lon,district,people", *rows]), encoding="utf-8")
    columns = {"zone": "site", "parent": "district", "population": "people"}
    read_with = points.Settings.model_validate({"path": "sites.csv", "columns": columns, **settings})
    return points.read(read_with, small.reading(tmp_path, None), "zones")


GOOD = ("010,5.0,-4.0,D1,100", "NA,6.0,-5.0,D1,", "C1,7.0,-4.5,D2,50", "C2,6.5,-4.2,D2,50")


def test_sites_become_points_with_their_codes_as_text(tmp_path: Path) -> None:
    zones = sites(tmp_path, *GOOD)
    assert zones["zone"].tolist() == ["010", "C1", "C2", "NA"]
    assert zones["parent"].tolist() == ["D1", "D2", "D2", "D1"]
    assert zones["population_people"].fillna(-1).tolist() == [100, 50, 50, -1]
    assert zones.geometry[0].equals(Point(-4.0, 5.0))


SITE_FAULTS = {
    "beyond 90": (
        "C3,104.9,11.5,D1,1",
        r"line 6, column lat: '104\.9' seems swapped with the lon of C3 \(11\.5\)\. Swap the two",
    ),
    "swapped": ("C3,-4.1,5.5,D1,1", r"line 6, column lat: '-4\.1' seems swapped with the lon of C3 \(5\.5\)"),
    "off the globe": ("C3,5.0,-190,D1,1", r"line 6, column lon: '-190' is off the globe"),
    "nowhere": ("C3,0,0,D1,1", r"line 6, column lat: '0' lies at 0,0, where empty cells end up"),
    "empty": ("C3,,-4,D1,1", r"line 6, column lat: is empty"),
    "text": ("C3,5N,-4,D1,1", r"line 6, column lat: '5N' is not a number"),
    "twice": ("C2,5.1,-4,D1,1", r"line 6: repeats zone C2"),
}


@pytest.mark.parametrize("fault", SITE_FAULTS)
def test_a_site_that_cannot_be_placed_is_refused_with_its_line(tmp_path: Path, fault: str) -> None:
    row, message = SITE_FAULTS[fault]
    with pytest.raises(InputError, match=message) as caught:
        sites(tmp_path, *GOOD, row)
    assert len(caught.value.problems) == 1


def test_a_stray_site_is_noted(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text("zone,lat,lon\n" + "\n".join([f"C{n},5.{n},-4.{n}" for n in range(6)] + ["C9,14,-12"]))
    asked = small.reading(tmp_path, None)
    points.read(points.Settings(path="sites.csv"), asked, "zones")
    assert "line 8, column lat: '14' puts C9 1," in small.noted(asked)


# ------------------------------------------------------------------ real files


def test_real_boundaries_are_read(real_data: Path) -> None:
    asked = small.reading(real_data, None)
    path = "civ/boundaries/civ_admbnda_adm2_cntig_ocha_itos_20180706.shp"
    settings = {"path": path, "columns": {"zone": "ADM2_PCODE", "zone_name": "ADM2_FR", "parent": "ADM1_PCODE"}}
    zones = vector.read(vector.Settings.model_validate(settings), asked, "zones")
    assert len(zones) == 108
    assert zones.geometry.is_valid.all()


@pytest.mark.parametrize(("level", "misnamed", "count"), [("adm2", 9, 16), ("adm3", 151, 167)])
def test_real_boundaries_with_misnamed_types_are_those_that_were_mended_by_hand(
    real_data: Path, level: str, misnamed: int, count: int
) -> None:
    read_in = {}
    for kind in ("", ".retyped"):
        asked = small.reading(real_data, None)
        settings = {"path": f"sle/boundaries/SLE_{level}{kind}.geojson", "columns": {"zone": f"{level.upper()}_PCODE"}}
        read_in[kind] = vector.read(vector.Settings.model_validate(settings), asked, "zones")
        told = f"{misnamed} of {count} geometries are nested otherwise than their type says" in small.noted(asked)
        assert told == (kind == "")
    assert read_in[""].geometry.geom_equals(read_in[".retyped"].geometry).all()


def test_real_sites_are_read_as_points(real_data: Path) -> None:
    columns = {"zone": "site_code", "parent": "site_district", "lat": "site_latitude", "lon": "site_longitude"}
    settings = points.Settings.model_validate({"path": "civ/lmis/service_delivery_site_data.csv", "columns": columns})
    zones = points.read(settings, small.reading(real_data, None), "zones")
    assert len(zones) >= 155
    assert zones.total_bounds == pytest.approx([-8.6, 4.3, -2.5, 10.8], abs=1)
