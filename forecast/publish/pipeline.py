"""pipeline.csv: when a depot will run out of what, how likely, what to order, and by when."""

from __future__ import annotations

from pathlib import Path

from forecast.publish import _frames
from forecast.publish.tables import write_csv
from forecast.schema import Result


def write(folder: Path, result: Result) -> None:
    """Write pipeline.csv; without a plan there is none."""
    if result.plan is not None:
        write_csv(_frames.pipeline(result.plan, result.stamp), folder / "pipeline.csv")
