"""The demo country's displacement: who moved is seen by the phones, and water and food move with them the same night.

Fighting in the north: in the weeks of 28 September and 5 October 2026 half of the people of four zones came to XD0206 and XD0211.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
import yaml

from forecast import config, pipeline
from forecast.schema import Result

NOW = dt.datetime(2026, 11, 2, 5, tzinfo=dt.UTC)
ARRIVED = ("XD0206", "XD0211")
ITEMS = ("water_trucked", "water_tabs", "ration")
BEFORE, HALF_WAY, AFTER = dt.date(2026, 9, 28), dt.date(2026, 10, 5), dt.date(2026, 10, 12)


@pytest.fixture(scope="module")
def nights(demo_config: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[object, Result]:
    """The forecasts of the nights before, half-way and after, and of the last one without the phones."""
    folder = tmp_path_factory.mktemp("displacement")
    settings = yaml.safe_load(demo_config.read_text(encoding="utf-8"))
    settings["paths"] = {"data": str(demo_config.parent / "data")}
    settings["inputs"] = {name: settings["inputs"][name] for name in ("zones", "population", "records")}
    for item in settings["items"].keys() - set(ITEMS):
        settings["items"][item]["model"] = {"use": "moving_average"}
    found: dict[object, Result] = {night: _forecast(folder, settings, night) for night in (BEFORE, HALF_WAY, AFTER)}
    settings["forecast"]["exposure"] = None
    return found | {"without phones": _forecast(folder, settings, AFTER)}


def _forecast(folder: Path, settings: dict[str, object], issue_date: dt.date) -> Result:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return pipeline.forecast_only(config.job(config.load(path), path, scenario=None, issue_date=issue_date, now_utc=NOW))


def _totals(result: Result, demo_config: Path) -> pd.DataFrame:
    """(zone, item) demand of the weeks of the forecast together: `low` and `high` of the 90 % interval, mean, and the truth."""
    demand = result.demand["demand"].sel(zone=list(ARRIVED), item=list(ITEMS)).sum("period")
    truth = pd.read_csv(demo_config.parent / "truth" / "demand.csv", parse_dates=["period"])
    weeks = truth[truth["period"].isin(result.demand.indexes["period"])]
    table = pd.DataFrame(
        {
            "low": demand.quantile(0.05, "sample").to_series(),
            "mean": demand.mean("sample").to_series(),
            "high": demand.quantile(0.95, "sample").to_series(),
        }
    )
    return table.join(weeks.groupby(["zone", "item"])["demand"].sum().rename("truth"))


def test_the_night_after_the_event_true_demand_lies_within_the_stated_interval_where_people_came(
    nights: dict[object, Result], demo_config: Path
) -> None:
    found = _totals(nights[AFTER], demo_config)
    assert len(found) == 6
    assert ((found["low"] <= found["truth"]) & (found["truth"] <= found["high"])).all(), found
    blind = _totals(nights["without phones"], demo_config)
    assert (blind["truth"] > blind["high"]).sum() >= 3, "records alone do not tell it that night"


def test_people_who_arrive_raise_water_and_food_alike_on_the_first_night_they_are_seen(nights: dict[object, Result]) -> None:
    """Half had come by 5 October: people present rose by half, and with them the demand of every item, before any record."""
    for zone in ARRIVED:
        people = [nights[night].demand["people"].sel(zone=zone).isel(item=0, period=0).item() for night in (BEFORE, HALF_WAY)]
        assert people[1] > 1.3 * people[0], zone
        for item in ITEMS:
            before, now = (
                nights[night].demand["demand"].sel(zone=zone, item=item).isel(period=0) for night in (BEFORE, HALF_WAY)
            )
            assert float(now.mean()) > 1.3 * float(before.mean()), (zone, item)
