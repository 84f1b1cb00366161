"""What got reported: records with gaps and slips of the pen, and the phones seen by each tower."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast.demo.geography import Country, towers
from forecast.demo.supply import REASONS, Flags, Supply
from forecast.demo.timeline import PAST, Timeline, autocorrelated, stream
from forecast.schema import Floats

UNIT_ERRORS = 0.003  # share of rows
NO_FIGURE = 0.12  # share of rows without the figure that was requested
OUTAGE = "2026-02-09"  # the week the operator has no figures for
RIVAL_OPENS = "2025-06-02"  # a rival operator opens, and takes customers


@dataclass(frozen=True)
class Reports:
    """`records`: as the zones wrote them; `unit_errors`: the slips among them; `missing`: what was not reported, and why."""

    records: pd.DataFrame
    unit_errors: pd.DataFrame
    missing: pd.DataFrame


def report(
    country: Country,
    items: pd.DataFrame,
    timeline: Timeline,
    people: Floats,
    demand: Floats,
    handed: Supply,
    under_water: Flags,
    seed: int,
) -> Reports:
    """Weekly reports of every zone and item that is served: some never come, most of all from remote and flooded zones."""
    past = timeline.past
    why = _why_missing(country, len(items), under_water[:, past], seed)
    served = np.broadcast_to(handed.is_served[:, :, None], why.shape)
    keys = _keys(country, items, timeline)
    columns = _figures(people[:, past], demand[:, :, past], handed, past, seed)
    written = {name: values[served & (why == "")] for name, values in {**keys, **columns}.items()}
    records = pd.DataFrame(written).astype(dict.fromkeys(columns, "Int64"))
    absent = {name: values[served & (why != "")] for name, values in {**keys, "why": why}.items()}
    slipped, errors = _unit_errors(records, items, seed)
    return Reports(slipped, errors, pd.DataFrame(absent))


def _keys(country: Country, items: pd.DataFrame, timeline: Timeline) -> dict[str, npt.NDArray[np.object_]]:
    """(zone, item, week) the codes of each cell."""
    weeks = timeline.weeks[timeline.past].strftime("%Y-%m-%d").to_numpy(dtype=object)
    axes = np.meshgrid(country.zones.index.to_numpy(dtype=object), items.index.to_numpy(dtype=object), weeks, indexing="ij")
    return dict(zip(("zone", "item", "period"), axes, strict=True))


def _figures(people: Floats, demand: Floats, handed: Supply, past: slice, seed: int) -> dict[str, Floats]:
    """(zone, item, week) the figures of a report; NaN where the form was left empty."""
    rng = stream(seed, "figures")
    given = handed.given[:, :, past]
    requested = np.round(demand * np.exp(rng.normal(0.03, 0.10, demand.shape)))
    requested[rng.random(demand.shape) < NO_FIGURE] = np.nan
    served = np.round(people[:, None, :] * given / np.maximum(demand, 1) * rng.uniform(0.93, 1, demand.shape))
    # A short delivery is rationed from the first day: no day was without stock, and the question stays unanswered.
    days = np.where(handed.reason[:, :, past] == REASONS.index("partial_delivery"), np.nan, handed.stockout_days[:, :, past])
    return {
        "distributed": given,
        "requested": requested,
        "stock_start": handed.stock_start[:, :, past],
        "received": handed.received[:, :, past],
        "stock_end": handed.stock_end[:, :, past],
        "stockout_days": days,
        "people_served": served,
    }


def _why_missing(country: Country, items: int, under_water: Flags, seed: int) -> npt.NDArray[np.object_]:
    """(zone, item, week) why no report came, empty where one did: none from a flooded zone, fewer from remote ones."""
    rng = stream(seed, "reports")
    chance = 0.010 + 0.075 * country.remoteness[:, None]
    whole = rng.random(under_water.shape) < chance
    lines = rng.random((under_water.shape[0], items, under_water.shape[1])) < 0.004
    why = np.where(lines, "line left out", "").astype(object)
    why[np.broadcast_to(whole[:, None], why.shape)] = "report never came"
    why[np.broadcast_to(under_water[:, None], why.shape)] = "zone under water"
    return why


def _unit_errors(records: pd.DataFrame, items: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records -> records with a few `distributed` in the wrong unit, and the list of those: mostly too large, some in packs."""
    rng = stream(seed, "unit errors")
    pack = records["item"].map(items["pack"]).to_numpy(dtype=float)
    slip = np.select([rng.random(len(records)) < 0.15, rng.random(len(records)) < 0.6], [1 / pack, 1000.0], default=10.0)
    true = records["distributed"].to_numpy(dtype=float)
    wrong = np.ceil(true * slip)
    chosen = (rng.random(len(records)) < UNIT_ERRORS) & (wrong != true)
    slipped = records.assign(distributed=pd.array(np.where(chosen, wrong, true), dtype="Float64").astype("Int64"))
    errors = slipped.loc[chosen, ["zone", "item", "period", "distributed"]].rename(columns={"distributed": "reported"})
    return slipped, errors.assign(true=true[chosen].astype(int))


