"""What many tests share: the demo country, one run of it, and the real data where it is."""

import os
from pathlib import Path

import pytest

from tests.services import require

# One thread of the linear algebra, as the commands set it: before numpy is imported, or a run in this process adds up otherwise.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")
os.environ.pop("FORECAST_DATA", None)  # it would take the place of the demo country's own folder


@pytest.fixture(scope="session")
def demo_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of the demo country, written once; read it, do not change it."""
    from forecast.demo import write_demo

    return write_demo(tmp_path_factory.mktemp("demo") / "demo")


@pytest.fixture(scope="session")
def demo_run(demo_config: Path) -> Path:
    """The folder of one run of the demo country."""
    from forecast import cli, store

    runs = demo_config.parent / "runs"
    assert cli.main(["run", str(demo_config), "--out", str(runs)]) == 0
    folder = store.latest(runs)
    assert folder is not None
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data: FORECAST_REAL_DATA, or shared/data beside the checkout."""
    return Path(require("real data"))


@pytest.fixture
def real_data_env(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as the data root of configs."""
    monkeypatch.setenv("FORECAST_DATA", os.fspath(real_data))
    return real_data
