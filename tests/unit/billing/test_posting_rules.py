"""Which imported rows move money: a table for each kind, statuses in full."""

from __future__ import annotations

import pytest
from tests.service.billing.rows import DAY, ident, later, rows

from trueup.billing.credits import rules as credits_
from trueup.billing.credits.model import CREDIT, CREDIT_APPLICATION
from trueup.billing.invoicing.model import CREDIT_NOTE, INVOICE, LINE_ITEM, InvoiceStatus
from trueup.billing.invoicing.rules import imported as invoicing
from trueup.billing.payments import rules as payments
from trueup.billing.payments.model import DISPUTE, PAYMENT, REFUND, DisputeStatus, PaymentStatus

ANN = ident("ann")
CREDIT_ORIGINAL = -500


def moved(facts):
    """Amounts by name of each fact, with its time; what identifies it is left out."""
    rest = {"entry_id", "customer_id", "currency"}
    return [
        {name: value for name, value in row.items() if name not in rest}
        for row in facts.rows.to_pylist()
    ]


def invoices(**values):
    plain = {
        "invoice_id": ident("i"),
        "customer_id": ANN,
        "subtotal_micros": 100,
        "discount_micros": 30,
        "tax_micros": 14,
        "paid_micros": 50,
        "credited_micros": 4,
    }
    return rows(INVOICE, plain | values)


@pytest.mark.parametrize(("status", "is_posted", "loss"), [
    ("draft",         False, None),   # claims nothing yet
    ("open",          True,  None),
    ("paid",          True,  None),
    ("void",          False, None),   # claims nothing any more
    ("uncollectible", True,  30),     # 84 claimed, 54 settled
])  # fmt: skip
def test_an_invoice_claims_net_and_tax_by_its_status(status, is_posted, loss):
    claimed = [{"effective_at": DAY, "net_micros": 70, "tax_micros": 14}]
    assert moved(invoicing.imported_invoices(invoices(status=status))) == (
        claimed if is_posted else []
    )
    lost = [{"effective_at": DAY, "due_micros": loss}]
    assert moved(invoicing.imported_write_offs(invoices(status=status))) == (lost if loss else [])


def test_an_invoice_was_given_up_when_it_was_voided_or_else_issued():
    for voided_at, expected in ((later(3), later(3)), (None, DAY)):
        facts = invoicing.imported_write_offs(invoices(status="uncollectible", voided_at=voided_at))
        assert facts.rows["effective_at"].to_pylist() == [expected]


@pytest.mark.parametrize(("of", "expected"), [
    ([], True), (["i"], True), (["i", "i"], True), (["j"], False), (["i", "j"], False),
])  # fmt: skip
def test_lines_are_of_invoices_where_each_names_one_of_them(of, expected):
    lines = rows(
        LINE_ITEM,
        *({"line_item_id": ident(f"l{n}"), "invoice_id": ident(i)} for n, i in enumerate(of)),
    )
    assert invoicing.are_lines_of(lines, invoices(status="open")) is expected


@pytest.mark.parametrize(("status", "allocated", "on_account"), [
    ("succeeded", 100, 0), ("pending", None, None), ("failed", None, None), ("cancelled", None, None),
])  # fmt: skip
def test_only_a_payment_that_succeeded_brings_money(status, allocated, on_account):
    payment = rows(
        PAYMENT,
        {
            "payment_id": ident("p"),
            "customer_id": ANN,
            "invoice_id": ident("i"),
            "amount_micros": 100,
            "status": status,
        },
    )
    expected = (
        []
        if allocated is None
        else [{"effective_at": DAY, "allocated_micros": allocated, "on_account_micros": on_account}]
    )
    assert moved(payments.imported_payments(payment)) == expected


def test_a_payment_without_an_invoice_is_on_account():
    payment = rows(PAYMENT, {"payment_id": ident("p"), "customer_id": ANN, "amount_micros": 100})
    assert moved(payments.imported_payments(payment)) == [
        {"effective_at": DAY, "allocated_micros": 0, "on_account_micros": 100}
    ]


@pytest.mark.parametrize(
    ("status", "is_posted"),
    [("succeeded", True), ("pending", False), ("failed", False), ("cancelled", False)],
)
def test_only_a_refund_that_succeeded_gives_money_back(status, is_posted):
    refund = rows(
        REFUND,
        {"refund_id": ident("r"), "payment_id": ident("p"), "amount_micros": 100, "status": status},
    )
    assert (
        moved(payments.imported_refunds(refund))
        == [{"effective_at": DAY, "amount_micros": 100}] * is_posted
    )


@pytest.mark.parametrize(("status", "is_posted"), [("open", True), ("lost", True), ("won", False)])
def test_a_dispute_holds_our_money_until_it_is_won(status, is_posted):
    dispute = rows(
        DISPUTE,
        {
            "dispute_id": ident("d"),
            "payment_id": ident("p"),
            "amount_micros": 100,
            "status": status,
        },
    )
    assert (
        moved(payments.imported_disputes(dispute))
        == [{"effective_at": DAY, "amount_micros": 100}] * is_posted
    )


def test_a_credit_note_takes_back_net_and_tax():
    notes = rows(
        CREDIT_NOTE,
        {
            "credit_note_id": ident("n"),
            "invoice_id": ident("i"),
            "amount_micros": 119,
            "tax_micros": 19,
        },
    )
    facts = invoicing.imported_credit_notes(notes)
    assert (facts.rows["net_micros"].to_pylist(), facts.rows["tax_micros"].to_pylist()) == (
        [100],
        [19],
    )


def test_each_kind_of_row_goes_by_its_own_template():
    """Mixed up, every account would balance and none would be right."""
    of = {
        "imported_invoice": invoicing.imported_invoices(invoices()), "imported_write_off": invoicing.imported_write_offs(invoices()),
        "imported_credit_note": invoicing.imported_credit_notes(rows(CREDIT_NOTE)), "imported_payment": payments.imported_payments(rows(PAYMENT)),
        "imported_refund": payments.imported_refunds(rows(REFUND)), "imported_dispute": payments.imported_disputes(rows(DISPUTE)),
        "imported_credit": credits_.imported_credits(rows(CREDIT)), "imported_credit_application": credits_.imported_applications(rows(CREDIT_APPLICATION)),
    }  # fmt: skip
    assert {name: facts.template.name for name, facts in of.items()} == {name: name for name in of}


def test_a_payment_moves_its_own_customers_account():
    payment = rows(PAYMENT, {"payment_id": ident("p"), "customer_id": ANN, "amount_micros": 100})
    assert payments.imported_payments(payment).rows["customer_id"].to_pylist() == [ANN.bytes]


def test_the_tables_above_name_every_status():
    """A new status must be decided here before it is imported."""
    assert {str(s) for s in InvoiceStatus} == {"draft", "open", "paid", "void", "uncollectible"}
    assert {str(s) for s in PaymentStatus} == {"succeeded", "pending", "failed", "cancelled"}
    assert {str(s) for s in DisputeStatus} == {"open", "lost", "won"}


def test_a_credit_grants_its_original_amount_even_when_it_is_owed():
    credit = rows(
        CREDIT,
        {
            "credit_id": ident("c"),
            "customer_id": ANN,
            "original_micros": CREDIT_ORIGINAL,
            "remaining_micros": 0,
        },
    )
    assert moved(credits_.imported_credits(credit)) == [
        {"effective_at": DAY, "original_micros": CREDIT_ORIGINAL}
    ]
