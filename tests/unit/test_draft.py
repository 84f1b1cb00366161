"""`forecast init`: what is guessed from small files in several languages, and what is left to a person."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from forecast import cli, config
from forecast.draft import draft
from forecast.draft.cells import order_of_dates, spacing
from forecast.draft.names import meant, plain, rank
from forecast.draft.page import _word
from forecast.errors import InputError
from tests.operation import tiny_operation


class Folder:
    """A folder of files and the config drafted from it, as YAML reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path / "files"
        self.path.mkdir()

    def write(self, name: str, *lines: str, encoding: str = "utf-8") -> None:
        file = self.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)

    @property
    def text(self) -> str:
        return draft(self.path, self.path.parent / "config.yaml")

    @property
    def body(self) -> dict:
        return yaml.safe_load(self.text)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


WEEKS = ("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26")
SITES = ("code,name,lat,lon", "S1,North,10.1,20.1", "S2,South,10.2,20.2")


def distributions(*weeks: str) -> list[str]:
    return ["site,item,date,quantity", *(f"{site},water,{week},100" for week in weeks for site in ("S1", "S2"))]


# ------------------------------------------------------------------ names, dates


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("zone", "Código sitio"), ("zone", "ADM2_PCODE"), ("item", "Désignation"), ("item", "Artículo"),
        ("distributed", "Quantité distribuée (L)"), ("distributed", "Cantidad entregada"), ("period", "Semaine du"),
        ("stockout_days", "Jours de rupture"), ("depot", "Entrepôt"), ("depot", "Almacén"), ("expiry", "Date de péremption"),
        ("waybill", "Lettre de voiture"), ("payload_kg", "Charge utile kg"), ("eta", "Llegada"), ("hours_one_way", "Durée (h)"),
        ("quantity", "Qté en stock"), ("batch", "N° de lot"), ("counted_on", "Date de l'inventaire"), ("eta", "Date d'arrivée"),
    ],
)  # fmt: skip
def test_headers_of_three_languages_mean_our_columns(ours: str, theirs: str) -> None:
    assert rank(ours, theirs) is not None


def test_a_header_that_means_nothing_of_ours_is_not_bent_to_fit() -> None:
    assert rank("zone", "observations") is None
    assert rank("distributed", "téléphone") is None
    assert plain("Quantité  distribuée (L)") == "quantite_distribuee_l"
    assert meant("Riz_25kg", {"food": "riz", "care": "kit"}) == "food"
    assert meant("bois", {"food": "riz", "care": "kit"}) is None


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["13/01/2026", "02/02/2026"], "day_first"),
        (["01/13/2026", "02/02/2026"], "month_first"),
        (["01/02/2026", "02/03/2026"], "unsure"),
        (["2026-01-13", "2026-02-01"], None),
    ],
)
def test_the_order_of_dates_is_told_only_by_a_day_beyond_twelve(dates: list[str], order: str | None) -> None:
    assert order_of_dates(pd.Series(dates))[0] == order


@pytest.mark.parametrize(
    ("every", "period"), [("D", "D"), ("7D", "W"), ("W-SUN", "W"), ("MS", "M"), ("14D", "W"), ("2D", "D")]
)  # fmt: skip
def test_the_period_is_told_by_how_far_apart_the_dates_lie(every: str, period: str) -> None:
    assert spacing(pd.DatetimeIndex(pd.date_range("2026-01-04", periods=12, freq=every)))[0] == period


# ------------------------------------------------------------------ which file, which column


