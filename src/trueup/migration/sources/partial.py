"""The folder a snapshot grows in: one writer at a time, kept or cleared after a failure."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import file_digest
from typing import TYPE_CHECKING, Final

import msgspec

from trueup.migration.sources.disk import write_durably, written_to
from trueup.migration.sources.errors import ExtractRunning
from trueup.migration.sources.model import TableEntry  # noqa: TC001  msgspec reads it at run time
from trueup.migration.sources.parts import folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


NOTES: Final = "resume.json"


@dataclass(frozen=True, slots=True)
class Notes:
    """What a killed extract leaves behind. fingerprint: of the source and of how it was read."""

    fingerprint: str
    tables: list[TableEntry] = field(default_factory=list)


class Partial:
    """The growing folder. Only tables of an unchanged source, whole on disk, are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._notes: Notes | None = None

    def resume(self, fingerprint: str | None) -> dict[str, TableEntry]:
        """The finished tables that are still true, by name; everything else is cleared away.

        fingerprint: None clears all, because a position that died cannot be taken up again.
        """
        notes = _read(self.folder) if fingerprint else None
        is_same = notes is not None and notes.fingerprint == fingerprint
        found = notes.tables if notes and is_same else []
        kept = [table for table in found if _is_whole(self.folder, table)]
        keep = {folder_of(table.name) for table in kept}
        for entry in self.folder.iterdir():
            if entry.name not in keep:
                _remove(entry)
        self._notes = Notes(fingerprint, kept) if fingerprint else None
        return {table.name: table for table in kept}

    def finished(self, table: TableEntry) -> None:
        """Note that `table` is whole, so that the next run need not read it again."""
        if self._notes is None:
            return
        self._notes.tables.append(table)
        temporary = self.folder / f"{NOTES}.new"
        with written_to(self.folder):
            write_durably(temporary, json.dumps(asdict(self._notes)).encode())
            temporary.rename(self.folder / NOTES)

    def forget_notes(self) -> None:
        (self.folder / NOTES).unlink(missing_ok=True)

    def clear_after_failure(self) -> None:
        """Give the disk back what no later run could use."""
        if self._notes is None:
            shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def claimed(folder: Path) -> Iterator[Partial]:
    """Hold `folder` for this process alone.  Raises ExtractRunning when another one holds it."""
    with written_to(folder.parent):
        folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExtractRunning(path=folder) from None
        yield Partial(folder)
    finally:
        os.close(descriptor)


def _read(folder: Path) -> Notes | None:
    try:
        return msgspec.json.decode((folder / NOTES).read_bytes(), type=Notes)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _is_whole(root: Path, table: TableEntry) -> bool:
    for part in table.parts:
        try:
            with (root / part.file).open("rb") as file:
                if file_digest(file, "sha256").hexdigest() != part.sha256:
                    return False
        except FileNotFoundError:
            return False
    return True


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry)
    else:
        entry.unlink()
