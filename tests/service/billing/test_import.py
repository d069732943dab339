"""Imported rows arrive whole, cannot be billed, cannot be changed, and hold no card number."""

from __future__ import annotations

import json
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.service.billing.rows import CENT, ident, later, rows

from trueup.billing.catalog import service as catalog
from trueup.billing.catalog.model import PLAN, PRICE, PRODUCT
from trueup.billing.customers import service as customers
from trueup.billing.customers.errors import AuthorityElsewhere
from trueup.billing.customers.model import CUSTOMER, CUSTOMER_LINK, PAYMENT_METHOD, TAX_IDENTITY
from trueup.billing.invoicing import service as invoicing
from trueup.billing.invoicing.model import CREDIT_NOTE, INVOICE, LINE_ITEM, PENDING_ITEM
from trueup.billing.metering import service as metering
from trueup.billing.metering.model import USAGE_EVENT
from trueup.billing.payments import service as payments
from trueup.billing.payments.model import PAYMENT
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.model import DISCOUNT, SUBSCRIPTION, SUBSCRIPTION_ITEM
from trueup.db.errors import ConstraintBroken, FactUnchangeable
from trueup.db.queries import parse_queries
from trueup.kernel.cards import CardNumberFound
from trueup.kernel.errors import Defect
from trueup.ledger import service as ledger

ANN, BOB, PRO = ident("ann"), ident("bob"), ident("pro")
TABLES = parse_queries(
    """
-- name: customers
-- The tenant's customers.
select customer_id, authority, authority_epoch, origin, parent_customer_id, name from billing.customer order by name

-- name: prices
-- The tenant's prices.
select tiers, unit_amount_micros from billing.price

-- name: subscription_items
-- The tenant's items.
select quantity from billing.subscription_item

-- name: series
-- The tenant's number series.
select document, prefix, digits, next_number from billing.number_series order by 1, 2

-- name: lines
-- The tenant's lines.
select position, unit_amount_micros from billing.line_item order by position

-- name: hand_over
-- Give a customer to the target.
update billing.customer set authority = 'target', authority_epoch = 2 where customer_id = %(customer)s

-- name: change_total
-- Tamper with an invoice.
update billing.invoice set total_micros = 0, subtotal_micros = 0

-- name: delete_invoice
-- Tamper with an invoice.
delete from billing.invoice

-- name: settle_invoice
-- Settle an invoice.
update billing.invoice set paid_micros = total_micros, status = 'paid'

-- name: change_line
-- Tamper with a line.
update billing.line_item set amount_micros = 0

-- name: delete_line
-- Tamper with a line.
delete from billing.line_item

-- name: change_price
-- Tamper with a price.
update billing.price set unit_amount_micros = 0

-- name: delete_price
-- Tamper with a price.
delete from billing.price
""",
    origin="test",
)


@pytest.fixture
def tx(db, tenant_id):
    with db.transaction(tenant_id=tenant_id) as tx:
        yield tx


@pytest.fixture
def books(tx):
    """Two customers, a plan with a price, one subscription."""
    customers.import_customers(
        tx, rows(CUSTOMER, {"customer_id": ANN, "name": "Ann"}, {"customer_id": BOB, "name": "Bob"})
    )
    catalog.import_products(tx, rows(PRODUCT, {"product_id": PRO}))
    catalog.import_plans(tx, rows(PLAN, {"plan_id": PRO, "product_id": PRO}))
    catalog.import_prices(tx, rows(PRICE, {"price_id": PRO, "plan_id": PRO}))
    subscriptions.import_subscriptions(
        tx,
        rows(SUBSCRIPTION, {"subscription_id": PRO, "customer_id": ANN}),
        rows(
            SUBSCRIPTION_ITEM, {"subscription_id": PRO, "price_id": PRO, "quantity": Decimal("2.5")}
        ),
    )
    return tx


def an_invoice(tx, number, **values):
    key = ident(f"invoice {number}")
    record = {
        "invoice_id": key,
        "customer_id": ANN,
        "number": number,
        "subtotal_micros": 100 * CENT,
    } | values
    line = {
        "invoice_id": record["invoice_id"],
        "amount_micros": record["subtotal_micros"],
        "unit_amount_micros": 1,
    }
    invoicing.import_invoices(tx, rows(INVOICE, record), rows(LINE_ITEM, line))
    return key


