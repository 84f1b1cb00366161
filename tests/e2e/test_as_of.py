"""Nothing known only after the issue date may change a run: full files and files cut at that date give the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from forecast import config, pipeline

NOW = pd.Timestamp("2026-11-22 06:00", tz="UTC").to_pydatetime()
ISSUE = pd.Timestamp("2026-10-05")
WEEK = pd.Timedelta(days=7)
SAME = ("allocation.csv", "coverage.csv", "demand.csv", "samples.parquet", "assumptions.csv")


@pytest.fixture(scope="module")
def full(demo_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo country with a past to look back on: earlier counts, receipts, corrections, and broken later rows."""
    folder = tmp_path_factory.mktemp("as_of") / "full"
    shutil.copytree(demo_config.parent, folder, ignore=shutil.ignore_patterns("runs", "truth"))
    settings = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    settings["forecast"] |= {"samples": 40, "horizon": 3, "default": {"use": "moving_average"}}
    settings["plan"] |= {"horizon": 2}
    for item in settings["items"].values():
        item.pop("model", None)
    (folder / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    _change(folder, "records/records_2026.csv", _with_corrections)
    _change(folder, "stock.csv", _with_earlier_counts)
    _change(folder, "zone_stock.csv", _with_earlier_counts)
    _change(folder, "arrivals.csv", _with_announcements)
    _change(folder, "dispatches.csv", _with_earlier_loads)
    for name in ("commitments.csv", "planned_by_others.csv", "priorities.csv"):
        _change(folder, name, _with_earlier_promises)
    return folder


@pytest.fixture(scope="module")
def cut(full: Path) -> Path:
    """The same files as they were on the issue date, cut without any of the program's own rules."""
    folder = full.parent / "cut"
    shutil.copytree(full, folder)
    for path in sorted((folder / "data" / "records").glob("*.csv")):
        _change(folder, f"records/{path.name}", lambda df: df[_ends(df["period"]) & _known(df)])
    for path in sorted((folder / "data" / "mobile").glob("presence_*.csv")):
        _change(folder, f"mobile/{path.name}", lambda df: df[_ends(df["period"])])
    for name in ("stock.csv", "zone_stock.csv"):
        _change(folder, name, lambda df: df[pd.to_datetime(df["counted_on"]) <= ISSUE])
    for name in ("arrivals.csv", "commitments.csv", "planned_by_others.csv", "priorities.csv"):
        _change(folder, name, lambda df: df[_known(df)])
    _change(folder, "dispatches.csv", _as_written_then)
    for path in sorted((folder / "data").glob("*/*.tif")):
        if pd.Timestamp(path.stem.rpartition("_")[2]) + WEEK > ISSUE:
            path.unlink()
    return folder


def test_full_files_and_files_cut_at_the_issue_date_give_the_same_bytes(full: Path, cut: Path) -> None:
    ran, again = _run(full), _run(cut)
    assert ran.folder.name == again.folder.name
    for name in SAME:
        assert (ran.folder / name).read_bytes() == (again.folder / name).read_bytes(), name
    noted, noted_again = (pd.read_csv(folder / "problems.csv").drop(columns="line") for folder in (ran.folder, again.folder))
    pd.testing.assert_frame_equal(noted, noted_again)  # but for the lines, which the cut moves
    told = " ".join(ran.ledger.remarks)
    for words in (
        "of records of periods not over on", "of records not yet known on", "of records replaced by a version known later",
        "of stock dated after", "of zone_stock replaced by a later count", "of dispatches dated after", "counted as on the road",
        "of arrivals not yet known on", "of present_people of periods not over on",
    ):  # fmt: skip
        assert words in told, words
    sent = pd.read_csv(ran.folder / "allocation.csv", encoding="utf-8-sig")["quantity"]
    assert (sent > 0).sum() > 50


def test_rows_after_today_are_an_error_even_when_the_issue_date_is_past(full: Path, tmp_path: Path) -> None:
    folder = tmp_path / "late"
    shutil.copytree(full, folder)
    _change(folder, "zone_stock.csv", lambda df: pd.concat([df, df.head(1).assign(counted_on="2026-12-24")]))
    with pytest.raises(Exception, match=r"'2026-12-24' is after today \(2026-11-22\)"):
        _run(folder)


def _run(folder: Path) -> pipeline.Outcome:
    path = folder / "config.yaml"
    loaded = config.load(path)
    return pipeline.run(config.job(loaded, path, scenario=None, issue_date=ISSUE.date(), now_utc=NOW))


# ------------------------------------------------------------------ files with a past


def _change(folder: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    path = folder / "data" / name
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(table).to_csv(path, index=False)


def _with_corrections(df: pd.DataFrame) -> pd.DataFrame:
    """A correction known in time, one known too late, a late row; broken rows of weeks to come."""
    df = df.assign(known_on="")
    old = df[df["period"] == "2026-09-07"].head(40)
    seen = old.head(20).assign(distributed="1", known_on="2026-09-30")
    unseen = old.tail(20).assign(distributed="7777", known_on="2026-10-06")
    df.loc[df.index[df["period"] == "2026-09-14"][:15], "known_on"] = "2026-10-20"
    broken = df[df["period"] == "2026-10-12"].head(30).assign(zone="nowhere", distributed="-5", stock_end="many")
    return pd.concat([df, seen, unseen, broken])


def _with_earlier_counts(df: pd.DataFrame) -> pd.DataFrame:
    earlier = [df.assign(counted_on=day) for day in ("2026-09-20", "2026-10-03")]
    later = df.head(5).assign(counted_on="2026-10-12", quantity="lots")
    return pd.concat([df.assign(counted_on="2026-10-31"), *earlier, later])


def _with_announcements(df: pd.DataFrame) -> pd.DataFrame:
    """Consignments announced in September, announced anew with other dates, and some announced too late."""
    df = df.assign(known_on="2026-09-15", consignment=[f"PO{n}" for n in range(len(df))])
    before = {
        name: df[name].map(lambda day: str((pd.Timestamp(day) - 4 * WEEK).date())) for name in ("eta", "eta_low", "eta_high")
    }
    df = df.assign(**before)
    seen = df.head(4).assign(eta="2026-10-08", eta_low="", eta_high="2026-10-09", known_on="2026-10-01")
    unseen = df.tail(6).assign(eta="2026-10-05", eta_low="", eta_high="", known_on="2026-10-07")
    return pd.concat([df, seen, unseen, df.tail(3).assign(consignment="new", quantity="?", known_on="2026-10-15")])


def _with_earlier_loads(df: pd.DataFrame) -> pd.DataFrame:
    earlier = df.head(60).assign(waybill="E" + df["waybill"], left="2026-10-04", received="2026-10-06", status="received")
    long_ago = df.head(60).assign(waybill="F" + df["waybill"], left="2026-09-28", received="2026-10-02", status="received")
    return pd.concat([df, earlier, long_ago, df.head(2).assign(waybill="G", item="nothing", left="2026-10-09", received="soon")])


def _with_earlier_promises(df: pd.DataFrame) -> pd.DataFrame:
    df = df.assign(known_on="2026-10-20")
    earlier = df.assign(known_on="")
    if "period" in df:
        earlier["period"] = "2026-10-12"
    return pd.concat([earlier, df, df.head(1).assign(zone="nowhere")])


def _ends(period: pd.Series) -> pd.Series:
    return pd.to_datetime(period) + WEEK <= ISSUE


def _known(df: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(df["known_on"].replace("", None)).fillna(ISSUE) <= ISSUE if "known_on" in df else df.index >= 0


def _as_written_then(df: pd.DataFrame) -> pd.DataFrame:
    """The waybills that had left, without the receipts of later days."""
    df = df[pd.to_datetime(df["left"]) <= ISSUE].copy()
    later = pd.to_datetime(df["received"].replace("", None)) > ISSUE
    df.loc[later, ["received", "received_quantity", "lost", "status"]] = ""
    return df
