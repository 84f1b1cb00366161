"""CROSSWALK: zone sets that change over the years. Rows under an old code are brought to the zones of today, by shares.

`share` of what lay in `from_code` lies in `to_code`; the shares of an old code add up to 1. `valid_from` and `valid_to` (both
included) are the days on which the code meant the old zone: needed where a zone of today goes by the same code.

Counts are multiplied by the share, and added up where parts of several old zones fall together: an unknown part makes the sum
unknown. Days out of stock are those of the part worst off.

Beside a row that a zone of today has of its own, the day decides. Up to `valid_to` the part was not yet in it: the two are added
up. A count (population, zone_stock) of a day after `valid_to` has the part in it: the part gives way. A step without `valid_to`
tells neither: the two contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast import convert
from forecast.errors import Problem, Problems, counted, few
from forecast.inputs import checks
from forecast.schema import CROSSWALK, KNOWN_ON, RECORD, Column, Ledger, Table

FIRST, LAST = pd.Timestamp("1900-01-01"), pd.Timestamp("2999-12-31")
TOLERANCE = 0.005  # of the shares of one old zone, around 1
SHARED: Mapping[str, tuple[str, ...]] = {  # table -> columns that are counts: a part of the zone has a part of them
    "records": ("distributed", "requested", "stock_start", "received", "stock_end", "people_served"),
    "population": ("people", "low", "high"),
    "zone_stock": ("quantity",),
    "planned_by_others": ("quantity",),
    "commitments": ("minimum", "fixed", "maximum"),
    "priorities": (),
    "dispatches": (),
    "signal": ("value",),  # asked for only where it counts people
}
WINDOW = ["from_code", "valid_from", "valid_to"]
ANY_KNOWN = ("minimum",)  # a part without one adds none; of other counts an unknown part makes the whole unknown


@dataclass(frozen=True)
class Crosswalk:
    """`steps`: `from_code, to_code, share, valid_from, valid_to`, complete, shares adding up to exactly 1, and `ground`: the old
    zone by a name that no zone of today has; `source`: its file.
    """

    steps: pd.DataFrame = field(default_factory=lambda: CROSSWALK.empty().assign(ground=pd.Series(dtype="str")))
    current: pd.Index = field(default_factory=lambda: pd.Index([], dtype="str"))
    source: str = ""

    def also_knowing(self, zones: pd.Index | None) -> pd.Index | None:
        """The codes that may stand in a table: those of today and the old ones."""
        return zones if zones is None or self.steps.empty else zones.union(pd.Index(self.steps["from_code"].unique()))

    def today_of(self, code: str) -> str:
        """The zones of today that an old code became, as a phrase; nothing for a code that is none of the old ones."""
        return " and ".join(sorted(self.steps.loc[self.steps["from_code"] == code, "to_code"].unique()))

    def by_ground(self, df: pd.DataFrame, table: Table, issue_date: pd.Timestamp) -> pd.DataFrame:
        """Typed rows -> the same, those that tell of the old zone of a code both old and of today under its `ground`
        (`Z-03 until 2026-01-11`): a later count of the one is no later count of the other.
        """
        if self.steps.empty or table.name not in SHARED or df.empty:
            return df
        windows = self.steps.drop_duplicates(WINDOW)
        rows = pd.DataFrame({"zone": df["zone"], "row": df.index, "day": _days(df, table).fillna(issue_date)})
        ground = _on_the_day(rows.merge(windows, left_on="zone", right_on="from_code")).set_index("row")["ground"]
        return df.assign(zone=ground.reindex(df.index).fillna(df["zone"]).astype(df["zone"].dtype))

    def converted(self, df: pd.DataFrame, table: Table, issue_date: pd.Timestamp, ledger: Ledger) -> pd.DataFrame:
        """Typed rows -> the same with every row of an old zone shared out over the zones of today; rows that fall together are
        added up, their `record` names all lines. Totals stay what they were. Rows without a date count as of the issue date.
        """
        if self.steps.empty or table.name not in SHARED or df.empty:
            return df
        day = _days(df, table).fillna(issue_date)
        rows = pd.DataFrame({"ground": self.by_ground(df, table, issue_date)["zone"], "row": df.index, "day": day})
        parts = _on_the_day(rows.merge(self.steps, on="ground"))
        self._say_undated(df, table, ledger)
        if parts.empty:
            return df
        is_old = df.index.isin(parts["row"])
        if table.name == "dispatches":
            parts = _without_split_waybills(df, parts, ledger.problems)
        self._tell(parts, table, ledger)
        new, own = _shared_out(df, parts, SHARED[table.name]), df[~is_old]
        if "zone" in table.key:
            own, new = self._beside_their_own(new, parts, own.assign(day=day[~is_old]), table, ledger)
        together = pd.concat([own, new], ignore_index=True).astype(df.dtypes)
        together.attrs = dict(df.attrs)
        return together

    def _beside_their_own(
        self, new: pd.DataFrame, parts: pd.DataFrame, own: pd.DataFrame, table: Table, ledger: Ledger
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Parts, and the rows of today with their `day` -> rows of today that stay as they are, and the parts added up: with each
        other, and with the rows of today that lack them.
        """
        if table.is_count:
            stays = ~_counted_since(new, parts, own, table, ledger)
            new, parts = new[stays].reset_index(drop=True), parts[stays].reset_index(drop=True)
        self._say_incomplete(new, parts, table, ledger)
        lacks = _lacks_parts(new, parts, own, table, ledger)
        own = own.drop(columns="day")
        return own[~lacks], _added_up(pd.concat([new, own[lacks]], ignore_index=True), table, ledger.problems)

    def _tell(self, parts: pd.DataFrame, table: Table, ledger: Ledger) -> None:
        old = sorted(parts["from_code"].unique())
        rows = counted(int(parts["row"].nunique()), "row")
        how = "quantities times share" if SHARED[table.name] else "renamed"
        told = f"{rows} of {table.name} under {counted(len(old), 'old zone code')} ({few(old)})"
        ledger.remarks.append(f"{told} brought to the zones of today by the crosswalk: {how}.")
        for code, steps in parts.groupby("from_code"):
            shares = steps.drop_duplicates(["to_code", "share"]).sort_values(["to_code", "share"])
            value = ", ".join(f"{to} {share:.4g}" for to, share in zip(shares["to_code"], shares["share"], strict=True))
            ledger.assume("crosswalk", f"{table.name} of {code}", value, "share", f"inputs.crosswalk ({self.source})")

    def _say_undated(self, df: pd.DataFrame, table: Table, ledger: Ledger) -> None:
        """A code that is both old and of today needs a day to be told apart; without one it is taken as of today."""
        both = self.current.intersection(pd.Index(self.steps["from_code"].unique()))
        unclear = df["zone"].isin(both) & _days(df, table).isna()
        if unclear.any():
            codes = few(sorted(df.loc[unclear, "zone"].unique()))
            what = f"{counted(int(unclear.sum()), 'row')} of {table.name} without a date, under codes both old and of today"
            ledger.remarks.append(f"{what}: taken as of today ({codes}).")

    def _say_incomplete(self, new: pd.DataFrame, parts: pd.DataFrame, table: Table, ledger: Ledger) -> None:
        """Zones of today that are made of several old ones, some of which have no row: what is added up is too little."""
        place = ["to_code", "day"]
        makers = _on_the_day(parts[place].drop_duplicates().merge(self.steps, on="to_code"))
        due = parts[place].merge(makers.groupby(place)["from_code"].nunique().rename("due").reset_index(), on=place)["due"]
        keyed = new.assign(maker=parts["from_code"].to_numpy()).groupby(list(table.key), dropna=False)["maker"]
        short = new[keyed.transform("nunique").to_numpy() < due.to_numpy()].drop_duplicates(list(table.key))
        if len(short):
            what = f"{counted(len(short), 'row')} of {table.name} made by the crosswalk"
            zones = few(sorted(short["zone"].unique()))
            ledger.remarks.append(f"{what} lack the part of an old zone without a row: too small ({zones}).")


