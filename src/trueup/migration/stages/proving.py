"""Reconcile, report and backtest: what proves that the books are those of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from trueup import __version__
from trueup.kernel.progress import SILENT
from trueup.migration.backtest import service as backtesting
from trueup.migration.backtest.document import to_json as backtest_json
from trueup.migration.backtest.page import render as render_backtest
from trueup.migration.evidence import service as evidence
from trueup.migration.evidence.translation import provenance_of, reconciliation_from_json
from trueup.migration.mapping.pack import open_pack
from trueup.migration.reconciliation import service as reconciliation
from trueup.migration.reconciliation.document import to_json as reconciliation_json
from trueup.migration.sources.snapshot import Snapshot
from trueup.migration.stages.acceptance import read_accepted
from trueup.migration.stages.errors import NotReconciled
from trueup.migration.stages.files import stamp, write_whole
from trueup.migration.stages.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from trueup.db.tenants import Books
    from trueup.kernel.clock import Clock
    from trueup.kernel.progress import Progress
    from trueup.migration.backtest.model import Backtest
    from trueup.migration.backtest.service import Wanted
    from trueup.migration.evidence.model import Report, SetAsideGroup
    from trueup.migration.reconciliation.model import Reconciliation
    from trueup.migration.stages.workspace import Workspace


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
        write_whole(workspace.reconciliation, reconciliation_json(found))
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
    made = evidence.render_report(inputs, rendered_at=stamp(clock))
    write_whole(workspace.report.with_suffix(".json"), made.json)
    write_whole(workspace.report.with_suffix(".html"), made.html)
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
        page = render_backtest(found, rendered_at=stamp(clock))
        write_whole(workspace.backtest.with_suffix(".json"), backtest_json(found))
        write_whole(workspace.backtest.with_suffix(".html"), page)
    return found
