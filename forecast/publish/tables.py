"""The plain tables of a run as CSV: allocation, coverage, transfers, demand, choices, and what was found; and samples.parquet.

CSV is UTF-8 with LF line ends, ISO dates, an empty cell where a figure is unknown.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from forecast.publish import _frames
from forecast.schema import SAMPLES_TABLE, Result

_ROWS_AT_ONCE = 2_000_000  # of samples.parquet held in memory


def write(folder: Path, result: Result) -> None:
    """Write the tables of a run; those that tell of a plan only where there is one, transfers where lanes join depots."""
    if result.plan is not None:
        write_csv(_frames.allocation(result.plan, result.stamp), folder / "allocation.csv")
        write_csv(_frames.coverage(result.plan, result.stamp), folder / "coverage.csv")
        if len(result.inputs.routes.between):
            write_csv(_frames.transfers(result.plan, result.stamp), folder / "transfers.csv")
    write_demand(folder / "demand.csv", result)
    write_choices(folder / "choices.csv", result)
    write_csv(_frames.assumptions(result), folder / "assumptions.csv")
    write_problems(folder / "problems.csv", result)
    if result.inputs.feeds:
        write_csv(_frames.feeds(result), folder / "signals.csv")
    write_samples(result, folder / "samples.parquet")


def write_demand(path: Path, result: Result) -> None:
    """Write demand.csv alone, wherever it is wanted."""
    write_csv(_frames.demand(result), path)


def write_choices(path: Path, result: Result) -> bool:
    """Write choices.csv, wherever it is wanted, if models were chosen; whether they were."""
    if result.ledger.trials:
        write_csv(_frames.choices(result), path)
    return bool(result.ledger.trials)


def write_problems(path: Path, result: Result) -> None:
    """Write problems.csv alone, wherever it is wanted."""
    write_csv(_frames.problems(result), path)


def write_csv(df: pd.DataFrame, path: Path) -> None:
    """Write one table; the byte-order mark that spreadsheets need for accents is there only where there are accents."""
    text = df.to_csv(index=False, lineterminator="\n", float_format="%.15g", date_format="%Y-%m-%d")
    path.write_text(text, encoding="utf-8" if text.isascii() else "utf-8-sig", newline="\n")


def write_samples(result: Result, path: Path) -> None:
    """Write the `demand` futures as SAMPLES_TABLE (zone, item, period, sample); pairs without a demand model have no rows."""
    stamp = result.stamp
    about = {
        "run": stamp.run,
        "status": stamp.status,
        "issue_date": str(stamp.issue_date.date()),
        "data_until": str(stamp.data_until.date()),
    }
    types = [pa.string(), pa.string(), pa.timestamp("s"), pa.int32(), pa.float32()]
    schema = pa.schema(list(zip(SAMPLES_TABLE.names, types, strict=True)), metadata=about)
    cube = result.demand["demand"].transpose("zone", "item", "period", "sample")
    zones_at_once = max(1, _ROWS_AT_ONCE // max(1, cube[:1].size))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, max(1, cube.sizes["zone"]), zones_at_once):
            block = cube.isel(zone=slice(start, start + zones_at_once))
            labels = [block.indexes["zone"], block.indexes["item"], block.indexes["period"], np.arange(cube.sizes["sample"])]
            columns = [*_crossed(labels), block.values.ravel().astype("float32")]
            known = ~np.isnan(columns[-1])
            arrays = [pa.array(column[known], type=kind) for column, kind in zip(columns, types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _crossed(labels: list[pd.Index | np.ndarray]) -> list[np.ndarray]:
    """Every combination of the labels, the last one running fastest."""
    grids = np.meshgrid(*(np.arange(len(axis)) for axis in labels), indexing="ij")
    return [np.asarray(axis)[grid.ravel()] for axis, grid in zip(labels, grids, strict=True)]
