"""The figures of a plan: what each layer reached, what no plan can beat, and what the published lines come to."""

from __future__ import annotations

import numpy as np

from forecast.allocate import floors, ways
from forecast.allocate.packs import Sent
from forecast.allocate.problem import Allocation
from forecast.allocate.simulate import Outcome
from forecast.allocate.solve import Solved
from forecast.config import Config
from forecast.schema import Ledger


def figures(
    problem: Allocation, solved: Solved, sent: Sent, outcome: Outcome, config: Config, ledger: Ledger
) -> dict[str, object]:
    """Name -> value, all printable; "published" is recomputed from the lines, on all samples.

    `need_gap` is (published - bound) / published: what whole packs, the pieces of the curves and the tolerance cost
    together, at most.
    """
    found: dict[str, object] = {}
    for reached in solved.reached:
        name = reached.layer.name
        found |= {name: reached.value, f"{name}_unit": reached.layer.unit, f"{name}_seconds": round(reached.seconds, 3)}
        if not np.isnan(reached.bound):
            found[f"{name}_bound"] = reached.bound
    published = float((outcome.unmet.sum(axis=2) * problem.weight)[problem.series].sum())
    found["need_published"] = published
    if "need_bound" in found:
        found["need_gap"] = (published - float(str(found["need_bound"]))) / published if published > 0 else 0.0
    for code, share in floors.held(problem, sent.planned).items():
        found[f"survival_published_{code}"] = share
    if len(problem.fleet):
        trips, cost = sent.room.trips(), problem.ways["trip_cost"].to_numpy(float)
        per_unit = ways.haulage(problem.ways, problem.loads, problem.items, problem.groups.pack)
        found |= {"trips": float(trips.sum()), "haulage": float(cost @ trips.sum(axis=1) + per_unit @ sent.quantity)}
    found |= {"layer_tolerance": config.plan.layer_tolerance, "lp_rows": solved.rows, "lp_columns": solved.columns}
    if solved.stopped:
        found["stopped"] = solved.stopped
        ledger.remarks.append(f"Time ran out in the layer '{solved.stopped}': the plan is that of the layers before it.")
    return found
