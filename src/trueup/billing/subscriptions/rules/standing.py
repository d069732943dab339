"""What time alone does to a subscription: it begins, converts, pauses, resumes and ends.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trueup.billing.subscriptions.model import SubscriptionStatus
from trueup.billing.subscriptions.states import OVER, Trigger, next_status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.subscriptions.model import Record
    from trueup.kernel.clock import Instant


def standing(record: Record, now: Instant) -> Record:
    """`record` in the state it is in at `now`, by the dates that are agreed."""
    while (trigger := next(_reached(record, now), None)) is not None:
        status = next_status(record.status, trigger)
        ended = record.cancel_at if trigger is Trigger.END else record.ended_at
        record = replace(record, status=status, ended_at=ended)
    is_paused = record.status is SubscriptionStatus.PAUSED
    return replace(record, paused_at=record.pauses[-1][0] if is_paused and record.pauses else None)


def _reached(record: Record, now: Instant) -> Iterator[Trigger]:
    """What the dates say has happened and the state does not know yet, the first that counts."""
    status = record.status
    if status in OVER:
        return
    if record.cancel_at is not None and record.cancel_at <= now:
        yield Trigger.END
    in_trial = record.trial_end_at is not None and now < record.trial_end_at
    is_paused = any(a <= now and (b is None or now < b) for a, b in record.pauses)
    if status is SubscriptionStatus.PENDING and record.started_at <= now:
        yield Trigger.BEGIN_TRIAL if in_trial else Trigger.BEGIN
    if status is SubscriptionStatus.TRIALING and not in_trial:
        yield Trigger.CONVERT
    # Paused by another system during the day, asked at the midnight before: not resumed yet.
    is_paused_on = any(b is None or now < b for _, b in record.pauses)
    if status is SubscriptionStatus.PAUSED and not is_paused_on:
        yield Trigger.RESUME
    runs = {SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}
    if status in runs and is_paused:
        yield Trigger.PAUSE
