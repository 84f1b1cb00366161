"""Bombs are refused, or read, within a gigabyte of memory and with a sentence: never exit code 1."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import bombs
from tests.faults.cases import QUICK, merged
from tests.operation import Operation

MOST_MB = 1000
CHILD = """
import re, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))  # the machine of the tests is not the one to blow up
from forecast import cli
code = cli.main(sys.argv[1:])
print(code, int(re.search("VmHWM:\\s*([0-9]+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")


@dataclass(frozen=True)
class Outcome:
    """How a command in a process of its own ended: exit code, most memory held, what it said to stderr."""

    code: int
    megabytes: int
    said: str


def met(*arguments: str) -> Outcome:
    child = subprocess.run([sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, timeout=540, check=False)
    assert child.returncode == 0, child.stderr[-2000:]
    code, megabytes = child.stdout.split()[-2:]
    print(f"exit {code}, {megabytes} MB: {child.stderr.strip()[:300]}")
    return Outcome(int(code), int(megabytes), child.stderr.strip("\n"))


def checked(operation: Operation, name: str, path: str) -> Outcome:
    """`forecast check` of the operation with one input from another file."""
    operation.settings["inputs"][name] = {"use": "table", "path": path}
    operation.settings = merged(operation.settings, QUICK)
    operation.job()
    outcome = met("check", str(operation.folder / "config.yaml"))
    assert outcome.code in (0, 2), outcome.said
    assert outcome.megabytes < MOST_MB
    return outcome


# ------------------------------------------------------------------ configs


def test_a_billion_laughs_in_yaml_are_refused_at_the_first_alias(operation: Operation) -> None:
    laughs = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    operation.write("config.yaml", "l0: &l0 ha", *laughs)
    outcome = met("check", str(operation.folder / "config.yaml"))
    assert (outcome.code, outcome.said) == (
        2,
        "\nconfig.yaml: 1 problem\n  line 2: aliases (*name) are not allowed; write the value out. Mend the line".strip("\n"),
    )
    assert outcome.megabytes < MOST_MB


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_yaml_nested_ten_thousand_deep_is_refused(operation: Operation, opening: str) -> None:
    operation.write("config.yaml", f"title: {opening * 10_000}" if opening != "- " else opening * 10_000)
    outcome = met("check", str(operation.folder / "config.yaml"))
    assert (outcome.code, outcome.said) == (
        2,
        "config.yaml: 1 problem\n  is nested too deeply. A setting is at most a few levels deep",
    )
    assert outcome.megabytes < MOST_MB


def test_a_config_of_ten_megabytes_is_refused_unread(operation: Operation) -> None:
    operation.write("config.yaml", "title: x", "# " + "x" * 10_000_000)
    outcome = met("check", str(operation.folder / "config.yaml"))
    assert (outcome.code, outcome.said) == (
        2,
        "config.yaml: 1 problem\n  is larger than 1000 kB. A config holds settings, not data",
    )


# ------------------------------------------------------------------ tables

BOMBS: dict[str, Callable[[Path], None]] = {
    "two_gigabytes_of_sheet.xlsx": lambda path: bombs.workbook(path, bombs.SHEET, bombs.ROW, 2000 * bombs.MB),
    "a_gigabyte_of_strings.xlsx": lambda path: bombs.workbook(path, bombs.STRINGS, bombs.STRING, 1000 * bombs.MB),
    "an_archive_that_understates.xlsx": bombs.workbook_that_understates,
    "two_gigabytes_gzipped.csv.gz": lambda path: bombs.gzipped(path, b"D1,kit,1\n", 2000 * bombs.MB),
    "one_line_gzipped.csv.gz": lambda path: bombs.gzipped(path, b"x", 1000 * bombs.MB),
    "a_line_of_200_megabytes.csv": lambda path: path.write_bytes(b"depot,item,quantity\nD1," + b"x" * 200 * bombs.MB),
    "200_megabytes_of_commas.csv": lambda path: path.write_bytes(b"depot,item,quantity\n" + b"," * 200 * bombs.MB),
    "a_quote_never_closed.csv": lambda path: path.write_bytes(b'depot,item,quantity\nD1,kit,"' + b"1\n" * 100 * bombs.MB),
    "200_million_rows.parquet": lambda path: bombs.parquet(path, {"depot": "D1", "item": "kit", "quantity": 1.0}, 20),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_a_gigabyte(operation: Operation, name: str) -> None:
    path = operation.folder / name
    BOMBS[name](path)
    outcome = checked(operation, "stock", name)
    assert outcome.code == 2
    assert outcome.said.startswith(f"{name}: 1 problem\n  ")


@pytest.mark.slow
def test_five_million_records_are_refused_or_read_within_a_gigabyte(operation: Operation) -> None:
    bombs.rows(operation.folder / "many.csv", "zone,item,period,distributed,organisation", "Z-01,kit,2026-01-05,10", 5_000_000)
    outcome = checked(operation, "records", "many.csv")
    assert outcome.code == 2


@pytest.mark.slow
def test_200_million_samples_are_refused_within_a_gigabyte(operation: Operation) -> None:
    columns = {"zone": "Z-01", "item": "kit", "period": 1, "sample": 1, "demand": 1.0}
    bombs.parquet(operation.folder / "samples.parquet", columns, 20)
    operation.settings = merged(operation.settings, QUICK)
    operation.job()
    outcome = met("plan", str(operation.folder / "config.yaml"), "--demand", str(operation.folder / "samples.parquet"))
    assert outcome.code == 2
    assert outcome.megabytes < MOST_MB
    assert outcome.said == ("samples.parquet: 1 problem\n  declares 200,000,000 rows, more than 20,000,000. Give fewer samples")
