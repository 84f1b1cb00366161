"""A published run, read back: found by folder, name or scenario, each file checked against the manifest before it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from forecast import store
from forecast.errors import InputError, Problem, did_you_mean, few
from forecast.schema import Table

SCENARIOS = "scenarios"  # folder within the runs folder: one folder of runs per scenario
LATEST = "LATEST"
AGAIN = "Make the run again with `forecast run --force`"


@dataclass(frozen=True)
class Published:
    """One complete run: where it is and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def run(self) -> str:
        return str(self.manifest["run"])

    @property
    def scenario(self) -> str:
        return str(self.manifest["scenario"])

    @property
    def issue_date(self) -> pd.Timestamp:
        return pd.Timestamp(self.manifest["issue_date"])

    @property
    def settings(self) -> Mapping[str, Any]:
        """The config of the run, as it was."""
        config: Mapping[str, Any] = self.manifest["config"]
        return config

    def verify(self, names: Iterable[str]) -> None:
        """Raise InputError naming every file that is gone, was never written, or is not what the run wrote."""
        names, written = list(names), self.manifest["outputs"]
        problems = [found for name in names if name in written and (found := self._fault(name, written[name])) is not None]
        missing = [name for name in names if name not in written]
        if missing:
            problem = f"was made by another version, or without an output that is needed here: it has no {few(missing)}"
            problems.append(Problem(self.folder.name, problem, AGAIN))
        if problems:
            raise InputError(problems)

    def table(self, name: str, columns: Table) -> pd.DataFrame:
        """A published CSV, typed as its table declares; what an older run did not write yet is empty.

        Raises InputError when the file is not what the run wrote.
        """
        self.verify([name])
        text = pd.read_csv(self.folder / name, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        late = {column.name: "" for column in columns.columns if not column.required and column.name not in text}
        text = text.assign(**late)
        return pd.DataFrame({column.name: _typed(text[column.name], column.kind) for column in columns.columns})

    def seam(self, name: str) -> pd.DataFrame:
        """One seam of the run. Raises InputError when the file is not what the run wrote."""
        self.verify([store.seam_file(name)])
        return store.read_seam(self.folder, name)

    def _fault(self, name: str, digest: str) -> Problem | None:
        try:
            is_same = store.file_digest(self.folder / name) == digest
        except OSError:
            return Problem(f"{self.folder.name}/{name}", "is gone or cannot be read", AGAIN)
        if is_same:
            return None
        problem = "was changed after the run was published: its sha256 is not the one in manifest.json"
        return Problem(f"{self.folder.name}/{name}", problem, f"Do not trust it. {AGAIN}")


def open_run(folder: Path) -> Published:
    """Open the run in a folder. Raises InputError when there is none, or its manifest cannot be read."""
    try:
        manifest = json.loads((folder / store.MANIFEST).read_text(encoding="utf-8"))
        if all(name in manifest for name in ("run", "scenario", "issue_date", "config", "outputs")):
            return Published(folder, manifest)
    except OSError:
        raise InputError([Problem(str(folder), "is not a run: it has no manifest.json", "Give the folder of a run")]) from None
    except (ValueError, TypeError):
        pass
    raise InputError([Problem(f"{folder.name}/{store.MANIFEST}", "cannot be read as the manifest of a run", AGAIN)])


def find_run(name: str, runs: Path | None) -> Published:
    """The run of a name: a run folder, a folder of runs, `LATEST`, a run id, or a scenario (its newest run).

    Ids, scenarios and LATEST are looked for in `runs` and the folders of scenarios in it. Raises InputError with near names.
    """
    given = Path(name)
    if (given / store.MANIFEST).is_file():
        return open_run(given)
    if (given / LATEST).is_file():
        return _latest(given)
    if runs is None:
        raise InputError([Problem(name, "is not the folder of a run", "Give a folder, or a config that says where runs are")])
    if name == LATEST:
        return _latest(runs)
    known = _runs_in(runs)
    if name in known:
        return open_run(known[name])
    of_scenario = [run for run in map(_readable, known.values()) if run is not None and run.scenario == name]
    if of_scenario:
        return max(of_scenario, key=lambda run: (str(run.manifest.get("started_utc", "")), run.folder.name))
    raise InputError([_unknown(name, runs, known)])


def _latest(runs: Path) -> Published:
    folder = store.latest(runs)
    if folder is None:
        raise InputError([Problem(str(runs), "has no complete run yet", "Make one with `forecast run`")])
    return open_run(folder)


def _runs_in(runs: Path) -> dict[str, Path]:
    """Run id -> folder, of the runs folder and the folders of scenarios in it; of one id in both, the one of the runs folder."""
    found = [*runs.glob(f"{SCENARIOS}/*/*/{store.MANIFEST}"), *runs.glob(f"*/{store.MANIFEST}")]
    return {path.parent.name: path.parent for path in sorted(found, key=_deepest_first) if not path.parent.name.startswith(".")}


def _deepest_first(path: Path) -> tuple[int, str]:
    return -len(path.parts), path.as_posix()


def _readable(folder: Path) -> Published | None:
    try:
        return open_run(folder)
    except InputError:
        return None


def _unknown(name: str, runs: Path, known: Mapping[str, Path]) -> Problem:
    scenarios = sorted({run.scenario for run in map(_readable, known.values()) if run is not None})
    if not known:
        return Problem(str(runs), "has no complete run yet", "Make one with `forecast run` or `forecast scenarios`", value=name)
    near = did_you_mean(name, [*known, *scenarios, LATEST])
    action = f"{near} Scenarios with a run: {', '.join(scenarios)}. Runs: {few(sorted(known, reverse=True), 3)}".strip()
    return Problem(str(runs), "is neither a run nor a scenario that was run here", action, value=name)


def _typed(text: pd.Series, kind: str) -> pd.Series:
    if kind in ("number", "integer"):
        return pd.to_numeric(text.where(text != ""), errors="raise").astype(float)
    if kind in ("date", "period"):
        return pd.to_datetime(text.where(text != ""), format="%Y-%m-%d").astype("datetime64[s]")
    return text.str.replace(r"^'(?=[=+\-@\t\r\n])", "", regex=True)  # the apostrophe that keeps a spreadsheet from computing it
