"""Whether a file is what it was: its sha256, the checksum published beside it, and that nobody replaced it while it was read.

A raster with a few bytes changed often reads without error and gives wrong figures: only a checksum shows it. One stands beside a
file as `<file>.sha256`, or for a whole folder in `SHA256SUMS`, as `sha256sum` writes them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from forecast import store
from forecast.errors import InputError, Problem

LINE = re.compile(r"\s*([0-9a-fA-F]{64})(?:\s+\*?(.*?))?\s*")
LIST = "SHA256SUMS"
MOST_BYTES = 20_000_000


@dataclass
class Sealed:
    """The files of one source: `files` gets the sha256 of each under its path relative to `root`; `open`: those without
    checksum.
    """

    root: Path
    files: dict[str, str]
    open: list[str] = field(default_factory=list)
    _seen: dict[Path, tuple[str, os.stat_result]] = field(default_factory=dict)
    _wrong: dict[Path, Problem] = field(default_factory=dict)
    _lists: dict[Path, dict[str, str]] = field(default_factory=dict)

    def digest(self, path: Path) -> str:
        """The sha256 of a file. Raises InputError where it is not the one published beside it, or the file cannot be read."""
        if path not in self._seen:
            try:
                stat = path.stat()
                self._seen[path] = store.file_digest(path), stat
            except OSError as error:
                problem = f"cannot be read ({error.strerror or 'no reason given'})"
                raise InputError([Problem(path.name, problem, "See whether the file is whole and may be read")]) from error
            self.files[path.relative_to(self.root).as_posix()] = self._seen[path][0]
            self._check(path, self._seen[path][0])
        if path in self._wrong:
            raise InputError([self._wrong[path]])
        return self._seen[path][0]

    def refuse_replaced(self, path: Path) -> None:
        """Raise InputError where a file is not the one that was hashed."""
        before, now = self._seen[path][1], path.stat() if path.exists() else None
        same = now is not None and all(
            getattr(before, what) == getattr(now, what) for what in ("st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
        )
        if not same:
            raise InputError([Problem(path.name, "was replaced while it was read", "Run again once it is whole")])

    def _check(self, path: Path, digest: str) -> None:
        published = self._published(path)
        if not published:
            self.open.append(path.name)
        elif digest not in published.values():
            source = " and ".join(published)
            problem = f"is not the file its checksum was made of ({source})"
            self._wrong[path] = Problem(path.name, problem, "Get the file again")

    def _published(self, path: Path) -> dict[str, str]:
        """Where a checksum of the file stands -> that checksum; of several, any may hold."""
        beside = path.with_name(f"{path.name}.sha256")
        found = dict.fromkeys([beside.name], listed[0][1]) if (listed := _lines(beside)) else {}
        if path.parent not in self._lists:
            self._lists[path.parent] = {name.removeprefix("./"): digest for name, digest in _lines(path.parent / LIST)}
        if path.name in self._lists[path.parent]:
            found[LIST] = self._lists[path.parent][path.name]
        return found


def _lines(path: Path) -> list[tuple[str, str]]:
    """(file name, sha256) of a list of checksums; none where there is no such list."""
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return []
    matches = (LINE.fullmatch(line) for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return [(match[2] or "", match[1].lower()) for match in matches if match]
