"""Charges and credits that wait for an invoice are billed with the next one, once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.service.billing.rows import rows
from tests.service.billing.worlds import EURO, FEE, World, day

from trueup.billing.catalog.model import PriceModel
from trueup.billing.customers.errors import AuthorityElsewhere
from trueup.billing.invoicing import (
    documents,
    explaining,
    issued,
    keeping,
    pending,
    previewing,
    queue,
)
from trueup.billing.invoicing import service as invoicing
from trueup.billing.invoicing.errors import ItemOfNothing, NothingPending, PendingItemGone
from trueup.billing.invoicing.model import PENDING_ITEM, NewPendingItem
from trueup.billing.subscriptions.errors import SubscriptionUnknown
from trueup.billing.subscriptions.rules import planning
from trueup.db.errors import ConstraintBroken, FactUnchangeable
from trueup.db.queries import parse_queries
from trueup.kernel.cards import CardNumberFound
from trueup.ledger import service as ledger

TABLES = parse_queries(
    """
-- name: lines
-- Lines with the invoices they are on.
select i.number, i.kind as of, l.description, l.amount_micros, l.discount_micros, l.tax_micros, l.kind, l.subscription_id
  from billing.line_item l join billing.invoice i using (tenant_id, invoice_id)
 where i.status <> 'void' order by i.number nulls last, l.position

-- name: to_source
-- Let another system bill.
update billing.customer set authority = 'source' where customer_id = %(id)s