def test_an_imported_customer_cannot_be_billed(books):
    """One biller at a time, and until the cutover it is the source."""
    assert [(c.authority, c.authority_epoch, c.origin) for c in books.many(TABLES.customers)] == [
        ("source", 1, "imported")
    ] * 2
    for epoch in (0, 1, 2):
        with pytest.raises(AuthorityElsewhere) as caught:
            customers.hold_authority(books, {ANN: epoch})
        assert caught.value.fields == {"customers": [ANN]}


def test_authority_is_held_only_under_the_epoch_it_was_handed_over_in(books):
    books.execute(TABLES.hand_over, customer=ANN)
    customers.hold_authority(books, {ANN: 2})
    customers.hold_authority(books, {})
    for claims, refused in (
        ({ANN: 1}, [ANN]),
        ({ANN: 3}, [ANN]),
        ({ANN: 2, BOB: 1}, [BOB]),
        ({ident("nobody"): 2}, [ident("nobody")]),
    ):
        with pytest.raises(AuthorityElsewhere) as caught:
            customers.hold_authority(books, claims)
        assert caught.value.fields == {"customers": refused}


def links(*pairs):
    return pa.table(
        {
            "customer_id": [c.bytes for c, _ in pairs],
            "parent_customer_id": [p.bytes for _, p in pairs],
        },
        schema=pa.schema([(name, pa.binary(16)) for name in CUSTOMER_LINK.names]),
    )


def test_parents_are_linked_once_all_customers_are_in(books):
    assert customers.link_parents(books, links((ANN, BOB))) == 1
    assert customers.link_parents(books, links((ANN, BOB))) == 1
    assert [c.parent_customer_id for c in books.many(TABLES.customers)] == [BOB, None]


def test_a_second_parent_or_an_unknown_child_is_a_defect(books):
    customers.link_parents(books, links((ANN, BOB)))
    for pair in ((ANN, ANN), (ident("nobody"), BOB)):
        with pytest.raises(Defect):
            customers.link_parents(books, links(pair))


def test_a_customer_the_target_bills_is_not_linked_by_an_import(books):
    books.execute(TABLES.hand_over, customer=ANN)
    with pytest.raises(Defect):
        customers.link_parents(books, links((ANN, BOB)))


def test_every_entity_comes_in(books):
    customers.import_tax_identities(
        books, rows(TAX_IDENTITY, {"tax_identity_id": PRO, "customer_id": ANN})
    )
    customers.import_payment_methods(
        books, rows(PAYMENT_METHOD, {"payment_method_id": PRO, "customer_id": ANN, "last4": "4242"})
    )
    assert (
        subscriptions.import_discounts(
            books, rows(DISCOUNT, {"discount_id": PRO, "subscription_id": PRO})
        )
        == 1
    )
    assert (
        metering.import_usage_events(
            books, rows(USAGE_EVENT, {"usage_event_id": PRO, "subscription_id": PRO})
        )
        == 1
    )
    assert (
        invoicing.import_pending_items(
            books, rows(PENDING_ITEM, {"pending_item_id": PRO, "customer_id": ANN})
        )
        == 1
    )
    assert books.one(TABLES.subscription_items).quantity == Decimal("2.5")


def test_a_tiered_price_keeps_its_tiers_as_json(books):
    tiers = [{"up_to": "10", "unit_amount_micros": 5}]
    record = {
        "price_id": ident("tiered"),
        "plan_id": PRO,
        "model": "graduated",
        "tiers": json.dumps(tiers),
        "unit_amount_micros": None,
    }
    catalog.import_prices(books, rows(PRICE, record))
    assert [tiers] == [row.tiers for row in books.many(TABLES.prices) if row.tiers]


def test_lines_may_come_after_their_invoice(books):
    key = an_invoice(books, "INV-1")
    assert (
        invoicing.import_line_items(books, rows(LINE_ITEM, {"invoice_id": key, "position": 1})) == 1
    )
    assert [line.position for line in books.many(TABLES.lines)] == [0, 1]


def test_optional_columns_may_be_left_out(books):
    required = rows(INVOICE, {"invoice_id": PRO, "customer_id": ANN, "status": "draft"}).select(
        list(INVOICE.required)
    )
    assert invoicing.import_invoices(books, required, rows(LINE_ITEM)) == 1
    payment = rows(PAYMENT, {"payment_id": PRO, "customer_id": ANN, "amount_micros": CENT}).select(
        list(PAYMENT.required)
    )
    assert payments.import_payments(books, payment) == 1


