"""The life of a subscription as a table: in which state what may happen, and what follows."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.billing.subscriptions.errors import TransitionNotAllowed
from trueup.billing.subscriptions.model import SubscriptionStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

PENDING = SubscriptionStatus.PENDING
INCOMPLETE = SubscriptionStatus.INCOMPLETE
TRIALING = SubscriptionStatus.TRIALING
ACTIVE = SubscriptionStatus.ACTIVE
PAST_DUE = SubscriptionStatus.PAST_DUE
UNPAID = SubscriptionStatus.UNPAID
PAUSED = SubscriptionStatus.PAUSED
CANCELLED = SubscriptionStatus.CANCELLED
EXPIRED = SubscriptionStatus.EXPIRED


class Trigger(StrEnum):
    BEGIN = "begin"  # its start is reached
    BEGIN_TRIAL = "begin_trial"  # the same, with a trial
    CONVERT = "convert"  # the trial is over
    CHANGE = "change"  # other terms, quantity or cycle
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"  # an agreed end is reached
    FALL_BEHIND = "fall_behind"  # an invoice was not paid in time
    SETTLE = "settle"  # nothing is owed any more
    GIVE_UP = "give_up"  # collection ended without money
    EXPIRE = "expire"  # its first payment never came


NEXT: Final[Mapping[tuple[SubscriptionStatus, Trigger], SubscriptionStatus]] = MappingProxyType(
    {
        (PENDING, Trigger.BEGIN): ACTIVE,
        (PENDING, Trigger.BEGIN_TRIAL): TRIALING,
        (PENDING, Trigger.CHANGE): PENDING,
        (PENDING, Trigger.END): EXPIRED,
        (INCOMPLETE, Trigger.SETTLE): ACTIVE,
        (INCOMPLETE, Trigger.EXPIRE): EXPIRED,
        (INCOMPLETE, Trigger.END): EXPIRED,
        (TRIALING, Trigger.CONVERT): ACTIVE,
        (TRIALING, Trigger.CHANGE): TRIALING,
        (TRIALING, Trigger.PAUSE): PAUSED,
        (TRIALING, Trigger.END): CANCELLED,
        (ACTIVE, Trigger.CHANGE): ACTIVE,
        (ACTIVE, Trigger.PAUSE): PAUSED,
        (ACTIVE, Trigger.FALL_BEHIND): PAST_DUE,
        (ACTIVE, Trigger.END): CANCELLED,
        (PAST_DUE, Trigger.CHANGE): PAST_DUE,
        (PAST_DUE, Trigger.PAUSE): PAUSED,
        (PAST_DUE, Trigger.SETTLE): ACTIVE,
        (PAST_DUE, Trigger.GIVE_UP): UNPAID,
        (PAST_DUE, Trigger.END): CANCELLED,
        (UNPAID, Trigger.SETTLE): ACTIVE,
        (UNPAID, Trigger.END): CANCELLED,
        (PAUSED, Trigger.CHANGE): PAUSED,
        (PAUSED, Trigger.RESUME): ACTIVE,
        (PAUSED, Trigger.END): CANCELLED,
    }
)

OVER: Final = frozenset({CANCELLED, EXPIRED})
"""States without a way out."""


def next_status(status: SubscriptionStatus, trigger: Trigger) -> SubscriptionStatus:
    """Raises TransitionNotAllowed."""
    if (after := NEXT.get((status, trigger))) is None:
        raise TransitionNotAllowed(status=status, trigger=trigger)
    return after
