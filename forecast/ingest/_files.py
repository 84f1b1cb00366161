"""Which files a source may read: only those below the data folder; each is hashed as it is read."""

from __future__ import annotations

import difflib
import hashlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from forecast.errors import InputError, NotThereError, Problem

MOST_BYTES = 300_000_000  # of a file that is read whole


def find(root: Path, pattern: str, setting: str) -> list[Path]:
    """Files below `root` that match `pattern`: a relative path in which *, ? and ** stand for any name; sorted.

    Raises InputError, naming `setting`, when the pattern or a link leads out of the folder; NotThereError when nothing matches.
    """
    if _leads_out(pattern):
        raise _problem(setting, pattern, "leads out of the data folder", "Give a path relative to the data folder (paths.data)")
    exact = root / pattern
    found = [exact] if exact.is_file() else sorted(path for path in root.glob(pattern) if path.is_file())
    if not found:
        problem, action = _why_not(exact)
        raise NotThereError(Problem(setting, problem, action, value=pattern), pattern)
    real_root = root.resolve()
    outside = [path for path in found if not path.resolve().is_relative_to(real_root)]
    if outside:
        raise _problem(setting, outside[0].name, "is a link that leads out of the data folder", "Put the file itself there")
    return found


def content(path: Path, root: Path, files: dict[str, str]) -> bytes:
    """The bytes of a file, read once; its sha256 goes into `files` under its path relative to `root`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            problem = f"is larger than {MOST_BYTES // 1_000_000} MB"
            raise InputError([Problem(path.name, problem, "Leave out years or columns that are not needed")])
        data = path.read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror or 'no reason given'})"
        raise InputError([Problem(path.name, problem, "See whether the file is whole and may be read")]) from error
    if not data:
        raise InputError([Problem(path.name, "is empty (0 bytes)", "Export it again")])
    files[path.relative_to(root).as_posix()] = hashlib.sha256(data).hexdigest()
    return data


def refuse_twin(path: Path, root: Path, files: dict[str, str], twins: dict[str, str]) -> None:
    """Refuse a file of a pattern that holds the same bytes as one before it: `twins` keeps sha256 -> name of those read."""
    name = path.relative_to(root).as_posix()
    first = twins.setdefault(files[name], name)
    if first != name:
        problem = f"is the same file as {first}, under another name: all of it would count twice"
        raise InputError([Problem(name, problem, "Delete one of the two, or move it out of the pattern")])


def _leads_out(pattern: str) -> bool:
    windows, posix = PureWindowsPath(pattern), PurePosixPath(pattern)
    rooted = posix.is_absolute() or bool(windows.drive or windows.root)
    return not pattern or rooted or "://" in pattern or ".." in windows.parts or "\0" in pattern


def _why_not(exact: Path) -> tuple[str, str]:
    """What stands where no file was found, and what to do."""
    if exact.is_symlink():
        return "is a link to a file that is not there", "Put the file itself there"
    if exact.is_dir():
        return "is a folder, not a file", f"Name a file in it, or all of them: {exact.name}/*.csv"
    if exact.exists():
        return "is no plain file", "Save it as a file"
    return "is no file of the data folder", _what_is_there(exact)


def _what_is_there(missing: Path) -> str:
    folder = missing.parent
    if not folder.is_dir():
        return "Mend the path, or set the data folder (paths.data)"
    there = {path.stem: path.name for path in sorted(folder.iterdir()) if path.is_file()}
    near = difflib.get_close_matches(missing.stem, there, n=1)
    return f"Did you mean '{there[near[0]]}'?" if near else "Mend the path, or set the data folder (paths.data)"


def _problem(setting: str, value: str, problem: str, action: str) -> InputError:
    return InputError([Problem(setting, problem, action, value=value)])
