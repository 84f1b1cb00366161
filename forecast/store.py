"""The runs folder: lock, run id, a run written under a temporary name and published whole or not at all.

runs/.lock          held by the one run that may write
runs/.tmp-<id>/     a run being written; readers never look here
runs/<id>/          a complete run: its manifest has the sha256 of every file
runs/kept/          what the next run need not make anew, at most 1 GB; it may be deleted
runs/LATEST         the name of the last complete run, replaced in one step; a what-if does not take it from a plan
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import geopandas as gpd
import pandas as pd
import xarray as xr

import forecast
from forecast.errors import InputError, LockedError, Problem
from forecast.schema import (
    ARRIVALS,
    BY_OTHERS,
    COMMITMENTS,
    DEPOTS,
    DISPATCHES,
    FLEET,
    ITEMS,
    PRIORITIES,
    RECORDS,
    ROUTES,
    STOCK,
    ZONE_STOCK,
    ZONES,
    Inputs,
    Ledger,
    Plan,
)

MANIFEST = "manifest.json"
GIVEN = "--demand"
STOCK_SEAMS = {  # table of Stock -> the seam it is written to
    "depot_stock": "5-stock",
    "arrivals": "5-arrivals",
    "zone_stock": "5-zone-stock",
    "dispatches": "5-dispatches",
    "by_others": "5-by-others",
    "commitments": "5-commitments",
    "priorities": "5-priorities",
}
ROUTES_SEAMS = {
    "depots": "5-depots",
    "lanes": "5-lanes",
    "closures": "5-closures",
    "fleet": "5-fleet",
    "between": "5-between",
}  # the same of Routes
KEPT = "kept"  # the folder of what saves time; it may be deleted at any time
BASE = "base"  # the scenario without differences: the plan itself


@contextmanager
def lock(runs: Path) -> Iterator[None]:
    """Hold the runs folder for one run; the system releases it when the process ends, however it ends.

    Raises LockedError when another run holds it, InputError when the folder cannot be written.
    """
    try:
        runs.mkdir(parents=True, exist_ok=True)
        held = filelock.FileLock(runs / ".lock", timeout=0)
        held.acquire()
    except filelock.Timeout as error:
        raise LockedError(
            f"{runs}: another run is writing here. Wait until it is done, or give another folder with --out"
        ) from error
    except OSError as error:
        raise InputError(
            [Problem(str(runs), f"cannot be written ({error.strerror})", "Give another folder with --out")]
        ) from error
    try:
        for leftover in runs.glob(".tmp-*"):  # of a run that was killed: nobody else can be writing, we hold the lock
            shutil.rmtree(leftover)
        yield
    finally:
        held.release()


def run_id(issue_date: pd.Timestamp, scenario: str, config: str, inputs: str) -> str:
    """`2026-11-02-base-1f3a9c2e`: the same question of the same content by the same code has the same name."""
    digest = hashlib.sha256(
        "\n".join([str(issue_date.date()), scenario, config, inputs, code_fingerprint()]).encode()
    ).hexdigest()
    return f"{issue_date.date()}-{scenario}-{digest[:8]}"


def inputs_fingerprint(inputs: Inputs, ledger: Ledger) -> str:
    """sha256 over the content of all inputs, whatever their row order or file names, and over what was set aside."""
    stock, routes = inputs.stock, inputs.routes
    parts = [
        table.fingerprint(df)
        for table, df in (
            (ZONES, inputs.zones.reset_index()),
            (ITEMS, inputs.items.reset_index()),
            (RECORDS, inputs.records),
            (STOCK, stock.depot_stock),
            (ARRIVALS, stock.arrivals),
            (ZONE_STOCK, stock.zone_stock),
            (DISPATCHES, stock.dispatches),
            (BY_OTHERS, stock.by_others),
            (COMMITMENTS, stock.commitments),
            (PRIORITIES, stock.priorities),
            (DEPOTS, routes.depots),
            (ROUTES, routes.lanes),
            (ROUTES, routes.between),
            (FLEET, routes.fleet),
        )
    ]
    parts += sorted(geometry.wkt for geometry in inputs.zones.geometry.dropna())
    parts += [
        f"{name}:{_bytes_digest(inputs.signals[name].values.tobytes())}" for name in sorted(map(str, inputs.signals.data_vars))
    ]
    parts += [routes.closures.to_csv(index=False), inputs.movements.to_csv(index=False)]
    parts += sorted(f"{p.file}|{p.column}|{p.value}|{p.problem}" for p in ledger.problems)
    parts.append(inputs.files.get(GIVEN, ""))
    parts += [] if inputs.last_plan.empty else [inputs.last_plan.to_csv(index=False)]
    return _bytes_digest("\n".join(parts).encode())


def with_file(inputs: Inputs, path: Path) -> Inputs:
    """The same inputs and one more file, given on the command line: its content counts for the run id."""
    digest = file_digest(path) if path.is_file() else ""
    return dataclasses.replace(inputs, files={**inputs.files, GIVEN: digest})


@functools.cache
def code_fingerprint() -> str:
    """sha256 of the package's own source files, as they were when first asked for."""
    home = Path(forecast.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(home.rglob("*.py")):
        digest.update(file.relative_to(home).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def is_complete(folder: Path) -> bool:
    """Whether a run was published here and still has every file its manifest names, unchanged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return all(file_digest(folder / name) == digest for name, digest in manifest["outputs"].items())
    except (OSError, ValueError, KeyError):
        return False


def free_name(runs: Path, name: str) -> str:
    """`name`, or `name-2`, `-3` ... when runs of that name are there already: no run is ever overwritten."""
    candidates = (name if n == 1 else f"{name}-{n}" for n in range(1, 10_000))
    return next(candidate for candidate in candidates if not (runs / candidate).exists())


@contextmanager
def run_folder(runs: Path, name: str) -> Iterator[Path]:
    """A temporary folder to write a run into; whatever goes wrong inside, it vanishes and LATEST stays as it was."""
    folder = runs / f".tmp-{name}"
    folder.mkdir()
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def complete(folder: Path, runs: Path, name: str, facts: Mapping[str, Any]) -> Path:
    """Write the manifest, flush everything to disk, give the run its name, then point LATEST at it (not at a what-if)."""
    outputs = {path.relative_to(folder).as_posix(): file_digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    manifest = {**facts, "outputs": outputs}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in (*folder.rglob("*"), folder):
        _flush(path)
    target = runs / name
    folder.rename(target)
    _flush(runs)
    point_latest(target)
    return target


def point_latest(folder: Path) -> bool:
    """Point LATEST at a complete run, in one step; a what-if never takes LATEST from a plan of the base. Returns whether it did.

    Where there is no plan yet, or only what-ifs, LATEST names the last run whatever its scenario.
    """
    runs, now = folder.parent, latest(folder.parent)
    if now is not None and now != folder and _scenario(folder) != BASE and _scenario(now) == BASE:
        return False
    pointer = runs / ".LATEST.tmp"
    pointer.write_text(folder.name + "\n", encoding="utf-8")
    _flush(pointer)
    pointer.replace(runs / "LATEST")
    _flush(runs)
    return True


def latest(runs: Path) -> Path | None:
    """The last complete run, or None before the first."""
    try:
        name = (runs / "LATEST").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return runs / name


def write_seams(folder: Path, inputs: Inputs, panel: xr.Dataset, demand: xr.Dataset, plan: Plan | None) -> None:
    """Write the numbered seams of a run, in the order the stages passed them, as Parquet tables."""
    (folder / "seams").mkdir()
    for name, table in _seams(inputs, panel, demand, plan).items():
        table.to_parquet(folder / seam_file(name), index=False)


def _with_points(zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """The zones, each with `lat` and `lon` of a point inside: where the rounds of vehicles take it to be."""
    points = zones.geometry.representative_point()
    return pd.DataFrame(zones.drop(columns="geometry")).assign(lat=points.y, lon=points.x).reset_index()


def _seams(inputs: Inputs, panel: xr.Dataset, demand: xr.Dataset, plan: Plan | None) -> dict[str, pd.DataFrame]:
    """Numbered name -> table: 1 to 4 what the forecast saw and its means before they became a demand (none of a given demand), 5
    what the plan had to share out, 6 to 8 the plan.
    """
    tables = {
        "1-zones": _with_points(inputs.zones),
        "1-items": inputs.items.reset_index(),
        "2-records": inputs.records,
        "2-doubted": inputs.doubted,
        "3-signals": _long(inputs.signals),
        "4-panel": _long(panel),
        "4-trend": _long(demand[[name for name in ("trend", "people") if name in demand]]),
        **{seam: getattr(inputs.stock, name) for name, seam in STOCK_SEAMS.items()},
        **{seam: getattr(inputs.routes, name) for name, seam in ROUTES_SEAMS.items()},
        "5-movements": inputs.movements,
        "5-last-plan": inputs.last_plan,
    }
    if plan is not None:
        tables |= {"6-lines": plan.lines, "7-cells": plan.cells, "8-depot-stock": plan.depot_stock, "8-transfers": plan.transfers}
    return tables


def seam_file(name: str) -> str:
    """Where a seam lies within a run folder: `2-records` -> `seams/2-records.parquet`."""
    return f"seams/{name}.parquet"


def read_seam(folder: Path, name: str) -> pd.DataFrame:
    """Read one seam of a run back."""
    return pd.read_parquet(folder / seam_file(name))


def _scenario(folder: Path) -> str:
    """The scenario of a run, as its manifest says; of a run that cannot be read: none."""
    try:
        return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["scenario"])
    except (OSError, ValueError, KeyError):
        return ""


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _long(ds: xr.Dataset) -> pd.DataFrame:
    """A row per cell; the units of the variables go with the table."""
    if not ds.data_vars:
        return pd.DataFrame()
    df = ds.to_dataframe().reset_index()
    df.attrs = {"units": {str(name): str(ds[name].attrs.get("units", "")) for name in ds.data_vars}}
    return df


def _bytes_digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder to flush it
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
