"""One file per output of a run: its name is what the config lists under `publish.outputs`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from forecast import plugins
from forecast.schema import Output, Plan, Result


def write_all(folder: Path, result: Result, outputs: tuple[str, ...]) -> None:
    """Write the outputs named into the run folder.

    Raises InputError when one is not a file of forecast/publish.
    """
    writers: list[Output] = [plugins.load("publish", name, "publish.outputs") for name in outputs]
    if result.plan is not None:
        result = dataclasses.replace(result, plan=_in_order(result.plan))
    for writer in writers:
        writer.write(folder, result)


def _in_order(plan: Plan) -> Plan:
    """The plan with its rows in order of their keys: sums of floats depend on the order, to the last digit."""
    return dataclasses.replace(
        plan,
        lines=plan.lines.sort_values("line_id", ignore_index=True),
        cells=plan.cells.sort_values(["period", "zone", "item"], ignore_index=True),
        depot_stock=plan.depot_stock.sort_values(["depot", "item", "period"], ignore_index=True),
    )
