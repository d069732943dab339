from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from trueup.db import load_queries
from trueup.migration.sources.errors import UnknownSource, UnreadableValue
from trueup.migration.sources.faults import SourceLost
from trueup.migration.sources.files import fingerprint_of, states_of
from trueup.migration.sources.model import Kind, SourceColumn, SourceTable
from trueup.migration.sources.ports import Batches, Rows
from trueup.migration.sources.statements import (
    profile_numbers,
    profile_storage,
    quoted,
    select_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Q: Final = load_queries(__package__, "sqlite.sql")

FETCH_ROWS: Final = 5_000
BUSY_SECONDS: Final = 15.0
BLOB, INTEGER, REAL = "blob", "integer", "real"
NUMBERS: Final = (INTEGER, REAL)
EXACT_INTEGER_MAX: Final = 2**53
"""Beyond it a double no longer tells neighbouring integers apart."""

DECIMAL: Final = re.compile(
    r"(?:numeric|decimal)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", re.IGNORECASE
)
DIGITS_MAX: Final = 15
"""A double gives back every decimal of up to 15 digits; a wider one may have lost some."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one column holds, whatever its declaration says. None: nothing of the kind.

    first, last: storage classes, of those that sort as blob, integer, real, text.
    has_wide_integers: beyond ±2^53.  has_odd_fractions: reals that are no multiple of the
    declared decimal's step.  largest: the largest magnitude.  These three are asked only of
    columns of numbers whose type depends on them.
    """

    first: str | None
    last: str | None
    has_wide_integers: int | None = None
    has_odd_fractions: int | None = None
    largest: float | None = None

    @property
    def is_of_numbers(self) -> bool:
        return self.first in NUMBERS and self.last in NUMBERS


class SqliteSource:
    """An SQLite file, read on one connection in one read transaction, its WAL included."""

    kind: Final = Kind.SQLITE

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.location = str(path)
        self.server_version = sqlite3.sqlite_version
        paths = [path, path.with_name(path.name + "-wal")]
        before = states_of(paths)
        with self._translated():
            connection.execute(Q.begin.sql)
            connection.execute(_plain(Q.tables.sql)).fetchall()
        self.position = fingerprint_of(paths)
        # A commit between our beginning and our hashing is in the hash and not in what we read.
        self.fingerprint = self.position if states_of(paths) == before else None

    def tables(self) -> tuple[SourceTable, ...]:
        with self._translated():
            names = [row[0] for row in self._connection.execute(_plain(Q.tables.sql)).fetchall()]
            return tuple(self._table(name) for name in names)

    def check_readable(self, tables: Sequence[SourceTable]) -> None:
        """What a column holds is known only when it is read."""

    def rows(self, table: SourceTable) -> Rows:
        with self._translated():
            count, held = self._profile(table)
        schema = pa.schema(
            [
                pa.field(column.name, arrow_type(table.name, column, holds))
                for column, holds in zip(table.columns, held, strict=True)
            ]
        )
        return Rows(schema, self._batches(table, schema), count)

    def check_unchanged(self) -> None:
        """One read transaction cannot change under its reader."""

    def _table(self, name: str) -> SourceTable:
        rows = self._connection.execute(Q.columns.sql, {"table": name}).fetchall()
        keyed = sorted((row for row in rows if row[3] is not None), key=lambda row: int(row[3]))
        return SourceTable(
            name=name,
            columns=tuple(SourceColumn(row[0], row[1], bool(row[2])) for row in rows),
            primary_key=tuple(row[0] for row in keyed),
        )

    def _profile(self, table: SourceTable) -> tuple[int, list[Held]]:
        """How many rows there are, and what each column holds."""
        where = quoted(table.name)
        statement = profile_storage([quoted(column.name) for column in table.columns], where)
        count, *found = self._connection.execute(statement).fetchone()
        held = [Held(*found[at : at + 2]) for at in range(0, len(found), 2)]
        open_ones = [
            number
            for number, (column, holds) in enumerate(zip(table.columns, held, strict=True))
            if holds.is_of_numbers and _needs_numbers(column, holds)
        ]
        if open_ones:
            names = [
                (quoted(table.columns[n].name), declared_decimal(table.columns[n].source_type)[1])
                for n in open_ones
            ]
            statement = profile_numbers(names, where, EXACT_INTEGER_MAX)
            flags = self._connection.execute(statement).fetchone()
            for place, number in enumerate(open_ones):
                held[number] = Held(
                    held[number].first, held[number].last, *flags[place * 3 : place * 3 + 3]
                )
        return count, held

    def _batches(self, table: SourceTable, schema: pa.Schema) -> Batches:
        # Not indexed: an index that happens to cover the columns would bring its own order.
        where = quoted(table.name) if table.primary_key else f"{quoted(table.name)} not indexed"
        listed = [(quoted(column.name), column.name) for column in table.columns]
        with self._translated(table.name), closing(self._connection.cursor()) as cursor:
            cursor.execute(select_rows(listed, where, table.primary_key))
            while rows := cursor.fetchmany(FETCH_ROWS):
                columns = zip(*rows, strict=True)
                arrays = [array_of(v, f.type) for v, f in zip(columns, schema, strict=True)]
                yield pa.record_batch(arrays, schema=schema)

    @contextmanager
    def _translated(self, table: str = "") -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if said := re.search(r"Could not decode to UTF-8 column '(.+?)' with", str(error)):
                reason = "it holds text that is not UTF-8"
                raise UnreadableValue(table=table, column=said[1], reason=reason) from None
            raise SourceLost(location=self.location, reason=str(error)) from None


@contextmanager
def open_sqlite(path: Path) -> Iterator[SqliteSource]:
    """Raises UnknownSource for what is no SQLite file, SourceLost when it is locked for long."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=True,
        )
    except sqlite3.Error as error:
        raise UnknownSource(location=str(path), reason=str(error)) from None
    with closing(connection):
        _check_is_sqlite(path, connection)
        yield SqliteSource(path, connection)


def _check_is_sqlite(path: Path, connection: sqlite3.Connection) -> None:
    try:
        connection.execute(Q.schema_version.sql).fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise UnknownSource(location=str(path), reason=str(error)) from None
        raise SourceLost(location=str(path), reason=str(error)) from None


def arrow_type(table: str, column: SourceColumn, held: Held) -> pa.DataType:
    """The type that holds every value of `column` exactly.

    SQLite lets a column hold anything, so its values decide and its declaration only chooses
    among what they allow.  Raises UnreadableValue for blobs among values that are none.
    """
    if held.first is None:
        return _declared_type(column.source_type)
    if held.first == BLOB and held.last != BLOB:
        reason = "it holds blobs among other values"
        raise UnreadableValue(table=table, column=column.name, reason=reason)
    if held.is_of_numbers:
        return _number_type(column.source_type, held)
    return pa.binary() if held.last == BLOB else pa.string()


def declared_decimal(source_type: str) -> tuple[int, int]:
    """Digits in all and after the point, as declared; (0, 0) when no decimal is declared."""
    found = DECIMAL.search(source_type)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def array_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """The values as an Arrow array. A number among text is written as its shortest exact form."""
    if pa.types.is_string(kind):
        return pa.array([v if v is None or isinstance(v, str) else repr(v) for v in values], kind)
    if pa.types.is_decimal(kind):
        texts = [None if v is None else f"{v:.{kind.scale}f}" for v in values]
        return pa.array(texts, pa.string()).cast(kind)
    return pa.array(values, kind)


def _number_type(source_type: str, held: Held) -> pa.DataType:
    precision, scale = declared_decimal(source_type)
    fits = (held.largest or 0) < 10 ** (precision - scale)
    if 0 < precision <= DIGITS_MAX and fits and not held.has_odd_fractions:
        return pa.decimal128(precision, scale)
    if held.last == INTEGER:
        return pa.int64()
    return pa.string() if held.has_wide_integers else pa.float64()


def _needs_numbers(column: SourceColumn, held: Held) -> bool:
    """Whether the type hangs on more than the storage classes."""
    return held.first != held.last or declared_decimal(column.source_type)[0] > 0


def _declared_type(source_type: str) -> pa.DataType:
    """By SQLite's own rules of affinity, in their order; for a column that holds nothing."""
    declared = source_type.upper()
    if "INT" in declared:
        return pa.int64()
    if any(word in declared for word in ("CHAR", "CLOB", "TEXT")):
        return pa.string()
    if declared == "BLOB":
        return pa.binary()
    if any(word in declared for word in ("REAL", "FLOA", "DOUB")):
        return pa.float64()
    precision, scale = declared_decimal(declared)
    return pa.decimal128(precision, scale) if 0 < precision <= DIGITS_MAX else pa.string()


def _plain(statement: str) -> str:
    """The statement without the doubled per cent signs that named queries are written with."""
    return statement.replace("%%", "%")
