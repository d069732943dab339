"""The stages of a migration over one workspace: extract, assess, load, reconcile, report.

Each stage reads what the one before left in the workspace and leaves its own result there, so each
can be run alone, by another process, on another day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trueup.kernel.progress import SILENT
from trueup.migration.backfill import service as backfill
from trueup.migration.mapping.pack import open_pack
from trueup.migration.sources.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from trueup.db import Database
    from trueup.kernel.clock import Clock
    from trueup.kernel.progress import Progress
    from trueup.migration.backfill.model import LoadResult
    from trueup.migration.stages.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Books:
    """Whose books, in which database."""

    db: Database
    tenant_id: int


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
    return backfill.load(
        backfill.Destination(books.db, books.tenant_id, name or opened.name),
        Snapshot.open(workspace.snapshot),
        opened,
        scratch=workspace.scratch,
        clock=clock,
        progress=progress,
    )
