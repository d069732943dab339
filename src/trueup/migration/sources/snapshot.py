"""A snapshot on disk: immutable, self-describing, and the evidence of what the source held."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from hashlib import file_digest
from typing import TYPE_CHECKING, Final

import duckdb

from trueup.migration.sources.disk import fsync_folder, written_to
from trueup.migration.sources.errors import SnapshotTampered, TableNotFound
from trueup.migration.sources.manifest import read_manifest, sealed, write_manifest
from trueup.migration.sources.model import (
    PART_ROWS,
    Column,
    Kind,
    Manifest,
    Names,
    Origin,
    Part,
    PartEntry,
    SourceColumn,
    Table,
    TableEntry,
)
from trueup.migration.sources.naming import snake_case
from trueup.migration.sources.parts import TableWriter, table_entry
from trueup.migration.sources.rules import refuse_ambiguous
from trueup.migration.sources.statements import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

__all__ = ["Column", "Manifest", "Names", "Origin", "Part", "Snapshot", "Table", "write_snapshot"]

IN_MEMORY: Final = Origin(
    kind=Kind.PARQUET,
    location="memory",
    position="none",
    server_version="none",
    taken_at="1970-01-01T00:00:00Z",
)
"""The origin of a snapshot made of tables in memory, when the caller names no better one."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An opened snapshot. tables: sorted by name.  hash: of the manifest, and so of everything."""

    path: Path
    manifest: Manifest
    tables: tuple[Table, ...]

    @classmethod
    def open(cls, path: Path) -> Snapshot:
        """Read and validate the manifest; the parts are not read (see `verify`).

        Raises SnapshotNotFound, then SnapshotUnreadable.
        """
        manifest = read_manifest(path)
        tables = tuple(_table(path, entry) for entry in manifest.tables)
        return cls(path=path, manifest=manifest, tables=tables)

    @property
    def hash(self) -> str:
        return self.manifest.hash

    @property
    def source(self) -> Origin:
        return self.manifest.source

    def table(self, name: str) -> Table:
        """The table of exactly this name.  Raises TableNotFound."""
        for table in self.tables:
            if table.name == name:
                return table
        raise TableNotFound(table=name, known=tuple(table.name for table in self.tables))

    def named(self, names: Names) -> Snapshot:
        """The same rows under other names of tables and columns; the parts stay as they are.

        Raises AmbiguousNames where two names become one.
        """
        if names is Names.AS_WRITTEN:
            return self
        refuse_ambiguous(self.tables, snake_case)
        renamed = (_in_snake_case(table) for table in self.tables)
        return replace(self, tables=tuple(sorted(renamed, key=lambda table: table.name)))

    def verify(self) -> None:
        """Re-hash every part.  Raises SnapshotTampered, naming the first file that differs."""
        for table in self.tables:
            for part in table.parts:
                _verify_part(part)

    def attach(self, connection: duckdb.DuckDBPyConnection, schema: str = "source") -> None:
        """Create `schema` with one view per table over its parts, in row order."""
        connection.execute(f"create schema if not exists {quoted(schema)}")
        for table in self.tables:
            name = f"{quoted(schema)}.{quoted(table.name)}"
            connection.execute(f"create or replace view {name} as {scan_of(table)}")


def scan_of(table: Table) -> str:
    """The DuckDB query that reads `table`; view definitions take no parameters."""
    files = ", ".join(literal(str(part.path)) for part in table.parts)
    return f"from read_parquet([{files}]) select {selection_of(table)}"


def selection_of(table: Table) -> str:
    """The columns of `table` under its own names, as a select list over its parts."""
    names = zip(table.stored_names, table.columns, strict=True)
    return ", ".join(f"{quoted(stored)} as {quoted(column.name)}" for stored, column in names)


def write_snapshot(
    path: Path,
    tables: Mapping[str, pa.Table],
    *,
    source: Origin = IN_MEMORY,
    primary_keys: Mapping[str, Sequence[str]] | None = None,
    part_rows: int = PART_ROWS,
) -> Snapshot:
    """Write Arrow tables as a finished snapshot at `path`, which must not exist or be empty.

    The column types of the source are given as Arrow names them.
    """
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    keys = primary_keys or {}
    entries = tuple(
        _write_table(partial, name, rows, tuple(keys.get(name, ())), part_rows)
        for name, rows in tables.items()
    )
    return publish(partial, path, source, entries)


def publish(partial: Path, path: Path, source: Origin, tables: tuple[TableEntry, ...]) -> Snapshot:
    """Seal `partial` with its manifest and rename it to `path`: whole, or not there at all.

    Raises DiskFull or WriteFailed.
    """
    with written_to(path.parent):
        fsync_folder(partial)
        write_manifest(partial, sealed(source, tables))
        partial.rename(path)
        fsync_folder(path.parent)
    return Snapshot.open(path)


def columns_of(
    reader: duckdb.DuckDBPyConnection,
    root: Path,
    parts: Sequence[PartEntry],
    declared: Sequence[SourceColumn],
) -> tuple[Column, ...]:
    """The columns as DuckDB reads them back from the first part: the types everyone will see.

    reader: any connection of DuckDB; opening one takes longer than the question.
    """
    first = literal(str(root / parts[0].file))
    described = reader.execute(f"describe from read_parquet({first})").fetchall()
    return tuple(
        Column(column.name, column.source_type, row[1], column.is_nullable)
        for column, row in zip(declared, described, strict=True)
    )


def _write_table(
    root: Path, name: str, rows: pa.Table, primary_key: tuple[str, ...], part_rows: int
) -> TableEntry:
    with TableWriter(root, name, rows.schema, part_rows) as writer:
        for batch in rows.to_batches():
            writer.write(batch)
        parts = writer.finish()
    declared = [SourceColumn(f.name, str(f.type), f.nullable) for f in rows.schema]
    with duckdb.connect() as reader:
        columns = columns_of(reader, root, parts, declared)
    return table_entry(name, columns, primary_key, parts)


def _table(root: Path, entry: TableEntry) -> Table:
    return Table(
        name=entry.name,
        columns=entry.columns,
        primary_key=entry.primary_key,
        rows=entry.rows,
        bytes=entry.bytes,
        content_hash=entry.content_hash,
        parts=tuple(_parts(root, entry.parts)),
        stored_names=tuple(column.name for column in entry.columns),
    )


def _in_snake_case(table: Table) -> Table:
    return replace(
        table,
        name=snake_case(table.name),
        columns=tuple(replace(each, name=snake_case(each.name)) for each in table.columns),
        primary_key=tuple(snake_case(name) for name in table.primary_key),
    )


def _parts(root: Path, entries: Sequence[PartEntry]) -> list[Part]:
    parts: list[Part] = []
    first_row = 0
    for entry in entries:
        path = root / entry.file
        parts.append(Part(path, entry.rows, first_row, entry.bytes, entry.sha256))
        first_row += entry.rows
    return parts


def _verify_part(part: Part) -> None:
    try:
        with part.path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SnapshotTampered(file=part.path, reason=reason) from error
    if found != part.sha256:
        raise SnapshotTampered(file=part.path, reason="its SHA-256 differs from the manifest's")
