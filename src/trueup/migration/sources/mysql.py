from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from trueup.db import load_queries
from trueup.migration.sources.columns import CatalogueColumn, tables_of
from trueup.migration.sources.errors import NotTransactional, UnreadableValue
from trueup.migration.sources.model import Kind, SourceConfig, SourceTable
from trueup.migration.sources.mysql_fields import (
    Declared,
    Field,
    batch_of,
    expressions_of,
    field_of,
    schema_of,
)
from trueup.migration.sources.mysql_wire import Wire, connected
from trueup.migration.sources.ports import Batches, Rows
from trueup.migration.sources.statements import backquoted, profile_rows, select_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Q: Final = load_queries(__package__, "mysql.sql")

TRANSACTIONAL: Final = frozenset({"innodb", "rocksdb", "tokudb", "ndbcluster"})


class MysqlSource:
    """A MariaDB or MySQL database, read on one connection in one consistent snapshot."""

    kind: Final = Kind.MYSQL
    fingerprint: Final = None

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.location = wire.location
        wire.execute(Q.settings.sql)
        ((self.server_version, now),) = wire.many(Q.server.sql)
        is_mariadb = "mariadb" in self.server_version.lower()
        before = "" if is_mariadb else str(wire.many(Q.gtids.sql)[0][0])
        wire.execute(Q.begin.sql)
        if is_mariadb:
            self.position = _mariadb_position(dict(wire.many(Q.position.sql)), str(now))
        else:
            self.position = _mysql_position(before, str(wire.many(Q.gtids.sql)[0][0]))
        self._fields: dict[str, list[Field]] = {}
        self._engines: dict[str, str] = {}

    def tables(self) -> tuple[SourceTable, ...]:
        self._fields.clear()
        columns = []
        for row in self._wire.many(Q.columns.sql):
            column, engine, field = _column(row)
            columns.append(column)
            self._engines[column.table] = engine
            self._fields.setdefault(column.table, []).append(field)
        return tables_of(columns)

    def check_readable(self, tables: Sequence[SourceTable]) -> None:
        """Raise NotTransactional, naming every table that no transaction covers."""
        engines = {table.name: self._engines[table.name] for table in tables}
        outside = {name: e for name, e in engines.items() if e.lower() not in TRANSACTIONAL}
        if outside:
            raise NotTransactional(tables=outside)

    def rows(self, table: SourceTable) -> Rows:
        where = backquoted(table.name)
        count, flawed = self._profile(self._fields[table.name], where)
        fields = [f.as_text if f.name in flawed else f for f in self._fields[table.name]]
        key = table.primary_key
        ordered = f"{where} force index for order by (primary)" if key else where
        statement = select_rows(expressions_of(fields), ordered, key, backquoted)
        return Rows(schema_of(fields), self._batches(table, statement, fields), count)

    def check_unchanged(self) -> None:
        """One snapshot cannot change under its reader."""

    def _batches(self, table: SourceTable, statement: str, fields: list[Field]) -> Batches:
        for values in self._wire.stream(statement, len(expressions_of(fields))):
            try:
                yield batch_of(values, fields)
            except pa.ArrowInvalid as error:
                reason = str(error).splitlines()[0]
                raise UnreadableValue(table=table.name, column="*", reason=reason) from None

    def _profile(self, fields: list[Field], where: str) -> tuple[int, set[str]]:
        """How many rows there are, and the columns with a value their type cannot carry."""
        checked = [field for field in fields if field.flaw]
        statement = profile_rows(
            [field.flaw for field in checked], where, "coalesce(max({flaw}), 0)"
        )
        ((count, *found),) = self._wire.many(statement)
        return count, {field.name for field, bad in zip(checked, found, strict=True) if bad}


@contextmanager
def open_mysql(config: SourceConfig) -> Iterator[MysqlSource]:
    """Raises UnknownSource without a server or a database, SourceDenied, SourceLost."""
    with connected(config.url) as wire:
        yield MysqlSource(wire)


def _column(row: tuple[Any, ...]) -> tuple[CatalogueColumn, str, Field]:
    table, engine, name, source_type, is_nullable, data_type, precision, scale, key = row
    column = CatalogueColumn(table, name, source_type, bool(is_nullable), key)
    return column, engine, field_of(Declared(name, source_type, data_type, precision, scale))


def _mariadb_position(log: dict[str, str], now: str) -> str:
    file, place = log.get("binlog_snapshot_file"), log.get("binlog_snapshot_position")
    if file and place:
        return f"binary log {file}:{place}"
    return f"consistent snapshot of {now} UTC, no binary log"


def _mysql_position(before: str, after: str) -> str:
    if before == after:
        return f"executed {after}"
    return f"executed at least {before}, at most {after}"
