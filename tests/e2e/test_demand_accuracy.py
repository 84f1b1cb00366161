"""Guards of accuracy, quick ones; the whole tables are printed by `python -m tests.bench.demand`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import config, scores
from forecast.backtest.reading import read_as_of
from forecast.inputs import read_records_alone
from forecast.panel import build_panel
from forecast.schema import Ledger
from tests.bench import demand_civ, demand_sets, demand_truth, demand_unseen
from tests.bench.demand_models import ask, bare

ISSUE_DATE, ORIGIN = dt.date(2019, 7, 1), 41


@pytest.fixture(scope="module")
def civ(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """Figures of the last origin of the visible protocol: the quick pooled model and current practice."""
    path, protocol = demand_civ.write_records(real_data, tmp_path_factory.mktemp("civ"))
    settings, now = config.from_records(path.name, "M", demand_civ.HORIZON), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    job = config.job(settings, None, scenario=None, issue_date=ISSUE_DATE, now_utc=now, data=path.parent)
    job, inputs = read_records_alone(job, Ledger())
    panel = build_panel(inputs, job.config, job.issue_date, Ledger())
    everyone, found = np.flatnonzero(protocol.is_scored), {}
    for model in ("pooled, fast", "moving_average"):
        paths = protocol.of(ask(panel, inputs, job.config, job.issue_date, model)[0])[everyone]
        quantiles = np.moveaxis(scores.quantiles(paths, list(demand_civ.LEVELS)), 0, -1)
        found[model] = protocol.score(quantiles, paths.sum(axis=1), ORIGIN, everyone)
    return found


def test_the_pooled_model_beats_current_practice_in_cote_d_ivoire(civ: dict[str, dict[str, float]]) -> None:
    ours, practice = civ["pooled, fast"], civ["moving_average"]
    assert ours["mase"] < 0.95 * practice["mase"]
    assert ours["crps"] < 0.95 * practice["crps"]
    assert ours["wmape"] > 0.45, "too good is a leak until proven otherwise"


def test_its_intervals_and_those_of_its_totals_hold_what_they_promise(civ: dict[str, dict[str, float]]) -> None:
    ours = civ["pooled, fast"]
    for name, promised in (("in 80", 0.8), ("in 90", 0.9), ("sum 80", 0.8), ("sum 90", 0.9)):
        assert promised - 0.03 <= ours[name] <= promised + 0.12, name  # counts with many zeros are inside more often


@pytest.fixture(scope="module")
def out_of_stock(demo_config: Path) -> dict[str, dict[str, float]]:
    """Demand of weeks without stock, three weeks in ten, forecast from records as they are and from records without stock."""
    settings = config.load(demo_config)
    world = demand_truth.world(settings)
    handed = demand_truth.at_share(0.3, demand_truth.mechanisms(world)["depot_empty"], world.timeline.past)
    job = config.job(settings, demo_config, scenario=None, issue_date=None, now_utc=demand_truth.NOW)
    then = read_as_of(bare(job), pd.Timestamp("2026-08-03"))
    records = world.records(handed)
    told = {"ours": records, "as recorded": demand_truth.as_recorded(records), "adjusted": demand_truth.adjusted(records)}
    return {name: demand_truth.scored(then, told[name], world, handed, "smoothing") for name in told}


def test_where_stock_ran_out_demand_is_told_better_than_by_the_records(out_of_stock: dict[str, dict[str, float]]) -> None:
    ours = out_of_stock["ours"]
    for other in ("as recorded", "adjusted"):
        assert ours["wmape out"] < 0.8 * out_of_stock[other]["wmape out"], other
        assert abs(ours["bias out"]) < 0.5 * abs(out_of_stock[other]["bias out"]), other
    assert ours["in 80"] > 0.75


def test_how_much_a_ratio_would_differ_at_other_origins_is_told_by_leaving_each_out() -> None:
    assert demand_sets.jackknife([1.0, 3, 6], [2.0, 6, 12]) == "(+- 0.0%) "  # half as much at every origin
    apart = np.log([5 / 2, 4 / 2, 3 / 2])  # losses of 1, 2 and 3 beside 1, 1 and 1, each origin left out once
    assert demand_sets.jackknife([1.0, 3, 6], [1.0, 2, 3]) == f"(+- {np.sqrt(2 * apart.var()):.1%}) "
    assert demand_sets.jackknife([1.0, 3], [1.0, 2]) == ""  # of two origins nothing can be said


@pytest.mark.parametrize("name", demand_unseen.SETS)
def test_artificial_sets_are_counts_without_gaps(name: str, tmp_path: Path) -> None:
    settings, table = demand_unseen.write(name, tmp_path), pd.read_csv(tmp_path / "records.csv")
    series = table.groupby(["zone", "item"])["period"].nunique()
    assert (series == series.iloc[0]).all()
    assert (table["distributed"] >= 0).all()
    assert table["distributed"].dtype == np.int64
    assert settings.forecast.horizon == demand_unseen.SETS[name].horizon