def tables(country: Country, timeline: Timeline, people: Floats, reports: Reports, seed: int) -> dict[str, pd.DataFrame]:
    """The files of records and of presence, one a year, and the towers."""
    places = towers(country)
    seen = _presence(places, timeline, people, seed)
    return {
        **_by_year("records/records", reports.records.sort_values(["period", "zone", "item"], kind="stable")),
        **_by_year("mobile/presence", seen),
        "mobile/towers.csv": places[["tower", "lat", "lon"]],
    }


def _presence(places: pd.DataFrame, timeline: Timeline, people: Floats, seed: int) -> pd.DataFrame:
    """Subscribers by tower and week: a share of the people that drifts over the years; an outage is blank, not zero."""
    rng = stream(seed, "phones")
    weeks = timeline.weeks[timeline.past]
    years_in = np.arange(PAST) / 52
    share = (0.10 + 0.013 * years_in) * np.where(weeks >= pd.Timestamp(RIVAL_OPENS), 0.85, 1)
    zone = places["zone"].to_numpy()
    split = np.exp(rng.normal(0, 1.2, len(places)))
    split /= np.bincount(zone, split, len(people))[zone]
    mean = people[zone][:, timeline.past] * split[:, None] * share * np.exp(autocorrelated(rng, (len(places), PAST), 0.5, 0.04))
    counts = rng.poisson(mean).astype(float)
    counts[:, weeks == pd.Timestamp(OUTAGE)] = np.nan
    index = pd.MultiIndex.from_product([weeks.strftime("%Y-%m-%d"), places["tower"]], names=["period", "tower"])
    seen = pd.DataFrame({"subscribers": counts.T.ravel()}, index).astype("Int64").reset_index()
    return seen[["tower", "period", "subscribers"]]


def _by_year(name: str, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {f"{name}_{year}.csv": part for year, part in table.groupby(table["period"].str[:4], sort=True)}


def truth_tables(
    country: Country, items: pd.DataFrame, timeline: Timeline, handed: Supply, reports: Reports
) -> dict[str, pd.DataFrame]:
    """Why each stock-out happened, which figures are in the wrong unit, and why each report is missing."""
    out = handed.reason[:, :, timeline.past] * handed.is_served[:, :, None]
    ran_out = out > 0
    table = pd.DataFrame({name: values[ran_out] for name, values in _keys(country, items, timeline).items()})
    table["mechanism"] = np.array(REASONS, dtype=object)[out[ran_out]]
    table["depot"] = country.depots.index.to_numpy()[country.home[country.zones.index.get_indexer(table["zone"])]]
    table["given"] = handed.given[:, :, timeline.past][ran_out].astype(int)
    table["stockout_days"] = handed.stockout_days[:, :, timeline.past][ran_out].astype(int)
    return {"stockouts.csv": table, "unit_errors.csv": reports.unit_errors, "missing_reports.csv": reports.missing}
