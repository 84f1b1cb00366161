"""All of a config, typed and frozen; the only module that reads YAML.

The text under each field is its manual. Unknown keys are refused with the near name. A config may name one `base:`;
scenarios lie in `scenarios/` beside the config and hold differences only. Mappings merge, anything else replaces.
"""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from forecast.errors import InputError, Problem

MAX_BYTES = 1_000_000  # of a YAML file


def _text_only(value: object) -> object:
    """Codes are text: YAML would read NO as false, 010 as 8 and 1e5 as a number, so unquoted ones are refused by name."""
    if isinstance(value, bool | int | float):
        raise ValueError(f"is read by YAML as {value!r}, not as text; put it in quotes")
    return value


Code = Annotated[str, BeforeValidator(_text_only)]


class Section(BaseModel):
    """A frozen part of the config that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Plugin(BaseModel):
    """`use:` names a file of a plugin folder; the other keys are that plugin's own settings, checked by it."""

    model_config = ConfigDict(frozen=True, extra="allow")
    use: Code

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})


class Paths(Section):
    """Folders; relative ones are relative to the config file."""

    data: str = "."
    """Where input paths start; also `--set paths.data=DIR` or the environment variable FORECAST_DATA."""
    runs: str = "runs"
    """Where run folders are written."""


class Forecast(Section):
    """What is forecast."""

    period: Literal["D", "W", "M"] = "W"
    """Length of a forecast period: day, week or calendar month."""
    week_starts: Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] = "MON"
    """The day a week starts on."""
    horizon: int = Field(default=6, ge=1, le=366)
    """How many periods ahead."""
    samples: int = Field(default=200, ge=20, le=2000)
    """Equally likely futures."""
    seed: int = 1
    """Same seed and same input, same futures."""
    exposure: Code | None = None
    """The signal that counts people present: demand per person is forecast, times the people present and expected."""
    default: Plugin = Plugin(use="ets")
    """The model of items that name none."""
    without_history: Literal["norm", "none"] = "norm"
    """Zones without any record of an item: people x planning figure, or no demand at all."""
    norm_after: int = Field(default=8, ge=1)
    """A series with fewer known periods than this has no usable history."""


class Panel(Section):
    """From records to the panel."""

    max_bad_share: float = Field(default=0.02, ge=0, le=1)
    """More records than this set aside stop the run."""
    unit_error_factor: float = Field(default=8, gt=1)
    """A value this many times the ordinary largest of its own series is set aside as a unit error."""
    reporting_delay_days: int = Field(default=0, ge=0)
    """Rows without `known_on` are known this many days after their period ends."""


class Need(Section):
    """Planning figures of a need, with their source; they are listed in assumptions.csv."""

    unit: Code
    """The need unit, such as L or ration."""
    per_person_per_day: float = Field(gt=0)
    """Planning figure in need units."""
    survival_per_person_per_day: float | None = Field(default=None, gt=0)
    """The survival floor in need units, shared out before anything else; absent: no floor."""
    source: str
    """Where the figures are from."""


class Item(Section):
    """A commodity; fields as in the `items` input table, which this block completes or overrides."""

    name: str | None = None
    need: Literal["water", "food", "care"] | None = None
    unit: Code | None = None
    pack: float | None = Field(default=None, gt=0)
    kg_per_unit: float | None = Field(default=None, ge=0)
    m3_per_unit: float | None = Field(default=None, ge=0)
    per_person_per_day: float | None = Field(default=None, ge=0)
    covers: float | None = Field(default=None, gt=0)
    substitutes: Code | None = None
    need_lapses: bool | None = None
    keeps_days: float | None = Field(default=None, ge=0)
    priority: float | None = Field(default=None, ge=0)
    carriage: Literal["dry", "cold", "bulk_water"] | None = None
    model: Plugin | None = None
    """The model of this item; absent: `forecast.default`."""
    without_history: Literal["norm", "none"] | None = None
    """As in `forecast`, for this item."""
    source: str | None = None
    """Where the figures of this block are from: listed in assumptions.csv."""


class WhatIf(Section):
    """What a scenario changes in the inputs, by stated operations."""

    close_lanes: tuple[CloseLanes, ...] = ()
    displace: tuple[Displace, ...] = ()
    scale_fleet: tuple[ScaleFleet, ...] = ()
    delay_arrivals: tuple[DelayArrivals, ...] = ()


class CloseLanes(Section):
    """Lanes shut from a day on."""

    to: tuple[Code, ...]
    """Zones whose lanes are shut."""
    depots: tuple[Code, ...] | None = None
    """Only lanes from these depots; absent: all."""
    after_days: int = Field(default=0, ge=0)
    """Days after the issue date."""
    for_days: int | None = Field(default=None, ge=1)
    """For how long; absent: open end."""


class Displace(Section):
    """People who leave zones for others."""

    share: float = Field(gt=0, le=1)
    """Share of the people of the zones left."""
    leave: tuple[Code, ...] | None = None
    """Zones left; absent: all that are not arrived in."""
    arrive: tuple[Code, ...]
    """Zones arrived in, in equal parts."""
    after_days: int = Field(default=0, ge=0)
    """Days after the issue date."""


