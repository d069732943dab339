"""One hash over everything a database holds, except when and in which run it was written."""

from __future__ import annotations

import hashlib

import psycopg

OF_THE_RUN = ("load_id", "recorded_at", "recorded_xid", "committed_at", "changed_at")
OPENED_AT = "ledger.account"  # whose created_at says when the run opened it
SKIPPED = {
    "ledger.folded_balance",  # a projection; how far it is folded depends on the run
    "ledger.fold",
    "migration.load",  # names and times of the run itself
    "tenancy.tenant",
}


def content_hash(url: str) -> str:
    """Equal for two databases that hold the same rows, whatever run wrote them."""
    digest = hashlib.sha256()
    with psycopg.connect(url) as connection:
        for table in _tables(connection):
            digest.update(table.encode())
            for row in _rows(connection, table):
                digest.update(row.encode())
    return digest.hexdigest()


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "select schemaname || '.' || tablename from pg_tables "
        "where schemaname in ('ledger', 'billing', 'migration') order by 1"
    ).fetchall()
    return [name for (name,) in rows if name not in SKIPPED]


def _rows(connection: psycopg.Connection, table: str) -> list[str]:
    schema, name = table.split(".")
    columns = connection.execute(
        "select quote_ident(column_name) from information_schema.columns "
        "where table_schema = %s and table_name = %s and column_name <> all(%s) order by 1",
        [schema, name, [*OF_THE_RUN, *(["created_at"] if table == OPENED_AT else [])]],
    ).fetchall()
    listed = ", ".join(column for (column,) in columns)
    rows = connection.execute(f"select row({listed})::text from {table}").fetchall()
    return sorted(line for (line,) in rows)
