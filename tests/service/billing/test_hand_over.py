"""An imported subscription is billed here from where its source stopped: same period, amount and day."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from tests.service.billing.rows import rows
from tests.service.billing.worlds import EURO, World, day

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import PLAN, PRICE, PRODUCT
from trueup.billing.clocks import service as clocks
from trueup.billing.customers import service as customers
from trueup.billing.customers.model import CUSTOMER
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import USAGE_EVENT
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.model import SUBSCRIPTION, SUBSCRIPTION_ITEM
from trueup.billing.subscriptions.rules.planning import Ordered

NEW_YORK = ZoneInfo("America/New_York")
BEGAN = datetime(2026, 1, 31, 15, 30, tzinfo=NEW_YORK)
ENDS = datetime(2026, 2, 28, 15, 30, tzinfo=NEW_YORK)


@pytest.fixture
def world(db, tenant_id):
    """A customer in New York with three seats at 12.50, billed until 28 February."""
    world = World(db, tenant_id).entity(country="US", takes_tax=False)
    with world.tx() as tx:
        catalog.import_products(tx, rows(PRODUCT, {"product_id": world.id("p")}))
        catalog.import_plans(
            tx, rows(PLAN, {"plan_id": world.id("plan"), "product_id": world.id("p")})
        )
        catalog.import_prices(
            tx,
            rows(
                PRICE,
                {"price_id": world.id("seat"), "plan_id": world.id("plan"), "unit_amount_micros": 12_500_000},
                {"price_id": world.id("call"), "plan_id": world.id("plan"), "unit_amount_micros": 10_000, "model": "per_unit", "meter": "api_calls"},
            ),
        )  # fmt: skip
        customers.import_customers(
            tx, rows(CUSTOMER, {"customer_id": world.id("ann"), "time_zone": "America/New_York"})
        )
    return world


def load(world, price="seat", quantity=3, **subscription):
    given = {"started_at": BEGAN, "current_period_start": BEGAN, "current_period_end": ENDS, "charged_through_at": ENDS, "anchor_day": 31}  # fmt: skip
    with world.tx() as tx:
        subscriptions.import_subscriptions(
            tx,
            rows(SUBSCRIPTION, {"subscription_id": world.id("s"), "customer_id": world.id("ann")} | given | subscription),
            rows(SUBSCRIPTION_ITEM, {"subscription_id": world.id("s"), "price_id": world.id(price), "quantity": Decimal(quantity)}),
        )  # fmt: skip


def hand_over(world):
    with world.tx() as tx:
        taken = customers.hand_over(tx, [world.id("ann")])
        return subscriptions.hand_over(tx, taken, Ordered(day("2026-02-10")))


def billed(world):
    return [
        (
            (row.period_start or row.issued_at).astimezone(NEW_YORK).date().isoformat(),
            row.total_micros,
        )
        for row in world.rows("invoices")
    ]


def test_until_it_is_handed_over_nothing_is_billed(world):
    load(world)
    assert world.run("2026-06-01").due == 0


def test_the_next_period_is_billed_as_the_source_would_have(world):
    """B1: on its anchor, the 31st, clamped in February only."""
    load(world)
    assert hand_over(world).subscriptions == 1
    world.run("2026-05-01")
    amount = 3 * 12_500_000
    assert billed(world) == [("2026-02-28", amount), ("2026-03-31", amount), ("2026-04-30", amount)]


def test_a_hand_over_is_rehearsed_on_a_test_clock(world):
    """The copy is billed as the customer will be; the customer is still the source's."""
    load(world)
    clock = clocks.create_clock(world.db, world.tenant_id, "acme", "rehearsal", day("2026-02-10"))
    clocks.attach(world.db, world.tenant_id, clock, [world.id("ann")])
    copies = World(world.db, clock.books_id)
    with copies.tx() as tx:
        taken = customers.hand_over(tx, [world.id("ann")])
        subscriptions.hand_over(tx, taken, Ordered(day("2026-02-10")))
    clocks.advance(world.db, clock, day("2026-05-01"))
    assert [when for when, _ in billed(copies)] == ["2026-02-28", "2026-03-31", "2026-04-30"]
    assert (world.run("2026-06-01").due, world.rows("invoices")) == (0, [])


def test_handed_over_twice_it_is_billed_once(world):
    load(world)
    hand_over(world)
    assert hand_over(world).subscriptions == 0
    world.run("2026-03-01")
    assert len(world.rows("invoices")) == 1


def test_an_agreed_end_is_kept(world):
    load(world, cancel_at_period_end=True)
    hand_over(world)
    world.run("2026-05-01")
    assert (world.rows("invoices"), world.rows("schedule")[0].status) == ([], "cancelled")


def test_usage_that_the_source_has_not_billed_is_billed_with_its_period(world):
    load(world, price="call", quantity=1, charged_through_at=BEGAN)
    with world.tx() as tx:
        metering.import_usage_events(
            tx,
            rows(
                USAGE_EVENT,
                {"usage_event_id": world.id("a"), "subscription_id": world.id("s"), "quantity": Decimal(40), "occurred_at": BEGAN + timedelta(days=3)},
                {"usage_event_id": world.id("b"), "subscription_id": world.id("s"), "quantity": Decimal(99), "occurred_at": BEGAN + timedelta(days=4), "is_billed": True},
            ),
        )  # fmt: skip
        metering.rebuild_summaries(tx)
    hand_over(world)
    world.run("2026-03-01")
    assert billed(world) == [("2026-01-31", 40 * EURO // 100)]


def test_what_its_next_bill_depends_on_must_be_there(world):
    load(world, current_period_end=None, current_period_start=None, charged_through_at=None)
    (unclear,) = hand_over(world).unclear
    assert unclear.fields["missing"] == "end of its running period"
    assert world.run("2026-05-01").due == 0


def test_a_trial_goes_on_and_its_end_is_the_first_bill(world):
    ends = datetime(2026, 3, 10, 9, tzinfo=NEW_YORK)
    load(
        world,
        status="trialing",
        trial_end_at=ends,
        charged_through_at=None,
        current_period_end=ends,
        anchor_day=10,
    )
    hand_over(world)
    world.run("2026-03-09")
    assert world.rows("invoices") == []
    world.run("2026-03-11")
    assert billed(world) == [("2026-03-10", 3 * 12_500_000)]