def checked(df: pd.DataFrame, zones: pd.Index, names: pd.Series, problems: Problems) -> Crosswalk:
    """Typed CROSSWALK -> complete steps. Refuses unknown new codes, shares that do not add up to 1, days that overlap or cross,
    and a code both old and of today that does not say until when it was old.
    """
    for _, unknown in checks.unknown_codes(df, "to_code", zones, "zones", names):
        problems.refuse(unknown)
    unchanged = (df["from_code"] == df["to_code"]) & (df["share"] == 1)
    df = df[~unchanged & (df["share"] > 0)].reset_index(drop=True)
    for row in df.index[df["from_code"].isin(zones) & df["valid_to"].isna()]:
        problem = "is an old code and a zone of today, and nothing says until when it was old"
        problems.refuse(convert.problem_at(df, row, "from_code", problem, "Give valid_to, its last day as the old zone"))
    for row in df.index[df["valid_from"] > df["valid_to"]]:
        problems.refuse(convert.problem_at(df, row, "valid_from", "is after valid_to", "Mend the row"))
    source = few(sorted({convert.place(str(record))[0] for record in df["record"]}))
    steps = df.assign(valid_from=df["valid_from"].fillna(FIRST), valid_to=df["valid_to"].fillna(LAST))
    _refuse_overlaps(steps, problems)
    total = steps.groupby(WINDOW)["share"].transform("sum")
    for row in steps.index[((total - 1).abs() > TOLERANCE + 1e-9) & ~steps.duplicated(WINDOW)]:
        problem = f"has shares that add up to {total[row]:.4g}, not 1"
        action = "Mend them: all that lay in the old zone lies somewhere today"
        problems.refuse(convert.problem_at(steps, row, "from_code", problem, action))
    until = steps["from_code"] + " until " + steps["valid_to"].dt.strftime("%Y-%m-%d")
    ground = steps["from_code"].mask(steps["from_code"].isin(zones), until)
    return Crosswalk(steps.assign(share=steps["share"] / total, ground=ground), zones, source)


