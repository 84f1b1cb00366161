"""Whatever is done to a table: it is refused, or each row it still has is read as its text says and every other is listed."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import convert, periods
from forecast.errors import InputError
from forecast.ingest import table
from forecast.schema import INPUT_TABLES, Column, Ledger, Reading
from tests.property.mutated_tables import Line, Mutated, meanings, mutated, said

TODAY = pd.Timestamp("2026-03-02")


def outcome(case: Mutated, folder: Path) -> tuple[pd.DataFrame | None, Ledger]:
    """The typed rows of a table, None where it was refused, and what was said."""
    ledger, name = Ledger(), f"table{case.suffix}"
    (folder / name).write_bytes(case.data)
    reading = Reading(folder, TODAY, TODAY, "W", None, ledger, {})
    schema = INPUT_TABLES[case.input]
    try:
        text = table.read(table.Settings(path=name), reading, case.input)
        df = convert.typed(
            text, schema, ledger.problems, name=case.input, set_aside=case.input == "records", period="W", week_starts="MON"
        )
        ledger.problems.raise_if_refused()
    except InputError:
        return None, ledger
    return df, ledger


def faults_of(case: Mutated, df: pd.DataFrame, ledger: Ledger) -> list[str]:
    """What was read otherwise than the text says, or left out without a word."""
    schema = INPUT_TABLES[case.input]
    required = {column.name for column in schema.columns if column.required}
    readings = [said(case.data, delimiter) for delimiter in (case.delimiter, *",;\t|")]
    lines = next((lines for lines in readings if _header(lines, required)), [])
    header = _header(lines, required)
    if header is None:
        return ["read without a header that holds all it needs"]
    names = [name.strip() for name in header.cells]
    listed = {problem.line for problem in ledger.problems if problem.line}
    by_line = {line.first: line for line in lines}
    found, read = [], set()
    for row in df.to_dict("records"):
        at = convert.place(str(row["record"]))[1] or 0
        read.add(at)
        if at not in by_line or at <= header.first:
            found.append(f"line {at} is read, but there is no such row")
            continue
        for column in schema.columns:
            if column.name in names and column.name != "record":
                cell = dict(zip(names, by_line[at].cells, strict=False)).get(column.name, "")
                if not _fits(row[column.name], cell, column):
                    found.append(f"line {at}, {column.name}: {cell!r} was read as {row[column.name]!r}")
    for line in lines:
        is_told = any(number in listed for number in range(line.first, line.last + 1))
        if line.first > header.last and any(line.cells) and line.first not in read and not is_told:
            found.append(f"line {line.first} is lost without a word: {line.cells}")
    return found + _forgotten_columns(names, schema.names, ledger)


def _header(lines: list[Line], required: set[str]) -> Line | None:
    """The first row, or two rows one above the other, that hold the names needed."""
    top = [line for line in lines if any(line.cells)][:30]
    joined = [Line(a.first, b.last, _one_above_the_other(a.cells, b.cells)) for a, b in itertools.pairwise(top)]
    return next((line for line in [*top, *joined] if required <= set(line.cells)), None)


def _one_above_the_other(upper: list[str], lower: list[str]) -> list[str]:
    return [f"{above} {below}".strip() for above, below in itertools.zip_longest(upper, lower, fillvalue="")]


def _forgotten_columns(names: list[str], known: list[str], ledger: Ledger) -> list[str]:
    """Columns of the sound table that have another name now: nobody may lose one without a word."""
    told = " ".join([str(problem) for problem in ledger.problems] + ledger.remarks)
    lost = [name for name in names if name and name not in known and re.sub("[^a-z_]", "", name.lower()).rstrip("s") in known]
    return [f"the column {name!r} is not read, and nobody is told" for name in lost if name not in told]


def _fits(value: object, cell: str, column: Column) -> bool:
    if column.kind in ("number", "integer"):
        if not cell:
            return isinstance(value, float) and math.isnan(value)
        return any(np.isclose(float(str(value)), meant, rtol=1e-12) for meant in meanings(cell))
    if column.kind in ("date", "period"):
        return value is pd.NaT if not cell else value in _days(cell, column)
    return value == cell


def _days(cell: str, column: Column) -> set[pd.Timestamp]:
    """The day an ISO date, or another form that means one day only, stands for."""
    found = set()
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"):
        day = pd.to_datetime(cell, format=form, errors="coerce")
        if day is not pd.NaT:
            found.add(day.normalize())
    if week := re.fullmatch("([0-9]{4})-?W([0-9]{1,2})", cell):
        found.add(pd.Timestamp.fromisocalendar(int(week[1]), int(week[2]), 1))
    if len(found) > 1 and not re.fullmatch("[0-9]{4}.*", cell):
        found = set()  # day or month first: nobody knows
    return {periods.start_of(day, "W", "MON") for day in found} if column.kind == "period" else found


def check(seeds: range, folder: Path) -> dict[str, int]:
    """Meet every table; returns how many were refused, read with something to say, and read in silence."""
    counts = {"refused": 0, "read, rows listed": 0, "read": 0}
    wrong = []
    for seed in seeds:
        case = mutated(seed)
        try:
            df, ledger = outcome(case, folder)
        except Exception as error:
            wrong.append(f"seed {seed}, {case.done}: crashed with {type(error).__name__}: {error}")
            continue
        if df is None:
            counts["refused"] += 1
            continue
        counts["read, rows listed" if list(ledger.problems) else "read"] += 1
        wrong += [f"seed {seed}, {case.input}, {case.done}: {fault}" for fault in faults_of(case, df, ledger)]
    assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong[:20])
    return counts


def test_500_mutated_tables_are_refused_or_read_as_they_say(tmp_path: Path) -> None:
    counts = check(range(500), tmp_path)
    assert min(counts.values()) > 50  # each of the three ways is met often enough to be a test


@pytest.mark.slow
def test_5000_mutated_tables_are_refused_or_read_as_they_say(tmp_path: Path) -> None:
    counts = check(range(500, 5500), tmp_path)
    print(counts)
    assert sum(counts.values()) == 5000
