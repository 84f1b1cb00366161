"""Signals that come late or not at all: the run goes on, less sure, and says so everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import cli, pipeline
from forecast.ingest import postgres
from forecast.published import open_run
from tests.operation import WEEKS, ZONES, Operation, tiny_operation
from tests.services import require
from tests.what_ifs import operation_with_what_ifs


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    """The tiny operation, eight weeks until 2026-03-01, and a table of rain; the issue date is 2026-03-02."""
    operation = tiny_operation(tmp_path)
    operation.settings["signals"] = {"rain": {"use": "table", "path": "rain.csv"}}
    write_rain(operation)
    return operation


def write_rain(operation: Operation, weeks: tuple[str, ...] = WEEKS, codes: tuple[str, ...] = ZONES) -> None:
    rows = [f"{code},{week},{n + m}" for m, code in enumerate(codes) for n, week in enumerate(weeks)]
    operation.write("rain.csv", "zone,period,value", *rows)


def the_feed(operation: Operation) -> tuple[object, ...]:
    feed = operation.inputs().feeds[0]
    return feed.state, feed.newest, feed.age_days, feed.max_age, round(feed.coverage, 3)


def test_a_signal_of_last_week_is_current_and_zero_days_old(operation: Operation) -> None:
    assert the_feed(operation) == ("current", pd.Timestamp("2026-03-01"), 0, 14, 1.0)
    assert operation.ledger.marks == []


def test_a_signal_older_than_two_weeks_is_late_and_two_weeks_old_is_not(operation: Operation) -> None:
    write_rain(operation, WEEKS[:-2])
    assert the_feed(operation) == ("current", pd.Timestamp("2026-02-15"), 14, 14, 1.0)
    write_rain(operation, WEEKS[:-3])
    assert the_feed(operation) == ("late", pd.Timestamp("2026-02-08"), 21, 14, 1.0)
    (mark,) = operation.ledger.marks
    late = "The signal rain is late: its newest value is of 2026-02-08, 21 days old (late after 14 days)."
    assert mark == f"{late} Nothing is computed from it."
    assert [str(problem) for problem in operation.ledger.problems.noted][-1].startswith("column max_age: is late")


def test_max_age_is_a_setting_of_any_signal_and_the_declared_delay_is_no_lateness(operation: Operation) -> None:
    write_rain(operation, WEEKS[:-3])
    operation.settings["signals"]["rain"]["max_age"] = 21
    assert the_feed(operation)[0] == "current"
    operation.settings["signals"]["rain"] |= {"max_age": 20}
    assert the_feed(operation)[0] == "late"
    del operation.settings["signals"]["rain"]["max_age"]
    operation.settings["signals"]["rain"]["delay_days"] = 7
    assert the_feed(operation)[:4] == ("current", pd.Timestamp("2026-02-08"), 21, 21)


def test_coverage_is_the_share_of_zones_seen_in_the_newest_period(operation: Operation) -> None:
    write_rain(operation, codes=ZONES[:2])
    assert the_feed(operation)[4] == 0.667


def test_a_file_that_is_not_there_is_refused_unless_the_signal_may_be_missing(operation: Operation) -> None:
    (operation.folder / "rain.csv").unlink()
    assert "'rain.csv' is no file of the data folder" in operation.refusal()
    operation.ledger.problems.refused.clear()
    operation.settings["signals"]["rain"]["required"] = False
    assert the_feed(operation) == ("missing", None, None, 14, 0.0)
    assert "rain is missing: no value of it is known" in operation.ledger.marks[-1]
    operation.settings["signals"]["rain"] = {"use": "table", "path": "rain.csv", "max_age": 30}
    assert the_feed(operation)[0] == "missing"
    operation.settings["signals"]["rain"]["required"] = True
    assert "is no file of the data folder" in operation.refusal()


def test_a_broken_file_is_refused_even_where_the_signal_may_be_missing(operation: Operation) -> None:
    operation.settings["signals"]["rain"]["required"] = False
    (operation.folder / "rain.csv").write_bytes(b"")
    assert "is empty (0 bytes)" in operation.refusal()


def test_why_a_feed_is_missing_is_noted(operation: Operation) -> None:
    (operation.folder / "rain.csv").unlink()
    operation.settings["signals"]["rain"]["required"] = False
    operation.inputs()
    assert "'rain.csv' is no file of the data folder" in "\n".join(map(str, operation.ledger.problems.noted))


def test_a_server_that_does_not_answer_makes_a_feed_late_and_stops_a_run_only_where_it_is_needed(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("psycopg")
    monkeypatch.setenv("PGHOST", str(operation.folder / "no server"))
    operation.settings["signals"]["rain"] = {"use": "postgres", "table": "rain"}
    assert "server cannot be reached or does not let us in" in operation.refusal()
    operation.ledger.problems.refused.clear()
    operation.settings["signals"]["rain"]["max_age"] = 14
    assert the_feed(operation) == ("missing", None, None, 14, 0.0)
    assert "rain is missing: no value of it is known" in operation.ledger.marks[-1]
    assert "cannot be reached" in "\n".join(map(str, operation.ledger.problems.noted))
    operation.settings["inputs"]["stock"] = {"use": "postgres", "table": "stock"}
    assert "server cannot be reached or does not let us in" in operation.refusal()


def test_a_feed_whose_query_is_wrong_is_refused(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would look for a mistake behind a feed that is called late every night."""
    monkeypatch.setattr(postgres, "_driver", lambda label: _Refusing("42P01"))
    operation.settings["signals"]["rain"] = {"use": "postgres", "table": "rain", "max_age": 14}
    assert "asks for a table that is not there" in operation.refusal()
    operation.ledger.problems.refused.clear()
    for cut_off in ("57014", "57P01", "08006", None):
        monkeypatch.setattr(postgres, "_driver", lambda label, state=cut_off: _Refusing(state))
        assert the_feed(operation)[0] == "missing"


