"""A folder of files -> the draft of a config, by looking at them: for `forecast init`."""

from __future__ import annotations

import os
from pathlib import Path

from forecast.draft.files import look_into
from forecast.draft.matching import match
from forecast.draft.page import page
from forecast.errors import InputError, Problem

__all__ = ["draft"]


def draft(folder: Path, config: Path) -> str:
    """The text of a config for the files below `folder`, written to be saved as `config`.

    Raises InputError when there is no such folder, or no file in it that can be read.
    """
    if not folder.is_dir():
        raise InputError([Problem(str(folder), "is no folder", "Give the folder that holds your files")])
    files, not_read = look_into(folder.resolve())
    if not files:
        why = "; ".join(f"{name}: {reason}" for name, reason in list(not_read.items())[:5]) or "there is none"
        action = "Put your tables there, as CSV or XLSX"
        raise InputError([Problem(str(folder), f"holds no table that can be read ({why})", action)])
    chosen, not_placed = match(files)
    data = Path(os.path.relpath(folder.resolve(), config.resolve().parent)).as_posix()
    return page(chosen, not_read | not_placed, folder.resolve().name, data, config.name)
