"""Rasters with a few bytes changed, removed or doubled; run as a program, so that one that crashes the reader is seen.

    python -m tests.property.mutated_rasters FIRST LAST

reads the mutants of those numbers, prints how many were refused, identical, different, and fails on any other outcome.
"""

from __future__ import annotations

import faulthandler
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import Affine
from shapely import box

from forecast.errors import InputError
from forecast.ingest import raster
from forecast.store import file_digest
from tests import small_places as small
from tests.small_stacks import nine_by_time, write_netcdf

PLACES = small.zones({"A": box(0.1, 0.1, 2.2, 2.9), "B": box(1.2, 1.2, 3, 3)})
LONGEST = 120  # seconds for one
WEEKS = ["2026-02-09", "2026-02-16", "2026-02-23"]
COMMON = {"step": "W", "unit": "mm", "valid": [0, 50], "over_time": "sum"}
TIFF = {"path": "rain.tif", "band_date": "(?P<date>.+)"} | COMMON
CDF = {"path": "rain.nc", "variable": "rain", "crs": "EPSG:4326"} | COMMON


def _tiff(path: Path, **changes: Any) -> None:
    side = 96
    profile = {
        "driver": "GTiff",
        "height": side,
        "width": side,
        "count": 3,
        "dtype": "float32",
        "nodata": -9999,
    }
    rng = np.random.default_rng(0)
    with rasterio.open(
        path, "w", **profile, crs="EPSG:4326", transform=Affine(3 / side, 0, 0, 0, -3 / side, 3), **changes
    ) as file:
        for band, week in enumerate(WEEKS, start=1):
            file.write(rng.gamma(1, 5, (side, side)).astype("float32"), band)
            file.set_band_description(band, week)


def _cdf(path: Path, engine: str) -> None:
    rng = np.random.default_rng(0)
    lat, lon = 3 - (np.arange(60) + 0.5) / 20, (np.arange(60) + 0.5) / 20
    ds = nine_by_time(WEEKS).interp(latitude=lat, longitude=lon, kwargs={"fill_value": "extrapolate"})
    ds["rain"].values[:] = rng.gamma(1, 5, ds["rain"].shape)
    ds["rain"] = ds["rain"].astype("float32")
    ds["rain"].attrs, ds["rain"].encoding = (
        {"units": "mm"},
        {"_FillValue": np.float32(-9999), **({"zlib": True} if engine == "h5netcdf" else {})},
    )
    write_netcdf(path, ds, engine)


SEEDS: list[tuple[dict[str, Any], Callable[[Path], None]]] = [
    (TIFF, lambda path: _tiff(path)),
    (TIFF, lambda path: _tiff(path, compress="deflate", predictor=3, tiled=True, blockxsize=32, blockysize=32)),
    (TIFF, lambda path: _tiff(path, compress="lzw", interleave="band")),
    (CDF, lambda path: _cdf(path, "h5netcdf")),
    (CDF, lambda path: _cdf(path, "scipy")),
]


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """The same bytes with one to four things done to them, half of the time near the head, where the meaning stands."""
    found = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, min(len(found), 600) if rng.random() < 0.5 else len(found)))
        some = int(rng.integers(1, 64))
        match int(rng.integers(0, 6)):
            case 0:
                found[at] ^= 1 << int(rng.integers(0, 8))
            case 1:
                found[at] = int(rng.integers(0, 256))
            case 2:
                found[at : at + some] = bytes(some)
            case 3:
                del found[at : at + some]
            case 4:
                found[at:at] = found[at : at + some]
            case _:
                found[at : at + some] = rng.bytes(some)
    return bytes(found[: int(rng.integers(1, len(found)))] if rng.random() < 0.05 else found)


def said(folder: Path, settings: dict[str, Any]) -> tuple[str, dict[str, int]]:
    """What a file says, `refused` where it is not used at all, and which of its signals are marked unverified."""
    asked = small.reading(folder, PLACES)
    try:
        ds = raster.read(raster.Settings.model_validate(settings), asked, "rain")
    except InputError:
        return "refused", {}
    return f"{ds['rain'].values.tolist()} {ds.indexes['period'].tolist()}", dict(asked.unverified)  # type: ignore[index]


def outcome(number: int, folder: Path) -> str:
    """What becomes of a mutant, without and with a checksum beside it."""
    settings, write = SEEDS[number % len(SEEDS)]
    path, sums = folder / settings["path"], folder / "SHA256SUMS"
    sums.unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    write(path)
    sound, _ = said(folder, settings)
    listed = f"{file_digest(path)}  {path.name}\n"
    data = path.read_bytes()
    mutant = mutated(data, np.random.default_rng([7, number]))
    path.write_bytes(mutant)
    found, unverified = said(folder, settings)
    assert found == "refused" or unverified == {"rain": 1}, f"mutant {number} is not marked"
    sums.write_text(listed)
    held, _ = said(folder, settings)
    assert held == ("refused" if mutant != data else sound), f"mutant {number} is read against its checksum"
    return "refused" if found == "refused" else "identical" if found == sound else "different, marked unverified"


def main(first: int, last: int) -> None:
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, last):
            print(number, file=sys.stderr, flush=True)  # the last number told is the one that crashed
            faulthandler.dump_traceback_later(LONGEST, exit=True)  # or kept the reader busy for ever
            counts[outcome(number, Path(folder))] += 1
    print(dict(sorted(counts.items())))


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    main(int(sys.argv[1]), int(sys.argv[2]))
