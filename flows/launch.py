"""One scenario, one process: `forecast run` as a person would type it, with one thread, its sentence kept when it fails."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from forecast import store
from forecast.compare.scenarios import Ended
from forecast.store import BASE

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
KILLED = 128  # plus the number of the signal: the exit code that shells give to a process that was killed
STOPPED = 130
WITH_A_PLAN = (0, 4)


class Launcher:
    """Starts runs of one config as of one day, each into `folder/<scenario>`; may be used by several threads."""

    def __init__(self, config_path: Path, issue_date: dt.date, folder: Path, force: bool) -> None:
        self.issue_date, self.folder = issue_date, folder
        self._command = [sys.executable, "-m", "forecast", "run", str(config_path), "--issue-date", str(issue_date)]
        self._command += ["--force"] if force else []
        self._running: set[subprocess.Popen[str]] = set()
        self._lock, self._stopped = threading.Lock(), False

    def run(self, scenario: str, describe: str) -> Ended:
        """Run one scenario to its end, whatever that is."""
        began, runs = time.monotonic(), self.folder / scenario
        exit_code, said = self._carried_out(scenario, runs)
        folder = store.latest(runs) if exit_code in WITH_A_PLAN else None
        return Ended(scenario, describe, exit_code, "" if folder else said, time.monotonic() - began, folder)

    def stop(self) -> None:
        """End what is running and start nothing more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            process.terminate()

    def _carried_out(self, scenario: str, runs: Path) -> tuple[int, str]:
        command = [*self._command, "--out", str(runs), *([] if scenario == BASE else ["--scenario", scenario])]
        with self._lock:
            if self._stopped:
                return STOPPED, "was not started: the others were stopped"
            process = subprocess.Popen(  # noqa: S603 (our own command)
                command, env={**os.environ, **ONE_THREAD}, text=True, encoding="utf-8", errors="replace",
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )  # fmt: skip
            self._running.add(process)
        try:
            _, errors = process.communicate()
        finally:
            self._running.discard(process)
        return in_words(process.returncode, errors)


def in_words(code: int, errors: str) -> tuple[int, str]:
    """The exit code as a shell counts it, and the last paragraph of what the process said."""
    said = errors.strip().rpartition("\n\n")[2].strip()
    if code >= 0:
        return code, said or f"ended with exit code {code} and said nothing"
    name = str(-code)
    with contextlib.suppress(ValueError):
        name = signal.Signals(-code).name
    hint = "; if nobody ended it, memory may have run out: try fewer --workers" if -code == getattr(signal, "SIGKILL", 9) else ""
    return KILLED - code, f"was ended from outside ({name}){hint}"
