"""Where inputs come from: each input of the config is read by its plugin, and problems are collected, not raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd
from pydantic import ValidationError

from forecast import as_of, convert, plugins
from forecast.config import SEVERAL, Job, Plugin, settings_problems
from forecast.errors import InputError, NotThereError, Problem, Problems, did_you_mean
from forecast.inputs import crosswalk, layers
from forecast.inputs.crosswalk import Crosswalk
from forecast.kept import Kept
from forecast.schema import CROSSWALK, Ledger, Reading, Table

NEEDED = ("zones", "records")
OPTIONAL = ("depots", "stock", "arrivals", "dispatches", "planned_by_others", "fleet", "commitments", "priorities")
INPUTS = (*NEEDED, *OPTIONAL, "items", "population", "zone_stock", "routes", "crosswalk")
NEVER_EMPTY = ("zones", "records", "items", "population", "depots", "stock", "routes", "fleet", "crosswalk")
OF_A_FEED = ("max_age", "required")  # settings of a signal, whatever its source: see feeds.py
ONE_BLOCK = 'Write one block; of files that are alike it may name several: path: "records/*.csv"'


@dataclass(frozen=True)
class Sources:
    """The sources of one job; `failed` names the inputs that could not be read, so that later checks do not pile on.

    `texts`: the tables as they were read, before anything was typed or left out; `known`: of these the rows known on the issue
    date; `set_aside`: how many of the latter were not used for their faults.
    """

    job: Job
    reading: Reading
    failed: set[str] = field(default_factory=set)
    texts: dict[str, pd.DataFrame] = field(default_factory=dict)
    known: dict[str, pd.DataFrame] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)
    crosswalk: Crosswalk = field(default_factory=Crosswalk)

    @property
    def ledger(self) -> Ledger:
        return self.reading.ledger

    @property
    def problems(self) -> Problems:
        return self.reading.ledger.problems

    @property
    def config_file(self) -> str:
        return self.job.config_path.name if self.job.config_path else "config"

    def at(self, zones: gpd.GeoDataFrame) -> Sources:
        """The same sources, now that the zones are known."""
        return replace(self, reading=replace(self.reading, zones=zones))

    def since(self, periods: pd.Series) -> Sources:
        """The same sources, now that the periods of the records are known: what is told is of those the panel takes."""
        day = self.job.config.panel.history_from
        used = periods if day is None else periods[periods >= pd.Timestamp(day)]
        return replace(self, reading=replace(self.reading, since=used.min() if len(used) else None))

    def with_crosswalk(self, zones: gpd.GeoDataFrame) -> Sources:
        """The same sources, whose tables may hold old zone codes from now on, if a crosswalk is given."""
        if not self.is_given("crosswalk") or "zones" in self.failed:
            return self
        refused = len(self.problems.refused)
        steps = crosswalk.checked(self.table(CROSSWALK), zones.index, zones["zone_name"], self.problems)
        if len(self.problems.refused) > refused:  # nothing is known of old codes: do not check against those of today
            self.failed.add("crosswalk")
            return self
        return replace(self, crosswalk=steps)

    def in_zones_of_today(self, df: pd.DataFrame, table: Table) -> pd.DataFrame:
        """Typed rows, those of old zones shared out over the zones of today."""
        return self.crosswalk.converted(df, table, self.job.issue_date, self.ledger)

    def is_given(self, name: str) -> bool:
        return name in self.job.config.inputs

    def codes(self, name: str, table: pd.DataFrame) -> pd.Index | None:
        """The codes a table makes known: its index; None when it could not be read, which means: do not check."""
        needs = {name, "crosswalk"} if name == "zones" else {name}
        return None if needs & self.failed else table.index

    def read(self, family: str, name: str, *, may_be_missing: bool = False) -> Any:
        """What the plugin of an input (`inputs`) or signal (`signals`) gives; None, and a refusal, when it cannot be had.

        One that may be missing, and of which there is no file or whose server does not answer, is None without a refusal: that is
        noted.
        """
        named: Mapping[str, Plugin] = getattr(self.job.config, family)
        if named[name].use == SEVERAL:
            self.refuse(name, f"{family}.{name}", "", "is a list of blocks, which only zones may be", ONE_BLOCK)
            return None
        found = self._read_or_refuse(named[name], f"{family}.{name}", name, may_be_missing)
        if isinstance(found, pd.DataFrame) and "record" in found.columns:
            self.texts[name] = found
        return found

    def read_blocks(self, name: str) -> list[tuple[Plugin, Any]]:
        """The blocks of an input that may be a list, each with what its plugin gives; what cannot be had is refused."""
        block = self.job.config.inputs[name]
        if block.use != SEVERAL:
            found = self.read("inputs", name)
            return [] if found is None else [(block, found)]
        places = [f"inputs.{name}[{n}]" for n, _ in enumerate(block.blocks, start=1)]
        read = [(part, self._read_or_refuse(part, place, name)) for part, place in zip(block.blocks, places, strict=True)]
        return [(part, found) for part, found in read if found is not None]

    def _read_or_refuse(self, block: Plugin, setting: str, name: str, may_be_missing: bool = False) -> Any:
        try:
            return self._read(block, setting, name)
        except InputError as error:
            if may_be_missing and isinstance(error, NotThereError) and error.path == block.settings.get("path"):
                self.problems.noted.extend(error.problems)
                return None
            for problem in error.problems:
                self.problems.refuse(problem)
        self.failed.add(name)
        return None

    def text(self, table: Table) -> pd.DataFrame | None:
        """A table as text with `record`; None when it is not given or cannot be read."""
        name = table.name
        found = self.read("inputs", name) if self.is_given(name) else None
        if found is None:
            return None
        if not isinstance(found, pd.DataFrame) or "record" not in found.columns:
            use = self.job.config.inputs[name].use
            self.refuse(name, f"inputs.{name}.use", use, "gives no table", "Write use: table")
            return None
        if found.empty and name in NEVER_EMPTY:
            self.refuse(name, f"inputs.{name}", "", "has no rows", f"Fill in the table, or leave out inputs.{name}")
            return None
        found = self.as_known(found, table)
        self.list_assumed(found, table)
        return found

    def as_known(self, text: pd.DataFrame, table: Table) -> pd.DataFrame:
        """The rows of a table that were known on the issue date; none at all is refused where there must be some."""
        name, settings = table.name, self.job.config.inputs[table.name].settings
        if text.attrs.get("delay_days") and not table.dated:
            problem, action = "means nothing here: no column says which day a row tells of", "Give known_on, or leave it out"
            self.refuse(name, f"inputs.{name}.delay_days", "", problem, action)
        why, newest = settings.get("allow_later"), as_of.newest(text, table, self.reading)
        if why and newest is not None and newest > self.job.issue_date:
            layers.mark_later(name, str(newest.date()), str(why), self.job.issue_date, self.ledger)
        delay = self._delay(text, table)
        known = as_of.known_rows(text, table, self.reading, delay_days=delay, allow_later=bool(why))
        self.known[name] = known
        if known.empty and not text.empty and name in NEVER_EMPTY and name != "records":  # records have words of their own
            problem = f"has no row that was known on {self.job.issue_date.date()}, the issue date"
            self.refuse(name, f"inputs.{name}", "", problem, "Give older rows, or a later issue date")
        return known

    def table(self, table: Table, *, snaps: bool = True) -> pd.DataFrame:
        """An input table, typed; bad rows are refused; no rows when it is not given or cannot be read."""
        text = self.text(table)
        return table.empty() if text is None else self.typed(text, table, snaps=snaps)

    def typed(
        self,
        text: pd.DataFrame,
        table: Table,
        *,
        snaps: bool = True,
        settled: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    ) -> pd.DataFrame:
        """Text -> typed, sorted by content so that the order of rows in a file has no influence.

        `settled`: what a table does with its rows before those of old zones are shared out.
        """
        settings = self.job.config.forecast
        df = convert.typed_cells(
            text, table, self.problems,
            name=f"inputs.{table.name}", set_aside=False, period=settings.period, week_starts=settings.week_starts, snaps=snaps,
        )  # fmt: skip
        df = self.crosswalk.by_ground(df, table, self.job.issue_date) if table.is_count else df
        df = convert.without_repeats(self.latest(df, table), table, self.problems, set_aside=False)
        df = settled(df) if settled else df
        if (converted := self.in_zones_of_today(df, table)) is not df:
            df = convert.without_repeats(converted, table, self.problems, set_aside=False)
        if df.empty and not text.empty:
            self.failed.add(table.name)
        return in_order(df, table)

    def latest(self, df: pd.DataFrame, table: Table) -> pd.DataFrame:
        """Of several versions of a row, all known on the issue date, the one known last; of several counts the latest."""
        return as_of.latest_versions(df, table, self.reading, delay_days=self._delay(df, table))

    def _delay(self, df: pd.DataFrame, table: Table) -> int:
        """Days after the day it tells of that a row without `known_on` was known."""
        declared = df.attrs.get("delay_days")
        if declared is None:
            return self.job.config.panel.reporting_delay_days if table.name == "records" else 0
        return int(declared)

    def refuse(self, name: str, place: str, value: str, problem: str, action: str) -> None:
        """Refuse an input for the way it is set in the config."""
        self.failed.add(name)
        self.problems.refuse(Problem(self.config_file, problem, action, column=place, value=value))

    def list_assumed(self, text: pd.DataFrame, table: Table) -> None:
        """Each row of an input with `assumed:` is an assumption: which row, its figures, why."""
        why = self.job.config.inputs[table.name].settings.get("assumed")
        if not why or text.empty:
            return
        names = [column.name for column in table.columns if column.required and column.kind in ("text", "period")]
        figures = [name for name in table.names if name not in ("record", *names) and name in text.columns]
        for row in text.to_dict("records"):
            key = ", ".join(str(row[name]) for name in names if row.get(name))
            value = ", ".join(f"{name} {row[name]}" for name in figures if row[name])
            self.ledger.assume(table.name, key, value, "", str(why))

    def _read(self, block: Plugin, setting: str, name: str) -> Any:
        source = plugins.load("ingest", block.use, f"{setting}.use")
        issue_date, fields = self.job.issue_date, source.Settings.model_fields
        own = layers.without_dates(block.settings, fields, setting, self.config_file, issue_date, self.ledger)
        if setting.startswith("signals."):
            own = {key: value for key, value in own.items() if key not in OF_A_FEED or key in fields}
        try:
            settings = source.Settings.model_validate(own)
        except ValidationError as error:
            raise InputError(settings_problems(error, self.config_file, source.Settings, setting)) from error
        return source.read(settings, self.reading, name)


def open_sources(job: Job, ledger: Ledger) -> Sources:
    """The sources of a job; refuses names of inputs that do not exist, and says which needed ones are not given."""
    forecast = job.config.forecast
    reading = Reading(
        root=job.data, issue_date=job.issue_date, today=job.today, period=forecast.period, zones=None, ledger=ledger, files={},
        week_starts=forecast.week_starts, kept=Kept(job.kept),
    )  # fmt: skip
    sources = Sources(job, reading)
    for name in job.config.inputs:
        if name not in INPUTS:
            action = f"{did_you_mean(name, INPUTS)} Known: {', '.join(sorted(INPUTS))}".strip()
            sources.refuse(name, "inputs", name, "is not an input", action)
    for name in NEEDED:
        if not sources.is_given(name):
            problem = "is not given, and nothing can be forecast without it"
            sources.refuse(name, f"inputs.{name}", "", problem, "Say where it comes from")
    if not sources.is_given("items") and not job.config.items:
        sources.refuse("items", "inputs.items", "", "is not given, and there are no blocks under items", "Give one of the two")
    absent = [name for name in OPTIONAL if not sources.is_given(name)]
    if absent:
        ledger.remarks.append(f"Not given, so taken as none, or as no limit: {', '.join(absent)}.")
    return sources


def in_order(df: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Rows sorted by their key, then by all other columns; where rows come from decides last."""
    columns = [*table.key, *[name for name in table.names if name not in ("record", *table.key)], "record"]
    attrs = df.attrs
    df = df.sort_values(columns, ignore_index=True)
    df.attrs = attrs
    return df
