"""What a keeper is given: who may stop it, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from trueup.billing.invoicing.runs import RunReport
    from trueup.kernel.clock import Instant
    from trueup.kernel.errors import Fault


class Stop(Protocol):
    """Whether somebody asked to stop, and time passing until then."""

    def is_asked(self) -> bool: ...

    def wait(self, seconds: int) -> None:
        """Return after `seconds`, or as soon as somebody asks."""
        ...


class Watcher(Protocol):
    """Who is told what a schedule does."""

    def standing_by(self) -> None:
        """Another process keeps this schedule."""
        ...

    def waiting(self, until: Instant) -> None: ...

    def ran(self, report: RunReport, following: Instant) -> None: ...

    def failed(self, fault: Fault, retry_seconds: int) -> None: ...
