"""SIGNALS: what was observed of each zone, on the panel's zones and complete periods."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from forecast import periods
from forecast.inputs import feeds
from forecast.inputs.signal_tables import from_table
from forecast.inputs.sources import Sources
from forecast.schema import PANEL, SIGNALS, Feed


def read_signals(sources: Sources, records: pd.DataFrame) -> tuple[xr.Dataset, tuple[Feed, ...]]:
    """(zone, period) one variable per signal and its `<signal>_coverage`, empty where nothing was observed; how fresh each is.

    Periods run from the first record to the last that was complete before the issue date: nothing later is looked at.
    """
    job = sources.job
    zones = sources.reading.zones
    if zones is None or zones.empty or records.empty:
        return xr.Dataset(), ()
    settings = job.config.forecast
    last = periods.last_complete(job.issue_date, settings.period, settings.week_starts)
    axes = {"zone": zones.index, "period": periods.between(records["period"].min(), last, settings.period)}
    names = [name for name in sorted(job.config.signals) if not _is_taken(name, sources)]
    found = {name: signal for name in names if (signal := _read(name, axes, sources)) is not None}
    fresh = tuple(feeds.feed(name, signal, sources) for name, signal in found.items())
    inside = [signal.transpose("zone", "period").reindex(axes) for signal in found.values()]
    together = xr.merge([xr.Dataset(coords=axes), *inside], combine_attrs="drop_conflicts", join="exact", compat="no_conflicts")
    return SIGNALS.check(together), fresh


def _is_taken(name: str, sources: Sources) -> bool:
    """Refuse a signal that has the name of something else in the panel: one of the two would be lost."""
    signals = sources.job.config.signals
    others = {
        f"{signal}_{part}": (signal, word) for signal in signals for part, word in (("coverage", "coverage"), ("cv", "spread"))
    }
    if name in PANEL.variables or name == "people":
        problem = "is the name of a variable of the panel"
    elif name in others:
        other, what = others[name]
        problem = f"is the name under which the {what} of the signal {other} is kept"
    else:
        return False
    sources.refuse(name, f"signals.{name}", name, problem, "Give the signal another name")
    return True


def _read(name: str, axes: dict[str, pd.Index], sources: Sources) -> xr.Dataset | None:
    found = sources.read("signals", name, may_be_missing=feeds.freshness(name, sources).may_be_missing)
    if found is None and name not in sources.failed:
        return feeds.nothing_seen(name, axes, str(sources.job.config.signals[name].settings.get("path", "")))
    if isinstance(found, pd.DataFrame) and "record" in found.columns:
        found = from_table(found, name, sources)
    if isinstance(found, xr.DataArray):
        found = found.to_dataset(name=name)
    if found is None or not isinstance(found, xr.Dataset):
        if found is not None:
            use = sources.job.config.signals[name].use
            sources.refuse(
                name, f"signals.{name}.use", use, "gives no signal", "Write use: raster, presence, flows, mobility or table"
            )
        return None
    _refuse_other_starts(name, found.indexes["period"], axes["period"], sources)
    return found


def _refuse_other_starts(name: str, observed: pd.Index, panel: pd.Index, sources: Sources) -> None:
    """A week that starts on another day would vanish: refuse it by name."""
    within = observed[(observed >= panel[0]) & (observed <= panel[-1])]
    other = within.difference(panel)
    if len(other):
        problem = f"has periods that do not start where those of the records do, such as {pd.Timestamp(other[0]).date()}"
        sources.refuse(name, f"signals.{name}", "", problem, "See its step:, forecast.period and forecast.week_starts")