class _Refusing:
    """A driver whose server refuses every query with one code."""

    def __init__(self, state: str | None) -> None:
        self.state = state

    class Error(Exception):
        sqlstate: str | None = None

    def connect(self, **_: object) -> object:
        return self

    def __enter__(self) -> object:
        error = self.Error()
        error.sqlstate = self.state
        raise error

    def __exit__(self, *_: object) -> None: ...

    def execute(self, *_: object) -> None: ...


def test_a_bad_max_age_is_refused_by_its_name(operation: Operation) -> None:
    operation.settings["signals"]["rain"]["max_age"] = -1
    assert "signals.rain.max_age" in operation.refusal()


def test_a_feed_without_any_row_known_by_the_issue_date_is_missing(operation: Operation) -> None:
    operation.write("rain.csv", "zone,period,value,known_on", "Z-01,2026-02-23,4,2026-03-03")
    assert the_feed(operation)[0] == "missing"


# ------------------------------------------------------------------ what becomes of it


def test_a_late_feed_ends_with_exit_code_4_and_marks_every_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    operation = operation_with_what_ifs(tmp_path)
    operation.settings["signals"] = {"rain": {"use": "table", "path": "rain.csv"}}
    write_rain(operation, WEEKS[:-3])
    path = operation.job().config_path
    assert cli.main(["run", str(path)]) == 4
    assert "Read this first: The signal rain is late" in capsys.readouterr().out
    assert cli.main(["run", str(path)]) == 4, "also when nothing is new"
    assert "Nothing new" in capsys.readouterr().out
    folder = tmp_path / "runs" / (tmp_path / "runs" / "LATEST").read_text().strip()
    for name in ("allocation.csv", "coverage.csv", "demand.csv", "assumptions.csv", "problems.csv", "signals.csv"):
        assert set(pd.read_csv(folder / name)["status"]) == {"STALE"}, name
    summary, page = ((folder / name).read_text() for name in ("summary.md", "map.html"))
    for text in (summary, page):
        assert "STALE" in text
        assert "The signal rain is late: its newest value is of 2026-02-08, 21 days old" in text
    cells = pd.read_excel(folder / "allocation.xlsx", sheet_name=None, header=None)
    assert any(
        frame.astype(str).apply(lambda column: column.str.contains("signal rain is late")).any(axis=None)
        for frame in cells.values()
    )
    published = pd.read_csv(folder / "signals.csv").iloc[0]
    assert published[["signal", "newest", "age_days", "max_age", "coverage", "state"]].tolist() == [
        "rain",
        "2026-02-08",
        21,
        14,
        1,
        "late",
    ]
    assert "| rain | Sun 8 Feb 2026 | 21 | 14 | 100 % | late | rain.csv |" in summary
    (told,) = open_run(folder).manifest["signals"]
    assert (told["signal"], told["newest"], told["state"]) == ("rain", "2026-02-08", "late")
    assert json.loads((folder / "manifest.json").read_text())["status"] == "STALE"
    assert cli.main(["demand", str(path), "--out", str(tmp_path / "demand.csv")]) == 4
    assert cli.main(["plan", str(path), "--demand", str(tmp_path / "demand.csv"), "--out", str(tmp_path / "given")]) == 4


