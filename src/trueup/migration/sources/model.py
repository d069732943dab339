"""What a snapshot is made of: plain frozen records, as they stand in its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = 1
"""The version of the snapshot format; another number is refused, never guessed at."""

PART_ROWS: Final = 30_000
"""Rows in a part, one chunk of the load, at most: what a killed load does again."""


class Kind(StrEnum):
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    SQLITE = "sqlite"
    CSV = "csv"
    PARQUET = "parquet"


class Names(StrEnum):
    """Under which names a snapshot is read."""

    AS_WRITTEN = "as_written"  # the source's own
    SNAKE_CASE = "snake_case"  # InvoiceLine, invoice_line and "Invoice line" are all invoice_line


@dataclass(frozen=True, slots=True)
class Column:
    """A column. source_type: as the source names it.  type: as DuckDB reads it from the parts."""

    name: str
    source_type: str
    type: str
    is_nullable: bool


@dataclass(frozen=True, slots=True)
class PartEntry:
    """One Parquet file. file: relative to the snapshot.  sha256: over the file's bytes."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A table in the manifest. content_hash: SHA-256 over its parts' hashes, in order."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    rows: int
    bytes: int
    content_hash: str
    parts: tuple[PartEntry, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a snapshot was taken. location: never holds a password.

    position: the one position in the source that every table was read at.
    taken_at: UTC, ISO 8601, ending in Z.
    """

    kind: Kind
    location: str
    position: str
    server_version: str
    taken_at: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The snapshot's table of contents. hash: SHA-256 over everything else in it."""

    format: int
    source: Origin
    tables: tuple[TableEntry, ...]
    hash: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part on disk. first_row: the number of its first row in the table, from 0."""

    path: Path
    rows: int
    first_row: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of an opened snapshot. parts: at least one, in row order.

    An empty table has one part of no rows, so that its columns and types survive.
    stored_names: what the parts call the columns, in their order; see `Snapshot.named`.
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    rows: int
    bytes: int
    content_hash: str
    parts: tuple[Part, ...]
    stored_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column as the source declares it. source_type: in the source's own words."""

    name: str
    source_type: str
    is_nullable: bool


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table as the source declares it. primary_key: in key order; empty when there is none."""

    name: str
    columns: tuple[SourceColumn, ...]
    primary_key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableFilter:
    """Which tables to extract, by globs over their names; letter case counts.

    A table is taken when any `include` fits and no `exclude` does.
    """

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How CSV files are written. None: detected per file.

    delimiter, quote: one character.  encoding: a codec of Python.  has_header: False names the
    columns column_1, column_2, ...  null_marker: the unquoted text that stands for NULL.
    """

    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    has_header: bool | None = None
    null_marker: str = ""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """Where the source is.

    url: postgresql://, mysql:// or mariadb:// addresses; sqlite:, csv: or parquet: before a path;
    or a bare path, whose kind is seen from what lies there.  schema: PostgreSQL only; default is
    the connection's own.  csv: used for CSV only.
    """

    url: str
    schema: str | None = None
    csv: CsvOptions = CsvOptions()
