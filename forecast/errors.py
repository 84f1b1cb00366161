"""What can go wrong, how it is worded, and the exit code it ends with."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

STALE_INPUTS = 4  # exit code of a run that is done, with stale or missing inputs
MOST_SHOWN = 20  # lines of one error; the rest is counted
MOST_NEAR = 3  # names that are equally near


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
        return self.told()

    def told(self, more: int = 0) -> str:
        """The sentence, of this line and of `more` others that have the same problem."""
        kind = "setting" if self.file.startswith("--") or self.file.endswith((".yaml", ".yml")) else "column"
        line = f"line {self.line}{f' and {more} more' if more else ''}" if self.line else ""
        places = (line, f"{kind} {self.column}" if self.column else "")
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


class NotThereError(InputError):
    """No file matches a path, or no server answers: to be mended, unless it is a feed that may be late.

    `path`: as the setting has it; None of a server.
    """

    def __init__(self, problem: Problem, path: str | None = None) -> None:
        super().__init__([problem])
        self.path = path


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
    """Name the nearest known names as a question, or nothing when none is near.

    Names that are the same but for case, accents, blanks, signs and leading zeros come before any other; of several that are
    equally near three are named.
    """
    near = near_names(name, known)
    words = [f"'{one}'" for one in near[:MOST_NEAR]] + (["another"] if len(near) > MOST_NEAR else [])
    return f"Did you mean {' or '.join(filter(None, (', '.join(words[:-1]), words[-1])))}?" if words else ""


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """All known names that are nearest to a name, equally near, in order; none where none is near."""
    names = sorted(set(known))
    bare = bare_name(name)
    alike = [one for one in names if bare and bare_name(one) == bare]
    if alike:
        return alike
    close = difflib.get_close_matches(name, names, n=max(1, len(names)), cutoff=0.6)
    likeness = [difflib.SequenceMatcher(None, one, name).ratio() for one in close]
    return sorted(one for one, ratio in zip(close, likeness, strict=True) if ratio == likeness[0])


def bare_name(name: str) -> str:
    """A name without what people write differently: `NG 034`, `ng34` and `NG034` are alike, and `Ceel Dheer` and `Ceel-dheér`."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", "".join(letter for letter in plain if letter.isalnum()))


def few(names: Iterable[object], most: int = 5) -> str:
    """The first names and how many more there are: `a, b and 7 more`."""
    words = [str(name) for name in names]
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def counted(count: int, what: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _worded(problems: tuple[Problem, ...]) -> str:
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    paragraphs = []
    for file, found in by_file.items():
        lines = [f"{file}: {len(found)} problem{'s' if len(found) > 1 else ''}"]
        alike = _alike(found)
        lines += [f"  {same[0].told(len(same) - 1)}" for same in alike[:MOST_SHOWN]]
        if len(alike) > MOST_SHOWN:
            lines.append(f"  ... and {sum(map(len, alike[MOST_SHOWN:]))} more of this file")
        paragraphs.append("\n".join(lines))
    return "\n".join(paragraphs)


def _alike(problems: list[Problem]) -> list[list[Problem]]:
    """Problems that differ by their line only, together, in the order of the first of each."""
    groups: dict[object, list[Problem]] = {}
    for problem in problems:
        key = (problem.column, problem.value, problem.problem, problem.action) if problem.line else problem
        groups.setdefault(key, []).append(problem)
    return list(groups.values())
