"""All of a config, typed and frozen; the only module that reads YAML.

The text under each field is its manual. Unknown keys are refused with the near name. A config may name one `base:`;
scenarios lie in `scenarios/` beside the config and hold differences only. Mappings merge, anything else replaces.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from forecast.errors import InputError, Problem, did_you_mean
from forecast.wording import settings_problems as settings_problems

MAX_BYTES = 1_000_000  # of a YAML file
SEVERAL = "several"  # what `use` of a list of blocks becomes
TO_DECIDE = "TO DECIDE"  # a setting that starts so waits for a person


def _text_only(value: object) -> object:
    """Codes are text: YAML would read NO as false, 010 as 8 and 1e5 as a number, so unquoted ones are refused by name."""
    if isinstance(value, bool | int | float):
        kind = "true or false" if isinstance(value, bool) else "a number"
        raise PydanticCustomError("code_read", "is read by YAML as {kind}", {"kind": kind})
    return value


Code = Annotated[str, BeforeValidator(_text_only)]


class Section(BaseModel):
    """A frozen part of the config that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class Plugin(BaseModel):
    """`use:` names a file of a plugin folder; the other keys are that plugin's own settings, checked by it."""

    model_config = ConfigDict(frozen=True, extra="allow")
    use: Code

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})

    @property
    def blocks(self) -> tuple[Plugin, ...]:
        """The blocks of a list, or this one alone."""
        return tuple(Plugin.model_validate(block) for block in self.settings["blocks"]) if self.use == SEVERAL else (self,)


def _without_none(value: object) -> object:
    """Sources without those that are taken away by `use: none`."""
    if not isinstance(value, Mapping):
        return value
    return {name: block for name, block in value.items() if block != {"use": "none"}}


def _as_blocks(value: object) -> object:
    """A list of blocks is kept as one plugin, `use: several`, so that it merges as one: a list replaces a list."""
    blocks = value.get("blocks") if isinstance(value, dict) and value.get("use") == SEVERAL else value
    if not isinstance(blocks, list | tuple):
        return value
    if not blocks:
        raise ValueError("is an empty list; write one block or more")
    for n, block in enumerate(blocks, start=1):
        if not isinstance(block, dict) or not isinstance(block.get("use"), str):
            raise ValueError(f"block {n} of the list does not say where it comes from; write a `use:` in it, such as use: vector")
    return {"use": SEVERAL, "blocks": list(blocks)}


class Paths(Section):
    """Folders; relative ones are relative to the config file."""

    data: str = "."
    """Where input paths start; also `--set paths.data=DIR` or the environment variable FORECAST_DATA."""
    runs: str = "runs"
    """Where run folders are written."""


class Choosing(Section):
    """How models are chosen by backtest, for items that `use: best`."""

    candidates: tuple[Plugin, ...] = (
        Plugin(use="naive"),
        Plugin(use="seasonal_naive"),
        Plugin.model_validate({"use": "moving_average", "periods": 12}),
        Plugin(use="smoothing"),
        Plugin(use="empirical"),
        Plugin(use="intermittent"),
        Plugin(use="pooled"),
        Plugin(use="ets"),
        Plugin(use="state_space"),
        Plugin(use="prophet"),
    )
    """The models tried, beside the moving average of three periods."""
    origins: int = Field(default=4, ge=1, le=52)
    """From how many past dates."""
    seconds: float = Field(default=60, gt=0)
    """About how long each model that fits series by series may be tried; of many series some are."""
    nightly_seconds: float = Field(default=60, gt=0)
    """About how long such a model may take every night; a slower one is tried, told, and not taken."""


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
    """The model of items that name none; `best`: chosen by backtest."""
    choice: Choosing = Choosing()
    """How the best is chosen."""
    silent_after: int | None = Field(default=None, ge=1)
    """A zone whose newest record of an item is older than so many periods is taken as closed: not planned; absent: never."""
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
    absent_rows: Literal["missing", "zero"] = "missing"
    """A zone and item without a row in a period: not reported; or zero, for files that list only what is not zero. Zero holds for
    zones and items that have some row, from the first period of the records to the last; no bad row may then be set aside."""
    repeated_rows: Literal["set_aside", "add"] = "set_aside"
    """Several rows of one zone, item and period: an error; or parts to be added up (teams; a week cut at the New Year)."""
    history_from: dt.date | None = None
    """Records of periods that start earlier are not used, such as a first week that was collected in part."""
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


