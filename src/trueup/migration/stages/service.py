"""The stages of a migration over one workspace: extract, assess, load, reconcile, report.

Each stage reads what the one before left in the workspace and leaves its own result there, so each
can be run alone, by another process, on another day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trueup.kernel.progress import SILENT
from trueup.migration.assessment import service as assessment
from trueup.migration.assessment.expectations import NOTHING_EXPECTED
from trueup.migration.backfill import service as backfill
from trueup.migration.mapping.pack import open_pack
from trueup.migration.sources import service as sources
from trueup.migration.sources.model import TableFilter
from trueup.migration.sources.service import ALL_TABLES
from trueup.migration.sources.snapshot import Snapshot
from trueup.migration.stages.expectations import expectations_of

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


def extract(
    source: str,
    workspace: Workspace,
    *,
    tables: TableFilter = ALL_TABLES,
    clock: Clock,
    progress: Progress = SILENT,
) -> Snapshot:
    """Take the workspace's snapshot of `source`; a finished one is kept.  See `sources.extract`."""
    workspace.path.mkdir(parents=True, exist_ok=True)
    return sources.extract(
        source, workspace.snapshot, tables=tables, clock=clock, progress=progress
    )


def assess(workspace: Workspace, *, pack: Path | None, progress: Progress = SILENT) -> Assessment:
    """Assess the workspace's snapshot, against `pack` if there is one, and write page and JSON."""
    expected = expectations_of(open_pack(pack)) if pack else NOTHING_EXPECTED
    found = assessment.assess(
        Snapshot.open(workspace.snapshot), expectations=expected, progress=progress
    )
    _write(workspace.assessment.with_suffix(".json"), assessment_json(found))
    _write(workspace.assessment.with_suffix(".html"), assessment_page(found))
    return found


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
