"""Headings of spreadsheets that say in other words what our columns hold: recognised where only one column can be meant.

`Produit; Site; Mois; Quantité` is a table of records as well as `item; zone; period; distributed`. A heading is compared without
case, accents, blanks and signs. Of a column of codes and a column of names for the same thing the codes are taken, and of places
within places the smallest (Site, not District). Where two columns may be meant (Quantity and Consumption), neither is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from forecast.errors import bare_name
from forecast.wordlists import without_accents

CODES, NAMES = ("code", "id", "pcode", "number", "no", "numero"), ("name", "nom", "nombre", "designation", "label", "libelle")
PERIOD = re.compile(
    r"[0-9]{4}[-/][0-9]{1,2}([-/][0-9]{1,2})?|[0-9]{1,2}/[0-9]{4}|[0-9]{4}-?W[0-9]{1,2}"
    r"|(?:jan|feb|fev|mar|apr|avr|abr|may|mai|jun|juin|jul|juil|aug|aout|ago|sep|oct|nov|dec|dic|ene)[a-z]*\.?[-_ /'][0-9]{2,4}",
    re.IGNORECASE,
)
FEWEST_PERIODS = 3  # columns of periods that make a table wide
YEAR, MONTH = ("year", "annee", "an", "ano"), ("month", "mois", "mes")
# From the smallest places to the largest.
PLACES: tuple[tuple[str, ...], ...] = (
    (
        "zone", "site", "location", "facility", "healthfacility", "camp", "settlement", "deliverysite", "servicedeliverypoint",
        "etablissement", "structure", "formationsanitaire", "centre", "centredesante", "localite", "lieu", "zona", "sitio",
        "establecimiento", "hospital", "clinic", "store", "unique",
    ),
    ("commune", "municipio", "ward", "adm3", "admin3"),
    ("district", "distrito", "county", "adm2", "admin2"),
    ("region", "province", "provincia", "adm1", "admin1"),
)  # fmt: skip
# Our column: what it is called elsewhere (English, French, Spanish), in the form of `bare_name`.
OURS: Mapping[str, tuple[str, ...]] = {
    "item": (
        "item", "product", "commodity", "article", "material", "sku", "supply", "drug", "medicine", "good", "goods", "produit",
        "denree", "intrant", "medicament", "materiel", "producto", "articulo", "insumo", "medicamento",
    ),
    "period": (
        "period", "date", "month", "week", "day", "reportingperiod", "reportingmonth", "reportingdate", "perioddate", "periode",
        "mois", "semaine", "jour", "periodo", "fecha", "mes", "semana", "dia", "weekstart", "monthstart", "periodstart", "ds",
        "timestamp", "datetime",
    ),
    "distributed": (
        "distributed", "quantity", "qty", "consumption", "consumed", "issued", "issues", "dispensed", "distribution",
        "usage", "used", "demand", "quantitydistributed", "quantityissued", "quantityconsumed", "quantitydispensed",
        "quantityused", "qtydistributed", "qtyissued", "qtyconsumed", "qtydispensed", "qtyused", "stockdistributed",
        "distributedquantity", "issuedquantity", "dispensedquantity", "quantite", "qte", "consommation", "consomme",
        "distribue", "quantitedistribuee", "quantiteconsommee", "quantitedispensee", "qtedistribuee", "qteconsommee",
        "cantidad", "consumo", "distribuido", "cantidaddistribuida", "sales", "y",
    ),
    "stock_start": (
        "stockinitial", "initialstock", "openingstock", "openingbalance", "beginningbalance", "stockstart", "startingstock",
        "stockdebut", "stockdedebut", "stockinicial",
    ),
    "received": (
        "received", "quantityreceived", "qtyreceived", "receivedquantity", "receipts", "stockreceived", "recu", "quantiterecue",
        "qterecue", "entrees", "recibido", "cantidadrecibida",
    ),
    "stock_end": (
        "stockend", "endingstock", "closingstock", "closingbalance", "endingbalance", "stockonhand", "soh", "stockfinal",
        "stockfin", "stockdefin", "stockdisponible",
    ),
    "requested": (
        "requested", "quantityrequested", "qtyrequested", "requestedquantity", "ordered", "quantityordered", "qtyordered",
        "stockordered", "commande", "quantitecommandee", "qtecommandee", "solicitado", "cantidadsolicitada",
    ),
    "stockout_days": (
        "stockoutdays", "daysofstockout", "daysstockedout", "daysoutofstock", "joursderupture", "joursrupture",
        "diasdesabastecimiento",
    ),
}  # fmt: skip


def recognised(names: Collection[str]) -> dict[str, Any]:
    """Headings of a file -> our column, where it is absent and only one column can be meant: where it comes from.

    As under `columns` of a table: a name, or {join: [year, month]}.
    """
    bare = {name: bare_name(name) for name in names}
    found: dict[str, Any] = {}
    places = next((level for level in PLACES if any(_root(word) in level for word in bare.values())), ())
    for ours, words in {"zone": places, **OURS}.items():
        if ours in names:
            continue
        if ours == "period" and (parts := _year_and_month(bare)):
            found[ours] = {"join": parts, "with": "-"}
        elif one := _only([name for name in names if _root(bare[name]) in words], bare):
            found[ours] = one
    return found


def spread_periods(names: Collection[str]) -> list[str]:
    """The headings that are periods (2026-01, 01/2026, 2026-W07, 2026-01-31, Jan-26), where a table has one column for each."""
    bare = {name: without_accents(name).strip() for name in names}
    found = [name for name in names if PERIOD.fullmatch(bare[name])]
    return found if len(found) >= FEWEST_PERIODS else []


def _year_and_month(bare: Mapping[str, str]) -> list[str]:
    years, months = ([name for name, word in bare.items() if word in words] for words in (YEAR, MONTH))
    return [*years, *months] if len(years) == len(months) == 1 else []


def _only(meant: Collection[str], bare: Mapping[str, str]) -> str:
    """The one column that is meant; of codes and names of one thing the codes."""
    if len({_root(bare[name]) for name in meant}) != 1:
        return ""
    coded = [name for name in meant if bare[name].endswith(CODES)] if len(meant) > 1 else list(meant)
    return coded[0] if len(coded) == 1 else ""


def _root(word: str) -> str:
    """`productcode` and `productname` -> `product`; `codeproduit` -> `produit`."""
    for tail in (*CODES, *NAMES):
        if word.endswith(tail) and len(word) > len(tail) + 1:
            return word.removesuffix(tail)
    for head in ("codedu", "codede", "code", "nomdu", "nomde", "nom", "designationdu", "designation", "libelledu", "libelle"):
        if word.startswith(head) and len(word) > len(head) + 1:
            return word.removeprefix(head)
    return word
