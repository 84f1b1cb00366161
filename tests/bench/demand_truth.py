"""Demoland, where the truth is known: what was needed while stock was out, and people who moved.

One thing goes wrong at a time, as often as it takes for a tenth, three tenths or half of all weeks to run out of stock. Scored is
the forecast of demand on weeks to come in which stock ran out in truth, which no record will ever show. Beside it: the same
model on records as they stand, stock unknown; the same model on records adjusted as for the AMC (x days over days with stock);
and the AMC as practised: the average of twelve weeks of adjusted records.
"""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast import config, scores
from forecast.backtest.reading import Then, read_as_of
from forecast.config import Job
from forecast.demo import geography, observation, supply, truth, weather, write_demo
from forecast.demo.supply import REASONS, Flags, Rates, Supply
from forecast.demo.timeline import Timeline, stream
from forecast.panel import build_panel
from forecast.schema import RECORDS, Floats, Inputs, Ledger
from tests.bench.demand_models import ask, bare
from tests.bench.demand_scores import show

SEED = 1
NOW = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
ORIGINS = ("2025-08-04", "2026-02-02", "2026-08-03")
SHARES = (0.1, 0.3, 0.5)
NIGHTS = ("2026-09-28", "2026-10-05", "2026-10-12")  # before people move, half-way, after
ARRIVED = ("XD0206", "XD0211")
STOCK = ("stock_start", "received", "stock_end", "stockout_days")
COLUMNS = ("wmape out", "bias out", "in 80", "in 90", "wmape all", "bias all")
NONE = Rates(empty=0, partial=0, late=0)


@dataclass(frozen=True)
class World:
    """Demoland with the demand that was, before anything was handed out."""

    country: geography.Country
    timeline: Timeline
    items: pd.DataFrame
    sky: weather.Weather
    people: Floats
    demand: Floats

    @property
    def weeks(self) -> pd.DatetimeIndex:
        """The weeks of the past."""
        return self.timeline.weeks[self.timeline.past]

    def handed(self, rates: Rates, roads_shut: Flags) -> Supply:
        return supply.simulate(self.country, self.items, self.timeline, self.demand, roads_shut, SEED, rates)

    def records(self, handed: Supply) -> pd.DataFrame:
        """As `Inputs.records`."""
        under_water = weather.under_water(self.sky)
        reports = observation.report(
            self.country, self.items, self.timeline, self.people, self.demand, handed, under_water, SEED
        ).records
        numbers = [column.name for column in RECORDS.columns if column.kind == "number"]
        dated = {"period": pd.to_datetime(reports["period"]).astype("datetime64[s]"), "known_on": pd.NaT, "record": "demo"}
        return RECORDS.check(reports.assign(**dated, **{name: reports[name].astype("float64") for name in numbers}))


def world(settings: config.Config) -> World:
    """The demo country of the seed."""
    assert isinstance(settings.issue_date, dt.date)
    items, timeline, country = truth.planning_figures(settings), Timeline.until(settings.issue_date), geography.demoland()
    sky = weather.make(country, timeline, SEED)
    people = truth.people_present(country, timeline, SEED)
    return World(country, timeline, items, sky, people, truth.demand(country, items, timeline, sky, people, SEED))


def mechanisms(of: World) -> dict[str, Callable[[float], Supply]]:
    """What may go wrong -> what was handed out when it does at a strength between 0 and 1."""
    open_roads = np.zeros(of.people.shape, dtype=bool)

    def roads(strength: float) -> Supply:
        shut = supply.spells(stream(SEED, "roads shut"), of.people.shape, rate=strength, lasts=(2, 4))
        return of.handed(NONE, shut)

    return {
        "road_closed": roads,
        "depot_empty": lambda strength: of.handed(replace(NONE, empty=strength), open_roads),
        "late_resupply": lambda strength: of.handed(replace(NONE, late=strength), open_roads),
        "partial_delivery": lambda strength: of.handed(replace(NONE, partial=strength), open_roads),
        "more_needed_than_sent": lambda strength: of.handed(replace(NONE, cover=1 - strength), open_roads),
    }


def share_out(handed: Supply, past: slice) -> float:
    """Of all weeks of the past of all that is served, how many ran out."""
    return float((handed.reason[:, :, past] > 0)[handed.is_served].mean())


def at_share(wanted: float, handed: Callable[[float], Supply], past: slice) -> Supply:
    """What was handed out when the strength is such that this share of weeks runs out, or the most that it can be."""
    low, high = 0.0, 0.95
    for _ in range(9):
        middle = (low + high) / 2
        low, high = (middle, high) if share_out(handed(middle), past) < wanted else (low, middle)
    return handed(high)


# ------------------------------------------------------------------ the same records, told in other ways


def as_recorded(records: pd.DataFrame) -> pd.DataFrame:
    """Nothing known of stock: what was handed out passes for what was needed."""
    return records.assign(**dict.fromkeys(STOCK, np.nan))


def adjusted(records: pd.DataFrame) -> pd.DataFrame:
    """x days over days with stock; a week without any stays as it is."""
    out = records["stockout_days"].fillna(0).to_numpy()
    factor = np.where(out < 7, 7 / np.maximum(7 - out, 1), 1)
    return as_recorded(records.assign(distributed=records["distributed"] * factor))