class Order(Section):
    """When a depot orders an item, and how much; what is not given here is as in `plan.order`."""

    lead_days: float | None = Field(default=None, ge=0)
    """Days from the order to its arrival at the depot; absent: not known, and no day to order by is given."""
    min_months: float | None = Field(default=None, ge=0)
    """Months of stock that are left when the order arrives."""
    max_months: float | None = Field(default=None, gt=0)
    """Months of stock that the order brings the depot to."""

    @model_validator(mode="after")
    def _in_order(self) -> Order:
        if self.min_months is not None and self.max_months is not None and self.min_months >= self.max_months:
            raise ValueError("min_months must be less than max_months")
        return self


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
    records_count: Literal["goods", "supply", "arrivals"] | None = None
    """What `distributed` counts: goods handed out; supply, delivered whether enough or not: demand is then at least people times
    `per_person_per_day`; or people newly arrived with this need: their caseload is then planned for."""
    stay_days: float | None = Field(default=None, gt=0)
    """With `records_count: arrivals`: how long those who arrive are taken to stay. Say in `source` where it is from."""
    model: Plugin | None = None
    """The model of this item; absent: `forecast.default`."""
    without_history: Literal["norm", "none"] | None = None
    """As in `forecast`, for this item."""
    order: Order = Order()
    """When depots order it, and how much (pipeline.csv)."""
    source: str | None = None
    """Where the figures of this block are from: listed in assumptions.csv."""


class Access(Section):
    """What a signal says of the roads to a zone, such as the share of it that is under water."""

    slow_above: float | None = None
    """Above this in the zone, driving takes `slow_factor` times as long."""
    slow_factor: float = Field(default=2, ge=1)
    """Times the hours of a slow lane."""
    close_above: float | None = None
    """Above this in the zone, no lane to it is open."""
    half_over_days: float = Field(default=14, gt=0)
    """Of such states half are over after so many days: counts as ten past cases, beside those in the signal's own past."""

    @model_validator(mode="after")
    def _in_order(self) -> Access:
        if self.slow_above is None and self.close_above is None:
            raise ValueError("say from where on: write slow_above, close_above or both")
        if self.slow_above is not None and self.close_above is not None and self.slow_above >= self.close_above:
            raise ValueError("slow_above must be less than close_above")
        return self


class WhatIf(Section):
    """What a scenario changes in the inputs, by stated operations."""

    close_lanes: tuple[CloseLanes, ...] = ()
    displace: tuple[Displace, ...] = ()
    scale_fleet: tuple[ScaleFleet, ...] = ()
    delay_arrivals: tuple[DelayArrivals, ...] = ()


class CloseLanes(Section):
    """Lanes shut from a day on."""

    to: tuple[Code, ...] = Field(min_length=1)
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
    arrive: tuple[Code, ...] = Field(min_length=1)
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


class Shipment(Section):
    """The smallest load that a vehicle is sent with: what a visit brings from one depot to one zone on one day."""

    vehicle_share: float = Field(default=0.1, ge=0, le=1)
    """Share of the vehicle's load, by weight or volume, where neither of the others is given; 0: no load is too small."""
    kg: float | None = Field(default=None, gt=0)
    """In kg."""
    packs: float | None = Field(default=None, gt=0)
    """In packs of whatever items."""


class Planning(Section):
    """How the stock is shared out."""

    period: Literal["D", "W"] = "W"
    """Length of a plan period; the first starts on the issue date."""
    horizon: int = Field(default=4, ge=1, le=366)
    """How many plan periods."""
    objectives: tuple[Plugin, ...] = (Plugin(use="survival"), Plugin(use="need"), Plugin(use="fairness"), Plugin(use="cost"))
    """The layers, in order; each is fixed within `layer_tolerance` before the next."""
    layer_tolerance: float = Field(default=1e-4, ge=0)
    """Relative slack left to the later layers."""
    segments: int = Field(default=20, ge=2)
    """Most pieces of a cell's shortage curve; fewer samples than this are taken exactly."""
    stock_max_age_days: int = Field(default=35, ge=0)
    """An older count of a zone's stock is unknown: neither the old figure nor zero."""
    overdue_days: int = Field(default=14, ge=0)
    """What is on its way and this many days late is still expected in the first period; later than that it is not counted on."""
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
    min_shipment: Shipment = Shipment()
    """A smaller load goes along with another to the same zone, or stays in the depot; unless the zone would feel it."""
    visit_days: int = Field(default=28, ge=1)
    """Usual days between deliveries to a zone: lasting goods for longer, and for the safety, leave with the next one."""
    safety_days: int = Field(default=14, ge=0)
    """Days of need that a zone is to have when the next delivery comes."""
    order: Order = Order()
    """When depots order, and how much, for items that do not say (pipeline.csv)."""
    review_days: int = Field(default=182, ge=1, le=1098)
    """So far ahead is looked for depots that run out (pipeline.csv)."""


