from __future__ import annotations

from trueup.kernel.errors import Refusal


class ServiceEnded(Refusal):
    """A change to a subscription that has already ended."""

    code = "service_ended"

    def __init__(self, *, subscription: str) -> None:
        super().__init__(
            f"Subscription {subscription} has ended; nothing of it can be changed.",
            fix="Start a new subscription, or take effect before the end.",
            subscription=subscription,
        )


class NothingToTakeBack(Refusal):
    """A cancellation taken back that was never given, or has taken effect."""

    code = "nothing_to_take_back"

    def __init__(self, *, subscription: str) -> None:
        super().__init__(
            f"Subscription {subscription} has no cancellation that could be taken back.",
            fix="Look at its state; a subscription that has ended is started anew.",
            subscription=subscription,
        )


class NothingToResume(Refusal):
    """A subscription resumed that is not paused."""

    code = "nothing_to_resume"

    def __init__(self, *, subscription: str) -> None:
        super().__init__(
            f"Subscription {subscription} is not paused.",
            fix="Pause it first, or leave it running.",
            subscription=subscription,
        )