def main(model: str = "best, fastest", origins: int | None = None, shares: tuple[float, ...] = SHARES) -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as name:
        path = write_demo(Path(name), SEED)
        settings = config.load(path)
        of, job = world(settings), bare(config.job(settings, path, scenario=None, issue_date=None, now_utc=NOW))
        thens = [read_as_of(job, pd.Timestamp(day)) for day in (ORIGINS[-origins:] if origins else ORIGINS)]
        for mechanism, handed in mechanisms(of).items():
            for share in shares:
                _stock_out(mechanism, of, at_share(share, handed, of.timeline.past), thens, model)
        _displacement(of, job, model)


def _stock_out(mechanism: str, of: World, handed: Supply, thens: list[Then], model: str) -> None:
    records = of.records(handed)
    reached, named = share_out(handed, of.timeline.past), (handed.reason == REASONS.index(mechanism)).sum()
    rivals = {
        f"{model}": (records, model),
        "same, as recorded": (as_recorded(records), model),
        "same, AMC-adjusted": (adjusted(records), model),
        "AMC as practised": (adjusted(records), "moving_average 12"),
    }
    rows = {}
    for name, (told, asked) in rivals.items():
        figures = [scored(then, told, of, handed, asked) for then in thens]
        rows[name] = {column: float(np.nanmean([one[column] for one in figures])) for column in COLUMNS}
    pure = named / max((handed.reason > 0).sum(), 1)
    show(f"{mechanism}: {reached:.0%} of weeks ran out, {pure:.0%} of these for this reason; {len(thens)} origins", rows, COLUMNS)


def scored(then: Then, records: pd.DataFrame, of: World, handed: Supply, model: str) -> dict[str, float]:
    """COLUMNS: how well demand is forecast from these records in weeks in which stock ran out (`out`), and in all."""
    return _figures(_demand(then, replace(then.inputs, records=records), model), of, handed)


def _demand(then: Then, inputs: Inputs, model: str, settings: config.Config | None = None) -> xr.Dataset:
    settings = settings or then.job.config
    known = inputs.records[inputs.records["period"] < then.start].reset_index(drop=True)
    inputs = replace(inputs, records=known)
    panel = build_panel(inputs, settings, then.job.issue_date, Ledger())
    return ask(panel, inputs, settings, then.job.issue_date, model)[0]


def _figures(found: xr.Dataset, of: World, handed: Supply) -> dict[str, float]:
    """Figures item by item, and their mean: litres and kits are not added up."""
    zones = of.country.zones.index.get_indexer(found.indexes["zone"])
    items = of.items.index.get_indexer(found.indexes["item"])
    weeks = of.timeline.weeks.get_indexer(found.indexes["period"])
    cells = np.ix_(zones, items, weeks)
    paths, needed, served = found["demand"].values.astype(float), of.demand[cells], handed.is_served[np.ix_(zones, items)]
    usable = served[:, :, None] & np.isfinite(paths).all(axis=3)
    ran_out = usable & (handed.reason[cells] > 0)
    by_item = []
    for item in range(paths.shape[1]):
        out, all_ = ran_out[:, item], usable[:, item]
        median = np.median(paths[:, item], axis=-1)
        wanted, mean = needed[:, item], paths[:, item].mean(axis=-1)
        by_item.append(
            {
                "wmape out": scores.wmape(median[out], wanted[out]),
                "bias out": scores.bias(mean[out], wanted[out]),
                "in 80": scores.coverage(paths[:, item][out], wanted[out], 0.8) if out.any() else np.nan,
                "in 90": scores.coverage(paths[:, item][out], wanted[out], 0.9) if out.any() else np.nan,
                "wmape all": scores.wmape(median[all_], wanted[all_]),
                "bias all": scores.bias(mean[all_], wanted[all_]),
            }
        )
    return {column: float(np.nanmean([one[column] for one in by_item])) for column in COLUMNS}


# ------------------------------------------------------------------ people who moved


def _displacement(of: World, job: Job, model: str) -> None:
    """Forecast over truth where people came, by night; with the phones, and with records alone."""
    rows: dict[str, dict[str, float]] = {}
    for night in NIGHTS:
        then = read_as_of(job, pd.Timestamp(night))
        alone = then.job.config.model_copy(update={"forecast": then.job.config.forecast.model_copy(update={"exposure": None})})
        for name, settings in (("with phones", None), ("records alone", alone)):
            found = _demand(then, then.inputs, model, settings).sel(zone=list(ARRIVED))
            rows[f"{night}, {name}"] = _moved(found["demand"].sum("period").values, found, of)
    show(f"People came to {' and '.join(ARRIVED)} from 28 September on: six weeks of demand, forecast / truth; {model}", rows,
         ("forecast / truth", "in 80", "in 90"))  # fmt: skip


def _moved(totals: Floats, found: xr.Dataset, of: World) -> dict[str, float]:
    zones = of.country.zones.index.get_indexer(found.indexes["zone"])
    items = of.items.index.get_indexer(found.indexes["item"])
    weeks = of.timeline.weeks.get_indexer(found.indexes["period"])
    needed, totals = of.demand[np.ix_(zones, items, weeks)].sum(axis=2), totals.astype(float)
    known = np.isfinite(totals).all(axis=2)
    ratio = totals.mean(axis=2)[known] / needed[known]
    inside = functools.partial(scores.coverage, totals[known], needed[known])
    return {"forecast / truth": float(np.exp(np.log(ratio).mean())), "in 80": inside(0.8), "in 90": inside(0.9)}
