"""The figures of a plan: what each layer reached, what no plan can beat, and what the published lines come to."""

from __future__ import annotations

import numpy as np

from forecast.allocate import coverage, floors, settle, simulate, ways
from forecast.allocate.objectives import cvar, stability
from forecast.allocate.packs import Sent
from forecast.allocate.problem import Allocation
from forecast.allocate.simulate import Outcome
from forecast.allocate.solve import Solved
from forecast.config import Config
from forecast.errors import counted
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
    for code, share in floors.held(problem, sent.planned, ledger).items():
        found[f"survival_published_{code}"] = share
    found |= _shares(problem, solved, outcome, ledger)
    if len(problem.fleet):
        trips, cost = sent.driven.trips(sent.room), problem.ways["trip_cost"].to_numpy(float)
        per_unit = ways.haulage(problem.ways, problem.loads, problem.items, problem.groups.pack)
        between, for_depots = settle.haulage(problem)
        found |= {
            "trips": float(trips.sum()) + between,
            "haulage": float(cost @ trips.sum(axis=1) + per_unit @ sent.quantity) + for_depots,
        }
        found |= {"transfer_trips": between, "transfer_haulage": for_depots} if between else {}
    found |= {"layer_tolerance": config.plan.layer_tolerance, "lp_rows": solved.rows, "lp_columns": solved.columns}
    made, moved = sent.changes, int(sent.changes.moved.sum())
    found |= {
        "packs_moved": moved,
        "small_visits_joined": len(made.joined),
        "small_visits_left_out": len(made.left_out),
        "sensible_loads_price": made.price,
    }
    if moved or made.joined or made.left_out:
        ledger.remarks.append(
            f"Sensible loads (plan.min_shipment, visit_days, safety_days): {moved:,} packs leave with another delivery "
            f"or stay in the depot; {counted(len(made.joined), 'small visit')} joined to others, {len(made.left_out):,} left "
            f"out. Price: {made.price:,.0f} person-periods short, weighted by priority."
        )
    found |= _vehicles(sent, config, ledger)
    found |= _worst_futures(problem, solved, sent, config, ledger)
    found |= _as_before(problem, solved, sent, ledger)
    if solved.stopped:
        found["stopped"] = solved.stopped
        ledger.marks.append(
            f"The solver ran out of time in the layer '{solved.stopped}' (plan.time_limit_seconds: "
            f"{config.plan.time_limit_seconds:g}): this plan is the best so far, that of the layers before it."
        )
    return found


def _vehicles(sent: Sent, config: Config, ledger: Ledger) -> dict[str, object]:
    """What whole vehicles cost in the firm periods."""
    driven = sent.driven
    if not any(driven.vehicles) and not driven.left:
        return {}
    shared = sum(len(stops) > 1 for stops in driven.stops)
    text = (
        f"Whole vehicles in the first {counted(config.plan.firm_periods, 'period')} (plan.firm_periods): "
        f"{counted(sum(driven.vehicles), 'vehicle load')}, {counted(shared, 'round')} to several zones; "
        f"{driven.left:,.1f} vehicle loads stay behind, that vehicles counted in parts would carry. Price: {driven.price:,.0f} "
        f"person-periods short, weighted by priority. No choice of rounds carries more by over {driven.gap:.2%} of its worth."
    )
    ledger.remarks.append(text)
    if driven.broken:
        ledger.marks.append(
            f"{counted(driven.broken, 'load')} of what is promised found no whole vehicle (plan.firm_periods): "
            "the promise is not kept."
        )
    return {
        "whole_vehicles": sum(driven.vehicles),
        "rounds_shared": shared,
        "vehicle_loads_left": driven.left,
        "whole_vehicles_price": driven.price,
        "whole_vehicles_gap": driven.gap,
    }


def _worst_futures(problem: Allocation, solved: Solved, sent: Sent, config: Config, ledger: Ledger) -> dict[str, object]:
    """What is short in the worst futures by what is published, on all samples, and what that cost in the linear plan."""
    made = next((reached for reached in solved.reached if reached.layer.name == cvar.NAME), None)
    if made is None:
        return {}
    asked = next(plugin for plugin in config.plan.objectives if plugin.use == cvar.NAME)
    level = cvar.Settings.model_validate(asked.settings).level
    short = simulate.worst_futures(problem, sent.planned, level)
    ledger.remarks.append(
        f"In the worst {1 - level:.0%} of all futures {short:,.0f} person-periods go short, weighted by priority "
        f"(plan.objectives: cvar). Looking at them costs {made.price:,.0f} person-periods of expected shortage."
    )
    return {"cvar_published": short, "cvar_price": made.price}


def _as_before(problem: Allocation, solved: Solved, sent: Sent, ledger: Ledger) -> dict[str, object]:
    """How much of the last plan stays in what is published, and what that cost in the linear plan."""
    made = next((reached for reached in solved.reached if reached.layer.name == stability.NAME), None)
    if made is None:
        return {}
    pack, loads = problem.groups.pack[:, None], problem.loads
    now = np.zeros_like(problem.before)
    np.add.at(now, (loads["way"].to_numpy(), loads["item"].to_numpy(), loads["period"].to_numpy()), sent.quantity)
    before, kept = float((problem.before / pack).sum()), float((np.minimum(now, problem.before) / pack).sum())
    unit = solved.reached[solved.reached.index(made) - 1].layer
    ledger.remarks.append(
        f"Of {before:,.0f} packs that the last plan has ahead, {kept:,.0f} are sent as it says: day, depot, vehicle and zone "
        f"(plan.objectives: stability). Holding on to it costs {made.price:,.1f} of {unit.name} ({unit.unit})."
    )
    return {"packs_planned_before": before, "packs_as_before": kept, "stability_price": made.price}


def _shares(problem: Allocation, solved: Solved, outcome: Outcome, ledger: Ledger) -> dict[str, object]:
    """How evenly the zones within reach are covered by what is published, and what fairness cost in the linear plan."""
    reach = coverage.within_reach(problem)
    covered = reach.coverage(problem, outcome)
    if np.isnan(covered).all():
        return {}
    worst, evenness = int(np.nanargmin(covered)), coverage.gini(covered, reach.need)
    found: dict[str, object] = {
        "worst_zone": problem.zones[worst],
        "worst_zone_coverage": float(covered[worst]),
        "coverage_gini": evenness,
    }
    text = (
        f"Of the zones within reach, {problem.zones[worst]} has the least of what it needs, {covered[worst]:.0%}; "
        f"the Gini coefficient of the zones' coverage is {evenness:.2f} (0: all alike)."
    )
    prices = [reached.price for reached in solved.reached if reached.layer.name == "fairness" and not np.isnan(reached.price)]
    if prices:
        found["fairness_price"] = sum(prices)
        found["fairness_price_unit"] = "person-periods of expected shortage, weighted by priority, given up for fairness"
        text += f" Fairness between them costs {sum(prices):,.0f} person-periods of shortage more than the least there could be."
    ledger.remarks.append(text)
    return found
