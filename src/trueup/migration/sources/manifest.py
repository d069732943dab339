from __future__ import annotations

import json
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec

from trueup.migration.sources.disk import fsync_folder, write_durably
from trueup.migration.sources.errors import SnapshotNotFound, SnapshotUnreadable
from trueup.migration.sources.model import FORMAT, Manifest, Origin, TableEntry
from trueup.migration.sources.parts import content_hash

FILE: Final = "manifest.json"


def sealed(source: Origin, tables: tuple[TableEntry, ...]) -> Manifest:
    """The manifest with its own hash. tables: in any order; they are sorted by name."""
    ordered = tuple(sorted(tables, key=lambda table: table.name))
    unsealed = Manifest(format=FORMAT, source=source, tables=ordered, hash="")
    return replace(unsealed, hash=_hash(asdict(unsealed)))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it durably; its presence is what makes a snapshot complete."""
    text = json.dumps(asdict(manifest), indent=1, ensure_ascii=False)
    write_durably(folder / FILE, text.encode() + b"\n")
    fsync_folder(folder)


def read_manifest(folder: Path) -> Manifest:
    """Read, validate and check the seal.

    Raises SnapshotNotFound without a manifest; SnapshotUnreadable for one that is not JSON, has
    another format, does not match its hash, or names a file outside the snapshot.
    """
    try:
        raw = (folder / FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise SnapshotNotFound(path=folder) from None
    try:
        document = json.loads(raw)
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (ValueError, msgspec.MsgspecError) as error:
        raise SnapshotUnreadable(path=folder, reason=str(error)) from error
    if problem := _problem(manifest, document):
        raise SnapshotUnreadable(path=folder, reason=problem)
    return manifest


def _hash(document: dict[str, Any]) -> str:
    rest = {name: value for name, value in document.items() if name != "hash"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()


def _problem(manifest: Manifest, document: dict[str, Any]) -> str | None:
    if manifest.format != FORMAT:
        return f"it has format {manifest.format}, this version reads format {FORMAT}"
    if manifest.hash != _hash(document):
        return "its content does not match its hash"
    for table in manifest.tables:
        if table.content_hash != content_hash(table.parts):
            return f"the content hash of table {table.name!r} does not match its parts"
        for part in table.parts:
            if not _is_inside(part.file):
                return f"part {part.file!r} lies outside the snapshot"
    return None


def _is_inside(file: str) -> bool:
    path = PurePosixPath(file)
    return not path.is_absolute() and ".." not in path.parts
