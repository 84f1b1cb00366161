"""`use: ets` -> forecast/models/ets.py. The file name is the registry."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from forecast.errors import InputError, Problem, did_you_mean


def names(family: str) -> list[str]:
    """List the plugins of a family (`ingest`, `models`, `publish`, `allocate.objectives`): its public modules."""
    package = importlib.import_module(f"forecast.{family}")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_"))


def load(family: str, name: str, setting: str) -> Any:
    """Import the plugin `name` of `family`; `setting` names the place in the config for the error.

    Raises InputError when there is no such plugin, with the near name.
    """
    known = names(family)
    if name not in known:
        raise InputError(
            [
                Problem(
                    file=setting,
                    value=name,
                    problem=f"is not one of forecast/{family.replace('.', '/')}",
                    action=f"{did_you_mean(name, known)} Known: {', '.join(known)}.".strip(),
                )
            ]
        )
    return importlib.import_module(f"forecast.{family}.{name}")
