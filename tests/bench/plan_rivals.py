"""Rivals of the need layer: the plan written out with a row for every future, in HiGHS and in PuLP; what-ifs hot and cold.

The extensive form has for every cell and sample a column of what goes short and a row that holds it up; all else is as in ours.
PuLP is used as its manual shows: variables and sums by loops, its own solver (CBC). All take the need layer alone, on one thread,
and stop at a limit of seconds.
"""

from __future__ import annotations

import resource
import statistics
import time
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise

import highspy
import numpy as np

from forecast.allocate import binding, rules
from forecast.allocate.lp import INF, Block, Model
from forecast.allocate.objectives import need
from forecast.allocate.problem import Allocation
from forecast.allocate.solver import Kept
from forecast.config import Config

WHAT_IFS = 8


@dataclass(frozen=True)
class Found:
    """Seconds of building and of solving; the value reached, None where the limit came first; rows."""

    build: float
    solve: float
    value: float | None
    rows: int


def ours(problem: Allocation, config: Config) -> Found:
    """The need layer alone, as the plan solves it."""
    began = time.process_time()
    parts = rules.build(problem, config.plan.segments)
    layer = need.layer(parts, need.Settings())
    kept = Kept(parts.model, 3600)
    built = time.process_time()
    solution = kept.minimise(layer)
    value = solution.cost + layer.constant if solution else None
    return Found(built - began, time.process_time() - built, value, parts.model.rows.size)


def extensive(problem: Allocation) -> tuple[highspy.HighsLp, float]:
    """The need layer with a row for every future, and the constant of its costs."""
    parts = rules.build(problem, 2)
    model, layer = parts.model, need.layer(parts, need.Settings())
    without = parts.model.matrix().tolil()
    pieces = np.concatenate([np.arange(block.first, block.first + block.size) for block in _pieces(model)])
    without[:, pieces] = 0
    matrix, upper = without.tocsr(), np.concatenate(model.rows.upper)
    whole, costs, constant = model.matrix(), layer.dense(model.columns.size), layer.constant
    shift, priced = np.zeros(model.rows.size), [np.where(np.isin(np.arange(len(costs)), pieces), 0.0, costs)]
    for curve in parts.zones.curves:
        cells, samples = curve.curves.ordered.shape
        short = model.add_columns("short_in", cells * samples, []).reshape(cells, samples)
        wanted = curve.curves.ordered - upper[curve.fill][:, None]
        rows = model.add_rows("short_in", cells * samples, [], wanted.ravel(), INF).reshape(cells, samples)
        model.put(rows, short, 1.0)
        supply = matrix[curve.fill].tocoo()
        model.put(rows[supply.row], supply.col[:, None], -supply.data[:, None])
        cell, first = np.unique(curve.curves.cell, return_index=True)
        met, tail = whole[:, curve.pieces[first]].tocoo(), curve.curves.tail[first]  # what a unit of demand met is worth where
        elsewhere = met.row != curve.fill[cell[met.col]]
        row, of, worth = met.row[elsewhere], met.col[elsewhere], (met.data / tail[met.col])[elsewhere]
        model.put(row[:, None], short[cell[of]], -worth[:, None] / samples)
        np.add.at(shift, row, worth * curve.curves.mean[cell[of]])
        per_unit = np.zeros(cells)
        per_unit[cell] = costs[curve.pieces[first]] / tail
        constant += float((per_unit * curve.curves.mean).sum())
        priced.append(np.repeat(-per_unit / samples, samples))
    lp = model.highs()
    most = np.array(lp.col_upper_)
    most[pieces] = 0.0
    more = np.zeros(model.rows.size - len(shift))
    shifted = (np.array(lp.row_lower_) - np.append(shift, more), np.array(lp.row_upper_) - np.append(shift, more))
    lp.row_lower_, lp.row_upper_, lp.col_upper_, lp.col_cost_ = *shifted, most, np.concatenate(priced)
    return lp, constant


