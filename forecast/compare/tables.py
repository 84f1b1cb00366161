"""The comparison as CSV: a row per need, zone and item; UTF-8, LF line ends, an empty cell where a figure is unknown."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.compare import Comparison
from forecast.errors import InputError, Problem
from forecast.text_page import cell


def zones_and_items(found: Comparison) -> pd.DataFrame:
    """Comparison -> every zone and item: the balance of the item, then coverage and people of the zone's need; A, B, change."""
    about = found.zones.drop(columns=["zone_name"])
    names = found.zones.drop_duplicates("zone").set_index("zone")["zone_name"]
    df = found.balances.merge(about, on=["need", "zone"], how="left")
    df.insert(2, "zone_name", df["zone"].map(names))
    figures = [name for name in df.columns if name not in ("need", "zone", "zone_name", "item", "unit")]
    return df.assign(run_a=found.a.run, run_b=found.b.run)[
        ["run_a", "run_b", "need", "zone", "zone_name", "item", "unit", *figures]
    ]


def write_zones(found: Comparison, path: Path) -> None:
    """Write `zones_and_items`. Raises InputError when the file cannot be written."""
    write_csv(zones_and_items(found), path)


def write_csv(df: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all. Raises InputError when the file cannot be written."""
    words = df.select_dtypes(exclude=["number", "datetime"]).columns
    df = df.assign(**{name: df[name].map(cell) for name in words})
    text = df.to_csv(index=False, lineterminator="\n", float_format="%.15g", date_format="%Y-%m-%d")
    partial = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8" if text.isascii() else "utf-8-sig", newline="\n")
        partial.replace(path)
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be written ({error.strerror})", "Give another file with --out")]) from error
