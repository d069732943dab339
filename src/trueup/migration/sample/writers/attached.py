"""PostgreSQL and SQLite, written through DuckDB's own clients of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from trueup.migration.sample.errors import DestinationTaken
from trueup.migration.sample.model import Engine
from trueup.migration.sample.writers.tables import STATEMENTS, definitions
from trueup.migration.sources.scanner import extension_file
from trueup.migration.sources.statements import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from trueup.kernel.progress import Progress
    from trueup.migration.sample.writers.tables import MadeTable


def write_postgresql(
    connection: duckdb.DuckDBPyConnection,
    url: str,
    tables: Sequence[MadeTable],
    progress: Progress,
) -> None:
    """Everything in one transaction. Raises DestinationTaken when a legacy table is there."""
    connection.execute(f"load {literal(extension_file('postgres_scanner'))}")
    connection.execute(f"attach {literal(url)} as destination (type postgres)")
    there = {name for (name,) in connection.execute(STATEMENTS.attached_tables.sql).fetchall()}
    if taken := sorted(there & {table.name for table in tables}):
        raise DestinationTaken(location="The database", found=", ".join(taken))
    connection.execute("begin")
    for statement in definitions(Engine.POSTGRESQL).values():
        connection.execute(f"call postgres_execute('destination', {literal(statement)})")
    _copy(connection, tables, progress)
    connection.execute("commit")
    connection.execute("detach destination")


def write_sqlite(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    tables: Sequence[MadeTable],
    progress: Progress,
) -> None:
    """A new file, there only when it is whole. Raises DestinationTaken when something is there."""
    if path.exists():
        raise DestinationTaken(location=str(path), found="a file")
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as file:
        for statement in definitions(Engine.SQLITE).values():
            file.execute(statement)
        file.commit()
    connection.execute(f"load {literal(extension_file('sqlite_scanner'))}")
    connection.execute(f"attach {literal(str(partial))} as destination (type sqlite)")
    connection.execute("begin")
    _copy(connection, tables, progress)
    connection.execute("commit")
    connection.execute("detach destination")
    partial.rename(path)


def _copy(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[MadeTable], progress: Progress
) -> None:
    for table in tables:
        statement = f"insert into destination.{table.name} select * from legacy.{table.name}"  # noqa: S608  a name of our own schema file
        connection.execute(statement)
        progress.advance(table.rows)