def followers(tmp_path: Path, late: int) -> Operation:
    """Two years in which the kits handed out are 100 + 40 x the rain of six weeks before, and next to nothing else.

    The rain is known from six weeks before the first kits (a row of soap starts the panel there) until `late` weeks ago.
    """
    operation = tiny_operation(tmp_path)
    weeks = [str((pd.Timestamp("2026-02-23") - pd.Timedelta(weeks=n)).date()) for n in range(110)][::-1]
    rng = np.random.default_rng(3)
    rain = rng.uniform(0, 5, (len(ZONES), 110)).round(2)
    kits = np.round(100 + 40 * rain[:, :-6] + rng.normal(0, 1, (len(ZONES), 104)))
    rows = [f"{zone},kit,{week},{kits[z, n]:.0f}" for z, zone in enumerate(ZONES) for n, week in enumerate(weeks[6:])]
    operation.write("records.csv", "zone,item,period,distributed", f"Z-01,soap,{weeks[0]},1", *rows)
    operation.settings["items"]["soap"] = {"need": "water", "unit": "bar", "kg_per_unit": 0.1, "source": "packing list"}
    seen = [f"{zone},{week},{rain[z, n]}" for z, zone in enumerate(ZONES) for n, week in enumerate(weeks[: 110 - late])]
    operation.write("rain.csv", "zone,period,value", *seen)
    operation.settings["signals"] = {"rain": {"use": "table", "path": "rain.csv"}}
    model = {"use": "ets", "regressors": {"rain": {"lag": 6, "window": 1}}}
    operation.settings["forecast"] = {"horizon": 5, "samples": 100, "default": model}
    return operation


def width(operation: Operation) -> float:
    """Mean width of the 80 % interval of the demand for kits."""
    demand = pipeline.forecast_only(operation.job()).demand["demand"].sel(item="kit")
    return float((demand.quantile(0.9, "sample") - demand.quantile(0.1, "sample")).mean())


def test_a_late_regressor_is_left_out_and_the_interval_is_as_wide_as_without_it(tmp_path: Path) -> None:
    fresh = followers(tmp_path, 0)
    known = width(fresh)
    fresh.settings["forecast"]["default"] = {"use": "ets"}
    never = width(fresh)
    aged = followers(tmp_path, 4)
    assert width(aged) == never
    assert never > 5 * known, "rain explains nearly all"
    aged.inputs()
    assert "items without a model of their own are forecast without it" in aged.ledger.marks[-1]


