"""The visible protocol on Cote d'Ivoire: 1,357 series, six origins, three months ahead, gaps counted as nothing handed out.

Our models go the whole way: a table of records and nothing else, read as of each origin, the panel, the forecast of what is
handed out. Scored are the series of which under 80 % of the months are zero; MASE has the seasonal scale of the data up to the
origin; CRPS is over 99 quantiles; figures are means over the origins. What is not forecast counts as forecast zero.

The rivals are asked for a sample of the series, and ours are scored on the same once more. AutoETS comes from another Python
that has statsforecast, since that does not go together with the pandas of this project.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast import config, scores
from forecast.inputs import read_records_alone
from forecast.panel import build_panel
from forecast.schema import Floats, Ledger
from tests.bench import demand_rivals
from tests.bench.demand_models import ask, chosen
from tests.bench.demand_scores import Origins, figures, show

FILE = "civ/lmis/contraceptive_logistics_data.csv"
MONTHS, HORIZON, SEASON = 45, 3, 12
ORIGINS = (32, 35, 38, 39, 40, 41)  # the last month known, the first month being 0
LEVELS = np.arange(1, 100) / 100
MOST_ZEROS = 0.8
COLUMNS = {
    "distributed": "stock_distributed",
    "stock_start": "stock_initial",
    "received": "stock_received",
    "stock_end": "stock_end",
    "requested": "stock_ordered",
}


@dataclass(frozen=True)
class Protocol:
    """The series (zone, item), what was handed out (series, month) with zeros in gaps, and which series are scored."""

    series: pd.MultiIndex
    handed: Floats
    is_scored: np.ndarray

    def of(self, demand: xr.Dataset) -> Floats:
        """The forecast of what is handed out as (series, horizon, sample)."""
        zone, item = (demand.indexes[dim].get_indexer(self.series.get_level_values(dim)) for dim in ("zone", "item"))
        paths = np.where((zone >= 0) & (item >= 0), 1.0, np.nan)[:, None, None] * demand["distributed"].values[zone, item]
        return np.nan_to_num(paths.astype(float))

    def score(self, quantiles: Floats, totals: Floats, origin: int, some: np.ndarray) -> dict[str, float]:
        """Figures of the series at the places `some`, quantiles and totals given for those."""
        known, seen = self.handed[some, : origin + 1], self.handed[some, origin + 1 : origin + 1 + HORIZON]
        scale = np.abs(known[:, SEASON:] - known[:, :-SEASON]).mean(axis=1)
        return figures(quantiles, LEVELS, totals, seen, scale)


def write_records(data: Path, folder: Path) -> tuple[Path, Protocol]:
    """The export as a table of records in our words, and the protocol on it."""
    raw = pd.read_csv(data / FILE, dtype={"site_code": str, "product_code": str})
    month = (raw["year"] - 2016) * 12 + raw["month"] - 1
    period = raw["year"].astype(str) + "-" + raw["month"].astype(str).str.zfill(2)
    table = pd.DataFrame({"zone": raw["site_code"], "item": raw["product_code"], "period": period})
    table = table.assign(**{ours: raw[theirs] for ours, theirs in COLUMNS.items()})
    path = folder / "records.csv"
    table.to_csv(path, index=False)
    wide = table.assign(month=month).pivot(index=["zone", "item"], columns="month", values="distributed")
    handed = wide.reindex(columns=range(MONTHS)).fillna(0).to_numpy(dtype=float)
    return path, Protocol(wide.index, handed, (handed == 0).mean(axis=1) < MOST_ZEROS)


def main(
    data: Path, models: Sequence[str], origins: Sequence[int] = ORIGINS, rivals: int = 0, statsforecast: str = ""
) -> dict[str, Origins]:
    """Print the table; `rivals`: on how many series they are tried, 0 none."""
    with tempfile.TemporaryDirectory() as name:
        path, protocol = write_records(data, Path(name))
        everyone = np.flatnonzero(protocol.is_scored)
        some = everyone[np.linspace(0, len(everyone) - 1, min(rivals, len(everyone))).round().astype(int)]
        found = {model: Origins() for model in models}
        on_some = {model: Origins() for model in models} if rivals else {}
        for origin in origins:
            then = dt.date(2016 + (origin + 1) // 12, (origin + 1) % 12 + 1, 1)
            settings = config.from_records(path.name, "M", HORIZON)
            now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
            job = config.job(settings, None, scenario=None, issue_date=then, now_utc=now, data=path.parent)
            job, inputs = read_records_alone(job, Ledger())
            panel = build_panel(inputs, job.config, job.issue_date, Ledger())
            for model in models:
                demand, seconds, ledger = ask(panel, inputs, job.config, job.issue_date, model)
                paths = protocol.of(demand)
                quantiles = np.moveaxis(scores.quantiles(paths, list(LEVELS)), 0, -1)
                for into, places in ((found, everyone), (on_some, some)):
                    if model in into:
                        into[model].figures.append(protocol.score(quantiles[places], paths[places].sum(axis=1), origin, places))
                        into[model].seconds.append(seconds)
                        into[model].made_by = chosen(ledger)
            for rival, answer in demand_rivals.answers(protocol.handed[some, : origin + 1], LEVELS, HORIZON, statsforecast):
                into = on_some.setdefault(rival, Origins())
                into.figures.append(protocol.score(answer.quantiles, answer.totals, origin, some))
                into.seconds.append(answer.seconds * len(protocol.handed) / len(some))
            latest = {model: one.figures[-1] | {"seconds": one.seconds[-1]} for model, one in found.items()}
            show(f"origin {then}", latest)
    title = f"Cote d'Ivoire, visible protocol: {len(everyone)} of {len(protocol.handed)} series, {len(origins)} origins, means"
    show(f"{title} (seconds: processor time per origin, both quantities)", {model: one.row for model, one in found.items()})
    for model, one in found.items():
        if one.made_by:
            print(f"{model} at the last origin: {one.made_by}")
    if on_some:
        show(
            f"The same on {len(some)} series (seconds of the rivals as of all)", {name: one.row for name, one in on_some.items()}
        )
    return found
