"""`forecast check` on pages of the manual: it ends as a run would, and never with a fault of ours."""

import pytest

from forecast import cli
from tests.faults.cases import Fault, build, faults
from tests.operation import Operation

LATER = {"a_runs_folder_that_is_a_file.yaml"}  # only shows when something is computed or written, which check does not
KNOWN = [fault for fault in faults() if fault.command == "run" and fault.says and fault.name not in LATER]
SOME = KNOWN[::6]  # of every page a few: each takes as long as a run


@pytest.mark.parametrize("fault", SOME, ids=lambda fault: f"{fault.page}/{fault.name}")
def test_check_ends_as_a_run_would(fault: Fault, operation: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    _, *arguments = build(fault, operation)
    code = cli.main(["check", *arguments])
    assert code == (2 if fault.becomes == "refused" else 0), capsys.readouterr().err
