"""How commands that look at runs find them: the runs folder of a config, or the folder given."""

from __future__ import annotations

from pathlib import Path

CONFIG = Path("config.yaml")


def folder(config_path: Path | None) -> Path | None:
    """The runs folder of a config (default: ./config.yaml, else ./runs); None where there is neither."""
    from forecast import config

    path = config_path or CONFIG
    if config_path is None and not path.is_file():
        return Path("runs") if Path("runs").is_dir() else None
    return path.parent / config.load(path).paths.runs
