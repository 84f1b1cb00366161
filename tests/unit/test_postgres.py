"""Rows of a real PostgreSQL server become text as tables do; nothing is written, and errors name neither server nor password."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from forecast import convert
from forecast.config import settings_problems
from forecast.errors import InputError, Problems
from forecast.ingest import postgres
from forecast.schema import RECORDS, Ledger, Reading
from tests.postgres_server import PASSWORD, server

SET_UP = """
create role reader login password '{password}';
create schema logistics;
grant usage on schema logistics to reader;
create table logistics.records (zone text, item text, week date, served numeric(12, 3), asked float8, remark text,
  seen timestamp);
insert into logistics.records values
  ('00123', 'water', '2026-01-05', 8200.000, 12000, null, '2026-01-12 06:30'),
  ('NO', 'NA', '2026-01-12', 12.345, 'NaN', ' a note ', null);
create table logistics.secret (zone text);
create table logistics.english (zone text, item text, period text, distributed text);
insert into logistics.english values ('Z1', 'soap', 'January 2026', '8 200'), ('Total', '', '', '8 200');
create function logistics.writes() returns int language sql as $$ delete from logistics.records; select 1; $$;
grant select on logistics.records, logistics.english to reader;
"""
NO_SERVICE = (
    "setting inputs.records: service is no name of a service; host, user and password stand in the service file, never here. "
    "Change the setting"
)
COLUMNS = {"period": "week", "distributed": "served", "requested": "asked"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with server() as socket:
        psycopg = importlib.import_module("psycopg")
        with psycopg.connect(host=str(socket), user="owner", dbname="postgres", password=PASSWORD) as connection:
            connection.execute(SET_UP.format(password=PASSWORD))
        yield socket


@pytest.fixture
def reading(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    """Who and where stand in a service file and a password file, as on a laptop of the field."""
    (tmp_path / "services").write_text(f"[relief]\nhost={folder}\nuser=reader\ndbname=postgres\n", encoding="utf-8")
    (tmp_path / "pass").write_text(f"*:*:*:reader:{PASSWORD}\n", encoding="utf-8")
    (tmp_path / "pass").chmod(0o600)
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pass"))
    day = pd.Timestamp("2026-03-02")
    return Reading(tmp_path, day, day, "W", None, Ledger(), {})


def read(reading: Reading, **settings: Any) -> pd.DataFrame:
    whole = {"service": "relief", **settings}
    return postgres.read(postgres.Settings.model_validate(whole), reading, "records")


def refusal(reading: Reading, **settings: Any) -> str:
    with pytest.raises(InputError, match="problem") as caught:
        read(reading, **settings)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_rows_keep_their_types_and_their_numbers(reading: Reading) -> None:
    df = read(reading, table="logistics.records", columns=COLUMNS)
    assert df[["record", "zone", "item", "period", "distributed", "requested", "remark", "seen"]].to_numpy().tolist() == [
        ["postgres[records]:1", "00123", "water", "2026-01-05", "8200.000", "12000", "", "2026-01-12T06:30:00"],
        ["postgres[records]:2", "NO", "NA", "2026-01-12", "12.345", "", "a note", ""],
    ]
    problems = Problems()
    typed = convert.typed(df, RECORDS, problems, name="records", set_aside=True, period="W", week_starts="MON")
    assert typed["distributed"].tolist() == [8200, 12.345]
    assert not list(problems)


def test_what_was_read_is_hashed_and_the_hash_follows_the_content(reading: Reading) -> None:
    read(reading, query="select zone from logistics.records order by zone")
    first = reading.files["postgres[records]"]
    read(reading, query="select zone from logistics.records order by zone")
    assert reading.files["postgres[records]"] == first
    read(reading, query="select zone from logistics.records order by zone desc")
    assert reading.files["postgres[records]"] != first


def test_the_habits_of_tables_are_understood(reading: Reading) -> None:
    reading = Reading(reading.root, reading.issue_date, reading.today, "M", None, reading.ledger, {})
    df = read(reading, table="logistics.english")
    assert df[["zone", "period", "distributed"]].to_numpy().tolist() == [["Z1", "2026-01", "8200"]]
    assert [problem.value for problem in reading.ledger.problems.noted] == ["Total"]


def test_more_rows_than_come_at_once_are_read_in_order(reading: Reading) -> None:
    df = read(reading, query="select n::text as zone from generate_series(1, 45000) as n")
    assert df["zone"].tolist() == [str(n) for n in range(1, 45001)]
    assert df["record"].iloc[-1] == "postgres[records]:45000"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"table": "logistics.record"}, "asks for a table that is not there. Mend its name; is it in another schema?"),
        ({"table": "logistics.secret"}, "asks for what we may not read. Have the right to read it granted"),
        ({"query": "select zon from logistics.records"}, "asks for a column that is not there. Mend its name"),
        ({"query": "delete from logistics.records"}, "is not one SELECT that the server understands. Try it in psql"),
        (
            {"query": "select 1; commit; drop table logistics.records"},
            "is not one SELECT that the server understands. Try it in psql",
        ),
        ({"query": "select logistics.writes()"}, "tries to change the data. Only a SELECT is run, and nothing is ever written"),
        (
            {"query": "select pg_sleep(30)", "timeout_seconds": 1},
            "took longer than timeout_seconds. Ask for less, or raise the limit",
        ),
        ({"query": "select 1 / 0 as zone"}, "was refused or cut off by the server (SQLSTATE 22012). Try it in psql"),
    ],
)
def test_a_query_that_cannot_be_run_is_refused(reading: Reading, settings: dict[str, Any], told: str) -> None:
    assert refusal(reading, **settings) == f"postgres[records]: 1 problem\n  the query {told}"
    assert len(read(reading, table="logistics.records")) == 2


def test_a_wrong_password_is_told_without_naming_host_user_or_password(reading: Reading, folder: Path) -> None:
    (reading.root / "pass").write_text("*:*:*:reader:wrong-secret\n", encoding="utf-8")
    message = refusal(reading, table="logistics.records")
    assert message == (
        "postgres[records]: 1 problem\n"
        "  the service is not known, or its server cannot be reached or does not let us in. "
        "See the service file or the environment (PGHOST, PGDATABASE, PGUSER, PGPASSFILE); psql reads the same"
    )
    assert not [word for word in (str(folder), "reader", "wrong-secret", PASSWORD) if word in message]


def test_a_service_that_is_not_known_is_refused(reading: Reading) -> None:
    assert "the service is not known" in refusal(reading, service="relef", table="logistics.records")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"service": "postgresql://reader:secret@db/relief", "table": "t"},
            NO_SERVICE,
        ),
        (
            {"service": "host=db password=secret", "table": "t"},
            NO_SERVICE,
        ),
        ({"table": "t", "query": "select 1"}, "setting inputs.records: give either table or query. Change the setting"),
        (
            {"table": "t; drop table t"},
            "setting inputs.records: table is no name of a table (schema.table); write SQL under query. Change the setting",
        ),
    ],
)
def test_wrong_settings_are_named_and_secrets_are_not_repeated(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match="1 validation error") as caught:
        postgres.Settings.model_validate(settings)
    problems = [str(p) for p in settings_problems(caught.value, "config.yaml", postgres.Settings, "inputs.records")]
    assert problems == [told]


def test_a_password_is_no_setting() -> None:
    with pytest.raises(ValidationError, match="1 validation error") as caught:
        postgres.Settings.model_validate({"table": "t", "password": "secret"})
    (problem,) = settings_problems(caught.value, "config.yaml", postgres.Settings, "inputs.records")
    assert "secret" not in str(problem)
    assert problem.problem == "is not a setting"


def test_without_the_driver_the_extra_is_named(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(InputError, match=r"needs-forecast\[postgres\]"):
        read(reading, table="logistics.records")
