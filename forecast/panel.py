"""Records and signals -> PANEL: what is known of each zone, item and complete period as of the issue date.

Three things are kept apart. A missing report: `is_reported` is False and both quantities are empty. A zero: reported, and stock
was there or nothing says that it was not. A stock-out: `is_censored`; what was handed out is then only a floor of what was
needed. Stock at the end, received, requested and available (at the start and received) are kept beside them for models that can
use them; none is taken for demand: requests are often habit or hope.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from forecast import convert, meaning, periods
from forecast.config import Config
from forecast.errors import InputError, Problem, did_you_mean
from forecast.schema import PANEL, Floats, Inputs, Ledger, SeamError
from forecast.unit_errors import Suspect, find_unit_errors

Where = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]
Values = npt.NDArray[Any]
DIMS = ("zone", "item", "period")
STRAY_DAYS, STRAY_SHARE = 5 * 365, 0.01  # few records so long before all others are slips of the year


def build_panel(inputs: Inputs, config: Config, issue_date: pd.Timestamp, ledger: Ledger) -> xr.Dataset:
    """Records, signals -> PANEL (zone, item, period), in item units per period, with `people` and all signals (zone, period).

    Periods run from the first record to the last that was complete before the issue date; later records and signals are not
    looked at (which records were known by then was settled when they were read: as_of.py). A value that can only be a unit error
    is emptied and noted with its file and line; people who arrive are not looked at for that, since they come in waves, and come
    whether there is stock or not. Raises InputError when `forecast.exposure` is not a signal.
    """
    last = periods.last_complete(issue_date, config.forecast.period, config.forecast.week_starts)
    records = _where_true(inputs.records["period"] <= last, inputs.records)
    records = _since(config.panel.history_from, _without_stray(records, config, ledger), ledger)
    axes = _axes(inputs, records, config, last)
    where = _where(records, axes)
    panel = xr.Dataset(_signals(inputs, axes["period"]), coords=axes)
    panel["people"] = _people(panel, inputs, config)

    goods = ~meaning.counts(inputs.items.loc[axes["item"]], meaning.ARRIVING)
    is_censored = is_censored_by(records) & goods[where[1]]
    days = periods.days_in(pd.DatetimeIndex(axes["period"]), config.forecast.period)
    demand, available = _normalised(records, is_censored, days[where[2]]), on_hand(records)
    cubes = {
        "distributed": _cube(records["distributed"].to_numpy(), where, axes),
        "demand": _cube(demand, where, axes),
        "is_censored": _cube(is_censored, where, axes),
        "is_reported": _cube(records["distributed"].notna().to_numpy(), where, axes),
        "available": _cube(available.to_numpy(), where, axes),
        **{name: _cube(records[name].to_numpy(dtype=float), where, axes) for name in ("stock_end", "received", "requested")},
    }
    if config.panel.absent_rows == "zero":
        _take_absent_as_zero(cubes, axes, ledger)
    suspects = find_unit_errors(
        distributed=np.where(goods[:, None], cubes["distributed"], np.nan),
        on_hand=cubes["available"],
        is_censored=cubes["is_censored"],
        people=panel["people"].values,
        packs=inputs.items["pack"].reindex(axes["item"]).to_numpy(),
        factor=config.panel.unit_error_factor,
    )
    _set_aside(cubes, suspects)
    _note(suspects, records, where, ledger)
    _remark(cubes, axes["period"], ledger)
    return PANEL.check(panel.assign({name: (DIMS, values) for name, values in cubes.items()}))


def _where_true(holds: pd.Series, records: pd.DataFrame) -> pd.DataFrame:
    """Some of the records; all of them are not copied, since of many series they fill the memory."""
    return records.reset_index(drop=True) if holds.all() else records[holds].reset_index(drop=True)


def _without_stray(records: pd.DataFrame, config: Config, ledger: Ledger) -> pd.DataFrame:
    """Without the few records that stand years before all others: a slip of the year, such as 1970-01-01, stretches the panel.

    Where `panel.history_from` says since when records count, it holds instead.
    """
    starts = records["period"].drop_duplicates().sort_values()
    apart = starts.diff() > pd.Timedelta(days=STRAY_DAYS)
    if not apart.any() or config.panel.history_from is not None:
        return records
    early = records["period"] < starts[apart].iloc[-1]
    if early.sum() > STRAY_SHARE * len(records):
        return records
    for _, row in records[early].iterrows():
        file, line = convert.place(str(row["record"]))
        problem = f"is {STRAY_DAYS // 365} years or more before the records that follow"
        action = "Set aside as a slip of the year. Mend it, or say with panel.history_from since when records count"
        day = str(pd.Timestamp(row["period"]).date())
        ledger.problems.note(Problem(file or "records", problem, action, line=line, column="period", value=day))
    return _where_true(~early, records)


def _since(day: dt.date | None, records: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """The records of periods that start on `panel.history_from` or later."""
    if day is None:
        return records
    early = records["period"] < pd.Timestamp(day)
    if early.any():
        ledger.remarks.append(f"{int(early.sum()):,} records of periods that start before {day} (panel.history_from): not used.")
    return _where_true(~early, records)


def _axes(inputs: Inputs, records: pd.DataFrame, config: Config, last: pd.Timestamp) -> dict[str, pd.Index]:
    first = records["period"].min() if len(records) else last
    return {
        "zone": pd.Index(sorted(inputs.zones.index), name="zone"),
        "item": pd.Index(sorted(inputs.items.index), name="item"),
        "period": periods.between(first, last, config.forecast.period),
    }


def _where(records: pd.DataFrame, axes: dict[str, pd.Index]) -> Where:
    zone, item, period = (axes[dim].get_indexer(pd.Index(records[dim])) for dim in DIMS)
    for dim, found in zip(DIMS, (zone, item, period), strict=True):
        if (found < 0).any():
            raise SeamError(f"records: {dim} {records[dim][found < 0].iloc[0]} is unknown to the panel")
    return zone, item, period


def _cube(values: Values, where: Where, axes: dict[str, pd.Index]) -> Values:
    """(record) -> (zone, item, period); no record: False, or empty."""
    empty = False if values.dtype == bool else np.nan
    cube = np.full([len(axes[dim]) for dim in DIMS], empty, dtype=values.dtype)
    cube[where] = values
    return cube


def _take_absent_as_zero(cubes: dict[str, Values], axes: dict[str, pd.Index], ledger: Ledger) -> None:
    """Fill in the zeros of records that list only what is not zero: for zones and items that have some row, from the first period
    of any record to the last. A zone without any row is not known to be covered: it stays unknown.
    """
    seen = cubes["is_reported"]
    covered = np.flatnonzero(seen.any(axis=(0, 1)))
    zones, items = np.asarray(seen.any(axis=(1, 2))), np.asarray(seen.any(axis=(0, 2)))
    absent = zones[:, None, None] & items[:, None] & ~seen
    absent[:, :, covered[-1] + 1 :] = False  # the first period of the axis is that of the first record
    for name, zero in (("distributed", 0.0), ("demand", 0.0), ("is_reported", True)):
        cubes[name][absent] = zero
    first, last = (pd.Timestamp(axes["period"][place]).date() for place in covered[[0, -1]].tolist())
    ledger.assume(
        "absent_rows",
        f"records of {int(zones.sum())} zones and {int(items.sum())} items, {first} to {last}",
        f"zero ({int(absent.sum()):,} of {int((seen | absent).sum()):,} values)",
        "",
        "panel.absent_rows: the records list only what is not zero",
    )


# ------------------------------------------------------------------ stock-outs


def on_hand(records: pd.DataFrame) -> pd.Series:
    """Stock at the start plus what was received; an empty `received` follows from the stock balance, or is taken as nothing."""
    balance = (records["stock_end"] + records["distributed"] - records["stock_start"]).clip(lower=0)
    return records["stock_start"] + records["received"].fillna(balance).fillna(0)


def is_censored_by(records: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """(record): days without stock, or nothing on hand at all, or everything on hand was handed out.

    Where only the stock at the end is told, nothing handed out and nothing left is nothing on hand.
    """
    available, distributed = on_hand(records), records["distributed"]
    nothing = (distributed == 0) & ((available == 0) | (records["stock_start"].isna() & (records["stock_end"] == 0)))
    everything = (records["stock_end"] == 0) & (distributed >= available)
    return np.asarray((records["stockout_days"] > 0) | nothing | everything, dtype=bool)


def _normalised(records: pd.DataFrame, is_censored: npt.NDArray[np.bool_], days: Floats) -> Floats:
    """(record) demand: as recorded; after a stock-out, recorded x days / (days - days out), or empty.

    The normalising of the AMC in logistics management information systems. It is applied where the days out are known, at least
    half of the days had stock and something was on hand; otherwise the record is only a floor and the demand is unknown.
    """
    distributed = records["distributed"].to_numpy(dtype=float)
    out = records["stockout_days"].to_numpy(dtype=float)
    usable = (out > 0) & (out <= days / 2) & ~((distributed == 0) & (on_hand(records).to_numpy() == 0))
    normalised = distributed * days / np.where(usable, days - out, np.nan)
    return np.where(is_censored, normalised, distributed)


# ------------------------------------------------------------------ signals and people


def _signals(inputs: Inputs, known: pd.Index) -> dict[str, xr.DataArray]:
    """All signals (zone, period) on the panel's zones and periods; empty where not observed."""
    if not inputs.signals.data_vars:
        return {}
    on_axes = inputs.signals.reindex(zone=sorted(inputs.zones.index), period=known)
    return {str(name): signal.transpose("zone", "period") for name, signal in on_axes.data_vars.items()}


