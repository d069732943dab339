from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from trueup.db import load_queries
from trueup.migration.sources.columns import CatalogueColumn, tables_of
from trueup.migration.sources.location import with_query
from trueup.migration.sources.model import Kind, SourceConfig, SourceTable
from trueup.migration.sources.ports import Rows
from trueup.migration.sources.scanner import Scanner
from trueup.migration.sources.statements import profile_rows, quoted, select_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Q: Final = load_queries(__package__, "postgresql.sql")

SETTINGS: Final = {
    # Rows hidden by row-level security would go missing in silence; now they are an error.
    "row_security": "off",
    # Key order comes from the key's index, never from a sort of the whole table on the server.
    "enable_sort": "off",
    # Else a scan of a table without key may start anywhere in it, and two extracts differ.
    "synchronize_seqscans": "off",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
}

PLAIN: Final = frozenset(
    {
        "smallint",
        "integer",
        "bigint",
        "boolean",
        "real",
        "double precision",
        "text",
        "character varying",
        "character",
        "uuid",
        "bytea",
    }
)

FLAWS: Final = {
    "date": "{c} not between '0001-01-01' and '9999-12-31'",
    "timestamp without time zone": "{c} not between '0001-01-01' and '9999-12-31 23:59:59.999999'",
    "timestamp with time zone": (
        "{c} not between '0001-01-01 00:00:00+00' and '9999-12-31 23:59:59.999999+00'"
    ),
    "time without time zone": "{c} = '24:00'",
}
"""Per type: what no calendar or clock of ours can hold, infinity and years BC among it."""

NUMERIC: Final = re.compile(r"numeric\((\d+),(-?\d+)\)")
DIGITS_MAX: Final = 38
"""The widest decimal that Arrow, Parquet and DuckDB share."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a column is read. expression: in PostgreSQL's SQL.

    flaw: a condition that holds for values its type cannot carry; empty when it carries all.
    as_text: the expression for the whole column when one value is flawed.
    """

    name: str
    expression: str
    flaw: str = ""
    as_text: str = ""

    def read_as(self, flawed: set[str]) -> str:
        """The expression to read it by, given the names of the flawed columns."""
        return self.as_text if self.name in flawed else self.expression


class PostgresqlSource:
    """A PostgreSQL database, read on one connection in one repeatable-read transaction."""

    kind: Final = Kind.POSTGRESQL
    fingerprint: Final = None

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        ((visible, lsn, version, schema),) = scanner.many(Q.position.sql)
        self.location = scanner.location
        self.position = f"snapshot {visible} at {lsn}"
        self.server_version = version
        self._schema = schema
        self._readings: dict[str, list[Reading]] = {}
        self._is_partitioned: dict[str, bool] = {}

    def tables(self) -> tuple[SourceTable, ...]:
        self._readings.clear()
        columns = []
        for row in self._scanner.many(Q.columns.sql):
            column, is_partitioned, reading = _column(row)
            columns.append(column)
            self._is_partitioned[column.table] = is_partitioned
            self._readings.setdefault(column.table, []).append(reading)
        return tables_of(columns)

    def check_readable(self, tables: Sequence[SourceTable]) -> None:
        """Every table of PostgreSQL can be read in a transaction."""

    def rows(self, table: SourceTable) -> Rows:
        readings = self._readings[table.name]
        where = self._from(table.name)
        count, flawed = self._profile(readings, where)
        fields = [(reading.read_as(flawed), reading.name) for reading in readings]
        schema, batches = self._scanner.stream(select_rows(fields, where, table.primary_key))
        return Rows(schema, batches, count)

    def check_unchanged(self) -> None:
        """One snapshot cannot change under its reader."""

    def _profile(self, readings: list[Reading], where: str) -> tuple[int, set[str]]:
        """How many rows there are, and the columns with a value their type cannot carry."""
        checked = [reading for reading in readings if reading.flaw]
        flaws = [reading.flaw for reading in checked]
        statement = profile_rows(flaws, where, "coalesce(bool_or({flaw}), false)")
        ((count, *found),) = self._scanner.many(statement)
        return count, {reading.name for reading, bad in zip(checked, found, strict=True) if bad}

    def _from(self, table: str) -> str:
        # `only`: the rows of a child that inherits are the child's, and would else come twice.
        only = "" if self._is_partitioned[table] else "only "
        return f"{only}{quoted(self._schema)}.{quoted(table)}"


@contextmanager
def open_postgresql(config: SourceConfig) -> Iterator[PostgresqlSource]:
    """Raises SourceUnreachable, UnknownSource, SourceDenied, SourceLost."""
    with Scanner("postgres_scanner", "postgres_query", config.url) as scanner:
        scanner.attach(connection_url(config), "type postgres, read_only")
        yield PostgresqlSource(scanner)


def connection_url(config: SourceConfig) -> str:
    """The address with our session settings added to the caller's own options."""
    parts = urlsplit(config.url)
    given = dict(parse_qsl(parts.query))
    settings = SETTINGS | ({"search_path": quoted(config.schema)} if config.schema else {})
    ours = " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())
    query = {"application_name": "trueup extract", "connect_timeout": "15"} | given
    query |= {"client_encoding": "UTF8", "options": f"{given.get('options', '')} {ours}".strip()}
    encoded = urlencode(query, quote_via=quote)
    return with_query(config.url, parts.netloc, encoded)


def reading_of(name: str, held_type: str, *, is_nested: bool) -> Reading:
    """How a column of `held_type` is read: as its own type where nothing is lost, else as text.

    is_nested: an array or a composite; it comes as JSON text.
    """
    column = quoted(name)
    text = f"{column}::text"
    if is_nested:
        return Reading(name, f"to_json({column})::text")
    bare = re.sub(r"\([^)]*\)", "", held_type)
    if bare in PLAIN:
        return Reading(name, column)
    if flaw := FLAWS.get(bare):
        return Reading(name, column, flaw.format(c=column), text)
    if (digits := NUMERIC.fullmatch(held_type)) and _fits(int(digits[1]), int(digits[2])):
        # NaN is a numeric and no decimal: the transport would hand over 0.
        return Reading(name, column, f"{column} = 'NaN'", text)
    return Reading(name, text)


def _column(row: tuple[Any, ...]) -> tuple[CatalogueColumn, bool, Reading]:
    table, is_partitioned, name, source_type, is_nullable, held_type, is_nested, key = row
    column = CatalogueColumn(table, name, source_type, is_nullable, key)
    return column, is_partitioned, reading_of(name, held_type, is_nested=is_nested)


def _fits(precision: int, scale: int) -> bool:
    return precision <= DIGITS_MAX and 0 <= scale <= precision


def _escaped(value: str) -> str:
    """A value inside libpq's `options`, where a space ends it."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
