from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Refusal

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
