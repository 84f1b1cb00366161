"""PANEL -> DEMAND: each item's model over all zones, fallbacks where it fails, people present, and futures that belong together.

Two quantities are forecast alike: `distributed` from what was recorded, stock-outs and all (what records will show), and `demand`
from the panel's demand (what would be needed). A stock-out leaves only a floor: a floor above the series' known mean is kept as a
value, since demand was at least that; a lower one says nothing and is left out. For items whose records count people who arrive,
both are arrivals, until `caseload` makes a demand of the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from pydantic import ValidationError

from forecast import caseload, futures, meaning, periods, plugins
from forecast.config import Config, Plugin, settings_problems
from forecast.errors import InputError, Problem, did_you_mean, few
from forecast.exposure import Exposure, read_exposure
from forecast.regressors import blind, lagged
from forecast.schema import CURRENT, DEMAND, Floats, History, Inputs, Ledger

FALLBACKS = ("moving_average", "norm")
Names = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Choice:
    """The model of an item: its name, its plugin and its checked settings."""

    name: str
    model: ModuleType
    settings: Any


def forecast_demand(panel: xr.Dataset, inputs: Inputs, config: Config, issue_date: pd.Timestamp, ledger: Ledger) -> xr.Dataset:
    """PANEL (zone, item, period) -> DEMAND (zone, item, period, sample), in item units per period.

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
    past, future = (_per_item(ratio, arriving) for ratio in (exposure.past, exposure.ahead))
    recorded = panel["distributed"].values / past
    needed = _with_high_floors(panel) / past

    shape = (*recorded.shape[:2], settings.horizon, settings.samples)
    distributed, demand = np.full(shape, np.nan, dtype=np.float32), np.full(shape, np.nan, dtype=np.float32)
    model = np.full(shape[:2], "none", dtype=object)
    silent = _silent(panel, settings.silent_after, ledger)
    for values in (recorded, needed):
        values[silent] = np.nan
    for place, item in enumerate(panel.indexes["item"]):
        history = _history(panel, item, needed[:, place], choices[item], exposure, inputs, config, ahead)
        history = replace(history, expected=np.where(silent[:, [place]], np.nan, history.expected))
        found = _both(history, recorded[:, place], choices[item], config, ledger)
        distributed[:, place], demand[:, place], model[:, place] = found

    together = futures.measure(needed, settings.horizon)
    template = futures.common_order(panel.indexes["zone"], panel.indexes["item"], together, settings.samples, settings.seed)
    for paths in (distributed, demand):
        futures.arrange(paths, template)
        paths *= future.astype(np.float32)
    trend, least = demand.mean(axis=3, dtype=float), exposure.people_days(ahead, settings.period)
    _raise_to_figure(demand, least, np.flatnonzero(meaning.counts(items, meaning.DELIVERED)), items, ledger)
    _become_caseload(demand, needed, np.flatnonzero(arriving), panel, inputs, ahead, settings.period, ledger)
    _say(model, choices, together, ledger)
    people = least.mean(axis=2) / periods.days_in(ahead, settings.period)
    return DEMAND.check(_with_what_it_was_made_of(_cube(panel, ahead, distributed, demand, model), trend, people))


def _per_item(ratio: Floats, arriving: npt.NDArray[np.bool_]) -> Floats:
    """(zone, ...) people over reference people -> (zone, item, ...); 1 for arrivals: who comes does not follow who is there."""
    ratios = np.repeat(ratio[:, None], len(arriving), axis=1)
    ratios[:, arriving] = 1.0
    return ratios


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


def _raise_to_figure(
    demand: npt.NDArray[np.float32], people_days: Floats, places: npt.NDArray[np.intp], items: pd.DataFrame, ledger: Ledger
) -> None:
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
    demand: npt.NDArray[np.float32],
    known: Floats,
    places: npt.NDArray[np.intp],
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


# ------------------------------------------------------------------ which model


def choose_models(config: Config, items: Sequence[str], signals: Sequence[str]) -> dict[str, Choice]:
    """Item -> its model with checked settings. Raises InputError with all problems of all items at once."""
    choices, problems = {}, []
    for item in items:
        own = config.items[item].model if item in config.items else None
        place = f"items.{item}.model" if own else "forecast.default"
        try:
            choices[item] = _choice(own or config.forecast.default, place, signals)
        except InputError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise InputError(problems)
    return choices


