from __future__ import annotations

from trueup.kernel.errors import Fault


class SnapshotNotAssessed(Fault):
    """A part of the snapshot could not be read, or the temporary folder ran full."""

    code = "snapshot_not_assessed"

    def __init__(self, *, table: str, reason: str) -> None:
        super().__init__(
            f"The snapshot's table {table!r} could not be read through: {reason}",
            fix="Verify the snapshot, make room in the temporary folder, and assess again.",
            table=table,
            reason=reason,
        )
