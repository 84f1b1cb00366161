"""PANEL -> DEMAND: each item's model over all zones, fallbacks where it fails, people present, and futures that belong together.

Two quantities are forecast alike: `distributed` from what was recorded, stock-outs and all (what records will show), and `demand`
from the panel's demand (what would be needed). A stock-out leaves only a floor: a floor above the series' known mean is kept as a
value, since demand was at least that; a lower one says nothing and is left out. The mean of a cell's demand is at least that of
what is distributed. Of items recorded in whole numbers the records to come are whole too; the need is an estimate, and is not
rounded. For items whose records count people who arrive, both are arrivals, until `caseload` makes a demand of the second.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from forecast import caseload, futures, meaning, periods, silence, weak_series
from forecast.answers import Answers, answer
from forecast.asking import BEST, Choice, choice_of, choose_models
from forecast.choice import choose
from forecast.config import Config, Plugin
from forecast.errors import few
from forecast.exposure import read_exposure
from forecast.histories import Known
from forecast.kept import Kept
from forecast.schema import DEMAND, Floats, Inputs, Ledger

Samples = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]


def forecast_demand(
    panel: xr.Dataset, inputs: Inputs, config: Config, issue_date: pd.Timestamp, ledger: Ledger, kept: Kept | None = None
) -> xr.Dataset:
    """PANEL (zone, item, period) -> DEMAND (zone, item, period, sample), in item units per period.

    `kept`: where the choice of models is kept from night to night.

    Raises InputError naming every model, setting or signal of the config that there is none of.
    """
    settings = config.forecast
    choices = choose_models(config, list(panel.indexes["item"]), list(map(str, inputs.signals.data_vars)))
    ahead = periods.run(periods.start_of(issue_date, settings.period, settings.week_starts), settings.horizon, settings.period)
    exposure = read_exposure(
        zones=panel.indexes["zone"],
        people=panel["people"].values,
        movements=inputs.movements,
        ahead=ahead,
        period=settings.period,
        samples=settings.samples,
        seed=settings.seed,
        ledger=ledger,
        cv=panel[f"{settings.exposure}_cv"].values if f"{settings.exposure}_cv" in panel else None,
    )
    items = inputs.items.loc[panel.indexes["item"]]
    arriving = meaning.counts(items, meaning.ARRIVING)
    known = Known(panel, _per_item(exposure.past, arriving), exposure.reference, inputs, config)
    weak_series.note(panel, settings.period, ledger)
    silent = _silent(panel, settings.silent_after, ledger)
    needed = np.where(silent[:, :, None], np.nan, known.values("demand"))
    recorded = np.where(silent[:, :, None], np.nan, known.values("distributed"))

    best = [item for item, choice in choices.items() if choice.name == BEST]
    if best:
        choices |= dict.fromkeys(best, choose(known, best, kept or Kept(), ledger))
    found = answer(known, needed, recorded, choices, silent, ledger)
    del recorded, known  # of many series a large part of the memory
    together = futures.measure(needed, settings.horizon)
    template = futures.common_order(panel.indexes["zone"], panel.indexes["item"], together, settings.samples, settings.seed)
    demand, distributed = found.demand, found.distributed
    futures.arrange(demand, template)
    silence.thin_out(distributed, panel["is_reported"].values, ledger)
    futures.follow(distributed, demand)
    for paths in (distributed, demand):
        _follow_people(paths, exposure.ahead, np.flatnonzero(~arriving))
    _round(distributed, _in_whole(panel))
    trend, least = demand.mean(axis=3, dtype=float), exposure.people_days(ahead, settings.period)
    _raise_to_figure(demand, least, np.flatnonzero(meaning.counts(items, meaning.DELIVERED)), items, ledger)
    _become_caseload(demand, needed, np.flatnonzero(arriving), panel, inputs, ahead, settings.period, ledger)
    _say(found, choices, together, ledger)
    people = least.mean(axis=2) / periods.days_in(ahead, settings.period)
    return DEMAND.check(_with_what_it_was_made_of(_cube(panel, ahead, found), trend, people))


def _per_item(ratio: Floats, arriving: npt.NDArray[np.bool_]) -> Floats:
    """(zone, ...) people over reference people -> (zone, item, ...); 1 for arrivals: who comes does not follow who is there."""
    ratios = np.broadcast_to(ratio[:, None], (len(ratio), len(arriving), *ratio.shape[1:]))
    if arriving.any():
        ratios = ratios.copy()
        ratios[:, arriving] = 1.0
    return ratios


def _follow_people(paths: Samples, ratio: Floats, places: Places) -> None:
    """(zone, item, horizon, sample) paths of some items, in place, times (zone, horizon, sample) people over reference people."""
    for place in places:
        for part, some in futures.parts(paths[:, place], ratio):
            part *= some.astype(np.float32)


def _silent(panel: xr.Dataset, after: int | None, ledger: Ledger) -> npt.NDArray[np.bool_]:
    """(zone, item): it has records, but none in the last `after` periods: closed, or reporting no more."""
    reported = panel["is_reported"].values
    newest = reported[:, :, -after:] if after else reported
    silent = np.asarray(reported.any(axis=2) & ~newest.any(axis=2), dtype=bool)
    for place, item in enumerate(panel.indexes["item"]):
        if silent[:, place].any():
            zones = panel.indexes["zone"][silent[:, place]]
            ledger.remarks.append(
                f"{item}: {len(zones)} zones without a record in the last {after} periods (forecast.silent_after) are taken as "
                f"closed and not planned: {few(zones)}."
            )
    return silent


def _in_whole(panel: xr.Dataset) -> npt.NDArray[np.bool_]:
    """(item) whether all its records are whole numbers: then so is what is forecast."""
    recorded = panel["distributed"].values
    known = np.isfinite(recorded)
    is_whole = ~known | (np.where(known, recorded, 0) % 1 == 0)
    return np.asarray(is_whole.all(axis=(0, 2)) & known.any(axis=(0, 2)), dtype=bool)


def _round(paths: Samples, in_whole: npt.NDArray[np.bool_]) -> None:
    """Round (zone, item, horizon, sample) paths of items counted in whole, in place; each cell keeps its mean.

    As many of a cell's futures are rounded up as its mean asks for, those of the largest fraction and rank: a tenth a week is one
    in one future of ten, not never.
    """
    samples = paths.shape[-1]
    for place in np.flatnonzero(in_whole):
        for (part,) in futures.parts(paths[:, place]):
            whole = np.floor(part)
            fraction = part - whole
            rank = futures.ranks(part)
            last_up = samples - np.rint(fraction.sum(axis=-1, keepdims=True, dtype=float))
            part[:] = whole + (futures.ranks(fraction + (rank + 0.5) / samples) >= last_up)


def _raise_to_figure(demand: Samples, people_days: Floats, places: Places, items: pd.DataFrame, ledger: Ledger) -> None:
    """Records of what was delivered say what was needed only where it was enough: demand is at least people x planning figure."""
    for place in places:
        least = people_days * float(items["per_person_per_day"].iloc[place])
        paths = demand[:, place]
        known = np.isfinite(paths).all(axis=(1, 2))
        raised = (least.mean(axis=2) > paths.mean(axis=2)).any(axis=1) & known
        without = int((known & np.isnan(least).any(axis=(1, 2))).sum())
        demand[:, place] = np.where(least > paths, least, paths)
        ledger.remarks.append(
            f"{items.index[place]}: in {int(raised.sum())} of {int(known.sum())} zones less is expected to be delivered than "
            "people x planning figure, and the need is the latter"
            + (f"; in {without} people are not known, and the need is a floor." if without else ".")
        )


def _become_caseload(
    demand: Samples,
    known: Floats,
    places: Places,
    panel: xr.Dataset,
    inputs: Inputs,
    ahead: pd.DatetimeIndex,
    period: str,
    ledger: Ledger,
) -> None:
    """Put the need of the caseload in the place of the arrivals forecast, for the items at `places`."""
    zones, past = panel.indexes["zone"], pd.DatetimeIndex(panel.indexes["period"])
    for place in places:
        item = inputs.items.loc[panel.indexes["item"][place]]
        arrivals = caseload.Arrivals(known[:, place], demand[:, place], past, ahead, period)
        demand[:, place] = caseload.needed(item, zones, arrivals, ledger)
    if len(places) and len(inputs.movements):
        ledger.remarks.append("People moved by the scenario are not counted among those who arrive: the caseload is as without.")


# ------------------------------------------------------------------ the seam and the ledger


def _cube(panel: xr.Dataset, ahead: pd.DatetimeIndex, found: Answers) -> xr.Dataset:
    dims = ("zone", "item", "period", "sample")
    unit = {"units": "item units per period"}
    counted = {"units": "item units per period; people per period for items whose records count arrivals"}
    return xr.Dataset(
        {
            "distributed": (dims, found.distributed, counted),
            "demand": (dims, found.demand, unit),
            "model": (dims[:2], found.model),
        },
        coords={
            "zone": panel.indexes["zone"],
            "item": panel.indexes["item"],
            "period": ahead,
            "sample": np.arange(found.demand.shape[-1]),
        },
    )


def _with_what_it_was_made_of(demand: xr.Dataset, trend: Floats, people: Floats) -> xr.Dataset:
    """DEMAND and, for whoever checks it, two means (zone, item, period): `trend`, what the model expects, before it was raised to
    people x planning figure or became a caseload (there: people arriving); `people` expected to be there, NaN where unknown.
    """
    dims = ("zone", "item", "period")
    everywhere = np.repeat(people[:, None], trend.shape[1], axis=1)
    return demand.assign(
        trend=(dims, trend, {"units": demand["distributed"].units}), people=(dims, everywhere, {"units": "people"})
    )


def _say(found: Answers, choices: Mapping[str, Choice], together: futures.Together, ledger: Ledger) -> None:
    """Say which zones were forecast otherwise than by their item's model, and what was assumed for it."""
    for place, (item, choice) in enumerate(choices.items()):
        names, counts = np.unique(found.model[:, place].astype(str), return_counts=True)
        others = {name: int(count) for name, count in zip(names, counts, strict=True) if name != choice.label(item)}
        without = others.pop("none", 0)
        if without:
            why = "neither usable records nor a planning figure with people"
            ledger.remarks.append(f"{item}: {without} zones have {why}: not planned.")
        if others:
            listed = ", ".join(f"{count} by {name}" for name, count in others.items())
            why = "in zones with too little history, or where it failed"
            ledger.remarks.append(f"{item}: {choice.label(item)}; {why}: {listed}.")
        if any(name.endswith("norm") for name in names):
            norm = choice if choice.name == "norm" else choice_of(Plugin(use="norm"), "norm")
            why = "assumed: how far a zone's true rate may lie from the planning figure"
            ledger.assume("uncertainty of the planning figure", item, norm.settings.cv, "coefficient of variation", why)
    if not together.is_measured:
        value = f"{together.all:g} between all, {together.item:g} more for one item, {together.zone:g} more in one zone"
        why = "assumed: the past is too short to measure it"
        ledger.assume("correlation of futures", "all zones and items", value, "correlation", why)