def test_periods_whose_regressor_is_not_known_yet_are_as_unsure_as_without_it(tmp_path: Path) -> None:
    """Rain of six weeks before is known for all five weeks ahead, also when it is a week late; three weeks late for three."""
    operation = followers(tmp_path, 0)
    operation.settings["signals"]["rain"]["max_age"] = 21
    known = by_period(operation)
    for late in (1, 3):
        operation = followers(tmp_path, late)
        operation.settings["signals"]["rain"]["max_age"] = 21
        widths = by_period(operation)
        assert widths[: 6 - late] == pytest.approx(known[: 6 - late]), late
        operation.settings["forecast"]["default"] = {"use": "ets"}
        assert widths[6 - late :] == pytest.approx(by_period(operation)[6 - late :], rel=0.01), late
        assert min(widths[6 - late :], default=99) > 4 * max(known), late


def by_period(operation: Operation) -> list[float]:
    """Standard deviation of the demand for kits in each period ahead, over zones."""
    demand = pipeline.forecast_only(operation.job()).demand["demand"].sel(item="kit")
    return [float(width) for width in demand.std("sample").mean("zone")]


def test_a_regressor_delivered_later_never_enters_the_forecast(tmp_path: Path) -> None:
    """Files cut at what had been delivered by the issue date and full files, with wild values later, give the same bytes."""
    operation = followers(tmp_path, 2)
    operation.settings["forecast"]["default"]["regressors"]["rain"]["lag"] = 1
    operation.settings["signals"]["rain"]["delay_days"] = 14
    demand = tmp_path / "demand.csv"
    config_file = str(operation.job().config_path)
    assert cli.main(["demand", config_file, "--out", str(demand)]) == 0
    cut = demand.read_bytes()
    not_yet = [f"{zone},{week},999" for zone in ZONES for week in ("2026-02-16", "2026-02-23", "2026-03-02", "2026-03-09")]
    operation.append("rain.csv", *not_yet)
    assert cli.main(["demand", config_file, "--out", str(demand)]) == 0
    assert demand.read_bytes() == cut
    operation.settings["signals"]["rain"]["delay_days"] = 7
    operation.job()
    assert cli.main(["demand", config_file, "--out", str(demand)]) == 0
    assert demand.read_bytes() != cut, "what is known does enter"


def test_people_last_counted_four_weeks_before_are_as_unsure_as_a_walk_of_five_weeks(tmp_path: Path) -> None:
    """A walk of steps s is unsure by s after the first week; by s x the root of 5 when the last four counts are missing."""
    operation = tiny_operation(tmp_path)
    weeks = [str((pd.Timestamp("2026-02-23") - pd.Timedelta(weeks=n)).date()) for n in range(104)][::-1]
    people = np.round(10_000 * np.exp(0.05 * np.random.default_rng(1).standard_normal((len(ZONES), 104)).cumsum(axis=1)))
    kits = [f"{zone},kit,{week},{people[z, n] / 10:.0f}" for z, zone in enumerate(ZONES) for n, week in enumerate(weeks)]
    operation.write("records.csv", "zone,item,period,distributed", *kits)
    model = {"use": "moving_average"}
    operation.settings["forecast"] = {"horizon": 1, "samples": 400, "exposure": "present", "default": model}
    operation.settings["signals"] = {"present": {"use": "table", "path": "present.csv"}}
    spread = {}
    for known, status in ((104, "DRAFT"), (100, "STALE")):
        rows = [f"{zone},{week},{people[z, n]:.0f}" for z, zone in enumerate(ZONES) for n, week in enumerate(weeks[:known])]
        operation.write("present.csv", "zone,period,value", *rows)
        found = pipeline.forecast_only(operation.job())
        spread[known] = float(np.log(found.demand["demand"]).std("sample").mean())
        assert found.stamp.status == status
    assert spread[104] == pytest.approx(0.05, rel=0.25)
    assert spread[100] / spread[104] == pytest.approx(np.sqrt(5), rel=0.1)
    assert "less sure with every day since" in found.notes[-1]
