"""Every page of the manual holds: the whole message, the exit code, and what became of the row."""

from __future__ import annotations

from collections import Counter

import pytest

from forecast import cli, store
from forecast.schema import Inputs
from tests.faults.cases import Fault, build, faults, problems_told
from tests.operation import Operation

FAULTS = faults()
MAIN = {"routes": "hours_one_way", "fleet": "count", "priorities": "weight", "commitments": "minimum", "depots": "lat"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.page}/{fault.name}")
def test_the_manual_holds(fault: Fault, operation: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(build(fault, operation))
    told = capsys.readouterr().err.strip("\n")
    run = store.latest(operation.folder / "runs")
    if fault.becomes == "refused":
        assert (told, code, run) == (fault.message(operation.folder), 2, None)
        return
    assert (code, run is not None) == (0, True), told
    assert run is not None
    assert problems_told(run) == fault.message(operation.folder)
    if fault.rows is not None:
        assert read_of(fault.input, operation.inputs()) == (fault.rows, fault.total)


def read_of(name: str, inputs: Inputs) -> tuple[int, float]:
    """The rows read of an input and the sum of its main column."""
    stock, routes = inputs.stock, inputs.routes
    tables = {
        "records": inputs.records.rename(columns={"distributed": "quantity"}),
        "zones": inputs.zones.rename(columns={"population_people": "quantity"}),
        "population": inputs.zones.rename(columns={"population_people": "quantity"}),
        "items": inputs.items.rename(columns={"kg_per_unit": "quantity"}),
        "stock": stock.depot_stock,
        "planned_by_others": stock.by_others,
        "routes": routes.lanes,
        "fleet": routes.fleet,
        "depots": routes.depots,
    }
    table = tables[name] if name in tables else getattr(stock, name)
    return len(table), round(float(table[MAIN.get(name, "quantity")].sum()), 6)


def test_faults_have_words_of_their_own() -> None:
    shared = Counter(fault.says for fault in FAULTS if fault.says)
    assert max(shared.values()) <= 4  # ways to damage a file that nobody can tell apart
    assert len(shared) >= 0.9 * len(FAULTS)


def test_there_are_many_faults() -> None:
    assert len(FAULTS) >= 120
    assert {fault.becomes for fault in FAULTS} == {"refused", "set aside", "noted", "read"}
