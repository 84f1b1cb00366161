"""Pictures of a backtest (PNG): fans of three series, and how often what came lay below each quantile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from forecast.backtest import Backtest
from forecast.backtest.fans import Fan, to_show
from forecast.backtest.tally import PIT_LEVELS
from forecast.text_page import CONTROL

INK, CAME, BLUE = "#222222", "#c0392b", "#2166ac"
COLOURS = (
    "#1b6ca8",
    "#d95f02",
    "#1b9e77",
    "#7570b3",
    "#e7298a",
    "#66a61e",
    "#a6761d",
    "#666666",
)  # told apart by colour-blind eyes
BANDS = ((0.05, 0.95, "#d3e3f1", "90 %"), (0.1, 0.9, "#a5c5e3", "80 %"), (0.25, 0.75, "#6c9fd0", "50 %"))
PAST = 3  # so many horizons of the past are shown, and at least LEAST_PAST periods
LEAST_PAST = 24
HEADROOM = 1.15  # for the legend
PERIOD = {"D": "day", "W": "week", "M": "month"}
DPI = 130


def draw(found: Backtest, model: str, folder: Path) -> list[Path]:
    """Write fans.png (of `model`) and reliability.png (of all models) into a folder; returns what was written."""
    written = []
    chosen = to_show(found.fans.get(model, []))
    if chosen:
        figure = Figure(figsize=(9, 3.0 * len(chosen)), layout="constrained")
        for axes, (which, series) in zip(figure.subplots(len(chosen), squeeze=False)[:, 0], chosen.items(), strict=True):
            _fan(axes, found, model, which, *series)
        written.append(_saved(figure, folder / "fans.png"))
    figure = Figure(figsize=(10, 5), layout="constrained")
    for axes, name, title in zip(
        figure.subplots(1, 2), ("pits", "total_pits"), ("Single periods", "Totals over the horizon"), strict=True
    ):
        _reliability(axes, found, name, title)
    return [*written, _saved(figure, folder / "reliability.png")]


def _fan(axes: Axes, found: Backtest, model: str, which: str, zone: str, item: str) -> None:
    """One series: what came as a line, and the fans of the newest origins that do not overlap."""
    fans, panel = found.fans[model], found.now.panel
    came = panel["distributed"].sel(zone=zone, item=item).to_series()
    first = min(fan.quantiles.indexes["period"][0] for fan in fans)
    shown = came.iloc[max(0, int(came.index.searchsorted(first)) - _past(found)) :]
    for fan in fans:
        _bands(axes, fan, zone, item, with_labels=fan is fans[-1])
    axes.plot(shown.index, shown, color=CAME, marker="o", markersize=2.5, linewidth=1, label="recorded")
    relative = _relative(fans, zone, item)
    axes.set_title(_plain(f"{which}: {zone}, {item} ({model}, CRPS {relative:.2f} per unit seen)"), fontsize=10)
    period = PERIOD[found.now.job.config.forecast.period]
    axes.set_ylabel(_plain(f"{found.now.inputs.items['unit'].get(item, 'units')} per {period}"), fontsize=8)
    axes.set_ylim(0, HEADROOM * axes.get_ylim()[1])
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7, loc="upper left", ncols=5, frameon=False)


def _bands(axes: Axes, fan: Fan, zone: str, item: str, *, with_labels: bool) -> None:
    cube = fan.quantiles.sel(zone=zone, item=item)
    days = cube.indexes["period"]
    lines = {float(level): cube.sel(level=level).values for level in cube["level"].values}
    for low, high, colour, label in BANDS:
        name = label if with_labels else None
        axes.fill_between(days, lines[low], lines[high], color=colour, linewidth=4 if len(days) == 1 else 0, label=name)
    axes.plot(
        days,
        lines[0.5],
        color=BLUE,
        linewidth=1.2,
        marker="_" if len(days) == 1 else None,
        label="median" if with_labels else None,
    )
    axes.axvline(days[0], color=INK, linewidth=0.5, linestyle=":")


def _reliability(axes: Axes, found: Backtest, name: str, title: str) -> None:
    """Share of what came that was at most each quantile; calibrated forecasts lie on the diagonal."""
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle="--", label="calibrated")
    for model, colour in zip(found.question.models, COLOURS * len(found.question.models), strict=False):
        share = _shares(found, model, name)
        if share is not None:
            axes.plot(PIT_LEVELS, share, color=colour, marker=".", markersize=4, linewidth=1.2, label=_plain(model))
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="quantile forecast", ylabel="share of what came below it", aspect="equal")
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=7, frameon=False, loc="upper left")


def _shares(found: Backtest, model: str, name: str) -> np.ndarray | None:
    """(level) over all items, cells alike; None where nothing was scored."""
    of_model = [tally for (one, _), tally in found.tallies.items() if one == model]
    count = sum(float(tally.counts["crps" if name == "pits" else "coverage_total_80"][-1]) for tally in of_model)
    sums: Sequence[np.ndarray] = [getattr(tally, name) for tally in of_model]
    return np.sum(sums, axis=0) / count if count else None


def _relative(fans: Sequence[Fan], zone: str, item: str) -> float:
    crps, seen = (sum(float(getattr(fan, name).sel(zone=zone, item=item)) for fan in fans) for name in ("crps", "seen"))
    return crps / seen


def _past(found: Backtest) -> int:
    return max(LEAST_PAST, PAST * found.now.job.config.forecast.horizon)


def _plain(text: str) -> str:
    """Words of the data as they stand: dollar signs would be read as formulas."""
    return CONTROL.sub(" ", text).replace("$", r"\$")


def _saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return path
