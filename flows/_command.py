"""What the commands that need Prefect share: how they end, and what they say where Prefect is not installed."""

from __future__ import annotations

import signal
from typing import Any

from forecast.errors import InputError, Problem


def end_as_on_ctrl_c() -> None:
    """Prefect's own server and our processes are children: a plain kill would leave them behind, so end as on Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)


def without_prefect(command: str, instead: str, error: ModuleNotFoundError) -> InputError:
    """The error for a machine without Prefect; raises `error` itself when it is another module that is missing."""
    if error.name != "prefect":
        raise error
    action = f"pip install 'needs-forecast[nightly]', or use `{instead}`"
    return InputError([Problem(command, "needs Prefect, which is not installed", action)])


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