class Publish(Section):
    """Words on the pages, and which outputs."""

    producer: str = ""
    disclaimer: str = "Boundaries and names shown do not imply endorsement. DRAFT: to be approved before use."
    outputs: tuple[Code, ...] = ("tables", "pipeline", "workbook", "geopackage", "map", "summary")


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
    inputs: Annotated[dict[Code, Annotated[Plugin, BeforeValidator(_as_blocks)]], BeforeValidator(_without_none)] = {}
    """Input name (records, items, zones, population, depots, stock, ...) -> source. `zones` may be a list of sources; `use: none`
    takes away one that the base gives."""
    signals: Annotated[dict[Code, Plugin], BeforeValidator(_without_none)] = {}
    """Signal name -> source; `use: none` takes away one that the base gives."""
    access: dict[Code, Access] = {}
    """Signal name -> where its values slow and close the lanes to a zone."""
    plan: Planning = Planning()
    what_if: WhatIf = WhatIf()
    publish: Publish = Publish()

    @model_validator(mode="after")
    def _orders_in_order(self) -> Config:
        for code in self.items:
            try:
                self.order_of(code)
            except ValidationError as error:
                what = "with plan.order, min_months is not less than max_months"
                raise ValueError(f"items.{code}.order: {what}; write both for the item") from error
        return self

    def order_of(self, code: str) -> Order:
        """The order of an item, completed by that of all items."""
        item = self.items.get(code)
        own = item.order.model_dump(exclude_none=True) if item else {}
        return Order.model_validate({**self.plan.order.model_dump(exclude_none=True), **own})

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
    kept: Path | None = None
    """Where what saves time is kept from run to run; None: nowhere."""


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

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # of a date such as 2026-02-30
            what = f"'{node.value}' is not what it looks like"
            raise yaml.MarkedYAMLError(problem=what, problem_mark=node.start_mark) from error

    def construct_undefined(self, node: Any) -> Any:
        raise yaml.MarkedYAMLError(problem=f"'{node.tag}' is no plain value", problem_mark=node.start_mark)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key '{key}' stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.add_constructor(None, _Loader.construct_undefined)  # tags: only plain values are read


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
    scenarios = scenario_files(path)
    if scenario is not None and scenario not in scenarios:
        action = f"{did_you_mean(scenario, scenarios)} Known: {', '.join(scenarios) or 'none'}".strip()
        raise InputError([Problem("--scenario", "is not a scenario of this config", action, value=scenario)])
    if scenarios:
        _checked(base, path)  # what is wrong with the config itself is not the fault of a scenario
    for file in scenarios.values():
        _checked(_merge(base, _mapping(file)), file)
    body = _merge(base, _mapping(scenarios[scenario])) if scenario else base
    return _with_overrides(body, scenarios[scenario] if scenario else path, overrides)


def scenario_files(path: Path) -> dict[str, Path]:
    """The scenarios beside a config: name -> file, in order of name."""
    return {file.stem: file for file in sorted((path.parent / "scenarios").glob("*.yaml"))}


def from_records(file: str, period: str, horizon: int, overrides: Sequence[str] = ()) -> Config:
    """The config of a forecast from one table of records and nothing else."""
    body: dict[str, Any] = {
        "title": f"Forecast from {file}",
        "forecast": {"period": period, "horizon": horizon, "without_history": "none", "default": {"use": "best"}},
        "inputs": {"records": {"use": "table", "path": file}},
    }
    return _with_overrides(body, Path("settings"), overrides)


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
    if not base_path.is_file():
        action = "Give the path of the base as seen from this file, or leave base out"
        raise InputError([Problem(path.name, "is not there", action, column="base", value=str(base))])
    below = _mapping(base_path)
    if "base" in below:
        raise InputError([Problem(base_path.name, "a base may not have a base of its own", "Merge the two files", column="base")])
    return _merge(below, body)


