"""Bad input ends with exit code 2 and a message that names file, line, column, value, what is wrong and what to do."""

from pathlib import Path

import pytest

from forecast import config, plugins
from forecast.errors import InputError
from tests.operation import Operation


def test_the_tiny_operation_itself_is_accepted(operation: Operation) -> None:
    inputs = operation.inputs()
    assert list(inputs.zones.index) == ["Z-01", "Z-02", "Z-03"]
    assert len(inputs.records) == 24
    assert not list(operation.ledger.problems)


# ------------------------------------------------------------------ codes


def test_an_unknown_zone_is_refused_with_the_near_name(operation: Operation) -> None:
    operation.write("zone_stock.csv", "zone,item,quantity", "Z-01,kit,4", "Z-1,kit,4")
    operation.input("zone_stock", path="zone_stock.csv")
    assert operation.refusal() == (
        "zone_stock.csv: 1 problem\n"
        "  line 3, column zone: 'Z-1' is not one of the 3 known zones. Did you mean 'Z-01'?"
    )  # fmt: skip


def test_records_of_an_unknown_zone_are_set_aside_until_they_are_too_many(operation: Operation) -> None:
    operation.append("records.csv", "Z-1,kit,2026-01-05,10,5")
    assert operation.refusal() == (
        "records: 1 problem\n"
        "  1 of 25 rows set aside (4.0%); panel.max_bad_share allows 2.0%. Mend the rows below, or raise the limit\n"
        "records.csv: 1 problem\n"
        "  line 26, column zone: 'Z-1' is not one of the 3 known zones. Row set aside. Did you mean 'Z-01'?"
    )


def test_records_that_contradict_each_other_count_as_bad(operation: Operation) -> None:
    operation.append("records.csv", "Z-01,kit,2026-01-05,11,5")
    assert operation.refusal() == (
        "records: 1 problem\n"
        "  2 of 25 rows set aside (8.0%); panel.max_bad_share allows 2.0%. Mend the rows below, or raise the limit\n"
        "records.csv: 2 problems\n"
        "  line 2: repeats zone Z-01, item kit, period 2026-01-05. Row set aside. It stands in line 26 too. "
        "The two differ, and nothing says which is right\n"
        "  line 26: repeats zone Z-01, item kit, period 2026-01-05. Row set aside. It stands in line 2 too. "
        "The two differ, and nothing says which is right"
    )


def test_few_bad_records_are_set_aside_and_the_run_goes_on(operation: Operation) -> None:
    operation.append("records.csv", "Z-1,kit,2026-01-05,10,5")
    operation.settings["panel"] = {"max_bad_share": 0.05}
    assert len(operation.inputs().records) == 24
    assert [(p.file, p.line, p.column, p.value) for p in operation.ledger.problems.noted] == [("records.csv", 26, "zone", "Z-1")]


def test_unknown_items_and_depots_are_refused_with_the_near_name(operation: Operation) -> None:
    operation.append("stock.csv", "D3,kit,5", "D1,kitt,5")
    assert operation.refusal() == (
        "stock.csv: 2 problems\n"
        "  line 4, column depot: 'D3' is not one of the 2 known depots. Mend the code, or add it\n"
        "  line 5, column item: 'kitt' is not one of the 1 known items. Did you mean 'kit'?"
    )


def test_an_unquoted_no_in_the_config_is_refused(operation: Operation) -> None:
    (operation.folder / "no.yaml").write_text("items:\n  NO: {need: care, unit: kit}\n", encoding="utf-8")
    with pytest.raises(InputError, match="put it in quotes") as caught:
        config.load(operation.folder / "no.yaml")
    assert str(caught.value) == (
        "no.yaml: 1 problem\n"
        "  setting items: 'False' is read by YAML as False, not as text; put it in quotes. Change the setting"
    )  # fmt: skip


