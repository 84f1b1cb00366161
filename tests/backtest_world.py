"""A world in which every cell has a value of its own, and models that are plugged in for one test.

Three zones, two items, months: 1000 x zone + 100 x item + the number of the month, so that a mixed-up zone, item or period shows
in the size of the error.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

import forecast.models
from forecast import config, periods
from forecast.config import Job

FIRST = pd.Timestamp("2024-01-01")
ZONES, ITEMS = ("Z1", "Z2", "Z3"), ("kit", "soap")
NOW = pd.Timestamp("2026-11-22 06:00", tz="UTC").to_pydatetime()
HEAD = "from pathlib import Path\nimport numpy as np\nimport pandas as pd\nfrom forecast.config import Section\n"
SETTINGS = "class Settings(Section):\n    pass\n"
ORACLE = """
def value(zone, item, period):
    month = (period.year - 2024) * 12 + period.month
    return 1000.0 * int(zone[1]) + 100.0 * (1 if item == "kit" else 2) + month

def predict(history, samples, settings):
    series = list(zip(history.zones, history.items))
    past = np.array([[value(zone, item, period) for period in history.periods] for zone, item in series])
    known = np.isfinite(history.values)
    assert np.array_equal(past[known], history.values[known]), "the model sees the past of another series or period"
    assert history.ahead[0] == history.periods[-1] + pd.DateOffset(months=1), "a period is missing, or seen twice"
    truth = np.array([[value(zone, item, period) for period in history.ahead] for zone, item in series])
    return np.repeat(CHANGED[:, :, None], samples, axis=2)
"""

Plug = Callable[[str, str], None]


def value(zone: str, item: str, month: int) -> float:
    """Months count from 1."""
    return 1000.0 * int(zone[1]) + 100.0 * (1 + ITEMS.index(item)) + month


def write_records(path: Path, months: int, zones: Sequence[str] = ZONES, drop: Callable[[str, int], bool] | None = None) -> Path:
    """A file of records of that many months; `drop(zone, month)`: rows left out."""
    rows = ["zone,item,period,distributed"]
    for zone in zones:
        for item in ITEMS:
            for month in range(1, months + 1):
                if not (drop and drop(zone, month)):
                    day = periods.step(FIRST, month - 1, "M").date()
                    rows.append(f"{zone},{item},{day},{value(zone, item, month):g}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def job(records: Path, horizon: int = 3, period: str = "M", *overrides: str) -> Job:
    settings = config.from_records(records.name, period, horizon, ["forecast.samples=20", *overrides])
    return config.job(settings, None, scenario=None, issue_date=None, now_utc=NOW, data=records.parent)


def plugged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Plug:
    """A function that makes a model of a name and the body of its file."""
    monkeypatch.setattr(forecast.models, "__path__", [*forecast.models.__path__, str(folder)])

    def plug(name: str, body: str) -> None:
        (folder / f"{name}.py").write_text(HEAD + SETTINGS + body, encoding="utf-8")
        importlib.invalidate_caches()
        monkeypatch.delitem(sys.modules, f"forecast.models.{name}", raising=False)
        monkeypatch.delattr(forecast.models, name, raising=False)

    return plug


def oracle(change: str = "truth") -> str:
    """The body of a model that knows the truth (series, horizon), and what it makes of it."""
    return ORACLE.replace("CHANGED", f"({change})")
