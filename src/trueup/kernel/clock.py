"""The clock protocol, and the one place that reads the clock of the machine.

Two clocks on purpose: records carry UTC, durations come from a clock that never steps back.
Source: MIGRATION_RULES M15.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

Instant: TypeAlias = datetime
"""An aware datetime in UTC."""


class Clock(Protocol):
    """Where time comes from. Passed in at the edge; rules receive instants, never a clock."""

    def now(self) -> Instant:
        """The instant, in UTC. May step back when the machine's clock is corrected."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never steps back. Only differences mean anything."""
        ...


class SystemClock:
    def now(self) -> Instant:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class StandingClock:
    """A clock that stands still: what a test is told the time is.  Durations are real."""

    at: Instant

    def now(self) -> Instant:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()
