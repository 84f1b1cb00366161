"""Programs of yes and no, small ones: HiGHS, one thread, one seed, and an end after so many nodes, not seconds."""

from __future__ import annotations

import highspy
import numpy as np
import scipy.sparse as sp

from forecast.allocate.arrays import Flags
from forecast.errors import NoPlanError
from forecast.schema import Floats

NODES = 10_000  # of the search; seconds would make another plan on another machine


def least(costs: Floats, rows: sp.csr_matrix, lower: Floats, upper: Floats, gap: float) -> tuple[Flags, float]:
    """The yes and no (n) of least cost within `lower <= rows @ n <= upper`, and how far from the least it may be (relative).

    No to all, and a gap of 1, where the search ended with nothing. Raises NoPlanError where the solver refuses the program.
    """
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    options: list[tuple[str, bool | int | float | str]] = [
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 1),
        ("mip_rel_gap", gap),
        ("mip_max_nodes", NODES),
    ]
    for option, value in options:
        _ok(highs.setOptionValue(option, value))
    lp, matrix = highspy.HighsLp(), sp.csc_matrix(rows)
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = costs, np.zeros(len(costs)), np.ones(len(costs))
    lp.row_lower_, lp.row_upper_ = lower, upper
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(costs)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    _ok(highs.passModel(lp))
    _ok(highs.run())
    info = highs.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return np.zeros(len(costs), dtype=bool), 1.0
    return np.asarray(np.array(highs.getSolution().col_value) > 0.5), float(info.mip_gap)


def _ok(status: highspy.HighsStatus) -> None:
    if status == highspy.HighsStatus.kError:
        raise NoPlanError("The solver refused a program of yes and no: no plan is made.")
