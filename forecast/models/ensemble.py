"""Ensemble: the weighted average of several models' quantiles, cell by cell, in the path order of `smoothing`.

Averaging quantiles (Vincent, 1912) keeps the shape of the members' distributions, where averaging their probabilities would widen
it. A member that gives nothing for a series leaves its weight to the others; where one is alone, its paths stay its own. Members
that are asked item by item are asked so here, and only for items where they have a share.
Source: Lichtendahl, Grushka-Cockayne and Winkler, Is it better to average probabilities or quantiles? (2013).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


def predict(history: History, samples: int, settings: Settings) -> npt.NDArray[np.float32]:
    """History -> (series, horizon, sample) in item units per period; empty for a series that no member can forecast."""
    shape = (len(history.zones), len(history.ahead), samples)
    total, weight = np.zeros(shape, dtype=np.float32), np.zeros(shape[0])  # single precision, to bound memory
    paths, members = np.full(shape, np.nan, dtype=np.float32), np.zeros(shape[0], dtype=int)
    for member in settings.members:
        share = np.array(
            [settings.shares.get(item, {member.name: member.weight}).get(member.name, 0.0) for item in history.items]
        )
        for places, found in _asked(history, samples, member, share > 0):
            answered = np.isfinite(found).all(axis=(1, 2))
            known = places[answered]
            paths[known] = found[answered]
            total[known] += share[known, None, None] * np.sort(found[answered], axis=2)
            weight[known] += share[known]
            members[known] += 1
    for places in history.by_item().values():
        several = places[members[places] > 1]
        if not len(several):
            continue
        template = smoothing.predict(history.only(several), samples, smoothing.Settings())
        paths[several] = _marginals.in_order_of(total[several] / weight[several, None, None], template)
    return paths


def _asked(
    history: History, samples: int, member: Member, wanted: npt.NDArray[np.bool_]
) -> Iterator[tuple[npt.NDArray[np.intp], Floats]]:
    """Places of series, and what a member says of them, item by item of those wanted. A pooled one learns from all.

    It sees no signal it did not ask for.
    """
    model, settings = plugins.load("models", member.use, "ensemble.members"), member.settings
    signals = {name: history.regressors[name] for name in getattr(settings, "regressors", {}) if name in history.regressors}
    history = replace(history, regressors=signals, is_blind=history.is_blind if signals else None)
    by_item = [places[wanted[places]] for places in history.by_item().values()]
    is_pooled = wanted.any() and getattr(model, "POOLED", False)
    pooled = model.predict(history, samples, settings) if is_pooled else None
    for places in by_item:
        if len(places):
            yield places, model.predict(history.only(places), samples, settings) if pooled is None else pooled[places]