def in_highs(problem: Allocation, limit: float) -> Found:
    """The extensive form, by the interior point of HiGHS, which is its best here."""
    began = time.process_time()
    lp, constant = extensive(problem)
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("solver", "ipm"), ("time_limit", limit)):
        highs.setOptionValue(option, value)
    highs.passModel(lp)
    built = time.process_time()
    highs.run()
    is_done = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    value = highs.getInfo().objective_function_value + constant if is_done else None
    return Found(built - began, time.process_time() - built, value, lp.num_row_)


def in_pulp(problem: Allocation, limit: float) -> Found:
    """The extensive form in PuLP."""
    import pulp

    lp, constant = extensive(problem)
    began = time.process_time()
    start, index, value = (np.array(part).tolist() for part in (lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_))
    made = pulp.LpProblem("plan", pulp.LpMinimize)
    variables = [
        pulp.LpVariable(f"x{number}", low, None if high >= INF else high)
        for number, (low, high) in enumerate(zip(lp.col_lower_, lp.col_upper_, strict=True))
    ]
    made += pulp.lpSum(cost * variable for cost, variable in zip(lp.col_cost_, variables, strict=True) if cost)
    terms: list[list[object]] = [[] for _ in range(lp.num_row_)]
    for column, (first, end) in enumerate(pairwise(start)):
        for place in range(first, end):
            terms[index[place]].append(value[place] * variables[column])
    for row, low, high in zip(terms, lp.row_lower_, lp.row_upper_, strict=True):
        total = pulp.lpSum(row)
        if low == high:
            made += total == low
        elif low > -INF:
            made += total >= low
        if low != high and high < INF:
            made += total <= high
    built = time.process_time()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    made.solve(pulp.PULP_CBC_CMD(msg=False, threads=1, timeLimit=limit))
    solver = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    is_done = made.sol_status == pulp.LpSolutionOptimal
    reached = float(pulp.value(made.objective)) + constant if is_done else None
    return Found(built - began, time.process_time() - built + solver, reached, lp.num_row_)


def what_ifs(problem: Allocation, config: Config) -> tuple[float, float, int]:
    """Seconds of a cold solve up to the need, the median of hot ones with one limit eased each, and how many of these."""
    began = time.process_time()
    kept = binding.need_model(problem, config)
    cold, hot = time.process_time() - began, []
    if kept is None:
        return cold, float("nan"), 0
    for limit in kept.limits()[:WHAT_IFS]:
        began = time.process_time()
        list(kept.confirm([limit]))
        hot.append(time.process_time() - began)
    return cold, statistics.median(hot) if hot else float("nan"), len(hot)


def table(small: Allocation, full: Allocation, config: Config, limit: float) -> None:
    """Print the rivals at a small and a full size, then the what-ifs at the full one."""
    print(f"\n{'need layer alone':<34}{'build s':>9}{'solve s':>9}{'rows':>9}  value")
    for size, problem in (("small", small), ("full", full)):
        rows = [("ours, chords", lambda of: ours(of, config)), ("a row a future, HiGHS", lambda of: in_highs(of, limit))]
        if size == "small" and find_spec("pulp") is None:
            print("skipped: PuLP is not installed (the extra bench)")
        elif size == "small":
            rows.append(("a row a future, PuLP and CBC", lambda of: in_pulp(of, limit)))
        for name, rival in rows:
            found = rival(problem)
            value = f"not within {limit:g} s" if found.value is None else f"{found.value:.6g}"
            print(f"{size + ', ' + name:<34}{found.build:>9.2f}{found.solve:>9.2f}{found.rows:>9}  {value}", flush=True)
    cold, hot, count = what_ifs(full, config)
    print(f"what-ifs at full size: cold {cold:.2f} s, hot {hot:.2f} s (median of {count}), 1/{cold / hot:.0f}", flush=True)


def _pieces(model: Model) -> list[Block]:
    return [block for block in model.columns.blocks if block.name.startswith("piece")]
