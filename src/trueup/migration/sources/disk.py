from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from trueup.migration.sources.faults import DiskFull, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The ways a file system says that it takes no more."""


@contextmanager
def written_to(folder: Path, needed: int | None = None) -> Iterator[None]:
    """Turn what the file system says while we write below `folder` into DiskFull or WriteFailed.

    needed: bytes that are still to be written, at least; None when that is not known.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        if error.errno in FULL:
            raise DiskFull(folder=folder, needed=needed, reason=reason) from error
        raise WriteFailed(folder=folder, reason=reason) from error


def write_durably(path: Path, content: bytes | pa.Buffer) -> None:
    """Write and fsync `content`. Raises OSError as the file system does."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut; a file's own fsync does not cover them."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
