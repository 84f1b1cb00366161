"""Ensemble: the weighted average of several models' quantiles, cell by cell, in the path order of `smoothing`.

Averaging quantiles (Vincent, 1912) keeps the shape of the members' distributions, where averaging their probabilities would widen
it; what is averaged are their square roots, so that one member that explodes does not carry the others away (`weighing`).
A member that gives nothing for a series leaves its weight to the others; where one is alone, its paths stay its own. Members that
are asked item by item are asked so here, and only for items where they have a share.
Source: Lichtendahl, Grushka-Cockayne and Winkler, Is it better to average probabilities or quantiles? (2013).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from forecast import chosen, weighing
from forecast.asking import Choice, ask, model_of
from forecast.config import Code, Plugin, Section
from forecast.models import _marginals, _paths, smoothing
from forecast.schema import Floats, History

POOLED = True

Paths = npt.NDArray[np.float32]  # of all items: single precision, to bound memory


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
    def choice(self) -> Choice:
        """The model with checked settings. Raises InputError where they are wrong, or there is no such model."""
        plugin = Plugin.model_validate({"use": self.use, **(self.__pydantic_extra__ or {})})
        return model_of(plugin, f"ensemble.members.{self.name}")


class Settings(Section):
    """Settings of the ensemble."""

    members: tuple[Member, ...] = Field(
        default=(Member(use="smoothing"), Member(use="empirical"), Member(use="pooled", weight=6.0)), min_length=1
    )
    """The models averaged."""
    shares: dict[str, dict[str, float]] = Field(default={})
    """Item -> member -> its weight there; an item not named here takes each member's own weight."""

    widths: dict[str, Annotated[float, Field(gt=0)]] = Field(default={})
    """Item -> by how much the average is stretched around its median; absent: not at all."""

    @model_validator(mode="after")
    def _members_can_be_asked(self) -> Settings:
        names = [member.name for member in self.members if member.choice]
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
        return {name: how for member in self.members for name, how in member.choice.signals.items()}

    def label(self, item: str) -> str:
        """Who shares in the forecast of an item, the largest share first: `pooled 75%, empirical 25%`."""
        shares = self.shares.get(item) or {member.name: member.weight for member in self.members}
        found = sorted(
            ((share / sum(shares.values()), name) for name, share in shares.items() if share), key=lambda one: (-one[0], one[1])
        )
        return chosen.label((name, share) for share, name in found)


def predict(history: History, samples: int, settings: Settings) -> Paths:
    """History -> (series, horizon, sample) in item units per period; empty for a series that no member can forecast."""
    by_item = history.by_item()
    pooled = {
        member.name: _asked(history, samples, member)
        for member in settings.members
        if member.choice.is_pooled and any(_share(settings, item, member) for item in by_item)
    }
    shape = (len(history.zones), len(history.ahead), samples)
    # what a pooled member said of an item is read before it is written over: of many series such a cube is a part of the memory
    paths: Paths = np.asarray(next(iter(pooled.values()), np.empty(shape, dtype=np.float32)), dtype=np.float32)
    for item, places in by_item.items():
        some, members = history.only(places), [member for member in settings.members if _share(settings, item, member)]
        answers = (
            (_share(settings, item, one), pooled[one.name][places] if one.choice.is_pooled else _asked(some, samples, one))
            for one in members
        )
        paths[places] = weighing.stretched(_averaged(some, samples, answers), settings.widths.get(item, 1.0))
    return paths


def _share(settings: Settings, item: str, member: Member) -> float:
    return settings.shares.get(item, {member.name: member.weight}).get(member.name, 0.0)


def _averaged(history: History, samples: int, answers: Iterable[tuple[float, Floats | Paths]]) -> Floats:
    """Shares and paths of members -> (series, horizon, sample) of one item; of a single member that answers, its own paths."""
    shape = (len(history.zones), len(history.ahead), samples)
    total, weight, members = np.zeros(shape), np.zeros(shape[0]), np.zeros(shape[0], dtype=int)
    paths = np.full(shape, np.nan)
    for share, found in answers:
        answered = np.isfinite(found).all(axis=(1, 2))
        for some in _at_once(np.flatnonzero(answered)):
            paths[some] = found[some]
            total[some] += share * weighing.roots(np.sort(found[some], axis=2))
        weight[answered] += share
        members += answered
    several = np.flatnonzero(members > 1)
    if len(several):
        template = smoothing.predict(history.only(several), samples, smoothing.Settings())
        for some, order in zip(_at_once(several), _at_once(template), strict=True):
            paths[some] = _marginals.in_order_of(np.square(total[some] / weight[some, None, None]), order)
    return paths


def _at_once(rows: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """So many rows as are worked on together, to bound memory."""
    return [rows[part] for part in _paths.chunks(len(rows))]


def _asked(history: History, samples: int, member: Member) -> Floats | Paths:
    """(series, horizon, sample) what a member says. It sees no signal it did not ask for."""
    choice = member.choice
    signals = {name: history.regressors[name] for name in choice.signals if name in history.regressors}
    return ask(choice, replace(history, regressors=signals, is_blind=history.is_blind if signals else None), samples)
