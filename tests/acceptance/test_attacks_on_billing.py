"""Attempts to make the engine bill a cent too much or too little, or to stop its run for everybody."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from tests.service.billing.worlds import EURO, FEE, SEATS, Ticking, World, day

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import Interval, PriceModel
from trueup.billing.invoicing import documents, queue
from trueup.billing.invoicing.errors import VoidForbidden
from trueup.billing.invoicing.workers import worker_of
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import REPORTED
from trueup.billing.payments import service as payments
from trueup.billing.payments.model import Received
from trueup.billing.subscriptions import beginning
from trueup.billing.subscriptions.errors import SubscriptionLive
from trueup.billing.subscriptions.rules import planning
from trueup.billing.subscriptions.rules.planning import Ordered
from trueup.db.queries import parse_queries
from trueup.kernel.errors import Refusal
from trueup.kernel.ids import new_id

DEEDS = parse_queries(
    """
-- name: parked
-- What waits for a person.
select subscription_id, code, sentence from billing.parked

-- name: place
-- Where a customer is.
update billing.customer set country = %(country)s where customer_id = %(customer)s

-- name: uses
-- What is left of discounts.
select periods_remaining, left_micros from billing.discount
""",
    origin="attacks",
)


@pytest.fixture
def world(db, tenant_id):
    return World(db, tenant_id).entity().plan("pro", FEE, SEATS).customer("ada")


def owed(world):
    """What invoices say is due, and what the books say."""
    due = sum(
        r.total_micros - r.paid_micros - r.credited_micros
        for r in world.rows("invoices")
        if r.status == "open"
    )
    return due, world.balance("receivable")


def spendable(world):
    return sum(credit.remaining_micros for credit in world.rows("credits"))


def pay(world, number, micros, key):
    with world.tx() as tx:
        invoice = documents.get_invoice(tx, number)
        return payments.record_payment(
            tx, Received(new_id(world.clock), invoice.invoice_id, micros, day("2026-02-02"), key)
        )


def test_joint_subscriptions_in_two_currencies_get_an_invoice_each(db, tenant_id):
    world = (
        World(db, tenant_id)
        .entity()
        .plan("pro", FEE, {"euros": "10", "currency": "USD"})
        .customer("ada")
    )
    world.start("a", "ada", "pro", "2026-01-01", is_joint=True)
    with world.tx() as tx:
        found = catalog.get_plan(tx, "pro")
        wanted = beginning.NewSubscription(
            world.id("b"),
            world.id("ada"),
            found,
            catalog.offered(tx, found, "USD", day("2026-01-01")),
            "USD",
            "Europe/Berlin",
            day("2026-01-01") + timedelta(hours=12),
            Decimal(1),
            is_joint=True,
            may_repeat=True,
        )
        beginning.start(tx, [wanted], Ordered(day("2026-01-01") + timedelta(hours=12)))
    report = world.run("2026-01-01")
    assert report.still_due == 0
    assert sorted(r.currency for r in world.rows("invoices")) == ["EUR", "USD"]


def test_a_joint_subscription_that_joins_later_is_billed_for_the_same_instant(world):
    world.start("a", "ada", "pro", "2026-01-01", is_joint=True)
    world.run("2026-01-01")
    world.start("b", "ada", "pro", "2026-01-01", is_joint=True, may_repeat=True)
    world.run("2026-01-01")
    assert len(world.rows("invoices")) == 2


def test_a_blank_in_the_name_of_a_charge_mixes_no_keys_up(db, tenant_id):
    world = (
        World(db, tenant_id)
        .entity()
        .plan("pro", FEE | {"charge": "base fee"}, SEATS | {"charge": "seats | all"})
        .customer("ada")
    )
    world.start("a", "ada", "pro", "2026-01-01", quantity=12)
    world.run("2026-01-01")
    world.run("2026-03-01")
    assert [r.subtotal_micros for r in world.rows("invoices")] == [23_500_000] * 3
    keys = {line.line_key.split("/")[0] for line in world.rows("lines")}
    assert keys == {"base fee", "seats | all"}


def test_what_is_mended_and_billed_waits_for_nobody(world):
    world.start("a", "ada", "pro", "2026-01-01")
    world.run("2026-01-01")
    with world.tx() as tx:
        tx.execute(DEEDS.place, country=None, customer=world.id("ada"))
    assert world.run("2026-02-01").still_parked == 1
    with world.tx() as tx:
        tx.execute(DEEDS.place, country="DE", customer=world.id("ada"))
    report = world.run("2026-02-01")
    with world.tx() as tx:
        parked = tx.many(DEEDS.parked)
    assert (report.still_due, report.still_parked, len(world.rows("invoices")), parked) == (
        0,
        0,
        2,
        [],
    )


def test_two_runs_end_though_both_park_the_same_accounts(world):
    for name in ("ada", "bob"):
        if name == "bob":
            world.customer(name)
        world.start(name, name, "pro", "2026-01-01", is_joint=name == "bob")
        with world.tx() as tx:
            tx.execute(DEEDS.place, country=None, customer=world.id(name))
    until = day("2026-01-02")
    runs_ = [new_id(world.clock), new_id(world.clock)]
    with world.tx() as tx:
        for each in runs_:
            queue.open_run(tx, each, until, world.clock.now(), 2)
    workers = [worker_of(world.db, world.tenant_id, each, until, world.clock) for each in runs_]
    chunks = []
    for turn in range(20):
        with world.tx() as tx:
            chunks.append(workers[turn % 2].next_chunk(tx))
    assert chunks[-4:] == [None] * 4
    assert world.run("2026-01-02").still_parked == 2


def test_a_void_invoice_gives_its_coupon_back(world):
    world.start("a", "ada", "pro", "2026-01-01")
    world.do("discount", id=world.id("d"), subscription=world.id("a"), percent_bp=5000, periods=1)
    world.run("2026-01-01")
    world.on(documents.void, "INV-000001", day("2026-01-02"), rebills=True)
    with world.tx() as tx:
        assert tx.one(DEEDS.uses).periods_remaining == 1
    world.run("2026-01-02")
    first, second = world.rows("invoices")
    assert second.discount_micros == first.discount_micros


@pytest.mark.parametrize("asked", [10 * EURO, 3_330_000, 1 * EURO])
def test_a_note_over_a_part_of_a_discounted_invoice_is_over_what_was_asked(world, asked):
    world.start("a", "ada", "pro", "2026-01-01", quantity=3)
    world.do(
        "discount", id=world.id("d"), subscription=world.id("a"), percent_bp=1000, periods=None
    )
    world.run("2026-01-01")
    note = world.on(documents.credit, "INV-000001", day("2026-01-02"), net_micros=asked)
    assert note.net_micros == asked
    last = world.on(documents.credit, "INV-000001", day("2026-01-03"))
    (invoice,) = world.rows("invoices")
    assert note.total_micros + last.total_micros == invoice.total_micros
    assert owed(world) == (0, 0)


def test_what_is_paid_after_it_was_given_up_is_no_loss(world):
    world.start("a", "ada", "pro", "2026-01-01")
    world.run("2026-01-01")
    world.on(documents.write_off, "INV-000001", day("2026-01-20"))
    total = world.rows("invoices")[0].total_micros
    pay(world, "INV-000001", total, "k")
    assert owed(world) == (0, 0)
    assert world.balance("losses") == 0


def test_what_is_credited_after_it_was_given_up_is_no_loss(world):
    world.start("a", "ada", "pro", "2026-01-01")
    world.run("2026-01-01")
    world.on(documents.write_off, "INV-000001", day("2026-01-20"))
    world.on(documents.credit, "INV-000001", day("2026-01-21"))
    assert owed(world) == (0, 0)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"credit_use": "line"},
        {"credit_use": "settled"},
        {"shortfall": "negative"},
        {"shortfall": "negative", "credit_use": "line"},
    ],
)
@pytest.mark.parametrize("grace", [0, 3])
def test_the_books_stand_for_what_is_open_through_changes_and_voids(db, tenant_id, settings, grace):
    world = (
        World(db, tenant_id)
        .entity(grace_days=grace)
        .plan("pro", FEE, SEATS)
        .plan("lite", {"euros": "2"})
        .customer("ada")
    )
    world.dialect(**settings)
    world.start("a", "ada", "pro", "2026-01-01", quantity=5)
    world.run("2026-01-10")
    with world.tx() as tx:
        lite = catalog.get_plan(tx, "lite")
        prices = catalog.offered(tx, lite, "EUR", day("2026-01-11"))
    world.order("a", "2026-01-11", lambda b, d, o: planning.change(b, lite, prices, o, d))
    world.run("2026-01-20")
    assert owed(world)[0] == owed(world)[1]
    world.run("2026-02-20")
    assert owed(world)[0] == owed(world)[1]
    world.run("2026-03-20")
    assert owed(world)[0] == owed(world)[1]
    assert spendable(world) == -world.balance("customer_credit")
    for row in reversed(world.rows("invoices")):
        if row.status == "open":
            with suppress(VoidForbidden):
                world.on(documents.void, row.number, day("2026-03-21"), rebills=True)
    assert owed(world)[0] == owed(world)[1]
    assert spendable(world) == -world.balance("customer_credit")
    world.run("2026-03-30")
    assert owed(world)[0] == owed(world)[1]
    assert spendable(world) == -world.balance("customer_credit")


def test_an_amount_beyond_what_can_be_kept_is_parked(world):
    world.customer("bob").start("a", "ada", "pro", "2026-01-01", quantity=99_999_999_999_999)
    world.start("b", "bob", "pro", "2026-01-01")
    report = world.run("2026-01-01")
    assert (report.still_due, report.still_parked, len(world.rows("invoices"))) == (0, 1, 1)


def test_a_fee_due_once_in_arrears_is_billed_once(db, tenant_id):
    world = (
        World(db, tenant_id)
        .entity()
        .plan("pro", FEE)
        .plan("setup", {"euros": "99", "timing": "in_arrears"}, interval=Interval.ONCE)
        .customer("ada")
    )
    world.start("a", "ada", "pro", "2026-01-01")
    with world.tx() as tx:
        setup = catalog.get_plan(tx, "setup")
        price = catalog.offered(tx, setup, "EUR", day("2026-01-01"))[0]
    world.order("a", "2026-01-01", lambda b, _, o: planning.add(b, setup, price, Decimal(1), o))
    world.run("2026-04-05")
    assert [r.subtotal_micros for r in world.rows("invoices")] == [
        111_500_000,
        12_500_000,
        12_500_000,
        12_500_000,
    ]


@pytest.mark.parametrize("micros", [0, -5 * EURO])
def test_a_payment_of_nothing_or_less_is_refused(world, micros):
    world.start("a", "ada", "pro", "2026-01-01")
    world.run("2026-01-01")
    with pytest.raises(Refusal):
        pay(world, "INV-000001", micros, "k")


def test_a_quantity_of_zero_costs_the_fixed_fee_alone(world):
    world.start("a", "ada", "pro", "2026-01-01", quantity=0)
    world.run("2026-03-01")
    assert [r.subtotal_micros for r in world.rows("invoices")] == [12_500_000] * 3


@pytest.mark.parametrize("zone", ["America/New_York", "Africa/Cairo", "America/Sao_Paulo"])
def test_the_end_of_the_month_never_drifts_in_fourteen_months(db, tenant_id, zone):
    world = World(db, tenant_id).entity().plan("pro", FEE).customer("ada", zone=zone)
    world.start("a", "ada", "pro", "2026-01-31")
    world.run("2027-03-31")
    spans = [(r.period_start, r.period_end) for r in world.rows("invoices")]
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert len(spans) == 15
    days = [s[0].astimezone(ZoneInfo(zone)).date().day for s in spans]
    assert days == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31]


METERED = {
    "model": PriceModel.GRADUATED,
    "charge": "calls",
    "meter": "calls",
    "tiers": SEATS["tiers"],
}


def use(world, name, quantity, at, key):
    row = {
        "event_id": key,
        "subscription_id": world.id(name).bytes,
        "meter": "calls",
        "quantity": Decimal(quantity),
        "occurred_at": day(at),
        "dimensions": None,
    }
    with world.tx() as tx:
        metering.record_usage(
            tx, pa.Table.from_pylist([row], schema=REPORTED), source="s", clock=world.clock
        )


def used(world):
    return sum(line.amount_micros for line in world.rows("lines") if line.kind == "usage")


def test_one_that_cannot_be_rated_does_not_keep_its_like_from_being_billed(db, tenant_id):
    world = World(db, tenant_id).entity().plan("pro", FEE, METERED)
    for name in ("ada", "bob", "eve"):
        world.customer(name).start(name, name, "pro", "2026-01-01")
    world.run("2026-01-01")
    world.clock.at = day("2026-01-20")
    use(world, "ada", 5, "2026-01-10", "a")
    use(world, "bob", -5, "2026-01-10", "b")
    report = world.run("2026-02-01")
    assert (report.still_due, report.still_parked, report.done.invoices) == (0, 1, 2)
    use(world, "bob", 7, "2026-01-11", "c")
    world.clock.at = day("2026-02-02")
    report = world.run("2026-02-01")
    assert (report.still_due, report.still_parked, report.done.invoices) == (0, 0, 1)
    with world.tx() as tx:
        assert tx.many(DEEDS.parked) == []
    world.run("2026-04-01")
    assert used(world) == 7 * EURO


@pytest.mark.parametrize("quantity", [3, -2])
def test_late_usage_after_the_bill_is_billed_once(db, tenant_id, quantity):
    world = (
        World(db, tenant_id)
        .entity()
        .plan("pro", FEE, METERED)
        .customer("ada")
        .start("ada", "ada", "pro", "2026-01-01")
    )
    world.run("2026-01-01")
    world.clock.at = day("2026-01-20")
    use(world, "ada", 5, "2026-01-10", "a")
    world.run("2026-02-01")
    world.clock.at = day("2026-02-03")
    use(world, "ada", quantity, "2026-01-11", "b")
    world.run("2026-03-01")
    world.run("2026-04-01")
    world.run("2026-04-01")
    assert used(world) == (5 + quantity) * EURO
    assert owed(world)[0] == owed(world)[1]


def test_usage_after_a_run_ahead_of_time_is_billed(db, tenant_id):
    now = datetime.now(UTC)

    def days(count):
        return (now + timedelta(days=count)).date().isoformat()

    world = World(db, tenant_id, Ticking(now)).entity().plan("pro", FEE, METERED).customer("ada")
    world.start("ada", "ada", "pro", days(-10))
    use(world, "ada", 5, days(-5), "a")
    world.run(days(60))
    world.clock.at = datetime.now(UTC) + timedelta(seconds=5)
    use(world, "ada", 3, days(-4), "b")
    world.run(days(120))
    assert used(world) == 8 * EURO


def test_of_two_who_begin_the_same_at_once_one_is_refused(world):
    together, begun = threading.Barrier(2), []

    def begin(name):
        together.wait()
        with suppress(SubscriptionLive):
            world.start(name, "ada", "pro", "2026-01-01")
            begun.append(name)

    threads = [threading.Thread(target=begin, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 1
