from __future__ import annotations

from trueup.kernel.errors import Fault, Refusal


class ScheduleMissing(Refusal):
    """Nobody said when, or the schedule was removed meanwhile."""

    code = "schedule_missing"

    def __init__(self) -> None:
        super().__init__(
            "There is no schedule of bill runs.",
            fix="Set one: `trueup bill schedule set --every 1h`, or `--at 02:00 --zone …`.",
        )


class RunStopped(Fault):
    """A run was asked to stop; what it committed is billed, the rest is still due."""

    code = "run_stopped"
    can_retry = True

    def __init__(self) -> None:
        super().__init__("The bill run was stopped between two chunks.", fix="Run it again.")
