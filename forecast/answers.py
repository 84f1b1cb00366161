"""Paths of both quantities for all zones and items: each item's model, and the fallbacks where it gives no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecast import weak_series
from forecast.asking import Choice, ask, choice_of
from forecast.config import Config, Forecast, Plugin
from forecast.errors import Problem
from forecast.histories import Known, Quantity, of_item, together
from forecast.schema import Floats, History, Ledger

FALLBACKS = ("moving_average", "norm")
Samples = npt.NDArray[np.float32]
Names = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """(zone, item, horizon, sample) paths of both quantities at reference exposure, and (zone, item) the model of the demand.

    Where stock was always out the demand is not known, and there is none (NaN, `none`): what records will show still is.
    """

    distributed: Samples
    demand: Samples
    model: Names


def answer(
    known: Known, needed: Floats, recorded: Floats, choices: Mapping[str, Choice], silent: Flags, ledger: Ledger
) -> Answers:
    """(zone, item, period) `needed` and `recorded` -> paths of both; series whose two histories are the same are forecast once.

    `silent`: (zone, item) series that are closed, for which nothing stands in.
    """
    config = known.config.forecast
    shape = (*needed.shape[:2], config.horizon, config.samples)
    found = Answers(np.empty(shape, np.float32), np.empty(shape, np.float32), np.full(shape[:2], "none", object))
    differ = ~((needed == recorded) | (np.isnan(needed) & np.isnan(recorded))).all(axis=2)
    for items in _asked_together(choices):
        places = np.array([known.place(item) for item in items])
        choice = choices[items[0]]
        open_ = ~silent[:, places].T.ravel()
        zones, differs = (len(items), len(needed)), differ[:, places].T.ravel()
        past = _history(known, items, "demand", needed[:, places], choice, open_)
        paths, model = _predict(past, choice, "demand", config, ledger)
        found.demand[:, places] = np.moveaxis(paths.reshape(*zones, *shape[2:]), 0, 1)
        found.model[:, places] = model.reshape(zones).T
        del past, paths  # of many series a large part of the memory
        item, zone = np.divmod(np.arange(len(differs)), len(needed))
        same = zone[~differs], places[item[~differs]]
        found.distributed[same] = found.demand[same]
        if differs.any():
            past = _history(known, items, "distributed", recorded[:, places], choice, open_)
            asked = differs | choice.is_pooled
            paths = _predict(past.only(asked), choice, "distributed", config, ledger)[0]
            found.distributed[zone[differs], places[item[differs]]] = paths[differs[asked]]
            del past, paths
    return found


def _asked_together(choices: Mapping[str, Choice]) -> list[list[str]]:
    """The items by model: those that pool, with the same settings, in one group; every other item alone."""
    groups: dict[str, list[str]] = {}
    for item, choice in choices.items():
        key = f"{choice.name} {choice.settings!r}" if choice.is_pooled else f"item {item}"
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def _history(known: Known, items: Sequence[str], quantity: Quantity, values: Floats, choice: Choice, is_open: Flags) -> History:
    """The history of the items, one after the other; planning figures stand in where the config lets them."""
    histories = [
        of_item(
            known,
            item,
            quantity,
            values[:, place],
            choice.signals,
            len(known.periods),
            by_figure=choice.name == "norm" or _without_history(known.config, item) == "norm",
        )
        for place, item in enumerate(items)
    ]
    whole = histories[0] if len(histories) == 1 else together(histories)
    return replace(whole, expected=np.where(is_open[:, None], whole.expected, np.nan))


def _without_history(config: Config, item: str) -> str:
    own = config.items.get(item)
    return (own and own.without_history) or config.forecast.without_history


def _predict(history: History, choice: Choice, quantity: Quantity, config: Forecast, ledger: Ledger) -> tuple[Samples, Names]:
    """(series, horizon, sample) paths and (series) model names: for each series the first model of its turn that gives an answer.

    The item's model comes first where enough periods are known; else people x planning figure, or without one the moving average.
    """
    known = np.isfinite(history.values).sum(axis=1)
    has_norm, has_history = np.isfinite(history.expected).all(axis=1), known >= config.norm_after
    others = {name: choice if name == choice.name else choice_of(Plugin(use=name), name) for name in FALLBACKS}
    without_history = np.where(has_norm, "norm", "moving_average")
    own = np.array([choice.label(item) for item in history.items], dtype=object)
    first = np.where(has_history, own, without_history).astype(object)
    turns = [(choice, has_history), *((others[name], ~has_history & (without_history == name)) for name in FALLBACKS)]
    turns += [(others[name], np.ones(len(known), dtype=bool)) for name in FALLBACKS]
    paths = np.empty((len(known), len(history.ahead), config.samples), dtype=np.float32)
    names = np.full(len(known), "none", dtype=object)
    todo = (known > 0) | has_norm
    for model, wanted in turns:
        asked = np.flatnonzero(todo & wanted)
        if not len(asked):
            continue
        found = ask(model, history.only(asked), config.samples)
        answered = np.isfinite(found).all(axis=(1, 2))
        done = asked[answered]
        paths[done] = found if answered.all() else found[answered]
        names[done] = [_worded(first[series], own[series] if model is choice else model.name) for series in done]
        todo[done] = False
    paths[names == "none"] = np.nan
    weak_series.doubt_zeros(paths, history)
    _note_fallbacks(history, first, names, quantity, ledger)
    return paths, names


def _worded(first: str, used: str) -> str:
    return used if used == first else f"{first}, fell back to {used}"


def _note_fallbacks(history: History, first: Names, names: Names, quantity: Quantity, ledger: Ledger) -> None:
    for zone, item, wanted, used in zip(history.zones, history.items, first, names, strict=True):
        if used not in (wanted, "none"):
            ledger.problems.note(
                Problem(
                    file="forecast",
                    problem=f"{wanted} gave no forecast of {quantity} for {item}",
                    action=f"{str(used).rpartition(' ')[2]} was used instead",
                    column=item,
                    value=zone,
                )
            )
