"""Demand made elsewhere -> DEMAND: from a table of quantiles, or from samples, for planning without forecasting.

Only the demand is taken; `distributed` is empty. What is wrong with the table is told all at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

from forecast import convert, plugins
from forecast.config import Config
from forecast.errors import InputError, Problem, Problems, did_you_mean, few
from forecast.schema import DEMAND, DEMAND_TABLE, QUANTILES, RECORD, SAMPLES_TABLE, Floats, Inputs, Ledger, Reading, Table

COLUMNS = [f"q{round(100 * level):02d}" for level in QUANTILES]
RULE = (
    "Futures made from the quantiles given: straight lines between them, the last two carried on beyond them and cut at zero; in "
    "one future a zone and item keeps its rank in all periods; zones and items are independent. The column mean is not used."
)

MOST_SAMPLES = 20_000_000  # rows of a Parquet file of samples
KINDS: dict[str, tuple[Callable[[pa.DataType], bool], str]] = {
    "text": (lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind), "text"),
    "period": (lambda kind: pa.types.is_timestamp(kind) or pa.types.is_date(kind), "dates"),
    "integer": (pa.types.is_integer, "whole numbers"),
    "number": (lambda kind: pa.types.is_floating(kind) or pa.types.is_integer(kind), "numbers"),
}
GIVEN = Table("demand", (RECORD, *(DEMAND_TABLE.column(name) for name in ("zone", "item", "period", "quantity", *COLUMNS))))


def read_given_demand(path: Path, inputs: Inputs, config: Config, ledger: Ledger) -> xr.Dataset:
    """A demand.csv (or any other table), or a samples.parquet by its ending -> DEMAND over all zones and items of the inputs.

    Raises InputError with every problem of the file at once; zones and items that are not in the inputs are refused by name, and
    zones of the inputs that have no row: nothing would be planned for them.
    """
    if not path.is_file():
        raise InputError([Problem(path.name, "there is no such file", "Give a demand.csv or a samples.parquet")])
    if path.suffix.lower() == ".parquet":
        given = from_samples(_samples(path), path.name)
    else:
        settings = config.forecast
        given = from_table(_table(path, inputs, config, ledger), settings.samples, settings.seed, ledger, path.name)
    problems = [
        Problem(
            path.name, f"is not in {name}s", f"{did_you_mean(code, known)} Known: {len(known)}".strip(), column=name, value=code
        )
        for name, known in (("zone", inputs.zones.index), ("item", inputs.items.index))
        for code in given.indexes[name].difference(known)
    ]
    without = [str(code) for code in inputs.zones.index.difference(given.indexes["zone"])]
    if without and not problems:
        what = f"has no demand for {len(without)} of the {len(inputs.zones)} zones"
        action = "Give their rows, with 0 where nothing is needed, or take them out of zones"
        problems.append(Problem(path.name, what, action, column="zone", value=few(without, 8)))
    if problems:
        raise InputError(problems)
    return over_all(given, inputs)


def over_all(given: xr.Dataset, inputs: Inputs) -> xr.Dataset:
    """DEMAND over all zones and items of the inputs; pairs that were not given have no model."""
    whole = given.reindex(zone=inputs.zones.index, item=inputs.items.index)
    return DEMAND.check(whole.assign(model=whole["model"].where(whole["model"].notnull(), "none")))


def _table(path: Path, inputs: Inputs, config: Config, ledger: Ledger) -> pd.DataFrame:
    """A table of quantiles, read as input tables are; without `quantity` where the file has none."""
    real, forecast, problems = path.resolve(), config.forecast, Problems()
    source = plugins.load("ingest", "table", "--demand")
    day, files = inputs.data_until, dict[str, str]()
    reading = Reading(real.parent, day, day, forecast.period, None, ledger, files, forecast.week_starts)
    text = source.read(source.Settings(path=real.name), reading, "demand")
    missing = [column.name for column in GIVEN.columns if column.required and column.name not in (*text.columns, "quantity")]
    if missing:
        what = f"has no column {', '.join(missing)}"
        raise InputError([Problem(path.name, what, "Give a demand.csv as `forecast demand` writes it")])
    if not len(text):
        raise InputError([Problem(path.name, "has no rows", "Give a demand.csv as `forecast demand` writes it")])
    named = text if "quantity" in text.columns else text.assign(quantity="demand")
    named.attrs = text.attrs
    table = convert.typed(
        named, GIVEN, problems, name=path.name, set_aside=False, period=forecast.period, week_starts=forecast.week_starts
    )
    problems.raise_if_refused()
    return table


def _samples(path: Path) -> pd.DataFrame:
    """SAMPLES_TABLE of a Parquet file, its columns of the right kinds; no more rows than memory holds."""
    names = SAMPLES_TABLE.names
    try:
        with pq.ParquetFile(path, read_dictionary=["zone", "item"]) as file:
            if file.metadata.num_rows > MOST_SAMPLES:
                what = f"declares {file.metadata.num_rows:,} rows, more than {MOST_SAMPLES:,}"
                raise InputError([Problem(path.name, what, "Give fewer samples")])
            problems = _wrong_kinds(file.schema_arrow, path.name)
            if problems:
                raise InputError(problems)
            table: pd.DataFrame = file.read(columns=names).to_pandas()
            return table.astype({"zone": str, "item": str})
    except (pa.ArrowException, ValueError, OSError) as error:
        problem = f"is not a table of samples ({', '.join(names)})"
        raise InputError([Problem(path.name, problem, "Give a samples.parquet of a run")]) from error


def _wrong_kinds(schema: pa.Schema, file: str) -> list[Problem]:
    """Codes must be text (as numbers they lose their zeros), periods dates, samples and demand numbers."""
    known = dict(zip(schema.names, schema.types, strict=True))
    problems = []
    for column in SAMPLES_TABLE.columns:
        fits, what = KINDS[column.kind]
        kind = known.get(column.name)
        if kind is None:
            problems.append(Problem(file, f"has no column {column.name}", "Give a samples.parquet of a run"))
        elif not fits(kind.value_type if pa.types.is_dictionary(kind) else kind):
            problems.append(Problem(file, f"holds {kind}, not {what}", "Give a samples.parquet of a run", column=column.name))
    return problems


def from_table(table: pd.DataFrame, samples: int, seed: int, ledger: Ledger, file: str = "demand.csv") -> xr.Dataset:
    """DEMAND_TABLE rows of quantity `demand` (all rows where there is no such column) -> DEMAND with `samples` futures.

    The quantile function is a straight line between the quantiles given; beyond the lowest and highest the slope of the last two
    goes on, cut at zero. Over time a pair of zone and item keeps its rank (comonotone); pairs are independent. Raises InputError:
    rows missing or twice, quantiles empty, negative or not ascending.
    """
    rows = table[table["quantity"] == "demand"] if "quantity" in table else table
    rows = rows.reset_index(drop=True)
    problems = _row_problems(rows, file)
    pairs, periods = _axes(rows, ["zone", "item", "period"], problems, file)
    if problems:
        raise InputError(problems)
    values = rows.sort_values(["zone", "item", "period"])[COLUMNS].to_numpy(dtype=float).reshape(len(pairs), len(periods), -1)
    ordered = _at_midpoints(values, samples)
    order = np.stack([_rng(seed, zone, item).permutation(samples) for zone, item in pairs])
    paths = np.take_along_axis(ordered, order[:, None, :], axis=2)
    models = rows.groupby(["zone", "item"])["model"].first() if "model" in rows else pd.Series("given", index=pairs)
    ledger.remarks.append(RULE)
    return _cube(pairs, periods, paths, models)


def from_samples(table: pd.DataFrame, file: str = "samples.parquet") -> xr.Dataset:
    """SAMPLES_TABLE -> DEMAND, each sample as it is. Raises InputError: rows missing or twice, values empty or negative."""
    table = table.reset_index(drop=True)
    problems = _value_problems(table, ["demand"], file)
    pairs, periods = _axes(table, ["zone", "item", "period", "sample"], problems, file)
    if problems:
        raise InputError(problems)
    values = table.sort_values(["zone", "item", "period", "sample"])["demand"].to_numpy(dtype=float)
    return _cube(pairs, periods, values.reshape(len(pairs), len(periods), -1), pd.Series("given", index=pairs))


def _row_problems(rows: pd.DataFrame, file: str) -> list[Problem]:
    missing = [name for name in ("zone", "item", "period", *COLUMNS) if name not in rows]
    if missing or rows.empty:
        what = f"has no column {', '.join(missing)}" if missing else "has no row of quantity demand"
        raise InputError([Problem(file, what, "Give a demand.csv as `forecast demand` writes it")])
    problems = _value_problems(rows, COLUMNS, file)
    falling = (rows[COLUMNS].diff(axis=1).iloc[:, 1:] < 0).any(axis=1)
    return problems + [
        _problem(row, file, "has quantiles that fall", "Let q05 to q95 ascend") for _, row in rows[falling].iterrows()
    ]


def _value_problems(rows: pd.DataFrame, columns: list[str], file: str) -> list[Problem]:
    values = rows[columns]
    wrong = ~(np.isfinite(values) & (values >= 0)).all(axis=1)
    return [
        _problem(row, file, "has an empty, negative or infinite quantity", "Give numbers from 0 up")
        for _, row in rows[wrong].iterrows()
    ]


def _problem(row: pd.Series, file: str, problem: str, action: str) -> Problem:
    line = str(row.get("record", "")).rpartition(":")[2]
    name = f"{row['zone']}, {row['item']}, {pd.Timestamp(row['period']).date()}"
    return Problem(file, problem, action, line=int(line) if line.isdigit() else None, value=name)


def _axes(rows: pd.DataFrame, key: list[str], problems: list[Problem], file: str) -> tuple[pd.MultiIndex, pd.DatetimeIndex]:
    """Pairs of zone and item and periods, sorted; a pair must have one row for each period (and sample)."""
    repeated = rows[rows.duplicated(key)]
    problems += [_problem(row, file, "stands twice", "Keep one of the rows") for _, row in repeated.iterrows()]
    axes = [np.sort(rows[name].unique()) for name in key[2:]]
    whole = int(np.prod([len(axis) for axis in axes]))
    counts = rows.drop_duplicates(key).groupby(["zone", "item"]).size()
    short = [f"{zone}/{item}" for zone, item in counts.index[counts < whole]]
    if short:
        action = "Give each zone and item all of them, or no row at all"
        problems.append(
            Problem(file, f"lacks some of the {whole} rows (periods, samples) of each zone and item", action, value=few(short))
        )
    return pd.MultiIndex.from_tuples(counts.index, names=["zone", "item"]), pd.DatetimeIndex(axes[0], name="period")


def _at_midpoints(values: Floats, samples: int) -> Floats:
    """(..., quantile) -> (..., sample) ascending values of the quantile function at (j + 1/2) / samples."""
    levels = np.array(QUANTILES)
    wanted = (np.arange(samples) + 0.5) / samples
    left = np.clip(np.searchsorted(levels, wanted) - 1, 0, len(levels) - 2)
    along = (wanted - levels[left]) / (levels[left + 1] - levels[left])
    return np.asarray(np.maximum(values[..., left] + (values[..., left + 1] - values[..., left]) * along, 0))


def _rng(seed: int, zone: str, item: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(f"given/{zone}/{item}".encode())])


def _cube(pairs: pd.MultiIndex, periods: pd.DatetimeIndex, paths: npt.NDArray[np.floating], models: pd.Series) -> xr.Dataset:
    """(pair, period, sample) -> DEMAND; pairs of zone and item that were not given have no model."""
    zones, items = (pd.Index(np.sort(pairs.get_level_values(name).unique()), name=name) for name in ("zone", "item"))
    place = (zones.get_indexer(pairs.get_level_values("zone")), items.get_indexer(pairs.get_level_values("item")))
    demand = np.full((len(zones), len(items), len(periods), paths.shape[2]), np.nan, dtype=np.float32)
    demand[place] = paths
    model = np.full((len(zones), len(items)), "none", dtype=object)
    model[place] = models.reindex(pairs).to_numpy()
    dims = ("zone", "item", "period", "sample")
    unit = {"units": "item units per period"}
    variables = {
        "distributed": (dims, np.full_like(demand, np.nan), unit),
        "demand": (dims, demand, unit),
        "model": (dims[:2], model),
    }
    coords = {"zone": zones, "item": items, "period": periods, "sample": np.arange(paths.shape[2])}
    return DEMAND.check(xr.Dataset(variables, coords=coords))
