"""A bill run bills what is due, once, in order, with everything that goes with it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.service.billing.worlds import EURO, FEE, SEATS, World, day

from trueup.billing.catalog.model import PriceModel
from trueup.billing.invoicing import documents, keeping, queue, runs
from trueup.billing.invoicing.errors import CreditAboveInvoice, InvoiceTransition, VoidForbidden
from trueup.billing.invoicing.previewing import preview
from trueup.billing.payments import service as payments
from trueup.billing.payments.errors import PaymentKnown
from trueup.billing.payments.model import Received
from trueup.billing.subscriptions.errors import SubscriptionLive
from trueup.billing.subscriptions.rules import planning
from trueup.db import create_tenant
from trueup.db.errors import ConstraintBroken, FactUnchangeable
from trueup.kernel.errors import Refusal
from trueup.kernel.ids import derived_id
from trueup.ledger import service as ledger


@pytest.fixture
def world(db, tenant_id):
    return World(db, tenant_id).entity().plan("pro", FEE, SEATS).customer("ann")


def test_a_period_is_billed_with_lines_tax_transfers_and_a_fact(world):
    world.start("s", "ann", "pro", "2026-01-10", quantity=25)
    report = world.run("2026-01-10")
    assert (report.due, report.done.invoices, report.still_due) == (1, 1, 0)
    (invoice,) = world.rows("invoices")
    assert (invoice.number, invoice.status) == ("INV-000001", "open")
    # 12.50, ten at 1.00 and fifteen at 0.50; 19 % of it
    assert (invoice.subtotal_micros, invoice.tax_micros) == (30 * EURO, 5_700_000)
    lines = world.rows("lines")
    assert [line.amount_micros for line in lines] == [12_500_000, 17_500_000]
    assert sum(line.tax_micros for line in lines) == invoice.tax_micros
    assert lines[0].body == '{"op": "flat", "amount": "12.5"}'
    assert (world.balance("receivable"), world.balance("revenue")) == (35_700_000, -30 * EURO)
    (fact,) = world.rows("outbox")
    assert (fact.kind, fact.subject_id) == ("invoice.finalized", invoice.invoice_id)


def test_every_missed_period_is_billed_by_itself_and_in_order(world):
    """B11, B1: an anchor on the 31st is clamped and comes back."""
    world.start("s", "ann", "pro", "2026-01-31")
    world.run("2026-05-01")
    dates = [
        (row.issued_at + timedelta(hours=12)).date().isoformat() for row in world.rows("invoices")
    ]
    assert dates == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


def test_a_second_run_changes_nothing(world):
    """B39."""
    world.start("s", "ann", "pro", "2026-01-10")
    world.run("2026-03-20")
    before = (world.rows("counts"), world.rows("schedule"))
    report = world.run("2026-03-20")
    assert (report.done.invoices, world.rows("counts"), world.rows("schedule")) == (0, *before)


def test_the_database_refuses_to_bill_a_line_twice(world):
    """B39: whoever tries, and however."""
    world.start("s", "ann", "pro", "2026-01-10")
    world.run("2026-01-10")
    with world.tx() as tx:
        again = tx.one(keeping.Q.invoice, id=None, number="INV-000001").invoice_id
        rows = tx.fetch_arrow(keeping.Q.invoice_lines, id=again)
    keep = ["line_item_id", "amount_micros", "tax_micros", "subscription_id", "line_key"]
    copy = (
        rows.select(keep)
        .append_column("invoice_id", [[again.bytes] * 2])
        .append_column("position", [[8, 9]])
    )
    with pytest.raises(ConstraintBroken, match="line_item_billed_once"), world.tx() as tx:
        tx.insert("billing.line_item", copy)


def test_numbers_have_no_gap_though_a_chunk_fails(world, monkeypatch):
    """B40: a chunk that dies after it took numbers gives them back."""
    world.start("s", "ann", "pro", "2026-01-10")
    world.run("2026-01-10")
    monkeypatch.setattr(queue, "advance_steady", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.run("2026-02-10")
    monkeypatch.undo()
    world.run("2026-03-10")
    assert [row.number for row in world.rows("invoices")] == [
        "INV-000001",
        "INV-000002",
        "INV-000003",
    ]


def test_two_processes_share_a_run(world):
    for number in range(30):
        world.customer(f"c{number}").start(f"s{number}", f"c{number}", "pro", "2026-01-10")
    report = world.run("2026-03-15", workers=2)
    numbers = [row.number for row in world.rows("invoices")]
    assert (report.is_complete, len(numbers)) == (True, 90)
    assert numbers == [f"INV-{n:06d}" for n in range(1, 91)]
    assert len({line.line_item_id for line in world.rows("lines")}) == 180


def test_renewals_by_kind_are_those_of_the_general_rules(db):
    """The fast path and the general one write the same documents, to the last figure."""
    told = []
    for is_fast in (True, False):
        here = World(db, create_tenant(db, f"way {is_fast}")).entity()
        here.plan(
            "pro",
            FEE,
            SEATS,
            {"meter": "calls", "euros": "0.125", "model": PriceModel.PER_UNIT, "is_per_unit": None},
        )
        here.plan(
            "late",
            FEE | {"timing": "in_arrears"},
            {"euros": 3, "charge": "fee", "tax_percent": Decimal(7)},
        )
        for number in range(12):
            country = ("DE", "FR", "AT")[number % 3]
            here.customer(
                f"c{number}", country=country, zone=("UTC", "America/New_York")[number % 2]
            )
            plan = ("pro", "late")[number % 4 == 0]
            here.start(
                f"s{number}", f"c{number}", plan, f"2026-01-{10 + number % 3}", quantity=number + 1
            )
        here.run("2026-02-15")
        for until in ("2026-03-14", "2026-04-14"):
            if not is_fast:
                here.do("unsteady")
            here.run(until)
        lines = [(line.line_key, *line[2:12], line.body) for line in here.rows("lines")]
        # Which of one day's invoices takes which number, their ids decide: two worlds differ there.
        numbers = [row.number for row in here.rows("invoices")]
        heads = [row[3:] for row in here.rows("invoices")]
        stands = [row[1:] for row in here.rows("schedule")]
        told.append(
            (
                sorted(map(str, lines)),
                sorted(map(str, heads)),
                sorted(numbers),
                sorted(map(str, stands)),
                here.rows("balances"),
            )
        )
    assert told[0] == told[1]
    assert len(told[0][1]) > 40


def test_a_change_gives_back_what_was_billed_and_charges_the_rest(world):
    """B31: of the line that was billed, in its days."""
    world.start("s", "ann", "pro", "2026-03-01", quantity=10).run("2026-03-01")
    world.order("s", "2026-03-16", lambda s, d, o: planning.change_quantity(s, Decimal(12), o, d))
    world.run("2026-03-16")
    credit, charge = [line for line in world.rows("lines") if line.number == "INV-000002"]
    assert (credit.kind, credit.amount_micros) == ("credit", -5_160_000)  # 16 of 31 days of 10.00
    assert (charge.kind, charge.amount_micros) == ("recurring", 5_680_000)  # 16 of 31 days of 11.00


def test_a_negative_bill_becomes_credit_that_the_next_one_uses(world):
    """B19."""
    world.dialect(shortfall="negative")
    world.start("s", "ann", "pro", "2026-03-01", quantity=20).run("2026-03-01")
    world.order("s", "2026-03-16", lambda s, d, o: planning.change_quantity(s, Decimal(1), o, d))
    world.run("2026-03-16")
    (credit,) = world.rows("credits")
    assert credit.remaining_micros > 0
    assert world.balance("customer_credit") == -credit.remaining_micros
    world.run("2026-04-01")
    (after,) = world.rows("credits")
    assert after.remaining_micros == 0
    last = world.rows("invoices")[-1]
    assert last.credited_micros == credit.remaining_micros
    due = sum(r.total_micros - r.credited_micros for r in world.rows("invoices"))
    assert (world.balance("receivable"), world.balance("customer_credit")) == (due, 0)


def test_a_cancellation_ends_at_the_period_and_can_be_taken_back(world):
    """B35."""
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    world.order("s", "2026-01-20", lambda s, d, o: planning.cancel(s, o, d, at_period_end=True))
    world.run("2026-01-25")
    world.order("s", "2026-01-26", lambda s, _, o: planning.uncancel(s, o))
    world.run("2026-02-10")
    assert len(world.rows("invoices")) == 2
    world.order("s", "2026-02-20", lambda s, d, o: planning.cancel(s, o, d, at_period_end=True))
    world.run("2026-06-01")
    (stands,) = world.rows("schedule")
    assert (stands.status, stands.next_bill_at, len(world.rows("invoices"))) == (
        "cancelled",
        None,
        2,
    )


def test_a_pause_costs_nothing_and_gives_back_what_was_paid_ahead(world):
    """B38."""
    world.start("s", "ann", "pro", "2026-03-01", quantity=0).run("2026-03-01")
    world.order("s", "2026-03-16", lambda s, _, o: planning.pause(s, o))
    world.run("2026-03-20")
    world.order("s", "2026-04-16", lambda s, d, o: planning.resume(s, o, d))
    world.run("2026-05-01")
    fees = [
        (line.kind, line.amount_micros) for line in world.rows("lines") if line.charge == "base"
    ]
    assert fees == [("recurring", 12_500_000), ("credit", -6_450_000), ("recurring", 6_250_000), ("recurring", 12_500_000)]  # fmt: skip


def test_a_discount_of_two_periods_counts_down(world):
    world.start("s", "ann", "pro", "2026-01-10", quantity=0)
    world.do("discount", id=world.id("d"), subscription=world.id("s"), percent_bp=2000, periods=2)
    world.run("2026-03-15")
    assert [row.discount_micros for row in world.rows("invoices")] == [2_500_000, 2_500_000, 0]


def test_what_cannot_be_taxed_is_parked_with_a_fix_and_the_rest_goes_on(world):
    """B46: never at zero."""
    world.customer("nowhere", country=None)
    world.start("s", "ann", "pro", "2026-01-10").start("t", "nowhere", "pro", "2026-01-10")
    report = world.run("2026-01-10")
    assert (report.done.invoices, report.still_parked, report.is_complete) == (1, 1, True)
    with world.tx() as tx:
        (parked,) = runs.parked(tx)
    assert (parked.code, parked.subscription_id) == ("tax_pending", world.id("t"))
    assert parked.fix
    with world.tx() as tx:
        tx.execute(COUNTRY, id=world.id("nowhere"))
    report = world.run("2026-01-10")
    assert (report.done.invoices, report.still_parked) == (1, 0)
    with world.tx() as tx:
        assert runs.parked(tx) == []


def test_a_customer_of_the_source_is_not_billed(world):
    world.start("s", "ann", "pro", "2026-01-10")
    with world.tx() as tx:
        tx.execute(TO_SOURCE, id=world.id("ann"))
    assert world.run("2026-03-10").done.invoices == 0


def test_joint_subscriptions_share_an_invoice_and_keep_their_discounts_apart(world):
    """B50."""
    for name in ("s", "t"):
        world.start(name, "ann", "pro", "2026-01-10", quantity=0, is_joint=True, may_repeat=True)
    world.do(
        "discount", id=world.id("d"), subscription=world.id("s"), percent_bp=1000, periods=None
    )
    world.run("2026-01-10")
    (invoice,) = world.rows("invoices")
    assert (invoice.subtotal_micros, invoice.discount_micros) == (25 * EURO, 1_250_000)
    off = {
        line.subscription_id: line.discount_micros
        for line in world.rows("lines")
        if line.charge == "base"
    }
    assert off == {world.id("s"): 1_250_000, world.id("t"): 0}


def test_grace_keeps_a_draft_that_is_numbered_and_posted_when_it_is_over(db, tenant_id):
    """B49, B40."""
    world = World(db, tenant_id).entity(grace_days=3).plan("pro", FEE).customer("ann")
    world.do("credit", id=world.id("c"), customer=world.id("ann"), micros=5 * EURO)
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    (draft,) = world.rows("invoices")
    assert (draft.status, draft.number, world.rows("outbox"), world.balance("receivable")) == (
        "draft",
        None,
        [],
        0,
    )
    assert world.run("2026-01-14").finalized == 1
    (issued,) = world.rows("invoices")
    assert (issued.status, issued.number, issued.issued_at) == (
        "open",
        "INV-000001",
        draft.issued_at,
    )
    assert (issued.credited_micros, world.balance("receivable")) == (
        5 * EURO,
        issued.total_micros - 5 * EURO,
    )


def test_each_legal_entity_has_a_series_of_its_own(world):
    world.entity(country="FR", code="fr", prefix="FR-").customer("bob", country="FR")
    world.start("s", "ann", "pro", "2026-01-10")
    world.start("t", "bob", "pro", "2026-01-10", legal_entity_id=world.id("fr"))
    world.run("2026-02-10")
    assert [row.number for row in world.rows("invoices")] == [
        "FR-000001",
        "FR-000002",
        "INV-000001",
        "INV-000002",
    ]


def test_a_void_invoice_keeps_its_number_and_can_be_billed_again(world):
    """B41, B40."""
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    world.on(documents.void, "INV-000001", day("2026-01-11"), rebills=True)
    assert (world.balance("receivable"), world.balance("revenue")) == (0, 0)
    world.run("2026-01-12")
    first, second = world.rows("invoices")
    assert (first.number, first.status, second.number, second.status) == (
        "INV-000001",
        "void",
        "INV-000002",
        "open",
    )
    assert first.total_micros == second.total_micros


def test_a_void_invoice_that_is_not_billed_again_stays_unbilled(world):
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    world.on(documents.void, "INV-000001", day("2026-01-11"))
    world.run("2026-02-10")
    assert [row.status for row in world.rows("invoices")] == ["void", "open"]


@pytest.mark.parametrize("cause", ["payment", "credit note"])
def test_an_invoice_that_something_hangs_on_is_not_void(world, cause):
    """B41."""
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    if cause == "payment":
        pay(world, "INV-000001", EURO)
    else:
        world.on(documents.credit, "INV-000001", day("2026-01-11"), net_micros=EURO)
    with pytest.raises(VoidForbidden, match=cause):
        world.on(documents.void, "INV-000001", day("2026-01-12"))


def test_an_issued_invoice_never_changes(world):
    """B41."""
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    for statement in (TAMPER_TOTAL, TAMPER_LINE, TAMPER_DERIVATION):
        with pytest.raises(FactUnchangeable), world.tx() as tx:
            tx.execute(statement)


def test_credit_notes_take_tax_in_proportion_and_sum_to_the_invoice(world):
    """B48: three thirds of an odd amount, the last one takes the rest."""
    world.start("s", "ann", "pro", "2026-01-10", quantity=1).run("2026-01-10")
    (invoice,) = world.rows("invoices")
    for _ in range(2):
        world.on(documents.credit, "INV-000001", day("2026-01-11"), net_micros=4_490_000)
    world.on(documents.credit, "INV-000001", day("2026-01-12"))
    notes = world.rows("notes")
    assert sum(note.amount_micros for note in notes) == invoice.total_micros
    assert sum(note.tax_micros for note in notes) == invoice.tax_micros
    assert (
        world.balance("receivable"),
        world.balance("revenue"),
        world.balance("tax_payable"),
    ) == (0, 0, 0)
    with pytest.raises((CreditAboveInvoice, InvoiceTransition)):
        world.on(documents.credit, "INV-000001", day("2026-01-13"), net_micros=EURO)


def test_a_credit_note_on_a_paid_invoice_is_the_customers_to_spend(world):
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    pay(world, "INV-000001", None)
    note = world.on(documents.credit, "INV-000001", day("2026-01-11"), net_micros=10 * EURO)
    assert (note.settled_micros, world.rows("credits")[0].remaining_micros) == (0, 11_900_000)
    assert world.balance("customer_credit") == -11_900_000


def test_notes_give_credit_where_the_dialect_says_so(world):
    world.dialect(credit_form="credit_note")
    world.start("s", "ann", "pro", "2026-03-01", quantity=0).run("2026-03-01")
    world.order("s", "2026-03-16", lambda s, d, o: planning.cancel(s, o, d))
    world.run("2026-03-16")
    assert [(n.number, n.amount_micros) for n in world.rows("notes")] == [
        ("CN-INV-000001", 7_680_000)
    ]
    before = world.rows("counts")
    world.run("2026-06-16")
    assert world.rows("counts") == before


def test_a_written_off_invoice_is_a_loss(world):
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    world.on(documents.write_off, "INV-000001", day("2026-03-01"))
    (invoice,) = world.rows("invoices")
    assert (invoice.status, world.balance("receivable"), world.balance("losses")) == ("uncollectible", 0, invoice.total_micros)  # fmt: skip


def test_payments_settle_once_and_what_is_too_much_is_credit(world):
    """B54."""
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    pay(world, "INV-000001", 10 * EURO, key="a")
    assert world.rows("invoices")[0].status == "open"
    with pytest.raises(PaymentKnown):
        pay(world, "INV-000001", 10 * EURO, key="a")
    assert pay(world, "INV-000001", 20 * EURO, key="b") > 0
    assert (world.rows("invoices")[0].status, world.balance("receivable"), world.balance("cash")) == ("paid", 0, 30 * EURO)  # fmt: skip


def test_a_preview_is_the_bill_and_writes_nothing(world):
    world.start("s", "ann", "pro", "2026-03-01", quantity=10).run("2026-03-01")
    before = (world.rows("counts"), world.rows("schedule"))
    at = day("2026-03-16") + timedelta(hours=12)
    with world.tx() as tx:
        shown = preview(
            tx,
            world.id("s"),
            at,
            lambda s, d: planning.change_quantity(s, Decimal(12), planning.Ordered(at), d),
        )
    assert (world.rows("counts"), world.rows("schedule")) == before
    world.order("s", "2026-03-16", lambda s, d, o: planning.change_quantity(s, Decimal(12), o, d))
    world.run("2026-03-16")
    assert shown.bill.draft.total_micros == world.rows("invoices")[-1].total_micros


def test_nobody_has_a_plan_twice_by_accident(world):
    """B37."""
    world.start("s", "ann", "pro", "2026-01-10")
    with pytest.raises(SubscriptionLive):
        world.start("t", "ann", "pro", "2026-01-10")


def test_a_newer_change_replaces_what_was_agreed_for_later(world):
    """B36."""
    world.start("s", "ann", "pro", "2026-01-10", quantity=1).run("2026-01-10")
    for day_of_order, quantity in (("2026-01-12", 5), ("2026-01-14", 9)):
        world.order(
            "s", day_of_order,
            lambda s, d, o, q=quantity: planning.change_quantity(s, Decimal(q), planning.Ordered(o.at, None, day("2026-02-10")), d),
        )  # fmt: skip
    world.run("2026-02-10")
    seats = [line for line in world.rows("lines") if line.charge == "seats"]
    assert [line.quantity for line in seats] == [1, 9]


def test_the_books_balance_after_everything(world):
    world.start("s", "ann", "pro", "2026-01-10", quantity=7).run("2026-03-20")
    world.order("s", "2026-03-25", lambda s, d, o: planning.cancel(s, o, d))
    world.run("2026-04-20")
    with world.tx() as tx:
        ledger.trial_balance(tx)
    open_due = sum(
        r.total_micros - r.paid_micros - r.credited_micros
        for r in world.rows("invoices")
        if r.status == "open"
    )
    assert world.balance("receivable") == open_due


def test_an_order_for_what_has_ended_is_refused(world):
    world.start("s", "ann", "pro", "2026-01-10").run("2026-01-10")
    world.order("s", "2026-01-15", lambda s, d, o: planning.cancel(s, o, d))
    with pytest.raises(Refusal):
        world.order(
            "s", "2026-01-20", lambda s, d, o: planning.change_quantity(s, Decimal(2), o, d)
        )


def pay(world, number, micros, key="k"):
    with world.tx() as tx:
        invoice = documents.get_invoice(tx, number)
        due = invoice.total_micros - invoice.paid_micros - invoice.credited_micros
        received = Received(
            derived_id(invoice.invoice_id, key),
            invoice.invoice_id,
            micros or due,
            day("2026-01-20"),
            key,
        )
        return payments.record_payment(tx, received)


from trueup.db.queries import parse_queries  # noqa: E402  beside what it is for

_SQL = parse_queries(
    """
