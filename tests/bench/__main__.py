"""`make bench`: whole commands, rasters, demand and the plan; what it shows is small enough for half an hour.

    make bench BENCH="--full --statsforecast PYTHON"

Whole commands stand beside a calibration loop, a fixed piece of numpy work, so that machines compare: `loops` is a command's
seconds in units of it. Of demand (see `demand`): ours beside outside rivals on the visible protocol, the sets of other countries
and needs, the country whose truth is known, and seconds and memory by size. Of the plan (see `plan`): beside the deterministic
one, by fairness, and other rivals. `--full` has every origin, model, share of stock-outs and size, which takes hours.
"""

from __future__ import annotations

import argparse
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

from tests.bench import demand, plan, rasters
from tests.bench.demand_models import SIMPLE
from tests.bench.demand_sets import SETS

ROOT = Path(__file__).parents[2]
REAL_DATA = Path(os.environ.pop("FORECAST_DATA", ROOT.parent / "shared" / "data"))  # the demo has its own data
MINUTES = 15  # without --full, no part of demand begins later
OURS = "best, quick;best, fastest;pooled, fast;empirical"
QUICK = (
    ("civ", "--origins", "1", "--rivals", "60", "--models", f"{OURS};{';'.join(SIMPLE)}"),
    ("scale", "--zones", "1000", "3000", "--models", "best, fastest"),
    ("truth", "--origins", "1", "--shares", "0.3", "--models", "best, fastest"),
    *(("sets", "--sets", name, "--origins", "4", "--models", f"best, fastest;{';'.join(SIMPLE)}") for name in SETS),
)
QUICK_PLAN = ["--repeats", "1", "--limit", "60", "--size", "5,200,3,14,50"]
FULL = (
    ("civ", "--rivals", "200", "--models", f"best;{OURS};intermittent;ets;state_space;{';'.join(SIMPLE)}"),
    ("scale", "--models", "best;best, fastest"),
    ("truth", "--models", "best, fastest"),
    ("sets", "--models", f"best;{OURS};{';'.join(SIMPLE)}"),
)


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
    """Print all tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all of it, which takes hours")
    parser.add_argument("--statsforecast", default="", metavar="PYTHON", help="a Python that has statsforecast, for AutoETS")
    args = parser.parse_args()
    began = time.perf_counter()
    commands()
    rasters.main()
    for part, *more in FULL if args.full else QUICK:
        minutes = (time.perf_counter() - began) / 60
        if minutes > MINUTES and not args.full:
            print(f"\nleft out after {minutes:.0f} minutes: demand {part} {' '.join(more)}")
            continue
        print(f"\ndemand, {part}, after {minutes:.1f} minutes", flush=True)
        demand.main([part, *more, "--statsforecast", args.statsforecast], REAL_DATA)
    print(f"\nplan, after {(time.perf_counter() - began) / 60:.1f} minutes", flush=True)
    plan.main([] if args.full else QUICK_PLAN)


def commands() -> None:
    """Print the table of whole commands."""
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


if __name__ == "__main__":
    main()
