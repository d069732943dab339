from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa

from trueup.db import load_queries
from trueup.migration.sources.columns import CatalogueColumn, Reading, tables_of
from trueup.migration.sources.errors import NotTransactional, UnknownSource
from trueup.migration.sources.model import Kind, SourceConfig, SourceTable
from trueup.migration.sources.ports import Rows
from trueup.migration.sources.scanner import Scanner, Transport, location_of
from trueup.migration.sources.statements import backquoted, profile_rows, quoted, select_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Q: Final = load_queries(__package__, "mysql.sql")

TRANSPORT: Final = Transport("mysql_scanner", "mysql_query", ", stream_results = true")

TRANSACTIONAL: Final = frozenset({"innodb", "rocksdb", "tokudb", "ndbcluster"})

SETTINGS: Final = {
    # A tinyint(1) may hold 2 or -1; a boolean cannot.
    "mysql_tinyint1_as_boolean": "false",
    # The scanner's own limits on a statement's time are for interactive use.
    "mysql_query_timeout_enabled": "false",
}

PLAIN: Final = frozenset(
    {
        *("tinyint", "smallint", "mediumint", "int", "bigint", "year"),
        *("float", "double"),
        *("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"),
        *("geometry", "point", "linestring", "polygon"),
        *("multipoint", "multilinestring", "multipolygon", "geometrycollection"),
    }
)
TEXT: Final = frozenset(
    {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "json"}
)

NO_DAY: Final = (
    "{c} < '0001-01-01' or month({c}) = 0 or dayofmonth({c}) = 0"
    " or dayofmonth({c}) > 28 and dayofmonth({c}) > dayofmonth(last_day({c}))"
)
FLAWS: Final = {"date": NO_DAY, "datetime": NO_DAY, "timestamp": "{c} = 0"}
"""Per type, the values that are no day: zero dates, zero months, 30 February, the year 0.

All are legal in some sql_mode; the transport would hand over a zero date as NULL.
"""

DIGITS_MAX: Final = 38
"""The widest decimal that Arrow, Parquet and DuckDB share."""

INSTANT: Final = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Declared:
    """What the catalogue says of a column, as far as reading depends on it."""

    source_type: str
    data_type: str
    collation: str
    precision: int | None
    scale: int | None


class MysqlSource:
    """A MariaDB or MySQL database, read on one connection in one consistent snapshot."""

    kind: Final = Kind.MYSQL
    fingerprint: Final = None

    def __init__(self, scanner: Scanner) -> None:
        for statement in (Q.utc, Q.lift_limits, Q.begin):
            scanner.call("mysql_execute", _plain(statement.sql))
        self._scanner = scanner
        ((version, now),) = scanner.many(_plain(Q.server.sql))
        self.location = scanner.location
        self.server_version = version
        self.position = _position(dict(scanner.many(_plain(Q.position.sql))), now)
        self._columns: dict[str, list[CatalogueColumn]] = {}
        self._engines: dict[str, str] = {}

    def tables(self) -> tuple[SourceTable, ...]:
        self._columns.clear()
        for row in self._scanner.many(_plain(Q.columns.sql)):
            column = _column(row)
            self._columns.setdefault(column.table, []).append(column)
            self._engines[column.table] = row[1]
        return tables_of(column for columns in self._columns.values() for column in columns)

    def check_readable(self, tables: Sequence[SourceTable]) -> None:
        """Raise NotTransactional, naming every table that no transaction covers."""
        engines = {table.name: self._engines[table.name] for table in tables}
        outside = {name: e for name, e in engines.items() if e.lower() not in TRANSACTIONAL}
        if outside:
            raise NotTransactional(tables=outside)

    def rows(self, table: SourceTable) -> Rows:
        columns = self._columns[table.name]
        readings = [column.reading for column in columns]
        where = backquoted(table.name)
        count, flawed = self._profile(readings, where)
        fields = [(reading.read_as(flawed), reading.name) for reading in readings]
        key = table.primary_key
        ordered = f"{where} force index for order by (primary)" if key else where
        reader = self._scanner.stream(
            select_rows(fields, ordered, key, backquoted),
            ", ".join(_read_by_duckdb(reading) for reading in readings),
        )
        schema = _with_instants(reader.schema, columns, flawed)
        batches = (batch.cast(schema) for batch in self._scanner.batches(reader))
        return Rows(schema, batches, count)

    def check_unchanged(self) -> None:
        """One snapshot cannot change under its reader."""

    def _profile(self, readings: list[Reading], where: str) -> tuple[int, set[str]]:
        """How many rows there are, and the columns with a value their type cannot carry."""
        checked = [reading for reading in readings if reading.flaw]
        statement = profile_rows(checked, where, "coalesce(max({flaw}), 0)")
        ((count, *found),) = self._scanner.many(statement)
        return count, {reading.name for reading, bad in zip(checked, found, strict=True) if bad}