def _choice(plugin: Plugin, place: str, signals: Sequence[str]) -> Choice:
    model = plugins.load("models", plugin.use, place)
    try:
        settings = model.Settings.model_validate(plugin.settings)
    except ValidationError as error:
        raise InputError(settings_problems(error, place, model.Settings)) from error
    unknown = [name for name in _asked(settings) if name not in signals]
    if unknown:
        actions = [f"{did_you_mean(name, signals)} Known: {', '.join(signals) or 'none'}.".strip() for name in unknown]
        problem = "is not one of the signals"
        raise InputError(
            [
                Problem(place, problem, action, column="regressors", value=name)
                for name, action in zip(unknown, actions, strict=True)
            ]
        )
    return Choice(plugin.use, model, settings)


def _asked(settings: Any) -> Mapping[str, Any]:
    """The signals a model's settings ask for."""
    asked: Mapping[str, Any] = getattr(settings, "regressors", {})
    return asked


# ------------------------------------------------------------------ what the model sees


def _with_high_floors(panel: xr.Dataset) -> Floats:
    """(zone, item, period) demand, with floors kept that are above the series' known mean."""
    demand, distributed = panel["demand"].values, panel["distributed"].values
    known = np.isfinite(demand)
    mean = np.where(known, demand, 0).sum(axis=2, keepdims=True) / np.maximum(known.sum(axis=2, keepdims=True), 1)
    return np.where(panel["is_censored"].values & ~known & (distributed > mean), distributed, demand)


def _history(
    panel: xr.Dataset,
    item: str,
    values: Floats,
    choice: Choice,
    exposure: Exposure,
    inputs: Inputs,
    config: Config,
    ahead: pd.DatetimeIndex,
) -> History:
    """The past of one item in all zones, with what its model asked for, but for signals that are late: the item is then forecast
    without them, and is as unsure as such a forecast.
    """
    late = {feed.signal for feed in inputs.feeds if feed.state != CURRENT}
    period, past = config.forecast.period, pd.DatetimeIndex(panel.indexes["period"])
    asked_for = {name: asked for name, asked in _asked(choice.settings).items() if name not in late}
    signals = {name: panel[name].values.astype(float) for name in asked_for}
    unknown = [blind(signals[name], len(ahead), asked) for name, asked in asked_for.items()]
    may_use_norm = choice.name == "norm" or _without_history(config, item) == "norm"
    may_use_norm &= inputs.items["records_count"].loc[item] != meaning.ARRIVING  # no figure says how many arrive
    figure = float(inputs.items["per_person_per_day"].loc[item]) if may_use_norm else np.nan
    return History(
        item=item,
        zones=tuple(panel.indexes["zone"]),
        periods=past,
        ahead=ahead,
        values=values,
        pool=values,
        expected=exposure.reference[:, None] * figure * periods.days_in(ahead, period),
        regressors={name: lagged(signals[name], past, len(ahead), period, asked) for name, asked in asked_for.items()},
        season=periods.PER_YEAR[period],
        seed=config.forecast.seed,
        is_blind=np.any(unknown, axis=0) if unknown else None,
    )


def _without_history(config: Config, item: str) -> str:
    own = config.items.get(item)
    return (own and own.without_history) or config.forecast.without_history


def _only(history: History, wanted: npt.NDArray[Any]) -> History:
    """Some of the series, by mask or position; the pool stays whole."""
    return replace(
        history,
        zones=tuple(np.asarray(history.zones, dtype=object)[wanted]),
        values=history.values[wanted],
        expected=history.expected[wanted],
        regressors={name: values[wanted] for name, values in history.regressors.items()},
        is_blind=None if history.is_blind is None else history.is_blind[wanted],
    )


# ------------------------------------------------------------------ forecasting with fallbacks


def _both(needed: History, recorded: Floats, choice: Choice, config: Config, ledger: Ledger) -> tuple[Floats, Floats, Names]:
    """One item: (zone, horizon, sample) `distributed`, the same of `demand`, and (zone) the model of the demand.

    Series whose two histories are the same are forecast once.
    """
    demand, model = _predict(needed, choice, "demand", config, ledger)
    same = ((needed.values == recorded) | (np.isnan(needed.values) & np.isnan(recorded))).all(axis=1)
    distributed = demand.copy()
    if not same.all():
        other = _only(replace(needed, values=recorded, pool=recorded), ~same)
        distributed[~same], _ = _predict(other, choice, "distributed", config, ledger)
    distributed[model == "none"] = np.nan
    return distributed, demand, model