def _people(panel: xr.Dataset, inputs: Inputs, config: Config) -> xr.DataArray:
    """(zone, period) people: the exposure signal in zones where it was ever seen (empty in its gaps), else the population."""
    population = inputs.zones["population_people"].astype(float).reindex(panel.indexes["zone"]).to_numpy()
    people = xr.DataArray(np.repeat(population[:, None], panel.sizes["period"], axis=1), dims=("zone", "period"))
    exposure = config.forecast.exposure
    if exposure is not None:
        if exposure not in panel:
            known = list(map(str, inputs.signals.data_vars))
            action = f"{did_you_mean(exposure, known)} Known: {', '.join(known) or 'none'}.".strip()
            raise InputError([Problem("forecast.exposure", "is not one of the signals", action, value=exposure)])
        signal = panel[exposure].drop_vars(["zone", "period"])
        people = signal.where(signal.notnull().any("period"), people)
    people.attrs = {"units": "people", "source": exposure or "population"}
    return people


# ------------------------------------------------------------------ unit errors and the ledger


def _set_aside(cubes: dict[str, Values], suspects: list[Suspect]) -> None:
    for suspect in suspects:
        for name, empty in (("distributed", np.nan), ("demand", np.nan), ("is_censored", False), ("is_reported", False)):
            cubes[name][suspect.zone, suspect.item, suspect.period] = empty