@contextmanager
def open_mysql(config: SourceConfig) -> Iterator[MysqlSource]:
    """Raises UnknownSource without a server or a database, SourceDenied, SourceLost."""
    with Scanner(TRANSPORT, config.url) as scanner:
        # Not read_only: the scanner would then refuse our own opening of the transaction. The
        # transaction is read-only, so the server refuses writes.
        scanner.configure(SETTINGS)
        scanner.attach(connection_text(config.url), "type mysql")
        yield MysqlSource(scanner)


def connection_text(url: str) -> str:
    """The address as the scanner takes it.

    The wire is not compressed: the server's zlib costs four times what it sends (measured).
    Raises UnknownSource for an address without a database.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    database = unquote(parts.path.strip("/"))
    if not database:
        raise UnknownSource(location=location_of(url), reason="it names no database")
    given = {
        "host": parts.hostname,
        "port": str(parts.port) if parts.port else None,
        "user": unquote(parts.username) if parts.username else None,
        "passwd": unquote(parts.password) if parts.password else None,
        "db": database,
        "socket": query.get("unix_socket") or query.get("socket"),
        "compression": query.get("compression", "disabled"),
    }
    return " ".join(f"{name}={_valued(value)}" for name, value in given.items() if value)


def reading_of(name: str, declared: Declared) -> Reading:
    """How a column is read: as its own type where nothing is lost, else as text."""
    column = backquoted(name)
    if declared.data_type in PLAIN:
        return Reading(name, column)
    if declared.data_type in TEXT:
        # A binary collation would make the transport call the text a blob.
        is_binary = declared.data_type == "json" or declared.collation.endswith("_bin")
        return Reading(name, f"convert({column} using utf8mb4)" if is_binary else column)
    if flaw := FLAWS.get(declared.data_type):
        return Reading(name, column, flaw.format(c=column), f"cast({column} as char)")
    if declared.data_type == "decimal":
        return _decimal_reading(name, declared)
    if declared.data_type == "bit":
        is_flag = declared.source_type == "bit(1)"
        return Reading(name, column if is_flag else f"cast({column} as unsigned)")
    return Reading(name, f"cast({column} as char)")


def _decimal_reading(name: str, declared: Declared) -> Reading:
    column = backquoted(name)
    precision, scale = declared.precision or 0, declared.scale or 0
    if precision > DIGITS_MAX:
        return Reading(name, f"cast({column} as char)")
    if "unsigned" in declared.source_type or "zerofill" in declared.source_type:
        # The transport takes an unsigned decimal for one digit narrower than it is.
        return Reading(name, f"cast({column} as char)", cast=f"decimal({precision},{scale})")
    return Reading(name, column)


def _read_by_duckdb(reading: Reading) -> str:
    name = quoted(reading.name)
    return f"cast({name} as {reading.cast}) as {name}" if reading.cast else name


def _with_instants(
    schema: pa.Schema, columns: list[CatalogueColumn], flawed: set[str]
) -> pa.Schema:
    """A TIMESTAMP is an instant; it comes as a local time in UTC and is given its zone back."""
    for index, column in enumerate(columns):
        is_instant = column.source_type.startswith("timestamp")
        if is_instant and column.reading.name not in flawed:
            schema = schema.set(index, schema.field(index).with_type(INSTANT))
    return schema


def _column(row: tuple[Any, ...]) -> CatalogueColumn:
    table, _, name, source_type, is_nullable, data_type, collation, precision, scale, key = row
    declared = Declared(source_type, data_type, collation, precision, scale)
    return CatalogueColumn(
        table=table,
        source_type=source_type,
        is_nullable=bool(is_nullable),
        key_position=key,
        reading=reading_of(name, declared),
    )


def _position(log: dict[str, str], now: str) -> str:
    file, place = log.get("binlog_snapshot_file"), log.get("binlog_snapshot_position")
    if file and place:
        return f"binary log {file}:{place}"
    return f"consistent snapshot of {now}, no binary log"


def _plain(statement: str) -> str:
    """The statement without the doubled per cent signs that named queries are written with."""
    return statement.replace("%%", "%")


def _valued(value: str) -> str:
    """A value of the scanner's connection text, quoted where it holds more than plain letters."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
