"""Ensemble: the weighted average of several models' quantiles, cell by cell, in the path order of `smoothing`.

Averaging quantiles (Vincent, 1912) keeps the shape of the members' distributions, where averaging their probabilities would widen
it. A member that gives nothing for a series leaves its weight to the others; where one is alone, its paths stay its own. Members
that are asked item by item are asked so here, and only for items where they have a share.
Source: Lichtendahl, Grushka-Cockayne and Winkler, Is it better to average probabilities or quantiles? (2013).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from forecast import plugins
from forecast.config import Code, Section, settings_problems
from forecast.errors import InputError
from forecast.models import _marginals, smoothing
from forecast.schema import Floats, History

POOLED = True


class Member(BaseModel):
    """A model of the ensemble; keys beside these are the model's own settings."""

    model_config = ConfigDict(frozen=True, extra="allow")
    use: Code
    label: str = ""
    """What `shares` call it; absent: the model's name."""
    weight: float = Field(default=1.0, gt=0)
    """How much it counts, for items that `shares` do not name."""

    @property
    def name(self) -> str:
        return self.label or self.use

    @property
    def settings(self) -> Any:
        """Its settings, checked by the model. Raises InputError where they are wrong, or there is no such model."""
        place, model = f"ensemble.members.{self.name}", plugins.load("models", self.use, "ensemble.members")
        try:
            return model.Settings.model_validate(self.__pydantic_extra__ or {})
        except ValidationError as error:
            raise InputError(settings_problems(error, place, model.Settings)) from error


class Settings(Section):
    """Settings of the ensemble."""

    members: tuple[Member, ...] = Field(
        default=(Member(use="smoothing"), Member(use="empirical"), Member(use="pooled", weight=6.0)), min_length=1
    )
    """The models averaged."""
    shares: dict[str, dict[str, float]] = Field(default={})
    """Item -> member -> its weight there; an item not named here takes each member's own weight."""

    @model_validator(mode="after")
    def _members_can_be_asked(self) -> Settings:
        names = [member.name for member in self.members if member.settings is not None]
        if len(set(names)) < len(names):
            raise ValueError("two members have the same name; give each a label of its own")
        for item, shares in self.shares.items():
            if unknown := sorted(set(shares) - set(names)):
                raise ValueError(f"the shares of {item} name {', '.join(unknown)}, which no member is called")
            if any(share < 0 for share in shares.values()) or not sum(shares.values()) > 0:
                raise ValueError(f"the shares of {item} must not be negative, nor all zero")
        return self

    @property
    def regressors(self) -> Mapping[str, Any]:
        """The signals its members ask for."""
        asked = [getattr(member.settings, "regressors", {}) for member in self.members]
        return {name: how for each in asked for name, how in each.items()}

    def label(self, item: str) -> str:
        """Who shares in the forecast of an item, the largest share first: `pooled 75%, empirical 25%`."""
        shares = self.shares.get(item) or {member.name: member.weight for member in self.members}
        found = sorted(
            ((share / sum(shares.values()), name) for name, share in shares.items() if share), key=lambda one: (-one[0], one[1])
        )
        return ", ".join(name if share == 1 else f"{name} {share:.0%}" for share, name in found)


def predict(history: History, samples: int, settings: Settings) -> Floats:
    """History -> (series, horizon, sample) in item units per period; empty for a series that no member can forecast."""
    shape = (len(history.zones), len(history.ahead), samples)
    total, weight = np.zeros(shape), np.zeros(len(history.zones))
    paths, members = np.full(shape, np.nan), np.zeros(len(history.zones), dtype=int)
    for member in settings.members:
        share = np.array(
            [settings.shares.get(item, {member.name: member.weight}).get(member.name, 0.0) for item in history.items]
        )
        found = _asked(history, samples, member, share > 0)
        answered = np.isfinite(found).all(axis=(1, 2))
        paths[answered] = found[answered]
        total[answered] += share[answered, None, None] * np.sort(found[answered], axis=2)
        weight[answered] += share[answered]
        members += answered
    several = np.flatnonzero(members > 1)
    template = _by_item(history.only(several), smoothing, samples, smoothing.Settings())
    paths[several] = _marginals.in_order_of(total[several] / weight[several, None, None], template)
    return paths


def _asked(history: History, samples: int, member: Member, wanted: npt.NDArray[np.bool_]) -> Floats:
    """(series, horizon, sample) what a member says of the series wanted; empty for others. A pooled one learns from all.

    It sees no signal it did not ask for.
    """
    model, settings = plugins.load("models", member.use, "ensemble.members"), member.settings
    signals = {name: history.regressors[name] for name in getattr(settings, "regressors", {}) if name in history.regressors}
    history = replace(history, regressors=signals, is_blind=history.is_blind if signals else None)
    paths = np.full((len(history.zones), len(history.ahead), samples), np.nan)
    if wanted.any() and getattr(model, "POOLED", False):
        paths[wanted] = model.predict(history, samples, settings)[wanted]
    elif wanted.any():
        paths[wanted] = _by_item(history.only(wanted), model, samples, settings)
    return paths


def _by_item(history: History, model: Any, samples: int, settings: Any) -> Floats:
    """(series, horizon, sample) of a model that is asked for one item at a time."""
    paths = np.empty((len(history.zones), len(history.ahead), samples))
    for places in history.by_item().values():
        paths[places] = model.predict(history.only(places), samples, settings)
    return paths