def test_unquoted_codes_in_rows_of_the_config_are_refused(operation: Operation) -> None:
    rows = "[{depot: NO, item: kit, quantity: 1}, {depot: 010, item: 00123, quantity: 1}]"
    (operation.folder / "scenarios").mkdir()
    (operation.folder / "scenarios" / "rows.yaml").write_text(
        f"inputs: {{stock: {{use: table, path: null, rows: {rows}}}}}", encoding="utf-8"
    )
    assert operation.refusal("rows") == (
        "stock.rows: 3 problems\n"
        "  line 1, column depot: 'False' is how YAML reads this depot, not as text. Put it in quotes\n"
        "  line 2, column depot: '8' is how YAML reads this depot, not as text. Put it in quotes\n"
        "  line 2, column item: '83' is how YAML reads this item, not as text. Put it in quotes"
    )


def test_no_and_na_and_leading_zeros_in_a_table_survive_as_they_are(operation: Operation) -> None:
    operation.settings["items"] = {"NA": {"need": "care", "unit": "kit"}}
    operation.write_zones(("NO", "010", "00123"))
    operation.write_records(("NO", "010", "00123"), item="NA")
    operation.write("depots.csv", "depot,lat,lon", "007,5.2,30.3")
    operation.write("stock.csv", "depot,item,quantity", "007,NA,100")
    inputs = operation.inputs()
    assert list(inputs.zones.index) == ["00123", "010", "NO"]
    assert sorted(set(inputs.records["zone"])) == ["00123", "010", "NO"]
    assert set(inputs.records["item"]) == {"NA"}
    assert list(inputs.stock.depot_stock["depot"]) == ["007"]


# ------------------------------------------------------------------ cells and rows


def test_a_negative_quantity_is_refused(operation: Operation) -> None:
    operation.write("stock.csv", "depot,item,quantity", "D1,kit,-100", "D2,kit,0")
    assert operation.refusal() == (
        "stock.csv: 1 problem\n"
        "  line 2, column quantity: '-100' is negative. Write 0 or more"
    )  # fmt: skip


def test_text_in_a_number_is_refused_and_named_as_in_the_file(operation: Operation) -> None:
    operation.write("stock.csv", "depot;item;qty", "D1;kit;1 200", "D2;kit;a few", "D2;kit;NaN")
    operation.input("stock", path="stock.csv", columns={"quantity": "qty"})
    assert operation.refusal() == (
        "stock.csv: 4 problems\n"
        "  line 2, column qty: '1 200' is not a number. Write digits with a decimal point and nothing else, such as 8200.5\n"
        "  line 3, column qty: 'a few' is not a number. Write digits with a decimal point and nothing else, such as 8200.5\n"
        "  line 4, column qty: 'NaN' is not a number. Write a number\n"
        "  line 4: repeats depot D2, item kit. It stands in line 3 too. Keep one of the two"
    )


def test_a_duplicate_row_is_refused_and_both_lines_are_named(operation: Operation) -> None:
    operation.append("stock.csv", "D1,kit,70")
    assert operation.refusal() == (
        "stock.csv: 1 problem\n"
        "  line 4: repeats depot D1, item kit. It stands in line 2 too. Keep one of the two"
    )  # fmt: skip


def test_a_short_and_a_long_row_are_refused_with_their_counts(operation: Operation) -> None:
    operation.write("stock.csv", "depot,item,quantity", "D1,kit", "D2,kit,1,200")
    assert operation.refusal() == (
        "stock.csv: 2 problems\n"
        "  line 2: has 2 cells where the header has 3. Mend the row; look for a missing or stray delimiter\n"
        "  line 3: has 4 cells where the header has 3. Mend the row; look for a missing or stray delimiter"
    )


def test_a_record_after_today_is_refused(operation: Operation) -> None:
    operation.append("records.csv", "Z-01,kit,2026-03-09,10,5")
    assert operation.refusal() == (
        "records.csv: 1 problem\n"
        "  line 26, column period: '2026-03-09' is after today (2026-03-04). Mend the date; a report of a day to come cannot be"
    )  # fmt: skip


def test_an_ambiguous_date_is_refused_with_both_readings(operation: Operation) -> None:
    operation.write("arrivals.csv", "depot,item,quantity,eta", "D1,kit,5,01/04/2026")
    operation.input("arrivals", path="arrivals.csv")
    assert operation.refusal() == (
        "arrivals.csv: 1 problem\n"
        "  line 2, column eta: '01/04/2026' is ambiguous (day or month first). Write 2026-04-01 or 2026-01-04"
    )  # fmt: skip


