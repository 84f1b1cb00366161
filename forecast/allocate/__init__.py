"""The allocation plan: demand and what there is -> what each depot sends to each zone, when, and why."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from forecast.allocate import figures, floors, lines, orders, packs, settle, shipments, simulate, spacing, warehouses
from forecast.allocate.explain import Reasons
from forecast.allocate.problem import align
from forecast.config import Config
from forecast.schema import Inputs, Ledger, Plan


def plan_allocation(demand: xr.Dataset, inputs: Inputs, config: Config, issue_date: pd.Timestamp, ledger: Ledger) -> Plan:
    """DEMAND (zone, item, period, sample) and Inputs -> Plan: a linear program in layers, rounded to whole packs, simulated.

    Raises NoPlanError when commitments clash or the solver gives up, InputError when the demand is too short or a setting
    is wrong.
    """
    problem = align(demand, inputs, config, issue_date, ledger)
    floors.say_out_of_reach(problem, ledger)
    problem, solved, apart = spacing.solved_apart(problem, inputs, config, ledger)
    problem, solved, fewer = shipments.without_small_transfers(problem, solved, config, ledger)
    problem, quantity = settle.settle(problem, solved, ledger)
    sent = packs.send(problem, quantity, config, ledger)
    outcome = simulate.outcome(problem, sent.planned)
    reasons = Reasons(problem, sent.room, outcome, sent.planned)
    stock = lines.depot_stock(problem, sent.taken)
    warehouses.say_over_full(inputs.routes.depots, stock, problem.items, ledger)
    return Plan(
        lines=lines.lines(problem, sent, reasons),
        cells=lines.cells(problem, sent.planned, outcome, reasons),
        depot_stock=stock,
        figures=figures.figures(problem, solved, sent, outcome, config, ledger) | apart | fewer,
        transfers=settle.lines(problem, sent.quantity),
        pipeline=orders.pipeline(problem, demand, sent, inputs, config, ledger),
    )
