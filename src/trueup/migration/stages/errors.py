from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Fault, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from trueup.migration.assessment.model import Finding


class AssessmentBlocks(Refusal):
    """The assessment found what must be settled before anything is loaded."""

    code = "assessment_blocks"

    def __init__(self, *, findings: Sequence[Finding], acceptable: Sequence[str]) -> None:
        listed = "\n  - ".join(_told(each) for each in findings)
        accept = "".join(f" To go on in spite of it: --accept {code}." for code in acceptable)
        super().__init__(
            f"The assessment found what stops the migration before its load:\n  - {listed}",
            fix=f"Do what stands after each arrow, then run it again.{accept}",
            codes=[each.code for each in findings],
        )


def _told(finding: Finding) -> str:
    where = ".".join((finding.table, ", ".join(finding.columns))).rstrip(".")
    values = ", ".join(dict.fromkeys(each.shown for each in finding.examples if each.shown))
    seen = f": {values}" if values else ""
    return f"{where}: {finding.title} ({finding.count:,}){seen} → {finding.action}"


class NotReconciled(Refusal):
    code = "not_reconciled"

    def __init__(self, *, workspace: Path) -> None:
        super().__init__(
            f"{workspace} holds no reconciliation to report.",
            fix="Run `trueup reconcile` with the same --work folder first.",
            workspace=str(workspace),
        )


class WorkspaceNotWritable(Fault):
    code = "workspace_not_writable"
    can_retry = True

    def __init__(self, *, path: Path, problem: str) -> None:
        super().__init__(
            f"{path} cannot be written: {problem}.",
            fix="Make room or rights there, or name another folder by --work.",
            path=str(path),
        )