def _refuse_overlaps(steps: pd.DataFrame, problems: Problems) -> None:
    """Of one old code, two sets of shares may not hold on the same day."""
    windows = steps.drop_duplicates(WINDOW).sort_values(WINDOW)
    before = windows.groupby("from_code")["valid_to"].shift()
    for row in windows.index[windows["valid_from"] <= before]:
        problem = f"has two sets of shares that hold on {windows['valid_from'][row].date()}"
        problems.refuse(convert.problem_at(windows, row, "from_code", problem, "Let the days of the two follow each other"))


# ------------------------------------------------------------------ rows


def _days(df: pd.DataFrame, table: Table) -> pd.Series:
    """The day each row tells of, which decides what its code meant; empty where it does not say."""
    dated = table.dated or ("period" if "period" in table.names else "")
    return df[dated] if dated else pd.Series(pd.NaT, index=df.index, dtype="datetime64[s]")


def _on_the_day(steps: pd.DataFrame) -> pd.DataFrame:
    return steps[(steps["day"] >= steps["valid_from"]) & (steps["day"] <= steps["valid_to"])].reset_index(drop=True)


def _without_split_waybills(df: pd.DataFrame, parts: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """A lorry went to one place: a consignment to an old zone that is several zones today is refused."""
    split = parts[parts["share"] < 1]
    today = split.groupby("row")["to_code"].agg(lambda codes: " and ".join(sorted(codes)))
    for row in df.index.intersection(today.index):
        problem = f"is an old zone that is {today[row]} today, and a waybill cannot be split"
        problems.refuse(convert.problem_at(df, row, "zone", problem, "Write the zone of today it went to"))
    return parts[parts["share"] == 1].reset_index(drop=True)


def _shared_out(df: pd.DataFrame, parts: pd.DataFrame, shared: tuple[str, ...]) -> pd.DataFrame:
    """One row per old row and new zone, counts times share."""
    new = df.loc[parts["row"]].reset_index(drop=True).assign(zone=parts["to_code"].to_numpy())
    return new.assign(**{name: new[name] * parts["share"].to_numpy() for name in shared})


def _counted_since(
    new: pd.DataFrame, parts: pd.DataFrame, own: pd.DataFrame, table: Table, ledger: Ledger
) -> npt.NDArray[np.bool_]:
    """(part) whether its zone was counted after the old zone was no more: the part is in that count, whatever its group."""
    place = [name for name in table.key if name != "group"]
    newest = own.groupby(place, as_index=False)["day"].max()
    counted_on = new[place].merge(newest, on=place, how="left")["day"]
    since = (counted_on.to_numpy() > parts["valid_to"].to_numpy()).astype(bool)
    if since.any():
        what = f"{counted(int(since.sum()), 'part')} of old zones ({few(sorted(parts['from_code'][since].unique()))})"
        zones = few(sorted(new["zone"][since].unique()))
        ledger.remarks.append(f"{what} in {table.name} not used: the zones of today were counted since ({zones}).")
    return since


def _lacks_parts(
    new: pd.DataFrame, parts: pd.DataFrame, own: pd.DataFrame, table: Table, ledger: Ledger
) -> npt.NDArray[np.bool_]:
    """(row of today) whether parts fall beside it that were not yet in its zone on its day: the two are of different ground."""
    key = list(table.key)
    until = new[key].assign(until=parts["valid_to"].to_numpy()).groupby(key, dropna=False)["until"].agg(["min", "max"])
    beside = own[key].merge(until.reset_index(), on=key, how="left")
    lacks = ((beside["max"] < LAST).to_numpy() & (own["day"].to_numpy() <= beside["min"].to_numpy())).astype(bool)
    if lacks.any():
        what = f"{counted(int(lacks.sum()), 'row')} of {table.name} from before a part of an old zone came to theirs"
        ledger.remarks.append(f"{what} ({few(sorted(own['zone'][lacks].unique()))}): added up with that part.")
    undecided = (table.is_count & (beside["max"] == LAST)).to_numpy(bool)
    _refuse_undecided(own[undecided], ledger.problems)
    return lacks | undecided


def _refuse_undecided(own: pd.DataFrame, problems: Problems) -> None:
    """Without the last day of the old zone nothing tells whether a count has the part in it."""
    for row in own.index:
        problem = "has a count of its own and a part of an old zone, and nothing says whether that part is in the count"
        action = "Give valid_to, the last day of the old zone, in the crosswalk"
        problems.refuse(convert.problem_at(own, row, "zone", problem, action))


def _added_up(new: pd.DataFrame, table: Table, problems: Problems) -> pd.DataFrame:
    """Rows that fall into one zone of today, of old zones and of its own ground before -> one row."""
    key = list(table.key)
    several = new.duplicated(key, keep=False)
    if not several.any():
        return new
    new_attrs, alone = dict(new.attrs), new[~several]
    groups = new[several].groupby(key, dropna=False)
    _refuse_unlike(groups, new, table, problems)
    columns = {column.name: _of_all(groups[column.name], column, table) for column in table.columns if column.name not in key}
    together = pd.concat([alone, pd.DataFrame(columns).reset_index()[list(new.columns)]], ignore_index=True)
    together.attrs = new_attrs
    return together


def all_lines(records: pd.Series) -> str:
    """The records of rows that are one row now: `a.csv:12 + a.csv:40`, each line once."""
    lines = {line for record in records for line in str(record).split(" + ")}
    return " + ".join(sorted(lines, key=convert.place))


def _of_all(cells: Any, column: Column, table: Table) -> pd.Series:
    """What the parts of a zone, grouped, are together in one column."""
    if column == RECORD:
        found = cells.agg(all_lines)
    elif column.name in SHARED[table.name]:
        found = cells.sum(min_count=1) if column.name in ANY_KNOWN else cells.sum(skipna=False)
    elif column.kind in ("number", "integer") or column == KNOWN_ON:
        found = cells.max()
    elif column.kind in ("date", "period"):
        found = cells.min()
    else:
        found = cells.agg(lambda texts: "; ".join(sorted(set(texts) - {""})))
    together: pd.Series = found
    return together


def _refuse_unlike(groups: Any, new: pd.DataFrame, table: Table, problems: Problems) -> None:
    """A weight cannot be added up, and a quantity cannot be fixed for a part of a zone: refused where the parts differ."""
    for name in ("weight", "fixed"):
        if name in new.columns:
            unlike = groups[name].nunique(dropna=False) > 1 if name == "weight" else groups[name].count() % groups.size() != 0
            for place in unlike.index[unlike]:
                records = groups["record"].get_group(place)
                file, line = convert.place(str(records.iloc[0]))
                problem = f"of several old zones falls into {place[0]}, and the parts differ ({' + '.join(sorted(records))})"
                problems.refuse(Problem(file, problem, f"Give it for {place[0]}", line=line, column=name))
