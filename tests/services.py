"""Services a test needs: what is missing is skipped aloud, or fails when REQUIRE_SERVICES=1."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def require(name: str) -> str:
    """The path of a service's program (or the name of a Python one); skips or fails the test when it is not here."""
    found = {
        "prefect": lambda: "prefect" if importlib.util.find_spec("prefect") else None,
        "chromium": lambda: shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"),
        "postgresql": lambda: (
            shutil.which("postgres") or next(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)
        ),
        "psycopg": lambda: "psycopg" if importlib.util.find_spec("psycopg") else None,
        "real data": lambda: _folder(os.environ.get("FORECAST_REAL_DATA") or ROOT.parent / "shared" / "data"),
    }[name]()
    if found is None:
        message = f"{name} is not here"
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


def _folder(path: str | Path) -> str | None:
    return str(path) if Path(path).is_dir() else None
