from __future__ import annotations

from hashlib import file_digest, sha256
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FileState: TypeAlias = tuple[int, int] | None
"""Size and time of the last change in nanoseconds; None for a file that is not there."""


def states_of(paths: Sequence[Path]) -> tuple[FileState, ...]:
    """What the file system says of `paths`: equal before and after reading, nothing was written."""
    return tuple(_state(path) for path in paths)


def fingerprint_of(paths: Sequence[Path], extra: str = "") -> str:
    """SHA-256 over names and content of `paths` that exist, and over `extra`."""
    digests = [f"{path.name}\x1f{_digest(path)}" for path in paths if path.exists()]
    return "sha256 " + sha256("\n".join([*digests, extra]).encode()).hexdigest()


def _state(path: Path) -> FileState:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