def _predict(history: History, choice: Choice, quantity: str, config: Config, ledger: Ledger) -> tuple[Floats, Names]:
    """(series, horizon, sample) paths and (series) model names: for each series the first model of its turn that gives an answer.

    The item's model comes first where enough periods are known; else people x planning figure, or without one the moving average.
    """
    known = np.isfinite(history.values).sum(axis=1)
    has_norm = np.isfinite(history.expected).all(axis=1)
    without_history = np.where(has_norm, "norm", "moving_average")
    first = np.where(known >= config.forecast.norm_after, choice.name, without_history).astype(object)
    paths = np.full((len(known), len(history.ahead), config.forecast.samples), np.nan)
    names = np.full(len(known), "none", dtype=object)
    todo = (known > 0) | has_norm
    for turn in (first, *(np.full(len(known), name, dtype=object) for name in FALLBACKS)):
        for name in sorted(set(turn[todo])):
            asked = np.flatnonzero(todo & (turn == name))
            found = _ask(choice if name == choice.name else _choice(Plugin(use=name), name, ()), _only(history, asked), config)
            answered = np.isfinite(found).all(axis=(1, 2))
            done = asked[answered]
            paths[done], names[done] = found[answered], [_worded(first[series], name) for series in done]
            todo[done] = False
    _note_fallbacks(history, first, names, quantity, ledger)
    return paths, names


def _ask(choice: Choice, history: History, config: Config) -> Floats:
    found: Floats = choice.model.predict(history, config.forecast.samples, choice.settings)
    return found


def _worded(first: str, used: str) -> str:
    return used if used == first else f"{first}, fell back to {used}"


def _note_fallbacks(history: History, first: Names, names: Names, quantity: str, ledger: Ledger) -> None:
    for zone, wanted, used in zip(history.zones, first, names, strict=True):
        if used not in (wanted, "none"):
            ledger.problems.note(
                Problem(
                    file="forecast",
                    problem=f"{wanted} gave no forecast of {quantity} for {history.item}",
                    action=f"{str(used).rpartition(' ')[2]} was used instead",
                    column=history.item,
                    value=zone,
                )
            )


# ------------------------------------------------------------------ the seam and the ledger


def _cube(panel: xr.Dataset, ahead: pd.DatetimeIndex, distributed: np.ndarray, demand: np.ndarray, model: Names) -> xr.Dataset:
    dims = ("zone", "item", "period", "sample")
    unit = {"units": "item units per period"}
    counted = {"units": "item units per period; people per period for items whose records count arrivals"}
    return xr.Dataset(
        {"distributed": (dims, distributed, counted), "demand": (dims, demand, unit), "model": (dims[:2], model)},
        coords={
            "zone": panel.indexes["zone"],
            "item": panel.indexes["item"],
            "period": ahead,
            "sample": np.arange(demand.shape[-1]),
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


def _say(model: Names, choices: Mapping[str, Choice], together: futures.Together, ledger: Ledger) -> None:
    """Say which zones were forecast otherwise than by their item's model, and what was assumed for it."""
    for place, (item, choice) in enumerate(choices.items()):
        names, counts = np.unique(model[:, place].astype(str), return_counts=True)
        others = {name: int(count) for name, count in zip(names, counts, strict=True) if name != choice.name}
        without = others.pop("none", 0)
        if without:
            why = "neither usable records nor a planning figure with people"
            ledger.remarks.append(f"{item}: {without} zones have {why}: not planned.")
        if others:
            listed = ", ".join(f"{count} by {name}" for name, count in others.items())
            ledger.remarks.append(f"{item}: {choice.name}; in zones with too little history, or where it failed: {listed}.")
        if any(name.endswith("norm") for name in names):
            norm = choice if choice.name == "norm" else _choice(Plugin(use="norm"), "norm", ())
            why = "assumed: how far a zone's true rate may lie from the planning figure"
            ledger.assume("uncertainty of the planning figure", item, norm.settings.cv, "coefficient of variation", why)
    if not together.is_measured:
        value = f"{together.all:g} between all, {together.item:g} more for one item, {together.zone:g} more in one zone"
        why = "assumed: the past is too short to measure it"
        ledger.assume("correlation of futures", "all zones and items", value, "correlation", why)
