"""Assess: what is in the snapshot, and which of it the operator accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.progress import SILENT
from trueup.migration.assessment import service as assessment
from trueup.migration.assessment.document import to_json as assessment_json
from trueup.migration.assessment.expectations import NOTHING_EXPECTED
from trueup.migration.assessment.page import render_assessment
from trueup.migration.mapping.pack import open_pack
from trueup.migration.sources.snapshot import Snapshot
from trueup.migration.stages.acceptance import accepted_findings, to_json
from trueup.migration.stages.expectations import expectations_of
from trueup.migration.stages.files import stamp, write_whole
from trueup.migration.stages.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from trueup.kernel.clock import Clock
    from trueup.kernel.progress import Progress
    from trueup.migration.assessment.model import Assessment
    from trueup.migration.stages.workspace import Workspace


def assess(
    workspace: Workspace, *, pack: Path | None, clock: Clock, progress: Progress = SILENT
) -> Assessment:
    """Assess the workspace's snapshot, against `pack` if there is one, and write page and JSON."""
    snapshot = Snapshot.open(workspace.snapshot)
    expected = expectations_of(open_pack(pack), snapshot) if pack else NOTHING_EXPECTED
    with Journal(workspace.journal, clock).timed("assess"):
        found = assessment.assess(snapshot, expectations=expected, progress=progress)
        page = render_assessment(found, rendered_at=stamp(clock))
        write_whole(workspace.assessment.with_suffix(".json"), assessment_json(found))
        write_whole(workspace.assessment.with_suffix(".html"), page)
    return found


def accept(
    workspace: Workspace, found: Assessment, accepted: Collection[str], *, clock: Clock
) -> None:
    """Note which blocking findings the operator accepts; the report tells them.

    accepted: codes of findings.  Raises AssessmentBlocks if others block.
    """
    going_on = accepted_findings(found, accepted, accepted_at=stamp(clock))
    if going_on:
        write_whole(workspace.accepted, to_json(going_on))
    else:
        workspace.accepted.unlink(missing_ok=True)
