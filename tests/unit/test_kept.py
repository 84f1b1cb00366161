"""What is kept between runs saves time and changes nothing: rasters are read once, and whatever is kept may be lost or spoilt."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from shapely import box

from forecast import geo, kept
from forecast.errors import InputError
from forecast.ingest import _zone_values, raster
from forecast.kept import Kept
from forecast.schema import Reading
from tests import small_places as small
from tests.small_stacks import nine_by_time, write_bands, write_netcdf

PLACES = small.zones({"B": box(1, 2, 2, 3), "A": box(0, 2, 1, 3)})
WEEKS = ["2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"]
RAIN = {"path": "rain_*.tif", "date": "rain_(?P<date>[0-9-]+)", "step": "W", "unit": "mm", "valid": [0, 500], "over_time": "sum"}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of rasters as they are opened."""
    names: list[str] = []
    real = _zone_values.opened

    @contextmanager
    def counted(path: Path, *rest: Any) -> Iterator[geo.Stack]:
        names.append(path.name)
        with real(path, *rest) as stack:
            yield stack

    monkeypatch.setattr(_zone_values, "opened", counted)
    return names


def weekly(folder: Path, weeks: list[str] = WEEKS) -> None:
    for n, week in enumerate(weeks, start=1):
        small.write_nine(folder / f"rain_{week}.tif", small.NINE * n)


def night(folder: Path, places: Any = PLACES, issue_date: str = "2026-03-02", **changes: Any) -> tuple[xr.Dataset, Reading]:
    """What is read in one night, with what the nights before kept."""
    asked = small.reading(folder, places, issue_date)
    asked.kept.folder = folder / "kept"
    ds = raster.read(raster.Settings.model_validate(RAIN | changes), asked, "rain")
    assert isinstance(ds, xr.Dataset)
    return ds, asked


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "kept").iterdir())}


def test_on_the_next_night_only_new_rasters_are_opened(tmp_path: Path, opened: list[str]) -> None:
    weekly(tmp_path)
    first, _ = night(tmp_path, issue_date="2026-02-23")
    assert opened == [f"rain_{week}.tif" for week in WEEKS[:3]]
    opened.clear()
    night(tmp_path, issue_date="2026-02-23")
    assert opened == []
    later, asked = night(tmp_path)
    assert opened == ["rain_2026-02-23.tif"]
    np.testing.assert_array_equal(later["rain"].values[:, :3], first["rain"].values)
    assert len(asked.files) == 4  # all are hashed for the manifest
    assert sorted(asked.kept.used) == sorted(files_in(tmp_path))


def test_of_a_file_of_many_dates_only_new_ones_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bands = {"path": "rain.tif", "date": None, "band_date": "(?P<date>.*)", "step": "W"}
    write_bands(tmp_path / "rain.tif", WEEKS)
    night(tmp_path, issue_date="2026-02-16", **bands)
    read: list[int] = []
    real = geo.Raster.read
    monkeypatch.setattr(geo.Raster, "read", lambda self, *window: read.append(self.layer) or real(self, *window))
    night(tmp_path, **bands)
    assert read == [2, 3]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"outside", b"0utside")),
        lambda path: path.write_bytes(path.read_bytes()[:-200] + bytes(200)),
        lambda path: path.write_text("not kept by us\n"),
    ],
)
def test_kept_files_that_are_lost_or_spoilt_are_made_again_the_same(tmp_path: Path, opened: list[str], spoil: Any) -> None:
    weekly(tmp_path)
    first, asked = night(tmp_path)
    before = files_in(tmp_path)
    assert sorted(name.split("-")[0] for name in before) == ["weights", "zones"]
    assert {name: hashlib.sha256(data).hexdigest() for name, data in before.items()} == asked.kept.used
    for path in (tmp_path / "kept").iterdir():
        spoil(path)
    opened.clear()
    again, _ = night(tmp_path)
    xr.testing.assert_identical(again, first)
    assert len(opened) == 4
    assert files_in(tmp_path) == before


