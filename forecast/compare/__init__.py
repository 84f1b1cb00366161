"""Two published runs side by side: who gains and who loses, what is shipped otherwise, and what made the difference.

All figures are those of the published files, over the plan periods that both runs have. A change is always the second run minus
the first, so that comparing them the other way round gives the same figures with the other sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forecast import periods
from forecast.compare import balance, causes, coverage
from forecast.published import Published
from forecast.schema import ALLOCATION, COVERAGE, TRANSFERS

LANE, MOVE = ["depot", "zone", "item"], ["depot", "to_depot", "item"]


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs; the columns `<figure>_a`, `<figure>_b`, `<figure>_change` (b - a) stand in each table.

    `periods`: starts of the plan periods that both have, empty where there is none: then each run's own are told of.
    `needs`: by need; `zones`: by need and zone, those that gain most first; `balances`: by need, zone and item;
    `shipped`: by depot and item; `lanes`: by depot, zone and item; `moved`: between depots, by item; `supply`, `settings`,
    `files`: what was different to begin with.
    """

    a: Published
    b: Published
    periods: tuple[pd.Timestamp, ...]
    needs: pd.DataFrame
    zones: pd.DataFrame
    balances: pd.DataFrame
    shipped: pd.DataFrame
    lanes: pd.DataFrame
    moved: pd.DataFrame
    supply: pd.DataFrame
    settings: pd.DataFrame
    files: pd.DataFrame

    @property
    def same_plan(self) -> bool:
        """Whether nobody gains, nobody loses and nothing is shipped otherwise."""
        tables = (self.zones, self.balances, self.lanes, self.moved)
        return not any(table.filter(like="_change").fillna(0).to_numpy().any() or _one_sided(table) for table in tables)


def compare(a: Published, b: Published) -> Comparison:
    """Compare two runs. Raises InputError when a file of theirs was changed since they were published, or is missing."""
    for run in (a, b):
        run.verify(["coverage.csv", "allocation.csv", *causes.FILES])
    cells_a, cells_b = (run.table("coverage.csv", COVERAGE) for run in (a, b))
    lines_a, lines_b = (run.table("allocation.csv", ALLOCATION) for run in (a, b))
    moved_a, moved_b = (_moved(run) for run in (a, b))
    both = _common_periods(a, b, cells_a, cells_b)
    if both:
        cells_a, cells_b = (cells[cells["period"].isin(both)] for cells in (cells_a, cells_b))
        end = both[-1] + pd.Timedelta(days=periods.DAYS[a.settings["plan"]["period"]])
        lines_a, lines_b = (df[(df["arrive_by"] >= both[0]) & (df["arrive_by"] < end)] for df in (lines_a, lines_b))
        moved_a, moved_b = (df[(df["load_on"] >= both[0]) & (df["load_on"] < end)] for df in (moved_a, moved_b))
    zones = coverage.by_zone(cells_a, cells_b)
    lanes = shipped_by(lines_a, lines_b, LANE)
    return Comparison(
        a=a,
        b=b,
        periods=both,
        needs=coverage.by_need(cells_a, cells_b, zones),
        zones=zones,
        balances=balance.by_zone(cells_a, cells_b),
        shipped=shipped_by(lines_a, lines_b, ["depot", "item"]),
        lanes=lanes,
        moved=shipped_by(moved_a, moved_b, MOVE),
        supply=causes.supply(a, b),
        settings=causes.settings(a, b),
        files=causes.files(a, b),
    )


def _moved(run: Published) -> pd.DataFrame:
    """TRANSFERS of a run; none where no lane joins its depots."""
    name = "transfers.csv"
    return run.table(name, TRANSFERS) if name in run.manifest["outputs"] else TRANSFERS.empty()


def _common_periods(a: Published, b: Published, cells_a: pd.DataFrame, cells_b: pd.DataFrame) -> tuple[pd.Timestamp, ...]:
    """The plan periods of both runs; none where one plans in days and the other in weeks."""
    if a.settings["plan"]["period"] != b.settings["plan"]["period"]:
        return ()
    return tuple(map(pd.Timestamp, sorted(set(cells_a["period"]) & set(cells_b["period"]))))


def shipped_by(a: pd.DataFrame, b: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """ALLOCATION twice -> what is shipped by `key` in each, item units; a row wherever one of them ships anything."""
    totals = [lines[lines["quantity"] > 0].groupby(key)["quantity"].sum() for lines in (a, b)]
    found = pd.DataFrame({"quantity_a": totals[0], "quantity_b": totals[1]}).fillna(0.0).round(3)
    found["quantity_change"] = (found["quantity_b"] - found["quantity_a"]).round(3)
    units = pd.concat([a, b]).drop_duplicates("item").set_index("item")["unit"]
    found = found.rename_axis(key).reset_index()
    return found.assign(unit=found["item"].map(units))


def _one_sided(table: pd.DataFrame) -> bool:
    """Whether a row stands in one run only: a zone or need that the other does not have."""
    sides = [name for name in table.columns if str(name).endswith("_a")]
    return any(bool((table[name].isna() != table[f"{name[:-2]}_b"].isna()).any()) for name in sides)
