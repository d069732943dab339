from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trueup.kernel.errors import Refusal, check

if TYPE_CHECKING:
    from datetime import timedelta

    from trueup.kernel.clock import Instant


class PeriodBackwards(Refusal):
    """A period that would end before it starts, or be empty."""

    code = "period_backwards"

    def __init__(self, *, start: Instant, end: Instant) -> None:
        super().__init__(
            f"A period that starts at {start.isoformat()} cannot end at {end.isoformat()}.",
            fix="Give an end after the start.",
            start=start,
            end=end,
        )


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time, half-open: `start` belongs to it, `end` to the next one. Never empty.

    Raises PeriodBackwards unless start < end.  Source: BILLING_RULES B3.
    """

    start: Instant
    end: Instant

    def __post_init__(self) -> None:
        is_aware = self.start.tzinfo is not None and self.end.tzinfo is not None
        check(is_aware, "a period is made of instants with a time zone", start=self.start)
        if self.start >= self.end:
            raise PeriodBackwards(start=self.start, end=self.end)

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def contains(self, instant: Instant) -> bool:
        return self.start <= instant < self.end

    def overlaps(self, other: Period) -> bool:
        return self.start < other.end and other.start < self.end

    def intersection(self, other: Period) -> Period | None:
        """What both cover, or None: periods that only touch share nothing."""
        if not self.overlaps(other):
            return None
        return Period(max(self.start, other.start), min(self.end, other.end))
