"""How fresh each signal is on the issue date, and what it means where one is late. A late feed never stops a run.

Any block of `signals` may say:

max_age: 14                days; an older signal is late. Absent: two steps of the signal (its `step`, or forecast.period where
                           that is longer), and its `delay_days`
required: false            a signal without any file, or whose server does not answer, is late, not an error; so is one that says
                           `max_age`

What a late signal does. People present: the newest count stands, and the random walk around it has been under way since that
count (exposure.py). A regressor: the items are forecast without it, and are as unsure as such a forecast. Access: the extent last
seen is taken to have lasted since, with the chances of that (access.py). Every page says so at its head, the status is STALE, the
exit code 4. A file that is there and broken is refused as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field, ValidationError

from forecast import periods
from forecast.config import Config, Plugin, Section, settings_problems
from forecast.errors import Problem, counted
from forecast.inputs.sources import Sources
from forecast.schema import CURRENT, LATE, MISSING, Feed

STEPS_LATE = 2  # a signal is late when its next value should have come a step ago
DAYS = {"D": 1, "W": 7, "M": 31}


class Freshness(Section):
    """What any block of `signals` may say of the age of its signal."""

    max_age: int | None = Field(default=None, ge=0)
    required: bool | None = None

    @property
    def may_be_missing(self) -> bool:
        return self.required is False or (self.required is None and self.max_age is not None)


def freshness(name: str, sources: Sources) -> Freshness:
    """What a signal's block says of its age. What is wrong with it is refused, and the default taken."""
    settings = sources.job.config.signals[name].settings
    try:
        return Freshness.model_validate({key: settings[key] for key in Freshness.model_fields if key in settings})
    except ValidationError as error:
        for problem in settings_problems(error, sources.config_file, Freshness, f"signals.{name}"):
            sources.problems.refuse(problem)
        sources.failed.add(name)
        return Freshness()


def most_days(asked: Freshness, block: Plugin, period: str) -> int:
    """The age in days beyond which a signal is late."""
    if asked.max_age is not None:
        return asked.max_age
    step, delay = DAYS.get(str(block.settings.get("step", "D")), 1), block.settings.get("delay_days", 0)
    return STEPS_LATE * max(step, DAYS[period]) + (delay if isinstance(delay, int) else 0)


def nothing_seen(name: str, axes: Mapping[str, pd.Index], source: str) -> xr.Dataset:
    """(zone, period) a signal of which nothing is known."""
    shape = tuple(len(axes[axis]) for axis in ("zone", "period"))
    dims = ("zone", "period")
    return xr.Dataset({name: (dims, np.full(shape, np.nan), {"source": source, "units": ""})}, coords=dict(axes))


def feed(name: str, signal: xr.Dataset, sources: Sources) -> Feed:
    """(zone, period) signal as it was read -> how fresh it is; told where it is late."""
    config, block, issue_date = sources.job.config, sources.job.config.signals[name], sources.job.issue_date
    most = most_days(freshness(name, sources), block, config.forecast.period)
    values = signal[name].transpose("zone", "period")
    source = str(values.attrs.get("source") or block.settings.get("path") or block.use)
    known = np.flatnonzero(values.notnull().any("zone").values)
    if not len(known):
        found = Feed(name, None, None, most, 0.0, source, MISSING)
    else:
        age = _age(values, pd.Timestamp(values.indexes["period"][known[-1]]), sources)
        newest = issue_date - pd.Timedelta(days=age + 1)
        found = Feed(name, newest, age, most, _coverage(name, signal, int(known[-1])), source, LATE if age > most else CURRENT)
    if found.state != CURRENT:
        _tell(found, sources)
    return found


def _age(values: xr.DataArray, newest: pd.Timestamp, sources: Sources) -> int:
    """Days from the end of the newest period with a value to the issue date.

    Where that is the last period that could be complete, the source may know of newer steps within the next one.
    """
    settings, issue_date = sources.job.config.forecast, sources.job.issue_date
    told = values.attrs.get("age_days")
    if told is not None and newest >= periods.last_complete(issue_date, settings.period, settings.week_starts):
        return max(round(float(told)), 0)
    return int((issue_date - periods.step(newest, 1, settings.period)).days)


def _coverage(name: str, signal: xr.Dataset, newest: int) -> float:
    """Mean over the zones of the share seen; where that is not known, share of the zones with a value."""
    share = signal.get(f"{name}_coverage", signal[name].notnull().astype(float))
    return float(np.clip(share.isel(period=newest).fillna(0).mean(), 0, 1))


def _tell(found: Feed, sources: Sources) -> None:
    """A note on the input, and a line at the head of every page."""
    if found.newest is None:
        what = "is missing: no value of it is known"
    else:
        limit = counted(found.max_age, "day")
        what = f"is late: its newest value is of {found.newest.date()}, {found.age_days} days old (late after {limit})"
    means = " ".join(_meanings(found, sources.job.config))
    sources.problems.note(Problem(f"signals.{found.signal}", what, means, column="max_age"))
    sources.ledger.marks.append(f"The signal {found.signal} {what}. {means}")


def _meanings(found: Feed, config: Config) -> list[str]:
    """What becomes of everything that hangs on a late signal."""
    name, is_missing = found.signal, found.state == MISSING
    out = []
    if name == config.forecast.exposure:
        out.append(
            "People are taken as in the population table, and who moved is not known."
            if is_missing
            else "People present are taken as last counted, and are less sure with every day since."
        )
    if items := _forecast_from(name, config):
        out.append(f"{items} are forecast without it, and are as unsure as that.")
    if name in config.access:
        out.append(
            "No lane is closed or slowed because of it."
            if is_missing
            else "Lanes are open, slow or closed as it was last seen, with the chances of that since."
        )
    return out or ["Nothing is computed from it."]


def _forecast_from(name: str, config: Config) -> str:
    """The items whose model asks for a signal, in words; empty where none does."""
    own = [code for code, item in sorted(config.items.items()) if item.model and _asks(item.model, name)]
    rest = ["items without a model of their own"] if _asks(config.forecast.default, name) else []
    return ", ".join([*own, *rest])


def _asks(model: Plugin, name: str) -> bool:
    regressors: Any = model.settings.get("regressors")
    return isinstance(regressors, Mapping) and name in regressors
