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


# ---- what time alone does


STATUS = SubscriptionStatus
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("status", "dates", "now", "wanted"),
    [
        ("pending", {}, NOON, "active"),
        ("pending", {"trial_end_at": NOON}, NOON, "active"),
        ("pending", {"trial_end_at": NOON}, NOON - TICK, "trialing"),
        ("pending", {"trial_end_at": NOON}, MIDNIGHT - 90 * DAY, "trialing"),
        ("pending", {}, MIDNIGHT - 90 * DAY, "active"),
        ("pending", {}, MIDNIGHT - 90 * DAY - TICK, "pending"),
        ("pending", {"cancel_at": NOON}, NOON, "expired"),
        ("trialing", {"trial_end_at": NOON}, NOON - TICK, "trialing"),
        ("trialing", {"trial_end_at": NOON}, NOON, "active"),
        ("trialing", {}, NOON, "active"),
        ("trialing", {"trial_end_at": NOON, "pauses": ((MIDNIGHT, None),)}, MIDNIGHT, "paused"),
        ("trialing", {"trial_end_at": NOON, "pauses": ((MIDNIGHT, None),)}, NOON, "paused"),
        ("trialing", {"trial_end_at": NOON, "cancel_at": NOON}, NOON, "cancelled"),
        ("active", {}, NOON, "active"),
        ("active", {"cancel_at": NOON}, NOON - TICK, "active"),
        ("active", {"cancel_at": NOON}, NOON, "cancelled"),
        ("active", {"pauses": ((NOON, None),)}, NOON - TICK, "active"),
        ("active", {"pauses": ((NOON, NOON + DAY),)}, NOON, "paused"),
        ("active", {"pauses": ((NOON, NOON + DAY),)}, NOON + DAY - TICK, "paused"),
        ("active", {"pauses": ((NOON, NOON + DAY),)}, NOON + DAY, "active"),
        ("past_due", {"pauses": ((NOON, None),)}, NOON, "paused"),
        ("past_due", {"cancel_at": NOON}, NOON, "cancelled"),
        ("unpaid", {"pauses": ((NOON, None),)}, NOON, "unpaid"),
        ("unpaid", {"cancel_at": NOON}, NOON, "cancelled"),
        ("incomplete", {"cancel_at": NOON}, NOON, "expired"),
        ("incomplete", {}, NOON, "incomplete"),
        ("paused", {"pauses": ()}, NOON, "active"),
        ("paused", {"pauses": ((MIDNIGHT, NOON),)}, NOON - TICK, "paused"),
        ("paused", {"pauses": ((MIDNIGHT, NOON),), "cancel_at": NOON}, NOON, "cancelled"),
        ("cancelled", {"cancel_at": MIDNIGHT}, NOON, "cancelled"),
        ("expired", {"cancel_at": MIDNIGHT}, NOON, "expired"),
    ],
)
def test_a_state_follows_from_the_dates_that_were_agreed(status, dates, now, wanted):
    """B34, B35, B38."""
    assert standing(record(STATUS(status), **dates), now).status is STATUS(wanted)


def test_it_ended_when_it_was_agreed_to_end_and_is_paused_since_its_pause_began():
    ended = standing(record(STATUS.ACTIVE, cancel_at=MIDNIGHT), NOON)
    assert (ended.ended_at, ended.paused_at) == (MIDNIGHT, None)
    paused = record(STATUS.ACTIVE, pauses=((NOON - 9 * DAY, NOON - DAY), (MIDNIGHT, None)))
    assert standing(paused, NOON).paused_at == MIDNIGHT
    assert standing(paused, NOON).ended_at is None
    left = record(STATUS.ACTIVE, paused_at=MIDNIGHT, ended_at=MIDNIGHT)
    assert (standing(left, NOON).paused_at, standing(left, NOON).ended_at) == (None, MIDNIGHT)
    assert standing(record(STATUS.PAUSED), NOON).paused_at is None


@pytest.mark.parametrize("status", list(SubscriptionStatus))
def test_asked_twice_it_answers_the_same(status):
    dates = {"cancel_at": NOON, "trial_end_at": MIDNIGHT, "pauses": ((NOON - DAY, NOON - DAY / 2),)}
    once = standing(record(status, **dates), MIDNIGHT)
    assert standing(once, MIDNIGHT) == once