def test_english_french_and_spanish_folders_give_the_same_inputs(tmp_path: Path) -> None:
    headers = {
        "en": ("site,item,week,distributed", "site,latitude,longitude", "warehouse,item,quantity"),
        "fr": ("site;produit;semaine du;quantité distribuée", "code site;latitude;longitude", "entrepôt;produit;quantité"),
        "es": ("sitio;artículo;fecha;cantidad entregada", "código sitio;latitud;longitud", "almacén;artículo;cantidad"),
    }
    for language, (records, sites, stock) in headers.items():
        (tmp_path / language).mkdir()
        folder = Folder(tmp_path / language)
        mark = ";" if ";" in records else ","
        folder.write("a.csv", records, *(mark.join([site, "water", week, "100"]) for week in WEEKS for site in ("S1", "S2")))
        folder.write("b.csv", sites, *(mark.join(row) for row in (("S1", "10.1", "20.1"), ("S2", "10.2", "20.2"))))
        folder.write("c.csv", stock, mark.join(["D1", "water", "500"]))
        inputs = folder.body["inputs"]
        assert {name: block.get("path") for name, block in inputs.items()} == {
            "zones": "b.csv", "records": "a.csv", "stock": "c.csv", "depots": None,
        }  # fmt: skip
        named = records.split(mark)
        ours = ("zone", "item", "period", "distributed")
        given = {name: inputs["records"].get("columns", {}).get(name, name) for name in ours}
        assert list(given.values()) == named, language


def test_the_code_of_a_zone_is_the_column_that_the_records_write(folder: Folder) -> None:
    folder.write("sites.csv", "code,nom,lat,lon", "1,Alpha,10.1,20.1", "2,Beta,10.2,20.2")
    folder.write(
        "distributions.csv",
        "site,item,date,quantity",
        *(f"{site},water,{week},5" for week in WEEKS for site in ("Alpha", "Beta")),
    )
    assert folder.body["inputs"]["zones"]["columns"]["zone"] == "nom"
    assert "zone: nom # guessed: it holds 2 of the 2 zones of distributions.csv" in folder.text


