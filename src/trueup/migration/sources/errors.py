from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from pathlib import Path


class SnapshotNotFound(Refusal):
    """The folder holds no finished snapshot."""

    code = "snapshot_not_found"

    def __init__(self, *, path: Path) -> None:
        super().__init__(
            f"There is no complete snapshot at {path}: it has no manifest.json.",
            fix="Run extract into this folder, or name the folder of a finished snapshot.",
            path=str(path),
        )


class SnapshotUnreadable(Refusal):
    """A manifest that is damaged, edited, or of another format."""

    code = "snapshot_unreadable"

    def __init__(self, *, path: Path, reason: str) -> None:
        super().__init__(
            f"The manifest of the snapshot at {path} cannot be trusted: {reason}.",
            fix="Restore the snapshot from its archive, or extract into a new folder.",
            path=str(path),
            reason=reason,
        )


class SnapshotTampered(Refusal):
    """A part whose bytes are not those that were extracted."""

    code = "snapshot_tampered"

    def __init__(self, *, file: Path, reason: str) -> None:
        super().__init__(
            f"{file} is not the file that was extracted: {reason}.",
            fix="Restore the snapshot from its archive, or extract into a new folder.",
            file=str(file),
            reason=reason,
        )


class TableNotFound(Refusal):
    """A table was asked for that the snapshot does not have."""

    code = "table_not_found"

    def __init__(self, *, table: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"The snapshot has no table {table!r}; it has {', '.join(known) or 'none'}.",
            fix="Extract again with this table included, or correct its name.",
            table=table,
            known=known,
        )


class SnapshotExists(Refusal):
    """The place for the snapshot is taken; nothing finished is overwritten."""

    code = "snapshot_exists"

    def __init__(self, *, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is taken: {reason}.",
            fix="Extract into a new folder; a finished snapshot is never overwritten.",
            path=str(path),
            reason=reason,
        )


class ExtractRunning(Refusal):
    """Another process is writing the same snapshot."""

    code = "extract_running"

    def __init__(self, *, path: Path) -> None:
        super().__init__(
            f"Another process is extracting into {path}.",
            fix="Wait for it to finish, or extract into another folder.",
            path=str(path),
        )


class UnknownSource(Refusal):
    """An address behind which there is nothing that can be read."""

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
    """A table was named that the source does not have."""

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
    """No table is left to extract."""

    code = "no_tables"

    def __init__(self, *, known: tuple[str, ...]) -> None:
        super().__init__(
            f"No table is left to extract; the source has {', '.join(known) or 'none'}.",
            fix="Check the address, the schema, and the globs that include and exclude tables.",
            known=known,
        )


class AmbiguousNames(Refusal):
    """Two names that differ in letter case only, or in what snake-case makes of them."""

    code = "ambiguous_names"

    def __init__(self, *, where: str, names: tuple[str, ...]) -> None:
        super().__init__(
            f"Two {where} cannot be told apart by their names: {', '.join(names)}.",
            fix="Rename one of them in the source, or extract without its table.",
            where=where,
            names=names,
        )


class SchemaDrift(Refusal):
    """The source's schema is not the expected one (MIGRATION_RULES M45)."""

    code = "schema_drift"

    def __init__(self, *, changes: tuple[str, ...]) -> None:
        super().__init__(
            f"The source's schema is not the expected one: {'; '.join(changes)}.",
            fix="Review the mapping pack against the change, then extract without the expectation.",
            changes=changes,
        )


class NotTransactional(Refusal):
    """Tables that no transaction covers, so that they have no position (M22)."""

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
    """Values that cannot be read without loss."""

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
    """The source does not let us read everything."""

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
    """A CSV file without any text."""

    code = "csv_empty"


class CsvUndecodable(CsvRefused):
    """Bytes that are not of the file's encoding."""

    code = "csv_undecodable"


class CsvDelimiter(CsvRefused):
    """A delimiter that cannot be found, or is not the file's."""

    code = "csv_delimiter"


class CsvHeader(CsvRefused):
    """A first line that cannot name the columns."""

    code = "csv_header"


class CsvRagged(CsvRefused):
    """A row with more or fewer values than the header."""

    code = "csv_ragged"


class CsvTruncated(CsvRefused):
    """A file that breaks off in its last row."""

    code = "csv_truncated"


class UnreadableFile(Refusal):
    """A file that is not what its name says."""

    code = "unreadable_file"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(
            f"{file} cannot be read: {reason}.",
            fix="Restore the file from where it was exported, or take it out of the folder.",
            file=file,
            reason=reason,
        )
