"""Which model an item asks for, with checked settings, and how a model is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from pydantic import ValidationError

from forecast import plugins
from forecast.config import Config, Plugin, settings_problems
from forecast.errors import InputError, Problem, did_you_mean
from forecast.schema import Floats, History

BEST = "best"


@dataclass(frozen=True)
class Choice:
    """A model: its name, its plugin and its checked settings. The name `best` stands for a choice still to be made."""

    name: str
    model: ModuleType
    settings: Any

    @property
    def is_pooled(self) -> bool:
        """Whether it learns from the series of all items at once."""
        return bool(getattr(self.model, "POOLED", False))

    @property
    def is_slow(self) -> bool:
        """Whether it fits series by series."""
        return bool(getattr(self.model, "SLOW", False))

    def label(self, item: str) -> str:
        """What the model of an item is called in words: of an ensemble, who shares in it."""
        return str(self.settings.label(item)) if hasattr(self.settings, "label") else self.name

    @property
    def seconds(self) -> float:
        """Usual seconds of one fit of a slow model: a constant, so that what is tried does not depend on the machine."""
        return float(getattr(self.model, "SECONDS", 0.05))

    @property
    def years(self) -> float:
        """Years of history below which a slow model is not worth trying."""
        return float(getattr(self.model, "YEARS", 0))

    @property
    def given(self) -> dict[str, Any]:
        """Its settings as they would stand in a config."""
        found: dict[str, Any] = self.settings.model_dump(mode="json", exclude_unset=True)
        return found

    @property
    def signals(self) -> Mapping[str, Any]:
        """The signals its settings ask for, and how."""
        asked: Mapping[str, Any] = getattr(self.settings, "regressors", {})
        return asked


def choose_models(config: Config, items: Sequence[str], signals: Sequence[str]) -> dict[str, Choice]:
    """Item -> the model its config names, `best` where it is to be chosen among candidates (which are checked too).

    Raises InputError with all problems of all items at once.
    """
    choices, problems = {}, []
    for item in items:
        own = config.items[item].model if item in config.items else None
        place = f"items.{item}.model" if own else "forecast.default"
        try:
            choices[item] = _named(own or config.forecast.default, place, config, signals)
        except InputError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise InputError(problems)
    return choices


def _named(plugin: Plugin, place: str, config: Config, signals: Sequence[str]) -> Choice:
    if plugin.use != BEST:
        return choice_of(plugin, place, signals)
    if plugin.settings:
        what = f"takes no settings here, and has {', '.join(sorted(plugin.settings))}"
        raise InputError([Problem(place, what, "How the best is chosen stands under forecast.choice", value=BEST)])
    for candidate in config.forecast.choice.candidates:
        choice_of(candidate, "forecast.choice.candidates", signals)
    return Choice(BEST, ModuleType(BEST), None)


def choice_of(plugin: Plugin, place: str, signals: Sequence[str] = ()) -> Choice:
    """The model a setting at `place` names. Raises InputError when there is none of the name, or a setting or signal is wrong."""
    choice = model_of(plugin, place)
    unknown = [name for name in choice.signals if name not in signals]
    if unknown:
        actions = [f"{did_you_mean(name, signals)} Known: {', '.join(signals) or 'none'}.".strip() for name in unknown]
        problem = "is not one of the signals"
        raise InputError(
            [
                Problem(place, problem, action, column="regressors", value=name)
                for name, action in zip(unknown, actions, strict=True)
            ]
        )
    return choice


def model_of(plugin: Plugin, place: str) -> Choice:
    """The same, whatever signals there are."""
    model = plugins.load("models", plugin.use, place)
    try:
        settings = model.Settings.model_validate(plugin.settings)
    except ValidationError as error:
        raise InputError(settings_problems(error, place, model.Settings)) from error
    return Choice(plugin.use, model, settings)


def ask(choice: Choice, history: History, samples: int) -> Floats:
    """(series, horizon, sample) paths in item units per period; NaN for a series the model cannot forecast.

    A model that does not pool is asked once per item.
    """
    by_item = history.by_item()
    if choice.is_pooled or len(by_item) <= 1:
        whole: Floats = choice.model.predict(history, samples, choice.settings)
        return whole
    found = np.empty((len(history.zones), len(history.ahead), samples))
    for places in by_item.values():
        found[places] = choice.model.predict(history.only(places), samples, choice.settings)
    return found
