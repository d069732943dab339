"""What can be void and what becomes of it; and runs that others stand in the way of."""

from __future__ import annotations

from decimal import Decimal
from threading import Event, Thread

import pytest
from tests.service.billing.test_pending_items import wait
from tests.service.billing.worlds import EURO, FEE, SEATS, World, day

from trueup.billing.invoicing import documents, pending, queue
from trueup.billing.invoicing.errors import VoidForbidden
from trueup.billing.payments import service as payments
from trueup.billing.payments.model import Received
from trueup.billing.subscriptions.rules import planning
from trueup.db.errors import TransactionConflict
from trueup.ledger import service as ledger


@pytest.fixture
def world(db, tenant_id):
    return World(db, tenant_id).entity().plan("pro", FEE, SEATS).customer("ann")


def settled(world):
    """What customers owe, and what they hold, by the books; they balance."""
    with world.tx() as tx:
        ledger.trial_balance(tx)
    return world.balance("receivable"), world.balance("customer_credit")


@pytest.mark.parametrize("credit_use", ["settled", "applied", "line"])
def test_an_invoice_that_credits_settled_can_be_void(world, credit_use):
    """B41: they are to spend again, however the dialect shows them."""
    world.dialect(credit_use=credit_use)
    held = 100 * EURO
    world.do("credit", id=world.id("c"), customer=world.id("ann"), micros=held)
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    world.on(documents.void, "INV-000001", day("2026-01-11"))
    assert world.rows("invoices")[0].status == "void"
    assert [row.remaining_micros for row in world.rows("credits")] == [held]
    assert settled(world) == (0, 0)  # the credit itself is none of the books here
    assert (world.balance("revenue"), world.balance("tax_payable")) == (0, 0)


def test_an_invoice_that_came_to_nothing_can_be_void(world):
    """B41."""
    world.plan("free", {"euros": 0}).start("s", "ann", "free", "2026-01-10").run("2026-01-10")
    assert world.rows("invoices")[0].status == "paid"
    world.on(documents.void, "INV-000001", day("2026-01-11"), rebills=True)
    world.run("2026-01-12")
    assert [row.status for row in world.rows("invoices")] == ["void", "paid"]


@pytest.mark.parametrize("shortfall", ["balanced", "negative"])
def test_an_invoice_below_zero_takes_its_credit_back(world, shortfall):
    """B19, B41."""
    world.dialect(shortfall=shortfall)
    wait(world, "Sorry", "-20")
    with world.tx() as tx:
        (made,) = pending.bill_now(tx, world.id("ann"), day("2026-01-22"))
    world.on(documents.void, made.number, day("2026-01-23"))
    assert settled(world) == (0, 0)
    assert [row.remaining_micros for row in world.rows("credits")] == [0]


def test_what_a_void_invoice_let_go_of_can_be_billed_again_at_the_same_moment(world):
    """B41: where time stands still, as in books on a test clock."""
    wait(world, "Set-up", "20")
    for _ in range(2):
        with world.tx() as tx:
            (made,) = pending.bill_now(tx, world.id("ann"), day("2026-01-22"))
        world.on(documents.void, made.number, day("2026-01-22"), rebills=True)
    assert [row.status for row in world.rows("invoices")] == ["void", "void"]


def test_an_invoice_that_money_paid_is_not_void(world):
    """B41."""
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    with world.tx() as tx:
        row = documents.get_invoice(tx, "INV-000001")
        received = Received(world.id("pay"), row.invoice_id, row.total_micros, day("2026-01-20"), "k")  # fmt: skip
        payments.record_payment(tx, received)
    with pytest.raises(VoidForbidden, match="payment"):
        world.on(documents.void, "INV-000001", day("2026-01-21"))


def test_an_invoice_was_paid_when_money_came_not_when_it_was_credited(world):
    """B48: what a note gives back of it is the customer's credit."""
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    with world.tx() as tx:
        row = documents.get_invoice(tx, "INV-000001")
        received = Received(world.id("pay"), row.invoice_id, row.total_micros, day("2026-01-20"), "k")  # fmt: skip
        payments.record_payment(tx, received)
    world.on(documents.credit, "INV-000001", day("2026-02-01"))
    with world.tx() as tx:
        assert documents.get_invoice(tx, "INV-000001").paid_at == day("2026-01-20")


def test_a_draft_in_its_days_of_grace_can_be_void(db, tenant_id):
    """B49: it has no number, moved nothing and told nobody; it may be billed again."""
    world = World(db, tenant_id).entity(grace_days=3).plan("pro", FEE).customer("ann")
    world.do("credit", id=world.id("c"), customer=world.id("ann"), micros=5 * EURO)
    world.start("s", "ann", "pro", "2026-01-10")
    wait(world, "Setup", "50", "2026-01-05")
    world.run("2026-01-10")
    (draft,) = world.rows("invoices")
    world.on(documents.void, str(draft.invoice_id), day("2026-01-11"), rebills=True)
    assert (settled(world), world.rows("outbox")) == ((0, 0), [])
    world.run("2026-01-20")
    told = [(row.number, row.status, row.subtotal_micros) for row in world.rows("invoices")]
    assert told == [("INV-000001", "open", 62_500_000), (None, "void", 62_500_000)]


@pytest.mark.parametrize("where", ["advance", "advance_steady"])
def test_a_chunk_that_was_undone_is_billed_anew(world, monkeypatch, where):
    """B39: after a deadlock the run goes on, and what it believed to have kept is kept again."""
    for number in range(3):
        world.customer(f"c{number}").start(f"s{number}", f"c{number}", "pro", "2026-01-10")
    world.run("2026-01-09")
    tries, real = [], getattr(queue, where)

    def stumbles(*given):
        done = real(*given)
        tries.append(1)
        if len(tries) == 1:
            raise TransactionConflict("in the way", fix="run it again")
        return done

    monkeypatch.setattr(queue, where, stumbles)
    report = world.run("2026-03-10")
    assert (report.is_complete, report.done.invoices) == (True, 9)
    numbers = [row.number for row in world.rows("invoices")]
    assert numbers == [f"INV-{n:06d}" for n in range(1, 10)]
    assert all(line.body for line in world.rows("lines"))


def test_a_note_by_hand_and_a_run_that_gives_notes_both_come_through(world):
    """B48: each holds the invoice before it takes a number, so none waits for the other for ever."""
    world.dialect(credit_form="credit_note")
    world.start("s", "ann", "pro", "2026-03-01", quantity=10).run("2026-03-01")
    world.order("s", "2026-03-16", lambda s, d, o: planning.change_quantity(s, Decimal(1), o, d))
    holds, noted = Event(), []

    def by_hand():
        def work(tx):
            row = documents.get_invoice(tx, "INV-000001")
            documents.hold_invoice(tx, row.invoice_id)
            holds.set()
            return documents.credit(tx, row.invoice_id, day("2026-03-16"), net_micros=EURO)

        noted.append(world.db.attempt(work, tenant_id=world.tenant_id))

    thread = Thread(target=by_hand)
    thread.start()
    assert holds.wait(timeout=30)
    report = world.run("2026-03-16")
    thread.join(timeout=60)
    assert report.is_complete
    assert len(world.rows("notes")) == 2
    assert noted[0].net_micros == EURO
