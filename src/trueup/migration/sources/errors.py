from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Fault, Refusal

if TYPE_CHECKING:
    from pathlib import Path


class SnapshotNotFound(Refusal):
    code = "snapshot_not_found"

    def __init__(self, *, path: Path) -> None:
        super().__init__(
            f"There is no complete snapshot at {path}: it has no manifest.json.",
            fix="Run extract into this folder, or name the folder of a finished snapshot.",
            path=str(path),
        )


class SnapshotUnreadable(Refusal):
    code = "snapshot_unreadable"

    def __init__(self, *, path: Path, reason: str) -> None:
        super().__init__(
            f"The manifest of the snapshot at {path} cannot be trusted: {reason}.",
            fix="Restore the snapshot from its archive, or extract into a new folder.",
            path=str(path),
            reason=reason,
        )


class SnapshotTampered(Refusal):
    code = "snapshot_tampered"

    def __init__(self, *, file: Path, reason: str) -> None:
        super().__init__(
            f"{file} is not the file that was extracted: {reason}.",
            fix="Restore the snapshot from its archive, or extract into a new folder.",
            file=str(file),
            reason=reason,
        )


class TableNotFound(Refusal):
    code = "table_not_found"

    def __init__(self, *, table: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"The snapshot has no table {table!r}; it has {', '.join(known) or 'none'}.",
            fix="Extract again with this table included, or correct its name.",
            table=table,
            known=known,
        )


class SnapshotExists(Refusal):
    code = "snapshot_exists"

    def __init__(self, *, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is taken: {reason}.",
            fix="Extract into a new folder; a finished snapshot is never overwritten.",
            path=str(path),
            reason=reason,
        )


class ExtractRunning(Refusal):
    code = "extract_running"

    def __init__(self, *, path: Path) -> None:
        super().__init__(
            f"Another process is extracting into {path}.",
            fix="Wait for it to finish, or extract into another folder.",
            path=str(path),
        )


class UnknownSource(Refusal):
    code = "unknown_source"

    def __init__(self, *, location: str, reason: str) -> None:
        super().__init__(
            f"{location} is not a source that can be read: {reason}.",
            fix=(
                "Name a postgresql://, mysql:// or mariadb:// address, an SQLite file, "
                "or a folder of CSV or Parquet files."
            ),
            location=location,
            reason=reason,
        )


class TablesNotInSource(Refusal):
    code = "tables_not_in_source"

    def __init__(self, *, wanted: tuple[str, ...], known: tuple[str, ...]) -> None:
        super().__init__(
            f"The source has no table that fits {', '.join(wanted)}; "
            f"it has {', '.join(known) or 'none'}.",
            fix="Correct the name or the glob, or leave it out.",
            wanted=wanted,
            known=known,
        )


class NoTables(Refusal):
    code = "no_tables"

    def __init__(self, *, known: tuple[str, ...]) -> None:
        super().__init__(
            f"No table is left to extract; the source has {', '.join(known) or 'none'}.",
            fix="Check the address, the schema, and the globs that include and exclude tables.",
            known=known,
        )


class AmbiguousNames(Refusal):
    code = "ambiguous_names"

    def __init__(self, *, where: str, names: tuple[str, ...]) -> None:
        super().__init__(
            f"Two {where} have one name but for letter case: {', '.join(names)}.",
            fix="Rename one of them in the source, or exclude its table.",
            where=where,
            names=names,
        )


class SchemaDrift(Refusal):
    code = "schema_drift"

    def __init__(self, *, changes: tuple[str, ...]) -> None:
        super().__init__(
            f"The source's schema is not the expected one: {'; '.join(changes)}.",
            fix="Review the mapping pack against the change, then extract without the expectation.",
            changes=changes,
        )


class NotTransactional(Refusal):
    code = "not_transactional"

    def __init__(self, *, tables: dict[str, str]) -> None:
        listed = ", ".join(f"{table} ({engine})" for table, engine in tables.items())
        super().__init__(
            "These tables are kept by a storage engine without transactions and cannot be read at "
            f"one position: {listed}.",
            fix="Convert them to InnoDB, extract from a restored backup, or exclude them.",
            tables=tables,
        )


class UnreadableValue(Refusal):
    code = "unreadable_value"

    def __init__(self, *, table: str, column: str, reason: str) -> None:
        super().__init__(
            f"{table}.{column} cannot be read without loss: {reason}.",
            fix="Correct the values in the source, or exclude the table.",
            table=table,
            column=column,
            reason=reason,
        )


class SourceDenied(Refusal):
    code = "source_denied"

    def __init__(self, *, location: str, reason: str) -> None:
        super().__init__(
            f"{location} refuses to be read: {reason}",
            fix="Give the user the right to read every table, past row-level security too.",
            location=location,
            reason=reason,
        )


class CsvRefused(Refusal):
    """A CSV file whose text cannot be trusted. line: from 1; 0 when the whole file is meant."""

    code = "csv_refused"

    def __init__(self, *, file: str, line: int, reason: str, fix: str) -> None:
        where = f"{file}, line {line}" if line else file
        super().__init__(f"{where}: {reason}.", fix=fix, file=file, line=line, reason=reason)


class CsvEmpty(CsvRefused):
    code = "csv_empty"


class CsvUndecodable(CsvRefused):
    code = "csv_undecodable"


class CsvDelimiter(CsvRefused):
    code = "csv_delimiter"


class CsvHeader(CsvRefused):
    code = "csv_header"


class CsvRagged(CsvRefused):
    code = "csv_ragged"


class CsvTruncated(CsvRefused):
    code = "csv_truncated"


class SourceLost(Fault):
    """The source stopped answering; what was read of it is discarded."""

    code = "source_lost"
    can_retry = True

    def __init__(self, *, location: str, reason: str) -> None:
        super().__init__(
            f"{location} stopped answering: {reason}",
            fix="Check the server and the connection, then run the same extract again.",
            location=location,
            reason=reason,
        )


class SourceChanged(Fault):
    code = "source_changed"
    can_retry = True

    def __init__(self, *, location: str) -> None:
        super().__init__(
            f"{location} was changed while it was read.",
            fix="Run the same extract again when nothing writes there.",
            location=location,
        )


class DiskFull(Fault):
    """The snapshot's folder cannot take what is to be written. needed: bytes, if it is known."""

    code = "disk_full"
    can_retry = True

    def __init__(self, *, folder: Path, needed: int | None, reason: str) -> None:
        more = f" At least {needed:,} bytes more are needed." if needed else ""
        super().__init__(
            f"{folder} cannot take the snapshot: {reason}.{more}",
            fix="Free the space or name a folder on another disk, then run the extract again.",
            folder=str(folder),
            needed=needed,
        )


class WriteFailed(Fault):
    code = "write_failed"
    can_retry = True

    def __init__(self, *, folder: Path, reason: str) -> None:
        super().__init__(
            f"{folder} cannot be written: {reason}.",
            fix="Check the folder's rights and its disk, then run the extract again.",
            folder=str(folder),
            reason=reason,
        )


class UnreadableFile(Refusal):
    code = "unreadable_file"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(
            f"{file} cannot be read: {reason}.",
            fix="Restore the file from where it was exported, or take it out of the folder.",
            file=file,
            reason=reason,
        )