def _mapping(path: Path) -> dict[str, Any]:
    name = path.name
    if not path.is_file():
        action = "Give the path of a config, or run `forecast demo DIR` to get one"
        raise InputError([Problem(str(path), "there is no such file", action)])
    if path.stat().st_size > MAX_BYTES:
        raise InputError([Problem(name, f"is larger than {MAX_BYTES // 1000} kB", "A config holds settings, not data")])
    try:
        body = _plain_data(path.read_text(encoding="utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise InputError([Problem(name, "is not UTF-8 text", "Save it as UTF-8")]) from error
    except OSError as error:
        raise InputError([Problem(name, f"cannot be read ({error.strerror})", "See whether it may be read")]) from error
    if body is None:
        raise InputError([Problem(name, "is empty", "Start from the config that `forecast demo DIR` writes")])
    if not isinstance(body, dict):
        raise InputError([Problem(name, "is not a mapping of settings", "Write `key: value` lines")])
    return body


def _plain_data(text: str, file: str, setting: str = "") -> Any:
    """What a YAML text says; raises InputError naming the line, or the setting it is the value of."""

    def refused(what: str, action: str, line: int | None = None) -> InputError:
        return InputError([Problem(file, what, action, line=None if setting else line, column=setting)])

    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except yaml.reader.ReaderError as error:
        place, what = error.position, f"holds a control character (#x{ord(text[error.position]):02x})"
        raise refused(what, "Delete it", text.count("\n", 0, place) + 1) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        what = f"{error.context}, {error.problem}" if str(error.problem).startswith("but") else str(error.problem)
        raise refused(what, f"Mend the {'value' if setting else 'line'}", mark.line + 1 if mark else None) from error
    except RecursionError as error:
        raise refused("is nested too deeply", "A setting is at most a few levels deep") from error


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        # Another plugin (`use:`) has other settings: it replaces, it does not inherit.
        same = isinstance(old, dict) and isinstance(value, dict) and value.get("use", old.get("use")) == old.get("use")
        merged[key] = _merge(old, value) if same and isinstance(old, dict) else value
    return merged


def _with_overrides(body: Mapping[str, Any], path: Path, overrides: Sequence[str]) -> Config:
    """The settings with those of the command line; what only these break is told of `--set`, not of the file."""
    changed = dict(body)
    for override in overrides:
        changed = _merge(changed, _override(override))
    try:
        return _checked(changed, path)
    except InputError:
        if overrides and _is_sound(body, path):
            _checked(changed, Path("--set"))
        raise


def _is_sound(body: Mapping[str, Any], path: Path) -> bool:
    try:
        _checked(body, path)
    except InputError:
        return False
    return True


def _override(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not all(key.split(".")):
        raise InputError([Problem("--set", "is not KEY=VALUE", "Write for instance --set plan.horizon=6", value=text)])
    tree = _plain_data(value, "--set", key)
    for part in reversed(key.split(".")):
        tree = {part: tree}
    return dict(tree)


def _checked(body: Mapping[str, Any], path: Path) -> Config:
    undecided = _undecided(body, path.name)
    try:
        config = Config.model_validate(body)
    except ValidationError as error:
        open_places = {problem.column for problem in undecided}
        wrong = [problem for problem in settings_problems(error, path.name, Config) if problem.column not in open_places]
        raise InputError([*undecided, *wrong]) from error
    if undecided:
        raise InputError(undecided)
    return config


def _undecided(value: Any, file: str, place: str = "") -> list[Problem]:
    """Settings that still read `TO DECIDE: what`, as `forecast init` leaves them where a wrong guess would change quantities."""
    if isinstance(value, str) and value.startswith(TO_DECIDE):
        what = value.removeprefix(TO_DECIDE).lstrip(": ")
        return [Problem(file, "is still to be decided", what[:1].upper() + what[1:] or "Write the value", column=place)]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [problem for key, below in inner for problem in _undecided(below, file, f"{place}.{key}".lstrip("."))]
