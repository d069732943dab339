from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from trueup.kernel.clock import Instant

MINUTE: Final = "%Y-%m-%d %H:%M %Z"


class ClockUnknown(Refusal):
    code = "clock_unknown"

    def __init__(self, *, clock: str, tenant: str) -> None:
        super().__init__(
            f"{tenant!r} has no test clock {clock!r}.",
            fix="See `trueup clock list`, or make it by `trueup clock create`.",
            clock=clock,
            tenant=tenant,
        )


class ClockNameTaken(Refusal):
    code = "clock_name_taken"

    def __init__(self, *, clock: str) -> None:
        super().__init__(
            f"There is a test clock {clock!r} already.",
            fix="Take another name, or delete that clock first.",
            clock=clock,
        )


class ClockNameUnfit(Refusal):
    code = "clock_name_unfit"

    def __init__(self, *, clock: str) -> None:
        super().__init__(
            f"{clock!r} is no name of a test clock.",
            fix="Use 1 to 40 letters, digits, dots, dashes and underscores.",
            clock=clock,
        )


class ClockOfTestBooks(Refusal):
    """Test books of test books."""

    code = "clock_of_test_books"

    def __init__(self, *, tenant: str) -> None:
        super().__init__(
            f"{tenant!r} is a test itself.",
            fix="Name the tenant that it was made of.",
            tenant=tenant,
        )


class ClockOnlyForward(Refusal):
    code = "clock_only_forward"

    def __init__(self, *, stands_at: Instant, to: Instant) -> None:
        super().__init__(
            f"The clock stands at {stands_at:{MINUTE}} and cannot go to {to:{MINUTE}}.",
            fix="Move it forward, or make another clock that begins earlier.",
            stands_at=stands_at,
            to=to,
        )


class ClockHeadingElsewhere(Refusal):
    """An advance was killed and is not finished."""

    code = "clock_heading_elsewhere"

    def __init__(self, *, heading_to: Instant) -> None:
        super().__init__(
            f"An advance to {heading_to:{MINUTE}} is not finished.",
            fix="Advance to that instant first: it goes on where it stopped.",
            heading_to=heading_to,
        )


class ClockMoving(Refusal):
    """Somebody advances this clock at this moment."""

    code = "clock_moving"

    def __init__(self, *, clock: str) -> None:
        super().__init__(
            f"The clock {clock!r} is being advanced by another command.",
            fix="Wait for it; an advance that was killed lets go of the clock at once.",
            clock=clock,
        )


class CustomerOnClock(Refusal):
    """A copy of the customer is on the clock already."""

    code = "customer_on_clock"

    def __init__(self, *, customer: str) -> None:
        super().__init__(
            f"A copy of customer {customer!r} is on this clock already.",
            fix="Make another clock for another copy.",
            customer=customer,
        )
