"""The demo country's displacement, as the phones tell it: within what is said of their error, and known no night too early."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast import config
from forecast.demo.truth import DISPLACEMENTS
from forecast.inputs import read_inputs
from forecast.schema import Ledger

NOW = pd.Timestamp("2026-11-22 06:00", tz="UTC").to_pydatetime()
EVENT = DISPLACEMENTS[-1]
LEFT, ARRIVED = list(EVENT.leave), list(EVENT.arrive)
READ = ("zones", "records", "items", "population")  # the stock of those days is not in the demo's files
BEFORE, FIRST, SECOND = "2026-09-28", "2026-10-05", "2026-10-12"  # issue dates: the morning it began, one and two weeks later


def seen_on(path: Path, day: str) -> xr.Dataset:
    settings = config.load(path)
    settings = settings.model_copy(update={"inputs": {name: settings.inputs[name] for name in READ if name in settings.inputs}})
    job = config.job(settings, path, scenario=None, issue_date=pd.Timestamp(day).date(), now_utc=NOW)
    return read_inputs(job, Ledger()).signals


@pytest.fixture(scope="module")
def nights(demo_config: Path) -> dict[str, xr.Dataset]:
    return {day: seen_on(demo_config, day) for day in (BEFORE, FIRST, SECOND)}


@pytest.fixture(scope="module")
def truth(demo_config: Path) -> pd.DataFrame:
    people = pd.read_csv(demo_config.parent / "truth" / "people.csv", parse_dates=["period"])
    return people.pivot(index="zone", columns="period", values="people").astype(float)


def last_week(seen: xr.Dataset) -> tuple[pd.Timestamp, pd.Series, pd.Series]:
    """The newest week, the people present in it, and the standard deviation of their logarithm as stated."""
    week = seen.isel(period=-1)
    return (
        pd.Timestamp(week.period.values),
        week["present_people"].to_pandas(),
        np.sqrt(np.log1p(week["present_people_cv"].to_pandas() ** 2)),
    )


@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_the_displaced_are_recovered_within_the_interval_stated(
    nights: dict[str, xr.Dataset], truth: pd.DataFrame, day: str
) -> None:
    week, people, sd = last_week(nights[day])
    assert week == pd.Timestamp(day) - pd.Timedelta(days=7)
    error = (np.log(truth[week]) - np.log(people)) / sd
    assert (error[LEFT + ARRIVED].abs() < 1.96).all()  # in the 95 % interval, and it is not so wide that it says nothing
    assert sd[LEFT + ARRIVED].max() < 0.2
    usual = truth[pd.Timestamp("2026-09-21")]
    of_the_move = (people / usual - 1) / (truth[week] / usual - 1)
    assert of_the_move[LEFT + ARRIVED].between(0.6, 1.4).all()


def test_the_interval_holds_the_truth_in_about_all_zones(nights: dict[str, xr.Dataset], truth: pd.DataFrame) -> None:
    inside = []
    for seen in nights.values():
        week, people, sd = last_week(seen)
        inside.append((((np.log(truth[week]) - np.log(people)) / sd).dropna().abs() < 1.96).mean())
    assert np.mean(inside) > 0.9


def test_the_night_before_nothing_is_known_of_it(nights: dict[str, xr.Dataset], truth: pd.DataFrame) -> None:
    week, people, _ = last_week(nights[BEFORE])
    assert week == pd.Timestamp("2026-09-21")
    assert (people[LEFT + ARRIVED] / truth[week][LEFT + ARRIVED]).between(0.8, 1.25).all()