def _note(suspects: list[Suspect], records: pd.DataFrame, where: Where, ledger: Ledger) -> None:
    """One line of problems.csv per value set aside, naming the line of the file it came from."""
    if not suspects:
        return
    row_of = np.zeros([int(index.max()) + 1 for index in where], dtype=np.int32)
    row_of[where] = np.arange(len(records))
    for suspect in suspects:
        row = records.iloc[int(row_of[suspect.zone, suspect.item, suspect.period])]
        file, line = convert.place(str(row["record"]))
        ledger.problems.note(
            Problem(
                file=file or "records",
                line=line,
                column="distributed",
                value=f"{row['distributed']:g}",
                problem=f"{suspect.reason} ({row['zone']}, {row['item']}, {pd.Timestamp(row['period']).date()})",
                action="Set aside as a unit error: taken as not reported. Correct the record if it is wrong",
            )
        )


def _remark(cubes: dict[str, Values], known: pd.Index, ledger: Ledger) -> None:
    reported, censored = int(cubes["is_reported"].sum()), int(cubes["is_censored"].sum())
    unknown = int((cubes["is_censored"] & np.isnan(cubes["demand"])).sum())
    first, last = (pd.Timestamp(start).date() for start in (known[0], known[-1]))
    ledger.remarks.append(
        f"Records used: {reported}, of periods from {first} to {last}; in {censored} of them stock ran out, and in {unknown} of "
        "these demand is unknown, only a floor of it is recorded."
    )
