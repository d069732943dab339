"""Extract: a legacy source becomes an immutable snapshot, read at one consistent position.

The front door of the slice. A snapshot is written beside its place and renamed into it when it is
whole, so what lies under its name is always complete. Run again, a finished snapshot is kept; a
killed extract of files goes on with the tables it had not finished; one of a live database starts
over, because its position died with the connection.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import duckdb

from trueup.kernel.clock import SystemClock
from trueup.kernel.errors import TrueupError, check
from trueup.kernel.progress import SILENT
from trueup.migration.sources.errors import SnapshotExists, SnapshotNotFound
from trueup.migration.sources.faults import SourceLost
from trueup.migration.sources.manifest import read_manifest
from trueup.migration.sources.model import (
    PART_ROWS,
    Manifest,
    Origin,
    PartEntry,
    SourceConfig,
    SourceTable,
    TableEntry,
    TableFilter,
)
from trueup.migration.sources.opening import open_source, source_of
from trueup.migration.sources.partial import Partial, claimed
from trueup.migration.sources.parts import TableWriter, table_entry
from trueup.migration.sources.rules import chosen, refuse_ambiguous, refuse_drift
from trueup.migration.sources.snapshot import Snapshot, columns_of, publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.kernel.clock import Clock
    from trueup.kernel.progress import Progress
    from trueup.migration.sources.ports import Rows, Source

ALL_TABLES: Final = TableFilter()


def extract(  # noqa: PLR0913  the front door; all but the first two are keyword-only
    source: SourceConfig | str,
    to: Path,
    *,
    tables: TableFilter = ALL_TABLES,
    part_rows: int = PART_ROWS,
    expect: Manifest | Path | None = None,
    if_exists: Literal["keep", "refuse"] = "keep",
    progress: Progress = SILENT,
    clock: Clock | None = None,
) -> Snapshot:
    """Read `source` at one position into the snapshot `to`, in memory bounded by a few parts.

    part_rows: at least 1.  expect: a manifest, or the folder of a snapshot, whose schema the
    source must still have.  if_exists: a finished snapshot of the same source is kept untouched,
    or refused; take a new one in a new folder.

    Raises SnapshotExists, UnknownSource, ExtractRunning, then what opening the source raises,
    TablesNotInSource, NoTables, AmbiguousNames, SchemaDrift, what reading it raises (see
    `ports.Source`), SourceLost, SourceChanged, DiskFull or WriteFailed. After any of them `to`
    does not exist, and running the same extract again is safe.
    """
    check(part_rows >= 1, "a part holds at least one row", part_rows=part_rows)
    config = SourceConfig(source) if isinstance(source, str) else source
    expected = _expected(expect)
    if finished := _finished(config, to, if_exists):
        progress.begin(f"{to.name} was extracted before ({finished.source.taken_at}); kept", 0)
        progress.end()
        return finished
    request = _Request(to, tables, expected, part_rows, progress, clock or SystemClock())
    with (
        claimed(to.with_name(f"{to.name}.partial")) as partial,
        _clearing(partial, location=source_of(config)[1]),
        open_source(config, tables.exclude) as opened,
    ):
        return _take(opened, partial, request)


@dataclass(frozen=True, slots=True)
class _Request:
    to: Path
    tables: TableFilter
    expected: Manifest | None
    part_rows: int
    progress: Progress
    clock: Clock


def _take(source: Source, partial: Partial, request: _Request) -> Snapshot:
    origin = _origin(source, request.clock)
    found = source.tables()
    taken = chosen(found, request.tables)
    refuse_ambiguous(taken)
    if request.expected:
        refuse_drift(request.expected.tables, found, request.tables)
    source.check_readable(taken)
    kept = partial.resume(_way_of_reading(source, request.part_rows))
    entries = []
    with duckdb.connect() as reader:
        for table in taken:
            entry = kept.get(table.name) or _copy(source, table, partial, request, reader)
            entries.append(entry)
    partial.forget_notes()
    return publish(partial.folder, request.to, origin, tuple(entries))


def _origin(source: Source, clock: Clock) -> Origin:
    taken_at = clock.now().astimezone(UTC).isoformat(timespec="microseconds")
    return Origin(
        kind=source.kind,
        location=source.location,
        position=source.position,
        server_version=source.server_version,
        taken_at=taken_at.replace("+00:00", "Z"),
    )


def _way_of_reading(source: Source, part_rows: int) -> str | None:
    """What must be the same for a part written before to be the part written now."""
    return f"{source.fingerprint}, parts of {part_rows}" if source.fingerprint else None


def _copy(
    source: Source,
    table: SourceTable,
    partial: Partial,
    request: _Request,
    reader: duckdb.DuckDBPyConnection,
) -> TableEntry:
    """Copy one table and note it as finished."""
    rows = source.rows(table)
    parts = _parts(rows, table, partial.folder, request)
    _check_complete(source, table, rows, sum(part.rows for part in parts))
    source.check_unchanged()
    columns = columns_of(reader, partial.folder, parts, table.columns)
    entry = table_entry(table.name, columns, table.primary_key, parts)
    partial.finished(entry)
    return entry


def _parts(rows: Rows, table: SourceTable, root: Path, request: _Request) -> tuple[PartEntry, ...]:
    request.progress.begin(f"extract {table.name}", rows.count)
    with (
        closing(rows.batches) as batches,
        TableWriter(root, table.name, rows.schema, request.part_rows, rows.count) as writer,
    ):
        for batch in batches:
            writer.write(batch)
            request.progress.advance(batch.num_rows)
        parts = writer.finish()
    request.progress.end()
    return parts


def _check_complete(source: Source, table: SourceTable, rows: Rows, read: int) -> None:
    """A dying connection may end a stream like its last row does; the count tells them apart."""
    if rows.count is not None and read != rows.count:
        reason = f"table {table.name} has {rows.count} rows at the position, {read} arrived"
        raise SourceLost(location=source.location, reason=reason)


def _finished(
    config: SourceConfig, to: Path, if_exists: Literal["keep", "refuse"]
) -> Snapshot | None:
    """The snapshot that already stands at `to`, if it may be kept.  Raises SnapshotExists."""
    if not to.exists() or (to.is_dir() and not any(to.iterdir())):
        return None
    try:
        snapshot = Snapshot.open(to)
    except SnapshotNotFound:
        raise SnapshotExists(path=to, reason="it holds something that is no snapshot") from None
    kind, location = source_of(config)
    if (snapshot.source.kind, snapshot.source.location) != (kind, location):
        reason = f"it holds a snapshot of {snapshot.source.location}"
        raise SnapshotExists(path=to, reason=reason)
    if if_exists == "refuse":
        raise SnapshotExists(path=to, reason="it holds a finished snapshot of this source")
    return snapshot


def _expected(expect: Manifest | Path | None) -> Manifest | None:
    return read_manifest(expect) if isinstance(expect, Path) else expect


@contextmanager
def _clearing(partial: Partial, location: str) -> Iterator[None]:
    """Leave nothing behind that no rerun can use; what is not ours to write is the source's."""
    try:
        yield
    except TrueupError:
        partial.clear_after_failure()
        raise
    except OSError as error:
        partial.clear_after_failure()
        raise SourceLost(location=location, reason=error.strerror or str(error)) from error
