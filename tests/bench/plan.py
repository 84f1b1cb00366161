"""The plan on the whole distribution beside the plan on its mean: seconds of the processor, gaps, sizes; and other rivals.

The rival is the deterministic linear program: the same rules, layers, tolerance, thread and solver on one sample, the mean, with
columns left aside at first (sift.py) or not, its need by simplex or by interior points, whichever is fastest in the first run;
runs of both take turns. The gap is that of the linear plan, evaluated on all samples, less what fairness gave up, to a bound that
no plan can beat. Instances are seeded (plan_instances.py). Other rivals, what-ifs and the seconds of building: plan_rivals.py.

    python -m tests.bench.plan [--repeats 5] [--seconds 120] [--size 5,200,3,14,50 ...] [--quick]

The median of so many runs counts; a row starts no further run after so many seconds (in 900, leximin too has its five). A quarter
of an hour on a quiet machine; `--quick` shows in a minute that all rows come.

What was tried, at (5,60,3,14,50) to (5,100,3,14,50) unless said, seconds of the need layer alone where not said, ours / rival:

| tried | found |
|---|---|
| trips as columns, with a row by weight and one by volume | 17.9 / 4.3 s |
| the same merged into the hours rows wherever weight (or volume) always fills the vehicle first | 1.14 / 0.62 s: kept |
| interior point and crossover, with merged rows | 3.7 / 1.2 s: not kept (before merging it won: 9.9 / 3.7 s) |
| interior point for the layer of cost | 2.8 times the simplex from scratch: not kept |
| curves in the model from the start | commitments and survival took 1.8 of 4.8 s: now curves come with the need layer |
| need hot from the basis of survival, without presolve | 3.9 against 2.4 s from scratch: not kept |
| cost hot from the basis of need | 0.5 against 1.3 s, but at times it stalls in the dual clean-up for minutes: not kept |
| need once more after fairness that gives up nothing | stalled, for nothing: only where something was given up |
| 6, 10, 16, 24, 50 (exact) chords a cell | gaps 1.1e-2, 3.4e-3, 1.2e-3, 4.8e-4, 0; 0.5, 0.6, 0.9, 1.2, 3.1 s: 20 by default |

At (5,200,3,14,50), where cost took 34.5 of 41.5 s, and 10.7 of the 14.5 s of the rival:

| tried | found |
|---|---|
| need: no presolve / Devex prices / other scaling / bounds scaled / interior point | > 11 / 10 / 158 / 6.2 / 11 against 5.9 s |
| need: no aggregator in presolve (half of its 1.8 s) | 5.9 s: the simplex takes what presolve saves |
| cost on the face of need (all that has a price fixed) | 2.8 / 2.5 s, but 6e-4 dearer: the tolerance is not used |
| cost, loads fixed by price as well | 3.5 against 4.3 s at a good limit, 8,302 called for at a tenth of it: not kept |
| cost, columns fixed that lose 1e-6, 3e-7 of need from bound to bound; then hot | 4.8, 3.8 s, same optimum: kept |
| the same after fairness at 1e-7, 3e-7 | hot, stalled for minutes; from scratch, refused by the solver: 1e-6, and few hot steps |
| the prices of fairness instead of those of need | at the tolerance of the solver: infeasible, or more than 65 s |
| need again after leximin, from scratch with columns left aside | 8.4 against 28 s hot: kept |
| first round of leximin from scratch with columns left aside | 29 against 17 s hot: not kept |
| what is called for, hot, at S = 1000 | 1000 steps do not end, twice; from scratch 9 to 10 s each |

The same with what goes unmet as a sum of the pieces, no column and row of a cell (17,498 instead of 25,898 rows), on a crowded
machine, ours (S = 50) and rival, before / after:

| tried | found |
|---|---|
| need | ours 7.0 / 4.5 s (presolve did it before, in 1.8 s), rival 2.3 / 2.4 s; equal to 1e-10: kept |
| cost, where the row that holds need kept presolve from it | ours 4.7 / 4.7 s; rival from scratch 10.0 / 7.3 s: kept |
| what has arrived so far merged too (14,698 rows) | need 6.0, no presolve 4.6 against 4.4 s; cost 3.5 against 4.4 s: not kept |
| rows of the survival floor left out, for a bound of what merging them brings | 3.9 against 6.0 s: not tried further |
| interior point: need / cost | 7.6 against 4.9, 5.2 against 5.0 s: not kept |
| hot repair by dual simplex | 12.8 s for 1000 steps that do not end: its prices start from nothing |
| hot repair with no more than the basis kept, bounds not perturbed | 70 instead of > 1000 steps, 0.1 instead of 16 s: kept |
| how far off it may end, by the prices of what is called for | 2.5e-3 of cost, reached 1e-6: too loose to stop by |
| cost hot from the basis of need, what is far left aside | off 6.8 against 4.4 s; default did not end in 280 s: not kept |
| leximin hot with what is far left aside | 33 rounds of calling, 28 against 15 s; need again 22 against 13 s: not kept |

Shares (survival, fairness) counted as shares: a unit of goods is worth less than the solver's tolerance, which is a price.
It stopped at .77 (the sum of three groups) where 1.96 of the survival floor can be held, and leximin at .781 and at .778, where
.784 can be reached. With costs times person-periods (`Layer.scale`; 1e4, 1e6, 1e8 reach the same):

| tried | found |
|---|---|
| survival / need / alpha / cost after it | .5, 4.3, .2, 8.0 s to the wrong end; 0.9, 6.5, 1.9, 3.7 s: kept |
| leximin, first round: primal simplex to the right end | 44 to 54 s; dual from scratch > 99 s |
| the same by interior points with crossover | 31 to 37 s, and further rounds take 0.1 instead of 5 s: kept |
| the same without presolve, or to a coarser tolerance | > 99 s; no faster: not kept |
| hot repair at S = 1000 in a new solver, the same basis | 93 steps, 0.2 s; the old one, cleared: 1,500 in 24 s in vain: kept |
| cost hot from the last plan in a new solver | Cote d'Ivoire 1.1 for 65 s, here 10.8 for 3.7: tried, a step per 12 rows |
| the same, what is far left aside | 11.4 s: not kept |

With the shares of the survival floor each held on its own, where a row over them left a column that ties all zones together: need
took 27,000 to 35,000 steps at S = 50 and S = 1000 (3.4 and 6.2 s), before at times 95,000 (28 s). And:

| tried | found |
|---|---|
| 16 or 20 pieces a cell, by the cube root of weight x bend | gaps 8.3e-4, 5.1e-4; alike 1.4e-3, 8.5e-4: kept |
| leximin: interior points / dual from scratch / primal, hot | 25 to 29 / 65 / 36 s |
| the same with need as a thousandth of the cost, so that fewer plans are alike | 89 s from scratch, hot > 50 s |
| the same as a need at fixed levels, hot by dual simplex, by its tangents alone | > 50 s: far too low at first |
| the same by steps of .93 of the level, then by tangents | 4 s, 6,000 steps: kept |
| steps of .88, or ending ten times earlier | 3.1 s, and as much more in the end |
| the same without what is far | ends at once, far off: what the worst zone would need is far |
| hot steps in a program without the columns left aside | .5 instead of 1.3 ms each: kept; cost hot, 4,300 to 9,000 steps: kept |
| HiPO, the other interior point of HiGHS | 112 s without end, where IPX takes 15: two dense columns |
| need: Devex / no scaling / other scaling / perturbation x .1, x 10 / row prices | 5.6 / 5.8 / 11 / 9.1, 8.0 / 15 against 6.2 s |

Ours / rival at its fastest (need by interior points), S = 50: off 7.7 / 6.5 s, 1.19 times; default 11.2 / 7.1, 1.57; leximin
16.5 / 10.7, 1.55. S = 1000: off 11.1 / 5.5, 2.02; default 13.0 / 5.7, 2.30; leximin 18.6 / 6.7, 2.80, where 2.5 was asked for.
Gaps 5.7e-4 to 6.1e-4; build 1.49 and 1.39 times raw; a what-if 1/70 of a cold solve. Not tried: a structured interior point.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any
from unittest import mock

import numpy as np

from forecast.allocate import rules, sift, simulate, solve
from forecast.allocate.curves import shortage_curves
from forecast.allocate.lp import Layer, Solution
from forecast.allocate.problem import Allocation, align
from forecast.allocate.solver import Kept
from forecast.config import Config
from tests.bench import plan_rivals
from tests.bench.plan_instances import Drawn, Size, deterministic, world
from tests.plan_world import ISSUE

SMALL = Size(5, 50, 3, 14, 20)  # for rivals that do not end at the others
NEVER = 10**9
FAIRNESS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "off": (),
    "default": ({"use": "fairness"},),
    "leximin": ({"use": "fairness", "rule": "leximin", "give_up": 0.01},),
}


@dataclass(frozen=True)
class Run:
    """Seconds of all layers, building included; relative gap on all samples; columns; what time ran out in."""

    seconds: float
    gap: float
    columns: int
    stopped: str


def problem_of(drawn: Drawn) -> Allocation:
    return align(drawn.cube(), drawn.inputs(), drawn.config(), ISSUE, drawn.ledger)


def run(problem: Allocation, config: Config) -> Run:
    """Build and solve all layers once; one thread, seconds of the processor."""
    began = time.process_time()
    solved = solve.solve(problem, config)
    seconds = time.process_time() - began
    met = next(found for found in solved.reached if found.layer.name == "need")
    given_up = sum(found.price for found in solved.reached if found.layer.opens)
    outcome = simulate.outcome(problem, problem.arriving(solved.quantity))
    reached = float((outcome.unmet.sum(axis=2) * problem.weight)[problem.series].sum())
    return Run(seconds, (reached - given_up - met.bound) / reached, solved.columns, solved.stopped or "")


def building(problem: Allocation, config: Config) -> tuple[float, float]:
    """Seconds of building the model of all layers up to the solver; and raw, from finished curves and entries, alike."""
    began = time.process_time()
    parts = rules.build(problem, config.plan.segments)
    list(solve.objectives(parts, config))
    Kept(parts.model, 1.0)
    built = time.process_time()
    curves = [rows.curves for rows in parts.zones.curves]
    shortage_curves([one.ordered for one in curves], [np.ones(len(one.ordered)) for one in curves], config.plan.segments)
    Kept(parts.model, 1.0)
    return built - began, time.process_time() - built


def main(arguments: list[str]) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plan")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=120, help="after which no further run of a row starts")
    parser.add_argument("--limit", type=float, default=90, help="seconds that a rival's solver may take")
    parser.add_argument("--size", nargs="*", default=["5,200,3,14,50", "5,200,3,14,1000"])
    parser.add_argument("--quick", action="store_true", help="all rows, of small instances, one run each")
    args = parser.parse_args(arguments)
    if args.quick:
        args.repeats, args.limit, args.size = 1, 20, ["5,50,3,14,20", "5,50,3,14,200"]
    print(f"{'instance':<20}{'fairness':<10}{'ours s':>9}{'rival s':>9}{'ratio':>7}{'gap':>10}{'columns':>9}{'runs':>6}")
    for text in args.size:
        drawn = world(Size(*(int(part) for part in text.split(","))))
        ours, rival = problem_of(drawn), problem_of(deterministic(drawn))
        for name, layers in FAIRNESS.items():
            drawn.plan = {**drawn.plan, "objectives": [{"use": "survival"}, {"use": "need"}, *layers, {"use": "cost"}]}
            row(f"({text})", name, ours, rival, drawn.config(), args.repeats, args.seconds)
        built = [building(ours, drawn.config()) for _ in range(5)]
        whole, raw = (statistics.median(seconds) for seconds in zip(*built, strict=True))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"({text}) build: {whole:.2f} s, raw {raw:.2f} s, {whole / raw:.2f} times; peak so far {peak:.0f} MB", flush=True)
    full = world(Size(*(int(part) for part in args.size[0].split(","))))
    plan_rivals.table(problem_of(world(SMALL)), problem_of(full), full.config(), args.limit)


def row(text: str, name: str, ours: Allocation, rival: Allocation, config: Config, repeats: int, most: float) -> None:
    """Print a row of the table: medians of runs that take turns."""
    began, found = time.perf_counter(), [run(ours, config)]
    least, fastest = min((_seconds(rival, config, way), way) for way in product((sift.MANY, NEVER), (False, True)))
    beside = [least]
    while len(found) < repeats and time.perf_counter() - began < most:
        found.append(run(ours, config))
        beside.append(_seconds(rival, config, fastest))
    seconds, other, one = statistics.median(one.seconds for one in found), statistics.median(beside), found[0]
    print(
        f"{text:<20}{name:<10}{seconds:>9.2f}{other:>9.2f}{seconds / other:>7.2f}{one.gap:>10.1e}{one.columns:>9}"
        f"{len(found):>6}  {one.stopped}",
        flush=True,
    )


def _seconds(rival: Allocation, config: Config, way: tuple[int, bool]) -> float:
    """Seconds of the rival: `way` is how many columns it leaves aside at first, and whether interior points solve its need."""
    minimise, (many, inside) = Kept.minimise, way

    def minimised(kept: Kept, layer: Layer) -> Solution | None:
        kept._highs.setOptionValue("solver", "ipm" if inside and layer.name == "need" else "simplex")
        return minimise(kept, layer)

    with mock.patch.object(sift, "MANY", many), mock.patch.object(Kept, "minimise", minimised):
        return run(rival, config).seconds


if __name__ == "__main__":
    main(sys.argv[1:])