@pytest.mark.parametrize(
    "change",
    [
        {"places": small.zones({"B": box(1, 2, 2, 3), "A": box(0, 1.9, 1, 3)})},
        {"places": small.zones({"C": box(1, 2, 2, 3), "A": box(0, 2, 1, 3)})},
        {"over_zone": "max"},
        {"valid": [0, 5]},
        {"nodata": 4},
        {"convert": {"times": 2}},
    ],
)
def test_what_was_kept_for_other_zones_or_settings_is_not_used(tmp_path: Path, opened: list[str], change: dict[str, Any]) -> None:
    weekly(tmp_path)
    night(tmp_path)
    opened.clear()
    changed, _ = night(tmp_path, **change)
    assert len(opened) == 4
    (tmp_path / "kept").rename(tmp_path / "away")
    xr.testing.assert_identical(night(tmp_path, **change)[0], changed)


def test_a_raster_replaced_by_another_of_the_same_name_and_size_is_read_again(tmp_path: Path, opened: list[str]) -> None:
    weekly(tmp_path)
    night(tmp_path)
    path = tmp_path / "rain_2026-02-09.tif"
    times = path.stat()
    small.write_nine(path, small.NINE * 9)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    opened.clear()
    assert night(tmp_path)[0]["rain"].sel(zone="A").values.tolist() == [1, 9, 3, 4]
    assert opened == ["rain_2026-02-09.tif"]


def test_notes_are_the_same_whether_a_raster_was_read_tonight_or_before(tmp_path: Path) -> None:
    weekly(tmp_path)
    first = night(tmp_path, valid=[0, 3])[1]
    second = night(tmp_path, valid=[0, 3])[1]
    assert small.noted(first) == small.noted(second) != ""
    assert first.ledger.remarks == second.ledger.remarks


def test_kept_values_of_another_shape_are_not_trusted(tmp_path: Path) -> None:
    store = Kept(tmp_path)
    arrays = {"rows": np.array(["a:0"]), "values": np.ones((1, 5)), "coverage": np.ones((1, 5)), "outside": np.zeros((1, 2))}
    store.put(_zone_values.Rows(store, "k" * 64, 2).name, "k" * 64, arrays)
    assert _zone_values.Rows(store, "k" * 64, 5).before["a:0"].values.tolist() == [1] * 5
    assert not _zone_values.Rows(store, "k" * 64, 2).before


def test_a_folder_that_cannot_be_written_is_told_and_changes_nothing(tmp_path: Path) -> None:
    weekly(tmp_path)
    plain, _ = night(tmp_path)
    (tmp_path / "kept").rename(tmp_path / "away")
    (tmp_path / "kept").write_text("a file in the way")
    ds, asked = night(tmp_path)
    xr.testing.assert_identical(ds, plain)
    assert asked.ledger.remarks[-1].startswith("Not kept for the next run: weights-")


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept.os, "fsync", full)
    store = Kept(tmp_path)
    store.put("a.npz", "key", {"values": np.ones(3)})
    assert list(tmp_path.iterdir()) == []
    assert store.unwritten == ["a.npz (No space left on device)"]
    assert store.get("a.npz", "key") is None


def test_what_was_not_used_for_longest_makes_room_for_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"values": np.zeros(1000)}
    for age, name in enumerate(["newest.npz", "used.npz", "oldest.npz", ".killed.npz.tmp"]):
        Kept(tmp_path).put(name, name, values)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    monkeypatch.setattr(kept, "MOST_BYTES", 3 * (tmp_path / "used.npz").stat().st_size + 100)
    tonight = Kept(tmp_path)
    assert tonight.get("used.npz", "used.npz") is not None
    tonight.put("new.npz", "new.npz", values)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.npz", "newest.npz", "used.npz"]
    Kept(tmp_path).put("next.npz", "next.npz", values)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.npz", "next.npz", "used.npz"]