class ScaleFleet(Section):
    """More or fewer vehicles."""

    factor: float = Field(ge=0)
    """Times the count of each vehicle."""
    depots: tuple[Code, ...] | None = None
    """Only at these depots; absent: all."""


class DelayArrivals(Section):
    """Consignments to depots that come later."""

    days: int = Field(ge=0)
    depots: tuple[Code, ...] | None = None
    items: tuple[Code, ...] | None = None


class Planning(Section):
    """How the stock is shared out."""

    period: Literal["D", "W"] = "W"
    """Length of a plan period; the first starts on the issue date."""
    horizon: int = Field(default=4, ge=1, le=366)
    """How many plan periods."""
    objectives: tuple[Plugin, ...] = (Plugin(use="survival"), Plugin(use="need"), Plugin(use="cost"))
    """The layers, in order; each is fixed within `layer_tolerance` before the next."""
    layer_tolerance: float = Field(default=1e-4, ge=0)
    """Relative slack left to the later layers."""
    segments: int = Field(default=16, ge=2)
    """Most pieces of a cell's shortage curve; fewer samples than this are taken exactly."""
    stock_max_age_days: int = Field(default=35, ge=0)
    """An older count of a zone's stock is unknown: neither the old figure nor zero."""
    hours_per_day: float = Field(default=8, gt=0, le=24)
    """Driving hours where the fleet names none."""
    working_days: float = Field(default=6, gt=0, le=7)
    """Days per week where the fleet names none."""
    speed_kmh: float = Field(default=35, gt=0)
    """For routes derived from distance."""
    detour: float = Field(default=1.4, ge=1)
    """Road length over straight distance, for routes derived from distance."""
    nearest_depots: int = Field(default=2, ge=1)
    """Lanes derived per zone where no routes are given."""
    time_limit_seconds: float = Field(default=600, gt=0)
    """The solver stops here and says so."""


class Publish(Section):
    """Words on the pages, and which outputs."""

    producer: str = ""
    disclaimer: str = "Boundaries and names shown do not imply endorsement. DRAFT: to be approved before use."
    outputs: tuple[Code, ...] = ("tables", "workbook", "geopackage", "map", "summary")


class Config(Section):
    """One operation."""

    describe: str = ""
    """One line: what this config or scenario is."""
    title: str = "Allocation plan"
    issue_date: dt.date | None = None
    """The day the forecast is made as of; absent: today. Also `--issue-date`."""
    paths: Paths = Paths()
    forecast: Forecast = Forecast()
    panel: Panel = Panel()
    needs: dict[Literal["water", "food", "care"], Need] = {}
    items: dict[Code, Item] = {}
    inputs: dict[Code, Plugin] = {}
    """Input name (records, items, zones, population, depots, stock, ...) -> source."""
    signals: dict[Code, Plugin] = {}
    """Signal name -> source."""
    plan: Planning = Planning()
    what_if: WhatIf = WhatIf()
    publish: Publish = Publish()

    def fingerprint(self) -> str:
        """sha256 of all settings but where files lie."""
        body = self.model_dump(mode="json", exclude={"paths"})
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Job:
    """One question: this config, this scenario, as of this date. The clock is read by the caller."""

    config: Config
    config_path: Path | None
    scenario: str
    issue_date: pd.Timestamp
    today: pd.Timestamp
    started_utc: str
    data: Path
    runs: Path
    force: bool = False


# ------------------------------------------------------------------ reading


