"""An imported subscription is billed from where its source stopped, and no day twice."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import pytest
from tests.unit.billing.subscriptions.sold import METERED, at, catalog, plan, price

from trueup.billing.calendar.model import Interval
from trueup.billing.subscriptions.errors import HandOverUnclear
from trueup.billing.subscriptions.model import CollectionMethod, SubscriptionStatus
from trueup.billing.subscriptions.rules.recording import subscription_of
from trueup.billing.subscriptions.rules.taking_over import taken_over

YEARLY = plan(200, interval=Interval.YEAR, interval_count=2)
ONCE = plan(300, interval=Interval.ONCE)
KNOWN = catalog(
    [plan(), YEARLY, ONCE],
    [price(1000), price(1001, **METERED), price(2000, of=200), price(3000, of=300)],
)


def row(**said):
    """What the source says of a subscription, a month of it billed ahead."""
    given = {
        "subscription_id": UUID(int=1),
        "customer_id": UUID(int=2),
        "status": "active",
        "currency": "EUR",
        "started_at": at("01-10"),
        "trial_end_at": None,
        "current_period_start": at("03-10"),
        "current_period_end": at("04-10"),
        "charged_through_at": at("04-10"),
        "anchor_day": 10,
        "cancel_at_period_end": False,
        "cancel_at": None,
        "cancelled_at": None,
        "paused_at": None,
        "collection_method": "send_invoice",
        "net_days": 14,
        "prices": [UUID(int=1000)],
        "quantities": [Decimal("3.000000"), Decimal(1)],
        "positions": [0, 1],
    }
    return SimpleNamespace(**(given | said))


def taken(**said):
    return taken_over(row(**said), KNOWN, "Europe/Berlin")


WITH_USAGE = {"prices": [UUID(int=1000), UUID(int=1001)]}


def test_all_that_the_source_says_is_kept():
    record = taken(cancelled_at=at("03-20"))
    assert (record.subscription_id, record.customer_id) == (UUID(int=1), UUID(int=2))
    assert (record.plan_id, record.currency, str(record.quantity)) == (UUID(int=100), "EUR", "3")
    assert (record.status, record.time_zone) == (SubscriptionStatus.ACTIVE, "Europe/Berlin")
    assert record.started_at == record.phases_from == at("01-10")
    assert (record.collection_method, record.net_days) == (CollectionMethod.SEND_INVOICE, 14)
    assert (record.cancelled_at, record.cancel_at, record.pauses) == (at("03-20"), None, ())
    assert (record.orders, record.next_bill_at) == (1, at("04-10"))
    (item,) = record.items
    assert (item.position, item.price_id, str(item.quantity)) == (0, UUID(int=1000), "3")
    assert (item.item_key, item.served_from) == ("base/2026-04-10/0", at("04-10"))
    assert (item.served_until, item.until_if_kept, item.cycle) == (None, None, None)


@pytest.mark.parametrize(
    ("said", "fees", "usage"),
    [
        ({}, "04-10", "04-10"),
        ({"charged_through_at": None}, "04-10", "03-10"),
        ({"charged_through_at": None, "current_period_start": None}, "04-10", "04-10"),
        ({"charged_through_at": at("05-10")}, "05-10", "05-10"),
        ({"charged_through_at": at("05-10"), "current_period_end": None}, "05-10", "05-10"),
        ({"status": "trialing", "trial_end_at": at("04-01")}, "04-01", "04-10"),
        ({"status": "trialing"}, "04-10", "04-10"),
        ({"trial_end_at": at("04-01")}, "04-10", "04-10"),
        ({"charged_through_at": at("04-10T15:45")}, "04-10", "04-10"),  # its day begins earlier
        ({"charged_through_at": at("04-09T23:59")}, "04-09", "04-09"),
    ],
)
def test_fees_start_where_it_was_charged_through_and_usage_where_it_was_billed(said, fees, usage):
    record = taken(**WITH_USAGE, **said)
    assert [item.served_from for item in record.items] == [at(fees), at(usage)]
    assert [item.item_key for item in record.items] == [
        f"base/2026-{fees}/0",
        f"calls/2026-{usage}/1",
    ]
    assert record.next_bill_at == min(at(fees), at(usage))


@pytest.mark.parametrize(
    ("said", "anchor"),
    [
        ({}, [2026, 4, 10]),
        ({"anchor_day": None}, [2026, 4, 10]),
        ({"anchor_day": 15}, [2026, 4, 10]),  # it does not say where the period ends
        ({"anchor_day": 31, "current_period_end": at("04-30")}, [2026, 4, 31]),
        ({"anchor_day": 30, "current_period_end": at("04-30")}, [2026, 4, 30]),
        ({"anchor_day": 29, "current_period_end": at("04-30")}, [2026, 4, 30]),
        ({"anchor_day": None, "current_period_end": None}, [2026, 4, 10]),
    ],
)
def test_periods_are_those_of_the_source(said, anchor):
    """B1: an anchor of the 31st ends every month, though the running one ends on the 30th."""
    assert taken(**said).cycle == {"every": [1, "month"], "anchor": anchor}


def test_the_rhythm_is_that_of_the_first_items_plan():
    record = taken(prices=[UUID(int=2000), UUID(int=1000)])
    assert (record.plan_id, record.cycle["every"]) == (UUID(int=200), [2, "year"])


@pytest.mark.parametrize(
    ("said", "end", "due"),
    [
        ({"cancel_at_period_end": True}, "04-10", "04-10"),
        ({"cancel_at": at("05-01T12:00")}, "05-01", "04-10"),
        ({"cancel_at": at("03-25")}, "03-25", "03-25"),
        ({"cancel_at_period_end": True, "cancel_at": at("05-01")}, "04-10", "04-10"),
    ],
)
def test_an_agreed_end_stays_agreed(said, end, due):
    record = taken(**said)
    assert record.cancel_at == record.final_bill_at == at(end)
    assert [item.served_until for item in record.items] == [max(at(end), at("04-10"))]
    assert record.next_bill_at == at(due)
    (item,) = record.items
    assert (item.position, item.price_id.int, item.quantity) == (0, 1000, 3)
    assert (item.item_key, item.served_from) == ("base/2026-04-10/0", at("04-10"))


def test_a_trial_goes_on_to_its_end():
    record = taken(status="trialing", trial_end_at=at("04-01"))
    assert (record.status, record.trial_end_at) == (SubscriptionStatus.TRIALING, at("04-01"))


def test_a_pause_goes_on():
    record = taken(status="paused", paused_at=at("03-15"))
    assert (record.status, record.pauses) == (SubscriptionStatus.PAUSED, ((at("03-15"), None),))
    assert record.paused_at == at("03-15")


def test_one_without_a_start_starts_where_its_fees_do():
    assert taken(started_at=None).started_at == at("04-10")


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"prices": None}, "item"),
        ({"prices": []}, "item"),
        ({"current_period_end": None, "charged_through_at": None}, "end of its running period"),
        ({"current_period_end": None, "charged_through_at": None, "status": "trialing", "trial_end_at": at("04-01")}, "end of its running period"),
        ({"prices": [UUID(int=3000)]}, "interval of its plan"),
    ],
)  # fmt: skip
def test_what_the_source_does_not_say_is_not_guessed(said, missing):
    with pytest.raises(HandOverUnclear) as refused:
        taken(**said)
    assert refused.value.fields == {"subscription": str(UUID(int=1)), "missing": missing}
    assert missing in refused.value.fix


def test_a_record_taken_over_reads_as_a_contract():
    contract = subscription_of(taken(**WITH_USAGE), KNOWN, {}).contract
    assert [(i.charge.code, i.quantity) for i in contract.items] == [("base", 3), ("calls", 1)]
    assert contract.items[0].cycle.anchor.day == 10
