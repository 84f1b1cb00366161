"""The tiny operation that every fault is built into."""

from pathlib import Path

import pytest

from tests.operation import Operation, tiny_operation


@pytest.fixture
def operation(tmp_path: Path) -> Operation:
    return tiny_operation(tmp_path)
