"""The choice of models in words: what forecasts an item, how much closer it was than the usual average, why not others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forecast.errors import few
from forecast.schema import TOGETHER, Trial

NOT_TRIED = "not tried: "
CLOSE = 0.005  # of the yardstick's distance: less is no difference


@dataclass(frozen=True)
class Chosen:
    """What forecasts an item: `members` model -> share, the largest first; how it did on `cells` past values: `relative`, its
    distance over that of the average of three periods (NaN: not known), `inside_80`, how many of them lay in its 80 % range.

    `runners_up`: (model, relative) of those tried and not taken, the closest first; `left_out`: (model, why) of the others.
    """

    item: str
    members: tuple[tuple[str, float], ...]
    cells: int
    relative: float
    inside_80: float
    runners_up: tuple[tuple[str, float], ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        """`pooled 75%, empirical 25%`, or the name of the only member."""
        return label(self.members)


def label(members: Iterable[tuple[str, float]]) -> str:
    """Models and their shares of 1 -> `pooled 75%, empirical 25%`; one alone goes by its name."""
    return ", ".join(name if share == 1 else f"{name} {share:.0%}" for name, share in members)


def chosen(trials: Iterable[Trial]) -> list[Chosen]:
    """What was chosen for each item, in order of name."""
    by_item: dict[str, list[Trial]] = {}
    for trial in trials:
        by_item.setdefault(trial.item, []).append(trial)
    return [_of_item(item, found) for item, found in sorted(by_item.items())]


def _of_item(item: str, trials: Sequence[Trial]) -> Chosen:
    members = sorted((trial for trial in trials if trial.share > 0), key=lambda trial: (-trial.share, trial.model))
    how = next((trial for trial in trials if trial.model == TOGETHER), members[0])
    others = [trial for trial in trials if not trial.share and trial.model != TOGETHER]
    tried = [trial for trial in others if math.isfinite(trial.relative) and not trial.note]
    tried.sort(key=lambda trial: (trial.relative, trial.model))
    return Chosen(
        item=item,
        members=tuple((trial.model, trial.share) for trial in members),
        cells=how.cells,
        relative=how.relative,
        inside_80=how.inside_80,
        runners_up=tuple((trial.model, trial.relative) for trial in tried),
        left_out=tuple((trial.model, trial.note) for trial in sorted(others, key=lambda trial: trial.model) if trial.note),
    )


def closer(relative: float) -> str:
    """0.88 -> '12 % closer'; 1.1 -> '10 % further off'; next to nothing -> 'as close'."""
    if math.isnan(relative):
        return "not known"
    if abs(relative - 1) < CLOSE:
        return "as close"
    return f"{100 * abs(1 - relative):.0f} % {'closer' if relative < 1 else 'further off'}"


def left_out(found: Sequence[Chosen]) -> list[tuple[str, str, list[str]]]:
    """(models, why, items): what was not tried or not taken, those with the same reason for the same items together."""
    by_model: dict[tuple[str, str], list[str]] = {}
    for one in found:
        for model, why in one.left_out:
            by_model.setdefault((model, why), []).append(one.item)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (model, why), items in by_model.items():
        alike.setdefault((why, tuple(items)), []).append(model)
    return sorted((few(models, 12), why, list(items)) for (why, items), models in alike.items())
