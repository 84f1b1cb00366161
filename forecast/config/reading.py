"""Reading a config: YAML, its base, its scenario and what the command line overrides."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic import ValidationError

from forecast.config.section import TO_DECIDE
from forecast.config.settings import Config, Job
from forecast.errors import InputError, Problem, did_you_mean
from forecast.wording import settings_problems

MAX_BYTES = 1_000_000  # of a YAML file


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
