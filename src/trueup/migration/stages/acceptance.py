"""Whether a migration may go on after its assessment, and in spite of what it went on."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from trueup.migration.assessment.model import Severity
from trueup.migration.assessment.rules.catalogue import ACCEPTABLE
from trueup.migration.evidence.model import AcceptedFinding
from trueup.migration.stages.errors import AssessmentBlocks

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from trueup.migration.assessment.model import Assessment, Finding


def accepted_findings(
    found: Assessment, accepted: Collection[str], *, accepted_at: str
) -> tuple[AcceptedFinding, ...]:
    """The blocking findings that the operator accepts, by their codes.

    Raises AssessmentBlocks with all others: those not accepted, and those that the load itself
    refuses, which nobody can accept.
    """
    blocking = [each for each in found.findings if each.severity is Severity.BLOCKS]
    allowed = set(accepted) & set(ACCEPTABLE)
    if stops := [each for each in blocking if each.code not in allowed]:
        offered = [code for code in ACCEPTABLE if code in {each.code for each in stops}]
        raise AssessmentBlocks(findings=stops, acceptable=offered)
    return tuple(_accepted(each, accepted_at) for each in blocking)


def _accepted(finding: Finding, accepted_at: str) -> AcceptedFinding:
    return AcceptedFinding(
        code=finding.code,
        where=".".join((finding.table, ", ".join(finding.columns))).rstrip("."),
        title=finding.title,
        count=finding.count,
        accepted_at=accepted_at,
    )


def to_json(accepted: tuple[AcceptedFinding, ...]) -> str:
    return json.dumps([asdict(each) for each in accepted], indent=2) + "\n"


def read_accepted(file: Path) -> tuple[AcceptedFinding, ...]:
    """What `to_json` wrote to `file`; nothing if it is not there."""
    if not file.is_file():
        return ()
    return tuple(AcceptedFinding(**each) for each in json.loads(file.read_text("utf-8")))
