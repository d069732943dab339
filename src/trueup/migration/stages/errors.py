from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Fault, Refusal

if TYPE_CHECKING:
    from pathlib import Path


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
