"""What is kept between runs: arrays made from inputs, by the content they were made from.

A kept file is only a saving of time: one that is missing, cut off, changed or made from something else is made anew, with the
same bytes. Its first line is the sha256 of the rest. Together they take so much room and no more: what was not used for longest
goes first.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]
KEY = "key"
MOST_BYTES = 1_000_000_000  # of all that is kept; what one run uses stays, however large
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, MemoryError)


@dataclass
class Kept:
    """A folder of kept arrays; without a folder nothing is kept. `elsewhere`: another one, that is only read.

    `used`: file name -> sha256 of what this run read or wrote; `unwritten`: why files could not be written.
    """

    folder: Path | None = None
    used: dict[str, str] = field(default_factory=dict)
    unwritten: list[str] = field(default_factory=list)
    elsewhere: Path | None = None

    def get(self, name: str, key: str) -> Arrays | None:
        """The arrays kept under a name, if they were made from the content that `key` stands for and are whole."""
        folders = [folder for folder in (self.folder, self.elsewhere) if folder is not None]
        return next((found for folder in folders if (found := self._read(folder, name, key)) is not None), None)

    def _read(self, folder: Path, name: str, key: str) -> Arrays | None:
        try:
            data = (folder / name).read_bytes()
            digest, _, body = data.partition(b"\n")
            if digest.decode("ascii") != hashlib.sha256(body).hexdigest():
                return None
            with np.load(io.BytesIO(body), allow_pickle=False) as found:
                arrays = {str(one): found[one] for one in found.files}
        except UNREADABLE:
            return None
        if str(arrays.pop(KEY, "")) != key:
            return None
        self.used[name] = hashlib.sha256(data).hexdigest()
        with contextlib.suppress(OSError):
            os.utime(folder / name)  # used last now, see _make_room
        return arrays

    def put(self, name: str, key: str, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Keep arrays under a name, in the place of what was there, in one step; a full disk is no reason to stop."""
        if self.folder is None:
            return
        body = io.BytesIO()
        np.savez(body, allow_pickle=False, **{KEY: np.array(key)}, **arrays)
        data = hashlib.sha256(body.getbuffer()).hexdigest().encode("ascii") + b"\n" + body.getvalue()
        target, half = self.folder / name, self.folder / f".{name}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with half.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            half.replace(target)
        except OSError as error:
            self.unwritten.append(f"{name} ({error.strerror or error})")
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)
            return
        self.used[name] = hashlib.sha256(data).hexdigest()
        self._make_room(self.folder)

    def _make_room(self, folder: Path) -> None:
        """Delete what was not used for longest, and never what this run used, until all fits in MOST_BYTES."""
        with contextlib.suppress(OSError):
            files = sorted(((path.stat(), path) for path in folder.glob("*.npz*")), key=lambda found: found[0].st_mtime_ns)
            total = sum(stat.st_size for stat, _ in files)
            for stat, path in files:
                if total > MOST_BYTES and path.name not in self.used:
                    path.unlink()
                    total -= stat.st_size


def key_of(*parts: object) -> str:
    """sha256 over the words of some content, each word counted by itself."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()