def test_files_of_one_shape_become_a_pattern(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    for year in ("2025", "2026"):
        folder.write(f"reports/dist_{year}.csv", *distributions(*(week.replace("2026", year) for week in WEEKS)))
    assert folder.body["inputs"]["records"]["path"] == "reports/dist_*.csv"


def test_year_and_month_in_columns_of_their_own_are_joined(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    rows = [f"S1,water,2025,{month},9" for month in range(1, 13)]
    folder.write("records.csv", "site,item,année,mois,quantité", *rows)
    body = folder.body
    assert body["inputs"]["records"]["columns"]["period"] == {"join": ["année", "mois"], "with": "-"}
    assert body["forecast"]["period"] == "M"
    assert str(body["issue_date"]) == "2026-01-01"


def test_one_column_per_item_is_read_as_wide_and_prices_are_no_goods(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", "site,date,Eau,Riz,Prix du riz", *(f"S1,{week},100,20,7.5" for week in WEEKS))
    body = folder.body
    assert body["inputs"]["records"]["wide"] == {"item": {"Eau": "Eau", "Riz": "Riz"}, "value": "distributed"}
    assert {code: block["need"] for code, block in body["items"].items()} == {"Eau": "water", "Riz": "food"}


def test_one_column_per_month_under_a_title_is_read_as_wide(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    rows = (f"{site},{item},1,2,,4" for site in ("S1", "S2") for item in ("Eau", "Riz"))
    folder.write("suivi.csv", "Distributions 2025,,,,,", "Site,Article,nov-25,déc-25,janv-26,févr-26", *rows)
    body = folder.body
    assert body["inputs"]["records"]["wide"] == {"period": ["nov-25", "déc-25", "janv-26", "févr-26"], "value": "distributed"}
    assert body["inputs"]["records"]["columns"] == {"zone": "Site", "item": "Article"}
    assert (body["forecast"]["period"], list(body["items"])) == ("M", ["Eau", "Riz"])


def test_one_column_per_group_of_people_is_read_as_wide(folder: Folder) -> None:
    folder.write("records.csv", *distributions(*WEEKS))
    folder.write("sites.csv", *SITES)
    folder.write("population.csv", "site,Hôtes,Déplacés", "S1,100,20", "S2,50,")
    assert folder.body["inputs"]["population"]["wide"] == {"group": {"Hôtes": "host", "Déplacés": "idp"}, "value": "people"}


def test_zones_of_a_map_layer_and_of_a_table_of_sites_are_both_taken(folder: Folder) -> None:
    operation = tiny_operation(folder.path)
    assert operation.folder == folder.path
    folder.write("camps.csv", "Code du site,Latitude,Longitude,Population estimée", 'C-1,"5,2","30,2",8 200')
    assert folder.body["inputs"]["zones"] == [
        {
            "use": "points",
            "path": "camps.csv",
            "columns": {
                "zone": "Code du site", "lat": "Latitude", "lon": "Longitude", "population_people": "Population estimée",
            },
        },
        {"use": "vector", "path": "zones.geojson", "columns": {"population": "population"}},
    ]  # fmt: skip


def test_a_fleet_in_tonnes_is_scaled_and_distances_are_routes(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions(*WEEKS))
    folder.write("camions.csv", "Base,Type de véhicule,Nombre,Charge utile (t)", "D1,Camion,2,10")
    folder.write("distances.csv", "De,Vers,Distance (km)", "D1,S1,120")
    inputs = folder.body["inputs"]
    assert inputs["fleet"]["columns"]["payload_kg"] == {"column": "Charge utile (t)", "times": 1000}
    assert inputs["routes"]["columns"] == {"from": "De", "to": "Vers", "km": "Distance (km)"}


def test_what_is_still_to_come_is_no_stock(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions(*WEEKS))
    folder.write("prevu.csv", "Entrepôt,Article,Quantité,Date prévue d'arrivée", "D1,water,5,2026-03-01")
    assert {"arrivals"} == folder.body["inputs"].keys() & {"arrivals", "stock"}


def test_sheets_of_a_workbook_are_looked_at_one_by_one(folder: Folder) -> None:
    book = openpyxl.Workbook()
    for name, rows in {
        "distributions": distributions(*WEEKS),
        "sites": SITES,
        "stock": ("depot,item,quantity", "D1,water,5"),
    }.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in row.split(",")])
    book.remove(book.worksheets[0])
    book.save(folder.path / "all.xlsx")
    inputs = folder.body["inputs"]
    assert {name: inputs[name]["sheet"] for name in ("records", "zones", "stock")} == {
        "records": "distributions", "zones": "sites", "stock": "stock",
    }  # fmt: skip


def test_a_map_layer_is_zones_with_its_own_names(folder: Folder) -> None:
    operation = tiny_operation(folder.path)
    features = (operation.folder / "zones.geojson").read_text(encoding="utf-8").replace('"zone"', '"ADM2_PCODE"')
    operation.write("zones.geojson", features)
    body = folder.body
    assert body["inputs"]["zones"] == {
        "use": "vector", "path": "zones.geojson", "columns": {"zone": "ADM2_PCODE", "population": "population"},
    }  # fmt: skip


def test_what_is_not_used_is_listed_with_the_reason(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions(*WEEKS))
    folder.write("staff.csv", "name,phone", "A,1")
    folder.write("notes.pdf", "x")
    folder.write("rain_2026-01.tif", "x")
    folder.write("rain_2026-02.tif", "x")
    folder.write("torn.csv", "a,b", "1,2,3")
    told = [line for line in folder.text.splitlines() if line.startswith("#   ")]
    assert any(line.startswith("#   staff.csv: nearest to ") and "columns: name, phone" in line for line in told)
    assert "#   notes.pdf: .pdf: no kind of file this program reads" in told
    assert any(line.startswith("#   rain_*.tif (2): a raster") for line in told)
    assert any(line.startswith("#   torn.csv: ") and "line 2" in line for line in told)


# ------------------------------------------------------------------ what is guessed, what is asked


def test_the_issue_date_is_the_day_after_the_last_period_and_sundays_start_weeks_of_sundays(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions("2026-01-04", "2026-01-11", "2026-01-18"))
    body = folder.body
    assert (body["forecast"]["period"], body["forecast"]["week_starts"], str(body["issue_date"])) == ("W", "SUN", "2026-01-25")


def test_numbered_weeks_are_weeks_and_the_day_they_start_on_is_asked_for(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions("S7 2026", "S8 2026", "S9 2026"))
    body = folder.body
    assert body["inputs"]["records"]["epi_weeks"].startswith("TO DECIDE: the day weeks start on here")
    assert (body["forecast"]["period"], "issue_date" in body) == ("W", False)


def test_months_by_name_are_months(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions("janvier 2026", "février 2026", "mars 2026"))
    assert folder.body["forecast"]["period"] == "M"


def test_too_few_dates_to_tell_the_period_are_no_guess(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions("2026-01-05", "2026-01-12"))
    assert folder.body["forecast"]["period"].startswith("TO DECIDE: D, W or M")


def test_a_table_that_repeats_zone_and_item_is_no_count_of_zone_stock(folder: Folder) -> None:
    folder.write("counts.csv", "zone,item,quantity", "S1,water,5", "S2,water,6")
    assert folder.body["inputs"]["zone_stock"]["path"] == "counts.csv"
    folder.write("counts.csv", "zone,item,quantity", "S1,water,5", "S1,water,6")
    assert "zone_stock" not in folder.body["inputs"]


def test_dates_that_can_be_read_both_ways_are_asked_for_and_no_issue_date_is_drawn_from_them(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions("05/01/2026", "12/01/2026", "02/02/2026"))
    body = folder.body
    assert body["inputs"]["records"]["dates"].startswith("TO DECIDE: day_first or month_first?")
    assert "issue_date" not in body


def test_numbers_that_can_be_read_both_ways_are_asked_for(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", "site;item;date;quantité", *(f"S1;water;{week};1,250" for week in WEEKS))
    assert folder.body["inputs"]["records"]["decimal"].startswith('TO DECIDE: "." or ","? 1,250')


def test_a_decimal_comma_elsewhere_in_the_file_settles_it(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write(
        "records.csv", "site;item;date;quantité", "S2;water;2026-01-05;0,5", *(f"S1;water;{week};1,250" for week in WEEKS)
    )
    assert "decimal" not in folder.body["inputs"]["records"]


def test_need_and_unit_are_taken_from_words_and_asked_for_where_no_word_tells(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write(
        "records.csv",
        "site,item,date,quantity,unité",
        *(
            f"S1,{item},{week},5,{unit}"
            for week in WEEKS
            for item, unit in (("Eau", "litres"), ("XK-7", "carton"), ("Savon", ""))
        ),
    )
    items = folder.body["items"]
    assert items["Eau"] == {"need": "water", "unit": "L", "covers": 1}
    assert items["XK-7"] == {"need": "TO DECIDE: water, food or care?", "unit": "carton"}
    assert items["Savon"]["need"] == "care"
    assert items["Savon"]["unit"].startswith("TO DECIDE: what is one of it?")
    assert items["Savon"]["covers"].startswith("TO DECIDE: how many consultations")


def test_weights_are_asked_for_only_where_vehicles_carry_them(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions(*WEEKS))
    assert "kg_per_unit" not in folder.body["items"]["water"]
    folder.write("camions.csv", "depot,type,nombre,charge utile kg", "D1,truck,2,8000")
    assert folder.body["items"]["water"]["kg_per_unit"].startswith("TO DECIDE: how many kilograms")


def test_depots_that_no_file_places_are_asked_for_one_by_one(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("records.csv", *distributions(*WEEKS))
    folder.write("stock.csv", "depot,item,quantity", "NO,water,5", "007,water,5")
    rows = folder.body["inputs"]["depots"]["rows"]
    assert [row["depot"] for row in rows] == ["007", "NO"]  # text, not a number and not false
    assert rows[0]["lat"] == "TO DECIDE: latitude in degrees"


def test_records_and_zones_that_are_missing_are_asked_for(folder: Folder) -> None:
    folder.write("stock.csv", "depot,item,quantity", "D1,water,5")
    written = folder.path.parent / "config.yaml"
    written.write_text(folder.text, encoding="utf-8")
    with pytest.raises(InputError, match=r"inputs\.records\.path: is still to be decided. Which file\?"):
        config.load(written)


def test_a_draft_of_plain_files_needs_only_what_is_asked_and_then_checks_out(folder: Folder) -> None:
    folder.write("sites.csv", *SITES)
    folder.write("depots.csv", "depot,lat,lon", "D1,10.0,20.0")
    folder.write("stock.csv", "depot,item,quantity", "D1,water,500")
    folder.write("records.csv", *distributions(*WEEKS))
    written = folder.path.parent / "config.yaml"
    assert cli.main(["init", str(folder.path), "--out", str(written)]) == 0
    assert cli.main(["check", str(written)]) == 2
    text = written.read_text(encoding="utf-8")
    for asked, answer in (('unit: "TO DECIDE', 'unit: L # "'), ('covers: "TO DECIDE', 'covers: 1 # "')):
        assert text.count(asked) == 1
        text = text.replace(asked, answer)
    written.write_text(text, encoding="utf-8")
    assert cli.main(["check", str(written)]) == 0


def test_the_draft_is_the_same_whatever_the_order_in_which_files_were_written(tmp_path: Path) -> None:
    texts = []
    files = {"sites.csv": SITES, "records.csv": distributions(*WEEKS), "stock.csv": ("depot,item,quantity", "D1,water,5")}
    for n, names in enumerate((list(files), list(reversed(files)))):
        (tmp_path / str(n)).mkdir()
        folder = Folder(tmp_path / str(n))
        for name in names:
            folder.write(name, *files[name])
        texts.append(folder.text)
    assert texts[0] == texts[1]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_comes_back_from_the_draft_as_it_was(name: str) -> None:
    assert yaml.safe_load(f"key: {_word(name)}") == {"key": name}


def test_a_line_break_in_a_header_or_file_name_cannot_leave_its_comment(folder: Folder) -> None:
    folder.write("sites.csv", "code,lat,lon,note", "S1,10.1,20.1,x")
    folder.write("records.csv", *distributions(*WEEKS))
    folder.write("staff\nissue_date: 1999-01-01.csv", 'name,"phone\ntitle: x"', "A,1")
    body = folder.body
    assert (str(body["issue_date"]), body["title"]) == ("2026-02-02", "What to send where")


# ------------------------------------------------------------------ the command


def test_nothing_is_ever_overwritten(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write("sites.csv", *SITES)
    there = folder.path.parent / "config.yaml"
    there.write_text("mine", encoding="utf-8")
    assert cli.main(["init", str(folder.path), "--out", str(there)]) == 2
    assert there.read_text(encoding="utf-8") == "mine"
    assert "is there already. Give another name with --out" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nowhere", "files"])
def test_no_folder_and_an_empty_folder_are_refused_in_words(
    folder: Folder, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder.path.parent / "config.yaml"
    assert cli.main(["init", str(folder.path.parent / name), "--out", str(out)]) == 2
    assert not out.exists()
    told = capsys.readouterr().err
    assert (
        "is no folder. Give the folder that holds your files" in told or "holds no table that can be read (there is none)" in told
    )


def test_a_folder_for_the_config_that_is_not_there_is_refused(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write("sites.csv", *SITES)
    assert cli.main(["init", str(folder.path), "--out", str(folder.path.parent / "none" / "config.yaml")]) == 2
    assert "cannot be written (No such file or directory)" in capsys.readouterr().err