# ------------------------------------------------------------------ files


def test_a_missing_file_is_refused_with_the_near_name(operation: Operation) -> None:
    operation.input("stock", path="stocks.csv")
    assert operation.refusal() == (
        "stock.path: 1 problem\n"
        "  'stocks.csv' is no file of the data folder. Did you mean 'stock.csv'?"
    )  # fmt: skip


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/passwd", "C:\\secret.csv", "https://example.org/stock.csv"])
def test_a_path_out_of_the_data_folder_is_refused(operation: Operation, path: str) -> None:
    operation.input("stock", path=path)
    assert operation.refusal() == (
        "stock.path: 1 problem\n"
        f"  '{path}' leads out of the data folder. Give a path relative to the data folder (paths.data)"
    )  # fmt: skip


def test_a_link_out_of_the_data_folder_is_refused(operation: Operation, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside: Path = tmp_path_factory.mktemp("outside") / "stock.csv"
    outside.write_text("depot,item,quantity\nD1,kit,1\n", encoding="utf-8")
    (operation.folder / "link.csv").symlink_to(outside)
    operation.input("stock", path="link.csv")
    assert operation.refusal() == (
        "stock.path: 1 problem\n"
        "  'link.csv' is a link that leads out of the data folder. Put the file itself there"
    )  # fmt: skip


def test_an_empty_file_is_refused(operation: Operation) -> None:
    operation.write("stock.csv")
    assert operation.refusal() == "stock.csv: 1 problem\n  is empty (0 bytes). Export it again"


def test_a_table_with_a_header_only_is_refused_where_there_must_be_rows(operation: Operation) -> None:
    operation.write("stock.csv", "depot,item,quantity")
    assert operation.refusal() == (
        "config.yaml: 1 problem\n"
        "  setting inputs.stock: has no rows. Fill in the table, or leave out inputs.stock"
    )  # fmt: skip


def test_a_file_that_is_not_utf8_names_the_way_out(operation: Operation) -> None:
    (operation.folder / "stock.csv").write_bytes("depot,item,quantity\nD1,kit,1\nBouaké,kit,1\n".encode("cp1252"))
    assert operation.refusal() == (
        "stock.csv: 1 problem\n"
        "  line 3: is not utf-8-sig text. Save it as UTF-8, or set encoding: cp1252 (what a Western European Excel writes)"
    )  # fmt: skip


# ------------------------------------------------------------------ settings


def test_an_unknown_setting_is_refused_with_the_near_name(operation: Operation) -> None:
    operation.input("stock", path="stock.csv", delimeter=";")
    assert operation.refusal() == (
        "config.yaml: 1 problem\n"
        "  setting inputs.stock.delimeter: 'delimeter' is not a setting. Did you mean 'delimiter'?"
    )  # fmt: skip


def test_an_unknown_plugin_is_refused_with_the_near_name(operation: Operation) -> None:
    operation.settings["inputs"]["stock"] = {"use": "tabel", "path": "stock.csv"}
    assert operation.refusal() == (
        "inputs.stock.use: 1 problem\n"
        f"  'tabel' is not one of forecast/ingest. Did you mean 'table'? Known: {', '.join(plugins.names('ingest'))}."
    )


def test_an_unknown_input_is_refused_with_the_near_name(operation: Operation) -> None:
    operation.input("stocks", path="stock.csv")
    assert operation.refusal() == (
        "config.yaml: 1 problem\n"
        "  setting inputs: 'stocks' is not an input. Did you mean 'stock'? Known: arrivals, commitments, depots, dispatches, "
        "fleet, items, planned_by_others, population, priorities, records, routes, stock, zone_stock, zones"
    )


def test_a_mapped_column_that_is_not_there_is_refused_with_the_near_name(operation: Operation) -> None:
    operation.input("stock", path="stock.csv", columns={"quantity": "quantty"})
    assert operation.refusal() == (
        "stock.csv: 1 problem\n"
        "  'quantty' is not a column of this file. Did you mean 'quantity'? Columns: depot, item, quantity"
    )  # fmt: skip


def test_a_scenario_that_names_an_unknown_zone_is_refused_with_the_near_name(operation: Operation) -> None:
    (operation.folder / "scenarios").mkdir()
    (operation.folder / "scenarios" / "flood.yaml").write_text("what_if: {close_lanes: [{to: [Z-04]}]}", encoding="utf-8")
    assert operation.refusal("flood") == (
        "flood.yaml: 1 problem\n"
        "  setting what_if.close_lanes.to: 'Z-04' is not one of the 3 known zones. Did you mean 'Z-03'?"
    )  # fmt: skip


# ------------------------------------------------------------------ places and what must fit together


def test_a_depot_with_lat_and_lon_swapped_is_refused(operation: Operation) -> None:
    operation.write("depots.csv", "depot,lat,lon", "D1,30.3,5.2", "D2,5.1,31.2")
    assert operation.refusal() == (
        "depots.csv: 1 problem\n"
        "  line 2, column depot: 'D1' lies at lat 30.3, lon 5.2: far from the zones, but among them when the two are swapped. "
        "Swap lat and lon"
    )


def test_a_site_with_lat_and_lon_swapped_is_refused(operation: Operation) -> None:
    operation.write(
        "sites.csv", "zone,lat,lon", "Z-01,5.1,30.2", "Z-02,5.2,30.4", "Z-03,30.1,5.3", "Z-04,5.3,30.5", "Z-05,5.0,30.1"
    )
    operation.settings["inputs"]["zones"] = {"use": "points", "path": "sites.csv"}
    assert operation.refusal() == (
        "sites.csv: 1 problem\n"
        "  line 4, column lat: '30.1' seems swapped with the lon of Z-03 (5.3). Swap the two"
    )  # fmt: skip


def test_a_depot_without_stock_is_refused(operation: Operation) -> None:
    operation.write("stock.csv", "depot,item,quantity", "D1,kit,100")
    assert operation.refusal() == (
        "depots.csv: 1 problem\n"
        "  line 3, column depot: 'D2' has no row in stock. Write quantity 0 if it is empty"
    )  # fmt: skip


def test_goods_without_weight_are_refused_where_vehicles_are_limited(operation: Operation) -> None:
    operation.settings["items"]["kit"].pop("kg_per_unit")
    operation.write("fleet.csv", "depot,vehicle,count,payload_kg", "D1,truck,2,5000", "D2,truck,1,5000")
    operation.input("fleet", path="fleet.csv")
    assert operation.refusal() == (
        "items: 1 problem\n"
        "  column kg_per_unit: 'kit' has stock and rides in vehicles of limited payload, but no kg_per_unit. "
        "Give its weight (inputs.items, or the block under items)"
    )


def test_a_zone_without_geometry_is_refused(operation: Operation) -> None:
    operation.write_zones(without="Z-02")
    assert operation.refusal() == (
        "zones.geojson: 1 problem\n"
        "  column zone: 'Z-02' has no geometry. Draw the zone, or give its point"
    )  # fmt: skip


def test_all_problems_of_all_inputs_are_told_at_once(operation: Operation) -> None:
    operation.write("stock.csv", "depot,item,quantity", "D1,kit,many", "D9,kit,1")
    operation.write("depots.csv", "depot,lat,lon", "D1,5.2,", "D2,5.1,31.2")
    operation.input("arrivals", path="arrivals.csv")
    assert operation.refusal() == (
        "depots.csv: 2 problems\n"
        "  line 2, column lon: is empty. Fill in the cell\n"
        "  line 3, column depot: 'D2' has no row in stock. Write quantity 0 if it is empty\n"
        "stock.csv: 2 problems\n"
        "  line 2, column quantity: 'many' is not a number. Write digits with a decimal point and nothing else, such as 8200.5\n"
        "  line 3, column depot: 'D9' is not one of the 2 known depots. Mend the code, or add it\n"
        "arrivals.path: 1 problem\n"
        "  'arrivals.csv' is no file of the data folder. Mend the path, or set the data folder (paths.data)"
    )
