"""One file per output of a run: its name is what the config lists under `publish.outputs`."""

from __future__ import annotations

from pathlib import Path

from forecast import plugins
from forecast.schema import Output, Result


def write_all(folder: Path, result: Result, outputs: tuple[str, ...]) -> None:
    """Write the outputs named into the run folder.

    Raises InputError when one is not a file of forecast/publish.
    """
    writers: list[Output] = [plugins.load("publish", name, "publish.outputs") for name in outputs]
    for writer in writers:
        writer.write(folder, result)
