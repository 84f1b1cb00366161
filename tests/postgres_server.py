"""A PostgreSQL server for tests: started by an unprivileged user, on a socket in a folder of its own, and ended again."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services import require

PASSWORD = "correct-horse-battery"  # noqa: S105 (of a server that lives for one test)


@contextmanager
def server() -> Iterator[Path]:
    """The folder of its socket; its user is `owner`, with PASSWORD. Skips or fails the test where there is no server."""
    programs = Path(require("postgresql")).parent
    require("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_user = _unprivileged(folder)
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    try:
        _run([*as_user, programs / "initdb", "-D", folder / "data", "-U", "owner", "-A", "scram-sha-256",
              "--pwfile", folder / "password", "-E", "UTF8", "--no-sync"])  # fmt: skip
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        _run([*as_user, programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-o", options, "-w", "start"])
        try:
            yield folder
        finally:
            _run([*as_user, programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> list[str]:
    """What stands before a command so that no server runs as root; the folder is given to that user."""
    if os.geteuid() != 0:
        return []
    names = {user.pw_name for user in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, user)
    return [shutil.which("runuser") or "runuser", "-u", user, "--"]


def _run(command: list[str | Path]) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd="/", timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