-- name: tamper
-- Change what was billed.
update billing.pending_item set amount_micros = 1
""",
    origin="pending",
)


@pytest.fixture
def world(db, tenant_id):
    world = World(db, tenant_id).entity().plan("pro", FEE).customer("ann")
    return world.start("s", "ann", "pro", "2026-01-10").run_until("2026-01-10")


def wait(world, name, euros, at="2026-01-20", *, customer="ann", currency="EUR", on=None):
    item = NewPendingItem(
        world.id(name), world.id(customer), name, currency, int(Decimal(euros) * EURO),
        day(at) + timedelta(hours=9), None if on is None else world.id(on),
    )  # fmt: skip
    with world.tx() as tx:
        pending.add(tx, item)


def bill_now(world, at, **options):
    with world.tx() as tx:
        return pending.bill_now(tx, world.id("ann"), day(at), **options)


def lines(world):
    """What was agreed as it is, with the number it stands on."""
    with world.tx() as tx:
        return [
            (row.number, row.description, row.amount_micros)
            for row in tx.many(TABLES.lines)
            if row.description
        ]


def waiting(world):
    with world.tx() as tx:
        return {row.description for row in pending.listed(tx)}


def test_an_item_goes_along_with_the_customers_next_invoice_taxed_as_it_is(world):
    """B39, B42: on a plain renewal, which is billed by kind where nothing waits."""
    wait(world, "Setup", "50")
    report = world.run("2026-02-10")
    assert (report.done.invoices, report.waiting) == (1, 0)
    invoice = world.rows("invoices")[-1]
    assert (invoice.subtotal_micros, invoice.tax_micros) == (62_500_000, 11_880_000)
    assert lines(world) == [("INV-000002", "Setup", 50 * EURO)]
    with world.tx() as tx:
        told = explaining.explained(tx, "INV-000002", "en").lines[-1]
        ledger.trial_balance(tx)
    assert (told.name, told.holds, told.tax_micros) == ("Setup", True, 9_500_000)
    assert world.balance("revenue") == -75 * EURO


def test_what_is_billed_is_not_billed_again(world):
    """B39."""
    wait(world, "Setup", "50")
    world.run("2026-02-10")
    before = world.rows("counts")
    world.run("2026-02-10")
    assert world.rows("counts") == before
    world.run("2026-04-10")
    assert len(lines(world)) == 1


def test_who_adds_late_to_a_run_that_is_late_waits_as_in_time(world):
    """B11: of two missed invoices the one of the day on which it occurred or of a later one."""
    wait(world, "Setup", "50", "2026-02-10")
    wait(world, "Later", "7", "2026-02-11")
    world.run("2026-03-10")
    assert lines(world) == [("INV-000002", "Setup", 50 * EURO), ("INV-000003", "Later", 7 * EURO)]


def test_an_item_of_a_subscription_goes_with_that_one(world):
    world.plan("team", FEE).start("t", "ann", "team", "2026-01-25").run("2026-01-25")
    wait(world, "For t", "3", "2026-01-26", on="t")
    wait(world, "For ann", "4", "2026-01-26")
    world.run("2026-03-01")
    assert lines(world) == [("INV-000003", "For ann", 4 * EURO), ("INV-000004", "For t", 3 * EURO)]


def test_an_item_of_a_subscription_that_is_over_goes_with_any_of_the_customers(world):
    wait(world, "Left", "3", on="s")
    world.order("s", "2026-01-20", lambda s, d, o: planning.cancel(s, o, d, at_period_end=True))
    world.run("2026-02-10")
    assert waiting(world) == {"Left"}  # a last bill that owes nothing is no invoice
    world.plan("team", FEE).start("t", "ann", "team", "2026-02-15").run("2026-02-15")
    assert lines(world) == [("INV-000002", "Left", 3 * EURO)]


def test_an_item_in_another_currency_waits(world):
    wait(world, "Dollars", "5", currency="USD")
    assert world.run("2026-03-10").waiting == 1
    assert lines(world) == []


def test_two_invoices_of_one_run_bill_an_item_once(world):
    world.start("t", "ann", "pro", "2026-01-10", may_repeat=True)
    wait(world, "Setup", "50", "2026-01-10")
    world.run("2026-02-10")
    assert [amount for _, _, amount in lines(world)] == [50 * EURO]


def test_two_invoices_of_one_run_spend_a_credit_once(world):
    world.start("t", "ann", "pro", "2026-01-10", may_repeat=True).run("2026-01-11")
    world.do("credit", id=world.id("c"), customer=world.id("ann"), micros=5 * EURO)
    world.run("2026-02-10")
    assert sum(row.credited_micros for row in world.rows("invoices")) == 5 * EURO
    assert [row.remaining_micros for row in world.rows("credits")] == [0]


def test_joint_subscriptions_share_what_waits(db, tenant_id):
    world = World(db, tenant_id).entity().plan("pro", FEE).customer("ann")
    for name in ("s", "t"):
        world.start(name, "ann", "pro", "2026-01-10", is_joint=True, may_repeat=True)
    wait(world, "For t", "3", "2026-01-10", on="t")
    wait(world, "For ann", "4", "2026-01-10")
    world.do("discount", id=world.id("d"), subscription=world.id("t"), percent_bp=5000, periods=1)
    world.run("2026-01-10")
    (invoice,) = world.rows("invoices")
    assert (invoice.subtotal_micros, invoice.discount_micros) == (32 * EURO, 6_250_000)
    assert {name for _, name, _ in lines(world)} == {"For t", "For ann"}


def test_workers_at_once_bill_every_item_once(world):
    for number in range(24):
        name = f"c{number}"
        world.customer(name)
        for which in ("a", "b"):
            world.start(f"{name}{which}", name, "pro", "2026-01-10", may_repeat=True)
        wait(world, f"item {number}", "1", "2026-01-10", customer=name)
    report = world.run("2026-01-10", workers=2)
    assert (report.is_complete, report.waiting) == (True, 0)
    assert sorted(name for _, name, _ in lines(world)) == sorted(f"item {n}" for n in range(24))


def test_a_run_that_is_killed_bills_an_item_once(world, monkeypatch):
    """B39: the item and its line are one transaction."""
    wait(world, "Setup", "50")
    monkeypatch.setattr(queue, "advance", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.run("2026-02-10")
    assert waiting(world) == {"Setup"}
    monkeypatch.undo()
    world.run("2026-03-10")
    assert lines(world) == [("INV-000002", "Setup", 50 * EURO)]


def test_no_coupon_lowers_what_was_agreed_as_it_is(world):
    world.do("discount", id=world.id("d"), subscription=world.id("s"), percent_bp=2000, periods=9)
    wait(world, "Setup", "50")
    world.run("2026-02-10")
    assert world.rows("invoices")[-1].discount_micros == 2_500_000


def test_an_item_below_zero_is_given_back(world):
    """B19: more than the invoice comes to becomes credit, with its tax."""
    wait(world, "Sorry", "-20")
    world.run("2026-02-10")
    last = world.rows("invoices")[-1]
    assert (last.status, last.put_aside_micros) == ("paid", 8_930_000)
    assert [row.remaining_micros for row in world.rows("credits")] == [8_930_000]
    assert world.balance("customer_credit") == -8_930_000


def test_a_void_invoice_that_is_billed_again_bills_its_items_again(world):
    """B41."""
    wait(world, "Setup", "50")
    world.run("2026-02-10")
    world.on(documents.void, "INV-000002", day("2026-02-11"), rebills=True)
    assert waiting(world) == {"Setup"}
    world.run("2026-02-12")
    assert lines(world) == [("INV-000003", "Setup", 50 * EURO)]


def test_a_void_invoice_that_is_not_billed_again_keeps_its_items(world):
    wait(world, "Setup", "50")
    world.run("2026-02-10")
    world.on(documents.void, "INV-000002", day("2026-02-11"))
    world.run("2026-03-10")
    assert (waiting(world), lines(world)) == (set(), [])


def test_a_customer_of_the_source_is_left_to_it(world):
    """An item of theirs is never billed, by a run or by hand, nor is one added."""
    wait(world, "Setup", "50")
    with world.tx() as tx:
        tx.execute(TABLES.to_source, id=world.id("ann"))
    assert world.run("2026-03-10").waiting == 0
    for deed in (lambda: bill_now(world, "2026-03-10"), lambda: wait(world, "More", "1")):
        with pytest.raises(AuthorityElsewhere):
            deed()
    with pytest.raises(PendingItemGone), world.tx() as tx:
        pending.drop(tx, world.id("Setup"))
    assert lines(world) == []


def test_an_imported_item_goes_with_the_next_invoice_whenever_it_occurred(world):
    item = {"pending_item_id": world.id("old"), "customer_id": world.id("ann"), "occurred_at": None}
    with world.tx() as tx:
        invoicing.import_pending_items(tx, rows(PENDING_ITEM, item | {"subscription_id": world.id("s")}))  # fmt: skip
    world.run("2026-02-10")
    assert lines(world) == [("INV-000002", "Setup", 10_000)]


def test_grace_takes_items_along_on_the_draft(db, tenant_id):
    """B49."""
    world = World(db, tenant_id).entity(grace_days=3).plan("pro", FEE).customer("ann")
    world.start("s", "ann", "pro", "2026-01-10")
    wait(world, "Setup", "50", "2026-01-05")
    assert world.run("2026-01-10").waiting == 0
    world.run("2026-01-14")
    assert lines(world) == [("INV-000001", "Setup", 50 * EURO)]


def test_an_item_stays_on_its_draft_when_another_is_drafted_anew(db, tenant_id):
    """B39, B49: that draft was looked at, too, and came to the same."""
    world = World(db, tenant_id).entity(grace_days=9, takes_tax=False).customer("ann", zone="UTC")
    world.plan("calls", {"model": PriceModel.PER_UNIT, "meter": "calls", "euros": 1})
    world.start("a", "ann", "calls", "2026-01-10").start("b", "ann", "calls", "2026-01-10", may_repeat=True)  # fmt: skip
    for of in "ab":
        world.use(of, 5, "2026-02-01", of=of, recorded="2026-02-10T12:30")
    wait(world, "Setup", "50")
    world.run("2026-02-10")
    for number, of in enumerate("ab", start=11):
        world.use(f"late {of}", 3, "2026-02-02", of=of, recorded=f"2026-02-{number}")
        world.run(f"2026-02-{number}")
    world.run("2026-02-20")
    assert [amount for _, _, amount in lines(world)] == [50 * EURO]
    assert sorted(row.total_micros for row in world.rows("invoices")) == [8 * EURO, 58 * EURO]


def test_what_waits_is_billed_at_once_at_a_persons_word(world):
    wait(world, "Setup", "50")
    wait(world, "Training", "100", "2026-01-21", on="s")
    wait(world, "Dollars", "5", currency="USD")
    world.do("credit", id=world.id("c"), customer=world.id("ann"), micros=5 * EURO)
    euros, dollars = bill_now(world, "2026-01-22", net_days=14)
    assert (euros.kind, euros.status, euros.total_micros, euros.credited_micros) == ("manual", "open", 178_500_000, 5 * EURO)  # fmt: skip
    assert (euros.due_at, dollars.currency, dollars.total_micros) == (day("2026-02-05"), "USD", 5_950_000)  # fmt: skip
    assert [name for _, name, _ in lines(world)] == ["Setup", "Training", "Dollars"]
    with pytest.raises(NothingPending):
        bill_now(world, "2026-01-23")
    world.run("2026-02-10")
    assert len(lines(world)) == 3
    with world.tx() as tx:
        ledger.trial_balance(tx)
        assert all(line.holds for line in explaining.explained(tx, euros.number, "en").lines)


def test_an_invoice_at_a_persons_word_is_issued_without_days_of_grace(db, tenant_id):
    world = World(db, tenant_id).entity(grace_days=3).plan("pro", FEE).customer("ann")
    wait(world, "Setup", "50")
    (made,) = bill_now(world, "2026-01-22")
    assert (made.number, made.status) == ("INV-000001", "open")
    world.on(documents.void, "INV-000001", day("2026-01-23"), rebills=True)
    (again,) = bill_now(world, "2026-01-24")
    assert again.total_micros == made.total_micros


def test_an_item_is_credited_and_becomes_a_document_as_any_line(world):
    """B48."""
    wait(world, "Setup", "50")
    bill_now(world, "2026-01-22")
    note = world.on(documents.credit, "INV-000002", day("2026-01-23"), net_micros=20 * EURO)
    world.on(documents.credit, "INV-000002", day("2026-01-24"))
    with world.tx() as tx:
        shown = issued.invoice(tx, "INV-000002")
        credited = issued.credit_note(tx, note.number)
    assert [(line.description, line.net.micros) for line in shown.lines] == [("Setup", 50 * EURO)]
    assert [line.description for line in credited.lines] == ["Setup"]
    assert [row.amount_micros for row in world.rows("notes")] == [23_800_000, 35_700_000]


def test_a_preview_shows_what_would_go_along_and_leaves_it_waiting(world):
    wait(world, "Setup", "50")
    with world.tx() as tx:
        shown = previewing.preview(tx, world.id("s"), day("2026-02-10") + timedelta(hours=12))
    assert [line.description for line in shown.bill.draft.lines] == [None, "Setup"]
    assert waiting(world) == {"Setup"}


def test_an_item_that_waits_can_be_taken_back_and_a_billed_one_not(world):
    wait(world, "Setup", "50")
    with world.tx() as tx:
        pending.drop(tx, world.id("Setup"))
    wait(world, "Training", "9")
    world.run("2026-02-10")
    assert lines(world) == [("INV-000002", "Training", 9 * EURO)]
    with pytest.raises(PendingItemGone), world.tx() as tx:
        pending.drop(tx, world.id("Training"))
    with pytest.raises(FactUnchangeable), world.tx() as tx:
        tx.execute(TABLES.tamper)


def test_the_database_refuses_to_bill_an_item_twice(world):
    """B39: also on lines of no subscription."""
    wait(world, "Setup", "50")
    (made,) = bill_now(world, "2026-01-22")
    with world.tx() as tx:
        found = tx.fetch_arrow(keeping.Q.invoice_lines, id=made.invoice_id)
    keep = ["line_item_id", "amount_micros", "tax_micros", "line_key"]
    copy = found.select(keep).append_column("invoice_id", [[made.invoice_id.bytes]])
    with pytest.raises(ConstraintBroken, match="billed_once_apart"), world.tx() as tx:
        tx.insert("billing.line_item", copy.append_column("position", [[8]]))


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"amount_micros": 0}, ItemOfNothing),
        ({"description": "card 4111 1111 1111 1111"}, CardNumberFound),
        ({"subscription_id": "s", "currency": "USD"}, SubscriptionUnknown),
        ({"subscription_id": "s", "customer_id": "bob"}, SubscriptionUnknown),
        ({"subscription_id": "nobody"}, SubscriptionUnknown),
    ],
)
def test_an_item_that_makes_no_sense_is_refused(world, given, refusal):
    world.customer("bob")
    named = {key: world.id(value) for key, value in given.items() if key.endswith("_id")}
    plain = {"pending_item_id": world.id("x"), "customer_id": world.id("ann"), "description": "x"}
    plain |= {"currency": "EUR", "amount_micros": 1, "occurred_at": day("2026-01-20")}
    with pytest.raises(refusal), world.tx() as tx:
        pending.add(tx, NewPendingItem(**plain | given | named))
