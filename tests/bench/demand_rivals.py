"""Outside rivals, each series by itself: ETS of statsmodels, AutoETS of statsforecast, Prophet as it comes.

    PYTHON_WITH_STATSFORECAST tests/bench/demand_rivals.py IN.npz OUT.npz

runs AutoETS: from `past` (series, period) and `levels`, the quantiles (series, horizon, level). This file imports nothing of the
project, so that it can be run so.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
SAMPLES = 200


@dataclass(frozen=True)
class Answer:
    """(series, horizon, level) quantiles, (series, sample) totals of the horizon, seconds of processor time of all series."""

    quantiles: Floats
    totals: Floats
    seconds: float


def spent() -> float:
    """Seconds of processor time so far, of this process and those it started."""
    return sum(os.times()[:4])


def answers(past: Floats, levels: Floats, horizon: int, statsforecast: str) -> Iterator[tuple[str, Answer]]:
    """(series, period) without gaps -> what each rival that can be asked here says of it."""
    if not len(past):
        return
    yield "statsmodels ETS", _ets(past, levels, horizon)
    if statsforecast:
        yield "AutoETS", _asked_elsewhere(past, levels, horizon, statsforecast)
    if importlib.util.find_spec("prophet"):
        yield "Prophet as it comes", _prophet(past, levels, horizon)


def _asked_elsewhere(past: Floats, levels: Floats, horizon: int, python: str) -> Answer:
    with tempfile.TemporaryDirectory() as name:
        given, found = Path(name) / "given.npz", Path(name) / "found.npz"
        np.savez(given, past=past, levels=levels, horizon=horizon)
        subprocess.run([python, __file__, str(given), str(found)], check=True)
        with np.load(found) as arrays:
            return Answer(arrays["quantiles"], arrays["totals"], float(arrays["seconds"]))


def _ets(past: Floats, levels: Floats, horizon: int) -> Answer:
    """Additive errors; plain, or with a damped trend and a season: what has the lower corrected Akaike criterion."""
    import warnings

    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    ways: tuple[dict[str, Any], ...] = ({}, {"trend": "add", "damped_trend": True, "seasonal": "add", "seasonal_periods": 12})
    paths, began = np.empty((len(past), horizon, SAMPLES)), spent()
    for series, values in enumerate(past):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an optimiser that stops early still leaves a usable fit
            fits = [ETSModel(values, error="add", **way).fit(disp=False) for way in ways]
            best = min(fits, key=lambda fit: fit.aicc if np.isfinite(fit.aicc) else np.inf)
            rng = np.random.default_rng(series)
            paths[series] = best.simulate(horizon, anchor="end", repetitions=SAMPLES, rng=rng).reshape(horizon, SAMPLES)
    return _answered(paths, levels, spent() - began)


def _prophet(past: Floats, levels: Floats, horizon: int) -> Answer:
    import logging

    import pandas as pd
    from prophet import Prophet

    for name in ("cmdstanpy", "prophet"):
        logging.getLogger(name).disabled = True
    days = pd.date_range("2016-01-01", periods=past.shape[1] + horizon, freq="MS")
    paths, began = np.empty((len(past), horizon, SAMPLES)), spent()
    for series, values in enumerate(past):
        model = Prophet(uncertainty_samples=SAMPLES)
        np.random.seed(series)
        model.fit(pd.DataFrame({"ds": days[: len(values)], "y": values}), seed=series)
        paths[series] = model.predictive_samples(pd.DataFrame({"ds": days[len(values) :]}))["yhat"]
    return _answered(paths, levels, spent() - began)


def _answered(paths: Floats, levels: Floats, seconds: float) -> Answer:
    paths = np.maximum(paths, 0)
    quantiles = np.moveaxis(np.quantile(paths, levels, axis=2, method="hazen"), 0, -1)
    return Answer(quantiles, paths.sum(axis=1), seconds)


def _autoets(given: str, found: str) -> None:
    from statistics import NormalDist

    from statsforecast.models import AutoETS

    with np.load(given) as arrays:
        past, levels, horizon = arrays["past"], arrays["levels"], int(arrays["horizon"])
    scores = np.array([NormalDist().inv_cdf(level) for level in levels.tolist()])
    AutoETS(season_length=12).forecast(y=past[0], h=horizon, level=[80])  # what is compiled at first use is not counted
    quantiles, began = np.empty((len(past), horizon, len(levels))), spent()
    for series, values in enumerate(past):
        said = AutoETS(season_length=12).forecast(y=values, h=horizon, level=[80])
        spread = (said["hi-80"] - said["mean"]) / NormalDist().inv_cdf(0.9)
        quantiles[series] = np.maximum(said["mean"][:, None] + spread[:, None] * scores, 0)
    seconds = spent() - began
    totals = np.full((len(past), SAMPLES), np.nan)  # it gives no paths
    np.savez(found, quantiles=quantiles, totals=totals, seconds=seconds)


if __name__ == "__main__":
    _autoets(*sys.argv[1:])
