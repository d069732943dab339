"""Load and, as the way back, unload: the snapshot becomes books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.progress import SILENT
from trueup.migration.backfill import service as backfill
from trueup.migration.backfill.unload import unload as remove_load
from trueup.migration.mapping.pack import open_pack
from trueup.migration.sources.snapshot import Snapshot
from trueup.migration.stages.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from trueup.db.tenants import Books
    from trueup.kernel.clock import Clock
    from trueup.kernel.progress import Progress
    from trueup.migration.backfill.model import LoadResult
    from trueup.migration.stages.workspace import Workspace


def load(
    books: Books,
    workspace: Workspace,
    *,
    pack: Path,
    name: str | None,
    clock: Clock,
    progress: Progress = SILENT,
) -> LoadResult:
    """Load the workspace's snapshot into the books.  See `backfill.service.load`."""
    opened = open_pack(pack)
    snapshot = Snapshot.open(workspace.snapshot)
    with Journal(workspace.journal, clock).timed("load"):
        return backfill.load(
            backfill.Destination(books.db, books.tenant_id, name or opened.name),
            snapshot,
            opened,
            scratch=workspace.scratch,
            clock=clock,
            progress=progress,
        )


def unload(books: Books, name: str) -> int:
    """Remove the load of the source `name` from the books.  See `backfill.unload`."""
    return remove_load(books.db, books.tenant_id, name)
