"""The state a subscription is in follows from its dates, asked at any moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from trueup.billing.subscriptions.model import Record, SubscriptionStatus
from trueup.billing.subscriptions.rules.standing import standing

MIDNIGHT = datetime(2026, 3, 14, tzinfo=UTC)
NOON = MIDNIGHT + timedelta(hours=12)
DAY = timedelta(days=1)


def record(status, **said):
    return Record(
        subscription_id=UUID(int=1),
        customer_id=UUID(int=2),
        plan_id=UUID(int=3),
        status=status,
        currency="EUR",
        time_zone="UTC",
        quantity=Decimal(1),
        started_at=MIDNIGHT - 90 * DAY,
        phases_from=MIDNIGHT - 90 * DAY,
        cycle={},
        items=(),
        **said,
    )


@pytest.mark.parametrize(
    ("pauses", "now", "wanted"),
    [
        (((NOON, None),), NOON, SubscriptionStatus.PAUSED),
        (((NOON, None),), MIDNIGHT, SubscriptionStatus.PAUSED),
        (((NOON, NOON + DAY),), MIDNIGHT, SubscriptionStatus.PAUSED),
        (((NOON, NOON + DAY),), NOON + DAY, SubscriptionStatus.ACTIVE),
        (((NOON - 9 * DAY, NOON - DAY), (NOON, None)), MIDNIGHT, SubscriptionStatus.PAUSED),
    ],
)
def test_a_paused_subscription_is_not_resumed_by_the_midnight_before_its_pause(pauses, now, wanted):
    assert standing(record(SubscriptionStatus.PAUSED, pauses=pauses), now).status is wanted


def test_a_running_one_pauses_when_its_pause_begins():
    running = record(SubscriptionStatus.ACTIVE, pauses=((NOON, None),))
    assert standing(running, MIDNIGHT).status is SubscriptionStatus.ACTIVE
    paused = standing(running, NOON)
    assert (paused.status, paused.paused_at) == (SubscriptionStatus.PAUSED, NOON)
