"""Configs: merged, frozen, strict."""

import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError

from forecast import config
from forecast.errors import InputError


def write(folder: Path, text: str, name: str = "config.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_scenario_changes_only_what_it_names(tmp_path: Path) -> None:
    path = write(tmp_path, "title: A\nplan: {horizon: 5, segments: 8}\n")
    write(tmp_path, "describe: short\nplan: {horizon: 2}\n", "scenarios/short.yaml")
    short = config.load(path, "short")
    assert (short.plan.horizon, short.plan.segments, short.title) == (2, 8, "A")


def test_use_none_takes_a_source_of_the_base_away(tmp_path: Path) -> None:
    write(
        tmp_path,
        "inputs: {stock: {use: table, path: s.csv}}\nsignals: {rain: {use: raster}, flood: {use: raster}}\n",
        "base.yaml",
    )
    above = "base: base.yaml\ninputs: {stock: {use: none}}\nsignals: {rain: {use: none}}\n"
    loaded = config.load(write(tmp_path, above))
    assert (list(loaded.inputs), list(loaded.signals)) == ([], ["flood"])
    changed = config.load(write(tmp_path, above), None, ["signals.flood={use: none}"])
    assert not changed.signals


def test_a_base_lies_below(tmp_path: Path) -> None:
    write(tmp_path, "title: below\nplan: {horizon: 7}\n", "base.yaml")
    loaded = config.load(write(tmp_path, "base: base.yaml\ntitle: above\n"))
    assert (loaded.title, loaded.plan.horizon) == ("above", 7)


def test_another_plugin_does_not_inherit_settings(tmp_path: Path) -> None:
    path = write(tmp_path, "forecast: {default: {use: prophet, changepoints: 3}}\n")
    loaded = config.load(path, overrides=["forecast.default={use: ets}"])
    assert loaded.forecast.default.settings == {}


def test_set_wins_over_all(tmp_path: Path) -> None:
    assert config.load(write(tmp_path, "plan: {horizon: 5}\n"), overrides=["plan.horizon=3"]).plan.horizon == 3


def test_who_names_no_model_lets_the_past_decide(tmp_path: Path) -> None:
    assert config.load(write(tmp_path, "{}\n")).forecast.default.use == "best"


def test_a_config_is_frozen(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, "title: A\n"))
    with pytest.raises(ValidationError, match="frozen"):
        loaded.title = "B"  # type: ignore[misc]


def test_a_broken_scenario_is_found_before_any_work(tmp_path: Path) -> None:
    path = write(tmp_path, "title: A\n")
    write(tmp_path, "plan: {horizen: 2}\n", "scenarios/other.yaml")
    with pytest.raises(InputError, match=r"(?s)other.yaml: 1 problem.*'horizen' is not a setting. Did you mean 'horizon'\?"):
        config.load(path)


def test_an_unknown_scenario_names_the_near_one(tmp_path: Path) -> None:
    path = write(tmp_path, "title: A\n")
    write(tmp_path, "plan: {horizon: 2}\n", "scenarios/half_trucks.yaml")
    with pytest.raises(InputError, match=r"'half_truck' is not a scenario of this config. Did you mean 'half_trucks'\?"):
        config.load(path, "half_truck")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [1]\nb: *x\n", "aliases .* are not allowed"),
        ("title: A\ntitle: B\n", "line 2: the key 'title' stands twice"),
        ("title: [\n", "line 2"),
        ("- a\n", "is not a mapping of settings"),
        ("", "is empty"),
        ("items: {NO: {need: water}}\n", "'False' is read by YAML as true or false, not as text. Put it in quotes"),
        ("items: {010: {need: water}}\n", "'8' is read by YAML as a number, not as text. Put it in quotes"),
    ],
)
def test_yaml_that_would_mislead_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        config.load(write(tmp_path, text))


def test_a_yaml_of_megabytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is larger than 1000 kB"):
        config.load(write(tmp_path, "# " + "x" * 1_100_000))


def test_the_issue_date_is_the_argument_then_the_config_then_today(tmp_path: Path) -> None:
    path = write(tmp_path, "issue_date: 2026-11-02\n")
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)

    def issue(settings: config.Config, given: dt.date | None) -> str:
        return str(config.job(settings, path, scenario=None, issue_date=given, now_utc=now).issue_date.date())

    assert issue(config.load(path), dt.date(2026, 10, 5)) == "2026-10-05"
    assert issue(config.load(path), None) == "2026-11-02"
    assert issue(config.Config(), None) == "2026-11-22"


def test_where_files_lie_is_not_part_of_the_question(tmp_path: Path) -> None:
    one = config.load(write(tmp_path, "paths: {data: a}\n"))
    two = config.load(write(tmp_path, "paths: {data: b}\n"))
    three = config.load(write(tmp_path, "title: other\n"))
    assert one.fingerprint() == two.fingerprint() != three.fingerprint()
