"""Extract: the workspace gets its snapshot of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.progress import SILENT
from trueup.migration.sources import service as sources
from trueup.migration.sources.service import ALL_TABLES
from trueup.migration.stages.files import writing
from trueup.migration.stages.journal import Journal

if TYPE_CHECKING:
    from trueup.kernel.clock import Clock
    from trueup.kernel.progress import Progress
    from trueup.migration.sources.model import SourceConfig, TableFilter
    from trueup.migration.sources.snapshot import Snapshot
    from trueup.migration.stages.workspace import Workspace


def extract(
    source: SourceConfig | str,
    workspace: Workspace,
    *,
    tables: TableFilter = ALL_TABLES,
    clock: Clock,
    progress: Progress = SILENT,
) -> Snapshot:
    """Take the workspace's snapshot of `source`; a finished one is kept.  See `sources.extract`.

    Raises WorkspaceNotWritable first.
    """
    with writing(workspace.path):
        workspace.path.mkdir(parents=True, exist_ok=True)
    with Journal(workspace.journal, clock).timed("extract"):
        return sources.extract(
            source, workspace.snapshot, tables=tables, clock=clock, progress=progress
        )
