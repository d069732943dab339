"""Files, snapshots and anything else DuckDB reads as one side."""

from __future__ import annotations

from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import duckdb

from trueup.migration.reconciliation.compare import statements
from trueup.migration.reconciliation.compare.model import Column, Engine, Kind
from trueup.migration.reconciliation.errors import QueryRefused
from trueup.migration.sources.statements import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY: Final = "256MB"  # what does not fit goes to disk; the client's own budget is 300 MiB
THREADS: Final = 2

KINDS: Final = {
    "BOOLEAN": Kind.BOOLEAN,
    "FLOAT": Kind.FLOAT,
    "DOUBLE": Kind.FLOAT,
    "DATE": Kind.DATE,
    "TIME": Kind.TIME,
    "BLOB": Kind.BYTES,
    "UUID": Kind.UUID,
    "JSON": Kind.JSON,
}
INTEGERS: Final = frozenset(
    f"{sign}{name}"
    for sign in ("", "U")
    for name in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
)


class DuckConnection:
    """A DuckDB connection as a side. The caller has attached what the query reads."""

    engine = Engine.DUCKDB
    version = 0

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def describe(self, query: str) -> tuple[Column, ...]:
        described = self.rows(statements.described(self.engine, query))
        return tuple(Column(str(row[0]), kind_of(str(row[1]))) for row in described)

    def shares(self, query: str, key: str) -> tuple[str, ...]:
        del query, key  # DuckDB spreads one statement over its own threads
        return (statements.EVERY_ROW,)

    def rows(self, sql: str, lane: int = 0) -> list[tuple[object, ...]]:
        del lane
        with _refusals():
            return self._connection.cursor().execute(sql).fetchall()

    def stream(self, sql: str, batch_rows: int) -> Iterator[list[tuple[object, ...]]]:
        with _refusals():
            result = self._connection.cursor().execute(sql)
            while rows := result.fetchmany(batch_rows):
                yield rows


@contextmanager
def open_duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    """A private DuckDB in bounded memory, in UTC; what does not fit lies in a temporary folder."""
    with (
        TemporaryDirectory(prefix="trueup-duckdb-") as folder,
        duckdb.connect() as connection,
    ):
        connection.execute(f"set temp_directory = {literal(folder)}")
        _settle(connection)
        yield connection


def _settle(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"set memory_limit = '{MEMORY}'")
    connection.execute(f"set threads = {THREADS}")
    connection.execute("set timezone = 'UTC'")
    connection.execute("set preserve_insertion_order = false")  # it costs memory, and we sort


def kind_of(type_name: str) -> Kind:
    """By DuckDB's own names; every other type is compared by its text."""
    if type_name in INTEGERS:
        return Kind.INTEGER
    if type_name.startswith("DECIMAL"):
        return Kind.DECIMAL
    if type_name.startswith("TIMESTAMP"):
        return Kind.TIMESTAMP
    return KINDS.get(type_name, Kind.TEXT)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise QueryRefused(engine="DuckDB", reason=str(error).splitlines()[0]) from error