def test_what_a_run_uses_is_kept_however_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 10)
    tonight = Kept(tmp_path)
    for name in ("a.npz", "b.npz"):
        tonight.put(name, "key", {"values": np.zeros(3)})
    assert sorted(tonight.used) == sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


# ------------------------------------------------------------------ whether a file is what it was


def test_what_is_kept_elsewhere_is_read_and_never_written(tmp_path: Path) -> None:
    Kept(tmp_path / "nights").put("choice.npz", "monday", {"values": np.ones(3)})
    what_if = Kept(tmp_path / "what_if", elsewhere=tmp_path / "nights")
    found = what_if.get("choice.npz", "monday")
    assert found is not None
    assert found["values"].tolist() == [1, 1, 1]
    what_if.put("choice.npz", "another question", {"values": np.zeros(3)})
    assert what_if.get("choice.npz", "monday") is not None  # its own is of another question
    assert Kept(tmp_path / "nights").get("choice.npz", "another question") is None


def test_a_checksum_beside_a_file_is_held_against_it(tmp_path: Path) -> None:
    weekly(tmp_path)
    sums = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(tmp_path.glob("*.tif"))}
    (tmp_path / "SHA256SUMS").write_text("".join(f"{digest}  {path.name}\n" for path, digest in list(sums.items())[:3]))
    last = tmp_path / "rain_2026-02-23.tif"
    Path(f"{last}.sha256").write_text(f"{sums[last]} *{last.name}\n")
    _, asked = night(tmp_path)
    assert asked.ledger.remarks == []
    assert asked.unverified == {}
    last.write_bytes(last.read_bytes() + b" ")
    (tmp_path / "rain_2026-02-02.tif").write_bytes((tmp_path / "rain_2026-02-09.tif").read_bytes())
    ds, asked = night(tmp_path)
    assert np.isnan(ds["rain"].sel(zone="A")).values.tolist() == [True, False, False, True]
    assert "rain_2026-02-02.tif: is not the file its checksum was made of (SHA256SUMS). Counts as missing" in small.noted(asked)
    assert "is not the file its checksum was made of (rain_2026-02-23.tif.sha256)" in small.noted(asked)


def test_files_without_checksum_are_told_of(tmp_path: Path) -> None:
    weekly(tmp_path)
    _, asked = night(tmp_path)
    assert asked.unverified == {"rain": 4}
    assert asked.ledger.remarks[0].startswith("rain: integrity unverified: no checksum stands beside 4 files of rasters")


def test_a_file_replaced_while_it_is_read_counts_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weekly(tmp_path)
    real = geo.Raster.read

    def slow(self: geo.Raster, *window: slice) -> Any:
        values = real(self, *window)
        if self.name == "rain_2026-02-16.tif":
            small.write_nine(tmp_path / "new.tif", small.NINE * 7).replace(tmp_path / self.name)
        return values

    monkeypatch.setattr(geo.Raster, "read", slow)
    ds, asked = night(tmp_path)
    assert np.isnan(ds["rain"].sel(zone="A")).values.tolist() == [False, False, True, False]
    assert "rain_2026-02-16.tif: was replaced while it was read. Counts as missing. Run again once it is whole" in small.noted(
        asked
    )
    monkeypatch.setattr(geo.Raster, "read", real)
    assert night(tmp_path)[0]["rain"].sel(zone="A").values.tolist() == [1, 2, 7, 4]


def test_a_netcdf_replaced_between_its_dates_and_its_values_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_netcdf(tmp_path / "rain.nc", nine_by_time(WEEKS))
    real = _zone_values.opened

    def replacing(*arguments: Any) -> Any:
        write_netcdf(tmp_path / "new.nc", nine_by_time(WEEKS)).replace(path)
        return real(*arguments)

    monkeypatch.setattr(_zone_values, "opened", replacing)
    with pytest.raises(InputError, match=r"rain\.nc: 1 problem\n  was replaced while it was read"):
        night(tmp_path, path="rain.nc", date=None, variable="rain", crs="EPSG:4326")
