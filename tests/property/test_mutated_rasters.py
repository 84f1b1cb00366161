"""Whatever bytes of a raster are changed: refused, identical, or marked unverified; with a checksum always refused."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def outcomes(first: int, last: int) -> dict[str, int]:
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.property.mutated_rasters", str(first), str(last)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    counts = ast.literal_eval(done.stdout.strip().splitlines()[-1])
    print(counts)
    assert sum(counts.values()) == last - first
    assert counts["refused"] > 0.2 * (last - first)
    return counts


def test_200_mutated_rasters_are_refused_identical_or_marked() -> None:
    outcomes(0, 200)


@pytest.mark.slow
def test_2000_mutated_rasters_are_refused_identical_or_marked() -> None:
    outcomes(200, 2000)
