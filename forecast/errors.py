"""What can go wrong, how it is worded, and the exit code it ends with."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MOST_SHOWN = 20  # lines of one error; the rest is counted


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found wrong in the input: what, where, the value as it stood, and what to do (or what was done)."""

    file: str
    problem: str
    action: str
    line: int | None = None
    column: str = ""
    value: str = ""

    def __str__(self) -> str:
        kind = "setting" if self.file.startswith("--") or self.file.endswith((".yaml", ".yml")) else "column"
        places = (f"line {self.line}" if self.line else "", f"{kind} {self.column}" if self.column else "")
        place = ", ".join(part for part in places if part)
        value = f"'{self.value}' " if self.value else ""
        return f"{place + ': ' if place else ''}{value}{self.problem}. {self.action}"


class ForecastError(Exception):
    """The common ancestor: its message is for the person who runs the command; its code is the exit code."""

    exit_code = 1


class InputError(ForecastError):
    """A config or input file to mend; carries every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(_worded(self.problems))


class NoPlanError(ForecastError):
    """No plan can be made: commitments clash, or the solver gave up."""

    exit_code = 3


class LockedError(ForecastError):
    """Another run holds the lock on the runs folder."""

    exit_code = 75


@dataclass
class Problems:
    """The problems met in one run: some refuse the input, the others are set aside or noted in `problems.csv`."""

    refused: list[Problem] = field(default_factory=list)
    noted: list[Problem] = field(default_factory=list)

    def refuse(self, problem: Problem) -> None:
        """Remember a problem that must stop the run once everything has been looked at."""
        self.refused.append(problem)

    def note(self, problem: Problem) -> None:
        """Remember a problem that does not stop the run; its action says what became of the row or the value."""
        self.noted.append(problem)

    def raise_if_refused(self) -> None:
        """Raise `InputError` with all that was refused so far, if anything was."""
        if self.refused:
            raise InputError(self.refused)

    def __iter__(self) -> Iterator[Problem]:
        return iter((*self.refused, *self.noted))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the nearest known name as a sentence, or nothing when none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else ""


def few(names: Iterable[object], most: int = 5) -> str:
    """The first names and how many more there are: `a, b and 7 more`."""
    words = [str(name) for name in names]
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def _worded(problems: tuple[Problem, ...]) -> str:
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    paragraphs = []
    for file, found in by_file.items():
        lines = [f"{file}: {len(found)} problem{'s' if len(found) > 1 else ''}"]
        lines += [f"  {problem}" for problem in found[:MOST_SHOWN]]
        if len(found) > MOST_SHOWN:
            lines.append(f"  ... and {len(found) - MOST_SHOWN} more of this file")
        paragraphs.append("\n".join(lines))
    return "\n".join(paragraphs)
