"""Bad input for a forecast from one table of records: an honest width and a line of problems, or a clear error; never NaN."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import cli

MONTHS = [str(month) for month in pd.period_range("2017-01", "2019-06", freq="M")]
CANDIDATES = "[{use: naive}, {use: smoothing}, {use: empirical}, {use: intermittent}]"
CHOSEN = ("--set", "forecast.default.use=best", "--set", f"forecast.choice.candidates={CANDIDATES}")
QUICK = ("--set", "forecast.default.use=smoothing")
USUAL = [float(10 + n % 3) for n in range(30)]
Rows = Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Told:
    """How the command ended: exit code, screen, errors, the forecast, the problems."""

    code: int
    screen: str
    errors: str
    table: pd.DataFrame
    problems: pd.DataFrame

    def first(self, zone: str = "A", quantity: str = "demand") -> pd.Series:
        rows = self.table[(self.table["zone"] == zone) & (self.table["quantity"] == quantity)]
        return rows.sort_values("period").iloc[0]

    @property
    def whats(self) -> str:
        return "\n".join(f"{row['value']} {row['problem']}" for row in self.problems.to_dict("records"))


@pytest.fixture
def forecast(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def told(table: pd.DataFrame, *more: str, frequency: str = "M", name: str = "records.csv") -> Told:
        path, out = tmp_path / name, tmp_path / "out" / "demand.csv"
        {".csv": table.to_csv, ".xlsx": table.to_excel, ".parquet": table.to_parquet}[path.suffix](path, index=False)
        arguments = ["demand", "--records", str(path), "--frequency", frequency, "--horizon", "3", "--out", str(out)]
        code = cli.main([*arguments, *(more or QUICK)])
        said = capsys.readouterr()
        beside = out.with_suffix(".problems.csv")
        found = pd.read_csv(out, encoding="utf-8-sig") if code == 0 else pd.DataFrame()
        listed = pd.read_csv(beside, encoding="utf-8-sig") if beside.exists() else pd.DataFrame()
        return Told(code, said.out, said.err, found, listed)

    return told


def series(values: Mapping[str, Sequence[float | None]], last: int = len(MONTHS)) -> pd.DataFrame:
    """Zone -> monthly values that end with the newest month; None: no row."""
    rows = [
        (zone, "kit", month, value)
        for zone, past in values.items()
        for month, value in zip(MONTHS[last - len(past) : last], past, strict=True)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["zone", "item", "period", "distributed"])


def sound(told: Told) -> None:
    """A forecast without a gap, in order, never negative, and no bug of ours."""
    assert told.code == 0, told.errors
    numbers = told.table[["mean", "q05", "q10", "q25", "q50", "q75", "q90", "q95"]]
    assert np.isfinite(numbers.to_numpy(dtype=float)).all()
    assert (numbers.to_numpy() >= 0).all()
    assert (np.diff(numbers.drop(columns="mean").to_numpy(), axis=1) >= 0).all()
    assert set(told.table["period"]) == {"2019-07-01", "2019-08-01", "2019-09-01"}


# ------------------------------------------------------------------ series that say little

WEAK = {
    "one observation": ([50.0], "one known value or two"),
    "one observation, of zero": ([0.0], "one known value or two"),
    "two observations": ([50.0, 60.0], "one known value or two"),
    "all zeros": ([0.0] * 30, "nothing but zeros"),
    "constant": ([7.0] * 30, "the same value in every record"),
    "a year of gaps": ([*USUAL[:10], *[None] * 12, *USUAL[:8]], "a year or more without a report between two"),
    "one huge spike": ([*USUAL[:20], 50000.0, *USUAL[:9]], "times the ordinary largest of its own series"),
    "a spike at the end": ([*USUAL[:29], 50000.0], "times the ordinary largest of its own series"),
}


@pytest.mark.parametrize("settings", [CHOSEN, QUICK, ("--set", "forecast.samples=100")], ids=["best", "set", "default"])
@pytest.mark.parametrize("kind", WEAK)
def test_a_weak_series_is_forecast_and_named(kind: str, settings: Sequence[str], forecast) -> None:
    values, problem = WEAK[kind]
    told = forecast(series({"A": values}), *settings)
    sound(told)
    assert problem in told.whats
    assert "To check: 1 doubtful row or value" in told.screen


def test_one_observation_is_forecast_wide(forecast) -> None:
    first = forecast(series({"A": [50.0]})).first()
    assert first["q50"] == pytest.approx(50, rel=0.2)
    assert first["q05"] < 0.5 * 50
    assert first["q95"] > 1.5 * 50


def test_one_observation_of_zero_does_not_say_that_nothing_will_ever_be_needed(forecast) -> None:
    told = forecast(series({"A": [0.0]}))
    sound(told)
    first = told.first()
    assert (first["q50"], first["q90"]) == (0, 1)
    assert 0.2 < first["mean"] < 0.5


def test_a_spike_is_set_aside_with_its_line_and_moves_nothing(forecast) -> None:
    told = forecast(series({"A": [*USUAL[:20], 50000.0, *USUAL[:9]]}))
    assert told.problems["line"].tolist() == [22]
    assert told.first()["q95"] < 30


def test_a_series_that_starts_at_the_origin_is_forecast_beside_the_others(forecast) -> None:
    told = forecast(series({"A": USUAL, "NEW": [50.0]}), *CHOSEN)
    sound(told)
    assert told.first("NEW")["mean"] == pytest.approx(50, rel=0.2)
    assert "NEW kit has one known value or two" in told.whats


def test_a_series_that_ended_long_ago_is_forecast_and_named(forecast) -> None:
    told = forecast(series({"A": USUAL, "OLD": [*USUAL[:15], *[None] * 15]}))
    sound(told)
    assert "OLD kit has no report for a year or more" in told.whats


def test_a_thousand_weak_series_are_one_line(forecast) -> None:
    told = forecast(series({"A": USUAL} | {f"Z{n:04d}": [0.0, 0.0, 0.0] for n in range(1000)}))
    sound(told)
    assert told.whats == "Z0000 kit, Z0001 kit, Z0002 kit and 997 more has nothing but zeros"


@pytest.mark.slow
@pytest.mark.parametrize("settings", [CHOSEN, ("--set", "forecast.samples=100")], ids=["quick models", "default"])
def test_a_hundred_thousand_series_are_forecast(settings: Sequence[str], forecast) -> None:
    """Ten months of each: a thousand with nothing but zeros, a thousand with one value only, a tenth of all rows missing."""
    count, months = 100_000, MONTHS[-10:]
    rng = np.random.default_rng(0)
    values = rng.poisson(np.exp(rng.normal(2, 1, count))[:, None], (count, len(months))) + 1
    values[:1000] = 0
    told_of = rng.random(values.shape) > 0.1
    told_of[1000:2000] = np.arange(len(months)) == len(months) - 1
    place, month = np.nonzero(told_of)
    zones = np.array([f"Z{n:06d}" for n in range(count)])[place]
    table = pd.DataFrame({"zone": zones, "item": "kit", "period": np.array(months)[month], "distributed": values[told_of]})
    told = forecast(table, *settings)
    sound(told)
    assert len(told.table) == count * 3 * 2
    assert "Z001000 kit, Z001001 kit, Z001002 kit and 997 more has one known value or two" in told.whats
    assert "more has nothing but zeros" in told.whats


def test_a_series_that_was_always_out_of_stock_has_no_demand_but_what_records_will_show(forecast) -> None:
    table = series({"A": USUAL, "OUT": [0.0] * 30}).assign(stock_start=lambda rows: rows["distributed"] * 2, received=0.0)
    told = forecast(table)
    sound(told)
    assert "OUT kit has nothing but stock-outs" in told.whats
    assert set(told.table.loc[told.table["zone"] == "OUT", "quantity"]) == {"distributed"}
    assert told.first("OUT", "distributed")["q90"] == 0


@pytest.mark.parametrize("settings", [CHOSEN, QUICK], ids=["best", "set"])
def test_a_small_zone_beside_huge_ones_keeps_its_own_size(settings: Sequence[str], forecast) -> None:
    told = forecast(series({"SMALL": USUAL, "HUGE": [1e12 * (10 + 9 * (n % 3)) for n in range(30)]}), *settings)
    sound(told)
    assert told.first("SMALL")["mean"] == pytest.approx(11, rel=0.2)
    assert told.first("SMALL")["q95"] < 20


def test_figures_that_nobody_can_count_are_refused(forecast) -> None:
    told = forecast(series({"A": [1e300 * value for value in USUAL]}))
    assert (told.code, "'1e+301' is more than 1e+15" in told.errors) == (2, True)


def test_a_fraction_of_a_unit_is_forecast_and_shown(forecast) -> None:
    told = forecast(series({"A": [value / 1e4 for value in USUAL]}))
    sound(told)
    assert told.first()["mean"] == pytest.approx(0.0011, rel=0.1)
    assert "all to be handed out 0.003" in told.screen


def test_a_sound_series_is_not_named(forecast) -> None:
    told = forecast(series({"A": USUAL}))
    assert told.problems.empty
    assert "To check" not in told.screen


# ------------------------------------------------------------------ periods


def test_duplicated_periods_are_refused_by_line(forecast) -> None:
    table = series({"A": USUAL})
    told = forecast(pd.concat([table, table.tail(2).assign(distributed=99)]))
    assert (told.code, "line 30: repeats zone A, item kit, period 2019-05-01" in told.errors) == (2, True)


def test_few_duplicated_periods_are_set_aside_by_line(forecast) -> None:
    table = series(dict.fromkeys("ABCDE", USUAL))
    told = forecast(pd.concat([table, table.tail(1).assign(distributed=99)]))
    sound(told)
    assert told.problems["line"].tolist() == [151, 152]
    assert "The two differ, and nothing says which is right" in told.problems["action"].iloc[0]


def dated(step: int, count: int, start: dt.date = dt.date(2019, 1, 7), zone: str = "A") -> pd.DataFrame:
    days = [str(start + dt.timedelta(days=step * n)) for n in range(count)]
    return pd.DataFrame({"zone": zone, "item": "kit", "period": days, "distributed": [10 + n % 4 for n in range(count)]})


def test_weeks_for_months_are_refused_with_the_frequency_to_write(forecast) -> None:
    table = dated(7, 60).assign(period=pd.date_range("2019-01-07", periods=60, freq="7D").strftime("%G-W%V"))
    told = forecast(table)
    assert told.code == 2
    assert "'M' does not fit: 60 of 60 rows are of a week, such as '2019-W02' (records.csv, line 2)" in told.errors
    assert "Write --frequency W" in told.errors
    assert told.errors.count("\n") < 5


def test_months_for_weeks_are_refused_with_the_frequency_to_write(forecast) -> None:
    told = forecast(series({"A": USUAL}), frequency="W")
    assert (told.code, "30 of 30 rows are of a month" in told.errors) == (2, True)


@pytest.mark.parametrize(("step", "frequency", "right"), [(1, "W", "D"), (1, "M", "D"), (7, "M", "W")])
def test_days_of_which_several_fall_into_one_period_are_refused(step: int, frequency: str, right: str, forecast) -> None:
    told = forecast(dated(step, 90), frequency=frequency)
    assert told.code == 2
    assert "several days of one zone and item fall into one" in told.errors
    assert f"Write --frequency {right}, or --set panel.repeated_rows=add to add them up" in told.errors


def test_days_are_added_up_when_told_so(forecast) -> None:
    told = forecast(dated(1, 90), *QUICK, "--set", "panel.repeated_rows=add", frequency="W")
    assert told.code == 0
    assert told.first()["mean"] == pytest.approx(7 * 11.5, rel=0.1)


@pytest.mark.parametrize("frequency", ["D", "W"])
def test_first_days_of_months_are_no_weeks(frequency: str, forecast) -> None:
    table = series({"A": USUAL})
    told = forecast(table.assign(period=table["period"] + "-01"), frequency=frequency)
    assert told.code == 2
    assert "most records are a month apart, such as those of A, kit (records.csv, line 3)" in told.errors


def test_a_few_monthly_series_among_weekly_ones_are_named_by_line(forecast) -> None:
    table = pd.concat([*(dated(7, 60, zone=zone) for zone in "ABC"), dated(28, 12, zone="M")])
    told = forecast(table, frequency="W")
    assert told.code == 0
    assert told.problems["line"].tolist() == [183]
    assert "the records are a month apart, and a period is a week here (M, kit)" in told.whats


def test_rows_after_today_are_refused_by_line(forecast) -> None:
    table = series({"A": USUAL})
    table.loc[len(table)] = ["A", "kit", "2190-01", 5]
    told = forecast(table)
    assert (told.code, "line 32, column period: '2190-01-01' is after today" in told.errors) == (2, True)


def test_the_forecast_starts_after_the_last_record_and_says_so(forecast) -> None:
    told = forecast(series({"A": USUAL}))
    assert "until 2019-06-30; forecast as of 2019-07-01, 3 periods ahead: 2019-07-01 to 2019-09-01" in told.screen
    told = forecast(series({"A": USUAL}), *QUICK, "--issue-date", "2019-05-20")
    assert "as of 2019-05-01, right after the last record (not 2019-05-20)" in told.screen


@pytest.mark.parametrize("period", ["9999-12", "0001-01"])
def test_a_year_that_cannot_be_is_set_aside_by_line(period: str, forecast) -> None:
    table = series(dict.fromkeys("ABC", USUAL))
    table.loc[5, "period"] = period
    told = forecast(table)
    sound(told)
    assert told.problems["line"].tolist() == [7]


def test_weeks_dated_by_their_sunday_are_forecast_by_sundays(forecast) -> None:
    told = forecast(dated(7, 60, start=dt.date(2019, 1, 6)), frequency="W")
    assert told.code == 0
    assert sorted(set(told.table["period"])) == ["2020-03-01", "2020-03-08", "2020-03-15"]
    assert "has weeks that all are dated by one day, SUN" in told.problems["problem"].iloc[0]
    told = forecast(dated(7, 60, start=dt.date(2019, 1, 6)), *QUICK, "--set", "forecast.week_starts=MON", frequency="W")
    assert sorted(set(told.table["period"])) == ["2020-02-24", "2020-03-02", "2020-03-09"]


def test_quarters_read_as_months_are_named(forecast) -> None:
    told = forecast(series({"A": [value if n % 3 == 2 else None for n, value in enumerate(USUAL)]}))
    sound(told)
    assert "the records are a quarter apart, and a period is a month here" in told.whats


@pytest.mark.parametrize("written", ["{}T00:00:00+03:00", "{} 21:30:00Z", "{} 00:00:00", "{}T00:00:00.000"])
def test_timestamps_are_of_the_day_written_there(written: str, forecast) -> None:
    table, told = dated(1, 60), []
    for form in ("{}", written):
        told.append(forecast(table.assign(period=table["period"].map(form.format)), frequency="D"))
    assert [one.code for one in told] == [0, 0]
    pd.testing.assert_frame_equal(told[0].table, told[1].table)


@pytest.mark.parametrize("horizon", ["0", "-1", "367"])
def test_a_horizon_that_cannot_be_is_refused(horizon: str, forecast) -> None:
    told = forecast(series({"A": USUAL}), *QUICK, "--horizon", horizon)
    assert (told.code, f"'{horizon}' is not a number from 1 to 366" in told.errors) == (2, True)


# ------------------------------------------------------------------ files as people have them


@pytest.mark.parametrize("blank", ["", "NA", "n/a", "NaN", "null"])
def test_a_table_with_a_row_for_every_month_has_missing_reports(blank: str, forecast) -> None:
    table = series({"A": USUAL, "B": USUAL})
    cells = table["distributed"].astype(str).where(table.index % 30 >= 12, blank)
    told, without = forecast(table.assign(distributed=cells)), forecast(table[table.index % 30 >= 12])
    sound(told)
    pd.testing.assert_frame_equal(told.table, without.table)
    assert "and 23 more rows like it" in told.whats
    assert told.problems["action"].iloc[0].startswith("Taken as not reported, which is not zero")
    assert forecast(table.assign(distributed=blank)).code == 2


def test_a_column_for_each_month_is_read_as_rows(forecast) -> None:
    table = series({"A": USUAL, "B": USUAL[::-1]})
    wide = table.pivot(index=["zone", "item"], columns="period", values="distributed").reset_index()
    told, plain = forecast(wide.rename(columns={"zone": "Site", "item": "Produit"})), forecast(table)
    sound(told)
    pd.testing.assert_frame_equal(told.table, plain.table)
    assert "a period each: 2017-01, 2017-02, 2017-03 and 27 more" in told.problems["action"].iloc[0]


@pytest.mark.parametrize("names", ["unique_id,ds,y", "store,date,sales", "Établissement,Mois,Quantité"])
def test_a_table_of_one_item_may_have_other_headings_too(names: str, forecast) -> None:
    table = series({"A": USUAL, "B": USUAL}).drop(columns="item").set_axis(names.split(","), axis=1)
    told = forecast(table)
    sound(told)
    assert set(told.table["zone"]) == {"A", "B"}


def test_codes_that_differ_by_capitals_only_are_named_and_kept_apart(forecast) -> None:
    told = forecast(series({"Zone A": USUAL, "zone a": USUAL}))
    sound(told)
    assert set(told.table["zone"]) == {"Zone A", "zone a"}
    assert "Zone A and zone a differ by case, accents, blanks or signs only" in told.whats


@pytest.mark.parametrize(
    ("text", "option"),
    [("1,022", "inputs.records.decimal=."), ("01/{m:02d}/{y}", "inputs.records.dates=day_first")],
    ids=["decimals", "dates"],
)
def test_what_is_to_be_decided_is_an_option_of_the_command(text: str, option: str, forecast) -> None:
    table = series({"A": USUAL})
    if "{" in text:
        table["period"] = [text.format(m=int(month[5:]), y=month[:4]) for month in table["period"]]
    else:
        table["distributed"] = text
    told = forecast(table)
    assert (told.code, f"--set {option}" in told.errors) == (2, True)
    sound(forecast(table, *QUICK, "--set", option))


def test_a_sheet_is_asked_for_by_its_option(forecast, tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "two.xlsx") as book:
        pd.DataFrame({"about": ["see Data"]}).to_excel(book, sheet_name="README", index=False)
        series({"A": USUAL}).to_excel(book, sheet_name="Data", index=False)
    told = forecast(series({"A": USUAL}), *QUICK, "--records", str(tmp_path / "two.xlsx"))
    assert (told.code, "--set inputs.records.sheet=NAME. Sheets: README, Data" in told.errors) == (2, True)


@pytest.mark.parametrize("name", ["records.csv", "records.xlsx", "records.parquet", "my records [2].csv"])
def test_every_format_gives_the_same_forecast(name: str, forecast) -> None:
    told, plain = (forecast(series({"A": USUAL, "B": USUAL}), name=one) for one in (name, "plain.csv"))
    sound(told)
    pd.testing.assert_frame_equal(told.table, plain.table)


def test_a_file_of_one_item_needs_no_item_column(forecast) -> None:
    told = forecast(series({"A": USUAL, "B": USUAL}).drop(columns="item"))
    sound(told)
    assert set(told.table["item"]) == {"item"}
    assert "has no column item" in told.whats
    assert "All rows taken as of one item" in told.problems["action"].iloc[0]


def test_a_file_of_one_series_needs_periods_and_quantities_only(forecast) -> None:
    told = forecast(series({"A": USUAL})[["period", "distributed"]])
    sound(told)
    assert (set(told.table["zone"]), set(told.table["item"])) == ({"zone"}, {"item"})


def test_rows_that_repeat_without_an_item_column_are_of_several_items(forecast) -> None:
    table = pd.concat([series({"A": USUAL}), series({"A": USUAL[::-1]})]).drop(columns="item")
    told = forecast(table)
    assert (told.code, "has no column item, which records needs" in told.errors) == (2, True)


def test_an_item_column_of_another_name_is_asked_for(forecast) -> None:
    table = series({"A": USUAL}).rename(columns={"item": "Items"})
    told = forecast(table)
    assert told.code == 2
    assert "has no column item, which records needs. Did you mean 'Items'?" in told.errors
    assert "Say which it is: --set inputs.records.columns.item=NAME" in told.errors
    sound(forecast(table, *QUICK, "--set", "inputs.records.columns.item=Items"))


def test_the_records_are_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "demand.csv"
    series({"A": USUAL}).to_csv(path, index=False)
    before = path.read_bytes()
    assert cli.main(["demand", "--records", str(path), "--frequency", "M", "--horizon", "3", "--out", str(path)]) == 2
    assert "is the file of records" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_forecast_that_cannot_be_written_says_so(forecast, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    told = forecast(series({"A": USUAL}), *QUICK, "--out", str(tmp_path / "taken" / "demand.csv"))
    assert (told.code, "cannot be written" in told.errors) == (2, True)


# ------------------------------------------------------------------ the screen


def test_five_lines_say_what_was_chosen_how_much_better_how_sure_and_what_was_not_tried(forecast) -> None:
    rng = np.random.default_rng(1)
    table = series({zone: rng.normal(500, 50, 30).round(1).tolist() for zone in "ABCDEF"})
    candidates = "[{use: naive}, {use: moving_average, periods: 12}, {use: state_space}]"
    best = ("--set", "forecast.default.use=best", "--set", "forecast.choice.seconds=0.1")
    told = forecast(table, *best, "--set", f"forecast.choice.candidates={candidates}")
    sound(told)
    lines = [line for line in told.screen.splitlines() if not line.startswith("  ")]
    assert [line.split(" ")[0] for line in lines] == ["180", "Models,", "Than", "How", "Not"]
    assert lines[1].startswith("Models, chosen by what came closest on 72 past values: moving_average (periods 12) ")
    assert lines[2].startswith("Than the average of 3 periods: kit ")
    assert "% closer; next best: " in lines[2]
    assert "lay in the 80 % range" in lines[3]
    assert lines[4].startswith("Not taken or not tried: state_space (")
