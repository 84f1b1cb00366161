"""A linear program as LP text that people read: named, sorted, one row a line, the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.allocate.lp import INF, Layer, Model
from forecast.schema import Floats


def text(model: Model, layer: Layer | None = None) -> str:
    """The model with one objective, or none, in the LP format of solvers; names carry zone, item and period.

    Rows and columns are sorted by name, so that a model built in another order reads the same. Numbers have up to nine digits. A
    row with two bounds that differ is written twice, as `_least` and `_most`.
    """
    columns = np.array(model.columns.names(), dtype=object)
    costs = layer.dense(model.columns.size) if layer else np.zeros(model.columns.size)
    name = layer.name if layer else "nothing"
    objective = f"  {name}: {_sum(columns, costs) or _no_columns(columns)}"
    constant = f"\\ plus a constant of {layer.constant:.9g}\n" if layer and layer.constant else ""
    parts = [
        "Minimize",
        objective,
        "Subject To",
        *sorted(_rows(model, columns)),
        "Bounds",
        *sorted(_bounds(model, columns)),
        "End",
    ]
    return constant + "\n".join(parts) + "\n"


def _rows(model: Model, columns: np.ndarray) -> Iterator[str]:
    matrix = model.matrix().tocsr()
    lower, upper = np.concatenate(model.rows.lower), np.concatenate(model.rows.upper)
    for row, name in enumerate(model.rows.names()):
        entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
        terms = _sum(columns[matrix.indices[entries]], matrix.data[entries]) or _no_columns(columns)
        if lower[row] == upper[row]:
            yield f"  {name}: {terms} = {_number(lower[row])}"
            continue
        both = lower[row] > -INF and upper[row] < INF
        if lower[row] > -INF:
            yield f"  {name}{'_least' if both else ''}: {terms} >= {_number(lower[row])}"
        if upper[row] < INF:
            yield f"  {name}{'_most' if both else ''}: {terms} <= {_number(upper[row])}"


def _bounds(model: Model, columns: np.ndarray) -> Iterator[str]:
    """Those columns that are not simply 0 or more."""
    for name, low, high in zip(columns, np.concatenate(model.columns.lower), np.concatenate(model.columns.upper), strict=True):
        if low == -INF and high == INF:
            yield f"  {name} free"
        elif high < INF:
            yield f"  {_number(low)} <= {name} <= {_number(high)}"
        elif low != 0:
            yield f"  {name} >= {_number(low)}"


def _sum(columns: np.ndarray, values: Floats) -> str:
    """Terms with a sign, by name; empty where all values are 0."""
    terms = sorted((str(name), float(value)) for name, value in zip(columns, values, strict=True) if value)
    words = [f"{'-' if value < 0 else '+'} {'' if abs(value) == 1 else _number(abs(value)) + ' '}{name}" for name, value in terms]
    return " ".join(words).removeprefix("+ ")


def _no_columns(columns: np.ndarray) -> str:
    """A sum of nothing, as LP text can say it."""
    return f"0 {min(map(str, columns))}" if len(columns) else "0"


def _number(value: float) -> str:
    if abs(value) >= INF:
        return "-inf" if value < 0 else "inf"
    return f"{float(f'{value:.9g}') + 0.0:.9g}"