class _Loader(yaml.SafeLoader):
    """YAML as plain data: no aliases (they can blow up), no repeated keys (the first would vanish)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not allowed; write the value out", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key '{key}' stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def load(
    path: Path,
    scenario: str | None = None,
    overrides: Sequence[str] = (),
) -> Config:
    """Read, merge and check a config, its base, one scenario and `KEY=VALUE` overrides.

    Raises InputError naming file, setting, value and the near name. All scenarios beside the config are checked too, so that a
    broken one is found before any work starts.
    """
    base = _with_base(path)
    scenarios = {file.stem: file for file in sorted((path.parent / "scenarios").glob("*.yaml"))}
    if scenario is not None and scenario not in scenarios:
        near = difflib.get_close_matches(scenario, scenarios, n=1)
        raise InputError(
            [
                Problem(
                    file="--scenario",
                    value=scenario,
                    problem="is not a scenario of this config",
                    action=(f"Did you mean '{near[0]}'? " if near else "") + f"Known: {', '.join(scenarios) or 'none'}",
                )
            ]
        )
    for file in scenarios.values():
        _checked(_merge(base, _mapping(file)), file)
    body = _merge(base, _mapping(scenarios[scenario])) if scenario else base
    for override in overrides:
        body = _merge(body, _override(override))
    return _checked(body, scenarios[scenario] if scenario else path)


def from_records(file: str, period: str, horizon: int, overrides: Sequence[str] = ()) -> Config:
    """The config of a forecast from one table of records and nothing else."""
    body: dict[str, Any] = {
        "title": f"Forecast from {file}",
        "forecast": {"period": period, "horizon": horizon, "without_history": "none"},
        "inputs": {"records": {"use": "table", "path": file}},
    }
    for override in overrides:
        body = _merge(body, _override(override))
    return _checked(body, Path("settings"))


def job(
    config: Config,
    config_path: Path | None,
    *,
    scenario: str | None,
    issue_date: dt.date | None,
    now_utc: dt.datetime,
    data: Path | None = None,
    out: Path | None = None,
    force: bool = False,
) -> Job:
    """Put together what one run needs; `now_utc` comes from the caller, the only clock there is."""
    home = config_path.parent if config_path else Path.cwd()
    data = data or Path(os.environ.get("FORECAST_DATA") or config.paths.data)
    return Job(
        config=config,
        config_path=config_path,
        scenario=scenario or "base",
        issue_date=pd.Timestamp(issue_date or config.issue_date or now_utc.date()),
        today=pd.Timestamp(now_utc.date()),
        started_utc=now_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        data=(home / data).resolve(),
        runs=(out if out is not None else home / config.paths.runs).resolve(),
        force=force,
    )


def _with_base(path: Path) -> dict[str, Any]:
    body = _mapping(path)
    base = body.pop("base", None)
    if base is None:
        return body
    base_path = path.parent / str(base)
    below = _mapping(base_path)
    if "base" in below:
        raise InputError([Problem(str(base_path), "a base may not have a base of its own", "Merge the two files", column="base")])
    return _merge(below, body)


def _mapping(path: Path) -> dict[str, Any]:
    name = path.name
    if not path.is_file():
        raise InputError(
            [Problem(str(path), "there is no such file", "Give the path of a config, or run `forecast demo DIR` to get one")]
        )
    if path.stat().st_size > MAX_BYTES:
        raise InputError([Problem(name, f"is larger than {MAX_BYTES // 1000} kB", "A config holds settings, not data")])
    try:
        body = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except UnicodeDecodeError as error:
        raise InputError([Problem(name, "is not UTF-8 text", "Save it as UTF-8")]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "is not valid YAML"
        raise InputError([Problem(name, str(what), "Mend the line", line=mark.line + 1 if mark else None)]) from error
    if body is None:
        raise InputError([Problem(name, "is empty", "Start from the config that `forecast demo DIR` writes")])
    if not isinstance(body, dict):
        raise InputError([Problem(name, "is not a mapping of settings", "Write `key: value` lines")])
    return body


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        # Another plugin (`use:`) has other settings: it replaces, it does not inherit.
        same = isinstance(old, dict) and isinstance(value, dict) and value.get("use", old.get("use")) == old.get("use")
        merged[key] = _merge(old, value) if same and isinstance(old, dict) else value
    return merged


def _override(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise InputError([Problem("--set", "is not KEY=VALUE", "Write for instance --set plan.horizon=6", value=text)])
    try:
        tree: Any = yaml.load(value, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        raise InputError([Problem("--set", "has a value that is not valid YAML", "Put it in quotes", value=text)]) from error
    for part in reversed(key.split(".")):
        tree = {part: tree}
    return dict(tree)


def _checked(body: Mapping[str, Any], path: Path) -> Config:
    try:
        return Config.model_validate(body)
    except ValidationError as error:
        raise InputError(settings_problems(error, path.name, Config)) from error


def settings_problems(error: ValidationError, file: str, model: type[BaseModel], prefix: str = "") -> list[Problem]:
    """Word pydantic's findings as problems that name setting, value and what to do."""
    problems = []
    for found in error.errors(include_url=False):
        loc = found["loc"][:-2] if found["loc"][-1:] == ("[key]",) else found["loc"]  # a wrong key is shown as the value
        place = ".".join([*([prefix] if prefix else []), *(str(part) for part in loc)])
        value = found["input"]
        shown = "" if isinstance(value, dict | list | tuple) else str(value)[:80]
        if found["type"] == "extra_forbidden":
            known = _fields_at(model, found["loc"][:-1])
            near = difflib.get_close_matches(str(found["loc"][-1]), known, n=1)
            problems.append(
                Problem(
                    file,
                    "is not a setting",
                    f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(known)}",
                    column=place,
                    value=str(found["loc"][-1]),
                )
            )
        else:
            message = found["msg"].removeprefix("Value error, ")
            problems.append(Problem(file, message[0].lower() + message[1:], "Change the setting", column=place, value=shown))
    return problems


def _fields_at(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    fields = model.model_fields
    for part in loc:
        field = fields.get(str(part))
        nested = [t for t in _types_in(field.annotation if field else None) if isinstance(t, type) and issubclass(t, BaseModel)]
        if nested:
            fields = nested[0].model_fields
    return sorted(field.alias or name for name, field in fields.items())


def _types_in(annotation: Any) -> list[Any]:
    args = getattr(annotation, "__args__", ())
    return [annotation, *(inner for arg in args for inner in _types_in(arg))]
