"""Tables with one column per month, item or group of people, as people write them: recognised by their headers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forecast.draft import cells
from forecast.draft.files import File
from forecast.draft.names import GROUPS, NEEDS, NO_GOODS, meant, rank
from forecast.schema import INPUT_TABLES

FEWEST = {"period": 3, "item": 2, "group": 2}  # columns of a kind that make a table wide


@dataclass(frozen=True)
class Wide:
    """`column`: what the headers are; `codes`: header -> our code; `value`: what stands below them."""

    column: str
    codes: dict[str, str]
    value: str


def wide(name: str, file: File) -> Wide | None:
    """How the file is wide, where it is read as this input: None where it has a row for each figure."""
    if file.is_layer or name not in ("records", "population"):
        return None
    if name == "population":
        codes = {header: group for header in file.columns if (group := meant(header, GROUPS)) is not None}
        return _of("group", codes, "people", name, file)
    if _has("item", file):
        return _of("period", _same(filter(cells.is_period, file.columns)), "distributed", name, file)
    goods = (header for header in file.columns if meant(header, NEEDS) is not None and meant(header, NO_GOODS) is None)
    return _of("item", _same(goods), "distributed", name, file)


def _of(column: str, codes: dict[str, str], value: str, name: str, file: File) -> Wide | None:
    """Only headers over numbers count, and only where there are some of them."""
    amount = INPUT_TABLES[name].column(value)
    filled = {header: code for header, code in codes.items() if cells.suits(file.frame[header].replace("", "0"), amount)}
    return Wide(column, filled, value) if len(filled) >= FEWEST[column] else None


def _has(column: str, file: File) -> bool:
    kind = INPUT_TABLES["records"].column(column)
    return any(rank(column, header) is not None and cells.suits(file.frame[header], kind) for header in file.columns)


def _same(headers: Iterable[str]) -> dict[str, str]:
    return {header: header for header in headers}