-- name: country
-- Tell where a customer is.
update billing.customer set country = 'DE' where customer_id = %(id)s

-- name: to_source
-- Let another system bill.
update billing.customer set authority = 'source' where customer_id = %(id)s

-- name: tamper_total
-- Change an invoice.
update billing.invoice set total_micros = 0, subtotal_micros = 0, tax_micros = 0

-- name: tamper_line
-- Change a line.
update billing.line_item set amount_micros = 0

-- name: tamper_derivation
-- Change how an amount came about.
update billing.derivation set body = '{}'
""",
    origin="test",
)
COUNTRY, TO_SOURCE = _SQL.country, _SQL.to_source
TAMPER_TOTAL, TAMPER_LINE, TAMPER_DERIVATION = (
    _SQL.tamper_total,
    _SQL.tamper_line,
    _SQL.tamper_derivation,
)


def test_a_void_invoice_gives_back_the_period_of_a_discount(world):
    """B44."""
    world.start("s", "ann", "pro", "2026-01-10", quantity=0)
    world.do("discount", id=world.id("d"), subscription=world.id("s"), percent_bp=2000, periods=1)
    world.run("2026-01-10")
    world.on(documents.void, "INV-000001", day("2026-01-11"), rebills=True)
    world.run("2026-02-10")
    assert [row.discount_micros for row in world.rows("invoices")] == [2_500_000, 2_500_000, 0]
