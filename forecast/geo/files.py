"""Which files may be opened: plain ones under the data folder, and nothing a geodata library would fetch from elsewhere."""

from __future__ import annotations

from pathlib import Path

from forecast.errors import InputError, Problem


def plain_file(path: Path | str, root: Path) -> Path:
    """Return the real path of a plain file under `root`, links followed.

    Raises InputError for a web address, a virtual path (`/vsi...`, `<...`), a path that leads out of `root`, or no such file.
    """
    _refuse_if_virtual(str(path))
    real = (root / path).resolve()
    if not real.is_relative_to(root.resolve()):
        raise _refused(real.name, "leads out of the data folder", "Copy the file into the data folder (paths.data)")
    if not real.is_file():
        raise _refused(real.name, "there is no such file", "Check the path; it starts at the data folder (paths.data)")
    return real


def _refuse_if_virtual(path: str) -> None:
    if "://" in path or path.startswith(("/vsi", "<")):
        raise _refused("path", "is an address or a virtual path, not a file", "Give the path of a file in the data folder", path)


def _refused(file: str, problem: str, action: str, value: str = "") -> InputError:
    return InputError([Problem(file, problem, action, value=value)])
