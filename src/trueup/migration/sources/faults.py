"""What goes wrong outside of us while a source is read or a snapshot written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Fault

if TYPE_CHECKING:
    from pathlib import Path


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


class SourceUnreachable(Fault):
    """No server answers at the source's address. server: its host and port, or its socket."""

    code = "source_unreachable"
    can_retry = True

    def __init__(self, *, location: str, server: str, reason: str) -> None:
        super().__init__(
            f"No server answers at {server}, where {location} should be: {reason}.",
            fix=(
                "Correct host and port of the address, or start the server there and let this "
                "machine through to it."
            ),
            location=location,
            server=server,
            reason=reason,
        )


class SourceChanged(Fault):
    """Files were written to while they were read."""

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
    """The folder of the snapshot cannot be written to."""

    code = "write_failed"
    can_retry = True

    def __init__(self, *, folder: Path, reason: str) -> None:
        super().__init__(
            f"{folder} cannot be written: {reason}.",
            fix="Check the folder's rights and its disk, then run the extract again.",
            folder=str(folder),
            reason=reason,
        )
