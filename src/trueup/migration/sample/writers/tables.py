"""The finished tables of the workshop, and the statements that make room for them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final

from trueup.db import load_queries
from trueup.kernel.errors import check
from trueup.migration.sample.model import Engine

if TYPE_CHECKING:
    import duckdb

SCHEMA: Final = "trueup.migration.sample.schema"
STATEMENTS: Final = load_queries(__package__, "statements.sql")


@dataclass(frozen=True, slots=True)
class MadeTable:
    """A finished table of the workshop, in its schema `legacy`.

    columns: (name, DuckDB type), in the order of the schema.
    """

    name: str
    rows: int
    columns: tuple[tuple[str, str], ...]


def definitions(engine: Engine) -> dict[str, str]:
    """The engine's `create table` statement of each legacy table, in the order of the schema."""
    name = Engine.POSTGRESQL.value if engine is Engine.CSV else engine.value
    text = resources.files(SCHEMA).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    parts = text.split("create table ")[1:]
    return {part.split()[0]: f"create table {part.strip().removesuffix(';')}" for part in parts}


def made_tables(connection: duckdb.DuckDBPyConnection) -> tuple[MadeTable, ...]:
    """All tables of the workshop, in the order of the schema."""
    names = list(definitions(Engine.POSTGRESQL))
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(STATEMENTS.made_columns.sql).fetchall():
        found.setdefault(table, []).append((column, kind))
    check(sorted(found) == sorted(names), "the workshop makes exactly the tables of the schema")
    return tuple(MadeTable(name, _count(connection, name), tuple(found[name])) for name in names)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from legacy.{table}").fetchone()  # noqa: S608  a name of our own schema file
    return int(row[0]) if row else 0