@pytest.mark.parametrize(
    "change",
    [
        "change_total",
        "delete_invoice",
        "change_line",
        "delete_line",
        "change_price",
        "delete_price",
    ],
)
def test_an_issued_document_and_a_price_refuse_to_change(books, change):
    an_invoice(books, "INV-1")
    with pytest.raises(FactUnchangeable):
        books.execute(getattr(TABLES, change))


def test_an_issued_invoice_may_still_be_settled(books):
    an_invoice(books, "INV-1")
    assert books.execute(TABLES.settle_invoice) == 1


def test_a_posted_invoice_without_its_date_is_a_defect(books):
    """It could not be posted: money needs an accounting time."""
    with pytest.raises(Defect) as caught:
        an_invoice(books, "INV-1", issued_at=None)
    assert caught.value.fields["column"] == "effective_at"


def test_a_document_of_an_unknown_customer_is_refused(books):
    with pytest.raises(ConstraintBroken) as caught:
        an_invoice(books, "INV-1", customer_id=ident("nobody"))
    assert caught.value.constraint == "invoice_customer_fkey"


def test_a_line_of_an_invoice_that_is_not_there_is_refused(books):
    books.check_references_by_set()
    line = {"invoice_id": ident("nowhere"), "amount_micros": CENT, "unit_amount_micros": 1}
    record = {"invoice_id": ident("here"), "customer_id": ANN, "number": "INV-1"}
    with pytest.raises(ConstraintBroken) as caught:
        invoicing.import_invoices(books, rows(INVOICE, record), rows(LINE_ITEM, line))
    assert caught.value.constraint == "line_item_invoice_fkey"


@pytest.mark.parametrize(("table", "column"), [
    (CUSTOMER, "company"), (CUSTOMER, "psp_customer_id"), (PAYMENT_METHOD, "psp_payment_method_id"), (PAYMENT_METHOD, "fingerprint"),
    (PAYMENT, "failure_message"), (PAYMENT, "idempotency_key"), (PAYMENT, "psp_payment_id"), (LINE_ITEM, "description"),
])  # fmt: skip
def test_a_card_number_in_free_text_is_refused(books, table, column):
    way_in = {
        CUSTOMER: customers.import_customers, PAYMENT_METHOD: customers.import_payment_methods,
        PAYMENT: payments.import_payments, LINE_ITEM: invoicing.import_line_items,
    }[table]  # fmt: skip
    record = {column: "4111 1111 1111 1111"} | ({"invoice_id": PRO} if table is LINE_ITEM else {})
    with pytest.raises(CardNumberFound) as caught:
        way_in(books, rows(table, record))
    assert caught.value.fields == {"table": table.table, "column": column, "rows": 1}


def test_a_missing_column_is_named(books):
    with pytest.raises(Defect) as caught:
        customers.import_customers(books, rows(CUSTOMER).drop_columns("status"))
    assert caught.value.fields == {"table": "billing.customer", "missing": ["status"], "extra": []}


def test_each_series_continues_above_its_highest_number(books):
    for number in (
        "INV-2024-000123",
        "INV-2024-000099",
        "INV-2025-000001",
        "A9",
        "A10",
        "7",
        "no digits",
        "X12345678901234567890",
    ):
        an_invoice(books, number)
    an_invoice(books, None, status="draft", invoice_id=ident("draft"))
    note = {
        "credit_note_id": PRO,
        "invoice_id": ident("invoice A9"),
        "number": "INV-2024-000500",
        "amount_micros": CENT,
    }
    invoicing.import_credit_notes(books, rows(CREDIT_NOTE, note))
    expected = [
        ("credit_note", "INV-2024-", 6, 501),      # a series of its own: documents do not share numbers
        ("invoice", "", 1, 8),
        ("invoice", "A", 1, 11),                   # not padded: the shortest tells
        ("invoice", "INV-2024-", 6, 124),
        ("invoice", "INV-2025-", 6, 2),
        ("invoice", "X12345", 15, 678901234567891),
    ]  # fmt: skip
    assert invoicing.reserve_numbers(books) == len(expected)
    assert books.many(TABLES.series) == expected
    invoicing.reserve_numbers(books)
    assert books.many(TABLES.series) == expected


def test_a_fact_dated_after_its_import_takes_effect_at_the_import(books):
    """The source may be wrong about a date; the books still close (B60)."""
    an_invoice(books, "INV-1", issued_at=later(365_000))
    ledger.trial_balance(books)


def test_a_row_that_comes_twice_is_refused(books):
    an_invoice(books, "INV-1")
    with pytest.raises(ConstraintBroken):
        an_invoice(books, "INV-1")
