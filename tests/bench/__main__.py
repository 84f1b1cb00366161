"""`make bench`: whole commands, their seconds and memory, beside a calibration loop so that machines compare.

The calibration loop is a fixed piece of numpy work; `loops` is a command's seconds in units of it.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.bench import rasters

ROOT = Path(__file__).parents[2]
REAL_DATA = Path(os.environ.pop("FORECAST_DATA", ROOT.parent / "shared" / "data"))  # the demo has its own data


@dataclass(frozen=True)
class Measure:
    """One command: its wall seconds and the largest memory of any of its processes."""

    name: str
    seconds: float
    peak_mb: float
    limit: str


def calibrate() -> float:
    """Seconds of a fixed loop: matrix products and sorts, one thread; the median of five."""
    rng = np.random.default_rng(0)
    square, line = rng.random((400, 400)), rng.random(1_000_000)
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(10):
            square @ square
            np.sort(line)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def measure(name: str, limit: str, *arguments: str) -> Measure:
    """Run a `forecast` command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "forecast", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{name} failed with exit code {done.returncode}:\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return Measure(name, seconds, max(before, after) / 1024, limit)


def main() -> None:
    """Print the table."""
    loop = calibrate()
    print(f"calibration loop: {loop:.3f} s")
    folder = Path(tempfile.mkdtemp())
    try:
        # In order of memory, smallest first: the system only tells the largest child so far.
        measures = [
            measure("help", "0.5 s", "--help"),
            measure("demo", "-", "demo", str(folder / "demo")),
            measure("run, demo country", "30 s, 1 GB", "run", str(folder / "demo" / "config.yaml")),
        ]
        if REAL_DATA.is_dir():
            config = str(ROOT / "configs" / "civ_care.yaml")
            measures.append(
                measure(
                    "run, Cote d'Ivoire",
                    "240 s, 2 GB",
                    "run",
                    config,
                    "--set",
                    f"paths.data={REAL_DATA}",
                    "--out",
                    str(folder / "civ"),
                )
            )
        else:
            print("skipped: Cote d'Ivoire, no real data here (set FORECAST_DATA)")
    finally:
        shutil.rmtree(folder)
    print(f"{'command':<22}{'seconds':>9}{'loops':>8}{'peak MB':>9}  limit")
    for row in measures:
        print(f"{row.name:<22}{row.seconds:>9.2f}{row.seconds / loop:>8.1f}{row.peak_mb:>9.0f}  {row.limit}")
    rasters.main()


if __name__ == "__main__":
    main()
