"""A table or a query of a PostgreSQL server, as text with canonical column names: read only, within a time limit.

Contract. Rows as `use: table` gives them, with the same settings for columns and habits (columns, wide, rename, dates ...);
`record` is `postgres[name]:row`, counted from 1 in the order of the query. Types are kept exactly; NULL is an empty cell.
Where the server is and who we are never stands in the config: a connection service file (`service:`), or the environment (PGHOST,
PGDATABASE, PGUSER, PGPASSFILE ...), as libpq knows them. Errors name neither host nor user nor password.

    service: relief            a section of the service file (~/.pg_service.conf or PGSERVICEFILE); absent: the environment
    table: logistics.records   all columns of a table or view
    query: "select ..."        instead of table: one SELECT; give it an ORDER BY, so that rows keep their numbers
    timeout_seconds: 60        the server stops a query that takes longer

Needs the extra `postgres` (pip install "needs-forecast[postgres]").
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import Field, model_validator

from forecast.config import Code
from forecast.errors import InputError, NotThereError, Problem
from forecast.ingest import _grid
from forecast.ingest._cells import as_cell
from forecast.ingest._grid import Grid, Piece
from forecast.ingest._layout import Looked
from forecast.ingest._ours import Habits, ours, together
from forecast.schema import Reading

ROWS_AT_ONCE = 20_000
SECONDS_TO_CONNECT = 10
NAME = r'(?:[A-Za-z_]\w*|"[^"]+")'
TABLE = re.compile(rf"{NAME}(?:\.{NAME})?")
NO_NAME = re.compile(r"://|=|\s")
SEE = "See the service file or the environment (PGHOST, PGDATABASE, PGUSER, PGPASSFILE); psql reads the same"
NO_ANSWER = ("", "08", "53", "57")  # of codes: no answer at all, connection, resources, stopped by the server
REFUSALS = {
    "57014": ("took longer than timeout_seconds", "Ask for less, or raise the limit"),
    "42P01": ("asks for a table that is not there", "Mend its name; is it in another schema?"),
    "42703": ("asks for a column that is not there", "Mend its name"),
    "42601": ("is not one SELECT that the server understands", "Try it in psql"),
    "42501": ("asks for what we may not read", "Have the right to read it granted"),
    "25006": ("tries to change the data", "Only a SELECT is run, and nothing is ever written"),
}


class Settings(Habits):
    """The settings of `use: postgres`; what they mean stands at the top of forecast/ingest/postgres.py."""

    service: Code | None = None
    table: Code | None = None
    query: Code | None = None
    timeout_seconds: int = Field(default=60, ge=1, le=3600)

    @model_validator(mode="after")
    def _names_only(self) -> Settings:
        """Whole, not by field: what is wrong may hold a password and is not to be shown."""
        if self.service is not None and NO_NAME.search(self.service):
            raise ValueError("service is no name of a service; host, user and password stand in the service file, never here")
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        if self.table is not None and not TABLE.fullmatch(self.table):
            raise ValueError("table is no name of a table (schema.table); write SQL under query")
        return self

    @property
    def sql(self) -> str:
        """The one statement to run."""
        return self.query.rstrip().rstrip(";") if self.query is not None else f"select * from {self.table}"  # noqa: S608


def read(settings: Settings, reading: Reading, name: str) -> pd.DataFrame:
    """The rows as text, as `use: table` gives them. Raises NotThereError: no connection, no answer in time; InputError: no such
    table, no such right, too large.
    """
    label, digest = f"postgres[{name}]", hashlib.sha256()
    grid = Grid(label, _pieces(settings, label, digest), [], is_sheet=True)
    body = _grid.body(grid, Looked(), 1)
    reading.files[label] = digest.hexdigest()
    return together([ours(body, settings, reading, name)], settings)


def _pieces(settings: Settings, label: str, digest: Any) -> Iterator[Piece]:
    """The names of the columns as row 0, then the rows; what was read goes into the digest."""
    psycopg = _driver(label)
    try:
        with _connected(psycopg, settings, label) as connection, connection.cursor(name="forecast") as cursor:
            cursor.execute(settings.sql)
            yield [0], [[column.name for column in cursor.description]]
            count = 0
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                cells = [[as_cell(value) for value in row] for row in rows]
                digest.update("\n".join("\x1f".join(row) for row in cells).encode())
                yield list(range(count + 1, count + len(rows) + 1)), cells
                count += len(rows)
    except psycopg.Error as error:
        state = error.sqlstate or ""
        problem, action = REFUSALS.get(
            state, (f"was refused or cut off by the server (SQLSTATE {state or 'none'})", "Try it in psql")
        )
        told = Problem(label, f"the query {problem}", action)
        raise (NotThereError(told) if state[:2] in NO_ANSWER else InputError([told])) from None  # its text may name host and user


def _connected(psycopg: Any, settings: Settings, label: str) -> Any:
    """A connection in which nothing can be changed and no statement takes longer than the limit."""
    service = {"service": settings.service} if settings.service else {}
    try:
        connection = psycopg.connect(connect_timeout=SECONDS_TO_CONNECT, application_name="needs-forecast", **service)
    except psycopg.Error:
        what = "the service is not known, or its" if settings.service else "no connection: the"
        raise NotThereError(Problem(label, f"{what} server cannot be reached or does not let us in", SEE)) from None
    connection.read_only = True
    connection.execute("select set_config('statement_timeout', %s, false)", [str(1000 * settings.timeout_seconds)])
    return connection


def _driver(label: str) -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError as error:
        action = 'Install it: pip install "needs-forecast[postgres]"'
        raise InputError([Problem(label, "needs the extra postgres, which is not installed", action)]) from error
