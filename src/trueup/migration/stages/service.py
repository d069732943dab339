"""The stages of a migration over one workspace: extract, assess, load, reconcile, report.

Each stage reads what the one before left in the workspace and leaves its own result there, so each
can be run alone, by another process, on another day.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from trueup import __version__
from trueup.kernel.progress import SILENT
from trueup.migration.assessment import service as assessment
from trueup.migration.assessment.document import to_json as assessment_json
from trueup.migration.assessment.expectations import NOTHING_EXPECTED
from trueup.migration.assessment.page import render_assessment
from trueup.migration.backfill import service as backfill
from trueup.migration.backfill.unload import unload as remove_load
from trueup.migration.backtest import service as backtesting
from trueup.migration.backtest.document import to_json as backtest_json
from trueup.migration.backtest.page import render as render_backtest
from trueup.migration.evidence import service as evidence
from trueup.migration.evidence.translation import provenance_of, reconciliation_from_json
from trueup.migration.mapping.pack import open_pack
from trueup.migration.reconciliation import service as reconciliation
from trueup.migration.reconciliation.document import to_json as reconciliation_json
from trueup.migration.sources import service as sources
from trueup.migration.sources.service import ALL_TABLES
from trueup.migration.sources.snapshot import Snapshot
from trueup.migration.stages.acceptance import accepted_findings, read_accepted, to_json
from trueup.migration.stages.errors import NotReconciled, WorkspaceNotWritable
from trueup.migration.stages.expectations import expectations_of
from trueup.migration.stages.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from trueup.db.tenants import Books
    from trueup.kernel.clock import Clock
    from trueup.kernel.progress import Progress
    from trueup.migration.assessment.model import Assessment
    from trueup.migration.backfill.model import LoadResult
    from trueup.migration.backtest.model import Backtest
    from trueup.migration.backtest.service import Wanted
    from trueup.migration.evidence.model import Report, SetAsideGroup
    from trueup.migration.reconciliation.model import Reconciliation
    from trueup.migration.sources.model import SourceConfig, TableFilter
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
    with _writing(workspace.path):
        workspace.path.mkdir(parents=True, exist_ok=True)
    with Journal(workspace.journal, clock).timed("extract"):
        return sources.extract(
            source, workspace.snapshot, tables=tables, clock=clock, progress=progress
        )


def assess(
    workspace: Workspace, *, pack: Path | None, clock: Clock, progress: Progress = SILENT
) -> Assessment:
    """Assess the workspace's snapshot, against `pack` if there is one, and write page and JSON."""
    snapshot = Snapshot.open(workspace.snapshot)
    expected = expectations_of(open_pack(pack), snapshot) if pack else NOTHING_EXPECTED
    with Journal(workspace.journal, clock).timed("assess"):
        found = assessment.assess(snapshot, expectations=expected, progress=progress)
        page = render_assessment(found, rendered_at=_stamp(clock))
        _write(workspace.assessment.with_suffix(".json"), assessment_json(found))
        _write(workspace.assessment.with_suffix(".html"), page)
    return found


def accept(
    workspace: Workspace, found: Assessment, accepted: Collection[str], *, clock: Clock
) -> None:
    """Note which blocking findings the operator accepts; the report tells them.

    accepted: codes of findings.  Raises AssessmentBlocks if others block.
    """
    going_on = accepted_findings(found, accepted, accepted_at=_stamp(clock))
    if going_on:
        _write(workspace.accepted, to_json(going_on))
    else:
        workspace.accepted.unlink(missing_ok=True)


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


def reconcile(
    books: Books,
    workspace: Workspace,
    *,
    pack: Path,
    name: str | None,
    clock: Clock,
    progress: Progress = SILENT,
) -> Reconciliation:
    """Compare the books with the workspace's snapshot and write the answer as JSON.

    Raises SnapshotTampered first: what was changed since is no evidence.
    """
    source = name or open_pack(pack).name
    snapshot = Snapshot.open(workspace.snapshot)
    snapshot.verify()
    with Journal(workspace.journal, clock).timed("reconcile"):
        found = reconciliation.reconcile(
            books.db, books.tenant_id, source, snapshot, pack, progress=progress
        )
        _write(workspace.reconciliation, reconciliation_json(found))
    return found


def rejected(books: Books, found: Reconciliation) -> tuple[SetAsideGroup, ...]:
    """Why rows of the reconciled load were rejected, and what to do about each reason."""
    groups = evidence.set_aside(books.db, books.tenant_id, found.load_id)
    return tuple(group for group in groups if group.bucket == "rejected")


def report(books: Books, workspace: Workspace, *, pack: Path, clock: Clock) -> Report:
    """Write what the last reconciliation found as a page to sign, and the same as JSON.

    Raises NotReconciled.
    """
    if not workspace.reconciliation.is_file():
        raise NotReconciled(workspace=workspace.path)
    found = reconciliation_from_json(workspace.reconciliation.read_text("utf-8"))
    snapshot = Snapshot.open(workspace.snapshot)
    opened = open_pack(pack)
    stages = Journal(workspace.journal, clock).read()
    inputs = evidence.gather(
        evidence.Books(books.db, books.tenant_id, snapshot, pack),
        found,
        accepted=read_accepted(workspace.accepted),
        title=f"{found.source}, from {snapshot.source.location.rsplit('/', 1)[-1]}",
        provenance=provenance_of(
            snapshot,
            found,
            pack=f"{opened.name} {opened.version}",
            target=f"Trueup, {books.tenant} (tenant {found.tenant_id}), load {found.load_id}",
            reconciled_at=stages["reconcile"].finished_at if "reconcile" in stages else "",
            versions=(("Trueup", __version__), ("DuckDB", duckdb.__version__)),
            timings=tuple((name, each.seconds) for name, each in stages.items()),
        ),
    )
    made = evidence.render_report(inputs, rendered_at=_stamp(clock))
    _write(workspace.report.with_suffix(".json"), made.json)
    _write(workspace.report.with_suffix(".html"), made.html)
    return made


def backtest(  # noqa: PLR0913  a stage's inputs
    books: Books,
    workspace: Workspace,
    *,
    pack: Path,
    name: str | None,
    wanted: Wanted,
    clock: Clock,
    progress: Progress = SILENT,
) -> Backtest:
    """Bill history again and write what came of it as a page and as JSON; no book is changed.

    See `backtest.service.backtest`.
    """
    source = name or open_pack(pack).name
    snapshot = Snapshot.open(workspace.snapshot)
    with Journal(workspace.journal, clock).timed("backtest"):
        found = backtesting.backtest(
            backtesting.Books(books.db, books.tenant_id, source, snapshot, pack),
            wanted,
            progress=progress,
        )
        page = render_backtest(found, rendered_at=_stamp(clock))
        _write(workspace.backtest.with_suffix(".json"), backtest_json(found))
        _write(workspace.backtest.with_suffix(".html"), page)
    return found


def unload(books: Books, name: str) -> int:
    """Remove the load of the source `name` from the books.  See `backfill.unload`."""
    return remove_load(books.db, books.tenant_id, name)


def _stamp(clock: Clock) -> str:
    return clock.now().isoformat(timespec="seconds")


def _write(file: Path, text: str) -> None:
    """Write `file` whole or not at all."""
    partial = file.with_name(file.name + ".partial")
    with _writing(file):
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(file)
        except OSError:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WorkspaceNotWritable(path=path, problem=str(error.strerror)) from error
